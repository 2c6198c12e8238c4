/* SPDX-License-Identifier: MIT */
/* Ranges of fragments in the encoder's rows. The original (run with a recording encoder) marks
 * from a fragment's first to its last position, so what lies between two chunks is marked too;
 * and where it truncates it cuts each fragment to a window before it counts, so that a fragment
 * that runs over the end marks the end token as well. */
#include "prompt/compel_mask.h"

#include <math.h>

#define WEIGHT_MIN 1e-5

static size_t row_size(const pwi_compel_layout *layout)
{
    return layout->window + 2;
}

static size_t cut(size_t n, size_t limit)
{
    return n < limit ? n : limit;
}

/* One chunk: content begins at position 1, the end token stands at window + 1. */
static pwi_compel_positions truncated(const pwi_compel_layout *layout, size_t i_fragment)
{
    const size_t n = cut(layout->n_tokens[i_fragment], layout->window);
    size_t begin = 1;

    for (size_t i = 0; i < i_fragment && begin <= layout->window; i++)
        begin += cut(layout->n_tokens[i], layout->window);
    if (begin > layout->window)
        return (pwi_compel_positions){0, 0};
    return (pwi_compel_positions){begin, cut(begin + n, row_size(layout))};
}

/* The position of content token i. */
static size_t position_of(const pwi_compel_layout *layout, size_t i_token)
{
    size_t i_chunk = 0;

    while (i_chunk + 1 < layout->n_chunks && i_token >= layout->chunks[i_chunk])
        i_token -= layout->chunks[i_chunk++];
    return i_chunk * row_size(layout) + 1 + i_token;
}

static pwi_compel_positions in_chunks(const pwi_compel_layout *layout, size_t i_fragment)
{
    size_t first = 0;

    for (size_t i = 0; i < i_fragment; i++)
        first += layout->n_tokens[i];
    return (pwi_compel_positions){
        position_of(layout, first),
        position_of(layout, first + layout->n_tokens[i_fragment] - 1) + 1};
}

pw_status pwi_compel_masked(const pwi_compel_layout *layout, size_t i_fragment,
                            pwi_compel_positions *positions, pw_error *err)
{
    PW_ASSERT(i_fragment < layout->n_fragments);
    if (layout->n_tokens[i_fragment] == 0)
        return PWI_FAIL(
            err, PW_ERR_FORMAT,
            "a fragment with a weight below 1 has no text: take its weight away, or "
            "write text into it");
    *positions =
        layout->is_truncated ? truncated(layout, i_fragment) : in_chunks(layout, i_fragment);
    return PW_OK;
}

bool pwi_compel_is_unmasked(const pwi_compel_layout *layout, size_t position)
{
    const size_t in_row = position % row_size(layout);

    return !layout->is_truncated && (in_row == 0 || in_row == row_size(layout) - 1);
}

double pwi_compel_lambda(double weight)
{
    const double pi = 3.14159265358979323846;

    return tan((1.0 - fmax(WEIGHT_MIN, weight)) * pi / 2.0);
}
