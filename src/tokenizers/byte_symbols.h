/* SPDX-License-Identifier: MIT */
/* The alphabet of byte-level vocabularies (encoders.md 1.1): each byte is written as one
 * character that can be printed. */
#ifndef PWI_TOKENIZERS_BYTE_SYMBOLS_H
#define PWI_TOKENIZERS_BYTE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* Ends the last symbol of a word. */
#define PWI_WORD_END      "</w>"
#define PWI_WORD_END_SIZE ((size_t)4)

/* The character of a byte: its own Latin-1 character where that can be printed, else U+0100 and
 * on. */
uint32_t pwi_byte_symbol(uint8_t byte);

/* The byte of a character, or -1 for characters outside the alphabet. */
int pwi_symbol_byte(uint32_t code);

/* The i-th byte in the order of vocabulary ids: the printable ones first. i < 256. */
uint8_t pwi_byte_in_order(unsigned i);

#endif
