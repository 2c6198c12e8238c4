/* SPDX-License-Identifier: MIT */
/* A batch in windows: the sequences in order, as many at a time as have rows for the scratch.
 * What one window shares with the one before is computed again. */
#include <string.h>

#include "models/session.h"

/* The position whose row is the pooled one (encoders.md 3.1). */
static size_t pool_position(const pw_model_info *info, const int32_t *ids, size_t n_tokens)
{
    size_t best = 0;

    for (size_t t = 0; t < n_tokens; t++) {
        if (info->pool == PW_POOL_FIRST_EOS && ids[t] == info->eos_id)
            return t;
        if (info->pool == PW_POOL_ARGMAX && ids[t] < info->n_vocab &&
            (ids[t] > ids[best] || ids[best] >= info->n_vocab))
            best = t;
    }
    return best;
}

/* How many tokens of each sequence count: all, or nothing behind the pooled one. */
static void measure(const pwi_call *call, size_t n)
{
    pw_session *session = call->session;
    const size_t n_tokens = call->sequences.n_tokens;

    for (size_t i = 0; i < n; i++) {
        if (call->plan.has_pooled)
            session->pools[i] = (uint32_t)pool_position(
                &session->model->info, call->sequences.ids + i * n_tokens, n_tokens);
        session->order.lengths[i] =
            call->plan.has_whole ? (uint32_t)n_tokens : session->pools[i] + 1;
    }
}

/* Rows of the next sequence of the window, and its pooled one. */
static void add_sequence(const pwi_call *call, size_t place)
{
    pw_session *session = call->session;
    const pwi_order *order = &session->order;
    const uint32_t i = order->sequences[place];
    const size_t at = i * call->sequences.n_tokens;
    const uint8_t *mask = call->sequences.mask;

    pwi_rows_add(&session->rows, call->sequences.ids + at, mask == NULL ? NULL : mask + at,
                 place == call->first ? 0 : order->shared[place], order->lengths[i]);
    if (!call->plan.has_pooled)
        return;
    session->pools[i] = session->rows.path[session->pools[i]];
    pwi_rows_ask(&session->rows, session->pools[i]);
}

/* The window from call->first on: as many sequences as fit. */
static void fill_window(pwi_call *call)
{
    pw_session *session = call->session;
    const pwi_order *order = &session->order;
    size_t place = call->first;

    pwi_rows_clear(&session->rows);
    for (; place < order->n; place++) {
        const uint32_t length = order->lengths[order->sequences[place]];
        const uint32_t n_shared = place == call->first ? 0 : order->shared[place];

        if (session->rows.n + length - n_shared > session->n_rows_max)
            break;
        add_sequence(call, place);
    }
    call->n = place - call->first;
    pwi_rows_finish(&session->rows);
    for (place = call->first; call->plan.has_pooled && place < call->first + call->n; place++) {
        uint32_t *pool = &session->pools[order->sequences[place]];

        *pool = session->rows.places[*pool];
    }
}

static pw_status keep_hidden_state(void *user, int32_t layer, pw_error *err)
{
    const pwi_call *call = user;
    const uint64_t steps = call->plan.n_layers + 1, n_done = call->first_prompt + call->first;

    pwi_outputs_write(call, layer);
    return pwi_progress(call->session->model->ctx, "encoding",
                        n_done * steps + call->n * (uint64_t)(layer + 1),
                        call->batch->n_prompts * steps, err);
}

static pw_status run_window(pwi_call *call, pw_error *err)
{
    pw_session *session = call->session;
    const pwi_plan *plan = &call->plan;
    pwi_clip_pass pass = {
        .vectors = call->batch->vectors,
        .stream = session->stream,
        .n_layers = plan->n_layers,
        .drop_before = plan->has_whole && plan->has_pooled ? plan->n_whole_layers : SIZE_MAX,
        .last_is_asked = pwi_plan_is_last_asked(plan),
        .keep = keep_hidden_state,
        .user = call,
        .trace = session->trace,
        .trace_user = session->trace_user,
    };
    pw_status status;

    fill_window(call);
    session->stats.n_windows++;
    session->stats.n_rows_computed += session->rows.n;
    status = pwi_clip_text_forward(session->model->ctx, &session->model->clip, &session->rows,
                                   &session->scratch, &pass, err);
    session->stats.flops += pass.flops;
    return status;
}

/* Sequences that are sorted together. */
static pw_status run_sorted(pwi_call *call, size_t n, pw_error *err)
{
    measure(call, n);
    pwi_order_sort(&call->session->order, &call->sequences, n);
    for (call->first = 0; call->first < n; call->first += call->n)
        PWI_TRY(run_window(call, err));
    return PW_OK;
}

pw_status pwi_windows_run(pwi_call *call, pw_error *err)
{
    const pw_batch *batch = call->batch;
    const size_t capacity = call->session->order.capacity;

    while (call->first_prompt < batch->n_prompts) {
        const size_t left = batch->n_prompts - call->first_prompt,
                     n = left < capacity ? left : capacity,
                     at = call->first_prompt * batch->n_tokens;

        call->sequences = (pwi_sequences){
            batch->ids + at, batch->mask == NULL ? NULL : batch->mask + at, batch->n_tokens};
        PWI_TRY(run_sorted(call, n, err));
        call->first_prompt += n;
    }
    return PW_OK;
}
