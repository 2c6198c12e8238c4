/* SPDX-License-Identifier: MIT */
/* The FMA peak of the avx2 level: twelve independent chains and nothing else. */
#include <immintrin.h>
#include <time.h>

#include "checkkern.h"

#define N_STEPS 1000000

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#define TWELVE(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11)
#define BEGIN(i)  __m256 chain##i = _mm256_set1_ps(i);
#define STEP(i)   chain##i = _mm256_fmadd_ps(chain##i, factor, term);
#define KEEP(i)   __asm__ volatile("" : : "x"(chain##i));

double peak_flops_avx2(void)
{
    const __m256 factor = _mm256_set1_ps(0.999f), term = _mm256_set1_ps(1e-3f);
    double best = HUGE_VAL;

    for (int round = 0; round < 20; round++) {
        const double start = seconds();
        double elapsed;
        TWELVE(BEGIN)

        for (long step = 0; step < N_STEPS; step++) {
            TWELVE(STEP)
        }
        TWELVE(KEEP)
        elapsed = seconds() - start;
        best = elapsed < best ? elapsed : best;
    }
    return 12.0 * 8.0 * 2.0 * N_STEPS / best;
}
