/* SPDX-License-Identifier: MIT */
/* A whole tower at levels that the machine may lack: contexts whose kernel table is an emulated
 * one, against the reference level, at every precision and on one thread and three. */
#include "models/models_check.h"

#include "kernels/kernels.h"
#include "models/init.h"

#include "checkkern.h"

#define VOCAB     300
#define N_TOKENS  20
#define N_PROMPTS 4
#define N_IDS     (N_PROMPTS * N_TOKENS)

/* Relative L2 of the last hidden states, as in t_precision.c. */
static const double largest_errors[PW_N_PRECISIONS] = {
    [PW_PRECISION_HIGHEST] = 1.2e-6,
    [PW_PRECISION_HIGH] = 6e-5,
    [PW_PRECISION_MEDIUM] = 8e-3,
    [PW_PRECISION_INT8] = 4e-2,
};

static const struct check_table emulated[] = {
    {"avx512:emulated", PW_LEVEL_AVX512, PWI_CPU_AVX512_VNNI, true},
    {"amx:emulated", PW_LEVEL_AMX, PWI_CPU_AVX512_VNNI, true},
};

static const pwi_init_kind sizes = {"emulated", 256, 4, 4, 600, 128, PW_ACTIVATION_QUICK_GELU};

struct fixture {
    char path[64];
    int32_t ids[N_IDS];
    float *want;
    size_t n_want;
};

static float *states_of(const struct fixture *f, pw_context *ctx, pw_precision precision,
                        size_t *n)
{
    const pw_batch batch = {f->ids, NULL, N_PROMPTS, N_TOKENS, NULL, 0};
    pw_model_options options;
    pw_model *model = NULL;
    float *states;

    pw_model_options_init(&options);
    options.precision = precision;
    assert_int_equal(pw_model_open(&model, ctx, f->path, NULL, &options, NULL), PW_OK);
    states = encoded(model, &batch, (pw_output){.kind = PW_OUTPUT_LAST_HIDDEN_STATE}, n);
    pw_model_free(model);
    return states;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    pw_context *ctx = context_with(2, PW_LEVEL_REF);
    pw_tensor_set *set = NULL;

    for (int32_t i = 0; i < N_IDS; i++)
        f->ids[i] = i % N_TOKENS == N_TOKENS - 1 ? VOCAB - 1 : (i * 37 + i * i) % (VOCAB - 1);
    snprintf(f->path, sizeof(f->path), "/tmp/padwise-emulated-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    strcat(f->path, "/m.safetensors");
    assert_int_equal(pwi_init_tensors(&set, ctx, &sizes, VOCAB, 5, PW_F32, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_save(set, ctx, f->path, NULL, NULL), PW_OK);
    pw_tensor_set_free(set);
    f->want = states_of(f, ctx, PW_PRECISION_HIGHEST, &f->n_want);
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
    free(f->want);
    free(f);
    return 0;
}

static pw_context *emulating(const struct check_table *table, int32_t n_threads)
{
    pw_context *ctx = context_with(n_threads, PW_LEVEL_HIGHEST);

    if (!check_fill_emulated(table, (pwi_kernels *)pwi_context_kernels(ctx))) {
        pw_context_free(ctx);
        return NULL;
    }
    return ctx;
}

static void check_table(const struct fixture *f, const struct check_table *table,
                        pw_precision precision)
{
    pw_context *one = emulating(table, 1), *three = emulating(table, 3);
    size_t n_one, n_three;
    float *states, *again;
    double error;

    if (one == NULL || three == NULL)
        PW_SKIP("emulation needs AVX2");
    states = states_of(f, one, precision, &n_one);
    again = states_of(f, three, precision, &n_three);
    error = relative_l2(states, f->want, f->n_want);
    print_message("%s %s: %.2g\n", table->name, pw_precision_name(precision), error);
    assert_int_equal(n_one, f->n_want);
    assert_memory_equal(states, again, n_one * sizeof(*states));
    if (!(error <= largest_errors[precision]))
        fail_msg("%s at %s drifts", pw_precision_name(precision), table->name);
    free(states);
    free(again);
    pw_context_free(one);
    pw_context_free(three);
}

static void towers_at_emulated_levels(void **state)
{
    for (size_t i = 0; i < COUNT(emulated); i++)
        for (int precision = 0; precision < PW_N_PRECISIONS; precision++)
            check_table(*state, &emulated[i], (pw_precision)precision);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(towers_at_emulated_levels),
};

PW_TEST_MAIN(tests, setup, teardown)
