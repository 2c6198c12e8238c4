/* SPDX-License-Identifier: MIT */
/* inflate in pieces: packed bytes come through a window that is filled when zlib has used it
 * up. */
#include "formats/inflater.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"

#define WINDOW_SIZE ((size_t)1 << 16)

pw_status pwi_inflater_open(pwi_inflater *inflater, const pw_allocator *allocator,
                            pwi_deflate_form form, const pwi_input *input, uint64_t offset,
                            uint64_t end, pw_error *err)
{
    /* zlib's codes for a 32 KiB history: negative without a head, 16 more for gzip's. */
    const int window_bits = form == PWI_DEFLATE_RAW ? -15 : 15 + 16;

    PW_ASSERT(offset <= end);
    memset(inflater, 0, sizeof(*inflater));
    inflater->allocator = allocator;
    inflater->input = input;
    inflater->offset = offset;
    inflater->end = end;
    inflater->stream.zalloc = pwi_alloc_remembering;
    inflater->stream.zfree = pwi_free_remembered;
    inflater->stream.opaque = (void *)(uintptr_t)allocator;
    inflater->window_size = end - offset < WINDOW_SIZE ? (size_t)(end - offset) : WINDOW_SIZE;
    inflater->window = pwi_alloc_array(allocator, inflater->window_size, 1);
    if (inflater->window == NULL)
        return pwi_fail_memory(err);
    inflater->is_open = inflateInit2(&inflater->stream, window_bits) == Z_OK;
    if (!inflater->is_open) {
        pwi_inflater_close(inflater);
        return pwi_fail_memory(err);
    }
    return PW_OK;
}

void pwi_inflater_close(pwi_inflater *inflater)
{
    if (inflater->is_open)
        inflateEnd(&inflater->stream);
    if (inflater->allocator != NULL)
        pwi_free_array(inflater->allocator, inflater->window, inflater->window_size, 1);
    memset(inflater, 0, sizeof(*inflater));
}

/* Packed bytes for zlib, if the range has more. */
static pw_status refill(pwi_inflater *inflater, pw_error *err)
{
    const uint64_t left = inflater->end - inflater->offset;
    const size_t size = left < inflater->window_size ? (size_t)left : inflater->window_size;

    if (inflater->stream.avail_in > 0 || size == 0)
        return PW_OK;
    PWI_TRY(pwi_input_read(inflater->input, inflater->offset, inflater->window, size, err));
    inflater->offset += size;
    inflater->stream.next_in = inflater->window;
    inflater->stream.avail_in = (unsigned)size;
    return PW_OK;
}

/* One call of zlib's. What it says about the packed bytes, as a status. */
static pw_status inflate_once(pwi_inflater *inflater, pw_error *err)
{
    const uint64_t position = inflater->offset - inflater->stream.avail_in;

    switch (inflate(&inflater->stream, Z_NO_FLUSH)) {
    case Z_STREAM_END:
        inflater->ended = true;
        return PW_OK;
    case Z_OK:
        return PW_OK;
    case Z_MEM_ERROR:
        return pwi_fail_memory(err);
    case Z_BUF_ERROR:
        return pwi_fail_at(err, PW_ERR_TRUNCATED, inflater->end,
                           "the compressed data ends too early: the file is incomplete");
    default:
        return pwi_fail_at(err, PW_ERR_FORMAT, position,
                           "the compressed data is damaged (%s): fetch or make the file again",
                           inflater->stream.msg != NULL ? inflater->stream.msg
                                                        : "no deflate data");
    }
}

pw_status pwi_inflater_read(pwi_inflater *inflater, void *out, size_t capacity, size_t *size,
                            pw_error *err)
{
    unsigned char *p = out;

    *size = 0;
    while (*size < capacity && !inflater->ended) {
        const size_t left = capacity - *size;
        const unsigned piece = left < UINT_MAX ? (unsigned)left : UINT_MAX;

        PWI_TRY(refill(inflater, err));
        inflater->stream.next_out = p + *size;
        inflater->stream.avail_out = piece;
        PWI_TRY(inflate_once(inflater, err));
        *size += piece - inflater->stream.avail_out;
    }
    return PW_OK;
}

uint64_t pwi_inflater_left(const pwi_inflater *inflater)
{
    return inflater->end - inflater->offset + inflater->stream.avail_in;
}

pw_status pwi_inflater_restart(pwi_inflater *inflater, pw_error *err)
{
    if (inflateReset(&inflater->stream) != Z_OK)
        return PWI_FAIL(err, PW_ERR_FORMAT, "the compressed data cannot be read on");
    inflater->ended = false;
    return PW_OK;
}
