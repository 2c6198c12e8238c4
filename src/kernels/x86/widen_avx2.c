/* SPDX-License-Identifier: MIT */
/* Widening to f32, eight elements at a time. Both eight-bit formats go through F16, which holds
 * every value of theirs up to a power of two. */
#include "kernels/x86/widen_avx2.h"

#include <string.h>

#include "kernels/levels.h"
#include "kernels/x86/vector_avx2.h"

static inline __m256 widen_f32(const unsigned char *in)
{
    return _mm256_loadu_ps((const float *)(const void *)in);
}

static inline __m256 widen_f16(const unsigned char *in)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)in));
}

static inline __m256 widen_bf16(const unsigned char *in)
{
    const __m128i bits = _mm_loadu_si128((const __m128i *)(const void *)in);

    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

/* Sign and magnitude moved to F16's places: a four-bit exponent with bias 7 under a bias of 15
 * is 2^-8 of the value, denormals included. The magnitude 0x7F alone is NaN. */
static inline __m256 widen_e4m3(const unsigned char *in)
{
    const __m128i bits = _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)(const void *)in));
    const __m128i nan = _mm_set1_epi16(0x7F);
    const __m128i magnitude = _mm_and_si128(bits, nan);
    const __m128i sign = _mm_slli_epi16(_mm_xor_si128(bits, magnitude), 8);
    const __m128i is_nan = _mm_srli_epi16(_mm_cmpeq_epi16(magnitude, nan), 1);
    const __m128i half = _mm_or_si128(_mm_or_si128(sign, is_nan), _mm_slli_epi16(magnitude, 7));

    return _mm256_mul_ps(_mm256_cvtph_ps(half), _mm256_set1_ps(256.0f));
}

/* The upper half of an F16. */
static inline __m256 widen_e5m2(const unsigned char *in)
{
    const __m128i bits = _mm_loadl_epi64((const __m128i *)(const void *)in);

    return _mm256_cvtph_ps(_mm_unpacklo_epi8(_mm_setzero_si128(), bits));
}

/* One loop a dtype; the tail goes through a buffer, because loads take whole vectors. */
#define WIDEN_ALL(name, size)                                                                  \
    static void name##_all(float *out, const unsigned char *in, size_t n, float scale)         \
    {                                                                                          \
        const __m256 factor = _mm256_set1_ps(scale);                                           \
        unsigned char tail[LANES * (size)] = {0};                                              \
        size_t i = 0;                                                                          \
                                                                                               \
        for (; i + LANES <= n; i += LANES)                                                     \
            _mm256_storeu_ps(out + i, _mm256_mul_ps(name(in + i * (size)), factor));           \
        if (i == n)                                                                            \
            return;                                                                            \
        memcpy(tail, in + i * (size), (n - i) * (size));                                       \
        store_part(out + i, _mm256_mul_ps(name(tail), factor), n - i);                         \
    }

WIDEN_ALL(widen_f32, 4)
WIDEN_ALL(widen_f16, 2)
WIDEN_ALL(widen_bf16, 2)
WIDEN_ALL(widen_e4m3, 1)
WIDEN_ALL(widen_e5m2, 1)

void pwi_widen_avx2(float *out, const void *in, pw_dtype dtype, size_t n, float scale)
{
    switch (dtype) {
    case PW_F32:
        widen_f32_all(out, in, n, scale);
        break;
    case PW_F16:
        widen_f16_all(out, in, n, scale);
        break;
    case PW_BF16:
        widen_bf16_all(out, in, n, scale);
        break;
    case PW_F8_E4M3:
        widen_e4m3_all(out, in, n, scale);
        break;
    default:
        widen_e5m2_all(out, in, n, scale);
    }
}

void pwi_kernels_avx2_widen(pwi_kernels *kernels)
{
    kernels->widen = pwi_widen_avx2;
}
