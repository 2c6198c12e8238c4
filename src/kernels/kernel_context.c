/* SPDX-License-Identifier: MIT */
/* A context with its kernel table. */
#include "kernels/kernels.h"

struct whole_context {
    pw_context base; /* first: a pw_context * is a whole_context * */
    pwi_kernels kernels;
};

pw_status pw_context_create(pw_context **out, const pw_context_options *options, pw_error *err)
{
    PWI_TRY(pwi_context_new(out, sizeof(struct whole_context), options, err));
    /* The level that is told is the one whose kernels run. */
    while (!pw_level_built((*out)->level))
        (*out)->level = (pw_level)((*out)->level - 1);
    pwi_kernels_select(&((struct whole_context *)*out)->kernels, (*out)->level, PWI_CPU_ALL);
    return PW_OK;
}

const pwi_kernels *pwi_context_kernels(const pw_context *ctx)
{
    return &((const struct whole_context *)ctx)->kernels;
}
