/* SPDX-License-Identifier: MIT */
/* padwise report: one page of a few prompts or files. It is built in memory and written whole.
 */
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "talk.h"

/* A page of more is not read, and a figure has no place for them. */
#define INPUTS_MAX 16

struct plot_set report_set(const struct report *report, size_t first, size_t n)
{
    const struct plot_set set = {.app = report->app,
                                 .inputs = report->pads.inputs + first,
                                 .n = n,
                                 .labels = report->labels + first,
                                 .footer = report->credits};

    return set;
}

static bool has_files(const struct report *report)
{
    for (size_t i = 0; i < report->pads.n; i++)
        if (report->pads.inputs[i].path != NULL)
            return true;
    return false;
}

/* How the page begins: what it is of, and where its parts are. */
static void put_head(struct report *report)
{
    struct builder *out = &report->out;
    const size_t n = report->pads.n;

    builder_text(out, "<header>\n<h1>What stands in the rows of ");
    if (n == 1)
        builder_text(out, has_files(report) ? "a file" : "a prompt");
    else if (report->pads.n_prompts == 1)
        builder_format(out, "%zu variants of one prompt", n);
    else
        builder_format(out, "%zu %s", n, has_files(report) ? "inputs" : "prompts");
    builder_text(out, "</h1>\n<nav><ol>\n");
    for (size_t i = 0; i < n; i++) {
        builder_format(out, "<li><a href=\"#input-%zu\">", i + 1);
        html_text(out, report->labels[i], strlen(report->labels[i]), 90);
        builder_text(out, "</a></li>\n");
    }
    builder_text(out, "</ol>\n<p>");
    if (n > 1)
        builder_text(out, "<a href=\"#between\">Between the inputs</a> &#183; ");
    builder_text(out, "<a href=\"#origins\">Measured with what</a> &#183; "
                      "<a href=\"#limits\">What this does not show</a></p></nav>\n</header>\n");
}

static int build(struct report *report)
{
    html_open(report);
    put_head(report);
    for (size_t i = 0; i < report->pads.n; i++)
        TRY(report_input(report, i));
    TRY(report_across(report));
    TRY(report_origins(report));
    report_limits(report);
    html_close(report);
    return DONE;
}

static int check_room(struct app *app, size_t n)
{
    if (n <= INPUTS_MAX)
        return DONE;
    return fail(app, PW_ERR_LIMIT, "",
                "there are %zu prompts, and a page has at most %d: give fewer, or measure "
                "them with padwise pads",
                n, INPUTS_MAX);
}

static int check_options(struct app *app)
{
    if (app->json)
        return fail_usage(app, "report writes a page; for JSON: padwise pads stats --json");
    if (!option_given(app, OPTION_OUTPUT) && isatty(STDOUT_FILENO) == 1)
        return fail_usage(app, "say where the page goes: -o report.html");
    if (app->arguments.n_words == 0 && !option_given(app, OPTION_FROM))
        return fail_usage(app, "give prompts or files");
    return check_room(app, app->arguments.n_words);
}

static int run(struct report *report)
{
    struct app *app = report->app;
    bool stop;

    TRY(check_options(app));
    TRY(option_seed(app, &report->pads.seed));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(app_open_output(app));
    TRY(pads_read(&report->pads, app->arguments.words, app->arguments.n_words));
    TRY(check_room(app, report->pads.n));
    TRY(plot_labels(app, report->pads.inputs, report->pads.n, &report->labels));
    TRY(plot_credits(app, report->pads.inputs, report->pads.n, &report->credits));
    TRY(build(report));
    TRY(app_print(app, &report->out, &stop));
    if (app->out_path != NULL && !stop)
        note(app, "wrote %s", app->out_path);
    return DONE;
}

int run_report(struct app *app)
{
    struct report report = {.app = app,
                            .pads = {.app = app, .look = report_look, .n_max = INPUTS_MAX}};
    int status;

    report.pads.look_user = &report;
    status = run(&report);
    progress_stop(&app->progress);
    report_close_sources(&report);
    roles_close(&report.pads.roles);
    builder_free(&report.out);
    return status;
}
