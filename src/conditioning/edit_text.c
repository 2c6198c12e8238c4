/* SPDX-License-Identifier: MIT */
/* A statement in the one spelling that manifests hold. */
#include <math.h>
#include <string.h>

#include "conditioning/edit.h"
#include "formats/json.h"

void pwi_edit_put_number(pwi_buf *out, double value)
{
    pwi_json_put_f64(out, value);
    if (!out->failed && out->size > 2 && memcmp(out->data + out->size - 2, ".0", 2) == 0) {
        out->size -= 2;
        out->data[out->size] = '\0';
    }
}

static void put_rows(pwi_buf *out, const pw_edit_rows *rows)
{
    static const char *const names[] = {"all", "bos", "eos", "words", "pads"};

    if (rows->kind == PW_EDIT_ROWS_RANGE) {
        pwi_buf_format(out, "%zu", rows->first);
        if (rows->last != rows->first)
            pwi_buf_format(out, "..%zu", rows->last);
        return;
    }
    if (rows->part == PW_EDIT_NEAREST) {
        pwi_buf_text(out, "nearest ");
        pwi_edit_put_number(out, rows->percent);
        pwi_buf_format(out, "%% of %s to eos", names[rows->kind]);
        return;
    }
    if (rows->part != PW_EDIT_WHOLE)
        pwi_buf_format(out, "%s %zu of ", rows->part == PW_EDIT_FIRST ? "first" : "last",
                       rows->n);
    pwi_buf_text(out, names[rows->kind]);
}

/* A path ends at blank space or ";", and what begins with a quote is a prompt. */
static void put_source(pwi_buf *out, const pw_edit_source *source)
{
    const bool is_prompt = source->kind == PW_EDIT_SOURCE_PROMPT;
    const char *escaped = is_prompt ? "\"\\" : " \t\n\r;\"'\\";

    pwi_buf_text(out, is_prompt ? " \"" : " ");
    for (size_t i = 0; i < source->size; i++) {
        if (strchr(escaped, source->text[i]) != NULL)
            pwi_buf_byte(out, '\\');
        pwi_buf_byte(out, source->text[i]);
    }
    if (is_prompt)
        pwi_buf_byte(out, '"');
}

static void put_x(pwi_buf *out, double x)
{
    pwi_buf_byte(out, ' ');
    pwi_edit_put_number(out, x);
}

void pwi_edit_put(pwi_buf *out, const pw_edit *edit)
{
    static const char *const names[] = {
        "zero",  "mean",        "constant", "scale", "add",  "invert", "noise", "add noise",
        "clean", "clean-empty", "eos",      "from",  "swap", "lerp",   "damp",  "id"};

    put_rows(out, &edit->rows);
    pwi_buf_format(out, ": %s", names[edit->operation]);
    switch (edit->operation) {
    case PW_EDIT_CONSTANT:
    case PW_EDIT_SCALE:
    case PW_EDIT_ADD:
        put_x(out, edit->x);
        break;
    case PW_EDIT_NOISE:
    case PW_EDIT_ADD_NOISE:
        put_x(out, edit->x);
        pwi_buf_format(out, " seed %lu", (unsigned long)edit->seed);
        break;
    case PW_EDIT_LERP:
        put_x(out, edit->x);
        pwi_buf_text(out, " to");
        put_source(out, &edit->source);
        break;
    case PW_EDIT_FROM:
    case PW_EDIT_SWAP:
        put_source(out, &edit->source);
        pwi_buf_text(out, edit->is_by_eos ? " by eos" : "");
        break;
    case PW_EDIT_ID:
        pwi_buf_format(out, " %d", (int)edit->id);
        break;
    default:
        break;
    }
}
