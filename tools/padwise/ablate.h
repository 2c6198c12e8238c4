/* SPDX-License-Identifier: MIT */
/* `padwise ablate`, shared by its files: the prompt at hand, and what is left of it. */
#ifndef TOOL_ABLATE_H
#define TOOL_ABLATE_H

#include "kv_view.h"
#include "scan.h"

/* The prompt without one word. */
struct ablation {
    const char *word;
    size_t begin, end; /* its bytes in the prompt */
    struct scan_text text;
    size_t n_before, n_behind; /* rows that stay: before the word, and behind it */
    pw_pair pooled, mean;
    pw_change before, behind;
    struct kv_spread share;    /* of softmax, by layer: what the word's own rows get */
    double to[PW_N_ROW_ROLES]; /* what rows of a role get more without it */
};

struct ablate {
    struct pads pads;
    struct scan_encoder encoder;
    struct scan_text *texts;
    size_t n_texts, n_tokens;
    pw_mask_rule mask;
    struct pool scratch;    /* of the prompt at hand, like all below but kv */
    struct ablation *words; /* of the prompt at hand */
    size_t n_words, capacity;
    struct scan_batch batch; /* the prompt, then each ablation */
    pw_row_role *roles;      /* [2, n_tokens] of the prompt and of an ablation */
    pw_pair *rows;           /* [n_words, n_real] by row of the prompt */
    bool *is_there;          /* [n_words, n_real]: the row has a counterpart */
    double *mean, *other;    /* [width] */
    struct kv_run kv;        /* of --unet; its path is NULL without */
    struct pads_input input; /* of kv: what it measured last */
    double *shares;          /* [1 + n_words, n_tokens]: softmax by row, mean of the layers */
    struct grid grid;
};

static inline size_t ablate_n_real(const struct scan_text *text)
{
    return text->tokens.tokens.n_tokens;
}

/* ablate_kv.c: the part of --unet. Each does nothing without it. */
int ablate_kv_read_options(struct ablate *ablate, pw_kv_options *options);
int ablate_kv_open(struct ablate *ablate, const pw_kv_options *options);

/* Of the prompt at hand, once its words are aligned with it. */
int ablate_kv_measure(struct ablate *ablate, const struct scan_text *text);
void ablate_kv_print(struct ablate *ablate);
void ablate_kv_put_unet(struct ablate *ablate);
void ablate_kv_put_word(struct ablate *ablate, const struct scan_text *text, size_t i);
void ablate_kv_say(struct ablate *ablate, struct builder *text);

/* A panel of bars: the share of each word. */
int ablate_kv_draw(struct ablate *ablate, pw_figure *figure, const char *const *words);

#endif
