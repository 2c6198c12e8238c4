/* SPDX-License-Identifier: MIT */
/* The grammar as a machine with a stack of its own: a prompt may nest a million brackets. A
 * frame reads the items of one pair of brackets. An item that begins with a bracket not yet
 * read opens a frame for it; when that is done, the item is tried again and finds the result at
 * the bracket's mark. So each bracket is read once for each way in which it can be read, and
 * the whole takes time in proportion to the prompt. */
#include "prompt/compel_grammar.h"

#include "prompt/compel_swap.h"

enum frame_kind {
    IN_PARENS, /* up to ")" */
    IN_QUOTES, /* up to the limit */
    IN_SWAP,   /* up to "," or ")", then options */
    IN_PROMPT  /* up to the limit; what fits nothing else is text */
};

typedef struct pwi_compel_frame {
    enum frame_kind kind;
    bool is_quoted;       /* the limit is a closing quote */
    uint32_t at, limit;   /* the next item; no item reaches beyond the limit */
    uint32_t first, last; /* items read */
    uint32_t *result;     /* a slot of a mark, or of the caller */
} frame;

/* What trying an item came to. */
enum outcome {
    TAKEN,
    OPENED, /* a frame for a bracket: try again when it is done */
    NO_ITEM
};

uint32_t pwi_compel_closing_quote(const pwi_compel_text *text, uint32_t at)
{
    uint32_t escaped = PWI_COMPEL_NONE;

    for (uint32_t i = at + 1; i < text->size; i++) {
        if (text->bytes[i] == '\n' || text->bytes[i] == '\r')
            break;
        if (text->bytes[i] != '"')
            continue;
        if (text->bytes[i - 1] != '\\')
            return i;
        escaped = i;
    }
    /* No quote closes: the original's regular expression gives back what it had taken, and the
     * last escaped quote closes. */
    return escaped;
}

static pw_status push(pwi_compel_parser *parser, const frame *opened, pw_error *err)
{
    PWI_TRY(pwi_compel_grow(parser, &parser->frames, parser->n_frames, &parser->frames_capacity,
                            sizeof(*opened), err));
    parser->frames[parser->n_frames++] = *opened;
    return PW_OK;
}

static pwi_compel_range range_at(const pwi_compel_parser *parser, const frame *reading,
                                 uint32_t at)
{
    return (pwi_compel_range){parser->text.bytes, at, reading->limit, reading->is_quoted};
}

/* Quotes around blanks are an empty text. (Brackets around blanks are nothing.) */
static pw_status add_empty_quotes(pwi_compel_parser *parser, const frame *quotes, pw_error *err)
{
    const pwi_compel_item empty = {
        .kind = PWI_COMPEL_TEXT, .begin = quotes->at, .end = quotes->at, .weight = 1.0};
    pwi_compel_group group = {.end = quotes->limit + 1};

    PWI_TRY(pwi_compel_append(parser, &group.first, &group.last, &empty, err));
    return pwi_compel_add_group(parser, &group, quotes->result, err);
}

static pw_status open_quotes(pwi_compel_parser *parser, frame *opened, pw_error *err)
{
    opened->limit = opened->is_quoted ? PWI_COMPEL_NONE
                                      : pwi_compel_closing_quote(&parser->text, opened->at - 1);
    opened->kind = IN_QUOTES;
    opened->is_quoted = true;
    if (opened->limit == PWI_COMPEL_NONE) {
        *opened->result = PWI_COMPEL_FAILED;
        return PW_OK;
    }
    return pwi_compel_is_blank(range_at(parser, opened, opened->at))
               ? add_empty_quotes(parser, opened, err)
               : push(parser, opened, err);
}

/* Open a frame for the bracket or quote at an offset; its result goes to `slot`. */
static pw_status open_bracket(pwi_compel_parser *parser, uint32_t at, uint32_t limit,
                              bool is_quoted, uint32_t *slot, pw_error *err)
{
    frame opened = {.kind = IN_PARENS,
                    .is_quoted = is_quoted,
                    .at = at + 1,
                    .limit = limit,
                    .result = slot};

    return parser->text.bytes[at] == '"' ? open_quotes(parser, &opened, err)
                                         : push(parser, &opened, err);
}

/* The frame is done: its items are a group that ends at `end`, or nothing came of it. */
static pw_status finish(pwi_compel_parser *parser, const frame *done, uint32_t end,
                        uint32_t swap, pw_error *err)
{
    const pwi_compel_group group = {done->first, done->last, end, swap};
    uint32_t index = PWI_COMPEL_FAILED;

    if (end != PWI_COMPEL_NONE)
        PWI_TRY(pwi_compel_add_group(parser, &group, &index, err));
    *done->result = index;
    parser->n_frames--;
    return PW_OK;
}

pw_status pwi_compel_read_options(pwi_compel_parser *parser, pwi_compel_range range,
                                  uint32_t *end, pw_error *err)
{
    pwi_compel_option option;

    parser->n_options = 0;
    *end = pwi_compel_literal(range, ")");
    while (*end == PWI_COMPEL_NONE) {
        range.at = pwi_compel_read_option(range, &option);
        if (range.at == PWI_COMPEL_NONE)
            return PW_OK;
        PWI_TRY(pwi_compel_grow(parser, &parser->options, parser->n_options,
                                &parser->options_capacity, sizeof(option), err));
        parser->options[parser->n_options++] = option;
        *end = pwi_compel_literal(range, ")");
        if (*end == PWI_COMPEL_NONE)
            range.at = pwi_compel_literal(range, ",");
        if (range.at == PWI_COMPEL_NONE)
            return PW_OK;
    }
    return PW_OK;
}

/* The fragment that .swap() puts in is read: now its options and the bracket. */
static pw_status finish_swap(pwi_compel_parser *parser, const frame *done, pw_error *err)
{
    pwi_compel_swap_call swap;
    uint32_t index = 0, end = done->at + 1;

    parser->n_options = 0;
    if (parser->text.bytes[done->at] == ',')
        PWI_TRY(pwi_compel_read_options(parser, range_at(parser, done, end), &end, err));
    if (end != PWI_COMPEL_NONE) {
        PWI_TRY(pwi_compel_swap_options(parser, &swap, err));
        PWI_TRY(pwi_compel_add_swap(parser, &swap, &index, err));
    }
    return finish(parser, done, end, index, err);
}

static pw_status take(pwi_compel_parser *parser, frame *reading, const pwi_compel_item *item,
                      uint32_t end, enum outcome *outcome, pw_error *err)
{
    PWI_TRY(pwi_compel_append(parser, &reading->first, &reading->last, item, err));
    reading->at = end;
    *outcome = TAKEN;
    return PW_OK;
}

/* A target is read, a text or a group, and ends at `end`. Whether ".swap(...)" follows. */
static pw_status try_swap(pwi_compel_parser *parser, frame *reading, pwi_compel_item target,
                          uint32_t end, enum outcome *outcome, pw_error *err)
{
    uint32_t *slot, at = pwi_compel_literal(range_at(parser, reading, end), ".swap");

    *outcome = NO_ITEM;
    if (at != PWI_COMPEL_NONE)
        at = pwi_compel_literal(range_at(parser, reading, at), "(");
    if (at == PWI_COMPEL_NONE)
        return PW_OK;
    slot = &pwi_compel_mark_at(parser, at - 1)->swap[reading->is_quoted];
    if (*slot == 0) {
        const frame opened = {.kind = IN_SWAP,
                              .is_quoted = reading->is_quoted,
                              .at = at,
                              .limit = reading->limit,
                              .result = slot};

        *outcome = OPENED;
        return push(parser, &opened, err);
    }
    if (*slot == PWI_COMPEL_FAILED)
        return PW_OK;
    target.kind = PWI_COMPEL_SWAP;
    target.swap = parser->groups[*slot].swap;
    parser->swaps[target.swap].edited = *slot;
    return take(parser, reading, &target, parser->groups[*slot].end, outcome, err);
}

/* What may follow a target: a weight, .attend(), .swap(). */
static pw_status try_suffix(pwi_compel_parser *parser, frame *reading, pwi_compel_item *target,
                            uint32_t end, enum outcome *outcome, pw_error *err)
{
    const pwi_compel_range rest = range_at(parser, reading, end);
    const bool is_word = target->kind == PWI_COMPEL_TEXT;
    uint32_t weight_end = pwi_compel_attend(rest, &target->weight);

    if (weight_end == PWI_COMPEL_NONE)
        weight_end = pwi_compel_weight(rest, !is_word, &target->weight);
    if (weight_end != PWI_COMPEL_NONE)
        return take(parser, reading, target, weight_end, outcome, err);
    target->weight = 1.0;
    return try_swap(parser, reading, *target, end, outcome, err);
}

/* An item that begins with a bracket or a quote. */
static pw_status try_group(pwi_compel_parser *parser, frame *reading, enum outcome *outcome,
                           pw_error *err)
{
    uint32_t *slot = &pwi_compel_mark_at(parser, reading->at)->group[reading->is_quoted];
    pwi_compel_item item = {.kind = PWI_COMPEL_GROUP, .weight = 1.0};
    uint32_t end;

    *outcome = *slot == 0 ? OPENED : NO_ITEM;
    if (*slot == 0)
        return open_bracket(parser, reading->at, reading->limit, reading->is_quoted, slot, err);
    if (*slot == PWI_COMPEL_FAILED)
        return PW_OK;
    item.group = *slot;
    end = parser->groups[*slot].end;
    PWI_TRY(try_suffix(parser, reading, &item, end, outcome, err));
    return *outcome == NO_ITEM ? take(parser, reading, &item, end, outcome, err) : PW_OK;
}

/* An item that is a text: a word with what follows it, a word alone, a sign. */
static pw_status try_text(pwi_compel_parser *parser, frame *reading, enum outcome *outcome,
                          pw_error *err)
{
    const pwi_compel_range rest = range_at(parser, reading, reading->at);
    uint32_t end = pwi_compel_word(rest);
    pwi_compel_item item = {
        .kind = PWI_COMPEL_TEXT, .begin = reading->at, .end = end, .weight = 1.0};

    *outcome = NO_ITEM;
    if (end != PWI_COMPEL_NONE)
        PWI_TRY(try_suffix(parser, reading, &item, end, outcome, err));
    if (*outcome != NO_ITEM || reading->kind == IN_PROMPT)
        return PW_OK;
    if (end == PWI_COMPEL_NONE && reading->kind != IN_SWAP) {
        end = pwi_compel_literal(rest, ",");
        if (end == PWI_COMPEL_NONE)
            end = pwi_compel_literal(rest, ".");
    }
    item.end = end;
    return end != PWI_COMPEL_NONE ? take(parser, reading, &item, end, outcome, err) : PW_OK;
}

static pw_status try_lora(pwi_compel_parser *parser, frame *reading, enum outcome *outcome,
                          pw_error *err)
{
    pwi_compel_item item = {.kind = PWI_COMPEL_LORA};
    const uint32_t end = pwi_compel_lora_call(range_at(parser, reading, reading->at),
                                              &item.begin, &item.end, &item.weight);

    *outcome = NO_ITEM;
    return end != PWI_COMPEL_NONE ? take(parser, reading, &item, end, outcome, err) : PW_OK;
}

/* In a prompt whatever is nothing else is text up to the next blank; and some blanks are passed
 * over only there. */
static pw_status try_free_word(pwi_compel_parser *parser, frame *reading, enum outcome *outcome,
                               pw_error *err)
{
    const uint32_t end = pwi_compel_free_word(range_at(parser, reading, reading->at));
    const pwi_compel_item item = {
        .kind = PWI_COMPEL_TEXT, .begin = reading->at, .end = end, .weight = 1.0};

    const uint32_t blank = pwi_compel_odd_blanks(range_at(parser, reading, reading->at));

    if (end != PWI_COMPEL_NONE)
        return take(parser, reading, &item, end, outcome, err);
    if (blank != PWI_COMPEL_NONE) {
        reading->at = blank;
        *outcome = TAKEN;
    }
    return PW_OK;
}

/* Try the item at reading->at. `reading` is a copy: the stack may move while it is tried. */
static pw_status try_item(pwi_compel_parser *parser, frame *reading, enum outcome *outcome,
                          pw_error *err)
{
    const char c = parser->text.bytes[reading->at];

    PWI_TRY(try_lora(parser, reading, outcome, err));
    if (*outcome == NO_ITEM && (c == '(' || c == '"'))
        PWI_TRY(try_group(parser, reading, outcome, err));
    else if (*outcome == NO_ITEM)
        PWI_TRY(try_text(parser, reading, outcome, err));
    if (*outcome == NO_ITEM && reading->kind == IN_PROMPT)
        PWI_TRY(try_free_word(parser, reading, outcome, err));
    return PW_OK;
}

/* The frame stands at what closes it. */
static bool is_closed(const pwi_compel_parser *parser, const frame *reading)
{
    const char c = parser->text.bytes[reading->at];

    if (reading->at == reading->limit)
        return reading->kind == IN_QUOTES || reading->kind == IN_PROMPT;
    if (reading->kind == IN_PARENS)
        return c == ')';
    return reading->kind == IN_SWAP && (c == ')' || c == ',');
}

static pw_status close_frame(pwi_compel_parser *parser, frame *reading, pw_error *err)
{
    switch (reading->kind) {
    case IN_PARENS:
    case IN_QUOTES:
        return finish(parser, reading, reading->at + 1, 0, err);
    case IN_SWAP:
        return finish_swap(parser, reading, err);
    case IN_PROMPT:
    default:
        return finish(parser, reading, reading->at, 0, err);
    }
}

static pw_status step(pwi_compel_parser *parser, pw_error *err)
{
    const size_t i_frame = parser->n_frames - 1;
    frame reading = parser->frames[i_frame];
    enum outcome outcome = NO_ITEM;

    reading.at = pwi_compel_skip(range_at(parser, &reading, reading.at));
    if (is_closed(parser, &reading))
        return close_frame(parser, &reading, err);
    if (reading.at < reading.limit)
        PWI_TRY(try_item(parser, &reading, &outcome, err));
    parser->frames[i_frame] = reading;
    if (outcome != NO_ITEM)
        return PW_OK;
    /* A prompt ends where nothing fits; brackets that hold such a thing are none. */
    return finish(parser, &reading, reading.kind == IN_PROMPT ? reading.at : PWI_COMPEL_NONE, 0,
                  err);
}

static pw_status run(pwi_compel_parser *parser, pw_error *err)
{
    while (parser->n_frames > 0)
        PWI_TRY(step(parser, err));
    return PW_OK;
}

pw_status pwi_compel_read_brackets(pwi_compel_parser *parser, uint32_t at, uint32_t *group,
                                   pw_error *err)
{
    uint32_t *slot = &pwi_compel_mark_at(parser, at)->group[0];

    if (*slot == 0) {
        PWI_TRY(open_bracket(parser, at, parser->text.size, false, slot, err));
        PWI_TRY(run(parser, err));
    }
    *group = *slot == PWI_COMPEL_FAILED ? 0 : *slot;
    return PW_OK;
}

pw_status pwi_compel_read_prompt(pwi_compel_parser *parser, uint32_t at, uint32_t limit,
                                 uint32_t *group, pw_error *err)
{
    const frame opened = {.kind = IN_PROMPT,
                          .is_quoted = limit < parser->text.size,
                          .at = at,
                          .limit = limit,
                          .result = group};

    PWI_TRY(push(parser, &opened, err));
    return run(parser, err);
}
