/* SPDX-License-Identifier: MIT */
/* The walkthrough as one JSON object: the fields of the padding mask, then those beside it.
 * It can be read again with --embeddings. */
#include "json_out.h"
#include "walkthrough_view.h"

/* [a], [a,b] or [a,b,c] of numbers, nested. Sizes of 1 in front are written as lists, too. */
static void put_reals(struct json *json, const char *key, const double *values,
                      const size_t *shape, size_t rank)
{
    size_t n = 1;

    for (size_t i = 0; i < rank; i++)
        n *= shape[i];
    if (key != NULL)
        json_key(json, key);
    for (size_t i = 0; i < n; i++) {
        size_t block = 1;

        for (size_t d = rank; d-- > 0;) {
            block *= shape[d];
            if (i % block == 0)
                json_open(json, '[');
        }
        json_real(json, values[i]);
        block = 1;
        for (size_t d = rank; d-- > 0;) {
            block *= shape[d];
            if ((i + 1) % block == 0)
                json_close(json, ']');
        }
    }
}

static void put_ids(struct json *json, const struct walk *walk)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;

    json_key(json, "ids");
    json_open(json, '[');
    for (size_t i = 0; i < numbers->n_sentences; i++) {
        json_open(json, '[');
        for (size_t k = 0; k < numbers->lengths[i]; k++)
            json_int(json, numbers->ids[i][k]);
        json_close(json, ']');
    }
    json_close(json, ']');
    json_key(json, "lengths");
    json_open(json, '[');
    for (size_t i = 0; i < numbers->n_sentences; i++)
        json_uint(json, numbers->lengths[i]);
    json_close(json, ']');
}

/* [N,T]: the padded ids, or the mask. */
static void put_cells(struct json *json, const char *key, const pw_walkthrough_numbers *numbers,
                      const uint8_t *mask)
{
    json_key(json, key);
    json_open(json, '[');
    for (size_t i = 0; i < numbers->n_sentences * numbers->n_tokens; i++) {
        if (i % numbers->n_tokens == 0)
            json_open(json, '[');
        json_int(json, mask == NULL ? numbers->padded[i] : mask[i]);
        if ((i + 1) % numbers->n_tokens == 0)
            json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_mask_shape(struct json *json, const pw_walkthrough_pass *pass)
{
    json_key(json, "mask_shape");
    json_open(json, '[');
    for (size_t i = 0; i < 4; i++)
        json_int(json, pass->mask_shape[i]);
    json_close(json, ']');
}

static void put_pass(struct json *json, const struct walk *walk,
                     const pw_walkthrough_pass *pass)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;
    const size_t pairs[] = {numbers->n_sentences, numbers->n_tokens, numbers->n_tokens};
    const size_t vectors[] = {numbers->n_sentences, numbers->n_tokens, numbers->width};

    put_reals(json, "masked_scores", pass->masked_scores, pairs, 3);
    put_reals(json, "weights", pass->weights, pairs, 3);
    put_reals(json, "row_sums", pass->row_sums, pairs, 2);
    put_reals(json, "context", pass->context, vectors, 3);
}

/* Rows that no key is visible to: [[sentence, query], ...]. */
static void put_blind(struct json *json, const struct walk *walk,
                      const pw_walkthrough_pass *pass)
{
    const size_t n_tokens = walk->numbers.n_tokens;

    json_key(json, "no_visible_key");
    json_open(json, '[');
    for (size_t row = 0; row < walk->numbers.n_sentences * n_tokens; row++) {
        if (!pass->is_blind[row])
            continue;
        json_open(json, '[');
        json_uint(json, row / n_tokens);
        json_uint(json, row % n_tokens);
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_beside(struct json *json, const struct walk *walk)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;
    const pw_walkthrough_pass *causal = &numbers->passes[PW_WALKTHROUGH_CAUSAL_PADDING];
    const size_t vectors[] = {numbers->n_sentences, numbers->n_tokens, numbers->width};

    put_blind(json, walk, &numbers->passes[PW_WALKTHROUGH_PADDING]);
    json_key(json, "causal");
    json_open(json, '{');
    put_mask_shape(json, causal);
    put_pass(json, walk, causal);
    put_blind(json, walk, causal);
    json_close(json, '}');
    json_key(json, "sentences");
    if (walk->sentences == NULL)
        json_null(json);
    else {
        json_open(json, '[');
        for (size_t i = 0; i < numbers->n_sentences; i++)
            json_bytes(json, walk->sentences[i].bytes, walk->sentences[i].size);
        json_close(json, ']');
    }
    json_member_int(json, "pad_id", numbers->pad_id);
    json_member_text(json, "padding_side", numbers->pads_left ? "left" : "right");
    json_member_text(json, "mask_rule", pw_mask_rule_name(numbers->mask_rule));
    put_reals(json, "embeddings", numbers->embeddings, vectors, 3);
}

static void put_facts(struct json *json, const pw_walkthrough_facts *facts)
{
    json_key(json, "measured");
    json_open(json, '{');
    json_member_int(json, "n_pads", (int64_t)facts->n_pads);
    json_member_int(json, "n_tokens_with_pad_id", (int64_t)facts->n_tokens_as_pads);
    json_member_int(json, "n_hidden_tokens", (int64_t)facts->n_hidden_tokens);
    json_member_int(json, "n_visible_pads", (int64_t)facts->n_visible_pads);
    json_member_real(json, "norm_tokens", facts->norm_tokens);
    json_member_real(json, "norm_pads", facts->norm_pads);
    json_member_real(json, "pad_mass_unmasked", facts->pad_mass_unmasked);
    json_member_real(json, "pad_mass_masked", facts->pad_mass_masked);
    json_member_real(json, "context_change", facts->context_change);
    json_member_real(json, "norm_pad_context", facts->norm_pad_context);
    json_member_real(json, "causal_difference", facts->causal_difference);
    json_member_real(json, "row_sum_error", facts->row_sum_error);
    json_close(json, '}');
}

int walk_json(struct walk *walk)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;
    const pw_walkthrough_pass *pass = &numbers->passes[PW_WALKTHROUGH_PADDING];
    const size_t pairs[] = {numbers->n_sentences, numbers->n_tokens, numbers->n_tokens};
    struct json json = {0};
    bool stop;
    int status;

    json_open(&json, '{');
    put_ids(&json, walk);
    put_cells(&json, "padded", numbers, NULL);
    put_cells(&json, "mask", numbers, numbers->mask);
    put_mask_shape(&json, pass);
    put_reals(&json, "scores", numbers->scores, pairs, 3);
    put_pass(&json, walk, pass);
    put_beside(&json, walk);
    put_facts(&json, &walk->facts);
    json_close(&json, '}');
    status = json_print(walk->app, &json, &stop);
    builder_free(&json.text);
    return status;
}
