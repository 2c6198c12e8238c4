/* SPDX-License-Identifier: MIT */
/* Parts of vectors and sums over lanes, for the files of the avx512 level alone: everything
 * here is static and needs that level's flags. */
#ifndef PWI_KERNELS_X86_VECTOR_AVX512_H
#define PWI_KERNELS_X86_VECTOR_AVX512_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/x86/isa_avx512.h"

#define LANES 16

/* The first n lanes, all of them for n >= LANES. */
static inline __mmask16 first_lanes(size_t n)
{
    return (__mmask16)(n >= LANES ? 0xFFFFu : (1u << n) - 1);
}

/* The first n floats, zeros behind; nothing behind is touched. */
static inline __m512 load_part(const float *p, size_t n)
{
    return _mm512_maskz_loadu_ps(first_lanes(n), p);
}

static inline void store_part(float *p, __m512 value, size_t n)
{
    _mm512_mask_storeu_ps(p, first_lanes(n), value);
}

static inline __m512d low_doubles(__m512 x)
{
    return _mm512_cvtps_pd(_mm512_castps512_ps256(x));
}

static inline __m512d high_doubles(__m512 x)
{
    return _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1));
}

/* ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)): the order is part of the bits. */
static inline double sum_lanes(__m512d x)
{
    const __m256d fours =
        _mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd(x, 1));
    const __m128d pairs =
        _mm_add_pd(_mm256_castpd256_pd128(fours), _mm256_extractf128_pd(fours, 1));

    return _mm_cvtsd_f64(_mm_add_sd(pairs, _mm_unpackhi_pd(pairs, pairs)));
}

static inline float max_lanes(__m512 x)
{
    const __m256 eights =
        _mm256_max_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(eights), _mm256_extractf128_ps(eights, 1));

    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

#endif
