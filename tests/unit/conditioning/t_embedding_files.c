/* SPDX-License-Identifier: MIT */
/* Files of embeddings: which tensor goes to which encoder, what a plan loads, what is refused
 * and when, and memory that runs out. */
#include "embedding_check.h"

#define G_AND_L                                                                                \
    {"clip_g", 2, 12, PW_F32},                                                                 \
    {                                                                                          \
        "clip_l", 3, 8, PW_F32                                                                 \
    }
#define UNNAMED                                                                                \
    {"one", 2, 12, PW_F32},                                                                    \
    {                                                                                          \
        "two", 3, 8, PW_F32                                                                    \
    }
#define VECTORS_MAX PW_EMBEDDING_VECTORS_MAX
#define REFUSED     (-1)
#define UNFIT       (-2)

/* What encoder i takes is takes[i]; a1111 has no name for a file that does not fit. */
static const struct pick {
    const char *dialect;
    size_t n_encoders;
    struct tensor tensors[3];

    struct take {
        int i_tensor; /* or REFUSED, UNFIT */
        size_t n_vectors, width;
    } takes[2];
} picks[] = {
    {"comfyui", 1, {{"emb_params", 3, 8, PW_F32}}, {{0, 3, 8}}},
    {"comfyui", 1, {{"<cat-toy>", 0, 8, PW_F16}}, {{0, 1, 8}}},
    {"comfyui", 1, {{"string_to_param.*", 2, 8, PW_BF16}}, {{0, 2, 8}}},
    {"comfyui", 1, {{"a", 2, 8, PW_F64}, {"step", 0, 1, PW_I64}}, {{0, 2, 8}}},
    {"comfyui", 1, {{"x", 1, 8, PW_F32}, {"emb_params", 3, 8, PW_F32}}, {{1, 3, 8}}},
    {"comfyui", 1, {G_AND_L}, {{1, 3, 8}}},
    {"comfyui", 2, {G_AND_L}, {{1, 3, 8}, {0, 2, 12}}},
    {"comfyui", 2, {UNNAMED}, {{1, 3, 8}, {0, 2, 12}}},
    {"comfyui", 2, {{"emb_params", 3, 8, PW_F32}}, {{0, 3, 8}, {0, 3, 8}}},
    {"comfyui", 1, {{"emb_params", 3, 12, PW_F32}}, {{0, 3, 12}}},
    {"comfyui", 1, {{"x", VECTORS_MAX, 8, PW_F32}}, {{0, VECTORS_MAX, 8}}},
    {"comfyui", 1, {{"x", VECTORS_MAX + 1, 8, PW_F32}}, {{REFUSED, 1, 8}}},
    {"comfyui", 1, {{"x", 0, PW_MODEL_WIDTH_MAX + 1, PW_F32}}, {{REFUSED, 1, 8}}},
    {"comfyui", 1, {{"x", 1, 8, PW_F32}, {"y", 3, 8, PW_F32}}, {{REFUSED, 1, 8}}},
    {"comfyui", 1, {{"x", 1, 8, PW_I64}}, {{REFUSED, 1, 8}}},
    {"comfyui", 1, {{"x", NO_VECTORS, 8, PW_F32}}, {{REFUSED, 1, 8}}},
    {"a1111", 1, {{"emb_params", 3, 8, PW_F32}}, {{0, 3, 8}}},
    {"a1111", 1, {{"<cat-toy>", 0, 8, PW_F16}}, {{0, 1, 8}}},
    {"a1111", 1, {{"emb_params", 3, 12, PW_F32}}, {{UNFIT, 0, 0}}},
    {"a1111", 1, {G_AND_L}, {{UNFIT, 0, 0}}},
    {"a1111", 1, {{"clip_l", 3, 8, PW_F32}, {"clip_g", 2, 12, PW_F32}}, {{UNFIT, 0, 0}}},
    {"a1111", 2, {G_AND_L}, {{1, 3, 8}, {0, 2, 12}}},
    {"a1111", 2, {UNNAMED}, {{UNFIT, 0, 0}}},
    {"a1111", 2, {{"emb_params", 3, 8, PW_F32}}, {{UNFIT, 0, 0}}},
    {"a1111", 2, {{"x", 1, 8, PW_I64}}, {{REFUSED, 1, 8}, {REFUSED, 1, 12}}},
};

static void check_refused(pw_embeddings *embeddings, size_t i_encoder, size_t i)
{
    pw_error err = {.status = PW_OK};
    const pw_status status = pw_embeddings_load(embeddings, i_encoder, i, &err);
    size_t n;

    assert_true(status == PW_ERR_UNSUPPORTED || status == PW_ERR_LIMIT);
    assert_int_equal(err.status, status);
    assert_string_equal(err.where, pw_embeddings_path(embeddings, i));
    assert_true(strlen(err.text) > 20);
    assert_null(pw_embeddings_of(embeddings, i_encoder, &n)[i].vectors);
}

static void check_vectors(pw_embeddings *embeddings, const struct pick *pick, size_t i_encoder,
                          size_t i)
{
    const int i_tensor = pick->takes[i_encoder].i_tensor;
    const pw_embedding *embedding;
    size_t n;

    assert_int_equal(pw_embeddings_load(embeddings, i_encoder, i, NULL), PW_OK);
    assert_int_equal(pw_embeddings_load(embeddings, i_encoder, i, NULL), PW_OK);
    embedding = &pw_embeddings_of(embeddings, i_encoder, &n)[i];
    assert_non_null(embedding->vectors);
    for (int k = 0; k < 8; k++) /* all exact in bf16 */
        assert_true(embedding->vectors[k] == element(i_tensor, k));
    n = embedding->n_vectors * embedding->width;
    if (pick->tensors[i_tensor].dtype == PW_F32)
        assert_true(embedding->vectors[n - 1] == element(i_tensor, (int)n - 1));
}

static void check_take(pw_embeddings *embeddings, const struct pick *pick, size_t i_encoder,
                       size_t i)
{
    const struct take *take = &pick->takes[i_encoder];
    size_t n;
    const pw_embedding *embedding = &pw_embeddings_of(embeddings, i_encoder, &n)[i];

    assert_null(embedding->vectors);
    assert_int_equal(embedding->n_vectors, take->n_vectors);
    assert_int_equal(embedding->width, take->width);
    if (take->i_tensor == REFUSED)
        check_refused(embeddings, i_encoder, i);
    else
        check_vectors(embeddings, pick, i_encoder, i);
}

static void check_pick(const struct pick *pick)
{
    pw_embeddings *embeddings;
    int i, n_tensors = 0;

    while (n_tensors < 3 && pick->tensors[n_tensors].key != NULL)
        n_tensors++;
    put_tensors("in/x.safetensors", pick->tensors, n_tensors);
    embeddings = opened(pick->dialect, sdxl, pick->n_encoders, NULL);
    i = find(embeddings, "x");
    assert_int_equal(i < 0, pick->takes[0].i_tensor == UNFIT);
    for (size_t i_encoder = 0; i_encoder < pick->n_encoders && i >= 0; i_encoder++)
        check_take(embeddings, pick, i_encoder, (size_t)i);
    pw_embeddings_free(embeddings);
}

static void each_encoder_gets_its_tensor(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(picks) / sizeof(*picks); i++)
        check_pick(&picks[i]);
}

static void t5_has_two_names(void **state)
{
    const struct tensor tensors[] = {{"clip_l", 1, 8, PW_F32}, {"t5xxl", 2, 8, PW_F32}};
    const pw_embedding_encoder encoders[] = {{"t5", 8}, {"t5xxl", 8}, {NULL, 12}};
    pw_embeddings *embeddings;
    size_t n;
    int i;

    (void)state;
    put_tensors("in/x.safetensors", tensors, 2);
    embeddings = opened("comfyui", encoders, 3, NULL);
    i = find(embeddings, "x");
    assert_int_equal(pw_embeddings_of(embeddings, 0, &n)[i].n_vectors, 2);
    assert_int_equal(pw_embeddings_of(embeddings, 1, &n)[i].n_vectors, 2);
    assert_int_equal(pw_embeddings_of(embeddings, 2, &n)[i].width, 8);
    pw_embeddings_free(embeddings);
}

static void a_model_is_no_embedding(void **state)
{
    static struct tensor tensors[PW_EMBEDDING_TENSORS_MAX + 1];
    static char keys[PW_EMBEDDING_TENSORS_MAX + 1][16];
    pw_embeddings *embeddings;

    (void)state;
    for (int i = 0; i <= PW_EMBEDDING_TENSORS_MAX; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        tensors[i] = (struct tensor){keys[i], 0, 8, PW_F32};
    }
    put_tensors("in/x.safetensors", tensors, PW_EMBEDDING_TENSORS_MAX + 1);
    embeddings = opened("comfyui", &clip_l, 1, NULL);
    check_refused(embeddings, 0, (size_t)find(embeddings, "x"));
    pw_embeddings_free(embeddings);
}

static void values_that_are_not_finite_are_warned_of(void **state)
{
    static const char header[] =
        "{\"x\":{\"dtype\":\"F16\",\"shape\":[1,8],\"data_offsets\":[0,16]}}";
    unsigned char bytes[8 + sizeof(header) - 1 + 16] = {sizeof(header) - 1};
    struct warnings warnings = {0, ""};
    pw_embeddings *embeddings;
    size_t n;
    int i;

    (void)state;
    memcpy(bytes + 8, header, sizeof(header) - 1);
    bytes[sizeof(bytes) - 1] = 0x7C; /* infinity */
    put_bytes("in/x.safetensors", bytes, sizeof(bytes));
    embeddings = opened("comfyui", &clip_l, 1, &warnings);
    i = find(embeddings, "x");
    assert_int_equal(warnings.n, 0);
    assert_int_equal(pw_embeddings_load(embeddings, 0, (size_t)i, NULL), PW_OK);
    assert_int_equal(warnings.n, 1);
    assert_non_null(strstr(warnings.last, "not finite"));
    assert_true(isinf(pw_embeddings_of(embeddings, 0, &n)[i].vectors[7]));
    pw_embeddings_free(embeddings);
}

static void a_plan_loads_what_it_injects(void **state)
{
    static const struct {
        const char *dialect, *text;
    } cases[] = {{"comfyui", "a (embedding:cat, b:1.2) embedding:gone"},
                 {"a1111", "a (cat:1.2), dog"}};

    pw_context *ctx = test_context();

    (void)state;
    put_one("in/cat.safetensors", "emb_params", 3, 8);
    put_one("in/unused.safetensors", "emb_params", 3, 8);
    put_bytes("in/broken.safetensors", "x", 1);
    for (size_t i = 0; i < 2; i++) {
        pw_embeddings *embeddings = opened(cases[i].dialect, &clip_l, 1, NULL);
        pw_plan *plan = planned(ctx, cases[i].dialect, cases[i].text, strlen(cases[i].text),
                                embeddings, 0, 8);
        size_t n;
        const pw_embedding *array = pw_embeddings_of(embeddings, 0, &n);

        assert_int_equal(n_injected(plan), 3);
        assert_int_equal(pw_embeddings_load_used(embeddings, 0, plan, NULL), PW_OK);
        assert_non_null(array[find(embeddings, "cat")].vectors);
        assert_null(array[find(embeddings, "unused")].vectors);
        pw_plan_free(plan);
        pw_embeddings_free(embeddings);
    }
    pw_context_free(ctx);
}

/* ComfyUI leaves vectors of another model out; nothing is loaded for them. */
static void vectors_of_another_width_are_not_loaded(void **state)
{
    pw_context *ctx = test_context();
    pw_embeddings *embeddings;
    pw_plan *plan;
    size_t n;

    (void)state;
    put_one("in/cat.safetensors", "emb_params", 3, 8);
    embeddings = opened("comfyui", sdxl, 2, NULL);
    plan = planned(ctx, "comfyui", "embedding:cat", 13, embeddings, 1, 12);
    assert_int_equal(n_injected(plan), 0);
    assert_int_equal(pw_plan_n_warnings(plan), 1);
    assert_int_equal(pw_embeddings_load_used(embeddings, 1, plan, NULL), PW_OK);
    assert_null(pw_embeddings_of(embeddings, 1, &n)[0].vectors);
    pw_plan_free(plan);
    pw_embeddings_free(embeddings);
    pw_context_free(ctx);
}

/* A pickle keeps its name: a prompt that means it must not be encoded as if it were text. */
static void pickles_are_refused_when_used(void **state)
{
    static const char *const dialects[] = {"comfyui", "a1111"};
    static const char *const texts[] = {"embedding:dog", "a dog"};
    pw_context *ctx = test_context();

    (void)state;
    put_bytes("in/dog.pt", "\x80\x02}q\x00.", 6);
    put_bytes("in/fox.bin", "PK\x03\x04", 4);
    put_one("in/cat.safetensors", "emb_params", 3, 8);
    for (size_t i = 0; i < 2; i++) {
        struct warnings warnings = {0, ""};
        pw_embeddings *embeddings = opened(dialects[i], sdxl, 2 - i, &warnings);
        pw_plan *plan = planned(ctx, dialects[i], texts[i], strlen(texts[i]), embeddings, 0, 8);
        pw_error err;

        assert_int_equal(warnings.n, 1);
        assert_non_null(strstr(warnings.last, "2 of the 3"));
        assert_int_equal(pw_embeddings_load_used(embeddings, 0, plan, &err), PW_ERR_FOREIGN);
        assert_string_equal(err.where, path_in("in/dog.pt"));
        assert_non_null(strstr(err.text, "safetensors')\"")); /* not cut off */
        assert_int_equal(
            pw_embeddings_load(embeddings, 0, (size_t)find(embeddings, "fox"), &err),
            PW_ERR_FOREIGN);
        pw_plan_free(plan);
        pw_embeddings_free(embeddings);
    }
    pw_context_free(ctx);
}

static void a_file_that_changed_is_refused(void **state)
{
    pw_embeddings *embeddings;
    pw_error err;

    (void)state;
    put_one("in/x.safetensors", "emb_params", 3, 8);
    put_bytes("in/y.safetensors", "x", 1);
    embeddings = opened("comfyui", &clip_l, 1, NULL);
    put_one("in/x.safetensors", "emb_params", 4, 8);
    put_one("in/y.safetensors", "emb_params", 1, 8);
    assert_int_equal(pw_embeddings_load(embeddings, 0, (size_t)find(embeddings, "x"), &err),
                     PW_ERR_MISMATCH);
    assert_int_equal(pw_embeddings_load(embeddings, 0, (size_t)find(embeddings, "y"), &err),
                     PW_ERR_MISMATCH);
    assert_string_equal(err.where, path_in("in/y.safetensors"));
    assert_int_equal(unlink(path_in("in/x.safetensors")), 0);
    assert_int_equal(pw_embeddings_load(embeddings, 0, (size_t)find(embeddings, "x"), &err),
                     PW_ERR_NOT_FOUND);
    pw_embeddings_free(embeddings);
}

/* Every small case of the shared file of bad safetensors becomes an embedding. */
static size_t put_cases(const char *text)
{
    static unsigned char bytes[1 << 20];
    size_t n = 0;

    for (const char *at = strstr(text, "\"file_hex\""); at != NULL;
         at = strstr(at + 1, "\"file_hex\"")) {
        const char *verdict = at, *hex = strchr(strchr(at, ':'), '"') + 1;
        char name[64];
        size_t size = 0;
        unsigned byte;

        while (strncmp(verdict, "\"default\"", 9) != 0)
            verdict--;
        for (; size < sizeof(bytes) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
            bytes[size++] = (unsigned char)byte;
        snprintf(name, sizeof(name), "in/%s-%zu.safetensors",
                 strncmp(strchr(verdict, ':') + 3, "refuse", 6) == 0 ? "bad" : "any", n++);
        put_bytes(name, bytes, size);
    }
    return n;
}

static void bad_files_are_refused_when_used(void **state)
{
    const char *shared = getenv("PADWISE_SHARED");
    char path[512], *text = NULL;
    size_t size = 0, n, n_refused = 0;
    pw_embeddings *embeddings;
    const pw_embedding *array;
    FILE *file = NULL;

    (void)state;
    if (shared != NULL) {
        snprintf(path, sizeof(path), "%s/cases/bad-safetensors-cases.json", shared);
        file = fopen(path, "rb");
    }
    if (file == NULL)
        PW_SKIP("no shared cases");
    text = calloc(1, 8u << 20);
    assert_non_null(text);
    size = fread(text, 1, (8u << 20) - 1, file);
    fclose(file);
    assert_true(size > 1000 && put_cases(text) > 50);
    free(text);
    embeddings = opened("comfyui", sdxl, 2, NULL);
    array = pw_embeddings_of(embeddings, 0, &n);
    for (size_t i = 0; i < n; i++) {
        pw_error err = {.status = PW_OK};
        const pw_status status = pw_embeddings_load(embeddings, 0, i, &err);

        if (strncmp(array[i].name, "bad", 3) == 0) {
            assert_int_not_equal(status, PW_OK);
            assert_int_equal(err.status, status);
            assert_true(strlen(err.text) > 15);
            n_refused++;
        }
    }
    assert_true(n_refused > 50);
    pw_embeddings_free(embeddings);
}

static pw_status open_and_load(pw_context *ctx, const char *dialect, pw_error *err)
{
    pw_embeddings *embeddings;
    pw_status status = open_in(&embeddings, ctx, dialect, sdxl, 2, err);

    for (size_t i_encoder = 0; i_encoder < 2 && status == PW_OK; i_encoder++)
        status = pw_embeddings_load(embeddings, i_encoder, (size_t)find(embeddings, "x"), err);
    pw_embeddings_free(embeddings);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    static const char *const dialects[] = {"comfyui", "a1111"};
    const struct tensor tensors[] = {{"clip_g", 2, 12, PW_F16}, {"clip_l", 3, 8, PW_F32}};

    (void)state;
    put_tensors("in/x.safetensors", tensors, 2);
    put_tensors("in/sub/x.safetensors", tensors, 2);
    put_bytes("in/sub/y.pt", "\x80\x02", 2);
    put_bytes("in/z.safetensors", "x", 1);
    for (size_t i = 0; i < 2; i++) {
        struct failing failing = {0, 0, 0, 0, 0};
        struct warnings warnings = {0, ""};
        pw_context *ctx = context_noting(&warnings, &failing);
        const size_t n_out = failing.n_out;
        pw_status status = PW_ERR_NO_MEMORY;
        pw_error err;

        for (size_t fail_at = 1; status == PW_ERR_NO_MEMORY; fail_at++) {
            failing.n_calls = 0;
            failing.fail_at = fail_at;
            err.status = PW_OK;
            status = open_and_load(ctx, dialects[i], &err);
            assert_int_equal(failing.n_out, n_out);
            assert_true(status == PW_OK || err.status == status);
        }
        if (status != PW_OK)
            fail_msg("%s: %s", err.where, err.text);
        assert_true(failing.n_calls > 20);
        pw_context_free(ctx);
        assert_int_equal(failing.n_out, 0);
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        EMBEDDING_TEST(each_encoder_gets_its_tensor),
        EMBEDDING_TEST(t5_has_two_names),
        EMBEDDING_TEST(a_model_is_no_embedding),
        EMBEDDING_TEST(values_that_are_not_finite_are_warned_of),
        EMBEDDING_TEST(a_plan_loads_what_it_injects),
        EMBEDDING_TEST(vectors_of_another_width_are_not_loaded),
        EMBEDDING_TEST(pickles_are_refused_when_used),
        EMBEDDING_TEST(a_file_that_changed_is_refused),
        EMBEDDING_TEST(bad_files_are_refused_when_used),
        EMBEDDING_TEST(every_allocation_may_fail),
    };

    return check_main(argc, argv, tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}
