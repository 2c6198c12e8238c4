/* SPDX-License-Identifier: MIT */
/* Prompts as people write them for ComfyUI, AUTOMATIC1111, Compel and their kin: text with
 * weights in it. A dialect reads the text, lays its tokens out in chunks and says what the
 * weights do to the encoder's rows; docs/dialects.md has the rule of each.
 *
 *     pw_prompt_parse     text -> conditions, each a list of weighted pieces of text
 *     pw_plan_create      prompts + a tokenizer -> chunks -> the sequences to encode, each once
 *     (the caller encodes the sequences, all of them in one batch)
 *     pw_plan_apply       encodings -> the rows of every condition
 *
 * Nothing here knows a model: the tokenizer and the encoder are the caller's. What a dialect
 * does to the rows is a weighting: maps over disjoint sets of rows. pw_weighting_apply takes
 * anyone's. */
#ifndef PADWISE_PROMPT_H
#define PADWISE_PROMPT_H

#include "tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Named limits; over one is PW_ERR_LIMIT. */
#define PW_PROMPT_BYTES_MAX      (4u << 20)
#define PW_PROMPT_STEPS_MAX      1000
#define PW_PROMPT_CONDITIONS_MAX 4096
#define PW_PROMPT_EXPANDED_MAX   (64u << 20) /* bytes of all texts of a schedule */
#define PW_PROMPT_TOKENS_MAX     (1u << 22)  /* of one prompt, all its conditions */
#define PW_PLAN_SEQUENCES_MAX    (1u << 20)
#define PW_PLAN_TOKENS_MAX       (1u << 26) /* of all sequences */

/** Name of the i-th dialect ("comfyui", "adv:none+comfy++"), NULL past the end. Static storage.
 * Threads: any, here and below unless said otherwise.   Since: 0.1 */
PW_API const char *pw_dialect_name(size_t i);

/** One line for a person about the i-th dialect. Static storage.   Since: 0.1 */
PW_API const char *pw_dialect_summary(size_t i);

/** Index of the dialect of that name, or -1.   Since: 0.1 */
PW_API int32_t pw_dialect_find(const char *name);

/** Whether a text of the i-th dialect is one chunk, whatever its length: what does not fit is
 * cut off, and no prompt changes another's rows.   Since: 0.1 */
PW_API bool pw_dialect_is_one_chunk(size_t i);

/* ---- Parsing ---------------------------------------------------------------------------- */

/** What A1111's "Emphasis mode" does. */
typedef enum pw_emphasis {
    PW_EMPHASIS_ORIGINAL = 0, /* weights, then the mean of the chunk as it was */
    PW_EMPHASIS_NO_NORM,      /* weights alone */
    PW_EMPHASIS_IGNORE,       /* brackets are read and do nothing */
    PW_EMPHASIS_NONE,         /* brackets are text */
    PW_EMPHASIS_OLD,          /* "use old emphasis implementation": by token, no numbers */
    PW_N_EMPHASES
} pw_emphasis;

/** "original", "no-norm", "ignore", "none", "old".   Since: 0.1 */
PW_API const char *pw_emphasis_name(pw_emphasis emphasis);
PW_API int32_t pw_emphasis_from_name(const char *name);

/** Releases of Compel that differ in what they compute or refuse. */
typedef enum pw_compel_release {
    PW_COMPEL_2_5_1 = 0,
    PW_COMPEL_2_4_0, /* .blend() and .swap() raise TypeError */
    PW_COMPEL_2_0_3  /* long prompts are cut hard at the limit */
} pw_compel_release;

typedef struct pw_prompt_options {
    size_t struct_size;
    int32_t dialect;  /* pw_dialect_find */
    bool is_negative; /* a1111: AND and extra networks are text on that side */

    /* a1111 */
    bool keep_comments;   /* "#" is text */
    bool old_scheduling;  /* [a:b:N] as before 1.6.0 */
    int32_t steps;        /* denoiser calls of a schedule; 0: schedules are text */
    int32_t hires_steps;  /* 0: the first pass; else the hires pass after `steps` */
    pw_emphasis emphasis; /* how the text is read and what its weights do */
    pw_compel_release compel;
} pw_prompt_options;

static inline void pw_prompt_options_init(pw_prompt_options *options)
{
    const pw_prompt_options zero = {sizeof(pw_prompt_options),
                                    0,
                                    false,
                                    false,
                                    false,
                                    20,
                                    0,
                                    PW_EMPHASIS_ORIGINAL,
                                    PW_COMPEL_2_5_1};

    *options = zero;
}

typedef enum pw_segment_kind {
    PW_SEGMENT_TEXT,
    PW_SEGMENT_BREAK, /* ends a chunk */
    PW_SEGMENT_SWAP   /* two texts for one place: see swap */
} pw_segment_kind;

#define PW_NO_SOURCE UINT32_MAX

/** A piece of text and its weight. Escapes are undone in the text; its i-th byte is byte
 * source[i] of the prompt, or stands nowhere in it (PW_NO_SOURCE). */
typedef struct pw_segment {
    pw_segment_kind kind;
    const char *text; /* size bytes of UTF-8, not terminated */
    size_t size;
    const uint32_t *source; /* [size] */
    double weight;
    const struct pw_swap *swap; /* of PW_SEGMENT_SWAP; else NULL */
} pw_segment;

/** Compel's a.swap(b): the picture begins with one text and goes on with the other. */
typedef struct pw_swap {
    const pw_segment *original, *edited; /* [n_original], [n_edited] */
    size_t n_original, n_edited;
    double s_start, s_end, t_start, t_end;
} pw_swap;

/** One text of a blend; other dialects have one a span. */
typedef struct pw_branch {
    const pw_segment *segments;
    size_t n_segments;
    double weight;
} pw_branch;

/** What stands side by side in a condition (Compel's .and()); other dialects have one. */
typedef struct pw_span {
    const pw_branch *branches;
    size_t n_branches;
    double weight;
    bool is_blend, is_normalized; /* normalized: weights of branches are divided by their sum */
} pw_span;

/** What one encoding of the prompt is made from. Most prompts have one; a schedule has one a
 * range of steps, AND has some a part, a swap has two. */
typedef struct pw_condition {
    const char *text; /* size bytes: with schedules resolved, brackets of weights still in it */
    size_t size;
    int32_t until_step; /* holds up to this step, the first is 1; 0: all steps */
    size_t i_part;      /* pw_prompt_part */
    bool is_edited;     /* the second one of a prompt with swaps */
    const pw_span *spans;
    size_t n_spans;
} pw_condition;

/** A part of A1111's AND: its guidance is multiplied by weight. Without AND there is one. */
typedef struct pw_prompt_part {
    const char *text; /* size bytes, schedules still in it */
    size_t size;
    double weight;
    size_t first_condition, n_conditions;
} pw_prompt_part;

/** <lora:name:1> of A1111, withLora(name, 1) of Compel: taken out of the text, reported, not
 * loaded. */
typedef struct pw_prompt_network {
    const char *kind;             /* "lora" */
    const char *const *arguments; /* [n_arguments]: "name", "1" */
    size_t n_arguments;
    double weight; /* Compel's number, 1 without one; NaN for A1111, where arguments hold it */
} pw_prompt_network;

typedef struct pw_prompt pw_prompt; /* immutable, may be shared by threads */

/** Read a prompt.
 *  @param text     `size` bytes of UTF-8; copied.
 *  @param options  NULL: the dialect "plain".
 *  @return PW_OK; PW_ERR_ARGUMENT (what the original refuses too, err->offset is the byte of
 * the prompt); PW_ERR_UTF8; PW_ERR_LIMIT; PW_ERR_UNSUPPORTED; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_prompt_parse(pw_prompt **out, pw_context *ctx,
                                              const char *text, size_t size,
                                              const pw_prompt_options *options, pw_error *err);
PW_API void pw_prompt_free(pw_prompt *prompt);

/** What was made of it; everything lives as long as the prompt. i below the count.   Since: 0.1
 */
PW_API size_t pw_prompt_n_conditions(const pw_prompt *prompt);
PW_API const pw_condition *pw_prompt_condition(const pw_prompt *prompt, size_t i);
PW_API size_t pw_prompt_n_parts(const pw_prompt *prompt);
PW_API const pw_prompt_part *pw_prompt_part_at(const pw_prompt *prompt, size_t i);
PW_API size_t pw_prompt_n_networks(const pw_prompt *prompt);
PW_API const pw_prompt_network *pw_prompt_network_at(const pw_prompt *prompt, size_t i);

/** A place of the prompt that probably means something else than it does in this dialect. */
typedef struct pw_prompt_warning {
    size_t begin, end; /* bytes of the prompt */
    const char *text;  /* a sentence without a full stop; it names the dialect that was meant */
} pw_prompt_warning;

PW_API size_t pw_prompt_n_warnings(const pw_prompt *prompt);
PW_API const pw_prompt_warning *pw_prompt_warning_at(const pw_prompt *prompt, size_t i);

/** The text that comments and networks were taken out of, before AND and schedules: *size
 * bytes, terminated.   Since: 0.1 */
PW_API const char *pw_prompt_text(const pw_prompt *prompt, size_t *size);

/* ---- Planning --------------------------------------------------------------------------- */

/** Where a tokenize callback puts its tokens. */
typedef struct pw_token_sink pw_token_sink;

/** Add a token: id, and its bytes [begin, end) of the text that the callback was given. Running
 * out of memory is remembered, and ends the call that wanted the tokens.   Since: 0.1 */
PW_API void pw_token_sink_add(pw_token_sink *sink, int32_t id, uint64_t begin, uint64_t end);

/** The tokens of a text, without start, end and pads. */
typedef pw_status (*pw_tokenize_fn)(void *user, const char *text, size_t size,
                                    pw_token_sink *sink, pw_error *err);

/** A token's text as in the vocabulary ("cat</w>"), as pw_tokenizer_token_text gives it. */
typedef size_t (*pw_token_text_fn)(void *user, int32_t id, char *out, size_t capacity);

/** A name that stands for vectors (textual inversion). */
typedef struct pw_embedding {
    const char *name;
    size_t n_vectors, width;
    const float *vectors; /* [n_vectors, width]; never read here */
} pw_embedding;

/** The attention mask that the encoder gets with a chunk. */
typedef enum pw_sequence_mask {
    PW_SEQUENCE_MASK_NONE = 0,
    PW_SEQUENCE_MASK_HF,      /* start, content and end are visible: by their number */
    PW_SEQUENCE_MASK_LECTURE, /* what is not the pad's id */
    PW_SEQUENCE_MASK_COMFYUI  /* up to the first end token; without one up to the first pad */
} pw_sequence_mask;

/** The encoder that the rows are for: how its tokens look, not what it computes. */
typedef struct pw_prompt_encoder {
    size_t struct_size;
    pw_tokenize_fn tokenize;
    pw_token_text_fn token_text; /* NULL: tokens have no text, as with T5 */
    void *user;
    int32_t start_id, end_id, pad_id; /* start and end: -1 if it has none */
    size_t length_max;                /* 77; 0: as long as it comes */
    size_t length_min, min_padding;   /* ComfyUI's T5: pads up to, pads at least */
    bool pad_to_max;
    pw_sequence_mask mask; /* what a dialect masks by itself is hidden as well */
    bool empty_is_pads;    /* ComfyUI's PixArt: the empty prompt has no end token */
    size_t width;          /* of its token embeddings; 0: every embedding fits */
    const pw_embedding *embeddings;
    size_t n_embeddings;
} pw_prompt_encoder;

/** For a CLIP tokenizer: its ids, 77 tokens, pads to the end. Set pad_id where it is another.
 * The tokenizer must outlive the uses of *encoder.   Since: 0.1 */
PW_API void pw_prompt_encoder_init(pw_prompt_encoder *encoder, const pw_tokenizer *tokenizer);

/** Where Compel cuts text that is longer than a chunk. */
typedef enum pw_split {
    PW_SPLIT_SENTENCES = 0,
    PW_SPLIT_PHRASES,
    PW_SPLIT_WORDS,
    PW_SPLIT_BRUTAL
} pw_split;

typedef struct pw_plan_options {
    size_t struct_size;
    bool wants_pooled; /* plan the sequences that pooled vectors come from */
    bool is_one_batch; /* a1111: the prompts are encoded as one batch and share means */
    bool equalizes;    /* all outputs get the same number of rows, as the dialect does it */
    /* a1111 */
    int32_t comma_backtrack; /* 0..74 tokens */
    /* compel */
    pw_split split;
    bool truncates;         /* one chunk a text */
    bool masks_padding;     /* padding_attention_mask_value 0 */
    bool removes_fragments; /* DownweightMode.REMOVE */
    /* lpw */
    int32_t chunks_max; /* max_embeddings_multiples */
    bool drops_middle;  /* no_boseos_middle */
    /* lpw-xl, sd-embed */
    bool pads_last_chunk;
    size_t n_rows_min; /* with equalizes, where a dialect fills up with the empty prompt */
} pw_plan_options;

static inline void pw_plan_options_init(pw_plan_options *options)
{
    const pw_plan_options zero = {sizeof(pw_plan_options),
                                  false,
                                  false,
                                  true,
                                  20,
                                  PW_SPLIT_SENTENCES,
                                  false,
                                  false,
                                  false,
                                  3,
                                  false,
                                  false,
                                  0};

    *options = zero;
}

/** Vector i_vector of embedding i_embedding stands in place of the token embedding of row. */
typedef struct pw_injection {
    size_t row, i_embedding, i_vector;
} pw_injection;

/** One run of the encoder. */
typedef struct pw_sequence {
    const int32_t *ids;  /* [n_tokens] */
    const uint8_t *mask; /* [n_tokens], 1 = visible as a key; NULL: all are */
    size_t n_tokens;
    const pw_injection *injections; /* by row */
    size_t n_injections;
    size_t end_row; /* of the first end token, where pooled vectors come from; n_tokens without
                       one */
    bool needs_rows, needs_pooled;
} pw_sequence;

/** A chunk, token by token. Start, end and pads have weight 1, fragment 0 and no bytes. */
typedef struct pw_chunk {
    const int32_t *ids;        /* [n_tokens]; 0 where a vector is injected */
    const double *weights;     /* [n_tokens] */
    const uint32_t *fragments; /* [n_tokens] number of the piece of text, from 1 */
    const uint64_t *begin;     /* [n_tokens] bytes of the prompt, or PW_NO_OFFSET */
    const uint64_t *end;
    const pw_injection *injections; /* rows count in the chunk */
    size_t n_tokens, n_content, n_injections;
    size_t i_span, i_branch;
    size_t i_sequence;
} pw_chunk;

/** What happens to a row. */
typedef enum pw_map_kind {
    PW_MAP_SCALE, /* z factor */
    PW_MAP_LERP,  /* e + (z - e) factor, e a row of a reference encoding */
    PW_MAP_AFFINE /* M z + shift */
} pw_map_kind;

#define PW_SAME_ROW SIZE_MAX

/** A map over a set of rows. Rows count in the encoding, not in the result. */
typedef struct pw_row_map {
    pw_map_kind kind;
    const uint32_t *rows; /* [n_rows] */
    size_t n_rows;
    double factor;
    size_t i_reference;   /* LERP: which encoding; */
    size_t reference_row; /* which row of it, or PW_SAME_ROW */
    const double *matrix; /* AFFINE: [D, D], NULL: the identity times factor */
    const double *shift;  /* AFFINE: [D], NULL: none */
} pw_row_map;

/** One encoding with its maps, times a coefficient. The sets of its maps are disjoint. */
typedef struct pw_weighting_term {
    size_t i_encoding;
    double coefficient;
    const pw_row_map *maps;
    size_t n_maps;
    bool only_mapped; /* rows in no map count as zero; else they stay as they are */
} pw_weighting_term;

#define PW_NO_SCOPE SIZE_MAX

/** Rows [first_row, first_row + n_rows) of the sum of the terms, divided by divisor. Parts that
 * name the same scope (below the number of all parts) are then all multiplied by (mean before)
 * / (mean after), over all their elements: the mean that their maps took away is restored. Such
 * a part has one term. */
typedef struct pw_weighting_part {
    const pw_weighting_term *terms;
    size_t n_terms;
    double divisor;
    size_t first_row, n_rows;
    size_t i_scope; /* or PW_NO_SCOPE */
} pw_weighting_part;

/** A result: its parts one after the other along the tokens. */
typedef struct pw_weighting {
    const pw_weighting_part *parts;
    size_t n_parts;
} pw_weighting;

/** Rows of an encoder: f32 [n_rows, D]. */
typedef struct pw_encoding {
    const float *rows;
    size_t n_rows;
} pw_encoding;

/** Compute weightings. In f64, rounded once; a row that no map of a single term touches is
 * copied bit for bit.
 *  @param encodings  [n_encodings], what terms and references name; those not named may be
 * NULL.
 *  @param out        [n_weightings], each f32 [rows of its parts, dim], or NULL: not wanted.
 *  @return PW_OK; PW_ERR_ARGUMENT (what is named is not there, or two maps of a term share a
 * row: nothing is written); PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_weighting_apply(pw_context *ctx,
                                                 const pw_weighting *weightings,
                                                 size_t n_weightings,
                                                 const pw_encoding *encodings,
                                                 size_t n_encodings, size_t dim,
                                                 float *const *out, pw_error *err);

/** What a plan makes of one condition of one prompt. */
typedef struct pw_plan_output {
    size_t i_prompt, i_condition;
    size_t n_rows;
    size_t n_cut; /* tokens at the end that do not fit and are left out */
    size_t
        i_pooled; /* the sequence that the pooled vector comes from; SIZE_MAX: none asked for */
    const pw_chunk *chunks;
    size_t n_chunks;
    pw_weighting weighting; /* i_encoding is a sequence of the plan */
} pw_plan_output;

typedef struct pw_plan pw_plan; /* immutable, may be shared by threads */

/** Plan prompts for one encoder. All must be of one dialect. The prompts may be freed
 * afterwards.
 *  @param options  NULL: the defaults.
 *  @return PW_OK; PW_ERR_ARGUMENT; PW_ERR_LIMIT; PW_ERR_NO_MEMORY; what tokenize returned.
 * Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_plan_create(pw_plan **out, pw_context *ctx,
                                             const pw_prompt *const *prompts, size_t n_prompts,
                                             const pw_prompt_encoder *encoder,
                                             const pw_plan_options *options, pw_error *err);
PW_API void pw_plan_free(pw_plan *plan);

/** What is to be encoded: different sequences only, in one batch if the encoder can.   Since:
 * 0.1
 */
PW_API size_t pw_plan_n_sequences(const pw_plan *plan);
PW_API const pw_sequence *pw_plan_sequence(const pw_plan *plan, size_t i);

/** The outputs: by prompt, then by condition.   Since: 0.1 */
PW_API size_t pw_plan_n_outputs(const pw_plan *plan);
PW_API const pw_plan_output *pw_plan_output_at(const pw_plan *plan, size_t i);

/** Sentences about what is probably not as meant ("the embedding \"x\" was not found").
 * Since: 0.1 */
PW_API size_t pw_plan_n_warnings(const pw_plan *plan);
PW_API const char *pw_plan_warning(const pw_plan *plan, size_t i);

/** Weight the encodings of a plan's sequences (encodings [n_sequences], each [n_tokens, dim]).
 *  @param out  [n_outputs], each f32 [n_rows, dim], or NULL: not wanted.
 *  @return as pw_weighting_apply.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_plan_apply(const pw_plan *plan, const float *const *encodings,
                                            size_t dim, float *const *out, pw_error *err);

/** Encode n sequences: rows[i] is f32 [n_tokens, dim] where sequence i needs rows, else NULL;
 * pooled[i] is f32 [dim_pooled] where it needs a pooled vector, else NULL. */
typedef pw_status (*pw_encode_fn)(void *user, const pw_sequence *const *sequences, size_t n,
                                  float *const *rows, float *const *pooled, pw_error *err);

/** Encode, by one call of `encode`, and apply.
 *  @param out     as pw_plan_apply.
 *  @param pooled  [n_outputs], each f32 [dim_pooled], or NULL; NULL: none.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_plan_run(const pw_plan *plan, pw_encode_fn encode, void *user,
                                          size_t dim, size_t dim_pooled, float *const *out,
                                          float *const *pooled, pw_error *err);

#ifdef __cplusplus
}
#endif

#endif
