/* SPDX-License-Identifier: MIT */
/* Help screens from the tables. */
#include "help.h"

#include <string.h>

#include "paint.h"
#include "suggest.h"
#include "talk.h"

#define LEFT_WIDTH 31
#define LINE_WIDTH 80

static bool has_option(const struct command *command, const struct option *option)
{
    return (option->commands >> (command - command_table) & 1) != 0;
}

static bool is_common(const struct option *option)
{
    return option->commands == IN_ALL;
}

/* The option after i that shares its line, or N_OPTIONS. */
static size_t next_on_line(const struct command *command, size_t i)
{
    for (i++; i < N_OPTIONS && option_table[i].help == NULL; i++) {
        if (command == NULL || has_option(command, &option_table[i]))
            return i;
    }
    return N_OPTIONS;
}

/* "  -o, --output PATH"; options that share the line follow with ", --name". An argument of
 * several stands once, behind the last. command NULL: whatever has them. */
static void put_names(struct builder *left, const struct command *command, size_t first)
{
    for (size_t i = first, next; i < N_OPTIONS; i = next) {
        const struct option *option = &option_table[i];
        bool is_shared;

        next = next_on_line(command, i);
        is_shared = next < N_OPTIONS && option->argument != NULL &&
                    option_table[next].argument != NULL &&
                    strcmp(option->argument, option_table[next].argument) == 0;
        if (i > first)
            builder_format(left, ", --%s", option->name);
        else if (option->letter != 0)
            builder_format(left, "  -%c, --%s", option->letter, option->name);
        else
            builder_format(left, "      --%s", option->name);
        if (option->argument != NULL && !is_shared)
            builder_format(left, " %s", option->argument);
    }
}

static void put_option(struct builder *out, const struct command *command, size_t i, bool color)
{
    struct builder left = {0};

    put_names(&left, command, i);
    if (color)
        builder_text(out, PAINT_CYAN);
    builder_append(out, &left);
    if (color)
        builder_text(out, PAINT_NONE);
    builder_fill(out, ' ', left.size < LEFT_WIDTH - 1 ? LEFT_WIDTH - left.size : 2);
    builder_format(out, "%s\n", option_table[i].help);
    builder_free(&left);
}

/* The options of every command on a few lines: `padwise help options` explains each. */
static void put_common_names(struct builder *out)
{
    size_t column = 0;

    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *option = &option_table[i];
        struct builder name = {0};

        if (!is_common(option))
            continue;
        if (option->letter != 0)
            builder_format(&name, "-%c, ", option->letter);
        builder_format(&name, "--%s", option->name);
        if (option->argument != NULL)
            builder_format(&name, " %s", option->argument);
        if (column != 0 && column + 3 + name.size > LINE_WIDTH) {
            builder_text(out, "\n        ");
            column = 8;
        } else {
            builder_text(out, column == 0 ? "common: " : " | ");
            column += column == 0 ? 8 : 3;
        }
        builder_append(out, &name);
        column += name.size;
        builder_free(&name);
    }
    builder_text(out, "\n");
}

static void put_examples(struct builder *out, const char *examples, bool color)
{
    paint(out, color, PAINT_BOLD, "\nexamples:\n");
    for (const char *line = examples; *line != '\0';) {
        const size_t n = strcspn(line, "\n");

        builder_format(out, "  %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static int print(struct app *app, FILE *out, struct builder *text)
{
    const int status = text->failed ? fail_memory(app) : DONE;

    if (status == DONE)
        fwrite(text->bytes, 1, text->size, out); /* checked when the stream is closed */
    builder_free(text);
    return status;
}

int help_command(struct app *app, const struct command *command)
{
    struct builder out = {0};
    const bool color = app->color_out;

    paint(&out, color, PAINT_BOLD, "padwise ");
    paint(&out, color, PAINT_BOLD, command->name);
    builder_format(&out, ": %s\n\nusage: padwise %s %s\n\n", command->summary, command->name,
                   command->usage);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *option = &option_table[i];

        if (has_option(command, option) && !is_common(option) && option->help != NULL)
            put_option(&out, command, i, color);
    }
    put_common_names(&out);
    put_examples(&out, command->examples, color);
    return print(app, app->out, &out);
}

int help_overview(struct app *app, FILE *file)
{
    struct builder out = {0};
    const bool color = app->color_out && file == app->out;

    paint(&out, color, PAINT_BOLD, "padwise ");
    builder_format(&out,
                   "%s: prompts to exactly the tensors that an image generator takes\n\n"
                   "usage: padwise COMMAND [options] [arguments]\n\n",
                   pw_version());
    for (size_t i = 0; i < N_COMMANDS; i++) {
        builder_text(&out, "  ");
        paint(&out, color, PAINT_CYAN, command_table[i].name);
        builder_fill(&out, ' ', 13 - strlen(command_table[i].name));
        builder_format(&out, "%s\n", command_table[i].summary);
    }
    builder_text(&out, "\n");
    put_common_names(&out);
    put_examples(&out,
                 "padwise encode \"a beaver with blue teeth\"\n"
                 "padwise tokenize \"a beaver with blue teeth\"\n"
                 "padwise help encode\n"
                 "padwise help options\n",
                 color);
    return print(app, file, &out);
}

/* What every command takes. */
static int help_options(struct app *app)
{
    struct builder out = {0};

    paint(&out, app->color_out, PAINT_BOLD, "options of every command:\n");
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (is_common(&option_table[i]))
            put_option(&out, NULL, i, app->color_out);
    }
    builder_text(&out, "      --version                the version\n");
    put_examples(&out, "padwise encode --threads 2 --json \"a beaver\"\n", app->color_out);
    return print(app, app->out, &out);
}

int run_help(struct app *app)
{
    const struct arguments *arguments = &app->arguments;
    const char *topic = arguments->n_words == 0 ? NULL : arguments->words[0];
    struct suggestion suggestion;

    if (arguments->n_words > 1)
        return fail_usage(app, "one command at a time");
    if (topic == NULL)
        return help_overview(app, app->out);
    suggest_start(&suggestion, topic);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(command_table[i].name, topic) == 0)
            return help_command(app, &command_table[i]);
        suggest_offer(&suggestion, command_table[i].name);
    }
    if (strcmp(topic, "options") == 0)
        return help_options(app);
    if (strcmp(topic, "man-commands") == 0) {
        help_man_commands(app->out);
        return DONE;
    }
    if (strcmp(topic, "man-options") == 0) {
        help_man_options(app->out);
        return DONE;
    }
    for (size_t i = 0; later_commands[i] != NULL; i++) {
        if (strcmp(later_commands[i], topic) == 0)
            return fail_usage(app, "%s is not in this version", topic);
    }
    if (suggestion.best != NULL)
        return fail_usage(app, "unknown command %s; did you mean %s?", topic, suggestion.best);
    return fail_usage(app, "unknown command %s", topic);
}
