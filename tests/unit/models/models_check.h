/* SPDX-License-Identifier: MIT */
/* What the tests of models/ share: contexts with threads and levels, encoding a batch,
 * comparing. */
#ifndef PWI_TESTS_MODELS_CHECK_H
#define PWI_TESTS_MODELS_CHECK_H

#include <math.h>
#include <stdlib.h>

#include <padwise/padwise.h>

#include "check.h"

static inline pw_context *context_with(int32_t n_threads, pw_level level)
{
    pw_context_options options;
    pw_context *ctx = NULL;

    pw_context_options_init(&options);
    options.n_threads = n_threads;
    options.cpu_max = level;
    assert_int_equal(pw_context_create(&ctx, &options, NULL), PW_OK);
    return ctx;
}

/* One output of a batch in allocated memory; n gets the number of floats. */
static inline float *encoded(pw_model *model, const pw_batch *batch, pw_output output,
                             size_t *n)
{
    pw_session *session = NULL;
    pw_model_info info;
    pw_error err;
    size_t width;

    pw_model_get_info(model, &info);
    width = output.kind == PW_OUTPUT_TEXT_EMBEDS ? (size_t)info.projection : (size_t)info.width;
    *n = batch->n_prompts * width *
         (output.kind <= PW_OUTPUT_LAST_HIDDEN_STATE ? batch->n_tokens : 1);
    output.data = calloc(*n, sizeof(float));
    output.capacity = *n;
    assert_int_equal(pw_session_create(&session, model, 0, &err), PW_OK);
    if (pw_model_encode(session, batch, &output, 1, &err) != PW_OK)
        fail_msg("%s", err.text);
    pw_session_free(session);
    return output.data;
}

static inline double relative_l2(const float *a, const float *b, size_t n)
{
    double difference = 0.0, norm = 0.0;

    for (size_t i = 0; i < n; i++) {
        difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        norm += (double)b[i] * b[i];
    }
    return sqrt(difference / norm);
}

#endif
