/* SPDX-License-Identifier: MIT */
/* SVG after cairo. cairo numbers ids by counters of the process and writes text as shapes: here
 * ids are numbered anew in the order in which they occur, and the words are put back as <title>
 * and <desc>, for search, screen readers, and the whole of a prompt that the title cut. */
#include <string.h>

#include "base/hash.h"
#include "plot/picture.h"

struct ids {
    pwi_map map;
    uint32_t n;
    const char *prefix;
    bool failed;
};

static void append_id(pwi_buf *bytes, struct ids *ids, const char *name, size_t size)
{
    uint32_t number = pwi_map_find(&ids->map, name, size);
    bool added;

    if (number == PWI_MAP_NONE) {
        number = ids->n++;
        ids->failed = !pwi_map_add(&ids->map, name, size, number, &added) || ids->failed;
    }
    pwi_buf_format(bytes, "%s%u", ids->prefix, (unsigned)number);
}

/* Where an id may stand in what cairo writes, and what ends it. */
static size_t id_start(const char *text, size_t size, char *end)
{
    static const struct {
        const char *text;
        char end;
    } starts[] = {{" id=\"", '"'}, {"href=\"#", '"'}, {"url(#", ')'}};

    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
        const size_t n = strlen(starts[i].text);

        if (size > n && memcmp(text, starts[i].text, n) == 0) {
            *end = starts[i].end;
            return n;
        }
    }
    return 0;
}

static void renumber(pwi_buf *bytes, struct ids *ids, const char *text, size_t size)
{
    size_t done = 0;

    for (size_t at = 0; at < size;) {
        char end;
        const size_t n = id_start(text + at, size - at, &end);
        const char *name = text + at + n, *name_end;

        if (n == 0) {
            at++;
            continue;
        }
        name_end = memchr(name, end, size - at - n);
        if (name_end == NULL)
            break;
        pwi_buf_append(bytes, text + done, at + n - done);
        append_id(bytes, ids, name, (size_t)(name_end - name));
        done = at = (size_t)(name_end - text);
    }
    pwi_buf_append(bytes, text + done, size - done);
}

static void append_escaped(pwi_buf *bytes, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            pwi_buf_text(bytes, "&amp;");
        else if (*text == '<')
            pwi_buf_text(bytes, "&lt;");
        else if (*text == '>')
            pwi_buf_text(bytes, "&gt;");
        else
            pwi_buf_byte(bytes, *text);
    }
}

static void append_line(pwi_buf *bytes, const char *text)
{
    if (text[0] == '\0')
        return;
    append_escaped(bytes, text);
    pwi_buf_byte(bytes, '\n');
}

static void append_words(pwi_buf *bytes, const pw_figure *figure, const char *prefix)
{
    char note[PWI_NOTE_SIZE];

    pwi_figure_note(figure, "grey", note);
    pwi_buf_format(bytes, "<title id=\"%s-title\">", prefix);
    append_escaped(bytes, figure->title);
    pwi_buf_format(bytes, "</title>\n<desc id=\"%s-desc\">", prefix);
    append_line(bytes, figure->description);
    for (const struct pwi_panel *panel = figure->first; panel != NULL; panel = panel->next)
        append_line(bytes, panel->title);
    append_line(bytes, note);
    append_line(bytes, figure->footer);
    pwi_buf_text(bytes, "</desc>\n");
}

/* The end of the <svg ...> start tag, and where that tag begins: an XML declaration before it
 * would keep the picture from being set into a page. */
static const char *find_root(const pwi_buf *drawn, const char **root)
{
    *root = drawn->data != NULL ? strstr(drawn->data, "<svg ") : NULL;
    return *root != NULL ? strchr(*root, '>') : NULL;
}

pw_status pwi_svg_finish(const pw_figure *figure, const char *prefix, const pwi_buf *drawn,
                         pwi_buf *bytes, pw_error *err)
{
    struct ids ids = {.prefix = prefix};
    const char *root, *end = find_root(drawn, &root);

    if (end == NULL)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "cairo wrote an SVG without a root element");
    pwi_map_init(&ids.map, &figure->ctx->allocator);
    pwi_buf_append(bytes, root, (size_t)(end - root));
    pwi_buf_format(bytes, " role=\"img\" aria-labelledby=\"%s-title %s-desc\">\n", prefix,
                   prefix);
    append_words(bytes, figure, prefix);
    renumber(bytes, &ids, end + 1, drawn->size - (size_t)(end + 1 - drawn->data));
    pwi_map_free(&ids.map);
    return ids.failed || bytes->failed ? pwi_fail_memory(err) : PW_OK;
}
