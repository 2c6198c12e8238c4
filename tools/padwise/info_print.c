/* SPDX-License-Identifier: MIT */
/* What `padwise info` found, as JSON and for people. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "grid.h"
#include "info.h"
#include "paint.h"
#include "prompt_line.h"
#include "show.h"
#include "talk.h"

#define KEY_WIDTH     15
#define PROMPTS_SHOWN 4

static void json_encoder(struct json *json, const pw_model_info *model)
{
    json_open(json, '{');
    json_member_text(json, "name", model->name);
    json_member_text(json, "kind", model->kind);
    json_member_text(json, "layout", model->layout);
    json_member_text(json, "prefix", model->tensor_prefix);
    json_member_int(json, "width", model->width);
    json_member_int(json, "layers", model->n_layers);
    json_member_int(json, "heads", model->n_heads);
    json_member_int(json, "mlp", model->mlp);
    json_member_int(json, "vocab", model->n_vocab);
    json_member_int(json, "positions", model->n_positions);
    json_member_text(json, "activation", pw_activation_name(model->activation));
    json_member_bool(json, "activation_is_guess", model->activation_is_guess);
    json_member_int(json, "projection", model->projection);
    json_member_text(json, "pool", pw_pool_rule_name(model->pool));
    json_member_text(json, "dtype", pw_dtype_name(model->dtype));
    json_member_int(json, "parameters", (int64_t)model->n_parameters);
    json_close(json, '}');
}

static void json_token(struct json *json, const char *key, const char *text, int32_t id)
{
    json_key(json, key);
    if (id < 0) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_member_text(json, "text", text);
    json_member_int(json, "id", id);
    json_close(json, '}');
}

static void json_tokenizer(struct json *json, const struct found_tokenizer *found)
{
    const pw_tokenizer_info *info = &found->info;

    json_key(json, "tokenizer");
    if (found->tokenizer == NULL) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_token(json, "bos", info->bos_text, info->bos_id);
    json_token(json, "eos", info->eos_text, info->eos_id);
    json_token(json, "pad", info->pad_text, info->pad_id);
    json_token(json, "unk", info->unk_text, info->unk_id);
    json_member_int(json, "max_length", info->max_length);
    json_member_int(json, "n_vocab", info->n_vocab);
    json_member_text(json, "path", found->path);
    json_close(json, '}');
}

/* The width of what the recipe makes: its encoders' rows side by side; 0: not all of them are
 * here. */
static int32_t recipe_width(const struct info *info)
{
    const int32_t recipe =
        info->recipe == NULL || info->n_encoders == 0 ? -1 : pw_recipe_find(info->recipe);
    pw_recipe_encoder encoder;
    int32_t width = 0;
    size_t n = 0;

    while (recipe >= 0 && pw_recipe_encoder_at((size_t)recipe, 0, n, &encoder))
        n++;
    for (size_t i = 0; n == info->n_encoders && i < n; i++)
        width += info->encoders[i]->width;
    return width;
}

/* The lecture's sizes of what the recipe makes: vocabulary, tokens, rows, width. */
static void json_lecture(struct json *json, const struct info *info)
{
    const pw_model_info *model = info->encoders[0];
    const int32_t width = recipe_width(info);

    if (width == 0)
        return;
    json_key(json, "lecture");
    json_open(json, '{');
    json_member_int(json, "V", model->n_vocab);
    json_member_int(json, "L_tok", model->n_positions);
    json_member_int(json, "L_ctx", model->n_positions);
    json_member_int(json, "d_ctx", width);
    json_close(json, '}');
}

static void json_file(struct json *json, const struct info *info)
{
    const pw_file *file = info->file;

    json_member_text(json, "format", pw_format_name(pw_file_format(file)));
    json_key(json, "size_bytes");
    json_uint(json, pw_file_size(file));
    json_member_int(json, "n_tensors", (int64_t)pw_file_n_tensors(file));
    json_key(json, "metadata");
    json_open(json, '{');
    for (size_t i = 0; i < pw_file_n_metadata(file); i++) {
        if (strcmp(pw_file_metadata_key(file, i), PW_MANIFEST_KEY) == 0 &&
            info->manifest_text != NULL)
            continue; /* stands below as JSON */
        json_member_text(json, pw_file_metadata_key(file, i), pw_file_metadata_value(file, i));
    }
    json_close(json, '}');
}

static void json_tensors(struct json *json, const pw_file *file)
{
    json_key(json, "tensors");
    json_open(json, '[');
    for (size_t i = 0; i < pw_file_n_tensors(file); i++) {
        const pw_tensor *tensor = pw_file_tensor(file, i);

        json_open(json, '{');
        json_member_text(json, "name", pw_file_tensor_name(file, i));
        json_member_text(json, "dtype", pw_dtype_name(tensor->dtype));
        json_member_shape(json, "shape", tensor);
        json_close(json, '}');
    }
    json_close(json, ']');
}

int info_print_json(struct info *info, bool *stop)
{
    struct json json = {0};
    int status;

    json_open(&json, '{');
    json_member_text(&json, "path", info->given);
    json_member_text(&json, "layout", info->layout);
    json_member_text(&json, "kind", info->kind);
    json_key(&json, "encoders");
    json_open(&json, '[');
    for (size_t i = 0; i < info->n_encoders; i++)
        json_encoder(&json, info->encoders[i]);
    json_close(&json, ']');
    if (info->pipeline.class_name[0] != '\0')
        json_member_text(&json, "pipeline", info->pipeline.class_name);
    json_member_text(&json, "recipe", info->recipe);
    json_member_text(&json, "fingerprint",
                     info->fingerprint[0] == '\0' ? NULL : info->fingerprint);
    if (info->digest[0] != '\0')
        json_member_text(&json, "digest", info->digest);
    if (info->file != NULL)
        json_file(&json, info);
    json_tokenizer(&json, &info->tokenizer);
    json_lecture(&json, info);
    if (strcmp(info->kind, "conditioning") == 0)
        json_tensors(&json, info->file);
    if (info->manifest_text != NULL) {
        json_key(&json, "manifest");
        json_raw(&json, info->manifest_text);
    }
    json_close(&json, '}');
    status = json_print(info->app, &json, stop);
    builder_free(&json.text);
    return status;
}

/* "  key           text", text escaped and cut to the terminal. */
static void line(struct builder *out, const struct app *app, const char *key,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void line(struct builder *out, const struct app *app, const char *key,
                 const char *format, ...)
{
    char text[1024];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    builder_text(out, "  ");
    show_text(out, key, strlen(key), KEY_WIDTH - 4);
    builder_fill(out, ' ', strlen(key) < KEY_WIDTH - 3 ? KEY_WIDTH - 2 - strlen(key) : 2);
    show_text(out, text, strlen(text), app->width_out - KEY_WIDTH);
    builder_text(out, "\n");
}

/* "3,402 k" would be a guess at a locale: digits in groups of three, by a blank. */
static const char *grouped(char out[32], uint64_t n)
{
    char digits[24];
    size_t n_digits, k = 0;

    snprintf(digits, sizeof(digits), "%" PRIu64, n);
    n_digits = strlen(digits);
    for (size_t i = 0; i < n_digits; i++) {
        if (i > 0 && (n_digits - i) % 3 == 0)
            out[k++] = ' ';
        out[k++] = digits[i];
    }
    out[k] = '\0';
    return out;
}

static void text_encoder(struct builder *out, const struct app *app, const pw_model_info *model)
{
    char number[32];

    line(out, app, "encoder", "%s: width %d, %d layers, %d heads, MLP %d", model->name,
         (int)model->width, (int)model->n_layers, (int)model->n_heads, (int)model->mlp);
    if (model->projection > 0)
        line(out, app, "", "vocabulary %d, positions %d, projection %d", (int)model->n_vocab,
             (int)model->n_positions, (int)model->projection);
    else
        line(out, app, "", "vocabulary %d, positions %d, no projection", (int)model->n_vocab,
             (int)model->n_positions);
    line(out, app, "", "%s%s, %s, %s parameters", pw_activation_name(model->activation),
         model->activation_is_guess ? " (a guess by the width)" : "",
         pw_dtype_name(model->dtype), grouped(number, model->n_parameters));
}

static void text_special(struct builder *out, const struct app *app, const char *role,
                         const char *text, int32_t id)
{
    if (id >= 0)
        line(out, app, "", "%s %-6d %s", role, (int)id, text);
}

static void text_tokenizer(struct builder *out, const struct app *app,
                           const struct found_tokenizer *found)
{
    const pw_tokenizer_info *info = &found->info;

    if (found->tokenizer == NULL) {
        line(out, app, "tokenizer", "none found; keep one with: padwise tokenizer add PATH");
        return;
    }
    line(out, app, "tokenizer", "%s (%s)", found->path == NULL ? "built-in" : found->path,
         found->place);
    line(out, app, "", "%d entries, length %d", (int)info->n_vocab, (int)info->max_length);
    text_special(out, app, "bos", info->bos_text, info->bos_id);
    text_special(out, app, "eos", info->eos_text, info->eos_id);
    text_special(out, app, "pad", info->pad_text, info->pad_id);
    text_special(out, app, "unk", info->unk_text, info->unk_id);
}

/* At most so many bytes of a text go through a line. */
static int shown_size(pw_text text)
{
    return (int)(text.size < 900 ? text.size : 900);
}

static void text_prompts(struct builder *out, const struct app *app, const struct info *info)
{
    struct pool pool = {0};
    struct prompt_line *lines;
    size_t n;

    if (!prompt_lines_of_manifest(&lines, &n, &pool, info->manifest_text,
                                  strlen(info->manifest_text)))
        out->failed = true;
    for (size_t i = 0; i < n && i < PROMPTS_SHOWN; i++) {
        const pw_text prompt = lines[i].prompt.prompt, negative = lines[i].prompt.negative;

        line(out, app, i == 0 ? "prompts" : "", "\"%.*s\"", shown_size(prompt), prompt.bytes);
        if (negative.bytes != NULL)
            line(out, app, "", "negative \"%.*s\"", shown_size(negative), negative.bytes);
    }
    if (n > PROMPTS_SHOWN)
        line(out, app, "", "and %zu more", n - PROMPTS_SHOWN);
    pool_free(&pool);
}

static void text_model(struct builder *out, const struct app *app,
                       const pw_manifest_info *manifest)
{
    line(out, app, "model", "%s%s", manifest->model_name,
         manifest->is_builtin ? " (built-in, untrained)" : "");
    if (manifest->model_fingerprint[0] != '\0')
        line(out, app, "", "%s", manifest->model_fingerprint);
    line(out, app, "recipe", "%s, flavour %s, dialect %s", manifest->recipe, manifest->flavour,
         manifest->dialect);
    line(out, app, "", "tokenizer %s, mask %s",
         pw_tokenizer_mode_name(manifest->tokenizer_mode),
         manifest->options.mask < 0 ? "the recipe's"
                                    : pw_mask_rule_name((pw_mask_rule)manifest->options.mask));
    line(out, app, "computed", "precision %s, level %s", pw_precision_name(manifest->precision),
         pw_level_name(manifest->level));
}

static void text_tensors(struct builder *out, const struct app *app, const pw_file *file)
{
    static const struct column titles[] = {
        {"  tensor", false}, {"dtype", false}, {"shape", false}};
    struct grid grid;

    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < pw_file_n_tensors(file); i++) {
        const pw_tensor *tensor = pw_file_tensor(file, i);
        struct builder text = {0};

        builder_format(&text, "  %s", pw_file_tensor_name(file, i));
        grid_built(&grid, &text);
        builder_clear(&text);
        grid_cell(&grid, "%s", pw_dtype_name(tensor->dtype));
        show_shape(&text, tensor->shape, tensor->rank);
        grid_built(&grid, &text);
        builder_free(&text);
    }
    grid_print(&grid, out, app->width_out, app->color_out);
}

static void text_file(struct builder *out, const struct app *app, const struct info *info)
{
    const pw_file *file = info->file;
    struct builder size = {0};

    show_size(&size, pw_file_size(file));
    line(out, app, "format", "%s, %s, %zu tensor%s", pw_format_name(pw_file_format(file)),
         size.failed ? "" : size.bytes, pw_file_n_tensors(file),
         pw_file_n_tensors(file) == 1 ? "" : "s");
    out->failed = out->failed || size.failed;
    builder_free(&size);
    line(out, app, "fingerprint", "%s", info->fingerprint);
    if (info->digest[0] != '\0')
        line(out, app, "SHA-256", "%s", info->digest);
    for (size_t i = 0; i < pw_file_n_metadata(file); i++) {
        const char *key = pw_file_metadata_key(file, i);

        if (info->manifest_text == NULL || strcmp(key, PW_MANIFEST_KEY) != 0)
            line(out, app, i == 0 ? "metadata" : "", "%s: %s", key,
                 pw_file_metadata_value(file, i));
    }
}

int info_print_text(struct info *info, bool *stop)
{
    const struct app *app = info->app;
    struct builder out = {0};
    int status;

    if (app->color_out)
        builder_text(&out, PAINT_BOLD);
    show_text(&out, info->given, strlen(info->given), app->width_out);
    if (app->color_out)
        builder_text(&out, PAINT_NONE);
    builder_text(&out, "\n");
    line(&out, app, "kind", "%s, layout %s", info->kind, info->layout);
    if (info->pipeline.class_name[0] != '\0')
        line(&out, app, "pipeline", "%s%s", info->pipeline.class_name,
             info->recipe == NULL ? ", which has no recipe here" : "");
    if (info->file != NULL)
        text_file(&out, app, info);
    for (size_t i = 0; i < info->n_encoders; i++)
        text_encoder(&out, app, info->encoders[i]);
    if (info->n_encoders > 0)
        text_tokenizer(&out, app, &info->tokenizer);
    if (recipe_width(info) > 0)
        line(&out, app, "recipe", "%s: V %d, L_tok %d, L_ctx %d, d_ctx %d", info->recipe,
             (int)info->encoders[0]->n_vocab, (int)info->encoders[0]->n_positions,
             (int)info->encoders[0]->n_positions, (int)recipe_width(info));
    if (info->manifest != NULL && info->manifest_info.model_name[0] != '\0')
        text_model(&out, app, &info->manifest_info);
    if (info->manifest != NULL)
        text_prompts(&out, app, info);
    if (info->edits != NULL)
        line(&out, app, "edits", "%s", pw_edits_text(info->edits));
    if (strcmp(info->kind, "conditioning") == 0)
        text_tensors(&out, app, info->file);
    for (size_t i = 0; i < info->n_encoders && option_given(app, OPTION_DIAGRAM); i++)
        diagram_draw(&out, info->encoders[i]);
    status = app_print(info->app, &out, stop);
    builder_free(&out);
    return status;
}
