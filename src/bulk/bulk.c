/* SPDX-License-Identifier: MIT */
/* Taking prompts: which file each belongs to, which files are this rank's, when a window is
 * full. */
#include "bulk/bulk.h"

#include <inttypes.h>
#include <string.h>

#include "conditioning/recipe.h"
#include "formats/tensor_set.h"

/* The first window is this much smaller and each next one twice as large: what is wrong with
 * the choices or the disk shows at once, and the first files are soon there. */
#define WINDOW_FIRST 16

static size_t file_size(const pw_bulk *bulk)
{
    return bulk->options.shard_size > 0 ? bulk->options.shard_size : 1;
}

/* Tensors with a row a token that a prompt's result has of an encoder: its rows, whole hidden
 * states. */
static uint64_t wide_outputs(const pw_bulk *bulk, const pw_model_info *model)
{
    const pw_conditioning_options *options = &bulk->conditioning;
    const size_t n_hidden =
        options->all_hidden_states ? (size_t)model->n_layers + 1 : options->n_hidden_states;
    uint64_t n = 0;

    if (options->n_only == 0)
        return 1 + n_hidden;
    for (size_t i = 0; i < options->n_only; i++)
        n += strstr(options->only[i], "hidden_state") != NULL ||
             strstr(options->only[i], "prompt_embeds") != NULL;
    return n;
}

/* What one side of a prompt takes for an encoder: tensors and the encodings that they are made
 * of, tokens with their offsets, ids and mask, and the manifest, which is there three times
 * while it is cut and written. */
static void plan_encoder(pw_bulk *bulk, const pw_model_info *model)
{
    const uint64_t n_tokens = bulk->conditioning.length == PW_LENGTH_FIXED
                                  ? bulk->conditioning.n_length
                                  : (uint64_t)model->n_positions;
    uint64_t digits = 1, manifest_bytes;

    for (int32_t n = model->n_vocab; n >= 10; n /= 10)
        digits++;
    manifest_bytes = n_tokens * (digits + 3) + 160;
    bulk->manifest_bytes += manifest_bytes;
    bulk->prompt_bytes += 8 * (wide_outputs(bulk, model) * n_tokens * (uint64_t)model->width +
                               (uint64_t)model->width + (uint64_t)model->projection) +
                          n_tokens * (2 * sizeof(int64_t) + 48) + 3 * manifest_bytes;
    if (bulk->chunk_tokens == 0 || n_tokens < bulk->chunk_tokens)
        bulk->chunk_tokens = n_tokens;
}

static void plan_bytes(pw_bulk *bulk)
{
    bulk->prompt_bytes = sizeof(pw_bulk_item) + sizeof(pw_prompt_texts);
    for (size_t i = 0; i < bulk->n_encoders; i++) {
        pw_model_info model;

        pw_model_get_info(bulk->encoders[i].model, &model);
        plan_encoder(bulk, &model);
    }
}

/* What the recipe and the dialect make of prompts that share a call. */
static pw_status look_at_recipe(pw_bulk *bulk, pw_error *err)
{
    const char *dialect = bulk->conditioning.dialect;
    pwi_recipe recipe;
    int32_t i_dialect;

    PWI_TRY(
        pwi_recipe_find(&recipe, bulk->conditioning.recipe, bulk->conditioning.flavour, err));
    if (dialect == NULL)
        dialect = pw_flavour_dialect((size_t)pw_flavour_find(recipe.flavour));
    bulk->has_negatives = recipe.is_pipeline && !bulk->conditioning.no_negative;
    i_dialect = pw_dialect_find(dialect);
    bulk->cuts_at_chunk = i_dialect >= 0 && pw_dialect_is_one_chunk((size_t)i_dialect);
    return PW_OK;
}

static pw_status check_options(pw_bulk *bulk, pw_error *err)
{
    const pw_bulk_options *options = &bulk->options;
    const pwi_format_row *row = pwi_format_row_of((int32_t)bulk->save.format);

    if (options->folder == NULL || options->folder[0] == '\0')
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "no folder is named");
    if (options->n_ranks < 1 || options->rank < 0 || options->rank >= options->n_ranks)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is no rank %d of %d", (int)options->rank,
                        (int)options->n_ranks);
    if (row == NULL || row->save == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "%d is no format that is written",
                        (int)bulk->save.format);
    return PW_OK;
}

/* Structs of callers built against older headers are shorter. */
static void take_options(pw_bulk *bulk, const pw_conditioning_options *conditioning,
                         const pw_bulk_options *options)
{
    pw_conditioning_options_init(&bulk->conditioning);
    pw_save_options_init(&bulk->save);
    pw_bulk_options_init(&bulk->options);
    if (conditioning != NULL)
        memcpy(&bulk->conditioning, conditioning,
               conditioning->struct_size < sizeof(*conditioning) ? conditioning->struct_size
                                                                 : sizeof(*conditioning));
    if (options != NULL)
        memcpy(&bulk->options, options,
               options->struct_size < sizeof(*options) ? options->struct_size
                                                       : sizeof(*options));
    if (bulk->options.save != NULL)
        memcpy(&bulk->save, bulk->options.save,
               bulk->options.save->struct_size < sizeof(bulk->save)
                   ? bulk->options.save->struct_size
                   : sizeof(bulk->save));
    if (bulk->options.shard_size == 0)
        bulk->options.replaces = true;
    if (bulk->options.window_bytes == 0)
        bulk->options.window_bytes = PW_BULK_WINDOW_BYTES;
    bulk->window_bytes = bulk->options.window_bytes / WINDOW_FIRST;
}

static pw_status start(pw_bulk *bulk, pw_error *err)
{
    PWI_TRY(check_options(bulk, err));
    PWI_TRY(look_at_recipe(bulk, err));
    plan_bytes(bulk);
    bulk->folder_size = strlen(bulk->options.folder);
    while (bulk->folder_size > 1 && bulk->options.folder[bulk->folder_size - 1] == '/')
        bulk->folder_size--;
    PWI_TRY(pwi_bulk_form(bulk, err));
    PWI_TRY(pwi_bulk_open_folder(bulk, err));
    return pwi_bulk_index_open(bulk, err);
}

pw_status pw_bulk_create(pw_bulk **out, pw_context *ctx, const pw_encoder *encoders,
                         size_t n_encoders, const pw_conditioning_options *conditioning,
                         const pw_bulk_options *options, pw_error *err)
{
    pw_bulk *bulk = PWI_NEW(&ctx->allocator, pw_bulk);
    pw_status status;

    *out = NULL;
    if (bulk == NULL)
        return pwi_fail_memory(err);
    bulk->ctx = pwi_context_keep(ctx);
    bulk->encoders = encoders;
    bulk->n_encoders = n_encoders;
    bulk->folder_fd = -1;
    bulk->index = PWI_OUTPUT_CLOSED;
    pwi_buf_init(&bulk->form, &ctx->allocator);
    pwi_buf_init(&bulk->path, &ctx->allocator);
    pwi_buf_init(&bulk->index_line, &ctx->allocator);
    pwi_arena_init(&bulk->texts, &ctx->allocator);
    take_options(bulk, conditioning, options);
    if (n_encoders == 0)
        status = PWI_FAIL(err, PW_ERR_ARGUMENT, "no encoder is given");
    else
        status = start(bulk, err);
    if (status != PW_OK)
        pw_bulk_free(bulk);
    else
        *out = bulk;
    return status;
}

void pw_bulk_free(pw_bulk *bulk)
{
    pw_context *ctx = bulk == NULL ? NULL : bulk->ctx;
    const pw_allocator *allocator = ctx == NULL ? NULL : &ctx->allocator;

    if (bulk == NULL)
        return;
    pwi_output_discard(&bulk->index);
    pwi_bulk_close_folder(bulk);
    pwi_buf_free(&bulk->form);
    pwi_buf_free(&bulk->path);
    pwi_buf_free(&bulk->index_line);
    pwi_arena_free(&bulk->texts);
    pwi_free_array(allocator, bulk->items, bulk->items_capacity, sizeof(*bulk->items));
    pwi_free_array(allocator, bulk->n_cut, bulk->n_cut_capacity, sizeof(*bulk->n_cut));
    pwi_free_array(allocator, bulk->pieces, bulk->pieces_capacity, sizeof(*bulk->pieces));
    PWI_DELETE(allocator, bulk);
    pw_context_free(ctx);
}

void pw_bulk_get_counts(const pw_bulk *bulk, pw_bulk_counts *counts)
{
    *counts = bulk->counts;
}

/* An array with room for n items of `size` bytes, grown by doubling; false without memory. */
static bool reserve(const pw_bulk *bulk, void **array, size_t *capacity, size_t n, size_t size)
{
    size_t wanted = *capacity < 16 ? 16 : *capacity;
    void *grown;

    if (n <= *capacity)
        return true;
    while (wanted < n)
        wanted *= 2;
    grown = pwi_grow_array(&bulk->ctx->allocator, *array, *capacity, wanted, size);
    if (grown == NULL)
        return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

pw_status pwi_bulk_reserve_n_cut(pw_bulk *bulk, size_t n, pw_error *err)
{
    void *array = bulk->n_cut;
    const bool ok = reserve(bulk, &array, &bulk->n_cut_capacity, n, sizeof(*bulk->n_cut));

    bulk->n_cut = array;
    return ok ? PW_OK : pwi_fail_memory(err);
}

static bool is_mine(const pw_bulk *bulk)
{
    const uint64_t number = bulk->filling.first / file_size(bulk);

    return number % (uint64_t)bulk->options.n_ranks == (uint64_t)bulk->options.rank;
}

static bool copy_text(pw_bulk *bulk, pw_text *text)
{
    if (text->bytes == NULL)
        return true;
    text->bytes = pwi_arena_string(&bulk->texts, text->bytes, text->size);
    return text->bytes != NULL;
}

static bool copy_string(pw_bulk *bulk, const char **text)
{
    if (*text == NULL)
        return true;
    *text = pwi_arena_string(&bulk->texts, *text, strlen(*text));
    return *text != NULL;
}

static bool copy_texts(pw_bulk *bulk, pw_bulk_item *item)
{
    pw_prompt_texts *prompt = &item->prompt;
    pw_text *texts[] = {&prompt->prompt,   &prompt->negative,   &prompt->prompt_2,
                        &prompt->prompt_3, &prompt->negative_2, &prompt->negative_3};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (!copy_text(bulk, texts[i]))
            return false;
    return copy_string(bulk, &item->id) && copy_string(bulk, &item->where);
}

/* A shard is in memory as a whole before it is written. */
static pw_status check_shard(const pw_bulk *bulk, pw_error *err)
{
    const uint64_t n_before = bulk->filling.n;

    if (bulk->filling_bytes <= PW_BULK_SHARD_BYTES_MAX &&
        bulk->filling_manifest <= PW_BULK_MANIFEST_BYTES_MAX)
        return PW_OK;
    if (n_before == 0)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "this prompt alone would need %" PRIu64
                        " MiB: it is over the limit of a file",
                        bulk->filling_bytes >> 20);
    return PWI_FAIL(err, PW_ERR_LIMIT,
                    "a shard of more than %" PRIu64
                    " such prompts would be over the limit of %s: make them smaller "
                    "(--shard-size %" PRIu64 ")",
                    n_before,
                    bulk->filling_bytes > PW_BULK_SHARD_BYTES_MAX
                        ? "4096 MiB for a file, which is in memory as a whole"
                        : "32 MiB for its list of prompts",
                    n_before);
}

static uint64_t text_bytes_of(const pw_prompt_texts *prompt)
{
    return (uint64_t)prompt->prompt.size + prompt->prompt_2.size + prompt->prompt_3.size +
           prompt->negative.size + prompt->negative_2.size + prompt->negative_3.size;
}

/* Chunks of a side, at two bytes a token of its longer text; how many there are is known only
 * when it is planned. */
static uint64_t n_chunks_of(const pw_bulk *bulk, const pw_prompt_texts *prompt)
{
    const size_t longer = prompt->prompt.size > prompt->negative.size ? prompt->prompt.size
                                                                      : prompt->negative.size;

    return bulk->cuts_at_chunk ? 1 : 1 + longer / 2 / bulk->chunk_tokens;
}

static pw_status keep_item(pw_bulk *bulk, const pw_bulk_item *item, pw_error *err)
{
    pwi_bulk_piece *piece = &bulk->filling;
    const uint64_t text_bytes = text_bytes_of(&item->prompt),
                   n_chunks = n_chunks_of(bulk, &item->prompt);
    void *array = bulk->items;
    bool ok;

    piece->has_negative =
        piece->has_negative || bulk->has_negatives ||
        (item->prompt.negative.bytes != NULL && !bulk->conditioning.no_negative);
    bulk->filling_bytes +=
        (piece->has_negative ? 2 : 1) * n_chunks * bulk->prompt_bytes + 4 * text_bytes;
    bulk->filling_manifest += n_chunks * bulk->manifest_bytes + text_bytes;
    PWI_TRY(check_shard(bulk, err));
    ok = reserve(bulk, &array, &bulk->items_capacity, bulk->n_items + 1, sizeof(*bulk->items));
    bulk->items = array;
    if (!ok)
        return pwi_fail_memory(err);
    bulk->items[bulk->n_items] = *item;
    if (!copy_texts(bulk, &bulk->items[bulk->n_items]))
        return pwi_fail_memory(err);
    bulk->n_items++;
    return PW_OK;
}

/* Nothing is pending: give the texts back. */
static void settle_empty(pw_bulk *bulk)
{
    if (bulk->n_items > 0)
        return;
    pwi_arena_free(&bulk->texts);
    pwi_arena_init(&bulk->texts, &bulk->ctx->allocator);
    bulk->bytes = 0;
}

pw_status pw_bulk_flush(pw_bulk *bulk, pw_error *err)
{
    const size_t n_done = bulk->filling.begin;

    PWI_TRY(pwi_bulk_encode(bulk, err));
    if (bulk->n_pieces > 0 && bulk->window_bytes <= bulk->options.window_bytes / 2)
        bulk->window_bytes *= 2;
    bulk->n_pieces = 0;
    if (n_done > 0)
        memmove(bulk->items, bulk->items + n_done,
                (bulk->n_items - n_done) * sizeof(*bulk->items));
    bulk->n_items -= n_done;
    bulk->filling.begin = 0;
    settle_empty(bulk);
    return PW_OK;
}

/* Without padding, padded to the longest of a file, or in chunks as many as its longest prompt
 * has, files have lengths of their own: each is a call by itself. */
static bool is_window_full(const pw_bulk *bulk)
{
    const pw_length_rule rule = bulk->conditioning.length;

    return rule == PW_LENGTH_LONGEST || rule == PW_LENGTH_NONE || !bulk->cuts_at_chunk ||
           bulk->bytes + bulk->filling_bytes > bulk->window_bytes ||
           bulk->n_items + file_size(bulk) > PW_BULK_WINDOW_PROMPTS;
}

static pw_status add_piece(pw_bulk *bulk, pw_error *err)
{
    void *array = bulk->pieces;
    const bool ok = reserve(bulk, &array, &bulk->pieces_capacity, bulk->n_pieces + 1,
                            sizeof(*bulk->pieces));

    bulk->pieces = array;
    if (!ok)
        return pwi_fail_memory(err);
    bulk->pieces[bulk->n_pieces++] = bulk->filling;
    return PW_OK;
}

/* The file's prompts are all there: it is kept as it lies in the folder, or becomes pending. */
static pw_status end_mine(pw_bulk *bulk, pw_error *err)
{
    bool is_kept = false;

    PWI_TRY(pwi_bulk_path(bulk, &bulk->filling, err));
    PWI_TRY(pwi_bulk_look(bulk, &bulk->filling, &is_kept, err));
    bulk->bytes += bulk->filling_bytes;
    if (!is_kept)
        return add_piece(bulk, err);
    bulk->counts.n_files_kept++;
    bulk->counts.n_kept += bulk->filling.n;
    PWI_TRY(pwi_bulk_report(bulk, &bulk->filling, NULL, err));
    bulk->n_items = bulk->filling.begin;
    settle_empty(bulk);
    return PW_OK;
}

static pw_status end_file(pw_bulk *bulk, pw_error *err)
{
    const uint64_t next = bulk->filling.first + bulk->filling.n;
    const bool mine = is_mine(bulk);

    if (mine)
        PWI_TRY(end_mine(bulk, err));
    bulk->filling = (pwi_bulk_piece){.first = next, .begin = bulk->n_items};
    if (mine && bulk->n_pieces > 0 && is_window_full(bulk))
        PWI_TRY(pw_bulk_flush(bulk, err));
    bulk->filling_bytes = bulk->filling_manifest = 0;
    return PW_OK;
}

pw_status pw_bulk_add(pw_bulk *bulk, const pw_bulk_item *item, pw_error *err)
{
    PWI_TRY(pwi_bulk_index_add(bulk, item->id, err));
    if (is_mine(bulk))
        PWI_TRY(keep_item(bulk, item, err));
    bulk->filling.n++;
    bulk->counts.n_prompts++;
    return bulk->filling.n == file_size(bulk) ? end_file(bulk, err) : PW_OK;
}

pw_status pw_bulk_finish(pw_bulk *bulk, pw_error *err)
{
    if (bulk->filling.n > 0)
        PWI_TRY(end_file(bulk, err));
    return pw_bulk_flush(bulk, err);
}
