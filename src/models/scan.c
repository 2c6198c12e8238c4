/* SPDX-License-Identifier: MIT */
/* Finding text encoders, and what is known of each before its weights are read. */
#include "models/scan.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "models/clip_bind.h"

/* Where config.json may stand for a file, and how much it is believed. */
struct source {
    const char *path;
    const char *folder; /* subfolder of a diffusers folder, or NULL */
    const char *config_folder;
    bool is_folder; /* a folder's config.json belongs to its weights; one beside a file may not
                     */
};

pw_status pwi_model_options_of(pw_model_options *options, const pw_model_options *given,
                               pw_error *err)
{
    pw_model_options_init(options);
    if (given != NULL)
        memcpy(options, given,
               given->struct_size < sizeof(*options) ? given->struct_size : sizeof(*options));
    if ((unsigned)options->precision >= PW_N_PRECISIONS ||
        (unsigned)options->activation >= PW_N_ACTIVATIONS ||
        (unsigned)options->pool >= PW_N_POOL_RULES ||
        (unsigned)options->weights >= PW_N_WEIGHTS_MODES)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "a model option is not one of its named values");
    return PW_OK;
}

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* folder/name in the arena; NULL when memory is out. */
static const char *join(pwi_arena *arena, const char *folder, const char *name)
{
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = pwi_arena_alloc(arena, size);

    if (path != NULL)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static const char *folder_of(pwi_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return ".";
    return slash == path ? "/" : pwi_arena_string(arena, path, (size_t)(slash - path));
}

/* What contradicts between a configuration and the tensors; NULL: nothing. */
static const char *contradiction(const pwi_clip_config *config, const pwi_clip_text *clip)
{
    if (config->hidden_size > 0 && (size_t)config->hidden_size != clip->width)
        return "hidden_size";
    if (config->num_hidden_layers > 0 && (size_t)config->num_hidden_layers > clip->n_layers)
        return "num_hidden_layers";
    if (config->vocab_size > 0 && (size_t)config->vocab_size != clip->n_vocab)
        return "vocab_size";
    if (config->max_position_embeddings > 0 &&
        (size_t)config->max_position_embeddings != clip->n_positions)
        return "max_position_embeddings";
    if (config->intermediate_size > 0 && (size_t)config->intermediate_size != clip->mlp)
        return "intermediate_size";
    return NULL;
}

/* transformers' default for a configuration that is there and does not say (CLIPTextConfig). */
#define CONFIG_DEFAULT_HEADS 8
#define CONFIG_DEFAULT_EOS   49407

static pw_status settle_heads(pwi_found *found, const pwi_clip_config *config, pw_error *err)
{
    pwi_clip_text *clip = &found->clip;

    if (config->is_present)
        clip->n_heads = config->num_attention_heads > 0 ? (size_t)config->num_attention_heads
                                                        : CONFIG_DEFAULT_HEADS;
    else
        clip->n_heads = clip->width / 64; /* every published CLIP text head is 64 wide */
    if (clip->n_heads == 0 || clip->width % clip->n_heads != 0 ||
        (!config->is_present && clip->width % 64 != 0))
        return pwi_where(err, pw_file_path(found->file),
                         PWI_FAIL(err, PW_ERR_FORMAT,
                                  "a width of %zu cannot be split into %zu heads; put the "
                                  "model's config.json beside it",
                                  clip->width, clip->n_heads));
    clip->head_dim = clip->width / clip->n_heads;
    return PW_OK;
}

/* A checkpoint's layout names the encoder, and so its activation; else the width is a guess. */
static pw_activation guess_activation(const pwi_found *found)
{
    const char *encoder = found->layout->encoder;
    const size_t width = found->clip.width;
    const bool is_quick =
        encoder != NULL ? strcmp(encoder, "clip_l") == 0 : width == 512 || width == 768;

    return is_quick ? PW_ACTIVATION_QUICK_GELU : PW_ACTIVATION_GELU;
}

static pw_activation settle_activation(const pw_model_options *options,
                                       const pwi_clip_config *config, const pwi_found *found,
                                       bool *is_guess)
{
    *is_guess = options->activation == PW_ACTIVATION_DEFAULT && !config->is_present;
    if (options->activation != PW_ACTIVATION_DEFAULT)
        return options->activation;
    if (config->hidden_act != PW_ACTIVATION_DEFAULT)
        return config->hidden_act;
    if (config->is_present)
        return PW_ACTIVATION_QUICK_GELU; /* CLIPTextConfig's default */
    return guess_activation(found);
}

/* eos_token_id 2 stands in all published files and selects argmax in transformers
 * (encoders.md 3.1). */
static void settle_pool(pwi_found *found, const pwi_clip_config *config, pw_pool_rule asked)
{
    const int64_t eos = !config->is_present        ? 2
                        : config->eos_token_id < 0 ? CONFIG_DEFAULT_EOS
                                                   : config->eos_token_id;

    found->info.eos_id =
        eos == 2 || eos > INT32_MAX ? (int32_t)found->clip.n_vocab - 1 : (int32_t)eos;
    found->info.pool = asked;
    if (asked == PW_POOL_DEFAULT)
        found->info.pool = eos == 2 ? PW_POOL_ARGMAX : PW_POOL_FIRST_EOS;
}

static void fill_sizes(pwi_found *found, const pw_context *ctx)
{
    pw_model_info *info = &found->info;
    const pwi_clip_text *clip = &found->clip;

    info->kind = "clip";
    info->layout = found->layout->name;
    info->tensor_prefix = found->layout->prefix;
    info->width = (int32_t)clip->width;
    info->n_layers = (int32_t)clip->n_layers;
    info->n_heads = (int32_t)clip->n_heads;
    info->mlp = (int32_t)clip->mlp;
    info->n_vocab = (int32_t)clip->n_vocab;
    info->n_positions = (int32_t)clip->n_positions;
    info->projection = (int32_t)clip->projection_width;
    info->epsilon = clip->epsilon;
    info->precision = clip->product->precision;
    info->level = ctx->level;
    info->name = found->layout->encoder != NULL ? found->layout->encoder
                                                : pwi_encoder_name(info->width, info->n_layers);
}

/* Dtype, parameters and bytes: from a binding that is dropped again. It also checks every
 * shape. */
static pw_status measure_weights(pwi_found *found, pw_context *ctx, pw_error *err)
{
    pwi_clip_text *clip = &found->clip;
    pwi_bindings bindings = {.allocator = &ctx->allocator};
    const pwi_weights weights = {found->file, NULL};
    pw_status status;

    clip->blocks = pwi_alloc_zeroed(&ctx->allocator, clip->n_layers, sizeof(*clip->blocks));
    if (clip->blocks == NULL)
        return pwi_fail_memory(err);
    status = pwi_clip_bind(&weights, found->layout, clip, &bindings, err);
    for (size_t i = 0; status == PW_OK && i < bindings.n; i++)
        if (bindings.items[i].target == &clip->blocks[0].q.weight)
            found->info.dtype = pw_file_tensor(found->file, bindings.items[i].i_tensor)->dtype;
    found->info.n_parameters = bindings.n_parameters;
    found->info.size_bytes = bindings.size_bytes;
    pwi_bindings_free(&bindings);
    pwi_free_array(&ctx->allocator, clip->blocks, clip->n_layers, sizeof(*clip->blocks));
    clip->blocks = NULL;
    return status;
}

/* Everything about a tower that was measured: sizes, then what the configuration or the caller
 * says. */
static pw_status settle(pw_model_scan *scan, pwi_found *found, const pwi_clip_config *config,
                        pw_error *err)
{
    pwi_clip_text *clip = &found->clip;

    if (config->num_hidden_layers > 0)
        clip->n_layers =
            (size_t)config->num_hidden_layers; /* SD2's folders use 23 of what may be 24 */
    PWI_TRY(settle_heads(found, config, err));
    clip->epsilon = config->layer_norm_eps > 0.0 ? (float)config->layer_norm_eps : 1e-5f;
    found->info.activation =
        settle_activation(&scan->options, config, found, &found->info.activation_is_guess);
    clip->activation = pwi_epilogue_of(found->info.activation);
    found->info.weights = scan->options.weights;
    settle_pool(found, config, scan->options.pool);
    pwi_clip_choose_products(clip, pwi_context_kernels(scan->ctx), scan->options.precision);
    fill_sizes(found, scan->ctx);
    return measure_weights(found, scan->ctx, err);
}

/* The configuration that counts for a tower: a contradicting one is an error in a folder, and
 * ignored beside a file. */
static pw_status choose_config(const pw_model_scan *scan, const struct source *source,
                               const pwi_found *found, pwi_clip_config *config, pw_error *err)
{
    const char *what;

    PWI_TRY(pwi_clip_config_read(config, scan->ctx, source->config_folder, err));
    what = config->is_present ? contradiction(config, &found->clip) : NULL;
    if (what == NULL)
        return PW_OK;
    if (source->is_folder)
        return pwi_where(
            err, source->path,
            PWI_FAIL(err, PW_ERR_MISMATCH,
                     "config.json and the tensors disagree on %s: they are not of one model",
                     what));
    pwi_warn(scan->ctx, source->path,
             "the config.json beside it is of another model (%s differs) and is not used",
             what);
    *config = (pwi_clip_config){.eos_token_id = -1};
    return PW_OK;
}

static pw_status scan_layout(pw_model_scan *scan, const struct source *source,
                             const pw_file *file, const pwi_layout *layout,
                             const char *fingerprint, pw_error *err)
{
    pwi_found *found = &scan->found[scan->n_found];
    pwi_clip_config config;
    bool is_there = false;
    const pwi_weights weights = {file, NULL};

    if (scan->n_found == PWI_SCAN_ENCODERS_MAX)
        return PW_OK;
    memset(found, 0, sizeof(*found));
    found->file = file;
    found->layout = layout;
    found->folder = source->folder;
    PWI_TRY(pwi_clip_measure(&weights, layout, &found->clip, &is_there, err));
    /* Two rows may share a prefix and differ by width alone: the first that fits is the one. */
    if (!is_there || (scan->n_found > 0 && found[-1].file == file &&
                      strcmp(found[-1].layout->prefix, layout->prefix) == 0))
        return PW_OK;
    PWI_TRY(choose_config(scan, source, found, &config, err));
    PWI_TRY(settle(scan, found, &config, err));
    memcpy(found->info.fingerprint, fingerprint, sizeof(found->info.fingerprint));
    scan->n_found++;
    return PW_OK;
}

static pw_status scan_file(pw_model_scan *scan, const struct source *source, pw_error *err)
{
    char fingerprint[PW_FINGERPRINT_HEX + 1] = "";
    pw_file_options options;
    pw_file *file = NULL;

    pw_file_options_init(&options);
    options.strict = scan->options.strict;
    PWI_TRY(pw_file_open(&file, scan->ctx, source->path, &options, err));
    scan->files[scan->n_files++] = file;
    if (pw_file_format(file) != PW_FORMAT_SAFETENSORS &&
        pw_file_format(file) != PW_FORMAT_SHARDED)
        return pwi_where(err, source->path,
                         PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                                  "is a %s file; models are read from safetensors",
                                  pw_format_name(pw_file_format(file))));
    if (!scan->options.skips_fingerprint)
        PWI_TRY(pw_file_fingerprint(file, false, fingerprint, err));
    for (size_t i = 0; i < pwi_n_layouts; i++)
        PWI_TRY(scan_layout(scan, source, file, &pwi_layouts[i], fingerprint, err));
    return PW_OK;
}

/* The text encoders of a diffusers folder stand in subfolders; T5's is skipped by finding no
 * tower in it. */
static pw_status scan_subfolders(pw_model_scan *scan, const char *path, bool *any,
                                 pw_error *err)
{
    static const char *const names[] = {"text_encoder", "text_encoder_2", "text_encoder_3"};

    *any = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct source source = {join(&scan->arena, path, names[i]), names[i], NULL, true};

        if (source.path == NULL)
            return pwi_fail_memory(err);
        source.config_folder = source.path;
        if (!is_folder(source.path))
            continue;
        *any = true;
        PWI_TRY(scan_file(scan, &source, err));
    }
    return PW_OK;
}

/* What a file without a CLIP tower holds instead, as far as a name tells. */
static const char *other_kind(const pw_file *file)
{
    static const char *const marks[][2] = {
        {"encoder.block.0.layer.0.SelfAttention.q.weight",
         "a T5 encoder, which this version does not run"},
        {"text_encoders.t5xxl.transformer.shared.weight",
         "a T5 encoder, which this version does not run"},
        {"embeddings.word_embeddings.weight",
         "a BERT encoder, which this version does not run"},
        {"bert.embeddings.word_embeddings.weight",
         "a BERT encoder, which this version does not run"},
        {"model.diffusion_model.input_blocks.0.0.weight",
         "a denoiser without its text encoder: give the encoder's file"},
    };

    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (pw_file_find(file, marks[i][0]) >= 0)
            return marks[i][1];
    return "no text encoder that padwise knows (`padwise info` lists what is in it)";
}

static pw_status scan_path(pw_model_scan *scan, const char *path, pw_error *err)
{
    struct source source = {path, NULL, path, is_folder(path)};
    bool any = false;

    if (source.is_folder)
        PWI_TRY(scan_subfolders(scan, path, &any, err));
    else
        source.config_folder = folder_of(&scan->arena, path);
    if (source.config_folder == NULL)
        return pwi_fail_memory(err);
    if (!any)
        PWI_TRY(scan_file(scan, &source, err));
    if (scan->n_found == 0)
        return pwi_where(
            err, path, PWI_FAIL(err, PW_ERR_NOT_FOUND, "holds %s", other_kind(scan->files[0])));
    return PW_OK;
}

pw_status pw_model_scan_open(pw_model_scan **out, pw_context *ctx, const char *path,
                             const pw_model_options *options, pw_error *err)
{
    pw_model_scan *scan;
    pw_status status;

    *out = NULL;
    scan = PWI_NEW(&ctx->allocator, pw_model_scan);
    if (scan == NULL)
        return pwi_fail_memory(err);
    scan->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&scan->arena, &scan->ctx->allocator);
    status = pwi_model_options_of(&scan->options, options, err);
    if (status == PW_OK)
        status = scan_path(scan, path, err);
    if (status != PW_OK)
        pw_model_scan_free(scan);
    else
        *out = scan;
    return status;
}

void pw_model_scan_free(pw_model_scan *scan)
{
    pw_context *ctx = scan == NULL ? NULL : scan->ctx;

    if (scan == NULL)
        return;
    for (size_t i = 0; i < scan->n_files; i++)
        pw_file_free(scan->files[i]);
    pwi_arena_free(&scan->arena);
    PWI_DELETE(&ctx->allocator, scan);
    pw_context_free(ctx);
}

pw_file *pwi_scan_take_file(pw_model_scan *scan, const pwi_found *found)
{
    for (size_t i = 0; i < scan->n_files; i++) {
        pw_file *file = scan->files[i];

        if (file == found->file) {
            scan->files[i] = NULL;
            return file;
        }
    }
    return NULL;
}

size_t pw_model_scan_n(const pw_model_scan *scan)
{
    return scan->n_found;
}

const pw_model_info *pw_model_scan_info(const pw_model_scan *scan, size_t i)
{
    return i < scan->n_found ? &scan->found[i].info : NULL;
}

/* A bare encoder's name is guessed from its sizes: the caller, who names a file's role, knows
 * better. */
static bool is_named(const pw_model_scan *scan, const pwi_found *found, const char *which)
{
    if (scan->n_found == 1 && found->layout->encoder == NULL)
        return true;
    return strcmp(found->info.name, which) == 0 ||
           (found->folder != NULL && strcmp(found->folder, which) == 0);
}

pw_status pwi_scan_choose(const pw_model_scan *scan, const char *path, const char *which,
                          const pwi_found **out, pw_error *err)
{
    char names[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < scan->n_found; i++) {
        const pwi_found *found = &scan->found[i];

        if (which == NULL ? scan->n_found == 1 : is_named(scan, found, which)) {
            *out = found;
            return PW_OK;
        }
        if (used + 64 < sizeof(names))
            used +=
                (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "",
                                 found->folder != NULL ? found->folder : found->info.name);
    }
    if (which == NULL)
        return pwi_where(err, path,
                         PWI_FAIL(err, PW_ERR_NOT_FOUND,
                                  "holds %zu text encoders (%s): name one", scan->n_found,
                                  names));
    return pwi_where(err, path,
                     PWI_FAIL(err, PW_ERR_NOT_FOUND, "has no text encoder \"%s\"; it holds %s",
                              which, names));
}
