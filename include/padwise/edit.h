/* SPDX-License-Identifier: MIT */
/* Edits: what is done to chosen rows of a sequence, as text (docs/edits.md):
 *
 *     pads: zero; first 3 of pads: scale 0.5; 12..20: lerp 0.3 to "an otter"
 *
 * Parsed once, applied to any number of sequences, in order. Each statement is computed in f64
 * and rounded once to the tensor's dtype, so that "A; B" gives the bits of A and then B; rows
 * that no statement changes keep their bits. */
#ifndef PADWISE_EDIT_H
#define PADWISE_EDIT_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Named limits; over one is PW_ERR_LIMIT. */
#define PW_EDIT_TEXT_MAX (1u << 20) /* bytes */
#define PW_EDITS_MAX     1024       /* statements */
#define PW_EDIT_ROWS_MAX 65536      /* of a sequence */
#define PW_EDIT_DAMP_MAX 1024       /* rows or columns of damp, the lesser of them */

/** What a row of a sequence stands for. */
typedef enum pw_row_role {
    PW_ROW_UNKNOWN = 0,
    PW_ROW_BOS,
    PW_ROW_WORD,
    PW_ROW_EOS,
    PW_ROW_PAD,
    PW_N_ROW_ROLES
} pw_row_role;

/** "unknown", "bos", "word", "eos", "pad"; "?" for none.   Since: 0.1 */
PW_API const char *pw_row_role_name(pw_row_role role);

/** Roles of bos + words + eos + pads.
 *  @param n_real  rows that are no pads, bos and eos among them; 0: all roles are unknown.
 *  Since: 0.1 */
PW_API void pw_row_roles_fill(pw_row_role *roles, size_t n_rows, size_t n_real);

/** Where roles are known from. */
typedef enum pw_roles_from {
    PW_ROLES_UNKNOWN = 0,
    PW_ROLES_FIELD,    /* "n_real" or "n_tokens" beside the tensor */
    PW_ROLES_MANIFEST, /* the chunks that padwise wrote down */
    PW_ROLES_MASK      /* a tensor attention_mask, ones and then zeros */
} pw_roles_from;

/** Roles of a prompt's rows by what the set itself says.
 *  @param roles  [n_rows], caller-owned; all unknown where *from is PW_ROLES_UNKNOWN.
 *  @return PW_OK; PW_ERR_FIELD (a field that cannot be true); PW_ERR_NO_MEMORY. Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_row_roles_of_set(const pw_tensor_set *set, pw_context *ctx,
                                                  size_t i_prompt, pw_row_role *roles,
                                                  size_t n_rows, pw_roles_from *from,
                                                  pw_error *err);

typedef enum pw_edit_rows_kind {
    PW_EDIT_ROWS_ALL,
    PW_EDIT_ROWS_BOS,
    PW_EDIT_ROWS_EOS,
    PW_EDIT_ROWS_WORDS,
    PW_EDIT_ROWS_PADS,
    PW_EDIT_ROWS_RANGE /* first..last */
} pw_edit_rows_kind;

typedef enum pw_edit_part {
    PW_EDIT_WHOLE,
    PW_EDIT_FIRST,  /* n of them */
    PW_EDIT_LAST,   /* n of them */
    PW_EDIT_NEAREST /* percent of them, rounded down, by distance to the row of eos */
} pw_edit_part;

typedef struct pw_edit_rows {
    pw_edit_rows_kind kind;
    pw_edit_part part;
    size_t first, last; /* both inclusive */
    size_t n;
    double percent; /* 0..100 */
} pw_edit_rows;

typedef enum pw_edit_operation {
    PW_EDIT_ZERO,
    PW_EDIT_MEAN, /* each of the rows becomes the mean of the rows */
    PW_EDIT_CONSTANT,
    PW_EDIT_SCALE,
    PW_EDIT_ADD,
    PW_EDIT_INVERT,      /* the sign of every element */
    PW_EDIT_NOISE,       /* the rows become numpy.random.normal(0, x, [rows, dim]) */
    PW_EDIT_ADD_NOISE,   /* the same, added */
    PW_EDIT_CLEAN,       /* rows of a sequence of pads alone, by position */
    PW_EDIT_CLEAN_EMPTY, /* rows of the empty prompt, by position */
    PW_EDIT_EOS,         /* copies of the row of eos */
    PW_EDIT_FROM,
    PW_EDIT_SWAP, /* as FROM by position, with a source of the same number of rows */
    PW_EDIT_LERP, /* x of the way to the source's rows */
    PW_EDIT_DAMP, /* the rows' singular values s become s exp(-s) */
    PW_EDIT_ID    /* before the encoder: the rows' token id */
} pw_edit_operation;

typedef enum pw_edit_source_kind {
    PW_EDIT_SOURCE_NONE,
    PW_EDIT_SOURCE_FILE,
    PW_EDIT_SOURCE_PROMPT,
    PW_EDIT_SOURCE_CLEAN,      /* a sequence of pads alone, as long as the edited one */
    PW_EDIT_SOURCE_CLEAN_EMPTY /* the empty prompt */
} pw_edit_source_kind;

typedef struct pw_edit_source {
    pw_edit_source_kind kind;
    const char *text; /* the path or the prompt, terminated, unescaped */
    size_t size;
} pw_edit_source;

typedef struct pw_edit {
    pw_edit_rows rows;
    pw_edit_operation operation;
    double x;      /* of CONSTANT SCALE ADD LERP; sigma of NOISE */
    uint32_t seed; /* of NOISE */
    int32_t id;
    bool is_by_eos; /* row eos + k is the source's row eos + k, not the row of its number */
    pw_edit_source source;
} pw_edit;

typedef struct pw_edits pw_edits; /* immutable, may be shared by threads */

/** Parse statements separated by ";". Blank space between words is free; one ";" may end the
 * text. `id` stands before all other operations, since it acts before the encoder.
 *  @return PW_OK; PW_ERR_ARGUMENT (err->offset is the byte, err->text what is expected there);
 *  PW_ERR_LIMIT; PW_ERR_UTF8; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_edits_parse(pw_edits **out, pw_context *ctx, const char *text,
                                             size_t size, pw_error *err);
PW_API void pw_edits_free(pw_edits *edits);
PW_API size_t pw_edits_n(const pw_edits *edits);

/** Statement i; lives as long as the edits. NULL past the end.   Since: 0.1 */
PW_API const pw_edit *pw_edits_at(const pw_edits *edits, size_t i);

/** The statements in one spelling, which parses to the same: what manifests hold. Since: 0.1 */
PW_API const char *pw_edits_text(const pw_edits *edits);

/** Which rows a statement means.
 *  @param roles     [n_rows], or NULL: all unknown.
 *  @param selected  u8 [n_rows], caller-owned: 1 for each row that is meant.
 *  @return PW_OK; PW_ERR_ARGUMENT: rows that are not there, or roles that are unknown. Since:
 * 0.1 */
PW_NODISCARD PW_API pw_status pw_edit_select(const pw_edit_rows *rows, const pw_row_role *roles,
                                             size_t n_rows, uint8_t *selected, pw_error *err);

/** A source's rows. */
typedef struct pw_edit_sequence {
    const double *values; /* [n_rows, dim] */
    size_t n_rows, dim;
    const pw_row_role *roles; /* [n_rows], or NULL: all unknown */
} pw_edit_sequence;

/** Gets the rows of sources. What it gives must live until pw_edits_apply returns. */
typedef struct pw_edit_sources {
    pw_status (*open)(void *user, const pw_edit_source *source, pw_edit_sequence *out,
                      pw_error *err);
    void *user;
} pw_edit_sources;

typedef struct pw_edit_report {
    size_t n_changed;   /* rows that some statement wrote */
    size_t n_unmatched; /* rows that `by eos` left as they are: the source ends before */
} pw_edit_report;

/** Apply to one sequence, in place. `id` is the caller's, before the encoder: it is passed over
 * here. A failing call leaves the tensor as it was.
 *  @param tensor   F32, F16, BF16 or F64, [n_rows, dim] or [1, n_rows, dim].
 *  @param roles    [n_rows], or NULL: all unknown.
 *  @param sources  may be NULL where no statement has a source.
 *  @param report   may be NULL.
 *  @return PW_OK; PW_ERR_ARGUMENT (as pw_edit_select; a statement without its source);
 *  PW_ERR_MISMATCH (a source of another width or length); PW_ERR_UNSUPPORTED (the tensor's
 *  dtype or rank); PW_ERR_LIMIT; PW_ERR_NO_MEMORY; what sources->open returns.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_edits_apply(const pw_edits *edits, pw_context *ctx,
                                             pw_tensor *tensor, const pw_row_role *roles,
                                             const pw_edit_sources *sources,
                                             pw_edit_report *report, pw_error *err);

/** The edits that a set says were made of it: of its manifest, else of the exchange form's own
 * fields ("manipulation": "Scale", "Invert", "Zero Range").
 *  @param out  NULL where it says nothing; free with pw_edits_free.
 *  @return PW_OK; PW_ERR_FIELD (fields that contradict each other); what pw_edits_parse
 *  returns.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_edits_of_set(pw_edits **out, pw_context *ctx,
                                              const pw_tensor_set *set, pw_error *err);

/** Write down in the set's manifest that these were made of it, behind those that it has
 * already. A set without a manifest gets one that holds the edits alone.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_edits_record(const pw_edits *edits, pw_context *ctx,
                                              pw_tensor_set *set, pw_error *err);

/** The same in the exchange form's own fields.
 *  @param n_rows         of the embedding.
 *  @param original_base  name of the unedited file, or NULL.
 *  @return PW_OK; PW_ERR_UNSUPPORTED: these edits are none of the form's three ("all: scale X",
 *  "all: invert", rows zeroed from the first on or to the last). Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_edits_put_exchange(const pw_edits *edits, pw_context *ctx,
                                                    pw_tensor_set *set, size_t n_rows,
                                                    const char *original_base, pw_error *err);

#ifdef __cplusplus
}
#endif

#endif
