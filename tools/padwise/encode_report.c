/* SPDX-License-Identifier: MIT */
/* What `padwise encode` says: token tables, tensors, JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "json_out.h"
#include "paint.h"
#include "show.h"
#include "talk.h"
#include "tensor_view.h"

/* prompt 1  "a beaver with blue teeth"  7 tokens of 77 */
static void put_heading(struct encode *encode, struct builder *out, const char *label,
                        pw_text text, const struct tokenized *tokenized)
{
    const struct app *app = encode->app;
    struct builder tail = {0};
    size_t used;

    builder_format(&tail, "  %zu token%s of %zu", tokenized->tokens.n_real,
                   tokenized->tokens.n_real == 1 ? "" : "s", tokenized->tokens.n_tokens);
    paint(out, app->color_err, PAINT_BOLD, label);
    builder_text(out, "  ");
    used = show_width(label, strlen(label)) + 2 + tail.size;
    show_quoted(out, text.bytes == NULL ? "" : text.bytes, text.size,
                app->width_err > used + 12 ? app->width_err - used : 12);
    builder_append(out, &tail);
    builder_text(out, "\n");
    builder_free(&tail);
}

static int put_tokens(struct encode *encode, struct builder *out, const char *label,
                      pw_text text, const struct tokenized *tokenized)
{
    struct app *app = encode->app;
    const pw_tokens *tokens = &tokenized->tokens;
    const int32_t pad_id = tokens_pad_id(encode->plan.options.pad_id, &encode->tokenizer.info);
    uint8_t *mask = malloc(tokens->n_tokens + 1);
    int status;

    if (mask == NULL)
        return fail_memory(app);
    pw_tokens_mask(tokens, encode->plan.options.mask, pad_id, mask);
    put_heading(encode, out, label, text, tokenized);
    status = tokens_table(app, out, encode->tokenizer.tokenizer, tokens, mask, TOKEN_WEIGHTS,
                          app->width_err, app->color_err);
    builder_text(out, "\n");
    free(mask);
    return status;
}

static int report_prompt(struct encode *encode, const struct batch *batch, size_t i,
                         struct builder *out)
{
    const struct prompt_item *item = &batch->items[i];

    TRY(put_tokens(encode, out, item->where, item->prompt.prompt, &batch->tokens[i]));
    if (item->prompt.negative.bytes != NULL)
        TRY(put_tokens(encode, out, "negative", item->prompt.negative,
                       &batch->negative_tokens[i]));
    return DONE;
}

int report_tokens(struct encode *encode, const struct batch *batch, size_t n_all)
{
    const size_t before = encode->n_shown;
    struct builder out = {0};
    int status = DONE;

    if (!app_talks(encode->app))
        return DONE;
    for (size_t i = 0; i < batch->n && before + i < PROMPTS_SHOWN && status == DONE; i++)
        status = report_prompt(encode, batch, i, &out);
    encode->n_shown += n_all;
    if (before <= PROMPTS_SHOWN && encode->n_shown > PROMPTS_SHOWN)
        builder_format(&out, "(the tokens of further prompts are not shown)\n\n");
    talk(encode->app, &out);
    builder_free(&out);
    return status;
}

int report_tensors(struct encode *encode, const pw_tensor_set *set)
{
    struct app *app = encode->app;
    struct builder out = {0};
    int status;

    if (!app_talks(app) || (encode->n_files > 0 && encode->n_shown > PROMPTS_SHOWN))
        return DONE;
    status = tensor_table(app, &out, set, app->width_err, app->color_err);
    builder_text(&out, "\n");
    talk(app, &out);
    builder_free(&out);
    return status;
}

static void put_text_member(struct json *json, const char *key, pw_text text)
{
    json_key(json, key);
    if (text.bytes == NULL)
        json_null(json);
    else
        json_bytes(json, text.bytes, text.size);
}

static void put_tensor(struct json *json, const char *name, const pw_tensor *tensor,
                       pw_dtype float_dtype)
{
    const bool is_float = is_float_dtype(tensor->dtype);

    json_open(json, '{');
    json_member_text(json, "name", name);
    json_member_text(json, "dtype", pw_dtype_name(is_float ? float_dtype : tensor->dtype));
    json_member_shape(json, "shape", tensor);
    json_close(json, '}');
}

/* Of a set as it was written, or of a file that was kept. */
static void put_tensors(struct json *json, const struct encode *encode,
                        const pw_tensor_set *set, const pw_file *file)
{
    const size_t n = set != NULL ? pw_tensor_set_n(set) : pw_file_n_tensors(file);

    json_key(json, "tensors");
    json_open(json, '[');
    for (size_t i = 0; i < n; i++)
        put_tensor(json,
                   set != NULL ? pw_tensor_set_name(set, i) : pw_file_tensor_name(file, i),
                   set != NULL ? pw_tensor_set_tensor(set, i) : pw_file_tensor(file, i),
                   encode->plan.save.float_dtype);
    json_close(json, ']');
}

static void put_prompt(struct json *json, const struct encode *encode,
                       const struct batch *batch, size_t i)
{
    const struct prompt_item *item = &batch->items[i];
    const pw_tokens *tokens = &batch->tokens[i].tokens;

    put_text_member(json, "prompt", item->prompt.prompt);
    if (batch->has_negative)
        put_text_member(json, "negative", item->prompt.negative);
    if (item->id != NULL)
        json_member_text(json, "id", item->id);
    json_member_int(json, "n_tokens", (int64_t)tokens->n_real);
    json_member_int(json, "n_cut", (int64_t)tokens->n_cut);
    json_key(json, "ids");
    json_open(json, '[');
    for (size_t t = 0; t < tokens->n_tokens; t++)
        json_int(json, tokens->ids[t]);
    json_close(json, ']');
    json_member_text(json, "model", encode->model_info.name);
    json_member_bool(json, "builtin", encode->model_info.is_builtin);
    json_member_text(json, "precision", pw_precision_name(encode->model_info.precision));
    json_member_text(json, "level", pw_level_name(encode->model_info.level));
    json_member_text(json, "tokenizer_mode",
                     pw_tokenizer_mode_name(encode->tokenizer.info.mode));
}

static int put_lines(struct encode *encode, const struct batch *batch, const pw_tensor_set *set,
                     const pw_file *file, const char *path, double seconds)
{
    struct json json = {0};
    bool stop = false;
    int status = DONE;

    for (size_t i = 0; i < batch->n && status == DONE && !stop; i++) {
        json_open(&json, '{');
        put_prompt(&json, encode, batch, i);
        json_member_text(&json, "output", path);
        json_member_int(&json, "row", (int64_t)i);
        put_tensors(&json, encode, set, file);
        json_member_real(&json, "seconds", floor(seconds * 1e6 + 0.5) / 1e6);
        json_close(&json, '}');
        status = json_print(encode->app, &json, &stop);
    }
    builder_free(&json.text);
    if (status == DONE && stop)
        status = fail(encode->app, PW_ERR_IO, "standard output", "cannot write to it: %s",
                      strerror(encode->app->write_error));
    return status;
}

int report_json(struct encode *encode, const struct batch *batch, const pw_tensor_set *set,
                const char *path, double seconds)
{
    pw_file *file = NULL;
    pw_error err;
    int status;

    if (!encode->app->json)
        return DONE;
    if (set == NULL && pw_file_open(&file, encode->app->ctx, path, NULL, &err) != PW_OK)
        return fail_with(encode->app, &err);
    status = put_lines(encode, batch, set, file, path, seconds);
    pw_file_free(file);
    return status;
}
