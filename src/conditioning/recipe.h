/* SPDX-License-Identifier: MIT */
/* The rows of recipes.def. */
#ifndef PWI_CONDITIONING_RECIPE_H
#define PWI_CONDITIONING_RECIPE_H

#include <padwise/recipe.h>

typedef struct pwi_recipe {
    const char *name, *summary;
    size_t n_encoders;
} pwi_recipe;

/* NULL past the end. */
const pwi_recipe *pwi_recipe_row(size_t i);

#endif
