/* SPDX-License-Identifier: MIT */
/* The arrays of a parse: they grow by doubling in the parser's arena. */
#include "prompt/compel_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"

#define N_FIRST 32

const char *const pwi_compel_swap_keys[PWI_COMPEL_N_SWAP_KEYS] = {"s_start", "s_end", "t_start",
                                                                  "t_end", "shape_freedom"};

static bool is_mark(char c)
{
    return c == '(' || c == '"';
}

static pw_status list_marks(pwi_compel_parser *parser, pw_error *err)
{
    const pwi_compel_text *text = &parser->text;
    uint32_t n = 0;

    for (uint32_t i = 0; i < text->size; i++)
        n += is_mark(text->bytes[i]);
    parser->marks = pwi_arena_alloc(&parser->arena, (n + (size_t)1) * sizeof(*parser->marks));
    parser->mark_of =
        pwi_arena_alloc(&parser->arena, (text->size + (size_t)1) * sizeof(*parser->mark_of));
    if (parser->marks == NULL || parser->mark_of == NULL)
        return pwi_fail_memory(err);
    n = 0;
    for (uint32_t i = 0; i < text->size; i++) {
        if (!is_mark(text->bytes[i]))
            continue;
        parser->mark_of[i] = n;
        parser->marks[n++] = (pwi_compel_mark){.group = {0, 0}};
    }
    return PW_OK;
}

pw_status pwi_compel_parser_init(pwi_compel_parser *parser, const char *prompt, size_t size,
                                 const pw_allocator *allocator, pw_error *err)
{
    /* Index 0 of each array is none. */
    *parser = (pwi_compel_parser){.n_items = 1, .n_groups = 1, .n_swaps = 1};
    pwi_arena_init(&parser->arena, allocator);
    PWI_TRY(pwi_compel_text_prepare(&parser->text, prompt, size, &parser->arena, err));
    return list_marks(parser, err);
}

void pwi_compel_parser_free(pwi_compel_parser *parser)
{
    pwi_arena_free(&parser->arena);
}

pw_status pwi_compel_grow(pwi_compel_parser *parser, void *array, size_t n, size_t *capacity,
                          size_t item_size, pw_error *err)
{
    const size_t wanted = *capacity == 0 ? N_FIRST : *capacity * 2;
    void *grown, *old;
    size_t size;

    if (n < *capacity)
        return PW_OK;
    if (!pwi_mul_size(wanted, item_size, &size))
        return pwi_fail_memory(err);
    grown = pwi_arena_alloc(&parser->arena, size);
    if (grown == NULL)
        return pwi_fail_memory(err);
    memcpy(&old, array, sizeof(old));
    if (*capacity > 0)
        memcpy(grown, old, *capacity * item_size);
    memcpy(array, &grown, sizeof(grown));
    *capacity = wanted;
    return PW_OK;
}

pwi_compel_mark *pwi_compel_mark_at(const pwi_compel_parser *parser, uint32_t at)
{
    PW_ASSERT(is_mark(parser->text.bytes[at]));
    return &parser->marks[parser->mark_of[at]];
}

pw_status pwi_compel_append(pwi_compel_parser *parser, uint32_t *first, uint32_t *last,
                            const pwi_compel_item *item, pw_error *err)
{
    const uint32_t index = (uint32_t)parser->n_items;

    PWI_TRY(pwi_compel_grow(parser, &parser->items, parser->n_items, &parser->items_capacity,
                            sizeof(*item), err));
    parser->items[index] = *item;
    parser->n_items++;
    if (*first == 0)
        *first = index;
    else
        parser->items[*last].next = index;
    *last = index;
    return PW_OK;
}

pw_status pwi_compel_add_group(pwi_compel_parser *parser, const pwi_compel_group *group,
                               uint32_t *index, pw_error *err)
{
    PWI_TRY(pwi_compel_grow(parser, &parser->groups, parser->n_groups, &parser->groups_capacity,
                            sizeof(*group), err));
    *index = (uint32_t)parser->n_groups++;
    parser->groups[*index] = *group;
    return PW_OK;
}

pw_status pwi_compel_add_swap(pwi_compel_parser *parser, const pwi_compel_swap_call *swap,
                              uint32_t *index, pw_error *err)
{
    PWI_TRY(pwi_compel_grow(parser, &parser->swaps, parser->n_swaps, &parser->swaps_capacity,
                            sizeof(*swap), err));
    *index = (uint32_t)parser->n_swaps++;
    parser->swaps[*index] = *swap;
    return PW_OK;
}

pw_status pwi_compel_fail(pwi_compel_parser *parser, pwi_compel_error error, uint32_t at,
                          pw_error *err, const char *format, ...)
{
    char text[sizeof(err->text)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    parser->error = error;
    return pwi_fail_at(err, PW_ERR_FORMAT, parser->text.source[at], "%s", text);
}
