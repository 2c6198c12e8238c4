/* SPDX-License-Identifier: MIT */
/* The tokens of the first prompts, as their encoders get them: tables, trees and warnings made
 * from plans while the library encodes, printed when a file is done. */
#include <string.h>

#include "encode.h"
#include "show.h"
#include "paint.h"
#include "talk.h"

/* Conditions of one prompt whose tables are shown. */
#define CONDITIONS_SHOWN 4

/* A text of a plan, and what the plan makes of it. */
struct planned_text {
    struct encode *encode;
    const pw_planned *planned;
    const pw_planned_text *text;
    const pw_bulk_item *item;
    size_t first_output, n_outputs;
};

void show_call(struct encode *encode, const pw_bulk_item *items, size_t n)
{
    encode->show.n_before += encode->show.n_items;
    encode->show.items = items;
    encode->show.n_items = n;
}

void show_free(struct encode *encode)
{
    for (size_t i = 0; i < PROMPTS_SHOWN; i++) {
        builder_free(&encode->show.texts[i][0]);
        builder_free(&encode->show.texts[i][1]);
    }
}

/* The text that this encoder was given, and whether it is one of its own. */
static pw_text text_of(const struct planned_text *this, bool *is_own)
{
    const pw_prompt_texts *prompt = &this->item->prompt;
    const bool is_negative = this->text->is_negative;
    const pw_text first = is_negative ? prompt->negative : prompt->prompt,
                  second = is_negative ? prompt->negative_2 : prompt->prompt_2,
                  third = is_negative ? prompt->negative_3 : prompt->prompt_3;
    const size_t i = this->planned->i_encoder;
    const pw_text own = i == 1 ? second : i == 2 ? third : first;

    *is_own = i == 0 || (own.bytes != NULL && own.size > 0);
    return *is_own && own.bytes != NULL ? own : first;
}

/* Start, content and end of all chunks. */
static size_t n_real(const pw_plan_output *output)
{
    size_t n = 0;

    for (size_t i = 0; i < output->n_chunks; i++)
        n += output->chunks[i].n_content + 2;
    return n < output->n_rows ? n : output->n_rows;
}

/* ---- Warnings. */

/* Where in the text the content ends that fits: bytes of the last token of the last chunk. */
static uint64_t end_of_content(const pw_plan_output *output)
{
    uint64_t end = 0;

    for (size_t i = 0; i < output->n_chunks; i++) {
        const pw_chunk *chunk = &output->chunks[i];

        for (size_t k = 0; k < chunk->n_tokens; k++)
            if (chunk->end[k] != PW_NO_OFFSET && chunk->end[k] > end)
                end = chunk->end[k];
    }
    return end;
}

static void warn_cut(const struct planned_text *this, const pw_plan_output *output,
                     pw_text text)
{
    uint64_t end = end_of_content(output);
    struct builder quoted = {0};

    while (end < text.size && strchr(" \t\r\n", text.bytes[end]) != NULL &&
           text.bytes[end] != '\0')
        end++;
    if (end < text.size) {
        builder_text(&quoted, ": ");
        show_quoted(&quoted, text.bytes + end, text.size - (size_t)end, 60);
    }
    warn(this->encode->app, this->item->where, "%zu of %zu tokens %s cut off, %zu fit%s",
         output->n_cut, output->n_cut + n_real(output), output->n_cut == 1 ? "was" : "were",
         output->n_rows, quoted.failed || quoted.bytes == NULL ? "" : quoted.bytes);
    builder_free(&quoted);
}

/* In a folder the first texts are named, the others counted. */
static bool may_warn(struct encode *encode)
{
    return ++encode->show.n_warned <= PROMPTS_SHOWN || encode->plan.shape == ONE_FILE;
}

static void warn_of(const struct planned_text *this)
{
    bool is_own;
    const pw_text text = text_of(this, &is_own);
    const pw_plan_output *cut = NULL;

    for (size_t i = 0; i < this->n_outputs && cut == NULL; i++) {
        const pw_plan_output *output =
            pw_plan_output_at(this->planned->plan, this->first_output + i);

        cut = output->n_cut > 0 ? output : NULL;
    }
    if (!is_own || (cut == NULL && pw_prompt_n_warnings(this->text->prompt) == 0) ||
        !may_warn(this->encode))
        return;
    plan_warnings(this->encode->app, this->text->prompt, NULL, this->item->where);
    if (cut != NULL)
        warn_cut(this, cut, text);
}

/* ---- Tables. */

/* prompt 1  "a beaver with blue teeth"  7 tokens of 77 */
static void put_heading(const struct planned_text *this, struct builder *out, pw_text text)
{
    const struct app *app = this->encode->app;
    const pw_plan_output *output = pw_plan_output_at(this->planned->plan, this->first_output);
    const char *label = this->text->is_negative ? "negative" : this->item->where;
    const size_t n = n_real(output);
    struct builder tail = {0};
    size_t used;

    builder_format(&tail, "  %zu token%s of %zu", n, n == 1 ? "" : "s", output->n_rows);
    if (this->n_outputs > 1)
        builder_format(&tail, ", %zu conditions", this->n_outputs);
    paint(out, app->color_err, PAINT_BOLD, label);
    builder_text(out, "  ");
    used = show_width(label, strlen(label)) + 2 + tail.size;
    show_quoted(out, text.bytes == NULL ? "" : text.bytes, text.size,
                app->width_err > used + 12 ? app->width_err - used : 12);
    builder_append(out, &tail);
    builder_text(out, "\n");
    builder_free(&tail);
}

/* clip_g  condition 2 until step 10: "a cat" */
static void put_subtitle(const struct planned_text *this, struct builder *out, size_t i)
{
    const struct encode *encode = this->encode;
    const char *role = encode->places.models[this->planned->i_encoder].role;
    const pw_condition *condition = pw_prompt_condition(this->text->prompt, i);
    struct builder line = {0};

    if (encode->places.n > 1 && role != NULL)
        builder_format(&line, "%s%s", role, this->n_outputs > 1 ? "  " : "");
    if (this->n_outputs > 1)
        builder_format(&line, "condition %zu", i + 1);
    if (this->n_outputs > 1 && condition->until_step > 0)
        builder_format(&line, " until step %d", (int)condition->until_step);
    if (this->n_outputs > 1) {
        builder_text(&line, ": ");
        show_quoted(&line, condition->text, condition->size,
                    encode->app->width_err > line.size + 12 ? encode->app->width_err - line.size
                                                            : 12);
    }
    if (line.size > 0) {
        paint(out, encode->app->color_err, PAINT_DIM, line.failed ? "" : line.bytes);
        builder_text(out, "\n");
    }
    builder_free(&line);
}

static int put_tables(const struct planned_text *this, struct builder *out)
{
    const struct encode *encode = this->encode;
    const size_t i_encoder = this->planned->i_encoder;
    size_t n_embeddings;
    const struct plan_view view = {
        .tokenizer = encode->given[i_encoder].tokenizer,
        .embeddings = encode->embeddings == NULL
                          ? NULL
                          : pw_embeddings_of(encode->embeddings, i_encoder, &n_embeddings),
        .plan = this->planned->plan,
        .columns = TOKEN_WEIGHTS,
        .width = encode->app->width_err,
        .color = encode->app->color_err};

    for (size_t i = 0; i < this->n_outputs && i < CONDITIONS_SHOWN; i++) {
        put_subtitle(this, out, i);
        TRY(plan_table(encode->app, out, &view,
                       pw_plan_output_at(view.plan, this->first_output + i)));
    }
    if (this->n_outputs > CONDITIONS_SHOWN)
        builder_format(out, "(%zu more conditions)\n", this->n_outputs - CONDITIONS_SHOWN);
    builder_text(out, "\n");
    return out->failed ? fail_memory(encode->app) : DONE;
}

static int put_text(const struct planned_text *this, struct builder *out)
{
    struct app *app = this->encode->app;
    bool is_own;
    const pw_text text = text_of(this, &is_own);

    if (is_own)
        put_heading(this, out, text);
    if (is_own && option_given(app, OPTION_EXPLAIN)) {
        TRY(plan_explain(app, out, this->text->prompt, app->width_err, app->color_err));
        builder_text(out, "\n");
    }
    if (this->text->is_negative && text.bytes == NULL)
        return DONE; /* nobody wrote it: its two tokens say nothing */
    return put_tables(this, out);
}

/* ---- The callback. */

static int show_text_of(const struct planned_text *this)
{
    struct encode *encode = this->encode;
    const size_t number = encode->show.n_before + this->text->i_prompt;

    warn_of(this);
    if (!app_talks(encode->app) || number >= PROMPTS_SHOWN)
        return DONE;
    return put_text(this, &encode->show.texts[number][this->text->is_negative]);
}

static int show_all(struct encode *encode, const pw_planned *planned)
{
    const size_t n_outputs = pw_plan_n_outputs(planned->plan);
    size_t next;

    for (size_t i = 0; i < n_outputs; i = next) {
        const size_t i_text = pw_plan_output_at(planned->plan, i)->i_prompt;
        const pw_planned_text *text = &planned->texts[i_text];
        const struct planned_text this = {.encode = encode,
                                          .planned = planned,
                                          .text = text,
                                          .item = &encode->show.items[text->i_prompt],
                                          .first_output = i,
                                          .n_outputs = pw_prompt_n_conditions(text->prompt)};

        next = i + this.n_outputs;
        TRY(show_text_of(&this));
    }
    return DONE;
}

void show_plan(void *user, const pw_planned *planned)
{
    struct encode *encode = user;

    if (encode->show.status == DONE)
        encode->show.status = show_all(encode, planned);
}

/* ---- Printing. */

static bool has_negative(const pw_tensor_set *set)
{
    for (size_t i = 0; i < pw_tensor_set_n(set); i++)
        if (strncmp(pw_tensor_set_name(set, i), "negative_", 9) == 0)
            return true;
    return false;
}

static void put_prompt(struct encode *encode, struct builder *out, struct builder texts[2],
                       bool is_two_sided)
{
    builder_append(out, &texts[0]);
    builder_append(out, &texts[1]);
    if (is_two_sided && texts[1].size == 0) {
        paint(out, encode->app->color_err, PAINT_BOLD, "negative");
        builder_text(out, "  zeros\n");
    }
    if (out->size > 1 && out->bytes[out->size - 2] != '\n')
        builder_text(out, "\n");
    builder_free(&texts[0]);
    builder_free(&texts[1]);
}

void show_print(struct encode *encode, const pw_tensor_set *set, size_t n)
{
    struct show *show = &encode->show;
    const size_t before = show->n_printed;
    struct builder out = {0};

    show->n_printed += n;
    if (!app_talks(encode->app))
        return;
    for (size_t i = before; i < show->n_printed && i < PROMPTS_SHOWN; i++)
        put_prompt(encode, &out, show->texts[i], has_negative(set));
    if (before <= PROMPTS_SHOWN && show->n_printed > PROMPTS_SHOWN)
        builder_text(&out, "(the tokens of further prompts are not shown)\n\n");
    talk(encode->app, &out);
    builder_free(&out);
}
