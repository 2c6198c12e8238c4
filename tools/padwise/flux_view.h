/* SPDX-License-Identifier: MIT */
/* `padwise flux-check`, shared by its files: conditionings of CLIP-L and the one row of each
 * that Flux reads. */
#ifndef TOOL_FLUX_VIEW_H
#define TOOL_FLUX_VIEW_H

#include "pads.h"

#define FLUX_CLIP_WIDTH 768  /* of CLIP-L, and of Flux's pooled vector */
#define FLUX_T5_WIDTH   4096 /* of T5 v1.1 XXL's rows */
#define FLUX_T5_ROWS    512  /* that diffusers asks T5 for at most */

/* A file, opened once for all the prompts in it. */
struct flux_file {
    const char *path;
    pw_tensor_set *set;
};

struct flux_input {
    const struct pads_input *rows;
    const struct flux_file *file;
    bool has_eos;
    size_t i_eos, i_last;
    const char *pooled_name; /* of the file's own pooled vector, NULL: it has none */
    const float *pooled;     /* [768] */
};

struct flux {
    struct pads pads;
    struct flux_file *files; /* [n_files] */
    size_t n_files;
    struct flux_input *inputs; /* [n] */
    size_t n;
};

/* flux_inputs.c */
int flux_read(struct flux *flux);
void flux_free(struct flux *flux);

/* Row i of an input. */
const float *flux_row(const struct flux_input *input, size_t i);

/* Whether two rows have the same bits: -0 is not 0 here, and NaN is itself. */
bool flux_rows_same(const float *a, const float *b);

/* flux_compare.c: what differs between two vectors or sets of rows. */
struct flux_difference {
    size_t n, n_differ; /* rows, and those with another bit */
    double rel_l2;      /* |a - b| / |a|: 0 where both are 0, infinity where only a is */
    double max_abs, cosine;
};

struct flux_difference flux_compare(const float *a, const float *b, size_t n_rows);

/* The rows of a role in the first of them; PW_N_ROW_ROLES: all rows. */
struct flux_difference flux_compare_role(const struct flux_input *a, const struct flux_input *b,
                                         pw_row_role role);

/* Tables, or a line of JSON, of one input; of another one beside the first. */
int flux_show(struct flux *flux, const struct flux_input *input);
int flux_show_pair(struct flux *flux, const struct flux_input *other);

/* flux_summary.c: a line an input, of three or more, and one conclusion. */
int flux_show_summary(struct flux *flux);

/* plot_flux.c: --plot. Names are checked before the work, whether it can be drawn before
 * anything is written. */
int flux_plot_check(struct app *app, const char *output);
int flux_plot_can(struct flux *flux);
int flux_plot(struct flux *flux);

/* flux_json.c */
int flux_show_json(struct flux *flux, const struct flux_input *input);
int flux_show_pair_json(struct flux *flux, const struct flux_input *other,
                        const char *conclusion);

/* flux_write.c: the file of -o. */
int flux_write(struct flux *flux, const char *path);

#endif
