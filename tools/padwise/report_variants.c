/* SPDX-License-Identifier: MIT */
/* What other pads would change: policies of pads applied to the rows of an input, by the
 * grammar of `padwise edit`, and how far each is from the rows as they are. */
#include <string.h>

#include "edit_lab.h"
#include "report.h"
#include "talk.h"

static const struct {
    const char *edits, *what;
} policies[] = {
    {"pads: zero", "zeros"},
    {"pads: scale 0.5", "half as large"},
    {"pads: mean", "each the mean of the pads"},
    {"pads: eos", "copies of EOS"},
    {"pads: constant 0.1", "0.1 everywhere"},
    {"pads: noise 0.1 seed 42", "noise in their place"},
    {"pads: clean", "rows of a sequence of pads alone"},
    {"pads: clean-empty", "rows of the empty prompt"},
};

/* Rows that clean and clean-empty take; encoded once for all prompts of the page. */
struct report_sources {
    struct edit_encoder encoder;

    struct source {
        pw_edit_source_kind kind;
        size_t n_rows; /* that were asked for */
        pw_edit_sequence sequence;
        struct source *next;
    } * opened;
};

/* ---- Sources. */

static int widen(struct app *app, const pw_tensor_set *set, pw_edit_sequence *out)
{
    const pw_tensor *tensor = pw_tensor_set_find(set, "last_hidden_state");
    double *values;
    size_t n;
    pw_error err;

    if (tensor == NULL)
        tensor = pw_tensor_set_find(set, "prompt_embeds");
    if (tensor == NULL || tensor->rank != 3)
        return fail(app, PW_ERR_NOT_FOUND, "", "the recipe makes no rows by prompt");
    *out =
        (pw_edit_sequence){.n_rows = (size_t)tensor->shape[1], .dim = (size_t)tensor->shape[2]};
    n = out->n_rows * out->dim;
    values = pool_array(&app->pool, n, sizeof(*values));
    if (values == NULL)
        return fail_memory(app);
    out->values = values;
    return pw_tensor_to_f64(tensor, values, n, &err) == PW_OK ? DONE : fail_with(app, &err);
}

static int encode(struct report *report, pw_edit_source_kind kind, size_t n_rows,
                  pw_edit_sequence *out)
{
    struct edit_encoder *encoder = &report->sources->encoder;
    pw_tensor_set *set = NULL;
    int status = kind == PW_EDIT_SOURCE_CLEAN
                     ? edit_encoder_clean(encoder, n_rows, &set)
                     : edit_encoder_encode(encoder, (pw_text){"", 0}, &set);

    if (status == DONE)
        status = widen(report->app, set, out);
    pw_tensor_set_free(set);
    return status;
}

/* All that is said of the models was said when the prompts were encoded. */
static int encode_quietly(struct report *report, pw_edit_source_kind kind, size_t n_rows,
                          pw_edit_sequence *out)
{
    const bool is_quiet = report->app->quiet;
    int status;

    report->app->quiet = true;
    status = encode(report, kind, n_rows, out);
    report->app->quiet = is_quiet;
    return status;
}

static int open_sources(struct report *report, const struct pads_input *input)
{
    if (report->sources != NULL)
        return DONE;
    report->sources = pool_take(&report->app->pool, sizeof(*report->sources));
    if (report->sources == NULL)
        return fail_memory(report->app);
    return edit_encoder_start(report->app, &report->sources->encoder, input->manifest);
}

void report_close_sources(struct report *report)
{
    if (report->sources != NULL)
        edit_encoder_close(&report->sources->encoder);
}

static int find_source(struct report *report, const struct pads_input *input,
                       pw_edit_source_kind kind, pw_edit_sequence *out)
{
    const size_t n_rows = input->rows.n_rows;
    struct source *source;

    TRY(open_sources(report, input));
    for (source = report->sources->opened; source != NULL; source = source->next)
        if (source->kind == kind && source->n_rows == n_rows) {
            *out = source->sequence;
            return DONE;
        }
    source = pool_take(&report->app->pool, sizeof(*source));
    if (source == NULL)
        return fail_memory(report->app);
    source->kind = kind;
    source->n_rows = n_rows;
    TRY(encode_quietly(report, kind, n_rows, &source->sequence));
    source->next = report->sources->opened;
    report->sources->opened = source;
    *out = source->sequence;
    return DONE;
}

/* ---- A policy. */

/* Of a file the encoder is not here; joined chunks have no row in common with one sequence;
 * pads alone are raw's, since a pipeline's layer is its recipe's. */
static bool has_source(const struct report *report, size_t i, pw_edit_source_kind kind)
{
    const char *recipe = option_text(report->app, OPTION_RECIPE);
    const struct pads_input *input = &report->pads.inputs[i];

    if (kind == PW_EDIT_SOURCE_NONE)
        return true;
    if (kind == PW_EDIT_SOURCE_CLEAN && recipe != NULL &&
        strcmp(recipe, pw_recipe_name(0)) != 0)
        return false;
    for (size_t k = 0; k < report->n_views && input->path == NULL; k++)
        if (report->views[k].i_input == i)
            return report->views[k].attn.inside.n_tokens == input->rows.n_rows;
    return false;
}

static pw_status hand_over(void *user, const pw_edit_source *source, pw_edit_sequence *out,
                           pw_error *err)
{
    (void)source;
    (void)err;
    *out = *(const pw_edit_sequence *)user;
    return PW_OK;
}

static int apply(struct report *report, const pw_rows *rows, const pw_edits *edits,
                 pw_edit_sequence *source, float *values)
{
    const size_t n = rows->n_rows * rows->width;
    pw_tensor tensor = {.dtype = PW_F32,
                        .rank = 2,
                        .shape = {(int64_t)rows->n_rows, (int64_t)rows->width},
                        .data = values,
                        .size_bytes = n * sizeof(float)};
    const pw_edit_sources sources = {hand_over, source};
    pw_error err;

    memcpy(values, rows->values, n * sizeof(float));
    return pw_edits_apply(edits, report->app->ctx, &tensor, rows->roles, &sources, NULL,
                          &err) == PW_OK
               ? DONE
               : fail_with(report->app, &err);
}

static int put_policy(struct report *report, size_t i, size_t i_policy, const pw_edits *edits,
                      float *values)
{
    const struct pads_input *input = &report->pads.inputs[i];
    struct builder *out = &report->out;
    const pw_edit_source_kind kind = pw_edits_at(edits, 0)->source.kind;
    pw_edit_sequence source = {.n_rows = input->rows.n_rows};
    pw_rows edited = input->rows;

    if (!has_source(report, i, kind))
        return DONE;
    if (kind != PW_EDIT_SOURCE_NONE)
        TRY(find_source(report, input, kind, &source));
    if (source.n_rows < input->rows.n_rows)
        return DONE; /* the empty prompt is shorter where nothing pads it */
    TRY(apply(report, &input->rows, edits, &source, values));
    edited.values = values;
    html_row(out, false);
    builder_text(out, "<td class=\"text\"><code>");
    html_string(out, policies[i_policy].edits);
    builder_text(out, "</code></td>");
    builder_format(out, "<td class=\"text\">%s</td>", policies[i_policy].what);
    report_distance(out, &input->rows, &edited, false);
    html_row_end(out);
    return DONE;
}

int report_variants(struct report *report, size_t i)
{
    static const char *const titles[] = {"<edit",       "<pads become", "L2",
                                         "relative L2", "cosine",       "greatest change"};
    const struct pads_input *input = &report->pads.inputs[i];
    struct app *app = report->app;
    float *values;

    if (input->n_real == 0 || input->n_real >= input->rows.n_rows)
        return DONE;
    values = pool_array(&app->pool, input->rows.n_rows * input->rows.width, sizeof(*values));
    if (values == NULL)
        return fail_memory(app);
    html_table(&report->out,
               "Variants: what other pads change of these rows, all rows as one vector", titles,
               sizeof(titles) / sizeof(*titles));
    for (size_t k = 0; k < sizeof(policies) / sizeof(*policies); k++) {
        pw_edits *edits;
        int status;

        TRY(edits_parse(app, policies[k].edits, &edits));
        status = put_policy(report, i, k, edits, values);
        pw_edits_free(edits);
        TRY(status);
    }
    html_table_end(&report->out);
    builder_text(&report->out, "<p class=\"soft\"><code>padwise edit INPUT --edit \"pads: "
                               "zero\" -o FILE</code> writes such rows.");
    if (input->path != NULL)
        builder_text(&report->out, " Clean pads take the encoder, and are shown of prompts.");
    builder_text(&report->out, "</p>\n");
    return DONE;
}
