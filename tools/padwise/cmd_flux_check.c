/* SPDX-License-Identifier: MIT */
/* padwise flux-check: which part of a CLIP conditioning can reach Flux, and a file that Flux
 * takes. */
#include <string.h>

#include "flux_view.h"
#include "paths.h"
#include "talk.h"

static int check_options(struct app *app, const char **output)
{
    *output = option_text(app, OPTION_OUTPUT);
    if (app->arguments.n_words == 0)
        return fail_usage(app, "name a conditioning file of CLIP-L");
    if (*output == NULL &&
        (option_given(app, OPTION_T5) || option_given(app, OPTION_POOLED_ROW) ||
         option_given(app, OPTION_DTYPE) || option_given(app, OPTION_FORMAT)))
        return fail_usage(app,
                          "--t5, --pooled-row, --dtype and --format are for the file of -o");
    TRY(flux_plot_check(app, *output));
    if (*output == NULL)
        return DONE;
    if ((*output)[0] == '\0' || path_ends(*output, "/"))
        return fail_usage(app, "-o \"%s\" must name a file", *output);
    if (app->arguments.n_words != 1)
        return fail_usage(app, "-o makes a file of one conditioning, and %zu are given",
                          app->arguments.n_words);
    if (app->json && strcmp(*output, "-") == 0)
        return fail_usage(app, "-o - and --json would both write to standard output");
    return DONE;
}

/* More would say the same again and again. */
#define WHOLE_MAX 2 /* inputs with tables of their own */

static int show_all(struct flux *flux)
{
    const struct app *app = flux->pads.app;

    if (!app->json && flux->n > WHOLE_MAX) {
        TRY(flux_show_summary(flux));
    } else {
        for (size_t i = 0; i < flux->n && !flux->pads.stop; i++)
            TRY(flux_show(flux, &flux->inputs[i]));
        for (size_t i = 1; i < flux->n && !flux->pads.stop; i++)
            TRY(flux_show_pair(flux, &flux->inputs[i]));
    }
    if (app->json)
        return DONE;
    pads_credits(&flux->pads);
    return pads_print(&flux->pads);
}

static int run(struct flux *flux)
{
    struct app *app = flux->pads.app;
    const char *output;

    TRY(check_options(app, &output));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(flux_read(flux));
    TRY(flux_plot_can(flux));
    if (output != NULL && flux->n != 1)
        return fail(app, PW_ERR_MISMATCH, app->arguments.words[0],
                    "holds %zu prompts, and -o makes a file of one", flux->n);
    if (output != NULL)
        TRY(flux_write(flux, output));
    if (output == NULL || strcmp(output, "-") != 0)
        TRY(show_all(flux));
    return flux_plot(flux);
}

int run_flux_check(struct app *app)
{
    struct flux flux = {.pads = {.app = app}};
    const int status = run(&flux);

    progress_stop(&app->progress);
    flux_free(&flux);
    roles_close(&flux.pads.roles);
    builder_free(&flux.pads.json.text);
    builder_free(&flux.pads.out);
    return status;
}
