/* SPDX-License-Identifier: MIT */
/* Options of dialects, and walking over what they make of a prompt. */
#include "reading.h"

#include <string.h>

#include "talk.h"

#define BACKTRACK_MAX 74 /* content tokens of a chunk but one */

int reading_read_dialect(struct app *app, int32_t *dialect)
{
    const char *flavour = option_text(app, OPTION_FLAVOUR);
    const char *name = option_text(app, OPTION_DIALECT);

    if (name == NULL)
        name = pw_flavour_dialect(flavour == NULL ? 0 : (size_t)pw_flavour_find(flavour));
    *dialect = pw_dialect_find(name);
    if (*dialect < 0)
        return fail_usage(app,
                          "there is no dialect \"%s\": plain, lecture, a1111, comfyui, compel, "
                          "lpw, lpw-xl, sd-embed, adv:none+comfy and so on",
                          name);
    return DONE;
}

int reading_read_options(struct app *app, pw_prompt_options *prompt, pw_plan_options *plan)
{
    const char *emphasis = option_text(app, OPTION_EMPHASIS);
    int64_t steps = prompt->steps, hires_steps = prompt->hires_steps,
            backtrack = plan->comma_backtrack;

    TRY(option_integer(app, OPTION_STEPS, 0, PW_PROMPT_STEPS_MAX, &steps));
    TRY(option_integer(app, OPTION_HIRES_STEPS, 0, PW_PROMPT_STEPS_MAX, &hires_steps));
    TRY(option_integer(app, OPTION_BACKTRACK, 0, BACKTRACK_MAX, &backtrack));
    prompt->steps = (int32_t)steps;
    prompt->hires_steps = (int32_t)hires_steps;
    plan->comma_backtrack = (int32_t)backtrack;
    if (emphasis != NULL)
        prompt->emphasis = (pw_emphasis)pw_emphasis_from_name(emphasis);
    return DONE;
}

pw_status reading_make(struct reading *reading, pw_context *ctx, pw_text text,
                       const pw_prompt_options *prompt, const pw_prompt_encoder *encoder,
                       const pw_plan_options *plan, pw_error *err)
{
    pw_status status;

    *reading = (struct reading){0};
    status = pw_prompt_parse(&reading->prompt, ctx, text.bytes == NULL ? "" : text.bytes,
                             text.size, prompt, err);
    if (status == PW_OK && encoder != NULL) {
        const pw_prompt *prompts[1] = {reading->prompt};

        status = pw_plan_create(&reading->plan, ctx, prompts, 1, encoder, plan, err);
    }
    if (status != PW_OK)
        reading_free(reading);
    return status;
}

void reading_free(struct reading *reading)
{
    pw_plan_free(reading->plan);
    pw_prompt_free(reading->prompt);
    *reading = (struct reading){0};
}

/* Pieces that are being walked through. */
struct pieces_open {
    const pw_segment *at, *end;
};

void pieces_start(struct pieces *pieces, const pw_condition *condition)
{
    *pieces = (struct pieces){.condition = condition};
}

static void open_list(struct pieces *pieces, const pw_segment *segments, size_t n)
{
    struct pieces_open *open = pool_grow(&pieces->pool, pieces->open, pieces->n_open,
                                         &pieces->capacity, sizeof(*open));

    if (open == NULL) {
        pieces->failed = true;
        return;
    }
    pieces->open = open;
    open[pieces->n_open++] = (struct pieces_open){segments, segments + n};
}

/* False after the last branch. */
static bool open_branch(struct pieces *pieces)
{
    const pw_condition *condition = pieces->condition;

    while (pieces->i_span < condition->n_spans &&
           pieces->i_branch == condition->spans[pieces->i_span].n_branches) {
        pieces->i_span++;
        pieces->i_branch = 0;
    }
    if (pieces->i_span == condition->n_spans)
        return false;
    open_list(pieces, condition->spans[pieces->i_span].branches[pieces->i_branch].segments,
              condition->spans[pieces->i_span].branches[pieces->i_branch].n_segments);
    pieces->i_branch++;
    return true;
}

const pw_segment *pieces_next(struct pieces *pieces)
{
    while (!pieces->failed) {
        struct pieces_open *open =
            pieces->n_open == 0 ? NULL : &pieces->open[pieces->n_open - 1];
        const pw_segment *piece;

        if (open == NULL) {
            if (!open_branch(pieces))
                return NULL;
            continue;
        }
        if (open->at == open->end) {
            pieces->n_open--;
            continue;
        }
        piece = open->at++;
        if (piece->kind != PW_SEGMENT_SWAP)
            return piece;
        if (pieces->condition->is_edited)
            open_list(pieces, piece->swap->edited, piece->swap->n_edited);
        else
            open_list(pieces, piece->swap->original, piece->swap->n_original);
    }
    return NULL;
}

void pieces_free(struct pieces *pieces)
{
    pool_free(&pieces->pool);
    pieces->open = NULL;
    pieces->n_open = pieces->capacity = 0;
}
