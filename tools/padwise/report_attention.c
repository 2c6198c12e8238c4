/* SPDX-License-Identifier: MIT */
/* Attention of the page's prompts, measured while their encoders are open: the sequences are
 * those of the plan, with its mask, so that the weights belong to the rows that are shown. Of a
 * prompt of several chunks, which are encoded each by itself, the first is looked at. */
#include <string.h>

#include "report.h"
#include "talk.h"

/* Weights of one call of the encoder at most; a prompt of the largest encoder takes 15 MB. */
#define WEIGHTS_BYTES_MAX ((size_t)64 << 20)

/* One encoder's look at the prompts of one call. */
struct look {
    struct report *report;
    const pw_encoder *encoder;
    const pw_planned *planned;
    pw_model_info info;
    size_t first_view, n_views;
    const pw_sequence **sequences; /* [n_views] */
    float *weights;                /* of a run: [layers, run, heads, T, T] */
    size_t capacity;               /* floats of them */
    pw_session *session;
};

/* ---- Which sequences. */

static const char *token_label(struct pool *pool, const pw_tokenizer *tokenizer, int32_t id)
{
    const size_t size = pw_tokenizer_token_text(tokenizer, id, true, NULL, 0);
    char *text = pool_take(pool, size + 1);

    if (text == NULL)
        return NULL;
    pw_tokenizer_token_text(tokenizer, id, true, text, size + 1);
    if (size > 1 && text[size - 1] == ' ')
        text[size - 1] = '\0'; /* the end of a word is no news in a picture */
    return text;
}

static int name_rows(const struct look *look, const pw_sequence *sequence, struct inside *chunk)
{
    static const char *const names[PW_N_ROW_ROLES] = {
        [PW_ROW_BOS] = "[start]", [PW_ROW_EOS] = "[end]", [PW_ROW_PAD] = "[pad]"};
    struct pool *pool = &look->report->app->pool;

    chunk->roles = pool_array(pool, chunk->n_tokens, sizeof(*chunk->roles));
    chunk->labels = pool_array(pool, chunk->n_tokens, sizeof(*chunk->labels));
    if (chunk->roles == NULL || chunk->labels == NULL)
        return fail_memory(look->report->app);
    pw_row_roles_fill(chunk->roles, chunk->n_tokens, chunk->n_real);
    for (size_t t = 0; t < chunk->n_tokens; t++) {
        const char *name = names[chunk->roles[t]];

        chunk->labels[t] =
            name != NULL ? name : token_label(pool, look->encoder->tokenizer, sequence->ids[t]);
        if (chunk->labels[t] == NULL)
            return fail_memory(look->report->app);
    }
    return DONE;
}

/* A key that a mask hides is hidden from every query. */
static bool hides_pads(const struct inside *chunk, const pw_sequence *sequence)
{
    for (size_t t = chunk->n_real; t < chunk->n_tokens; t++)
        if (sequence->mask == NULL || sequence->mask[t] != 0)
            return false;
    return chunk->n_real < chunk->n_tokens;
}

/* --layer, of those that the rows went through; without it the last. */
static int choose_layer(struct attention_view *view)
{
    bool is_all;

    view->layer = view->n_layers;
    return inside_layer(&view->attn.inside, 1, &view->layer, &is_all);
}

static bool is_weighted(const pw_chunk *chunk)
{
    for (size_t i = 0; i < chunk->n_tokens; i++)
        if (chunk->weights[i] != 1)
            return true;
    return false;
}

static int make_view(struct look *look, size_t i_input, const pw_plan_output *output,
                     const pw_sequence *sequence)
{
    struct report *report = look->report;
    struct attention_view *views = pool_grow(&report->app->pool, report->views, report->n_views,
                                             &report->views_capacity, sizeof(*views));
    const size_t n_real = output->chunks[0].n_content + 2;
    struct attention_view *view;

    if (views == NULL)
        return fail_memory(report->app);
    report->views = views;
    view = &views[report->n_views];
    *view = (struct attention_view){.i_input = i_input,
                                    .encoder = look->encoder->name,
                                    .n_layers = look->planned->layer,
                                    .n_blocks = look->info.n_layers,
                                    .n_chunks = output->n_chunks,
                                    .is_weighted = is_weighted(output->chunks)};
    view->attn.inside.app = report->app;
    view->attn.inside.info.n_layers = view->n_layers;
    view->attn.inside.n_tokens = sequence->n_tokens;
    view->attn.inside.n_real = n_real < sequence->n_tokens ? n_real : sequence->n_tokens;
    TRY(name_rows(look, sequence, &view->attn.inside));
    view->hides_pads = hides_pads(&view->attn.inside, sequence);
    TRY(choose_layer(view));
    look->sequences[look->n_views++] = sequence;
    report->n_views++;
    return DONE;
}

/* Its first condition: a prompt of several is none of the page's. */
static const pw_plan_output *output_of(const pw_plan *plan, size_t i_text)
{
    for (size_t i = 0; i < pw_plan_n_outputs(plan); i++) {
        const pw_plan_output *output = pw_plan_output_at(plan, i);

        if (output->i_prompt == i_text && output->n_chunks > 0)
            return output;
    }
    return NULL;
}

static int find_sequences(struct look *look, size_t first_input)
{
    const pw_planned *planned = look->planned;

    look->sequences =
        pool_array(&look->report->app->pool, planned->n_texts, sizeof(const pw_sequence *));
    if (look->sequences == NULL)
        return fail_memory(look->report->app);
    for (size_t i = 0; i < planned->n_texts; i++) {
        const pw_planned_text *text = &planned->texts[i];
        const pw_plan_output *output = output_of(planned->plan, i);
        const pw_sequence *sequence =
            output == NULL ? NULL
                           : pw_plan_sequence(planned->plan, output->chunks[0].i_sequence);

        if (!text->is_negative && sequence != NULL && sequence->n_injections == 0)
            TRY(make_view(look, first_input + text->i_prompt, output, sequence));
    }
    return DONE;
}

/* ---- The weights of a run of sequences of one length. */

static size_t floats_of_one(const struct look *look, size_t i)
{
    const size_t n = look->sequences[i]->n_tokens;

    return (size_t)look->planned->layer * (size_t)look->info.n_heads * n * n;
}

static size_t end_of_run(const struct look *look, size_t begin)
{
    const size_t one = floats_of_one(look, begin) * sizeof(float);
    size_t end = begin + 1;

    while (end < look->n_views &&
           look->sequences[end]->n_tokens == look->sequences[begin]->n_tokens &&
           (end - begin + 1) * one <= WEIGHTS_BYTES_MAX)
        end++;
    return end;
}

static int make_batch(const struct look *look, size_t begin, size_t end, pw_batch *batch)
{
    const size_t n_tokens = look->sequences[begin]->n_tokens;
    struct pool *pool = &look->report->app->pool;
    int32_t *ids = pool_array(pool, (end - begin) * n_tokens, sizeof(*ids));
    uint8_t *mask = pool_array(pool, end - begin, n_tokens);

    if (ids == NULL || mask == NULL)
        return fail_memory(look->report->app);
    for (size_t i = begin; i < end; i++) {
        const pw_sequence *sequence = look->sequences[i];

        memcpy(ids + (i - begin) * n_tokens, sequence->ids, n_tokens * sizeof(*ids));
        if (sequence->mask == NULL)
            memset(mask + (i - begin) * n_tokens, 1, n_tokens);
        else
            memcpy(mask + (i - begin) * n_tokens, sequence->mask, n_tokens);
    }
    *batch =
        (pw_batch){.ids = ids, .mask = mask, .n_prompts = end - begin, .n_tokens = n_tokens};
    return DONE;
}

static int take_memory(struct look *look, size_t n_floats)
{
    if (n_floats <= look->capacity)
        return DONE;
    look->weights = pool_array(&look->report->app->pool, n_floats, sizeof(float));
    look->capacity = look->weights == NULL ? 0 : n_floats;
    return look->weights == NULL ? fail_memory(look->report->app) : DONE;
}

static int encode(struct look *look, size_t begin, size_t end)
{
    const size_t n_layers = (size_t)look->planned->layer,
                 size = (end - begin) * floats_of_one(look, begin) / n_layers;
    struct app *app = look->report->app;
    pw_output *outputs = pool_array(&app->pool, n_layers, sizeof(*outputs));
    pw_batch batch;
    pw_error err;

    TRY(make_batch(look, begin, end, &batch));
    TRY(take_memory(look, n_layers * size));
    if (outputs == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < n_layers; i++)
        outputs[i] = (pw_output){.kind = PW_OUTPUT_ATTENTION,
                                 .layer = (int32_t)i + 1,
                                 .data = look->weights + i * size,
                                 .capacity = size};
    return pw_model_encode(look->session, &batch, outputs, n_layers, &err) == PW_OK
               ? DONE
               : fail_with(app, &err);
}

/* ---- What they sum to. */

/* One layer as if it were all. */
static struct attn only_layer(const struct attn *attn, size_t i_layer)
{
    const size_t n = attn->inside.n_tokens;
    struct attn one = *attn;

    one.weights = attn->weights + i_layer * attn->n_heads_all * n * n;
    one.first_layer = (int32_t)i_layer + 1;
    one.n_layers = 1;
    return one;
}

static int measure_role(struct attention_view *view, size_t i_role)
{
    const struct attn *attn = &view->attn;
    struct attn_mass *layers;

    if (!attn_measure_queries(attn, i_role, &view->total[i_role]))
        return DONE;
    layers = pool_array(&attn->inside.app->pool, attn->n_layers, sizeof(*layers));
    if (layers == NULL)
        return fail_memory(attn->inside.app);
    view->by_role[i_role] = layers;
    for (size_t i = 0; i < attn->n_layers; i++) {
        const struct attn one = only_layer(attn, i);

        (void)attn_measure_queries(&one, i_role, &layers[i]);
    }
    return DONE;
}

static int measure(struct look *look, struct attention_view *view, size_t i_in_run,
                   size_t n_in_run)
{
    struct attn *attn = &view->attn;
    struct pool *pool = &attn->inside.app->pool;

    attn->first_layer = 1;
    attn->n_layers = (size_t)view->n_layers;
    attn->n_heads = (size_t)look->info.n_heads;
    attn->n_heads_all = n_in_run * attn->n_heads; /* those of the whole run stand together */
    attn->first_head = i_in_run * attn->n_heads;
    attn->weights = look->weights;
    attn->received = pool_array(pool, attn->inside.n_tokens, sizeof(*attn->received));
    view->all = pool_array(pool, attn->n_layers, sizeof(*view->all));
    if (attn->received == NULL || view->all == NULL)
        return fail_memory(attn->inside.app);
    for (size_t i = 0; i < attn->n_layers; i++)
        attn_measure_layer(attn, i, &view->all[i]);
    for (size_t i = 0; i < INSIDE_ROLES; i++)
        TRY(measure_role(view, i));
    TRY(attn_mean_map(attn, (size_t)view->layer - 1, &view->map));
    attn->weights = NULL; /* of this run alone */
    return DONE;
}

static int measure_all(struct look *look)
{
    struct attention_view *views = look->report->views + look->first_view;
    pw_error err;
    size_t end;

    if (pw_session_create(&look->session, look->encoder->model,
                          look->n_views * look->sequences[0]->n_tokens, &err) != PW_OK)
        return fail_with(look->report->app, &err);
    for (size_t begin = 0; begin < look->n_views; begin = end) {
        end = end_of_run(look, begin);
        TRY(encode(look, begin, end));
        for (size_t i = begin; i < end; i++)
            TRY(measure(look, &views[i], i - begin, end - begin));
    }
    return DONE;
}

int report_look(void *user, size_t first, const pw_encoder *encoder, const pw_planned *planned)
{
    struct report *report = user;
    struct look look = {.report = report,
                        .encoder = encoder,
                        .planned = planned,
                        .first_view = report->n_views};
    int status;

    pw_model_get_info(encoder->model, &look.info);
    if (planned->i_encoder == 0)
        TRY(report_keep_tokens(report, first, encoder, planned));
    if (planned->layer < 1)
        return DONE; /* rows of the embedding table: no attention made them */
    status = find_sequences(&look, first);
    if (status == DONE && look.n_views > 0)
        status = measure_all(&look);
    pw_session_free(look.session);
    return status;
}
