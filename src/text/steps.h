/* SPDX-License-Identifier: MIT */
/* What the steps of this room share: how a step begins, and how characters go from one text to
 * the next with the bytes that they stand for. */
#ifndef PWI_TEXT_STEPS_H
#define PWI_TEXT_STEPS_H

#include "text/text.h"

/* Empty `out` for the result of a step over `in` and take over its failure. False when there is
 * nothing left to do because memory was out. */
bool pwi_text_begin(pwi_text *out, const pwi_text *in);

/* Append characters first .. last - 1 of `in` as they are. */
void pwi_text_copy(pwi_text *out, const pwi_text *in, size_t first, size_t last);

/* Append character i of `in` as it is. */
static inline void pwi_text_keep(pwi_text *out, const pwi_text *in, size_t i)
{
    pwi_text_put(out, in->chars[i].code, in->chars[i].begin, in->chars[i].end);
}

/* Append one character that stands for characters first .. last - 1 of `in`. */
void pwi_text_put_for(pwi_text *out, uint32_t code, const pwi_text *in, size_t first,
                      size_t last);

#endif
