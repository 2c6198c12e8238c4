/* SPDX-License-Identifier: MIT */
/* Reading files. */
#define _GNU_SOURCE
#include "base/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

/* Kernels move at most 2 GiB - 4 KiB in one call. */
#define READ_AT_ONCE ((size_t)1 << 30)

/* Years beyond 2262 wrap around, which still tells one from another. */
static int64_t modified_ns(const struct stat *info)
{
    return (int64_t)((uint64_t)info->st_mtim.tv_sec * 1000000000u +
                     (uint64_t)info->st_mtim.tv_nsec);
}

static pw_status open_regular(pwi_input *input, const char *path, pw_error *err)
{
    struct stat info;

    /* O_NONBLOCK: opening a pipe must not wait for a writer. */
    input->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (input->fd < 0 && errno == ENOENT)
        return PWI_FAIL(err, PW_ERR_NOT_FOUND, "no such file");
    if (input->fd < 0)
        return pwi_fail_errno(err, "cannot open");
    if (fstat(input->fd, &info) != 0)
        return pwi_fail_errno(err, "cannot stat");
    if (!S_ISREG(info.st_mode))
        return PWI_FAIL(err, PW_ERR_NOT_REGULAR, "is %s, not a regular file",
                        S_ISDIR(info.st_mode) ? "a folder" : "a device, pipe or socket");
    input->size = (uint64_t)info.st_size;
    input->modified_ns = modified_ns(&info);
    return PW_OK;
}

pw_status pwi_input_open(pwi_input *input, const char *path, pw_error *err)
{
    const pw_status status = open_regular(input, path, err);

    if (status != PW_OK)
        pwi_input_close(input);
    return pwi_where(err, path, status);
}

void pwi_input_close(pwi_input *input)
{
    if (input->fd >= 0)
        close(input->fd);
    *input = PWI_INPUT_CLOSED;
}

pw_status pwi_input_read(const pwi_input *input, uint64_t offset, void *out, size_t size,
                         pw_error *err)
{
    char *p = out;

    if (offset > INT64_MAX || size > INT64_MAX - offset)
        return pwi_fail_at(err, PW_ERR_TRUNCATED, offset, "the file ends before this byte");
    while (size > 0) {
        const size_t piece = size < READ_AT_ONCE ? size : READ_AT_ONCE;
        const ssize_t n = pread(input->fd, p, piece, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pwi_fail_errno(err, "cannot read");
        if (n == 0)
            return pwi_fail_at(
                err, PW_ERR_TRUNCATED, offset,
                "the file became shorter while it was read: it ends at byte %llu",
                (unsigned long long)offset);
        p += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return PW_OK;
}

pw_status pwi_input_check(const pwi_input *input, pw_error *err)
{
    struct stat info;

    if (fstat(input->fd, &info) != 0)
        return pwi_fail_errno(err, "cannot stat");
    if ((uint64_t)info.st_size != input->size || modified_ns(&info) != input->modified_ns)
        return PWI_FAIL(err, PW_ERR_MISMATCH,
                        "the file was written to while it was in use: open it again");
    return PW_OK;
}

static pw_status too_large(size_t size_max, pw_error *err)
{
    return PWI_FAIL(err, PW_ERR_LIMIT, "is over the limit of %zu bytes for a file of this kind",
                    size_max);
}

static pw_status read_regular(const pw_allocator *allocator, const char *path, size_t size_max,
                              char **bytes, size_t *size, pw_error *err)
{
    pwi_input input = PWI_INPUT_CLOSED;
    pw_status status;

    PWI_TRY(pwi_input_open(&input, path, err));
    *size = (size_t)input.size;
    if (input.size > size_max) {
        status = too_large(size_max, err);
        goto done;
    }
    *bytes = pwi_alloc_array(allocator, *size + 1, 1);
    if (*bytes == NULL) {
        status = pwi_fail_memory(err);
        goto done;
    }
    (*bytes)[*size] = '\0';
    status = pwi_input_read(&input, 0, *bytes, *size, err);
    if (status != PW_OK)
        pwi_free_array(allocator, *bytes, *size + 1, 1);
done:
    pwi_input_close(&input);
    return status;
}

static pw_status read_stdin(const pw_allocator *allocator, size_t size_max, char **bytes,
                            size_t *size, pw_error *err)
{
    pwi_buf buf;
    ssize_t n = 1;

    pwi_buf_init(&buf, allocator);
    while (n > 0 && buf.size <= size_max && pwi_buf_reserve(&buf, 65536)) {
        n = read(STDIN_FILENO, buf.data + buf.size, 65536);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            buf.size += (size_t)n;
    }
    if (n < 0 || buf.failed || buf.size > size_max) {
        const pw_status status = n < 0        ? pwi_fail_errno(err, "cannot read")
                                 : buf.failed ? pwi_fail_memory(err)
                                              : too_large(size_max, err);

        pwi_buf_free(&buf);
        return status;
    }
    *size = buf.size;
    *bytes = pwi_grow_array(allocator, buf.data, buf.capacity, buf.size + 1, 1);
    if (*bytes == NULL) {
        pwi_buf_free(&buf);
        return pwi_fail_memory(err);
    }
    (*bytes)[*size] = '\0';
    return PW_OK;
}

pw_status pwi_read_whole(const pw_allocator *allocator, const char *path, size_t size_max,
                         char **bytes, size_t *size, pw_error *err)
{
    const bool is_stdin = path[0] == '-' && path[1] == '\0';
    pw_status status;

    *bytes = NULL;
    *size = 0;
    status = is_stdin ? read_stdin(allocator, size_max, bytes, size, err)
                      : read_regular(allocator, path, size_max, bytes, size, err);
    if (status != PW_OK)
        *bytes = NULL;
    return pwi_where(err, is_stdin ? "standard input" : path, status);
}
