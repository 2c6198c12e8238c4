/* SPDX-License-Identifier: MIT */
/* The weights of attention as an output. */
#ifndef PWI_MODELS_ATTENTION_OUTPUT_H
#define PWI_MODELS_ATTENTION_OUTPUT_H

#include "models/session.h"

/* Write the weights of every sequence of the window to data, [n_prompts, H, T, T]. Every row of
 * the block that ran last is a query, and its q and k are in the scratch. */
void pwi_attention_write(const pwi_call *call, float *data);

#endif
