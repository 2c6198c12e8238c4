/* SPDX-License-Identifier: MIT */
/* What the fuzz targets of the prompt grammars share: a prompt in a dialect, from the parse to
 * weighted rows. A finding is a crash, a hang, or a result that breaks a promise of prompt.h.
 */
#ifndef PWI_TESTS_FUZZ_PROMPT_H
#define PWI_TESTS_FUZZ_PROMPT_H

#include <stdlib.h>
#include <string.h>

#include <padwise/prompt.h>

#include "base/context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_DIM 2

static inline void require(bool condition)
{
    if (!condition)
        abort();
}

static inline pw_context *fuzz_context(void)
{
    static pw_context *ctx;
    pw_context_options options;

    pw_context_options_init(&options);
    options.n_threads = 1;
    if (ctx == NULL)
        require(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL) == PW_OK);
    return ctx;
}

/* A token for each run of letters and each other byte. */
static inline pw_status fuzz_tokenize(void *user, const char *text, size_t size,
                                      pw_token_sink *sink, pw_error *err)
{
    size_t at = 0;

    (void)user;
    (void)err;
    while (at < size) {
        const size_t begin = at++;

        if (text[begin] == ' ')
            continue;
        while (at < size && text[begin] >= 'a' && text[at] >= 'a' && text[at] <= 'z')
            at++;
        pw_token_sink_add(sink, (unsigned char)text[begin] + (int32_t)(at - begin), begin, at);
    }
    return PW_OK;
}

static inline size_t fuzz_token_text(void *user, int32_t id, char *out, size_t capacity)
{
    const char *text = id % 3 == 0 ? "((</w>" : id % 3 == 1 ? "a" : "b</w>";

    (void)user;
    if (capacity > strlen(text))
        memcpy(out, text, strlen(text) + 1);
    return strlen(text);
}

static inline pw_status fuzz_encode(void *user, const pw_sequence *const *sequences, size_t n,
                                    float *const *rows, float *const *pooled, pw_error *err)
{
    (void)user;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        require(sequences[i]->n_tokens > 0 && sequences[i]->end_row <= sequences[i]->n_tokens);
        for (size_t k = 0; k < sequences[i]->n_injections; k++)
            require(sequences[i]->injections[k].row < sequences[i]->n_tokens);
        for (size_t row = 0; rows[i] != NULL && row < sequences[i]->n_tokens * FUZZ_DIM; row++)
            rows[i][row] = (float)(row % 7);
        if (pooled[i] != NULL)
            pooled[i][0] = pooled[i][1] = 1.0f;
    }
    return PW_OK;
}

static inline void check_segments(const pw_segment *segments, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < segments[i].size; k++)
            require(segments[i].source[k] < size || segments[i].source[k] == PW_NO_SOURCE);
        if (segments[i].kind == PW_SEGMENT_SWAP)
            require(segments[i].swap != NULL);
    }
}

static inline void check_prompt(const pw_prompt *prompt, size_t size)
{
    require(pw_prompt_n_conditions(prompt) > 0 && pw_prompt_n_parts(prompt) > 0);
    for (size_t i = 0; i < pw_prompt_n_conditions(prompt); i++) {
        const pw_condition *condition = pw_prompt_condition(prompt, i);

        require(condition->i_part < pw_prompt_n_parts(prompt));
        for (size_t k = 0; k < condition->n_spans; k++) {
            for (size_t j = 0; j < condition->spans[k].n_branches; j++)
                check_segments(condition->spans[k].branches[j].segments,
                               condition->spans[k].branches[j].n_segments, size);
        }
    }
    for (size_t i = 0; i < pw_prompt_n_warnings(prompt); i++) {
        const pw_prompt_warning *warning = pw_prompt_warning_at(prompt, i);

        require(warning->begin <= warning->end && warning->end <= size);
    }
}

static inline void check_plan(const pw_plan *plan, size_t size)
{
    for (size_t i = 0; i < pw_plan_n_outputs(plan); i++) {
        const pw_plan_output *output = pw_plan_output_at(plan, i);

        require(output->n_rows > 0 && output->n_chunks > 0);
        for (size_t k = 0; k < output->n_chunks; k++) {
            const pw_chunk *chunk = &output->chunks[k];

            require(chunk->i_sequence < pw_plan_n_sequences(plan));
            for (size_t row = 0; row < chunk->n_tokens; row++)
                require(chunk->begin[row] == PW_NO_OFFSET ||
                        (chunk->begin[row] <= size && chunk->end[row] <= size));
        }
    }
}

static inline void run_plan(const pw_plan *plan)
{
    const size_t n = pw_plan_n_outputs(plan);
    float **out = calloc(n, sizeof(*out));

    require(out != NULL);
    for (size_t i = 0; i < n && i < 4; i++) {
        out[i] = calloc(pw_plan_output_at(plan, i)->n_rows, FUZZ_DIM * sizeof(**out));
        require(out[i] != NULL);
    }
    require(pw_plan_run(plan, fuzz_encode, NULL, FUZZ_DIM, FUZZ_DIM, out, NULL, NULL) == PW_OK);
    for (size_t i = 0; i < n; i++)
        free(out[i]);
    free(out);
}

/* The first byte chooses among the dialects and the options, the rest is the prompt. */
static inline void fuzz_prompt(const char *const *dialects, size_t n_dialects,
                               const uint8_t *data, size_t size)
{
    static const pw_embedding embeddings[] = {{"e", 2, 0, NULL}, {"ee", 14, 0, NULL}};
    const unsigned choice = size > 0 ? data[0] : 0;
    const char *text = size > 0 ? (const char *)data + 1 : "";
    const pw_prompt_encoder encoder = {.struct_size = sizeof(encoder),
                                       .tokenize = fuzz_tokenize,
                                       .token_text = fuzz_token_text,
                                       .start_id = 900,
                                       .end_id = 901,
                                       .pad_id = choice & 1 ? 0 : 901,
                                       .length_max = 12,
                                       .pad_to_max = true,
                                       .embeddings = embeddings,
                                       .n_embeddings = 2};
    pw_prompt_options options;
    pw_plan_options plan_options;
    pw_prompt *prompt;
    pw_plan *plan;
    pw_error err;

    size -= size > 0;
    pw_prompt_options_init(&options);
    pw_plan_options_init(&plan_options);
    options.dialect = pw_dialect_find(dialects[choice / 64 % n_dialects]);
    require(options.dialect >= 0);
    options.steps = 5;
    options.is_negative = (choice & 2) != 0;
    options.old_scheduling = (choice & 4) != 0;
    options.hires_steps = (choice & 8) != 0 ? 3 : 0;
    options.emphasis =
        (choice & 16) != 0 ? (pw_emphasis)(size % PW_N_EMPHASES) : PW_EMPHASIS_ORIGINAL;
    plan_options.comma_backtrack = (choice & 32) != 0 ? 3 : 0;
    plan_options.truncates = (choice & 4) != 0;
    plan_options.removes_fragments = (choice & 8) != 0;
    plan_options.split = (pw_split)(choice / 16 % 4);
    plan_options.wants_pooled = true;
    if (pw_prompt_parse(&prompt, fuzz_context(), text, size, &options, &err) != PW_OK) {
        require(prompt == NULL && err.text[0] != '\0');
        return;
    }
    check_prompt(prompt, size);
    if (pw_plan_create(&plan, fuzz_context(), (const pw_prompt *const *)&prompt, 1, &encoder,
                       &plan_options, &err) == PW_OK) {
        check_plan(plan, size);
        run_plan(plan);
    } else {
        require(plan == NULL && err.text[0] != '\0');
    }
    pw_plan_free(plan);
    pw_prompt_free(prompt);
}

#endif
