/* SPDX-License-Identifier: MIT */
/* The inner loop of the f32 products at the avx512 level: up to 14 rows of x against one or two
 * vectors of w, 28 sums in registers, two vectors of w and one or two values of x in the other
 * four. Rows are written out by macros, because arrays of vectors do not always end up in
 * registers.
 *
 * Rows of x are addressed from four pointers and the stride: fourteen pointers would not fit
 * the general registers. TILE_HIDE keeps compilers from making fourteen of them again. */
#ifndef PWI_KERNELS_X86_TILE_AVX512_H
#define PWI_KERNELS_X86_TILE_AVX512_H

#include "kernels/x86/vector_avx512.h"

#define TILE_ROWS    14
#define TILE_COLUMNS 32

/* F(0, step) ... F(n - 1, step). */
#define ROWS_1(F, step)  F(0, step)
#define ROWS_2(F, step)  ROWS_1(F, step) F(1, step)
#define ROWS_3(F, step)  ROWS_2(F, step) F(2, step)
#define ROWS_4(F, step)  ROWS_3(F, step) F(3, step)
#define ROWS_5(F, step)  ROWS_4(F, step) F(4, step)
#define ROWS_6(F, step)  ROWS_5(F, step) F(5, step)
#define ROWS_7(F, step)  ROWS_6(F, step) F(6, step)
#define ROWS_8(F, step)  ROWS_7(F, step) F(7, step)
#define ROWS_9(F, step)  ROWS_8(F, step) F(8, step)
#define ROWS_10(F, step) ROWS_9(F, step) F(9, step)
#define ROWS_11(F, step) ROWS_10(F, step) F(10, step)
#define ROWS_12(F, step) ROWS_11(F, step) F(11, step)
#define ROWS_13(F, step) ROWS_12(F, step) F(12, step)
#define ROWS_14(F, step) ROWS_13(F, step) F(13, step)

/* M(1) ... M(14), and a table of what they define. */
#define EACH_HEIGHT(M)                                                                         \
    M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14)
#define TILE_TABLE(name)                                                                       \
    {                                                                                          \
        NULL, name##_1, name##_2, name##_3, name##_4, name##_5, name##_6, name##_7, name##_8,  \
            name##_9, name##_10, name##_11, name##_12, name##_13, name##_14                    \
    }

/* Rows 0, 3, 5 and 10 of x, as far as there are so many; stride in bytes. The others lie 1, 2,
 * 4 or 8 strides behind one of them, which is how the machine addresses. */
#define TILE_POINTERS(n_rows, x, stride)                                                       \
    const char *x0 = (const char *)(x), *x3 = x0 + ((n_rows) > 3 ? 3 : 0) * (stride);          \
    const char *x5 = x0 + ((n_rows) > 5 ? 5 : 0) * (stride);                                   \
    const char *x10 = x0 + ((n_rows) > 10 ? 10 : 0) * (stride)

#define TILE_ADVANCE(bytes) (x0 += (bytes), x3 += (bytes), x5 += (bytes), x10 += (bytes))
#define TILE_HIDE(stride)   __asm__("" : "+r"(x0), "+r"(x3), "+r"(x5), "+r"(x10), "+r"(stride))

#define TILE_ROW_0  x0
#define TILE_ROW_1  (x0 + stride)
#define TILE_ROW_2  (x0 + 2 * stride)
#define TILE_ROW_3  x3
#define TILE_ROW_4  (x0 + 4 * stride)
#define TILE_ROW_5  x5
#define TILE_ROW_6  (x5 + stride)
#define TILE_ROW_7  (x5 + 2 * stride)
#define TILE_ROW_8  (x0 + 8 * stride)
#define TILE_ROW_9  (x5 + 4 * stride)
#define TILE_ROW_10 x10
#define TILE_ROW_11 (x10 + stride)
#define TILE_ROW_12 (x10 + 2 * stride)
#define TILE_ROW_13 (x5 + 8 * stride)

#define TILE_VALUE(i, step)                                                                    \
    _mm512_set1_ps(*(const float *)(const void *)(TILE_ROW_##i + 4 * (step)))

#define TILE_BEGIN(i, step) __m512 left##i = _mm512_setzero_ps(), right##i = left##i;

#define TILE_MULTIPLY(i, step)                                                                 \
    {                                                                                          \
        const __m512 value = TILE_VALUE(i, step);                                              \
                                                                                               \
        left##i = _mm512_fmadd_ps(value, w_left, left##i);                                     \
        right##i = _mm512_fmadd_ps(value, w_right, right##i);                                  \
    }

/* totals [rows, TILE_COLUMNS] = sums + totals, or + 0 where goes_on is 0. */
#define TILE_TOTAL(i, step)                                                                    \
    {                                                                                          \
        float *to = totals + (i)*TILE_COLUMNS;                                                 \
        const __m512 before_left = _mm512_maskz_loadu_ps(goes_on, to);                         \
        const __m512 before_right = _mm512_maskz_loadu_ps(goes_on, to + LANES);                \
                                                                                               \
        _mm512_storeu_ps(to, _mm512_add_ps(before_left, left##i));                             \
        _mm512_storeu_ps(to + LANES, _mm512_add_ps(before_right, right##i));                   \
    }

/* Rows of the next tile when n are left: tiles of under four rows wait for their own sums, so
 * two tiles of half the height take their place where that can be. */
static inline size_t tile_height(size_t n)
{
    if (n <= TILE_ROWS)
        return n;
    return n > TILE_ROWS + 3 ? TILE_ROWS : (n + 1) / 2;
}

#endif
