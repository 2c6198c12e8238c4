/* SPDX-License-Identifier: MIT */
/* The tile instructions of the amx level, for its files alone: the machine's, or in an emulated
 * build (PWI_EMULATED) those of isa_amx_emulated.inc. Numbers of tiles are constants.
 *
 * What the compilers must be told: gcc 12 knows of ldtilecfg that it reads eight bytes and of
 * tileloadd that it reads nothing, so stores to a configuration on the stack vanish (SIGILL)
 * and stores to a tile's memory may come late. tile_configure and TILE_FENCE say it. */
#ifndef PWI_KERNELS_X86_ISA_AMX_H
#define PWI_KERNELS_X86_ISA_AMX_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/x86/isa_avx512.h"

/* ldtilecfg's operand for palette 1: eight tiles of at most 16 rows of 64 bytes. */
struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t n_rows[16];
};

_Static_assert(sizeof(struct tile_config) == 64, "ldtilecfg reads 64 bytes");

#define TILE_ROWS_MAX 16
#define TILE_BYTES    64 /* of a row */

/* What was stored before is in memory when a tile is loaded behind this. */
#define TILE_FENCE() __asm__ volatile("" : : : "memory")

#ifdef PWI_EMULATED

#include "kernels/x86/isa_amx_emulated.inc"

#else

/* The pointer goes into the fence, or it would not reach a variable on the stack. */
static inline void tile_configure(const struct tile_config *config)
{
    __asm__ volatile("" : : "r"(config) : "memory");
    _tile_loadconfig(config);
}

#define TILE_RELEASE()                _tile_release()
#define TILE_ZERO(tile)               _tile_zero(tile)
#define TILE_LOAD(tile, base, stride) _tile_loadd(tile, base, stride)
#define TILE_STORE(tile, p, stride)   _tile_stored(tile, p, stride)

/* Tile `sums` += x times w: pairs of bf16 into f32, fours of bytes into int32. */
#define TILE_BF16(sums, x, w)         _tile_dpbf16ps(sums, x, w)
#define TILE_U8_I8(sums, x, w)        _tile_dpbusd(sums, x, w)
#define TILE_I8_I8(sums, x, w)        _tile_dpbssd(sums, x, w)

#endif

#endif
