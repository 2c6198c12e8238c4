/* SPDX-License-Identifier: MIT */
/* Whose cleaning of the text: each mode is a row of one table (modes.c), and nothing else in
 * the room asks which mode it is. */
#ifndef PWI_TOKENIZERS_MODES_H
#define PWI_TOKENIZERS_MODES_H

#include <padwise/tokenizer.h>

#include "text/properties.h"
#include "text/text.h"

typedef void (*pwi_text_step)(pwi_text *out, const pwi_text *in);

#define PWI_STEPS_MAX 8

/* CLIP's start and end token, as all files but open_clip's write them. */
#define PWI_BOS_TEXT "<|startoftext|>"
#define PWI_EOS_TEXT "<|endoftext|>"

/* When added tokens are cut out of the text. */
typedef enum pwi_cut {
    PWI_CUT_NEVER,   /* the tool knows the start and end token only, through its word pattern */
    PWI_CUT_FIRST,   /* all of them before any cleaning */
    PWI_CUT_BY_FLAG, /* those with `normalized` after the cleaning, the others before */
} pwi_cut;

typedef struct pwi_mode_row {
    const char *name;
    pwi_cut cut;
    pwi_text_step steps[PWI_STEPS_MAX]; /* the cleaning; NULL ends it */
    enum pwi_property letter, number;   /* \p{L} and \p{N} of the tool's regular expressions */
    /* Texts of start and end token that the word pattern begins with; NULL: none. hf-fast has
     * them where the vocabulary's file says so. */
    const char *bos_literal, *eos_literal;
    bool literals_are_tokens; /* else they are only cut off from what stands beside them */
    /* The pattern is compiled with IGNORECASE. On lower-cased text that shows in two
     * characters: U+017F matches "s" in contractions and literals, and U+0345, whose capital is
     * a letter, is in none of the pattern's classes. */
    bool ignores_case;
    /* What the steps do to ASCII beside lower-casing it and dealing with white space. */
    bool touches_controls, touches_entities;
    /* What the steps and the pattern make of a word depends on nothing beyond the white space
     * on both sides of it (ftfy: on any "<" before it). */
    bool is_local;
} pwi_mode_row;

/* The row of a mode that CLIP tokenizers have, DEFAULT among them; else NULL. */
const pwi_mode_row *pwi_mode_find(pw_tokenizer_mode mode);

#endif
