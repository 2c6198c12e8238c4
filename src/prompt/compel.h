/* SPDX-License-Identifier: MIT */
/* Compel's prompt language (the package's 2.5.1; its grammar is that of 2.0.3): what a prompt
 * says, as parts of weighted fragments. Splitting and masks are compel_split.h, compel_mask.h.
 */
#ifndef PWI_PROMPT_COMPEL_H
#define PWI_PROMPT_COMPEL_H

#include <stdbool.h>

#include "prompt/segments.h"

/* A prompt has at most so many bytes, and .swap() stands in .swap() at most so deep; brackets
 * may nest without end. */
#define PWI_COMPEL_BYTES_MAX      ((size_t)1 << 24)
#define PWI_COMPEL_SWAP_DEPTH_MAX 64

/* The exception that the original raises at the same place. */
typedef enum pwi_compel_error {
    PWI_COMPEL_NO_ERROR,
    PWI_COMPEL_PARSE_EXCEPTION,   /* text after .blend(); a form feed or vertical tab */
    PWI_COMPEL_PARSING_EXCEPTION, /* counts that differ; .swap() inside .blend() */
    PWI_COMPEL_VALUE_ERROR,       /* a word where a weight belongs */
    PWI_COMPEL_TYPE_ERROR,        /* shape_freedom is a word; an empty down-weighted fragment */
    PWI_COMPEL_INDEX_ERROR,       /* nothing to encode: "()" */
    PWI_COMPEL_OURS               /* the original goes on with what no one can use */
} pwi_compel_error;

/* "ParseException" for PWI_COMPEL_PARSE_EXCEPTION; "" for none and for ours. */
const char *pwi_compel_error_name(pwi_compel_error error);

/* One place of a conjunction: one prompt, or several that are blended. */
typedef struct pwi_compel_part {
    pwi_segments *prompts; /* [n_prompts], PWI_SEGMENT_TEXT and PWI_SEGMENT_SWAP */
    double *weights;       /* [n_prompts] of a blend; NULL for one prompt */
    size_t n_prompts;
    bool is_blend, is_normalized; /* is_normalized: weights are divided by their sum */
    double weight;                /* in the conjunction */
} pwi_compel_part;

typedef struct pwi_compel_lora {
    const char *name; /* size bytes, in the arena */
    size_t size;
    uint32_t source; /* byte of the prompt where the name begins */
    double weight;
} pwi_compel_lora;

/* parts is empty where the prompt has no text at all: "()". */
typedef struct pwi_compel {
    pwi_compel_part *parts;
    size_t n_parts;
    pwi_compel_lora *loras; /* in the order of the prompt */
    size_t n_loras;
    pwi_compel_error error; /* which exception, where parsing failed */
} pwi_compel;

/* Read a prompt. Everything of *out lies in the arena. PW_OK; PW_ERR_FORMAT (err says the byte
 * and what to write, out->error the exception); PW_ERR_UTF8; PW_ERR_LIMIT; PW_ERR_DEPTH;
 * PW_ERR_NO_MEMORY. */
pw_status pwi_compel_parse(pwi_compel *out, const char *prompt, size_t size, pwi_arena *arena,
                           pw_error *err);

/* PW_ERR_FORMAT where there is nothing to encode. */
pw_status pwi_compel_require_parts(pwi_compel *parsed, pw_error *err);

#endif
