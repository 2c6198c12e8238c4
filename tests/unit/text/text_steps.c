/* SPDX-License-Identifier: MIT */
/* For compare_text.py: reads lines "STEP HEX" (UTF-8 in hexadecimal, may be empty) and answers
 * each with the hexadecimal UTF-8 of what the step makes of it. */
#include "step_list.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum {
    LINE_BYTES = 1 << 16
};

static text_step find_step(const char *name)
{
    for (size_t i = 0; i < N_TEXT_STEPS; i++) {
        if (strcmp(text_steps[i].name, name) == 0)
            return text_steps[i].apply;
    }
    return NULL;
}

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

static void print_hex(const pwi_text *text)
{
    for (size_t i = 0; i < text->n; i++) {
        char utf8[4];
        const size_t size = pwi_utf8_encode(text->chars[i].code, utf8);

        for (size_t k = 0; k < size; k++)
            printf("%02x", (unsigned char)utf8[k]);
    }
    putchar('\n');
}

/* One line; false when it is not of that form. */
static bool answer(char *line, pwi_text *text, pwi_text *result)
{
    char *hex = strchr(line, ' ');
    text_step step;

    if (hex == NULL)
        return false;
    *hex++ = '\0';
    step = find_step(line);
    if (step == NULL || pwi_text_decode(text, hex, from_hex(hex), 0, NULL) != PW_OK)
        return false;
    step(result, text);
    print_hex(result);
    return true;
}

int main(void)
{
    static char line[LINE_BYTES];
    pwi_text text, result;
    bool is_good = true;

    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    while (is_good && fgets(line, sizeof(line), stdin) != NULL)
        is_good = answer(line, &text, &result);
    pwi_text_free(&text);
    pwi_text_free(&result);
    return is_good ? 0 : 1;
}
