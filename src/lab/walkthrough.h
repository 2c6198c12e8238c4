/* SPDX-License-Identifier: MIT */
/* The walkthrough while it is made, shared by its files: walkthrough.c lays out the batch,
 * walkthrough_attend.c computes, walkthrough_read.c and walkthrough_encode.c bring sentences
 * and embeddings. */
#ifndef PWI_LAB_WALKTHROUGH_H
#define PWI_LAB_WALKTHROUGH_H

#define PADWISE_EXPERIMENTAL
#include <padwise/walkthrough.h>

#include "base/arena.h"
#include "base/context.h"

struct pw_walkthrough {
    pw_context *ctx;
    pwi_arena arena; /* all that the numbers point to */
    pw_walkthrough_numbers numbers;
};

/* An empty walkthrough of that many sentences; PW_ERR_LIMIT, PW_ERR_ARGUMENT for none. */
pw_status pwi_walkthrough_start(pw_walkthrough **out, pw_context *ctx, size_t n_sentences,
                                pw_error *err);

/* The options with their defaults filled in. */
pw_walkthrough_options pwi_walkthrough_options(const pw_walkthrough_options *given);

/* Put sentences into columns: ids, lengths, n_cut (NULL: nothing was cut), padded ids, masks,
 * all copied. */
pw_status pwi_walkthrough_lay_out(pw_walkthrough *walkthrough, const int32_t *const *ids,
                                  const size_t *lengths, const size_t *n_cut, size_t width,
                                  const pw_walkthrough_options *options, pw_error *err);

/* Room for n items of `size` bytes that lives as long as the walkthrough; NULL when memory is
 * out. */
void *pwi_walkthrough_take(pw_walkthrough *walkthrough, size_t n, size_t size);

/* Scores and passes. numbers.embeddings is set. */
pw_status pwi_walkthrough_attend(pw_walkthrough *walkthrough, pw_error *err);

#endif
