/* SPDX-License-Identifier: MIT */
/* What was measured with what: the program, each input's file and manifest; and what the page
 * does not show. */
#include <string.h>

#include "credit.h"
#include "report.h"
#include "show.h"
#include "talk.h"

#define MANIFEST_SHOWN 20000 /* columns: some 40 prompts of 77 tokens */
#define EDITS_SHOWN    400

struct origin {
    struct report *report;
    pw_manifest *manifest; /* NULL: none, or none that can be read */
    pw_manifest_info info;
    const char *edits;                        /* NULL: none are recorded */
    char fingerprint[PW_FINGERPRINT_HEX + 1]; /* "" where the input is no file */
};

/* ---- One input. */

/* A chain that cannot be read is none that could be shown. */
static int keep_edits(struct origin *origin, const pw_tensor_set *fields)
{
    struct app *app = origin->report->app;
    pw_edits *edits;
    pw_error err;

    if (pw_edits_of_set(&edits, app->ctx, fields, &err) != PW_OK || edits == NULL)
        return DONE;
    origin->edits = pool_copy(&app->pool, pw_edits_text(edits), strlen(pw_edits_text(edits)));
    pw_edits_free(edits);
    return origin->edits == NULL ? fail_memory(app) : DONE;
}

/* Of an open file: its fingerprint, and what was done to its rows. */
static int read_origin(struct origin *origin, const pw_file *file)
{
    struct app *app = origin->report->app;
    pw_tensor_set *fields;
    pw_error err;
    int status;

    if (pw_file_fingerprint(file, false, origin->fingerprint, &err) != PW_OK)
        return fail_with(app, &err);
    TRY(credit_fields(app, file, &fields));
    status = keep_edits(origin, fields);
    pw_tensor_set_free(fields);
    return status;
}

static int read_file(struct origin *origin, const char *path)
{
    struct app *app = origin->report->app;
    const pw_file_options options = app_file_options(app);
    pw_file *file;
    pw_error err;
    int status;

    if (pw_file_open(&file, app->ctx, path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    status = read_origin(origin, file);
    pw_file_free(file);
    return status;
}

static int open_origin(struct origin *origin, const struct pads_input *input)
{
    struct report *report = origin->report;
    pw_error err;

    if (input->path != NULL)
        TRY(read_file(origin, input->path));
    if (input->manifest != NULL &&
        pw_manifest_parse(&origin->manifest, report->app->ctx, input->manifest,
                          strlen(input->manifest), &err) == PW_OK)
        pw_manifest_get_info(origin->manifest, &origin->info);
    else
        origin->manifest = NULL; /* one that cannot be read says nothing */
    return DONE;
}

/* How a file came about that names no model: its edits, where it has any. */
static void put_edits(struct origin *origin)
{
    struct builder *out = &origin->report->out;

    if (origin->edits == NULL) {
        html_text_cell(out, "not recorded", 12);
        return;
    }
    builder_text(out, "<td class=\"text wraps\">edited: <code>");
    html_text(out, origin->edits, strlen(origin->edits), EDITS_SHOWN);
    builder_text(out, "</code></td>");
}

static void put_model(struct origin *origin)
{
    struct builder *out = &origin->report->out;
    const pw_manifest_info *info = &origin->info;

    if (origin->manifest == NULL || info->model_name == NULL || info->model_name[0] == '\0') {
        html_text_cell(out, "not recorded", 12);
        put_edits(origin);
        origin->report->has_unknown = true;
        return;
    }
    builder_text(out, "<td class=\"text\">");
    html_string(out, info->is_builtin ? "built-in (untrained)" : info->model_name);
    if (info->model_fingerprint != NULL && info->model_fingerprint[0] != '\0') {
        builder_text(out, ", <code>");
        html_text(out, info->model_fingerprint, strlen(info->model_fingerprint), 16);
        builder_text(out, "</code>");
    }
    builder_text(out, "</td><td class=\"text wraps\">");
    html_string(out, info->recipe);
    if (info->flavour != NULL) {
        builder_text(out, ", ");
        html_string(out, info->flavour);
    }
    if (info->dialect != NULL) {
        builder_text(out, ", ");
        html_string(out, info->dialect);
    }
    if (info->options.mask >= 0)
        builder_format(out, ", mask %s", pw_mask_rule_name((pw_mask_rule)info->options.mask));
    builder_format(out, ", %s, %s", pw_precision_name(info->precision),
                   pw_level_name(info->level));
    if (origin->edits != NULL) {
        builder_text(out, "; edited: <code>");
        html_text(out, origin->edits, strlen(origin->edits), EDITS_SHOWN);
        builder_text(out, "</code>");
    }
    builder_text(out, "</td>");
    origin->report->has_builtin = origin->report->has_builtin || info->is_builtin;
}

static int put_origin(struct report *report, size_t i)
{
    const struct pads_input *input = &report->pads.inputs[i];
    struct builder *out = &report->out;
    struct origin origin = {.report = report};

    TRY(open_origin(&origin, input));
    html_row(out, false);
    html_cell(out, "%zu", i + 1);
    html_text_cell(out, report->labels[i], strlen(report->labels[i]));
    if (input->path == NULL)
        html_text_cell(out, "encoded for this page", 21);
    else
        builder_format(out, "<td class=\"text\"><code>%.16s</code></td>", origin.fingerprint);
    put_model(&origin);
    html_row_end(out);
    report->has_unknown = report->has_unknown || input->n_real == 0;
    pw_manifest_free(origin.manifest);
    return DONE;
}

/* ---- Manifests. */

static bool is_same_manifest(const struct pads_input *a, const struct pads_input *b)
{
    return a->manifest != NULL && b->manifest != NULL && strcmp(a->manifest, b->manifest) == 0;
}

/* Prompts that were encoded together share a manifest; it is shown once. */
static void put_manifest(struct report *report, size_t i)
{
    const struct pads_input *inputs = report->pads.inputs;
    struct builder *out = &report->out;
    size_t n_later = 0;

    for (size_t k = 0; k < i; k++)
        if (is_same_manifest(&inputs[k], &inputs[i]))
            return;
    for (size_t k = i + 1; k < report->pads.n; k++)
        n_later += is_same_manifest(&inputs[k], &inputs[i]);
    builder_format(out, "<details><summary>The manifest of input %zu", i + 1);
    if (n_later > 0)
        builder_format(out, " and of %zu more", n_later);
    builder_text(out, "</summary>\n<pre>");
    html_text(out, inputs[i].manifest, strlen(inputs[i].manifest), MANIFEST_SHOWN);
    builder_text(out, "</pre></details>\n");
}

int report_origins(struct report *report)
{
    static const char *const titles[] = {"input", "<prompt or file", "<file (SHA-256)",
                                         "<model", "<made with"};
    const struct app *app = report->app;
    struct builder *out = &report->out;

    builder_text(out, "<section id=\"origins\">\n<h2>Measured with what</h2>\n<p>");
    builder_format(
        out,
        "padwise %s on kernels of level %s. Cosines, norms and distances are computed "
        "in 64-bit floats from the tensors as they are. Intervals: bootstrap over "
        "inputs, %d draws, seed %llu; none below three inputs. A fingerprint is the "
        "SHA-256 of a file's header, its size and 64 blocks of it; its first 16 digits "
        "stand here.</p>\n",
        pw_version(), pw_level_name(pw_context_level(app->ctx)), PW_BOOTSTRAP_DRAWS,
        (unsigned long long)report->pads.seed);
    html_table(out, NULL, titles, 5);
    for (size_t i = 0; i < report->pads.n; i++)
        TRY(put_origin(report, i));
    html_table_end(out);
    for (size_t i = 0; i < report->pads.n; i++)
        if (report->pads.inputs[i].manifest != NULL)
            put_manifest(report, i);
    builder_text(out, "</section>\n");
    return DONE;
}

/* ---- What the page does not show. */

static void put_sample(struct report *report)
{
    const struct pads *pads = &report->pads;
    struct builder *out = &report->out;

    if (pads->n == 1)
        builder_text(out,
                     "<li>This is one prompt: nothing here says what holds for others.</li>\n");
    else if (pads->n_prompts == 1)
        builder_format(out,
                       "<li>These are %zu variants of one prompt: nothing here says what holds "
                       "for others, and so there is no interval.</li>\n",
                       pads->n);
    else if (pads->n_prompts < pads->n)
        builder_format(out,
                       "<li>These are %zu inputs of %zu prompts that somebody chose: variants "
                       "of a prompt are no sample of prompts, so no interval is given.</li>\n",
                       pads->n, pads->n_prompts);
    else
        builder_format(
            out,
            "<li>These are %zu inputs that somebody chose, no sample of all prompts: "
            "%s.</li>\n",
            pads->n,
            pads->n < 3 ? "there is a single pair, so no interval can be given"
                        : "the intervals hold for prompts like these");
}

void report_limits(struct report *report)
{
    struct builder *out = &report->out;

    builder_text(out, "<section id=\"limits\">\n<h2>What this does not show</h2>\n<ul>\n");
    if (report->has_builtin)
        builder_text(out,
                     "<li><strong>The built-in model is untrained: its numbers mean nothing "
                     "for any other model.</strong> <code>-m</code> names one.</li>\n");
    builder_text(
        out, "<li>No picture was generated. A distance between rows is no difference between "
             "images: what a denoiser takes from a row depends on its own keys and values "
             "(<code>padwise kv</code>).</li>\n");
    put_sample(report);
    if (report->has_unknown)
        builder_text(out,
                     "<li>Of some inputs the file does not say how it was made (model, mask, "
                     "precision), or where its pads begin; what it does not say is not "
                     "guessed.</li>\n");
    builder_text(
        out, "<li>The mask decides what pads see: with another mask rule pads have other "
             "values, words and EOS have the same (<code>padwise encode --mask</code>).</li>\n"
             "<li>A cosine does not see length, and a distance is ruled by the few greatest "
             "coordinates; the table of regimes names them.</li>\n"
             "<li>Only the rows that are handed to the denoiser are measured, not the layers "
             "before them (<code>padwise lens</code>).</li>\n");
    builder_text(
        out, report->n_views == 0
                 ? "<li>Nothing is said of attention: it takes the model.</li>\n"
                 : "<li>A share of attention says where a row looks, not what it takes: the "
                   "values it mixes differ in size, and the row goes on beside them. Heads "
                   "differ from their mean (<code>padwise attn --layer</code>).</li>\n");
    builder_text(out, "</ul>\n</section>\n");
}
