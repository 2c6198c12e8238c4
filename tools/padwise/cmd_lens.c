/* SPDX-License-Identifier: MIT */
/* padwise lens: what the rows of a prompt become, layer by layer. */
#include <math.h>
#include <string.h>

#include "lens.h"
#include "plot_out.h"
#include "talk.h"

const float *lens_row(const struct lens *lens, int32_t layer, size_t t)
{
    return lens->states +
           ((size_t)layer * lens->inside.n_tokens + t) * (size_t)lens->inside.info.width;
}

static double dot(const struct lens *lens, const float *a, const float *b)
{
    double sum = 0.0;

    for (int32_t i = 0; i < lens->inside.info.width; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

double lens_norm(const struct lens *lens, const float *row)
{
    return sqrt(dot(lens, row, row));
}

/* The product of the squares is a square where a is b: 1 to the last bit. */
double lens_cosine(const struct lens *lens, const float *a, const float *b)
{
    return dot(lens, a, b) / sqrt(dot(lens, a, a) * dot(lens, b, b));
}

static void measure(struct lens *lens, int32_t layer)
{
    const struct inside *inside = &lens->inside;
    struct lens_layer *out = &lens->layers[layer];

    *out = (struct lens_layer){0};
    for (size_t i = 0; i < INSIDE_ROLES; i++) {
        const double n = (double)inside_n_rows(inside, i);

        for (size_t t = 0; t < inside->n_tokens; t++) {
            const float *row = lens_row(lens, layer, t);

            if (inside->roles[t] != inside_role(i))
                continue;
            out->norm[i] += lens_norm(lens, row);
            out->cosine[i] += lens_cosine(lens, row, lens_row(lens, inside->info.n_layers, t));
        }
        out->norm[i] = n > 0.0 ? out->norm[i] / n : NAN;
        out->cosine[i] = n > 0.0 ? out->cosine[i] / n : NAN;
    }
}

static int take_memory(struct lens *lens)
{
    struct pool *pool = &lens->inside.app->pool;
    const size_t n_states = (size_t)lens->inside.info.n_layers + 1, n = lens->inside.n_tokens,
                 width = (size_t)lens->inside.info.width;

    lens->states = pool_array(pool, n_states * n, width * sizeof(*lens->states));
    lens->last = pool_array(pool, n, width * sizeof(*lens->last));
    lens->pooled = pool_array(pool, width, sizeof(*lens->pooled));
    lens->layers = pool_array(pool, n_states, sizeof(*lens->layers));
    if (lens->inside.info.projection > 0) {
        lens->embeds =
            pool_array(pool, (size_t)lens->inside.info.projection, sizeof(*lens->embeds));
        if (lens->embeds == NULL)
            return fail_memory(lens->inside.app);
    }
    return lens->states == NULL || lens->last == NULL || lens->pooled == NULL ||
                   lens->layers == NULL
               ? fail_memory(lens->inside.app)
               : DONE;
}

/* The outputs behind the blocks, which only the trace shows. */
static size_t add_last(const struct lens *lens, pw_output *outputs)
{
    const size_t width = (size_t)lens->inside.info.width;

    outputs[0] = (pw_output){.kind = PW_OUTPUT_LAST_HIDDEN_STATE,
                             .data = lens->last,
                             .capacity = lens->inside.n_tokens * width};
    outputs[1] = (pw_output){.kind = PW_OUTPUT_POOLED, .data = lens->pooled, .capacity = width};
    outputs[2] = (pw_output){.kind = PW_OUTPUT_TEXT_EMBEDS,
                             .data = lens->embeds,
                             .capacity = (size_t)lens->inside.info.projection};
    return lens->embeds == NULL ? 2 : 3;
}

static int encode(struct lens *lens)
{
    struct app *app = lens->inside.app;
    const size_t n_states = (size_t)lens->inside.info.n_layers + 1,
                 n_floats = lens->inside.n_tokens * (size_t)lens->inside.info.width;
    const bool is_traced = option_given(app, OPTION_TRACE);
    pw_output *outputs = pool_array(&app->pool, n_states + 3, sizeof(*outputs));
    size_t n = n_states;

    if (outputs == NULL)
        return fail_memory(app);
    TRY(take_memory(lens));
    for (size_t i = 0; i < n_states; i++)
        outputs[i] = (pw_output){.kind = PW_OUTPUT_HIDDEN_STATE,
                                 .layer = (int32_t)i,
                                 .final_norm = lens->is_normed,
                                 .data = lens->states + i * n_floats,
                                 .capacity = n_floats};
    if (is_traced) {
        n += add_last(lens, outputs + n);
        pw_session_set_trace(lens->inside.session, lens_take_step, lens);
    }
    TRY(inside_encode(&lens->inside, outputs, n));
    return is_traced ? lens_take_outputs(lens) : DONE;
}

static int run(struct lens *lens)
{
    struct app *app = lens->inside.app;

    lens->plot = option_text(app, OPTION_PLOT);
    lens->is_normed = option_given(app, OPTION_FINAL_NORM);
    TRY(plot_check(app, lens->plot));
    TRY(inside_open(&lens->inside));
    TRY(inside_layer(&lens->inside, 0, &lens->layer, &lens->is_all));
    TRY(encode(lens));
    for (int32_t layer = 0; layer <= lens->inside.info.n_layers; layer++)
        measure(lens, layer);
    TRY(app_open_output(app));
    TRY(app->json ? lens_print_json(lens) : lens_print(lens));
    return lens->plot == NULL ? DONE : lens_draw(lens);
}

int run_lens(struct app *app)
{
    struct lens lens = {
        .inside = {.app = app,
                   .instead = "padwise pads stats FILE measures the rows that a file holds"}};
    const int status = run(&lens);

    progress_stop(&app->progress);
    inside_close(&lens.inside);
    return status;
}
