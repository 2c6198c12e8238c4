/* SPDX-License-Identifier: MIT */
/* Where the JSON reader's bytes come from: a document in memory as it is, or a window that
 * moves over a file (or, for tests, over memory). Lines are counted only when somebody asks. */
#ifndef PWI_FORMATS_JSON_SOURCE_H
#define PWI_FORMATS_JSON_SOURCE_H

#include "base/error.h"
#include "base/file_read.h"

typedef struct pwi_json_source {
    const char *at, *end;  /* the bytes that are loaded and not yet read */
    const char *base;      /* the first loaded byte */
    uint64_t base_offset;  /* its place in the document */
    uint64_t size, loaded; /* bytes of the document; bytes before `end` */

    const char *memory;   /* the document, or NULL: it is in `input` */
    pwi_input input;      /* the caller's, not closed here */
    uint64_t file_offset; /* of the document in `input` */

    const pw_allocator *allocator;
    char *window; /* NULL: the whole document is loaded */
    size_t window_bytes;

    uint64_t counted, n_newlines, line_start; /* the lines before the byte `counted` */
} pwi_json_source;

/* A document of `size` bytes in memory, or, if memory is NULL, in `input`. window_bytes 0: all
 * of the memory at once. False when memory is out. */
bool pwi_json_source_init(pwi_json_source *source, const pw_allocator *allocator,
                          const char *memory, uint64_t size, size_t window_bytes);
void pwi_json_source_free(pwi_json_source *source);

/* Keep the bytes from `at` on and load what else the window takes; there is more to load, and
 * something was read. */
pw_status pwi_json_source_more(pwi_json_source *source, pw_error *err);

/* Put the line and the column (in bytes) of a place into err. Places come in rising order,
 * except that the current token's begin may be asked for again: tokens hold no newlines. */
void pwi_json_source_place(pwi_json_source *source, uint64_t offset, pw_error *err);

static inline uint64_t pwi_json_source_offset(const pwi_json_source *source)
{
    return source->base_offset + (uint64_t)(source->at - source->base);
}

/* Whether bytes of the document are left that are not loaded. */
static inline bool pwi_json_source_has_more(const pwi_json_source *source)
{
    return source->loaded < source->size;
}

/* At least n bytes at `at`, unless the document ends before. n <= PWI_JSON_WINDOW_MIN. */
#define PWI_JSON_WINDOW_MIN 16

static inline pw_status pwi_json_source_want(pwi_json_source *source, size_t n, pw_error *err)
{
    if ((size_t)(source->end - source->at) >= n || !pwi_json_source_has_more(source))
        return PW_OK;
    return pwi_json_source_more(source, err);
}

#endif
