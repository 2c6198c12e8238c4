/* SPDX-License-Identifier: MIT */
/* Parts of vectors and sums over lanes, for the files of the avx2 level alone: everything here
 * is static and needs that level's flags. */
#ifndef PWI_KERNELS_X86_VECTOR_AVX2_H
#define PWI_KERNELS_X86_VECTOR_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LANES 8

/* All ones in the first n lanes, in all of them for n >= LANES (n < 2^31). */
static inline __m256i first_lanes(size_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);

    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)n), lane);
}

/* The first n floats (all of them for n >= LANES), zeros behind; nothing behind is touched.
 * Tails go through a buffer: masked loads and stores are slow on some machines and touch what
 * they mask in some emulators. */
static inline __m256 load_part(const float *p, size_t n)
{
    float buffer[LANES] = {0.0f};

    if (n >= LANES)
        return _mm256_loadu_ps(p);
    memcpy(buffer, p, n * sizeof(float));
    return _mm256_loadu_ps(buffer);
}

static inline void store_part(float *p, __m256 value, size_t n)
{
    float buffer[LANES];

    if (n >= LANES) {
        _mm256_storeu_ps(p, value);
        return;
    }
    _mm256_storeu_ps(buffer, value);
    memcpy(p, buffer, n * sizeof(float));
}

static inline __m256d low_doubles(__m256 x)
{
    return _mm256_cvtps_pd(_mm256_castps256_ps128(x));
}

static inline __m256d high_doubles(__m256 x)
{
    return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
}

/* (0 + 2) + (1 + 3): the order is part of the bits. */
static inline double sum_lanes(__m256d x)
{
    const __m128d pairs = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));

    return _mm_cvtsd_f64(_mm_add_sd(pairs, _mm_unpackhi_pd(pairs, pairs)));
}

static inline float max_lanes(__m256 x)
{
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));

    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

#endif
