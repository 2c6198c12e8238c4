/* SPDX-License-Identifier: MIT */
/* What `padwise audit` prints: claims under their groups, or a line of JSON each. */
#include <math.h>
#include <string.h>

#include "audit_run.h"
#include "paint.h"
#include "show.h"
#include "talk.h"

#define LABEL_WIDTH 11
#define INDENT      2

/* Up to the next blank; a percent sign stays with its number. */
static size_t word_size(const char *text)
{
    const size_t size = strcspn(text, " ");

    return strncmp(text + size, " %", 2) == 0 ? size + 1 + strcspn(text + size + 1, " ") : size;
}

/* Words of our own behind a label; lines that follow stand below the first. */
static void put_lines(struct audit *audit, const char *label, const char *text)
{
    struct builder *out = &audit->pads.out;
    const size_t width = audit->pads.app->width_out,
                 left = INDENT + (label == NULL ? 0 : LABEL_WIDTH);
    size_t column = left;

    builder_fill(out, ' ', INDENT);
    if (label != NULL) {
        builder_text(out, label);
        builder_fill(out, ' ', LABEL_WIDTH - strlen(label));
    }
    for (bool is_first = true; *text != '\0'; is_first = false) {
        const size_t size = word_size(text), w = show_width(text, size);

        if (!is_first && column + 1 + w > width) {
            builder_text(out, "\n");
            builder_fill(out, ' ', left);
            column = left;
        } else if (!is_first) {
            builder_text(out, " ");
            column++;
        }
        show_text(out, text, size, SHOW_ALL);
        column += w;
        text += size + strspn(text + size, " ");
    }
    builder_text(out, "\n");
}

static void put_built(struct audit *audit, const char *label, struct builder *text)
{
    if (text->failed)
        audit->pads.out.failed = true;
    else if (text->size > 0)
        put_lines(audit, label, text->bytes);
    builder_free(text);
}

/* The criterion with its limit in place of "{}". */
static void fill_criterion(struct builder *out, const struct claim *claim)
{
    const char *place = strstr(claim->criterion, "{}");

    if (place == NULL) {
        builder_text(out, claim->criterion);
        return;
    }
    builder_add(out, claim->criterion, (size_t)(place - claim->criterion));
    builder_format(out, "%g%s", claim->limit, place + 2);
}

/* ---- Above the claims. */

static void describe_inputs(const struct audit *audit, struct builder *line)
{
    const struct pads *pads = &audit->pads;
    size_t least = pads->inputs[0].n_real, most = least;

    for (size_t i = 1; i < pads->n; i++) {
        least = pads->inputs[i].n_real < least ? pads->inputs[i].n_real : least;
        most = pads->inputs[i].n_real > most ? pads->inputs[i].n_real : most;
    }
    builder_format(line, "%zu %s", pads->n,
                   !audit->has_prompts ? "files"
                   : audit->is_default ? "prompts of our own (no input was given)"
                                       : "inputs");
    if (pads->n_prompts == 1)
        builder_text(line, ", variants of one prompt,");
    else if (pads->n_prompts < pads->n)
        builder_format(line, " of %zu prompts,", pads->n_prompts);
    builder_format(line, " of %zu", least);
    if (most > least)
        builder_format(line, " to %zu", most);
    builder_format(line, " tokens, rows of %zu", pads->rows[0].width);
}

static void describe_encoder(const struct audit *audit, struct builder *line)
{
    const struct audit_encoder *own = &audit->of_own;
    const pw_model_info *info = &own->scan.encode.encoders[0].info;

    if (!audit->encodes) {
        builder_text(
            line,
            "no encoder of theirs is given (-m DIR); dialects are asked with the built-in "
            "one");
        return;
    }
    builder_format(line, "encoder: %s, width %d, %d layers",
                   info->is_builtin ? "the built-in model, untrained" : info->name,
                   (int)info->width, (int)info->n_layers);
}

int audit_show_start(struct audit *audit)
{
    struct builder inputs = {0}, encoder = {0};

    TRY(audit_open(audit));
    if (audit->pads.app->json)
        return DONE;
    describe_inputs(audit, &inputs);
    describe_encoder(audit, &encoder);
    if (inputs.failed || encoder.failed) {
        audit->pads.out.failed = true;
    } else {
        pads_paragraph(&audit->pads, inputs.bytes);
        pads_paragraph(&audit->pads, encoder.bytes);
    }
    builder_free(&inputs);
    builder_free(&encoder);
    return DONE;
}

/* ---- A claim. */

static void put_group(struct audit *audit, const struct claim *claim)
{
    const struct claim *first = claim;

    while (first->group == NULL)
        first--;
    if (audit->group == first->group)
        return;
    audit->group = first->group;
    builder_text(&audit->pads.out, "\n");
    paint(&audit->pads.out, audit->pads.app->color_out, PAINT_BOLD, audit->group);
    builder_text(&audit->pads.out, "\n");
}

static void put_interval(struct audit *audit, const struct finding *finding)
{
    const pw_estimate *estimate = &finding->estimate;
    struct builder line = {0};

    if (finding->estimate_of == NULL || finding->estimate.n_values == 0)
        return;
    if (isnan(estimate->low))
        builder_format(&line, "none %s (%s)",
                       finding->estimate.n_items < PW_VERDICT_PROMPTS_MIN
                           ? "below three prompts"
                           : "of inputs that share prompts",
                       finding->estimate_of);
    else
        builder_format(&line, "%.3f to %.3f, 95 %% (%s)", estimate->low, estimate->high,
                       finding->estimate_of);
    put_built(audit, "interval", &line);
}

static void put_verdict(struct audit *audit, struct finding *finding)
{
    struct builder line = {0};

    builder_format(&line, "%s: ", pw_verdict_name(finding->verdict));
    builder_append(&line, &finding->reason);
    put_built(audit, "verdict", &line);
}

static int show_text_form(struct audit *audit, const struct claim *claim,
                          struct finding *finding)
{
    struct builder quoted = {0};

    put_group(audit, claim);
    builder_text(&audit->pads.out, "\n");
    paint(&audit->pads.out, audit->pads.app->color_out, PAINT_CYAN, claim->name);
    builder_text(&audit->pads.out, "\n");
    builder_format(&quoted, "\"%s\"", claim->text);
    put_built(audit, NULL, &quoted);
    put_lines(audit, "where", claim->where);
    put_built(audit, "measured", &finding->measured);
    put_built(audit, "n", &finding->n);
    put_interval(audit, finding);
    if (claim->criterion != NULL) {
        fill_criterion(&quoted, claim);
        put_built(audit, "criterion", &quoted);
    }
    put_verdict(audit, finding);
    return pads_print(&audit->pads);
}

/* ---- The same as JSON. */

static void put_member(struct json *json, const char *key, const struct builder *text)
{
    if (text->failed)
        json->text.failed = true;
    json_member_text(json, key, text->size == 0 ? NULL : text->bytes);
}

static void put_claim(struct json *json, const struct claim *claim)
{
    struct builder criterion = {0};

    json_member_text(json, "claim", claim->text);
    json_member_text(json, "name", claim->name);
    json_member_text(json, "where", claim->where);
    if (claim->criterion != NULL)
        fill_criterion(&criterion, claim);
    put_member(json, "criterion", &criterion);
    builder_free(&criterion);
}

static void put_statistics(struct json *json, const struct finding *finding)
{
    json_member_int(json, "n", (int64_t)finding->n_prompts);
    json_key(json, "tokens");
    if (finding->tokens_max == 0) {
        json_null(json);
    } else {
        json_open(json, '[');
        json_int(json, (int64_t)finding->tokens_min);
        json_int(json, (int64_t)finding->tokens_max);
        json_close(json, ']');
    }
    put_member(json, "of", &finding->n);
    json_key(json, "interval");
    if (finding->estimate_of == NULL || isnan(finding->estimate.low)) {
        json_null(json);
    } else {
        json_open(json, '[');
        json_real(json, finding->estimate.low);
        json_real(json, finding->estimate.high);
        json_close(json, ']');
    }
    json_member_text(json, "interval_of", finding->estimate_of);
    json_key(json, "numbers");
    json_open(json, '{');
    for (size_t i = 0; i < finding->n_numbers; i++)
        json_member_real(json, finding->numbers[i].key, finding->numbers[i].value);
    json_close(json, '}');
}

static const char *first_credit(const struct pads *pads)
{
    for (size_t i = 0; i < pads->n; i++)
        if (pads->inputs[i].credit != NULL)
            return pads->inputs[i].credit;
    return NULL;
}

static int show_json(struct audit *audit, const struct claim *claim,
                     const struct finding *finding)
{
    struct json *json = &audit->pads.json;
    const char *credit = first_credit(&audit->pads);

    json_open(json, '{');
    put_claim(json, claim);
    put_member(json, "measured", &finding->measured);
    put_statistics(json, finding);
    json_member_text(json, "encoder",
                     audit->encodes ? audit->of_own.scan.encode.encoders[0].info.name : NULL);
    json_member_text(json, "verdict", pw_verdict_name(finding->verdict));
    put_member(json, "reason", &finding->reason);
    if (credit != NULL)
        json_member_text(json, "credit", credit);
    json_close(json, '}');
    return pads_print_json(&audit->pads);
}

int audit_show(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    int status;

    if (finding->reason.size == 0 && claim->open != NULL)
        builder_text(&finding->reason, claim->open);
    status = audit->pads.app->json ? show_json(audit, claim, finding)
                                   : show_text_form(audit, claim, finding);
    builder_free(&finding->measured);
    builder_free(&finding->n);
    builder_free(&finding->reason);
    return status;
}

/* ---- Below the claims. */

int audit_show_end(struct audit *audit, const size_t n_verdicts[PW_N_VERDICTS])
{
    struct pads *pads = &audit->pads;
    const size_t n_true = n_verdicts[PW_VERDICT_TRUE], n_false = n_verdicts[PW_VERDICT_FALSE],
                 n_open = n_verdicts[PW_VERDICT_OPEN], n = n_true + n_false + n_open;

    if (pads->app->json)
        return DONE;
    builder_format(&pads->out, "\n%zu claim%s: %zu true, %zu false, %zu %s.\n", n,
                   n == 1 ? "" : "s", n_true, n_false, n_open,
                   pw_verdict_name(PW_VERDICT_OPEN));
    pads_credits(pads);
    return pads_print(pads);
}

/* ---- --list */

static int list_json(struct audit *audit)
{
    for (size_t i = 0; i < n_audit_claims && !audit->pads.stop; i++) {
        json_open(&audit->pads.json, '{');
        put_claim(&audit->pads.json, &audit_claims[i]);
        json_close(&audit->pads.json, '}');
        TRY(pads_print_json(&audit->pads));
    }
    return DONE;
}

int audit_show_list(struct audit *audit)
{
    static const struct column titles[] = {{"name", false}, {"claim", false}};
    struct grid grid;

    if (audit->pads.app->json)
        return list_json(audit);
    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < n_audit_claims; i++) {
        grid_cell(&grid, "%s", audit_claims[i].name);
        grid_cell(&grid, "%s", audit_claims[i].text);
        if (audit_claims[i].criterion == NULL)
            grid_dim(&grid);
    }
    grid_print(&grid, &audit->pads.out, audit->pads.app->width_out, audit->pads.app->color_out);
    return pads_print(&audit->pads);
}
