/* SPDX-License-Identifier: MIT */
/* What becomes of the finished sums of a block of rows, for every product of the avx512 level:
 * bias, activation or residual, and out. */
#ifndef PWI_KERNELS_X86_EPILOGUE_AVX512_H
#define PWI_KERNELS_X86_EPILOGUE_AVX512_H

#include "kernels/kernels.h"
#include "kernels/x86/math_avx512.h"

/* Columns of a block of totals; all products of this level have panels of so many. */
#define STORE_COLUMNS (2 * LANES)

/* Rows of totals [n_rows, STORE_COLUMNS] on their way out: n columns of the matrix. */
struct store {
    float *out;
    size_t out_stride, n_rows, n;
    const float *totals, *bias; /* bias [n] or NULL */
};

/* The bias of the left or the right vector, or zeros, which change no total: none is -0. */
static inline __m512 bias_of(const struct store *s, size_t first, __mmask16 lanes)
{
    return s->bias == NULL ? _mm512_setzero_ps()
                           : _mm512_maskz_loadu_ps(lanes, s->bias + first);
}

/* FINISH(value, out, lanes): what becomes of a vector of sums. One loop each, so that none asks
 * for every vector what is to be done. */
#define STORE_ROWS(name, FINISH)                                                               \
    static inline void store_##name(const struct store *s)                                     \
    {                                                                                          \
        const __mmask16 left = first_lanes(s->n);                                              \
        const __mmask16 right = first_lanes(s->n > LANES ? s->n - LANES : 0);                  \
        const __m512 bias_left = bias_of(s, 0, left), bias_right = bias_of(s, LANES, right);   \
        const float *from = s->totals;                                                         \
        float *to = s->out;                                                                    \
                                                                                               \
        for (size_t i = 0; i < s->n_rows; i++, from += STORE_COLUMNS, to += s->out_stride) {   \
            const __m512 a = _mm512_add_ps(_mm512_loadu_ps(from), bias_left);                  \
            const __m512 b = _mm512_add_ps(_mm512_loadu_ps(from + LANES), bias_right);         \
                                                                                               \
            _mm512_mask_storeu_ps(to, left, FINISH(a, to, left));                              \
            _mm512_mask_storeu_ps(to + LANES, right, FINISH(b, to + LANES, right));            \
        }                                                                                      \
    }

#define FINISH_PLAIN(value, out, lanes)      (value)
#define FINISH_ADD(value, out, lanes)        _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, out), value)
#define FINISH_QUICK_GELU(value, out, lanes) quick_gelu_lanes(value)
#define FINISH_GELU(value, out, lanes)       gelu_lanes(value)

STORE_ROWS(plain, FINISH_PLAIN)
STORE_ROWS(add, FINISH_ADD)
STORE_ROWS(quick_gelu, FINISH_QUICK_GELU)
STORE_ROWS(gelu, FINISH_GELU)

/* totals [n_rows, STORE_COLUMNS] into the rows from first_row and the columns of the matrix
 * that begin at `column`; row by row, because each lies on its own page. */
static inline void store_block(const pwi_gemm_args *args, const float *totals, size_t nr,
                               size_t first_row, size_t n_rows, size_t column)
{
    const struct store store = {
        .out = args->out + first_row * args->out_stride + column,
        .out_stride = args->out_stride,
        .n_rows = n_rows,
        .n = args->w->n - column,
        .totals = totals,
        .bias = args->bias == NULL ? NULL : args->bias + column,
    };

    PW_ASSERT(nr == STORE_COLUMNS);
    (void)nr;
    switch (args->epilogue) {
    case PWI_EPILOGUE_ADD:
        store_add(&store);
        break;
    case PWI_EPILOGUE_QUICK_GELU:
        store_quick_gelu(&store);
        break;
    case PWI_EPILOGUE_GELU:
        store_gelu(&store);
        break;
    default:
        store_plain(&store);
    }
}

#endif
