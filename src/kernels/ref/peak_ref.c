/* SPDX-License-Identifier: MIT */
/* The peaks of plain C: what the loops of the levels add up, and how fast a machine without
 * them would be. Sums of f32 are in double, as all of ref is. */
#include "formats/dtype.h"
#include "kernels/levels.h"

/* Sums by name: GCC 12 keeps an array of them in memory. What the compiler knows of the factors
 * ends with each step, or it would multiply once for all. */
#define N_SUMS   8
#define EIGHT(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7)
#define FORGET   __asm__ volatile("" : "+m"(factors))

static size_t spin_f32_ref(double *total, size_t n_steps, float a, float b)
{
#define BEGIN(i) double sum_##i = 0.0;
#define STEP(i)  sum_##i += factors[i] * other;
#define TOTAL(i) +sum_##i
    const double other = (double)b;
    double factors[N_SUMS];
    EIGHT(BEGIN)

    for (size_t i = 0; i < N_SUMS; i++)
        factors[i] = (double)a;
    for (size_t i_step = 0; i_step < n_steps; i_step++) {
        FORGET;
        EIGHT(STEP)
    }
    *total = 0.0 EIGHT(TOTAL);
    return N_SUMS;
#undef BEGIN
#undef STEP
#undef TOTAL
}

static size_t spin_bf16_ref(double *total, size_t n_steps, uint16_t a, uint16_t b)
{
    return spin_f32_ref(total, n_steps, pwi_bf16_to_f32(a), pwi_bf16_to_f32(b));
}

/* Sums of 32 bits that wrap, as the machine's do. */
static size_t spin_i16_ref(int64_t *total, size_t n_steps, int16_t a, int16_t b)
{
#define BEGIN(i) uint32_t sum_##i = 0;
#define STEP(i)  sum_##i += (uint32_t)(factors[i] * b);
#define TOTAL(i) +(int32_t)sum_##i
    int32_t factors[N_SUMS];
    EIGHT(BEGIN)

    for (size_t i = 0; i < N_SUMS; i++)
        factors[i] = a;
    for (size_t i_step = 0; i_step < n_steps; i_step++) {
        FORGET;
        EIGHT(STEP)
    }
    *total = (int64_t)0 EIGHT(TOTAL);
    return N_SUMS;
#undef BEGIN
#undef STEP
#undef TOTAL
}

static size_t spin_i8_ref(int64_t *total, size_t n_steps, uint8_t a, int8_t b)
{
    return spin_i16_ref(total, n_steps, a, b);
}

static uint32_t sum_words_ref(const uint32_t *words, size_t n)
{
    uint32_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += words[i];
    return total;
}

void pwi_kernels_ref_peak(pwi_kernels *kernels)
{
    kernels->spin_f32 = spin_f32_ref;
    kernels->spin_bf16 = spin_bf16_ref;
    kernels->spin_i16 = spin_i16_ref;
    kernels->spin_i8 = spin_i8_ref;
    kernels->sum_words = sum_words_ref;
}
