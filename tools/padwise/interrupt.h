/* SPDX-License-Identifier: MIT */
/* Ctrl-C: the first asks the work to stop, the second stops it. */
#ifndef TOOL_INTERRUPT_H
#define TOOL_INTERRUPT_H

#include <stdbool.h>

/* SIGINT and SIGTERM set a flag once, then act as by default; SIGPIPE becomes a write error. */
void interrupt_watch(void);

/* Whether a signal came. */
bool interrupted(void);

#endif
