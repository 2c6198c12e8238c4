/* SPDX-License-Identifier: MIT */
/* LayerNorm in three passes over a row that sits in L1. Statistics and result are in double:
 * the kernel is a hundredth of a block's time, and its error would reach every product. */
#include <math.h>

#include "kernels/levels.h"
#include "kernels/x86/vector_avx512.h"

/* Sums over a row: of two vectors at a time, each in two halves, so that four chains run. */
struct sums {
    __m512d halves[4];
};

static inline struct sums sums_zero(void)
{
    const __m512d zero = _mm512_setzero_pd();

    return (struct sums){{zero, zero, zero, zero}};
}

static inline double total(const struct sums *sums)
{
    return sum_lanes(_mm512_add_pd(_mm512_add_pd(sums->halves[0], sums->halves[1]),
                                   _mm512_add_pd(sums->halves[2], sums->halves[3])));
}

static inline void add_values(struct sums *sums, size_t pair, __m512 v)
{
    sums->halves[pair] = _mm512_add_pd(sums->halves[pair], low_doubles(v));
    sums->halves[pair + 1] = _mm512_add_pd(sums->halves[pair + 1], high_doubles(v));
}

static double mean_of(const float *x, size_t dim)
{
    struct sums sums = sums_zero();
    size_t i = 0;

    for (; i + 2 * LANES <= dim; i += 2 * LANES) {
        add_values(&sums, 0, _mm512_loadu_ps(x + i));
        add_values(&sums, 2, _mm512_loadu_ps(x + i + LANES));
    }
    for (; i < dim; i += LANES)
        add_values(&sums, 0, load_part(x + i, dim - i));
    return total(&sums) / (double)dim;
}

static inline void add_squares(struct sums *sums, size_t pair, __m512 v, __m512d mean)
{
    const __m512d low = _mm512_sub_pd(low_doubles(v), mean);
    const __m512d high = _mm512_sub_pd(high_doubles(v), mean);

    sums->halves[pair] = _mm512_fmadd_pd(low, low, sums->halves[pair]);
    sums->halves[pair + 1] = _mm512_fmadd_pd(high, high, sums->halves[pair + 1]);
}

/* The last elements go one by one: zeros behind them would count as deviations. */
static double variance_of(const float *x, size_t dim, double mean)
{
    const __m512d means = _mm512_set1_pd(mean);
    struct sums sums = sums_zero();
    size_t i = 0;

    for (; i + 2 * LANES <= dim; i += 2 * LANES) {
        add_squares(&sums, 0, _mm512_loadu_ps(x + i), means);
        add_squares(&sums, 2, _mm512_loadu_ps(x + i + LANES), means);
    }
    double squares = total(&sums);

    for (; i < dim; i++)
        squares = fma((double)x[i] - mean, (double)x[i] - mean, squares);
    return squares / (double)dim;
}

struct normal {
    __m512d mean, scale;
};

static inline __m256 eight(const struct normal *normal, __m512d x, __m512d gain, __m512d bias)
{
    const __m512d z = _mm512_mul_pd(_mm512_sub_pd(x, normal->mean), normal->scale);

    return _mm512_cvtpd_ps(_mm512_fmadd_pd(z, gain, bias));
}

/* (x - mean) scale gain + bias. */
static inline __m512 normalized(__m512 x, __m512 gain, __m512 bias, const struct normal *normal)
{
    const __m256 low = eight(normal, low_doubles(x), low_doubles(gain), low_doubles(bias));
    const __m256 high = eight(normal, high_doubles(x), high_doubles(gain), high_doubles(bias));

    return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

static void layer_norm_avx512(float *out, size_t out_stride, const float *x, size_t x_stride,
                              const float *gain, const float *bias, size_t n_rows, size_t dim,
                              float epsilon)
{
    for (size_t row = 0; row < n_rows; row++, x += x_stride, out += out_stride) {
        const double mean = mean_of(x, dim);
        const double deviation = sqrt(variance_of(x, dim, mean) + (double)epsilon);
        const struct normal normal = {_mm512_set1_pd(mean), _mm512_set1_pd(1.0 / deviation)};
        size_t i = 0;

        for (; i + LANES <= dim; i += LANES)
            _mm512_storeu_ps(out + i,
                             normalized(_mm512_loadu_ps(x + i), _mm512_loadu_ps(gain + i),
                                        _mm512_loadu_ps(bias + i), &normal));
        if (i < dim)
            store_part(out + i,
                       normalized(load_part(x + i, dim - i), load_part(gain + i, dim - i),
                                  load_part(bias + i, dim - i), &normal),
                       dim - i);
    }
}

void PWI_FILL(avx512_layer_norm)(pwi_kernels *kernels)
{
    kernels->layer_norm = layer_norm_avx512;
}
