/* SPDX-License-Identifier: MIT */
/* The options of .swap(): where each edit of the picture begins and ends. */
#ifndef PWI_PROMPT_COMPEL_SWAP_H
#define PWI_PROMPT_COMPEL_SWAP_H

#include "prompt/compel_tree.h"

/* The numbers that parser->options give; PW_ERR_FORMAT where the original raises. */
pw_status pwi_compel_swap_options(pwi_compel_parser *parser, pwi_compel_swap_call *swap,
                                  pw_error *err);

/* The tree keeps this swap: its numbers must be numbers. */
pw_status pwi_compel_swap_check(pwi_compel_parser *parser, const pwi_compel_swap_call *swap,
                                pw_error *err);

#endif
