/* SPDX-License-Identifier: MIT */
/* The padding and masking walkthrough: what a batch of sentences goes through on its way into
 * attention, every number of every step kept. Lengths, padding, mask, embeddings, scores,
 * masked scores, weights, context, as one head of attention computes them with
 * Q = K = V = the embeddings; without a mask, with the padding mask, causal, and both. In f64.
 * docs/walkthrough.md tells the steps.
 *
 * Experimental: this header declares nothing unless PADWISE_EXPERIMENTAL is defined before it,
 * and what it declares may change in any version. */
#ifndef PADWISE_WALKTHROUGH_H
#define PADWISE_WALKTHROUGH_H

#ifdef PADWISE_EXPERIMENTAL

#include "conditioning.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Limits; over one: PW_ERR_LIMIT. Every number is kept, and somebody wants to read them. */
#define PW_WALKTHROUGH_SENTENCES_MAX 64
#define PW_WALKTHROUGH_TOKENS_MAX    512
#define PW_WALKTHROUGH_NUMBERS_MAX   ((size_t)1 << 22) /* of one array: [N,T,T] or [N,T,D] */
#define PW_WALKTHROUGH_FILE_MAX      ((size_t)1 << 28) /* bytes */

/** What masked_scores holds for a key that is hidden. It is for the eye: weights are computed
 * over the visible keys alone, and a hidden key's weight is 0 whatever the other scores are. */
#define PW_WALKTHROUGH_HIDDEN_SCORE (-1e9)

/** Which keys a query may see. */
typedef enum pw_walkthrough_mask {
    PW_WALKTHROUGH_UNMASKED = 0,   /* all */
    PW_WALKTHROUGH_PADDING,        /* those that the padding mask shows */
    PW_WALKTHROUGH_CAUSAL,         /* itself and those before it */
    PW_WALKTHROUGH_CAUSAL_PADDING, /* those that both show */
    PW_WALKTHROUGH_N_MASKS
} pw_walkthrough_mask;

typedef struct pw_walkthrough_options {
    size_t struct_size;
    pw_mask_rule mask; /* which tokens the padding mask shows */
    bool pads_left;    /* pads stand before the tokens */
    size_t n_tokens;   /* columns; 0: as many as the longest sentence has */
    int32_t pad_id;    /* -1: the tokenizer's, else its end token; of a file the file's */
} pw_walkthrough_options;

static inline void pw_walkthrough_options_init(pw_walkthrough_options *options)
{
    const pw_walkthrough_options zero = {sizeof(pw_walkthrough_options), PW_MASK_HF, false, 0,
                                         -1};

    *options = zero;
}

/** Sentences whose embeddings are at hand. */
typedef struct pw_walkthrough_input {
    const int32_t *const *ids; /* of each sentence, without pads; not below 0 */
    const size_t *lengths;     /* [n_sentences]; a sentence may have no token */
    size_t n_sentences;        /* N, at least 1 */
    size_t width;              /* D, at least 1 */
    const double *embeddings;  /* [N,T,D], pads at their places; finite */
} pw_walkthrough_input;

/** A walkthrough never changes once it is made; any number of threads may read it. */
typedef struct pw_walkthrough pw_walkthrough;

/** @param options  NULL: the defaults; n_tokens tells the T of the embeddings, pad_id -1 is 0.
 *  @return PW_OK; PW_ERR_ARGUMENT (no sentence, a sentence longer than n_tokens, an embedding
 * that is not finite or so large that a score is not); PW_ERR_LIMIT; PW_ERR_NO_MEMORY.
 *  Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_walkthrough_create(pw_walkthrough **out, pw_context *ctx,
                                                    const pw_walkthrough_input *input,
                                                    const pw_walkthrough_options *options,
                                                    pw_error *err);

/** From a JSON file: {"ids": [[1,2,3],[4,5]], "embeddings": [N][T][D], and, if wanted,
 * "pad_id": 0, "sentences": ["...", ...], "padding_side": "right"|"left"}. Other fields are
 * passed over, so that what `padwise walkthrough --json` writes can be read.
 *  @param path     "-" is standard input.
 *  @param options  NULL: the defaults. n_tokens 0 is the T of the embeddings; pads_left is
 * added to what the file says.
 *  @return as pw_walkthrough_create, PW_ERR_FORMAT in place of PW_ERR_ARGUMENT; PW_ERR_FIELD (a
 * field that is missing or of another type, a ragged list); PW_ERR_JSON and its kin; PW_ERR_IO.
 *  Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_walkthrough_read(pw_walkthrough **out, pw_context *ctx,
                                                  const char *path,
                                                  const pw_walkthrough_options *options,
                                                  pw_error *err);

/** Sentences through a tokenizer; the embeddings are hidden_states.0 of the model, which is
 * token plus position, rounded to f32 as the model computes it. A sentence that is longer than
 * n_tokens or the model's position table is cut, its end token kept.
 *  @return as pw_walkthrough_create; PW_ERR_MISMATCH (tokenizer and embedding table have
 * different sizes); what pw_tokenizer_encode and pw_model_encode return.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_walkthrough_encode(
    pw_walkthrough **out, pw_context *ctx, const pw_encoder *encoder, const pw_text *sentences,
    size_t n_sentences, const pw_walkthrough_options *options, pw_error *err);

/** NULL is fine.   Since: 0.1 */
PW_API void pw_walkthrough_free(pw_walkthrough *walkthrough);

/** Attention under one mask. A query that no key is visible to sees itself and nothing else
 * (docs/models/clip.md, "A row with no visible key"). */
typedef struct pw_walkthrough_pass {
    int64_t mask_shape[4];  /* as it broadcasts over [N,H,T,T]: [N,1,1,T], [1,1,T,T], ... */
    const uint8_t *visible; /* [N,T,T]: sentence, query, key; as the mask says */
    const double *masked_scores; /* [N,T,T]: the score, or PW_WALKTHROUGH_HIDDEN_SCORE */
    const double *weights;       /* [N,T,T]: softmax; hidden keys have exactly 0 */
    const double *row_sums;      /* [N,T] */
    const double *context;       /* [N,T,D]: weights times embeddings */
    const uint8_t *is_blind;     /* [N,T]: no key is visible to this query */
    size_t n_blind;
} pw_walkthrough_pass;

/** All numbers. What it points to lives as long as the walkthrough. */
typedef struct pw_walkthrough_numbers {
    size_t n_sentences, n_tokens, width; /* N, T, D */
    int32_t pad_id;
    bool pads_left;
    pw_mask_rule mask_rule;
    const char *const *sentences; /* [N]: of a file that has them, else NULL */
    const size_t *sentence_sizes; /* [N]: bytes of them */
    const int32_t *const *ids;    /* [N][lengths], as given or cut */
    const size_t *lengths;        /* [N] */
    const size_t *n_cut;          /* [N]: tokens that were cut off */
    const int32_t *padded;        /* [N,T] */
    const uint8_t *is_pad;        /* [N,T]: by its place, whatever its id */
    const uint8_t *mask;          /* [N,T]: 1 is visible */
    const double *embeddings;     /* [N,T,D] */
    const double *scores;         /* [N,T,T]: Q K^T / sqrt(D) */
    pw_walkthrough_pass passes[PW_WALKTHROUGH_N_MASKS];
} pw_walkthrough_numbers;

PW_API void pw_walkthrough_get(const pw_walkthrough *walkthrough,
                               pw_walkthrough_numbers *numbers);

/** What the numbers say, in a few of them. Means over nothing are NaN. "Tokens" are what is no
 * pad, whether the mask shows them or not. */
typedef struct pw_walkthrough_facts {
    size_t n_pads, n_padded_sentences;
    size_t i_padded;         /* the first sentence with a pad; n_sentences if there is none */
    size_t n_tokens_as_pads; /* tokens that have the pad's id */
    size_t n_hidden_tokens;  /* tokens that the padding mask hides */
    size_t n_visible_pads;   /* pads that it shows */
    double norm_tokens, norm_pads; /* mean L2 norm of their embeddings */
    /* Of a token's weights, the part that goes to pads, unmasked and under the padding mask:
     * mean over the tokens of sentences that have pads. */
    double pad_mass_unmasked, pad_mass_masked;
    double context_change; /* greatest |masked - unmasked| / |unmasked| of a token's context */
    double norm_pad_context;  /* mean L2 norm of the pads' context rows, padding mask */
    double causal_difference; /* greatest difference of a token's weights, causal alone and
                                 causal with padding mask */
    double row_sum_error;     /* greatest |row sum - 1| of all passes */
} pw_walkthrough_facts;

PW_API void pw_walkthrough_measure(const pw_walkthrough *walkthrough,
                                   pw_walkthrough_facts *facts);

/** The shape of two arrays that are broadcast together (NumPy's rule: from the right, sizes are
 * equal or one of them is 1), or false where they are not.
 *  @param shape  [PW_RANK_MAX]; *rank is the larger of the two.   Since: 0.1 */
PW_NODISCARD PW_API bool pw_shape_broadcast(const int64_t *a, int32_t rank_a, const int64_t *b,
                                            int32_t rank_b, int64_t *shape, int32_t *rank);

#ifdef __cplusplus
}
#endif

#endif /* PADWISE_EXPERIMENTAL */

#endif
