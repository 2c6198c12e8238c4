/* SPDX-License-Identifier: MIT */
/* What a dialect's grammar makes of a prompt: pieces of text with a weight each. Escapes are
 * undone in the text, and every byte of it still knows where in the prompt it stands. */
#ifndef PWI_PROMPT_SEGMENTS_H
#define PWI_PROMPT_SEGMENTS_H

#include "base/arena.h"
#include "base/error.h"

typedef enum pwi_segment_kind {
    PWI_SEGMENT_TEXT,
    PWI_SEGMENT_BREAK, /* ends a chunk; its weight is -1 */
    PWI_SEGMENT_SWAP   /* two texts for one place; text, source and weight are not used */
} pwi_segment_kind;

typedef struct pwi_segment {
    pwi_segment_kind kind;
    const char *text; /* size bytes, in the arena or in the prompt */
    size_t size;
    const uint32_t *source; /* [size] byte of the prompt that each byte comes from */
    double weight;
    const struct pwi_swap *swap; /* of PWI_SEGMENT_SWAP; else NULL */
} pwi_segment;

typedef struct pwi_segments {
    pwi_arena *arena; /* the caller's: owns texts, sources and items */
    pwi_segment *items;
    size_t n, capacity;
} pwi_segments;

/* Compel's a.swap(b): the picture begins with one text and goes on with the other. */
typedef struct pwi_swap {
    pwi_segments original, edited;
    double s_start, s_end, t_start, t_end;
} pwi_swap;

/* Add one; PW_ERR_NO_MEMORY. */
pw_status pwi_segments_add(pwi_segments *segments, const pwi_segment *segment, pw_error *err);

/* A piece of one text: bytes [begin, end) of `text`, whose own bytes come from source[0..size).
 */
pw_status pwi_segments_add_text(pwi_segments *segments, const char *text,
                                const uint32_t *source, size_t begin, size_t end, double weight,
                                pw_error *err);

/* Neighbours of exactly equal weight become one text, `joint` between them ("" or " ", whose
 * source is the byte before it). BREAKs stay. */
pw_status pwi_segments_merge(pwi_segments *segments, const char *joint, pw_error *err);

#endif
