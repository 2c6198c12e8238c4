/* SPDX-License-Identifier: MIT */
/* What a U-Net's cross-attention takes of pads: as near as one comes without pictures. */
#include "audit_run.h"
#include "kv_view.h"
#include "talk.h"

static int measure(struct audit *audit, struct kv_run *run, double *mass)
{
    for (size_t i = 0; i < audit->pads.n; i++) {
        run->input = &audit->pads.inputs[i];
        TRY(kv_measure(run));
        mass[i] = kv_pad_mass(run).mean;
    }
    return DONE;
}

static int run_unet(struct audit *audit, double *mass, size_t *n_layers)
{
    struct kv_run run = {.pads = {.app = audit->pads.app}, .copied_row = -1};
    pw_kv_options options;
    int status = kv_read_options(&run, &options);

    if (status == DONE)
        status = kv_open(&run, &options);
    if (status == DONE)
        status = measure(audit, &run, mass);
    *n_layers = run.n_layers;
    kv_close(&run);
    return status;
}

int audit_frozen(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    struct app *app = audit->pads.app;
    const char *path = option_text(app, OPTION_UNET);
    double *mass = pool_array(&app->pool, audit->pads.n, sizeof(*mass));
    size_t n_layers;

    if (mass == NULL)
        return fail_memory(app);
    if (path == NULL) {
        finding_near(claim, finding, "--unet FILE INPUT...");
        return DONE;
    }
    TRY(run_unet(audit, mass, &n_layers));
    finding_of_inputs(audit, finding);
    TRY(finding_estimate_inputs(audit, finding, mass, "share of attention"));
    builder_format(&finding->measured,
                   "nothing about pictures. Share that pads get of the attention of %zu "
                   "cross-attention layers, asked with random queries: ",
                   n_layers);
    finding_spread(finding, 1, 100.0, " %");
    finding_number(finding, "share_of_attention", finding->estimate.mean);
    finding_number(finding, "layers", (double)n_layers);
    return DONE;
}
