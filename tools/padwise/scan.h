/* SPDX-License-Identifier: MIT */
/* Scans of the lab (`compare --rows`, `diff`, `padlen-scan`, `cfg-delta`, `ablate`,
 * `pool-compare`), shared by their files: text through one encoder, and what is said of rows
 * that changed. */
#ifndef TOOL_SCAN_H
#define TOOL_SCAN_H

#include "encode.h"
#include "pads.h"
#include "token_view.h"

#include <padwise/scan.h>

/* ---- scan_encode.c: texts as sequences of ids, through the encoder of -m (recipe raw). */

struct scan_encoder {
    struct app *app;
    struct pool *pool; /* of batches: the run's, unless somebody gives another */
    struct encode encode;
    pw_session *session;
    const pw_tokenizer *tokenizer;
    int32_t pad_id;
    size_t n_positions, width;
};

/* is_repeated: it will be run many times, so weights stay in memory. */
int scan_open(struct scan_encoder *encoder, struct app *app, bool is_repeated);
void scan_close(struct scan_encoder *encoder);

/* The table's length, or N of --length. */
int scan_length(struct scan_encoder *encoder, size_t *n_tokens);

/* A text, tokenized, not cut and not padded. */
struct scan_text {
    pw_text text;
    const char *name, *where; /* as text that ends; "prompt 3" for messages */
    struct tokenized tokens;
};

int scan_tokenize(struct scan_encoder *encoder, struct scan_text *text);

/* The prompts of the command line or of --from. */
int scan_read(struct scan_encoder *encoder, struct scan_text **texts, size_t *n);
void scan_free(struct scan_text *texts, size_t n);

/* Refuse a text that is cut at the length, or has no pads there. */
int scan_need_pads(const struct scan_encoder *encoder, const struct scan_text *text,
                   size_t n_tokens);

/* Sequences of one length, encoded together. */
struct scan_batch {
    size_t n, n_tokens;
    int32_t *ids;  /* [n, n_tokens] */
    uint8_t *mask; /* [n, n_tokens] */
    float *rows;   /* [n, n_tokens, width] */
    float *pooled; /* [n, width] */
};

/* Memory for n sequences, in the encoder's pool. */
int scan_start(struct scan_encoder *encoder, struct scan_batch *batch, size_t n,
               size_t n_tokens);

/* Sequence i of the batch: the text, padded, under a mask. */
void scan_put(const struct scan_encoder *encoder, struct scan_batch *batch, size_t i,
              const struct scan_text *text, pw_mask_rule mask);
int scan_run(struct scan_encoder *encoder, struct scan_batch *batch);

/* Rows of sequence i; roles beside them. */
pw_rows scan_rows(const struct scan_encoder *encoder, const struct scan_batch *batch, size_t i,
                  const pw_row_role *roles);

/* ---- scan_text.c */

/* Whether a table for people shows the row: all that are no pads, the first pad, every tenth,
 * and the last three. */
bool scan_shows(size_t i, size_t n_rows, size_t n_real);

/* The prompt as the line above its table. */
void scan_title(struct pads *pads, const char *prompt);

/* What a table's columns are, below it. */
void scan_note(struct pads *pads, const char *text);

/* "=" where the rows are equal in every bit. */
void scan_cosine(struct grid *grid, const pw_pair *pair);
void scan_l2(struct grid *grid, const pw_pair *pair);

/* "7 of 9" rows that are equal in every bit, the least cosine of those that differ, the
 * greatest distance. */
void scan_change(struct grid *grid, const pw_change *change);

/* "all 9 rows of BOS, words and EOS are equal in every bit", or how many differ and how much.
 */
void scan_say(struct builder *out, const pw_change *change, const char *rows);

/* "{"n", "n_bitwise", "first_row", "cosine_min", ...}" under a key. */
void scan_put_change(struct json *json, const char *key, const pw_change *change);

/* "position", "role", "cosine", "l2", "bitwise" of a pair of rows, as an object. */
void scan_put_pair(struct json *json, size_t position, pw_row_role role, const pw_pair *pair);

/* What the roles but pads have in common. */
void scan_real(pw_change *out, const pw_pair *pairs, const pw_row_role *roles, size_t n);

/* Curves by position, or by length; a rule where pads start (-1: none). */
struct scan_picture {
    const char *title, *footer, *x_label, *y_label;
    const pw_curve *curves;
    size_t n_curves;
    int64_t pads_start;
};

/* Where --plot says, if it does. */
int scan_draw(struct app *app, const struct scan_picture *picture);

/* A conclusion: under the table, or as the member "conclusion"; clears the builder. */
void scan_conclude(struct pads *pads, struct builder *text);

/* compare --rows, in scan_compare.c. */
int scan_compare(struct app *app);

#endif
