/* SPDX-License-Identifier: MIT */
/* Options of .swap(): a later one replaces an earlier one, unknown names are left out. As in
 * the original a shape_freedom that is a word fails at once, even where the text around it
 * turns out to be no call; a word for one of the others is kept by the original, which no one
 * can use, and is refused here where the swap stands in the result. */
#include "prompt/compel_swap.h"

#include <math.h>
#include <string.h>

static bool is_key(const pwi_compel_parser *parser, const pwi_compel_option *option,
                   const char *key)
{
    const size_t size = option->key_end - option->key_begin;

    return size == strlen(key) &&
           memcmp(parser->text.bytes + option->key_begin, key, size) == 0;
}

static void take(const pwi_compel_parser *parser, pwi_compel_swap_call *swap,
                 const pwi_compel_option *option)
{
    for (size_t i = 0; i < PWI_COMPEL_N_SWAP_KEYS; i++) {
        if (!is_key(parser, option, pwi_compel_swap_keys[i]))
            continue;
        swap->is_given[i] = true;
        swap->numbers[i] = option->number;
        swap->begin[i] = option->key_begin;
        swap->word_end[i] = option->has_number      ? 0
                            : option->value_end > 0 ? option->value_end
                                                    : option->key_end;
    }
}

static pw_status fail_word(pwi_compel_parser *parser, const pwi_compel_swap_call *swap,
                           size_t i_key, pwi_compel_error error, pw_error *err)
{
    const uint32_t begin = swap->begin[i_key];
    char quoted[PWI_QUOTE_SIZE];

    return pwi_compel_fail(
        parser, error, begin, err, "%s is no number for .swap(): write %s=0.5",
        pwi_quote(quoted, parser->text.bytes + begin, swap->word_end[i_key] - begin),
        pwi_compel_swap_keys[i_key]);
}

pw_status pwi_compel_swap_options(pwi_compel_parser *parser, pwi_compel_swap_call *swap,
                                  pw_error *err)
{
    *swap = (pwi_compel_swap_call){.numbers = {0.0, 0.0, 0.2, 1.0, 0.0}};
    for (size_t i = 0; i < parser->n_options; i++)
        take(parser, swap, &parser->options[i]);
    if (!swap->is_given[PWI_COMPEL_SHAPE_FREEDOM] || swap->is_given[PWI_COMPEL_S_END])
        return PW_OK;
    if (swap->word_end[PWI_COMPEL_SHAPE_FREEDOM] > 0)
        return fail_word(parser, swap, PWI_COMPEL_SHAPE_FREEDOM, PWI_COMPEL_TYPE_ERROR, err);
    swap->numbers[PWI_COMPEL_S_END] =
        1.0 - pow(swap->numbers[PWI_COMPEL_SHAPE_FREEDOM], 1.0 / 3.0);
    return PW_OK;
}

pw_status pwi_compel_swap_check(pwi_compel_parser *parser, const pwi_compel_swap_call *swap,
                                pw_error *err)
{
    for (size_t i = 0; i < PWI_COMPEL_SHAPE_FREEDOM; i++) {
        if (swap->word_end[i] > 0)
            return fail_word(parser, swap, i, PWI_COMPEL_OURS, err);
    }
    if (swap->is_given[PWI_COMPEL_SHAPE_FREEDOM] && isnan(swap->numbers[PWI_COMPEL_S_END]))
        return pwi_compel_fail(parser, PWI_COMPEL_OURS, swap->begin[PWI_COMPEL_SHAPE_FREEDOM],
                               err,
                               "shape_freedom of .swap() is negative: write a number from 0 "
                               "(keep the shape) to 1");
    return PW_OK;
}
