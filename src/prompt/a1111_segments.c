/* SPDX-License-Identifier: MIT */
/* From a parse to segments: neighbours of equal weight become one text. Equal is ==, so a BREAK
 * in a group of weight 0 is joined to its neighbours, -0 being 0. */
#include <string.h>

#include "prompt/a1111_attention.h"

/* Entries [begin, end) as one text. */
static pw_status join(pwi_prompt_text *out, const pwi_attention *attention,
                      const pwi_prompt_text *text, size_t begin, size_t end, pwi_arena *arena,
                      pw_error *err)
{
    const pwi_attention_entry *entries = attention->entries;
    pwi_prompt_writer writer;
    bool in_one_piece = true;
    size_t size = entries[begin].end - entries[begin].begin;

    for (size_t i = begin + 1; i < end; i++) {
        size += entries[i].end - entries[i].begin;
        in_one_piece = in_one_piece && entries[i].begin == entries[i - 1].end;
    }
    if (in_one_piece) {
        *out = pwi_prompt_text_slice(text, entries[begin].begin, entries[end - 1].end);
        return PW_OK;
    }
    PWI_TRY(pwi_prompt_writer_open(&writer, arena, size, err));
    for (size_t i = begin; i < end; i++)
        pwi_prompt_writer_copy(&writer, text, entries[i].begin, entries[i].end);
    *out = pwi_prompt_writer_text(&writer);
    return PW_OK;
}

/* The original asks for the word and its weight, however both came about. */
static bool ends_chunk(const pwi_prompt_text *text, double weight,
                       const pwi_attention_rules *rules)
{
    return rules->break_rule == PWI_BREAK_ENDS_CHUNK && weight == -1.0 && text->size == 5 &&
           memcmp(text->text, "BREAK", 5) == 0;
}

static pw_status add_segments(pwi_segments *segments, const pwi_attention *attention,
                              const pwi_prompt_text *text, const pwi_attention_rules *rules,
                              pw_error *err)
{
    const pwi_attention_entry *entries = attention->entries;
    size_t end;

    for (size_t begin = 0; begin < attention->n; begin = end) {
        pwi_segment segment = {.weight = entries[begin].weight};
        pwi_prompt_text joined;

        end = begin + 1;
        while (end < attention->n && entries[end].weight == entries[begin].weight)
            end++;
        PWI_TRY(join(&joined, attention, text, begin, end, segments->arena, err));
        if (ends_chunk(&joined, segment.weight, rules))
            segment.kind = PWI_SEGMENT_BREAK;
        segment.text = joined.text;
        segment.size = joined.size;
        segment.source = joined.source;
        PWI_TRY(pwi_segments_add(segments, &segment, err));
    }
    return PW_OK;
}

pw_status pwi_attention_parse(pwi_segments *segments, const pwi_prompt_text *text,
                              const pwi_attention_rules *rules, pw_error *err)
{
    pwi_attention attention;
    pw_status status =
        pwi_attention_read(&attention, text, rules, segments->arena->allocator, err);

    if (status == PW_OK)
        status = add_segments(segments, &attention, text, rules, err);
    pwi_attention_free(&attention);
    return status;
}
