/* SPDX-License-Identifier: MIT */
/* The schedule parser: one pass with a stack of open brackets. The grammar nests only what is
 * well-formed, so when one bracket turns out not to be, all round it are text, too, and the
 * stack is emptied; what was complete inside stays as it is. That is what trying the structured
 * form at each bracket gives, without trying twice. */
#include "prompt/a1111_schedule.h"

#include <string.h>

#include "prompt/python_float.h"

/* An open bracket. */
struct frame {
    uint32_t piece; /* of the bracket */
    uint32_t last;  /* piece of the last separator, or of the bracket */
    uint32_t n_colons;
    uint32_t n_pipes;
    bool is_square;
};

struct reader {
    pwi_schedule_pieces *pieces;
    const pwi_prompt_text *text;
    struct frame *frames;
    size_t n_frames, frames_capacity;
    size_t text_begin; /* of the plain text that is not yet a piece */
    bool is_refused;   /* the grammar cannot take this text */
    pw_error *err;
};

static pw_status add_piece(struct reader *reader, size_t begin, size_t end)
{
    pwi_schedule_pieces *pieces = reader->pieces;

    if (pieces->n == pieces->capacity) {
        const size_t capacity = pieces->capacity * 2 + 16;
        pwi_schedule_piece *items = pwi_grow_array(pieces->allocator, pieces->items,
                                                   pieces->capacity, capacity, sizeof(*items));

        if (items == NULL)
            return pwi_fail_memory(reader->err);
        pieces->items = items;
        pieces->capacity = capacity;
    }
    pieces->items[pieces->n++] = (pwi_schedule_piece){
        .kind = PWI_SCHEDULE_TEXT, .begin = (uint32_t)begin, .end = (uint32_t)end};
    return PW_OK;
}

/* The byte at `at` as a piece of its own, behind the text before it. */
static pw_status add_mark(struct reader *reader, size_t at)
{
    if (at > reader->text_begin)
        PWI_TRY(add_piece(reader, reader->text_begin, at));
    reader->text_begin = at + 1;
    return add_piece(reader, at, at + 1);
}

/* All open brackets are text. A "|" among them is outside of an alternate then, which the
 * grammar takes nowhere. */
static void abandon(struct reader *reader)
{
    for (; reader->n_frames > 0; reader->n_frames--)
        reader->is_refused |= reader->frames[reader->n_frames - 1].n_pipes > 0;
}

static pw_status open_bracket(struct reader *reader, size_t at)
{
    PWI_TRY(add_mark(reader, at));
    if (reader->n_frames == reader->frames_capacity) {
        const size_t capacity = reader->frames_capacity * 2 + 16;
        struct frame *frames =
            pwi_grow_array(reader->pieces->allocator, reader->frames, reader->frames_capacity,
                           capacity, sizeof(*frames));

        if (frames == NULL)
            return pwi_fail_memory(reader->err);
        reader->frames = frames;
        reader->frames_capacity = capacity;
    }
    reader->frames[reader->n_frames++] =
        (struct frame){(uint32_t)reader->pieces->n - 1, (uint32_t)reader->pieces->n - 1, 0, 0,
                       reader->text->text[at] == '['};
    return PW_OK;
}

static pw_status separate(struct reader *reader, size_t at)
{
    const bool is_pipe = reader->text->text[at] == '|';
    struct frame *frame;

    PWI_TRY(add_mark(reader, at));
    if (reader->n_frames == 0) {
        reader->is_refused = is_pipe;
        return PW_OK;
    }
    frame = &reader->frames[reader->n_frames - 1];
    frame->n_colons += !is_pipe;
    frame->n_pipes += is_pipe;
    if ((frame->n_colons > 0 && frame->n_pipes > 0) ||
        frame->n_colons > (frame->is_square ? 2u : 1u) || (is_pipe && !frame->is_square)) {
        reader->is_refused = is_pipe;
        abandon(reader);
        return PW_OK;
    }
    reader->pieces->items[frame->last].next = (uint32_t)reader->pieces->n - 1;
    frame->last = (uint32_t)reader->pieces->n - 1;
    return PW_OK;
}

/* The bracket's pieces become what they are; piece `close` is its "]". */
static void complete(struct reader *reader, const struct frame *frame, pwi_schedule_kind kind)
{
    pwi_schedule_piece *items = reader->pieces->items;
    const uint32_t close = (uint32_t)reader->pieces->n - 1;

    items[frame->last].next = close;
    for (uint32_t i = frame->piece; i != close; i = items[i].next) {
        items[i].kind = i == frame->piece ? kind : PWI_SCHEDULE_SEPARATOR;
        items[i].close = close;
    }
    items[close].kind = PWI_SCHEDULE_CLOSE;
    items[frame->piece].n_sections =
        kind == PWI_SCHEDULE_ALTERNATE ? frame->n_pipes + 1 : frame->n_colons;
}

/* Whether the bracket's last section is a number: white space, ASCII digits, white space. */
static bool read_when(struct reader *reader, const struct frame *frame, size_t end)
{
    pwi_schedule_piece *piece = &reader->pieces->items[frame->piece];
    const size_t begin =
        pwi_prompt_skip_space(reader->text, reader->pieces->items[frame->last].end);
    pwi_prompt_text number;

    if (begin >= end)
        return false;
    end = pwi_prompt_before_space(reader->text, end, begin);
    number = pwi_prompt_text_slice(reader->text, begin, end);
    for (size_t i = 0; i < number.size; i++)
        if (strchr("+-.0123456789eE", number.text[i]) == NULL || number.text[i] == '\0')
            return false;
    piece->has_point = memchr(number.text, '.', number.size) != NULL;
    return pwi_python_float(number.text, number.size, &piece->when);
}

static void close_square(struct reader *reader, const struct frame *frame, size_t at)
{
    if (frame->n_pipes > 0) {
        complete(reader, frame, PWI_SCHEDULE_ALTERNATE);
    } else if (frame->n_colons > 0) {
        if (!read_when(reader, frame, at)) {
            abandon(reader);
            return;
        }
        complete(reader, frame, PWI_SCHEDULE_RANGE);
    }
    reader->n_frames--;
}

static pw_status close_bracket(struct reader *reader, size_t at)
{
    const bool is_square = reader->text->text[at] == ']';
    struct frame frame;

    PWI_TRY(add_mark(reader, at));
    if (reader->n_frames == 0)
        return PW_OK;
    frame = reader->frames[reader->n_frames - 1];
    if (frame.is_square != is_square)
        abandon(reader);
    else if (is_square)
        close_square(reader, &frame, at);
    else
        reader->n_frames--;
    return PW_OK;
}

/* A backslash protects the next character, which has to be there and be no newline. */
static void skip_escaped(struct reader *reader, size_t *at)
{
    const pwi_prompt_text *text = reader->text;

    ++*at;
    if (*at == text->size || text->text[*at] == '\n')
        reader->is_refused = true;
}

static pw_status read_all(struct reader *reader)
{
    const pwi_prompt_text *text = reader->text;

    for (size_t at = 0; at < text->size && !reader->is_refused; at++) {
        switch (text->text[at]) {
        case '\\':
            skip_escaped(reader, &at);
            break;
        case '(':
        case '[':
            PWI_TRY(open_bracket(reader, at));
            break;
        case ':':
        case '|':
            PWI_TRY(separate(reader, at));
            break;
        case ')':
        case ']':
            PWI_TRY(close_bracket(reader, at));
            break;
        default:
            break;
        }
    }
    abandon(reader);
    if (reader->is_refused) {
        reader->pieces->n = 0;
        reader->text_begin = 0;
    }
    if (reader->text_begin == text->size)
        return PW_OK;
    return add_piece(reader, reader->text_begin, text->size);
}

pw_status pwi_schedule_read(pwi_schedule_pieces *pieces, const pwi_prompt_text *text,
                            const pw_allocator *allocator, pw_error *err)
{
    struct reader reader = {.pieces = pieces, .text = text, .err = err};
    pw_status status;

    *pieces = (pwi_schedule_pieces){allocator, NULL, 0, 0};
    status = read_all(&reader);
    pwi_free_array(allocator, reader.frames, reader.frames_capacity, sizeof(*reader.frames));
    return status;
}

void pwi_schedule_free(pwi_schedule_pieces *pieces)
{
    pwi_free_array(pieces->allocator, pieces->items, pieces->capacity, sizeof(*pieces->items));
    *pieces = (pwi_schedule_pieces){pieces->allocator, NULL, 0, 0};
}
