/* SPDX-License-Identifier: MIT */
/* The steps of src/text by name. */
#ifndef PWI_TESTS_STEP_LIST_H
#define PWI_TESTS_STEP_LIST_H

#include "text/text.h"

typedef void (*text_step)(pwi_text *out, const pwi_text *in);

static const struct named_step {
    const char *name;
    text_step apply;
} text_steps[] = {
    {"nfc", pwi_text_nfc},
    {"lower_rust", pwi_text_lower_rust},
    {"lower_python", pwi_text_lower_python},
    {"collapse_space", pwi_text_collapse_space},
    {"python_split_join", pwi_text_python_split_join},
    {"python_strip", pwi_text_python_strip},
    {"bert_clean", pwi_text_bert_clean},
    {"space_cjk", pwi_text_space_cjk},
    {"ftfy", pwi_text_ftfy},
    {"html_unescape", pwi_text_html_unescape},
};

#define N_TEXT_STEPS (sizeof(text_steps) / sizeof(*text_steps))

#endif
