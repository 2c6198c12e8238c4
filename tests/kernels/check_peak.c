/* SPDX-License-Identifier: MIT */
/* spin_*, sum_words: EXACT. A peak that is computed by fewer products than it counts would make
 * every share of it wrong, so the sums are checked: what the loops add up is known. */
#include "checkkern.h"

static const size_t steps[] = {0, 1, 2, 3, 100, 1000};

static void floats(struct check *check)
{
    for (size_t i = 0; i < COUNT(steps); i++) {
        double total = -1.0;
        const size_t n = check->kernels->spin_f32(&total, steps[i], 3.0f, -0.5f);

        if (n == 0 || total != -1.5 * (double)(n * steps[i]))
            check_fail(check, "%zu steps of %zu products add up to %g", steps[i], n, total);
    }
}

/* 0x4040 is 3, 0xBF00 is -0.5. */
static void halves(struct check *check)
{
    for (size_t i = 0; i < COUNT(steps); i++) {
        double total = -1.0;
        const size_t n = check->kernels->spin_bf16(&total, steps[i], 0x4040, 0xBF00);

        if (n == 0 || total != -1.5 * (double)(n * steps[i]))
            check_fail(check, "%zu steps of %zu products add up to %g", steps[i], n, total);
    }
}

static void words(struct check *check)
{
    for (size_t i = 0; i < COUNT(steps); i++) {
        int64_t total = -1;
        const size_t n = check->kernels->spin_i16(&total, steps[i], 300, -700);

        if (n == 0 || total != -210000 * (int64_t)(n * steps[i]))
            check_fail(check, "%zu steps of %zu products add up to %lld", steps[i], n,
                       (long long)total);
    }
}

/* 200 is no signed byte: the first factor has no sign. */
static void bytes(struct check *check)
{
    for (size_t i = 0; i < COUNT(steps); i++) {
        int64_t total = -1;
        const size_t n = check->kernels->spin_i8(&total, steps[i], 200, -100);

        if (n == 0 || total != -20000 * (int64_t)(n * steps[i]))
            check_fail(check, "%zu steps of %zu products add up to %lld", steps[i], n,
                       (long long)total);
    }
}

static void reading(struct check *check)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 1000};

    for (size_t s = 0; s < COUNT(sizes) * N_GUARD_SIDES; s++) {
        const size_t n = sizes[s / N_GUARD_SIDES];
        struct guarded memory =
            guarded_new(n * sizeof(uint32_t), (enum guard_side)(s % N_GUARD_SIDES));
        uint32_t *data = memory.data, want = 0;

        for (size_t i = 0; i < n; i++) {
            data[i] = (uint32_t)check_bits(check);
            want += data[i];
        }
        if (check->kernels->sum_words(data, n) != want)
            check_fail(check, "%zu words add up to %u, not %u", n,
                       (unsigned)check->kernels->sum_words(data, n), (unsigned)want);
        guarded_free(&memory);
    }
}

const struct check_test check_peak_tests[] = {
    {"spin_f32", "the sum of as many products as it counts", floats},
    {"spin_bf16", "the sum of as many products as it counts", halves},
    {"spin_i16", "the sum of as many products as it counts", words},
    {"spin_i8", "the sum of as many products as it counts", bytes},
    {"sum_words", "sizes and alignments", reading},
    {NULL, NULL, NULL},
};
