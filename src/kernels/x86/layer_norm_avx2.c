/* SPDX-License-Identifier: MIT */
/* LayerNorm in three passes over a row that sits in L1. Statistics and result are in double:
 * the kernel is a hundredth of a block's time, and its error would reach every product. */
#include <math.h>

#include "kernels/levels.h"
#include "kernels/x86/vector_avx2.h"

/* Sums of eight lanes in two halves. */
struct sums {
    __m256d low, high;
};

static inline double total(struct sums sums)
{
    return sum_lanes(_mm256_add_pd(sums.low, sums.high));
}

static double mean_of(const float *x, size_t dim)
{
    struct sums sums = {_mm256_setzero_pd(), _mm256_setzero_pd()};

    for (size_t i = 0; i < dim; i += LANES) {
        const __m256 v = load_part(x + i, dim - i);

        sums.low = _mm256_add_pd(sums.low, low_doubles(v));
        sums.high = _mm256_add_pd(sums.high, high_doubles(v));
    }
    return total(sums) / (double)dim;
}

/* Lanes behind the row's end count as the mean: no deviation. */
static double variance_of(const float *x, size_t dim, double mean)
{
    const __m256d mean4 = _mm256_set1_pd(mean);
    struct sums sums = {_mm256_setzero_pd(), _mm256_setzero_pd()};
    size_t i = 0;

    for (; i + LANES <= dim; i += LANES) {
        const __m256 v = _mm256_loadu_ps(x + i);
        const __m256d low = _mm256_sub_pd(low_doubles(v), mean4);
        const __m256d high = _mm256_sub_pd(high_doubles(v), mean4);

        sums.low = _mm256_fmadd_pd(low, low, sums.low);
        sums.high = _mm256_fmadd_pd(high, high, sums.high);
    }
    double squares = total(sums);

    for (; i < dim; i++)
        squares = fma((double)x[i] - mean, (double)x[i] - mean, squares);
    return squares / (double)dim;
}

/* (x - mean) scale gain + bias on four elements. */
static inline __m128 normalized(__m256d x, __m256d mean, __m256d scale, __m256d gain,
                                __m256d bias)
{
    return _mm256_cvtpd_ps(
        _mm256_fmadd_pd(_mm256_mul_pd(_mm256_sub_pd(x, mean), scale), gain, bias));
}

static void layer_norm_avx2(float *out, size_t out_stride, const float *x, size_t x_stride,
                            const float *gain, const float *bias, size_t n_rows, size_t dim,
                            float epsilon)
{
    for (size_t row = 0; row < n_rows; row++, x += x_stride, out += out_stride) {
        const double mean = mean_of(x, dim);
        const double deviation = sqrt(variance_of(x, dim, mean) + (double)epsilon);
        const __m256d mean4 = _mm256_set1_pd(mean), scale4 = _mm256_set1_pd(1.0 / deviation);

        for (size_t i = 0; i < dim; i += LANES) {
            const size_t n = dim - i;
            const __m256 v = load_part(x + i, n), g = load_part(gain + i, n),
                         b = load_part(bias + i, n);
            const __m128 low =
                normalized(low_doubles(v), mean4, scale4, low_doubles(g), low_doubles(b));
            const __m128 high =
                normalized(high_doubles(v), mean4, scale4, high_doubles(g), high_doubles(b));

            store_part(out + i, _mm256_set_m128(high, low), n);
        }
    }
}

void pwi_kernels_avx2_layer_norm(pwi_kernels *kernels)
{
    kernels->layer_norm = layer_norm_avx2;
}
