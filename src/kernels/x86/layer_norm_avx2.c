/* SPDX-License-Identifier: MIT */
/* LayerNorm in three passes over a row that sits in L1. Statistics and result are in double:
 * the kernel is a hundredth of a block's time, and its error would reach every product. */
#include <math.h>

#include "kernels/levels.h"
#include "kernels/x86/vector_avx2.h"

/* Sums over a row: of two vectors at a time, each in two halves, so that four chains run. */
struct sums {
    __m256d halves[4];
};

static inline struct sums sums_zero(void)
{
    const __m256d zero = _mm256_setzero_pd();

    return (struct sums){{zero, zero, zero, zero}};
}

static inline double total(const struct sums *sums)
{
    return sum_lanes(_mm256_add_pd(_mm256_add_pd(sums->halves[0], sums->halves[1]),
                                   _mm256_add_pd(sums->halves[2], sums->halves[3])));
}

static inline void add_values(struct sums *sums, size_t pair, __m256 v)
{
    sums->halves[pair] = _mm256_add_pd(sums->halves[pair], low_doubles(v));
    sums->halves[pair + 1] = _mm256_add_pd(sums->halves[pair + 1], high_doubles(v));
}

static double mean_of(const float *x, size_t dim)
{
    struct sums sums = sums_zero();
    size_t i = 0;

    for (; i + 2 * LANES <= dim; i += 2 * LANES) {
        add_values(&sums, 0, _mm256_loadu_ps(x + i));
        add_values(&sums, 2, _mm256_loadu_ps(x + i + LANES));
    }
    for (; i < dim; i += LANES)
        add_values(&sums, 0, load_part(x + i, dim - i));
    return total(&sums) / (double)dim;
}

static inline void add_squares(struct sums *sums, size_t pair, __m256 v, __m256d mean)
{
    const __m256d low = _mm256_sub_pd(low_doubles(v), mean);
    const __m256d high = _mm256_sub_pd(high_doubles(v), mean);

    sums->halves[pair] = _mm256_fmadd_pd(low, low, sums->halves[pair]);
    sums->halves[pair + 1] = _mm256_fmadd_pd(high, high, sums->halves[pair + 1]);
}

/* The last elements go one by one: zeros behind them would count as deviations. */
static double variance_of(const float *x, size_t dim, double mean)
{
    const __m256d mean4 = _mm256_set1_pd(mean);
    struct sums sums = sums_zero();
    size_t i = 0;

    for (; i + 2 * LANES <= dim; i += 2 * LANES) {
        add_squares(&sums, 0, _mm256_loadu_ps(x + i), mean4);
        add_squares(&sums, 2, _mm256_loadu_ps(x + i + LANES), mean4);
    }
    double squares = total(&sums);

    for (; i < dim; i++)
        squares = fma((double)x[i] - mean, (double)x[i] - mean, squares);
    return squares / (double)dim;
}

struct normal {
    __m256d mean, scale;
};

static inline __m128 four(const struct normal *normal, __m256d x, __m256d gain, __m256d bias)
{
    const __m256d z = _mm256_mul_pd(_mm256_sub_pd(x, normal->mean), normal->scale);

    return _mm256_cvtpd_ps(_mm256_fmadd_pd(z, gain, bias));
}

/* (x - mean) scale gain + bias on n <= 8 elements. */
static inline void normalize(float *out, const float *x, const float *gain, const float *bias,
                             const struct normal *normal, size_t n)
{
    const __m256 v = load_part(x, n), g = load_part(gain, n), b = load_part(bias, n);
    const __m128 low = four(normal, low_doubles(v), low_doubles(g), low_doubles(b));
    const __m128 high = four(normal, high_doubles(v), high_doubles(g), high_doubles(b));

    store_part(out, _mm256_set_m128(high, low), n);
}

static void layer_norm_avx2(float *out, size_t out_stride, const float *x, size_t x_stride,
                            const float *gain, const float *bias, size_t n_rows, size_t dim,
                            float epsilon)
{
    for (size_t row = 0; row < n_rows; row++, x += x_stride, out += out_stride) {
        const double mean = mean_of(x, dim);
        const double deviation = sqrt(variance_of(x, dim, mean) + (double)epsilon);
        const struct normal normal = {_mm256_set1_pd(mean), _mm256_set1_pd(1.0 / deviation)};
        size_t i = 0;

        for (; i + LANES <= dim; i += LANES)
            normalize(out + i, x + i, gain + i, bias + i, &normal, LANES);
        if (i < dim)
            normalize(out + i, x + i, gain + i, bias + i, &normal, dim - i);
    }
}

void pwi_kernels_avx2_layer_norm(pwi_kernels *kernels)
{
    kernels->layer_norm = layer_norm_avx2;
}
