/* SPDX-License-Identifier: MIT */
/* Tables and JSON of planned prompts. */
#include "tokenize_dialect.h"

#include <string.h>

#include "paint.h"
#include "plan_json.h"
#include "plan_view.h"
#include "show.h"
#include "talk.h"

/* Conditions back that are looked at for the same tokens: alternations come round after few. */
#define LOOK_BACK 8

static bool is_same_chunk(const pw_chunk *a, const pw_chunk *b)
{
    return a->i_sequence == b->i_sequence && a->n_tokens == b->n_tokens &&
           memcmp(a->weights, b->weights, a->n_tokens * sizeof(*a->weights)) == 0 &&
           memcmp(a->begin, b->begin, a->n_tokens * sizeof(*a->begin)) == 0;
}

static bool is_same_output(const pw_plan_output *a, const pw_plan_output *b)
{
    bool is_same = a->n_chunks == b->n_chunks;

    for (size_t i = 0; i < a->n_chunks && is_same; i++)
        is_same = is_same_chunk(&a->chunks[i], &b->chunks[i]);
    return is_same;
}

/* The number of an earlier condition with the same table, or SIZE_MAX. */
static size_t find_same(const pw_plan *plan, size_t i)
{
    for (size_t k = i > LOOK_BACK ? i - LOOK_BACK : 0; k < i; k++) {
        if (is_same_output(pw_plan_output_at(plan, k), pw_plan_output_at(plan, i)))
            return k;
    }
    return SIZE_MAX;
}

static void put_title(struct app *app, struct builder *out, const pw_prompt *prompt, size_t i,
                      size_t i_same)
{
    const pw_condition *condition = pw_prompt_condition(prompt, i);
    struct builder title = {0};

    builder_format(&title, "condition %zu", i + 1);
    if (pw_prompt_n_parts(prompt) > 1)
        builder_format(&title, ", part %zu times %.4g", condition->i_part + 1,
                       pw_prompt_part_at(prompt, condition->i_part)->weight);
    if (condition->until_step > 0)
        builder_format(&title, ", until step %d", (int)condition->until_step);
    if (condition->is_edited)
        builder_text(&title, ", after the swap");
    if (i_same != SIZE_MAX)
        builder_format(&title, ": as condition %zu", i_same + 1);
    if (app->color_out)
        builder_text(out, PAINT_BOLD);
    builder_append(out, &title);
    if (i_same == SIZE_MAX) {
        builder_text(out, ": ");
        show_quoted(out, condition->text, condition->size,
                    app->width_out > title.size + 12 ? app->width_out - title.size - 2 : 10);
    }
    if (app->color_out)
        builder_text(out, PAINT_NONE);
    builder_text(out, "\n");
    builder_free(&title);
}

static void put_counts(struct builder *out, const pw_plan_output *output)
{
    size_t n_tokens = 0, n_real = 0;

    for (size_t i = 0; i < output->n_chunks; i++) {
        n_tokens += output->chunks[i].n_tokens;
        n_real += plan_first_pad(&output->chunks[i]);
    }
    builder_format(out, "%zu token%s", n_real, n_real == 1 ? "" : "s");
    if (n_tokens > n_real)
        builder_format(out, ", %zu pad%s", n_tokens - n_real,
                       n_tokens - n_real == 1 ? "" : "s");
    if (output->n_chunks > 1)
        builder_format(out, ", in %zu chunks", output->n_chunks);
    if (output->n_cut > 0)
        builder_format(out, ", %zu cut off", output->n_cut);
    builder_text(out, "\n");
}

int planned_tables(struct app *app, struct builder *out, const struct vocabulary *vocabulary,
                   const struct reading *reading)
{
    const struct plan_view view = {.tokenizer = vocabulary->found.tokenizer,
                                   .plan = reading->plan,
                                   .columns = TOKEN_WEIGHTS_BYTES,
                                   .width = app->width_out,
                                   .color = app->color_out};
    const size_t n = pw_plan_n_outputs(reading->plan);

    for (size_t i = 0; i < n; i++) {
        const pw_plan_output *output = pw_plan_output_at(reading->plan, i);
        const size_t i_same = find_same(reading->plan, i);

        if (n > 1)
            put_title(app, out, reading->prompt, i, i_same);
        if (i_same != SIZE_MAX)
            continue;
        TRY(plan_table(app, out, &view, output));
        put_counts(out, output);
    }
    return DONE;
}

void planned_warn_cut(struct app *app, const struct reading *reading, const char *where)
{
    const size_t n_cut = pw_plan_output_at(reading->plan, 0)->n_cut;

    if (n_cut > 0)
        warn(app, where, "%zu token%s at the end cut off: the dialect does not take so many",
             n_cut, n_cut == 1 ? " was" : "s were");
}

/* One of the lists that run over the tokens of all chunks. */
enum list {
    LIST_IDS,
    LIST_MASK,
    LIST_TOKENS,
    LIST_OFFSETS
};

static bool put_element(struct json *json, const struct vocabulary *vocabulary,
                        const pw_chunk *chunk, const uint8_t *mask, size_t i, enum list list)
{
    struct pool pool = {0};
    const char *text = "";

    if (list == LIST_IDS) {
        json_int(json, chunk->ids[i]);
    } else if (list == LIST_MASK) {
        json_int(json, mask == NULL ? 1 : mask[i]);
    } else if (list == LIST_TOKENS) {
        text = tokens_text(&pool, vocabulary->found.tokenizer, chunk->ids[i]);
        json_text(json, text);
    } else if (chunk->begin[i] == PW_NO_OFFSET) {
        json_null(json);
    } else {
        json_open(json, '[');
        json_uint(json, chunk->begin[i]);
        json_uint(json, chunk->end[i]);
        json_close(json, ']');
    }
    pool_free(&pool);
    return text != NULL;
}

static bool put_list(struct json *json, const struct vocabulary *vocabulary,
                     const pw_plan *plan, const char *key, enum list list)
{
    const pw_plan_output *output = pw_plan_output_at(plan, 0);
    bool ok = true;

    json_key(json, key);
    json_open(json, '[');
    for (size_t i = 0; i < output->n_chunks; i++) {
        const pw_chunk *chunk = &output->chunks[i];
        const uint8_t *mask = pw_plan_sequence(plan, chunk->i_sequence)->mask;

        for (size_t k = 0; k < chunk->n_tokens; k++)
            ok = put_element(json, vocabulary, chunk, mask, k, list) && ok;
    }
    json_close(json, ']');
    return ok;
}

int planned_json(struct app *app, struct json *json, const struct vocabulary *vocabulary,
                 const struct reading *reading)
{
    const pw_plan_output *output = pw_plan_output_at(reading->plan, 0);
    size_t n_real = 0;
    bool ok;

    for (size_t i = 0; i < output->n_chunks; i++)
        n_real += plan_first_pad(&output->chunks[i]);
    ok = put_list(json, vocabulary, reading->plan, "ids", LIST_IDS);
    ok = put_list(json, vocabulary, reading->plan, "mask", LIST_MASK) && ok;
    ok = put_list(json, vocabulary, reading->plan, "tokens", LIST_TOKENS) && ok;
    ok = put_list(json, vocabulary, reading->plan, "offsets", LIST_OFFSETS) && ok;
    json_member_int(json, "n_tokens", (int64_t)n_real);
    json_member_int(json, "n_cut", (int64_t)output->n_cut);
    ok = plan_json(json, reading) && ok;
    return ok ? DONE : fail_memory(app);
}
