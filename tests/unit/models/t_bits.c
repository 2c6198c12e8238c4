/* SPDX-License-Identifier: MIT */
/* The same bits for the same rows: whatever the threads, the batch, the neighbours and the pads
 * behind. */
#include "models_check.h"

#include "models/init.h"

#define VOCAB 300
#define LONG  77
#define SHORT 17

struct fixture {
    int32_t prompts[64][LONG]; /* prompt i: SHORT real tokens, then pads */
    char path[64];
};

static const pwi_init_kind sizes = {"bits", 64, 3, 4, 160, 48, PW_ACTIVATION_QUICK_GELU};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    pw_context *ctx = context_with(1, PW_LEVEL_HIGHEST);
    pw_tensor_set *set = NULL;

    for (int32_t i = 0; i < 64; i++)
        for (int32_t t = 0; t < LONG; t++)
            f->prompts[i][t] =
                t < SHORT - 1 ? (i * 31 + t * 7 + t * t) % (VOCAB - 1) : VOCAB - 1;
    snprintf(f->path, sizeof(f->path), "/tmp/padwise-bits-XXXXXX");
    if (mkdtemp(f->path) == NULL ||
        pwi_init_tensors(&set, ctx, &sizes, VOCAB, 5, PW_F32, NULL) != PW_OK)
        return -1;
    strcat(f->path, "/m.safetensors");
    if (pw_tensor_set_save(set, ctx, f->path, NULL, NULL) != PW_OK)
        return -1;
    pw_tensor_set_free(set);
    pw_context_free(ctx);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    remove(f->path);
    *strrchr(f->path, '/') = '\0';
    remove(f->path);
    free(f);
    return 0;
}

/* What must hold holds at every level and precision; without options: highest at the highest.
 */
static const struct setting {
    pw_level level;
    pw_precision precision;
} settings[] = {
    {PW_LEVEL_REF, PW_PRECISION_HIGHEST},     {PW_LEVEL_AVX2, PW_PRECISION_HIGHEST},
    {PW_LEVEL_AVX2, PW_PRECISION_MEDIUM},     {PW_LEVEL_AVX2, PW_PRECISION_INT8},
    {PW_LEVEL_AVX512, PW_PRECISION_MEDIUM},   {PW_LEVEL_AVX512, PW_PRECISION_INT8},
    {PW_LEVEL_HIGHEST, PW_PRECISION_HIGHEST}, {PW_LEVEL_HIGHEST, PW_PRECISION_HIGH},
    {PW_LEVEL_HIGHEST, PW_PRECISION_MEDIUM},  {PW_LEVEL_HIGHEST, PW_PRECISION_INT8},
};

#define N_SETTINGS (sizeof(settings) / sizeof(*settings))

static pw_model *open_model_at(const struct fixture *f, pw_context *ctx, pw_precision precision)
{
    pw_model_options options;
    pw_model *model = NULL;
    pw_error err;

    pw_model_options_init(&options);
    options.precision = precision;
    if (pw_model_open(&model, ctx, f->path, NULL, &options, &err) != PW_OK)
        fail_msg("%s: %s", err.where, err.text);
    return model;
}

static pw_model *open_model(const struct fixture *f, pw_context *ctx)
{
    return open_model_at(f, ctx, PW_PRECISION_HIGHEST);
}

/* last_hidden_state of n prompts from `first`, at a length, with or without the length mask. */
static float *last_hidden(const struct fixture *f, pw_model *model, size_t first, size_t n,
                          size_t length, bool masked)
{
    int32_t *ids = calloc(n * length, sizeof(*ids));
    uint8_t *mask = calloc(n * length, 1);
    const pw_batch batch = {ids, masked ? mask : NULL, n, length, NULL, 0};
    size_t n_floats;
    float *out;

    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < length; t++) {
            ids[i * length + t] = f->prompts[first + i][t];
            mask[i * length + t] = t < SHORT;
        }
    out = encoded(model, &batch, (pw_output){.kind = PW_OUTPUT_LAST_HIDDEN_STATE}, &n_floats);
    free(ids);
    free(mask);
    return out;
}

static void assert_rows_equal(const float *a, const float *b, size_t n_rows)
{
    assert_memory_equal(a, b, n_rows * (size_t)sizes.width * sizeof(float));
}

static void threads_do_not_change_bits(void **state)
{
    static const int32_t n_threads[] = {1, 1, 2, 3, 8};

    for (size_t l = 0; l < N_SETTINGS; l++) {
        float *first = NULL;

        for (size_t i = 0; i < 5; i++) {
            pw_context *ctx = context_with(n_threads[i], settings[l].level);
            pw_model *model = open_model_at(*state, ctx, settings[l].precision);
            float *out = last_hidden(*state, model, 0, 3, LONG, true);

            if (first == NULL)
                first = out;
            else
                assert_rows_equal(out, first, 3 * LONG);
            if (out != first)
                free(out);
            pw_model_free(model);
            pw_context_free(ctx);
        }
        free(first);
    }
}

static void a_batch_of_64_gives_each_prompt_its_own_bits(void **state)
{
    for (size_t l = 0; l < N_SETTINGS; l++) {
        pw_context *ctx = context_with(2, settings[l].level);
        pw_model *model = open_model_at(*state, ctx, settings[l].precision);
        float *batch = last_hidden(*state, model, 0, 64, SHORT, true);

        for (size_t i = 0; i < 64; i += 9) {
            float *alone = last_hidden(*state, model, i, 1, SHORT, true);

            assert_rows_equal(alone, batch + i * SHORT * (size_t)sizes.width, SHORT);
            free(alone);
        }
        free(batch);
        pw_model_free(model);
        pw_context_free(ctx);
    }
}

static void neighbours_do_not_change_bits(void **state)
{
    pw_context *ctx = context_with(2, PW_LEVEL_HIGHEST);
    pw_model *model = open_model(*state, ctx);
    float *a = last_hidden(*state, model, 6, 3, SHORT, true),
          *b = last_hidden(*state, model, 8, 2, SHORT, true);

    assert_rows_equal(a + 2 * SHORT * sizes.width, b, SHORT);
    free(a);
    free(b);
    pw_model_free(model);
    pw_context_free(ctx);
}

/* Causal: what stands behind cannot matter, masked or not. */
static void pads_behind_do_not_change_real_rows(void **state)
{
    for (size_t l = 0; l < N_SETTINGS; l++) {
        for (int masked = 0; masked < 2; masked++) {
            pw_context *ctx = context_with(1, settings[l].level);
            pw_model *model = open_model_at(*state, ctx, settings[l].precision);
            float *bare = last_hidden(*state, model, 2, 1, SHORT, masked),
                  *padded = last_hidden(*state, model, 2, 1, LONG, masked);

            assert_rows_equal(bare, padded, SHORT);
            free(bare);
            free(padded);
            pw_model_free(model);
            pw_context_free(ctx);
        }
    }
}

/* The mask must matter to pad rows: a test that cannot tell masks apart would prove nothing
 * above. */
static void the_mask_changes_pad_rows(void **state)
{
    pw_context *ctx = context_with(1, PW_LEVEL_HIGHEST);
    pw_model *model = open_model(*state, ctx);
    float *masked = last_hidden(*state, model, 2, 1, LONG, true),
          *open = last_hidden(*state, model, 2, 1, LONG, false);

    assert_memory_not_equal(masked + (LONG - 1) * sizes.width, open + (LONG - 1) * sizes.width,
                            (size_t)sizes.width * sizeof(float));
    free(masked);
    free(open);
    pw_model_free(model);
    pw_context_free(ctx);
}

/* A row that may see no key sees itself: finite, and the same as a sequence of that one visible
 * token would have. */
static void a_row_without_a_visible_key_sees_itself(void **state)
{
    for (size_t l = 0; l < N_SETTINGS; l++) {
        const struct fixture *f = *state;
        const uint8_t none[4] = {0, 0, 0, 0}, self[1] = {1};
        const pw_batch hidden = {f->prompts[0], none, 1, 4, NULL, 0},
                       alone = {f->prompts[0], self, 1, 1, NULL, 0};
        pw_context *ctx = context_with(1, settings[l].level);
        pw_model *model = open_model_at(f, ctx, settings[l].precision);
        size_t n;
        float *a =
            encoded(model, &hidden, (pw_output){.kind = PW_OUTPUT_LAST_HIDDEN_STATE}, &n);
        float *b;

        for (size_t i = 0; i < n; i++)
            assert_true(isfinite(a[i]));
        b = encoded(model, &alone, (pw_output){.kind = PW_OUTPUT_LAST_HIDDEN_STATE}, &n);
        assert_rows_equal(a, b, 1);
        free(a);
        free(b);
        pw_model_free(model);
        pw_context_free(ctx);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(threads_do_not_change_bits),
    cmocka_unit_test(a_batch_of_64_gives_each_prompt_its_own_bits),
    cmocka_unit_test(neighbours_do_not_change_bits),
    cmocka_unit_test(pads_behind_do_not_change_real_rows),
    cmocka_unit_test(the_mask_changes_pad_rows),
    cmocka_unit_test(a_row_without_a_visible_key_sees_itself),
};

PW_TEST_MAIN(tests, setup, teardown)
