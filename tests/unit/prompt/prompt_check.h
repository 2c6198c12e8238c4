/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: a tokenizer of words and an encoder by formula, in place
 * of a model. */
#ifndef PWI_TESTS_PROMPT_CHECK_H
#define PWI_TESTS_PROMPT_CHECK_H

#include <math.h>
#include <stdlib.h>

#include <padwise/prompt.h>

#include "check.h"
#include "test_context.h"

#define START_ID 900
#define END_ID   901
#define DIM      3

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

static inline int32_t id_of(const char *bytes, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + (unsigned char)bytes[i];
    return (int32_t)(100 + sum % 700);
}

static inline int32_t word_id(const char *word)
{
    return id_of(word, strlen(word));
}

/* A word between blanks is one token, and so is each of ,.;:+ wherever it stands. A word's id
 * comes from its bytes. */
static inline pw_status word_tokenize(void *user, const char *text, size_t size,
                                      pw_token_sink *sink, pw_error *err)
{
    size_t at = 0;

    (void)user;
    (void)err;
    while (at < size) {
        const size_t begin = at;

        if (is_blank(text[at])) {
            at++;
            continue;
        }
        if (strchr(",.;:+", text[at]) != NULL && text[at] != '\0') {
            pw_token_sink_add(sink, 10 + text[at] % 10, at, at + 1);
            at++;
            continue;
        }
        while (at < size && !is_blank(text[at]) &&
               (text[at] == '\0' || strchr(",.;:+", text[at]) == NULL))
            at++;
        pw_token_sink_add(sink, id_of(text + begin, at - begin), begin, at);
    }
    return PW_OK;
}

static inline size_t word_text(void *user, int32_t id, char *out, size_t capacity)
{
    (void)user;
    (void)id;
    return (size_t)snprintf(out, capacity, "x</w>");
}

/* 12 tokens at once, so that chunks show in short prompts. */
static inline pw_prompt_encoder word_encoder(size_t length)
{
    const pw_prompt_encoder encoder = {.struct_size = sizeof(encoder),
                                       .tokenize = word_tokenize,
                                       .token_text = word_text,
                                       .start_id = START_ID,
                                       .end_id = END_ID,
                                       .pad_id = END_ID,
                                       .length_max = length,
                                       .pad_to_max = true};

    return encoder;
}

/* Rows that depend on the token, its position, and whether it is seen. */
static inline float value_of(const pw_sequence *sequence, size_t row, size_t d)
{
    const bool is_seen = sequence->mask == NULL || sequence->mask[row] != 0;

    return (float)(sin(sequence->ids[row] * 0.7 + (double)d) + 0.01 * (double)row +
                   (is_seen ? 0.0 : 0.5));
}

struct calls {
    size_t n_calls, n_sequences;
};

static inline pw_status formula_encode(void *user, const pw_sequence *const *sequences,
                                       size_t n, float *const *rows, float *const *pooled,
                                       pw_error *err)
{
    struct calls *calls = user;

    (void)err;
    if (calls != NULL) {
        calls->n_calls++;
        calls->n_sequences += n;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t row = 0; rows[i] != NULL && row < sequences[i]->n_tokens; row++) {
            for (size_t d = 0; d < DIM; d++)
                rows[i][row * DIM + d] = value_of(sequences[i], row, d);
        }
        for (size_t d = 0; pooled[i] != NULL && d < DIM; d++)
            pooled[i][d] = value_of(sequences[i], sequences[i]->end_row, d);
    }
    return PW_OK;
}

static inline pw_prompt_options options_of(const char *dialect)
{
    pw_prompt_options options;

    pw_prompt_options_init(&options);
    options.dialect = pw_dialect_find(dialect);
    assert_true(options.dialect >= 0);
    return options;
}

static inline pw_prompt *parsed(pw_context *ctx, const char *dialect, const char *text)
{
    const pw_prompt_options options = options_of(dialect);
    pw_prompt *prompt;
    pw_error err;

    if (pw_prompt_parse(&prompt, ctx, text, strlen(text), &options, &err) != PW_OK)
        fail_msg("%s: %s", text, err.text);
    return prompt;
}

/* The rows of output i of prompts; free them. */
static inline float *rows_of(pw_context *ctx, const pw_prompt *const *prompts, size_t n_prompts,
                             const pw_prompt_encoder *encoder, const pw_plan_options *options,
                             size_t i_output, size_t *n_rows)
{
    float **out, *rows;
    pw_plan *plan;
    pw_error err;

    if (pw_plan_create(&plan, ctx, prompts, n_prompts, encoder, options, &err) != PW_OK)
        fail_msg("%s", err.text);
    *n_rows = pw_plan_output_at(plan, i_output)->n_rows;
    rows = calloc(*n_rows, DIM * sizeof(*rows));
    out = calloc(pw_plan_n_outputs(plan), sizeof(*out));
    assert_non_null(rows);
    assert_non_null(out);
    out[i_output] = rows;
    assert_int_equal(pw_plan_run(plan, formula_encode, NULL, DIM, DIM, out, NULL, &err), PW_OK);
    free(out);
    pw_plan_free(plan);
    return rows;
}

#endif
