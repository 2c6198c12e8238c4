/* SPDX-License-Identifier: MIT */
/* Scheduling and alternation (prompt-weighting.md 1.3): `[from:to:when]`, `[a|b]`. A prompt
 * becomes one text for each range of steps. Where the original's parser may answer one way or
 * another, the structured form wins. */
#ifndef PWI_PROMPT_A1111_SCHEDULE_H
#define PWI_PROMPT_A1111_SCHEDULE_H

#include "prompt/a1111_text.h"

typedef enum pwi_schedule_kind {
    PWI_SCHEDULE_TEXT,      /* also every bracket that only weighs, or means nothing */
    PWI_SCHEDULE_RANGE,     /* "[" of [before:after:when] or [after:when] */
    PWI_SCHEDULE_ALTERNATE, /* "[" of [a|b|...] */
    PWI_SCHEDULE_SEPARATOR, /* ":" or "|" of the two */
    PWI_SCHEDULE_CLOSE      /* their "]" */
} pwi_schedule_kind;

/* A prompt as a row of pieces: what is chosen is walked through, what is not is jumped over. */
typedef struct pwi_schedule_piece {
    pwi_schedule_kind kind;
    uint32_t begin, end; /* bytes of the text */
    uint32_t next;       /* RANGE, ALTERNATE, SEPARATOR: the element's next separator; of the
                            last one its close */
    uint32_t close;      /* RANGE, ALTERNATE, SEPARATOR */
    uint32_t n_sections; /* RANGE: 1 or 2 texts; ALTERNATE: options */
    bool has_point;      /* RANGE: when is a fraction */
    double when;
} pwi_schedule_piece;

typedef struct pwi_schedule_pieces {
    const pw_allocator *allocator;
    pwi_schedule_piece *items;
    size_t n, capacity;
} pwi_schedule_pieces;

/* A text that the grammar cannot take is one piece of text. PW_ERR_NO_MEMORY. Free them in any
 * case. */
pw_status pwi_schedule_read(pwi_schedule_pieces *pieces, const pwi_prompt_text *text,
                            const pw_allocator *allocator, pw_error *err);
void pwi_schedule_free(pwi_schedule_pieces *pieces);

typedef struct pwi_schedule_options {
    uint32_t n_steps;       /* denoiser calls of the first pass; 0: schedules are text */
    uint32_t n_hires_steps; /* 0 = the first pass is asked for */
    bool is_old;            /* numbers below 1 are fractions, as before 1.6.0 */
} pwi_schedule_options;

typedef struct pwi_schedule_entry {
    uint32_t until_step; /* counted from 1, inclusive; 0: all steps */
    pwi_prompt_text text;
} pwi_schedule_entry;

typedef struct pwi_schedule {
    pwi_schedule_entry *entries; /* at least one; the last one's until_step is the step count */
    size_t n;
} pwi_schedule;

/* Entries are in the arena, their texts there or in `text`. PW_ERR_ARGUMENT (a number that is
 * infinite), PW_ERR_LIMIT (PW_PROMPT_STEPS_MAX; PW_PROMPT_EXPANDED_MAX for entries times the
 * text's size), PW_ERR_NO_MEMORY. */
pw_status pwi_schedule_expand(pwi_schedule *schedule, pwi_arena *arena,
                              const pwi_prompt_text *text, const pwi_schedule_options *options,
                              pw_error *err);

#endif
