/* SPDX-License-Identifier: MIT */
/* Schedules for a number of steps: at which steps the text changes, and the text from there. */
#include "prompt/a1111_schedule.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <padwise/prompt.h>

#include "base/checked.h"

struct timing {
    uint32_t n_steps;
    double whole_offset, fraction_offset; /* the hires pass goes on counting */
    bool is_old;
};

static struct timing timing_of(const pwi_schedule_options *options)
{
    struct timing timing = {options->n_steps, 0.0, 0.0, options->is_old};

    if (options->n_hires_steps > 0) {
        timing.n_steps = options->n_hires_steps;
        if (!options->is_old) {
            timing.whole_offset = options->n_steps;
            timing.fraction_offset = 1.0;
        }
    }
    return timing;
}

/* The last step of `before`, at most the number of steps; below 1 if there is none. */
static double last_step(const struct timing *timing, const pwi_schedule_piece *piece)
{
    double when;

    if (timing->is_old)
        when = piece->when < 1.0 ? piece->when * timing->n_steps : piece->when;
    else if (piece->has_point)
        when = (piece->when - timing->fraction_offset) * timing->n_steps;
    else
        when = piece->when - timing->whole_offset;
    return fmin(timing->n_steps, trunc(when));
}

static pw_status check_steps(uint32_t n_steps, pw_error *err)
{
    if (n_steps <= PW_PROMPT_STEPS_MAX)
        return PW_OK;
    return PWI_FAIL(err, PW_ERR_LIMIT,
                    "a schedule of %" PRIu32 " steps: at most %d are possible "
                    "(PW_PROMPT_STEPS_MAX)",
                    n_steps, PW_PROMPT_STEPS_MAX);
}

/* is_last[k] for each step k after which the text changes. */
static pw_status mark_steps(bool *is_last, const pwi_schedule_pieces *pieces,
                            const pwi_prompt_text *text, const struct timing *timing,
                            pw_error *err)
{
    is_last[timing->n_steps] = true;
    for (size_t i = 0; i < pieces->n; i++) {
        const pwi_schedule_piece *piece = &pieces->items[i];

        if (piece->kind == PWI_SCHEDULE_ALTERNATE)
            memset(is_last + 1, true, timing->n_steps);
        if (piece->kind != PWI_SCHEDULE_RANGE)
            continue;
        if (!isfinite(piece->when))
            return pwi_fail_at(err, PW_ERR_ARGUMENT, text->source[piece->begin],
                               "the schedule at byte %" PRIu32
                               " of the prompt ends at a step that is infinite, and a1111 "
                               "fails on it: write a step or a fraction, as in \"[a:b:0.5]\"",
                               text->source[piece->begin]);
        if (last_step(timing, piece) >= 1.0)
            is_last[(size_t)last_step(timing, piece)] = true;
    }
    return PW_OK;
}

/* The piece behind the one that opens `range` where step k goes on. */
static size_t enter_range(const pwi_schedule_piece *items, size_t range, uint32_t step,
                          const struct timing *timing)
{
    const bool is_before = step <= last_step(timing, &items[range]);

    if (items[range].n_sections == 1)
        return is_before ? items[range].close + 1 : range + 1;
    return is_before ? range + 1 : items[range].next + 1;
}

static size_t enter_alternate(const pwi_schedule_piece *items, size_t alternate, uint32_t step)
{
    size_t at = alternate;

    for (uint32_t i = (step - 1) % items[alternate].n_sections; i > 0; i--)
        at = items[at].next;
    return at + 1;
}

static void write_step(pwi_prompt_writer *writer, const pwi_schedule_pieces *pieces,
                       const pwi_prompt_text *text, uint32_t step, const struct timing *timing)
{
    const pwi_schedule_piece *items = pieces->items;

    for (size_t i = 0; i < pieces->n;) {
        switch (items[i].kind) {
        case PWI_SCHEDULE_RANGE:
            i = enter_range(items, i, step, timing);
            break;
        case PWI_SCHEDULE_ALTERNATE:
            i = enter_alternate(items, i, step);
            break;
        case PWI_SCHEDULE_SEPARATOR: /* the chosen section ends here */
            i = items[i].close + 1;
            break;
        case PWI_SCHEDULE_CLOSE:
            i++;
            break;
        case PWI_SCHEDULE_TEXT:
            pwi_prompt_writer_copy(writer, text, items[i].begin, items[i].end);
            i++;
            break;
        }
    }
}

/* Entries come with until_step; this writes their texts. One writer holds all of them. */
static pw_status write_entries(pwi_schedule *schedule, pwi_arena *arena,
                               const pwi_schedule_pieces *pieces, const pwi_prompt_text *text,
                               const struct timing *timing, pw_error *err)
{
    pwi_prompt_writer writer;

    if (schedule->n == 1 && pieces->n <= 1) {
        schedule->entries[0].text = *text;
        return PW_OK;
    }
    if (text->size > PW_PROMPT_EXPANDED_MAX / schedule->n)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "a prompt of %zu bytes that has %zu texts by step may come to more "
                        "than %u bytes (PW_PROMPT_EXPANDED_MAX): shorten it, or ask for fewer "
                        "steps",
                        text->size, schedule->n, PW_PROMPT_EXPANDED_MAX);
    for (size_t i = 0; i < schedule->n; i++) {
        pwi_schedule_entry *entry = &schedule->entries[i];

        PWI_TRY(pwi_prompt_writer_open(&writer, arena, text->size, err));
        write_step(&writer, pieces, text, entry->until_step, timing);
        entry->text = pwi_prompt_writer_text(&writer);
    }
    return PW_OK;
}

static pw_status expand(pwi_schedule *schedule, pwi_arena *arena, bool *is_last,
                        const pwi_schedule_pieces *pieces, const pwi_prompt_text *text,
                        const struct timing *timing, pw_error *err)
{
    size_t n = 0;

    PWI_TRY(mark_steps(is_last, pieces, text, timing, err));
    for (uint32_t step = 1; step <= timing->n_steps; step++)
        n += is_last[step];
    schedule->entries = pwi_arena_alloc(arena, n * sizeof(*schedule->entries));
    if (schedule->entries == NULL)
        return pwi_fail_memory(err);
    for (uint32_t step = 1; step <= timing->n_steps; step++)
        if (is_last[step])
            schedule->entries[schedule->n++] = (pwi_schedule_entry){step, {NULL, NULL, 0}};
    return write_entries(schedule, arena, pieces, text, timing, err);
}

static pw_status as_text(pwi_schedule *schedule, pwi_arena *arena, const pwi_prompt_text *text,
                         pw_error *err)
{
    schedule->entries = pwi_arena_alloc(arena, sizeof(*schedule->entries));
    if (schedule->entries == NULL)
        return pwi_fail_memory(err);
    schedule->entries[schedule->n++] = (pwi_schedule_entry){0, *text};
    return PW_OK;
}

pw_status pwi_schedule_expand(pwi_schedule *schedule, pwi_arena *arena,
                              const pwi_prompt_text *text, const pwi_schedule_options *options,
                              pw_error *err)
{
    const struct timing timing = timing_of(options);
    const pw_allocator *allocator = arena->allocator;
    pwi_schedule_pieces pieces;
    pw_status status;
    bool *is_last;

    *schedule = (pwi_schedule){NULL, 0};
    PWI_TRY(check_steps(options->n_steps, err));
    PWI_TRY(check_steps(options->n_hires_steps, err));
    if (options->n_steps == 0)
        return as_text(schedule, arena, text, err);
    is_last = pwi_alloc_zeroed(allocator, (size_t)timing.n_steps + 1, sizeof(*is_last));
    if (is_last == NULL)
        return pwi_fail_memory(err);
    status = pwi_schedule_read(&pieces, text, allocator, err);
    if (status == PW_OK)
        status = expand(schedule, arena, is_last, &pieces, text, &timing, err);
    pwi_schedule_free(&pieces);
    pwi_free_array(allocator, is_last, (size_t)timing.n_steps + 1, sizeof(*is_last));
    return status;
}
