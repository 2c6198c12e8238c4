/* SPDX-License-Identifier: MIT */
/* Precisions: their names, and where a level's products go in the table. */
#include <string.h>

#include "kernels/levels.h"

static const char *const names[PW_N_PRECISIONS] = {"highest", "high", "medium", "int8"};

const char *pw_precision_name(pw_precision precision)
{
    return (unsigned)precision < PW_N_PRECISIONS ? names[precision] : "?";
}

int32_t pw_precision_from_name(const char *name)
{
    for (int32_t i = 0; i < PW_N_PRECISIONS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

void pwi_products_put(pwi_kernels *kernels, pw_precision first, const pwi_product *product)
{
    for (int i = (int)first; i < PW_N_PRECISIONS; i++)
        kernels->products[i] = *product;
}
