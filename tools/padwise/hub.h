/* SPDX-License-Identifier: MIT */
/* The local Hugging Face cache: read, never filled. */
#ifndef TOOL_HUB_H
#define TOOL_HUB_H

#include "app.h"

/* These return false when there is no memory. */

/* The cache: HF_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub, ~/.cache/...; NULL
 * where no home is known. */
bool hub_cache(struct pool *pool, char **path);

/* Whether a text looks like "org/name". */
bool hub_is_name(const char *text);

/* The snapshot that refs/main names (or the only one), NULL if it is not in the cache. */
bool hub_snapshot(struct pool *pool, const char *name, char **path);

#endif
