/* SPDX-License-Identifier: MIT */
/* A folder that is not empty: what is kept, what is refused and why, what is cleaned away. */
#include "bulk_check.h"

static void finished_shards_are_kept(void **state)
{
    struct run whole = new_run(*state), stopped = new_run(*state);

    must_go(&whole);
    for (size_t n = 1; n < 5; n++) {
        snprintf(stopped.folder, sizeof(stopped.folder), "%s/stopped-%zu", stopped.f->root, n);
        stopped.stop_after = n;
        stopped.options.window_bytes = 1;
        assert_int_equal(go(&stopped), PW_ERR_CANCELLED);
        assert_int_equal(n_names(stopped.folder), n);
        stopped.stop_after = 0;
        must_go(&stopped);
        assert_int_equal(stopped.n_kept, n);
        assert_int_equal(stopped.n_written, 5 - n);
        assert_int_equal(stopped.n_cut, whole.n_cut);
        assert_same_folders(whole.folder, stopped.folder);
    }
    must_go(&stopped);
    assert_int_equal(stopped.n_windows, 0);
    assert_int_equal(stopped.counts.n_files_kept, 5);
    assert_int_equal(stopped.counts.n_kept, N_PROMPTS);
}

static void put_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* What kill -9 leaves in the middle of a write; other people's dot files stay. */
static void left_overs_are_removed(void **state)
{
    struct run run = new_run(*state), clean = new_run(*state);

    must_go(&clean);
    assert_int_equal(mkdir(run.folder, 0777), 0);
    put_file(run.folder, ".shard-00001.safetensors.tmp.123.0", "half");
    put_file(run.folder, ".index.jsonl.tmp.123.0", "half");
    put_file(run.folder, ".mine.tmp.123.0", "");
    put_file(run.folder, ".shard-00001.safetensors.tmp.notes", "");
    must_go(&run);
    assert_int_equal(n_names(run.folder), n_names(clean.folder) + 2);
}

/* One choice at a time differs: the folder is refused by its name and stays as it was. */
static void assert_refused(struct run *run, const char *why)
{
    const size_t n = n_names(run->folder);

    assert_int_equal(go(run), PW_ERR_MISMATCH);
    if (strstr(run->err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", run->err.text, why);
    assert_non_null(strstr(run->err.where, "shard-0000"));
    assert_int_equal(run->n_written, 0);
    assert_int_equal(n_names(run->folder), n);
}

static void other_choices_are_refused(void **state)
{
    static const char *const other_only[] = {"pooler_output", "text_embeds"};
    struct run run = new_run(*state), changed;

    must_go(&run);
    changed = run;
    changed.conditioning.mask = PW_MASK_NONE;
    assert_refused(&changed, "its \"mask\" is \"hf\", this run's \"none\"");
    changed = run;
    changed.conditioning.n_length = 9;
    assert_refused(&changed, "its \"length\" is \"8\", this run's \"9\"");
    changed = run;
    changed.conditioning.pad_id = 5;
    assert_refused(&changed, "its \"pad_id\" is");
    changed = run;
    changed.conditioning.only = other_only;
    changed.conditioning.n_only = 2;
    assert_refused(&changed, "its \"only\" is");
    changed = run;
    changed.conditioning.n_only = 0;
    assert_refused(&changed, "it has \"only\"");
    changed = run;
    changed.conditioning.hidden_norm = true;
    assert_refused(&changed, "this run has \"hidden_norm\"");
    changed = run;
    changed.save.float_dtype = PW_F16;
    assert_refused(&changed, "its tensors are F32, this run's F16");
    changed = run;
    changed.options.shard_size = 4;
    assert_refused(&changed, "it holds 5 prompts, and this run would put 4 there");
    changed = run;
    changed.other = "an otter";
    assert_refused(&changed, "its row 2 is of another prompt than \"an otter\"");
    changed = run;
    changed.has_negatives = true;
    assert_refused(&changed, "its row 1 is of another prompt");
    changed = run;
    changed.n_prompts = N_PROMPTS + 1;
    assert_refused(&changed, "it holds 3 prompts, and this run would put 4 there");
    changed = run;
    changed.n_prompts = 10;
    assert_refused(&changed, "it is of a longer run");
}

static void another_model_is_refused(void **state)
{
    struct run run = new_run(*state), changed;
    pw_model_options options;
    pw_model *model;

    must_go(&run);
    pw_model_options_init(&options);
    options.activation = PW_ACTIVATION_GELU;
    assert_int_equal(pw_model_open_builtin(&model, run.f->ctx, &options, NULL), PW_OK);
    changed = run;
    changed.f =
        &(struct fixture){.ctx = run.f->ctx, .model = model, .tokenizer = run.f->tokenizer};
    assert_refused(&changed, "its \"activation\" is");
    pw_model_free(model);
}

static void foreign_and_broken_files_are_refused(void **state)
{
    struct run run = new_run(*state);
    char path[256];

    must_go(&run);
    snprintf(path, sizeof(path), "%s/shard-00000.safetensors", run.folder);
    assert_int_equal(truncate(path, 1000), 0);
    assert_int_equal(go(&run), PW_ERR_MISMATCH);
    put_file(run.folder, "shard-00000.safetensors", "a text of mine");
    assert_int_equal(go(&run), PW_ERR_MISMATCH);
    assert_non_null(strstr(run.err.text, "--force"));
}

static void replacing_mends_a_folder(void **state)
{
    struct run run = new_run(*state), longer = new_run(*state);

    must_go(&run);
    longer.n_prompts = N_PROMPTS + 40;
    longer.other = "an otter";
    must_go(&longer);
    put_file(longer.folder, "shard-00000.safetensors", "a text of mine");
    longer.n_prompts = N_PROMPTS;
    longer.other = NULL;
    longer.options.replaces = true;
    must_go(&longer);
    assert_int_equal(longer.n_kept, 2); /* 2 and 3; 1 had the otter, 4 was longer */
    assert_same_folders(run.folder, longer.folder);
}

static void two_runs_at_once_are_refused(void **state)
{
    struct run run = new_run(*state);
    const pw_encoder encoder = {NULL, run.f->model, run.f->tokenizer};
    pw_bulk *first = NULL;

    run.options.folder = run.folder;
    assert_int_equal(pw_bulk_create(&first, run.f->ctx, &encoder, 1, NULL, &run.options, NULL),
                     PW_OK);
    assert_int_equal(go(&run), PW_ERR_IO);
    pw_bulk_free(first);
    must_go(&run);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(finished_shards_are_kept),
    cmocka_unit_test(left_overs_are_removed),
    cmocka_unit_test(other_choices_are_refused),
    cmocka_unit_test(another_model_is_refused),
    cmocka_unit_test(foreign_and_broken_files_are_refused),
    cmocka_unit_test(replacing_mends_a_folder),
    cmocka_unit_test(two_runs_at_once_are_refused),
};

PW_TEST_MAIN(tests, setup, teardown)
