/* SPDX-License-Identifier: MIT */
/* Rows through a layer's projections, and what is told of single keys and values. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/error.h"
#include "kernels/gemm.h"
#include "lab/kv.h"
#include "lab/lab_rows.h"

/* What a width says of the model that reads it, for messages. */
static const char *reader_of(size_t width)
{
    switch (width) {
    case 768:
        return " (SD 1)";
    case 1024:
        return " (SD 2)";
    case 1280:
        return " (the refiner of SDXL)";
    case 2048:
        return " (SDXL)";
    default:
        return "";
    }
}

static pw_status check_rows(const pw_kv_layer *layer, const pw_rows *rows, pw_error *err)
{
    PWI_TRY(pwi_rows_check_size(rows, err));
    if (rows->width == layer->width)
        return PW_OK;
    return PWI_FAIL(err, PW_ERR_MISMATCH,
                    "reads rows of %zu numbers%s, and the conditioning has rows of %zu%s: give "
                    "the conditioning that is made for this U-Net",
                    layer->width, reader_of(layer->width), rows->width, reader_of(rows->width));
}

/* ---- One product. */

struct projection {
    const pw_kv *kv;
    const pw_tensor *tensor; /* of the file, without data */
    size_t i_tensor;
    const pw_rows *rows;
    float *out;
    void *weights;
    size_t n_scratch;
    float *scratch;
};

static pw_status check_finite(const struct projection *p, size_t n, pw_error *err)
{
    const char *name = pw_file_tensor_name(p->kv->file, p->i_tensor);
    const size_t inner = (size_t)p->tensor->shape[0];
    char quoted[PWI_QUOTE_SIZE];

    for (size_t i = 0; i < n; i++)
        if (!isfinite(p->out[i]))
            return PWI_FAIL(err, PW_ERR_FORMAT,
                            "%s times row %zu of the conditioning is not finite: one of them "
                            "holds NaN, infinity or numbers too large",
                            pwi_quote(quoted, name, strlen(name)), i / inner);
    return PW_OK;
}

static pw_status multiply(const struct projection *p, pw_error *err)
{
    const pw_context *ctx = p->kv->ctx;
    const pwi_kernels *kernels = pwi_context_kernels(ctx);
    const pwi_product *product = &kernels->products[PW_PRECISION_HIGHEST];
    const size_t inner = (size_t)p->tensor->shape[0], width = p->rows->width;
    const pwi_gemm_input input = {
        .x = p->rows->values, .stride = width, .n_rows = p->rows->n_rows};
    pwi_packed packed;
    pwi_gemm_part part = {.w = &packed, .out = p->out, .out_stride = inner};

    PWI_TRY(
        pwi_pack(&packed, &ctx->allocator, product, p->tensor->dtype, inner, width, 1.0f, err));
    pwi_pack_rows(&packed, kernels, 0, inner, p->weights, p->tensor->dtype);
    pwi_gemm(ctx, &input, &part, 1, PWI_EPILOGUE_STORE, p->scratch);
    pwi_packed_free(&packed);
    return check_finite(p, p->rows->n_rows * inner, err);
}

static pw_status read_and_multiply(struct projection *p, pw_error *err)
{
    const pw_allocator *allocator = &p->kv->ctx->allocator;
    const size_t size_bytes = p->tensor->size_bytes;
    pw_status status;

    p->n_scratch = pwi_gemm_scratch(
        p->kv->ctx, &pwi_context_kernels(p->kv->ctx)->products[PW_PRECISION_HIGHEST],
        p->rows->n_rows, p->rows->width);
    p->weights = pwi_alloc_simd(allocator, size_bytes);
    p->scratch = pwi_alloc_simd(allocator, p->n_scratch * sizeof(float));
    if (p->weights == NULL || p->scratch == NULL)
        status = pwi_fail_memory(err);
    else
        status = pw_file_read(p->kv->file, p->i_tensor, p->weights, size_bytes, err);
    if (status == PW_OK)
        status = multiply(p, err);
    if (p->scratch != NULL)
        pwi_free_simd(allocator, p->scratch, p->n_scratch * sizeof(float));
    if (p->weights != NULL)
        pwi_free_simd(allocator, p->weights, size_bytes);
    return status;
}

static pw_status project(const pw_kv *kv, size_t i_tensor, const pw_rows *rows, float *out,
                         pw_error *err)
{
    struct projection p = {.kv = kv,
                           .tensor = pw_file_tensor(kv->file, i_tensor),
                           .i_tensor = i_tensor,
                           .rows = rows,
                           .out = out};

    return pwi_where(err, pw_file_path(kv->file), read_and_multiply(&p, err));
}

pw_status pw_kv_project(const pw_kv *kv, size_t i_layer, const pw_rows *rows, float *k,
                        float *v, pw_error *err)
{
    const pwi_kv_place *place;

    if (i_layer >= kv->n)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there are %zu layers, and none of number %zu",
                        kv->n, i_layer);
    place = &kv->places[kv->order[i_layer]];
    PWI_TRY(pwi_where(err, pw_file_path(kv->file), check_rows(&place->layer, rows, err)));
    PWI_TRY(pwi_progress(kv->ctx, "projecting", i_layer, kv->n, err));
    PWI_TRY(project(kv, place->i_k, rows, k, err));
    return v == NULL ? PW_OK : project(kv, place->i_v, rows, v, err);
}

/* ---- Single rows. */

void pw_kv_measure(double *norm, double *cos_eos, const float *x, size_t inner,
                   const pw_rows *rows)
{
    const float *eos = NULL;

    for (size_t i = 0; i < rows->n_rows && eos == NULL; i++)
        eos = rows->roles[i] == PW_ROW_EOS ? x + i * inner : NULL;
    for (size_t i = 0; i < rows->n_rows; i++) {
        const float *row = x + i * inner;
        const double square = pwi_dot_f32(row, row, inner);

        if (norm != NULL)
            norm[i] = sqrt(square);
        if (cos_eos != NULL)
            cos_eos[i] = eos == NULL ? NAN
                                     : pwi_cosine(pwi_dot_f32(row, eos, inner), square,
                                                  pwi_dot_f32(eos, eos, inner));
    }
}
