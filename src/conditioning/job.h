/* SPDX-License-Identifier: MIT */
/* One call of pw_conditioning_encode, shared by its files. A track is what one encoder does of
 * it: texts.c decides which text each prompt has for it, track.c plans them,
 * run.c encodes them, result.c puts the tracks' rows into the tensors. */
#ifndef PWI_CONDITIONING_JOB_H
#define PWI_CONDITIONING_JOB_H

#include <padwise/conditioning.h>

#include "base/context.h"
#include "conditioning/recipe.h"

/* The prompts, or the negatives. */
typedef enum pwi_side {
    PWI_POSITIVE,
    PWI_NEGATIVE,
    PWI_N_SIDES
} pwi_side;

/* What of the tower a side's rows are. */
typedef struct pwi_layer {
    int32_t layer; /* from the end, -1 is after the last block */
    bool final_norm;
} pwi_layer;

typedef struct pwi_track {
    const pw_encoder *encoder;
    const pwi_recipe_row *row;
    size_t i;
    pw_model_info model;
    pw_tokenizer_info tokenizer;
    pw_prompt_encoder prompt_encoder;
    pwi_layer layers[PWI_N_SIDES]; /* of ROWS */
    bool is_pooled;                /* pooled tensors come from here */

    size_t n_rows_min; /* pw_plan_options */

    /* Texts that are planned, positives first. */
    pw_planned_text *texts; /* [n_texts] */
    size_t n_texts;
    pw_plan *plan;
    size_t *first_outputs; /* [n_texts + 1] of the plan's outputs */
} pwi_track;

typedef struct pwi_job {
    pw_context *ctx;
    pwi_recipe recipe;
    pw_conditioning_options options;
    const char *dialect;
    int32_t i_dialect;
    const pw_prompt_texts *prompts;
    size_t n_prompts;
    bool has_negative;
    bool *is_zero;    /* [n_prompts] negatives that become zeros */
    bool plans_zeros; /* they are planned all the same: behind their zeros stands what the
                         dialect fills a shorter text up with */
    pwi_track tracks[PW_RECIPE_ENCODERS_MAX];
    size_t n_conditions[PWI_N_SIDES]; /* of a call of one prompt; else 1 */
    pw_tensor_set *set;
    pw_error *err;
} pwi_job;

/* texts.c: what is_zero says, and the text of a prompt for an encoder; never absent. */
pw_status pwi_job_settle_negatives(pwi_job *job);
pw_text pwi_job_text(const pwi_job *job, size_t i_encoder, size_t i_prompt, pwi_side side);

/* Index among the track's texts, or SIZE_MAX: it becomes zeros. */
size_t pwi_track_text(const pwi_track *track, size_t i_prompt, pwi_side side);

/* track.c */
pw_status pwi_track_prepare(pwi_job *job, pwi_track *track, const pw_encoder *encoder,
                            size_t i);
pw_status pwi_track_plan(const pwi_job *job, pwi_track *track);

/* The greatest number of rows that a text of the side gives; 0: there is none. */
size_t pwi_track_n_rows(const pwi_track *track, pwi_side side);

/* The plan is final: load what it injects, warn, show it. */
pw_status pwi_track_begin(const pwi_job *job, pwi_track *track);
void pwi_track_free(const pwi_job *job, pwi_track *track);

/* The conditions that a prompt gives; a negative of zeros has one. */
size_t pwi_track_n_conditions(const pwi_track *track, size_t i_prompt, pwi_side side);

/* The plan's output of a condition; SIZE_MAX: zeros. */
size_t pwi_track_output(const pwi_track *track, size_t i_prompt, pwi_side side,
                        size_t i_condition);

/* run.c: rows that are wanted of a track. out[k] is f32 [n_rows, D] for the plan's output k, or
 * NULL. */
typedef struct pwi_rows_wanted {
    pwi_layer layer;
    float **out; /* [n_outputs] */
} pwi_rows_wanted;

/* Pooled vectors: [n_outputs], each f32 [D] or [P], or NULL. */
typedef struct pwi_wanted {
    pwi_rows_wanted *rows; /* [n_rows] */
    size_t n_rows;
    float **pooled, **embeds; /* NULL: none */
} pwi_wanted;

pw_status pwi_track_run(const pwi_job *job, const pwi_track *track, const pwi_wanted *wanted);

/* result.c: make every tensor and fill it. */
pw_status pwi_job_fill(pwi_job *job);

/* result_ids.c: the ids of an output's rows, and the tokenizer's mask or the lecture's:
 * [n_rows] each, NULL: not wanted. */
void pwi_output_ids(const pwi_job *job, const pwi_track *track, size_t i_output, int64_t *ids,
                    int64_t *mask);

#endif
