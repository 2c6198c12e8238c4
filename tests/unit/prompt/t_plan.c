/* SPDX-License-Identifier: MIT */
/* Plans: what is encoded, how often, for whom; what embeddings, batches and lengths do. */
#include "prompt_check.h"

static pw_plan *planned(pw_context *ctx, const pw_prompt *const *prompts, size_t n,
                        const pw_prompt_encoder *encoder, const pw_plan_options *options)
{
    pw_plan *plan;
    pw_error err;

    if (pw_plan_create(&plan, ctx, prompts, n, encoder, options, &err) != PW_OK)
        fail_msg("%s", err.text);
    return plan;
}

static pw_plan *plan_one(pw_context *ctx, const char *dialect, const char *text,
                         const pw_prompt_encoder *encoder, const pw_plan_options *options)
{
    pw_prompt *prompt = parsed(ctx, dialect, text);
    pw_plan *plan = planned(ctx, (const pw_prompt *const *)&prompt, 1, encoder, options);

    pw_prompt_free(prompt);
    return plan;
}

/* A prompt without weights is the plain prompt, to the last bit, wherever the formula says so.
 */
static void weight_one_gives_the_bits_of_plain(void **state)
{
    static const char *const dialects[] = {
        "lecture",          "a1111",           "comfyui",
        "compel",           "adv:none+comfy",  "adv:length+mean+A1111",
        "adv:none+comfy++", "adv:none+compel", "lpw"};
    const pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    pw_prompt *plain = parsed(ctx, "plain", "a cat on a mat");
    size_t n_rows;
    float *expected =
        rows_of(ctx, (const pw_prompt *const *)&plain, 1, &encoder, NULL, 0, &n_rows);

    (void)state;
    assert_int_equal(n_rows, 12);
    for (size_t i = 0; i < sizeof(dialects) / sizeof(*dialects); i++) {
        pw_prompt *prompt = parsed(ctx, dialects[i], "a cat on a mat");
        float *rows =
            rows_of(ctx, (const pw_prompt *const *)&prompt, 1, &encoder, NULL, 0, &n_rows);

        assert_int_equal(n_rows, 12);
        assert_memory_equal(rows, expected, 12 * DIM * sizeof(*rows));
        free(rows);
        pw_prompt_free(prompt);
    }
    free(expected);
    pw_prompt_free(plain);
    pw_context_free(ctx);
}

/* Chunks, weight variants, both sides of a pair and the empty prompt go to the encoder in one
 * call, each sequence once. */
static void equal_sequences_are_encoded_once(void **state)
{
    const pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    pw_prompt *prompts[] = {parsed(ctx, "comfyui", "a (cat:1.2)"),
                            parsed(ctx, "comfyui", "a (cat:0.3)"),
                            parsed(ctx, "comfyui", "a cat"), parsed(ctx, "comfyui", "")};
    pw_plan *plan = planned(ctx, (const pw_prompt *const *)prompts, 4, &encoder, NULL);
    float rows[4][12 * DIM], *out[] = {rows[0], rows[1], rows[2], rows[3]};
    struct calls calls = {0, 0};

    (void)state;
    assert_int_equal(pw_plan_n_sequences(plan),
                     2); /* "a cat", and the empty prompt twice over */
    assert_int_equal(pw_plan_run(plan, formula_encode, &calls, DIM, 0, out, NULL, NULL), PW_OK);
    assert_int_equal(calls.n_calls, 1);
    assert_int_equal(calls.n_sequences, 2);
    for (size_t d = 0; d < DIM; d++) { /* row 2 is the cat */
        const double cat = (double)rows[2][2 * DIM + d], empty = (double)rows[3][2 * DIM + d];

        assert_true(rows[0][2 * DIM + d] == (float)(empty + (cat - empty) * 1.2));
        assert_true(rows[1][2 * DIM + d] == (float)(empty + (cat - empty) * 0.3));
    }
    pw_plan_free(plan);
    for (size_t i = 0; i < 4; i++)
        pw_prompt_free(prompts[i]);
    pw_context_free(ctx);
}

static size_t n_rows_of(const pw_plan *plan, size_t i)
{
    return pw_plan_output_at(plan, i)->n_rows;
}

/* 10 tokens fit a chunk of 12. Two chunks against three: ComfyUI repeats both to six, A1111 and
 * Compel go on with the empty prompt, lpw pads before it encodes. */
static void both_sides_get_equal_lengths(void **state)
{
    static const struct {
        const char *dialect;
        size_t n_rows, n_short, n_long;
    } cases[] = {{"comfyui", 72, 24, 36},
                 {"a1111", 36, 24, 36},
                 {"compel", 36, 24, 36},
                 {"lpw", 36, 24, 36},
                 {"plain", 12, 12, 12}};

    const pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pw_prompt *prompts[] = {
            parsed(ctx, cases[i].dialect, "a b c d e f g h i j k"),
            parsed(ctx, cases[i].dialect, "a b c d e f g h i j k l m n o p q r s t u")};
        pw_plan_options options;
        pw_plan *plan;

        pw_plan_options_init(&options);
        plan = planned(ctx, (const pw_prompt *const *)prompts, 2, &encoder, &options);
        assert_int_equal(n_rows_of(plan, 0), cases[i].n_rows);
        assert_int_equal(n_rows_of(plan, 1), cases[i].n_rows);
        pw_plan_free(plan);
        options.equalizes = false;
        plan = planned(ctx, (const pw_prompt *const *)prompts, 2, &encoder, &options);
        assert_int_equal(n_rows_of(plan, 0), cases[i].n_short);
        assert_int_equal(n_rows_of(plan, 1), cases[i].n_long);
        pw_plan_free(plan);
        pw_prompt_free(prompts[0]);
        pw_prompt_free(prompts[1]);
    }
    pw_context_free(ctx);
}

/* ComfyUI repeats four times at most: five chunks against one stay unequal, with a warning. */
static void too_unequal_prompts_stay_so(void **state)
{
    const pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    pw_prompt *prompts[] = {parsed(ctx, "comfyui", "a"),
                            parsed(ctx, "comfyui",
                                   "a b c d e f g h i j a b c d e f g h i j a b c d e f g h i "
                                   "j a b c d e f g h i j k")};
    pw_plan *plan = planned(ctx, (const pw_prompt *const *)prompts, 2, &encoder, NULL);

    (void)state;
    assert_int_equal(n_rows_of(plan, 0), 12);
    assert_int_equal(n_rows_of(plan, 1), 60);
    assert_int_equal(pw_plan_n_warnings(plan), 1);
    pw_plan_free(plan);
    pw_prompt_free(prompts[0]);
    pw_prompt_free(prompts[1]);
    pw_context_free(ctx);
}

static const pw_embedding embeddings[] = {
    {"foo", 2, 8, NULL}, {"foo-bar", 1, 8, NULL}, {"wide", 1, 16, NULL}};

static void embeddings_of_comfyui(void **state)
{
    pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    const pw_chunk *chunk;
    pw_plan *plan;

    (void)state;
    encoder.embeddings = embeddings;
    encoder.n_embeddings = 3;
    plan =
        plan_one(ctx, "comfyui", "a (embedding:foo, b:1.4) embedding:none c", &encoder, NULL);
    chunk = &pw_plan_output_at(plan, 0)->chunks[0];
    assert_int_equal(chunk->n_content, 6); /* a, two vectors, the comma, b, c */
    assert_int_equal(chunk->n_injections, 2);
    assert_int_equal(chunk->injections[0].row, 2);
    assert_int_equal(chunk->injections[1].row, 3);
    assert_int_equal(chunk->injections[1].i_vector, 1);
    assert_true(chunk->weights[2] == 1.4 && chunk->weights[3] == 1.4 &&
                chunk->weights[4] == 1.4);
    assert_int_equal(chunk->begin[2], 3); /* "embedding:foo," is bytes 3 to 17 */
    assert_int_equal(pw_plan_n_warnings(plan), 1);
    assert_non_null(strstr(pw_plan_warning(plan, 0), "\"none\""));
    pw_plan_free(plan);
    pw_context_free(ctx);
}

/* What commas leave behind is counted in characters, never in the middle of one. */
static void commas_round_a_name(void **state)
{
    static const struct {
        const char *text, *left;
    } cases[] = {{"embedding:foo,,", ",,"},
                 {"embedding:,foo b", "o b"},
                 {"embedding:,f\xC3\xB6\xC3\xB6", "\xC3\xB6"},
                 {"embedding:,,", ",,"}};

    pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();

    (void)state;
    encoder.embeddings = embeddings;
    encoder.n_embeddings = 3;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pw_plan *plan = plan_one(ctx, "comfyui", cases[i].text, &encoder, NULL);
        pw_plan *left = plan_one(ctx, "comfyui", cases[i].left, &encoder, NULL);
        const pw_chunk *chunk = &pw_plan_output_at(plan, 0)->chunks[0];
        const pw_chunk *expected = &pw_plan_output_at(left, 0)->chunks[0];

        assert_int_equal(chunk->n_content - chunk->n_injections, expected->n_content);
        for (size_t k = 0; k < expected->n_content; k++)
            assert_int_equal(chunk->ids[1 + chunk->n_injections + k], expected->ids[1 + k]);
        pw_plan_free(plan);
        pw_plan_free(left);
    }
    pw_context_free(ctx);
}

/* A vector of another width is left out, and a pad comes at the end for it. */
static void vectors_that_do_not_fit(void **state)
{
    pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    const pw_sequence *sequence;
    pw_plan *plan;

    (void)state;
    encoder.embeddings = embeddings;
    encoder.n_embeddings = 3;
    encoder.width = 8;
    plan = plan_one(ctx, "comfyui", "embedding:wide embedding:foo a", &encoder, NULL);
    sequence = pw_plan_sequence(plan, 0);
    assert_int_equal(sequence->n_tokens, 12);
    assert_int_equal(sequence->n_injections, 2);
    assert_int_equal(sequence->injections[0].row, 1);
    assert_int_equal(sequence->end_row, 4);
    assert_int_equal(sequence->ids[11], END_ID);
    assert_int_equal(pw_plan_n_warnings(plan), 1);
    pw_plan_free(plan);
    pw_context_free(ctx);
}

/* The name is found in the tokens of the text, the longest first, and BREAK ends a chunk. */
static void embeddings_of_a1111(void **state)
{
    pw_prompt_encoder encoder = word_encoder(12);
    const pw_embedding by_tokens[] = {{"foo", 1, 8, NULL}, {"foo bar", 3, 8, NULL}};
    pw_context *ctx = test_context();
    const pw_plan_output *output;
    pw_plan *plan;

    (void)state;
    encoder.embeddings = by_tokens;
    encoder.n_embeddings = 2;
    plan = plan_one(ctx, "a1111", "a (foo bar:1.2) BREAK foo b", &encoder, NULL);
    output = pw_plan_output_at(plan, 0);
    assert_int_equal(output->n_chunks, 2);
    assert_int_equal(output->chunks[0].n_injections, 3);
    assert_int_equal(output->chunks[0].injections[0].i_embedding, 1);
    assert_int_equal(output->chunks[0].injections[0].row, 2);
    assert_int_equal(output->chunks[0].ids[2], 0);
    assert_true(output->chunks[0].weights[4] == 1.2);
    assert_int_equal(output->chunks[1].n_injections, 1);
    assert_int_equal(output->chunks[1].injections[0].row, 1);
    pw_plan_free(plan);
    pw_context_free(ctx);
}

/* An embedding of more vectors than a chunk holds is laid as the original does: it makes one
 * long chunk, which no later token ends. */
static void embedding_longer_than_a_chunk(void **state)
{
    pw_prompt_encoder encoder = word_encoder(12);
    const pw_embedding many = {"foo", 14, 8, NULL};
    pw_context *ctx = test_context();
    const pw_plan_output *output;
    pw_plan *plan;

    (void)state;
    encoder.embeddings = &many;
    encoder.n_embeddings = 1;
    plan = plan_one(ctx, "a1111", "a foo b", &encoder, NULL);
    output = pw_plan_output_at(plan, 0);
    assert_int_equal(output->n_chunks, 2);
    assert_int_equal(output->chunks[1].n_tokens, 1 + 14 + 1 + 1);
    assert_int_equal(output->chunks[1].n_injections, 14);
    pw_plan_free(plan);
    pw_context_free(ctx);
}

/* A schedule is encoded as one batch: the shorter text gets empty chunks, and where one text is
 * weighted the mean of the other changes, too. Parts of AND are batches of their own. */
static void schedules_are_batches(void **state)
{
    const pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    pw_plan *plan =
        plan_one(ctx, "a1111", "[(a:2):b c d e f g h i j k l:0.5] AND c", &encoder, NULL);

    (void)state;
    assert_int_equal(pw_plan_n_outputs(plan), 3);
    assert_int_equal(pw_plan_output_at(plan, 0)->n_chunks, 2);
    assert_int_equal(pw_plan_output_at(plan, 1)->n_chunks, 2);
    assert_int_equal(pw_plan_output_at(plan, 2)->n_chunks, 1);
    assert_int_equal(pw_plan_output_at(plan, 0)->weighting.parts[0].i_scope,
                     pw_plan_output_at(plan, 1)->weighting.parts[0].i_scope);
    assert_int_not_equal(pw_plan_output_at(plan, 0)->weighting.parts[0].i_scope,
                         pw_plan_output_at(plan, 2)->weighting.parts[0].i_scope);
    pw_plan_free(plan);
    pw_context_free(ctx);
}

/* Words of brackets, as a vocabulary has them. */
static size_t bracket_text(void *user, int32_t id, char *out, size_t capacity)
{
    const bool is_bracket = id == word_id("((");

    (void)user;
    return (size_t)snprintf(out, capacity, "%s", is_bracket ? "((</w>" : "cat</w>");
}

/* The old emphasis: a token of brackets changes the weight of all that follows, and is gone. */
static void old_emphasis_weighs_by_tokens(void **state)
{
    pw_prompt_encoder encoder = word_encoder(12);
    pw_prompt_options options = options_of("a1111");
    const char *text = "a (( b c";
    pw_context *ctx = test_context();
    const pw_chunk *chunk;
    pw_prompt *prompt;
    pw_plan *plan;

    (void)state;
    encoder.token_text = bracket_text;
    options.emphasis = PW_EMPHASIS_OLD;
    assert_int_equal(pw_prompt_parse(&prompt, ctx, text, strlen(text), &options, NULL), PW_OK);
    plan = planned(ctx, (const pw_prompt *const *)&prompt, 1, &encoder, NULL);
    chunk = &pw_plan_output_at(plan, 0)->chunks[0];
    assert_int_equal(chunk->n_content, 3);
    assert_true(chunk->weights[1] == 1.0);
    assert_true(chunk->weights[2] == 1.1 * 1.1 && chunk->weights[3] == 1.1 * 1.1);
    pw_plan_free(plan);
    pw_prompt_free(prompt);
    pw_context_free(ctx);
}

/* Which sequence the pooled vector comes from. */
static void pooled_of_each_dialect(void **state)
{
    static const struct {
        const char *dialect;
        size_t i_chunk; /* SIZE_MAX: a sequence of its own */
    } cases[] = {{"a1111", 0}, {"comfyui", 0}, {"sd-embed", 1}, {"compel", SIZE_MAX}};

    const pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    pw_plan_options options;

    (void)state;
    pw_plan_options_init(&options);
    options.wants_pooled = true;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pw_plan *plan =
            plan_one(ctx, cases[i].dialect, "a b c d e f g h i j (k)+ l", &encoder, &options);
        const pw_plan_output *output = pw_plan_output_at(plan, 0);
        const pw_sequence *sequence = pw_plan_sequence(plan, output->i_pooled);

        assert_true(sequence->needs_pooled);
        assert_true(sequence->needs_rows == (cases[i].i_chunk != SIZE_MAX));
        if (cases[i].i_chunk != SIZE_MAX)
            assert_int_equal(output->i_pooled, output->chunks[cases[i].i_chunk].i_sequence);
        pw_plan_free(plan);
    }
    pw_context_free(ctx);
}

/* A swap makes two conditions: the text before and the text after, swaps in swaps as well. */
static void swaps_make_two_conditions(void **state)
{
    const pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    pw_plan *plan =
        plan_one(ctx, "compel", "a (big cat.swap(dog)).swap(fox) b", &encoder, NULL);

    (void)state;
    assert_int_equal(pw_plan_n_outputs(plan), 2);
    assert_int_equal(pw_plan_output_at(plan, 0)->chunks[0].n_content, 4); /* a big cat b */
    assert_int_equal(pw_plan_output_at(plan, 1)->chunks[0].n_content, 3); /* a fox b */
    pw_plan_free(plan);
    pw_context_free(ctx);
}

/* A blend of texts of different length goes on with the empty prompt; .and() puts rows behind
 * rows, and a weight of its leads from the empty prompt. */
static void blends_and_conjunctions(void **state)
{
    const pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    pw_prompt *blend =
        parsed(ctx, "compel", "(\"a cat\", \"a b c d e f g h i j k\").blend(3, 1)");
    pw_prompt *both = parsed(ctx, "compel", "(\"a cat\", \"dog\").and(1, 0.5)");
    pw_prompt *alone[] = {parsed(ctx, "compel", "a cat"), parsed(ctx, "compel", "dog"),
                          parsed(ctx, "compel", "")};
    float *rows[3], *mixed;
    size_t n_rows;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        rows[i] =
            rows_of(ctx, (const pw_prompt *const *)&alone[i], 1, &encoder, NULL, 0, &n_rows);
    mixed = rows_of(ctx, (const pw_prompt *const *)&both, 1, &encoder, NULL, 0, &n_rows);
    assert_int_equal(n_rows, 24);
    assert_memory_equal(mixed, rows[0], 12 * DIM * sizeof(*mixed));
    for (size_t i = 0; i < 12 * DIM; i++)
        assert_true(fabs((double)mixed[12 * DIM + i] -
                         ((double)rows[1][i] + (double)rows[2][i]) / 2.0) < 1e-6);
    free(mixed);
    mixed = rows_of(ctx, (const pw_prompt *const *)&blend, 1, &encoder, NULL, 0, &n_rows);
    assert_int_equal(n_rows, 24);
    for (size_t d = 0; d < DIM; d++) /* row 0 is the start token in both */
        assert_true(fabs((double)mixed[d] - (double)rows[0][d]) < 1e-6);
    free(mixed);
    for (size_t i = 0; i < 3; i++) {
        free(rows[i]);
        pw_prompt_free(alone[i]);
    }
    pw_prompt_free(blend);
    pw_prompt_free(both);
    pw_context_free(ctx);
}

/* Every token of a chunk tells the bytes that it came from, through escapes and brackets. */
static void tokens_know_their_bytes(void **state)
{
    const char *text = "one \\(two\\) ((three:1.2) four)";
    const pw_prompt_encoder encoder = word_encoder(12);
    pw_context *ctx = test_context();
    pw_plan *plan = plan_one(ctx, "comfyui", text, &encoder, NULL);
    const pw_chunk *chunk = &pw_plan_output_at(plan, 0)->chunks[0];

    (void)state;
    assert_int_equal(chunk->begin[0], PW_NO_OFFSET);
    assert_int_equal(chunk->begin[1], 0);
    assert_int_equal(chunk->end[1], 3);
    assert_int_equal(chunk->end[2], strstr(text, " ((") - text);
    assert_int_equal(chunk->begin[3], strstr(text, "three") - text);
    assert_int_equal(chunk->end[4], strlen(text) - 1);
    assert_int_equal(chunk->fragments[1], 1);
    assert_int_equal(chunk->fragments[3], 2);
    assert_int_equal(chunk->fragments[5], 0);
    pw_plan_free(plan);
    pw_context_free(ctx);
}

static pw_status bad_tokenize(void *user, const char *text, size_t size, pw_token_sink *sink,
                              pw_error *err)
{
    (void)user;
    (void)text;
    (void)err;
    pw_token_sink_add(sink, 5, 0, size + 1);
    return PW_OK;
}

static void what_a_plan_refuses(void **state)
{
    const pw_prompt_encoder good = word_encoder(12);
    pw_prompt_encoder encoders[] = {good, good, good, good, good};
    pw_context *ctx = test_context();
    pw_prompt *prompts[] = {parsed(ctx, "comfyui", "a"), parsed(ctx, "a1111", "a")};
    pw_plan *plan;
    pw_error err;

    (void)state;
    encoders[0].tokenize = NULL;
    encoders[1].pad_id = -1;
    encoders[2].length_max = 2;
    encoders[3].length_max = 9; /* ComfyUI's chunk of 7 */
    encoders[4].tokenize = bad_tokenize;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(pw_plan_create(&plan, ctx, (const pw_prompt *const *)prompts, 1,
                                        &encoders[i], NULL, &err),
                         PW_ERR_ARGUMENT);
    assert_int_equal(
        pw_plan_create(&plan, ctx, (const pw_prompt *const *)prompts, 2, &good, NULL, &err),
        PW_ERR_ARGUMENT);
    assert_int_equal(pw_plan_create(&plan, ctx, NULL, 0, &good, NULL, &err), PW_ERR_ARGUMENT);
    assert_null(plan);
    pw_prompt_free(prompts[0]);
    pw_prompt_free(prompts[1]);
    pw_context_free(ctx);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(weight_one_gives_the_bits_of_plain),
        cmocka_unit_test(equal_sequences_are_encoded_once),
        cmocka_unit_test(both_sides_get_equal_lengths),
        cmocka_unit_test(too_unequal_prompts_stay_so),
        cmocka_unit_test(embeddings_of_comfyui),
        cmocka_unit_test(commas_round_a_name),
        cmocka_unit_test(vectors_that_do_not_fit),
        cmocka_unit_test(embeddings_of_a1111),
        cmocka_unit_test(embedding_longer_than_a_chunk),
        cmocka_unit_test(schedules_are_batches),
        cmocka_unit_test(old_emphasis_weighs_by_tokens),
        cmocka_unit_test(pooled_of_each_dialect),
        cmocka_unit_test(swaps_make_two_conditions),
        cmocka_unit_test(blends_and_conjunctions),
        cmocka_unit_test(tokens_know_their_bytes),
        cmocka_unit_test(what_a_plan_refuses),
    };

    return check_main(argc, argv, tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}
