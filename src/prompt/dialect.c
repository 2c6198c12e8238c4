/* SPDX-License-Identifier: MIT */
/* The table of dialects, and the names in it. */
#include "prompt/dialect.h"

#include <string.h>

#define DIALECT(name, summary, read, grammar, joint, cut, chunk, weigh, equal, pooled,         \
                weights, batches, adv)                                                         \
    {name,        summary,     pwi_##read,   pwi_##grammar, joint,   pwi_##cut, pwi_##chunk,   \
     pwi_##weigh, PWI_##equal, PWI_##pooled, PWI_##weights, batches, adv},

static const pwi_dialect dialects[] = {
#include "prompt/dialects.def"
};

#define N_DIALECTS (sizeof(dialects) / sizeof(*dialects))

const pwi_dialect *pwi_dialect_at(int32_t i)
{
    return i >= 0 && (size_t)i < N_DIALECTS ? &dialects[i] : NULL;
}

const char *pw_dialect_name(size_t i)
{
    return i < N_DIALECTS ? dialects[i].name : NULL;
}

const char *pw_dialect_summary(size_t i)
{
    return i < N_DIALECTS ? dialects[i].summary : NULL;
}

int32_t pw_dialect_find(const char *name)
{
    for (size_t i = 0; i < N_DIALECTS; i++) {
        if (strcmp(dialects[i].name, name) == 0)
            return (int32_t)i;
    }
    return -1;
}

bool pw_dialect_is_one_chunk(size_t i)
{
    const pwi_dialect *dialect = i > INT32_MAX ? NULL : pwi_dialect_at((int32_t)i);

    return dialect != NULL && dialect->chunk == pwi_chunk_cut &&
           dialect->equal == PWI_EQUAL_NOT;
}
