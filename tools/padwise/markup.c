/* SPDX-License-Identifier: MIT */
/* Text inside an HTML page: made harmless as for a terminal, then escaped as markup wants it.
 */
#include "markup.h"

#include <string.h>

static void put_byte(struct builder *out, const char *byte)
{
    switch (*byte) {
    case '&':
        builder_text(out, "&amp;");
        break;
    case '<':
        builder_text(out, "&lt;");
        break;
    case '>':
        builder_text(out, "&gt;");
        break;
    case '"':
        builder_text(out, "&quot;");
        break;
    default:
        builder_add(out, byte, 1);
    }
}

void html_text(struct builder *out, const char *bytes, size_t size, size_t width_max)
{
    struct builder shown = {0};

    show_text(&shown, bytes, size, width_max);
    out->failed = out->failed || shown.failed;
    for (size_t i = 0; i < shown.size; i++)
        put_byte(out, shown.bytes + i);
    builder_free(&shown);
}

void html_string(struct builder *out, const char *text)
{
    html_text(out, text, strlen(text), SHOW_ALL);
}
