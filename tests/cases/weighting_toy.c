/* SPDX-License-Identifier: MIT */
/* The encoder and the tokenizer that stand in for a model in the cases: closed formulas, given
 * in the case file. */
#include "weighting_case.h"

#include "base/utf8.h"
#include "text/text.h"

/* The stub of the T5 cases: a word between white space is 3 + (sum of its code points mod
 * 1000). */
pw_status toy_tokenize_t5(void *user, const char *text, size_t size, pw_token_sink *sink,
                          pw_error *err)
{
    size_t at = 0;

    (void)user;
    (void)err;
    while (at < size) {
        const size_t begin = at;
        uint64_t sum = 0;
        uint32_t code;
        size_t length;

        while ((length = pwi_utf8_decode(text + at, size - at, &code)) > 0 &&
               !pwi_is_space_python(code)) {
            sum += code;
            at += length;
        }
        if (at > begin)
            pw_token_sink_add(sink, (int32_t)(3 + sum % 1000), begin, at);
        at += length;
    }
    return PW_OK;
}

static double embedding(int32_t id, int d)
{
    return (double)(((int64_t)id * (2 * d + 3) + 7 * d) % 97) / 97.0 - 0.5;
}

static double position(size_t t, int d)
{
    return (double)((t * (size_t)(d + 2)) % 13) / 13.0 - 0.5;
}

/* Row t depends on itself and on the visible rows up to it. */
static void encode_one(const pw_sequence *sequence, float *rows, float *pooled)
{
    double sums[TOY_DIM] = {0.0};
    size_t n_visible = 0;

    for (size_t t = 0; t < sequence->n_tokens; t++) {
        const bool is_visible = sequence->mask == NULL || sequence->mask[t] != 0;
        double h[TOY_DIM];

        n_visible += is_visible;
        for (int d = 0; d < TOY_DIM; d++) {
            h[d] = embedding(sequence->ids[t], d) + 0.5 * position(t, d);
            if (is_visible)
                sums[d] += h[d];
            if (n_visible > 0)
                h[d] += 0.25 * sums[d] / (double)n_visible;
            if (rows != NULL)
                rows[t * TOY_DIM + (size_t)d] = (float)h[d];
            if (pooled != NULL && t == sequence->end_row)
                pooled[d] = (float)h[d];
        }
    }
}

pw_status toy_encode(void *user, const pw_sequence *const *sequences, size_t n,
                     float *const *rows, float *const *pooled, pw_error *err)
{
    (void)user;
    (void)err;
    for (size_t i = 0; i < n; i++)
        encode_one(sequences[i], rows[i], pooled[i]);
    return PW_OK;
}
