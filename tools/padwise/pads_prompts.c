/* SPDX-License-Identifier: MIT */
/* Which inputs are of one prompt: variants of it (other pads, another mask) say nothing of
 * other prompts, so an interval over prompts is of inputs that have a prompt each. */
#include <math.h>
#include <string.h>

#include "pads.h"
#include "talk.h"

/* What the input was made of; bytes NULL: not known. A prompt that was encoded here is taken as
 * it stands; a file's may name what was done to the pads. */
static pw_text prompt_of(const struct pads_input *input)
{
    if (input->path == NULL)
        return (pw_text){input->name, strlen(input->name)};
    return input->prompt.bytes == NULL ? input->prompt : roles_cut_suffix(input->prompt);
}

static bool is_same(pw_text a, pw_text b)
{
    return a.bytes != NULL && b.bytes != NULL && a.size == b.size &&
           memcmp(a.bytes, b.bytes, a.size) == 0;
}

int pads_find_prompts(struct pads *pads)
{
    pads->prompt_of = pool_array(&pads->app->pool, pads->n, sizeof(*pads->prompt_of));
    if (pads->prompt_of == NULL)
        return fail_memory(pads->app);
    pads->n_prompts = 0;
    for (size_t i = 0; i < pads->n; i++) {
        const pw_text prompt = prompt_of(&pads->inputs[i]);
        size_t k = 0;

        while (k < i && !is_same(prompt, prompt_of(&pads->inputs[k])))
            k++;
        pads->prompt_of[i] = k < i ? pads->prompt_of[k] : pads->n_prompts++;
    }
    return DONE;
}

size_t pads_n_prompts(const struct pads *pads, size_t n)
{
    size_t n_prompts = 0;

    for (size_t i = 0; i < n; i++)
        n_prompts = pads->prompt_of[i] >= n_prompts ? pads->prompt_of[i] + 1 : n_prompts;
    return n_prompts;
}

void pads_say_prompts(const struct pads *pads, struct builder *out, size_t n)
{
    const size_t n_prompts = pads_n_prompts(pads, n);

    if (n_prompts == n)
        builder_format(out, "%zu prompt%s", n, n == 1 ? "" : "s");
    else if (n_prompts == 1)
        builder_format(out, "%zu variants of one prompt", n);
    else
        builder_format(out, "%zu inputs of %zu prompts", n, n_prompts);
}

const char *pads_noun(const struct pads *pads)
{
    return pads->n_prompts == pads->n ? "prompts" : "inputs";
}

const char *pads_why_no_interval(const struct pads *pads)
{
    if (pads->n_prompts == pads->n)
        return "too few inputs for an interval";
    return pads->n_prompts == 1 ? "variants of one prompt: no interval"
                                : "inputs share prompts: no interval";
}

/* Items that are not independent have no interval by drawing them. */
void pads_judge_interval(const struct pads *pads, pw_estimate *estimate, size_t n)
{
    const size_t n_prompts = pads_n_prompts(pads, n);

    if (n_prompts == n)
        return;
    estimate->low = estimate->high = NAN;
    estimate->n_items = n_prompts < estimate->n_items ? n_prompts : estimate->n_items;
}

int pads_estimate(const struct pads *pads, pw_estimate *out, const double *values, size_t n)
{
    pw_error err;

    if (pw_estimate_mean(out, pads->app->ctx, values, n, pads->seed, &err) != PW_OK)
        return fail_with(pads->app, &err);
    pads_judge_interval(pads, out, n);
    return DONE;
}

int pads_estimate_pairs(const struct pads *pads, pw_estimate *out, const double *matrix,
                        size_t n)
{
    pw_error err;

    if (pw_estimate_pairs(out, pads->app->ctx, matrix, n, pads->seed, &err) != PW_OK)
        return fail_with(pads->app, &err);
    pads_judge_interval(pads, out, n);
    return DONE;
}
