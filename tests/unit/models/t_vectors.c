/* SPDX-License-Identifier: MIT */
/* Vectors in place of token embeddings (textual inversion): a token's own embedding given as a
 * vector is the token, to the bit; and a vector is never the pooled token. */
#include "models_check.h"

#include "models/init.h"

#define VOCAB    300
#define N_TOKENS 9
#define WIDTH    64

static const pwi_init_kind sizes = {"vectors", WIDTH, 2, 4, 160, 48, PW_ACTIVATION_QUICK_GELU};

struct fixture {
    pw_context *ctx;
    pw_model *model;
    float token[WIDTH]; /* the embedding of token 7 */
    char path[64];
};

static void read_token(struct fixture *f)
{
    pw_file *file = NULL;
    float *table = calloc(VOCAB * WIDTH, sizeof(*table));
    int64_t i;

    assert_int_equal(pw_file_open(&file, f->ctx, f->path, NULL, NULL), PW_OK);
    i = pw_file_find(file, "text_model.embeddings.token_embedding.weight");
    assert_true(i >= 0);
    assert_int_equal(pw_file_read(file, (size_t)i, table, VOCAB * WIDTH * sizeof(*table), NULL),
                     PW_OK);
    memcpy(f->token, table + 7 * WIDTH, sizeof(f->token));
    free(table);
    pw_file_free(file);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    pw_tensor_set *set = NULL;

    f->ctx = context_with(2, PW_LEVEL_HIGHEST);
    snprintf(f->path, sizeof(f->path), "/tmp/padwise-vectors-XXXXXX");
    if (mkdtemp(f->path) == NULL ||
        pwi_init_tensors(&set, f->ctx, &sizes, VOCAB, 5, PW_F32, NULL) != PW_OK)
        return -1;
    strcat(f->path, "/m.safetensors");
    if (pw_tensor_set_save(set, f->ctx, f->path, NULL, NULL) != PW_OK ||
        pw_model_open(&f->model, f->ctx, f->path, NULL, NULL, NULL) != PW_OK)
        return -1;
    pw_tensor_set_free(set);
    read_token(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    pw_model_free(f->model);
    pw_context_free(f->ctx);
    remove(f->path);
    *strrchr(f->path, '/') = '\0';
    remove(f->path);
    free(f);
    return 0;
}

static void assert_same(const struct fixture *f, const pw_batch *a, const pw_batch *b,
                        pw_output_kind kind)
{
    size_t n, m;
    float *x = encoded(f->model, a, (pw_output){kind, 0, false, NULL, 0}, &n),
          *y = encoded(f->model, b, (pw_output){kind, 0, false, NULL, 0}, &m);

    assert_int_equal(n, m);
    assert_memory_equal(x, y, n * sizeof(*x));
    free(x);
    free(y);
}

static void a_tokens_embedding_is_the_token(void **state)
{
    const struct fixture *f = *state;
    const int32_t ids[2 * N_TOKENS] = {1, 7, 3, 7, 4, 299, 299, 299, 299,
                                       1, 2, 7, 7, 4, 5,   299, 299, 299};
    int32_t injected[2 * N_TOKENS];
    float vectors[2 * WIDTH] = {0};
    const pw_batch plain = {ids, NULL, 2, N_TOKENS, NULL, 0},
                   with = {injected, NULL, 2, N_TOKENS, vectors, 2};

    memcpy(vectors + WIDTH, f->token, sizeof(f->token));
    for (size_t i = 0; i < 2 * N_TOKENS; i++)
        injected[i] = ids[i] == 7 ? VOCAB + 1 : ids[i];
    assert_same(f, &plain, &with, PW_OUTPUT_LAST_HIDDEN_STATE);
    assert_same(f, &plain, &with, PW_OUTPUT_POOLED);
}

static void ids_beyond_the_vectors_are_refused(void **state)
{
    const struct fixture *f = *state;
    const int32_t ids[3] = {1, VOCAB + 1, 299};
    float vectors[WIDTH] = {0}, pooled[WIDTH];
    const pw_batch few = {ids, NULL, 1, 3, vectors, 1}, none = {ids, NULL, 1, 3, NULL, 2};
    const pw_output output = {PW_OUTPUT_POOLED, 0, false, pooled, WIDTH};
    pw_session *session = NULL;

    assert_int_equal(pw_session_create(&session, f->model, 0, NULL), PW_OK);
    assert_int_equal(pw_model_encode(session, &few, &output, 1, NULL), PW_ERR_ARGUMENT);
    assert_int_equal(pw_model_encode(session, &none, &output, 1, NULL), PW_ERR_ARGUMENT);
    pw_session_free(session);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_tokens_embedding_is_the_token),
    cmocka_unit_test(ids_beyond_the_vectors_are_refused),
};

PW_TEST_MAIN(tests, setup, teardown)
