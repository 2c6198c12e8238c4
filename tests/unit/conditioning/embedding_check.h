/* SPDX-License-Identifier: MIT */
/* For tests of embeddings: folders of files made from tensors' names and shapes, and what
 * opening them says. Include it first: nftw wants _XOPEN_SOURCE. */
#ifndef PWI_TESTS_EMBEDDING_CHECK_H
#define PWI_TESTS_EMBEDDING_CHECK_H

#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <padwise/embedding.h>
#include <padwise/model.h>

#include "failing_allocator.h"
#include "prompt/prompt_check.h"

static char top[64]; /* of this program's files; what is listed is in top/in */

static const pw_embedding_encoder clip_l = {"clip_l", 8};
static const pw_embedding_encoder sdxl[] = {{"clip_l", 8}, {"clip_g", 12}};

/* ---- Files. */

static inline const char *path_in(const char *name)
{
    static char paths[4][512];
    static unsigned i_next;
    char *path = paths[i_next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", top, name);
    return path;
}

static inline void make_folders_of(const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s", path_in(name));
    for (char *slash = strchr(path + strlen(top) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

static inline void put_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file;

    make_folders_of(name);
    file = fopen(path_in(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

#define NO_VECTORS (-1)

struct tensor {
    const char *key;
    int n_vectors, width; /* n_vectors 0: rank 1; NO_VECTORS: [0, width] */
    pw_dtype dtype;
};

static inline float element(int i_tensor, int i)
{
    return (float)(i_tensor + 1) + (float)i / 16.0f;
}

static inline int n_elements_of(const struct tensor *tensor)
{
    if (tensor->n_vectors == NO_VECTORS)
        return 0;
    return tensor->width * (tensor->n_vectors == 0 ? 1 : tensor->n_vectors);
}

/* The tensor's part of a header, its data beginning at *offset, which moves on. */
static inline void print_entry(FILE *file, const struct tensor *tensor, size_t *offset)
{
    const size_t begin = *offset;

    *offset += (size_t)n_elements_of(tensor) * pw_dtype_bits(tensor->dtype) / 8;
    fprintf(file, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[", begin == 0 ? "" : ",", tensor->key,
            pw_dtype_name(tensor->dtype));
    if (tensor->n_vectors != 0)
        fprintf(file, "%d,", tensor->n_vectors == NO_VECTORS ? 0 : tensor->n_vectors);
    fprintf(file, "%d],\"data_offsets\":[%zu,%zu]}", tensor->width, begin, *offset);
}

/* Element i of tensor t is element(t, i); integers are 0. */
static inline void write_data(FILE *file, const struct tensor *tensor, int i_tensor)
{
    const size_t size = pw_dtype_bits(tensor->dtype) / 8;

    for (int i = 0; i < n_elements_of(tensor); i++) {
        const float value = element(i_tensor, i);
        unsigned char bytes[8] = {0};

        if (tensor->dtype != PW_I64)
            assert_int_equal(pw_f32_to_dtype(tensor->dtype, bytes, &value, 1, NULL), PW_OK);
        assert_int_equal(fwrite(bytes, size, 1, file), 1);
    }
}

/* A safetensors file of these tensors. */
static inline void put_tensors(const char *name, const struct tensor *tensors, int n)
{
    size_t n_header, offset = 0;
    FILE *file;

    make_folders_of(name);
    file = fopen(path_in(name), "wb");
    assert_non_null(file);
    fwrite("--------{", 1, 9, file);
    for (int i = 0; i < n; i++)
        print_entry(file, &tensors[i], &offset);
    putc('}', file);
    n_header = (size_t)ftell(file) - 8;
    for (int i = 0; i < n; i++)
        write_data(file, &tensors[i], i);
    rewind(file);
    for (int i = 0; i < 8; i++)
        putc((int)(n_header >> (8 * i) & 0xFF), file);
    assert_int_equal(fclose(file), 0);
}

static inline void put_one(const char *name, const char *key, int n_vectors, int width)
{
    const struct tensor tensor = {key, n_vectors, width, PW_F32};

    put_tensors(name, &tensor, 1);
}

static inline int remove_one(const char *path, const struct stat *info, int type,
                             struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline int new_top(void **state)
{
    (void)state;
    snprintf(top, sizeof(top), "/tmp/padwise-test-XXXXXX");
    return mkdtemp(top) == NULL || mkdir(path_in("in"), 0777) != 0;
}

static inline int remove_top(void **state)
{
    (void)state;
    return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- Calls. */

struct warnings {
    size_t n;
    char last[1024];
};

static inline void note_warning(void *user, const char *where, const char *text)
{
    struct warnings *warnings = user;

    assert_true(strlen(where) > 0 && strlen(text) > 20);
    warnings->n++;
    snprintf(warnings->last, sizeof(warnings->last), "%s", text);
}

static inline pw_context *context_noting(struct warnings *warnings, struct failing *failing)
{
    pw_context_options options;
    pw_context *ctx = NULL;

    pw_context_options_init(&options);
    options.n_threads = 1;
    if (warnings != NULL) {
        options.log = note_warning;
        options.log_user = warnings;
    }
    if (failing != NULL)
        options.allocator = failing_allocator(failing);
    assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL), PW_OK);
    return ctx;
}

static inline pw_status open_in(pw_embeddings **out, pw_context *ctx, const char *dialect,
                                const pw_embedding_encoder *encoders, size_t n_encoders,
                                pw_error *err)
{
    const char *folder = path_in("in");

    return pw_embeddings_open(out, ctx, &folder, 1, pw_dialect_find(dialect), encoders,
                              n_encoders, err);
}

static inline pw_embeddings *opened(const char *dialect, const pw_embedding_encoder *encoders,
                                    size_t n_encoders, struct warnings *warnings)
{
    pw_context *ctx = context_noting(warnings, NULL);
    pw_embeddings *embeddings = NULL;
    pw_error err;

    if (open_in(&embeddings, ctx, dialect, encoders, n_encoders, &err) != PW_OK)
        fail_msg("%s: %s", err.where, err.text);
    pw_context_free(ctx); /* the embeddings keep it alive */
    return embeddings;
}

/* The index of a name, or -1. */
static inline int find(const pw_embeddings *embeddings, const char *name)
{
    size_t n;
    const pw_embedding *array = pw_embeddings_of(embeddings, 0, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(array[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static inline void assert_stands_for(const pw_embeddings *embeddings, const char *name,
                                     const char *path)
{
    const int i = find(embeddings, name);

    if (i < 0)
        fail_msg("there is no name %s", name);
    assert_string_equal(pw_embeddings_path(embeddings, (size_t)i), path_in(path));
}

static inline pw_plan *planned(pw_context *ctx, const char *dialect, const char *text,
                               size_t size, const pw_embeddings *embeddings, size_t i_encoder,
                               size_t width)
{
    pw_prompt_encoder encoder = word_encoder(20);
    pw_prompt_options options;
    pw_prompt *prompt = NULL;
    pw_plan *plan = NULL;
    pw_error err;

    pw_prompt_options_init(&options);
    options.dialect = pw_dialect_find(dialect);
    encoder.embeddings = pw_embeddings_of(embeddings, i_encoder, &encoder.n_embeddings);
    encoder.width = width;
    if (pw_prompt_parse(&prompt, ctx, text, size, &options, &err) != PW_OK ||
        pw_plan_create(&plan, ctx, (const pw_prompt *const *)&prompt, 1, &encoder, NULL,
                       &err) != PW_OK)
        fail_msg("%s", err.text);
    pw_prompt_free(prompt);
    return plan;
}

static inline size_t n_injected(const pw_plan *plan)
{
    size_t n = 0;

    for (size_t i = 0; i < pw_plan_n_sequences(plan); i++)
        n += pw_plan_sequence(plan, i)->n_injections;
    return n;
}

#define EMBEDDING_TEST(name) cmocka_unit_test_setup_teardown(name, new_top, remove_top)

#endif
