/* SPDX-License-Identifier: MIT */
/* attention: SUM, hidden keys untouched, and a row's bits its own. */
#include <stdlib.h>

#include "checkkern.h"

#define C 1.0

/* One head's columns in rows of three parts, as a model holds them: [n_rows, 3 * width], the
 * head at `column`. Rows that no key names are NaN. */
struct problem {
    size_t n_rows, head_dim, column, width;
    struct matrix qkv, out;
    uint32_t *queries, *keys, *n_visible;
    size_t n_queries, n_keys;
    struct guarded scores;
    float scale;
};

static float *row_of(const struct problem *p, size_t part, size_t row)
{
    return p->qkv.data + row * p->qkv.stride + part * p->width + p->column;
}

static uint32_t *numbers(size_t n)
{
    uint32_t *list = malloc((n + 1) * sizeof(uint32_t));

    if (list == NULL)
        exit(2);
    return list;
}

/* Every query is also a key; keys are every `step`-th row. */
static struct problem problem_new(struct check *check, size_t n_keys, size_t step,
                                  size_t head_dim)
{
    const size_t width = head_dim + 3;
    struct problem p = {
        .n_rows = n_keys * step,
        .head_dim = head_dim,
        .column = 3,
        .width = width,
        .qkv = matrix_new(n_keys * step, 3 * width, 3 * width + 1, GUARD_END),
        .out = matrix_new(n_keys, head_dim, head_dim + 2, GUARD_END),
        .queries = numbers(n_keys),
        .keys = numbers(n_keys),
        .n_visible = numbers(n_keys),
        .n_queries = n_keys,
        .n_keys = n_keys,
        .scores = guarded_new((n_keys + 15) / 16 * 16 * sizeof(float), GUARD_END),
        .scale = 1.0f / sqrtf((float)head_dim),
    };

    for (size_t row = 0; row < p.n_rows; row++)
        for (size_t i = 0; i < 3 * width; i++)
            p.qkv.data[row * p.qkv.stride + i] = row % step == 0 ? check_normal(check) : NAN;
    for (size_t i = 0; i < n_keys; i++) {
        p.queries[i] = p.keys[i] = (uint32_t)(i * step);
        p.n_visible[i] = (uint32_t)i + 1;
    }
    return p;
}

static void problem_free(struct problem *p)
{
    matrix_free(&p->qkv);
    matrix_free(&p->out);
    guarded_free(&p->scores);
    free(p->queries);
    free(p->keys);
    free(p->n_visible);
}

static void run(struct check *check, const struct problem *p, float *out, size_t first,
                size_t n_queries)
{
    const pwi_attention_args args = {
        .out = out,
        .out_stride = p->out.stride,
        .q = row_of(p, 0, 0),
        .k = row_of(p, 1, 0),
        .v = row_of(p, 2, 0),
        .stride = p->qkv.stride,
        .head_dim = p->head_dim,
        .scale = p->scale,
        .queries = p->queries + first,
        .n_queries = n_queries,
        .keys = p->keys,
        .n_visible = p->n_visible + first,
        .scores = p->scores.data,
    };

    check->kernels->attention(&args);
}

/* Scores of a query; returns how far rounding may move one: each product sum, and the
 * subtraction of the maximum. */
static double scores_of(const struct problem *p, uint32_t query, const uint32_t *keys,
                        size_t n_keys, double *scores, double *max)
{
    double largest = 0.0;

    *max = -HUGE_VAL;
    for (size_t j = 0; j < n_keys; j++) {
        const float *q = row_of(p, 0, query), *k = row_of(p, 1, keys[j]);
        double sum = 0.0, magnitude = 0.0;

        for (size_t i = 0; i < p->head_dim; i++) {
            sum += (double)q[i] * (double)k[i];
            magnitude += fabs((double)q[i] * (double)k[i]);
        }
        scores[j] = sum * (double)p->scale;
        *max = fmax(*max, scores[j]);
        largest = fmax(largest, magnitude * (double)p->scale);
    }
    return (C * sqrt((double)p->head_dim) + 3) * CHECK_ROUNDOFF * largest;
}

static void compare_query(struct check *check, const struct problem *p, size_t i_query)
{
    const uint32_t query = p->queries[i_query];
    const bool alone = p->n_visible[i_query] == 0;
    const uint32_t *keys = alone ? &query : p->keys;
    const size_t n_keys = alone ? 1 : p->n_visible[i_query];
    double *weights = malloc(n_keys * sizeof(double));
    double max, total = 0.0;
    const double moved = weights == NULL ? 0 : scores_of(p, query, keys, n_keys, weights, &max);

    if (weights == NULL)
        exit(2);
    for (size_t j = 0; j < n_keys; j++)
        total += weights[j] = exp(weights[j] - max);
    for (size_t i = 0; i < p->head_dim; i++) {
        double sum = 0.0, magnitude = 0.0;

        for (size_t j = 0; j < n_keys; j++) {
            const double v = (double)row_of(p, 2, keys[j])[i];

            sum += weights[j] / total * v;
            magnitude += weights[j] / total * fabs(v);
        }
        const double bound =
            magnitude * ((C * sqrt((double)n_keys) + 4) * CHECK_ROUNDOFF + 2 * moved) +
            (double)(n_keys + 2) * 0x1p-150; /* each step may round a denormal */

        check_near(check, p->out.data[i_query * p->out.stride + i], sum, bound, "query, column",
                   i_query, i);
    }
    free(weights);
}

static void run_and_compare(struct check *check, const struct problem *p)
{
    run(check, p, p->out.data, 0, p->n_queries);
    for (size_t i = 0; i < p->n_queries; i++)
        compare_query(check, p, i);
    matrix_check_padding(check, &p->out, "out");
}

static void shapes(struct check *check)
{
    static const size_t n_keys[] = {1, 2, 3, 7, 8, 9, 17, 18, 64, 65, 77, 78};
    static const size_t head_dims[] = {1, 5, 7, 8, 9, 16, 40, 63, 64, 65, 80, 104, 128};

    for (size_t i = 0; i < COUNT(n_keys); i++)
        for (size_t j = i % 2; j < COUNT(head_dims); j += 2) {
            struct problem p = problem_new(check, n_keys[i], 1 + j % 3, head_dims[j]);

            run_and_compare(check, &p);
            problem_free(&p);
        }
}

/* More keys than one run sums, and than a kernel may keep scores of without its scratch: the
 * last queries. */
static void long_sequences(struct check *check)
{
    static const size_t n_keys[] = {255, 256, 257, 300, 512, 513, 600};
    const size_t n_last = 8;

    for (size_t i = 0; i < COUNT(n_keys); i++) {
        struct problem p = problem_new(check, n_keys[i], 1, 20 + i);

        for (size_t j = 0; j < n_last; j++) {
            p.queries[j] = p.queries[n_keys[i] - n_last + j];
            p.n_visible[j] = p.n_visible[n_keys[i] - n_last + j];
        }
        p.n_queries = n_last;
        run_and_compare(check, &p);
        problem_free(&p);
    }
}

/* All keys, the query alone, random prefixes; no queries at all. */
static void visibilities(struct check *check)
{
    for (int kind = 0; kind < 4; kind++) {
        struct problem p = problem_new(check, 33, 2, 40);

        for (size_t i = 0; i < p.n_queries; i++)
            p.n_visible[i] = (uint32_t)(kind == 0   ? 33
                                        : kind == 1 ? 0
                                                    : check_below(check, 34));
        if (kind == 3)
            p.n_queries = 0;
        run_and_compare(check, &p);
        problem_free(&p);
    }
}

/* Keys that are not visible may hold anything. */
static void hidden_keys_are_not_read(struct check *check)
{
    struct problem p = problem_new(check, 40, 1, 24);

    for (size_t i = 0; i < p.n_queries; i++)
        p.n_visible[i] = (uint32_t)(i < 21 ? i + 1 : 21);
    for (size_t row = 21; row < 40; row++)
        for (size_t i = 0; i < p.head_dim; i++)
            row_of(&p, 1, row)[i] = row_of(&p, 2, row)[i] = NAN;
    run_and_compare(check, &p);
    problem_free(&p);
}

/* Equal rows, scores that underflow all weights but one, large values, denormals, NaN. */
static void hostile_values(struct check *check)
{
    for (int kind = 0; kind < 5; kind++) {
        struct problem p = problem_new(check, 20, 1, 16);

        for (size_t row = 0; row < p.n_rows; row++)
            for (size_t i = 0; i < p.head_dim; i++) {
                float *q = row_of(&p, 0, row) + i, *v = row_of(&p, 2, row) + i;

                if (kind == 0)
                    *q = row_of(&p, 1, row)[i] = *v = 0.75f;
                if (kind == 1)
                    *q *= 300.0f;
                if (kind == 2)
                    *v *= 1e36f;
                if (kind == 3)
                    *v *= 1e-41f;
            }
        if (kind == 4) {
            row_of(&p, 0, 3)[5] = NAN;
            row_of(&p, 2, 11)[2] = INFINITY;
        }
        run_and_compare(check, &p);
        problem_free(&p);
    }
}

static void same_bits_alone(struct check *check)
{
    static const size_t head_dims[] = {5, 64, 104, 16}, n_keys[] = {77, 77, 77, 520};

    for (size_t j = 0; j < COUNT(head_dims); j++) {
        struct problem p = problem_new(check, n_keys[j], 2, head_dims[j]);
        struct matrix alone = matrix_new(1, head_dims[j], head_dims[j], GUARD_START);

        run(check, &p, p.out.data, 0, p.n_queries);
        for (size_t i = 0; i < p.n_queries; i++) {
            run(check, &p, alone.data, i, 1);
            if (memcmp(alone.data, p.out.data + i * p.out.stride,
                       head_dims[j] * sizeof(float)) != 0)
                check_fail(check, "query %zu alone has other bits", i);
        }
        matrix_free(&alone);
        problem_free(&p);
    }
}

/* A query's result must not change when rows that it sees move to other numbers. */
static void same_bits_elsewhere(struct check *check)
{
    struct problem near = problem_new(check, 50, 1, 64), far = problem_new(check, 50, 7, 64);

    for (size_t i = 0; i < 50; i++)
        for (size_t part = 0; part < 3; part++)
            memcpy(row_of(&far, part, 7 * i), row_of(&near, part, i), 64 * sizeof(float));
    run(check, &near, near.out.data, 0, 50);
    run(check, &far, far.out.data, 0, 50);
    for (size_t i = 0; i < 50; i++)
        if (memcmp(near.out.data + i * near.out.stride, far.out.data + i * far.out.stride,
                   64 * sizeof(float)) != 0)
            check_fail(check, "query %zu has other bits when its rows lie elsewhere", i);
    problem_free(&near);
    problem_free(&far);
}

const struct check_test check_attention_tests[] = {
    {"attention", "shapes", shapes},
    {"attention", "long sequences", long_sequences},
    {"attention", "visibilities", visibilities},
    {"attention", "hidden keys are not read", hidden_keys_are_not_read},
    {"attention", "hostile values", hostile_values},
    {"attention", "same bits alone", same_bits_alone},
    {"attention", "same bits elsewhere", same_bits_elsewhere},
    {NULL, NULL, NULL},
};
