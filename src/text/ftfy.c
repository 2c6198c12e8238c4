/* SPDX-License-Identifier: MIT */
/* ftfy.fix_text 6.3.1 without the repair of mojibake (encoders.md 1.6): line by line, a list of
 * small corrections that is gone through until nothing changes any more. */
#include "text/html.h"
#include "text/properties.h"
#include "text/steps.h"

/* ftfy takes longer lines in pieces of this many characters. */
#define SEGMENT_MAX 1000000

/* Each round takes one layer off "&amp;amp;amp;...". ftfy has no limit, and so needs a time
 * that grows with the square of the text; nobody escapes text this often by accident. */
#define ROUNDS_MAX 64

#define ENTITY_SIZE_MAX 24
#define ESCAPE          0x1B

/* The number "&#65;" at character i. "&#59;" is a ";" and stays, as ftfy takes a ";" in the
 * result for a reference that was not understood. */
static size_t put_number(pwi_text *out, const pwi_text *in, size_t i)
{
    uint32_t code;
    const size_t size = pwi_entity_number(in, i, &code);

    if (size == 0 || size > ENTITY_SIZE_MAX + 2 || !pwi_text_is_at(in, i + size, ';') ||
        code == ';')
        return 0;
    if (code != PWI_NO_CHARACTER)
        pwi_text_put_for(out, code, in, i, i + size + 1);
    return size + 1;
}

/* The name "&eacute;" or "&EACUTE;" at character i. */
static size_t put_named(pwi_text *out, const pwi_text *in, size_t i)
{
    char name[ENTITY_SIZE_MAX];
    const size_t size = pwi_entity_name(in, i + 1, name, sizeof(name));
    const pwi_entity *entity = NULL;

    if (!pwi_text_is_at(in, i + 1 + size, ';'))
        return 0;
    entity = pwi_entity_find(pwi_html5_entities, pwi_n_html5_entities, name, size);
    if (entity == NULL)
        entity = pwi_entity_find(pwi_capital_entities, pwi_n_capital_entities, name, size);
    if (entity == NULL)
        return 0;
    pwi_entity_put(out, entity, in, i, i + size + 2);
    return size + 2;
}

static void unescape(pwi_text *out, const pwi_text *in)
{
    pwi_references_read(out, in, put_number, put_named);
}

/* C1 controls, ligatures, wide forms and curly quotes: one character at a time, by table. */
static void make_plain(pwi_text *out, const pwi_text *in)
{
    if (!pwi_text_begin(out, in))
        return;
    for (size_t i = 0; i < in->n && !out->failed; i++) {
        const pwi_mapping *plain;

        if (!pwi_has_property(in->chars[i].code, PWI_PLAIN)) {
            pwi_text_keep(out, in, i);
            continue;
        }
        plain = pwi_mapping_find(pwi_plain_table, pwi_n_plain, in->chars[i].code);
        for (size_t k = 0; k < 3 && plain->to[k] != 0; k++)
            pwi_text_put_for(out, plain->to[k], in, i, i + 1);
    }
}

/* Characters of the line break at i, 0 if there is none. U+0085 is none: as a C1 control it has
 * become an ellipsis before. */
static size_t line_break_size(const pwi_text *in, size_t i)
{
    switch (in->chars[i].code) {
    case '\r':
        return pwi_text_is_at(in, i + 1, '\n') ? 2 : 1;
    case '\n':
    case 0x2028:
    case 0x2029:
        return 1;
    default:
        return 0;
    }
}

/* Characters of the terminal escape "ESC [ 31 m" at i, 0 if there is none. */
static size_t terminal_escape_size(const pwi_text *in, size_t i)
{
    size_t end = i + 2;

    if (!pwi_text_is_at(in, i, ESCAPE) || !pwi_text_is_at(in, i + 1, '['))
        return 0;
    while (end < in->n &&
           (in->chars[end].code == ';' || pwi_has_property(in->chars[end].code, PWI_DECIMAL)))
        end++;
    if (end == in->n || (in->chars[end].code | 0x20) < 'a' ||
        (in->chars[end].code | 0x20) > 'z')
        return 0;
    return end + 1 - i;
}

/* Controls that are not white space, and formats that nobody should use in text. */
static bool is_removed(uint32_t code)
{
    return code <= 0x08 || code == 0x0B || (code >= 0x0E && code <= 0x1F) || code == 0x7F ||
           (code >= 0x206A && code <= 0x206F) || code == 0xFEFF ||
           (code >= 0xFFF9 && code <= 0xFFFC);
}

static void remove_controls(pwi_text *out, const pwi_text *in)
{
    if (!pwi_text_begin(out, in))
        return;
    for (size_t i = 0; i < in->n && !out->failed;) {
        const size_t line_break = line_break_size(in, i);
        const size_t escape = terminal_escape_size(in, i);

        if (line_break > 0) {
            pwi_text_put_for(out, '\n', in, i, i + line_break);
            i += line_break;
        } else if (escape > 0) {
            i += escape;
        } else {
            if (!is_removed(in->chars[i].code))
                pwi_text_keep(out, in, i);
            i++;
        }
    }
}

/* The texts between the corrections; `text` is what a round begins with. */
struct work {
    pwi_text text, a, b;
};

static bool is_same(const pwi_text *a, const pwi_text *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->chars[i].code != b->chars[i].code)
            return false;
    }
    return true;
}

/* One round over the segment; false when it changed nothing. */
static bool correct(struct work *work, bool unescapes)
{
    bool is_changed;
    pwi_text last;

    if (unescapes)
        unescape(&work->a, &work->text);
    make_plain(&work->b, unescapes ? &work->a : &work->text);
    remove_controls(&work->a, &work->b);
    pwi_text_nfc(&work->b, &work->a);
    is_changed = !work->b.failed && !is_same(&work->text, &work->b);
    last = work->text;
    work->text = work->b;
    work->b = last;
    return is_changed;
}

static void fix_segment(pwi_text *out, const pwi_text *in, size_t first, size_t last,
                        bool unescapes, struct work *work)
{
    work->text.n = 0;
    pwi_text_copy(&work->text, in, first, last);
    for (int i_round = 0; i_round < ROUNDS_MAX; i_round++) {
        if (!correct(work, unescapes))
            break;
    }
    out->failed |= work->text.failed;
    if (!out->failed)
        pwi_text_copy(out, &work->text, 0, work->text.n);
}

static size_t segment_end(const pwi_text *in, size_t first)
{
    size_t end = first;

    while (end < in->n && end - first < SEGMENT_MAX) {
        if (in->chars[end++].code == '\n')
            break;
    }
    return end;
}

static bool holds(const pwi_text *in, size_t first, size_t last, uint32_t code)
{
    while (first < last && in->chars[first].code != code)
        first++;
    return first < last;
}

/* Most prompts: printable ASCII without an entity, which no correction touches. */
static bool is_settled(const pwi_text *in, size_t first, size_t last)
{
    for (; first < last; first++) {
        const uint32_t code = in->chars[first].code;

        if (code == '&' || code > 0x7E || (code < 0x20 && code != '\n' && code != '\t'))
            return false;
    }
    return true;
}

void pwi_text_ftfy(pwi_text *out, const pwi_text *in)
{
    struct work work;
    bool unescapes = true;

    if (!pwi_text_begin(out, in))
        return;
    pwi_text_init(&work.text, out->allocator);
    pwi_text_init(&work.a, out->allocator);
    pwi_text_init(&work.b, out->allocator);
    for (size_t first = 0, last; first < in->n && !out->failed; first = last) {
        last = segment_end(in, first);
        /* Text with a "<" may be HTML, and stays as it is from here to its end. */
        unescapes = unescapes && !holds(in, first, last, '<');
        if (is_settled(in, first, last))
            pwi_text_copy(out, in, first, last);
        else
            fix_segment(out, in, first, last, unescapes, &work);
    }
    pwi_text_free(&work.text);
    pwi_text_free(&work.a);
    pwi_text_free(&work.b);
}
