/* SPDX-License-Identifier: MIT */
/* The peaks of the avx2 level: FMA, vpmaddwd with vpaddd, and where the machine has AVX-VNNI
 * its two instructions; reading 32 bytes at a time. */
#include <immintrin.h>
#include <string.h>

#include "kernels/levels.h"
#include "kernels/x86/spin_x86.inc"

#define WITH_VNNI __attribute__((target("avxvnni")))

/* One step on a sum. */
#define FMA(sum, a, b)      _mm256_fmadd_ps(a, b, sum)
#define MULTIPLY(sum, a, b) _mm256_add_epi32(sum, _mm256_madd_epi16(a, b))
#define WORDS(sum, a, b)    _mm256_dpwssd_avx_epi32(sum, a, b)
#define BYTES(sum, a, b)    _mm256_dpbusd_avx_epi32(sum, a, b)

static size_t spin_f32_avx2(double *total, size_t n_steps, float a, float b)
{
    __m256 sums[SPIN_SUMS], factor = _mm256_set1_ps(a);
    const __m256 other = _mm256_set1_ps(b);

    SPIN(sums, __m256, _mm256_setzero_ps(), FMA, factor, other, n_steps);
    *total = spin_total_f32(sums, sizeof(sums));
    return SPIN_SUMS * 8;
}

static size_t spin_i16_avx2(int64_t *total, size_t n_steps, int16_t a, int16_t b)
{
    __m256i sums[SPIN_SUMS], factor = _mm256_set1_epi16(a);
    const __m256i other = _mm256_set1_epi16(b);

    SPIN(sums, __m256i, _mm256_setzero_si256(), MULTIPLY, factor, other, n_steps);
    *total = spin_total_i32(sums, sizeof(sums));
    return SPIN_SUMS * 16;
}

WITH_VNNI static size_t spin_i16_vnni(int64_t *total, size_t n_steps, int16_t a, int16_t b)
{
    __m256i sums[SPIN_SUMS], factor = _mm256_set1_epi16(a);
    const __m256i other = _mm256_set1_epi16(b);

    SPIN(sums, __m256i, _mm256_setzero_si256(), WORDS, factor, other, n_steps);
    *total = spin_total_i32(sums, sizeof(sums));
    return SPIN_SUMS * 16;
}

WITH_VNNI static size_t spin_i8_vnni(int64_t *total, size_t n_steps, uint8_t a, int8_t b)
{
    __m256i sums[SPIN_SUMS], factor = _mm256_set1_epi8((char)a);
    const __m256i other = _mm256_set1_epi8(b);

    SPIN(sums, __m256i, _mm256_setzero_si256(), BYTES, factor, other, n_steps);
    *total = spin_total_i32(sums, sizeof(sums));
    return SPIN_SUMS * 32;
}

static __m256i load(const uint32_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static uint32_t sum_words_avx2(const uint32_t *words, size_t n)
{
    __m256i first = _mm256_setzero_si256(), second = first;
    uint32_t lanes[8], total = 0;
    size_t i = 0;

    for (; i + 32 <= n; i += 32) {
        const uint32_t *p = words + i;

        first = _mm256_add_epi32(first, load(p));
        second = _mm256_add_epi32(second, load(p + 8));
        first = _mm256_add_epi32(first, load(p + 16));
        second = _mm256_add_epi32(second, load(p + 24));
    }
    _mm256_storeu_si256((__m256i *)(void *)lanes, _mm256_add_epi32(first, second));
    for (size_t j = 0; j < 8; j++)
        total += lanes[j];
    for (; i < n; i++)
        total += words[i];
    return total;
}

void pwi_kernels_avx2_peak(pwi_kernels *kernels, unsigned features)
{
    kernels->spin_f32 = spin_f32_avx2;
    kernels->spin_i16 = spin_i16_avx2;
    kernels->sum_words = sum_words_avx2;
    if ((features & PWI_CPU_AVX_VNNI) != 0) {
        kernels->spin_i16 = spin_i16_vnni;
        kernels->spin_i8 = spin_i8_vnni;
    }
}
