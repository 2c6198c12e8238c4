/* SPDX-License-Identifier: MIT */
/* Files of the case file that are described, not spelled out. Each returns false if the file
 * could not be written. */
#ifndef PWI_TESTS_SAFETENSORS_GENERATE_H
#define PWI_TESTS_SAFETENSORS_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

/* The first number in a text, commas between its digits left out; 0 if there is none. */
uint64_t first_number(const char *text);

/* n entries "weight_I" on one range of 160,000 bytes. */
bool generate_same_range(const char *path, uint64_t n);

/* n tensors of one byte whose names collide: half of them in djb2, half in the low 16 bits of
 * FNV-1a (64 bits). */
#define COLLIDING_NAMES_MAX 131072
bool generate_colliding_names(const char *path, uint64_t n);

/* One U8 tensor of `size` bytes, none of them on the disk. */
bool generate_sparse(const char *path, uint64_t size);

/* A shard with one I32 tensor for each letter of `tensors`. */
bool generate_shard(const char *folder, const char *name, const char *tensors);

#endif
