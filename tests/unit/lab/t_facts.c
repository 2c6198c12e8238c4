/* SPDX-License-Identifier: MIT */
/* What every correct build of a CLIP text tower reproduces, whatever its weights: which rows
 * depend on what. "Equal" is equal in every bit, on a random tower and on the built-in one;
 * variants are encoded each by itself, so that no row is shared, and as one batch. */
#include <stdlib.h>

#include <padwise/padwise.h>

#include "../check.h"
#include "models/init.h"

#define VOCAB   300
#define EOS     (VOCAB - 1)
#define BOS     (VOCAB - 2)
#define N_REAL  7
#define LONG    77
#define DIM_MAX 512
#define SAME_A  20 /* positions with one embedding in the tower of `equal_positions` */
#define SAME_B  33

static const pwi_init_kind sizes = {"facts", 64, 3, 4, 160, 48, PW_ACTIVATION_QUICK_GELU};

struct tower {
    pw_model *model;
    pw_model_info info;
    size_t width;
    int32_t bos, eos;
};

enum {
    RANDOM,
    EQUAL_POSITIONS,
    BUILTIN,
    N_TOWERS
};

struct house {
    pw_context *ctx;
    pw_tokenizer *tokenizer;
    struct tower towers[N_TOWERS];
};

/* ---- Towers. */

static void equal_positions(pw_tensor_set *set)
{
    const char *name = "text_model.embeddings.position_embedding.weight";
    const pw_tensor *table = pw_tensor_set_find(set, name);
    float *rows;

    assert_non_null(table);
    rows = table->data;
    memcpy(rows + SAME_B * sizes.width, rows + SAME_A * sizes.width,
           (size_t)sizes.width * sizeof(*rows));
}

static void open_random(struct house *house, int i)
{
    char folder[64] = "/tmp/padwise-facts-XXXXXX", path[96];
    pw_tensor_set *set = NULL;
    pw_error err;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/m.safetensors", folder);
    assert_int_equal(pwi_init_tensors(&set, house->ctx, &sizes, VOCAB, 5, PW_F32, NULL), PW_OK);
    if (i == EQUAL_POSITIONS)
        equal_positions(set);
    assert_int_equal(pw_tensor_set_save(set, house->ctx, path, NULL, NULL), PW_OK);
    pw_tensor_set_free(set);
    if (pw_model_open(&house->towers[i].model, house->ctx, path, NULL, NULL, &err) != PW_OK)
        fail_msg("%s", err.text);
    remove(path);
    remove(folder);
    house->towers[i].bos = BOS;
    house->towers[i].eos = EOS;
}

static int setup(void **state)
{
    struct house *house = calloc(1, sizeof(*house));
    pw_tokenizer_info info;

    if (house == NULL || pw_context_create(&house->ctx, NULL, NULL) != PW_OK ||
        pw_tokenizer_open_builtin(&house->tokenizer, house->ctx, NULL, NULL) != PW_OK ||
        pw_model_open_builtin(&house->towers[BUILTIN].model, house->ctx, NULL, NULL) != PW_OK)
        return -1;
    open_random(house, RANDOM);
    open_random(house, EQUAL_POSITIONS);
    pw_tokenizer_get_info(house->tokenizer, &info);
    house->towers[BUILTIN].bos = info.bos_id;
    house->towers[BUILTIN].eos = info.eos_id;
    for (int i = 0; i < N_TOWERS; i++) {
        struct tower *tower = &house->towers[i];

        pw_model_get_info(tower->model, &tower->info);
        tower->width = (size_t)tower->info.width;
        assert_true(tower->width <= DIM_MAX);
    }
    *state = house;
    return 0;
}

static int teardown(void **state)
{
    struct house *house = *state;

    for (int i = 0; i < N_TOWERS; i++)
        pw_model_free(house->towers[i].model);
    pw_tokenizer_free(house->tokenizer);
    pw_context_free(house->ctx);
    free(house);
    return 0;
}

/* ---- Sequences. */

struct sequence {
    int32_t ids[LONG];
    uint8_t mask[LONG];
    size_t n;
};

/* BOS, words that depend on `prompt`, EOS, pads up to n; the mask by length (hf) or none. */
static struct sequence make(const struct tower *tower, int prompt, size_t n, int32_t pad,
                            bool is_masked)
{
    struct sequence out = {.n = n};

    for (size_t i = 0; i < LONG; i++) {
        out.ids[i] = i < N_REAL ? 40 + prompt * 17 + (int32_t)(i * i) : pad;
        out.mask[i] = !is_masked || i < N_REAL;
    }
    out.ids[0] = tower->bos;
    out.ids[N_REAL - 1] = tower->eos;
    return out;
}

struct encoding {
    float rows[LONG * DIM_MAX], pooled[DIM_MAX];
};

static void encode_kind(const struct tower *tower, const struct sequence *sequence,
                        pw_output rows, float *pooled)
{
    const pw_batch batch = {
        .ids = sequence->ids, .mask = sequence->mask, .n_prompts = 1, .n_tokens = sequence->n};
    const pw_output outputs[] = {
        rows, {.kind = PW_OUTPUT_POOLED, .data = pooled, .capacity = DIM_MAX}};
    pw_session *session;
    pw_error err;

    assert_int_equal(pw_session_create(&session, tower->model, 0, NULL), PW_OK);
    if (pw_model_encode(session, &batch, outputs, pooled == NULL ? 1 : 2, &err) != PW_OK)
        fail_msg("%s", err.text);
    pw_session_free(session);
}

static struct encoding *encode(const struct tower *tower, const struct sequence *sequence)
{
    struct encoding *out = calloc(1, sizeof(*out));
    const pw_output rows = {
        .kind = PW_OUTPUT_LAST_HIDDEN_STATE, .data = out->rows, .capacity = LONG * DIM_MAX};

    encode_kind(tower, sequence, rows, out->pooled);
    return out;
}

static const float *row(const struct tower *tower, const struct encoding *encoding, size_t i)
{
    return encoding->rows + i * tower->width;
}

static bool is_same(const struct tower *tower, const struct encoding *a, size_t row_a,
                    const struct encoding *b, size_t row_b)
{
    return memcmp(row(tower, a, row_a), row(tower, b, row_b), tower->width * sizeof(float)) ==
           0;
}

static void expect_rows(const struct tower *tower, const struct encoding *a,
                        const struct encoding *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_same(tower, a, i, b, i))
            fail_msg("row %zu differs (width %zu)", i, tower->width);
}

#define FOR_EACH_TOWER(house, tower)                                                           \
    for (const struct tower *tower = (house)->towers; tower < (house)->towers + N_TOWERS;      \
         tower++)

/* ---- Fact 1: rows 0..EOS depend on no pad's id, number or content, nor on the mask; row p
 * never depends on the length. */

static void real_rows_know_nothing_of_pads(void **state)
{
    static const size_t lengths[] = {N_REAL, N_REAL + 1, 31, LONG};

    FOR_EACH_TOWER((struct house *)*state, tower)
    {
        const struct sequence plain = make(tower, 1, LONG, tower->eos, false);
        struct encoding *expected = encode(tower, &plain);

        for (size_t k = 0; k < 4 * 2 * 3; k++) {
            const int32_t pads[] = {tower->eos, 0, 123};
            struct sequence other = make(tower, 1, lengths[k % 4], pads[k / 8], k / 4 % 2 != 0);
            struct encoding *encoding;

            for (size_t i = N_REAL; k / 8 == 2 && i < other.n; i++)
                other.ids[i] = (int32_t)(i * 7 % 200); /* pads of many kinds */
            encoding = encode(tower, &other);
            expect_rows(tower, expected, encoding, N_REAL);
            free(encoding);
        }
        free(expected);
    }
}

static void no_row_knows_how_long_the_sequence_is(void **state)
{
    FOR_EACH_TOWER((struct house *)*state, tower)
    {
        for (int masked = 0; masked < 2; masked++) {
            const struct sequence whole = make(tower, 2, LONG, 0, masked != 0);
            struct encoding *expected = encode(tower, &whole);

            for (size_t n = N_REAL; n < LONG; n += 9) {
                struct sequence part = whole;
                struct encoding *encoding;

                part.n = n;
                encoding = encode(tower, &part);
                expect_rows(tower, expected, encoding, n);
                free(encoding);
            }
            free(expected);
        }
    }
}

/* The same rows in a batch, where the tower computes common beginnings once. */
static void a_batch_gives_the_rows_of_single_calls(void **state)
{
    FOR_EACH_TOWER((struct house *)*state, tower)
    {
        const struct sequence variants[] = {
            make(tower, 1, LONG, tower->eos, false), make(tower, 1, LONG, tower->eos, true),
            make(tower, 1, LONG, 0, true), make(tower, 2, LONG, 0, false)};
        static int32_t ids[4 * LONG];
        static uint8_t mask[4 * LONG];
        static float rows[4 * LONG * DIM_MAX];
        const pw_batch batch = {.ids = ids, .mask = mask, .n_prompts = 4, .n_tokens = LONG};
        const pw_output output = {.kind = PW_OUTPUT_LAST_HIDDEN_STATE,
                                  .data = rows,
                                  .capacity = sizeof(rows) / sizeof(*rows)};
        pw_session *session;

        for (size_t i = 0; i < 4; i++) {
            memcpy(ids + i * LONG, variants[i].ids, sizeof(variants[i].ids));
            memcpy(mask + i * LONG, variants[i].mask, sizeof(variants[i].mask));
        }
        assert_int_equal(pw_session_create(&session, tower->model, 0, NULL), PW_OK);
        assert_int_equal(pw_model_encode(session, &batch, &output, 1, NULL), PW_OK);
        pw_session_free(session);
        for (size_t i = 0; i < 4; i++) {
            struct encoding *single = encode(tower, &variants[i]);

            assert_memory_equal(rows + i * LONG * tower->width, single->rows,
                                LONG * tower->width * sizeof(float));
            free(single);
        }
    }
}

/* ---- Fact 2: BOS is one vector, in every layer. */

static void bos_is_the_same_in_every_prompt_and_layer(void **state)
{
    FOR_EACH_TOWER((struct house *)*state, tower)
    {
        for (int32_t layer = 0; layer <= tower->info.n_layers; layer++) {
            struct encoding *first = calloc(1, sizeof(*first)),
                            *other = calloc(1, sizeof(*other));
            pw_output output = {.kind = PW_OUTPUT_HIDDEN_STATE,
                                .layer = layer,
                                .data = first->rows,
                                .capacity = LONG * DIM_MAX};
            struct sequence sequence = make(tower, 0, LONG, tower->eos, true);

            encode_kind(tower, &sequence, output, NULL);
            output.data = other->rows;
            for (int prompt = 1; prompt < 4; prompt++) {
                sequence = make(tower, prompt, LONG, 0, prompt == 2);
                encode_kind(tower, &sequence, output, NULL);
                assert_true(is_same(tower, first, 0, other, 0));
                assert_false(is_same(tower, first, 1, other, 1));
            }
            free(other);
            free(first);
        }
    }
}

/* ---- Fact 3: pads differ by position and by prompt. */

static void pads_differ_by_position_and_prompt(void **state)
{
    const struct house *house = *state;

    for (int t = 0; t < N_TOWERS; t++) {
        const struct tower *tower = &house->towers[t];

        for (int masked = 0; masked < 2; masked++) {
            const struct sequence a = make(tower, 1, LONG, tower->eos, masked != 0);
            const struct sequence b = make(tower, 2, LONG, tower->eos, masked != 0);
            struct encoding *of_a = encode(tower, &a), *of_b = encode(tower, &b);

            for (size_t i = N_REAL; i < LONG; i++) {
                assert_false(is_same(tower, of_a, i, of_b, i));
                for (size_t k = i + 1; k < LONG; k++)
                    if (t != EQUAL_POSITIONS || i != SAME_A || k != SAME_B)
                        assert_false(is_same(tower, of_a, i, of_a, k));
            }
            free(of_b);
            free(of_a);
        }
    }
}

/* Equal position embeddings and, under the mask, equal context: equal pads. Without the mask
 * the later one sees more pads. */
static void pads_are_equal_where_position_and_context_are(void **state)
{
    const struct tower *tower = &((struct house *)*state)->towers[EQUAL_POSITIONS];
    const struct sequence masked = make(tower, 1, LONG, tower->eos, true);
    const struct sequence open = make(tower, 1, LONG, tower->eos, false);
    struct encoding *of_masked = encode(tower, &masked), *of_open = encode(tower, &open);

    assert_true(is_same(tower, of_masked, SAME_A, of_masked, SAME_B));
    assert_false(is_same(tower, of_open, SAME_A, of_open, SAME_B));
    free(of_open);
    free(of_masked);
}

/* ---- Fact 4: under the mask a pad's row is a function of its own id, its position and the
 * real rows; without it, of the pads before it too. */

static void a_pads_id_reaches_itself_or_those_behind(void **state)
{
    const size_t changed = 30;

    FOR_EACH_TOWER((struct house *)*state, tower)
    {
        for (int masked = 0; masked < 2; masked++) {
            const struct sequence plain = make(tower, 1, LONG, tower->eos, masked != 0);
            struct sequence other = plain;
            struct encoding *of_plain = encode(tower, &plain), *of_other;

            other.ids[changed] = 77;
            of_other = encode(tower, &other);
            expect_rows(tower, of_plain, of_other, changed);
            assert_false(is_same(tower, of_plain, changed, of_other, changed));
            for (size_t i = changed + 1; i < LONG; i++)
                assert_int_equal(is_same(tower, of_plain, i, of_other, i), masked != 0);
            free(of_other);
            free(of_plain);
        }
    }
}

/* ---- Facts 5 and 6: the pooled row. */

/* With pads of EOS and of 0 ("!" in CLIP's vocabulary), and with that id among the words. */
static void pooled_is_the_row_of_the_first_eos(void **state)
{
    FOR_EACH_TOWER((struct house *)*state, tower)
    {
        struct encoding *expected = NULL;

        for (int k = 0; k < 4; k++) {
            struct sequence sequence =
                make(tower, 1, k == 3 ? N_REAL : LONG, k % 2 == 0 ? tower->eos : 0, k >= 2);
            struct encoding *encoding;

            sequence.ids[3] = 0;
            encoding = encode(tower, &sequence);
            assert_memory_equal(encoding->pooled, row(tower, encoding, N_REAL - 1),
                                tower->width * sizeof(float));
            if (expected != NULL)
                assert_memory_equal(encoding->pooled, expected->pooled,
                                    tower->width * sizeof(float));
            free(expected);
            expected = encoding;
        }
        free(expected);
    }
}

static void a_cut_prompt_ends_in_eos_and_has_no_pads(void **state)
{
    struct house *house = *state;
    char text[1024] = "";
    pw_tokens tokens;
    uint8_t mask[LONG];

    for (int i = 0; i < 120; i++)
        strcat(text, "beaver ");
    assert_int_equal(pw_tokenizer_encode(house->tokenizer, text, strlen(text), &tokens, NULL),
                     PW_OK);
    assert_int_equal(pw_tokens_normalize(&tokens, LONG, 0, NULL), PW_OK);
    assert_int_equal(tokens.n_tokens, LONG);
    assert_int_equal(tokens.n_real, LONG);
    assert_int_equal(tokens.ids[LONG - 1], house->towers[BUILTIN].eos);
    pw_tokens_mask(&tokens, PW_MASK_HF, 0, mask);
    for (size_t i = 0; i < LONG; i++)
        assert_int_equal(mask[i], 1);
    pw_tokens_free(&tokens);
}

/* ---- Fact 9: a hidden key has no weight at all, and a row that sees no key is finite. */

static void hidden_keys_have_no_weight(void **state)
{
    FOR_EACH_TOWER((struct house *)*state, tower)
    {
        struct sequence hidden = make(tower, 1, LONG, tower->eos, true);
        struct encoding *before, *after;

        hidden.mask[2] = 0;
        before = encode(tower, &hidden);
        hidden.ids[2] = 211;
        after = encode(tower, &hidden);
        for (size_t i = 0; i < LONG; i++)
            assert_int_equal(is_same(tower, before, i, after, i), i != 2);
        memset(hidden.mask, 0, sizeof(hidden.mask));
        free(after);
        after = encode(tower, &hidden);
        for (size_t i = 0; i < LONG * tower->width; i++)
            assert_true(after->rows[i] - after->rows[i] == 0.0f); /* neither NaN nor infinite */
        free(after);
        free(before);
    }
}

/* ---- Fact 11: an edit behind the encoder changes its row, and nothing that was pooled. */

static void an_edited_pad_changes_no_other_row(void **state)
{
    struct house *house = *state;
    const struct tower *tower = &house->towers[BUILTIN];
    const char *text = "12: scale 2";
    const struct sequence sequence = make(tower, 1, LONG, tower->eos, true);
    struct encoding *plain = encode(tower, &sequence), *edited = malloc(sizeof(*edited));
    pw_tensor tensor = {.dtype = PW_F32, .rank = 2, .shape = {LONG, (int64_t)tower->width}};
    pw_edits *edits;

    memcpy(edited, plain, sizeof(*edited));
    tensor.data = edited->rows;
    tensor.size_bytes = LONG * tower->width * sizeof(float);
    assert_int_equal(pw_edits_parse(&edits, house->ctx, text, strlen(text), NULL), PW_OK);
    assert_int_equal(pw_edits_apply(edits, house->ctx, &tensor, NULL, NULL, NULL, NULL), PW_OK);
    pw_edits_free(edits);
    for (size_t i = 0; i < LONG; i++)
        assert_int_equal(is_same(tower, plain, i, edited, i), i != 12);
    assert_memory_equal(plain->pooled, row(tower, edited, N_REAL - 1),
                        tower->width * sizeof(float));
    free(edited);
    free(plain);
}

/* ---- Fact 15: last_hidden_state has the final norm, hidden states have it when asked. */

static void the_final_norm_is_applied_once(void **state)
{
    FOR_EACH_TOWER((struct house *)*state, tower)
    {
        const struct sequence sequence = make(tower, 1, LONG, tower->eos, true);
        struct encoding *last = encode(tower, &sequence), *layer = calloc(1, sizeof(*layer));
        pw_output output = {.kind = PW_OUTPUT_HIDDEN_STATE,
                            .layer = -1,
                            .data = layer->rows,
                            .capacity = LONG * DIM_MAX};

        encode_kind(tower, &sequence, output, NULL);
        assert_false(is_same(tower, last, 1, layer, 1));
        output.final_norm = true;
        encode_kind(tower, &sequence, output, NULL);
        expect_rows(tower, last, layer, LONG);
        free(layer);
        free(last);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(real_rows_know_nothing_of_pads),
    cmocka_unit_test(no_row_knows_how_long_the_sequence_is),
    cmocka_unit_test(a_batch_gives_the_rows_of_single_calls),
    cmocka_unit_test(bos_is_the_same_in_every_prompt_and_layer),
    cmocka_unit_test(pads_differ_by_position_and_prompt),
    cmocka_unit_test(pads_are_equal_where_position_and_context_are),
    cmocka_unit_test(a_pads_id_reaches_itself_or_those_behind),
    cmocka_unit_test(pooled_is_the_row_of_the_first_eos),
    cmocka_unit_test(a_cut_prompt_ends_in_eos_and_has_no_pads),
    cmocka_unit_test(hidden_keys_have_no_weight),
    cmocka_unit_test(an_edited_pad_changes_no_other_row),
    cmocka_unit_test(the_final_norm_is_applied_once),
};

PW_TEST_MAIN(tests, setup, teardown)
