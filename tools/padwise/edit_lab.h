/* SPDX-License-Identifier: MIT */
/* What `edit` and `sweep` share: the conditioning that is edited, the sources that edits name,
 * and the files that come out. */
#ifndef TOOL_EDIT_LAB_H
#define TOOL_EDIT_LAB_H

#include <padwise/edit.h>

#include "encode.h"
#include "pads.h"
#include "roles.h"

/* ---- edit_encoder.c: prompts to rows, by -m and -r; opened when the first is asked for. */

struct edit_encoder {
    struct app *app;
    struct encode encode;
    pw_manifest *manifest; /* of the edited file: its recipe is that of the sources */
    bool is_open;
};

/* The choices of the options, over those of the manifest (NULL: none). */
int edit_encoder_start(struct app *app, struct edit_encoder *encoder, const char *manifest);
int edit_encoder_encode(struct edit_encoder *encoder, pw_text prompt, pw_tensor_set **out);

/* A sequence of n_rows pads alone, as last_hidden_state. */
int edit_encoder_clean(struct edit_encoder *encoder, size_t n_rows, pw_tensor_set **out);
void edit_encoder_close(struct edit_encoder *encoder);

/* ---- edit_subject.c: what is edited. */

/* A tensor of the set that edits apply to: a sequence a prompt. */
struct edit_tensor {
    const char *name;
    size_t n_prompts, n_rows, dim;
    pw_row_role *roles; /* [n_prompts, n_rows] */
    size_t n_real;      /* of the first prompt, 0: not known */
    enum roles_from roles_from;
};

#define EDIT_TENSORS_MAX 4

struct edit_subject {
    struct app *app;
    const char *given; /* a path, or the prompt */
    bool is_file;
    pw_format format; /* of the file */
    pw_tensor_set *set;
    bool drops_others; /* results hold the edited tensors alone */
    bool widens;       /* and hold them as F64: nothing is rounded */
    struct edit_tensor tensors[EDIT_TENSORS_MAX];
    size_t n_tensors;
    struct roles_reader roles;
    struct edit_encoder encoder;
    struct edit_source_set *sources; /* opened so far, in the pool */
    size_t n_sources, n_sources_max;
};

/* INPUT: a file where there is one of that name, else a prompt. `edits` may say the pads' id,
 * which acts before the encoder. NULL: nothing is known of them. */
int subject_open(struct app *app, struct edit_subject *subject, const char *given,
                 const pw_edits *edits);
void subject_close(struct edit_subject *subject);

/* A set's tensor as the rows of prompt i. */
pw_tensor subject_rows(const pw_tensor_set *set, const struct edit_tensor *tensor, size_t i);

/* Says on stderr where pads begin, and how that is known. */
void subject_introduce(const struct edit_subject *subject);

/* ---- edit_sources.c */

/* A file, a prompt or pads that edits name, and its rows beside a tensor of the subject. */
struct edit_source_set {
    pw_edit_source source;
    size_t n_rows; /* of a clean sequence */
    pw_tensor_set *set;
    struct edit_source_rows *rows; /* linked */
};

/* Opens every source that the edits name. */
int sources_open(struct edit_subject *subject, const pw_edits *edits);
void sources_close(struct edit_subject *subject);

/* Whose rows came in with the sources, written down where the result does not say it itself. */
int sources_record_credit(struct edit_subject *subject, pw_tensor_set *result);

/* The user of pw_edit_sources: one call of pw_edits_apply. */
struct edit_source_call {
    struct edit_subject *subject;
    const struct edit_tensor *tensor;
    size_t i_prompt;
    int status; /* of what failed and was said */
};

pw_status sources_find(void *user, const pw_edit_source *source, pw_edit_sequence *out,
                       pw_error *err);

/* ---- edit_write.c: a copy of the subject's set, edited and written down. */

struct edit_result {
    pw_tensor_set *set;
    pw_edit_report reports[EDIT_TENSORS_MAX]; /* all prompts together */
    const char *credit;                       /* NULL: none is due */
};

int result_make(struct edit_subject *subject, const pw_edits *edits,
                struct edit_result *result);
void result_free(struct edit_result *result);

/* Whether result_make can: before a folder is made, or the first of several files written. */
int result_try(struct edit_subject *subject, const pw_edits *edits);

/* The format of a file of that name: --format, its ending, else the input's. */
int result_format(const struct edit_subject *subject, const char *path, pw_format *format);

int result_save(const struct edit_subject *subject, const struct edit_result *result,
                const char *path, pw_format format);

/* Parses --edit; says which byte is wrong. */
int edits_parse(struct app *app, const char *text, pw_edits **edits);

/* ---- plot_edit.c: --plot. Each does nothing without it. */

#define EDIT_PICTURE_MAX 9

struct edit_picture {
    struct pads_input inputs[EDIT_PICTURE_MAX];
    const char *labels[EDIT_PICTURE_MAX];
    size_t n;
    const char *before, *edits; /* chains; NULL: none */
    const char *credit;         /* NULL: none is due */
};

/* Before the work: names that no picture can have, or that -o has already. */
int edit_picture_check(struct app *app, const char *output);

/* Keeps a set's rows as the next panel; the label is kept as it is. */
int edit_picture_take(struct edit_subject *subject, const pw_tensor_set *set, const char *label,
                      struct edit_picture *picture);
int edit_picture_draw(struct edit_subject *subject, struct edit_picture *picture,
                      bool has_difference);

/* ---- edit_variants.c */
int edit_variants(struct edit_subject *subject, const char *folder);

#endif
