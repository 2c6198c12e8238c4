/* SPDX-License-Identifier: MIT */
/* The parts of padwise(1) that the tables know, in scdoc's language. docs/man/padwise.1.scd
 * has the rest. */
#include <string.h>

#include "help.h"

/* Plain text: the characters that scdoc would read as markup are escaped. */
static void put_plain(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("_*\\#<>", *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
    }
}

/* Text of the tables: *bold* stays, underscores are plain. */
static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("_\\#<>", *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
    }
}

/* The commands that take an option: "encode, tokenize". */
static void put_commands(FILE *out, const struct option *option)
{
    bool is_first = true;

    for (size_t i = 0; i < N_COMMANDS; i++) {
        if ((option->commands >> i & 1) == 0)
            continue;
        fprintf(out, "%s%s", is_first ? "" : ", ", command_table[i].name);
        is_first = false;
    }
}

static void put_choices(FILE *out, const char *choices)
{
    struct choice choice;
    bool is_first = true;

    /* A single value, or later ones after it: the text above has named it. */
    if (choices == NULL || !choice_at(choices, 1, &choice) || choice.is_later)
        return;
    fputs(" One of: ", out);
    for (size_t i = 0; choice_at(choices, i, &choice); i++) {
        char word[64];

        if (choice.is_later)
            continue;
        snprintf(word, sizeof(word), "%.*s", (int)choice.size, choice.text);
        fputs(is_first ? "" : ", ", out);
        put_plain(out, word);
        is_first = false;
    }
    fputs(".", out);
}

void help_man_commands(FILE *out)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const struct command *command = &command_table[i];

        fprintf(out, "*%s* ", command->name);
        put_plain(out, command->usage);
        fputs("\n\t", out);
        put_text(out, command->man);
        fputs("\n\n", out);
    }
}

void help_man_options(FILE *out)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *option = &option_table[i];

        if (option->letter != 0)
            fprintf(out, "*-%c*, ", option->letter);
        fprintf(out, "*--%s*", option->name);
        if (option->argument != NULL) {
            fputs(" ", out);
            put_plain(out, option->argument);
        }
        if (option->commands != IN_ALL) {
            fputs(" (", out);
            put_commands(out, option);
            fputs(")", out);
        }
        fputs("\n\t", out);
        put_text(out, option->man);
        put_choices(out, option->choices);
        fputs("\n\n", out);
    }
}
