/* SPDX-License-Identifier: MIT */
/* A plan while it is made. Three steps for every branch of every condition: cut (segments to
 * tokens), chunk (tokens to chunks) and weigh (chunks to parts with maps); between the last two
 * come what several prompts do to each other (batches, equal lengths). Everything lives in the
 * plan's arena. */
#ifndef PWI_PROMPT_PLAN_H
#define PWI_PROMPT_PLAN_H

#include "base/hash.h"
#include "prompt/prompt.h"

#define PWI_NO_EMBEDDING SIZE_MAX

/* A token of the text, or of a chunk. */
typedef struct pwi_token {
    int32_t id;
    uint32_t fragment; /* 0: added */
    uint64_t begin, end;
    double weight;
    size_t i_embedding, i_vector; /* ComfyUI: stands for a vector; else PWI_NO_EMBEDDING */
} pwi_token;

static inline const pwi_token *pwi_token_at(const pwi_token *tokens, size_t i)
{
    return tokens == NULL ? NULL : tokens + i; /* a list of none has no array */
}

/* What is cut as a whole: tokens [first, first + n) of one weight. */
typedef struct pwi_piece {
    size_t first, n;
    double weight;
    bool is_break;
} pwi_piece;

typedef PWI_LIST(pwi_token) pwi_token_list;

/* One text of a condition, from its segments to its chunks. */
typedef struct pwi_layout {
    const pw_segment *segments;
    size_t n_segments;
    pwi_token_list tokens;
    PWI_LIST(pwi_piece) pieces;
    size_t n_wanted; /* tokens to pad to, where outputs are made equal by tokens */
    size_t n_cut;    /* tokens that do not fit */
    PWI_LIST(pw_chunk) chunks;
    size_t i_scope; /* of the first chunk, the next chunk has the next; or PW_NO_SCOPE */
    size_t i_span, i_branch;
} pwi_layout;

typedef struct pwi_plan_build {
    struct pw_plan *plan;
    pwi_arena *arena;
    const struct pwi_dialect *dialect;
    const pw_prompt_encoder *encoder;
    pw_plan_options options;
    const pw_prompt_options *prompt_options; /* of the first prompt; all are alike */
    size_t n_tokens;                         /* of the prompt at hand */
    pwi_map names;                           /* embeddings by name */
    struct pwi_name_ids *name_ids;           /* A1111: by their ids; made when first wanted */
    pwi_map known;                           /* sequences */
    bool fills_up; /* what is weighed fills up a shorter text: Compel masks nothing in it */
} pwi_plan_build;

/* Segments to tokens and pieces; tokens to chunks. */
typedef pw_status (*pwi_cut_fn)(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
typedef pw_status (*pwi_chunk_fn)(pwi_plan_build *build, pwi_layout *layout, pw_error *err);

/* Chunks to sequences and the parts of a result. */
typedef PWI_LIST(pw_weighting_part) pwi_part_list;
typedef PWI_LIST(pw_weighting_term) pwi_term_list;
typedef pw_status (*pwi_weigh_fn)(pwi_plan_build *build, pwi_layout *layout,
                                  pwi_part_list *parts, pw_error *err);

struct pw_plan {
    pw_context *ctx;
    pwi_arena arena;
    PWI_LIST(pw_sequence) sequences;
    PWI_LIST(pw_plan_output) outputs;
    PWI_LIST(const char *) warnings;
    uint32_t *rows; /* 0, 1, 2, ...: what maps over runs of rows point into */
    size_t n_rows;
    size_t n_scopes;
    size_t n_tokens; /* of all sequences */
};

/* tokens.c: the tokens of a text by the caller's tokenizer, as pieces of the layout. */
pw_status pwi_tokens_of(pwi_plan_build *build, const char *text, size_t size,
                        pwi_token_list *tokens, pw_error *err);
pw_status pwi_cut_text(pwi_plan_build *build, pwi_layout *layout, const pw_segment *segment,
                       size_t begin, size_t end, pw_error *err);

/* The id of a text that is one token ("," is 267), or -1. */
pw_status pwi_token_id(pwi_plan_build *build, const char *text, int32_t *id, pw_error *err);

/* chunk.c: chunks out of tokens. */
typedef struct pwi_chunker {
    pwi_plan_build *build;
    pwi_layout *layout;
    pwi_token_list tokens; /* of the open chunk */
    PWI_LIST(pw_injection) injections;
    size_t n_content;
} pwi_chunker;

pw_status pwi_chunker_put(pwi_chunker *chunker, const pwi_token *token, pw_error *err);
pw_status pwi_chunker_add(pwi_chunker *chunker, int32_t id, size_t n, pw_error *err);
pw_status pwi_chunker_inject(pwi_chunker *chunker, size_t row, size_t i_embedding,
                             size_t i_vector, pw_error *err);

/* End the chunk as it stands; the next one is empty. */
pw_status pwi_chunker_close(pwi_chunker *chunker, pw_error *err);

/* Start, content, end, and pads up to `length` tokens. */
pw_status pwi_chunk_wrapped(pwi_chunker *chunker, const pwi_token *tokens, size_t n,
                            size_t length, pw_error *err);

/* Tokens that fit between start and end; the length of a whole chunk (0: no limit). */
size_t pwi_chunk_room(const pwi_plan_build *build);

void pwi_names_free(pwi_plan_build *build); /* chunk_a1111.c */

/* sequence.c: what is encoded, each once. */
/* The chunk as it is, its index in chunk->i_sequence. `mask` is what the dialect hides, NULL:
 * nothing; what the encoder's own rule hides is added. */
pw_status pwi_sequence_of_chunk(pwi_plan_build *build, pw_chunk *chunk, const uint8_t *mask,
                                pw_error *err);

/* parts.c: putting weightings together. */
pw_status pwi_warn_plan(pwi_plan_build *build, pw_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* At least n numbers 0, 1, 2, ... in plan->rows. Maps that point into a shorter array keep it.
 */
pw_status pwi_number_rows(pwi_plan_build *build, size_t n, pw_error *err);

/* Runs of rows 0..n of equal weight that differs from 1 become maps like `like`. */
pw_status pwi_maps_of_weights(pwi_plan_build *build, const double *weights, size_t n,
                              const pw_row_map *like, const pw_row_map **maps, size_t *n_maps,
                              pw_error *err);

/* A part of all rows of a chunk out of terms. */
pw_status pwi_part_add(pwi_plan_build *build, pwi_part_list *parts,
                       const pw_weighting_term *terms, size_t n_terms, double divisor,
                       size_t n_rows, pw_error *err);

/* Mixing n encodings into each of n_chunks: PW_ERR_LIMIT where that is more than a plan has. */
pw_status pwi_check_mixes(size_t n, size_t n_chunks, pw_error *err);
bool pwi_is_weighted(const pwi_layout *layout);

/* plan.c, plan_outputs.c. */
pw_status pwi_layout_empty(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
pw_status pwi_combine_span(pwi_plan_build *build, const pw_span *span, pwi_layout *layouts,
                           pwi_part_list *parts, pw_error *err);
pw_status pwi_make_equal(pwi_plan_build *build, pw_error *err);
pw_status pwi_plan_pooled(pwi_plan_build *build, const pw_prompt *prompt,
                          pw_plan_output *output, pw_error *err);

/* weigh_comfyui.c: what ADV_CLIP_emb shares. */
pw_status pwi_comfyui_sequences(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
pw_status pwi_comfyui_empty(pwi_plan_build *build, const pwi_layout *layout, size_t *i_sequence,
                            pw_error *err);

#endif
