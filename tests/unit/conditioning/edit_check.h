/* SPDX-License-Identifier: MIT */
/* A small sequence and edits of it, for the tests of edits. */
#ifndef PWI_TESTS_EDIT_CHECK_H
#define PWI_TESTS_EDIT_CHECK_H

#include <padwise/edit.h>

#include "check.h"
#include "failing_allocator.h"
#include "test_context.h"

/* bos, three words, eos, five pads. */
#define N_ROWS 10
#define N_REAL 5
#define DIM    4

struct sample {
    float values[N_ROWS * DIM];
    pw_row_role roles[N_ROWS];
};

static inline struct sample make_sample(void)
{
    struct sample sample;

    for (size_t i = 0; i < N_ROWS * DIM; i++)
        sample.values[i] = (float)((double)(i * 37 % 41) / 7.0 - 2.5);
    sample.values[6 * DIM] = -0.0f; /* what an addition of 0 would turn into 0 */
    pw_row_roles_fill(sample.roles, N_ROWS, N_REAL);
    return sample;
}

static inline pw_tensor as_tensor(float *values)
{
    return (pw_tensor){.dtype = PW_F32,
                       .rank = 2,
                       .shape = {N_ROWS, DIM},
                       .data = values,
                       .size_bytes = N_ROWS * DIM * sizeof(float)};
}

static inline pw_edits *parsed(pw_context *ctx, const char *text)
{
    pw_edits *edits = NULL;
    pw_error err;

    if (pw_edits_parse(&edits, ctx, text, strlen(text), &err) != PW_OK)
        fail_msg("\"%s\": %s", text, err.text);
    return edits;
}

static inline pw_status apply_with(pw_context *ctx, struct sample *sample, const char *text,
                                   const pw_edit_sources *sources, pw_edit_report *report,
                                   pw_error *err)
{
    pw_edits *edits = parsed(ctx, text);
    pw_tensor tensor = as_tensor(sample->values);
    const pw_status status =
        pw_edits_apply(edits, ctx, &tensor, sample->roles, sources, report, err);

    pw_edits_free(edits);
    return status;
}

#endif
