/* SPDX-License-Identifier: MIT */
/* padwise pads signature: how far from EOS a prompt's pads still tell which prompt it is, by
 * fifths of the pads (as Toker et al. 2025 part them, with cosines in place of pictures). */
#include <math.h>
#include <stdlib.h>

#include "pads.h"
#include "talk.h"

#define N_PARTS 5

/* One fifth of the pads of all inputs. */
struct part {
    pw_estimate own;     /* cosine of its mean to the prompt's own EOS */
    pw_estimate others;  /* to the EOS of other prompts: the mean of each input */
    pw_estimate found;   /* 1 where its own EOS is the nearest of all */
    pw_estimate between; /* cosine between prompts, in pairs */
};

struct signature {
    struct pads *pads;
    struct part parts[N_PARTS];
    double *vectors;              /* [2 n, width]: means of the part, then rows of EOS */
    double *cosine;               /* [2 n, 2 n] */
    double *between;              /* [n, n] */
    double *own, *others, *found; /* [n] */
};

static int take_memory(struct signature *signature)
{
    struct pads *pads = signature->pads;
    struct pool *pool = &pads->app->pool;
    const size_t n = pads->n;
    double *each = pool_array(pool, 3 * n, sizeof(*each));

    signature->vectors = pool_array(pool, 2 * n * pads->rows[0].width, sizeof(double));
    signature->cosine = pool_array(pool, 4 * n * n, sizeof(double));
    signature->between = pool_array(pool, n * n, sizeof(double));
    if (each == NULL || signature->vectors == NULL || signature->cosine == NULL ||
        signature->between == NULL)
        return fail_memory(pads->app);
    signature->own = each;
    signature->others = each + n;
    signature->found = each + 2 * n;
    return DONE;
}

static int take_vectors(struct signature *signature, size_t part)
{
    struct pads *pads = signature->pads;
    const size_t width = pads->rows[0].width;
    const pw_place pads_place = {.kind = PW_PLACE_PADS, .part = part, .n_parts = N_PARTS};
    const pw_place eos_place = {.kind = PW_PLACE_EOS};

    for (size_t i = 0; i < pads->n; i++)
        if (!pw_rows_vector(signature->vectors + i * width, &pads->rows[i], &pads_place) ||
            !pw_rows_vector(signature->vectors + (pads->n + i) * width, &pads->rows[i],
                            &eos_place))
            return fail(pads->app, PW_ERR_NOT_FOUND, pads->inputs[i].name,
                        "has fewer than %d pads, or no EOS: fifths take a shorter prompt",
                        N_PARTS);
    return DONE;
}

/* What input i's part says of the EOS rows. */
static void judge(struct signature *signature, size_t i)
{
    const struct pads *pads = signature->pads;
    const size_t n = pads->n;
    const double *to_eos = signature->cosine + i * 2 * n + n;
    size_t n_others = 0;
    double sum = 0.0;

    signature->own[i] = to_eos[i];
    signature->found[i] = isnan(to_eos[i]) || pads->n_prompts == 1 ? NAN : 1.0;
    for (size_t j = 0; j < n; j++) {
        if (pads->prompt_of[j] == pads->prompt_of[i])
            continue;
        sum += to_eos[j];
        n_others++;
        if (to_eos[j] >= to_eos[i])
            signature->found[i] = 0.0;
    }
    signature->others[i] = n_others == 0 ? NAN : sum / (double)n_others;
}

static int measure(struct signature *signature, size_t i_part)
{
    struct pads *pads = signature->pads;
    struct part *part = &signature->parts[i_part];
    const size_t n = pads->n;

    TRY(take_vectors(signature, i_part));
    pw_vectors_compare(signature->cosine, NULL, signature->vectors, 2 * n, pads->rows[0].width);
    for (size_t i = 0; i < n; i++) {
        judge(signature, i);
        for (size_t j = 0; j < n; j++)
            signature->between[i * n + j] = pads->prompt_of[i] == pads->prompt_of[j]
                                                ? NAN
                                                : signature->cosine[i * 2 * n + j];
    }
    TRY(pads_estimate(pads, &part->own, signature->own, n));
    TRY(pads_estimate(pads, &part->others, signature->others, n));
    TRY(pads_estimate(pads, &part->found, signature->found, n));
    return pads_estimate_pairs(pads, &part->between, signature->between, n);
}

/* How far from EOS all prompts are found, from the first fifth on. */
static int conclude(struct signature *signature, const char **text)
{
    struct app *app = signature->pads->app;
    const struct part *parts = signature->parts, *last = &parts[N_PARTS - 1];
    const struct pads *pads = signature->pads;
    const size_t n_inputs = pads->n;
    const char *noun = pads_noun(pads);
    const double chance = 100.0 / (double)pads->n_prompts;
    size_t n = 0;

    if (pads->n_prompts == 1) {
        *text = pool_format(&app->pool,
                            "%zu variants of one prompt: whether pads tell prompts apart takes "
                            "another prompt.",
                            n_inputs);
        return *text == NULL ? fail_memory(app) : DONE;
    }

    while (n < N_PARTS && parts[n].found.mean == 1.0)
        n++;
    if (n == N_PARTS)
        *text = pool_format(&app->pool,
                            "In every fifth the pads of all %zu %s are nearest to their own "
                            "prompt's EOS (chance: %.0f %%): each of them tells which "
                            "prompt it was.",
                            n_inputs, noun, chance);
    else
        *text = pool_format(
            &app->pool,
            "The pads of all %zu %s are nearest to their own prompt's EOS in "
            "%zu of %d fifths, counted from EOS; in the last fifth those of %.0f %% "
            "are (chance: %.0f %%).",
            n_inputs, noun, n, N_PARTS, 100 * last->found.mean, chance);
    return *text == NULL ? fail_memory(app) : DONE;
}

static int print_json(const struct signature *signature, const char *conclusion)
{
    struct pads *pads = signature->pads;
    struct json *json = &pads->json;

    json_open(json, '{');
    pads_put_inputs(pads, NULL);
    json_key(json, "parts");
    json_open(json, '[');
    for (size_t i = 0; i < N_PARTS; i++) {
        json_open(json, '{');
        json_member_int(json, "part", (int64_t)i + 1);
        pads_put_estimate(json, "own_eos", &signature->parts[i].own);
        pads_put_estimate(json, "other_eos", &signature->parts[i].others);
        pads_put_estimate(json, "found", &signature->parts[i].found);
        pads_put_estimate(json, "between", &signature->parts[i].between);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_member_text(json, "conclusion", conclusion);
    json_close(json, '}');
    return pads_print_json(pads);
}

static void print_head(struct pads *pads)
{
    struct builder text = {0};

    if (pads->n_prompts < pads->n)
        pads_say_prompts(pads, &text, pads->n);
    else
        builder_format(&text, "%zu inputs", pads->n);
    builder_text(&text, "; pads in fifths by distance from EOS; cosines of their means: to the "
                        "own EOS, to EOS of the others, between prompts");
    if (!text.failed)
        pads_paragraph(pads, text.bytes);
    pads->out.failed = pads->out.failed || text.failed;
    builder_free(&text);
}

static int print_table(const struct signature *signature, const char *conclusion)
{
    static const struct column titles[] = {
        {"fifth", true},   {"own EOS", true},       {"other EOS", true},  {"found own", true},
        {"between", true}, {"95 % interval", true}, {"least..most", true}};
    struct pads *pads = signature->pads;
    struct grid grid;

    print_head(pads);
    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < N_PARTS; i++) {
        const struct part *part = &signature->parts[i];

        grid_cell(&grid, "%zu", i + 1);
        grid_number(&grid, 3, part->own.mean);
        grid_number(&grid, 3, part->others.mean);
        grid_number(&grid, 2, part->found.mean);
        grid_number(&grid, 3, part->between.mean);
        pads_interval(&grid, &part->between);
        pads_range(&grid, &part->between, 3);
    }
    grid_print(&grid, &pads->out, pads->app->width_out, pads->app->color_out);
    builder_text(&pads->out, "\n");
    pads_paragraph(pads, conclusion);
    pads_credits(pads);
    return pads_print(pads);
}

int pads_signature(struct pads *pads)
{
    struct signature signature = {.pads = pads};
    const char *conclusion;

    TRY(pads_need_pads(pads));
    TRY(pads_need_inputs(pads, 2, "whether pads tell prompts apart takes two or more"));
    TRY(take_memory(&signature));
    for (size_t i = 0; i < N_PARTS; i++)
        TRY(measure(&signature, i));
    TRY(conclude(&signature, &conclusion));
    return pads->app->json ? print_json(&signature, conclusion)
                           : print_table(&signature, conclusion);
}
