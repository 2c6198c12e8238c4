/* SPDX-License-Identifier: MIT */
/* Widening to f32, sixteen elements at a time. Both eight-bit formats go through F16, which
 * holds every value of theirs up to a power of two. */
#include "kernels/x86/widen_avx512.h"

#include "kernels/x86/vector_avx512.h"

/* Vectors of elements, whole (mask of all ones is no slower) or the first ones of the mask. */
static inline __m512 widen_f32(const unsigned char *in, __mmask16 lanes)
{
    return _mm512_maskz_loadu_ps(lanes, in);
}

static inline __m512 widen_f16(const unsigned char *in, __mmask16 lanes)
{
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(lanes, in));
}

static inline __m512 widen_bf16(const unsigned char *in, __mmask16 lanes)
{
    const __m256i bits = _mm256_maskz_loadu_epi16(lanes, in);

    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

/* Sign and magnitude moved to F16's places: a four-bit exponent with bias 7 under a bias of 15
 * is 2^-8 of the value, denormals included. The magnitude 0x7F alone is NaN. */
static inline __m512 widen_e4m3(const unsigned char *in, __mmask16 lanes)
{
    const __m256i bits = _mm256_cvtepu8_epi16(_mm_maskz_loadu_epi8(lanes, in));
    const __m256i nan = _mm256_set1_epi16(0x7F);
    const __m256i magnitude = _mm256_and_si256(bits, nan);
    const __m256i sign = _mm256_slli_epi16(_mm256_xor_si256(bits, magnitude), 8);
    const __m256i is_nan = _mm256_srli_epi16(_mm256_cmpeq_epi16(magnitude, nan), 1);
    const __m256i half =
        _mm256_or_si256(_mm256_or_si256(sign, is_nan), _mm256_slli_epi16(magnitude, 7));

    return _mm512_mul_ps(_mm512_cvtph_ps(half), _mm512_set1_ps(256.0f));
}

/* The upper half of an F16. */
static inline __m512 widen_e5m2(const unsigned char *in, __mmask16 lanes)
{
    const __m256i bits = _mm256_cvtepu8_epi16(_mm_maskz_loadu_epi8(lanes, in));

    return _mm512_cvtph_ps(_mm256_slli_epi16(bits, 8));
}

/* One loop a dtype. */
#define WIDEN_ALL(name, size)                                                                  \
    static void name##_all(float *out, const unsigned char *in, size_t n, float scale)         \
    {                                                                                          \
        const __m512 factor = _mm512_set1_ps(scale);                                           \
        size_t i = 0;                                                                          \
                                                                                               \
        for (; i + LANES <= n; i += LANES)                                                     \
            _mm512_storeu_ps(out + i, _mm512_mul_ps(name(in + i * (size), 0xFFFF), factor));   \
        if (i < n)                                                                             \
            store_part(out + i,                                                                \
                       _mm512_mul_ps(name(in + i * (size), first_lanes(n - i)), factor),       \
                       n - i);                                                                 \
    }

WIDEN_ALL(widen_f32, 4)
WIDEN_ALL(widen_f16, 2)
WIDEN_ALL(widen_bf16, 2)
WIDEN_ALL(widen_e4m3, 1)
WIDEN_ALL(widen_e5m2, 1)

void pwi_widen_avx512(float *out, const void *in, pw_dtype dtype, size_t n, float scale)
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

void PWI_FILL(avx512_widen)(pwi_kernels *kernels)
{
    kernels->widen = pwi_widen_avx512;
}
