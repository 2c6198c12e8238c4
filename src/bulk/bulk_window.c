/* SPDX-License-Identifier: MIT */
/* A window: one call of the encoder for many files, whose rows are then cut into the files. No
 * bit of a row depends on what it was computed with (docs/models/clip.md), and a file's
 * manifest is made of the entries of its own prompts: it is what a call for this file alone
 * gives. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bulk/bulk.h"
#include "formats/tensor_set.h"

/* A manifest's text as it is put together again: entries of prompts between a head and a
 * tail. */
struct sheet {
    pwi_slice head, tail;
    pwi_members entries;
};

/* The error names the prompt by its number in the call; the caller knows it by another name. */
static void name_culprit(const pw_bulk *bulk, size_t begin, size_t n, pw_error *err)
{
    static const char *const labels[] = {"", "the negative of "};
    char where[sizeof(err->where)];

    for (size_t i = 0; err != NULL && i < n; i++)
        for (size_t side = 0; side < 2; side++) {
            const char *name = bulk->items[begin + i].where;

            snprintf(where, sizeof(where), "%sprompt %zu", labels[side], i + 1);
            if (name == NULL || strcmp(where, err->where) != 0)
                continue;
            snprintf(err->where, sizeof(err->where), "%s%s", labels[side], name);
            return;
        }
}

static pw_status encode(pw_bulk *bulk, size_t begin, size_t n, pw_tensor_set **set,
                        pw_error *err)
{
    const pw_allocator *allocator = &bulk->ctx->allocator;
    pw_prompt_texts *prompts = PWI_ARRAY(allocator, pw_prompt_texts, n);
    pw_status status;

    *set = NULL;
    if (prompts == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        prompts[i] = bulk->items[begin + i].prompt;
    status = pw_conditioning_encode(set, bulk->ctx, bulk->encoders, bulk->n_encoders, prompts,
                                    n, &bulk->conditioning, err);
    pwi_free_array(allocator, prompts, n, sizeof(*prompts));
    if (status != PW_OK)
        name_culprit(bulk, begin, n, err);
    return status;
}

/* Rows [row, row + n) of a tensor of the window. */
static pw_status cut_tensor(pw_tensor_set *out, const char *name, const pw_tensor *tensor,
                            size_t row, size_t n, pw_error *err)
{
    const size_t row_bytes = tensor->size_bytes / (size_t)tensor->shape[0];
    int64_t shape[PW_RANK_MAX];
    void *data;

    memcpy(shape, tensor->shape, sizeof(shape));
    shape[0] = (int64_t)n;
    PWI_TRY(
        pwi_tensor_set_add_unset(out, name, tensor->dtype, tensor->rank, shape, &data, err));
    memcpy(data, (const char *)tensor->data + row * row_bytes, n * row_bytes);
    return PW_OK;
}

static pw_status not_ours(pw_error *err)
{
    return PWI_FAIL(err, PW_ERR_FORMAT, "the encoder's manifest does not list its prompts");
}

static pw_status open_sheet(struct sheet *sheet, const char *text, pw_error *err)
{
    const size_t size = strlen(text);
    pwi_slice prompts;

    if (!pwi_members_find(text, size, "prompts", &prompts))
        return not_ours(err);
    sheet->head = (pwi_slice){text, (size_t)(prompts.bytes - text) + 1};
    sheet->tail.bytes = prompts.bytes + prompts.size - 1;
    sheet->tail.size = (size_t)(text + size - sheet->tail.bytes);
    sheet->entries = pwi_members_of(prompts.bytes, prompts.size);
    return PW_OK;
}

/* The manifest of the next n prompts of the window. */
static pw_status next_manifest(pw_bulk *bulk, struct sheet *sheet, size_t n, pwi_buf *out,
                               pw_error *err)
{
    PWI_TRY(pwi_bulk_reserve_n_cut(bulk, n, err));
    pwi_buf_append(out, sheet->head.bytes, sheet->head.size);
    for (size_t i = 0; i < n; i++) {
        if (!pwi_members_next(&sheet->entries))
            return not_ours(err);
        bulk->n_cut[i] = pwi_bulk_n_cut(sheet->entries.value);
        if (i > 0)
            pwi_buf_byte(out, ',');
        pwi_buf_append(out, sheet->entries.value.bytes, sheet->entries.value.size);
    }
    pwi_buf_append(out, sheet->tail.bytes, sheet->tail.size);
    if (out->failed)
        return pwi_fail_memory(err);
    if (out->size > PW_BULK_MANIFEST_BYTES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "its list of %zu prompts has %zu bytes, over the limit of %zu: make "
                        "shards smaller (--shard-size)",
                        n, out->size, PW_BULK_MANIFEST_BYTES_MAX);
    return PW_OK;
}

static pw_status cut_set(pw_bulk *bulk, const pw_tensor_set *window, struct sheet *sheet,
                         size_t row, size_t n, pw_tensor_set *out, pw_error *err)
{
    pwi_buf manifest;
    pw_status status;

    for (size_t i = 0; i < pw_tensor_set_n(window); i++)
        PWI_TRY(cut_tensor(out, pw_tensor_set_name(window, i), pw_tensor_set_tensor(window, i),
                           row, n, err));
    pwi_buf_init(&manifest, &bulk->ctx->allocator);
    status = next_manifest(bulk, sheet, n, &manifest, err);
    for (size_t i = 0; status == PW_OK && i < pw_tensor_set_n_metadata(window); i++) {
        const char *key = pw_tensor_set_metadata_key(window, i);
        const bool is_manifest = strcmp(key, PW_MANIFEST_KEY) == 0;

        status = pw_tensor_set_put_metadata(
            out, key, is_manifest ? manifest.data : pw_tensor_set_metadata_value(window, i),
            err);
    }
    pwi_buf_free(&manifest);
    return status;
}

pw_status pwi_bulk_report(pw_bulk *bulk, const pwi_bulk_piece *piece, const pw_tensor_set *set,
                          pw_error *err)
{
    const pw_bulk_file file = {
        bulk->path.data, set == NULL, piece->first, piece->n, bulk->items + piece->begin,
        bulk->n_cut,     set};

    if (bulk->options.on_file != NULL && bulk->options.on_file(bulk->options.user, &file))
        return PWI_FAIL(err, PW_ERR_CANCELLED, "stopped after a file");
    return PW_OK;
}

static pw_status write_piece(pw_bulk *bulk, const pwi_bulk_piece *piece,
                             const pw_tensor_set *set, pw_error *err)
{
    PWI_TRY(pw_tensor_set_save(set, bulk->ctx, bulk->path.data, &bulk->save, err));
    bulk->counts.n_files_written++;
    bulk->counts.n_encoded += piece->n;
    return pwi_bulk_report(bulk, piece, set, err);
}

static pw_status cut_piece(pw_bulk *bulk, const pwi_bulk_piece *piece,
                           const pw_tensor_set *window, struct sheet *sheet, size_t row,
                           pw_error *err)
{
    pw_tensor_set *set = NULL;
    pw_status status;

    PWI_TRY(pwi_bulk_path(bulk, piece, err));
    status = pw_tensor_set_create(&set, bulk->ctx, err);
    if (status == PW_OK)
        status = pwi_where(err, bulk->path.data,
                           cut_set(bulk, window, sheet, row, piece->n, set, err));
    if (status == PW_OK)
        status = write_piece(bulk, piece, set, err);
    pw_tensor_set_free(set);
    return status;
}

/* A shard's tensors have a row a prompt under names that all shards have. */
static pw_status check_conditions(const pw_bulk *bulk, const pwi_bulk_piece *piece,
                                  const char *manifest, pw_error *err)
{
    const pw_bulk_item *item = &bulk->items[piece->begin];
    pwi_slice value;

    if (!pwi_members_find(manifest, strlen(manifest), "schedule", &value) &&
        !pwi_members_find(manifest, strlen(manifest), "negative_schedule", &value))
        return PW_OK;
    return pwi_where(err, item->where == NULL ? "" : item->where,
                     PWI_FAIL(err, PW_ERR_ARGUMENT,
                              "gives several conditions (a schedule, or AND), which have no "
                              "row of a shard: write a file for each prompt (-o DIR/ without "
                              "--shard-size)"));
}

static pw_status write_pieces(pw_bulk *bulk, const pwi_bulk_piece *pieces, size_t n_pieces,
                              const pw_tensor_set *window, pw_error *err)
{
    const char *manifest = pw_tensor_set_metadata(window, PW_MANIFEST_KEY);
    struct sheet sheet;
    size_t row = 0;

    if (manifest == NULL)
        return not_ours(err);
    PWI_TRY(open_sheet(&sheet, manifest, err));
    if (bulk->options.shard_size > 0)
        PWI_TRY(check_conditions(bulk, &pieces[0], manifest, err));
    for (size_t i = 0; i < n_pieces; i++) {
        PWI_TRY(cut_piece(bulk, &pieces[i], window, &sheet, row, err));
        row += pieces[i].n;
    }
    return PW_OK;
}

/* Complete files that one call can do: with a negative side, or all without. */
static size_t n_alike(const pw_bulk *bulk, size_t begin)
{
    size_t end = begin + 1;

    while (end < bulk->n_pieces &&
           bulk->pieces[end].has_negative == bulk->pieces[begin].has_negative)
        end++;
    return end - begin;
}

static pw_status encode_alike(pw_bulk *bulk, const pwi_bulk_piece *pieces, size_t n_pieces,
                              pw_error *err)
{
    pw_tensor_set *window;
    size_t n_prompts = 0;
    pw_status status;

    for (size_t i = 0; i < n_pieces; i++)
        n_prompts += pieces[i].n;
    if (bulk->options.on_window != NULL)
        bulk->options.on_window(bulk->options.user, &bulk->items[pieces[0].begin], n_prompts,
                                bulk->n_encoders);
    PWI_TRY(encode(bulk, pieces[0].begin, n_prompts, &window, err));
    status = write_pieces(bulk, pieces, n_pieces, window, err);
    pw_tensor_set_free(window);
    return status;
}

pw_status pwi_bulk_encode(pw_bulk *bulk, pw_error *err)
{
    size_t n;

    for (size_t i = 0; i < bulk->n_pieces; i += n) {
        n = n_alike(bulk, i);
        PWI_TRY(encode_alike(bulk, &bulk->pieces[i], n, err));
    }
    return PW_OK;
}
