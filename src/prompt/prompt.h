/* SPDX-License-Identifier: MIT */
/* A parsed prompt inside the room, and what a dialect's reader builds it with. Readers see the
 * text as bytes with the byte of the prompt that each comes from, so that passes over the text
 * can follow each other. */
#ifndef PWI_PROMPT_PROMPT_H
#define PWI_PROMPT_PROMPT_H

#include <padwise/prompt.h>

#include "base/context.h"
#include "prompt/segments.h"

/* Text on its way through the passes. */
typedef struct pwi_script {
    const char *text;       /* size bytes */
    const uint32_t *source; /* [size] */
    size_t size;
} pwi_script;

/* Arrays in the arena that grow by doubling. */
#define PWI_LIST(type)                                                                         \
    struct {                                                                                   \
        type *items;                                                                           \
        size_t n, capacity;                                                                    \
    }

struct pw_prompt {
    pw_context *ctx;
    pwi_arena arena;
    const struct pwi_dialect *dialect;
    pw_prompt_options options;
    pwi_script raw;  /* the prompt as given */
    pwi_script text; /* what AND and schedules are read from */
    PWI_LIST(pw_condition) conditions;
    PWI_LIST(pw_prompt_part) parts;
    PWI_LIST(pw_prompt_network) networks;
    PWI_LIST(pw_prompt_warning) warnings;
    size_t expanded_bytes; /* of the conditions' texts */
};

/* Room for one more item of `size` bytes in a PWI_LIST; *items is replaced. */
pw_status pwi_list_grow(pwi_arena *arena, void **items, size_t n, size_t *capacity, size_t size,
                        pw_error *err);

/* Add a value to a PWI_LIST, or return the failure. */
#define PWI_LIST_ADD(arena, list, value, err)                                                  \
    do {                                                                                       \
        void *pwi_items = (list)->items;                                                       \
                                                                                               \
        PWI_TRY(pwi_list_grow((arena), &pwi_items, (list)->n, &(list)->capacity,               \
                              sizeof(*(list)->items), (err)));                                 \
        (list)->items = pwi_items;                                                             \
        (list)->items[(list)->n++] = (value);                                                  \
    } while (0)

/* A part of AND; its conditions follow. */
pw_status pwi_prompt_add_part(pw_prompt *prompt, const pwi_script *text, double weight,
                              pw_error *err);

/* A condition of the last part that is one text: one span of one branch. PW_ERR_LIMIT. */
pw_status pwi_prompt_add_condition(pw_prompt *prompt, const pwi_script *text,
                                   int32_t until_step, const pwi_segments *segments,
                                   pw_error *err);

/* The same of several spans, which live in the arena. */
pw_status pwi_prompt_add_spans(pw_prompt *prompt, const pwi_script *text, bool is_edited,
                               const pw_span *spans, size_t n_spans, pw_error *err);

/* Segments as the public header shows them. */
pw_status pwi_prompt_publish(pwi_arena *arena, const pwi_segments *segments, pw_branch *branch,
                             pw_error *err);

#endif
