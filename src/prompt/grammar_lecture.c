/* SPDX-License-Identifier: MIT */
/* The lecture's weights, in both of its spellings. A row is multiplied by r:
 *   (x)         r = 1.1          n brackets: 1.1^n        [x]  r = 1/1.1
 *   (x:r)       r
 *   x+  (x)+    1.1 a plus       x-  (x)-   0.9 a minus   (x)r  r
 * Inside of one another they multiply. Brackets that carry a sign or a number behind them only
 * group; brackets without a partner are text; \( \) \[ \] are text without the backslash. */
#include <string.h>

#include "prompt/dialect.h"
#include "prompt/python_float.h"

#define NO_MATCH UINT32_MAX

struct open {
    uint32_t at;
    double outer; /* the weight around it */
};

struct reader {
    const pwi_script *script;
    uint32_t *match; /* of an opening bracket its closing one, and the other way round */
    PWI_LIST(struct open) groups;
    pwi_segments *segments;
    size_t begin; /* of the text that is not in a segment yet */
    double weight;
};

static bool is_escape(const pwi_script *script, size_t at)
{
    return script->text[at] == '\\' && at + 1 < script->size &&
           strchr("()[]\\", script->text[at + 1]) != NULL && script->text[at + 1] != '\0';
}

/* Brackets pair up by kind, the inner ones first; `match` of what is still open is a list. */
static pw_status find_matches(struct reader *reader, pw_error *err)
{
    const pwi_script *script = reader->script;
    PWI_LIST(uint32_t) open = {.n = 0};

    reader->match =
        pwi_arena_alloc(reader->segments->arena, (script->size + 1) * sizeof(*reader->match));
    if (reader->match == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < script->size; i++) {
        const char c = script->text[i];

        reader->match[i] = NO_MATCH;
        if (is_escape(script, i)) {
            reader->match[++i] = NO_MATCH;
        } else if (c == '(' || c == '[') {
            PWI_LIST_ADD(reader->segments->arena, &open, (uint32_t)i, err);
        } else if ((c == ')' || c == ']') && open.n > 0 &&
                   script->text[open.items[open.n - 1]] == (c == ')' ? '(' : '[')) {
            reader->match[i] = open.items[--open.n];
            reader->match[open.items[open.n]] = (uint32_t)i;
        }
    }
    return PW_OK;
}

/* Put the text up to `end` into a segment. */
static pw_status flush(struct reader *reader, size_t end, double weight, pw_error *err)
{
    const pwi_script *script = reader->script;
    const size_t begin = reader->begin;

    reader->begin = end;
    if (begin == end)
        return PW_OK;
    return pwi_segments_add_text(reader->segments, script->text, script->source, begin, end,
                                 weight, err);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Signs at `at` that end a word: their product, and how many. */
static size_t read_signs(const pwi_script *script, size_t at, double *factor)
{
    const char sign = at < script->size ? script->text[at] : '\0';
    size_t n = 0;

    if (sign != '+' && sign != '-')
        return 0;
    while (at + n < script->size && script->text[at + n] == sign) {
        *factor *= sign == '+' ? 1.1 : 0.9;
        n++;
    }
    if (at + n < script->size && strchr(" \t\n\r.,;:!?()[]", script->text[at + n]) == NULL)
        return 0;
    return n;
}

/* What stands right behind a closing bracket at `at`: signs or a number. Its size. */
static size_t read_behind(const pwi_script *script, size_t at, double *factor)
{
    size_t n;

    *factor = 1.0;
    n = read_signs(script, at, factor);
    if (n > 0)
        return n;
    while (at + n < script->size &&
           (is_digit(script->text[at + n]) ||
            (script->text[at + n] == '.' && at + n + 1 < script->size &&
             is_digit(script->text[at + n + 1]))))
        n++;
    *factor = 1.0;
    return n > 0 && pwi_python_float(script->text + at, n, factor) ? n : 0;
}

/* Where a number and its colon stand before a closing bracket; `close` without one. */
static size_t find_number(const pwi_script *script, size_t open, size_t close, double *factor)
{
    size_t at = close;

    while (at > open + 1 && strchr("0123456789.+- ", script->text[at - 1]) != NULL &&
           script->text[at - 1] != '\0')
        at--;
    if (script->text[at - 1] != ':' || !pwi_python_float(script->text + at, close - at, factor))
        return close;
    return at - 1;
}

static pw_status open_group(struct reader *reader, size_t at, pw_error *err)
{
    const pwi_script *script = reader->script;
    const struct open group = {(uint32_t)at, reader->weight};
    const size_t close = reader->match[at];
    double factor = script->text[at] == '(' ? 1.1 : 1.0 / 1.1, behind;

    PWI_TRY(flush(reader, at, reader->weight, err));
    PWI_LIST_ADD(reader->segments->arena, &reader->groups, group, err);
    if (read_behind(script, close + 1, &behind) > 0)
        factor = behind;
    else if (script->text[at] == '(')
        (void)find_number(script, at, close, &factor);
    reader->weight *= factor;
    reader->begin = at + 1;
    return PW_OK;
}

/* Returns where reading goes on. */
static pw_status close_group(struct reader *reader, size_t close, size_t *next, pw_error *err)
{
    const pwi_script *script = reader->script;
    const struct open *group = &reader->groups.items[--reader->groups.n];
    const size_t n_behind = read_behind(script, close + 1, &(double){0});
    size_t end = close;

    if (n_behind == 0 && script->text[close] == ')')
        end = find_number(script, group->at, close, &(double){0});
    if (end < reader->begin)
        end = reader->begin;
    PWI_TRY(flush(reader, end, reader->weight, err));
    reader->weight = group->outer;
    *next = reader->begin = close + 1 + n_behind;
    return PW_OK;
}

/* A word that ends with signs; its begin is behind the last blank or bracket. */
static pw_status weigh_word(struct reader *reader, size_t at, size_t n_signs, double factor,
                            pw_error *err)
{
    const char *text = reader->script->text;
    size_t begin = at;

    while (begin > reader->begin && strchr(" \t\n\r,;:!?", text[begin - 1]) == NULL)
        begin--;
    PWI_TRY(flush(reader, begin, reader->weight, err));
    PWI_TRY(flush(reader, at, reader->weight * factor, err));
    reader->begin = at + n_signs;
    return PW_OK;
}

static bool is_word_byte(char c)
{
    return c != '\0' && strchr(" \t\n\r,;:!?()[]+-", c) == NULL;
}

pw_status pwi_grammar_lecture(pwi_segments *segments, const pwi_script *text, pw_error *err)
{
    struct reader reader = {.script = text, .segments = segments, .weight = 1.0};
    size_t at = 0;

    PWI_TRY(find_matches(&reader, err));
    while (at < text->size) {
        const bool is_bracket = reader.match[at] != NO_MATCH;
        double factor = 1.0;
        size_t n_signs = 0;

        if (is_escape(text, at)) {
            PWI_TRY(flush(&reader, at, reader.weight, err));
            reader.begin = at + 1;
            at += 2;
        } else if (is_bracket && reader.match[at] > at) {
            PWI_TRY(open_group(&reader, at, err));
            at++;
        } else if (is_bracket) {
            PWI_TRY(close_group(&reader, at, &at, err));
        } else {
            if (at > reader.begin && is_word_byte(text->text[at - 1]))
                n_signs = read_signs(text, at, &factor);
            if (n_signs > 0)
                PWI_TRY(weigh_word(&reader, at, n_signs, factor, err));
            at += n_signs > 0 ? n_signs : 1;
        }
    }
    return flush(&reader, text->size, reader.weight, err);
}
