/* SPDX-License-Identifier: MIT */
/* padwise kv: what the cross-attention of a U-Net makes of the rows of a conditioning. */
#include <string.h>

#include "kv_view.h"
#include "plot_out.h"
#include "talk.h"

/* "1,2,4" */
static int read_counts(struct kv_run *run)
{
    static const size_t usual[] = {0, 1, 2, 4, 8, 16, 32, 64};
    struct app *app = run->pads.app;
    const char *text = option_text(app, OPTION_COPIES);

    if (text == NULL) {
        memcpy(run->counts, usual, sizeof(usual));
        run->n_counts = sizeof(usual) / sizeof(*usual);
        return DONE;
    }
    for (const char *word = text;; word++) {
        const size_t size = strcspn(word, ",");
        int64_t count;

        if (run->n_counts == KV_COPIES_MAX)
            return fail_usage(app, "--copies \"%s\" has more than %d numbers", text,
                              KV_COPIES_MAX);
        if (!parse_integer(word, size, &count) || count < 0 || count > PW_KV_COPIES_MAX)
            return fail_usage(app,
                              "--copies \"%s\" is no list of whole numbers from 0 to %d such "
                              "as 1,10,60",
                              text, PW_KV_COPIES_MAX);
        run->counts[run->n_counts++] = (size_t)count;
        word += size;
        if (*word == '\0')
            return DONE;
    }
}

static int read_options(struct kv_run *run, pw_kv_options *options)
{
    struct app *app = run->pads.app;

    run->plot = option_text(app, OPTION_PLOT);
    run->copied_row = -1;
    if (!option_given(app, OPTION_UNET))
        return fail_usage(app, "kv needs --unet FILE, the safetensors file of a U-Net");
    if (app->arguments.n_words == 0)
        return fail_usage(app, "name a conditioning file or a prompt");
    TRY(kv_read_options(run, options));
    TRY(option_integer(app, OPTION_COPY_ROW, 0, PW_LAB_ROWS_MAX - 1, &run->copied_row));
    TRY(read_counts(run));
    return plot_check(app, run->plot);
}

static int run_input(struct kv_run *run, size_t i)
{
    run->input = &run->pads.inputs[i];
    TRY(kv_measure(run));
    TRY(run->pads.app->json ? kv_print_json(run) : kv_print(run));
    return run->plot == NULL ? DONE : kv_draw(run);
}

static int run_all(struct kv_run *run)
{
    struct app *app = run->pads.app;
    pw_kv_options options;

    TRY(read_options(run, &options));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(kv_open(run, &options));
    TRY(pads_read(&run->pads, app->arguments.words, app->arguments.n_words));
    if (run->plot != NULL && run->pads.n > 1)
        return fail_usage(app, "--plot draws one conditioning, and %zu are given", run->pads.n);
    TRY(app_open_output(app));
    for (size_t i = 0; i < run->pads.n && !run->pads.stop; i++)
        TRY(run_input(run, i));
    if (app->json || run->pads.stop)
        return DONE;
    pads_credits(&run->pads);
    return pads_print(&run->pads);
}

int run_kv(struct app *app)
{
    struct kv_run run = {.pads = {.app = app}};
    const int status = run_all(&run);

    progress_stop(&app->progress);
    kv_close(&run);
    roles_close(&run.pads.roles);
    builder_free(&run.pads.json.text);
    builder_free(&run.pads.out);
    return status;
}
