/* SPDX-License-Identifier: MIT */
/* Comparing what a parser made with what a case expects: texts byte for byte, weights to the
 * last bit. */
#include "weighting_case.h"

#include <string.h>

static bool same_text(const json_node *node, const char *text, size_t size)
{
    return node->kind == PWI_JSON_STRING && node->size == size &&
           (size == 0 || memcmp(node->text, text, size) == 0);
}

static bool same_number(const json_node *node, double number)
{
    return node != NULL && node->kind == PWI_JSON_NUMBER && node->number == number;
}

static bool differ_text(char why[WHY_SIZE], const char *what, size_t i, const char *text,
                        size_t size)
{
    char quoted[PWI_QUOTE_SIZE];

    return differ(why, "%s %zu is %s", what, i + 1, pwi_quote(quoted, text, size));
}

static bool match_segments(const pw_segment *segments, size_t n, const json_node *expected,
                           char why[WHY_SIZE]);

static bool match_swap(const pw_swap *swap, const json_node *expected, char why[WHY_SIZE])
{
    const json_node *node = json_member(expected, "swap");
    const json_node *options = json_member(node, "options");

    if (swap == NULL || node == NULL || expected->n != 1 || node->n != 3)
        return differ(why, "a swap was%s expected", node == NULL ? " not" : "");
    if (!match_segments(swap->original, swap->n_original, json_member(node, "original"), why) ||
        !match_segments(swap->edited, swap->n_edited, json_member(node, "edited"), why))
        return false;
    if (options == NULL || options->n != 4 ||
        !same_number(json_member(options, "s_start"), swap->s_start) ||
        !same_number(json_member(options, "s_end"), swap->s_end) ||
        !same_number(json_member(options, "t_start"), swap->t_start) ||
        !same_number(json_member(options, "t_end"), swap->t_end))
        return differ(why, "the swap's options are s %.17g to %.17g, t %.17g to %.17g",
                      swap->s_start, swap->s_end, swap->t_start, swap->t_end);
    return true;
}

static bool match_segments(const pw_segment *segments, size_t n, const json_node *expected,
                           char why[WHY_SIZE])
{
    if (!json_is_array(expected) || expected->n != n)
        return differ(why, "%zu pieces were made", n);
    for (size_t i = 0; i < n; i++) {
        const json_node *pair = &expected->items[i];
        const pw_segment *segment = &segments[i];

        if (segment->kind == PW_SEGMENT_SWAP || pair->kind == PWI_JSON_OBJECT_BEGIN) {
            if (!match_swap(segment->swap, pair, why))
                return false;
            continue;
        }
        if (!json_is_array(pair) || pair->n != 2)
            return differ(why, "a pair is no [text, weight]");
        if (!same_text(&pair->items[0], segment->text, segment->size))
            return differ_text(why, "piece", i, segment->text, segment->size);
        if (!same_number(&pair->items[1], segment->weight))
            return differ(why, "the weight of piece %zu is %.17g", i + 1, segment->weight);
    }
    return true;
}

MATCHER(match_pairs)
{
    const pw_condition *condition = pw_prompt_condition(made->prompts[0], 0);
    const pw_branch *branch = &condition->spans[0].branches[0];

    (void)one;
    if (pw_prompt_n_conditions(made->prompts[0]) != 1)
        return differ(why, "there are %zu conditions",
                      pw_prompt_n_conditions(made->prompts[0]));
    return match_segments(branch->segments, branch->n_segments, expected, why);
}

MATCHER(match_parts)
{
    const size_t n = pw_prompt_n_parts(made->prompts[0]);

    (void)one;
    if (!json_is_array(expected) || expected->n != n)
        return differ(why, "there are %zu parts", n);
    for (size_t i = 0; i < n; i++) {
        const pw_prompt_part *part = pw_prompt_part_at(made->prompts[0], i);
        const json_node *pair = &expected->items[i];

        if (!json_is_array(pair) || pair->n != 2 ||
            !same_text(&pair->items[0], part->text, part->size))
            return differ_text(why, "part", i, part->text, part->size);
        if (!same_number(&pair->items[1], part->weight))
            return differ(why, "the weight of part %zu is %.17g", i + 1, part->weight);
    }
    return true;
}

MATCHER(match_schedule)
{
    const size_t n = pw_prompt_n_conditions(made->prompts[0]);

    (void)one;
    if (!json_is_array(expected) || expected->n != n)
        return differ(why, "there are %zu entries", n);
    for (size_t i = 0; i < n; i++) {
        const pw_condition *condition = pw_prompt_condition(made->prompts[0], i);
        const json_node *pair = &expected->items[i];

        if (!json_is_array(pair) || pair->n != 2 ||
            !same_number(&pair->items[0], condition->until_step))
            return differ(why, "entry %zu holds until step %d", i + 1,
                          (int)condition->until_step);
        if (!same_text(&pair->items[1], condition->text, condition->size))
            return differ_text(why, "entry", i, condition->text, condition->size);
    }
    return true;
}

MATCHER(match_text)
{
    size_t size;
    const char *text = pw_prompt_text(made->prompts[0], &size);

    (void)one;
    return same_text(expected, text, size) || differ_text(why, "text", 0, text, size);
}

/* {"lora": [["x", "0.5"], ...], ...}: by kind, each kind in order. */
static bool match_network(const pw_prompt *prompt, size_t i, const json_node *kinds,
                          char why[WHY_SIZE])
{
    const pw_prompt_network *network = pw_prompt_network_at(prompt, i);
    const json_node *list = json_member(kinds, network->kind);
    size_t at = 0;

    for (size_t k = 0; k < i; k++)
        at += strcmp(pw_prompt_network_at(prompt, k)->kind, network->kind) == 0;
    if (!json_is_array(list) || at >= list->n || !json_is_array(&list->items[at]) ||
        list->items[at].n != network->n_arguments)
        return differ(why, "network %zu is %s with %zu arguments", i + 1, network->kind,
                      network->n_arguments);
    for (size_t k = 0; k < network->n_arguments; k++) {
        if (!same_text(&list->items[at].items[k], network->arguments[k],
                       strlen(network->arguments[k])))
            return differ(why, "argument %zu of network %zu is \"%s\"", k + 1, i + 1,
                          network->arguments[k]);
    }
    return true;
}

MATCHER(match_networks)
{
    const pw_prompt *prompt = made->prompts[0];
    const json_node *kinds = json_member(expected, "networks");
    const json_node *text = json_member(expected, "text");
    size_t n_expected = 0;

    if (kinds == NULL || kinds->kind != PWI_JSON_OBJECT_BEGIN || text == NULL ||
        expected->n != 2)
        return differ(why, "the expectation has other members than text and networks");
    for (size_t i = 0; i < kinds->n; i++)
        n_expected += kinds->items[i].n;
    if (n_expected != pw_prompt_n_networks(prompt))
        return differ(why, "there are %zu networks", pw_prompt_n_networks(prompt));
    for (size_t i = 0; i < n_expected; i++) {
        if (!match_network(prompt, i, kinds, why))
            return false;
    }
    return match_text(one, made, text, why);
}

static bool match_blend(const pw_span *span, const json_node *expected, char why[WHY_SIZE])
{
    const json_node *prompts = json_member(expected, "blend");
    const json_node *weights = json_member(expected, "weights");
    const json_node *normalize = json_member(expected, "normalize");

    if (!span->is_blend || expected->n != 3 || !json_is_array(prompts) ||
        prompts->n != span->n_branches || !json_is_array(weights) ||
        weights->n != span->n_branches)
        return differ(why, "a blend of %zu was made", span->is_blend ? span->n_branches : 0);
    if (normalize == NULL ||
        normalize->kind != (span->is_normalized ? PWI_JSON_TRUE : PWI_JSON_FALSE))
        return differ(why, "the blend is%s normalized", span->is_normalized ? "" : " not");
    for (size_t i = 0; i < span->n_branches; i++) {
        const pw_branch *branch = &span->branches[i];

        if (!json_item_is(weights, i, branch->weight))
            return differ(why, "weight %zu of the blend is %.17g", i + 1, branch->weight);
        if (!match_segments(branch->segments, branch->n_segments, &prompts->items[i], why))
            return false;
    }
    return true;
}

static bool match_loras(const pw_prompt *prompt, const json_node *expected, char why[WHY_SIZE])
{
    const size_t n = pw_prompt_n_networks(prompt);

    if (n != (expected == NULL ? 0 : expected->n))
        return differ(why, "there are %zu loras", n);
    for (size_t i = 0; i < n; i++) {
        const pw_prompt_network *network = pw_prompt_network_at(prompt, i);
        const json_node *pair = &expected->items[i];

        if (!json_is_array(pair) || pair->n != 2 || network->n_arguments < 1 ||
            !same_text(&pair->items[0], network->arguments[0], strlen(network->arguments[0])) ||
            !same_number(&pair->items[1], network->weight))
            return differ(why, "lora %zu has the weight %.17g", i + 1, network->weight);
    }
    return true;
}

MATCHER(match_compel_parse)
{
    const pw_prompt *prompt = made->prompts[0];
    const pw_condition *condition = pw_prompt_condition(prompt, 0);
    const json_node *prompts = json_member(expected, "prompts");
    const json_node *weights = json_member(expected, "weights");
    const json_node *loras = json_member(expected, "loras");

    (void)one;
    if (!json_is_array(prompts) || !json_is_array(weights) ||
        expected->n != (loras == NULL ? 2u : 3u))
        return differ(why, "the expectation has other members than prompts, weights, loras");
    if (prompts->n != condition->n_spans || weights->n != condition->n_spans)
        return differ(why, "there are %zu prompts", condition->n_spans);
    for (size_t i = 0; i < condition->n_spans; i++) {
        const pw_span *span = &condition->spans[i];
        const json_node *node = &prompts->items[i];

        if (!json_item_is(weights, i, span->weight))
            return differ(why, "the weight of prompt %zu is %.17g", i + 1, span->weight);
        if (node->kind == PWI_JSON_OBJECT_BEGIN || span->is_blend) {
            if (!match_blend(span, node, why))
                return false;
        } else if (!match_segments(span->branches[0].segments, span->branches[0].n_segments,
                                   node, why)) {
            return false;
        }
    }
    return match_loras(prompt, loras, why);
}
