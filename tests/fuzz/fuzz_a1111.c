/* SPDX-License-Identifier: MIT */
/* Fuzz target of the A1111 family: the passes, the schedule and the attention grammars. What
 * comes out is made of the prompt's own bytes, in their order; trees cover what was parsed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "prompt/a1111.h"
#include "prompt/a1111_attention.h"
#include "prompt/a1111_tree.h"
#include "prompt/suspicions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EXPECT(condition)                                                                      \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                    \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

/* Only a newline in a comment's place is not the byte it stands for. */
static void check_text(const char *prompt, size_t size, const char *text,
                       const uint32_t *source, size_t text_size)
{
    for (size_t i = 0; i < text_size; i++) {
        EXPECT(source[i] < size);
        EXPECT(text[i] == prompt[source[i]] || (text[i] == '\n' && prompt[source[i]] == '#'));
        EXPECT(i == 0 || source[i] > source[i - 1]);
    }
}

static void check_tree(const pwi_tree *tree, size_t size)
{
    for (size_t i = 0; i < tree->n; i++) {
        EXPECT(tree->nodes[i].begin <= tree->nodes[i].end && tree->nodes[i].end <= size);
        EXPECT(tree->nodes[i].parent == PWI_TREE_ROOT || tree->nodes[i].parent < i);
    }
}

static void check_attention(pwi_arena *arena, const char *prompt, size_t size,
                            const pwi_prompt_text *text, const char *dialect)
{
    const pwi_attention_rules *rules = pwi_attention_rules_find(dialect);
    pwi_segments segments = {arena, NULL, 0, 0};
    pw_error err;
    pwi_tree tree;
    const pw_status status = pwi_attention_parse(&segments, text, rules, &err);

    EXPECT(pwi_tree_of_attention(&tree, arena, text, rules, NULL) == status);
    if (status != PW_OK) {
        EXPECT(status == PW_ERR_ARGUMENT && err.offset < size);
        return;
    }
    EXPECT(segments.n > 0);
    check_tree(&tree, size);
    for (size_t i = 0; i < segments.n; i++) {
        const pwi_segment *segment = &segments.items[i];

        check_text(prompt, size, segment->text, segment->source, segment->size);
        EXPECT(i == 0 || segment->weight != segment[-1].weight);
    }
}

static void check_condition(pwi_arena *arena, const char *prompt, size_t size,
                            const pwi_a1111_condition *condition, uint32_t n_steps)
{
    const pwi_schedule *schedule = &condition->schedule;
    pwi_tree tree;

    EXPECT(schedule->n > 0 && schedule->entries[schedule->n - 1].until_step == n_steps);
    for (size_t i = 0; i < schedule->n; i++) {
        const pwi_prompt_text *text = &schedule->entries[i].text;

        check_text(prompt, size, text->text, text->source, text->size);
        EXPECT(i == 0 || schedule->entries[i].until_step > schedule->entries[i - 1].until_step);
    }
    check_attention(arena, prompt, size, &schedule->entries[0].text, "a1111");
    EXPECT(pwi_tree_of_schedule(&tree, arena, &condition->part.text, NULL) == PW_OK);
    check_tree(&tree, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const dialects[] = {"plain", "a1111", "comfyui", "compel", "lpw"};
    const uint8_t choice = size > 0 ? data[0] : 0;
    const char *prompt = size > 0 ? (const char *)data + 1 : "";
    const uint32_t n_steps = choice & 7;
    const pwi_a1111_options options = {
        (choice & 8) != 0, (choice & 16) != 0, {n_steps, 0, (choice & 32) != 0}};
    pwi_a1111_prompt read;
    pwi_suspicions suspicions;
    pwi_prompt_text text;
    pwi_arena arena;
    pw_status status;

    size -= size > 0;
    pwi_arena_init(&arena, &pwi_malloc_allocator);
    status = pwi_a1111_read(&read, &arena, prompt, size, &options, NULL);
    EXPECT(status == PW_OK || status == PW_ERR_ARGUMENT); /* an infinite step */
    for (size_t i = 0; status == PW_OK && i < read.n && i < 8; i++)
        check_condition(&arena, prompt, size, &read.conditions[i], n_steps);
    EXPECT(pwi_prompt_text_whole(&text, &arena, prompt, size, NULL) == PW_OK);
    check_attention(&arena, prompt, size, &text, "lpw");
    check_attention(&arena, prompt, size, &text, "lpw-xl");
    EXPECT(pwi_suspicions_find(&suspicions, &arena, dialects[choice % 5], prompt, size, NULL) ==
           PW_OK);
    for (size_t i = 0; i < suspicions.n; i++)
        EXPECT(suspicions.items[i].begin < suspicions.items[i].end &&
               suspicions.items[i].end <= size);
    pwi_arena_free(&arena);
    return 0;
}
