/* SPDX-License-Identifier: MIT */
/* What becomes of the finished sums of a block of rows, for every product of the avx2 level:
 * bias, activation or residual, and out. */
#ifndef PWI_KERNELS_X86_EPILOGUE_AVX2_H
#define PWI_KERNELS_X86_EPILOGUE_AVX2_H

#include "kernels/kernels.h"
#include "kernels/x86/math_avx2.h"

static inline __m256 finished(__m256 value, const float *out, size_t n, pwi_epilogue epilogue)
{
    switch (epilogue) {
    case PWI_EPILOGUE_ADD:
        return _mm256_add_ps(load_part(out, n), value);
    case PWI_EPILOGUE_QUICK_GELU:
        return quick_gelu_lanes(value);
    case PWI_EPILOGUE_GELU:
        return gelu_lanes(value);
    default:
        return value;
    }
}

/* totals [n_rows, nr], 32-byte aligned, into the rows from first_row and the nr columns of the
 * matrix that begin at `column`. */
static inline void store_block(const pwi_gemm_args *args, const float *totals, size_t nr,
                               size_t first_row, size_t n_rows, size_t column)
{
    const size_t end = column + nr < args->w->n ? column + nr : args->w->n;

    for (; column < end && n_rows > 0; column += LANES, totals += LANES) {
        const size_t n = args->w->n - column;
        const __m256 bias =
            args->bias == NULL ? _mm256_setzero_ps() : load_part(args->bias + column, n);
        float *out = args->out + first_row * args->out_stride + column;

        for (size_t row = 0; row < n_rows; row++, out += args->out_stride) {
            const __m256 value = _mm256_add_ps(_mm256_load_ps(totals + row * nr), bias);

            store_part(out, finished(value, out, n, args->epilogue), n);
        }
    }
}

#endif
