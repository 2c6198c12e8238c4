/* SPDX-License-Identifier: MIT */
/* Streamed weights: the bits of resident ones, from one block of memory, of a file that others
 * may touch meanwhile. */
#include "models_check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "failing_allocator.h"
#include "models/init.h"

#define VOCAB     300
#define N_PROMPTS 20
#define N_TOKENS  17
#define N_OUTPUTS 7
#define WIDTH     64
#define EMBEDS    48

static const pwi_init_kind sizes = {"stream", WIDTH, 3, 4, 160, EMBEDS, PW_ACTIVATION_GELU};

/* Everything that one call can give. */
struct outputs {
    float whole[5][N_PROMPTS * N_TOKENS * WIDTH];
    float pooled[N_PROMPTS * WIDTH], embeds[N_PROMPTS * EMBEDS];
};

struct fixture {
    char path[64];
    int32_t ids[N_PROMPTS * N_TOKENS];
    uint8_t mask[N_PROMPTS * N_TOKENS];
    float vectors[2 * WIDTH];
    struct outputs resident, streamed;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    for (size_t i = 0; i < N_PROMPTS; i++)
        for (size_t t = 0; t < N_TOKENS; t++) {
            f->ids[i * N_TOKENS + t] = t < 3 ? (int32_t)t : (int32_t)((i * 31 + t * 7) % 299);
            f->mask[i * N_TOKENS + t] = t < 12;
        }
    for (size_t i = 0; i < N_PROMPTS; i++) {
        f->ids[i * N_TOKENS + 5 + i % 3] = VOCAB + (int32_t)(i % 2); /* a caller's vector */
        f->ids[i * N_TOKENS + 9 + i % 8] = VOCAB - 1;
    }
    for (size_t i = 0; i < 2 * WIDTH; i++)
        f->vectors[i] = (float)i / 64.0f - 1.0f;
    snprintf(f->path, sizeof(f->path), "/tmp/padwise-stream-%ld", (long)getpid());
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    remove(f->path);
    free(f);
    return 0;
}

static void write_model(const char *path, pw_dtype dtype, uint64_t seed)
{
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_tensor_set *set = NULL;
    pw_save_options options;

    pw_save_options_init(&options);
    options.float_dtype = dtype;
    assert_int_equal(pwi_init_tensors(&set, ctx, &sizes, VOCAB, seed, dtype, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_save(set, ctx, path, &options, NULL), PW_OK);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static pw_model *open_as(const struct fixture *f, pw_context *ctx, pw_weights_mode weights,
                         pw_precision precision)
{
    pw_model_options options;
    pw_model_info info;
    pw_model *model = NULL;
    pw_error err;

    pw_model_options_init(&options);
    options.precision = precision;
    options.weights = weights;
    if (pw_model_open(&model, ctx, f->path, NULL, &options, &err) != PW_OK)
        fail_msg("%s: %s", err.where, err.text);
    pw_model_get_info(model, &info);
    assert_int_equal(info.weights, weights);
    return model;
}

static pw_session *session_of(pw_model *model, size_t n_rows)
{
    pw_session *session = NULL;

    assert_int_equal(pw_session_create(&session, model, n_rows, NULL), PW_OK);
    return session;
}

static pw_status encode_all(const struct fixture *f, pw_session *session, size_t n_prompts,
                            struct outputs *o, pw_error *err)
{
    const size_t n = N_PROMPTS * N_TOKENS * WIDTH;
    const pw_batch batch = {.ids = f->ids,
                            .mask = f->mask,
                            .n_prompts = n_prompts,
                            .n_tokens = N_TOKENS,
                            .vectors = f->vectors,
                            .n_vectors = 2};
    const pw_output outputs[N_OUTPUTS] = {
        {PW_OUTPUT_HIDDEN_STATE, 0, false, o->whole[0], n},
        {PW_OUTPUT_HIDDEN_STATE, 1, false, o->whole[1], n},
        {PW_OUTPUT_HIDDEN_STATE, -2, true, o->whole[2], n},
        {PW_OUTPUT_HIDDEN_STATE, -1, false, o->whole[3], n},
        {PW_OUTPUT_LAST_HIDDEN_STATE, 0, false, o->whole[4], n},
        {PW_OUTPUT_POOLED, 0, false, o->pooled, N_PROMPTS * WIDTH},
        {PW_OUTPUT_TEXT_EMBEDS, 0, false, o->embeds, N_PROMPTS * EMBEDS},
    };

    memset(o, 0, sizeof(*o));
    return pw_model_encode(session, &batch, outputs, N_OUTPUTS, err);
}

/* The bits of resident weights for one prompt, and for so many that they take windows. */
static void assert_same_bits(struct fixture *f, pw_level level, pw_precision precision,
                             int32_t n_threads)
{
    pw_context *ctx = context_with(n_threads, level);
    pw_model *resident = open_as(f, ctx, PW_WEIGHTS_RESIDENT, precision),
             *streamed = open_as(f, ctx, PW_WEIGHTS_STREAMED, precision);
    pw_session *a = session_of(resident, 0), *b = session_of(streamed, 77);
    pw_session_stats stats;

    pw_session_stats_init(&stats);
    for (size_t n = 1; n <= N_PROMPTS; n += N_PROMPTS - 1) {
        assert_int_equal(encode_all(f, a, n, &f->resident, NULL), PW_OK);
        assert_int_equal(encode_all(f, b, n, &f->streamed, NULL), PW_OK);
        assert_memory_equal(&f->resident, &f->streamed, sizeof(f->resident));
        pw_session_get_stats(b, &stats);
        assert_true(n == 1 ? stats.n_windows == 1 : stats.n_windows > 2);
    }
    pw_session_free(a);
    pw_session_free(b);
    pw_model_free(resident);
    pw_model_free(streamed);
    pw_context_free(ctx);
}

static void streaming_changes_no_bit(void **state)
{
    static const pw_dtype dtypes[] = {PW_F32, PW_F16, PW_BF16};
    static const pw_level levels[] = {PW_LEVEL_REF, PW_LEVEL_AVX2, PW_LEVEL_HIGHEST};

    for (size_t d = 0; d < 3; d++) {
        write_model(((struct fixture *)*state)->path, dtypes[d], 7);
        for (size_t l = 0; l < 3; l++)
            for (int32_t precision = 0; precision < PW_N_PRECISIONS; precision++)
                assert_same_bits(*state, levels[l], (pw_precision)precision,
                                 1 + (int32_t)l % 3);
    }
}

/* `weight` of a block as fp8 with a scale beside it. */
static void put_fp8(pw_tensor_set *set, const char *name, const pw_tensor *t)
{
    const int64_t n = pw_tensor_n_elements(t);
    char scale_name[160];
    unsigned char *bytes;
    void *to;

    assert_int_equal(pw_tensor_set_add(set, name, PW_F8_E4M3, t->rank, t->shape, &to, NULL),
                     PW_OK);
    bytes = to;
    for (int64_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)((i * 37 + i / 64) % 64 | (i % 3 == 0 ? 0x80 : 0));
    snprintf(scale_name, sizeof(scale_name), "%.*sscale_weight", (int)(strlen(name) - 6), name);
    assert_int_equal(pw_tensor_set_add(set, scale_name, PW_F32, 0, t->shape, &to, NULL), PW_OK);
    memcpy(to, &(float){0.03125f}, sizeof(float));
}

/* A block in fp8 with its scales between two in F32: the slot must hold the largest. */
static void blocks_may_differ_in_dtype(void **state)
{
    const struct fixture *f = *state;
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_tensor_set *all = NULL, *mixed = NULL;

    assert_int_equal(pwi_init_tensors(&all, ctx, &sizes, VOCAB, 3, PW_F32, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_create(&mixed, ctx, NULL), PW_OK);
    for (size_t i = 0; i < pw_tensor_set_n(all); i++) {
        const pw_tensor *t = pw_tensor_set_tensor(all, i);
        const char *name = pw_tensor_set_name(all, i);
        void *to;

        if (strstr(name, "layers.0.") != NULL && t->rank == 2) {
            put_fp8(mixed, name, t);
            continue;
        }
        assert_int_equal(pw_tensor_set_add(mixed, name, t->dtype, t->rank, t->shape, &to, NULL),
                         PW_OK);
        memcpy(to, t->data, t->size_bytes);
    }
    assert_int_equal(pw_tensor_set_save(mixed, ctx, f->path, NULL, NULL), PW_OK);
    pw_tensor_set_free(all);
    pw_tensor_set_free(mixed);
    pw_context_free(ctx);
    for (int32_t precision = 0; precision < PW_N_PRECISIONS; precision++)
        assert_same_bits(*state, PW_LEVEL_HIGHEST, (pw_precision)precision, 2);
}

/* Overwrite a part of a tensor; the file's time of change becomes `modified` seconds. */
static void damage(const char *path, const char *name, time_t modified)
{
    const struct timespec times[2] = {{modified, 0}, {modified, 0}};
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    unsigned char nan[64];
    uint64_t at, header = 0;
    pw_file *file = NULL;
    FILE *stream;
    size_t i_found;

    assert_int_equal(pw_file_open(&file, ctx, path, NULL, NULL), PW_OK);
    i_found = (size_t)pw_file_find(file, name);
    stream = fopen(path, "r+b");
    assert_non_null(stream);
    assert_int_equal(fread(&header, sizeof(header), 1, stream), 1);
    at = sizeof(header) + header;
    for (size_t i = 0; i < i_found; i++) /* tensors stand in the order of their bytes */
        at += pw_file_tensor(file, i)->size_bytes;
    memset(nan, 0xff, sizeof(nan));
    assert_int_equal(fseek(stream, (long)at, SEEK_SET), 0);
    assert_int_equal(fwrite(nan, sizeof(nan), 1, stream), 1);
    assert_int_equal(fflush(stream), 0);
    assert_int_equal(futimens(fileno(stream), times), 0);
    fclose(stream);
    pw_file_free(file);
    pw_context_free(ctx);
}

static void set_time(const char *path, time_t modified)
{
    const struct timespec times[2] = {{modified, 0}, {modified, 0}};

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* hidden_states.layer of the first prompt. */
static pw_status hidden_state(const struct fixture *f, pw_session *session, int32_t layer,
                              float *out)
{
    const pw_batch batch = {.ids = f->ids, .n_prompts = 1, .n_tokens = 4};
    const pw_output output = {PW_OUTPUT_HIDDEN_STATE, layer, false, out, 4 * WIDTH};

    return pw_model_encode(session, &batch, &output, 1, NULL);
}

/* NaN in block 1, with the time of change put back: what stands before it must not know. */
static void blocks_that_do_not_run_are_not_read(void **state)
{
    const struct fixture *f = *state;
    pw_context *ctx = context_with(1, PW_LEVEL_HIGHEST);
    float before[4 * WIDTH], after[4 * WIDTH];
    pw_session *session;
    pw_model *model;

    write_model(f->path, PW_F32, 7);
    set_time(f->path, 1000000);
    model = open_as(f, ctx, PW_WEIGHTS_STREAMED, PW_PRECISION_HIGHEST);
    session = session_of(model, 0);
    assert_int_equal(hidden_state(f, session, 1, before), PW_OK);
    damage(f->path, "text_model.encoder.layers.1.mlp.fc1.weight", 1000000);
    assert_int_equal(hidden_state(f, session, 1, after), PW_OK);
    assert_memory_equal(before, after, sizeof(before));
    assert_int_equal(hidden_state(f, session, 2, after), PW_OK);
    assert_true(isnan(after[0]));
    pw_session_free(session);
    pw_model_free(model);
    pw_context_free(ctx);
}

static void a_file_that_is_written_to_is_an_error(void **state)
{
    struct fixture *f = *state;
    pw_context *ctx = context_with(2, PW_LEVEL_HIGHEST);
    float out[4 * WIDTH];
    pw_session *session;
    pw_model *model;
    pw_error err;

    write_model(f->path, PW_F32, 7);
    set_time(f->path, 1000000);
    model = open_as(f, ctx, PW_WEIGHTS_STREAMED, PW_PRECISION_HIGHEST);
    session = session_of(model, 0);
    assert_int_equal(encode_all(f, session, 1, &f->streamed, NULL), PW_OK);
    damage(f->path, "text_model.encoder.layers.2.mlp.fc1.weight", 1000001);
    assert_int_equal(encode_all(f, session, 1, &f->streamed, &err), PW_ERR_MISMATCH);
    assert_string_equal(err.where, f->path);
    assert_int_equal(hidden_state(f, session, 0, out), PW_ERR_MISMATCH);
    assert_int_equal(truncate(f->path, 4096), 0);
    assert_int_equal(encode_all(f, session, 1, &f->streamed, &err), PW_ERR_TRUNCATED);
    assert_string_equal(err.where, f->path);
    pw_session_free(session);
    pw_model_free(model);
    pw_context_free(ctx);
}

/* A download that puts a new file in the old one's place, and one that removes it. */
static void a_file_that_is_replaced_is_read_as_it_was(void **state)
{
    struct fixture *f = *state;
    pw_context *ctx = context_with(2, PW_LEVEL_HIGHEST);
    char other[80];
    pw_session *session;
    pw_model *model;

    write_model(f->path, PW_F16, 7);
    model = open_as(f, ctx, PW_WEIGHTS_STREAMED, PW_PRECISION_HIGHEST);
    session = session_of(model, 0);
    assert_int_equal(encode_all(f, session, 3, &f->resident, NULL), PW_OK);
    snprintf(other, sizeof(other), "%s-other", f->path);
    write_model(other, PW_F16, 8);
    assert_int_equal(rename(other, f->path), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(encode_all(f, session, 3, &f->streamed, NULL), PW_OK);
        assert_memory_equal(&f->resident, &f->streamed, sizeof(f->resident));
        assert_int_equal(remove(f->path), i == 0 ? 0 : -1);
    }
    pw_session_free(session);
    pw_model_free(model);
    pw_context_free(ctx);
}

static bool stop_when_zero(void *user, const pw_progress *progress)
{
    (void)progress;
    return --*(int *)user == 0;
}

/* Stopped behind every block; the session must be as good as new after it. */
static void a_stopped_call_leaves_a_session_that_works(void **state)
{
    struct fixture *f = *state;
    pw_context_options options;
    pw_context *ctx = NULL;
    pw_session *session;
    pw_model *model;
    int calls_left = 1000;

    write_model(f->path, PW_F16, 7);
    pw_context_options_init(&options);
    options.n_threads = 2;
    options.progress = stop_when_zero;
    options.progress_user = &calls_left;
    assert_int_equal(pw_context_create(&ctx, &options, NULL), PW_OK);
    model = open_as(f, ctx, PW_WEIGHTS_STREAMED, PW_PRECISION_HIGHEST);
    session = session_of(model, 0);
    assert_int_equal(encode_all(f, session, 2, &f->resident, NULL), PW_OK);
    for (int n = 1; n <= 4; n++) {
        calls_left = n;
        assert_int_equal(encode_all(f, session, 2, &f->streamed, NULL), PW_ERR_CANCELLED);
    }
    calls_left = 1000;
    assert_int_equal(encode_all(f, session, 2, &f->streamed, NULL), PW_OK);
    assert_memory_equal(&f->resident, &f->streamed, sizeof(f->resident));
    pw_session_free(session);
    pw_model_free(model);
    pw_context_free(ctx);
}

static pw_status open_counted(const struct fixture *f, struct failing *counter,
                              pw_weights_mode weights, pw_context **ctx, pw_model **model)
{
    pw_context_options options;
    pw_model_options model_options;

    pw_context_options_init(&options);
    options.n_threads = 1;
    options.allocator = failing_allocator(counter);
    pw_model_options_init(&model_options);
    model_options.weights = weights;
    *ctx = NULL;
    *model = NULL;
    PWI_TRY(pw_context_create(ctx, &options, NULL));
    return pw_model_open(model, *ctx, f->path, NULL, &model_options, NULL);
}

static void a_streamed_model_holds_no_blocks(void **state)
{
    size_t bytes[2];

    write_model(((struct fixture *)*state)->path, PW_F32, 7);
    for (int mode = 0; mode < 2; mode++) {
        struct failing counter = {0};
        pw_context *ctx;
        pw_model *model;

        assert_int_equal(open_counted(*state, &counter, (pw_weights_mode)mode, &ctx, &model),
                         PW_OK);
        bytes[mode] = counter.bytes_out;
        pw_model_free(model);
        pw_context_free(ctx);
    }
    assert_true(bytes[PW_WEIGHTS_RESIDENT] - bytes[PW_WEIGHTS_STREAMED] >
                (size_t)(VOCAB * WIDTH + 3 * (4 * WIDTH * WIDTH + 2 * 160 * WIDTH)) * 3);
}

static void every_failed_allocation_is_an_error_without_a_leak(void **state)
{
    struct fixture *f = *state;
    bool done = false;

    write_model(f->path, PW_F16, 7);
    for (size_t n = 1; !done; n++) {
        struct failing counter = {.fail_at = n};
        pw_session *session = NULL;
        pw_context *ctx;
        pw_model *model;
        pw_status status = open_counted(f, &counter, PW_WEIGHTS_STREAMED, &ctx, &model);

        if (status == PW_OK)
            status = pw_session_create(&session, model, 0, NULL);
        assert_true(status == PW_OK || status == PW_ERR_NO_MEMORY);
        done = status == PW_OK;
        if (done) { /* and an encode asks for no memory */
            counter.fail_at = 0;
            counter.n_calls = 0;
            assert_int_equal(encode_all(f, session, N_PROMPTS, &f->streamed, NULL), PW_OK);
            assert_int_equal(counter.n_calls, 0);
        }
        pw_session_free(session);
        pw_model_free(model);
        pw_context_free(ctx);
        assert_int_equal(counter.n_out, 0);
    }
}

static void the_builtin_model_is_always_resident(void **state)
{
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_model_options options;
    pw_model_info info;
    pw_model *model = NULL;

    (void)state;
    pw_model_options_init(&options);
    options.weights = PW_WEIGHTS_STREAMED;
    assert_int_equal(pw_model_open_builtin(&model, ctx, &options, NULL), PW_OK);
    pw_model_get_info(model, &info);
    assert_int_equal(info.weights, PW_WEIGHTS_RESIDENT);
    pw_model_free(model);
    options.weights = PW_N_WEIGHTS_MODES;
    assert_int_equal(pw_model_open_builtin(&model, ctx, &options, NULL), PW_ERR_ARGUMENT);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(streaming_changes_no_bit),
    cmocka_unit_test(blocks_may_differ_in_dtype),
    cmocka_unit_test(blocks_that_do_not_run_are_not_read),
    cmocka_unit_test(a_file_that_is_written_to_is_an_error),
    cmocka_unit_test(a_file_that_is_replaced_is_read_as_it_was),
    cmocka_unit_test(a_stopped_call_leaves_a_session_that_works),
    cmocka_unit_test(a_streamed_model_holds_no_blocks),
    cmocka_unit_test(every_failed_allocation_is_an_error_without_a_leak),
    cmocka_unit_test(the_builtin_model_is_always_resident),
};

PW_TEST_MAIN(tests, setup, teardown)
