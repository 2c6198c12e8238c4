/* SPDX-License-Identifier: MIT */
/* The integers of the products, rebuilt. Of what prepare wrote only the scales are read, after
 * a look at the rule that they follow; the integers are made here. */
#include "check_operands.h"

#include <float.h>
#include <stdlib.h>

/* Scales that hang on a sum of floats may be off by its rounding. */
#define SCALE_ERROR 1e-4

static double *doubles(size_t n)
{
    double *p = malloc((n + 1) * sizeof(*p));

    if (p == NULL)
        exit(2);
    return p;
}

static double nearest_within(double value, double least, double largest)
{
    return isnan(value) ? 0.0 : nearbyint(fmax(least, fmin(largest, value)));
}

/* The inverse as floats have it: without one, all integers are zero. */
static float inverse_of(float scale)
{
    const float inverse = scale > 0.0f ? 1.0f / scale : 0.0f;

    return inverse <= FLT_MAX ? inverse : 0.0f;
}

struct extremes {
    float least, largest, largest_magnitude;
    double sum; /* of magnitudes */
    bool is_finite;
};

static struct extremes extremes_of(const float *x, size_t n)
{
    struct extremes e = {x[0], x[0], 0.0f, 0.0, true};

    for (size_t i = 0; i < n; i++) {
        e.is_finite = e.is_finite && isfinite(x[i]);
        e.least = fminf(e.least, x[i]);
        e.largest = fmaxf(e.largest, x[i]);
        e.largest_magnitude = fmaxf(e.largest_magnitude, fabsf(x[i]));
        e.sum += fabs((double)x[i]);
    }
    return e;
}

/* A scale against its rule; NaN for what is not finite. */
static void check_scale(struct check *check, float scale, double want, bool is_finite, size_t i)
{
    const double error = fabs((double)scale - want);

    if (is_finite ? !(error <= SCALE_ERROR * want + 0x1p-148) : !isnan(scale))
        check_fail(check, "scale of run %zu: got %g, want %g", i, (double)scale, want);
}

/* One run of a row: out and magnitudes [n]. */
typedef void run_fn(struct check *check, double *out, double *magnitudes, const float *x,
                    size_t n, const char *scales, size_t i_run);

/* i16: the least scale with integers of at most 32767 whose magnitudes add up to 262000. */
static void run_i16(struct check *check, double *out, double *magnitudes, const float *x,
                    size_t n, const char *scales, size_t i_run)
{
    const struct extremes e = extremes_of(x, n);
    float scale, inverse;

    memcpy(&scale, scales + i_run * sizeof(scale), sizeof(scale));
    check_scale(check, scale, fmax((double)e.largest_magnitude / 32767, e.sum / 262000),
                e.is_finite, i_run);
    inverse = inverse_of(scale);
    for (size_t i = 0; i < n; i++) {
        const float value = x[i] * inverse;

        out[i] = nearest_within((double)value, -32767, 32767) * (double)scale;
        magnitudes[i] = fabs(out[i]);
    }
}

/* u8: the least value and 255 equal steps to the largest. */
static void run_u8(struct check *check, double *out, double *magnitudes, const float *x,
                   size_t n, const char *scales, size_t i_run)
{
    const struct extremes e = extremes_of(x, n);
    const float width = e.largest - e.least;
    float meaning[2], inverse;

    memcpy(meaning, scales + i_run * sizeof(meaning), sizeof(meaning));
    check_scale(check, meaning[0], (double)width / 255, e.is_finite && isfinite(width), i_run);
    if (e.is_finite && isfinite(width))
        check_same(check, meaning[1], e.least, "low of run", i_run);
    inverse = inverse_of(meaning[0]);
    for (size_t i = 0; i < n; i++) {
        const float offset = x[i] - meaning[1], value = offset * inverse;
        const double step = nearest_within((double)value, 0, 255) * (double)meaning[0];

        out[i] = (double)meaning[1] + step;
        magnitudes[i] = fabs((double)meaning[1]) + step;
    }
}

/* Products of integers by name: how their rows are read, and the bytes of an element. */
static const struct form {
    const char *name;
    run_fn *run;
    size_t element_size;
} forms[] = {
    {"i16", run_i16, 2},
    {"u8", run_u8, 1},
};

static const struct form *form_of(const pwi_product *product)
{
    for (size_t i = 0; i < COUNT(forms); i++)
        if (strcmp(forms[i].name, product->name) == 0)
            return &forms[i];
    return NULL;
}

static void read_row(struct check *check, const struct form *form, struct operands *operands,
                     const struct matrix *x, size_t row, const char *prepared)
{
    const size_t k = x->n_columns, scales = (k * form->element_size + 63) / 64 * 64;

    for (size_t first = 0; first < k; first += PWI_K_RUN)
        form->run(check, operands->x + row * k + first,
                  operands->x_magnitudes + row * k + first, x->data + row * x->stride + first,
                  k - first < PWI_K_RUN ? k - first : PWI_K_RUN, prepared + scales,
                  first / PWI_K_RUN);
}

/* A row of W: the largest magnitude becomes the limit; NaN and infinities spoil all of it. */
static void round_weights(double *out, const float *weights, size_t k, int32_t limit)
{
    float largest = 0.0f, scale, inverse;

    for (size_t i = 0; i < k; i++)
        largest = isnan(weights[i]) || isnan(largest) ? NAN : fmaxf(largest, fabsf(weights[i]));
    scale = largest / (float)limit;
    inverse = inverse_of(scale);
    for (size_t i = 0; i < k; i++) {
        const float value = weights[i] * inverse;

        out[i] = nearest_within((double)value, -limit, limit) * (double)scale;
    }
}

struct operands operands_new(struct check *check, const struct matrix *x, const char *prepared,
                             size_t row_bytes, const float *weights, size_t n)
{
    const struct form *form = form_of(check->product);
    const size_t m = x->n_rows, k = x->n_columns;
    struct operands operands = {doubles(m * k), doubles(n * k), doubles(m * k)};

    for (size_t i = 0; i < n * k; i++)
        operands.w[i] = (double)weights[i];
    for (size_t row = 0; row < m; row++)
        for (size_t i = 0; i < k; i++) {
            operands.x[row * k + i] = (double)x->data[row * x->stride + i];
            operands.x_magnitudes[row * k + i] = fabs(operands.x[row * k + i]);
        }
    if (form == NULL)
        return operands;
    for (size_t row = 0; row < m; row++)
        read_row(check, form, &operands, x, row, prepared + row * row_bytes);
    for (size_t row = 0; row < n; row++)
        round_weights(operands.w + row * k, weights + row * k, k, check->product->limit);
    return operands;
}

/* To eight bits, ties to even; from half a step over the largest on to infinity. */
static double nearest_bf16(double value)
{
    int exponent;
    double rounded;

    if (!isfinite(value) || value == 0.0)
        return value;
    (void)frexp(value, &exponent);
    exponent = exponent < -125 ? -125 : exponent;
    rounded = ldexp(nearbyint(ldexp(value, 8 - exponent)), exponent - 8);
    return fabs(rounded) > 0x1.fep127 ? copysign(HUGE_VAL, rounded) : rounded;
}

void operands_narrow(struct operands *operands, size_t n_x, size_t n_w)
{
    for (size_t i = 0; i < n_x; i++) {
        operands->x[i] = nearest_bf16(operands->x[i]);
        operands->x_magnitudes[i] = fabs(operands->x[i]);
    }
    for (size_t i = 0; i < n_w; i++)
        operands->w[i] = nearest_bf16(operands->w[i]);
}

void operands_free(struct operands *operands)
{
    free(operands->x);
    free(operands->w);
    free(operands->x_magnitudes);
}
