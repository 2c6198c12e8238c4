/* SPDX-License-Identifier: MIT */
/* How a file of tensors is to be written: --dtype, --format, and the endings of names. */
#ifndef TOOL_SAVE_CHOICE_H
#define TOOL_SAVE_CHOICE_H

#include "app.h"

/* --dtype, or `otherwise` without it. */
pw_dtype save_dtype(const struct app *app, pw_dtype otherwise);

/* --format as a pw_format; -1 without it. */
int32_t save_format(const struct app *app);

/* ".safetensors", ".npz", ".npy", ".json" */
const char *save_ending(pw_format format);

#endif
