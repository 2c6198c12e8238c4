/* SPDX-License-Identifier: MIT */
/* `padwise pads`, shared by its files: the inputs, and what is said of them. */
#ifndef TOOL_PADS_H
#define TOOL_PADS_H

#define PADWISE_EXPERIMENTAL
#include <padwise/lab.h>

#include "app.h"
#include "grid.h"
#include "json_out.h"
#include "pool.h"
#include "roles.h"

struct labels; /* pads_labels.h */

/* One sequence of rows. All it points to is in the run's pool. */
struct pads_input {
    const char *name;     /* the path or the prompt, as given; of a batch: "path[2]" */
    pw_text prompt;       /* bytes NULL: not known */
    const char *credit;   /* NULL: none is known */
    const char *path;     /* of the file that it is from; NULL: encoded in this run */
    const char *manifest; /* JSON; NULL: it has none */
    size_t i_prompt;      /* in its set's batch, and so in the manifest */
    pw_rows rows;
    size_t n_real; /* rows that are no pads; 0: not known */
    enum roles_from from;
};

/* One who looks on: called for each encoder of prompts before it runs. They become the inputs
 * from `first` on. What it is given lives as long as the call. */
typedef int (*pads_look)(void *user, size_t first, const pw_encoder *encoder,
                         const pw_planned *planned);

struct pads {
    struct app *app;
    pads_look look; /* NULL: nobody */
    void *look_user;
    size_t n_max; /* inputs; 0: PW_LAB_INPUTS_MAX */
    struct roles_reader roles;
    struct pads_input *inputs;
    size_t n, capacity;
    pw_rows *rows;     /* [n]: views of the inputs, once all are read */
    size_t *prompt_of; /* [n] of 0..n_prompts-1: inputs of one prompt have one number */
    size_t n_prompts;  /* distinct; an input that does not say counts as one */
    struct pads_input *against; /* --against: [0], behind the inputs; NULL: not given */
    uint64_t seed;
    struct json json;
    struct builder out; /* tables */
    bool stop;          /* nobody reads any more */
};

/* pads_input.c: read all inputs, and the one of --against. */
int pads_read(struct pads *pads, const char *const *words, size_t n_words);

/* Whether a word is a file or a prompt. */
bool pads_is_file(const char *word);

/* For commands that encode the first n words of the line: refuses one that is a file. `instead`
 * says what to do with a file. */
int pads_need_prompts(struct app *app, size_t n_words, const char *instead);

/* What a measure needs: inputs enough, pads whose place is known. */
int pads_need_inputs(struct pads *pads, size_t least, const char *why);
int pads_need_pads(struct pads *pads);
int pads_refuse_full(struct pads *pads); /* inputs that are known to have no pads */

/* pads_prompts.c: which inputs are of one prompt; pads_read asks it. */
int pads_find_prompts(struct pads *pads);

/* Distinct prompts of the first n inputs. */
size_t pads_n_prompts(const struct pads *pads, size_t n);

/* Of the first n inputs: "9 prompts", "9 variants of one prompt", "9 inputs of 3 prompts". */
void pads_say_prompts(const struct pads *pads, struct builder *out, size_t n);

/* "prompts" where each input has its own, else "inputs". */
const char *pads_noun(const struct pads *pads);
const char *pads_why_no_interval(const struct pads *pads);

/* pw_estimate_mean and pw_estimate_pairs of values of the first n inputs: without an interval
 * where some of them share a prompt, and n_items is then at most the number of prompts. */
int pads_estimate(const struct pads *pads, pw_estimate *out, const double *values, size_t n);
int pads_estimate_pairs(const struct pads *pads, pw_estimate *out, const double *matrix,
                        size_t n);
void pads_judge_interval(const struct pads *pads, pw_estimate *estimate, size_t n);

/* pads_encode.c: prompts through the encoder, as one set; rows of its tensor `name`. */
int pads_encode(struct pads *pads, const pw_prompt_texts *prompts, size_t n,
                pw_tensor_set **set, const char **name);

/* pads_positions.c: --positions as a list for an input of so many rows, in the run's pool:
 * "10", "18..72", "all". *positions is NULL without the option. */
int pads_positions(struct pads *pads, size_t n_rows, size_t **positions, size_t *n);

/* pads_text.c: what several tables have. */
void pads_title(struct pads *pads, const struct pads_input *input);
void pads_credits(struct pads *pads);
void pads_put_input(struct json *json, const struct pads_input *input);

/* "inputs":[{...}], each with its label where there are labels; NULL: there are none. */
void pads_put_inputs(struct pads *pads, const struct labels *labels);
void pads_put_estimate(struct json *json, const char *key, const pw_estimate *estimate);
void pads_interval(struct grid *grid, const pw_estimate *estimate);
void pads_range(struct grid *grid, const pw_estimate *estimate, int n_decimals);
void pads_paragraph(struct pads *pads, const char *text);
int pads_print(struct pads *pads);
int pads_print_json(struct pads *pads);

/* The measures, one file each. */
int pads_stats(struct pads *pads);
int pads_compare_inputs(struct pads *pads); /* the part of stats that takes several */

/* What stats says of the pads of all inputs, in the pool. NULL: nothing, where roles are
 * unknown, or no two inputs have a pad at one position. */
int pads_conclusion(struct pads *pads, const char **conclusion);

int pads_regime(struct pads *pads);
int pads_svd(struct pads *pads);
int pads_probe(struct pads *pads);
int pads_signature(struct pads *pads);

#endif
