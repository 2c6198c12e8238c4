/* SPDX-License-Identifier: MIT */
/* What becomes of the finished sums of a block of rows, for every product of the avx512 level:
 * bias, activation or residual, and out. */
#ifndef PWI_KERNELS_X86_EPILOGUE_AVX512_H
#define PWI_KERNELS_X86_EPILOGUE_AVX512_H

#include "kernels/kernels.h"
#include "kernels/x86/math_avx512.h"

static inline __m512 finished(__m512 value, const float *out, size_t n, pwi_epilogue epilogue)
{
    switch (epilogue) {
    case PWI_EPILOGUE_ADD:
        return _mm512_add_ps(load_part(out, n), value);
    case PWI_EPILOGUE_QUICK_GELU:
        return quick_gelu_lanes(value);
    case PWI_EPILOGUE_GELU:
        return gelu_lanes(value);
    default:
        return value;
    }
}

/* totals [n_rows, nr] into the rows from first_row and the nr columns of the matrix that begin
 * at `column`; row by row, because each lies on its own page. */
static inline void store_block(const pwi_gemm_args *args, const float *totals, size_t nr,
                               size_t first_row, size_t n_rows, size_t column)
{
    const size_t left = args->w->n - column, n_columns = left < nr ? left : nr;

    for (size_t row = 0; row < n_rows; row++, totals += nr) {
        float *out = args->out + (first_row + row) * args->out_stride + column;

        for (size_t i = 0; i < n_columns; i += LANES) {
            const size_t n = n_columns - i;
            __m512 value = _mm512_loadu_ps(totals + i);

            if (args->bias != NULL)
                value = _mm512_add_ps(value, load_part(args->bias + column + i, n));
            store_part(out + i, finished(value, out + i, n, args->epilogue), n);
        }
    }
}

#endif
