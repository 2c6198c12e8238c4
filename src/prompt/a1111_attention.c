/* SPDX-License-Identifier: MIT */
/* The attention parser: one pass over tokens, two stacks of open brackets. The number of a
 * group is looked for at each ":" only, so the whole is linear but for the products
 * (a1111_weights.c). */
#include "prompt/a1111_attention.h"

#include <inttypes.h>
#include <string.h>

#include "prompt/python_float.h"

/*   name        blanks BREAK */
static const pwi_attention_rules rows[] = {
    {"a1111", true, PWI_BREAK_ENDS_CHUNK}, /* 1.10.1 */
    {"forge", true, PWI_BREAK_ENDS_CHUNK}, /* the same parser: 85 of 85 strings */
    {"lpw", false, PWI_BREAK_IS_TEXT},     /* diffusers lpw_stable_diffusion: that of 2022 */
    {"lpw-xl", false, PWI_BREAK_IS_WORD},  /* diffusers lpw_stable_diffusion_xl */
    {"sd-embed", false, PWI_BREAK_IS_WORD} /* xhinker/sd_embed: the same as that */
};

const pwi_attention_rules *pwi_attention_rules_find(const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

enum token_kind {
    TOKEN_TEXT,
    TOKEN_ESCAPE, /* a backslash and what it protects, if anything */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_NUMBER /* ":1.2)" */
};

struct token {
    enum token_kind kind;
    bool is_square;
    size_t begin, end;
    size_t number_begin, number_end;
};

struct reader {
    pwi_attention *attention;
    const pwi_prompt_text *text;
    const pwi_attention_rules *rules;
    pw_error *err;
};

static bool is_escapable(char byte)
{
    return byte == '(' || byte == ')' || byte == '[' || byte == ']' || byte == '\\';
}

static bool is_run(char byte)
{
    return !is_escapable(byte) && byte != ':';
}

/* [+-]?[.\d]+: not all of these are numbers, and those that are not are errors. */
static size_t skip_number(const pwi_prompt_text *text, size_t at)
{
    const size_t sign =
        at < text->size && (text->text[at] == '+' || text->text[at] == '-') ? 1 : 0;
    size_t end = at + sign, begin;

    do {
        begin = end;
        end = pwi_prompt_skip_digits(text, end);
        end += end < text->size && text->text[end] == '.';
    } while (end > begin);
    return end > at + sign ? end : at;
}

/* Whether the colon at the token's begin starts a group's number. */
static bool is_number(const struct reader *reader, struct token *token)
{
    const pwi_prompt_text *text = reader->text;
    const bool blanks = reader->rules->blanks_around_number;
    size_t at = token->begin + 1;

    token->number_begin = blanks ? pwi_prompt_skip_space(text, at) : at;
    token->number_end = skip_number(text, token->number_begin);
    if (token->number_end == token->number_begin)
        return false;
    at = blanks ? pwi_prompt_skip_space(text, token->number_end) : token->number_end;
    if (at == text->size || text->text[at] != ')')
        return false;
    token->kind = TOKEN_NUMBER;
    token->end = at + 1;
    return true;
}

static struct token next_token(const struct reader *reader, size_t at)
{
    const pwi_prompt_text *text = reader->text;
    const char byte = text->text[at];
    struct token token = {TOKEN_TEXT, false, at, at + 1, 0, 0};

    token.is_square = byte == '[' || byte == ']';
    if (byte == '\\') {
        token.kind = TOKEN_ESCAPE;
        token.end += token.end < text->size && is_escapable(text->text[token.end]);
    } else if (byte == '(' || byte == '[') {
        token.kind = TOKEN_OPEN;
    } else if (byte == ')' || byte == ']') {
        token.kind = TOKEN_CLOSE;
    } else if (byte != ':' || !is_number(reader, &token)) {
        while (byte != ':' && token.end < text->size && is_run(text->text[token.end]))
            token.end++;
    }
    return token;
}

/* The innermost open group of either kind: the one that was opened last. */
static uint32_t innermost(const pwi_attention *attention)
{
    if (attention->open_round == PWI_NO_GROUP)
        return attention->open_square;
    if (attention->open_square == PWI_NO_GROUP ||
        attention->open_round > attention->open_square)
        return attention->open_round;
    return attention->open_square;
}

static pw_status grow_entries(pwi_attention *attention, pw_error *err)
{
    const size_t capacity = attention->capacity * 2 + 16;
    pwi_attention_entry *entries =
        pwi_grow_array(attention->allocator, attention->entries, attention->capacity, capacity,
                       sizeof(*entries));

    if (entries == NULL)
        return pwi_fail_memory(err);
    attention->entries = entries;
    attention->capacity = capacity;
    return PW_OK;
}

static pw_status add_entry(struct reader *reader, size_t begin, size_t end, bool is_break)
{
    pwi_attention *attention = reader->attention;

    if (attention->n == attention->capacity)
        PWI_TRY(grow_entries(attention, reader->err));
    attention->entries[attention->n++] = (pwi_attention_entry){
        (uint32_t)begin, (uint32_t)end, innermost(attention), is_break, is_break ? -1.0 : 1.0};
    return PW_OK;
}

/* Text is split at BREAK; white space round it goes with it, and empty pieces stay. */
static pw_status add_text(struct reader *reader, size_t begin, size_t end)
{
    const pwi_prompt_text run = pwi_prompt_text_slice(reader->text, begin, end);
    size_t from = 0;

    if (reader->rules->break_rule == PWI_BREAK_IS_TEXT)
        return add_entry(reader, begin, end, false);
    for (;;) {
        const size_t at = pwi_prompt_find_word(&run, from, "BREAK");

        if (at == run.size)
            return add_entry(reader, begin + from, end, false);
        PWI_TRY(add_entry(reader, begin + from, begin + pwi_prompt_before_space(&run, at, from),
                          false));
        PWI_TRY(add_entry(reader, begin + at, begin + at + 5, true));
        from = pwi_prompt_skip_space(&run, at + 5);
    }
}

static pw_status open_group(struct reader *reader, const struct token *token)
{
    pwi_attention *attention = reader->attention;
    uint32_t *open = token->is_square ? &attention->open_square : &attention->open_round;

    if (attention->n_groups == attention->groups_capacity) {
        const size_t capacity = attention->groups_capacity * 2 + 16;
        pwi_attention_group *groups =
            pwi_grow_array(attention->allocator, attention->groups, attention->groups_capacity,
                           capacity, sizeof(*groups));

        if (groups == NULL)
            return pwi_fail_memory(reader->err);
        attention->groups = groups;
        attention->groups_capacity = capacity;
    }
    attention->groups[attention->n_groups] = (pwi_attention_group){
        (uint32_t)token->begin,
        (uint32_t)reader->text->size,
        (uint32_t)attention->n,
        innermost(attention),
        *open,
        token->is_square,
        false,
        token->is_square ? PWI_ATTENTION_DOWN : PWI_ATTENTION_UP,
    };
    *open = (uint32_t)attention->n_groups++;
    return PW_OK;
}

static pw_status read_weight(const struct reader *reader, const struct token *token,
                             double *weight)
{
    const pwi_prompt_text number =
        pwi_prompt_text_slice(reader->text, token->number_begin, token->number_end);
    char quoted[PWI_QUOTE_SIZE];

    if (pwi_python_float(number.text, number.size, weight))
        return PW_OK;
    return pwi_fail_at(reader->err, PW_ERR_ARGUMENT, number.source[0],
                       "the weight %s at byte %" PRIu32
                       " of the prompt is not a number, and %s fails on it: write it as in "
                       "\"(word:1.2)\", or \"\\)\" for a bracket that is text",
                       pwi_quote(quoted, number.text, number.size), number.source[0],
                       reader->rules->name);
}

static pw_status close_group(struct reader *reader, const struct token *token)
{
    pwi_attention *attention = reader->attention;
    uint32_t *open = token->is_square ? &attention->open_square : &attention->open_round;
    pwi_attention_group *group;

    if (*open == PWI_NO_GROUP)
        return add_text(reader, token->begin, token->end);
    group = &attention->groups[*open];
    if (token->kind == TOKEN_NUMBER)
        PWI_TRY(read_weight(reader, token, &group->factor));
    group->end = (uint32_t)token->end;
    group->is_closed = true;
    *open = group->below;
    return pwi_attention_multiply(attention, group->first_entry, group->factor, reader->err);
}

static pw_status read_token(struct reader *reader, const struct token *token)
{
    switch (token->kind) {
    case TOKEN_ESCAPE:
        return add_entry(reader, token->begin + 1, token->end, false);
    case TOKEN_OPEN:
        return open_group(reader, token);
    case TOKEN_CLOSE:
    case TOKEN_NUMBER:
        return close_group(reader, token);
    case TOKEN_TEXT:
        break;
    }
    return add_text(reader, token->begin, token->end);
}

pw_status pwi_attention_read(pwi_attention *attention, const pwi_prompt_text *text,
                             const pwi_attention_rules *rules, const pw_allocator *allocator,
                             pw_error *err)
{
    struct reader reader = {attention, text, rules, err};

    *attention = (pwi_attention){
        .allocator = allocator, .open_round = PWI_NO_GROUP, .open_square = PWI_NO_GROUP};
    for (size_t at = 0; at < text->size;) {
        const struct token token = next_token(&reader, at);

        PWI_TRY(read_token(&reader, &token));
        at = token.end;
    }
    PWI_TRY(pwi_attention_multiply_unclosed(attention, err));
    return attention->n > 0 ? PW_OK : add_entry(&reader, text->size, text->size, false);
}

void pwi_attention_free(pwi_attention *attention)
{
    pwi_free_array(attention->allocator, attention->entries, attention->capacity,
                   sizeof(*attention->entries));
    pwi_free_array(attention->allocator, attention->groups, attention->groups_capacity,
                   sizeof(*attention->groups));
    *attention = (pwi_attention){.allocator = attention->allocator};
}
