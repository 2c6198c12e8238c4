/* SPDX-License-Identifier: MIT */
/* The peaks of the avx512 level: FMA, vpmaddwd with vpaddd, and where the machine has VNNI its
 * two instructions; reading 64 bytes at a time. */
#include <string.h>

#include "kernels/levels.h"
#include "kernels/x86/isa_avx512.h"
#include "kernels/x86/spin_x86.inc"

#ifdef PWI_EMULATED
#define WITH_VNNI
#else
#define WITH_VNNI __attribute__((target("avx512vnni")))
#endif

/* One step on a sum. */
#define FMA(sum, a, b)      _mm512_fmadd_ps(a, b, sum)
#define MULTIPLY(sum, a, b) _mm512_add_epi32(sum, _mm512_madd_epi16(a, b))
#define WORDS(sum, a, b)    _mm512_dpwssd_epi32(sum, a, b)
#define BYTES(sum, a, b)    _mm512_dpbusd_epi32(sum, a, b)

static size_t spin_f32_avx512(double *total, size_t n_steps, float a, float b)
{
    __m512 sums[SPIN_SUMS], factor = _mm512_set1_ps(a);
    const __m512 other = _mm512_set1_ps(b);

    SPIN(sums, __m512, _mm512_setzero_ps(), FMA, factor, other, n_steps);
    *total = spin_total_f32(sums, sizeof(sums));
    return SPIN_SUMS * 16;
}

static size_t spin_i16_avx512(int64_t *total, size_t n_steps, int16_t a, int16_t b)
{
    __m512i sums[SPIN_SUMS], factor = _mm512_set1_epi16(a);
    const __m512i other = _mm512_set1_epi16(b);

    SPIN(sums, __m512i, _mm512_setzero_si512(), MULTIPLY, factor, other, n_steps);
    *total = spin_total_i32(sums, sizeof(sums));
    return SPIN_SUMS * 32;
}

WITH_VNNI static size_t spin_i16_vnni(int64_t *total, size_t n_steps, int16_t a, int16_t b)
{
    __m512i sums[SPIN_SUMS], factor = _mm512_set1_epi16(a);
    const __m512i other = _mm512_set1_epi16(b);

    SPIN(sums, __m512i, _mm512_setzero_si512(), WORDS, factor, other, n_steps);
    *total = spin_total_i32(sums, sizeof(sums));
    return SPIN_SUMS * 32;
}

WITH_VNNI static size_t spin_i8_vnni(int64_t *total, size_t n_steps, uint8_t a, int8_t b)
{
    __m512i sums[SPIN_SUMS], factor = _mm512_set1_epi8((char)a);
    const __m512i other = _mm512_set1_epi8(b);

    SPIN(sums, __m512i, _mm512_setzero_si512(), BYTES, factor, other, n_steps);
    *total = spin_total_i32(sums, sizeof(sums));
    return SPIN_SUMS * 64;
}

static uint32_t sum_words_avx512(const uint32_t *words, size_t n)
{
    __m512i first = _mm512_setzero_si512(), second = first;
    uint32_t lanes[16], total = 0;
    size_t i = 0;

    for (; i + 64 <= n; i += 64) {
        const uint32_t *p = words + i;

        first = _mm512_add_epi32(first, _mm512_loadu_si512(p));
        second = _mm512_add_epi32(second, _mm512_loadu_si512(p + 16));
        first = _mm512_add_epi32(first, _mm512_loadu_si512(p + 32));
        second = _mm512_add_epi32(second, _mm512_loadu_si512(p + 48));
    }
    _mm512_storeu_si512(lanes, _mm512_add_epi32(first, second));
    for (size_t j = 0; j < 16; j++)
        total += lanes[j];
    for (; i < n; i++)
        total += words[i];
    return total;
}

void PWI_FILL(avx512_peak)(pwi_kernels *kernels, unsigned features)
{
    kernels->spin_f32 = spin_f32_avx512;
    kernels->spin_i16 = spin_i16_avx512;
    kernels->sum_words = sum_words_avx512;
    if ((features & PWI_CPU_AVX512_VNNI) != 0) {
        kernels->spin_i16 = spin_i16_vnni;
        kernels->spin_i8 = spin_i8_vnni;
    }
}
