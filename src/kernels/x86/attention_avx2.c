/* SPDX-License-Identifier: MIT */
/* Attention of one head, six queries at a time: scores by dot products of three queries and
 * four keys, softmax with its sum in double, then the tile of gemm over the keys that all six
 * see and single rows over the rest.
 *
 * Bits: a row's result depends on its query and its visible keys in their order alone; the
 * grouping decides only which instructions compute it. Keys are summed in runs of PWI_K_RUN. */
#include <math.h>

#include "kernels/levels.h"
#include "kernels/x86/math_avx2.h"
#include "kernels/x86/tile_avx2.h"

#define GROUP TILE_ROWS

/* Keys up to which six rows of weights are kept on the stack (12 KiB); beyond, queries go one
 * by one through the caller's scratch. */
#define STACK_KEYS 512

/* Up to six queries and what they see: the first n_visible[i] of keys. */
struct group {
    const pwi_attention_args *args;
    size_t n_queries;
    const float *q[GROUP]; /* behind n_queries: the last one again */
    float *out[GROUP];
    size_t n_visible[GROUP];
    const uint32_t *keys;
    float *weights; /* [n_queries, weights_stride] */
    size_t weights_stride;
};

/* ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) of each of four vectors. */
static inline __m128 sum_each(__m256 a, __m256 b, __m256 c, __m256 d)
{
    const __m256 sums = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));

    return _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1));
}

#define DOT_BEGIN(i)                                                                           \
    __m256 sum##i##0 = _mm256_setzero_ps(), sum##i##1 = _mm256_setzero_ps();                   \
    __m256 sum##i##2 = _mm256_setzero_ps(), sum##i##3 = _mm256_setzero_ps()

#define DOT_STEP(i, n)                                                                         \
    {                                                                                          \
        const __m256 query = load_part(q[i] + dim, n);                                         \
                                                                                               \
        sum##i##0 = _mm256_fmadd_ps(query, key0, sum##i##0);                                   \
        sum##i##1 = _mm256_fmadd_ps(query, key1, sum##i##1);                                   \
        sum##i##2 = _mm256_fmadd_ps(query, key2, sum##i##2);                                   \
        sum##i##3 = _mm256_fmadd_ps(query, key3, sum##i##3);                                   \
    }

#define DOT_END(i)                                                                             \
    _mm_storeu_ps(scores[i] + first,                                                           \
                  _mm_mul_ps(sum_each(sum##i##0, sum##i##1, sum##i##2, sum##i##3), scale))

/* Columns dim .. dim + n - 1 of three queries and four keys; n is LANES at all but the last. */
#define DOT_COLUMNS(n)                                                                         \
    {                                                                                          \
        const __m256 key0 = load_part(k0 + dim, n), key1 = load_part(k1 + dim, n);             \
        const __m256 key2 = load_part(k2 + dim, n), key3 = load_part(k3 + dim, n);             \
                                                                                               \
        DOT_STEP(0, n) DOT_STEP(1, n) DOT_STEP(2, n)                                           \
    }

/* scores[i][j] = q_i k_j scale for three queries and all keys, four at a time; behind the last
 * key up to three scores are the first key's of its four. */
static void score_three(float *const scores[3], const float *const q[3],
                        const pwi_attention_args *args, const uint32_t *keys, size_t n_keys)
{
    const __m128 scale = _mm_set1_ps(args->scale);
    const size_t head_dim = args->head_dim, stride = args->stride;

    for (size_t first = 0; first < n_keys; first += 4, keys += 4) {
        const size_t left = n_keys - first;
        const float *const k0 = args->k + keys[0] * stride;
        const float *const k1 = left > 1 ? args->k + keys[1] * stride : k0;
        const float *const k2 = left > 2 ? args->k + keys[2] * stride : k0;
        const float *const k3 = left > 3 ? args->k + keys[3] * stride : k0;
        size_t dim = 0;
        DOT_BEGIN(0);
        DOT_BEGIN(1);
        DOT_BEGIN(2);

        for (; dim + LANES <= head_dim; dim += LANES)
            DOT_COLUMNS(LANES);
        if (dim < head_dim)
            DOT_COLUMNS(head_dim - dim);
        DOT_END(0);
        DOT_END(1);
        DOT_END(2);
    }
}

/* Scores of the group's queries and the keys that any of them sees. Those that a query does not
 * see are left out later. */
static void score(const struct group *group, size_t n_keys)
{
    float *rows[GROUP];

    for (size_t i = 0; i < GROUP; i++)
        rows[i] = group->weights +
                  group->weights_stride * (i < group->n_queries ? i : group->n_queries - 1);
    score_three(rows, group->q, group->args, group->keys, n_keys);
    if (group->n_queries > 3)
        score_three(rows + 3, group->q + 3, group->args, group->keys, n_keys);
}

/* Scores first .. first + 7, minus infinity where no visible key is left. */
static inline __m256 visible(const float *scores, size_t first, size_t n_keys)
{
    const __m256i is_visible = first_lanes(n_keys - first);

    return _mm256_blendv_ps(_mm256_set1_ps(-INFINITY), _mm256_loadu_ps(scores + first),
                            _mm256_castsi256_ps(is_visible));
}

/* scores = exp(scores - max) over the visible keys, zeros behind them up to a whole vector;
 * returns the sum. */
static float exponentiate(float *scores, size_t n_keys)
{
    __m256 max = _mm256_set1_ps(-INFINITY);
    __m256d sum = _mm256_setzero_pd();

    for (size_t i = 0; i < n_keys; i += LANES)
        max = _mm256_max_ps(max, visible(scores, i, n_keys));
    max = _mm256_set1_ps(max_lanes(max));
    for (size_t i = 0; i < n_keys; i += LANES) {
        const __m256 e = exp_of_negative(_mm256_sub_ps(visible(scores, i, n_keys), max));

        _mm256_storeu_ps(scores + i, e);
        sum = _mm256_add_pd(sum, _mm256_add_pd(low_doubles(e), high_doubles(e)));
    }
    return (float)sum_lanes(sum);
}

/* totals [rows, 16] += weights x [rows, n_k] times 16 columns of the values of those keys. */
#define WEIGH(n_rows)                                                                          \
    static void weigh_##n_rows(float *totals, const float *x, size_t x_stride,                 \
                               const float *values, size_t stride, const uint32_t *keys,       \
                               size_t n_k)                                                     \
    {                                                                                          \
        ROWS_##n_rows(TILE_BEGIN, 0);                                                          \
                                                                                               \
        for (size_t i_k = 0; i_k < n_k; i_k++)                                                 \
            TILE_STEP(ROWS_##n_rows, values + keys[i_k] * stride, 0);                          \
        ROWS_##n_rows(TILE_TOTAL, 0);                                                          \
    }

WEIGH(1)
WEIGH(2)
WEIGH(3)
WEIGH(4)
WEIGH(5)
WEIGH(6)

typedef void weigh_fn(float *totals, const float *x, size_t x_stride, const float *values,
                      size_t stride, const uint32_t *keys, size_t n_k);

static weigh_fn *const weigh_rows[GROUP + 1] = {NULL,    weigh_1, weigh_2, weigh_3,
                                                weigh_4, weigh_5, weigh_6};

/* The same for one row and n <= 16 columns, going on where sums are: its chain may have begun
 * in weigh_rows. */
static inline void weigh_row(float *sums, const float *weights, const float *values,
                             size_t stride, const uint32_t *keys, size_t n_k, size_t n)
{
    const size_t n_right = n > LANES ? n - LANES : 0;
    __m256 left = _mm256_load_ps(sums), right = _mm256_load_ps(sums + LANES);

    for (size_t i_k = 0; i_k < n_k; i_k++) {
        const float *v = values + keys[i_k] * stride;
        const __m256 weight = _mm256_broadcast_ss(weights + i_k);

        left = _mm256_fmadd_ps(weight, load_part(v, n), left);
        if (n_right > 0)
            right = _mm256_fmadd_ps(weight, load_part(v + LANES, n_right), right);
    }
    _mm256_store_ps(sums, left);
    _mm256_store_ps(sums + LANES, right);
}

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* sums [rows, 16] = weights of the keys first .. end - 1 times columns dim .. dim + n - 1 of
 * their values: together over the keys that all rows see, then each row alone. */
static void weigh_run(const struct group *group, float *sums, size_t first, size_t end,
                      size_t dim, size_t n)
{
    const float *values = group->args->v + dim;
    const size_t stride = group->args->stride;
    size_t common = n == TILE_COLUMNS ? end : first;

    PW_ASSERT(group->n_queries > 0 &&
              group->n_queries < sizeof(weigh_rows) / sizeof(*weigh_rows));
    for (size_t i = 0; i < group->n_queries; i++)
        common = smaller(common, group->n_visible[i]);
    common = common > first ? common : first;
    weigh_rows[group->n_queries](sums, group->weights + first, group->weights_stride, values,
                                 stride, group->keys + first, common - first);
    for (size_t i = 0; i < group->n_queries; i++) {
        const size_t last = smaller(end, group->n_visible[i]);
        const float *weights = group->weights + i * group->weights_stride + common;
        float *row = sums + i * TILE_COLUMNS;

        if (last <= common)
            continue;
        if (n == TILE_COLUMNS)
            weigh_row(row, weights, values, stride, group->keys + common, last - common,
                      TILE_COLUMNS);
        else
            weigh_row(row, weights, values, stride, group->keys + common, last - common, n);
    }
}

/* totals = (first ? 0 : totals) + sums. 0 is added, not left out: it turns -0 into 0. */
static inline void add_sums(float *totals, const float *sums, bool is_first)
{
    for (size_t i = 0; i < GROUP * TILE_COLUMNS; i += LANES) {
        const __m256 before = is_first ? _mm256_setzero_ps() : _mm256_load_ps(totals + i);

        _mm256_store_ps(totals + i, _mm256_add_ps(before, _mm256_load_ps(sums + i)));
    }
}

/* Columns dim .. dim + n - 1 of the group's results; n <= 16. */
static void weigh(const struct group *group, const float *divisors, size_t n_keys, size_t dim,
                  size_t n)
{
    _Alignas(32) float totals[GROUP * TILE_COLUMNS], sums[GROUP * TILE_COLUMNS];

    for (size_t first = 0; first < n_keys; first += PWI_K_RUN) {
        for (size_t i = 0; i < GROUP * TILE_COLUMNS; i += LANES)
            _mm256_store_ps(sums + i, _mm256_setzero_ps());
        weigh_run(group, sums, first, smaller(n_keys, first + PWI_K_RUN), dim, n);
        add_sums(totals, sums, first == 0);
    }
    for (size_t i = 0; i < group->n_queries; i++)
        for (size_t half = 0; half < n; half += LANES) {
            const __m256 total = _mm256_load_ps(totals + i * TILE_COLUMNS + half);

            store_part(group->out[i] + dim + half,
                       _mm256_div_ps(total, _mm256_set1_ps(divisors[i])), n - half);
        }
}

static void attend(const struct group *group)
{
    const size_t head_dim = group->args->head_dim;
    float divisors[GROUP];
    size_t n_keys = 0;

    for (size_t i = 0; i < group->n_queries; i++)
        n_keys = n_keys > group->n_visible[i] ? n_keys : group->n_visible[i];
    score(group, n_keys);
    for (size_t i = 0; i < group->n_queries; i++)
        divisors[i] =
            exponentiate(group->weights + i * group->weights_stride, group->n_visible[i]);
    for (size_t dim = 0; dim < head_dim; dim += TILE_COLUMNS)
        weigh(group, divisors, n_keys, dim, smaller(TILE_COLUMNS, head_dim - dim));
}

/* Query i joins the group. */
static void join(struct group *group, size_t i)
{
    const pwi_attention_args *args = group->args;
    const size_t place = group->n_queries++;

    group->out[place] = args->out + i * args->out_stride;
    group->n_visible[place] = args->n_visible[i] > 0 ? args->n_visible[i] : 1;
    for (size_t j = place; j < GROUP; j++)
        group->q[j] = args->q + args->queries[i] * args->stride;
}

static bool is_ordinary(const pwi_attention_args *args, size_t i)
{
    return args->n_visible[i] > 0 && args->n_visible[i] <= STACK_KEYS;
}

static void attention_avx2(const pwi_attention_args *args)
{
    float weights[GROUP * (STACK_KEYS + TILE_COLUMNS)];
    size_t i = 0;

    while (i < args->n_queries) {
        struct group group = {.args = args, .keys = args->keys, .weights = weights};

        group.weights_stride = STACK_KEYS + TILE_COLUMNS;
        if (is_ordinary(args, i)) {
            while (group.n_queries < GROUP && i < args->n_queries && is_ordinary(args, i))
                join(&group, i++);
        } else {
            if (args->n_visible[i] == 0)
                group.keys = args->queries + i;
            else
                group.weights = args->scores;
            join(&group, i++);
        }
        attend(&group);
    }
}

void pwi_kernels_avx2_attention(pwi_kernels *kernels)
{
    kernels->attention = attention_avx2;
}
