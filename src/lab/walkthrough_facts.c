/* SPDX-License-Identifier: MIT */
/* What a walkthrough shows, measured: how much weight pads take, what masking them changes. */
#include <math.h>

#include "lab/walkthrough.h"

static double norm(const double *values, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += values[i] * values[i];
    return sqrt(sum);
}

/* |a - b| / |b|; 0 where both are 0. */
static double change(const double *a, const double *b, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum == 0.0 ? 0.0 : sqrt(sum) / norm(b, n);
}

static double pad_mass(const pw_walkthrough_numbers *numbers, const double *weights, size_t row)
{
    const uint8_t *is_pad = numbers->is_pad + row / numbers->n_tokens * numbers->n_tokens;
    double sum = 0.0;

    for (size_t key = 0; key < numbers->n_tokens; key++)
        sum += is_pad[key] ? weights[row * numbers->n_tokens + key] : 0.0;
    return sum;
}

/* Sums that become means. */
struct sums {
    size_t n_beside_pads; /* tokens of sentences with pads */
    double norm_tokens, norm_pads, mass_unmasked, mass_masked, norm_pad_context;
};

static void add_pad(const pw_walkthrough_numbers *numbers, size_t row, struct sums *sums,
                    pw_walkthrough_facts *facts)
{
    const size_t at = row * numbers->width;

    facts->n_pads++;
    facts->n_visible_pads += numbers->mask[row];
    sums->norm_pads += norm(numbers->embeddings + at, numbers->width);
    sums->norm_pad_context +=
        norm(numbers->passes[PW_WALKTHROUGH_PADDING].context + at, numbers->width);
}

static void add_token(const pw_walkthrough_numbers *numbers, size_t row, struct sums *sums,
                      pw_walkthrough_facts *facts)
{
    const pw_walkthrough_pass *unmasked = &numbers->passes[PW_WALKTHROUGH_UNMASKED];
    const pw_walkthrough_pass *padding = &numbers->passes[PW_WALKTHROUGH_PADDING];
    const pw_walkthrough_pass *causal = &numbers->passes[PW_WALKTHROUGH_CAUSAL];
    const pw_walkthrough_pass *both = &numbers->passes[PW_WALKTHROUGH_CAUSAL_PADDING];
    const size_t n_tokens = numbers->n_tokens, at = row * numbers->width;

    facts->n_tokens_as_pads += numbers->padded[row] == numbers->pad_id;
    facts->n_hidden_tokens += !numbers->mask[row];
    sums->norm_tokens += norm(numbers->embeddings + at, numbers->width);
    facts->context_change =
        fmax(facts->context_change,
             change(padding->context + at, unmasked->context + at, numbers->width));
    for (size_t key = row * n_tokens; key < (row + 1) * n_tokens; key++)
        facts->causal_difference =
            fmax(facts->causal_difference, fabs(causal->weights[key] - both->weights[key]));
    if (numbers->lengths[row / n_tokens] == n_tokens)
        return;
    sums->n_beside_pads++;
    sums->mass_unmasked += pad_mass(numbers, unmasked->weights, row);
    sums->mass_masked += pad_mass(numbers, padding->weights, row);
}

void pw_walkthrough_measure(const pw_walkthrough *walkthrough, pw_walkthrough_facts *facts)
{
    const pw_walkthrough_numbers *numbers = &walkthrough->numbers;
    const size_t n_rows = numbers->n_sentences * numbers->n_tokens;
    struct sums sums = {0};

    *facts = (pw_walkthrough_facts){.i_padded = numbers->n_sentences};
    for (size_t i = numbers->n_sentences; i-- > 0;) {
        if (numbers->lengths[i] < numbers->n_tokens) {
            facts->n_padded_sentences++;
            facts->i_padded = i;
        }
    }
    for (size_t row = 0; row < n_rows; row++) {
        if (numbers->is_pad[row])
            add_pad(numbers, row, &sums, facts);
        else
            add_token(numbers, row, &sums, facts);
        for (int mask = 0; mask < PW_WALKTHROUGH_N_MASKS; mask++)
            facts->row_sum_error =
                fmax(facts->row_sum_error, fabs(numbers->passes[mask].row_sums[row] - 1.0));
    }
    /* 0 / 0 is NaN: a mean over nothing. */
    facts->norm_tokens = sums.norm_tokens / (double)(n_rows - facts->n_pads);
    facts->norm_pads = sums.norm_pads / (double)facts->n_pads;
    facts->norm_pad_context = sums.norm_pad_context / (double)facts->n_pads;
    facts->pad_mass_unmasked = sums.mass_unmasked / (double)sums.n_beside_pads;
    facts->pad_mass_masked = sums.mass_masked / (double)sums.n_beside_pads;
}
