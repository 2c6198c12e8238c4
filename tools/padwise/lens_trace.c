/* SPDX-License-Identifier: MIT */
/* The steps of a pass in numbers: shape, mean, standard deviation. */
#include <math.h>

#include "lens.h"
#include "talk.h"

static void add_step(struct lens *lens, const pw_trace *trace)
{
    const double n = (double)trace->n_rows * (double)trace->width;
    double sum = 0.0, squares = 0.0;
    struct lens_step *steps = pool_grow(&lens->inside.app->pool, lens->steps, lens->n_steps,
                                        &lens->steps_capacity, sizeof(*steps));

    if (steps == NULL) {
        lens->failed = true;
        return;
    }
    lens->steps = steps;
    for (size_t row = 0; row < trace->n_rows; row++)
        for (size_t i = 0; i < trace->width; i++)
            sum += (double)trace->rows[row * trace->stride + i];
    for (size_t row = 0; row < trace->n_rows; row++)
        for (size_t i = 0; i < trace->width; i++) {
            const double off = (double)trace->rows[row * trace->stride + i] - sum / n;

            squares += off * off;
        }
    steps[lens->n_steps++] = (struct lens_step){trace->name,  trace->layer, trace->n_rows,
                                                trace->width, sum / n,      sqrt(squares / n)};
}

void lens_take_step(void *user, const pw_trace *trace)
{
    add_step(user, trace);
}

int lens_take_outputs(struct lens *lens)
{
    const size_t width = (size_t)lens->inside.info.width,
                 projection = (size_t)lens->inside.info.projection;

    add_step(lens,
             &(pw_trace){"final_norm", -1, lens->last, lens->inside.n_tokens, width, width});
    add_step(lens, &(pw_trace){"pooled", -1, lens->pooled, 1, width, width});
    if (lens->embeds != NULL)
        add_step(lens, &(pw_trace){"projection", -1, lens->embeds, 1, projection, projection});
    return lens->failed ? fail_memory(lens->inside.app) : DONE;
}
