/* SPDX-License-Identifier: MIT */
/* Numbers for the kernel checker: drawn, and compared. */
#include "base/rng.h"
#include "checkkern.h"

uint64_t check_bits(struct check *check)
{
    return pwi_random_bits(check->key, check->n_drawn++);
}

float check_normal(struct check *check)
{
    return pwi_random_normal(check->key, check->n_drawn++);
}

size_t check_below(struct check *check, size_t n)
{
    return (size_t)(check_bits(check) % n);
}

void check_fill(struct check *check, float *out, size_t n, float scale)
{
    for (size_t i = 0; i < n; i++)
        out[i] = check_normal(check) * scale;
}

double check_ulp(float got, double want)
{
    const float rounded = (float)want;
    int exponent;

    if (isnan(got) || isnan(rounded))
        return isnan(got) && isnan(rounded) ? 0.0 : HUGE_VAL;
    if (isinf(got) || isinf(rounded))
        return got == rounded ? 0.0 : HUGE_VAL;
    (void)frexp(want, &exponent); /* |want| in [2^(exponent-1), 2^exponent) */
    return fabs((double)got - want) / ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

bool check_same(struct check *check, float got, float want, const char *what, size_t i)
{
    if (got == want || (isnan(got) && isnan(want)))
        return true;
    check_fail(check, "%s [%zu]: got %a, want %a", what, i, (double)got, (double)want);
    return false;
}

void check_near(struct check *check, float got, double want, double bound, const char *what,
                size_t row, size_t column)
{
    const bool both_finite = isfinite(got) && isfinite((float)want);
    const double error = fabs((double)got - want);

    if (!both_finite) {
        if (check_ulp(got, want) != 0.0)
            check_fail(check, "%s [%zu, %zu]: got %g, want %g", what, row, column, (double)got,
                       want);
        return;
    }
    if (bound > 0.0 && error / bound > check->worst)
        check->worst = error / bound;
    if (error > bound)
        check_fail(check, "%s [%zu, %zu]: got %.9g, want %.9g, error %.3g over the bound %.3g",
                   what, row, column, (double)got, want, error, bound);
}
