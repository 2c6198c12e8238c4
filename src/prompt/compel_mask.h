/* SPDX-License-Identifier: MIT */
/* Compel's weights below 1: the prompt is encoded again with a fragment's tokens masked, and
 * the encodings are mixed. Which positions those are, and how much each encoding counts. Pure
 * functions on counts: no token is looked at. */
#ifndef PWI_PROMPT_COMPEL_MASK_H
#define PWI_PROMPT_COMPEL_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* How the tokens of a prompt lie in the encoder's rows. */
typedef struct pwi_compel_layout {
    bool is_truncated;      /* one chunk, the rest cut off */
    size_t window;          /* content tokens of a chunk: 75; a row has two positions more */
    const size_t *n_tokens; /* [n_fragments] before any cut */
    size_t n_fragments;
    const size_t *chunks; /* [n_chunks] content tokens of each; not read where truncated */
    size_t n_chunks;
} pwi_compel_layout;

/* Positions [begin, end) of the rows laid end to end; none where begin == end. In rows of
 * several chunks the first and last position of each row stay unmasked, inside the range and
 * out of it (pwi_compel_is_unmasked); with truncation they do not. */
typedef struct pwi_compel_positions {
    size_t begin, end;
} pwi_compel_positions;

/* What is masked for a fragment. PW_ERR_FORMAT for a fragment without tokens, where the
 * original raises TypeError. */
pw_status pwi_compel_masked(const pwi_compel_layout *layout, size_t i_fragment,
                            pwi_compel_positions *positions, pw_error *err);

/* Whether a position is never masked in the encoding without a fragment, not even as padding:
 * the first and last of each row, where the prompt is not truncated. */
bool pwi_compel_is_unmasked(const pwi_compel_layout *layout, size_t position);

/* How much the encoding without a fragment of this weight counts, beside 1 for the encoding of
 * all: tan((1 - w) pi / 2), w at least 1e-5. Its row by row result is
 * (full + sum lambda_i * without_i) / (1 + sum lambda_i). */
double pwi_compel_lambda(double weight);

#endif
