/* SPDX-License-Identifier: MIT */
/* Plans looked at, and carried out. */
#include "base/checked.h"
#include "prompt/dialect.h"

size_t pw_plan_n_sequences(const pw_plan *plan)
{
    return plan->sequences.n;
}

const pw_sequence *pw_plan_sequence(const pw_plan *plan, size_t i)
{
    return &plan->sequences.items[i];
}

size_t pw_plan_n_outputs(const pw_plan *plan)
{
    return plan->outputs.n;
}

const pw_plan_output *pw_plan_output_at(const pw_plan *plan, size_t i)
{
    return &plan->outputs.items[i];
}

size_t pw_plan_n_warnings(const pw_plan *plan)
{
    return plan->warnings.n;
}

const char *pw_plan_warning(const pw_plan *plan, size_t i)
{
    return plan->warnings.items[i];
}

pw_status pw_plan_apply(const pw_plan *plan, const float *const *encodings, size_t dim,
                        float *const *out, pw_error *err)
{
    const pw_allocator *allocator = &plan->ctx->allocator;
    pw_weighting *weightings = PWI_ARRAY(allocator, pw_weighting, plan->outputs.n);
    pw_encoding *rows = PWI_ARRAY(allocator, pw_encoding, plan->sequences.n);
    pw_status status = PW_OK;

    if (weightings == NULL || rows == NULL)
        status = pwi_fail_memory(err);
    for (size_t i = 0; status == PW_OK && i < plan->outputs.n; i++)
        weightings[i] = plan->outputs.items[i].weighting;
    for (size_t i = 0; status == PW_OK && i < plan->sequences.n; i++)
        rows[i] = (pw_encoding){encodings[i], plan->sequences.items[i].n_tokens};
    if (status == PW_OK)
        status = pw_weighting_apply(plan->ctx, weightings, plan->outputs.n, rows,
                                    plan->sequences.n, dim, out, err);
    if (weightings != NULL)
        pwi_free_array(allocator, weightings, plan->outputs.n, sizeof(*weightings));
    if (rows != NULL)
        pwi_free_array(allocator, rows, plan->sequences.n, sizeof(*rows));
    return status;
}

/* What pw_plan_run holds between encoding and applying. */
struct run {
    const pw_allocator *allocator;
    const pw_sequence **sequences; /* [n] */
    float **rows, **pooled;        /* [n], into `values` */
    float *values;
    size_t n, n_values;
};

static pw_status count_values(const pw_plan *plan, struct run *run, size_t dim,
                              size_t dim_pooled, pw_error *err)
{
    for (size_t i = 0; i < plan->sequences.n; i++) {
        const pw_sequence *sequence = &plan->sequences.items[i];
        size_t n = 0;

        if (sequence->needs_rows && !pwi_mul_size(sequence->n_tokens, dim, &n))
            return pwi_fail_memory(err);
        if (!pwi_add_size(run->n_values, n, &run->n_values) ||
            (sequence->needs_pooled &&
             !pwi_add_size(run->n_values, dim_pooled, &run->n_values)))
            return pwi_fail_memory(err);
    }
    return PW_OK;
}

static pw_status allocate(const pw_plan *plan, struct run *run, size_t dim, size_t dim_pooled,
                          pw_error *err)
{
    float *at;

    PWI_TRY(count_values(plan, run, dim, dim_pooled, err));
    run->sequences = PWI_ARRAY(run->allocator, const pw_sequence *, run->n);
    run->rows = PWI_ARRAY(run->allocator, float *, run->n);
    run->pooled = PWI_ARRAY(run->allocator, float *, run->n);
    run->values = pwi_alloc_zeroed(run->allocator, run->n_values, sizeof(*run->values));
    if (run->sequences == NULL || run->rows == NULL || run->pooled == NULL ||
        run->values == NULL)
        return pwi_fail_memory(err);
    at = run->values;
    for (size_t i = 0; i < run->n; i++) {
        const pw_sequence *sequence = &plan->sequences.items[i];

        run->sequences[i] = sequence;
        run->rows[i] = sequence->needs_rows ? at : NULL;
        at += sequence->needs_rows ? sequence->n_tokens * dim : 0;
        run->pooled[i] = sequence->needs_pooled ? at : NULL;
        at += sequence->needs_pooled ? dim_pooled : 0;
    }
    return PW_OK;
}

static void release(struct run *run)
{
    if (run->sequences != NULL)
        pwi_free_array(run->allocator, run->sequences, run->n, sizeof(*run->sequences));
    if (run->rows != NULL)
        pwi_free_array(run->allocator, run->rows, run->n, sizeof(*run->rows));
    if (run->pooled != NULL)
        pwi_free_array(run->allocator, run->pooled, run->n, sizeof(*run->pooled));
    if (run->values != NULL)
        pwi_free_array(run->allocator, run->values, run->n_values, sizeof(*run->values));
}

pw_status pw_plan_run(const pw_plan *plan, pw_encode_fn encode, void *user, size_t dim,
                      size_t dim_pooled, float *const *out, float *const *pooled, pw_error *err)
{
    struct run run = {.allocator = &plan->ctx->allocator, .n = plan->sequences.n};
    pw_status status = allocate(plan, &run, dim, dim_pooled, err);

    if (status == PW_OK)
        status = encode(user, run.sequences, run.n, run.rows, run.pooled, err);
    if (status == PW_OK)
        status = pw_plan_apply(plan, (const float *const *)run.rows, dim, out, err);
    for (size_t i = 0; status == PW_OK && pooled != NULL && i < plan->outputs.n; i++) {
        const size_t i_pooled = plan->outputs.items[i].i_pooled;

        for (size_t d = 0; pooled[i] != NULL && i_pooled != SIZE_MAX && d < dim_pooled; d++)
            pooled[i][d] = run.pooled[i_pooled][d];
    }
    release(&run);
    return status;
}
