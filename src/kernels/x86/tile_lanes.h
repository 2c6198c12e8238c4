/* SPDX-License-Identifier: MIT */
/* What a tile of an integer product is given, at every x86 level. Neighbours of k stand in
 * lanes of four bytes: a group of two columns of 16 bits, or of four of 8. */
#ifndef PWI_KERNELS_X86_TILE_LANES_H
#define PWI_KERNELS_X86_TILE_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tile {
    const char *x, *scales; /* of the first row: its run's integers and what they mean */
    size_t x_stride;        /* from row to row, of both */
    const char *w;          /* [n_groups, NR, 4] bytes */
    const float *column_scales, *column_lows; /* lows: of the u8 product alone */
    size_t n_groups;
    bool is_first;     /* run of the block: totals begin with it */
    const char *ahead; /* what to fetch meanwhile */
};

typedef void tile_fn(float *totals, const struct tile *tile);

/* A group of a row as one lane. */
static inline int32_t lane_at(const char *bytes)
{
    int32_t lane;

    memcpy(&lane, bytes, sizeof(lane));
    return lane;
}

static inline float float_at(const char *bytes)
{
    float value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

#endif
