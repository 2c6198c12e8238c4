/* SPDX-License-Identifier: MIT */
/* The inner loop of every product at the avx2 level: up to 6 rows of x against 16 columns of w,
 * twelve sums in registers, two vectors of w and one value of x in the other three. Rows are
 * written out by macros, because arrays of vectors do not always end up in registers.
 *
 * The empty asm keeps GCC 12 honest: without it the sums wander between registers and spill
 * (84 instead of 92 GFLOP/s out of L1). It says that sums stay where they are and that value
 * and w are still wanted behind the step, so that no FMA overwrites them. */
#ifndef PWI_KERNELS_X86_TILE_AVX2_H
#define PWI_KERNELS_X86_TILE_AVX2_H

#include "kernels/x86/vector_avx2.h"

#define TILE_ROWS    6
#define TILE_COLUMNS 16

/* F(0, step) ... F(n - 1, step). */
#define ROWS_1(F, step) F(0, step)
#define ROWS_2(F, step) ROWS_1(F, step) F(1, step)
#define ROWS_3(F, step) ROWS_2(F, step) F(2, step)
#define ROWS_4(F, step) ROWS_3(F, step) F(3, step)
#define ROWS_5(F, step) ROWS_4(F, step) F(4, step)
#define ROWS_6(F, step) ROWS_5(F, step) F(5, step)

/* Row i of x [rows, n_k] and its sums. */
#define TILE_BEGIN(i, step)                                                                    \
    __m256 left##i = _mm256_setzero_ps(), right##i = _mm256_setzero_ps();                      \
    const float *const x##i = x + (i)*x_stride;

#define TILE_MULTIPLY(i, step)                                                                 \
    {                                                                                          \
        const __m256 value = _mm256_broadcast_ss(x##i + i_k + (step));                         \
                                                                                               \
        left##i = _mm256_fmadd_ps(value, w_left, left##i);                                     \
        right##i = _mm256_fmadd_ps(value, w_right, right##i);                                  \
        __asm__("" : "+x"(left##i), "+x"(right##i) : "x"(value), "x"(w_left), "x"(w_right));   \
    }

/* Element i_k + step of every row times the 16 columns at w_row. */
#define TILE_STEP(ROWS, w_row, step)                                                           \
    {                                                                                          \
        const float *const w_step = (w_row);                                                   \
        const __m256 w_left = _mm256_loadu_ps(w_step);                                         \
        const __m256 w_right = _mm256_loadu_ps(w_step + LANES);                                \
                                                                                               \
        ROWS(TILE_MULTIPLY, step)                                                              \
    }

/* totals [rows, TILE_COLUMNS] += sums. */
#define TILE_TOTAL(i, step)                                                                    \
    {                                                                                          \
        float *to = totals + (i)*TILE_COLUMNS;                                                 \
                                                                                               \
        _mm256_store_ps(to, _mm256_add_ps(_mm256_load_ps(to), left##i));                       \
        _mm256_store_ps(to + LANES, _mm256_add_ps(_mm256_load_ps(to + LANES), right##i));      \
    }

#endif
