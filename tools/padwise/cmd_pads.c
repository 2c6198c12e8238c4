/* SPDX-License-Identifier: MIT */
/* padwise pads: what stands in pads, within a prompt and across prompts. One measure a word:
 * each has a file of its own (pads_stats.c ...). */
#include <string.h>

#include "pads.h"
#include "plot_lab.h"
#include "plot_out.h"
#include "talk.h"

static const struct measure {
    const char *name;
    int (*run)(struct pads *pads);
} measures[] = {
    {"stats", pads_stats}, {"regime", pads_regime},       {"svd", pads_svd},
    {"probe", pads_probe}, {"signature", pads_signature},
};

static const struct measure *find(const char *name)
{
    for (size_t i = 0; i < sizeof(measures) / sizeof(*measures); i++)
        if (strcmp(measures[i].name, name) == 0)
            return &measures[i];
    return NULL;
}

/* An option that the measure has no use for is a slip of the pen. */
static int refuse_options(struct app *app, const char *measure)
{
    static const struct {
        enum option_id option;
        const char *measures;
    } uses[] = {{OPTION_AGAINST, "stats"},
                {OPTION_LABELS, "probe"},
                {OPTION_POSITIONS, "stats, svd and probe"}};

    for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++)
        if (option_given(app, uses[i].option) && strstr(uses[i].measures, measure) == NULL)
            return fail_usage(app, "--%s is for pads %s", option_table[uses[i].option].name,
                              uses[i].measures);
    return DONE;
}

static int run(struct pads *pads)
{
    struct app *app = pads->app;
    const struct arguments *arguments = &app->arguments;
    const struct measure *measure = arguments->n_words == 0 ? NULL : find(arguments->words[0]);

    if (measure == NULL)
        return fail_usage(app, "say what to measure (stats, regime, svd, probe or signature), "
                               "then files or prompts");
    TRY(refuse_options(app, measure->name));
    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    TRY(option_seed(app, &pads->seed));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(pads_read(pads, arguments->words + 1, arguments->n_words - 1));
    TRY(app_open_output(app));
    TRY(measure->run(pads));
    return plot_pads(pads, measure->name);
}

int run_pads(struct app *app)
{
    struct pads pads = {.app = app};
    const int status = run(&pads);

    progress_stop(&app->progress);
    roles_close(&pads.roles);
    builder_free(&pads.json.text);
    builder_free(&pads.out);
    return status;
}
