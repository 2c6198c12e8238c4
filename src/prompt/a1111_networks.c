/* SPDX-License-Identifier: MIT */
/* Extra networks, `<lora:name:0.8>`: taken out of the text and reported. padwise loads none. */
#include "prompt/a1111_passes.h"

#include <string.h>

#include "base/checked.h"

/* The end of `<\w+:[^>]+>` at `at`, and where its name ends; `at` if there is none there. */
static size_t network_end(const pwi_prompt_text *text, size_t at, size_t *name_end)
{
    size_t end = at + 1;
    const char *close;

    while (end < text->size) {
        uint32_t code;
        const size_t n = pwi_prompt_char(text, end, &code);

        if (!pwi_is_word_char(code))
            break;
        end += n;
    }
    if (end == at + 1 || end == text->size || text->text[end] != ':')
        return at;
    *name_end = end++;
    close = memchr(text->text + end, '>', text->size - end);
    if (close == NULL || close == text->text + end)
        return at;
    return (size_t)(close - text->text) + 1;
}

static size_t count_colons(const pwi_prompt_text *text)
{
    size_t n = 0;

    for (size_t i = 0; i < text->size; i++)
        n += text->text[i] == ':';
    return n;
}

/* The arguments between the colon behind the name and `>`. */
static pw_status split_arguments(pwi_a1111_network *network, pwi_arena *arena,
                                 const pwi_prompt_text *list, pw_error *err)
{
    size_t begin = 0, bytes;

    network->n_arguments = count_colons(list) + 1;
    if (!pwi_mul_size(network->n_arguments, sizeof(*network->arguments), &bytes) ||
        (network->arguments = pwi_arena_alloc(arena, bytes)) == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < network->n_arguments; i++) {
        size_t end = begin;

        while (end < list->size && list->text[end] != ':')
            end++;
        network->arguments[i] = pwi_prompt_text_slice(list, begin, end);
        begin = end + 1;
    }
    return PW_OK;
}

/* The next network from `from` on: where it begins, or text->size. `last_close` is behind the
 * last ">" of the text: from there on no network can end, and nothing needs to be searched. */
static size_t find_network(const pwi_prompt_text *text, size_t from, size_t last_close,
                           size_t *name_end, size_t *end)
{
    while (from < last_close) {
        const char *open = memchr(text->text + from, '<', last_close - from);

        if (open == NULL)
            break;
        from = (size_t)(open - text->text);
        *end = network_end(text, from, name_end);
        if (*end > from)
            return from;
        from++;
    }
    return text->size;
}

static size_t behind_last(const pwi_prompt_text *text, char byte)
{
    size_t end = text->size;

    while (end > 0 && text->text[end - 1] != byte)
        end--;
    return end;
}

static size_t count_networks(const pwi_prompt_text *text, size_t last_close)
{
    size_t n = 0, end = 0, name_end;

    while (find_network(text, end, last_close, &name_end, &end) < text->size)
        n++;
    return n;
}

pw_status pwi_a1111_take_networks(pwi_prompt_text *out, pwi_a1111_networks *networks,
                                  pwi_arena *arena, const pwi_prompt_text *text, pw_error *err)
{
    const size_t last_close = behind_last(text, '>');
    const size_t n = count_networks(text, last_close);
    size_t begin, name_end, end = 0, bytes;
    pwi_prompt_writer writer;

    *networks = (pwi_a1111_networks){NULL, 0};
    *out = *text;
    if (n == 0)
        return PW_OK;
    PWI_TRY(pwi_prompt_writer_open(&writer, arena, text->size, err));
    if (!pwi_mul_size(n, sizeof(*networks->items), &bytes) ||
        (networks->items = pwi_arena_alloc(arena, bytes)) == NULL)
        return pwi_fail_memory(err);
    for (size_t from = 0; networks->n < n; from = end) {
        pwi_a1111_network *network = &networks->items[networks->n++];
        pwi_prompt_text list;

        begin = find_network(text, from, last_close, &name_end, &end);
        pwi_prompt_writer_copy(&writer, text, from, begin);
        network->name = pwi_prompt_text_slice(text, begin + 1, name_end);
        list = pwi_prompt_text_slice(text, name_end + 1, end - 1);
        PWI_TRY(split_arguments(network, arena, &list, err));
    }
    pwi_prompt_writer_copy(&writer, text, end, text->size);
    *out = pwi_prompt_writer_text(&writer);
    return PW_OK;
}
