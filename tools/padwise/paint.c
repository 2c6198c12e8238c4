/* SPDX-License-Identifier: MIT */
/* Terminals. */
#include "paint.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void paint(struct builder *out, bool color, const char *style, const char *text)
{
    if (color)
        builder_text(out, style);
    builder_text(out, text);
    if (color)
        builder_text(out, PAINT_NONE);
}

size_t paint_width(int fd)
{
    struct winsize size;

    if (isatty(fd) == 1 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
        return size.ws_col < 40 ? 40 : size.ws_col;
    return 80;
}

bool paint_wanted(const char *when, int fd)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (when != NULL && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return isatty(fd) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}
