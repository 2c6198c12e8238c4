/* SPDX-License-Identifier: MIT */
/* Neighbouring pieces of equal weight become one fragment. */
#ifndef PWI_PROMPT_COMPEL_JOIN_H
#define PWI_PROMPT_COMPEL_JOIN_H

#include "prompt/compel_text.h"
#include "prompt/segments.h"

typedef struct pwi_compel_piece {
    uint32_t begin, end; /* bytes of the text */
} pwi_compel_piece;

/* The pieces with one space between them, escapes undone, as one segment. n > 0. */
pw_status pwi_compel_join(const pwi_compel_text *text, const pwi_compel_piece *pieces, size_t n,
                          double weight, pwi_segments *segments, pw_error *err);

#endif
