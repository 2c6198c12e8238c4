/* SPDX-License-Identifier: MIT */
/* A merge sort that knows common prefixes (Ng and Kakehi 2008): of the heads of two runs, the
 * one that shares more with what went last goes next, and tokens are compared only where both
 * share the same, from there on. So no token is compared twice in a pass, and the lengths of
 * shared prefixes come out with the order. */
#include "models/prefix_order.h"

#include <string.h>

pw_status pwi_order_create(pwi_order *order, const pw_allocator *allocator, size_t capacity,
                           pw_error *err)
{
    memset(order, 0, sizeof(*order));
    order->capacity = capacity;
    order->lengths = PWI_ARRAY(allocator, uint32_t, capacity);
    order->sequences = PWI_ARRAY(allocator, uint32_t, capacity);
    order->shared = PWI_ARRAY(allocator, uint32_t, capacity);
    order->other_sequences = PWI_ARRAY(allocator, uint32_t, capacity);
    order->other_shared = PWI_ARRAY(allocator, uint32_t, capacity);
    if (order->lengths != NULL && order->sequences != NULL && order->shared != NULL &&
        order->other_sequences != NULL && order->other_shared != NULL)
        return PW_OK;
    pwi_order_free(order, allocator);
    return pwi_fail_memory(err);
}

void pwi_order_free(pwi_order *order, const pw_allocator *allocator)
{
    pwi_free_array(allocator, order->lengths, order->capacity, sizeof(uint32_t));
    pwi_free_array(allocator, order->sequences, order->capacity, sizeof(uint32_t));
    pwi_free_array(allocator, order->shared, order->capacity, sizeof(uint32_t));
    pwi_free_array(allocator, order->other_sequences, order->capacity, sizeof(uint32_t));
    pwi_free_array(allocator, order->other_shared, order->capacity, sizeof(uint32_t));
    memset(order, 0, sizeof(*order));
}

/* Two sequences, and the tokens that both have. */
struct pair {
    const int32_t *a_ids, *b_ids;
    const uint8_t *a_mask, *b_mask; /* both or neither */
    uint32_t n_common, a_length, b_length;
};

static struct pair pair_of(const pwi_order *order, const pwi_sequences *sequences, uint32_t a,
                           uint32_t b)
{
    const size_t a_at = a * sequences->n_tokens, b_at = b * sequences->n_tokens;
    const uint8_t *mask = sequences->mask;
    const uint32_t a_length = order->lengths[a], b_length = order->lengths[b];

    return (struct pair){
        .a_ids = sequences->ids + a_at,
        .b_ids = sequences->ids + b_at,
        .a_mask = mask == NULL ? NULL : mask + a_at,
        .b_mask = mask == NULL ? NULL : mask + b_at,
        .n_common = a_length < b_length ? a_length : b_length,
        .a_length = a_length,
        .b_length = b_length,
    };
}

/* Leading tokens that are equal; the first n are known to be. */
static uint32_t count_shared(const struct pair *pair, uint32_t n)
{
    if (pair->a_mask == NULL) {
        while (n < pair->n_common && pair->a_ids[n] == pair->b_ids[n])
            n++;
        return n;
    }
    while (n < pair->n_common && pair->a_ids[n] == pair->b_ids[n] &&
           (pair->a_mask[n] != 0) == (pair->b_mask[n] != 0))
        n++;
    return n;
}

/* Whether b goes before a; they share n tokens. */
static bool is_b_first(const struct pair *pair, uint32_t n)
{
    if (n == pair->n_common)
        return pair->b_length < pair->a_length;
    if (pair->a_ids[n] != pair->b_ids[n])
        return pair->b_ids[n] < pair->a_ids[n];
    PW_ASSERT(pair->a_mask != NULL); /* or they would share more */
    return pair->a_mask[n] != 0;
}

/* The run that the next head is taken from: places next .. end - 1, its head sharing `shared`
 * tokens with what went last. */
struct run {
    size_t next, end;
    uint32_t shared;
};

static struct run run_of(size_t first, size_t end)
{
    return (struct run){first, end, 0};
}

static bool is_b_next(const pwi_order *order, const pwi_sequences *sequences, struct run *a,
                      struct run *b)
{
    struct pair pair;
    uint32_t n;
    bool b_first;

    if (a->next == a->end || b->next == b->end)
        return a->next == a->end;
    if (a->shared != b->shared)
        return b->shared > a->shared;
    pair = pair_of(order, sequences, order->sequences[a->next], order->sequences[b->next]);
    n = count_shared(&pair, a->shared);
    b_first = is_b_first(&pair, n);
    *(b_first ? &a->shared : &b->shared) = n;
    return b_first;
}

/* Runs a and b, side by side and each in order, into the other arrays. What waits keeps what it
 * shares with the one that went: that one shared more with the one before than it does. */
static void merge(const pwi_order *order, const pwi_sequences *sequences, struct run a,
                  struct run b)
{
    const size_t end = b.end;

    for (size_t to = a.next; to < end; to++) {
        const uint32_t a_shared = a.shared, b_shared = b.shared;
        const bool b_next = is_b_next(order, sequences, &a, &b);
        struct run *run = b_next ? &b : &a;

        order->other_sequences[to] = order->sequences[run->next];
        order->other_shared[to] = b_next ? b_shared : a_shared;
        run->next++;
        run->shared = run->next < run->end ? order->shared[run->next] : 0;
    }
}

static void swap(uint32_t **a, uint32_t **b)
{
    uint32_t *keep = *a;

    *a = *b;
    *b = keep;
}

void pwi_order_sort(pwi_order *order, const pwi_sequences *sequences, size_t n)
{
    PW_ASSERT(n <= order->capacity);
    order->n = n;
    for (size_t i = 0; i < n; i++) {
        order->sequences[i] = (uint32_t)i;
        order->shared[i] = 0;
    }
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t first = 0; first < n; first += 2 * width) {
            const size_t middle = n - first < width ? n : first + width;
            const size_t end = n - middle < width ? n : middle + width;

            merge(order, sequences, run_of(first, middle), run_of(middle, end));
        }
        swap(&order->sequences, &order->other_sequences);
        swap(&order->shared, &order->other_shared);
    }
}
