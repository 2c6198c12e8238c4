/* SPDX-License-Identifier: MIT */
/* An encoder drawn as text, 72 columns wide, with the parameters of each part. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "info.h"

#define INNER 46

/* "123.1 M", "768" */
static void put_count(struct builder *out, double n)
{
    if (n >= 999500)
        builder_format(out, "%.1f M", n / 1e6);
    else if (n >= 9950)
        builder_format(out, "%.0f k", n / 1e3);
    else
        builder_format(out, "%.0f", n);
}

/* A line inside the box; parameters 0: none are shown. */
static void put(struct builder *out, double parameters, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put(struct builder *out, double parameters, const char *format, ...)
{
    char text[128];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    builder_format(out, "  | %-*s |", INNER, text);
    if (parameters > 0) {
        builder_text(out, "  ");
        put_count(out, parameters);
    }
    builder_text(out, "\n");
}

static void edge(struct builder *out, const char *note)
{
    builder_text(out, "  +");
    builder_fill(out, '-', INNER + 2);
    builder_format(out, "+%s\n", note);
}

static void arrow(struct builder *out, const char *output)
{
    const size_t left = 2 + INNER / 2;

    builder_fill(out, ' ', left);
    builder_format(out, "|%s%s\n", output[0] == '\0' ? "" : "--> ", output);
}

static void draw_block(struct builder *out, const pw_model_info *model)
{
    const double width = model->width, mlp = model->mlp;
    const int head = model->n_heads > 0 ? model->width / model->n_heads : 0;
    char times[48];

    snprintf(times, sizeof(times), "  x %d", (int)model->n_layers);
    edge(out, times);
    put(out, 2 * width, "LayerNorm %d", (int)model->width);
    put(out, 4 * (width * width + width), "attention: %d heads of %d, causal, masked",
        (int)model->n_heads, head);
    put(out, 0, "  q, k, v, out: %d -> %d", (int)model->width, (int)model->width);
    put(out, 0, "+ what came in");
    put(out, 2 * width, "LayerNorm %d", (int)model->width);
    put(out, 2 * width * mlp + mlp + width, "MLP: %d -> %d, %s, -> %d", (int)model->width,
        (int)model->mlp, pw_activation_name(model->activation), (int)model->width);
    put(out, 0, "+ what came in");
    edge(out, "");
}

void diagram_draw(struct builder *out, const pw_model_info *model)
{
    const double width = model->width;
    char text[96];

    builder_format(out, "\n  %s: at most %d ids\n", model->name, (int)model->n_positions);
    arrow(out, "");
    edge(out, "");
    put(out, width * model->n_vocab, "token embedding %d x %d", (int)model->n_vocab,
        (int)model->width);
    put(out, width * model->n_positions, "+ position embedding %d x %d",
        (int)model->n_positions, (int)model->width);
    edge(out, "");
    arrow(out, "hidden_states.0");
    draw_block(out, model);
    snprintf(text, sizeof(text), "hidden_states.1 to %d", (int)model->n_layers);
    arrow(out, text);
    edge(out, "");
    put(out, 2 * width, "final LayerNorm %d", (int)model->width);
    edge(out, "");
    snprintf(text, sizeof(text), "last_hidden_state [T,%d]", (int)model->width);
    arrow(out, text);
    edge(out, "");
    put(out, 0, "row of the end token (%s)", pw_pool_rule_name(model->pool));
    edge(out, "");
    snprintf(text, sizeof(text), "pooler_output [%d]", (int)model->width);
    arrow(out, text);
    if (model->projection <= 0)
        return;
    edge(out, "");
    put(out, width * model->projection, "projection %d -> %d, no bias", (int)model->width,
        (int)model->projection);
    edge(out, "");
    snprintf(text, sizeof(text), "text_embeds [%d]", (int)model->projection);
    arrow(out, text);
}
