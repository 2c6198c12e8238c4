/* SPDX-License-Identifier: MIT */
/* What `padwise tokenize --dialect` shows of a prompt that was read and planned. */
#ifndef TOOL_TOKENIZE_DIALECT_H
#define TOOL_TOKENIZE_DIALECT_H

#include "json_out.h"
#include "reading.h"
#include "vocabulary.h"

/* A table for each condition that differs from those just before it, each with a title where
 * there are several. */
int planned_tables(struct app *app, struct builder *out, const struct vocabulary *vocabulary,
                   const struct reading *reading);

/* The fields of tokenize for the first condition, and those of plan_json. */
int planned_json(struct app *app, struct json *json, const struct vocabulary *vocabulary,
                 const struct reading *reading);

/* Warn of tokens that do not fit. */
void planned_warn_cut(struct app *app, const struct reading *reading, const char *where);

#endif
