/* SPDX-License-Identifier: MIT */
/* Compel's grammar below the level of blends and conjunctions: brackets, quotes, weights,
 * swaps and words. */
#ifndef PWI_PROMPT_COMPEL_GRAMMAR_H
#define PWI_PROMPT_COMPEL_GRAMMAR_H

#include "prompt/compel_tree.h"

/* Read one thing at an offset, *group 0 where it is not there: what stands in the brackets or
 * quotes that open at it, as fragments only; or a whole prompt from it to the limit (or to the
 * first character that no prompt can have), where everything that is nothing else is text. */
pw_status pwi_compel_read_brackets(pwi_compel_parser *parser, uint32_t at, uint32_t *group,
                                   pw_error *err);
pw_status pwi_compel_read_prompt(pwi_compel_parser *parser, uint32_t at, uint32_t limit,
                                 uint32_t *group, pw_error *err);

/* The offset of the quote that closes the one at `at`, or PWI_COMPEL_NONE. */
uint32_t pwi_compel_closing_quote(const pwi_compel_text *text, uint32_t at);

/* The options of a call, the range beginning after its "(", to after its ")", into
 * parser->options; *end is PWI_COMPEL_NONE where there is no such list. */
pw_status pwi_compel_read_options(pwi_compel_parser *parser, pwi_compel_range range,
                                  uint32_t *end, pw_error *err);

#endif
