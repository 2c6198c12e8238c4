/* SPDX-License-Identifier: MIT */
/* A weighting case and how it is judged: the product is driven through <padwise/prompt.h>, and
 * what it makes is compared with one expectation of the file. */
#ifndef PWI_TESTS_WEIGHTING_CASE_H
#define PWI_TESTS_WEIGHTING_CASE_H

#include <padwise/prompt.h>

#include "json_tree.h"

#define N_INPUTS_MAX     8
#define N_EMBEDDINGS_MAX 16
#define WHY_SIZE         600

struct weighting_case {
    json_node node; /* the whole case */
    char id[32];
    const char *system;
    const json_node *params; /* or NULL */
    const pw_tokenizer *clip;
    pw_context *ctx;
};

/* What the product made of a case: NULLs where it stopped before. */
struct weighting_made {
    pw_prompt *prompts[N_INPUTS_MAX];
    size_t n_prompts;
    pw_plan *plan;
    float **rows; /* [n_outputs] */
    float pooled[4];
    pw_status status;
    pw_error err;
};

/* A system of a case file: how its cases are run, and how an expectation is compared. */
struct weighting_system {
    const char *name;    /* "comfyui/token_weights" */
    const char *dialect; /* NULL: named by the case's params */
    bool (*matches)(const struct weighting_case *one, const struct weighting_made *made,
                    const json_node *expected, char why[WHY_SIZE]);
    unsigned steps; /* WEIGHTING_ bits */
};

#define WEIGHTING_PLAN      1u /* a plan is made */
#define WEIGHTING_RUN       2u /* and run with the toy encoder */
#define WEIGHTING_BARE      4u /* a1111: no pass over the text comes before the one of the case */
#define WEIGHTING_T5        8u /* the stub tokenizer of the T5 cases */
#define WEIGHTING_PAD_0     16u
#define WEIGHTING_POOLED    32u
#define WEIGHTING_2_0_3     64u /* which Compel */
#define WEIGHTING_2_4_0     128u
#define WEIGHTING_TRUNCATES 256u /* Compel without a wrapper: one chunk */

const struct weighting_system *weighting_system_find(const char *name);

/* weighting_run.c: run a case as its system says. False, with the reason, if the case itself
 * cannot be understood. */
bool weighting_run(const struct weighting_case *one, const struct weighting_system *system,
                   struct weighting_made *made, char why[WHY_SIZE]);
void weighting_made_free(struct weighting_made *made);

/* weighting_toy.c: the stub tokenizer, and the toy encoder of the file's header. */
#define TOY_DIM 4
pw_status toy_tokenize_t5(void *user, const char *text, size_t size, pw_token_sink *sink,
                          pw_error *err);
pw_status toy_encode(void *user, const pw_sequence *const *sequences, size_t n,
                     float *const *rows, float *const *pooled, pw_error *err);

/* weighting_match.c and weighting_match_vectors.c: comparisons, one a form of expectation. */
#define MATCHER(name)                                                                          \
    bool name(const struct weighting_case *one, const struct weighting_made *made,             \
              const json_node *expected, char why[WHY_SIZE])
MATCHER(match_pairs);
MATCHER(match_parts);
MATCHER(match_schedule);
MATCHER(match_text);
MATCHER(match_networks);
MATCHER(match_compel_parse);
MATCHER(match_chunks);
MATCHER(match_a1111_chunks);
MATCHER(match_split);
MATCHER(match_normalisation);
MATCHER(match_vectors);

/* False, with the reason. */
bool differ(char why[WHY_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
