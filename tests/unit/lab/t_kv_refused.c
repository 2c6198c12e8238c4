/* SPDX-License-Identifier: MIT */
/* Files that are no U-Net, or a damaged or hostile one: each is refused with the reason. */
#include "kv_check.h"

#define WIDTH 12
#define INNER 8

#define STEM "down_blocks.0.attentions.0.transformer_blocks.0.attn2"

static void mm_dit_is_refused_with_the_reason(void **state)
{
    static const char *const names[] = {
        "transformer_blocks.0.attn.add_k_proj.weight", "context_embedder.weight",
        "model.diffusion_model.double_blocks.0.txt_attn.qkv.weight",
        "model.diffusion_model.joint_blocks.0.context_block.attn.qkv.weight"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct unet unet;

        unet_start(&unet);
        unet_add(&unet, names[i], PW_F32, 4, 4, 1);
        unet_refused(&unet, NULL, PW_ERR_UNSUPPORTED, "the time step scales");
    }
}

static void projected_text_is_refused(void **state)
{
    struct unet unet;

    (void)state;
    unet_start(&unet);
    unet_add_layer(&unet, STEM, PW_F32, INNER, WIDTH, 1);
    unet_add(&unet, "encoder_hid_proj.weight", PW_F32, 4, 4, 1);
    unet_refused(&unet, NULL, PW_ERR_UNSUPPORTED, "layers of their own");
}

static void files_without_layers_are_refused(void **state)
{
    struct unet unet;

    (void)state;
    unet_start(&unet);
    unet_add(&unet, "text_model.final_layer_norm.weight", PW_F32, 4, 4, 1);
    unet_refused(&unet, NULL, PW_ERR_NOT_FOUND, "attn2.to_k.weight");
}

static void damaged_files_are_refused(void **state)
{
    pw_kv_options options;
    struct unet unet;

    (void)state;
    unet_start(&unet);
    unet_add(&unet, STEM ".to_k.weight", PW_F32, INNER, WIDTH, 1);
    unet_refused(&unet, NULL, PW_ERR_FORMAT, "no to_v.weight beside it");

    unet_start(&unet);
    unet_add(&unet, STEM ".to_k.weight", PW_F32, INNER, WIDTH, 1);
    unet_add(&unet, STEM ".to_v.weight", PW_F32, INNER, WIDTH + 1, 1);
    unet_refused(&unet, NULL, PW_ERR_FORMAT, "no two matrices of one shape");

    unet_start(&unet);
    unet_add_layer(&unet, STEM, PW_F32, 0, WIDTH, 1);
    unet_refused(&unet, NULL, PW_ERR_FORMAT, "no two matrices of one shape");

    unet_start(&unet);
    unet_add_layer(&unet, STEM, PW_F8_E4M3, INNER, WIDTH, 1);
    unet_refused(&unet, NULL, PW_ERR_UNSUPPORTED, "F8_E4M3");

    unet_start(&unet);
    unet_add_layer(&unet, STEM, PW_F16, PW_LAB_WIDTH_MAX + 1, 1, 1);
    unet_refused(&unet, NULL, PW_ERR_LIMIT, "over the limit");

    unet_start(&unet);
    unet_add_layer(&unet, STEM, PW_F32, INNER, WIDTH, 1);
    unet_add_layer(&unet, "mid_block.attentions.0.attn2", PW_F32, INNER, WIDTH + 1, 1);
    unet_refused(&unet, NULL, PW_ERR_FORMAT, "not of one model");

    unet_start(&unet);
    unet_add_layer(&unet, STEM, PW_F32, INNER, WIDTH, 1);
    unet_add(&unet, STEM ".to_k.bias", PW_F32, 1, INNER, 1);
    unet_refused(&unet, NULL, PW_ERR_UNSUPPORTED, "has a bias");

    pw_kv_options_init(&options);
    options.n_heads = 3;
    unet_start(&unet);
    unet_add_layer(&unet, STEM, PW_F32, INNER, WIDTH, 1);
    unet_refused(&unet, &options, PW_ERR_ARGUMENT, "3 heads do not divide");
}

static void hostile_names_are_quoted(void **state)
{
    struct unet unet;
    char stem[PW_NAME_MAX];
    pw_kv *kv;
    pw_error err;

    (void)state;
    unet_start(&unet);
    unet_add(&unet, "\x1b[2J\n.attn2.to_k.weight", PW_F32, INNER, WIDTH, 1);
    unet_refused(&unet, NULL, PW_ERR_FORMAT, "\\u000a.attn2");

    memset(stem, '9', sizeof(stem));
    memcpy(&stem[sizeof(stem) - 19], ".attn2.to_k.weight", 19);
    unet_start(&unet);
    unet_add(&unet, stem, PW_F32, INNER, WIDTH, 1);
    stem[sizeof(stem) - 9] = 'v';
    unet_add(&unet, stem, PW_F32, INNER, WIDTH, 2);
    unet_add_layer(&unet, ".attn2", PW_F32, INNER, WIDTH, 3);
    unet_save(&unet);
    assert_int_equal(pw_kv_open(&kv, unet.ctx, unet.path, NULL, &err), PW_OK);
    assert_int_equal(pw_kv_n_layers(kv), 2);
    assert_int_equal(strlen(pw_kv_layer_at(kv, 1)->name), PW_NAME_MAX - 1 - 12);
    pw_kv_free(kv);
    unet_end(&unet);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(mm_dit_is_refused_with_the_reason),
    cmocka_unit_test(projected_text_is_refused),
    cmocka_unit_test(files_without_layers_are_refused),
    cmocka_unit_test(damaged_files_are_refused),
    cmocka_unit_test(hostile_names_are_quoted),
};

PW_TEST_MAIN(tests, NULL, NULL)
