/* SPDX-License-Identifier: MIT */
/* The walkthrough's mathematics: a case that a person can do by hand, the data set's numbers,
 * hidden keys that stay hidden, rows with no visible key, limits, embeddings of a model. */
#include "walkthrough_check.h"

#include <math.h>

#define N_TOKENS 3

/* Two sentences of two and one tokens in three columns, one dimension. The score of query q and
 * key k is then e_q times e_k, and exp(ln 3) is 3. */
struct small {
    int32_t first[2], second[1];
    const int32_t *ids[2];
    size_t lengths[2];
    double embeddings[2 * N_TOKENS];
    pw_walkthrough_input input;
    pw_walkthrough_options options;
};

static void small_init(struct small *small)
{
    const double root = sqrt(log(3.0));
    const double embeddings[] = {0.0, root, 5.0, root, -2.0, 7.0};

    small->first[0] = 7;
    small->first[1] = 8;
    small->second[0] = 9;
    small->ids[0] = small->first;
    small->ids[1] = small->second;
    small->lengths[0] = 2;
    small->lengths[1] = 1;
    memcpy(small->embeddings, embeddings, sizeof(embeddings));
    small->input = (pw_walkthrough_input){.ids = small->ids,
                                          .lengths = small->lengths,
                                          .n_sentences = 2,
                                          .width = 1,
                                          .embeddings = small->embeddings};
    pw_walkthrough_options_init(&small->options);
    small->options.n_tokens = N_TOKENS;
}

static pw_walkthrough *made(pw_context *ctx, const struct small *small,
                            pw_walkthrough_numbers *numbers)
{
    pw_walkthrough *walkthrough;
    pw_error err = {0};

    if (pw_walkthrough_create(&walkthrough, ctx, &small->input, &small->options, &err) != PW_OK)
        fail_msg("%s", err.text);
    pw_walkthrough_get(walkthrough, numbers);
    return walkthrough;
}

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-15))
        fail_msg("%.17g is not %.17g", a, b);
}

static void a_case_done_by_hand(void **state)
{
    static const int32_t padded[] = {7, 8, 0, 9, 0, 0};
    static const uint8_t mask[] = {1, 1, 0, 1, 0, 0};
    const double root = sqrt(log(3.0));
    pw_walkthrough_numbers numbers;
    struct small small;
    pw_walkthrough *walkthrough;
    const pw_walkthrough_pass *pass = &numbers.passes[PW_WALKTHROUGH_PADDING];

    small_init(&small);
    walkthrough = made(*state, &small, &numbers);
    assert_memory_equal(numbers.padded, padded, sizeof(padded));
    assert_memory_equal(numbers.mask, mask, sizeof(mask));
    assert_int_equal(pass->mask_shape[0], 2);
    assert_int_equal(pass->mask_shape[1], 1);
    assert_int_equal(pass->mask_shape[2], 1);
    assert_int_equal(pass->mask_shape[3], N_TOKENS);
    assert_near(numbers.scores[1 * N_TOKENS + 1], log(3.0));
    assert_true(pass->masked_scores[2] == PW_WALKTHROUGH_HIDDEN_SCORE);
    assert_near(pass->weights[0], 0.5);
    assert_near(pass->weights[1], 0.5);
    assert_true(pass->weights[2] == 0.0);
    assert_near(pass->weights[1 * N_TOKENS + 0], 0.25);
    assert_near(pass->weights[1 * N_TOKENS + 1], 0.75);
    assert_near(pass->context[1], 0.75 * root);
    /* The only token of the second sentence is all that its pads can see. */
    for (size_t query = 0; query < N_TOKENS; query++)
        assert_true(pass->context[N_TOKENS + query] == small.embeddings[N_TOKENS]);
    pw_walkthrough_free(walkthrough);
}

static void causal_queries_see_no_later_key(void **state)
{
    pw_walkthrough_numbers numbers;
    struct small small;
    pw_walkthrough *walkthrough;
    const pw_walkthrough_pass *both = &numbers.passes[PW_WALKTHROUGH_CAUSAL_PADDING];
    const pw_walkthrough_pass *causal = &numbers.passes[PW_WALKTHROUGH_CAUSAL];

    small_init(&small);
    walkthrough = made(*state, &small, &numbers);
    assert_true(both->weights[0] == 1.0 && both->weights[1] == 0.0);
    assert_int_equal(both->mask_shape[0], 2);
    assert_int_equal(both->mask_shape[2], N_TOKENS);
    assert_int_equal(causal->mask_shape[0], 1);
    /* Behind the last token only: real rows cannot tell whether pads are masked. */
    assert_memory_equal(both->weights, causal->weights, 2 * N_TOKENS * sizeof(double));
    assert_true(causal->weights[2 * N_TOKENS + 2] > 0.0);
    assert_true(both->weights[2 * N_TOKENS + 2] == 0.0);
    pw_walkthrough_free(walkthrough);
}

/* -1e9 in place of a score would be the greatest of the row here. */
static void hidden_keys_stay_hidden_below_any_score(void **state)
{
    pw_walkthrough_numbers numbers;
    struct small small;
    pw_walkthrough *walkthrough;
    const pw_walkthrough_pass *pass = &numbers.passes[PW_WALKTHROUGH_PADDING];

    small_init(&small);
    small.embeddings[0] = 1e8;
    small.embeddings[1] = -1e8;
    small.embeddings[2] = 1e8;
    small.lengths[0] = 1;
    small.ids[0] = small.first + 1;
    small.options.mask = PW_MASK_HF;
    walkthrough = made(*state, &small, &numbers);
    assert_true(numbers.scores[N_TOKENS] == -1e16);
    assert_true(pass->weights[N_TOKENS] == 1.0);
    assert_true(pass->weights[N_TOKENS + 1] == 0.0);
    assert_true(pass->weights[N_TOKENS + 2] == 0.0);
    pw_walkthrough_free(walkthrough);
}

static void an_empty_sentence_sees_itself(void **state)
{
    pw_walkthrough_numbers numbers;
    struct small small;
    pw_walkthrough *walkthrough;
    const pw_walkthrough_pass *pass = &numbers.passes[PW_WALKTHROUGH_PADDING];

    small_init(&small);
    small.lengths[1] = 0;
    walkthrough = made(*state, &small, &numbers);
    assert_int_equal(pass->n_blind, N_TOKENS);
    for (size_t query = 0; query < N_TOKENS; query++) {
        const size_t row = N_TOKENS + query;

        assert_true(pass->is_blind[row] && !pass->is_blind[query]);
        for (size_t key = 0; key < N_TOKENS; key++) {
            assert_true(pass->masked_scores[row * N_TOKENS + key] ==
                        PW_WALKTHROUGH_HIDDEN_SCORE);
            assert_true(pass->weights[row * N_TOKENS + key] == (key == query ? 1.0 : 0.0));
        }
        assert_true(pass->row_sums[row] == 1.0);
        assert_true(pass->context[row] == small.embeddings[row]);
    }
    pw_walkthrough_free(walkthrough);
}

static void left_pads_blind_causal_rows(void **state)
{
    static const int32_t padded[] = {0, 7, 8, 0, 0, 9};
    pw_walkthrough_numbers numbers;
    struct small small;
    pw_walkthrough *walkthrough;

    small_init(&small);
    small.options.pads_left = true;
    walkthrough = made(*state, &small, &numbers);
    assert_memory_equal(numbers.padded, padded, sizeof(padded));
    assert_int_equal(numbers.passes[PW_WALKTHROUGH_PADDING].n_blind, 0);
    assert_int_equal(numbers.passes[PW_WALKTHROUGH_CAUSAL].n_blind, 0);
    assert_int_equal(numbers.passes[PW_WALKTHROUGH_CAUSAL_PADDING].n_blind, 3);
    assert_true(numbers.passes[PW_WALKTHROUGH_CAUSAL_PADDING].weights[0] == 1.0);
    pw_walkthrough_free(walkthrough);
}

/* The id of a pad may be a token's, too: by length it is seen, by id it is not. */
static void a_mask_by_id_hides_tokens_that_share_the_pads_id(void **state)
{
    pw_walkthrough_numbers numbers;
    struct small small;
    pw_walkthrough *walkthrough;

    small_init(&small);
    small.options.pad_id = 8;
    walkthrough = made(*state, &small, &numbers);
    assert_int_equal(numbers.mask[1], 1);
    pw_walkthrough_free(walkthrough);
    small.options.mask = PW_MASK_LECTURE;
    walkthrough = made(*state, &small, &numbers);
    assert_int_equal(numbers.mask[1], 0);
    assert_int_equal(numbers.is_pad[1], 0);
    assert_int_equal(numbers.padded[2], 8);
    pw_walkthrough_free(walkthrough);
    small.options.mask = PW_MASK_NONE;
    walkthrough = made(*state, &small, &numbers);
    for (size_t i = 0; i < 2 * N_TOKENS; i++)
        assert_int_equal(numbers.mask[i], 1);
    assert_memory_equal(numbers.passes[PW_WALKTHROUGH_PADDING].weights,
                        numbers.passes[PW_WALKTHROUGH_UNMASKED].weights,
                        2 * N_TOKENS * N_TOKENS * sizeof(double));
    pw_walkthrough_free(walkthrough);
}

static void what_is_told_is_measured(void **state)
{
    const double root = sqrt(log(3.0)), exps = 1.0 + 3.0 + exp(5.0 * root);
    const double sevens = exp(7.0 * root), twos = exp(-2.0 * root);
    pw_walkthrough_numbers numbers;
    pw_walkthrough_facts facts;
    struct small small;
    pw_walkthrough *walkthrough;

    small_init(&small);
    walkthrough = made(*state, &small, &numbers);
    pw_walkthrough_measure(walkthrough, &facts);
    assert_int_equal(facts.n_pads, 3);
    assert_int_equal(facts.n_padded_sentences, 2);
    assert_int_equal(facts.i_padded, 0);
    assert_int_equal(facts.n_tokens_as_pads + facts.n_hidden_tokens + facts.n_visible_pads, 0);
    assert_near(facts.norm_tokens, 2.0 * root / 3.0);
    assert_near(facts.norm_pads, 14.0 / 3.0);
    assert_near(facts.pad_mass_unmasked,
                (1.0 / 3.0 + exp(5.0 * root) / exps + (sevens + twos) / (3.0 + sevens + twos)) /
                    3.0);
    assert_true(facts.pad_mass_masked == 0.0);
    assert_true(facts.causal_difference == 0.0);
    assert_true(facts.row_sum_error <= 1e-15);
    assert_true(facts.context_change > 0.0);
    pw_walkthrough_free(walkthrough);
    small.lengths[0] = 1;
    small.input.n_sentences = 1;
    small.options.n_tokens = 1;
    walkthrough = made(*state, &small, &numbers);
    pw_walkthrough_measure(walkthrough, &facts);
    assert_int_equal(facts.i_padded, 1);
    assert_true(isnan(facts.norm_pads) && isnan(facts.pad_mass_unmasked));
    assert_true(facts.context_change == 0.0);
    pw_walkthrough_free(walkthrough);
}

static void refuse(pw_context *ctx, const struct small *small, pw_status status,
                   const char *part)
{
    pw_walkthrough *walkthrough = (pw_walkthrough *)(uintptr_t)1;
    pw_error err = {0};

    assert_int_equal(
        pw_walkthrough_create(&walkthrough, ctx, &small->input, &small->options, &err), status);
    assert_null(walkthrough);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void bad_input_is_refused(void **state)
{
    static const struct {
        double value;
        const char *part;
    } bad[] = {{NAN, "NaN"}, {-INFINITY, "infinite"}, {1e200, "too large"}};
    struct small small;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        small_init(&small);
        small.embeddings[4] = bad[i].value;
        refuse(*state, &small, PW_ERR_ARGUMENT, bad[i].part);
    }
    small_init(&small);
    small.input.n_sentences = 0;
    refuse(*state, &small, PW_ERR_ARGUMENT, "no sentence");
    small_init(&small);
    small.input.width = 0;
    refuse(*state, &small, PW_ERR_ARGUMENT, "no dimension");
    small_init(&small);
    small.options.n_tokens = 1;
    refuse(*state, &small, PW_ERR_ARGUMENT, "sentence 0 has 2 tokens");
    small_init(&small);
    small.options.n_tokens = 0;
    small.lengths[0] = small.lengths[1] = 0;
    refuse(*state, &small, PW_ERR_ARGUMENT, "no sentence has a token");
    small_init(&small);
    small.first[1] = -1;
    refuse(*state, &small, PW_ERR_ARGUMENT, "ids begin at 0");
    small_init(&small);
    small.options.mask = PW_N_MASK_RULES;
    refuse(*state, &small, PW_ERR_ARGUMENT, "mask rule");
}

static void limits_have_names(void **state)
{
    struct small small;

    small_init(&small);
    small.input.n_sentences = 10000;
    refuse(*state, &small, PW_ERR_LIMIT, "PW_WALKTHROUGH_SENTENCES_MAX");
    small_init(&small);
    small.options.n_tokens = PW_WALKTHROUGH_TOKENS_MAX + 1;
    refuse(*state, &small, PW_ERR_LIMIT, "PW_WALKTHROUGH_TOKENS_MAX");
    small_init(&small);
    small.input.width = SIZE_MAX / 2;
    refuse(*state, &small, PW_ERR_LIMIT, "PW_WALKTHROUGH_NUMBERS_MAX");
}

/* The answers of torch 2 to the same shapes. */
static void shapes_broadcast_as_in_numpy(void **state)
{
    static const struct {
        int64_t a[4], b[4], out[4];
        int32_t rank_a, rank_b, rank; /* rank -1: they do not */
    } cases[] = {
        {{3, 1, 4}, {3, 4, 4}, {3, 4, 4}, 3, 3, 3},
        {{3, 4, 1, 4}, {3, 4, 4}, {0}, 4, 3, -1},
        {{4, 4, 1, 4}, {4, 4, 4}, {4, 4, 4, 4}, 4, 3, 4},
        {{1, 4, 1, 4}, {1, 4, 4}, {1, 4, 4, 4}, 4, 3, 4},
        {{3, 1, 1, 4}, {3, 8, 4, 4}, {3, 8, 4, 4}, 4, 4, 4},
        {{5}, {2, 1}, {2, 5}, 1, 2, 2},
        {{0}, {7}, {7}, 0, 1, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t shape[PW_RANK_MAX];
        int32_t rank;
        const bool fits = pw_shape_broadcast(cases[i].a, cases[i].rank_a, cases[i].b,
                                             cases[i].rank_b, shape, &rank);

        assert_int_equal(fits, cases[i].rank >= 0);
        if (fits) {
            assert_int_equal(rank, cases[i].rank);
            assert_memory_equal(shape, cases[i].out, (size_t)rank * sizeof(*shape));
        }
    }
}

static void a_models_embeddings_are_hidden_state_0(void **state)
{
    pw_context *ctx = *state;
    const pw_text sentences[] = {{"a beaver with blue teeth", 24}, {"", 0}};
    static const int32_t layer = 0;
    pw_conditioning_options options;
    pw_walkthrough_numbers numbers;
    pw_walkthrough *walkthrough;
    pw_tokenizer *tokenizer;
    pw_tensor_set *set;
    pw_model *model;
    pw_error err = {0};

    assert_int_equal(pw_model_open_builtin(&model, ctx, NULL, &err), PW_OK);
    assert_int_equal(pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, &err), PW_OK);

    const pw_encoder encoder = {NULL, model, tokenizer};
    const pw_prompt_texts prompts[] = {{.prompt = sentences[0]}, {.prompt = sentences[1]}};
    const pw_tensor *states;

    pw_conditioning_options_init(&options);
    options.length = PW_LENGTH_LONGEST;
    options.hidden_states = &layer;
    options.n_hidden_states = 1;
    assert_int_equal(pw_conditioning_encode(&set, ctx, &encoder, 1, prompts, 2, &options, &err),
                     PW_OK);
    assert_int_equal(
        pw_walkthrough_encode(&walkthrough, ctx, &encoder, sentences, 2, NULL, &err), PW_OK);
    pw_walkthrough_get(walkthrough, &numbers);
    states = pw_tensor_set_find(set, "hidden_states.0");
    assert_non_null(states);
    assert_int_equal(states->shape[0], numbers.n_sentences);
    assert_int_equal(states->shape[1], numbers.n_tokens);
    assert_int_equal(states->shape[2], numbers.width);
    for (size_t i = 0; i < 2 * numbers.n_tokens * numbers.width; i++)
        assert_true(numbers.embeddings[i] == (double)((const float *)states->data)[i]);
    assert_int_equal(numbers.lengths[1], 2); /* start and end */
    pw_walkthrough_free(walkthrough);
    pw_tensor_set_free(set);
    pw_tokenizer_free(tokenizer);
    pw_model_free(model);
}

static void long_sentences_are_cut_and_keep_their_end(void **state)
{
    pw_context *ctx = *state;
    static const char text[] = "one two three four five six seven eight nine ten eleven";
    const pw_text sentence = {text, sizeof(text) - 1};
    pw_walkthrough_options options;
    pw_walkthrough_numbers numbers;
    pw_walkthrough *walkthrough;
    pw_tokenizer_info info;
    pw_tokenizer *tokenizer;
    pw_model *model;
    pw_error err = {0};

    assert_int_equal(pw_model_open_builtin(&model, ctx, NULL, &err), PW_OK);
    assert_int_equal(pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, &err), PW_OK);
    pw_tokenizer_get_info(tokenizer, &info);

    const pw_encoder encoder = {NULL, model, tokenizer};

    pw_walkthrough_options_init(&options);
    options.n_tokens = 6;
    assert_int_equal(
        pw_walkthrough_encode(&walkthrough, ctx, &encoder, &sentence, 1, &options, &err),
        PW_OK);
    pw_walkthrough_get(walkthrough, &numbers);
    assert_int_equal(numbers.n_tokens, 6);
    assert_int_equal(numbers.padded[0], info.bos_id);
    assert_int_equal(numbers.padded[5], info.eos_id);
    assert_true(numbers.n_cut[0] >= 7);
    pw_walkthrough_free(walkthrough);
    options.n_tokens = 100000;
    assert_int_equal(
        pw_walkthrough_encode(&walkthrough, ctx, &encoder, &sentence, 1, &options, &err),
        PW_ERR_ARGUMENT);
    assert_null(walkthrough);
    pw_tokenizer_free(tokenizer);
    pw_model_free(model);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_case_done_by_hand),
    cmocka_unit_test(causal_queries_see_no_later_key),
    cmocka_unit_test(hidden_keys_stay_hidden_below_any_score),
    cmocka_unit_test(an_empty_sentence_sees_itself),
    cmocka_unit_test(left_pads_blind_causal_rows),
    cmocka_unit_test(a_mask_by_id_hides_tokens_that_share_the_pads_id),
    cmocka_unit_test(what_is_told_is_measured),
    cmocka_unit_test(bad_input_is_refused),
    cmocka_unit_test(limits_have_names),
    cmocka_unit_test(shapes_broadcast_as_in_numpy),
    cmocka_unit_test(a_models_embeddings_are_hidden_state_0),
    cmocka_unit_test(long_sentences_are_cut_and_keep_their_end),
};

PW_TEST_MAIN(tests, walkthrough_setup, walkthrough_teardown)
