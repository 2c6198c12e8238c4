/* SPDX-License-Identifier: MIT */
/* Prompts and their results as text, for tests of the A1111 family. */
#ifndef PWI_TESTS_A1111_CHECK_H
#define PWI_TESTS_A1111_CHECK_H

#include "../check.h"

#include <stdlib.h>

#include "formats/json.h"
#include "prompt/a1111.h"
#include "prompt/a1111_attention.h"

static inline pwi_prompt_text whole_text(pwi_arena *arena, const char *prompt, size_t size)
{
    pwi_prompt_text text;

    assert_int_equal(pwi_prompt_text_whole(&text, arena, prompt, size, NULL), PW_OK);
    return text;
}

/* [["a", 1.0], ...] as the case files have it. Every byte must say truly where it comes from.
 */
static inline void put_segments(pwi_buf *out, const pwi_segments *segments, const char *prompt)
{
    pwi_buf_byte(out, '[');
    for (size_t i = 0; i < segments->n; i++) {
        const pwi_segment *segment = &segments->items[i];

        for (size_t k = 0; k < segment->size; k++)
            assert_true(segment->text[k] == prompt[segment->source[k]]);
        pwi_buf_text(out, i > 0 ? ",[" : "[");
        pwi_json_put_string(out, segment->text, segment->size);
        pwi_buf_byte(out, ',');
        pwi_json_put_f64(out, segment->weight);
        pwi_buf_byte(out, ']');
    }
    pwi_buf_byte(out, ']');
}

static inline void put_schedule(pwi_buf *out, const pwi_schedule *schedule)
{
    pwi_buf_byte(out, '[');
    for (size_t i = 0; i < schedule->n; i++) {
        pwi_buf_text(out, i > 0 ? ",[" : "[");
        pwi_json_put_f64(out, schedule->entries[i].until_step);
        pwi_buf_byte(out, ',');
        pwi_json_put_string(out, schedule->entries[i].text.text,
                            schedule->entries[i].text.size);
        pwi_buf_byte(out, ']');
    }
    pwi_buf_byte(out, ']');
}

static inline void put_parts(pwi_buf *out, const pwi_a1111_parts *parts)
{
    pwi_buf_byte(out, '[');
    for (size_t i = 0; i < parts->n; i++) {
        pwi_buf_text(out, i > 0 ? ",[" : "[");
        pwi_json_put_string(out, parts->items[i].text.text, parts->items[i].text.size);
        pwi_buf_byte(out, ',');
        pwi_json_put_f64(out, parts->items[i].weight);
        pwi_buf_byte(out, ']');
    }
    pwi_buf_byte(out, ']');
}

/* The parse of a prompt, or {"error"} where it is refused. */
static inline void put_attention(pwi_buf *out, const char *prompt, size_t size,
                                 const char *dialect, pw_error *err)
{
    pwi_arena arena;
    pwi_segments segments = {&arena, NULL, 0, 0};
    pwi_prompt_text text;

    pwi_arena_init(&arena, &pwi_malloc_allocator);
    text = whole_text(&arena, prompt, size);
    if (pwi_attention_parse(&segments, &text, pwi_attention_rules_find(dialect), err) == PW_OK)
        put_segments(out, &segments, prompt);
    else
        pwi_buf_text(out, "{\"error\"}");
    pwi_arena_free(&arena);
}

#endif
