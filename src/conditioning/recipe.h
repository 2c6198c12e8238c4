/* SPDX-License-Identifier: MIT */
/* The rows of recipes.def. A recipe under a flavour is its rows put together. */
#ifndef PWI_CONDITIONING_RECIPE_H
#define PWI_CONDITIONING_RECIPE_H

#include <padwise/model.h>
#include <padwise/prompt.h>
#include <padwise/recipe.h>

/* What a tensor of the result holds. */
typedef enum pwi_output_kind {
    PWI_OUTPUT_IDS,           /* i64 [B, T] of the first encoder */
    PWI_OUTPUT_MASK,          /* i64 [B, T], the tokenizer's */
    PWI_OUTPUT_ROWS,          /* [B, T, D], every encoder's rows side by side */
    PWI_OUTPUT_POOLED,        /* [B, D] */
    PWI_OUTPUT_EMBEDS,        /* [B, P], pooled and projected */
    PWI_OUTPUT_EMBEDS_AS_ROW, /* [B, 1, P] */
    PWI_OUTPUT_EMBEDS_IF_ANY, /* where the file has a projection */
    PWI_OUTPUT_HIDDEN_STATES  /* NAME.N [B, T, D] for each layer that was asked for */
} pwi_output_kind;

typedef struct pwi_recipe_output {
    const char *recipe, *name;
    pwi_output_kind kind;
} pwi_recipe_output;

/* Which negative becomes zeros in place of an encoding. */
typedef enum pwi_zeros {
    PWI_ZEROS_NEVER,
    PWI_ZEROS_WHEN_NONE, /* none was given, and the pipeline's configuration says so */
    PWI_ZEROS_WHEN_EMPTY /* none was given, or "" */
} pwi_zeros;

typedef enum pwi_second {
    PWI_SECOND_IS_ABSENT, /* "" as second text is as none: the first one's */
    PWI_SECOND_IS_TEXT
} pwi_second;

typedef enum pwi_unequal {
    PWI_UNEQUAL_REFUSED,
    PWI_UNEQUAL_CUT /* to the shorter */
} pwi_unequal;

typedef struct pwi_recipe_policy {
    const char *recipe, *flavour;
    pwi_zeros zeros;
    bool zeros_default;
    pwi_second second;
    pwi_unequal unequal;
} pwi_recipe_policy;

typedef enum pwi_pad {
    PWI_PAD_OWN, /* the tokenizer's; its end token where it has none */
    PWI_PAD_END,
    PWI_PAD_ZERO /* id 0, which is "!" in CLIP's vocabulary */
} pwi_pad;

typedef enum pwi_skip {
    PWI_SKIP_NONE,    /* refused: the pipeline has no such choice */
    PWI_SKIP_IGNORED, /* the UI has it, and it does nothing here */
    PWI_SKIP_POSITIVE,
    PWI_SKIP_BOTH
} pwi_skip;

typedef struct pwi_recipe_row {
    const char *recipe, *flavour;
    pw_recipe_encoder encoder;
    pwi_pad pad;
    pw_sequence_mask mask;
    int32_t layer; /* of the complete tower, from the end */
    bool final_norm;
    int32_t depth; /* of a complete tower whose last block folders leave out; 0: of none */
    pwi_skip skip;
    int32_t skip_first;
    bool is_pooled_source;
} pwi_recipe_row;

/* A recipe under a flavour. */
typedef struct pwi_recipe {
    const char *name, *flavour;
    bool is_pipeline; /* its result are arguments of a pipeline */
    const pwi_recipe_policy *policy;
    const pwi_recipe_row *rows[PW_RECIPE_ENCODERS_MAX];
    size_t n_encoders;
} pwi_recipe;

/* PW_ERR_ARGUMENT: no such recipe or flavour, or no such pair. NULL: raw, diffusers. */
pw_status pwi_recipe_find(pwi_recipe *out, const char *recipe, const char *flavour,
                          pw_error *err);

/* The i-th tensor of a recipe, NULL past the end. */
const pwi_recipe_output *pwi_recipe_output_at(const pwi_recipe *recipe, size_t i);

/* Whether a pipeline of this class, with that activation in its first text encoder and these
 * folders (bit i: the i-th of pwi_encoder_folders), is the i-th recipe's. */
bool pwi_recipe_is_of(size_t i_recipe, const char *class_name, pw_activation activation,
                      unsigned folders);

/* Whether the i-th recipe's pipeline gives its encoder a mask where the configuration says
 * use_attention_mask. */
bool pwi_recipe_heeds_mask_flag(size_t i_recipe);

/* "text_encoder", "text_encoder_2", "text_encoder_3"; NULL past the end. */
const char *pwi_encoder_folder(size_t i);

#endif
