/* SPDX-License-Identifier: MIT */
/* gzip files into memory, with a limit. Several members in one file follow each other, as RFC
 * 1952 has it; anything else behind the last one is refused. */
#include "formats/archive.h"

#include "base/error.h"
#include "formats/inflater.h"

#define PIECE_SIZE ((size_t)1 << 16)

/* Inflate one member to the end of `out`. One byte over the limit is asked for, to tell a file
 * of just size_max bytes from a longer one. */
static pw_status read_member(pwi_inflater *inflater, size_t size_max, pwi_buf *out,
                             size_t begin, pw_error *err)
{
    while (!inflater->ended) {
        const size_t room = size_max - (out->size - begin);
        const size_t piece = room < PIECE_SIZE ? room + 1 : PIECE_SIZE;
        size_t size;

        if (!pwi_buf_reserve(out, piece))
            return pwi_fail_memory(err);
        PWI_TRY(pwi_inflater_read(inflater, out->data + out->size, piece, &size, err));
        if (size > room)
            return PWI_FAIL(err, PW_ERR_LIMIT,
                            "holds more than %zu bytes, the limit for a file of this kind",
                            size_max);
        out->size += size;
        out->data[out->size] = '\0';
    }
    return PW_OK;
}

static pw_status begins_with_gzip(const pwi_input *input, uint64_t offset, pw_error *err)
{
    unsigned char magic[2] = {0, 0};

    if (input->size - offset >= sizeof(magic))
        PWI_TRY(pwi_input_read(input, offset, magic, sizeof(magic), err));
    if (magic[0] == 0x1F && magic[1] == 0x8B)
        return PW_OK;
    if (offset == 0)
        return PWI_FAIL(err, PW_ERR_FOREIGN, "is not a gzip file");
    return pwi_fail_at(err, PW_ERR_TRAILING, offset,
                       "bytes that are not gzip follow the compressed data");
}

static pw_status read_members(pwi_inflater *inflater, size_t size_max, pwi_buf *out,
                              pw_error *err)
{
    const size_t begin = out->size;

    for (;;) {
        PWI_TRY(read_member(inflater, size_max, out, begin, err));
        if (pwi_inflater_left(inflater) == 0)
            return PW_OK;
        PWI_TRY(begins_with_gzip(inflater->input, inflater->end - pwi_inflater_left(inflater),
                                 err));
        PWI_TRY(pwi_inflater_restart(inflater, err));
    }
}

pw_status pwi_gzip_read(const pw_allocator *allocator, const char *path, size_t size_max,
                        pwi_buf *out, pw_error *err)
{
    pwi_input input = PWI_INPUT_CLOSED;
    pwi_inflater inflater = {.is_open = false};
    pw_status status;

    PWI_TRY(pwi_input_open(&input, path, err));
    PWI_TRY_OR(status, begins_with_gzip(&input, 0, err), done);
    PWI_TRY_OR(
        status,
        pwi_inflater_open(&inflater, allocator, PWI_DEFLATE_GZIP, &input, 0, input.size, err),
        done);
    status = read_members(&inflater, size_max, out, err);
done:
    pwi_inflater_close(&inflater);
    pwi_input_close(&input);
    return pwi_where(err, path, status);
}
