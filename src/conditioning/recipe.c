/* SPDX-License-Identifier: MIT */
/* The recipe table and its public face. */
#include "conditioning/recipe.h"

#include <string.h>

static const pwi_recipe rows[] = {
#define PW_RECIPE(name, n_encoders, summary) {#name, summary, n_encoders},
#include "conditioning/recipes.def"
#undef PW_RECIPE
};

#define N_ROWS (sizeof(rows) / sizeof(*rows))

const pwi_recipe *pwi_recipe_row(size_t i)
{
    return i < N_ROWS ? &rows[i] : NULL;
}

const char *pw_recipe_name(size_t i)
{
    return i < N_ROWS ? rows[i].name : NULL;
}

const char *pw_recipe_summary(size_t i)
{
    return i < N_ROWS ? rows[i].summary : NULL;
}

int32_t pw_recipe_find(const char *name)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}
