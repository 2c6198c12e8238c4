/* SPDX-License-Identifier: MIT */
/* What `padwise audit` has at hand: rows of the inputs, an encoder, and texts for it. */
#include <string.h>

#include "audit_run.h"
#include "talk.h"

/* Where no input is given: short and long, one scene each, so that what they have in common is
 * not their words. */
static const char *const own_prompts[] = {
    "a small sunset",
    "a beaver with blue teeth",
    "an astronaut riding a horse",
    "two old men playing chess in a park, oil painting",
    "portrait of a queen, gold crown, dramatic light, highly detailed, 35 mm photograph",
    "a red car on a wet road at night, rain, neon signs, reflections, wide shot, film grain",
};

#define N_OWN (sizeof(own_prompts) / sizeof(*own_prompts))

/* Whether some input was encoded here; of files, whether one says which prompt it was. */
static bool has_prompts(const struct pads *pads, bool is_of_files)
{
    for (size_t i = 0; i < pads->n; i++)
        if (is_of_files ? pads->inputs[i].prompt.bytes != NULL : pads->inputs[i].path == NULL)
            return true;
    return false;
}

/* Claims name these rows. */
static int need_ends(struct audit *audit)
{
    const struct pads *pads = &audit->pads;

    for (size_t i = 0; i < pads->n; i++)
        if (pw_rows_choose(&pads->rows[i], PW_ROW_BOS, NULL) == 0 ||
            pw_rows_choose(&pads->rows[i], PW_ROW_EOS, NULL) == 0)
            return fail(pads->app, PW_ERR_NOT_FOUND, pads->inputs[i].name,
                        "has no row of BOS or none of EOS, which the claims are about");
    return DONE;
}

int audit_read(struct audit *audit)
{
    struct pads *pads = &audit->pads;
    const struct app *app = pads->app;
    const struct arguments *arguments = &app->arguments;

    audit->is_default = arguments->n_words == 0 && !option_given(app, OPTION_FROM);
    if (audit->is_default)
        TRY(pads_read(pads, own_prompts, N_OWN));
    else
        TRY(pads_read(pads, arguments->words, arguments->n_words));
    TRY(pads_need_inputs(pads, 2,
                         "a claim is never judged by one; two measure, a verdict takes three"));
    TRY(pads_need_pads(pads));
    TRY(need_ends(audit));
    audit->has_prompts = has_prompts(pads, false);
    audit->encodes =
        audit->has_prompts || (option_given(app, OPTION_MODEL) && has_prompts(pads, true));
    return DONE;
}

void audit_close(struct audit *audit)
{
    scan_free(audit->of_own.texts, audit->of_own.n);
    if (audit->of_own.is_open)
        scan_close(&audit->of_own.scan);
}

/* ---- The encoder. */

/* Files alone say nothing of an encoder, and dialects are the same with any: options that
 * belong to the files (--tokenizer) are not the built-in model's. */
static int open_builtin(struct audit *audit)
{
    struct app *app = audit->pads.app;
    struct scan_encoder *scan = &audit->of_own.scan;
    struct encoder *first = &scan->encode.encoders[0];
    pw_model_options options;
    pw_error err;

    scan->app = scan->encode.app = app;
    scan->pool = &app->pool;
    pw_model_options_init(&options);
    TRY(app_model_options(app, &options));
    if (pw_model_open_builtin(&first->model, app->ctx, &options, &err) != PW_OK ||
        pw_tokenizer_open_builtin(&first->tokenizer.tokenizer, app->ctx, NULL, &err) != PW_OK ||
        pw_session_create(&scan->session, first->model, 0, &err) != PW_OK)
        return fail_with(app, &err);
    pw_model_get_info(first->model, &first->info);
    pw_tokenizer_get_info(first->tokenizer.tokenizer, &first->tokenizer.info);
    scan->encode.given[0] =
        (pw_encoder){.model = first->model, .tokenizer = first->tokenizer.tokenizer};
    scan->tokenizer = first->tokenizer.tokenizer;
    scan->pad_id = tokens_pad_id(-1, &first->tokenizer.info);
    scan->n_positions = (size_t)first->info.n_positions;
    scan->width = (size_t)first->info.width;
    return DONE;
}

/* What there is to say of the model was said when the inputs were encoded. */
static int open_given(struct audit *audit)
{
    struct app *app = audit->pads.app;
    const bool quiet = app->quiet;
    int status;

    app->quiet = quiet || audit->has_prompts;
    status = scan_open(&audit->of_own.scan, app, true);
    app->quiet = quiet;
    return status;
}

static int add_text(struct audit *audit, pw_text text, const char *where)
{
    struct audit_encoder *own = &audit->of_own;
    struct scan_text *added = &own->texts[own->n];

    *added = (struct scan_text){.text = text, .name = where, .where = where};
    TRY(scan_tokenize(&own->scan, added));
    own->n++;
    return scan_need_pads(&own->scan, added, own->n_tokens);
}

/* Of the inputs that share a prompt. */
static bool is_first(const struct pads *pads, size_t i)
{
    size_t k = 0;

    while (pads->prompt_of[k] != pads->prompt_of[i])
        k++;
    return k == i;
}

/* The inputs' prompts, each once, where their encoder is at hand; of a file the one that it
 * names. */
static int add_texts(struct audit *audit)
{
    const struct pads *pads = &audit->pads;

    for (size_t i = 0; audit->encodes && i < pads->n; i++) {
        const struct pads_input *input = &pads->inputs[i];
        pw_text text = {input->name, strlen(input->name)};

        if (input->path != NULL)
            text = roles_cut_suffix(input->prompt);
        if (text.bytes != NULL && is_first(pads, i))
            TRY(add_text(audit, text, input->name));
    }
    for (size_t i = 0; !audit->encodes && i < N_OWN; i++)
        TRY(add_text(audit, (pw_text){own_prompts[i], strlen(own_prompts[i])}, own_prompts[i]));
    return DONE;
}

/* What is said of files and of an encoder must be of one and the same. */
static int check_width(struct audit *audit)
{
    const size_t width = audit->of_own.scan.width, of_rows = audit->pads.rows[0].width;

    if (!audit->encodes || audit->has_prompts || width == of_rows)
        return DONE;
    return fail(audit->pads.app, PW_ERR_MISMATCH, audit->pads.inputs[0].name,
                "has rows of %zu numbers, and the encoder of -m makes %zu: it is not the one "
                "that made them",
                of_rows, width);
}

int audit_open(struct audit *audit)
{
    struct audit_encoder *own = &audit->of_own;
    const size_t n = audit->pads.n > N_OWN ? audit->pads.n : N_OWN;

    if (own->is_open)
        return DONE;
    own->is_open = true;
    TRY(audit->encodes ? open_given(audit) : open_builtin(audit));
    TRY(check_width(audit));
    own->texts = pool_array(&audit->pads.app->pool, n, sizeof(*own->texts));
    if (own->texts == NULL)
        return fail_memory(audit->pads.app);
    own->n_tokens = own->scan.n_positions;
    if (audit->encodes)
        TRY(scan_length(&own->scan, &own->n_tokens));
    return add_texts(audit);
}

/* ---- Encoding. */

int audit_encode(struct audit *audit)
{
    struct audit_encoder *own = &audit->of_own;

    TRY(audit_open(audit));
    if (own->is_encoded)
        return DONE;
    own->is_encoded = true;
    TRY(scan_start(&own->scan, &own->base, own->n, own->n_tokens));
    TRY(scan_start(&own->scan, &own->scratch, own->n, own->n_tokens));
    for (size_t i = 0; i < own->n; i++)
        scan_put(&own->scan, &own->base, i, &own->texts[i], PW_MASK_HF);
    return own->n == 0 ? DONE : scan_run(&own->scan, &own->base);
}

int audit_variant(struct audit *audit, size_t n_tokens, pw_mask_rule mask, int32_t pad_id,
                  size_t *n)
{
    struct audit_encoder *own = &audit->of_own;
    struct scan_encoder scan = own->scan;

    if (pad_id >= 0)
        scan.pad_id = pad_id;
    own->scratch.n_tokens = n_tokens == 0 ? own->n_tokens : n_tokens;
    *n = 0;
    for (size_t i = 0; i < own->n; i++)
        if (audit_n_real(audit, i) <= own->scratch.n_tokens)
            scan_put(&scan, &own->scratch, (*n)++, &own->texts[i], mask);
    own->scratch.n = *n;
    return *n == 0 ? DONE : scan_run(&own->scan, &own->scratch);
}

const float *audit_row(const struct audit *audit, const struct scan_batch *batch, size_t i,
                       size_t row)
{
    return batch->rows + (i * batch->n_tokens + row) * audit->of_own.scan.width;
}

size_t audit_n_real(const struct audit *audit, size_t i)
{
    return audit->of_own.texts[i].tokens.tokens.n_tokens;
}
