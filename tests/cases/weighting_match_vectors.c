/* SPDX-License-Identifier: MIT */
/* Comparing chunks, sequences and vectors with what a case expects: ids and weights exactly,
 * vectors within the tolerance of the case file's header. */
#include "weighting_case.h"

#include <math.h>
#include <string.h>

#define TOLERANCE     1e-5 /* of a value, as the header says */
#define TOLERANCE_SUM 1e-4 /* of a sum of hundreds of them, given with 5 decimals */
#define N_SHOWN       6    /* rows that a case gives */

/* ---- Chunks. */

static bool is_injected(const pw_chunk *chunk, size_t row)
{
    for (size_t i = 0; i < chunk->n_injections; i++) {
        if (chunk->injections[i].row == row)
            return true;
    }
    return false;
}

/* [[id or "EMB", count], ...]. A1111's chunks show id 0 where a vector stands. */
static bool match_ids(const pw_chunk *chunk, const json_node *runs, bool shows_vectors,
                      char why[WHY_SIZE])
{
    size_t row = 0;

    for (size_t i = 0; json_is_array(runs) && i < runs->n; i++) {
        const json_node *run = &runs->items[i];
        const bool is_vector = json_is_array(run) && run->n == 2 &&
                               run->items[0].kind == PWI_JSON_STRING &&
                               strcmp(run->items[0].text, "EMB") == 0;

        if (!json_is_array(run) || run->n != 2 || run->items[1].kind != PWI_JSON_NUMBER)
            return differ(why, "a run of ids is no [id, count]");
        for (double k = 0; k < run->items[1].number; k++, row++) {
            if (row == chunk->n_tokens)
                return differ(why, "the chunk has %zu tokens", chunk->n_tokens);
            if (is_vector ? !is_injected(chunk, row)
                          : !json_item_is(run, 0, chunk->ids[row]) ||
                                (shows_vectors && is_injected(chunk, row)))
                return differ(why, "id %zu is %d", row, (int)chunk->ids[row]);
        }
    }
    return row == chunk->n_tokens || differ(why, "the chunk has %zu tokens", chunk->n_tokens);
}

static bool match_weights(const pw_chunk *chunk, const json_node *runs, char why[WHY_SIZE])
{
    size_t row = 0;

    for (size_t i = 0; json_is_array(runs) && i < runs->n; i++) {
        const json_node *run = &runs->items[i];

        if (!json_is_array(run) || run->n != 2 || run->items[1].kind != PWI_JSON_NUMBER)
            return differ(why, "a run of weights is no [weight, count]");
        for (double k = 0; k < run->items[1].number; k++, row++) {
            if (row == chunk->n_tokens)
                return differ(why, "the chunk has %zu tokens", chunk->n_tokens);
            if (!json_item_is(run, 0, chunk->weights[row]))
                return differ(why, "weight %zu is %.17g", row, chunk->weights[row]);
        }
    }
    return row == chunk->n_tokens || differ(why, "there are %zu weights", chunk->n_tokens);
}

static bool match_chunk(const pw_chunk *chunk, const json_node *expected, bool shows_vectors,
                        char why[WHY_SIZE])
{
    return match_ids(chunk, json_member(expected, "ids_rle"), shows_vectors, why) &&
           match_weights(chunk, json_member(expected, "weights_rle"), why);
}

MATCHER(match_chunks)
{
    const pw_plan_output *output = pw_plan_output_at(made->plan, 0);

    (void)one;
    if (!json_is_array(expected) || expected->n != output->n_chunks)
        return differ(why, "there are %zu chunks", output->n_chunks);
    for (size_t i = 0; i < output->n_chunks; i++) {
        if (expected->items[i].n != 2)
            return differ(why, "a chunk has other members than ids_rle and weights_rle");
        if (!match_chunk(&output->chunks[i], &expected->items[i], true, why))
            return false;
    }
    return true;
}

/* [[offset, name], ...]: offsets do not count the start token. */
static bool match_embeddings(const struct weighting_case *one, const pw_chunk *chunk,
                             const json_node *expected, char why[WHY_SIZE])
{
    const json_node *names = json_member(one->params, "embeddings");
    size_t at = 0;

    for (size_t i = 0; i < chunk->n_injections; i++) {
        const pw_injection *injection = &chunk->injections[i];
        const json_node *pair;

        if (injection->i_vector != 0)
            continue;
        pair = expected != NULL && at < expected->n ? &expected->items[at] : NULL;
        if (!json_item_is(pair, 0, (double)injection->row - 1) || pair->n != 2 ||
            pair->items[1].kind != PWI_JSON_STRING ||
            strcmp(pair->items[1].text, names->items[injection->i_embedding].key) != 0)
            return differ(why, "embedding %zu stands at row %zu", injection->i_embedding,
                          injection->row);
        at++;
    }
    return at == (expected == NULL ? 0 : expected->n) ||
           differ(why, "there are %zu embeddings", at);
}

MATCHER(match_a1111_chunks)
{
    const pw_plan_output *output = pw_plan_output_at(made->plan, 0);
    const json_node *chunks = json_member(expected, "chunks");
    const json_node *count = json_member(expected, "token_count");
    const size_t n_tokens =
        75 * (output->n_chunks - 1) + output->chunks[output->n_chunks - 1].n_content;

    if (!json_is_array(chunks) || expected->n != 2 || chunks->n != output->n_chunks)
        return differ(why, "there are %zu chunks", output->n_chunks);
    for (size_t i = 0; i < output->n_chunks; i++) {
        const json_node *embeddings = json_member(&chunks->items[i], "embeddings");

        if (chunks->items[i].n != (embeddings == NULL ? 2u : 3u))
            return differ(why, "a chunk has members that are not known");
        if (!match_chunk(&output->chunks[i], &chunks->items[i], false, why) ||
            !match_embeddings(one, &output->chunks[i], embeddings, why))
            return false;
    }
    return (count != NULL && count->kind == PWI_JSON_NUMBER &&
            count->number == (double)n_tokens) ||
           differ(why, "%zu tokens are counted", n_tokens);
}

MATCHER(match_split)
{
    const pw_plan_output *output = pw_plan_output_at(made->plan, 0);
    const json_node *counts = json_member(expected, "content_tokens_per_chunk");

    (void)one;
    if (!json_is_array(counts) || expected->n != 1 || counts->n != output->n_chunks)
        return differ(why, "there are %zu chunks", output->n_chunks);
    for (size_t i = 0; i < output->n_chunks; i++) {
        if (!json_item_is(counts, i, (double)output->chunks[i].n_content))
            return differ(why, "chunk %zu holds %zu tokens", i + 1,
                          output->chunks[i].n_content);
    }
    return true;
}

/* ---- ADV_CLIP_emb's weights: the first rows of the chunk, under every normalisation. */

static bool match_adv(const struct weighting_case *one, const char *dialect,
                      const json_node *weights, const json_node *words, char why[WHY_SIZE])
{
    const struct weighting_system system = {one->system, dialect, NULL, WEIGHTING_PLAN};
    struct weighting_made made;
    bool is_same = weighting_run(one, &system, &made, why);

    if (is_same && made.status != PW_OK)
        is_same = differ(why, "%s: %s", dialect, made.err.text);
    if (is_same && weights->n != words->n)
        is_same =
            differ(why, "%s: %zu weights for %zu word_ids", dialect, weights->n, words->n);
    for (size_t i = 0; is_same && json_is_array(weights) && i < weights->n; i++) {
        const pw_chunk *chunk = &pw_plan_output_at(made.plan, 0)->chunks[0];

        if (i >= chunk->n_tokens || !json_item_is(weights, i, chunk->weights[i]))
            is_same = differ(why, "%s: weight %zu is %.17g", dialect, i, chunk->weights[i]);
        else if (!json_item_is(words, i, chunk->fragments[i]))
            is_same = differ(why, "%s: row %zu is of word %u", dialect, i,
                             (unsigned)chunk->fragments[i]);
    }
    weighting_made_free(&made);
    return is_same;
}

MATCHER(match_normalisation)
{
    static const char *const names[][2] = {{"none", "adv:none+comfy"},
                                           {"length", "adv:length+comfy"},
                                           {"mean", "adv:mean+comfy"},
                                           {"length+mean", "adv:length+mean+comfy"},
                                           {"scale_to_norm(w_max=1)", "adv:none+down_weight"}};
    const json_node *words = json_member(expected, "word_ids");

    (void)made;
    if (!json_is_array(words) || expected->kind != PWI_JSON_OBJECT_BEGIN)
        return differ(why, "the expectation has no word_ids");
    for (size_t i = 0; i < expected->n; i++) {
        const json_node *member = &expected->items[i];
        size_t k = 0;

        while (k < 5 && strcmp(names[k][0], member->key) != 0)
            k++;
        if (member == words)
            continue;
        if (k == 5 || !json_is_array(member))
            return differ(why, "the normalisation \"%.40s\" is not known", member->key);
        if (!match_adv(one, names[k][1], member, words, why))
            return false;
    }
    return true;
}

/* ---- Vectors. */

/* One row of dim or, where two encoders are both the toy, twice as many values. */
static bool match_row(const float *row, const json_node *expected, size_t width,
                      const char *what, char why[WHY_SIZE])
{
    if (!json_is_array(expected) || expected->n != width)
        return differ(why, "%s has not the %zu values of its shape", what, width);
    for (size_t d = 0; d < width; d++) {
        const double value = (double)row[d % TOY_DIM];

        if (expected->items[d].kind != PWI_JSON_NUMBER ||
            !(fabs(expected->items[d].number - value) <= TOLERANCE))
            return differ(why, "%s, value %zu is %.6f", what, d, value);
    }
    return true;
}

static bool match_sum(const float *rows, size_t n_rows, size_t width, const json_node *expected,
                      char why[WHY_SIZE])
{
    double sum = 0.0;

    for (size_t i = 0; i < n_rows * TOY_DIM; i++)
        sum += (double)rows[i];
    sum *= (double)(width / TOY_DIM);
    return (expected != NULL && expected->kind == PWI_JSON_NUMBER &&
            fabs(expected->number - sum) <= TOLERANCE_SUM) ||
           differ(why, "the sum is %.6f", sum);
}

static bool match_output(const struct weighting_made *made, size_t i_output,
                         const json_node *expected, char why[WHY_SIZE])
{
    const size_t n_rows = pw_plan_output_at(made->plan, i_output)->n_rows;
    const float *rows = made->rows[i_output];
    const json_node *shape = json_member(expected, "shape");
    const json_node *shown = json_member(expected, "rows_0_to_5");
    const size_t width = json_item_is(shape, 2, 2 * TOY_DIM) ? 2 * TOY_DIM : TOY_DIM;

    if (!json_is_array(shape) || shape->n != 3 || !json_item_is(shape, 0, 1) ||
        !json_item_is(shape, 1, (double)n_rows) || !json_item_is(shape, 2, (double)width))
        return differ(why, "the shape is [1, %zu, %zu]", n_rows, width);
    if (!json_is_array(shown) || shown->n != (n_rows < N_SHOWN ? n_rows : N_SHOWN))
        return differ(why, "rows_0_to_5 has not the rows of its shape");
    for (size_t row = 0; row < shown->n; row++) {
        char what[32] = "row 0";

        what[4] = (char)('0' + row);
        if (!match_row(rows + row * TOY_DIM, &shown->items[row], width, what, why))
            return false;
    }
    return match_row(rows + (n_rows - 1) * TOY_DIM, json_member(expected, "last_row"), width,
                     "the last row", why) &&
           match_sum(rows, n_rows, width, json_member(expected, "sum"), why);
}

/* ---- What was sent to the encoder. */

/* Ids from the first on; "len" and a number behind them give the length of the whole. */
static bool match_head(const pw_chunk *chunk, const json_node *ids, char why[WHY_SIZE])
{
    for (size_t i = 0; json_is_array(ids) && i < ids->n; i++) {
        if (ids->items[i].kind == PWI_JSON_STRING && i + 2 == ids->n &&
            strcmp(ids->items[i].text, "len") == 0)
            return json_item_is(ids, i + 1, (double)chunk->n_tokens) ||
                   differ(why, "a chunk has %zu tokens", chunk->n_tokens);
        if (i >= chunk->n_tokens || !json_item_is(ids, i, chunk->ids[i]))
            return differ(why, "id %zu of a chunk is %d", i,
                          i < chunk->n_tokens ? (int)chunk->ids[i] : -1);
    }
    return json_is_array(ids) || differ(why, "the ids that were sent are no list");
}

/* The chunks of all outputs from i_first on, one after the other. */
static bool match_sent(const struct weighting_made *made, size_t i_first, const json_node *sent,
                       bool lengths_only, char why[WHY_SIZE])
{
    size_t at = 0;

    for (size_t i = i_first; i < pw_plan_n_outputs(made->plan); i++) {
        const pw_plan_output *output = pw_plan_output_at(made->plan, i);

        for (size_t k = 0; k < output->n_chunks; k++, at++) {
            const pw_chunk *chunk = &output->chunks[k];

            if (!json_is_array(sent) || at >= sent->n)
                return differ(why, "more than %zu chunks are sent", at);
            if (lengths_only ? !json_item_is(&sent->items[at], 0, (double)chunk->n_tokens)
                             : !match_head(chunk, &sent->items[at], why))
                return lengths_only
                           ? differ(why, "chunk %zu has %zu tokens", at + 1, chunk->n_tokens)
                           : false;
        }
    }
    return at == sent->n || differ(why, "%zu chunks are sent", at);
}

/* [1, 2, "... to 76"], [] for a mask of ones, null for none. */
static bool match_mask(const pw_sequence *sequence, const json_node *zeros, char why[WHY_SIZE])
{
    size_t row = 0;

    if (zeros == NULL || (zeros->kind == PWI_JSON_NULL) != (sequence->mask == NULL))
        return differ(why, "a sequence has %s mask", sequence->mask == NULL ? "no" : "a");
    for (size_t i = 0; i < zeros->n; i++) {
        const bool goes_on = zeros->items[i].kind == PWI_JSON_STRING;
        const size_t next = goes_on ? sequence->n_tokens : (size_t)zeros->items[i].number;

        for (; row < next && row < sequence->n_tokens; row++) {
            if ((sequence->mask[row] == 0) != goes_on)
                return differ(why, "position %zu of a mask is %d", row, sequence->mask[row]);
        }
        if (!goes_on && (row >= sequence->n_tokens || sequence->mask[row++] != 0))
            return differ(why, "position %zu of a mask is 1", next);
    }
    for (; sequence->mask != NULL && row < sequence->n_tokens; row++) {
        if (sequence->mask[row] == 0)
            return differ(why, "position %zu of a mask is 0", row);
    }
    return true;
}

static bool match_calls(const pw_plan *plan, const json_node *calls, char why[WHY_SIZE])
{
    if (!json_is_array(calls) || calls->n != pw_plan_n_sequences(plan))
        return differ(why, "%zu sequences are encoded", pw_plan_n_sequences(plan));
    for (size_t i = 0; i < calls->n; i++) {
        const pw_sequence *sequence = pw_plan_sequence(plan, i);
        const json_node *head = json_member(&calls->items[i], "ids_head");

        for (size_t k = 0; json_is_array(head) && k < head->n; k++) {
            if (k >= sequence->n_tokens || !json_item_is(head, k, sequence->ids[k]))
                return differ(why, "id %zu of call %zu is %d", k, i + 1,
                              k < sequence->n_tokens ? (int)sequence->ids[k] : -1);
        }
        if (!json_is_array(head) || calls->items[i].n != 2 ||
            !match_mask(sequence, json_member(&calls->items[i], "mask_zero_positions"), why))
            return false;
    }
    return true;
}

/* A member of an expectation of vectors beside the vectors themselves. */
static bool match_member(const struct weighting_made *made, size_t i_output,
                         const json_node *member, char why[WHY_SIZE])
{
    static const char *const of_output[] = {"shape", "rows_0_to_5", "last_row", "sum"};

    for (size_t i = 0; i < 4; i++) {
        if (strcmp(member->key, of_output[i]) == 0)
            return true;
    }
    if (strcmp(member->key, "pooled") == 0)
        return match_row(made->pooled, member, TOY_DIM, "the pooled vector", why);
    if (strcmp(member->key, "batch_rows_encoded") == 0)
        return json_item_is(member, 0, (double)pw_plan_n_sequences(made->plan)) ||
               differ(why, "%zu sequences are encoded", pw_plan_n_sequences(made->plan));
    if (strcmp(member->key, "ids_sent_head") == 0)
        return match_sent(made, i_output, member, false, why);
    if (strcmp(member->key, "ids_sent") == 0)
        return match_sent(made, 0, member, true, why);
    if (strcmp(member->key, "ids") == 0)
        return match_sent(made, 0, member, false, why);
    if (strcmp(member->key, "encoder_calls") == 0)
        return match_calls(made->plan, member, why);
    if ((strcmp(member->key, "uncond") == 0 || strcmp(member->key, "neg") == 0) &&
        pw_plan_n_outputs(made->plan) == 2)
        return match_output(made, 1, member, why);
    return differ(why, "the expectation \"%.40s\" is not known", member->key);
}

MATCHER(match_vectors)
{
    const json_node *row = json_member(one->params, "returned_batch_row");
    const size_t i_output = row != NULL ? (size_t)row->number : 0;

    if (i_output >= pw_plan_n_outputs(made->plan) || expected->kind != PWI_JSON_OBJECT_BEGIN)
        return differ(why, "there are %zu outputs", pw_plan_n_outputs(made->plan));
    for (size_t i = 0; i < expected->n; i++) {
        if (!match_member(made, i_output, &expected->items[i], why))
            return false;
    }
    return match_output(made, i_output, expected, why);
}
