/* SPDX-License-Identifier: MIT */
/* Every hidden state of tiny random CLIP towers against numpy in double
 * (scripts/golden/clip.py), for each mask and level; the first layer that drifts is named. */
#include "models_check.h"

#define TOLERANCE 1.2e-6 /* relative L2; PyTorch in fp32 itself: 7.5e-7 */

static const char *const cases[] = {"clip-quick", "clip-gelu", "clip-odd", "clip-half"};
static const char *const masks[] = {"hf", "none", "lecture"};

static void path_of(char *path, size_t size, const char *name, const char *file)
{
    const char *source = getenv("PADWISE_SOURCE");

    snprintf(path, size, "%s/tests/golden/%s%s", source != NULL ? source : ".", name, file);
}

static const pw_tensor *expected_tensor(const pw_tensor_set *set, const char *mask,
                                        const char *name)
{
    char whole[96];
    const pw_tensor *tensor;

    snprintf(whole, sizeof(whole), "%s.%s", mask, name);
    tensor = pw_tensor_set_find(set, whole);
    assert_non_null(tensor);
    return tensor;
}

static void check_output(pw_model *model, const pw_batch *batch, pw_output output,
                         const pw_tensor *expected, const char *what)
{
    size_t n;
    float *got = encoded(model, batch, output, &n);
    double error;

    assert_int_equal(n, pw_tensor_n_elements(expected));
    error = relative_l2(got, expected->data, n);
    free(got);
    if (!(error <= TOLERANCE))
        fail_msg("%s drifts first: relative L2 %.3g", what, error);
}

static void check_mask(pw_model *model, const pw_tensor_set *set, const char *mask)
{
    const pw_tensor *ids_tensor = pw_tensor_set_find(set, "input_ids"),
                    *mask_tensor = expected_tensor(set, mask, "attention_mask");
    const size_t n = (size_t)pw_tensor_n_elements(ids_tensor);
    int32_t ids[64];
    uint8_t visible[64];
    const pw_batch batch = {
        ids, visible, (size_t)ids_tensor->shape[0], (size_t)ids_tensor->shape[1], NULL, 0};
    pw_model_info info;
    char name[64];

    assert_true(n <= 64);
    for (size_t i = 0; i < n; i++) {
        ids[i] = (int32_t)((const int64_t *)ids_tensor->data)[i];
        visible[i] = (uint8_t)((const int64_t *)mask_tensor->data)[i];
    }
    pw_model_get_info(model, &info);
    for (int32_t i = 0; i <= info.n_layers; i++) {
        snprintf(name, sizeof(name), "hidden_states.%d", (int)i);
        check_output(model, &batch, (pw_output){.kind = PW_OUTPUT_HIDDEN_STATE, .layer = i},
                     expected_tensor(set, mask, name), name);
    }
    check_output(model, &batch, (pw_output){.kind = PW_OUTPUT_LAST_HIDDEN_STATE},
                 expected_tensor(set, mask, "last_hidden_state"), "last_hidden_state");
    check_output(model, &batch, (pw_output){.kind = PW_OUTPUT_POOLED},
                 expected_tensor(set, mask, "pooler_output"), "pooler_output");
    check_output(model, &batch, (pw_output){.kind = PW_OUTPUT_TEXT_EMBEDS},
                 expected_tensor(set, mask, "text_embeds"), "text_embeds");
}

static void check_level(pw_level level)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pw_context *ctx = context_with(2, level);
        char path[512];
        pw_model *model = NULL;
        pw_tensor_set *set = NULL;
        pw_error err;

        path_of(path, sizeof(path), cases[i], "");
        if (pw_model_open(&model, ctx, path, NULL, NULL, &err) != PW_OK)
            fail_msg("%s: %s", err.where, err.text);
        path_of(path, sizeof(path), cases[i], "/expected.safetensors");
        assert_int_equal(pw_tensor_set_load(&set, ctx, path, NULL, &err), PW_OK);
        for (size_t m = 0; m < sizeof(masks) / sizeof(*masks); m++)
            check_mask(model, set, masks[m]);
        pw_tensor_set_free(set);
        pw_model_free(model);
        pw_context_free(ctx);
    }
}

static void reference_level_equals_numpy_in_double(void **state)
{
    (void)state;
    check_level(PW_LEVEL_REF);
}

static void avx2_level_equals_numpy_in_double(void **state)
{
    (void)state;
    if (!pw_level_available(PW_LEVEL_AVX2))
        PW_SKIP("this machine has no AVX2");
    check_level(PW_LEVEL_AVX2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reference_level_equals_numpy_in_double),
    cmocka_unit_test(avx2_level_equals_numpy_in_double),
};

PW_TEST_MAIN(tests, NULL, NULL)
