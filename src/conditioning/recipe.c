/* SPDX-License-Identifier: MIT */
/* The recipe tables, their public face, and recipes put together from rows. */
#include "conditioning/recipe.h"

#include <string.h>

#include "base/error.h"

static const struct {
    const char *name, *summary, *dialect;
} flavours[] = {

#define FLAVOUR(name, summary, dialect) {name, summary, dialect},
#include "conditioning/recipes.def"
#undef FLAVOUR
};

static const struct {
    const char *name, *summary, *class_start;
    pw_activation activation; /* DEFAULT: any */
    const char *layouts;      /* separated by spaces; NULL: none */
    bool heeds_mask_flag;
} recipes[] = {

#define RECIPE(name, summary, class_start, activation, layouts, heeds_mask_flag)               \
    {name, summary, class_start, PW_ACTIVATION_##activation, layouts, heeds_mask_flag},
#include "conditioning/recipes.def"
#undef RECIPE
};

static const pwi_recipe_output outputs[] = {
#define OUTPUT(recipe, name, kind) {recipe, name, PWI_OUTPUT_##kind},
#include "conditioning/recipes.def"
#undef OUTPUT
};

static const pwi_recipe_policy policies[] = {
#define POLICY(recipe, flavour, zeros, zeros_default, second, unequal)                         \
    {recipe,                                                                                   \
     flavour,                                                                                  \
     PWI_ZEROS_##zeros,                                                                        \
     zeros_default,                                                                            \
     PWI_SECOND_##second,                                                                      \
     PWI_UNEQUAL_##unequal},
#include "conditioning/recipes.def"
#undef POLICY
};

static const pwi_recipe_row rows[] = {
#define ENCODER(recipe, flavour, name, folder, tokenizer_folder, mode, bang, pad, mask, layer, \
                final_norm, depth, skip, skip_first, is_pooled_source)                         \
    {recipe,                                                                                   \
     flavour,                                                                                  \
     {name, folder, tokenizer_folder, PW_TOKENIZER_##mode, PW_PAD_BANG_##bang},                \
     PWI_PAD_##pad,                                                                            \
     PW_SEQUENCE_MASK_##mask,                                                                  \
     layer,                                                                                    \
     final_norm,                                                                               \
     depth,                                                                                    \
     PWI_SKIP_##skip,                                                                          \
     skip_first,                                                                               \
     is_pooled_source},
#include "conditioning/recipes.def"
#undef ENCODER
};

#define N(table) (sizeof(table) / sizeof(*(table)))

const char *pw_flavour_name(size_t i)
{
    return i < N(flavours) ? flavours[i].name : NULL;
}

const char *pw_flavour_summary(size_t i)
{
    return i < N(flavours) ? flavours[i].summary : NULL;
}

const char *pw_flavour_dialect(size_t i)
{
    return i < N(flavours) ? flavours[i].dialect : NULL;
}

int32_t pw_flavour_find(const char *name)
{
    for (size_t i = 0; i < N(flavours); i++)
        if (strcmp(flavours[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}

const char *pw_recipe_name(size_t i)
{
    return i < N(recipes) ? recipes[i].name : NULL;
}

const char *pw_recipe_summary(size_t i)
{
    return i < N(recipes) ? recipes[i].summary : NULL;
}

int32_t pw_recipe_find(const char *name)
{
    for (size_t i = 0; i < N(recipes); i++)
        if (strcmp(recipes[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}

/* Whether `word` is one of the words of a list. */
static bool is_among(const char *list, const char *word)
{
    const size_t size = strlen(word);

    for (const char *at = list; at != NULL && size > 0; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, word, size) == 0 && (at[size] == ' ' || at[size] == '\0'))
            return true;
    }
    return false;
}

int32_t pw_recipe_of_layout(const char *layout)
{
    for (size_t i = 0; i < N(recipes); i++)
        if (recipes[i].layouts != NULL && is_among(recipes[i].layouts, layout))
            return (int32_t)i;
    return -1;
}

static const pwi_recipe_row *row_of(const char *recipe, const char *flavour, size_t i)
{
    for (size_t k = 0; k < N(rows); k++)
        if (strcmp(rows[k].recipe, recipe) == 0 && strcmp(rows[k].flavour, flavour) == 0 &&
            i-- == 0)
            return &rows[k];
    return NULL;
}

bool pw_recipe_encoder_at(size_t i_recipe, size_t i_flavour, size_t i, pw_recipe_encoder *out)
{
    const pwi_recipe_row *row =
        i_recipe < N(recipes) && i_flavour < N(flavours)
            ? row_of(recipes[i_recipe].name, flavours[i_flavour].name, i)
            : NULL;

    if (row != NULL)
        *out = row->encoder;
    return row != NULL;
}

static pw_status find_policy(pwi_recipe *out, pw_error *err)
{
    for (size_t i = 0; i < N(policies); i++) {
        if (strcmp(policies[i].recipe, out->name) == 0 &&
            strcmp(policies[i].flavour, out->flavour) == 0) {
            out->policy = &policies[i];
            return PW_OK;
        }
    }
    return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is no recipe %s in flavour %s", out->name,
                    out->flavour);
}

pw_status pwi_recipe_find(pwi_recipe *out, const char *recipe, const char *flavour,
                          pw_error *err)
{
    const int32_t i_recipe = recipe == NULL ? 0 : pw_recipe_find(recipe),
                  i_flavour = flavour == NULL ? 0 : pw_flavour_find(flavour);

    if (i_recipe < 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "there is no recipe \"%.64s\"; there are raw, sd15, sd21, sdxl, "
                        "sdxl-refiner and cascade",
                        recipe);
    if (i_flavour < 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "there is no flavour \"%.64s\"; there are diffusers, a1111 and comfyui",
                        flavour);
    *out = (pwi_recipe){.name = recipes[i_recipe].name,
                        .flavour = flavours[i_flavour].name,
                        .is_pipeline = recipes[i_recipe].class_start != NULL};
    PWI_TRY(find_policy(out, err));
    while (out->n_encoders < PW_RECIPE_ENCODERS_MAX) {
        const pwi_recipe_row *row = row_of(out->name, out->flavour, out->n_encoders);

        if (row == NULL)
            break;
        out->rows[out->n_encoders++] = row;
    }
    return PW_OK;
}

const pwi_recipe_output *pwi_recipe_output_at(const pwi_recipe *recipe, size_t i)
{
    for (size_t k = 0; k < N(outputs); k++)
        if (strcmp(outputs[k].recipe, recipe->name) == 0 && i-- == 0)
            return &outputs[k];
    return NULL;
}

const char *pwi_encoder_folder(size_t i)
{
    static const char *const folders[] = {"text_encoder", "text_encoder_2", "text_encoder_3"};

    return i < N(folders) ? folders[i] : NULL;
}

/* The folders of a recipe's encoders; diffusers' are every flavour's. */
static unsigned folders_of(const char *recipe)
{
    unsigned folders = 0;
    const pwi_recipe_row *row;

    for (size_t i = 0; (row = row_of(recipe, flavours[0].name, i)) != NULL; i++)
        for (size_t k = 0; pwi_encoder_folder(k) != NULL; k++)
            if (strcmp(row->encoder.folder, pwi_encoder_folder(k)) == 0)
                folders |= 1u << k;
    return folders;
}

bool pwi_recipe_is_of(size_t i_recipe, const char *class_name, pw_activation activation,
                      unsigned folders)
{
    const char *start = recipes[i_recipe].class_start;

    return start != NULL && strncmp(class_name, start, strlen(start)) == 0 &&
           (recipes[i_recipe].activation == PW_ACTIVATION_DEFAULT ||
            recipes[i_recipe].activation == activation) &&
           folders_of(recipes[i_recipe].name) == folders;
}

bool pwi_recipe_heeds_mask_flag(size_t i_recipe)
{
    return recipes[i_recipe].heeds_mask_flag;
}
