/* SPDX-License-Identifier: MIT */
/* A folder of shards: the same bytes whatever the windows, ranks and flushes; limits, misuse,
 * memory that runs out. */
#include "bulk_check.h"
#include "failing_allocator.h"

/* The definition: each shard is what one call for its prompts writes. */
static void a_shard_is_one_calls_file(void **state)
{
    struct fixture *f = *state;
    const pw_encoder encoder = {NULL, f->model, f->tokenizer};
    struct run run = new_run(f);
    char buffers[5][128], path[256];
    pw_prompt_texts prompts[5];
    pw_tensor_set *set;
    size_t n = 0, n_alone = 0;
    char *bytes, *alone;

    run.has_negatives = true;
    must_go(&run);
    assert_int_equal(n_names(run.folder), 5 + 1);
    for (size_t shard = 0; shard < 5; shard++) {
        const size_t n_rows = shard == 4 ? 3 : 5;

        for (size_t i = 0; i < n_rows; i++)
            prompts[i] = item_of(&run, shard * 5 + i, buffers[i]).prompt;
        assert_int_equal(pw_conditioning_encode(&set, f->ctx, &encoder, 1, prompts, n_rows,
                                                &run.conditioning, NULL),
                         PW_OK);
        snprintf(path, sizeof(path), "%s/alone", f->root);
        assert_int_equal(pw_tensor_set_save(set, f->ctx, path, NULL, NULL), PW_OK);
        pw_tensor_set_free(set);
        alone = bytes_of(f->root, "alone", &n_alone);
        snprintf(path, sizeof(path), "shard-%05zu.safetensors", shard);
        bytes = bytes_of(run.folder, path, &n);
        assert_int_equal(n, n_alone);
        assert_memory_equal(bytes, alone, n);
        free(bytes);
        free(alone);
    }
    assert_true(run.n_cut > 0);
}

static void the_index_names_every_row(void **state)
{
    struct run run = new_run(*state);
    char *index;
    size_t size;

    run.n_prompts = 6;
    must_go(&run);
    index = bytes_of(run.folder, "index.jsonl", &size);
    index[size] = '\0';
    assert_string_equal(
        index,
        "{\"id\":0,\"shard\":\"shard-00000.safetensors\",\"row\":0}\n"
        "{\"id\":\"odd \\\"one\\\"\",\"shard\":\"shard-00000.safetensors\",\"row\":1}\n"
        "{\"id\":2,\"shard\":\"shard-00000.safetensors\",\"row\":2}\n"
        "{\"id\":\"odd \\\"one\\\"\",\"shard\":\"shard-00000.safetensors\",\"row\":3}\n"
        "{\"id\":4,\"shard\":\"shard-00000.safetensors\",\"row\":4}\n"
        "{\"id\":\"odd \\\"one\\\"\",\"shard\":\"shard-00001.safetensors\",\"row\":0}\n");
    free(index);
}

static void windows_change_no_byte(void **state)
{
    struct run large = new_run(*state), small = new_run(*state);

    large.has_negatives = small.has_negatives = true;
    must_go(&large);
    small.options.window_bytes = 1;
    must_go(&small);
    assert_int_equal(small.n_windows, 5);
    assert_true(large.n_windows < small.n_windows);
    assert_same_folders(large.folder, small.folder);
}

static void ranks_make_the_same_folder(void **state)
{
    struct run one = new_run(*state), many = new_run(*state);
    size_t n_written = 0;

    must_go(&one);
    many.options.n_ranks = 3;
    for (many.options.rank = 2; many.options.rank >= 0; many.options.rank--) {
        must_go(&many);
        n_written += many.n_written;
        assert_int_equal(many.counts.n_prompts, N_PROMPTS);
    }
    assert_int_equal(n_written, 5);
    assert_same_folders(one.folder, many.folder);
}

/* Each prompt its own file: a window makes many, a caller that waits gets them early. */
static void a_file_each(void **state)
{
    struct run run = new_run(*state);
    const pw_encoder encoder = {NULL, run.f->model, run.f->tokenizer};
    pw_bulk_item item = {.prompt.prompt = {"a cat", 5}, .id = "cat"};
    pw_bulk *bulk = NULL;
    size_t size;

    run.options.shard_size = 0;
    run.options.folder = run.folder;
    assert_int_equal(
        pw_bulk_create(&bulk, run.f->ctx, &encoder, 1, &run.conditioning, &run.options, NULL),
        PW_OK);
    assert_int_equal(pw_bulk_add(bulk, &item, NULL), PW_OK);
    item.id = NULL;
    assert_int_equal(pw_bulk_add(bulk, &item, NULL), PW_OK);
    assert_int_equal(n_names(run.folder), 0);
    assert_int_equal(pw_bulk_flush(bulk, NULL), PW_OK);
    assert_int_equal(n_names(run.folder), 2);
    free(bytes_of(run.folder, "cat.safetensors", &size));
    free(bytes_of(run.folder, "00001.safetensors", &size));
    item.id = "../cat";
    assert_int_equal(pw_bulk_add(bulk, &item, NULL), PW_ERR_ARGUMENT);
    pw_bulk_free(bulk);
}

/* A flush in the middle of a shard leaves its prompts waiting. */
static void a_flush_keeps_what_is_not_complete(void **state)
{
    struct run plain = new_run(*state), run = new_run(*state);
    const pw_encoder encoder = {NULL, run.f->model, run.f->tokenizer};
    pw_bulk *bulk = NULL;
    char buffer[128];

    must_go(&plain);
    run.options.folder = run.folder;
    assert_int_equal(
        pw_bulk_create(&bulk, run.f->ctx, &encoder, 1, &run.conditioning, &run.options, NULL),
        PW_OK);
    for (size_t i = 0; i < N_PROMPTS; i++) {
        const pw_bulk_item item = item_of(&run, i, buffer);

        assert_int_equal(pw_bulk_add(bulk, &item, NULL), PW_OK);
        assert_int_equal(pw_bulk_flush(bulk, NULL), PW_OK);
    }
    assert_int_equal(pw_bulk_finish(bulk, NULL), PW_OK);
    assert_int_equal(pw_bulk_write_index(bulk, NULL), PW_OK);
    pw_bulk_free(bulk);
    assert_same_folders(plain.folder, run.folder);
}

/* A shard that memory or the format cannot hold is refused while it is read. */
static void a_shard_too_large_is_refused(void **state)
{
    struct run run = new_run(*state);

    run.options.shard_size = 1000000;
    run.n_prompts = 400000;
    run.conditioning.n_length = 77;
    assert_int_equal(go(&run), PW_ERR_LIMIT);
    assert_non_null(strstr(run.err.text, "--shard-size"));
    assert_int_equal(run.n_windows, 0);
    assert_int_equal(n_names(run.folder), 0);
}

static void a_refused_prompt_is_named(void **state)
{
    struct run run = new_run(*state);
    const pw_encoder encoder = {NULL, run.f->model, run.f->tokenizer};
    pw_bulk_item item = {.prompt.prompt = {"a cat", 5}, .where = "captions.txt line 1"};
    pw_bulk *bulk = NULL;

    run.options.folder = run.folder;
    assert_int_equal(
        pw_bulk_create(&bulk, run.f->ctx, &encoder, 1, &run.conditioning, &run.options, NULL),
        PW_OK);
    assert_int_equal(pw_bulk_add(bulk, &item, NULL), PW_OK);
    item = (pw_bulk_item){.prompt.prompt = {"a \xFF", 3}, .where = "captions.txt line 2"};
    assert_int_equal(pw_bulk_add(bulk, &item, NULL), PW_OK);
    assert_int_equal(pw_bulk_finish(bulk, &run.err), PW_ERR_UTF8);
    assert_string_equal(run.err.where, "captions.txt line 2");
    pw_bulk_free(bulk);
}

static void bad_arguments_are_refused(void **state)
{
    struct run run = new_run(*state);

    run.options.rank = 3;
    run.options.n_ranks = 3;
    assert_int_equal(go(&run), PW_ERR_ARGUMENT);
    run.options.rank = 0;
    run.folder[0] = '\0';
    assert_int_equal(go(&run), PW_ERR_ARGUMENT);
}

/* One whole life with memory that runs out: kept files, new ones, the index. */
static pw_status life(struct run *run, const pw_allocator *allocator)
{
    struct fixture f = *run->f, *before = run->f;
    pw_context_options options;
    pw_status status;

    pw_context_options_init(&options);
    options.allocator = *allocator;
    options.n_threads = 1;
    f.ctx = NULL;
    status = pw_context_create(&f.ctx, &options, NULL);
    run->f = &f;
    if (status == PW_OK)
        status = go(run);
    run->f = before;
    pw_context_free(f.ctx);
    return status;
}

static void memory_may_run_out_anywhere(void **state)
{
    struct run whole = new_run(*state), run = new_run(*state);
    struct failing failing = {0};
    const pw_allocator allocator = failing_allocator(&failing);
    char path[256];
    pw_status status;

    must_go(&whole);
    must_go(&run);
    do {
        for (unsigned shard = 1; shard < 3; shard++) {
            snprintf(path, sizeof(path), "%s/shard-%05u.safetensors", run.folder, shard);
            unlink(path);
        }
        failing.n_calls = 0;
        failing.fail_at++;
        status = life(&run, &allocator);
        if (status != PW_OK && status != PW_ERR_NO_MEMORY)
            fail_msg("allocation %zu: %s: %s", failing.fail_at, run.err.where, run.err.text);
        assert_int_equal(failing.n_out, 0);
    } while (status != PW_OK);
    assert_true(failing.fail_at > 50);
    assert_same_folders(whole.folder, run.folder);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_shard_is_one_calls_file),
    cmocka_unit_test(the_index_names_every_row),
    cmocka_unit_test(windows_change_no_byte),
    cmocka_unit_test(ranks_make_the_same_folder),
    cmocka_unit_test(a_file_each),
    cmocka_unit_test(a_flush_keeps_what_is_not_complete),
    cmocka_unit_test(a_shard_too_large_is_refused),
    cmocka_unit_test(a_refused_prompt_is_named),
    cmocka_unit_test(bad_arguments_are_refused),
    cmocka_unit_test(memory_may_run_out_anywhere),
};

PW_TEST_MAIN(tests, setup, teardown)
