/* SPDX-License-Identifier: MIT */
/* Text encoders: weights in memory, ready to run. A model never changes after it is open and
 * may be shared by threads; what one thread needs to run it lives in a pw_session. Layouts:
 * docs/models/layouts.md; the mathematics: docs/models/clip.md. */
#ifndef PADWISE_MODEL_H
#define PADWISE_MODEL_H

#include "file.h"
#include "tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Named limits on what a weight file may declare. */
#define PW_MODEL_WIDTH_MAX     65536
#define PW_MODEL_LAYERS_MAX    1024
#define PW_MODEL_POSITIONS_MAX 65536

/* Sequences of one call among which equal prefixes are found; of a larger batch, so many at a
 * time. */
#define PW_ENCODE_SORT_MAX 65536

typedef enum pw_activation {
    PW_ACTIVATION_DEFAULT =
        0, /* config.json's hidden_act; without one: width 512 and 768 quick_gelu, else gelu */
    PW_ACTIVATION_QUICK_GELU, /* x sigmoid(1.702 x) */
    PW_ACTIVATION_GELU,       /* x (1 + erf(x / sqrt 2)) / 2 */
    PW_N_ACTIVATIONS
} pw_activation;

PW_API const char *pw_activation_name(pw_activation activation);
PW_API int32_t pw_activation_from_name(const char *name);

/** Which row is the pooled one. */
typedef enum pw_pool_rule {
    PW_POOL_DEFAULT = 0, /* config.json: eos_token_id 2 (all published files) or no config:
                            argmax; else first eos */
    PW_POOL_ARGMAX,      /* the first position of the largest id */
    PW_POOL_FIRST_EOS,   /* the first position whose id is eos; row 0 if there is none */
    PW_N_POOL_RULES
} pw_pool_rule;

PW_API const char *pw_pool_rule_name(pw_pool_rule rule);

/** Where a model's weights are while it is open. */
typedef enum pw_weights_mode {
    PW_WEIGHTS_RESIDENT = 0, /* read and reordered once, all of them in memory; nothing of the
                                file stays open */
    PW_WEIGHTS_STREAMED, /* the file stays open, and every window of every pw_model_encode reads
                            the blocks that it runs again, one after the other, into memory for
                            one block that the session owns. For few prompts, where reading is
                            once anyway and memory for all weights costs more than it saves, and
                            for encoders larger than memory. The same bits.
                            A file that is put in the place of this one changes nothing: the one
                            that was opened is read. One that is written to is noticed by its
                            size and time of change before its numbers are handed out, and
                            pw_model_encode returns PW_ERR_MISMATCH or PW_ERR_TRUNCATED */
    PW_N_WEIGHTS_MODES
} pw_weights_mode;

typedef struct pw_model pw_model;

typedef struct pw_model_options {
    size_t struct_size;
    pw_precision precision;
    pw_activation activation;
    pw_pool_rule pool;
    bool strict;             /* as pw_file_options.strict */
    pw_weights_mode weights; /* the built-in model is always resident */
    bool skips_fingerprint;  /* info.fingerprint is "": 4 MiB less to read and digest */
} pw_model_options;

static inline void pw_model_options_init(pw_model_options *options)
{
    const pw_model_options zero = {sizeof(pw_model_options),
                                   PW_PRECISION_HIGHEST,
                                   PW_ACTIVATION_DEFAULT,
                                   PW_POOL_DEFAULT,
                                   false,
                                   PW_WEIGHTS_RESIDENT,
                                   false};

    *options = zero;
}

typedef struct pw_model_info {
    const char *name; /* "clip_l", "clip_h", "clip_g", "clip_b32", else "clip": by its sizes */
    const char *kind; /* "clip" */
    const char *layout; /* row of the layouts table, "hf", "sdxl", ... */
    const char *tensor_prefix;
    int32_t width, n_layers, n_heads, mlp, n_vocab, n_positions;
    int32_t projection; /* width of text_embeds; 0: the file has no projection */
    pw_activation activation;
    bool activation_is_guess; /* neither config.json nor the caller said it */
    pw_pool_rule pool;
    int32_t eos_id; /* for PW_POOL_FIRST_EOS; -1: the tokenizer's */
    float epsilon;
    pw_dtype dtype; /* of the matrices in the file; scaled fp8 reports F8_E4M3 */
    uint64_t n_parameters;
    uint64_t size_bytes;    /* of the encoder's tensors in the file's dtype */
    pw_precision precision; /* used, not asked for */
    pw_level level;
    bool is_builtin;
    char fingerprint[PW_FINGERPRINT_HEX + 1]; /* of the file; "" for the built-in model, and if
                                                 it was not asked for */
    pw_weights_mode weights;                  /* of a scan: as the options ask */
} pw_model_info;

/** Open the text encoder in `path`: a Hugging Face folder, a single checkpoint or a split file
 * (docs/models/layouts.md).
 *  @param which  encoder of a file that holds several ("clip_l", "clip_g"), or NULL for the
 * only one.
 *  @return PW_OK; PW_ERR_NOT_FOUND (no text encoder, or several and which is NULL: err names
 * them); PW_ERR_FORMAT and its kin (err says the tensor or byte); PW_ERR_UNSUPPORTED;
 * PW_ERR_NO_MEMORY; PW_ERR_CANCELLED. Memory: the encoder's tensors in the file's dtype;
 * streamed: the position table, the final norm and the projection.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_model_open(pw_model **out, pw_context *ctx, const char *path,
                                            const char *which, const pw_model_options *options,
                                            pw_error *err);

/** The built-in model: CLIP's form, the built-in vocabulary, weights drawn from a fixed seed.
 * It is UNTRAINED: its numbers show how everything works and mean nothing.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_model_open_builtin(pw_model **out, pw_context *ctx,
                                                    const pw_model_options *options,
                                                    pw_error *err);
PW_API void pw_model_free(pw_model *model);
PW_API void pw_model_get_info(const pw_model *model, pw_model_info *info);

/** The text encoders that a file holds, without reading weights: info of each (precision, level
 * and pool as the options would give).
 *  @param infos  [capacity], may be NULL to ask for the count; strings live as long as the
 * scan.   Since: 0.1 */
typedef struct pw_model_scan pw_model_scan;
PW_NODISCARD PW_API pw_status pw_model_scan_open(pw_model_scan **out, pw_context *ctx,
                                                 const char *path,
                                                 const pw_model_options *options,
                                                 pw_error *err);
PW_API void pw_model_scan_free(pw_model_scan *scan);
PW_API size_t pw_model_scan_n(const pw_model_scan *scan);
PW_API const pw_model_info *pw_model_scan_info(const pw_model_scan *scan, size_t i);

/** The scratch of one thread; one session per thread, any number may share a model. */
typedef struct pw_session pw_session;

/** @param n_rows_max  rows that are computed in one piece, a row being one token that no other
 * sequence shares; what has more runs in windows. At least one sequence always fits. 0: 77
 * * 16. Memory: 9 D + F + P floats a row and what the products need, of the widths of
 * pw_model_info; of a streamed model the largest block, too. Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_session_create(pw_session **out, pw_model *model,
                                                size_t n_rows_max, pw_error *err);
PW_API void pw_session_free(pw_session *session);

typedef enum pw_output_kind {
    PW_OUTPUT_HIDDEN_STATE, /* f32 [B, T, D]: hidden_states.layer; 0 = embeddings, i = after
                               block i */
    PW_OUTPUT_LAST_HIDDEN_STATE, /* f32 [B, T, D]: final norm of hidden_states.n_layers */
    PW_OUTPUT_POOLED,            /* f32 [B, D]: row of last_hidden_state at the pool position */
    PW_OUTPUT_TEXT_EMBEDS,       /* f32 [B, P]: pooled projected, no bias */
    PW_OUTPUT_ATTENTION /* f32 [B, H, T, T]: weights of attention in block `layer`, 1 to
                           n_layers: [b][h][t][s] is what the query at t takes of the key at s.
                           0 where t does not see s; a query's weights sum to 1. Of the block's
                           own q and k, in f64, rounded once (docs/attention.md) */
} pw_output_kind;

typedef struct pw_output {
    pw_output_kind kind;
    int32_t layer;   /* of a hidden state or attention; negative counts from the end, -1 =
                        n_layers */
    bool final_norm; /* of a hidden state: final norm applied */
    float *data;     /* caller-owned */
    size_t capacity; /* floats */
} pw_output;

/** A batch of sequences of one length. */
typedef struct pw_batch {
    const int32_t *ids;  /* [n_prompts, n_tokens] */
    const uint8_t *mask; /* [n_prompts, n_tokens], 1 = this key is visible; NULL: all. Composed
                          * with the causal rule. A row that may see no key at all sees itself
                          * (docs/models/clip.md, "A row with no visible key") */
    size_t n_prompts, n_tokens;
    const float *vectors; /* [n_vectors, D] or NULL. Textual inversion: id n_vocab + i stands
                           * for row i of these in place of a token embedding; it is never the
                           * pooled token */
    size_t n_vectors;
} pw_batch;

/** Encode. Computes only what the outputs need: sequences that begin alike (in id and mask)
 * share those rows, tokens behind the pooled one are left out where nothing else is wanted, and
 * so are layers behind the last one wanted (docs/models/clip.md, "Which rows are computed").
 * None of it changes a bit.
 *  @return PW_OK; PW_ERR_ARGUMENT (an id outside the vocabulary, more tokens than positions, a
 * layer that is not there); PW_ERR_UNSUPPORTED (text_embeds without a projection);
 * PW_ERR_CAPACITY; PW_ERR_CANCELLED; of a streamed model PW_ERR_IO, PW_ERR_TRUNCATED and
 * PW_ERR_MISMATCH (the file was written to since it was opened). Outputs are undefined on
 * failure. Threads: one call per session at a time. Allocates nothing.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_model_encode(pw_session *session, const pw_batch *batch,
                                              const pw_output *outputs, size_t n_outputs,
                                              pw_error *err);

/** One step's output, as it is computed (docs/models/clip.md, "The chain"). */
typedef struct pw_trace {
    const char *name;  /* "embedding"; of a block, in this order: "norm1", "q", "k", "v",
                          "attention", "out", "norm2", "fc1" (with its activation), "fc2",
                          "block". out and fc2 are what is added to the residual stream, block is
                          that stream behind it: hidden_states.layer */
    int32_t layer;     /* 0: embedding; i: block i */
    const float *rows; /* [n_rows, width], row i at rows + i * stride; valid during the call */
    size_t n_rows, width, stride;
} pw_trace;

typedef void (*pw_trace_fn)(void *user, const pw_trace *trace);

/** Look on: `trace` gets every step of every window of the calls of pw_model_encode that
 * follow, on the calling thread. Rows are those that are computed: of one sequence and an
 * output of all its tokens, its tokens in order; of several, sorted, what they share once.
 * Steps that are no outputs by themselves are computed for it; nothing else changes a bit.
 *  @param trace  NULL: nobody looks on, which costs nothing.   Since: 0.1 */
PW_API void pw_session_set_trace(pw_session *session, pw_trace_fn trace, void *user);

/** What the last pw_model_encode of a session did; zeros before the first and where its
 * arguments were refused. */
typedef struct pw_session_stats {
    size_t struct_size;
    uint64_t n_sequences;
    uint64_t n_rows_given;    /* sequences times tokens */
    uint64_t n_rows_computed; /* different prefixes that the outputs need, in each window */
    uint64_t n_windows;
    uint64_t flops; /* 2 for each multiply-add of rows that were computed: queries, keys,
                       values, output, MLP, projection, and attention's scores and weighted sums
                       over the keys that a query sees. Norms, softmax and activations are not
                       counted */
} pw_session_stats;

static inline void pw_session_stats_init(pw_session_stats *stats)
{
    const pw_session_stats zero = {sizeof(pw_session_stats), 0, 0, 0, 0, 0};

    *stats = zero;
}

/** @param stats  made by pw_session_stats_init.   Since: 0.1 */
PW_API void pw_session_get_stats(const pw_session *session, pw_session_stats *stats);

/** Kinds that pw_model_init_files knows: "clip-l", "clip-h", "clip-bigg", "clip-b32", "tiny";
 * NULL past the end.   Since: 0.1 */
PW_API const char *pw_model_init_kind(size_t i);

/** Write a random checkpoint in HF layout: config.json, model.safetensors and, where a
 * tokenizer is given, its files. The same seed gives the same bytes on every machine.
 *  @param dtype  F32, F16 or BF16.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_model_init_files(pw_context *ctx, const char *kind,
                                                  uint64_t seed, pw_dtype dtype,
                                                  const pw_tokenizer *tokenizer,
                                                  const char *folder, pw_error *err);

#ifdef __cplusplus
}
#endif

#endif
