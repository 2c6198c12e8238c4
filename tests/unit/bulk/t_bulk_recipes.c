/* SPDX-License-Identifier: MIT */
/* Bulk with recipes of several encoders, dialects that chunk, and prompts that give several
 * conditions. The built-in model stands for every encoder. */
#include "bulk_check.h"

static pw_status go_with(struct run *run, size_t n_encoders)
{
    run->encoders[0] = run->encoders[1] = (pw_encoder){NULL, run->f->model, run->f->tokenizer};
    run->n_encoders = n_encoders;
    return go(run);
}

static void must_go_with(struct run *run, size_t n_encoders)
{
    if (go_with(run, n_encoders) != PW_OK)
        fail_msg("%s: %s", run->err.where, run->err.text);
}

static struct run sdxl_run(struct fixture *f)
{
    static const char *const only[] = {"pooled_prompt_embeds", "negative_pooled_prompt_embeds"};
    struct run run = new_run(f);

    run.conditioning.recipe = "sdxl";
    run.conditioning.only = only;
    run.conditioning.n_only = 2;
    return run;
}

static void several_encoders_in_any_windows(void **state)
{
    struct run large = sdxl_run(*state), small = sdxl_run(*state);

    must_go_with(&large, 2);
    assert_int_equal(large.n_windows, 1);
    small.options.window_bytes = 1;
    must_go_with(&small, 2);
    assert_int_equal(small.n_windows, 5);
    assert_same_folders(large.folder, small.folder);
}

/* A negative of its own does not need a call of its own where every prompt has that side. */
static void negatives_share_windows_of_pipelines(void **state)
{
    struct run run = sdxl_run(*state);

    run.has_negatives = true;
    must_go_with(&run, 2);
    assert_int_equal(run.n_windows, 1);
}

static void a_second_text_makes_another_run(void **state)
{
    struct run run = sdxl_run(*state);

    run.second = "a river";
    run.conditioning.n_length = 16;
    must_go_with(&run, 2);
    must_go_with(&run, 2);
    assert_int_equal(run.n_kept, 5);
    run.second = "a tree";
    assert_int_equal(go_with(&run, 2), PW_ERR_MISMATCH);
    run.second = NULL;
    assert_int_equal(go_with(&run, 2), PW_ERR_MISMATCH);
    run.second = "a river";
    run.conditioning.flavour = "comfyui";
    assert_int_equal(go_with(&run, 2), PW_ERR_MISMATCH);
    assert_non_null(strstr(run.err.text, "flavour"));
}

/* Files are as long as their longest prompt: no window may make them equal. */
static void a_dialect_that_chunks_calls_by_file(void **state)
{
    struct run run = new_run(*state), each = new_run(*state);

    run.conditioning.dialect = each.conditioning.dialect = "comfyui";
    run.conditioning.n_length = each.conditioning.n_length = 16;
    must_go_with(&run, 1);
    assert_int_equal(run.n_windows, 5);
    each.options.window_bytes = 1;
    must_go_with(&each, 1);
    assert_same_folders(run.folder, each.folder);
    must_go_with(&run, 1);
    assert_int_equal(run.n_kept, 5);
}

static void several_conditions_take_a_file_each(void **state)
{
    struct run run = new_run(*state);
    char *bytes;
    size_t size;

    run.conditioning.dialect = "a1111";
    run.n_prompts = 8;
    run.other = "a [cat:dog:0.5]";
    run.options.shard_size = 0;
    must_go_with(&run, 1);
    bytes = bytes_of(run.folder, "00006.safetensors", &size);
    assert_null(strstr(bytes + 8, "pooler_output.0"));
    free(bytes);
    bytes = bytes_of(run.folder, "odd \"one\".safetensors", &size);
    bytes[size] = '\0';
    assert_non_null(strstr(bytes + 8, "pooler_output.1"));
    free(bytes);
}

static void conditions_have_no_row_of_a_shard(void **state)
{
    struct run run = new_run(*state);

    run.conditioning.dialect = "a1111";
    run.other = "a [cat:dog:0.5]";
    assert_int_equal(go_with(&run, 1), PW_ERR_ARGUMENT);
    assert_non_null(strstr(run.err.where, "prompt "));
    snprintf(run.folder, sizeof(run.folder), "%s/alone", run.f->root);
    run.options.shard_size = 1; /* alone in its shard, too */
    assert_int_equal(go_with(&run, 1), PW_ERR_ARGUMENT);
    assert_non_null(strstr(run.err.text, "shard"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(several_encoders_in_any_windows),
    cmocka_unit_test(negatives_share_windows_of_pipelines),
    cmocka_unit_test(a_second_text_makes_another_run),
    cmocka_unit_test(a_dialect_that_chunks_calls_by_file),
    cmocka_unit_test(several_conditions_take_a_file_each),
    cmocka_unit_test(conditions_have_no_row_of_a_shard),
};

PW_TEST_MAIN(tests, setup, teardown)
