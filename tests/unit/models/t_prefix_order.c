/* SPDX-License-Identifier: MIT */
/* The order of sequences against what a slow definition says: sorted, shared prefixes counted,
 * nothing lost. */
#include "check.h"

#include <stdlib.h>

#include "models/prefix_order.h"

#define N_MAX  70
#define LENGTH 9

struct drawn {
    int32_t ids[N_MAX][LENGTH];
    uint8_t mask[N_MAX][LENGTH];
    uint32_t lengths[N_MAX];
    size_t n;
    bool is_masked;
};

static uint32_t draw(uint64_t *state, uint32_t n)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % n;
}

/* Few different ids, so that prefixes meet; some masks' bits are 1 by other numbers. */
static void draw_sequences(struct drawn *d, uint64_t seed)
{
    uint64_t state = seed;
    const uint32_t n_ids = 1 + draw(&state, 3);

    d->n = draw(&state, N_MAX + 1);
    d->is_masked = draw(&state, 2) == 0;
    for (size_t i = 0; i < d->n; i++) {
        d->lengths[i] = draw(&state, LENGTH + 1);
        for (size_t t = 0; t < LENGTH; t++) {
            d->ids[i][t] = (int32_t)draw(&state, n_ids);
            d->mask[i][t] = (uint8_t)(draw(&state, 3) == 0 ? 0 : 1 + draw(&state, 2));
        }
    }
}

static int token(const struct drawn *d, uint32_t i, uint32_t t)
{
    return d->ids[i][t] * 2 + (!d->is_masked || d->mask[i][t] != 0);
}

static uint32_t naive_shared(const struct drawn *d, uint32_t a, uint32_t b)
{
    uint32_t n = 0;

    while (n < d->lengths[a] && n < d->lengths[b] && token(d, a, n) == token(d, b, n))
        n++;
    return n;
}

/* a may stand before b. */
static bool is_in_order(const struct drawn *d, uint32_t a, uint32_t b)
{
    const uint32_t n = naive_shared(d, a, b);

    if (n == d->lengths[a] || n == d->lengths[b])
        return d->lengths[a] <= d->lengths[b];
    return token(d, a, n) < token(d, b, n);
}

static void check_order(const struct drawn *d, const pwi_order *order, uint64_t seed)
{
    bool seen[N_MAX] = {false};

    assert_int_equal(order->n, d->n);
    for (size_t place = 0; place < d->n; place++) {
        const uint32_t i = order->sequences[place];
        const uint32_t before = place == 0 ? i : order->sequences[place - 1];

        if (i >= d->n || seen[i])
            fail_msg("seed %llu: sequence %u stands twice", (unsigned long long)seed, i);
        seen[i] = true;
        if (!is_in_order(d, before, i))
            fail_msg("seed %llu: %u stands before %u", (unsigned long long)seed, before, i);
        if (order->shared[place] != (place == 0 ? 0 : naive_shared(d, before, i)))
            fail_msg("seed %llu: %u shares %u with %u", (unsigned long long)seed, i,
                     order->shared[place], before);
    }
}

static void sequences_are_sorted_and_shared_prefixes_counted(void **state)
{
    static struct drawn d;
    pwi_order order;

    (void)state;
    assert_int_equal(pwi_order_create(&order, &pwi_malloc_allocator, N_MAX, NULL), PW_OK);
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        pwi_sequences sequences = {&d.ids[0][0], NULL, LENGTH};

        draw_sequences(&d, seed);
        if (d.is_masked)
            sequences.mask = &d.mask[0][0];
        memcpy(order.lengths, d.lengths, sizeof(d.lengths));
        pwi_order_sort(&order, &sequences, d.n);
        check_order(&d, &order, seed);
    }
    pwi_order_free(&order, &pwi_malloc_allocator);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sequences_are_sorted_and_shared_prefixes_counted),
};

PW_TEST_MAIN(tests, NULL, NULL)
