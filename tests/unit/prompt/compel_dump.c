/* SPDX-License-Identifier: MIT */
/* For scripts/compare_compel.py: reads lines of UTF-8 in hexadecimal and answers each with what
 * Compel's grammar makes of it, as one line of JSON. */
#include "compel_json.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LINE_BYTES = 1 << 22
};

static unsigned nibble(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* In place; the bytes that the digits stood for. */
static size_t from_hex(char *hex)
{
    size_t size = 0;

    for (; hex[2 * size] != '\n' && hex[2 * size] != '\0'; size++)
        hex[size] = (char)(nibble(hex[2 * size]) << 4 | nibble(hex[2 * size + 1]));
    return size;
}

static void answer(const char *prompt, size_t size)
{
    pwi_arena arena;
    pwi_compel parsed;
    pwi_buf buf;
    pw_status status;

    pwi_arena_init(&arena, &pwi_malloc_allocator);
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    status = pwi_compel_parse(&parsed, prompt, size, &arena, NULL);
    put_parsed(&buf, &parsed, status);
    puts(buf.data);
    pwi_buf_free(&buf);
    pwi_arena_free(&arena);
}

int main(void)
{
    char *line = malloc(LINE_BYTES);

    while (line != NULL && fgets(line, LINE_BYTES, stdin) != NULL) {
        answer(line, from_hex(line));
        fflush(stdout);
    }
    free(line);
    return 0;
}
