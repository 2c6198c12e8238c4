/* SPDX-License-Identifier: MIT */
/* Counter-based random numbers. */
#include "base/rng.h"

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint64_t pwi_random_key(uint64_t seed, const char *name)
{
    uint64_t key = mix(seed + GOLDEN);

    for (const char *p = name; *p != '\0'; p++)
        key = mix((key ^ (unsigned char)*p) + GOLDEN);
    return key;
}

uint64_t pwi_random_bits(uint64_t key, uint64_t index)
{
    return mix(key + (index + 1) * GOLDEN);
}

float pwi_random_normal(uint64_t key, uint64_t index)
{
    int32_t sum = -6 * 65536 + 6; /* the mean of 12 uniforms on 0..65535 is 12 * 65535 / 2 */

    for (uint64_t i = 0; i < 3; i++) {
        const uint64_t bits = pwi_random_bits(key, 3 * index + i);

        sum += (int32_t)(bits & 0xFFFF) + (int32_t)(bits >> 16 & 0xFFFF) +
               (int32_t)(bits >> 32 & 0xFFFF) + (int32_t)(bits >> 48);
    }
    return (float)sum * (1.0f / 65536.0f);
}
