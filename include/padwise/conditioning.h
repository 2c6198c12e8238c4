/* SPDX-License-Identifier: MIT */
/* Conditioning: prompts in, named tensors with a manifest out (the names:
 * docs/conditioning.md). One call runs the whole line: tokenizer, length rule, mask, encoder,
 * recipe. The result is a pw_tensor_set; file.h writes it. */
#ifndef PADWISE_CONDITIONING_H
#define PADWISE_CONDITIONING_H

#include "embedding.h"
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

/** An encoder with its tokenizer, in the order of the recipe's encoders (pw_recipe_encoder_at).
 */
typedef struct pw_encoder {
    const char *name; /* "clip_l", as the recipe names it; raw: anything, or NULL */
    pw_model *model;
    const pw_tokenizer *tokenizer;
} pw_encoder;

typedef enum pw_length_rule {
    PW_LENGTH_MODEL = 0, /* the model's position table (77) */
    PW_LENGTH_LONGEST,   /* the longest prompt of the call, at most the table */
    PW_LENGTH_NONE,      /* no padding: prompts of unequal length need a call each */
    PW_LENGTH_FIXED
} pw_length_rule;

/** A text that was planned: the prompt or the negative of the call's i-th prompt. */
typedef struct pw_planned_text {
    size_t i_prompt;
    bool is_negative;
    const pw_prompt *prompt;
} pw_planned_text;

/** What one encoder is about to encode. texts[k] is the plan's prompt k; a negative that
 * becomes zeros is in no plan. */
typedef struct pw_planned {
    size_t i_encoder;
    const pw_plan *plan;
    const pw_planned_text *texts; /* [n_texts] */
    size_t n_texts;
    int32_t layer; /* rows of prompts are what block `layer` leaves, from 1; 0: embeddings */
} pw_planned;

/** clip_skip that was not given. */
#define PW_CLIP_SKIP_NONE INT32_MIN

typedef struct pw_conditioning_options {
    size_t struct_size;
    const char *recipe;     /* NULL: "raw" */
    const char *flavour;    /* NULL: "diffusers" */
    const char *dialect;    /* NULL: the flavour's */
    int32_t mask;           /* a pw_mask_rule; -1: the recipe's */
    pw_length_rule length;  /* others than MODEL and FIXED: dialect plain or lecture */
    size_t n_length;        /* for PW_LENGTH_FIXED: 3..positions */
    int32_t pad_id;         /* -1: the recipe's */
    int32_t clip_skip;      /* in the flavour's counting, or PW_CLIP_SKIP_NONE */
    bool no_negative;       /* no negative_ tensors, whatever the recipe and the prompts say */
    pw_choice force_zeros;  /* SDXL: zeros for a negative that is NULL */
    const char *pooled;     /* name of the encoder of pooled tensors; NULL: the recipe's */
    bool all_hidden_states; /* raw: hidden_states.0 .. N */
    const int32_t *hidden_states; /* raw: or these; negative counts from the end */
    size_t n_hidden_states;
    bool hidden_norm;        /* final norm on them */
    const char *const *only; /* just these tensors, by name; NULL: all of the recipe */
    size_t n_only;
    /* How the dialect reads; dialect and is_negative in it are not used. */
    pw_prompt_options prompt;
    /* How it chunks and weighs; wants_pooled, is_one_batch and equalizes are not used. */
    pw_plan_options plan;
    /* Textual inversion: opened for this dialect and these encoders, in their order; NULL:
     * none. Vectors are loaded as they are used. */
    pw_embeddings *embeddings;
    /* Called for each encoder before anything is encoded: for those who show tokens, weights
     * and chunks. What it is given lives as long as the call. */
    void (*on_plan)(void *user, const pw_planned *planned);
    void *user;
} pw_conditioning_options;

static inline void pw_conditioning_options_init(pw_conditioning_options *options)
{
    options->struct_size = sizeof(*options);
    options->recipe = NULL;
    options->flavour = NULL;
    options->dialect = NULL;
    options->mask = -1;
    options->length = PW_LENGTH_MODEL;
    options->n_length = 0;
    options->pad_id = -1;
    options->clip_skip = PW_CLIP_SKIP_NONE;
    options->no_negative = false;
    options->force_zeros = PW_CHOICE_DEFAULT;
    options->pooled = NULL;
    options->all_hidden_states = false;
    options->hidden_states = NULL;
    options->n_hidden_states = 0;
    options->hidden_norm = false;
    options->only = NULL;
    options->n_only = 0;
    options->embeddings = NULL;
    options->on_plan = NULL;
    options->user = NULL;
    pw_prompt_options_init(&options->prompt);
    pw_plan_options_init(&options->plan);
}

/** Encode prompts into one set with a batch dimension (n_prompts), manifest included.
 *
 * Tensors and their names are the recipe's; those of the negative side begin with "negative_".
 * raw has that side if any prompt has a negative, and prompts without one take "" for it; a
 * pipeline's recipe has it always, by its rule for a missing one. A prompt that gives several
 * conditions (schedules, AND) is encoded alone; condition i of it has ".i" behind its names.
 *  @param encoders  as the recipe asks for; raw: one.
 *  @return PW_OK; PW_ERR_ARGUMENT (what the recipe, flavour or dialect does not have; prompts
 * of unequal rows); PW_ERR_MISMATCH (tokenizer and embedding table have different sizes);
 * PW_ERR_UTF8, PW_ERR_LIMIT (err->where names the prompt); what pw_prompt_parse,
 * pw_plan_create and pw_model_encode return.
 *  Threads: any; makes its own sessions.   Since: 0.1 */
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
    const char *recipe, *flavour, *dialect;
    pw_tokenizer_mode tokenizer_mode; /* of the first encoder */
    bool pad_bang;
    pw_activation activation;
    pw_precision precision;
    pw_level level;
    pw_conditioning_options options; /* its arrays are owned by the manifest */
    bool has_negative;
    pw_text negative;  /* of the first prompt */
    bool names_recipe; /* false: `recipe` is a default; one that holds edits alone names none */
} pw_manifest_info;

PW_API void pw_manifest_get_info(const pw_manifest *manifest, pw_manifest_info *info);

#ifdef __cplusplus
}
#endif

#endif
