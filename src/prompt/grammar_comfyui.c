/* SPDX-License-Identifier: MIT */
/* ComfyUI's weights: (x) is 1.1 times what is around it, (x:n) is n whatever is around it, "\("
 * and "\)" are parentheses of the text; all else is text. The original walks a string with one
 * counter and calls itself for what stands in parentheses; here each "(" knows its ")"
 * beforehand and open groups are a list, so that any nesting takes time in proportion to the
 * text. */
#include "prompt/dialect.h"

#include <string.h>

#include "prompt/python_float.h"

#define NO_MATCH UINT32_MAX

/* What the original puts in place of escaped parentheses while it reads. */
#define ESCAPE       '\0'
#define ESCAPE_CLOSE '\1'
#define ESCAPE_OPEN  '\2'

/* A group that is being read: bytes [at, end) of it are still to come, those from `begin` on
 * wait for the item to be complete. */
struct group {
    size_t begin, at, end;
    double weight;
};

struct reader {
    char *text;
    uint32_t *source;
    uint32_t *match; /* of "(": where its ")" is, or NO_MATCH */
    size_t size;
    pwi_segments *segments;
    PWI_LIST(struct group) groups;
};

static pw_status escape(struct reader *reader, const pwi_script *script, pw_error *err)
{
    pwi_arena *arena = reader->segments->arena;
    size_t n = 0;

    reader->text = pwi_arena_alloc(arena, script->size + 1);
    reader->source = pwi_arena_alloc(arena, (script->size + 1) * sizeof(*reader->source));
    reader->match = pwi_arena_alloc(arena, (script->size + 1) * sizeof(*reader->match));
    if (reader->text == NULL || reader->source == NULL || reader->match == NULL)
        return pwi_fail_memory(err);
    for (; n < script->size; n++) {
        reader->text[n] = script->text[n];
        reader->source[n] = script->source[n];
        if (n > 0 && script->text[n - 1] == '\\' &&
            (script->text[n] == '(' || script->text[n] == ')')) {
            reader->text[n - 1] = ESCAPE;
            reader->text[n] = script->text[n] == '(' ? ESCAPE_OPEN : ESCAPE_CLOSE;
        }
    }
    reader->size = n;
    return PW_OK;
}

/* The unmatched "(" so far are a list inside `match` itself, each naming the one before. */
static void find_matches(struct reader *reader)
{
    uint32_t open = NO_MATCH;

    for (size_t i = 0; i < reader->size; i++) {
        if (reader->text[i] == '(') {
            reader->match[i] = open;
            open = (uint32_t)i;
        } else if (reader->text[i] == ')' && open != NO_MATCH) {
            const uint32_t before = reader->match[open];

            reader->match[open] = (uint32_t)i;
            open = before;
        }
    }
    while (open != NO_MATCH) {
        const uint32_t before = reader->match[open];

        reader->match[open] = NO_MATCH;
        open = before;
    }
}

/* Text that is in no parentheses of its own. */
static pw_status add_text(struct reader *reader, size_t begin, size_t end, double weight,
                          pw_error *err)
{
    char *text = reader->text + begin;
    uint32_t *source = reader->source + begin;
    size_t n = 0;

    for (size_t i = 0; i < end - begin; i++) {
        const bool is_pair = text[i] == ESCAPE && i + 1 < end - begin &&
                             (text[i + 1] == ESCAPE_OPEN || text[i + 1] == ESCAPE_CLOSE);

        i += is_pair;
        source[n] = source[i];
        text[n++] = !is_pair ? text[i] : text[i] == ESCAPE_OPEN ? '(' : ')';
    }
    return pwi_segments_add_text(reader->segments, text, source, 0, n, weight, err);
}

/* Whether a byte can stand in what Python's float() takes: used to give up early. */
static bool is_number_byte(char c)
{
    return (unsigned char)c >= 0x80 || (unsigned char)c <= ' ' ||
           strchr("0123456789+-._eEinfatyINFATY", c) != NULL;
}

/* A number after the last colon of the group, unless nothing is before the colon. */
static void read_number(const struct reader *reader, struct group *group)
{
    size_t at = group->end;
    double value;

    while (at > group->at && is_number_byte(reader->text[at - 1]))
        at--;
    if (at < group->at + 2 || reader->text[at - 1] != ':' ||
        !pwi_python_float(reader->text + at, group->end - at, &value))
        return;
    group->weight = value;
    group->end = at - 1;
}

/* An item of a group: what begins with "(" and ends with ")" is a group of its own. */
static pw_status add_item(struct reader *reader, size_t begin, size_t end, double weight,
                          pw_error *err)
{
    struct group inner = {begin + 1, begin + 1, end - 1, weight * 1.1};

    if (end - begin < 2 || reader->text[begin] != '(' || reader->text[end - 1] != ')')
        return add_text(reader, begin, end, weight, err);
    read_number(reader, &inner);
    PWI_LIST_ADD(reader->segments->arena, &reader->groups, inner, err);
    return PW_OK;
}

/* Read the innermost group up to its next item, or to its end. A ")" too many makes all
 * parentheses up to the next "(" too many part of the text, as the original's counter does. */
static pw_status read_item(struct reader *reader, pw_error *err)
{
    struct group *group = &reader->groups.items[reader->groups.n - 1];
    const struct group now = *group;
    size_t at = now.at, n_too_many = 0;

    for (; at < now.end; at++) {
        if (reader->text[at] == ')') {
            n_too_many++;
        } else if (reader->text[at] == '(' && n_too_many > 0) {
            n_too_many--;
        } else if (reader->text[at] == '(') {
            if (at > now.begin) {
                group->begin = group->at = at;
                return add_item(reader, now.begin, at, now.weight, err);
            }
            if (reader->match[at] == NO_MATCH || reader->match[at] >= now.end)
                break; /* the item goes on to the end */
            group->begin = group->at = reader->match[at] + 1;
            return add_item(reader, at, group->at, now.weight, err);
        }
    }
    reader->groups.n--;
    return now.begin < now.end ? add_item(reader, now.begin, now.end, now.weight, err) : PW_OK;
}

pw_status pwi_grammar_comfyui(pwi_segments *segments, const pwi_script *text, pw_error *err)
{
    struct reader reader = {.segments = segments};
    struct group all = {.weight = 1.0};

    PWI_TRY(escape(&reader, text, err));
    find_matches(&reader);
    all.end = reader.size;
    PWI_LIST_ADD(segments->arena, &reader.groups, all, err);
    while (reader.groups.n > 0)
        PWI_TRY(read_item(&reader, err));
    return PW_OK;
}
