/* SPDX-License-Identifier: MIT */
/* The inner loop of every product of the amx level: one, two or three tiles of 16 rows of x
 * against the two tiles of w that are a panel of 32 columns. Numbers of tiles are part of an
 * instruction, so blocks are written out by macros.
 *
 * A product instruction takes 16 cycles and hands its sums on after about 52, so four chains of
 * sums must be under way: blocks of two tiles of rows, and one of three where their number is
 * odd. An element's sums are made in the same order in all three. */
#ifndef PWI_KERNELS_X86_TILE_AMX_H
#define PWI_KERNELS_X86_TILE_AMX_H

#include "kernels/kernels.h"
#include "kernels/x86/isa_amx.h"

#define TILE_COLUMNS  16
#define PANEL_COLUMNS 32
#define TILE_SUMS     (TILE_ROWS_MAX * PANEL_COLUMNS) /* of one tile of rows */
#define BLOCK_TILES   3                               /* at most */

/* What a block multiplies: n_steps tiles along k, of every plane. A plane is one term of a
 * split number; products of integers have one. */
struct tile_operands {
    const char *x[BLOCK_TILES]; /* plane 0 of the first row of each tile of rows */
    size_t x_stride, x_plane;   /* bytes from row to row, from plane to plane */
    const char *w;
    size_t w_stride, w_plane, w_step;
    size_t n_steps;
};

/* sums [block's tiles, 16, PANEL_COLUMNS] of four bytes = x times w. */
typedef void tile_block_fn(void *sums, const struct tile_operands *operands);

/* Tile `to` is row tile i or column tile j of a plane. */
#define LOAD_X(to, i, plane) TILE_LOAD(to, x##i + (plane)*x_plane, x_stride)
#define LOAD_W(to, j, plane) TILE_LOAD(to, w + (plane)*w_plane + (j)*TILE_BYTES, w_stride)

/* One product of planes for a block of n tiles of rows; new_x and new_w say which of them the
 * product before did not have. */
#define MULTIPLY_1(TILE_DOT, plane_x, plane_w, new_x, new_w)                                   \
    if (new_x)                                                                                 \
        LOAD_X(4, 0, plane_x);                                                                 \
    if (new_w) {                                                                               \
        LOAD_W(6, 0, plane_w);                                                                 \
        LOAD_W(7, 1, plane_w);                                                                 \
    }                                                                                          \
    TILE_DOT(0, 4, 6);                                                                         \
    TILE_DOT(1, 4, 7);

#define MULTIPLY_2(TILE_DOT, plane_x, plane_w, new_x, new_w)                                   \
    if (new_x)                                                                                 \
        LOAD_X(4, 0, plane_x);                                                                 \
    if (new_w)                                                                                 \
        LOAD_W(6, 0, plane_w);                                                                 \
    TILE_DOT(0, 4, 6);                                                                         \
    if (new_w)                                                                                 \
        LOAD_W(7, 1, plane_w);                                                                 \
    TILE_DOT(1, 4, 7);                                                                         \
    if (new_x)                                                                                 \
        LOAD_X(5, 1, plane_x);                                                                 \
    TILE_DOT(2, 5, 6);                                                                         \
    TILE_DOT(3, 5, 7);

/* Six sums leave one tile for x and one for w. */
#define MULTIPLY_3(TILE_DOT, plane_x, plane_w, new_x, new_w)                                   \
    LOAD_W(7, 0, plane_w);                                                                     \
    if (new_x)                                                                                 \
        LOAD_X(6, 0, plane_x);                                                                 \
    TILE_DOT(0, 6, 7);                                                                         \
    LOAD_X(6, 1, plane_x);                                                                     \
    TILE_DOT(2, 6, 7);                                                                         \
    LOAD_X(6, 2, plane_x);                                                                     \
    TILE_DOT(4, 6, 7);                                                                         \
    LOAD_W(7, 1, plane_w);                                                                     \
    TILE_DOT(5, 6, 7);                                                                         \
    LOAD_X(6, 1, plane_x);                                                                     \
    TILE_DOT(3, 6, 7);                                                                         \
    LOAD_X(6, 0, plane_x);                                                                     \
    TILE_DOT(1, 6, 7);

#define EACH_SUM_1(F) F(0) F(1)
#define EACH_SUM_2(F) EACH_SUM_1(F) F(2) F(3)
#define EACH_SUM_3(F) EACH_SUM_2(F) F(4) F(5)

#define CLEAR_SUM(tile) TILE_ZERO(tile);

/* Tiles 0 and 1 are the first row tile's left and right columns, and so on. */
#define KEEP_SUM(tile)                                                                         \
    TILE_STORE(tile, (char *)sums + (tile) / 2 * 4 * TILE_SUMS + (tile) % 2 * TILE_BYTES,      \
               4 * PANEL_COLUMNS);

/* name_n: a tile_block_fn of n tiles of rows. PRODUCTS(M, TILE_DOT) lists the products of
 * planes, M(TILE_DOT, plane_x, plane_w, new_x, new_w), that one step along k consists of. */
#define TILE_BLOCK(name, n, TILE_DOT, PRODUCTS)                                                \
    static void name##_##n(void *sums, const struct tile_operands *operands)                   \
    {                                                                                          \
        const size_t x_stride = operands->x_stride, x_plane = operands->x_plane;               \
        const size_t w_stride = operands->w_stride, w_plane = operands->w_plane;               \
        const char *x0 = operands->x[0], *x1 = operands->x[1], *x2 = operands->x[2];           \
        const char *w = operands->w;                                                           \
                                                                                               \
        (void)x1, (void)x2, (void)x_plane, (void)w_plane;                                      \
        TILE_FENCE();                                                                          \
        EACH_SUM_##n(CLEAR_SUM);                                                               \
        for (size_t left = operands->n_steps; left > 0; left--) {                              \
            PRODUCTS(MULTIPLY_##n, TILE_DOT);                                                  \
            x0 += TILE_BYTES;                                                                  \
            x1 += TILE_BYTES;                                                                  \
            x2 += TILE_BYTES;                                                                  \
            w += operands->w_step;                                                             \
        }                                                                                      \
        EACH_SUM_##n(KEEP_SUM);                                                                \
    }

/* name: blocks by their number of row tiles. */
#define TILE_BLOCKS(name, TILE_DOT, PRODUCTS)                                                  \
    TILE_BLOCK(name, 1, TILE_DOT, PRODUCTS)                                                    \
    TILE_BLOCK(name, 2, TILE_DOT, PRODUCTS)                                                    \
    TILE_BLOCK(name, 3, TILE_DOT, PRODUCTS)                                                    \
                                                                                               \
    static tile_block_fn *const name[BLOCK_TILES + 1] = {NULL, name##_1, name##_2, name##_3};

/* Row tiles of the next block when n are left. */
static inline size_t block_height(size_t n)
{
    return n == 1 || n == 3 ? n : 2;
}

/* All tiles alike: 16 rows of 64 bytes, but x and sums of fewer than 16 rows, for calls with so
 * few. Tiles of w are 16 rows in any case, which is why they have tiles of their own: 7, and 6
 * but in blocks of three, which take more than 32 rows. */
static inline void configure_tiles(size_t m)
{
    const uint8_t n_rows = (uint8_t)(m < TILE_ROWS_MAX ? m : TILE_ROWS_MAX);
    struct tile_config config = {.palette = 1};

    for (size_t i = 0; i < 8; i++) {
        config.row_bytes[i] = TILE_BYTES;
        config.n_rows[i] = i < 6 ? n_rows : TILE_ROWS_MAX;
    }
    tile_configure(&config);
}

/* First row of row tile i of m rows: the last tile lies against the end and takes rows of the
 * one before in again. With under 16 rows there is one tile. */
static inline size_t first_row_of(size_t i, size_t m)
{
    const size_t row = i * TILE_ROWS_MAX;

    if (m <= TILE_ROWS_MAX)
        return 0;
    return row + TILE_ROWS_MAX <= m ? row : m - TILE_ROWS_MAX;
}

/* The rows of row tile i that no tile before it has: n rows from `first` on, which stand behind
 * n_before others in the tile. */
struct tile_rows {
    size_t first, n, n_before;
};

static inline struct tile_rows rows_of(size_t i, size_t m)
{
    const size_t first = i * TILE_ROWS_MAX, left = m - first;

    return (struct tile_rows){first, left < TILE_ROWS_MAX ? left : TILE_ROWS_MAX,
                              first - first_row_of(i, m)};
}

/* x of the operands: column byte first_byte of n row tiles from first_tile on. */
static inline void point_at_rows(struct tile_operands *operands, const pwi_gemm_args *args,
                                 size_t first_tile, size_t n, size_t first_byte)
{
    for (size_t i = 0; i < BLOCK_TILES; i++) {
        const size_t tile = first_tile + (i < n ? i : 0);

        operands->x[i] =
            (const char *)args->x + first_row_of(tile, args->m) * args->x_stride + first_byte;
    }
}

static inline size_t n_row_tiles(size_t m)
{
    return (m + TILE_ROWS_MAX - 1) / TILE_ROWS_MAX;
}

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif
