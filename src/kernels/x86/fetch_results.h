/* SPDX-License-Identifier: MIT */
/* Results on their way into the cache before they are stored, for every product of the x86
 * levels: each row lies on a page of its own, so no prefetcher of the machine finds them. */
#ifndef PWI_KERNELS_X86_FETCH_RESULTS_H
#define PWI_KERNELS_X86_FETCH_RESULTS_H

#include <xmmintrin.h>

#include "kernels/kernels.h"

#define FLOATS_PER_LINE 16

/* Columns column .. column + nr - 1 of n_rows rows; called before the last run is multiplied.
 */
static inline void fetch_results(const pwi_gemm_args *args, size_t nr, size_t first_row,
                                 size_t n_rows, size_t column)
{
    const float *out = args->out + first_row * args->out_stride + column;

    for (size_t row = 0; row < n_rows; row++, out += args->out_stride)
        for (size_t i = 0; i < nr; i += FLOATS_PER_LINE)
            _mm_prefetch((const char *)(out + i), _MM_HINT_T0);
}

#endif
