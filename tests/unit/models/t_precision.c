/* SPDX-License-Identifier: MIT */
/* How far each precision may be from what the reference level computes in double, on a random
 * tower. Bounds are a third over what was measured (docs/precision.md measures a full one). */
#include "models_check.h"

#include "models/init.h"

#define VOCAB     300
#define N_TOKENS  20
#define N_PROMPTS 4

/* Relative L2, by the precision that was used. bf16 products of PyTorch give 5e-3 to 8e-3. */
static const double largest_errors[PW_N_PRECISIONS] = {
    [PW_PRECISION_HIGHEST] = 1.2e-6,
    [PW_PRECISION_HIGH] = 6e-5,
    [PW_PRECISION_MEDIUM] = 8e-3,
    [PW_PRECISION_INT8] = 4e-2,
};

/* medium by 16-bit integers, at the avx2 and avx512 levels. */
#define LARGEST_ERROR_I16 1e-3

static const pwi_init_kind sizes = {"precision", 256, 4, 4, 600, 128, PW_ACTIVATION_QUICK_GELU};

struct fixture {
    char path[64];
    int32_t ids[N_PROMPTS * N_TOKENS];
    float *states, *pooled; /* of the reference level */
};

static pw_model *open_model(const char *path, pw_context *ctx, pw_precision precision)
{
    pw_model_options options;
    pw_model *model = NULL;
    pw_error err;

    pw_model_options_init(&options);
    options.precision = precision;
    if (pw_model_open(&model, ctx, path, NULL, &options, &err) != PW_OK)
        fail_msg("%s: %s", err.where, err.text);
    return model;
}

static float *output_of(const struct fixture *f, pw_model *model, pw_output_kind kind,
                        size_t *n)
{
    const pw_batch batch = {f->ids, NULL, N_PROMPTS, N_TOKENS, NULL, 0};

    return encoded(model, &batch, (pw_output){.kind = kind}, n);
}

static void save_tower(struct fixture *f)
{
    pw_context *ctx = context_with(1, PW_LEVEL_HIGHEST);
    pw_tensor_set *set = NULL;

    snprintf(f->path, sizeof(f->path), "/tmp/padwise-precision-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    assert_int_equal(pwi_init_tensors(&set, ctx, &sizes, VOCAB, 5, PW_F32, NULL), PW_OK);
    strcat(f->path, "/m.safetensors");
    assert_int_equal(pw_tensor_set_save(set, ctx, f->path, NULL, NULL), PW_OK);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    pw_context *ctx = context_with(2, PW_LEVEL_REF);
    pw_model *model;
    size_t n;

    for (int32_t i = 0; i < N_PROMPTS * N_TOKENS; i++)
        f->ids[i] = i % N_TOKENS == N_TOKENS - 1 ? VOCAB - 1 : (i * 37 + i * i) % (VOCAB - 1);
    save_tower(f);
    model = open_model(f->path, ctx, PW_PRECISION_HIGHEST);
    f->states = output_of(f, model, PW_OUTPUT_LAST_HIDDEN_STATE, &n);
    f->pooled = output_of(f, model, PW_OUTPUT_POOLED, &n);
    pw_model_free(model);
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
    free(f->states);
    free(f->pooled);
    free(f);
    return 0;
}

static double largest_error(pw_level level, pw_precision used)
{
    return used == PW_PRECISION_MEDIUM && level < PW_LEVEL_AMX ? LARGEST_ERROR_I16
                                                               : largest_errors[used];
}

static void check_precision(const struct fixture *f, pw_level level, pw_precision precision)
{
    pw_context *ctx = context_with(2, level);
    pw_model *model = open_model(f->path, ctx, precision);
    pw_model_info info;
    size_t n_states, n_pooled;
    float *states = output_of(f, model, PW_OUTPUT_LAST_HIDDEN_STATE, &n_states),
          *pooled = output_of(f, model, PW_OUTPUT_POOLED, &n_pooled);
    const double error = relative_l2(states, f->states, n_states),
                 error_pooled = relative_l2(pooled, f->pooled, n_pooled);
    double bound;

    pw_model_get_info(model, &info);
    bound = largest_error(level, info.precision);
    print_message("%s %s, computed at %s: %.2g, pooled %.2g (bound %.2g)\n",
                  pw_level_name(level), pw_precision_name(precision),
                  pw_precision_name(info.precision), error, error_pooled, bound);
    assert_true(info.precision <= precision);
    if (!(error <= bound) || !(error_pooled <= bound))
        fail_msg("%s at %s drifts", pw_precision_name(precision), pw_level_name(level));
    free(states);
    free(pooled);
    pw_model_free(model);
    pw_context_free(ctx);
}

static void every_precision_keeps_its_bound(void **state)
{
    for (int level = PW_LEVEL_AVX2; level <= PW_LEVEL_HIGHEST; level++)
        for (int precision = 0; precision < PW_N_PRECISIONS; precision++)
            if (pw_level_available((pw_level)level))
                check_precision(*state, (pw_level)level, (pw_precision)precision);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_precision_keeps_its_bound),
};

PW_TEST_MAIN(tests, setup, teardown)
