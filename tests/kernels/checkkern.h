/* SPDX-License-Identifier: MIT */
/* The kernel checker's own tools: tests by name, numbers, guarded memory. Every level, `ref`
 * included, is compared with formulas in double that stand in the check files. */
#ifndef PWI_TESTS_CHECKKERN_H
#define PWI_TESTS_CHECKKERN_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kernels/gemm.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* kernels.def's fourth argument. */
enum tolerance {
    EXACT,
    SUM,
    ULP4
};

/* A kernel table that is checked: a level, with or without what changes no bits, natively or
 * emulated. */
struct check_table {
    const char *name;
    pw_level level;
    unsigned features; /* needed of the machine, and used */
    bool is_emulated;
};

extern const struct check_table check_levels[];
extern const size_t check_n_levels;

/* Fill kernels for a table; false if this machine or build lacks it. */
bool check_select(const struct check_table *table, pwi_kernels *kernels);

/* The same for an emulated table, where this build has them. */
bool check_fill_emulated(const struct check_table *table, pwi_kernels *kernels);

/* The table that an emulated one emulates; NULL if there is none or the machine lacks it. */
const struct check_table *check_native_of(const struct check_table *table,
                                          pwi_kernels *kernels);

/* One running test. */
struct check {
    const struct check_table *table;
    const pwi_kernels *kernels;
    const pwi_product *product; /* of the gemm tests */
    enum tolerance tolerance;
    bool is_exhaustive;    /* every float, where a test draws some */
    uint64_t key, n_drawn; /* random numbers: key and index */
    size_t n_failures;
    double worst; /* largest error seen, in units of the tolerance */
    const char *worst_unit;
};

/* A test: what is claimed of which kernel. Runs once a level. */
struct check_test {
    const char *kernel, *claim;
    void (*run)(struct check *check);
};

/* One table a file, ended by {NULL, NULL, NULL}. */
extern const struct check_test check_widen_tests[];
extern const struct check_test check_elementwise_tests[];
extern const struct check_test check_integers_tests[];
extern const struct check_test check_layer_norm_tests[];
extern const struct check_test check_gemm_tests[];
extern const struct check_test check_chain_tests[];
extern const struct check_test check_attention_tests[];
extern const struct check_test check_peak_tests[];

/* Of emulated tables whose native one runs here too. */
extern const struct check_test check_same_tests[];

/* Say what is wrong; the first few are printed. */
void check_fail(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Numbers. */
uint64_t check_bits(struct check *check);
float check_normal(struct check *check); /* mean 0, deviation 1 */
size_t check_below(struct check *check, size_t n);
void check_fill(struct check *check, float *out, size_t n, float scale);

/* Distance of got from want in units of the last place of a float next to want; 0 for two NaN
 * or the same infinity; HUGE_VAL if only one is. */
double check_ulp(float got, double want);

/* got == want, or both NaN. Counts a failure and says where it was otherwise. */
bool check_same(struct check *check, float got, float want, const char *what, size_t i);

/* |got - want| <= bound, with NaN and infinities in the same places. */
void check_near(struct check *check, float got, double want, double bound, const char *what,
                size_t row, size_t column);

/* Unit roundoff of f32. */
#define CHECK_ROUNDOFF 0x1p-24

/* Memory between two pages that nobody may touch; the block lies against one of them. */
struct guarded {
    void *map;
    size_t map_size;
    void *data;
    size_t size;
};

enum guard_side {
    GUARD_END,
    GUARD_START,
    N_GUARD_SIDES
};

/* size bytes filled with a poison pattern; with GUARD_END the block ends where the forbidden
 * page begins. Exits when memory is out. */
struct guarded guarded_new(size_t size, enum guard_side side);
void guarded_free(struct guarded *guarded);
float *guarded_floats(struct guarded *guarded, size_t n, enum guard_side side);

/* Whether a float still holds the poison. */
bool is_poison(float value);

/* A float matrix in guarded memory: rows of `stride` floats, of which n_columns count; the last
 * row ends with its columns. */
struct matrix {
    struct guarded memory;
    float *data;
    size_t n_rows, n_columns, stride;
};

struct matrix matrix_new(size_t n_rows, size_t n_columns, size_t stride, enum guard_side side);
void matrix_free(struct matrix *matrix);
void matrix_fill(struct check *check, struct matrix *matrix, float scale);

/* Fails if the padding between the rows was written. */
void matrix_check_padding(struct check *check, const struct matrix *matrix, const char *what);

/* Allocations that end at a forbidden page, for packed weights. */
extern const pw_allocator guarded_allocator;

/* A packed matrix of values near 1 / sqrt(k) that the dtype holds, and the same values as f32
 * [n, k] with scale applied. */
struct weight {
    pwi_packed packed;
    float *values;
};

/* For check->product. */
struct weight weight_new(struct check *check, pw_dtype dtype, size_t n, size_t k, float scale);
void weight_free(struct weight *weight);

/* checkkern --bench. NULL: all kernels, all levels. */
void check_bench(const char *kernel, const char *level);

#endif
