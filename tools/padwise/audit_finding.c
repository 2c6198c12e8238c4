/* SPDX-License-Identifier: MIT */
/* What checks of `padwise audit` say: numbers, and the verdict that follows from them. */
#include <math.h>

#include "audit_run.h"
#include "talk.h"

void finding_number(struct finding *finding, const char *key, double value)
{
    if (finding->n_numbers == AUDIT_NUMBERS_MAX)
        return;
    finding->numbers[finding->n_numbers].key = key;
    finding->numbers[finding->n_numbers++].value = value;
}

int finding_estimate(struct audit *audit, struct finding *finding, const double *values,
                     size_t n, const char *of)
{
    struct app *app = audit->pads.app;
    pw_error err;

    finding->estimate_of = of;
    if (pw_estimate_mean(&finding->estimate, app->ctx, values, n, audit->pads.seed, &err) !=
        PW_OK)
        return fail_with(app, &err);
    return DONE;
}

int finding_estimate_inputs(struct audit *audit, struct finding *finding, const double *values,
                            const char *of)
{
    finding->estimate_of = of;
    return pads_estimate(&audit->pads, &finding->estimate, values, audit->pads.n);
}

void finding_spread(struct finding *finding, int n_decimals, double factor, const char *unit)
{
    const pw_estimate *estimate = &finding->estimate;

    if (estimate->n_values == 0)
        builder_text(&finding->measured, "no number (rows of zeros)");
    else
        builder_format(&finding->measured, "%.*f%s (%.*f to %.*f%s by %s)", n_decimals,
                       factor * estimate->mean, unit, n_decimals, factor * estimate->min,
                       n_decimals, factor * estimate->max, unit,
                       estimate->n_values > finding->n_prompts ? "input" : "prompt");
}

/* One pair, or less, says nothing of others. */
static bool is_few(const struct claim *claim, struct finding *finding, size_t n)
{
    if (n >= PW_VERDICT_PROMPTS_MIN)
        return false;
    finding_lacks(claim, finding,
                  n == 2 ? "two prompts make a single pair, and a verdict takes three"
                         : "a verdict takes three prompts",
                  "INPUT INPUT INPUT");
    return true;
}

void finding_judge_mean(const struct claim *claim, struct finding *finding)
{
    const pw_estimate *estimate = &finding->estimate;

    finding->verdict = pw_judge_mean(estimate, claim->limit);
    if (finding->verdict == PW_VERDICT_TRUE)
        builder_format(&finding->reason, "the interval begins at %.3f, and %g was asked",
                       estimate->low, claim->limit);
    else if (finding->verdict == PW_VERDICT_FALSE)
        builder_format(&finding->reason, "the interval ends at %.3f, below %g", estimate->high,
                       claim->limit);
    else if (is_few(claim, finding, estimate->n_items))
        return;
    else if (isnan(estimate->low))
        finding_lacks(claim, finding,
                      "inputs that share a prompt have no interval: give one of each prompt",
                      "INPUT INPUT INPUT");
    else
        finding_lacks(claim, finding,
                      "the interval holds the limit, and more prompts narrow it", "INPUT...");
}

void finding_count(struct builder *out, size_t n_hold, size_t n)
{
    if (n_hold == n && n > 1)
        builder_format(out, "all %zu", n);
    else
        builder_format(out, "%zu of %zu", n_hold, n);
}

void finding_judge_all(const struct claim *claim, struct finding *finding, size_t n_hold,
                       size_t n, const char *cases)
{
    if (is_few(claim, finding, finding->n_prompts))
        return;
    finding->verdict = pw_judge_all(n_hold, n, finding->n_prompts);
    finding_count(&finding->reason, n_hold, n);
    builder_format(&finding->reason, " %s", cases);
}

static void set_tokens(struct finding *finding, size_t i, size_t n)
{
    finding->tokens_min = i == 0 || n < finding->tokens_min ? n : finding->tokens_min;
    finding->tokens_max = n > finding->tokens_max ? n : finding->tokens_max;
}

static void say_tokens(struct finding *finding)
{
    builder_format(&finding->n, " of %zu", finding->tokens_min);
    if (finding->tokens_max > finding->tokens_min)
        builder_format(&finding->n, " to %zu", finding->tokens_max);
    builder_text(&finding->n, " tokens");
}

void finding_of_inputs(const struct audit *audit, struct finding *finding)
{
    finding->n_prompts = audit->pads.n_prompts;
    for (size_t i = 0; i < audit->pads.n; i++)
        set_tokens(finding, i, audit->pads.inputs[i].n_real);
    pads_say_prompts(&audit->pads, &finding->n, audit->pads.n);
    say_tokens(finding);
}

void finding_of_texts(const struct audit *audit, struct finding *finding)
{
    finding->n_prompts = audit->of_own.n;
    for (size_t i = 0; i < audit->of_own.n; i++)
        set_tokens(finding, i, audit_n_real(audit, i));
    builder_format(&finding->n, "%zu prompt%s", finding->n_prompts,
                   finding->n_prompts == 1 ? "" : "s");
    say_tokens(finding);
}

void finding_lacks(const struct claim *claim, struct finding *finding, const char *why,
                   const char *arguments)
{
    finding->verdict = PW_VERDICT_OPEN;
    builder_format(&finding->reason, "%s: padwise audit --claim %s %s", why, claim->name,
                   arguments);
}

void finding_near(const struct claim *claim, struct finding *finding, const char *arguments)
{
    builder_format(&finding->reason,
                   "%s. What can be measured near it: padwise audit --claim %s %s", claim->open,
                   claim->name, arguments);
}

void finding_lacks_encoder(const struct claim *claim, struct finding *finding)
{
    finding_lacks(claim, finding, "files hold rows, and this takes the encoder that made them",
                  "-m DIR PROMPT PROMPT PROMPT");
}
