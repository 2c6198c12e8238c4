/* SPDX-License-Identifier: MIT */
/* commands.def and options.def become tables here. */
#include "command.h"

#include <string.h>

/* Names with a hyphen, which no function can have: a function's name that is a macro here is
 * replaced where it becomes text, and not where run_ is put before it. */
#define cfg_delta    cfg-delta
#define flux_check   flux-check
#define padlen_scan  padlen-scan
#define pool_compare pool-compare
#define TEXT_OF(name) #name

const struct command command_table[N_COMMANDS] = {
#define COMMAND(id, name, summary, usage, examples, man)                                       \
    {TEXT_OF(name), summary, usage, examples, man, run_##name},
#define LATER_COMMAND(name)
#include "commands.def"
#undef COMMAND
#undef LATER_COMMAND
};

const struct option option_table[N_OPTIONS] = {
#define OPTION(id, name, letter, argument, choices, commands, help, man)                       \
    {name, letter, argument, choices, commands, help, man},
#define LATER_OPTION(name)
#include "options.def"
#undef OPTION
#undef LATER_OPTION
};

const char *const later_commands[] = {
#define COMMAND(id, ...)
#define LATER_COMMAND(name) name,
#include "commands.def"
#undef COMMAND
#undef LATER_COMMAND
    NULL};

const char *const later_options[] = {
#define OPTION(id, ...)
#define LATER_OPTION(name) name,
#include "options.def"
#undef OPTION
#undef LATER_OPTION
    NULL};

bool choice_at(const char *choices, size_t i, struct choice *choice)
{
    const char *text = choices;

    for (; i > 0 && text != NULL; i--) {
        text = strchr(text, '|');
        text = text == NULL ? NULL : text + 1;
    }
    if (text == NULL)
        return false;
    choice->is_later = *text == '+';
    choice->text = text + choice->is_later;
    choice->size = strcspn(choice->text, "|");
    choice->is_open = *choice->text >= 'A' && *choice->text <= 'Z';
    return true;
}
