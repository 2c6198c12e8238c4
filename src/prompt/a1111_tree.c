/* SPDX-License-Identifier: MIT */
/* Trees out of what the parsers already hold; no grammar is read twice here. */
#include "prompt/a1111_tree.h"

#include "base/checked.h"
#include "prompt/a1111_schedule.h"

static pw_status tree_open(pwi_tree *tree, pwi_arena *arena, size_t n_nodes_max, pw_error *err)
{
    size_t bytes;

    *tree = (pwi_tree){NULL, 0};
    if (!pwi_mul_size(n_nodes_max, sizeof(*tree->nodes), &bytes) ||
        (tree->nodes = pwi_arena_alloc(arena, bytes)) == NULL)
        return pwi_fail_memory(err);
    return PW_OK;
}

/* Bytes [begin, end) of the text; an empty node stands where the next byte would. */
static uint32_t add_node(pwi_tree *tree, const pwi_prompt_text *text, pwi_tree_kind kind,
                         size_t begin, size_t end, uint32_t parent, double value)
{
    uint32_t source_begin = 0, source_end = 0;

    if (end > begin) {
        source_begin = text->source[begin];
        source_end = text->source[end - 1] + 1;
    } else if (begin > 0) {
        source_begin = source_end = text->source[begin - 1] + 1;
    } else if (text->size > 0) {
        source_begin = source_end = text->source[0];
    }
    tree->nodes[tree->n] = (pwi_tree_node){kind, source_begin, source_end, parent, value};
    return (uint32_t)tree->n++;
}

/* Groups and entries, both in the order of the text, become one row; node_of[g] is group g's
 * node. */
static void merge_attention(pwi_tree *tree, const pwi_attention *attention,
                            const pwi_prompt_text *text, uint32_t *node_of)
{
    size_t i_group = 0;

    for (size_t i = 0; i <= attention->n; i++) {
        const pwi_attention_entry *entry = &attention->entries[i];

        for (; i_group < attention->n_groups && attention->groups[i_group].first_entry <= i;
             i_group++) {
            const pwi_attention_group *group = &attention->groups[i_group];
            const uint32_t parent =
                group->parent == PWI_NO_GROUP ? PWI_TREE_ROOT : node_of[group->parent];

            node_of[i_group] = add_node(tree, text, PWI_TREE_GROUP, group->begin, group->end,
                                        parent, group->factor);
        }
        if (i < attention->n)
            add_node(tree, text, entry->is_break ? PWI_TREE_BREAK : PWI_TREE_TEXT, entry->begin,
                     entry->end,
                     entry->group == PWI_NO_GROUP ? PWI_TREE_ROOT : node_of[entry->group],
                     entry->weight);
    }
}

pw_status pwi_tree_of_attention(pwi_tree *tree, pwi_arena *arena, const pwi_prompt_text *text,
                                const pwi_attention_rules *rules, pw_error *err)
{
    const pw_allocator *allocator = arena->allocator;
    uint32_t *node_of = NULL;
    pwi_attention attention;
    pw_status status = pwi_attention_read(&attention, text, rules, allocator, err);

    if (status == PW_OK)
        status = tree_open(tree, arena, attention.n + attention.n_groups, err);
    if (status == PW_OK) {
        node_of = PWI_ARRAY(allocator, uint32_t, attention.n_groups);
        status = node_of != NULL ? PW_OK : pwi_fail_memory(err);
    }
    if (status == PW_OK)
        merge_attention(tree, &attention, text, node_of);
    pwi_free_array(allocator, node_of, attention.n_groups, sizeof(*node_of));
    pwi_attention_free(&attention);
    return status;
}

/* An element that is open at a piece: its node, and that of its present section. */
struct open_element {
    uint32_t piece, node, section;
    uint32_t n_sections; /* so far */
};

/* The next section of an element, behind piece `mark` and up to the piece next of it. */
static void add_section(pwi_tree *tree, const pwi_schedule_pieces *pieces,
                        const pwi_prompt_text *text, struct open_element *element, size_t mark)
{
    PW_ASSERT(element != NULL);
    const pwi_schedule_piece *opener = &pieces->items[element->piece];
    const size_t begin = pieces->items[mark].end;
    const size_t end = pieces->items[pieces->items[mark].next].begin;
    pwi_tree_kind kind = PWI_TREE_OPTION;

    if (opener->kind == PWI_SCHEDULE_RANGE) {
        if (element->n_sections == opener->n_sections)
            return; /* the number */
        kind = element->n_sections + 1 == opener->n_sections ? PWI_TREE_AFTER : PWI_TREE_BEFORE;
    }
    element->n_sections++;
    element->section = add_node(tree, text, kind, begin, end, element->node,
                                kind == PWI_TREE_OPTION ? (double)element->n_sections : 1.0);
}

/* Neighbouring pieces of text, brackets that only weigh among them, are one node. The number
 * of a range is none. */
static size_t add_texts(pwi_tree *tree, const pwi_schedule_pieces *pieces,
                        const pwi_prompt_text *text, const struct open_element *element,
                        size_t i)
{
    const pwi_schedule_piece *items = pieces->items;
    const size_t begin = i;

    while (i < pieces->n && items[i].kind == PWI_SCHEDULE_TEXT)
        i++;
    if (element == NULL)
        add_node(tree, text, PWI_TREE_TEXT, items[begin].begin, items[i - 1].end, PWI_TREE_ROOT,
                 1.0);
    else if (items[begin - 1].kind != PWI_SCHEDULE_SEPARATOR ||
             items[begin - 1].next != items[begin - 1].close ||
             items[element->piece].kind == PWI_SCHEDULE_ALTERNATE)
        add_node(tree, text, PWI_TREE_TEXT, items[begin].begin, items[i - 1].end,
                 element->section, 1.0);
    return i;
}

static void fill_schedule(pwi_tree *tree, const pwi_schedule_pieces *pieces,
                          const pwi_prompt_text *text, struct open_element *open)
{
    const pwi_schedule_piece *items = pieces->items;
    size_t n_open = 0;

    for (size_t i = 0; i < pieces->n;) {
        struct open_element *element = n_open > 0 ? &open[n_open - 1] : NULL;

        switch (items[i].kind) {
        case PWI_SCHEDULE_TEXT:
            i = add_texts(tree, pieces, text, element, i);
            continue;
        case PWI_SCHEDULE_RANGE:
        case PWI_SCHEDULE_ALTERNATE:
            open[n_open++] = (struct open_element){
                (uint32_t)i,
                add_node(tree, text,
                         items[i].kind == PWI_SCHEDULE_RANGE ? PWI_TREE_RANGE
                                                             : PWI_TREE_ALTERNATE,
                         items[i].begin, items[items[i].close].end,
                         element != NULL ? element->section : PWI_TREE_ROOT,
                         items[i].kind == PWI_SCHEDULE_RANGE ? items[i].when
                                                             : (double)items[i].n_sections),
                0, 0};
            add_section(tree, pieces, text, &open[n_open - 1], i);
            break;
        case PWI_SCHEDULE_SEPARATOR:
            add_section(tree, pieces, text, element, i);
            break;
        case PWI_SCHEDULE_CLOSE:
            n_open--;
            break;
        }
        i++;
    }
}

pw_status pwi_tree_of_schedule(pwi_tree *tree, pwi_arena *arena, const pwi_prompt_text *text,
                               pw_error *err)
{
    const pw_allocator *allocator = arena->allocator;
    struct open_element *open = NULL;
    pwi_schedule_pieces pieces;
    pw_status status = pwi_schedule_read(&pieces, text, allocator, err);

    /* Each piece begins at most an element and its first section. */
    if (status == PW_OK)
        status = tree_open(tree, arena, 2 * pieces.n, err);
    if (status == PW_OK) {
        open = PWI_ARRAY(allocator, struct open_element, pieces.n);
        status = open != NULL ? PW_OK : pwi_fail_memory(err);
    }
    if (status == PW_OK)
        fill_schedule(tree, &pieces, text, open);
    pwi_free_array(allocator, open, pieces.n, sizeof(*open));
    pwi_schedule_free(&pieces);
    return status;
}
