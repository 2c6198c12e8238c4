/* SPDX-License-Identifier: MIT */
/* exp and the activations on sixteen floats, for the files of the avx512 level alone.
 * Coefficients and their errors: scripts/fit_kernels.py; measured ULP: docs/kernels.md. NaN
 * gives NaN. */
#ifndef PWI_KERNELS_X86_MATH_AVX512_H
#define PWI_KERNELS_X86_MATH_AVX512_H

#include "kernels/x86/vector_avx512.h"

/* (1 + excess) 2^exponent = exp of something; the exponent is a whole number. */
struct exponential {
    __m512 excess, exponent;
};

/* exp(high + low) for |high| < 170 and |low| below high's last place: Cody and Waite's
 * reduction by n ln 2, then 1 + r + r^2 Q(r) with |r| <= ln 2 / 2. */
static inline struct exponential exp_parts(__m512 high, __m512 low)
{
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(high, _mm512_set1_ps(0x1.715476p+0f)),
                                          _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0x1.62e430p-1f), high);
    __m512 q = _mm512_set1_ps(0.001381447104f);

    r = _mm512_add_ps(_mm512_fnmadd_ps(n, _mm512_set1_ps(-0x1.05c610p-29f), r), low);
    q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(0.008368779965f));
    q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(0.04166839412f));
    q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(0.1666652011f));
    q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(0.4999999341f));
    q = _mm512_fmadd_ps(_mm512_mul_ps(r, r), q, r);
    return (struct exponential){q, n};
}

/* factor (1 + excess), rounded once. */
static inline __m512 times_fraction(__m512 factor, struct exponential e)
{
    return _mm512_fmadd_ps(factor, e.excess, factor);
}

/* exp(x) for x <= 0, as softmax wants it: what lies under the smallest normal float is 0, so
 * that weights that count for nothing do not cost a denormal assist each. */
static inline __m512 exp_of_negative(__m512 x)
{
    const __m512 least = _mm512_set1_ps(-87.33f);
    const __mmask16 is_within = _mm512_cmp_ps_mask(x, least, _CMP_NLT_UQ);
    const struct exponential e = exp_parts(_mm512_max_ps(least, x), _mm512_setzero_ps());
    const __m512 fraction = _mm512_add_ps(_mm512_set1_ps(1.0f), e.excess);

    return _mm512_maskz_scalef_ps(is_within, fraction, e.exponent);
}

/* x * share * 2^exponent, if x <= 0, down into the denormals. Who limited the argument of e
 * gives 0 for the share of lanes beyond: minus infinity gives NaN then, as in PyTorch. Right of
 * 0 the result is 0, or big values would cost a denormal assist each. */
static inline __m512 left_tail(__m512 x, __m512 share, struct exponential e)
{
    const __m512 left = _mm512_min_ps(_mm512_setzero_ps(), x);

    return _mm512_scalef_ps(_mm512_mul_ps(left, share), e.exponent);
}

/* share * 2^exponent for a sum with 1, which does not see what is below 2^-100. */
static inline __m512 beside_one(__m512 share, struct exponential e)
{
    return _mm512_scalef_ps(share, _mm512_max_ps(_mm512_set1_ps(-100.0f), e.exponent));
}

static inline __mmask16 is_left(__m512 x)
{
    return _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
}

/* x sigmoid(1.702 x) by e = exp(-1.702 |x|): x / (1 + e) on the right, x e / (1 + e) on the
 * left. 1.702 |x| is carried in two floats, or the tail would lose |x| ulp. */
static inline __m512 quick_gelu_lanes(__m512 x)
{
    const __m512 limit = _mm512_set1_ps(80.0f); /* 80 exp(-1.702 * 80) < 2^-150 */
    const __m512 c = _mm512_set1_ps(-0x1.b3b646p+0f), c_low = _mm512_set1_ps(0x1.78d4fep-26f);
    const __m512 one = _mm512_set1_ps(1.0f);
    const __m512 magnitude = _mm512_abs_ps(x), a = _mm512_min_ps(limit, magnitude);
    const __m512 high = _mm512_mul_ps(a, c);
    const __m512 low = _mm512_fmadd_ps(a, c_low, _mm512_fmsub_ps(a, c, high));
    const struct exponential e = exp_parts(high, low);
    const __m512 power = beside_one(_mm512_add_ps(one, e.excess), e);
    const __m512 inverse = _mm512_div_ps(one, _mm512_add_ps(one, power));
    const __mmask16 is_within = _mm512_cmp_ps_mask(magnitude, limit, _CMP_LE_OQ);
    const __m512 share = _mm512_maskz_mov_ps(is_within, times_fraction(inverse, e));
    const __m512 left = left_tail(x, share, e);

    return _mm512_mask_mov_ps(_mm512_mul_ps(x, inverse), is_left(x), left);
}

/* Phi(-a) = tail * exp(correction - a^2 / 2). */
struct tail {
    __m512 tail, correction;
};

/* Phi(-a) exp(a^2 / 2) for 0 <= a <= 15 is t P(t - 1/2) with t = 1 / (1 + 0.3 a); the fit errs
 * by 0.06 of an ulp. t is off by delta, found exactly; the tail follows it as t^(0.8 + 1.86 t),
 * which goes where it is free, into the exponent. */
static inline struct tail tail_parts(__m512 a)
{
    static const float p[] = {0x1.3d4c9ap-6f,  0x1.25fcbep-5f, -0x1.2a1524p-5f,
                              -0x1.3dab7ep-4f, 0x1.dbf220p-6f, 0x1.c6d392p-3f,
                              0x1.628204p-2f,  0x1.510f0cp-2f, 0x1.c69888p-3f};
    const __m512 one = _mm512_set1_ps(1.0f), slope = _mm512_set1_ps(0x1.333334p-2f);
    const __m512 d = _mm512_fmadd_ps(a, slope, one);
    const __m512 d_low = _mm512_fmadd_ps(a, slope, _mm512_sub_ps(one, d));
    const __m512 t = _mm512_div_ps(one, d);
    const __m512 delta = _mm512_fnmadd_ps(d_low, t, _mm512_fnmadd_ps(d, t, one));
    const __m512 power = _mm512_fmadd_ps(t, _mm512_set1_ps(1.86f), _mm512_set1_ps(0.8f));
    const __m512 u = _mm512_sub_ps(t, _mm512_set1_ps(0.5f));
    __m512 sum = _mm512_set1_ps(-0x1.4d191ap-6f);

    for (size_t i = 0; i < sizeof(p) / sizeof(*p); i++)
        sum = _mm512_fmadd_ps(sum, u, _mm512_set1_ps(p[i]));
    return (struct tail){_mm512_mul_ps(sum, t), _mm512_mul_ps(power, delta)};
}

/* x Phi(x) by q = Phi(-|x|): x (1 - q) on the right, x q on the left. */
static inline __m512 gelu_lanes(__m512 x)
{
    const __m512 limit = _mm512_set1_ps(15.0f); /* 15 Phi(-15) < 2^-150 */
    const __m512 one = _mm512_set1_ps(1.0f), minus_half = _mm512_set1_ps(-0.5f);
    const __m512 magnitude = _mm512_abs_ps(x), a = _mm512_min_ps(limit, magnitude);
    const struct tail tail = tail_parts(a);
    const __m512 square = _mm512_mul_ps(a, a);
    const __m512 rest = _mm512_fmsub_ps(a, a, square);
    const struct exponential e = exp_parts(_mm512_mul_ps(square, minus_half),
                                           _mm512_fmadd_ps(rest, minus_half, tail.correction));
    const __m512 share = times_fraction(tail.tail, e), q = beside_one(share, e);
    const __mmask16 is_within = _mm512_cmp_ps_mask(magnitude, limit, _CMP_LE_OQ);
    const __m512 left = left_tail(x, _mm512_maskz_mov_ps(is_within, share), e);

    return _mm512_mask_mov_ps(_mm512_mul_ps(x, _mm512_sub_ps(one, q)), is_left(x), left);
}

#endif
