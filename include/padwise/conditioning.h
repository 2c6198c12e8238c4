/* SPDX-License-Identifier: MIT */
/* Conditioning: prompts in, named tensors with a manifest out (the names:
 * docs/conditioning.md). One call runs the whole line: tokenizer, length rule, mask, encoder,
 * recipe. The result is a pw_tensor_set; file.h writes it. */
#ifndef PADWISE_CONDITIONING_H
#define PADWISE_CONDITIONING_H

#include "model.h"
#include "recipe.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Key of the manifest in a conditioning file's metadata. */
#define PW_MANIFEST_KEY "padwise"

/** One prompt and what goes with it. Texts are bytes with a size; a NULL text is absent, which
 * is not the same as "". */
typedef struct pw_text {
    const char *bytes; /* NULL: absent */
    size_t size;
} pw_text;

typedef struct pw_prompt_texts {
    pw_text prompt, negative;
    pw_text prompt_2, prompt_3, negative_2, negative_3; /* for recipes with several encoders */
} pw_prompt_texts;

/** An encoder with its tokenizer. name: "clip_l", "clip_g", ...; NULL for the only one. */
typedef struct pw_encoder {
    const char *name;
    pw_model *model;
    const pw_tokenizer *tokenizer;
} pw_encoder;

typedef enum pw_length_rule {
    PW_LENGTH_MODEL = 0, /* the model's position table (77) */
    PW_LENGTH_LONGEST,   /* the longest prompt of the call, at most the table */
    PW_LENGTH_NONE,      /* no padding: prompts of unequal length need a call each */
    PW_LENGTH_FIXED
} pw_length_rule;

typedef struct pw_conditioning_options {
    size_t struct_size;
    const char *recipe; /* NULL: "raw" */
    pw_mask_rule mask;
    pw_length_rule length;
    size_t n_length;              /* for PW_LENGTH_FIXED: 2..positions */
    int32_t pad_id;               /* -1: the tokenizer's */
    bool all_hidden_states;       /* hidden_states.0 .. N */
    const int32_t *hidden_states; /* or these; negative counts from the end */
    size_t n_hidden_states;
    bool hidden_norm;        /* final norm on them */
    const char *const *only; /* just these tensors, by name; NULL: all of the recipe */
    size_t n_only;
} pw_conditioning_options;

static inline void pw_conditioning_options_init(pw_conditioning_options *options)
{
    const pw_conditioning_options zero = {sizeof(pw_conditioning_options),
                                          NULL,
                                          PW_MASK_HF,
                                          PW_LENGTH_MODEL,
                                          0,
                                          -1,
                                          false,
                                          NULL,
                                          0,
                                          false,
                                          NULL,
                                          0};

    *options = zero;
}

/** Encode prompts into one set with a batch dimension (n_prompts), manifest included.
 *  If any prompt has a negative, the names with "negative_" are added and prompts without one
 * take "" for it.
 *  @param encoders  as the recipe asks for; raw: one.
 *  @return PW_OK; PW_ERR_ARGUMENT; PW_ERR_MISMATCH (tokenizer and embedding table have
 * different sizes); PW_ERR_UTF8 (err->where names the prompt); what pw_model_encode returns.
 *  Threads: any; makes its own session.   Since: 0.1 */
PW_NODISCARD PW_API pw_status
pw_conditioning_encode(pw_tensor_set **out, pw_context *ctx, const pw_encoder *encoders,
                       size_t n_encoders, const pw_prompt_texts *prompts, size_t n_prompts,
                       const pw_conditioning_options *options, pw_error *err);

/** The choices that a manifest records, for `encode --like`. Text fields are owned by the
 * object. */
typedef struct pw_manifest pw_manifest;
PW_NODISCARD PW_API pw_status pw_manifest_parse(pw_manifest **out, pw_context *ctx,
                                                const char *json, size_t size, pw_error *err);
PW_API void pw_manifest_free(pw_manifest *manifest);

typedef struct pw_manifest_info {
    const char *model_name, *model_fingerprint;
    bool is_builtin;
    const char *recipe;
    pw_tokenizer_mode tokenizer_mode;
    bool pad_bang;
    pw_activation activation;
    pw_precision precision;
    pw_level level;
    pw_conditioning_options options; /* its arrays are owned by the manifest */
    bool has_negative;
    pw_text negative; /* of the first prompt */
} pw_manifest_info;

PW_API void pw_manifest_get_info(const pw_manifest *manifest, pw_manifest_info *info);

#ifdef __cplusplus
}
#endif

#endif
