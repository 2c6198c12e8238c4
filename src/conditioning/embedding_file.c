/* SPDX-License-Identifier: MIT */
/* Which tensor of a file is for which encoder. People save one tensor under any name
 * ("emb_params", "<cat-toy>"), or one an encoder under the encoder's name. Only the header is
 * looked at here. */
#include <string.h>

#include "conditioning/embeddings.h"

#include <padwise/model.h>

/* Other names of encoders in files. */
static const struct {
    const char *encoder, *key;
} aliases[] = {{"t5", "t5xxl"}, {"t5xxl", "t5"}};

/* The tensors of a file that can be meant: floats of rank 1, a vector, or 2. */
struct candidates {
    struct candidate {
        const char *key;
        pwi_embedding_take take;
    } items[PW_EMBEDDING_TENSORS_MAX];

    size_t n;
};

static bool is_meant(const pw_tensor *tensor)
{
    const bool is_float = tensor->dtype == PW_F32 || tensor->dtype == PW_F16 ||
                          tensor->dtype == PW_BF16 || tensor->dtype == PW_F64;

    return is_float && (tensor->rank == 1 || tensor->rank == 2);
}

static pw_status check_shape(const char *key, int64_t n_vectors, int64_t width, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    pwi_quote(quoted, key, strlen(key));
    if (n_vectors <= 0 || width <= 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "tensor %s holds no vectors", quoted);
    if (n_vectors > PW_EMBEDDING_VECTORS_MAX || width > PW_MODEL_WIDTH_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "tensor %s holds %lld vectors of width %lld, padwise's limits are %d "
                        "and %d: is this an embedding, or a model?",
                        quoted, (long long)n_vectors, (long long)width,
                        PW_EMBEDDING_VECTORS_MAX, PW_MODEL_WIDTH_MAX);
    return PW_OK;
}

static pw_status collect(struct candidates *all, const pw_file *file, pw_error *err)
{
    const size_t n = pw_file_n_tensors(file);

    all->n = 0;
    if (n > PW_EMBEDDING_TENSORS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the file holds %zu tensors, padwise's limit is %d: this is a model, "
                        "not an embedding",
                        n, PW_EMBEDDING_TENSORS_MAX);
    for (size_t i = 0; i < n; i++) {
        const pw_tensor *tensor = pw_file_tensor(file, i);
        const char *key = pw_file_tensor_name(file, i);
        const int64_t n_vectors = tensor->rank == 2 ? tensor->shape[0] : 1;
        const int64_t width = tensor->rank > 0 ? tensor->shape[tensor->rank - 1] : 0;

        if (!is_meant(tensor))
            continue;
        PWI_TRY(check_shape(key, n_vectors, width, err));
        all->items[all->n++] = (struct candidate){key, {i, (size_t)n_vectors, (size_t)width}};
    }
    if (all->n == 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "the file holds no embedding: no F32, F16, BF16 or F64 tensor of one "
                        "or two dimensions");
    return PW_OK;
}

static bool is_key_of(const char *encoder, const char *key)
{
    if (strcmp(key, encoder) == 0)
        return true;
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (strcmp(encoder, aliases[i].encoder) == 0 && strcmp(key, aliases[i].key) == 0)
            return true;
    }
    return false;
}

static const struct candidate *named_for(const struct candidates *all, const char *encoder)
{
    for (size_t i = 0; encoder != NULL && i < all->n; i++) {
        if (is_key_of(encoder, all->items[i].key))
            return &all->items[i];
    }
    return NULL;
}

/* The names that A1111's own files have, when they were converted. */
static const struct candidate *named_for_all(const struct candidates *all)
{
    static const char flattened[] = "string_to_param.";

    for (size_t i = 0; i < all->n; i++) {
        if (strcmp(all->items[i].key, "emb_params") == 0 ||
            strncmp(all->items[i].key, flattened, sizeof(flattened) - 1) == 0)
            return &all->items[i];
    }
    return NULL;
}

/* The only tensor of the encoder's width. Without any the first stands for the file: its
 * vectors do not fit, and the plan leaves them out as ComfyUI does. */
static pw_status by_width(const struct candidates *all, const pw_embedding_encoder *encoder,
                          const struct candidate **found, pw_error *err)
{
    char quoted[2][PWI_QUOTE_SIZE];
    size_t n = 0;

    *found = &all->items[0];
    for (size_t i = 0; i < all->n; i++) {
        const struct candidate *candidate = &all->items[i];

        if (candidate->take.width != encoder->width)
            continue;
        if (n++ > 0)
            return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                            "the file holds several tensors of width %zu, %s and %s, and none "
                            "is named for the encoder: rename the one that is meant to "
                            "\"emb_params\"",
                            encoder->width,
                            pwi_quote(quoted[0], (*found)->key, strlen((*found)->key)),
                            pwi_quote(quoted[1], candidate->key, strlen(candidate->key)));
        *found = candidate;
    }
    return PW_OK;
}

static pw_status choose(const struct candidates *all, const pw_embedding_encoder *encoder,
                        const struct candidate **found, pw_error *err)
{
    *found = named_for(all, encoder->name);
    if (*found == NULL)
        *found = named_for_all(all);
    return *found != NULL ? PW_OK : by_width(all, encoder, found, err);
}

pw_status pwi_embedding_pick_comfyui(const pw_file *file, const pw_embedding_encoder *encoders,
                                     size_t n_encoders, pwi_embedding_take *takes, bool *fits,
                                     pw_error *err)
{
    struct candidates all;
    const struct candidate *found;

    PWI_TRY(collect(&all, file, err));
    for (size_t i = 0; i < n_encoders; i++) {
        PWI_TRY(choose(&all, &encoders[i], &found, err));
        takes[i] = found->take;
    }
    *fits = true;
    return PW_OK;
}

/* One encoder: the file's only tensor. Several: one tensor named for each. All must have their
 * encoder's width, or the file was made for another model. */
pw_status pwi_embedding_pick_a1111(const pw_file *file, const pw_embedding_encoder *encoders,
                                   size_t n_encoders, pwi_embedding_take *takes, bool *fits,
                                   pw_error *err)
{
    struct candidates all;

    *fits = false;
    PWI_TRY(collect(&all, file, err));
    if (n_encoders == 1 && all.n > 1)
        return PW_OK;
    for (size_t i = 0; i < n_encoders; i++) {
        const struct candidate *found =
            n_encoders == 1 ? &all.items[0] : named_for(&all, encoders[i].name);

        if (found == NULL || found->take.width != encoders[i].width)
            return PW_OK;
        takes[i] = found->take;
    }
    *fits = true;
    return PW_OK;
}

pw_status pwi_embedding_file_open(pw_file **out, pw_context *ctx, const char *path,
                                  pw_error *err)
{
    pw_file_options options;

    pw_file_options_init(&options);
    options.expected_format = PW_FORMAT_SAFETENSORS;
    return pw_file_open(out, ctx, path, &options, err);
}

pw_status pwi_embedding_refuse_pickle(const char *path, pw_error *err)
{
    return pwi_where(
        err, path,
        PWI_FAIL(
            err, PW_ERR_FOREIGN,
            "is a Python pickle, which can run programs when it is loaded and is not read "
            "here; convert it once: python3 -c \"import torch, safetensors.torch as s; d = "
            "torch.load('FILE', map_location='cpu', weights_only=True); d = "
            "d.get('string_to_param', d); s.save_file({k.replace('*', 'emb_params'): "
            "v.detach().clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}, "
            "'FILE without its ending.safetensors')\""));
}
