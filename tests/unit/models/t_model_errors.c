/* SPDX-License-Identifier: MIT */
/* What is refused, and how: misuse of the calls, files that are no encoder, every allocation
 * that fails. */
#include "models_check.h"

#include <unistd.h>

#include "failing_allocator.h"
#include "models/init.h"

#define VOCAB 60

static const pwi_init_kind sizes = {"errors", 64, 2, 1, 96, 40, PW_ACTIVATION_GELU};
static char path[64];

static int setup(void **state)
{
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_tensor_set *set = NULL;

    (void)state;
    snprintf(path, sizeof(path), "/tmp/padwise-errors-%ld", (long)getpid());
    if (pwi_init_tensors(&set, ctx, &sizes, VOCAB, 1, PW_F32, NULL) != PW_OK ||
        pw_tensor_set_save(set, ctx, path, NULL, NULL) != PW_OK)
        return -1;
    pw_tensor_set_free(set);
    pw_context_free(ctx);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return remove(path);
}

static void misuse_gets_its_status(void **state)
{
    static const int32_t good[4] = {0, 1, 2, 59}, high[4] = {0, 1, 2, 60},
                         low[4] = {0, -1, 2, 3};
    static float room[4 * 64];
    const pw_batch batch = {good, NULL, 1, 4, NULL, 0}, too_high = {high, NULL, 1, 4, NULL, 0},
                   negative = {low, NULL, 1, 4, NULL, 0},
                   too_long = {good, NULL, 1, 78, NULL, 0}, empty = {good, NULL, 1, 0, NULL, 0},
                   no_prompts = {good, NULL, 0, 4, NULL, 0};
    pw_output last = {.kind = PW_OUTPUT_LAST_HIDDEN_STATE, .data = room, .capacity = 4 * 64},
              wrong = last;
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_model *model = NULL;
    pw_session *session = NULL;
    pw_error err;

    (void)state;
    assert_int_equal(pw_model_open(&model, ctx, path, NULL, NULL, &err), PW_OK);
    assert_int_equal(pw_session_create(&session, model, 0, &err), PW_OK);
    pw_model_free(model); /* the session keeps it alive */
    pw_context_free(ctx); /* and the model its context */
    assert_int_equal(pw_model_encode(session, &batch, &last, 1, &err), PW_OK);
    assert_int_equal(pw_model_encode(session, &no_prompts, &last, 1, &err), PW_OK);
    assert_int_equal(pw_model_encode(session, &too_high, &last, 1, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_model_encode(session, &negative, &last, 1, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_model_encode(session, &too_long, &last, 1, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_model_encode(session, &empty, &last, 1, &err), PW_ERR_ARGUMENT);
    wrong.capacity--;
    assert_int_equal(pw_model_encode(session, &batch, &wrong, 1, &err), PW_ERR_CAPACITY);
    wrong = (pw_output){
        .kind = PW_OUTPUT_HIDDEN_STATE, .layer = 3, .data = room, .capacity = 4 * 64};
    assert_int_equal(pw_model_encode(session, &batch, &wrong, 1, &err), PW_ERR_ARGUMENT);
    wrong.layer = -4;
    assert_int_equal(pw_model_encode(session, &batch, &wrong, 1, &err), PW_ERR_ARGUMENT);
    wrong.layer = -3;
    assert_int_equal(pw_model_encode(session, &batch, &wrong, 1, &err), PW_OK);
    wrong.data = NULL;
    assert_int_equal(pw_model_encode(session, &batch, &wrong, 1, &err), PW_ERR_ARGUMENT);
    pw_session_free(session);
    pw_session_free(NULL);
    pw_model_free(NULL);
}

static void assert_refused(pw_context *ctx, const char *file, pw_status status,
                           const char *part_of_text)
{
    pw_model *model = (pw_model *)(uintptr_t)1;
    pw_error err;

    assert_int_equal(pw_model_open(&model, ctx, file, NULL, NULL, &err), status);
    assert_null(model);
    if (strstr(err.text, part_of_text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, part_of_text);
}

static void save_without(pw_context *ctx, const pw_tensor_set *all, const char *dropped,
                         const char *file, bool wrong_shape)
{
    pw_tensor_set *set = NULL;

    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    for (size_t i = 0; i < pw_tensor_set_n(all); i++) {
        const pw_tensor *t = pw_tensor_set_tensor(all, i);
        const char *name = pw_tensor_set_name(all, i);
        const int64_t odd[2] = {7, 3};
        const bool is_dropped = strcmp(name, dropped) == 0;
        void *data;

        if (is_dropped && !wrong_shape)
            continue;
        assert_int_equal(pw_tensor_set_add(set, name, t->dtype, t->rank,
                                           is_dropped ? odd : t->shape, &data, NULL),
                         PW_OK);
    }
    assert_int_equal(pw_tensor_set_save(set, ctx, file, NULL, NULL), PW_OK);
    pw_tensor_set_free(set);
}

/* Every tensor of a tower, left out once and misshapen once: the message must name it. */
static void each_missing_or_misshapen_tensor_is_named(void **state)
{
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_tensor_set *set = NULL;
    char file[80];

    (void)state;
    snprintf(file, sizeof(file), "%s-part", path);
    assert_int_equal(pwi_init_tensors(&set, ctx, &sizes, VOCAB, 1, PW_F32, NULL), PW_OK);
    for (size_t i = 0; i < pw_tensor_set_n(set); i++) {
        const char *name = pw_tensor_set_name(set, i);

        if (strcmp(name, "text_projection.weight") == 0)
            continue; /* a file may lack it */
        save_without(ctx, set, name, file, false);
        if (strstr(name, "token_embedding") != NULL)
            assert_refused(ctx, file, PW_ERR_NOT_FOUND, "no text encoder");
        else if (strstr(name, "layers.1.layer_norm1.weight") != NULL)
            continue; /* the tower then has one layer: nothing tells that there was another */
        else if (strstr(name, "layers.0.layer_norm1.weight") != NULL)
            assert_refused(ctx, file, PW_ERR_LIMIT, "number of layers");
        else
            assert_refused(ctx, file, PW_ERR_FORMAT, name);
    }
    save_without(ctx, set, "text_model.encoder.layers.1.mlp.fc2.weight", file, true);
    assert_refused(ctx, file, PW_ERR_FORMAT,
                   "has shape [7, 3], but the encoder needs [64, 96]");
    remove(file);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static void kinds_that_cannot_be_run_are_named(void **state)
{
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_tensor_set *set = NULL;
    const int64_t shape[2] = {8, 4};
    void *data;
    char file[80];

    (void)state;
    snprintf(file, sizeof(file), "%s-t5", path);
    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "encoder.block.0.layer.0.SelfAttention.q.weight",
                                       PW_F32, 2, shape, &data, NULL),
                     PW_OK);
    assert_int_equal(pw_tensor_set_save(set, ctx, file, NULL, NULL), PW_OK);
    assert_refused(ctx, file, PW_ERR_NOT_FOUND, "T5");
    remove(file);
    assert_refused(ctx, file, PW_ERR_NOT_FOUND, "no such file");
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static bool stop_at_once(void *user, const pw_progress *progress)
{
    (void)progress;
    return --*(int *)user < 0;
}

static void a_caller_can_stop_opening_and_encoding(void **state)
{
    static const int32_t ids[4] = {0, 1, 2, 59};
    static float room[4 * 64];
    const pw_batch batch = {ids, NULL, 1, 4, NULL, 0};
    const pw_output last = {
        .kind = PW_OUTPUT_LAST_HIDDEN_STATE, .data = room, .capacity = 4 * 64};
    int calls_left;
    pw_context_options options;
    pw_context *ctx = NULL;
    pw_model *model = NULL;
    pw_session *session = NULL;
    pw_error err;

    (void)state;
    pw_context_options_init(&options);
    options.n_threads = 1;
    options.progress = stop_at_once;
    options.progress_user = &calls_left;
    assert_int_equal(pw_context_create(&ctx, &options, &err), PW_OK);
    for (int n_calls = 0; n_calls < 2; n_calls++) { /* before the first batch, and after it */
        calls_left = n_calls;
        assert_int_equal(pw_model_open(&model, ctx, path, NULL, NULL, &err), PW_ERR_CANCELLED);
        assert_null(model);
    }
    calls_left = 1000;
    assert_int_equal(pw_model_open(&model, ctx, path, NULL, NULL, &err), PW_OK);
    assert_int_equal(pw_session_create(&session, model, 0, &err), PW_OK);
    calls_left = 1;
    assert_int_equal(pw_model_encode(session, &batch, &last, 1, &err), PW_ERR_CANCELLED);
    pw_session_free(session);
    pw_model_free(model);
    pw_context_free(ctx);
}

static void every_failed_allocation_is_an_error_without_a_leak(void **state)
{
    size_t n = 1;
    bool done = false;

    (void)state;
    for (; !done; n++) {
        struct failing f = {.fail_at = n};
        pw_context_options options;
        pw_context *ctx = NULL;
        pw_model *model = NULL;
        pw_session *session = NULL;
        pw_status status;
        pw_error err;

        pw_context_options_init(&options);
        options.n_threads = 1;
        options.allocator = failing_allocator(&f);
        status = pw_context_create(&ctx, &options, &err);
        if (status == PW_OK)
            status = pw_model_open(&model, ctx, path, NULL, NULL, &err);
        if (status == PW_OK)
            status = pw_session_create(&session, model, 0, &err);
        assert_true(status == PW_OK || status == PW_ERR_NO_MEMORY);
        done = status == PW_OK;
        pw_session_free(session);
        pw_model_free(model);
        pw_context_free(ctx);
        assert_int_equal(f.n_out, 0);
    }
    assert_true(n > 50);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(misuse_gets_its_status),
    cmocka_unit_test(each_missing_or_misshapen_tensor_is_named),
    cmocka_unit_test(kinds_that_cannot_be_run_are_named),
    cmocka_unit_test(a_caller_can_stop_opening_and_encoding),
    cmocka_unit_test(every_failed_allocation_is_an_error_without_a_leak),
};

PW_TEST_MAIN(tests, setup, teardown)
