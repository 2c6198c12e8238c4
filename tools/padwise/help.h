/* SPDX-License-Identifier: MIT */
/* Help: the overview, one screen a command, and the parts of the man page. */
#ifndef TOOL_HELP_H
#define TOOL_HELP_H

#include "app.h"

int help_overview(struct app *app, FILE *out);
int help_command(struct app *app, const struct command *command);

/* scdoc: the commands, the options. Printed by `padwise help man-commands|man-options`. */
void help_man_commands(FILE *out);
void help_man_options(FILE *out);

#endif
