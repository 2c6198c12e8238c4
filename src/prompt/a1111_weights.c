/* SPDX-License-Identifier: MIT */
/* Multiplying weights in the original's order. A group that closes multiplies all that stands
 * in it. Those never closed come last, each multiplying all behind it: a prompt that opens a
 * million brackets would take 10^12 products, but the factors are all the same, so what one
 * entry was multiplied with is the begin of the next one's ladder, to the last bit. */
#include <math.h>
#include <string.h>

#include "prompt/a1111_attention.h"

/* base, base * factor, base * factor * factor ... as far as it was climbed. */
struct ladder {
    double base, value;
    size_t n_steps;
};

/* Prompts repeat few weights; these are told apart by a few bits of them. */
#define N_LADDERS 64

static pw_status too_many_products(pw_error *err)
{
    return PWI_FAIL(err, PW_ERR_LIMIT,
                    "the brackets of this prompt ask for more than %u products of weights "
                    "(PWI_ATTENTION_PRODUCTS_MAX): close brackets near the words they weigh",
                    PWI_ATTENTION_PRODUCTS_MAX);
}

pw_status pwi_attention_multiply(pwi_attention *attention, size_t first_entry, double factor,
                                 pw_error *err)
{
    attention->n_products += attention->n - first_entry;
    if (attention->n_products > PWI_ATTENTION_PRODUCTS_MAX)
        return too_many_products(err);
    for (size_t i = first_entry; i < attention->n; i++)
        attention->entries[i].weight *= factor;
    return PW_OK;
}

static bool same_bits(double a, double b)
{
    uint64_t a_bits, b_bits;

    memcpy(&a_bits, &a, sizeof(a));
    memcpy(&b_bits, &b, sizeof(b));
    return a_bits == b_bits;
}

static struct ladder *ladder_of(struct ladder *ladders, double base)
{
    uint64_t bits;
    struct ladder *ladder;

    memcpy(&bits, &base, sizeof(bits));
    ladder = &ladders[(bits * UINT64_C(0x9E3779B97F4A7C15)) >> 58];
    if (!same_bits(ladder->base, base))
        *ladder = (struct ladder){base, base, 0};
    return ladder;
}

/* base multiplied n_steps times. A step that changes nothing (at 0, infinity, NaN and among the
 * smallest numbers) is the last that needs to be made. */
static double climb(struct ladder *ladder, size_t n_steps, double factor, uint64_t *n_products)
{
    if (ladder->n_steps > n_steps)
        *ladder = (struct ladder){ladder->base, ladder->base, 0};
    while (ladder->n_steps < n_steps) {
        const double next = ladder->value * factor;

        ++*n_products;
        if (same_bits(next, ladder->value)) {
            ladder->n_steps = n_steps;
            break;
        }
        ladder->value = next;
        ladder->n_steps++;
    }
    return ladder->value;
}

/* Rounding knows no signs, so +w and -w (a BREAK) share a ladder. */
static pw_status multiply_open(pwi_attention *attention, bool is_square, double factor,
                               pw_error *err)
{
    struct ladder ladders[N_LADDERS] = {{0.0, 0.0, 0}};
    size_t i_group = 0, n_open = 0;

    for (size_t i = 0; i < attention->n; i++) {
        double *weight = &attention->entries[i].weight;

        for (; i_group < attention->n_groups; i_group++) {
            const pwi_attention_group *group = &attention->groups[i_group];

            if (group->first_entry > i)
                break;
            n_open += !group->is_closed && group->is_square == is_square;
        }
        *weight = copysign(
            climb(ladder_of(ladders, fabs(*weight)), n_open, factor, &attention->n_products),
            *weight);
        if (attention->n_products > PWI_ATTENTION_PRODUCTS_MAX)
            return too_many_products(err);
    }
    return PW_OK;
}

pw_status pwi_attention_multiply_unclosed(pwi_attention *attention, pw_error *err)
{
    if (attention->open_round != PWI_NO_GROUP)
        PWI_TRY(multiply_open(attention, false, PWI_ATTENTION_UP, err));
    if (attention->open_square != PWI_NO_GROUP)
        PWI_TRY(multiply_open(attention, true, PWI_ATTENTION_DOWN, err));
    return PW_OK;
}
