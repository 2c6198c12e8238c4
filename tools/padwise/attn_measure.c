/* SPDX-License-Identifier: MIT */
/* Where attention goes: mass by the key's role, entropy, the keys that get most. */
#include <math.h>
#include <string.h>

#include "attn.h"

const float *attn_map(const struct attn *attn, size_t i_layer, size_t i_head)
{
    const size_t n = attn->inside.n_tokens;

    return attn->weights + (i_layer * attn->n_heads_all + attn->first_head + i_head) * n * n;
}

/* Sums over queries, divided in the end. */
struct sums {
    double *received; /* [T] by key */
    double entropy;
    size_t n_queries;
};

static void add_query(struct sums *sums, const float *row, size_t n)
{
    for (size_t s = 0; s < n; s++) {
        const double weight = (double)row[s];

        sums->received[s] += weight;
        if (weight > 0.0)
            sums->entropy -= weight * log(weight);
    }
    sums->n_queries++;
}

/* Queries of a role; PW_ROW_UNKNOWN: all. */
static void add_map(const struct attn *attn, struct sums *sums, const float *map,
                    pw_row_role role)
{
    const struct inside *inside = &attn->inside;

    for (size_t t = 0; t < inside->n_tokens; t++)
        if (role == PW_ROW_UNKNOWN || inside->roles[t] == role)
            add_query(sums, map + t * inside->n_tokens, inside->n_tokens);
}

static bool is_sink(const struct attn_mass *mass, size_t position)
{
    for (size_t i = 0; i < mass->n_sinks; i++)
        if (mass->sinks[i].position == position)
            return true;
    return false;
}

/* The keys that get most; of equal ones the first. */
static void find_sinks(const struct attn *attn, const struct sums *sums, struct attn_mass *out)
{
    const size_t n = attn->inside.n_tokens;

    while (out->n_sinks < ATTN_SINKS && out->n_sinks < n) {
        size_t best = n;

        for (size_t s = 0; s < n; s++)
            if (!is_sink(out, s) && (best == n || sums->received[s] > sums->received[best]))
                best = s;
        out->sinks[out->n_sinks].position = best;
        out->sinks[out->n_sinks++].weight = sums->received[best] / (double)sums->n_queries;
    }
}

static void finish(const struct attn *attn, const struct sums *sums, struct attn_mass *out)
{
    const struct inside *inside = &attn->inside;
    const double n = (double)sums->n_queries;

    *out = (struct attn_mass){.entropy = sums->entropy / n};
    for (size_t i = 0; i < INSIDE_ROLES; i++)
        for (size_t s = 0; s < inside->n_tokens; s++)
            if (inside->roles[s] == inside_role(i))
                out->mass[i] += sums->received[s] / n;
    find_sinks(attn, sums, out);
}

static struct sums start(const struct attn *attn)
{
    memset(attn->received, 0, attn->inside.n_tokens * sizeof(*attn->received));
    return (struct sums){.received = attn->received};
}

void attn_measure(const struct attn *attn, const float *map, struct attn_mass *out)
{
    struct sums sums = start(attn);

    add_map(attn, &sums, map, PW_ROW_UNKNOWN);
    finish(attn, &sums, out);
}

void attn_measure_layer(const struct attn *attn, size_t i_layer, struct attn_mass *out)
{
    struct sums sums = start(attn);

    for (size_t i = 0; i < attn->n_heads; i++)
        add_map(attn, &sums, attn_map(attn, i_layer, i), PW_ROW_UNKNOWN);
    finish(attn, &sums, out);
}

bool attn_measure_queries(const struct attn *attn, size_t i_role, struct attn_mass *out)
{
    struct sums sums = start(attn);

    for (size_t i = 0; i < attn->n_layers * attn->n_heads; i++)
        add_map(attn, &sums, attn_map(attn, i / attn->n_heads, i % attn->n_heads),
                inside_role(i_role));
    if (sums.n_queries == 0)
        return false;
    finish(attn, &sums, out);
    return true;
}
