/* SPDX-License-Identifier: MIT */
/* One tower written in every layout of encoders.md 5.2: each must give the bits of the Hugging
 * Face form. The names are written out here again, on purpose: a slip in the product's table
 * must not slip into its test. */
#include "models_check.h"

#include "models/init.h"

#define VOCAB 60

static const pwi_init_kind sizes = {"layouts",         64, 2, 1, 96, 40,
                                    PW_ACTIVATION_GELU}; /* heads of 64, as without a config */

struct layout {
    const char *name, *encoder, *prefix;

    enum {
        HF,
        FLAT,
        OPEN_CLIP
    } scheme;

    bool keeps_projection;
};

static const struct layout layouts[] = {
    {"hf", "clip", "", HF, true},
    {"hf-flat", "clip", "", FLAT, true},
    {"open_clip", "clip", "", OPEN_CLIP, true},
    {"open_clip-text", "clip", "text.", OPEN_CLIP, true},
    {"ldm-sd1", "clip_l", "cond_stage_model.transformer.", HF, false},
    {"ldm-sd1-flat", "clip_l", "cond_stage_model.transformer.", FLAT, false},
    {"sd2", "clip_h", "cond_stage_model.model.", OPEN_CLIP, true},
    {"sdxl", "clip_l", "conditioner.embedders.0.transformer.", HF, false},
    {"sdxl", "clip_g", "conditioner.embedders.1.model.", OPEN_CLIP, true},
    {"sdxl-refiner", "clip_g", "conditioner.embedders.0.model.", OPEN_CLIP, true},
    {"sd3", "clip_l", "text_encoders.clip_l.transformer.", HF, false},
    {"sd3", "clip_g", "text_encoders.clip_g.transformer.", HF, true},
    {"split", "clip_l", "clip_l.transformer.", HF, false},
    {"split", "clip_g", "clip_g.transformer.", HF, true},
};

static void put(pw_tensor_set *set, const char *name, const pw_tensor *t, const void *data)
{
    void *to;

    assert_int_equal(pw_tensor_set_add(set, name, t->dtype, t->rank, t->shape, &to, NULL),
                     PW_OK);
    memcpy(to, data, t->size_bytes);
}

static void put_transposed(pw_tensor_set *set, const char *name, const pw_tensor *t)
{
    const int64_t shape[2] = {t->shape[1], t->shape[0]};
    void *to;

    assert_int_equal(pw_tensor_set_add(set, name, PW_F32, 2, shape, &to, NULL), PW_OK);
    for (int64_t i = 0; i < t->shape[0]; i++)
        for (int64_t j = 0; j < t->shape[1]; j++)
            ((float *)to)[j * t->shape[0] + i] = ((const float *)t->data)[i * t->shape[1] + j];
}

/* q, k and v of a block one below the other. */
static void put_fused(pw_tensor_set *set, const char *name, const pw_tensor_set *hf,
                      const char *q_name)
{
    char part[160];
    const pw_tensor *q = pw_tensor_set_find(hf, q_name);
    int64_t shape[2] = {3 * q->shape[0], q->rank == 2 ? q->shape[1] : 0};
    void *to;

    assert_int_equal(pw_tensor_set_add(set, name, PW_F32, q->rank, shape, &to, NULL), PW_OK);
    for (size_t i = 0; i < 3; i++) {
        snprintf(part, sizeof(part), "%s", q_name);
        *strstr(part, "q_proj") = "qkv"[i];
        memcpy((char *)to + i * q->size_bytes, pw_tensor_set_find(hf, part)->data,
               q->size_bytes);
    }
}

/* open_clip's name of a block's part; NULL: fused elsewhere. */
static const char *open_clip_part(const char *part)
{
    static const char *const names[][2] = {
        {"layer_norm1.", "ln_1."},
        {"layer_norm2.", "ln_2."},
        {"self_attn.out_proj.", "attn.out_proj."},
        {"mlp.fc1.", "mlp.c_fc."},
        {"mlp.fc2.", "mlp.c_proj."},
    };

    for (size_t i = 0; i < 5; i++)
        if (strncmp(part, names[i][0], strlen(names[i][0])) == 0)
            return names[i][1];
    return NULL;
}

static void put_open_clip(pw_tensor_set *set, const char *prefix, const pw_tensor_set *hf,
                          const char *name, const pw_tensor *t)
{
    char to[200];
    int layer, used = 0;

    if (strcmp(name, "text_model.embeddings.token_embedding.weight") == 0)
        snprintf(to, sizeof(to), "%stoken_embedding.weight", prefix);
    else if (strcmp(name, "text_model.embeddings.position_embedding.weight") == 0)
        snprintf(to, sizeof(to), "%spositional_embedding", prefix);
    else if (strncmp(name, "text_model.final_layer_norm", 27) == 0)
        snprintf(to, sizeof(to), "%sln_final%s", prefix, name + 27);
    else if (strcmp(name, "text_projection.weight") == 0) {
        snprintf(to, sizeof(to), "%stext_projection", prefix);
        put_transposed(set, to, t);
        return;
    } else {
        const char *suffix = strrchr(name, '.') + 1;

        assert_int_equal(sscanf(name, "text_model.encoder.layers.%d.%n", &layer, &used), 1);
        if (strncmp(name + used, "self_attn.q_proj", 16) == 0) {
            snprintf(to, sizeof(to), "%stransformer.resblocks.%d.attn.in_proj_%s", prefix,
                     layer, suffix);
            put_fused(set, to, hf, name);
            return;
        }
        if (open_clip_part(name + used) == NULL)
            return;
        snprintf(to, sizeof(to), "%stransformer.resblocks.%d.%s%s", prefix, layer,
                 open_clip_part(name + used), suffix);
    }
    put(set, to, t, t->data);
}

static void add_layout(pw_tensor_set *set, const struct layout *layout, const pw_tensor_set *hf)
{
    for (size_t i = 0; i < pw_tensor_set_n(hf); i++) {
        const char *name = pw_tensor_set_name(hf, i);
        const pw_tensor *t = pw_tensor_set_tensor(hf, i);
        char to[200];

        if (!layout->keeps_projection && strcmp(name, "text_projection.weight") == 0)
            continue;
        if (layout->scheme == OPEN_CLIP) {
            put_open_clip(set, layout->prefix, hf, name, t);
            continue;
        }
        if (layout->scheme == FLAT && strncmp(name, "text_model.", 11) == 0)
            name += 11;
        snprintf(to, sizeof(to), "%s%s", layout->prefix, name);
        put(set, to, t, t->data);
    }
}

/* What files carry beside a tower and readers must ignore. */
static void add_strangers(pw_tensor_set *set)
{
    const int64_t shape[2] = {1, 77};
    void *data;

    assert_int_equal(pw_tensor_set_add(set,
                                       "text_model.encoder.text_model.embeddings.position_ids",
                                       PW_I64, 2, shape, &data, NULL),
                     PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "model.diffusion_model.out.0.weight", PW_F16, 2,
                                       shape, &data, NULL),
                     PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "logit_scale", PW_F32, 0, shape, &data, NULL),
                     PW_OK);
}

static float *output_of(pw_context *ctx, const pw_tensor_set *set, const char *which,
                        pw_output_kind kind, size_t *n, pw_model_info *info, char *layout)
{
    static const int32_t ids[12] = {1, 2, 3, 59, 5, 6, 59, 59, 59, 59, 59, 59};
    const pw_batch batch = {ids, NULL, 2, 6, NULL, 0};
    char path[] = "/tmp/padwise-layout-XXXXXX";
    pw_model_options options;
    pw_model *model = NULL;
    pw_error err;
    float *out, *streamed;

    assert_true(mkstemp(path) >= 0);
    assert_int_equal(pw_tensor_set_save(set, ctx, path, NULL, &err), PW_OK);
    pw_model_options_init(&options);
    options.activation = PW_ACTIVATION_GELU;
    if (pw_model_open(&model, ctx, path, which, &options, &err) != PW_OK)
        fail_msg("%s: %s", err.where, err.text);
    pw_model_get_info(model, info);
    snprintf(layout, 40, "%s", info->layout);
    out = encoded(model, &batch, (pw_output){.kind = kind}, n);
    pw_model_free(model);
    options.weights = PW_WEIGHTS_STREAMED;
    assert_int_equal(pw_model_open(&model, ctx, path, which, &options, &err), PW_OK);
    streamed = encoded(model, &batch, (pw_output){.kind = kind}, n);
    assert_memory_equal(streamed, out, *n * sizeof(float));
    free(streamed);
    pw_model_free(model);
    remove(path);
    return out;
}

static pw_tensor_set *drawn(pw_context *ctx)
{
    pw_tensor_set *hf = NULL;

    assert_int_equal(pwi_init_tensors(&hf, ctx, &sizes, VOCAB, 3, PW_F32, NULL), PW_OK);
    return hf;
}

static void every_layout_gives_the_same_bits(void **state)
{
    pw_context *ctx = context_with(1, PW_LEVEL_HIGHEST);
    pw_tensor_set *hf = drawn(ctx);
    pw_model_info info;
    char name[40];
    size_t n, n_layout;
    float *last = output_of(ctx, hf, NULL, PW_OUTPUT_LAST_HIDDEN_STATE, &n, &info, name);
    float *embeds = output_of(ctx, hf, NULL, PW_OUTPUT_TEXT_EMBEDS, &n_layout, &info, name);

    (void)state;
    for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
        const pw_output_kind kind =
            layouts[i].keeps_projection ? PW_OUTPUT_TEXT_EMBEDS : PW_OUTPUT_LAST_HIDDEN_STATE;
        pw_tensor_set *set = NULL;
        float *got;

        assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
        add_layout(set, &layouts[i], hf);
        add_strangers(set);
        got = output_of(ctx, set, layouts[i].encoder, kind, &n_layout, &info, name);
        assert_string_equal(name, layouts[i].name);
        assert_int_equal(info.projection, layouts[i].keeps_projection ? 40 : 0);
        assert_memory_equal(got, kind == PW_OUTPUT_TEXT_EMBEDS ? embeds : last,
                            n_layout * sizeof(float));
        free(got);
        pw_tensor_set_free(set);
    }
    free(last);
    free(embeds);
    pw_tensor_set_free(hf);
    pw_context_free(ctx);
}

/* SD2's SGM form and the refiner share a prefix; the width of 1024 is SD2's. */
static void width_tells_sd2_sgm_from_the_refiner(void **state)
{
    static const pwi_init_kind wide = {"sgm", 1024, 1, 16, 64, 40, PW_ACTIVATION_GELU};
    const struct layout layout = {"sd2-sgm", "clip_h", "conditioner.embedders.0.model.",
                                  OPEN_CLIP, true};
    pw_context *ctx = context_with(1, PW_LEVEL_HIGHEST);
    pw_tensor_set *hf = NULL, *set = NULL;
    pw_model_info info;
    char name[40];
    size_t n;

    (void)state;
    assert_int_equal(pwi_init_tensors(&hf, ctx, &wide, VOCAB, 3, PW_F32, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    add_layout(set, &layout, hf);
    free(output_of(ctx, set, NULL, PW_OUTPUT_POOLED, &n, &info, name));
    assert_string_equal(name, "sd2-sgm");
    assert_int_equal(info.n_heads, 16);
    pw_tensor_set_free(set);
    pw_tensor_set_free(hf);
    pw_context_free(ctx);
}

/* Two encoders in one file: without a name the error must say what there is to choose from. */
static void several_encoders_must_be_named(void **state)
{
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_tensor_set *hf = drawn(ctx), *set = NULL;
    char path[] = "/tmp/padwise-layout-XXXXXX";
    pw_model *model = NULL;
    pw_error err;

    (void)state;
    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    add_layout(set, &layouts[7], hf);
    add_layout(set, &layouts[8], hf);
    assert_true(mkstemp(path) >= 0);
    assert_int_equal(pw_tensor_set_save(set, ctx, path, NULL, &err), PW_OK);
    assert_int_equal(pw_model_open(&model, ctx, path, NULL, NULL, &err), PW_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "clip_l, clip_g"));
    assert_int_equal(pw_model_open(&model, ctx, path, "clip_h", NULL, &err), PW_ERR_NOT_FOUND);
    assert_null(model);
    remove(path);
    pw_tensor_set_free(set);
    pw_tensor_set_free(hf);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_layout_gives_the_same_bits),
    cmocka_unit_test(width_tells_sd2_sgm_from_the_refiner),
    cmocka_unit_test(several_encoders_must_be_named),
};

PW_TEST_MAIN(tests, NULL, NULL)
