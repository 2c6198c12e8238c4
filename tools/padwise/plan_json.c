/* SPDX-License-Identifier: MIT */
/* Pairs, chunks, schedules and conjunctions as JSON. */
#include "plan_json.h"

#include <string.h>

static bool put_pairs(struct json *json, const pw_condition *condition)
{
    struct pieces pieces;
    const pw_segment *piece;
    bool ok;

    json_key(json, "pairs");
    json_open(json, '[');
    pieces_start(&pieces, condition);
    while ((piece = pieces_next(&pieces)) != NULL) {
        json_open(json, '[');
        json_bytes(json, piece->text, piece->size);
        json_real(json, piece->weight);
        json_close(json, ']');
    }
    json_close(json, ']');
    ok = !pieces.failed;
    pieces_free(&pieces);
    return ok;
}

static void put_chunk(struct json *json, const pw_plan *plan, const pw_chunk *chunk)
{
    const pw_sequence *sequence = pw_plan_sequence(plan, chunk->i_sequence);

    json_open(json, '{');
    json_key(json, "ids");
    json_open(json, '[');
    for (size_t i = 0; i < chunk->n_tokens; i++)
        json_int(json, chunk->ids[i]);
    json_close(json, ']');
    json_key(json, "weights");
    json_open(json, '[');
    for (size_t i = 0; i < chunk->n_tokens; i++)
        json_real(json, chunk->weights[i]);
    json_close(json, ']');
    json_key(json, "mask");
    json_open(json, '[');
    for (size_t i = 0; i < chunk->n_tokens; i++)
        json_int(json, sequence->mask == NULL ? 1 : sequence->mask[i]);
    json_close(json, ']');
    json_close(json, '}');
}

static void put_chunks(struct json *json, const struct reading *reading, size_t i)
{
    const pw_plan_output *output = pw_plan_output_at(reading->plan, i);

    json_key(json, "chunks");
    json_open(json, '[');
    for (size_t k = 0; k < output->n_chunks; k++)
        put_chunk(json, reading->plan, &output->chunks[k]);
    json_close(json, ']');
}

/* Where the dialect has steps, every condition holds up to one. */
static bool has_steps(const pw_prompt *prompt)
{
    return pw_prompt_n_conditions(prompt) > 0 && pw_prompt_condition(prompt, 0)->until_step > 0;
}

static void put_schedule(struct json *json, const pw_prompt *prompt)
{
    if (!has_steps(prompt))
        return;
    json_key(json, "schedule");
    json_open(json, '[');
    for (size_t i = 0; i < pw_prompt_n_conditions(prompt); i++) {
        const pw_condition *condition = pw_prompt_condition(prompt, i);

        json_open(json, '{');
        json_member_int(json, "until_step", condition->until_step);
        json_key(json, "text");
        json_bytes(json, condition->text, condition->size);
        if (pw_prompt_n_parts(prompt) > 1)
            json_member_int(json, "part", (int64_t)condition->i_part);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_pair(struct json *json, const char *text, size_t size, double weight)
{
    json_open(json, '[');
    json_bytes(json, text, size);
    json_real(json, weight);
    json_close(json, ']');
}

/* The pieces of a span, a space between them. */
static bool put_span(struct json *json, const pw_span *span)
{
    const pw_condition alone = {.spans = span, .n_spans = 1};
    struct builder text = {0};
    struct pieces pieces;
    const pw_segment *piece;
    bool ok;

    pieces_start(&pieces, &alone);
    while ((piece = pieces_next(&pieces)) != NULL) {
        if (text.size > 0)
            builder_text(&text, " ");
        builder_add(&text, piece->text, piece->size);
    }
    ok = !pieces.failed && !text.failed;
    put_pair(json, text.size == 0 ? "" : text.bytes, text.size, span->weight);
    pieces_free(&pieces);
    builder_free(&text);
    return ok;
}

/* Parts of AND; else what stands side by side. */
static bool put_conjunction(struct json *json, const pw_prompt *prompt)
{
    const size_t n_parts = pw_prompt_n_parts(prompt);
    const pw_condition *first = pw_prompt_condition(prompt, 0);
    const bool has_parts = n_parts > 1 || has_steps(prompt);
    bool ok = true;

    if (!has_parts && first->n_spans < 2)
        return true;
    json_key(json, "conjunction");
    json_open(json, '[');
    for (size_t i = 0; has_parts && i < n_parts; i++) {
        const pw_prompt_part *part = pw_prompt_part_at(prompt, i);

        put_pair(json, part->text, part->size, part->weight);
    }
    for (size_t i = 0; !has_parts && i < first->n_spans; i++)
        ok = put_span(json, &first->spans[i]) && ok;
    json_close(json, ']');
    return ok;
}

static bool put_conditions(struct json *json, const struct reading *reading)
{
    const size_t n = pw_prompt_n_conditions(reading->prompt);
    bool ok = true;

    if (n < 2)
        return true;
    json_key(json, "conditions");
    json_open(json, '[');
    for (size_t i = 0; i < n; i++) {
        const pw_condition *condition = pw_prompt_condition(reading->prompt, i);

        json_open(json, '{');
        json_member_int(json, "until_step", condition->until_step);
        json_member_int(json, "part", (int64_t)condition->i_part);
        json_member_bool(json, "edited", condition->is_edited);
        ok = put_pairs(json, condition) && ok;
        put_chunks(json, reading, i);
        json_close(json, '}');
    }
    json_close(json, ']');
    return ok;
}

static void put_networks(struct json *json, const pw_prompt *prompt)
{
    if (pw_prompt_n_networks(prompt) == 0)
        return;
    json_key(json, "networks");
    json_open(json, '[');
    for (size_t i = 0; i < pw_prompt_n_networks(prompt); i++) {
        const pw_prompt_network *network = pw_prompt_network_at(prompt, i);

        json_open(json, '{');
        json_member_text(json, "kind", network->kind);
        json_key(json, "arguments");
        json_open(json, '[');
        for (size_t k = 0; k < network->n_arguments; k++)
            json_text(json, network->arguments[k]);
        json_close(json, ']');
        json_member_real(json, "weight", network->weight);
        json_close(json, '}');
    }
    json_close(json, ']');
}

bool plan_json(struct json *json, const struct reading *reading)
{
    const pw_prompt *prompt = reading->prompt;
    bool ok = put_pairs(json, pw_prompt_condition(prompt, 0));

    put_chunks(json, reading, 0);
    put_schedule(json, prompt);
    ok = put_conjunction(json, prompt) && ok;
    ok = put_conditions(json, reading) && ok;
    put_networks(json, prompt);
    return ok;
}
