/* SPDX-License-Identifier: MIT */
/* The batch of a walkthrough: sentences in columns, pads at their places, the padding mask. */
#include "lab/walkthrough.h"

#include <string.h>

#include "base/checked.h"

pw_walkthrough_options pwi_walkthrough_options(const pw_walkthrough_options *given)
{
    pw_walkthrough_options options;

    pw_walkthrough_options_init(&options);
    if (given != NULL)
        memcpy(&options, given,
               given->struct_size < sizeof(options) ? given->struct_size : sizeof(options));
    return options;
}

void *pwi_walkthrough_take(pw_walkthrough *walkthrough, size_t n, size_t size)
{
    size_t n_bytes;

    /* An arena gives no two pieces the same address only where they have bytes. */
    if (!pwi_mul_size(n, size, &n_bytes))
        return NULL;
    return pwi_arena_alloc(&walkthrough->arena, n_bytes == 0 ? 1 : n_bytes);
}

pw_status pwi_walkthrough_start(pw_walkthrough **out, pw_context *ctx, size_t n_sentences,
                                pw_error *err)
{
    pw_walkthrough *walkthrough;

    *out = NULL;
    if (n_sentences == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is no sentence; one at least is needed");
    if (n_sentences > PW_WALKTHROUGH_SENTENCES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "%zu sentences are more than a walkthrough shows: it keeps every "
                        "number, of at most %d sentences (PW_WALKTHROUGH_SENTENCES_MAX)",
                        n_sentences, PW_WALKTHROUGH_SENTENCES_MAX);
    walkthrough = PWI_NEW(&ctx->allocator, pw_walkthrough);
    if (walkthrough == NULL)
        return pwi_fail_memory(err);
    walkthrough->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&walkthrough->arena, &ctx->allocator);
    walkthrough->numbers.n_sentences = n_sentences;
    *out = walkthrough;
    return PW_OK;
}

void pw_walkthrough_free(pw_walkthrough *walkthrough)
{
    pw_context *ctx;

    if (walkthrough == NULL)
        return;
    ctx = walkthrough->ctx;
    pwi_arena_free(&walkthrough->arena);
    PWI_DELETE(&ctx->allocator, walkthrough);
    pw_context_free(ctx);
}

void pw_walkthrough_get(const pw_walkthrough *walkthrough, pw_walkthrough_numbers *numbers)
{
    *numbers = walkthrough->numbers;
}

/* Columns, and whether all numbers find room. */
static pw_status measure(pw_walkthrough_numbers *numbers, const size_t *lengths,
                         size_t n_tokens, pw_error *err)
{
    size_t longest = 0, i_longest = 0, n_cells, n_pairs, n_values;

    for (size_t i = 0; i < numbers->n_sentences; i++) {
        if (lengths[i] > longest) {
            longest = lengths[i];
            i_longest = i;
        }
    }
    if (n_tokens != 0 && longest > n_tokens)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "sentence %zu has %zu tokens, but the batch has only %zu columns",
                        i_longest, longest, n_tokens);
    numbers->n_tokens = n_tokens != 0 ? n_tokens : longest;
    if (numbers->n_tokens == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "no sentence has a token: there is nothing to walk through");
    if (numbers->n_tokens > PW_WALKTHROUGH_TOKENS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "%zu tokens a sentence are more than a walkthrough shows: at most %d "
                        "(PW_WALKTHROUGH_TOKENS_MAX)",
                        numbers->n_tokens, PW_WALKTHROUGH_TOKENS_MAX);
    n_cells = numbers->n_sentences * numbers->n_tokens;
    if (!pwi_mul_size(n_cells, numbers->n_tokens, &n_pairs) ||
        !pwi_mul_size(n_cells, numbers->width, &n_values) ||
        n_pairs > PW_WALKTHROUGH_NUMBERS_MAX || n_values > PW_WALKTHROUGH_NUMBERS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "%zu sentences of %zu tokens and %zu dimensions are more numbers than "
                        "a walkthrough keeps (PW_WALKTHROUGH_NUMBERS_MAX, %zu in one array): "
                        "give fewer sentences",
                        numbers->n_sentences, numbers->n_tokens, numbers->width,
                        PW_WALKTHROUGH_NUMBERS_MAX);
    return PW_OK;
}

static pw_status copy_sentences(pw_walkthrough *walkthrough, const int32_t *const *ids,
                                const size_t *lengths, const size_t *n_cut, pw_error *err)
{
    const size_t n = walkthrough->numbers.n_sentences;
    const int32_t **all = pwi_walkthrough_take(walkthrough, n, sizeof(*all));
    size_t *n_ids = pwi_walkthrough_take(walkthrough, n, sizeof(*n_ids));
    size_t *cut = pwi_walkthrough_take(walkthrough, n, sizeof(*cut));

    if (all == NULL || n_ids == NULL || cut == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        int32_t *copy = pwi_walkthrough_take(walkthrough, lengths[i], sizeof(*copy));

        if (copy == NULL)
            return pwi_fail_memory(err);
        for (size_t k = 0; k < lengths[i]; k++) {
            if (ids[i][k] < 0)
                return PWI_FAIL(err, PW_ERR_ARGUMENT,
                                "token %zu of sentence %zu has the id %d: ids begin at 0", k, i,
                                ids[i][k]);
            copy[k] = ids[i][k];
        }
        all[i] = copy;
        n_ids[i] = lengths[i];
        cut[i] = n_cut == NULL ? 0 : n_cut[i];
    }
    walkthrough->numbers.ids = all;
    walkthrough->numbers.lengths = n_ids;
    walkthrough->numbers.n_cut = cut;
    return PW_OK;
}

static bool is_shown(pw_mask_rule rule, bool is_pad, int32_t id, int32_t pad_id)
{
    switch (rule) {
    case PW_MASK_NONE:
        return true;
    case PW_MASK_LECTURE:
        return id != pad_id;
    default:
        return !is_pad;
    }
}

static pw_status place(pw_walkthrough *walkthrough, pw_error *err)
{
    pw_walkthrough_numbers *numbers = &walkthrough->numbers;
    const size_t n_tokens = numbers->n_tokens, n_cells = numbers->n_sentences * n_tokens;
    int32_t *padded = pwi_walkthrough_take(walkthrough, n_cells, sizeof(*padded));
    uint8_t *is_pad = pwi_walkthrough_take(walkthrough, n_cells, 1);
    uint8_t *mask = pwi_walkthrough_take(walkthrough, n_cells, 1);

    if (padded == NULL || is_pad == NULL || mask == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < n_cells; i++) {
        const size_t i_sentence = i / n_tokens, n_ids = numbers->lengths[i_sentence];
        const size_t first = numbers->pads_left ? n_tokens - n_ids : 0;
        const size_t column = i % n_tokens;

        is_pad[i] = column < first || column - first >= n_ids;
        padded[i] = is_pad[i] ? numbers->pad_id : numbers->ids[i_sentence][column - first];
        mask[i] = is_shown(numbers->mask_rule, is_pad[i], padded[i], numbers->pad_id);
    }
    numbers->padded = padded;
    numbers->is_pad = is_pad;
    numbers->mask = mask;
    return PW_OK;
}

pw_status pwi_walkthrough_lay_out(pw_walkthrough *walkthrough, const int32_t *const *ids,
                                  const size_t *lengths, const size_t *n_cut, size_t width,
                                  const pw_walkthrough_options *options, pw_error *err)
{
    pw_walkthrough_numbers *numbers = &walkthrough->numbers;

    if (width == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "the embeddings have no dimension");
    if (options->mask >= PW_N_MASK_RULES)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is no mask rule %d", (int)options->mask);
    numbers->width = width;
    numbers->pad_id = options->pad_id < 0 ? 0 : options->pad_id;
    numbers->pads_left = options->pads_left;
    numbers->mask_rule = options->mask;
    PWI_TRY(measure(numbers, lengths, options->n_tokens, err));
    PWI_TRY(copy_sentences(walkthrough, ids, lengths, n_cut, err));
    return place(walkthrough, err);
}

static pw_status fill(pw_walkthrough *walkthrough, const pw_walkthrough_input *input,
                      const pw_walkthrough_options *options, pw_error *err)
{
    pw_walkthrough_numbers *numbers = &walkthrough->numbers;
    double *embeddings;
    size_t n_values;

    PWI_TRY(pwi_walkthrough_lay_out(walkthrough, input->ids, input->lengths, NULL, input->width,
                                    options, err));
    n_values = numbers->n_sentences * numbers->n_tokens * numbers->width;
    embeddings = pwi_walkthrough_take(walkthrough, n_values, sizeof(*embeddings));
    if (embeddings == NULL)
        return pwi_fail_memory(err);
    memcpy(embeddings, input->embeddings, n_values * sizeof(*embeddings));
    numbers->embeddings = embeddings;
    return pwi_walkthrough_attend(walkthrough, err);
}

pw_status pw_walkthrough_create(pw_walkthrough **out, pw_context *ctx,
                                const pw_walkthrough_input *input,
                                const pw_walkthrough_options *options, pw_error *err)
{
    const pw_walkthrough_options chosen = pwi_walkthrough_options(options);
    pw_status status;

    PWI_TRY(pwi_walkthrough_start(out, ctx, input->n_sentences, err));
    status = fill(*out, input, &chosen, err);
    if (status != PW_OK) {
        pw_walkthrough_free(*out);
        *out = NULL;
    }
    return status;
}

bool pw_shape_broadcast(const int64_t *a, int32_t rank_a, const int64_t *b, int32_t rank_b,
                        int64_t *shape, int32_t *rank)
{
    *rank = rank_a > rank_b ? rank_a : rank_b;
    for (int32_t i = 0; i < *rank; i++) {
        const int32_t in_a = i - (*rank - rank_a), in_b = i - (*rank - rank_b);
        const int64_t size_a = in_a < 0 ? 1 : a[in_a], size_b = in_b < 0 ? 1 : b[in_b];

        if (size_a != size_b && size_a != 1 && size_b != 1)
            return false;
        shape[i] = size_a == 1 ? size_b : size_a;
    }
    return true;
}
