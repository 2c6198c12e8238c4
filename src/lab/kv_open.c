/* SPDX-License-Identifier: MIT */
/* Finding the cross-attention projections of a U-Net among the tensors of a file, and telling
 * models apart whose keys follow from other things than the rows. */
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/context.h"
#include "base/error.h"
#include "formats/tensor_set.h"
#include "lab/kv.h"

#define KEY_ENDING    ".attn2.to_k.weight"
#define KEY_TAIL      "to_k.weight"
#define VALUE_TAIL    "to_v.weight"
#define LDM_BEGINNING "model.diffusion_model."

/* ---- Models that are none. */

/* Parts of tensor names, and why a key is not W row there. */
static const struct stranger {
    const char *part, *what, *why;
} strangers[] = {

#define JOINT                                                                                  \
    "its keys of text are made anew in each block, from rows that the blocks before have "     \
    "changed and that the time step scales, so a conditioning alone does not give them; only " \
    "U-Nets with cross-attention (SD 1, SD 2, SDXL) can be shown"
    {".attn.add_k_proj.", "an MM-DiT (joint attention)", JOINT},
    {"context_embedder.", "an MM-DiT (joint attention)", JOINT},
    {"double_blocks.", "an MM-DiT (joint attention)", JOINT},
    {"joint_blocks.", "an MM-DiT (joint attention)", JOINT},
#undef JOINT
#define PROJECTED                                                                              \
    "rows go through layers of their own before they become keys, so K is not W row; only "    \
    "U-Nets that read CLIP's rows as they are (SD 1, SD 2, SDXL) can be shown"
    {"encoder_hid_proj.", "a model with a projection of text", PROJECTED},
    {"caption_projection.", "a transformer with a projection of captions", PROJECTED},
    {"y_embedder.", "a transformer with an embedder of captions", PROJECTED},
    {"text_embedder.", "a transformer with an embedder of text", PROJECTED},
    {"kv_mapper.", "a model with a mapper in front of keys and values", PROJECTED},
#undef PROJECTED
};

static pw_status refuse_strangers(const pw_file *file, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    for (size_t i = 0; i < pw_file_n_tensors(file); i++) {
        const char *name = pw_file_tensor_name(file, i);

        for (size_t s = 0; s < sizeof(strangers) / sizeof(*strangers); s++)
            if (strstr(name, strangers[s].part) != NULL)
                return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "is %s, as tensor %s shows: %s",
                                strangers[s].what, pwi_quote(quoted, name, strlen(name)),
                                strangers[s].why);
    }
    return PW_OK;
}

/* ---- Layers. */

static bool ends_as_key(const char *name, size_t *stem_size)
{
    const size_t size = strlen(name), ending = strlen(KEY_ENDING);

    if (size < ending || memcmp(name + size - ending, KEY_ENDING, ending) != 0)
        return false;
    *stem_size = size - strlen(KEY_TAIL);
    return true;
}

/* The tensor beside it: "STEM" "TAIL". */
static int64_t find_beside(const pw_kv *kv, const pwi_kv_place *place, const char *tail)
{
    char name[PW_NAME_MAX + sizeof(VALUE_TAIL)];

    memcpy(name, place->stem, place->stem_size);
    memcpy(name + place->stem_size, tail, strlen(tail) + 1);
    return pw_file_find(kv->file, name);
}

static bool is_weight(const pw_tensor *tensor)
{
    return tensor->rank == 2 && tensor->shape[0] > 0 && tensor->shape[1] > 0;
}

static bool has_exact_dtype(const pw_tensor *tensor)
{
    return tensor->dtype == PW_F32 || tensor->dtype == PW_F16 || tensor->dtype == PW_BF16;
}

static pw_status check_pair(const pw_kv *kv, const pwi_kv_place *place, pw_error *err)
{
    const pw_tensor *k = pw_file_tensor(kv->file, place->i_k);
    const pw_tensor *v = pw_file_tensor(kv->file, place->i_v);
    char quoted[PWI_QUOTE_SIZE];

    pwi_quote(quoted, place->stem, place->stem_size);
    if (!is_weight(k) || !is_weight(v) || k->shape[0] != v->shape[0] ||
        k->shape[1] != v->shape[1])
        return PWI_FAIL(err, PW_ERR_FORMAT,
                        "to_k.weight and to_v.weight of %s are no two matrices of one shape: "
                        "the file is damaged, or of a model that is not known here",
                        quoted);
    if (!has_exact_dtype(k) || !has_exact_dtype(v))
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "%s has weights of dtype %s; F32, F16 and BF16 can be read: take the "
                        "file in one of them",
                        quoted, pw_dtype_name(has_exact_dtype(k) ? v->dtype : k->dtype));
    if (k->shape[0] > PW_LAB_WIDTH_MAX || k->shape[1] > PW_LAB_WIDTH_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%s is %lld x %lld, over the limit of %d", quoted,
                        (long long)k->shape[0], (long long)k->shape[1], PW_LAB_WIDTH_MAX);
    if (find_beside(kv, place, "to_k.bias") >= 0 || find_beside(kv, place, "to_v.bias") >= 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "%s has a bias, and no U-Net that reads CLIP has one there: this is a "
                        "model that is not known here",
                        quoted);
    return PW_OK;
}

static pw_status add_place(pw_kv *kv, size_t i_key, size_t stem_size, pw_error *err)
{
    pwi_kv_place *place = &kv->places[kv->n];
    const char *name = pw_file_tensor_name(kv->file, i_key);
    char quoted[PWI_QUOTE_SIZE];
    int64_t i_value;

    *place = (pwi_kv_place){.i_k = i_key, .stem = name, .stem_size = stem_size};
    i_value = find_beside(kv, place, VALUE_TAIL);
    if (i_value < 0)
        return PWI_FAIL(err, PW_ERR_FORMAT,
                        "has %s and no to_v.weight beside it: a part of the file is missing",
                        pwi_quote(quoted, name, strlen(name)));
    place->i_v = (size_t)i_value;
    PWI_TRY(check_pair(kv, place, err));
    place->layer.dtype = pw_file_tensor(kv->file, i_key)->dtype;
    place->layer.inner = (size_t)pw_file_tensor(kv->file, i_key)->shape[0];
    place->layer.width = (size_t)pw_file_tensor(kv->file, i_key)->shape[1];
    if (place->layer.width != kv->places[0].layer.width)
        return PWI_FAIL(err, PW_ERR_FORMAT,
                        "%s reads rows of %zu numbers and another layer rows of %zu: they are "
                        "not of one model",
                        pwi_quote(quoted, name, strlen(name)), place->layer.width,
                        kv->places[0].layer.width);
    kv->n++;
    return PW_OK;
}

static pw_status find_layers(pw_kv *kv, pw_error *err)
{
    size_t stem_size;

    for (size_t i = 0; i < pw_file_n_tensors(kv->file); i++)
        kv->n_places_max += ends_as_key(pw_file_tensor_name(kv->file, i), &stem_size);
    if (kv->n_places_max == 0)
        return PWI_FAIL(
            err, PW_ERR_NOT_FOUND,
            "holds no cross-attention of a U-Net (no \"...attn2.to_k.weight\"); give "
            "the U-Net's safetensors file, or a checkpoint that holds it");
    if (kv->n_places_max > PW_KV_LAYERS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "has %zu cross-attention layers, over the limit of %d",
                        kv->n_places_max, PW_KV_LAYERS_MAX);
    kv->places = PWI_ARRAY(&kv->ctx->allocator, pwi_kv_place, kv->n_places_max);
    if (kv->places == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < pw_file_n_tensors(kv->file); i++)
        if (ends_as_key(pw_file_tensor_name(kv->file, i), &stem_size))
            PWI_TRY(add_place(kv, i, stem_size, err));
    return PW_OK;
}

/* ---- Order and names. */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits at *text as one number; *text moves behind them. */
static uint64_t take_number(const char **text)
{
    uint64_t number = 0;

    for (; is_digit(**text); ++*text)
        number = number * 10 + (uint64_t)(**text - '0');
    return number;
}

/* Names with their numbers by value: block 2 before block 10. "down", "mid", "up" and "input",
 * "middle", "output" are in the order of their letters. */
static bool is_before(const void *context, uint32_t a, uint32_t b)
{
    const pw_kv *kv = context;
    const char *x = kv->places[a].stem, *y = kv->places[b].stem;

    while (*x != '\0' && *y != '\0') {
        if (is_digit(*x) && is_digit(*y)) {
            const uint64_t n = take_number(&x), m = take_number(&y);

            if (n != m)
                return n < m;
            continue;
        }
        if (*x != *y)
            return (unsigned char)*x < (unsigned char)*y;
        x++;
        y++;
    }
    return *x == '\0' && *y != '\0';
}

static pw_status order_layers(pw_kv *kv, pw_error *err)
{
    kv->order = PWI_ARRAY(&kv->ctx->allocator, uint32_t, kv->n_places_max);
    if (kv->order == NULL)
        return pwi_fail_memory(err);
    for (uint32_t i = 0; i < kv->n; i++)
        kv->order[i] = i;
    pwi_sort(kv->order, kv->n, is_before, kv);
    return PW_OK;
}

/* The stem without the checkpoint's beginning and the dot at its end. */
static pw_status name_layers(pw_kv *kv, pw_error *err)
{
    const size_t beginning = strlen(LDM_BEGINNING);
    char *name;

    for (size_t i = 0; i < kv->n; i++)
        if (!pwi_add_size(kv->names_size, kv->places[i].stem_size, &kv->names_size))
            return pwi_fail_memory(err);
    kv->names = PWI_ARRAY(&kv->ctx->allocator, char, kv->names_size);
    if (kv->names == NULL)
        return pwi_fail_memory(err);
    name = kv->names;
    for (size_t i = 0; i < kv->n; i++) {
        pwi_kv_place *place = &kv->places[i];
        const bool is_ldm = strncmp(place->stem, LDM_BEGINNING, beginning) == 0;
        const size_t skip = is_ldm ? beginning : 0, size = place->stem_size - skip;

        kv->is_ldm = kv->is_ldm || is_ldm;
        memcpy(name, place->stem + skip, size);
        name[size - 1] = '\0'; /* in place of the dot */
        place->layer.name = name;
        name += size;
    }
    return PW_OK;
}

/* ---- Heads. */

static size_t heads_by_rule(const pw_kv_layer *layer, const pw_kv_options *options)
{
    if (options->n_heads > 0)
        return options->n_heads;
    if (options->head_width > 0)
        return layer->inner / options->head_width;
    if (layer->width == PW_KV_SD1_WIDTH)
        return layer->inner % PW_KV_SD1_HEADS == 0 ? PW_KV_SD1_HEADS : 0;
    return layer->inner % PW_KV_HEAD_WIDTH == 0 ? layer->inner / PW_KV_HEAD_WIDTH : 0;
}

static pw_status count_heads(pw_kv *kv, const pw_kv_options *options, pw_error *err)
{
    for (size_t i = 0; i < kv->n; i++) {
        pw_kv_layer *layer = &kv->places[i].layer;
        const size_t divisor = options->n_heads > 0 ? options->n_heads : options->head_width;
        char quoted[PWI_QUOTE_SIZE];

        if (divisor > 0 && layer->inner % divisor != 0)
            return PWI_FAIL(err, PW_ERR_ARGUMENT,
                            "layer %s has keys of %zu numbers, which %zu %s do not divide",
                            pwi_quote(quoted, layer->name, strlen(layer->name)), layer->inner,
                            divisor, options->n_heads > 0 ? "heads" : "numbers a head");
        layer->n_heads = heads_by_rule(layer, options);
    }
    return PW_OK;
}

/* ---- Opening. */

static pw_status open_layers(pw_kv *kv, const pw_kv_options *options, pw_error *err)
{
    PWI_TRY(refuse_strangers(kv->file, err));
    PWI_TRY(find_layers(kv, err));
    PWI_TRY(order_layers(kv, err));
    PWI_TRY(name_layers(kv, err));
    return count_heads(kv, options, err);
}

pw_status pw_kv_open(pw_kv **out, pw_context *ctx, const char *path,
                     const pw_kv_options *options, pw_error *err)
{
    pw_kv_options defaults;
    pw_file_options file_options;
    pw_kv *kv;
    pw_status status;

    *out = NULL;
    pw_kv_options_init(&defaults);
    pw_file_options_init(&file_options);
    if (options == NULL)
        options = &defaults;
    file_options.strict = options->strict;
    kv = PWI_NEW(&ctx->allocator, pw_kv);
    if (kv == NULL)
        return pwi_fail_memory(err);
    kv->ctx = pwi_context_keep(ctx);
    status = pw_file_open(&kv->file, ctx, path, &file_options, err);
    if (status == PW_OK)
        status = pwi_where(err, path, open_layers(kv, options, err));
    if (status != PW_OK) {
        pw_kv_free(kv);
        return status;
    }
    *out = kv;
    return PW_OK;
}

void pw_kv_free(pw_kv *kv)
{
    pw_context *ctx;

    if (kv == NULL)
        return;
    ctx = kv->ctx;
    if (kv->names != NULL)
        pwi_free_array(&ctx->allocator, kv->names, kv->names_size, sizeof(*kv->names));
    if (kv->order != NULL)
        pwi_free_array(&ctx->allocator, kv->order, kv->n_places_max, sizeof(*kv->order));
    if (kv->places != NULL)
        pwi_free_array(&ctx->allocator, kv->places, kv->n_places_max, sizeof(*kv->places));
    pw_file_free(kv->file);
    PWI_DELETE(&ctx->allocator, kv);
    pw_context_free(ctx);
}

size_t pw_kv_n_layers(const pw_kv *kv)
{
    return kv->n;
}

const pw_kv_layer *pw_kv_layer_at(const pw_kv *kv, size_t i)
{
    return i < kv->n ? &kv->places[kv->order[i]].layer : NULL;
}

const char *pw_kv_naming(const pw_kv *kv)
{
    return kv->is_ldm ? "ldm" : "diffusers";
}
