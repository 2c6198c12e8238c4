/* SPDX-License-Identifier: MIT */
/* Text as characters that remember where they came from. Each cleaning step of a tokenizer
 * takes such a text and makes the next; whatever a step does (drop, replace, compose, expand),
 * every character keeps the bytes of the prompt that it stands for. */
#ifndef PWI_TEXT_TEXT_H
#define PWI_TEXT_TEXT_H

#include "base/alloc.h"
#include "base/error.h"

typedef struct pwi_char {
    uint32_t code; /* Unicode scalar value */
    uint32_t begin,
        end; /* bytes of the prompt, begin <= end (equal for an inserted character) */
} pwi_char;

typedef struct pwi_text {
    const pw_allocator *allocator;
    pwi_char *chars;
    size_t n, capacity;
    bool failed; /* memory was out; sticks like pwi_buf's */
} pwi_text;

void pwi_text_init(pwi_text *text, const pw_allocator *allocator);
void pwi_text_free(pwi_text *text);
void pwi_text_clear(pwi_text *text); /* forgets `failed` too; steps do not */
void pwi_text_put(pwi_text *text, uint32_t code, uint32_t begin, uint32_t end);

/* Strict UTF-8 into characters, in place of what *out held; offsets start at `base`.
 * PW_ERR_UTF8 with the offset (base included), PW_ERR_NO_MEMORY. size <= PW_TEXT_BYTES_MAX. */
pw_status pwi_text_decode(pwi_text *out, const char *bytes, size_t size, uint32_t base,
                          pw_error *err);

/* Steps. Each clears *out, reads *in and writes *out; in and out are different texts. `failed`
 * of either ends in out->failed. */
void pwi_text_nfc(pwi_text *out, const pwi_text *in);
void pwi_text_lower_rust(
    pwi_text *out,
    const pwi_text *in); /* character by character; sigma never final (encoders.md 1.4) */
void pwi_text_lower_python(
    pwi_text *out,
    const pwi_text *in); /* str.lower(): full mapping with the final sigma rule */

/* Each run of white space (pwi_is_space) to one U+0020 that spans the run. */
void pwi_text_collapse_space(pwi_text *out, const pwi_text *in);

/* Python's " ".join(text.split()): white space as str.split sees it (1C-1F too), none at the
 * ends. */
void pwi_text_python_split_join(pwi_text *out, const pwi_text *in);

/* Python's text.strip() (same white space). */
void pwi_text_python_strip(pwi_text *out, const pwi_text *in);

/* transformers 4's BasicTokenizer as CLIPTokenizer uses it without ftfy: drop U+0000, U+FFFD
 * and category C* but tab, LF, CR; Zs, tab, LF, CR to space; spaces round CJK ideographs
 * (encoders.md 1.3). NFC, split and lower are further steps. */
void pwi_text_bert_clean(pwi_text *out, const pwi_text *in);
void pwi_text_space_cjk(pwi_text *out, const pwi_text *in);

/* ftfy.fix_text 6.3.1 without mojibake repair (encoders.md 1.6), and Python's html.unescape.
 * Where one character becomes several, each spans the source of all. */
void pwi_text_ftfy(pwi_text *out, const pwi_text *in);
void pwi_text_html_unescape(pwi_text *out, const pwi_text *in);

/* Character classes. Letter and number as onig 6.9.8 (Unicode 14), white space the 25 code
 * points of \s, from data/tokenizers/unicode. */
bool pwi_is_letter(uint32_t code);
bool pwi_is_number(uint32_t code);
bool pwi_is_space(uint32_t code);

/* The same as Python's `regex` 2022.10.31 sees them (Unicode 15), for the Python modes. Where
 * no Unicode 15 table is at hand, these equal the Unicode 14 ones, and docs/tokenizers.md says
 * so. */
bool pwi_is_letter_python(uint32_t code);
bool pwi_is_number_python(uint32_t code);
bool pwi_is_space_python(uint32_t code); /* str.isspace: the 25 and 1C-1F */

/* Whether character i is there and this one. */
static inline bool pwi_text_is_at(const pwi_text *text, size_t i, uint32_t code)
{
    return i < text->n && text->chars[i].code == code;
}

#endif
