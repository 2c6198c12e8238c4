/* SPDX-License-Identifier: MIT */
/* Recipes: what a pipeline feeds its denoiser, as data; and flavours: whose numbers. A recipe
 * is rows of a table (src/conditioning/recipes.def): its tensors, its encoders under each
 * flavour, its rule for a missing negative. docs/recipes.md shows the table.
 *
 * `raw` is an encoder's own outputs under Hugging Face's names. */
#ifndef PADWISE_RECIPE_H
#define PADWISE_RECIPE_H

#include "tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Encoders of a recipe at most. */
#define PW_RECIPE_ENCODERS_MAX 4

/** Name of the i-th recipe, NULL past the end. Static storage.   Since: 0.1 */
PW_API const char *pw_recipe_name(size_t i);

/** One line for a person about the i-th recipe. Static storage.   Since: 0.1 */
PW_API const char *pw_recipe_summary(size_t i);

/** Index of the recipe of that name, or -1.   Since: 0.1 */
PW_API int32_t pw_recipe_find(const char *name);

/** "diffusers", "a1111", "comfyui"; NULL past the end. 0 is the default. Static storage.
 * Since: 0.1 */
PW_API const char *pw_flavour_name(size_t i);
PW_API const char *pw_flavour_summary(size_t i);

/** The dialect that prompts are written in where the caller names none.   Since: 0.1 */
PW_API const char *pw_flavour_dialect(size_t i);

/** Index of the flavour of that name, or -1.   Since: 0.1 */
PW_API int32_t pw_flavour_find(const char *name);

/** An encoder of a recipe under a flavour: what is to be opened for it. Strings are static. */
typedef struct pw_recipe_encoder {
    const char *name;             /* "clip_l": in a file that holds several; "" for raw: any */
    const char *folder;           /* of a diffusers pipeline: "text_encoder" */
    const char *tokenizer_folder; /* of a diffusers pipeline: "tokenizer" */
    pw_tokenizer_mode tokenizer_mode;
    pw_pad_bang pad_bang;
} pw_recipe_encoder;

/** The i-th encoder.
 *  @return false: the recipe has no more, or not under this flavour.   Since: 0.1 */
PW_API bool pw_recipe_encoder_at(size_t i_recipe, size_t i_flavour, size_t i,
                                 pw_recipe_encoder *out);

/** The recipe of a single-file checkpoint, by the layout that pw_model_info names ("sdxl"), or
 * -1: that layout says nothing of a pipeline.   Since: 0.1 */
PW_API int32_t pw_recipe_of_layout(const char *layout);

/** Yes, no, or what is the default. */
typedef enum pw_choice {
    PW_CHOICE_DEFAULT = 0,
    PW_CHOICE_NO,
    PW_CHOICE_YES
} pw_choice;

/** What a diffusers folder says of its pipeline. Where it says nothing: -1, PW_CHOICE_DEFAULT.
 */
typedef struct pw_pipeline_info {
    size_t struct_size;
    char class_name[64];   /* "StableDiffusionXLPipeline" */
    int32_t recipe;        /* -1: a pipeline that has no recipe here */
    pw_choice force_zeros; /* force_zeros_for_empty_prompt */
    /* By encoder of the recipe: */
    bool uses_attention_mask[PW_RECIPE_ENCODERS_MAX]; /* its config.json says so and the
                                                       pipeline heeds it */
    bool has_projection[PW_RECIPE_ENCODERS_MAX];      /* its class is one ...WithProjection */
} pw_pipeline_info;

/** Read model_index.json of a diffusers folder, and its text encoders' config.json.
 *  @return PW_OK; PW_ERR_NOT_FOUND (no model_index.json); PW_ERR_FORMAT and its kin.
 * Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_pipeline_read(pw_pipeline_info *out, pw_context *ctx,
                                               const char *folder, pw_error *err);

#ifdef __cplusplus
}
#endif

#endif
