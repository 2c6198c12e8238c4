/* SPDX-License-Identifier: MIT */
/* Tokens of a prompt: options, length, table. */
#include "token_view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "show.h"
#include "talk.h"

int tokens_make(struct app *app, const pw_tokenizer *tokenizer, pw_text text, const char *where,
                struct tokenized *out)
{
    pw_error err;

    *out = (struct tokenized){0};
    if (pw_tokenizer_encode(tokenizer, text.bytes == NULL ? "" : text.bytes, text.size,
                            &out->tokens, &err) != PW_OK) {
        snprintf(err.where, sizeof(err.where), "%s", where);
        return fail_with(app, &err);
    }
    out->n_full = out->tokens.n_tokens;
    return DONE;
}

int tokens_to_length(struct app *app, struct tokenized *tokenized, size_t length,
                     int32_t pad_id)
{
    pw_tokens *tokens = &tokenized->tokens;
    pw_error err;

    /* Kept are start, length - 2 tokens of content, end; the next content token is cut. */
    if (length >= 2 && tokens->n_tokens > length) {
        tokenized->cut_begin = tokens->begin[length - 1];
        tokenized->cut_end = tokens->end[tokens->n_tokens - 2];
    }
    if (pw_tokens_normalize(tokens, length, pad_id, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

void tokens_free(struct tokenized *tokenized)
{
    pw_tokens_free(&tokenized->tokens);
}

int tokens_read_length(struct app *app, pw_length_rule *rule, size_t *n_fixed)
{
    const char *text = option_text(app, OPTION_LENGTH);
    int64_t n = 0;

    if (text == NULL)
        return DONE;
    *n_fixed = 0;
    if (strcmp(text, "model") == 0) {
        *rule = PW_LENGTH_MODEL;
    } else if (strcmp(text, "longest") == 0) {
        *rule = PW_LENGTH_LONGEST;
    } else if (strcmp(text, "none") == 0) {
        *rule = PW_LENGTH_NONE;
    } else if (parse_integer(text, strlen(text), &n) && n >= 2 && n <= PW_MODEL_POSITIONS_MAX) {
        *rule = PW_LENGTH_FIXED;
        *n_fixed = (size_t)n;
    } else {
        return fail_usage(app, "--length \"%s\" is none of: model, longest, none, 2 to %d",
                          text, PW_MODEL_POSITIONS_MAX);
    }
    return DONE;
}

int tokens_read_mask(struct app *app, pw_mask_rule *mask)
{
    const char *text = option_text(app, OPTION_MASK);
    const int32_t found = text == NULL ? (int32_t)*mask : pw_mask_rule_from_name(text);

    if (found < 0)
        return fail_usage(app, "--mask %s is not in this version", text);
    *mask = (pw_mask_rule)found;
    return DONE;
}

int tokens_read_options(struct app *app, pw_tokenizer_options *options)
{
    const char *mode = option_text(app, OPTION_TOKENIZER_MODE);
    const int32_t found =
        mode == NULL ? (int32_t)options->mode : pw_tokenizer_mode_from_name(mode);

    if (found < 0)
        return fail_usage(app, "--tokenizer-mode %s is not in this version", mode);
    options->mode = (pw_tokenizer_mode)found;
    if (option_given(app, OPTION_PAD_BANG))
        options->pad_bang = PW_PAD_BANG_ON;
    if (option_given(app, OPTION_NO_PAD_BANG))
        options->pad_bang = PW_PAD_BANG_OFF;
    return DONE;
}

int32_t tokens_pad_id(int32_t given, const pw_tokenizer_info *info)
{
    if (given >= 0)
        return given;
    return info->pad_id >= 0 ? info->pad_id : info->eos_id;
}

void tokens_warn_cut(struct app *app, const struct tokenized *tokenized, pw_text text,
                     const char *where)
{
    const size_t n_cut = tokenized->tokens.n_cut;
    struct builder quoted = {0};

    if (n_cut == 0 || tokenized->cut_end > text.size ||
        tokenized->cut_begin > tokenized->cut_end)
        return;
    show_quoted(&quoted, text.bytes + tokenized->cut_begin,
                (size_t)(tokenized->cut_end - tokenized->cut_begin), 60);
    warn(app, where, "%zu of %zu tokens %s cut off, %zu fit: %s", n_cut, tokenized->n_full,
         n_cut == 1 ? "was" : "were", tokenized->tokens.n_tokens,
         quoted.failed ? "" : quoted.bytes);
    builder_free(&quoted);
}

const char *tokens_text(struct pool *pool, const pw_tokenizer *tokenizer, int32_t id)
{
    const size_t size = pw_tokenizer_token_text(tokenizer, id, false, NULL, 0);
    char *text = pool_take(pool, size + 1);

    if (text != NULL)
        pw_tokenizer_token_text(tokenizer, id, false, text, size + 1);
    return text;
}

const char *tokens_label(struct pool *pool, const pw_tokenizer *tokenizer, int32_t id,
                         pw_row_role role)
{
    static const char *const names[PW_N_ROW_ROLES] = {
        [PW_ROW_BOS] = "[start]", [PW_ROW_EOS] = "[end]", [PW_ROW_PAD] = "[pad]"};
    size_t size;
    char *text;

    if (names[role] != NULL)
        return names[role];
    size = pw_tokenizer_token_text(tokenizer, id, true, NULL, 0);
    text = pool_take(pool, size + 1);
    if (text == NULL)
        return NULL;
    pw_tokenizer_token_text(tokenizer, id, true, text, size + 1);
    if (size > 1 && text[size - 1] == ' ')
        text[size - 1] = '\0'; /* the end of a word is no news there */
    return text;
}

/* The end of the run of equal pads that starts at i; i + 1 where there is none. */
static size_t run_of_pads(const pw_tokens *tokens, const uint8_t *mask, size_t i)
{
    size_t end = i + 1;

    while (i >= tokens->n_real && end < tokens->n_tokens &&
           tokens->ids[end] == tokens->ids[i] && mask[end] == mask[i])
        end++;
    return end;
}

static void put_bytes(struct grid *grid, const pw_tokens *tokens, size_t i)
{
    if (tokens->begin[i] == PW_NO_OFFSET)
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%" PRIu64 "..%" PRIu64, tokens->begin[i], tokens->end[i]);
}

static void put_token(struct grid *grid, const pw_tokens *tokens, const uint8_t *mask, size_t i,
                      size_t end, const char *text, enum token_columns columns)
{
    const bool is_pad = i >= tokens->n_real;

    if (end - i > 1)
        grid_cell(grid, "%zu..%zu", i, end - 1);
    else
        grid_cell(grid, "%zu", i);
    grid_cell(grid, "%d", (int)tokens->ids[i]);
    if (columns == TOKEN_WEIGHTS)
        grid_cell(grid, "1");
    else
        put_bytes(grid, tokens, i);
    grid_cell(grid, "%d", (int)mask[i]);
    if (is_pad)
        grid_cell(grid, "pad x%zu", end - i);
    else
        grid_text(grid, text, strlen(text));
    if (is_pad || tokens->begin[i] == PW_NO_OFFSET)
        grid_dim(grid);
}

int tokens_table(struct app *app, struct builder *out, const pw_tokenizer *tokenizer,
                 const pw_tokens *tokens, const uint8_t *mask, enum token_columns columns,
                 size_t width, bool color)
{
    const struct column titles[] = {{"position", true},
                                    {"id", true},
                                    {columns == TOKEN_WEIGHTS ? "weight" : "bytes", true},
                                    {"mask", true},
                                    {"text", false}};
    struct pool pool = {0};
    struct grid grid;

    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0, end; i < tokens->n_tokens; i = end) {
        const char *text = tokens_text(&pool, tokenizer, tokens->ids[i]);

        end = run_of_pads(tokens, mask, i);
        if (text == NULL)
            grid.failed = true;
        else
            put_token(&grid, tokens, mask, i, end, text, columns);
    }
    pool_free(&pool);
    grid_print(&grid, out, width, color);
    return out->failed ? fail_memory(app) : DONE;
}
