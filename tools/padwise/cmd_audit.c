/* SPDX-License-Identifier: MIT */
/* padwise audit: claims about pads, masks and weights, each measured on what is at hand and
 * judged by a criterion that was named before. */
#include <string.h>

#include "audit_run.h"
#include "interrupt.h"
#include "plot_figures.h"
#include "talk.h"

/* ---- --claim */

static bool is_name(const struct claim *claim, const char *name, size_t size)
{
    return strlen(claim->name) == size && memcmp(claim->name, name, size) == 0;
}

/* NAME[,NAME]; all without the option. */
static int choose(struct audit *audit)
{
    struct app *app = audit->pads.app;
    const char *text = option_text(app, OPTION_CLAIM);

    audit->chosen = pool_array(&app->pool, n_audit_claims, sizeof(*audit->chosen));
    if (audit->chosen == NULL)
        return fail_memory(app);
    for (size_t i = 0; text == NULL && i < n_audit_claims; i++)
        audit->chosen[i] = true;
    while (text != NULL) {
        const size_t size = strcspn(text, ",");
        size_t i = 0;

        while (i < n_audit_claims && !is_name(&audit_claims[i], text, size))
            i++;
        if (i == n_audit_claims)
            return fail_usage(app,
                              "there is no claim \"%.*s\"; padwise audit --list names them",
                              (int)size, text);
        audit->chosen[i] = true;
        text = text[size] == '\0' ? NULL : text + size + 1;
    }
    return DONE;
}

/* ---- The claims, one after the other. */

static void drop(struct finding *finding)
{
    builder_free(&finding->measured);
    builder_free(&finding->n);
    builder_free(&finding->reason);
}

static int run_claim(struct audit *audit, const struct claim *claim, size_t *n_verdicts)
{
    struct finding finding = {.verdict = PW_VERDICT_OPEN};
    int status = DONE;

    if (interrupted())
        return fail_interrupted(audit->pads.app);
    if (claim->takes == TAKES_ENCODER && !audit->encodes)
        finding_lacks_encoder(claim, &finding);
    else if (claim->check != NULL)
        status = claim->check(audit, claim, &finding);
    if (status != DONE) {
        drop(&finding);
        return status;
    }
    n_verdicts[finding.verdict]++;
    return audit_show(audit, claim, &finding);
}

static int run_claims(struct audit *audit)
{
    size_t n_verdicts[PW_N_VERDICTS] = {0};

    TRY(audit_show_start(audit));
    for (size_t i = 0; i < n_audit_claims && !audit->pads.stop; i++)
        if (audit->chosen[i])
            TRY(run_claim(audit, &audit_claims[i], n_verdicts));
    return audit->pads.stop ? DONE : audit_show_end(audit, n_verdicts);
}

/* The inputs' cosines by position: what the first claims are about. */
static int draw(const struct plot_set *set, void *argument, pw_figure **out)
{
    (void)argument;
    return plot_across(set, false, out);
}

static int run(struct audit *audit)
{
    struct app *app = audit->pads.app;

    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    TRY(option_seed(app, &audit->pads.seed));
    TRY(choose(audit));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    if (option_given(app, OPTION_LIST)) {
        TRY(app_open_output(app));
        return audit_show_list(audit);
    }
    TRY(audit_read(audit));
    TRY(app_open_output(app));
    TRY(run_claims(audit));
    return plot_inputs(&audit->pads, draw, NULL);
}

int run_audit(struct app *app)
{
    struct audit audit = {.pads = {.app = app}};
    const int status = run(&audit);

    progress_stop(&app->progress);
    audit_close(&audit);
    roles_close(&audit.pads.roles);
    builder_free(&audit.pads.json.text);
    builder_free(&audit.pads.out);
    return status;
}
