/* SPDX-License-Identifier: MIT */
/* Marks of the dialects, as a table: what they look like, where they mean something else, what
 * they mean there, and who would read them as meant. */
#include "prompt/suspicions.h"

#include <string.h>

#include "base/buf.h"

enum dialect {
    PLAIN = 1 << 0,
    LECTURE = 1 << 1,
    A1111 = 1 << 2, /* and Forge */
    COMFYUI = 1 << 3,
    COMPEL = 1 << 4,
    ADV = 1 << 5,
    LPW = 1 << 6,
    LPW_XL = 1 << 7,
    SD_EMBED = 1 << 8,
    COMFYUI_LIKE = COMFYUI | ADV,                 /* one parser */
    A1111_LIKE = A1111 | LPW | LPW_XL | SD_EMBED, /* one attention grammar */
    ALL = (1 << 9) - 1
};

static const struct {
    const char *name; /* a trailing ":" takes any continuation */
    unsigned dialect;
} names[] = {
    {"plain", PLAIN},     {"lecture", LECTURE},   {"a1111", A1111}, {"forge", A1111},
    {"comfyui", COMFYUI}, {"compel", COMPEL},     {"adv:", ADV},    {"lpw", LPW},
    {"lpw-xl", LPW_XL},   {"sd-embed", SD_EMBED},
};

struct prompt {
    const char *text;
    size_t size;
};

struct mark {
    size_t begin, end;
};

static char byte_at(const struct prompt *prompt, size_t at)
{
    return at < prompt->size ? prompt->text[at] : '\0';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Bytes of other scripts count as letters. */
static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (unsigned char)byte >= 0x80;
}

static bool is_word(char byte)
{
    return is_letter(byte) || is_digit(byte) || byte == '_';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Where a word may end in running text. */
static bool is_boundary(const struct prompt *prompt, size_t at)
{
    const char byte = byte_at(prompt, at);

    return at >= prompt->size || is_blank(byte) || byte == ',' || byte == ')';
}

static size_t skip_blanks(const struct prompt *prompt, size_t at)
{
    while (is_blank(byte_at(prompt, at)))
        at++;
    return at;
}

static size_t skip_digits(const struct prompt *prompt, size_t at)
{
    while (is_digit(byte_at(prompt, at)))
        at++;
    return at;
}

/* `12` or `1.2`; at if there is none. */
static size_t skip_number(const struct prompt *prompt, size_t at)
{
    const size_t end = skip_digits(prompt, at);

    if (byte_at(prompt, end) != '.')
        return end;
    return skip_digits(prompt, end + 1);
}

static bool starts(const struct prompt *prompt, size_t at, const char *wanted)
{
    const size_t size = strlen(wanted);

    return prompt->size - at >= size && memcmp(prompt->text + at, wanted, size) == 0;
}

/* `16:9` with the colon at `at`: whole numbers on both sides. */
static bool ratio_at(const struct prompt *prompt, size_t at, struct mark *mark)
{
    if (byte_at(prompt, at) != ':')
        return false;
    mark->begin = at;
    mark->end = skip_digits(prompt, at + 1);
    while (mark->begin > 0 && is_digit(prompt->text[mark->begin - 1]))
        mark->begin--;
    return mark->begin < at && mark->end > at + 1 &&
           (mark->begin == 0 || !is_word(prompt->text[mark->begin - 1]));
}

static bool find_ratio_at_end(const struct prompt *prompt, struct mark *mark)
{
    for (size_t at = prompt->size; at > 0; at--)
        if (prompt->text[at - 1] == ':')
            return ratio_at(prompt, at - 1, mark) &&
                   skip_blanks(prompt, mark->end) == prompt->size;
    return false;
}

/* A number that ends the prompt and is no ratio: `a cat :3`. */
static bool find_number_at_end(const struct prompt *prompt, struct mark *mark)
{
    for (size_t at = prompt->size; at > 0; at--) {
        if (prompt->text[at - 1] != ':')
            continue;
        mark->begin = at - 1;
        mark->end = skip_number(prompt, skip_blanks(prompt, at));
        return at > 1 && mark->end > skip_blanks(prompt, at) &&
               skip_blanks(prompt, mark->end) == prompt->size &&
               !is_digit(prompt->text[at - 2]);
    }
    return false;
}

static bool find_ratio_in_group(const struct prompt *prompt, struct mark *mark)
{
    size_t n_open = 0;

    for (size_t at = 0; at < prompt->size; at++) {
        n_open += prompt->text[at] == '(';
        if (n_open > 0 && ratio_at(prompt, at, mark) && byte_at(prompt, mark->end) == ')')
            return true;
    }
    return false;
}

/* `(text:1.2)`: the mark is the number with its colon and bracket. */
static bool find_group_number(const struct prompt *prompt, struct mark *mark)
{
    size_t n_open = 0;

    for (size_t at = 0; at < prompt->size; at++) {
        size_t begin, end;

        if (prompt->text[at] == '\\') {
            at++;
            continue;
        }
        n_open += prompt->text[at] == '(';
        if (prompt->text[at] != ':' || n_open == 0)
            continue;
        begin = skip_blanks(prompt, at + 1);
        begin += byte_at(prompt, begin) == '-' || byte_at(prompt, begin) == '+';
        end = skip_number(prompt, begin);
        *mark = (struct mark){at, skip_blanks(prompt, end) + 1};
        if (end > begin && byte_at(prompt, mark->end - 1) == ')')
            return true;
    }
    return false;
}

/* The next pair of square brackets without brackets in it, from *at on. */
static bool next_square(const struct prompt *prompt, size_t *at, struct mark *mark)
{
    size_t open = SIZE_MAX;

    for (; *at < prompt->size; ++*at) {
        const char byte = prompt->text[*at];

        if (byte == '\\') {
            ++*at;
        } else if (byte == '[') {
            open = *at;
        } else if (byte == ']' && open != SIZE_MAX) {
            *mark = (struct mark){open, ++*at};
            return true;
        }
    }
    return false;
}

/* `[a|b]`, `[a:0.5]`, `[a:b:10]`. */
static bool is_schedule(const struct prompt *prompt, const struct mark *mark)
{
    const char *text = prompt->text + mark->begin;
    size_t colon = mark->end - 1, number;

    if (memchr(text, '|', mark->end - mark->begin) != NULL)
        return true;
    while (colon > mark->begin && prompt->text[colon] != ':')
        colon--;
    number = skip_blanks(prompt, colon + 1);
    return colon > mark->begin && skip_number(prompt, number) > number &&
           skip_blanks(prompt, skip_number(prompt, number)) + 1 == mark->end;
}

static bool find_square(const struct prompt *prompt, struct mark *mark)
{
    for (size_t at = 0; next_square(prompt, &at, mark);)
        if (!is_schedule(prompt, mark) && mark->end - mark->begin > 2)
            return true;
    return false;
}

static bool find_schedule(const struct prompt *prompt, struct mark *mark)
{
    for (size_t at = 0; next_square(prompt, &at, mark);)
        if (is_schedule(prompt, mark))
            return true;
    return false;
}

/* A word in capitals, in a prompt that is not all in capitals. */
static bool find_capitals(const struct prompt *prompt, const char *word, struct mark *mark)
{
    const size_t size = strlen(word);
    bool found = false, has_lower_case = false;

    for (size_t at = 0; at < prompt->size; at++) {
        has_lower_case |= prompt->text[at] >= 'a' && prompt->text[at] <= 'z';
        if (found || !starts(prompt, at, word) || is_word(byte_at(prompt, at + size)) ||
            (at > 0 && is_word(prompt->text[at - 1])))
            continue;
        *mark = (struct mark){at, at + size};
        found = true;
    }
    return found && has_lower_case;
}

static bool find_break(const struct prompt *prompt, struct mark *mark)
{
    return find_capitals(prompt, "BREAK", mark);
}

static bool find_and(const struct prompt *prompt, struct mark *mark)
{
    return find_capitals(prompt, "AND", mark);
}

/* The signs at `at` weigh what is before them: `word++`, `word+`, `word--`, `(words)-`; not
 * `C++`, not `18+`, not a hyphen. n_letters stand right before them. */
static bool weighs(const struct prompt *prompt, size_t at, size_t end, size_t n_letters)
{
    if (end == at || !is_boundary(prompt, end))
        return false;
    if (at > 0 && prompt->text[at - 1] == ')')
        return true;
    return n_letters >= 3 && (prompt->text[at] == '+' || end - at >= 2);
}

static bool find_plus_minus(const struct prompt *prompt, struct mark *mark)
{
    size_t n_letters = 0;

    for (size_t at = 0; at < prompt->size;) {
        const char byte = prompt->text[at];
        size_t end = at;

        while (byte_at(prompt, end) == byte && (byte == '+' || byte == '-'))
            end++;
        if (weighs(prompt, at, end, n_letters)) {
            *mark = (struct mark){at, end};
            return true;
        }
        n_letters = is_letter(byte) ? n_letters + 1 : 0;
        at = end > at ? end : at + 1;
    }
    return false;
}

/* `(words)1.2` */
static bool find_number_behind(const struct prompt *prompt, struct mark *mark)
{
    for (size_t at = 0; at < prompt->size; at++) {
        size_t point;

        if (prompt->text[at] != ')')
            continue;
        point = skip_digits(prompt, at + 1);
        if (point == at + 1 || byte_at(prompt, point) != '.')
            continue;
        *mark = (struct mark){at, skip_digits(prompt, point + 1)};
        if (mark->end > point + 1 && is_boundary(prompt, mark->end))
            return true;
    }
    return false;
}

static bool find_method(const struct prompt *prompt, struct mark *mark)
{
    static const char *const methods[] = {").and(", ").blend(", ".swap("};

    for (size_t at = 0; at < prompt->size; at++) {
        if (prompt->text[at] != ')' && prompt->text[at] != '.')
            continue;
        for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
            if (!starts(prompt, at, methods[i]))
                continue;
            *mark = (struct mark){at + (prompt->text[at] == ')'), at + strlen(methods[i])};
            return true;
        }
    }
    return false;
}

static bool find_embedding(const struct prompt *prompt, struct mark *mark)
{
    for (size_t at = 0; at < prompt->size; at++) {
        if (prompt->text[at] != 'e' || !starts(prompt, at, "embedding:") ||
            (at > 0 && is_word(prompt->text[at - 1])))
            continue;
        mark->begin = at;
        mark->end = at + strlen("embedding:");
        if (!is_word(byte_at(prompt, mark->end)))
            continue;
        while (is_word(byte_at(prompt, mark->end)))
            mark->end++;
        return true;
    }
    return false;
}

/* `<lora:name:1>` */
static bool find_network(const struct prompt *prompt, struct mark *mark)
{
    static const char *const kinds[] = {"<lora:", "<lyco:", "<hypernet:"};

    for (size_t at = 0; at < prompt->size; at++) {
        for (size_t i = 0; prompt->text[at] == '<' && i < sizeof(kinds) / sizeof(*kinds); i++) {
            const char *close;

            if (!starts(prompt, at, kinds[i]))
                continue;
            close = memchr(prompt->text + at, '>', prompt->size - at);
            *mark = (struct mark){at, close != NULL ? (size_t)(close - prompt->text) + 1 : at};
            return close != NULL;
        }
    }
    return false;
}

#define IN_A1111 "the dialect a1111 reads it"

/* finder, dialects where it is suspicious, what it means there, who would read it as meant */
static const struct {
    bool (*find)(const struct prompt *prompt, struct mark *mark);
    unsigned dialects;
    const char *meaning, *remedy;
} marks[] = {
    {find_ratio_at_end, A1111, "is the weight of the whole prompt",
     "put a comma behind it; in the dialects comfyui and compel it is text"},
    {find_number_at_end, A1111, "is the weight of the whole prompt",
     "put a comma behind it; in the dialects comfyui and compel it is text"},
    {find_ratio_in_group, A1111_LIKE | COMFYUI_LIKE | LECTURE,
     "makes the second number the weight of the group",
     "put a comma behind it; in the dialect compel it is text"},
    {find_group_number, PLAIN | COMPEL, "is text and no weight",
     "the dialects a1111 and comfyui read it as a weight; compel writes (words)1.2"},
    {find_schedule, ALL & ~(unsigned)A1111, "is no schedule", IN_A1111 " as one"},
    {find_square, PLAIN | COMFYUI_LIKE | COMPEL, "is text with its brackets",
     IN_A1111 " as a weight below 1; elsewhere write a number, such as (words:0.9)"},
    {find_break, ALL & ~(unsigned)(A1111 | LPW_XL | SD_EMBED), "is a word and ends no chunk",
     IN_A1111 " as the end of a chunk"},
    {find_break, LPW_XL | SD_EMBED, "is encoded as a word of weight -1",
     IN_A1111 " as the end of a chunk"},
    {find_and, ALL & ~(unsigned)A1111, "is a word and composes nothing",
     IN_A1111 " as the join of two prompts; compel writes (\"a\", \"b\").and()"},
    {find_plus_minus, ALL & ~(unsigned)(COMPEL | LECTURE), "is text and no weight",
     "the dialect compel reads it as one; here write (words:1.1)"},
    {find_number_behind, ALL & ~(unsigned)(COMPEL | LECTURE), "is text behind a group",
     "the dialect compel reads it as the group's weight; here write (words:1.2)"},
    {find_method, ALL & ~(unsigned)COMPEL, "is text",
     "the dialect compel reads it as an operation"},
    {find_embedding, ALL & ~(unsigned)COMFYUI_LIKE, "is text",
     "the dialect comfyui reads it as an embedding; a1111 wants the bare name"},
    {find_network, ALL & ~(unsigned)A1111, "is text and is encoded",
     "the dialect a1111 takes it out of the prompt"},
};

_Static_assert(sizeof(marks) / sizeof(*marks) <= PWI_SUSPICIONS_MAX, "one of each kind");

static unsigned dialect_of(const char *name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const size_t size = strlen(names[i].name);

        if (strcmp(names[i].name, name) == 0 ||
            (names[i].name[size - 1] == ':' && strncmp(names[i].name, name, size) == 0))
            return names[i].dialect;
    }
    return 0;
}

static pw_status add(pwi_suspicions *suspicions, pwi_arena *arena, const char *dialect,
                     const struct prompt *prompt, const struct mark *mark, const char *meaning,
                     const char *remedy, pw_error *err)
{
    pwi_suspicion *suspicion = &suspicions->items[suspicions->n];
    char quoted[PWI_QUOTE_SIZE];
    pwi_buf buf;

    pwi_buf_init(&buf, arena->allocator);
    pwi_quote(quoted, prompt->text + mark->begin, mark->end - mark->begin);
    pwi_buf_format(&buf, "%s at byte %zu %s in the dialect %s: %s", quoted, mark->begin,
                   meaning, dialect, remedy);
    *suspicion = (pwi_suspicion){mark->begin, mark->end, NULL};
    if (!buf.failed)
        suspicion->text = pwi_arena_string(arena, buf.data, buf.size);
    pwi_buf_free(&buf);
    if (suspicion->text == NULL)
        return pwi_fail_memory(err);
    suspicions->n++;
    return PW_OK;
}

pw_status pwi_suspicions_find(pwi_suspicions *suspicions, pwi_arena *arena, const char *dialect,
                              const char *text, size_t size, pw_error *err)
{
    const unsigned here = dialect_of(dialect);
    const struct prompt prompt = {text, size};

    suspicions->n = 0;
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        struct mark mark;

        if ((marks[i].dialects & here) != 0 && marks[i].find(&prompt, &mark))
            PWI_TRY(add(suspicions, arena, dialect, &prompt, &mark, marks[i].meaning,
                        marks[i].remedy, err));
    }
    return PW_OK;
}
