/* SPDX-License-Identifier: MIT */
/* Reading a tower block by block. The slot's pages are touched once, however many blocks pass
 * through them: clearing fresh pages for all weights took longer than reading them. */
#include "models/stream.h"

#include <string.h>

#include "models/model.h"

/* An allocator over the slot; what it hands out is taken back all at once. */
static void *slot_alloc(void *user, size_t size, size_t align)
{
    pwi_stream *stream = user;
    const size_t taken = (size + 63) / 64 * 64;
    char *p = stream->slot + stream->slot_used;

    PW_ASSERT(align <= 64);
    (void)align;
    if (taken > stream->slot_size - stream->slot_used)
        return NULL;
    stream->slot_used += taken;
    return p;
}

static void slot_free(void *user, void *p, size_t size, size_t align)
{
    (void)user, (void)p, (void)size, (void)align;
}

static pw_status bind(pwi_stream *stream, size_t i_layer, pw_error *err)
{
    memset(&stream->block, 0, sizeof(stream->block));
    PWI_TRY(pwi_clip_bind_block(stream->weights, stream->layout, stream->clip, i_layer,
                                &stream->block, &stream->loader.bindings, err));
    return pwi_loader_cut(&stream->loader, err);
}

/* Blocks may differ in dtype, and so in size. */
static pw_status measure(pwi_stream *stream, pw_error *err)
{
    for (size_t i = 0; i < stream->clip->n_layers; i++) {
        size_t bytes;

        PWI_TRY(bind(stream, i, err));
        PWI_TRY(pwi_loader_room(&stream->loader, &bytes, err));
        stream->slot_size = bytes > stream->slot_size ? bytes : stream->slot_size;
    }
    return PW_OK;
}

static pw_status allocate(pwi_stream *stream, pw_error *err)
{
    PWI_TRY(measure(stream, err));
    PWI_TRY(pwi_loader_make_buffers(&stream->loader, err));
    stream->slot = pwi_alloc_simd(stream->owner, stream->slot_size);
    return stream->slot == NULL ? pwi_fail_memory(err) : PW_OK;
}

pw_status pwi_stream_create(pwi_stream **out, pw_model *model, pw_error *err)
{
    pwi_stream *stream = PWI_NEW(&model->ctx->allocator, pwi_stream);
    pw_status status;

    *out = NULL;
    if (stream == NULL)
        return pwi_fail_memory(err);
    stream->owner = &model->ctx->allocator;
    stream->weights = &model->weights;
    stream->layout = model->layout;
    stream->clip = &model->clip;
    stream->allocator = (pw_allocator){stream, slot_alloc, slot_free};
    pwi_loader_init(&stream->loader, model->ctx, stream->weights, stream->clip);
    status = allocate(stream, err);
    if (status != PW_OK)
        pwi_stream_free(stream);
    else
        *out = stream;
    return status;
}

void pwi_stream_free(pwi_stream *stream)
{
    if (stream == NULL)
        return;
    pwi_loader_free(&stream->loader);
    if (stream->slot != NULL)
        pwi_free_simd(stream->owner, stream->slot, stream->slot_size);
    PWI_DELETE(stream->owner, stream);
}

pw_status pwi_stream_block(pwi_stream *stream, size_t i_layer, const pwi_clip_block **block,
                           pw_error *err)
{
    stream->slot_used = 0;
    PWI_TRY(bind(stream, i_layer, err));
    PWI_TRY(pwi_loader_make_room(&stream->loader, &stream->allocator, err));
    PWI_TRY(pwi_loader_read(&stream->loader, false, err));
    *block = &stream->block;
    return pwi_weights_check(stream->weights, err);
}

pw_status pwi_stream_tokens(const pwi_stream *stream, const uint32_t *ids, size_t n, void *out,
                            size_t out_stride, pw_error *err)
{
    const pwi_table *table = &stream->clip->token_embedding;

    for (size_t i = 0; i < n; i++)
        if (ids[i] < table->n_rows)
            PWI_TRY(pwi_weights_read_range(
                stream->weights, table->i_tensor, ids[i] * table->row_bytes,
                (char *)out + i * out_stride, table->row_bytes, err));
    return pwi_weights_check(stream->weights, err);
}
