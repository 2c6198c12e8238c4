/* SPDX-License-Identifier: MIT */
/* What a session is inside, and one call of pw_model_encode on its way: sequences are sorted,
 * cut into windows whose rows fit the scratch, computed, and written where the caller wants
 * them. session.c creates, windows.c cuts and runs, outputs.c plans and writes. */
#ifndef PWI_MODELS_SESSION_H
#define PWI_MODELS_SESSION_H

#include "models/model.h"
#include "models/prefix_order.h"
#include "models/stream.h"

struct pw_session {
    pw_model *model;
    size_t n_rows_max;
    pwi_order order;
    uint32_t *pools; /* [order.capacity] by sequence: position of its pooled token; in a window
                        that runs, the place of that row among those asked for */
    pwi_rows rows;
    float *block; /* every float of the scratch */
    size_t block_bytes;
    pwi_clip_scratch scratch;
    pwi_stream *stream; /* NULL: the weights are resident */
    pw_trace_fn trace;  /* NULL: nobody looks on */
    void *trace_user;
    pw_session_stats stats; /* of the last call */
};

/* What the outputs of a call need of the tower. */
typedef struct pwi_plan {
    size_t n_layers;       /* blocks to run */
    size_t n_whole_layers; /* the last hidden state that is wanted of whole sequences */
    bool has_whole;        /* some output has every token */
    bool has_pooled;       /* some output has the pooled token */
} pwi_plan;

/* Whether the last block leaves only the rows asked for. */
static inline bool pwi_plan_is_last_asked(const pwi_plan *plan)
{
    return plan->has_pooled && plan->n_layers > 0 &&
           !(plan->has_whole && plan->n_whole_layers == plan->n_layers);
}

/* One call, and the part of it that is computed now. */
typedef struct pwi_call {
    pw_session *session;
    const pw_batch *batch;
    const pw_output *outputs;
    size_t n_outputs;
    pwi_plan plan;
    size_t first_prompt;     /* of those that are sorted together */
    pwi_sequences sequences; /* those */
    size_t first, n;         /* places of the window in the order */
} pwi_call;

/* PW_ERR_ARGUMENT, PW_ERR_UNSUPPORTED, PW_ERR_CAPACITY: an output that cannot be had. */
pw_status pwi_outputs_check(const pwi_call *call, pw_error *err);
pwi_plan pwi_outputs_plan(const pwi_call *call);

/* Write every output that stands on hidden_states.layer, which is in the scratch. */
void pwi_outputs_write(const pwi_call *call, int32_t layer);

/* Compute the whole batch, which was checked. PW_ERR_CANCELLED. */
pw_status pwi_windows_run(pwi_call *call, pw_error *err);

#endif
