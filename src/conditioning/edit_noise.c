/* SPDX-License-Identifier: MIT */
/* numpy's legacy random numbers, bit for bit: MT19937 (Matsumoto, Nishimura 1998) seeded by its
 * init_genrand, doubles of 53 bits from two draws, and Marsaglia's polar method, which gives
 * its numbers in pairs, the second one first. */
#include <math.h>

#include "conditioning/edit.h"

#define N          PWI_MT19937_STATE
#define MIDDLE     397
#define MATRIX     0x9908b0dfu
#define UPPER_MASK 0x80000000u
#define LOWER_MASK 0x7fffffffu

void pwi_numpy_seed(pwi_numpy_random *random, uint32_t seed)
{
    *random = (pwi_numpy_random){.i_next = N};
    for (uint32_t i = 0; i < N; i++) {
        random->state[i] = seed;
        seed = 1812433253u * (seed ^ (seed >> 30)) + i + 1;
    }
}

static void refill(pwi_numpy_random *random)
{
    uint32_t *state = random->state;

    for (size_t i = 0; i < N; i++) {
        const uint32_t bits = (state[i] & UPPER_MASK) | (state[(i + 1) % N] & LOWER_MASK);

        state[i] = state[(i + MIDDLE) % N] ^ (bits >> 1) ^ ((bits & 1) != 0 ? MATRIX : 0);
    }
    random->i_next = 0;
}

static uint32_t draw(pwi_numpy_random *random)
{
    uint32_t bits;

    if (random->i_next == N)
        refill(random);
    bits = random->state[random->i_next++];
    bits ^= bits >> 11;
    bits ^= (bits << 7) & 0x9d2c5680u;
    bits ^= (bits << 15) & 0xefc60000u;
    return bits ^ (bits >> 18);
}

/* 53 bits in [0, 1). */
static double draw_double(pwi_numpy_random *random)
{
    const uint32_t high = draw(random) >> 5, low = draw(random) >> 6;

    return (high * 67108864.0 + low) / 9007199254740992.0;
}

/* The mean of 0 is added as numpy adds it: no negative zeros. */
double pwi_numpy_normal(pwi_numpy_random *random, double sigma)
{
    double x, y, r, factor;

    if (random->has_kept) {
        random->has_kept = false;
        return 0.0 + sigma * random->kept;
    }
    do {
        x = 2.0 * draw_double(random) - 1.0;
        y = 2.0 * draw_double(random) - 1.0;
        r = x * x + y * y;
    } while (r >= 1.0 || r == 0.0);
    factor = sqrt(-2.0 * log(r) / r);
    random->kept = factor * x;
    random->has_kept = true;
    return 0.0 + sigma * (factor * y);
}
