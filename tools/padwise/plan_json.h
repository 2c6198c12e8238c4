/* SPDX-License-Identifier: MIT */
/* What a dialect makes of a prompt, as fields of a JSON object. */
#ifndef TOOL_PLAN_JSON_H
#define TOOL_PLAN_JSON_H

#include "json_out.h"
#include "reading.h"

/* "pairs" and "chunks" of the first condition; "schedule" and "conjunction" where the dialect
 * has them; "conditions", each with its pairs and chunks, where there are several; "networks".
 * False when there is no memory. */
bool plan_json(struct json *json, const struct reading *reading);

#endif
