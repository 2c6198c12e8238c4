/* SPDX-License-Identifier: MIT */
/* Attention of one head, the definition, in double (Vaswani 2017, eq. 1). Scores are computed
 * once for the maximum and once more for every DIMS columns of the result, so that no double is
 * ever rounded into the scratch. */
#include <math.h>
#include <string.h>

#include "kernels/levels.h"

#define DIMS 64

static double score(const pwi_attention_args *args, uint32_t query, uint32_t key)
{
    const float *q = args->q + query * args->stride, *k = args->k + key * args->stride;
    double sum = 0.0;

    for (size_t i = 0; i < args->head_dim; i++)
        sum += (double)q[i] * (double)k[i];
    return sum * (double)args->scale;
}

/* Columns first .. first + n - 1 of the result; n <= DIMS. */
static void weigh_values(const pwi_attention_args *args, float *out, uint32_t query,
                         const uint32_t *keys, size_t n_keys, double max, size_t first,
                         size_t n)
{
    double sums[DIMS], total = 0.0;

    memset(sums, 0, sizeof(sums));
    for (size_t i_key = 0; i_key < n_keys; i_key++) {
        const double weight = exp(score(args, query, keys[i_key]) - max);
        const float *v = args->v + keys[i_key] * args->stride + first;

        total += weight;
        for (size_t i = 0; i < n; i++)
            sums[i] += weight * (double)v[i];
    }
    for (size_t i = 0; i < n; i++)
        out[first + i] = (float)(sums[i] / total);
}

static void attend(const pwi_attention_args *args, float *out, uint32_t query,
                   const uint32_t *keys, size_t n_keys)
{
    double max = -INFINITY;

    for (size_t i = 0; i < n_keys; i++)
        max = fmax(max, score(args, query, keys[i]));
    for (size_t first = 0; first < args->head_dim; first += DIMS) {
        const size_t n = args->head_dim - first < DIMS ? args->head_dim - first : DIMS;

        weigh_values(args, out, query, keys, n_keys, max, first, n);
    }
}

static void attention_ref(const pwi_attention_args *args)
{
    for (size_t i = 0; i < args->n_queries; i++) {
        float *out = args->out + i * args->out_stride;
        const uint32_t *query = args->queries + i;

        if (args->n_visible[i] == 0)
            attend(args, out, *query, query, 1);
        else
            attend(args, out, *query, args->keys, args->n_visible[i]);
    }
}

void pwi_kernels_ref_attention(pwi_kernels *kernels)
{
    kernels->attention = attention_ref;
}
