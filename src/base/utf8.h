/* SPDX-License-Identifier: MIT */
/* Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing over U+10FFFF. */
#ifndef PWI_BASE_UTF8_H
#define PWI_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at the start of `bytes`, its code point in *code; 0 if size is 0 or
 * the bytes are not valid. */
size_t pwi_utf8_decode(const char *bytes, size_t size, uint32_t *code);

/* Bytes written for a code point (1..4). The code point is valid. */
size_t pwi_utf8_encode(uint32_t code, char out[4]);

/* Offset of the first byte that does not begin a valid character, or size. */
size_t pwi_utf8_valid_prefix(const char *bytes, size_t size);

#endif
