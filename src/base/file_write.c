/* SPDX-License-Identifier: MIT */
/* Atomic writing. */
#define _GNU_SOURCE
#include "base/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)1 << 18)

const char *pwi_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* "folder/.name.tmp.PID.N": hidden, in the same folder, so that rename is atomic. */
static void temporary_name(pwi_output *output, unsigned attempt)
{
    const char *name = pwi_path_name(output->path);

    snprintf(output->temporary, output->temporary_size, "%.*s.%s.tmp.%ld.%u",
             (int)(name - output->path), output->path, name, (long)getpid(), attempt);
}

static pw_status open_temporary(pwi_output *output, uint64_t expected_size, pw_error *err)
{
    for (unsigned attempt = 0; output->fd < 0; attempt++) {
        temporary_name(output, attempt);
        output->fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (output->fd < 0 && errno != EINTR && (errno != EEXIST || attempt >= 100))
            return pwi_fail_errno(err, "cannot create");
    }
    /* Reserving is a courtesy: file systems without it answer EOPNOTSUPP. */
    if (expected_size > 0 && expected_size <= INT64_MAX &&
        fallocate(output->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)expected_size) != 0 &&
        errno == ENOSPC)
        return pwi_fail_errno(err, "cannot reserve space");
    return PW_OK;
}

static pw_status open_output(pwi_output *output, const char *path, uint64_t expected_size,
                             pw_error *err)
{
    struct stat info;

    output->path_size = strlen(path) + 1;
    output->temporary_size = output->path_size + 40;
    output->path = pwi_alloc_array(output->allocator, output->path_size, 1);
    output->temporary = pwi_alloc_array(output->allocator, output->temporary_size, 1);
    output->buffer = pwi_alloc_array(output->allocator, BUFFER_SIZE, 1);
    if (output->path == NULL || output->temporary == NULL || output->buffer == NULL)
        return pwi_fail_memory(err);
    memcpy(output->path, path, output->path_size);
    output->is_stdout = strcmp(path, "-") == 0;
    if (output->is_stdout) {
        output->fd = STDOUT_FILENO;
        return PW_OK;
    }
    if (pwi_path_name(path)[0] == '\0')
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "names a folder, not a file");
    /* rename would put a file in the place of a device. */
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return PWI_FAIL(err, PW_ERR_NOT_REGULAR, "is there already, and is not a file");
    return open_temporary(output, expected_size, err);
}

pw_status pwi_output_open(pwi_output *output, const pw_allocator *allocator, const char *path,
                          uint64_t expected_size, pw_error *err)
{
    pw_status status;

    *output = PWI_OUTPUT_CLOSED;
    output->allocator = allocator;
    status = open_output(output, path, expected_size, err);
    if (status != PW_OK)
        pwi_output_discard(output);
    return pwi_where(err, path, status);
}

static pw_status write_all(int fd, const char *bytes, size_t size, pw_error *err)
{
    while (size > 0) {
        const ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pwi_fail_errno(err, "cannot write");
        bytes += n;
        size -= (size_t)n;
    }
    return PW_OK;
}

static pw_status flush(pwi_output *output, pw_error *err)
{
    const size_t used = output->used;

    output->used = 0;
    return write_all(output->fd, output->buffer, used, err);
}

pw_status pwi_output_write(pwi_output *output, const void *bytes, size_t size, pw_error *err)
{
    pw_status status = PW_OK;

    if (size > BUFFER_SIZE - output->used)
        status = flush(output, err);
    if (status == PW_OK && size > BUFFER_SIZE) {
        status = write_all(output->fd, bytes, size, err);
    } else if (status == PW_OK && size > 0) {
        memcpy(output->buffer + output->used, bytes, size);
        output->used += size;
    }
    return pwi_where(err, output->path, status);
}

/* fsync of the folder makes the rename durable. */
static pw_status sync_folder(const pwi_output *output, pw_error *err)
{
    char folder[4096];
    const size_t length = (size_t)(pwi_path_name(output->path) - output->path);
    int fd, result;

    if (length >= sizeof(folder))
        return PW_OK; /* longer than PATH_MAX: the kernel would not have opened it */
    snprintf(folder, sizeof(folder), "%.*s", (int)length, output->path);
    fd = open(length == 0 ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return pwi_fail_errno(err,
                              "written, but its folder cannot be opened to make that durable");
    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    if (result != 0 && errno != EINVAL) {
        const pw_status status =
            pwi_fail_errno(err, "written, but its folder cannot be synced");

        close(fd);
        return status;
    }
    close(fd);
    return PW_OK;
}

static pw_status commit(pwi_output *output, pw_error *err)
{
    int fd;

    PWI_TRY(flush(output, err));
    if (output->is_stdout)
        return PW_OK;
    if (fsync(output->fd) != 0)
        return pwi_fail_errno(err, "cannot write to the disk");
    fd = output->fd;
    output->fd = -1;
    /* A failed close (NFS, quota) is a failed write. Linux closes the descriptor even on EINTR.
     */
    if (close(fd) != 0 && errno != EINTR) {
        const pw_status status = pwi_fail_errno(err, "cannot close");

        unlink(output->temporary);
        return status;
    }
    if (rename(output->temporary, output->path) != 0) {
        const pw_status status = pwi_fail_errno(err, "cannot rename");

        unlink(output->temporary);
        return status;
    }
    return sync_folder(output, err);
}

pw_status pwi_output_commit(pwi_output *output, pw_error *err)
{
    const pw_status status = pwi_where(err, output->path, commit(output, err));

    pwi_output_discard(output);
    return status;
}

void pwi_output_discard(pwi_output *output)
{
    if (output->fd >= 0 && !output->is_stdout) {
        close(output->fd);
        unlink(output->temporary);
    }
    if (output->allocator != NULL) {
        pwi_free_array(output->allocator, output->path, output->path_size, 1);
        pwi_free_array(output->allocator, output->temporary, output->temporary_size, 1);
        pwi_free_array(output->allocator, output->buffer, BUFFER_SIZE, 1);
    }
    *output = PWI_OUTPUT_CLOSED;
}

pw_status pwi_make_folder(const pw_allocator *allocator, const char *path, pw_error *err)
{
    const size_t size = strlen(path) + 1;
    char *copy = pwi_alloc_array(allocator, size, 1);
    pw_status status = PW_OK;
    struct stat info;

    if (copy == NULL)
        return pwi_fail_memory(err);
    memcpy(copy, path, size);
    for (size_t i = 1; i < size && status == PW_OK; i++) {
        const char here = copy[i];

        if (here != '/' && here != '\0')
            continue;
        copy[i] = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            status = pwi_fail_errno(err, "cannot make the folder");
        copy[i] = here;
    }
    if (status == PW_OK && (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)))
        status = PWI_FAIL(err, PW_ERR_IO, "is there already, and is not a folder");
    pwi_free_array(allocator, copy, size, 1);
    return pwi_where(err, path, status);
}
