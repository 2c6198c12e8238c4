/* SPDX-License-Identifier: MIT */
/* Random numbers by counter: a value depends on its key and its index alone, so tensors can be
 * drawn in any order, by any number of threads, on any machine, with the same bits. */
#ifndef PWI_BASE_RNG_H
#define PWI_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* A key from a seed and a name ("text_model.final_layer_norm.weight"). */
uint64_t pwi_random_key(uint64_t seed, const char *name);

/* The index-th 64 random bits of a key (SplitMix64's finaliser over key + index; Steele, Lea,
 * Flood 2014). */
uint64_t pwi_random_bits(uint64_t key, uint64_t index);

/* The index-th value of a bell-shaped distribution with mean 0 and standard deviation 1: the
 * sum of twelve 16-bit uniforms, centred (Irwin-Hall; |x| <= 6). Integer sums and one product:
 * no libm, hence the same bits everywhere. */
float pwi_random_normal(uint64_t key, uint64_t index);

#endif
