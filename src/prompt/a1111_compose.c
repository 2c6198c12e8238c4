/* SPDX-License-Identifier: MIT */
/* Composition: parts between AND, and the weight that a part's end may be. The end of any
 * prompt is read so ("16:9" is the text "16" with weight 9), AND or not: users call it a bug
 * (A1111 #15767), and it is in the images. */
#include "prompt/a1111_passes.h"

#include "base/checked.h"
#include "prompt/python_float.h"

/* `digits.`, `digits` or `digits.digits` with a sign, anchored to the whole slice. */
static bool is_weight(const pwi_prompt_text *number)
{
    size_t at = 0, whole, end;

    if (number->size > 0 && (number->text[0] == '+' || number->text[0] == '-'))
        at++;
    whole = end = pwi_prompt_skip_digits(number, at);
    if (end < number->size && number->text[end] == '.')
        end = pwi_prompt_skip_digits(number, end + 1);
    return end == number->size && (whole > at || end > whole + 1);
}

static pwi_a1111_part read_part(const pwi_prompt_text *text)
{
    const size_t end = pwi_prompt_before_space(text, text->size, 0);
    size_t colon = end;
    pwi_a1111_part part = {pwi_prompt_text_slice(text, 0, end), 1.0, 0, 0};
    pwi_prompt_text number;

    while (colon > 0 && text->text[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return part;
    number = pwi_prompt_text_slice(text, pwi_prompt_skip_space(text, colon), text->size);
    if (number.text > text->text + end)
        return part;
    number.size = (size_t)(text->text + end - number.text);
    if (!is_weight(&number) || !pwi_python_float(number.text, number.size, &part.weight))
        return part;
    part.number_begin = text->source[colon - 1];
    part.number_end = text->source[end - 1] + 1;
    part.text.size = pwi_prompt_before_space(text, colon - 1, 0);
    return part;
}

pw_status pwi_a1111_split_and(pwi_a1111_parts *parts, pwi_arena *arena,
                              const pwi_prompt_text *text, pw_error *err)
{
    size_t n = 1, begin = 0, bytes;

    *parts = (pwi_a1111_parts){NULL, 0};
    for (size_t at = 0; (at = pwi_prompt_find_word(text, at, "AND")) < text->size; at += 3)
        n++;
    if (!pwi_mul_size(n, sizeof(*parts->items), &bytes) ||
        (parts->items = pwi_arena_alloc(arena, bytes)) == NULL)
        return pwi_fail_memory(err);
    while (parts->n < n) {
        const size_t end = pwi_prompt_find_word(text, begin, "AND");
        const pwi_prompt_text slice = pwi_prompt_text_slice(text, begin, end);

        parts->items[parts->n++] = read_part(&slice);
        begin = end + 3;
    }
    return PW_OK;
}
