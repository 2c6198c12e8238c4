/* SPDX-License-Identifier: MIT */
/* One element of a small float dtype to f32 and back, inline. NaN stays NaN, made quiet, with
 * its payload where the processor's own conversions keep it (F16, BF16). */
#ifndef PWI_FORMATS_DTYPE_ELEMENT_H
#define PWI_FORMATS_DTYPE_ELEMENT_H

#include <stdint.h>
#include <string.h>

#define ELEMENT_INFINITY UINT32_C(0x7F800000)

static inline float element_float(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline uint32_t element_bits(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* Both results are computed and one is taken, so that loops become vector code. A subnormal is
 * its integer times the smallest step, which f32 holds exactly. */
static inline float element_of_f16(uint16_t bits)
{
    const uint32_t magnitude = bits & 0x7FFFu;
    const uint32_t subnormal = element_bits((float)(int32_t)magnitude * 0x1p-24f);
    const uint32_t normal = (magnitude << 13) + (UINT32_C(112) << 23);
    const uint32_t special =
        ELEMENT_INFINITY | magnitude << 13 | (magnitude > 0x7C00 ? 0x00400000u : 0u);
    const uint32_t finite = magnitude < 0x0400 ? subnormal : normal;

    return element_float((uint32_t)(bits & 0x8000u) << 16 |
                         (magnitude >= 0x7C00 ? special : finite));
}

static inline float element_of_bf16(uint16_t bits)
{
    return element_float((uint32_t)bits << 16);
}

static inline float element_of_e4m3(uint8_t bits)
{
    const uint32_t magnitude = bits & 0x7Fu;
    const uint32_t subnormal = element_bits((float)(int32_t)magnitude * 0x1p-9f);
    const uint32_t normal = (magnitude << 20) + (UINT32_C(120) << 23);
    const uint32_t finite = magnitude < 0x08 ? subnormal : normal;

    return element_float((uint32_t)(bits & 0x80u) << 24 |
                         (magnitude == 0x7F ? 0x7FC00000u : finite));
}

/* E5M2 is the upper half of F16. */
static inline float element_of_e5m2(uint8_t bits)
{
    return element_of_f16((uint16_t)(bits << 8));
}

/* The magnitude of a finite f32 (its bits without the sign) in a format of that exponent bias
 * and mantissa width, rounded to nearest even. A result past the format's largest finite value
 * runs on through its infinity and NaN patterns: the caller caps it. */
static inline uint32_t element_narrowed(uint32_t magnitude, uint32_t bias,
                                        uint32_t mantissa_bits)
{
    const uint32_t lead = 127 - bias; /* f32 exponents up to this one are subnormal there */
    const uint32_t exponent = magnitude >> 23;
    uint32_t value = magnitude - (lead << 23), shift = 23 - mantissa_bits;

    if (exponent <= lead) {
        value = (magnitude & 0x007FFFFF) | 0x00800000;
        shift += lead + 1 - exponent;
        if (shift > 25)
            return 0;
    }
    return (value + (UINT32_C(1) << (shift - 1)) - 1 + (value >> shift & 1)) >> shift;
}

static inline uint16_t f16_of_element(float value)
{
    const uint32_t bits = element_bits(value), magnitude = bits & 0x7FFFFFFF;
    const uint32_t sign = bits >> 16 & 0x8000;
    uint32_t rounded;

    if (magnitude > ELEMENT_INFINITY)
        return (uint16_t)(sign | 0x7E00 | (magnitude >> 13 & 0x03FF));
    rounded = element_narrowed(magnitude, 15, 10);
    return (uint16_t)(sign | (rounded > 0x7C00 ? 0x7C00 : rounded));
}

static inline uint16_t bf16_of_element(float value)
{
    const uint32_t bits = element_bits(value);

    if ((bits & 0x7FFFFFFF) > ELEMENT_INFINITY)
        return (uint16_t)(bits >> 16 | 0x0040);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/* Infinity, and what rounds past 448, is NaN. */
static inline uint8_t e4m3_of_element(float value)
{
    const uint32_t bits = element_bits(value), magnitude = bits & 0x7FFFFFFF;
    const uint32_t sign = bits >> 24 & 0x80;
    const uint32_t rounded =
        magnitude >= ELEMENT_INFINITY ? 0x7F : element_narrowed(magnitude, 7, 3);

    return (uint8_t)(sign | (rounded > 0x7F ? 0x7F : rounded));
}

static inline uint8_t e5m2_of_element(float value)
{
    const uint32_t bits = element_bits(value), magnitude = bits & 0x7FFFFFFF;
    const uint32_t sign = bits >> 24 & 0x80;
    uint32_t rounded;

    if (magnitude > ELEMENT_INFINITY)
        return (uint8_t)(sign | 0x7F);
    rounded = element_narrowed(magnitude, 15, 2);
    return (uint8_t)(sign | (rounded > 0x7C ? 0x7C : rounded));
}

#endif
