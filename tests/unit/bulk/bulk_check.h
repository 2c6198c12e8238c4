/* SPDX-License-Identifier: MIT */
/* What the tests of bulk/ share: a fixture with the built-in model, runs over generated
 * prompts, folders compared byte by byte. */
#ifndef PWI_TESTS_BULK_CHECK_H
#define PWI_TESTS_BULK_CHECK_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <padwise/padwise.h>

#include "check.h"

#define N_PROMPTS 23

struct fixture {
    pw_context *ctx;
    pw_model *model;
    pw_tokenizer *tokenizer;
    char root[64]; /* a folder for all of them */
    unsigned n_folders;
};

/* Few positions and one tensor: the model is not what is tested. */
static inline pw_conditioning_options small_options(void)
{
    static const char *const only[] = {"pooler_output"};
    pw_conditioning_options options;

    pw_conditioning_options_init(&options);
    options.length = PW_LENGTH_FIXED;
    options.n_length = 8;
    options.only = only;
    options.n_only = 1;
    return options;
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    pw_context_options options;

    pw_context_options_init(&options);
    options.n_threads = 1;
    strcpy(f->root, "/tmp/padwise-bulk-XXXXXX");
    if (mkdtemp(f->root) == NULL || pw_context_create(&f->ctx, &options, NULL) != PW_OK ||
        pw_model_open_builtin(&f->model, f->ctx, NULL, NULL) != PW_OK ||
        pw_tokenizer_open_builtin(&f->tokenizer, f->ctx, NULL, NULL) != PW_OK)
        return -1;
    *state = f;
    return 0;
}

static inline void empty_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        const size_t size = strlen(folder) + strlen(entry->d_name) + 2;
        char *path = malloc(size);

        if (path == NULL)
            break;
        snprintf(path, size, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlink(path) != 0)
            empty_folder(path);
        free(path);
    }
    if (entries != NULL)
        closedir(entries);
    rmdir(folder);
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    empty_folder(f->root);
    pw_tokenizer_free(f->tokenizer);
    pw_model_free(f->model);
    pw_context_free(f->ctx);
    free(f);
    return 0;
}

/* A run and what it told. */
struct run {
    struct fixture *f;
    char folder[128];
    pw_conditioning_options conditioning;
    pw_bulk_options options;
    pw_save_options save;
    size_t n_prompts, stop_after; /* files; 0: never */
    const char *other;            /* the text of prompt 7, NULL: as the others */
    const char *second;           /* prompt_2 of all; NULL: none */
    pw_encoder encoders[2];
    size_t n_encoders;  /* 0: one, the fixture's */
    bool has_negatives; /* of two prompts, in shards 1 and 2 */
    size_t n_windows, n_written, n_kept, n_cut;
    pw_bulk_counts counts;
    pw_error err;
};

static inline bool on_file(void *user, const pw_bulk_file *file)
{
    struct run *run = user;

    run->n_written += !file->is_kept;
    run->n_kept += file->is_kept;
    assert_true((file->set == NULL) == file->is_kept);
    for (size_t i = 0; i < file->n_prompts; i++)
        run->n_cut += file->n_cut[i];
    return run->stop_after != 0 && run->n_written == run->stop_after;
}

static inline void on_window(void *user, const pw_bulk_item *items, size_t n_prompts,
                             size_t n_passes)
{
    struct run *run = user;

    assert_true(n_prompts > 0);
    assert_int_equal(n_passes, run->n_encoders == 2 ? 2 : 1);
    assert_non_null(items[n_prompts - 1].prompt.prompt.bytes);
    run->n_windows++;
}

static inline struct run new_run(struct fixture *f)
{
    struct run run = {.f = f, .n_prompts = N_PROMPTS};

    snprintf(run.folder, sizeof(run.folder), "%s/%u", f->root, f->n_folders++);
    run.conditioning = small_options();
    pw_bulk_options_init(&run.options);
    pw_save_options_init(&run.save);
    run.options.shard_size = 5;
    return run;
}

/* Prompt i in `buffer`, some of them longer than the eight tokens. */
static inline pw_bulk_item item_of(const struct run *run, size_t i, char buffer[128])
{
    pw_bulk_item item = {.id = i % 2 == 0 ? NULL : "odd \"one\""};

    snprintf(buffer, 128, i % 7 == 3 ? "beaver %zu with very many big blue teeth" : "a cat %zu",
             i);
    if (run->other != NULL && i == 7)
        snprintf(buffer, 128, "%s", run->other);
    item.prompt.prompt = (pw_text){buffer, strlen(buffer)};
    if (run->has_negatives && (i == 6 || i == 12))
        item.prompt.negative = (pw_text){"blurry", 6};
    if (run->second != NULL)
        item.prompt.prompt_2 = (pw_text){run->second, strlen(run->second)};
    return item;
}

static inline pw_status add_all(struct run *run, pw_bulk *bulk)
{
    pw_status status = PW_OK;
    char buffer[128];

    for (size_t i = 0; i < run->n_prompts && status == PW_OK; i++) {
        const pw_bulk_item item = item_of(run, i, buffer);

        status = pw_bulk_add(bulk, &item, &run->err);
    }
    if (status == PW_OK)
        status = pw_bulk_finish(bulk, &run->err);
    return status;
}

static inline pw_status go(struct run *run)
{
    const pw_encoder encoder = {NULL, run->f->model, run->f->tokenizer};
    pw_bulk *bulk = NULL;
    pw_status status;

    run->options.folder = run->folder;
    run->options.save = &run->save;
    run->options.on_file = on_file;
    run->options.on_window = on_window;
    run->options.user = run;
    run->n_windows = run->n_written = run->n_kept = run->n_cut = 0;
    status = pw_bulk_create(&bulk, run->f->ctx, run->n_encoders == 0 ? &encoder : run->encoders,
                            run->n_encoders == 0 ? 1 : run->n_encoders, &run->conditioning,
                            &run->options, &run->err);
    if (status != PW_OK)
        return status;
    status = add_all(run, bulk);
    if (status == PW_OK)
        status = pw_bulk_write_index(bulk, &run->err);
    pw_bulk_get_counts(bulk, &run->counts);
    pw_bulk_free(bulk);
    return status;
}

static inline void must_go(struct run *run)
{
    if (go(run) != PW_OK)
        fail_msg("%s: %s", run->err.where, run->err.text);
}

static inline char *bytes_of(const char *folder, const char *name, size_t *size)
{
    char path[512];
    char *bytes;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("there is no %s", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static inline size_t n_names(const char *folder)
{
    DIR *entries = opendir(folder);
    size_t n = 0;

    while (entries != NULL && readdir(entries) != NULL)
        n++;
    if (entries != NULL)
        closedir(entries);
    return n > 2 ? n - 2 : 0;
}

/* The same names with the same bytes. */
static inline void assert_same_folders(const char *a, const char *b)
{
    DIR *entries = opendir(a);
    const struct dirent *entry;

    assert_non_null(entries);
    assert_int_equal(n_names(a), n_names(b));
    while ((entry = readdir(entries)) != NULL) {
        size_t a_size, b_size;
        char *a_bytes, *b_bytes;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        a_bytes = bytes_of(a, entry->d_name, &a_size);
        b_bytes = bytes_of(b, entry->d_name, &b_size);
        assert_int_equal(a_size, b_size);
        assert_memory_equal(a_bytes, b_bytes, a_size);
        free(a_bytes);
        free(b_bytes);
    }
    closedir(entries);
}

#endif
