/* SPDX-License-Identifier: MIT */
/* One encoder and one prompt: opened, tokenized, brought to length, roles and names of rows. */
#include "inside.h"

#include <string.h>

#include "encoder_open.h"
#include "pads.h"
#include "paint.h"
#include "show.h"
#include "talk.h"

static int open_encoder(struct inside *inside)
{
    struct encoder encoder = {0};
    const int status = encoder_open(inside->app, &encoder, NULL);

    inside->model = encoder.model;
    inside->info = encoder.info;
    inside->tokenizer = encoder.tokenizer;
    if (status == DONE && inside->info.is_builtin)
        note(inside->app,
             "the built-in model is untrained: its numbers mean nothing (-m names another)");
    return status;
}

/* --length: so many rows for a text of n tokens. */
static int read_length(struct inside *inside, size_t n, size_t *length)
{
    const size_t n_positions = (size_t)inside->info.n_positions;
    pw_length_rule rule = PW_LENGTH_MODEL;
    size_t n_fixed = 0;

    TRY(tokens_read_length(inside->app, &rule, &n_fixed));
    *length = rule == PW_LENGTH_MODEL || (rule != PW_LENGTH_FIXED && n > n_positions)
                  ? n_positions
                  : n;
    if (rule == PW_LENGTH_FIXED)
        *length = n_fixed;
    if (*length > n_positions)
        return fail_usage(inside->app, "--length %zu: the position table has %zu rows", *length,
                          n_positions);
    return DONE;
}

static int tokenize(struct inside *inside)
{
    struct app *app = inside->app;
    struct tokenized *tokenized = &inside->tokenized;
    int64_t given = -1;
    int32_t pad_id;
    size_t length;

    TRY(option_integer(app, OPTION_PAD_ID, 0, (int64_t)inside->info.n_vocab - 1, &given));
    TRY(tokens_read_mask(app, &inside->mask_rule));
    TRY(tokens_make(app, inside->tokenizer.tokenizer, inside->prompt, "", tokenized));
    TRY(read_length(inside, tokenized->tokens.n_tokens, &length));
    pad_id = tokens_pad_id((int32_t)given, &inside->tokenizer.info);
    TRY(tokens_to_length(app, tokenized, length, pad_id));
    tokens_warn_cut(app, tokenized, inside->prompt, "");
    inside->n_tokens = tokenized->tokens.n_tokens;
    inside->n_real = tokenized->tokens.n_real;
    inside->ids = tokenized->tokens.ids;
    inside->mask = pool_array(&app->pool, inside->n_tokens, sizeof(*inside->mask));
    inside->roles = pool_array(&app->pool, inside->n_tokens, sizeof(*inside->roles));
    inside->labels = pool_array(&app->pool, inside->n_tokens, sizeof(*inside->labels));
    if (inside->mask == NULL || inside->roles == NULL || inside->labels == NULL)
        return fail_memory(app);
    pw_tokens_mask(&tokenized->tokens, inside->mask_rule, pad_id, inside->mask);
    pw_row_roles_fill(inside->roles, inside->n_tokens, inside->n_real);
    return DONE;
}

static int label(struct inside *inside)
{
    for (size_t t = 0; t < inside->n_tokens; t++) {
        inside->labels[t] = tokens_label(&inside->app->pool, inside->tokenizer.tokenizer,
                                         inside->ids[t], inside->roles[t]);
        if (inside->labels[t] == NULL)
            return fail_memory(inside->app);
    }
    return DONE;
}

int inside_open(struct inside *inside)
{
    struct app *app = inside->app;
    pw_error err;

    if (app->arguments.n_words != 1)
        return fail_usage(app, "%s given: it takes one (in quotes, if it has blanks)",
                          app->arguments.n_words == 0 ? "no prompt is" : "several prompts are");
    TRY(pads_need_prompts(app, 1, inside->instead));
    inside->prompt = (pw_text){app->arguments.words[0], strlen(app->arguments.words[0])};
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(open_encoder(inside));
    TRY(tokenize(inside));
    TRY(label(inside));
    if (pw_session_create(&inside->session, inside->model, inside->n_tokens, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

void inside_close(struct inside *inside)
{
    pw_session_free(inside->session);
    tokens_free(&inside->tokenized);
    pw_tokenizer_free(inside->tokenizer.tokenizer);
    pw_model_free(inside->model);
}

int inside_encode(struct inside *inside, const pw_output *outputs, size_t n_outputs)
{
    const pw_batch batch = {
        .ids = inside->ids, .mask = inside->mask, .n_prompts = 1, .n_tokens = inside->n_tokens};
    pw_status status;
    pw_error err;

    progress_start(&inside->app->progress, "encoding", "prompts");
    status = pw_model_encode(inside->session, &batch, outputs, n_outputs, &err);
    progress_stop(&inside->app->progress);
    return status == PW_OK ? DONE : fail_with(inside->app, &err);
}

int inside_layer(struct inside *inside, int32_t least, int32_t *layer, bool *is_all)
{
    const char *text = option_text(inside->app, OPTION_LAYER);
    const int64_t n = inside->info.n_layers;
    int64_t value = 0;

    *is_all = text == NULL || strcmp(text, "all") == 0;
    if (*is_all)
        return DONE;
    if (!parse_integer(text, strlen(text), &value) || value < -n || value > n ||
        value < least - n - 1 || (value >= 0 && value < least))
        return fail_usage(inside->app,
                          "--layer \"%s\" is none of: all, %d to %d (or -1, the last, back to "
                          "%d)",
                          text, (int)least, (int)n, (int)(least - n - 1));
    *layer = (int32_t)(value < 0 ? value + n + 1 : value);
    return DONE;
}

pw_row_role inside_role(size_t i)
{
    static const pw_row_role roles[INSIDE_ROLES] = {PW_ROW_BOS, PW_ROW_WORD, PW_ROW_EOS,
                                                    PW_ROW_PAD};

    return roles[i];
}

size_t inside_n_rows(const struct inside *inside, size_t i_role)
{
    size_t n = 0;

    for (size_t t = 0; t < inside->n_tokens; t++)
        n += inside->roles[t] == inside_role(i_role);
    return n;
}

void inside_title(const struct inside *inside, struct builder *out)
{
    const struct app *app = inside->app;

    if (app->color_out)
        builder_text(out, PAINT_BOLD);
    show_quoted(out, inside->prompt.bytes, inside->prompt.size, app->width_out);
    if (app->color_out)
        builder_text(out, PAINT_NONE);
    builder_format(out, "\n%s, %d blocks of %d heads; %zu rows, %zu are no pads; mask %s\n",
                   inside->info.is_builtin ? "built-in model" : inside->info.name,
                   (int)inside->info.n_layers, (int)inside->info.n_heads, inside->n_tokens,
                   inside->n_real, pw_mask_rule_name(inside->mask_rule));
}
