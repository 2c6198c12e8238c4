/* SPDX-License-Identifier: MIT */
/* padwise: the command. Finds the command, reads the line, runs it, checks the output. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "help.h"
#include "interrupt.h"
#include "paint.h"
#include "suggest.h"
#include "talk.h"

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    }
    return NULL;
}

static int unknown_command(struct app *app, const char *name)
{
    struct suggestion suggestion;

    for (size_t i = 0; later_commands[i] != NULL; i++) {
        if (strcmp(later_commands[i], name) == 0)
            return fail_usage(app, "%s is not in this version", name);
    }
    suggest_start(&suggestion, name);
    for (size_t i = 0; i < N_COMMANDS; i++)
        suggest_offer(&suggestion, command_table[i].name);
    if (name[0] == '-')
        return fail_usage(app, "unknown option %s; options come after the command", name);
    if (suggestion.best != NULL)
        return fail_usage(app, "unknown command %s; did you mean %s?", name, suggestion.best);
    return fail_usage(app, "unknown command %s", name);
}

/* The terminal, and how it is talked to. */
static void look_around(struct app *app)
{
    const char *when = option_text(app, OPTION_COLOR);

    app->quiet = option_given(app, OPTION_QUIET);
    app->width_out = paint_width(STDOUT_FILENO);
    app->width_err = paint_width(STDERR_FILENO);
    app->color_out = !app->json && paint_wanted(when, STDOUT_FILENO);
    app->color_err = !app->json && paint_wanted(when, STDERR_FILENO);
    app->progress.is_terminal = isatty(STDERR_FILENO) == 1;
    /* With --json a program reads stderr: lines of progress between its objects would break it.
     */
    app->progress.is_on = !app->quiet && (!app->json || app->progress.is_terminal);
    app->progress.width = app->width_err;
}

static int run(struct app *app, char *const *argv, size_t n)
{
    if (n == 0) {
        const int status = help_overview(app, stderr);

        return status == DONE ? USAGE : status;
    }
    app->json = arguments_want_json(argv, n);
    if (strcmp(argv[0], "--version") == 0) {
        fprintf(app->out, "padwise %s\n", pw_version());
        return DONE;
    }
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
        return help_overview(app, app->out);
    app->command = find_command(argv[0]);
    if (app->command == NULL)
        return unknown_command(app, argv[0]);
    TRY(arguments_parse(app, argv + 1, n - 1));
    look_around(app);
    if (option_given(app, OPTION_HELP))
        return help_command(app, app->command);
    return app->command->run(app);
}

int main(int argc, char **argv)
{
    struct app app = {.out = stdout, .width_out = 80, .width_err = 80};
    int status;

    /* Messages of the system only: numbers stay in the C locale, widths are our own. */
    setlocale(LC_MESSAGES, "");
    interrupt_watch();
    status = run(&app, argv + 1, argc < 1 ? 0 : (size_t)argc - 1);
    progress_stop(&app.progress);
    status = app_close_output(&app, status);
    pw_context_free(app.ctx);
    pool_free(&app.pool);
    return status;
}
