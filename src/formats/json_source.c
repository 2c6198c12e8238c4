/* SPDX-License-Identifier: MIT */
/* The window over a JSON document, and the lines in it. */
#include "formats/json_source.h"

#include <string.h>

bool pwi_json_source_init(pwi_json_source *source, const pw_allocator *allocator,
                          const char *memory, uint64_t size, size_t window_bytes)
{
    *source = (pwi_json_source){.size = size,
                                .memory = memory,
                                .input = PWI_INPUT_CLOSED,
                                .allocator = allocator,
                                .window_bytes = window_bytes};
    if (window_bytes == 0) {
        source->at = source->base = memory;
        source->end = memory + size;
        source->loaded = size;
        return true;
    }
    source->window = pwi_alloc_array(allocator, window_bytes, 1);
    source->at = source->base = source->end = source->window;
    return source->window != NULL;
}

void pwi_json_source_free(pwi_json_source *source)
{
    pwi_free_array(source->allocator, source->window, source->window_bytes, 1);
    source->window = NULL;
}

/* Count the newlines up to a loaded byte. */
static void count_lines(pwi_json_source *source, uint64_t offset)
{
    const char *p = source->base + (source->counted - source->base_offset);
    const char *stop = source->base + (offset - source->base_offset);

    while (p < stop && (p = memchr(p, '\n', (size_t)(stop - p))) != NULL) {
        p++;
        source->n_newlines++;
        source->line_start = source->base_offset + (uint64_t)(p - source->base);
    }
    source->counted = offset;
}

pw_status pwi_json_source_more(pwi_json_source *source, pw_error *err)
{
    const size_t kept = (size_t)(source->end - source->at);
    const uint64_t left = source->size - source->loaded;
    size_t n = source->window_bytes - kept;

    if (n > left)
        n = (size_t)left;
    PW_ASSERT(n > 0);
    if (pwi_json_source_offset(source) > source->counted)
        count_lines(source, pwi_json_source_offset(source));
    memmove(source->window, source->at, kept);
    if (source->memory != NULL)
        memcpy(source->window + kept, source->memory + source->loaded, n);
    else
        PWI_TRY(pwi_input_read(&source->input, source->file_offset + source->loaded,
                               source->window + kept, n, err));
    source->base_offset = pwi_json_source_offset(source);
    source->at = source->base = source->window;
    source->end = source->window + kept + n;
    source->loaded += n;
    return PW_OK;
}

static uint32_t u32_or_unknown(uint64_t value)
{
    return value <= UINT32_MAX ? (uint32_t)value : 0;
}

void pwi_json_source_place(pwi_json_source *source, uint64_t offset, pw_error *err)
{
    if (err == NULL)
        return;
    if (offset > source->counted)
        count_lines(source, offset);
    err->line = u32_or_unknown(source->n_newlines + 1);
    err->column = u32_or_unknown(offset - source->line_start + 1);
}
