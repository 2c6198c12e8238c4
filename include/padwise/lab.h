/* SPDX-License-Identifier: MIT */
/* The padding lab: measures over the rows of conditioning tensors, by what stands in them.
 *
 * Experimental: this header declares nothing unless PADWISE_EXPERIMENTAL is defined before it,
 * and what it declares may change in any version.
 *
 * Rows are f32 [n_rows, width] with a role each; where pads start is the caller's to know
 * (pw_row_roles_of_set, pw_row_roles_fill of edit.h). All measures are computed in f64 and
 * return numbers and arrays; nothing here draws or prints. Random draws depend on a seed alone.
 * Every function: threads any.
 *
 * A measure of several prompts takes one vector of each (a place: the row at a position, the
 * EOS row, the mean of the pads) and their pairs; so a number never rests on a single pair
 * without saying so. */
#ifndef PADWISE_LAB_H
#define PADWISE_LAB_H

#ifdef PADWISE_EXPERIMENTAL

#include <stdbool.h>

#include "edit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Limits; over one: PW_ERR_LIMIT. */
#define PW_LAB_ROWS_MAX   8192  /* of one input */
#define PW_LAB_WIDTH_MAX  65536 /* of one row */
#define PW_LAB_INPUTS_MAX 1024  /* of one measure across inputs */
#define PW_LAB_CURVES_MAX 64    /* of one cut */

/* ---- Rows and roles ---- */

/** A view; nothing is owned. */
typedef struct pw_rows {
    const float *values;      /* [n_rows, width] */
    const pw_row_role *roles; /* [n_rows] */
    size_t n_rows, width;
} pw_rows;

/** Refuse rows that cannot be measured.
 *  @return PW_OK; PW_ERR_ARGUMENT (no rows, no values in a row); PW_ERR_LIMIT; PW_ERR_FORMAT (a
 * value is NaN or infinite: err says where).   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_rows_check(const pw_rows *rows, pw_error *err);

/** The positions of a role, ascending.
 *  @param chosen  [n_rows], or NULL to count.
 *  @return how many there are.   Since: 0.1 */
PW_API size_t pw_rows_choose(const pw_rows *rows, pw_row_role role, size_t *chosen);

/* ---- Single rows and pairs ---- */

typedef struct pw_row_stats {
    double mean, std, min, max, l2; /* std: divisor width */
} pw_row_stats;

PW_API void pw_row_measure(pw_row_stats *out, const float *row, size_t width);

/** Two vectors. */
typedef struct pw_pair {
    double cosine; /* NaN if one of them is all zeros */
    double l2;     /* of the difference */
    bool is_bitwise;
} pw_pair;

/** Bitwise identical rows have the cosine 1 to the last bit.   Since: 0.1 */
PW_API void pw_row_compare(pw_pair *out, const float *a, const float *b, size_t width);

/** Rows of one role. */
typedef struct pw_group {
    size_t n;
    double norm_mean, norm_min, norm_max; /* NaN where n is 0 */
    double energy;                        /* share of the squared norm of all rows */
} pw_group;

PW_API void pw_rows_group(pw_group *out, const pw_rows *rows, pw_row_role role);

/* ---- Estimates ---- */

/** Draws of the bootstrap. */
#define PW_BOOTSTRAP_DRAWS 2000

/** A mean of n values with their spread, and the bootstrap's 95 % interval (percentiles) for
 * the mean. The interval is NaN below three independent items. */
typedef struct pw_estimate {
    size_t n_items;                   /* drawn independently: values, or prompts */
    size_t n_values;                  /* values, or pairs of prompts */
    double mean, min, max, low, high; /* NaN where there are no values */
} pw_estimate;

/** NaN among the values is left out.
 *  @return PW_OK; PW_ERR_LIMIT; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_estimate_mean(pw_estimate *out, pw_context *ctx,
                                               const double *values, size_t n, uint64_t seed,
                                               pw_error *err);

/** The mean over the pairs of n items, drawn by item: pairs that share one are not independent.
 *  @param matrix  f64 [n, n], symmetric; the diagonal is not read, NaN is left out. Since: 0.1
 */
PW_NODISCARD PW_API pw_status pw_estimate_pairs(pw_estimate *out, pw_context *ctx,
                                                const double *matrix, size_t n, uint64_t seed,
                                                pw_error *err);

/* ---- Curves, change points, regimes ---- */

/** By position: norm, cosine to the first BOS row, to the first EOS row, to the row before.
 *  @param norm, cos_bos, cos_eos, cos_before  f64 [n_rows] each, or NULL. NaN where the row, or
 * what it is compared with, is not there or all zeros.   Since: 0.1 */
PW_API void pw_rows_curves(double *norm, double *cos_bos, double *cos_eos, double *cos_before,
                           const pw_rows *rows);

/** A change is kept where it explains at least this share of the curves' squared spread. */
#define PW_CHANGE_SHARE 0.03

/** Cut curves into stretches of constant level, by least squares over all of them together
 * (optimal partitioning, Jackson et al. 2005). No cut is made where the curves' spread
 * (standard deviation) is below `least_spread`.
 *  @param curves  n_curves pointers to f64 [n], all finite.
 *  @param starts  [n]: where the stretches after the first begin, ascending.
 *  @param n_starts how many.
 *  @return PW_OK; PW_ERR_LIMIT; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_change_points(size_t *starts, size_t *n_starts,
                                               pw_context *ctx, const double *const *curves,
                                               size_t n_curves, size_t n, double least_spread,
                                               pw_error *err);

typedef enum pw_regime_kind {
    PW_REGIME_EOS_LIKE = 0, /* mean cosine to EOS at least 0.8, and above that to BOS */
    PW_REGIME_BOS_LIKE,     /* the other way round */
    PW_REGIME_MIXED,
    PW_N_REGIME_KINDS
} pw_regime_kind;

/** "EOS-like", "BOS-like", "mixed".   Since: 0.1 */
PW_API const char *pw_regime_kind_name(pw_regime_kind kind);

/** A stretch of pads. */
typedef struct pw_regime {
    size_t begin, end; /* positions, end exclusive */
    pw_regime_kind kind;
    double norm, cos_bos, cos_eos; /* means over its rows */
    double energy;                 /* share of the squared norm of all rows of the input */
} pw_regime;

#define PW_REGIMES_MAX 64

/** Cut the first run of pads where its cosines to EOS and to BOS change.
 *  @param out  [PW_REGIMES_MAX], *n of them are set.
 *  @return PW_OK; PW_ERR_NOT_FOUND (no pads, no BOS or no EOS); PW_ERR_LIMIT; PW_ERR_NO_MEMORY.
 * Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_rows_regimes(pw_regime *out, size_t *n, pw_context *ctx,
                                              const pw_rows *rows, pw_error *err);

/** A coordinate that carries much of the rows' squared norm. */
typedef struct pw_coordinate {
    size_t index;
    double share;    /* of the squared norm of the chosen rows */
    double mean;     /* over the chosen rows */
    double bos, eos; /* its value in those rows; NaN without one */
} pw_coordinate;

/** The n_out greatest of the chosen rows, greatest share first.
 *  @param chosen  positions, n_chosen of them, at least one.
 *  @return PW_OK; PW_ERR_ARGUMENT (n_out over the width); PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_rows_coordinates(pw_coordinate *out, size_t n_out,
                                                  pw_context *ctx, const pw_rows *rows,
                                                  const size_t *chosen, size_t n_chosen,
                                                  pw_error *err);

/* ---- Rank ---- */

typedef struct pw_rank {
    size_t n_rows, n_values; /* n_values: the lesser of rows and width */
    size_t rank_90, rank_99; /* directions that hold such a share of the squared norm */
    double effective;        /* exp of the entropy of the shares (Roy and Vetterli 2007) */
    double plane; /* share of the squared norm in the plane of BOS and EOS; NaN without them */
} pw_rank;

/** Singular values of the chosen rows, not centred.
 *  @param sigma  f64 [n_chosen]: greatest first; those past n_values are 0.
 *  @return PW_OK; PW_ERR_ARGUMENT (no rows chosen, all rows zero); PW_ERR_NO_MEMORY. Since: 0.1
 */
PW_NODISCARD PW_API pw_status pw_rows_svd(pw_rank *out, double *sigma, pw_context *ctx,
                                          const pw_rows *rows, const size_t *chosen,
                                          size_t n_chosen, pw_error *err);

/* ---- Across inputs ---- */

typedef enum pw_place_kind {
    PW_PLACE_POSITION = 0, /* the row at `position`, whatever stands there */
    PW_PLACE_BOS,
    PW_PLACE_EOS,
    PW_PLACE_WORDS, /* the mean of the words */
    PW_PLACE_PADS,  /* the mean of the pads, or of a part of them */
    PW_PLACE_ALL    /* the mean of all rows */
} pw_place_kind;

/** Where a vector is taken from. Zeroed but for the kind: all pads. */
typedef struct pw_place {
    pw_place_kind kind;
    size_t position;
    size_t first;         /* PADS: the first so many, 0: all */
    size_t part, n_parts; /* PADS: part 0..n_parts-1 by distance from EOS; n_parts 0: all */
} pw_place;

/** The vector at a place.
 *  @param out  f64 [width].
 *  @return false: the input has no such row, and out is not written.   Since: 0.1 */
PW_API bool pw_rows_vector(double *out, const pw_rows *rows, const pw_place *place);

/** Cosines and distances of n vectors.
 *  @param cosine, l2  f64 [n, n] each, or NULL.
 *  @param vectors     f64 [n, width].   Since: 0.1 */
PW_API void pw_vectors_compare(double *cosine, double *l2, const double *vectors, size_t n,
                               size_t width);

/** pw_rows_vector of each input, then pw_vectors_compare; NaN where an input has no such row.
 *  @return PW_OK; PW_ERR_MISMATCH (widths differ); PW_ERR_LIMIT; PW_ERR_NO_MEMORY. Since: 0.1
 */
PW_NODISCARD PW_API pw_status pw_inputs_compare(double *cosine, double *l2, pw_context *ctx,
                                                const pw_rows *inputs, size_t n_inputs,
                                                const pw_place *place, pw_error *err);

/** What the pads of several inputs have in common, position by position. */
typedef struct pw_pads_across {
    size_t n_inputs, n_pairs;
    size_t tokens_min, tokens_max;    /* rows of an input that are no pads */
    size_t n_positions;               /* where at least two inputs have a pad */
    pw_estimate cosine;               /* of a pair: the mean over its common positions */
    double least, greatest;           /* of all pairs at all positions */
    size_t least_at, greatest_at;     /* their positions */
    double mean_least, mean_greatest; /* of the means over pairs, by position */
    size_t mean_least_at, mean_greatest_at;
    size_t n_bitwise, n_compared; /* pairs of pads: equal in every bit, and all */
    bool bos_is_bitwise;          /* the first BOS rows are equal in every bit */
} pw_pads_across;

/** @return PW_OK; PW_ERR_ARGUMENT (fewer than two inputs); PW_ERR_NOT_FOUND (no position where
 * two inputs have pads); PW_ERR_MISMATCH; PW_ERR_LIMIT; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_pads_compare(pw_pads_across *out, pw_context *ctx,
                                              const pw_rows *inputs, size_t n_inputs,
                                              uint64_t seed, pw_error *err);

/** One or two sentences that follow from the numbers: whether pads at one position are alike.
 * "Identical" is said of what is equal in every bit, of nothing else. Where inputs share
 * prompts no interval is said: they are not independent.
 *  @param out        capacity bytes, terminated; may be NULL to ask for the size.
 *  @param n_prompts  distinct ones among the inputs.
 *  @return bytes needed without the terminator.   Since: 0.1 */
PW_API size_t pw_pads_conclude(char *out, size_t capacity, const pw_pads_across *across,
                               size_t n_prompts);

/* ---- Probes ---- */

/** The nearest other item of each, by cosine; ties go to the first.
 *  @param nearest  [n]; n where an item has none (all its cosines are NaN).
 *  @param cosine   f64 [n, n].   Since: 0.1 */
PW_API void pw_vectors_nearest(size_t *nearest, const double *cosine, size_t n);

/** A linear classifier (ridge, one against the rest, with a constant), each item judged by one
 * that was fitted without it (exact leave-one-out; Hastie et al. 2009, 7.10).
 *  @param right    [n]: 1 where the item's label was found, else 0.
 *  @param vectors  f64 [n, width].
 *  @param labels   [n], of 0..n_labels-1.
 *  @return PW_OK; PW_ERR_LIMIT; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_vectors_linear_probe(double *right, pw_context *ctx,
                                                      const double *vectors, size_t n,
                                                      size_t width, const size_t *labels,
                                                      size_t n_labels, pw_error *err);

#ifdef __cplusplus
}
#endif

#endif

#endif
