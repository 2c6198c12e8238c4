/* SPDX-License-Identifier: MIT */
/* The parse of a prompt drawn as a tree. Its lines are collected first, in the order in which
 * they are printed; which of them hang from which is told by their depths. */
#include <math.h>
#include <string.h>

#include "paint.h"
#include "plan_view.h"
#include "show.h"
#include "talk.h"

#define DEPTH_MAX 16

struct line {
    size_t depth;     /* 0: the root */
    const char *note; /* ours: "1.3", "until step 5" */
    const char *text; /* a stranger's, shown in quotes; NULL: none */
    size_t size;
    uint32_t goes_on; /* bit d: a later line hangs from the same one at depth d */
};

struct tree {
    struct pool pool;
    struct line *lines;
    size_t n, capacity;
    bool is_cut; /* there is more than is shown */
    bool failed;
};

static void add(struct tree *tree, size_t depth, const char *note, const char *text,
                size_t size)
{
    struct line *lines;

    tree->is_cut = tree->is_cut || tree->n == PLAN_TREE_LINES || depth > DEPTH_MAX;
    if (tree->failed || tree->n == PLAN_TREE_LINES || depth > DEPTH_MAX)
        return;
    lines = pool_grow(&tree->pool, tree->lines, tree->n, &tree->capacity, sizeof(*lines));
    if (lines == NULL || note == NULL) {
        tree->failed = true;
        return;
    }
    tree->lines = lines;
    lines[tree->n++] = (struct line){depth, note, text, size, 0};
}

/* Pieces that are being walked through: those of a swap stand in it. */
struct frame {
    const pw_segment *at, *end;
    size_t depth;
    const char *title; /* printed above them */
};

struct walk {
    struct frame *frames;
    size_t n, capacity;
};

static void push(struct tree *tree, struct walk *walk, struct frame frame)
{
    struct frame *frames =
        pool_grow(&tree->pool, walk->frames, walk->n, &walk->capacity, sizeof(*frames));

    if (frames == NULL) {
        tree->failed = true;
        return;
    }
    walk->frames = frames;
    frames[walk->n++] = frame;
}

static void push_swap(struct tree *tree, struct walk *walk, const pw_swap *swap, size_t depth)
{
    const struct frame edited = {swap->edited, swap->edited + swap->n_edited, depth + 2,
                                 "then"};
    const struct frame original = {swap->original, swap->original + swap->n_original, depth + 2,
                                   "first"};

    add(tree, depth,
        pool_format(&tree->pool, "swap, s %.4g to %.4g, t %.4g to %.4g", swap->s_start,
                    swap->s_end, swap->t_start, swap->t_end),
        NULL, 0);
    push(tree, walk, edited);
    push(tree, walk, original);
}

static void add_pieces(struct tree *tree, const pw_branch *branch, size_t depth)
{
    const struct frame all = {branch->segments, branch->segments + branch->n_segments, depth,
                              NULL};
    struct walk walk = {0};

    push(tree, &walk, all);
    while (walk.n > 0 && !tree->failed && !tree->is_cut) {
        struct frame *frame = &walk.frames[walk.n - 1];
        const pw_segment *piece = frame->at;

        if (frame->title != NULL)
            add(tree, frame->depth - 1, frame->title, NULL, 0);
        frame->title = NULL;
        if (piece == frame->end) {
            walk.n--;
            continue;
        }
        frame->at++;
        if (piece->kind == PW_SEGMENT_SWAP)
            push_swap(tree, &walk, piece->swap, frame->depth);
        else if (piece->kind == PW_SEGMENT_BREAK)
            add(tree, frame->depth, "BREAK", NULL, 0);
        else
            add(tree, frame->depth, pool_format(&tree->pool, "%-6.4g", piece->weight),
                piece->text, piece->size);
    }
}

static void add_span(struct tree *tree, const pw_span *span, size_t depth)
{
    if (span->is_blend) {
        add(tree, depth, span->is_normalized ? "blend, weights divided by their sum" : "blend",
            NULL, 0);
        depth++;
    }
    for (size_t i = 0; i < span->n_branches && !tree->is_cut; i++) {
        const pw_branch *branch = &span->branches[i];
        const bool is_said = span->n_branches > 1 || branch->weight != 1;

        if (is_said)
            add(tree, depth, pool_format(&tree->pool, "times %.4g", branch->weight), NULL, 0);
        add_pieces(tree, branch, depth + is_said);
    }
}

static void add_condition(struct tree *tree, const pw_condition *condition, bool is_only,
                          size_t depth)
{
    if (!is_only)
        add(tree, depth++,
            pool_format(&tree->pool, "until step %d", (int)condition->until_step),
            condition->text, condition->size);
    for (size_t i = 0; i < condition->n_spans && !tree->is_cut; i++) {
        const pw_span *span = &condition->spans[i];
        const bool is_said = condition->n_spans > 1 || span->weight != 1;

        if (is_said)
            add(tree, depth, pool_format(&tree->pool, "side by side, times %.4g", span->weight),
                NULL, 0);
        add_span(tree, span, depth + is_said);
    }
}

/* Both conditions of a prompt with swaps have the same pieces: one is drawn, with its swaps. */
static bool is_drawn(const pw_condition *condition)
{
    return !condition->is_edited;
}

static void add_part(struct tree *tree, const pw_prompt *prompt, size_t i)
{
    const pw_prompt_part *part = pw_prompt_part_at(prompt, i);
    const size_t n_parts = pw_prompt_n_parts(prompt);
    const bool is_said = n_parts > 1 || part->weight != 1;
    size_t n_drawn = 0;

    if (is_said)
        add(tree, 1,
            n_parts == 1 ? pool_format(&tree->pool, "guidance times %.4g", part->weight)
                         : pool_format(&tree->pool, "part %zu of %zu, guidance times %.4g",
                                       i + 1, n_parts, part->weight),
            part->text, part->size);
    for (size_t k = 0; k < part->n_conditions; k++)
        n_drawn += is_drawn(pw_prompt_condition(prompt, part->first_condition + k));
    for (size_t k = 0; k < part->n_conditions && !tree->is_cut; k++) {
        const pw_condition *condition = pw_prompt_condition(prompt, part->first_condition + k);

        if (is_drawn(condition))
            add_condition(tree, condition, n_drawn == 1, 1 + is_said);
    }
}

static void add_network(struct tree *tree, const pw_prompt_network *network)
{
    struct builder text = {0};
    const char *copy;

    builder_text(&text, network->kind);
    for (size_t i = 0; i < network->n_arguments; i++)
        builder_format(&text, ":%s", network->arguments[i]);
    copy = text.failed ? NULL : pool_copy(&tree->pool, text.bytes, text.size);
    add(tree, 1,
        isnan(network->weight)
            ? "network"
            : pool_format(&tree->pool, "network, times %.4g", network->weight),
        copy, text.size);
    tree->failed = tree->failed || copy == NULL;
    builder_free(&text);
}

/* From the end, so that a line knows what follows it. */
static void connect(struct tree *tree)
{
    uint32_t later = 0;

    for (size_t i = tree->n; i-- > 0;) {
        struct line *line = &tree->lines[i];

        later &= (2u << line->depth) - 1;
        line->goes_on = later;
        later |= 1u << line->depth;
    }
}

static void draw_line(struct builder *out, const struct line *line, size_t width, bool color)
{
    const size_t used = 3 * line->depth + strlen(line->note) + 2;

    if (color && line->depth > 0)
        builder_text(out, PAINT_DIM);
    for (size_t d = 1; d < line->depth; d++)
        builder_text(out, line->goes_on >> d & 1 ? "|  " : "   ");
    if (line->depth > 0)
        builder_text(out, line->goes_on >> line->depth & 1 ? "|- " : "`- ");
    if (color && line->depth > 0)
        builder_text(out, PAINT_NONE);
    builder_text(out, line->note);
    if (line->text != NULL) {
        builder_text(out, "  ");
        show_quoted(out, line->text, line->size, width > used + 8 ? width - used : 8);
    }
    builder_text(out, "\n");
}

int plan_explain(struct app *app, struct builder *out, const pw_prompt *prompt, size_t width,
                 bool color)
{
    struct tree tree = {0};
    size_t size;
    const char *text = pw_prompt_text(prompt, &size);

    add(&tree, 0, "prompt", text, size);
    for (size_t i = 0; i < pw_prompt_n_networks(prompt) && !tree.is_cut; i++)
        add_network(&tree, pw_prompt_network_at(prompt, i));
    for (size_t i = 0; i < pw_prompt_n_parts(prompt) && !tree.is_cut; i++)
        add_part(&tree, prompt, i);
    connect(&tree);
    for (size_t i = 0; i < tree.n; i++)
        draw_line(out, &tree.lines[i], width, color);
    if (tree.is_cut)
        builder_format(out, "... and more: the first %zu lines are shown\n", tree.n);
    pool_free(&tree.pool);
    return tree.failed || out->failed ? fail_memory(app) : DONE;
}
