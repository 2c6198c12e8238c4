/* SPDX-License-Identifier: MIT */
/* The top of Compel's grammar: a conjunction, a blend, or a prompt, tried in this order. After
 * a conjunction the rest of the text is passed over; after a blend it is an error. Both as the
 * original does. */
#include "prompt/compel.h"

#include <string.h>

#include "base/checked.h"
#include "prompt/compel_flatten.h"
#include "prompt/compel_grammar.h"
#include "prompt/python_float.h"

const char *pwi_compel_error_name(pwi_compel_error error)
{
    static const char *const names[] = {
        [PWI_COMPEL_NO_ERROR] = "",
        [PWI_COMPEL_PARSE_EXCEPTION] = "ParseException",
        [PWI_COMPEL_PARSING_EXCEPTION] = "ParsingException",
        [PWI_COMPEL_VALUE_ERROR] = "ValueError",
        [PWI_COMPEL_TYPE_ERROR] = "TypeError",
        [PWI_COMPEL_INDEX_ERROR] = "IndexError",
        [PWI_COMPEL_OURS] = "",
    };

    return names[error];
}

/* A call with prompts before it: ("a", b).and(1, 2). */
struct call {
    uint32_t first, last, n; /* items, one a prompt */
    uint32_t options;        /* offset where they begin */
    uint32_t end;            /* offset after the call; PWI_COMPEL_NONE: there is none */
    double *weights;         /* [n_weights] */
    size_t n_weights;
    bool is_normalized;
};

struct reading {
    pwi_compel_parser parser;
    pwi_compel_flatten flatten;
    pwi_compel *out;
    pwi_arena *arena; /* of the result */
};

static pwi_compel_range rest(const struct reading *reading, uint32_t at)
{
    return (pwi_compel_range){reading->parser.text.bytes, at, reading->parser.text.size, false};
}

/* Quotes are fragments where they can be, else a prompt of their own. */
static pw_status read_quotes(struct reading *reading, uint32_t at, uint32_t *group,
                             uint32_t *end, pw_error *err)
{
    pwi_compel_parser *parser = &reading->parser;
    const uint32_t closing = pwi_compel_closing_quote(&parser->text, at);

    *end = PWI_COMPEL_NONE;
    if (closing == PWI_COMPEL_NONE)
        return PW_OK;
    PWI_TRY(pwi_compel_read_brackets(parser, at, group, err));
    if (*group == 0) {
        PWI_TRY(pwi_compel_read_prompt(parser, at + 1, closing, group, err));
        if (parser->groups[*group].end != closing)
            return PW_OK;
    }
    *end = closing + 1;
    return PW_OK;
}

/* One prompt of a call: quoted, in brackets, or a word. *end is PWI_COMPEL_NONE if none. */
static pw_status read_argument(struct reading *reading, uint32_t at, pwi_compel_item *item,
                               uint32_t *end, pw_error *err)
{
    pwi_compel_parser *parser = &reading->parser;
    const char c = parser->text.bytes[at]; /* NUL at the end */

    *item = (pwi_compel_item){.kind = PWI_COMPEL_GROUP, .begin = at, .weight = 1.0};
    if (c == '"')
        return read_quotes(reading, at, &item->group, end, err);
    if (c == '(') {
        PWI_TRY(pwi_compel_read_brackets(parser, at, &item->group, err));
        *end = item->group != 0 ? parser->groups[item->group].end : PWI_COMPEL_NONE;
        return PW_OK;
    }
    item->kind = PWI_COMPEL_TEXT;
    item->end = *end = pwi_compel_word(rest(reading, at));
    return PW_OK;
}

/* The prompts of a call, from its "(" to its ")". call->end is PWI_COMPEL_NONE if none. */
static pw_status read_arguments(struct reading *reading, uint32_t at, struct call *call,
                                pw_error *err)
{
    pwi_compel_item item;

    *call = (struct call){.end = PWI_COMPEL_NONE};
    at = pwi_compel_literal(rest(reading, at), "(");
    while (at != PWI_COMPEL_NONE) {
        PWI_TRY(read_argument(reading, pwi_compel_skip(rest(reading, at)), &item, &at, err));
        if (at == PWI_COMPEL_NONE)
            return PW_OK;
        PWI_TRY(pwi_compel_append(&reading->parser, &call->first, &call->last, &item, err));
        call->n++;
        call->end = pwi_compel_literal(rest(reading, at), ")");
        if (call->end != PWI_COMPEL_NONE)
            return PW_OK;
        at = pwi_compel_literal(rest(reading, at), ",");
    }
    return PW_OK;
}

/* The call's name and options after its prompts. */
static pw_status read_call(struct reading *reading, const char *name, struct call *call,
                           pw_error *err)
{
    uint32_t at = call->end;

    if (at != PWI_COMPEL_NONE)
        at = pwi_compel_literal(rest(reading, at), name);
    if (at != PWI_COMPEL_NONE)
        at = pwi_compel_literal(rest(reading, at), "(");
    call->end = call->options = at;
    return at == PWI_COMPEL_NONE
               ? PW_OK
               : pwi_compel_read_options(&reading->parser, rest(reading, at), &call->end, err);
}

static bool is_option(const struct reading *reading, const pwi_compel_option *option,
                      const char *name)
{
    const size_t size = option->key_end - option->key_begin;

    return size == strlen(name) &&
           memcmp(reading->parser.text.bytes + option->key_begin, name, size) == 0;
}

/* An option as a weight: Python's float() of it, so inf and nan are weights too. */
static pw_status weight_of(struct reading *reading, const pwi_compel_option *option,
                           double *weight, pw_error *err)
{
    const char *key = reading->parser.text.bytes + option->key_begin;
    const size_t size = option->key_end - option->key_begin;
    char quoted[PWI_QUOTE_SIZE];

    if (pwi_python_float(key, size, weight))
        return PW_OK;
    return pwi_compel_fail(&reading->parser, PWI_COMPEL_VALUE_ERROR, option->key_begin, err,
                           "%s is no weight: write one number for each prompt",
                           pwi_quote(quoted, key, size));
}

/* The weights that the options give, 1 each where there are none. */
static pw_status read_weights(struct reading *reading, struct call *call, bool is_blend,
                              pw_error *err)
{
    const pwi_compel_parser *parser = &reading->parser;
    size_t n = parser->n_options;

    call->is_normalized =
        !is_blend || n == 0 || !is_option(reading, &parser->options[n - 1], "no_normalize");
    n -= !call->is_normalized;
    call->n_weights = n > 0 ? n : call->n;
    call->weights = pwi_arena_alloc(reading->arena, (call->n_weights + 1) * sizeof(double));
    if (call->weights == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < call->n_weights; i++)
        call->weights[i] = 1.0;
    for (size_t i = 0; i < n; i++)
        PWI_TRY(weight_of(reading, &parser->options[i], &call->weights[i], err));
    return PW_OK;
}

static pw_status fail_counts(struct reading *reading, const struct call *call, size_t n_prompts,
                             const char *name, pw_error *err)
{
    return pwi_compel_fail(&reading->parser, PWI_COMPEL_PARSING_EXCEPTION, call->options, err,
                           "%s() has %zu weights for %zu prompts with text: write one number "
                           "for each prompt, or none",
                           name, call->n_weights, n_prompts);
}

static bool has_swap(const pwi_segments *segments)
{
    for (size_t i = 0; i < segments->n; i++) {
        if (segments->items[i].kind == PWI_SEGMENT_SWAP)
            return true;
    }
    return false;
}

/* The call's prompts that have text, in *prompts; and the weights that belong to them. */
static pw_status flatten_prompts(struct reading *reading, struct call *call,
                                 pwi_segments **prompts, size_t *n_prompts, pw_error *err)
{
    size_t n = 0, i_weight = 0;

    *prompts = pwi_arena_alloc(reading->arena, (call->n + (size_t)1) * sizeof(**prompts));
    if (*prompts == NULL)
        return pwi_fail_memory(err);
    for (uint32_t i = call->first; i != 0; i = reading->parser.items[i].next, i_weight++) {
        const pwi_compel_item item = reading->parser.items[i];

        (*prompts)[n] = (pwi_segments){.arena = reading->arena};
        PWI_TRY(pwi_compel_flatten_item(&reading->flatten, &item, &(*prompts)[n], err));
        if ((*prompts)[n].n == 0)
            continue;
        call->weights[n++] = call->weights[i_weight];
    }
    *n_prompts = n;
    return PW_OK;
}

static pw_status new_parts(struct reading *reading, size_t n, pw_error *err)
{
    pwi_compel *out = reading->out;

    out->parts = pwi_arena_alloc(reading->arena, (n + 1) * sizeof(*out->parts));
    if (out->parts == NULL)
        return pwi_fail_memory(err);
    out->n_parts = n;
    return PW_OK;
}

static pw_status make_conjunction(struct reading *reading, struct call *call, pw_error *err)
{
    pwi_segments *prompts;
    size_t n;

    PWI_TRY(read_weights(reading, call, false, err));
    if (call->n_weights != call->n)
        return fail_counts(reading, call, call->n, ".and", err);
    PWI_TRY(flatten_prompts(reading, call, &prompts, &n, err));
    PWI_TRY(new_parts(reading, n, err));
    for (size_t i = 0; i < n; i++)
        reading->out->parts[i] = (pwi_compel_part){
            .prompts = &prompts[i], .n_prompts = 1, .weight = call->weights[i]};
    return PW_OK;
}

static pw_status make_blend(struct reading *reading, struct call *call, pw_error *err)
{
    pwi_compel_part part = {.is_blend = true, .weight = 1.0};

    PWI_TRY(read_weights(reading, call, true, err));
    if (call->n_weights != call->n)
        return fail_counts(reading, call, call->n, ".blend", err);
    PWI_TRY(flatten_prompts(reading, call, &part.prompts, &part.n_prompts, err));
    for (size_t i = 0; i < part.n_prompts; i++) {
        if (has_swap(&part.prompts[i]))
            return pwi_compel_fail(&reading->parser, PWI_COMPEL_PARSING_EXCEPTION,
                                   call->options, err,
                                   ".swap() stands inside .blend(): blend prompts without it, "
                                   "or write the .swap() alone");
    }
    if (part.n_prompts != call->n_weights)
        return fail_counts(reading, call, part.n_prompts, ".blend", err);
    part.weights = call->weights;
    part.is_normalized = call->is_normalized;
    PWI_TRY(new_parts(reading, 1, err));
    reading->out->parts[0] = part;
    return PW_OK;
}

/* Loras before or after a blend; returns the offset after them. */
static pw_status take_loras(struct reading *reading, uint32_t *at, pw_error *err)
{
    pwi_compel_item item = {.kind = PWI_COMPEL_LORA};
    uint32_t end;

    for (;;) {
        end = pwi_compel_lora_call(rest(reading, *at), &item.begin, &item.end, &item.weight);
        if (end == PWI_COMPEL_NONE)
            return PW_OK;
        PWI_TRY(pwi_compel_add_lora(&reading->flatten, &item, err));
        *at = end;
    }
}

static pw_status fail_rest(struct reading *reading, uint32_t at, pw_error *err)
{
    const char c = reading->parser.text.bytes[at];

    if (c == '\f' || c == '\v')
        return pwi_compel_fail(&reading->parser, PWI_COMPEL_PARSE_EXCEPTION, at, err,
                               "a %s stands in the prompt, where compel reads no further: put "
                               "a space there",
                               c == '\f' ? "form feed" : "vertical tab");
    return pwi_compel_fail(
        &reading->parser, PWI_COMPEL_PARSE_EXCEPTION, at, err,
        "text follows .blend(...): a blend must be the whole prompt; put the "
        "text into its prompts");
}

/* A blend with nothing around it but loras. */
static pw_status try_blend(struct reading *reading, bool *is_blend, pw_error *err)
{
    struct call call;
    uint32_t at = 0;

    PWI_TRY(take_loras(reading, &at, err));
    PWI_TRY(read_arguments(reading, at, &call, err));
    PWI_TRY(read_call(reading, ".blend", &call, err));
    *is_blend = call.end != PWI_COMPEL_NONE;
    if (!*is_blend) {
        reading->flatten.n_loras = 0;
        return PW_OK;
    }
    PWI_TRY(make_blend(reading, &call, err));
    PWI_TRY(take_loras(reading, &call.end, err));
    call.end = pwi_compel_skip(rest(reading, call.end));
    return call.end == reading->parser.text.size ? PW_OK : fail_rest(reading, call.end, err);
}

static pw_status try_conjunction(struct reading *reading, bool *is_conjunction, pw_error *err)
{
    struct call arguments, call;

    PWI_TRY(read_arguments(reading, 0, &arguments, err));
    call = arguments;
    PWI_TRY(read_call(reading, ".and", &call, err));
    if (call.end == PWI_COMPEL_NONE) {
        call = arguments;
        PWI_TRY(read_call(reading, ".add", &call, err));
    }
    *is_conjunction = call.end != PWI_COMPEL_NONE;
    return *is_conjunction ? make_conjunction(reading, &call, err) : PW_OK;
}

static pw_status make_prompt(struct reading *reading, pw_error *err)
{
    pwi_compel_parser *parser = &reading->parser;
    struct call call = {.n = 1};
    pwi_compel_item item = {.kind = PWI_COMPEL_GROUP, .weight = 1.0};

    PWI_TRY(pwi_compel_read_prompt(parser, 0, parser->text.size, &item.group, err));
    if (parser->groups[item.group].end != parser->text.size)
        return fail_rest(reading, parser->groups[item.group].end, err);
    PWI_TRY(pwi_compel_append(parser, &call.first, &call.last, &item, err));
    parser->n_options = 0;
    return make_conjunction(reading, &call, err);
}

/* A prompt of blanks is the empty text. */
static pw_status make_empty(struct reading *reading, pw_error *err)
{
    pwi_segments *segments = pwi_arena_alloc(reading->arena, sizeof(*segments));
    uint32_t *source = pwi_arena_alloc(reading->arena, sizeof(*source));

    if (segments == NULL || source == NULL)
        return pwi_fail_memory(err);
    *source = 0;
    *segments = (pwi_segments){.arena = reading->arena};
    PWI_TRY(pwi_segments_add_text(segments, "", source, 0, 0, 1.0, err));
    PWI_TRY(new_parts(reading, 1, err));
    reading->out->parts[0] =
        (pwi_compel_part){.prompts = segments, .n_prompts = 1, .weight = 1.0};
    return PW_OK;
}

static pw_status read_all(struct reading *reading, pw_error *err)
{
    bool is_done = pwi_compel_is_blank(rest(reading, 0));

    if (is_done)
        PWI_TRY(make_empty(reading, err));
    if (!is_done)
        PWI_TRY(try_conjunction(reading, &is_done, err));
    if (!is_done)
        PWI_TRY(try_blend(reading, &is_done, err));
    if (!is_done)
        PWI_TRY(make_prompt(reading, err));
    return pwi_compel_keep_loras(&reading->flatten, reading->out, reading->arena, err);
}

pw_status pwi_compel_parse(pwi_compel *out, const char *prompt, size_t size, pwi_arena *arena,
                           pw_error *err)
{
    struct reading reading = {.out = out, .arena = arena};
    pw_status status;

    *out = (pwi_compel){.parts = NULL};
    reading.flatten.parser = &reading.parser;
    status = pwi_compel_parser_init(&reading.parser, prompt, size, arena->allocator, err);
    if (status == PW_OK)
        status = read_all(&reading, err);
    out->error = reading.parser.error;
    pwi_compel_parser_free(&reading.parser);
    return status;
}

pw_status pwi_compel_require_parts(pwi_compel *parsed, pw_error *err)
{
    if (parsed->n_parts > 0)
        return PW_OK;
    parsed->error = PWI_COMPEL_INDEX_ERROR;
    return pwi_fail_at(err, PW_ERR_FORMAT, 0,
                       "the prompt has brackets and no text, so there is nothing to encode: "
                       "write \"\" for the empty prompt");
}
