/* SPDX-License-Identifier: MIT */
/* The cut after the last token of a window that may end a chunk. Tokens are compared with
 * CLIP's word end, so with other tokenizers only the window's end is left, as in the original.
 */
#include "prompt/compel_split.h"

#include <string.h>

static const char word_end[] = "</w>";

#define WORD_END_SIZE (sizeof(word_end) - 1)

/* Whether a chunk may end after this token, in this mode and no other. */
static bool may_end(pwi_compel_split_mode mode, const char *token, size_t size)
{
    static const char signs[] = {'.', ',', ';', ':'};
    const bool ends_word = size >= WORD_END_SIZE &&
                           memcmp(token + size - WORD_END_SIZE, word_end, WORD_END_SIZE) == 0;
    const bool is_sign = ends_word && size == WORD_END_SIZE + 1;

    switch (mode) {
    case PWI_COMPEL_SENTENCES:
        return is_sign && token[0] == '.';
    case PWI_COMPEL_PHRASES:
        return is_sign && memchr(signs, token[0], sizeof(signs)) != NULL;
    case PWI_COMPEL_WORDS:
        return ends_word;
    case PWI_COMPEL_BRUTAL:
    default:
        return true;
    }
}

size_t pwi_compel_next_chunk(pwi_compel_split_mode mode, pwi_compel_token_text text, void *ctx,
                             size_t begin, size_t n, size_t window)
{
    if (n - begin <= window)
        return n - begin;
    for (; mode < PWI_COMPEL_BRUTAL; mode++) {
        for (size_t i = window; i > 0; i--) {
            size_t size;
            const char *token = text(ctx, begin + i - 1, &size);

            if (may_end(mode, token, size))
                return i;
        }
    }
    return window;
}
