/* SPDX-License-Identifier: MIT */
/* Joining and unescaping are one thing, because the original undoes escapes each time it makes
 * a fragment: once when a piece is read, once when the tree is flattened, and once more for
 * each piece that is joined, over all that was joined before. Each time takes one backslash
 * from a run before ( ) or ". */
#include "prompt/compel_join.h"

#include <string.h>

#include "base/checked.h"

#define N_PASSES_ALONE 2 /* reading and flattening */

/* How often the original undid the escapes of piece i of n. */
static size_t n_passes(size_t i, size_t n)
{
    if (n == 1)
        return N_PASSES_ALONE;
    return N_PASSES_ALONE + (i == 0 ? n - 1 : n - i);
}

static bool is_escapable(char c)
{
    return c == '(' || c == ')' || c == '"';
}

/* A piece without the backslashes that so many passes take; returns the bytes written. */
static size_t unescape(const pwi_compel_text *text, pwi_compel_piece piece, size_t passes,
                       char *out, uint32_t *source)
{
    size_t n = 0, n_run = 0;

    for (uint32_t i = piece.begin; i < piece.end; i++) {
        const char c = text->bytes[i];

        if (is_escapable(c))
            n -= n_run < passes ? n_run : passes;
        n_run = c == '\\' ? n_run + 1 : 0;
        out[n] = c;
        source[n++] = text->source[i];
    }
    return n;
}

pw_status pwi_compel_join(const pwi_compel_text *text, const pwi_compel_piece *pieces, size_t n,
                          double weight, pwi_segments *segments, pw_error *err)
{
    size_t size = n, used = 0, source_bytes;
    uint32_t *source;
    char *out;

    for (size_t i = 0; i < n; i++)
        size += pieces[i].end - pieces[i].begin;
    if (!pwi_mul_size(size, sizeof(*source), &source_bytes))
        return pwi_fail_memory(err);
    out = pwi_arena_alloc(segments->arena, size);
    source = pwi_arena_alloc(segments->arena, source_bytes);
    if (out == NULL || source == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            source[used] = used > 0 ? source[used - 1] : text->source[pieces[i].begin];
            out[used++] = ' ';
        }
        used += unescape(text, pieces[i], n_passes(i, n), out + used, source + used);
    }
    return pwi_segments_add_text(segments, out, source, 0, used, weight, err);
}
