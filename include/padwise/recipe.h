/* SPDX-License-Identifier: MIT */
/* Recipes: what a pipeline feeds its denoiser, as data. A recipe is a row of a table
 * (src/conditioning/recipes.def); now there is `raw`, an encoder's own outputs under Hugging
 * Face's names.
 */
#ifndef PADWISE_RECIPE_H
#define PADWISE_RECIPE_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Name of the i-th recipe, NULL past the end. Static storage.   Since: 0.1 */
PW_API const char *pw_recipe_name(size_t i);

/** One line for a person about the i-th recipe. Static storage.   Since: 0.1 */
PW_API const char *pw_recipe_summary(size_t i);

/** Index of the recipe of that name, or -1.   Since: 0.1 */
PW_API int32_t pw_recipe_find(const char *name);

#ifdef __cplusplus
}
#endif

#endif
