/* SPDX-License-Identifier: MIT */
/* Memory runs out at every allocation in turn, through the public library alone: a prompt to a
 * file, files to tensors and back, a checkpoint, a vocabulary. Each time the call must say
 * PW_ERR_NO_MEMORY, give everything back, and leave no file, half a file or temporary file. */
#include "check.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <padwise/padwise.h>

#include "failing_allocator.h"

/* PW_OK or the status of the call that failed. */
#define TRY(call)                                                                              \
    do {                                                                                       \
        status = (call);                                                                       \
        if (status != PW_OK)                                                                   \
            goto done;                                                                         \
    } while (0)

/* Once it is out, memory stays out: clean-up must not need any. */
static void *exhausted_alloc(void *ctx, size_t size, size_t align)
{
    struct failing *f = ctx;

    if (f->fail_at != 0 && f->n_calls + 1 >= f->fail_at) {
        f->n_calls++;
        return NULL;
    }
    return failing_alloc(ctx, size, align);
}

static pw_status context_create(pw_context **ctx, const pw_allocator *allocator)
{
    pw_context_options options;

    pw_context_options_init(&options);
    options.allocator = *allocator;
    options.n_threads = 1;
    return pw_context_create(ctx, &options, NULL);
}

/* Where a scenario may write; inputs made once with plenty of memory lie beside it. */
static char out_folder[] = "/tmp/padwise-sweep-XXXXXX";
static char in_folder[] = "/tmp/padwise-sweep-in-XXXXXX";

static const char *path_in(const char *folder, const char *name)
{
    static char path[1024];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

/* The main job: everything that `padwise encode` asks of the library. */
static pw_status encode(const pw_allocator *allocator)
{
    pw_context *ctx = NULL;
    pw_model *model = NULL;
    pw_tokenizer *tokenizer = NULL;
    pw_tensor_set *set = NULL;
    const pw_prompt_texts prompts[2] = {{.prompt = {"a beaver", 8}, .negative = {"", 0}},
                                        {.prompt = {"blue teeth!", 11}}};
    pw_encoder encoder = {0};
    pw_status status;

    TRY(context_create(&ctx, allocator));
    TRY(pw_model_open_builtin(&model, ctx, NULL, NULL));
    TRY(pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, NULL));
    encoder.model = model;
    encoder.tokenizer = tokenizer;
    TRY(pw_conditioning_encode(&set, ctx, &encoder, 1, prompts, 2, NULL, NULL));
    TRY(pw_tensor_set_save(set, ctx, path_in(out_folder, "out.safetensors"), NULL, NULL));
done:
    pw_tensor_set_free(set);
    pw_tokenizer_free(tokenizer);
    pw_model_free(model);
    pw_context_free(ctx);
    return status;
}

/* A file of each format, read whole and written again. */
static pw_status convert(const pw_allocator *allocator, const char *name, pw_format format)
{
    pw_context *ctx = NULL;
    pw_tensor_set *set = NULL;
    pw_save_options options;
    pw_status status;

    pw_save_options_init(&options);
    options.format = format;
    options.float_dtype = format == PW_FORMAT_SAFETENSORS ? PW_BF16 : PW_F32;
    TRY(context_create(&ctx, allocator));
    TRY(pw_tensor_set_load(&set, ctx, path_in(in_folder, name), NULL, NULL));
    TRY(pw_tensor_set_save(set, ctx, path_in(out_folder, name), &options, NULL));
done:
    pw_tensor_set_free(set);
    pw_context_free(ctx);
    return status;
}

static pw_status convert_safetensors(const pw_allocator *allocator)
{
    return convert(allocator, "in.safetensors", PW_FORMAT_SAFETENSORS);
}

static pw_status convert_npz(const pw_allocator *allocator)
{
    return convert(allocator, "in.npz", PW_FORMAT_NPZ);
}

static pw_status convert_npy(const pw_allocator *allocator)
{
    return convert(allocator, "in.npy", PW_FORMAT_NPY);
}

static pw_status convert_json(const pw_allocator *allocator)
{
    return convert(allocator, "in.json", PW_FORMAT_JSON);
}

/* A checkpoint is opened and scanned. */
static pw_status checkpoint(const pw_allocator *allocator)
{
    char folder[1024];
    pw_context *ctx = NULL;
    pw_model *model = NULL;
    pw_model_scan *scan = NULL;
    pw_status status;

    snprintf(folder, sizeof(folder), "%s", path_in(in_folder, "tiny"));
    TRY(context_create(&ctx, allocator));
    TRY(pw_model_open(&model, ctx, folder, NULL, NULL, NULL));
    TRY(pw_model_scan_open(&scan, ctx, folder, NULL, NULL));
done:
    pw_model_scan_free(scan);
    pw_model_free(model);
    pw_context_free(ctx);
    return status;
}

static pw_status train_vocabulary(const pw_allocator *allocator)
{
    const char *const text = "the beaver and the other beavers gather there, whether or not";
    const size_t size = strlen(text);
    pw_context *ctx = NULL;
    pw_tokenizer *tokenizer = NULL;
    pw_status status;

    TRY(context_create(&ctx, allocator));
    TRY(pw_tokenizer_train(&tokenizer, ctx, &text, &size, 1, 10, NULL));
done:
    pw_tokenizer_free(tokenizer);
    pw_context_free(ctx);
    return status;
}

/* Remove what is in the folder; the number of things that were there. */
static size_t empty_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_int_equal(unlink(path_in(folder, entry->d_name)), 0);
        n++;
    }
    closedir(dir);
    return n;
}

/* One run with the n-th allocation failing. True when the scenario came through without meeting
 * it. */
static bool run(pw_status (*scenario)(const pw_allocator *), size_t fail_at, bool stays_out)
{
    struct failing f = {.fail_at = fail_at};
    pw_allocator allocator = failing_allocator(&f);
    pw_status status;

    if (stays_out)
        allocator.alloc = exhausted_alloc;
    status = scenario(&allocator);
    assert_int_equal(f.n_out, 0);
    assert_int_equal(f.bytes_out, 0);
    if (status == PW_OK) {
        assert_true(fail_at == 0 || f.n_calls < fail_at);
        empty_folder(out_folder);
        return true;
    }
    if (status != PW_ERR_NO_MEMORY)
        fail_msg("allocation %zu failed, and the status was %s", fail_at,
                 pw_status_name(status));
    if (empty_folder(out_folder) > 0)
        fail_msg("allocation %zu failed, and a file was left", fail_at);
    return false;
}

static void sweep(pw_status (*scenario)(const pw_allocator *))
{
    size_t n = 1;

    assert_true(run(scenario, 0, false));
    while (!run(scenario, n, false)) {
        run(scenario, n, true);
        n++;
    }
    print_message("%zu allocations failed, one at a time\n", n - 1);
    assert_true(n > 1);
}

#define SWEEP(scenario)                                                                        \
    static void sweep_##scenario(void **state)                                                 \
    {                                                                                          \
        (void)state;                                                                           \
        sweep(scenario);                                                                       \
    }

SWEEP(encode)
SWEEP(convert_safetensors)
SWEEP(convert_npz)
SWEEP(convert_npy)
SWEEP(convert_json)
SWEEP(checkpoint)
SWEEP(train_vocabulary)

/* The inputs: a small set in each format, and a checkpoint. */
static int make_inputs(void **state)
{
    const int64_t shape[2] = {3, 5};
    pw_context *ctx = NULL;
    pw_tensor_set *set = NULL;
    pw_save_options options;
    void *data;
    pw_status status;

    (void)state;
    if (mkdtemp(out_folder) == NULL || mkdtemp(in_folder) == NULL)
        return -1;
    pw_save_options_init(&options);
    TRY(pw_context_create(&ctx, NULL, NULL));
    TRY(pw_tensor_set_create(&set, ctx, NULL));
    TRY(pw_tensor_set_add(set, "embedding", PW_F32, 2, shape, &data, NULL));
    for (size_t i = 0; i < 15; i++)
        ((float *)data)[i] = (float)i / 4.0f;
    TRY(pw_tensor_set_put_metadata(set, "prompt", "\"a beaver\"", NULL));
    TRY(pw_tensor_set_save(set, ctx, path_in(in_folder, "in.safetensors"), &options, NULL));
    options.format = PW_FORMAT_NPZ;
    TRY(pw_tensor_set_save(set, ctx, path_in(in_folder, "in.npz"), &options, NULL));
    options.format = PW_FORMAT_NPY;
    TRY(pw_tensor_set_save(set, ctx, path_in(in_folder, "in.npy"), &options, NULL));
    options.format = PW_FORMAT_JSON;
    TRY(pw_tensor_set_save(set, ctx, path_in(in_folder, "in.json"), &options, NULL));
    TRY(pw_model_init_files(ctx, "tiny", 1, PW_F32, NULL, path_in(in_folder, "tiny"), NULL));
done:
    pw_tensor_set_free(set);
    pw_context_free(ctx);
    return status == PW_OK ? 0 : -1;
}

static int remove_inputs(void **state)
{
    char tiny[1024];

    (void)state;
    empty_folder(out_folder);
    rmdir(out_folder);
    snprintf(tiny, sizeof(tiny), "%s", path_in(in_folder, "tiny"));
    empty_folder(tiny);
    rmdir(tiny);
    empty_folder(in_folder);
    return rmdir(in_folder);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sweep_encode),           cmocka_unit_test(sweep_convert_safetensors),
    cmocka_unit_test(sweep_convert_npz),      cmocka_unit_test(sweep_convert_npy),
    cmocka_unit_test(sweep_convert_json),     cmocka_unit_test(sweep_checkpoint),
    cmocka_unit_test(sweep_train_vocabulary),
};

PW_TEST_MAIN(tests, make_inputs, remove_inputs)
