/* SPDX-License-Identifier: MIT */
/* The table of modes. Sources: encoders.md 1.2-1.4 and 1.6; each row is compared with the tool
 * itself (docs/tokenizers.md says how). */
#include "tokenizers/modes.h"

#include <string.h>

static const pwi_mode_row rows[] = {
    [PW_TOKENIZER_HF_FAST] = {.name = "hf-fast",
                              .cut = PWI_CUT_BY_FLAG,
                              .steps = {pwi_text_nfc, pwi_text_collapse_space,
                                        pwi_text_lower_rust},
                              .letter = PWI_LETTER,
                              .number = PWI_NUMBER,
                              .is_local = true},
    [PW_TOKENIZER_HF_SLOW] = {.name = "hf-slow",
                              .cut = PWI_CUT_FIRST,
                              .steps = {pwi_text_bert_clean, pwi_text_space_cjk, pwi_text_nfc,
                                        pwi_text_python_split_join, pwi_text_lower_python},
                              .letter = PWI_LETTER_15,
                              .number = PWI_NUMBER_15,
                              .bos_literal = PWI_BOS_TEXT,
                              .eos_literal = PWI_EOS_TEXT,
                              .literals_are_tokens = true,
                              .ignores_case = true,
                              .touches_controls = true,
                              .is_local = true},
    [PW_TOKENIZER_HF_SLOW_FTFY] = {.name = "hf-slow-ftfy",
                                   .cut = PWI_CUT_FIRST,
                                   .steps = {pwi_text_ftfy, pwi_text_collapse_space,
                                             pwi_text_python_strip, pwi_text_lower_python},
                                   .letter = PWI_LETTER_15,
                                   .number = PWI_NUMBER_15,
                                   .bos_literal = PWI_BOS_TEXT,
                                   .eos_literal = PWI_EOS_TEXT,
                                   .literals_are_tokens = true,
                                   .ignores_case = true,
                                   .touches_controls = true,
                                   .touches_entities = true},
    [PW_TOKENIZER_OPENAI] = {.name = "openai",
                             .cut = PWI_CUT_NEVER,
                             .steps = {pwi_text_ftfy, pwi_text_html_unescape,
                                       pwi_text_html_unescape, pwi_text_python_strip,
                                       pwi_text_collapse_space, pwi_text_python_strip,
                                       pwi_text_lower_python},
                             .letter = PWI_LETTER_15,
                             .number = PWI_NUMBER_15,
                             .bos_literal = PWI_BOS_TEXT,
                             .eos_literal = PWI_EOS_TEXT,
                             .literals_are_tokens = true,
                             .ignores_case = true,
                             .touches_controls = true,
                             .touches_entities = true},
    [PW_TOKENIZER_OPEN_CLIP] = {.name = "open_clip",
                                .cut = PWI_CUT_NEVER,
                                .steps = {pwi_text_ftfy, pwi_text_html_unescape,
                                          pwi_text_html_unescape, pwi_text_python_strip,
                                          pwi_text_python_split_join, pwi_text_lower_python},
                                .letter = PWI_LETTER_15,
                                .number = PWI_NUMBER_15,
                                .bos_literal = "<start_of_text>",
                                .eos_literal = "<end_of_text>",
                                .literals_are_tokens = true,
                                .ignores_case = true,
                                .touches_controls = true,
                                .touches_entities = true},
};

/* Names of the modes that have no row: the default, and T5's. */
static const char *const other_names[PW_N_TOKENIZER_MODES] = {
    [PW_TOKENIZER_DEFAULT] = "default", [PW_TOKENIZER_HF] = "hf", [PW_TOKENIZER_SPM] = "spm"};

const pwi_mode_row *pwi_mode_find(pw_tokenizer_mode mode)
{
    if (mode == PW_TOKENIZER_DEFAULT)
        mode = PW_TOKENIZER_HF_FAST;
    if ((unsigned)mode >= sizeof(rows) / sizeof(*rows))
        return NULL;
    return &rows[mode];
}

const char *pw_tokenizer_mode_name(pw_tokenizer_mode mode)
{
    if ((unsigned)mode >= PW_N_TOKENIZER_MODES)
        return "?";
    return other_names[mode] != NULL ? other_names[mode] : rows[mode].name;
}

int32_t pw_tokenizer_mode_from_name(const char *name)
{
    for (int32_t i = 0; name != NULL && i < PW_N_TOKENIZER_MODES; i++)
        if (strcmp(pw_tokenizer_mode_name((pw_tokenizer_mode)i), name) == 0)
            return i;
    return -1;
}
