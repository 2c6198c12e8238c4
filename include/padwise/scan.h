/* SPDX-License-Identifier: MIT */
/* Scans: rows of encodings under changed conditions (another mask, another length, another
 * text), compared.
 *
 * Experimental, as lab.h: nothing is declared unless PADWISE_EXPERIMENTAL is defined. All is
 * computed in f64; nothing here encodes, draws or prints. Rows are views (pw_rows), so a part
 * of an input is compared by pointing into it. Every function: threads any. */
#ifndef PADWISE_SCAN_H
#define PADWISE_SCAN_H

#ifdef PADWISE_EXPERIMENTAL

#include "lab.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Two encodings of one text, row by row ---- */

/** Row i of a with row i of b.
 *  @param out  [the lesser number of rows].
 *  @return PW_OK; PW_ERR_MISMATCH (rows of different widths).   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_rows_pairs(pw_pair *out, const pw_rows *a, const pw_rows *b,
                                            pw_error *err);

/** No row. */
#define PW_NO_ROW SIZE_MAX

/** How rows changed, of one role or of all. */
typedef struct pw_change {
    size_t n, n_bitwise; /* rows; those of them that are equal in every bit */
    size_t first;        /* the first that differs in a bit; PW_NO_ROW: none */
    double cos_min;      /* of the rows that differ; NaN where none of them has a cosine */
    size_t cos_min_at;   /* PW_NO_ROW with it */
    double l2;           /* of the differences, all rows as one vector */
    double l2_max;
    size_t l2_max_at; /* PW_NO_ROW: there are no rows */
} pw_change;

/** @param pairs  [n]; their roles beside them.
 *  @param role   PW_N_ROW_ROLES: all rows.   Since: 0.1 */
PW_API void pw_pairs_change(pw_change *out, const pw_pair *pairs, const pw_row_role *roles,
                            size_t n, pw_row_role role);

/** Put another change of the same rows to it: sums, and the extremes of both. Positions are
 * those of the one that has the extreme, `first` is the lesser.   Since: 0.1 */
PW_API void pw_change_add(pw_change *sum, const pw_change *other);

/** What two sequences of ids have in common at their ends: where a piece was left out, taken in
 * or replaced, the rest lies before and behind it. The ends do not overlap in either.
 *  @param n_before, n_behind  ids of the common beginning, then of the common end. Since: 0.1
 */
PW_API void pw_ids_align(size_t *n_before, size_t *n_behind, const int32_t *a, size_t n_a,
                         const int32_t *b, size_t n_b);

/* ---- Guidance: what classifier-free guidance is given to amplify ---- */

/** cond - uncond. */
typedef struct pw_delta {
    double l2;                    /* all rows as one vector */
    double share[PW_N_ROW_ROLES]; /* of its square, by the roles of cond; NaN where l2 is 0 */
    size_t n_rows, n_bitwise;     /* rows; those where cond and uncond are equal in every bit */
} pw_delta;

/** @param l2  f64 [n_rows] of cond, or NULL: by row.
 *  @return PW_OK; PW_ERR_MISMATCH (other shapes).   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_rows_delta(pw_delta *out, double *l2, const pw_rows *cond,
                                            const pw_rows *uncond, pw_error *err);

/** Cosine of cond - a and cond - b, all rows as one vector; NaN if one of them is 0.
 *  @return as pw_rows_delta.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_deltas_cosine(double *out, const pw_rows *cond,
                                               const pw_rows *a, const pw_rows *b,
                                               pw_error *err);

/** uncond with the rows of cond wherever both have a pad: nothing is left there to amplify.
 *  @param out  f32, as many as uncond's values; may be them.
 *  @return how many rows were taken over; 0 where the shapes differ.   Since: 0.1 */
PW_API size_t pw_rows_match_pads(float *out, const pw_rows *cond, const pw_rows *uncond);

/* ---- Pooling ---- */

/** How rows become one vector. */
typedef enum pw_pooling {
    PW_POOLING_EOS = 0,  /* the first EOS row: CLIP's own */
    PW_POOLING_LAST,     /* the last row, whatever stands there */
    PW_POOLING_MASKED,   /* the mean of rows that are no pads, BOS and EOS among them */
    PW_POOLING_UNMASKED, /* the mean of all rows */
    PW_N_POOLINGS
} pw_pooling;

/** "eos", "last row", "mean masked", "mean unmasked"; "?" for none.   Since: 0.1 */
PW_API const char *pw_pooling_name(pw_pooling pooling);

/** @param out  f64 [width].
 *  @return false: there is no such row (its role is unknown), and out is not written. Since:
 * 0.1 */
PW_API bool pw_rows_pool(double *out, const pw_rows *rows, pw_pooling pooling);

/** Cosines between inputs by a pooling; NaN where an input has no such vector, or a zero one.
 *  @param cosine  f64 [n_inputs, n_inputs].
 *  @return PW_OK; PW_ERR_MISMATCH (widths differ); PW_ERR_LIMIT; PW_ERR_NO_MEMORY. Since: 0.1
 */
PW_NODISCARD PW_API pw_status pw_inputs_pool(double *cosine, pw_context *ctx,
                                             const pw_rows *inputs, size_t n_inputs,
                                             pw_pooling pooling, pw_error *err);

/** What another pooling does to the cosines of the same pairs.
 *  @param out      cosine - from over the pairs, drawn by input as pw_estimate_pairs does.
 *  @param n_moved  inputs whose nearest other one is another, or NULL.
 *  @return PW_OK; PW_ERR_LIMIT; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_pools_shift(pw_estimate *out, size_t *n_moved, pw_context *ctx,
                                             const double *cosine, const double *from, size_t n,
                                             uint64_t seed, pw_error *err);

/* ---- Clusters: which prompts k-means puts together ---- */

#define PW_KMEANS_STARTS 20  /* of which the best is taken */
#define PW_KMEANS_ROUNDS 300 /* at most, of one start */

/** What k-means came to. */
typedef struct pw_kmeans {
    size_t n_clusters; /* that have items: fewer than asked for where items are equal */
    size_t n_rounds;
    double inertia;  /* squared distances to the own centre, summed */
    bool is_settled; /* the rounds ended because no item moved any more */
} pw_kmeans;

/** Lloyd's k-means (1982) from k-means++ starts (Arthur and Vassilvitskii 2007): the start with
 * the least inertia. A cluster that loses all its items keeps its centre. The draws depend on
 * seed alone and sums have one order: the same labels on every machine.
 *  @param labels    [n], of 0..n_clusters-1 in the order of their first items.
 *  @param vectors   f64 [n, width].
 *  @param n_clusters  1 to n.
 *  @return PW_OK; PW_ERR_ARGUMENT (clusters, a value that is not finite); PW_ERR_LIMIT;
 * PW_ERR_NO_MEMORY; PW_ERR_CANCELLED.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_vectors_kmeans(size_t *labels, pw_kmeans *out, pw_context *ctx,
                                                const double *vectors, size_t n, size_t width,
                                                size_t n_clusters, uint64_t seed,
                                                pw_error *err);

/** k-means of the inputs' vectors by a pooling, each at length 1: squared distances are
 * 2 - 2 cosine.
 *  @return as pw_vectors_kmeans; PW_ERR_NOT_FOUND (an input has no such vector, or a zero one);
 * PW_ERR_MISMATCH (widths differ).   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_inputs_cluster(size_t *labels, pw_kmeans *out, pw_context *ctx,
                                                const pw_rows *inputs, size_t n_inputs,
                                                pw_pooling pooling, size_t n_clusters,
                                                uint64_t seed, pw_error *err);

/** A number between partitions, with the bootstrap's 95 % interval. */
typedef struct pw_index {
    double value, low, high; /* low, high: NaN below three items */
} pw_index;

/** How far two partitions of the same items agree.
 *
 * The adjusted Rand index (Hubert and Arabie 1985): with n_ij items in group i of a and j of b,
 * a_i and b_j their sums, and C(x) = x (x - 1) / 2,
 *   (sum C(n_ij) - E) / ((sum C(a_i) + sum C(b_j)) / 2 - E),  E = sum C(a_i) sum C(b_j) / C(n):
 * 1 for equal partitions, 0 on average for random ones and exactly for one group against
 * several. NaN below two items.
 *
 * Normalized mutual information: I(a, b) / ((H(a) + H(b)) / 2), the arithmetic mean of the
 * entropies (Strehl and Ghosh 2002 have the geometric one): 1 for equal partitions, 0 for
 * independent ones; not corrected for chance, so few items in many groups have a high one.
 *
 * Intervals draw the items with replacement from the partitions as they are; pairs of an item
 * with its copy do not count, and draws of the mutual information are moved to have its value
 * as their mean. */
typedef struct pw_agreement {
    size_t n; /* items */
    pw_index ari, nmi;
} pw_agreement;

/** @param a, b  [n], labels below n; their names and order mean nothing.
 *  @return PW_OK; PW_ERR_ARGUMENT (a label that is n or more); PW_ERR_LIMIT; PW_ERR_NO_MEMORY.
 * Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_labels_agree(pw_agreement *out, pw_context *ctx,
                                              const size_t *a, const size_t *b, size_t n,
                                              uint64_t seed, pw_error *err);

#ifdef __cplusplus
}
#endif

#endif

#endif
