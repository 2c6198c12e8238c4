/* SPDX-License-Identifier: MIT */
/* A file's fingerprint: fast on any size, and different after any change of the header, of the
 * size, or of the bytes that are looked at. The recipe, byte by byte, for others to follow:
 *
 *   SHA-256 over
 *     1. the header: all bytes before the data (safetensors: 8 + N; npy: magic to the end of
 *        the dictionary; npz and JSON have none, all of the file is data);
 *     2. the file's size, 8 bytes, little-endian;
 *     3. if the data has at most 64 * 65536 bytes: all of it; else 64 blocks of 65536 bytes,
 *        block i beginning at byte floor(i * (D - 65536) / 63) of the data, D its size: the
 *        first block is the data's first, the last one its last;
 *   written as 64 lower-case hex digits.
 *
 * Of several shards: SHA-256 over the hex digits of theirs (64 characters each, nothing
 * between), in the order of the shards' file names. With `full`, a file's digest is the SHA-256
 * of all of its bytes (what sha256sum prints), and shards are put together in the same way. */
#include <string.h>

#include "base/digest.h"
#include "formats/tensor_set.h"

#define BLOCK    ((size_t)65536)
#define N_BLOCKS 64u

/* One file that is being digested. */
struct digesting {
    const pw_file *file;
    const pwi_file_part *part;
    pwi_digest digest;
    char *buffer; /* [BLOCK] */
    bool shows_progress;
    uint64_t done; /* of all parts, for the progress */
};

static pw_status add_range(struct digesting *d, uint64_t offset, uint64_t size, pw_error *err)
{
    while (size > 0) {
        const size_t n = size < BLOCK ? (size_t)size : BLOCK;

        PWI_TRY(pwi_input_read(&d->part->input, offset, d->buffer, n, err));
        pwi_digest_add(&d->digest, d->buffer, n);
        offset += n;
        size -= n;
        d->done += n;
        if (d->shows_progress)
            PWI_TRY(
                pwi_progress(d->file->ctx, "digesting", d->done, pw_file_size(d->file), err));
    }
    return PW_OK;
}

static pw_status add_sampled(struct digesting *d, pw_error *err)
{
    const uint64_t header = d->part->header_size, size = d->part->input.size;
    const uint64_t data = size - header, last = data - BLOCK;
    unsigned char size_bytes[8];

    PWI_TRY(add_range(d, 0, header, err));
    for (unsigned i = 0; i < 8; i++)
        size_bytes[i] = (unsigned char)(size >> (8 * i));
    pwi_digest_add(&d->digest, size_bytes, sizeof(size_bytes));
    if (data <= N_BLOCKS * BLOCK)
        return add_range(d, header, data, err);
    for (uint64_t i = 0; i < N_BLOCKS; i++) {
        /* i * last / 63 without leaving 64 bits */
        const uint64_t begin =
            last / (N_BLOCKS - 1) * i + last % (N_BLOCKS - 1) * i / (N_BLOCKS - 1);

        PWI_TRY(add_range(d, header + begin, BLOCK, err));
    }
    return PW_OK;
}

static pw_status digest_part(struct digesting *d, bool full, char hex[PWI_DIGEST_HEX + 1],
                             pw_error *err)
{
    pwi_digest_init(&d->digest);
    if (full)
        PWI_TRY(add_range(d, 0, d->part->input.size, err));
    else
        PWI_TRY(add_sampled(d, err));
    pwi_digest_hex(&d->digest, hex);
    return PW_OK;
}

static pw_status digest_file(struct digesting *d, bool full, char hex[PWI_DIGEST_HEX + 1],
                             pw_error *err)
{
    pwi_digest all;

    pwi_digest_init(&all);
    for (size_t i = 0; i < d->file->n_parts; i++) {
        d->part = &d->file->parts[i];
        PWI_TRY(pwi_where(err, d->part->path, digest_part(d, full, hex, err)));
        pwi_digest_add(&all, hex, PWI_DIGEST_HEX);
    }
    if (d->file->n_parts != 1)
        pwi_digest_hex(&all, hex);
    return PW_OK;
}

pw_status pw_file_fingerprint(const pw_file *file, bool full, char hex[PW_FINGERPRINT_HEX + 1],
                              pw_error *err)
{
    const pw_allocator *allocator = &file->ctx->allocator;
    struct digesting d = {.file = file, .shows_progress = full};
    pw_status status;

    hex[0] = '\0';
    d.buffer = pwi_alloc_array(allocator, BLOCK, 1);
    if (d.buffer == NULL)
        return pwi_fail_memory(err);
    status = digest_file(&d, full, hex, err);
    pwi_free_array(allocator, d.buffer, BLOCK, 1);
    if (status != PW_OK)
        hex[0] = '\0';
    return status;
}
