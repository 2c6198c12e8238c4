/* SPDX-License-Identifier: MIT */
/* Lists of weighted pieces in an arena: they grow by doubling and leave what they outgrew to
 * the arena. Merging copies a run of equal neighbours once. */
#include "prompt/segments.h"

#include <string.h>

#include "base/checked.h"

#define N_FIRST 16

pw_status pwi_segments_add(pwi_segments *segments, const pwi_segment *segment, pw_error *err)
{
    if (segments->n == segments->capacity) {
        const size_t capacity = segments->capacity == 0 ? N_FIRST : segments->capacity * 2;
        size_t size;
        pwi_segment *grown;

        if (!pwi_mul_size(capacity, sizeof(*grown), &size))
            return pwi_fail_memory(err);
        grown = pwi_arena_alloc(segments->arena, size);
        if (grown == NULL)
            return pwi_fail_memory(err);
        if (segments->n > 0)
            memcpy(grown, segments->items, segments->n * sizeof(*grown));
        segments->items = grown;
        segments->capacity = capacity;
    }
    segments->items[segments->n++] = *segment;
    return PW_OK;
}

pw_status pwi_segments_add_text(pwi_segments *segments, const char *text,
                                const uint32_t *source, size_t begin, size_t end, double weight,
                                pw_error *err)
{
    const pwi_segment segment = {
        .text = text + begin, .size = end - begin, .source = source + begin, .weight = weight};

    return pwi_segments_add(segments, &segment, err);
}

/* The end of the run that begins at `first`. NaN equals nothing, itself included. */
static size_t run_end(const pwi_segments *segments, size_t first)
{
    const pwi_segment *items = segments->items;
    size_t end = first + 1;

    if (items[first].kind != PWI_SEGMENT_TEXT)
        return end;
    while (end < segments->n && items[end].kind == PWI_SEGMENT_TEXT &&
           items[end].weight == items[first].weight)
        end++;
    return end;
}

/* Append a text to what is gathered at `text`. */
static void append(char *text, uint32_t *source, size_t *used, const pwi_segment *piece)
{
    if (piece->size == 0)
        return;
    memcpy(text + *used, piece->text, piece->size);
    memcpy(source + *used, piece->source, piece->size * sizeof(*source));
    *used += piece->size;
}

/* One segment out of items[first..end). */
static pw_status join(const pwi_segments *segments, size_t first, size_t end, const char *joint,
                      pwi_segment *out, pw_error *err)
{
    const size_t joint_size = strlen(joint);
    size_t size = (end - first - 1) * joint_size, used = 0, source_size;
    uint32_t *source;
    char *text;

    for (size_t i = first; i < end; i++)
        size += segments->items[i].size;
    if (!pwi_mul_size(size, sizeof(*source), &source_size))
        return pwi_fail_memory(err);
    text = pwi_arena_alloc(segments->arena, size + 1);
    source = pwi_arena_alloc(segments->arena, source_size + sizeof(*source));
    if (text == NULL || source == NULL)
        return pwi_fail_memory(err);
    for (size_t i = first; i < end; i++) {
        append(text, source, &used, &segments->items[i]);
        for (size_t k = 0; i + 1 < end && k < joint_size; k++) {
            source[used] = used > 0 ? source[used - 1] : 0;
            text[used++] = joint[k];
        }
    }
    text[used] = '\0';
    *out = segments->items[first];
    out->text = text;
    out->source = source;
    out->size = used;
    return PW_OK;
}

pw_status pwi_segments_merge(pwi_segments *segments, const char *joint, pw_error *err)
{
    size_t n = 0, end;

    for (size_t first = 0; first < segments->n; first = end) {
        end = run_end(segments, first);
        if (end - first > 1)
            PWI_TRY(join(segments, first, end, joint, &segments->items[n], err));
        else
            segments->items[n] = segments->items[first];
        n++;
    }
    segments->n = n;
    return PW_OK;
}
