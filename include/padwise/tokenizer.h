/* SPDX-License-Identifier: MIT */
/* Tokenizers: text to ids, and each id's bytes in the text. Now CLIP's byte-level BPE, in the
 * ways that the tools in use clean text before it; BERT and T5 will be further kinds behind the
 * same calls. Vocabularies come from files, never from the net. */
#ifndef PADWISE_TOKENIZER_H
#define PADWISE_TOKENIZER_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Named limits; over one is PW_ERR_LIMIT. */
#define PW_TEXT_BYTES_MAX   (64u << 20) /* one prompt */
#define PW_VOCAB_MAX        1000000
#define PW_TOKEN_BYTES_MAX  65536
#define PW_ADDED_TOKENS_MAX 16384

/** Whose cleaning of the text: one row each in docs/tokenizers.md. */
typedef enum pw_tokenizer_mode {
    PW_TOKENIZER_DEFAULT = 0, /* hf-fast for CLIP */
    PW_TOKENIZER_HF_FAST,     /* Hugging Face tokenizers (Rust); all of transformers 5 */
    PW_TOKENIZER_HF_SLOW,     /* transformers 4 CLIPTokenizer, ftfy not installed */
    PW_TOKENIZER_HF_SLOW_FTFY,
    PW_TOKENIZER_OPENAI,
    PW_TOKENIZER_OPEN_CLIP,
    PW_TOKENIZER_HF,  /* T5, later */
    PW_TOKENIZER_SPM, /* T5, later */
    PW_N_TOKENIZER_MODES
} pw_tokenizer_mode;

/** "hf-fast", "hf-slow", "hf-slow-ftfy", "openai", "open_clip", "hf", "spm"; "default". Since:
 * 0.1 */
PW_API const char *pw_tokenizer_mode_name(pw_tokenizer_mode mode);

/** The mode of that name, or -1.   Since: 0.1 */
PW_API int32_t pw_tokenizer_mode_from_name(const char *name);

/** Whether each literal "!" of a text becomes the pad token: where the pad token is declared as
 * "!" (SD2, SDXL's and SD3's second tokenizer), transformers cuts it out of prompts as a
 * special token; open_clip, ComfyUI and A1111 do not (encoders.md 1.7). */
typedef enum pw_pad_bang {
    PW_PAD_BANG_AS_DECLARED = 0, /* if the tokenizer's own configuration names "!" as its pad */
    PW_PAD_BANG_ON,
    PW_PAD_BANG_OFF
} pw_pad_bang;

typedef struct pw_tokenizer pw_tokenizer; /* immutable, may be shared by threads */

typedef struct pw_tokenizer_options {
    size_t struct_size;
    pw_tokenizer_mode mode;
    pw_pad_bang pad_bang;
} pw_tokenizer_options;

static inline void pw_tokenizer_options_init(pw_tokenizer_options *options)
{
    const pw_tokenizer_options zero = {sizeof(pw_tokenizer_options), PW_TOKENIZER_DEFAULT,
                                       PW_PAD_BANG_AS_DECLARED};

    *options = zero;
}

/** Open a vocabulary: a folder (tokenizer.json, or merges.txt with or without vocab.json;
 * tokenizer_config.json and special_tokens_map.json are read for pad token and flags), one of
 * those files, OpenAI's .txt.gz, or a .whl that carries it. A folder's "tokenizer" subfolder is
 * not searched: the caller names the folder.
 *  @return PW_OK; PW_ERR_NOT_FOUND (err says which files were looked for); PW_ERR_UNSUPPORTED
 * (a section that no CLIP tokenizer has, by name); status.h 4x-5x.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tokenizer_open(pw_tokenizer **out, pw_context *ctx,
                                                const char *path,
                                                const pw_tokenizer_options *options,
                                                pw_error *err);

/** The built-in vocabulary: CLIP's form, 8,000 merges from WordNet glosses and CLDR names.
 * Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tokenizer_open_builtin(pw_tokenizer **out, pw_context *ctx,
                                                        const pw_tokenizer_options *options,
                                                        pw_error *err);
PW_API void pw_tokenizer_free(pw_tokenizer *tokenizer);

typedef struct pw_tokenizer_info {
    const char *kind; /* "clip" */
    pw_tokenizer_mode mode;
    bool is_builtin, pad_bang;
    int32_t n_vocab;                                       /* ids are 0..n_vocab - 1 */
    int32_t bos_id, eos_id, pad_id, unk_id;                /* -1: none */
    const char *bos_text, *eos_text, *pad_text, *unk_text; /* live as long as the tokenizer */
    int32_t max_length; /* model_max_length of the configuration; 77 without one */
} pw_tokenizer_info;

PW_API void pw_tokenizer_get_info(const pw_tokenizer *tokenizer, pw_tokenizer_info *info);

/** The tokens of one text. Added tokens (bos, eos, pads) have begin == end == PW_NO_OFFSET.
 * Offsets are bytes of the text as given: through cleaning, NFC and lower-casing. They never
 * run backwards, and what lies between two tokens is what the tokenizer dropped. */
typedef struct pw_tokens {
    int32_t *ids;    /* [n_tokens] */
    uint64_t *begin; /* [n_tokens] */
    uint64_t *end;   /* [n_tokens] */
    size_t n_tokens; /* with bos, eos and pads */
    size_t n_real;   /* without pads: what the mask "hf" sees */
    size_t n_cut;    /* content tokens that the length rule cut off */
    pw_context *ctx;
    size_t capacity;
} pw_tokens;

/** bos + content + eos of one text, nothing cut, nothing padded.
 *  @param text  `size` bytes of UTF-8, may hold NUL.
 *  @param out   filled; free with pw_tokens_free. Zeroed on failure.
 *  @return PW_OK; PW_ERR_UTF8 (err->offset); PW_ERR_LIMIT; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tokenizer_encode(const pw_tokenizer *tokenizer,
                                                  const char *text, size_t size, pw_tokens *out,
                                                  pw_error *err);
PW_API void pw_tokens_free(pw_tokens *tokens);

/** The same for many texts, on the context's threads: ids and offsets are those of n_texts
 * single calls, for any number of threads.
 *  @param texts  n_texts pointers to UTF-8, sizes beside them; NULL is the empty text.
 *  @param out    pw_tokens [n_texts], filled; free each with pw_tokens_free. On failure all are
 * zeroed and nothing is left to free.
 *  @return as pw_tokenizer_encode, for the first text that fails: err->where says which
 * ("prompt 3" is texts[2]).   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tokenizer_encode_batch(const pw_tokenizer *tokenizer,
                                                        const char *const *texts,
                                                        const size_t *sizes, size_t n_texts,
                                                        pw_tokens *out, pw_error *err);

/** LengthNormalization (Vogel 2025, section 2; encoders.md 1.7): cut the content so that bos
 * ... eos fits `length`, keeping eos as the last token, then pad on the right with pad_id up to
 * `length`. In place; n_real, n_cut are set.
 *  @param length  at least 2.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tokens_normalize(pw_tokens *tokens, size_t length,
                                                  int32_t pad_id, pw_error *err);

/** Masks over the keys of a sequence. */
typedef enum pw_mask_rule {
    PW_MASK_HF =
        0, /* 1 for the first n_real tokens: by length, so eos stays visible when pad = eos */
    PW_MASK_NONE,    /* all 1 */
    PW_MASK_LECTURE, /* a_i = 0 where the id equals pad: hides eos too when pad = eos */
    PW_N_MASK_RULES
} pw_mask_rule;

/** "hf", "none", "lecture".   Since: 0.1 */
PW_API const char *pw_mask_rule_name(pw_mask_rule rule);
PW_API int32_t pw_mask_rule_from_name(const char *name);

/** The mask of one normalized sequence.
 *  @param mask  u8 [tokens->n_tokens], 1 = visible, caller-owned.   Since: 0.1 */
PW_API void pw_tokens_mask(const pw_tokens *tokens, pw_mask_rule rule, int32_t pad_id,
                           uint8_t *mask);

/** Text of one id, as in the vocabulary file ("beaver</w>") or, with `plain`, its bytes
 * ("beaver ").
 *  @param out  capacity bytes, terminated; may be NULL to ask for the size.
 *  @return bytes needed without the terminator; 0 for an id outside the vocabulary.   Since:
 * 0.1 */
PW_API size_t pw_tokenizer_token_text(const pw_tokenizer *tokenizer, int32_t id, bool plain,
                                      char *out, size_t capacity);

/** Ids back to text: byte symbols to bytes, "</w>" to a space, special tokens left out, the
 * last space dropped. Bytes that are not UTF-8 stay as they are.
 *  @return bytes needed without the terminator (size query with out NULL, as above).   Since:
 * 0.1 */
PW_API size_t pw_tokenizer_decode(const pw_tokenizer *tokenizer, const int32_t *ids,
                                  size_t n_ids, char *out, size_t capacity);

/** Write vocab.json, merges.txt, tokenizer.json and tokenizer_config.json into a folder (made
 * if absent), each whole or not at all.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tokenizer_save(const pw_tokenizer *tokenizer,
                                                const char *folder, pw_error *err);

/** Train a vocabulary in CLIP's form: 256 byte symbols, the same with "</w>", n_merges merges
 * of the most frequent adjacent pair within words (ties: the pair with the smaller ids), bos
 * and eos last. The same text gives the same merges on every machine.
 *  @param texts  n_texts pointers to UTF-8, sizes beside them.
 *  @return PW_OK; PW_ERR_ARGUMENT (fewer pairs in the text than n_merges: err says how many
 * there are).   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tokenizer_train(pw_tokenizer **out, pw_context *ctx,
                                                 const char *const *texts, const size_t *sizes,
                                                 size_t n_texts, int32_t n_merges,
                                                 pw_error *err);

#ifdef __cplusplus
}
#endif

#endif
