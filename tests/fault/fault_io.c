/* SPDX-License-Identifier: MIT */
/* A shim for LD_PRELOAD: the n-th call of one kind on files of interest fails as told. What is
 * not told to fail goes to the kernel as it came.
 *
 *   FAULT_CALL   open read pread write fsync close rename fallocate mkdir; of streams, whose
 *                calls inside libc no shim sees: fopen fwrite fflush fclose
 *   FAULT_KIND   EINTR EIO ENOSPC EMFILE EACCES ... or short: fewer bytes than asked for; KILL:
 *                the process is gone before the call is made
 *   FAULT_NTH    1, 2, ...
 *   FAULT_STAYS  1: every call from the n-th on
 *   FAULT_PATH   only files whose path holds this text; "-" means standard output
 *   FAULT_FIRED  a file that is made when a fault was given */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS_MAX     4096
#define SHORT_BYTES 7

/* Prototypes of what we stand in for, where headers give macros or attributes that get in the
 * way. */
int open64(const char *path, int flags, ...);
ssize_t pread64(int fd, void *buffer, size_t size, off_t offset);
int fallocate64(int fd, int mode, off_t offset, off_t size);
FILE *fopen64(const char *path, const char *mode);

static bool of_interest[FDS_MAX];
static unsigned n_calls;

static const char *setting(const char *name)
{
    const char *value = getenv(name);

    return value == NULL ? "" : value;
}

static bool path_matches(const char *path)
{
    const char *wanted = setting("FAULT_PATH");

    return wanted[0] != '\0' && strcmp(wanted, "-") != 0 && strstr(path, wanted) != NULL;
}

static bool fd_matches(int fd)
{
    if (fd == STDOUT_FILENO && strcmp(setting("FAULT_PATH"), "-") == 0)
        return true;
    return fd >= 0 && fd < FDS_MAX && of_interest[fd];
}

static int error_number(const char *kind)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {{"EINTR", EINTR},   {"EIO", EIO},       {"ENOSPC", ENOSPC},
                  {"EMFILE", EMFILE}, {"EACCES", EACCES}, {"EDQUOT", EDQUOT},
                  {"EPIPE", EPIPE},   {"short", 0}};

    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
        if (strcmp(kind, errors[i].name) == 0)
            return errors[i].number;
    return EIO;
}

/* Whether this call is the one. */
static bool fires(const char *call)
{
    const unsigned nth = (unsigned)strtoul(setting("FAULT_NTH"), NULL, 10);
    const bool stays = strcmp(setting("FAULT_STAYS"), "1") == 0;

    if (strcmp(call, setting("FAULT_CALL")) != 0)
        return false;
    n_calls++;
    if (n_calls < nth || (n_calls > nth && !stays))
        return false;
    syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, setting("FAULT_FIRED"),
                                    O_CREAT | O_WRONLY, 0666));
    if (strcmp(setting("FAULT_KIND"), "KILL") == 0)
        raise(SIGKILL);
    errno = error_number(setting("FAULT_KIND"));
    return true;
}

/* A count that the fault lets through: 0 when the call fails with errno, else fewer bytes. */
static size_t allowed(size_t size)
{
    if (strcmp(setting("FAULT_KIND"), "short") != 0)
        return 0;
    return size < SHORT_BYTES ? size : SHORT_BYTES;
}

static int open_any(const char *path, int flags, mode_t mode)
{
    const bool matches = path_matches(path);
    int fd;

    if (matches && fires("open"))
        return -1;
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && fd < FDS_MAX)
        of_interest[fd] = matches;
    return fd;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_any(path, flags, mode);
}

ssize_t read(int fd, void *buffer, size_t size)
{
    if (fd_matches(fd) && size > 0 && fires("read") && (size = allowed(size)) == 0)
        return -1;
    return syscall(SYS_read, fd, buffer, size);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    if (fd_matches(fd) && size > 0 && fires("pread") && (size = allowed(size)) == 0)
        return -1;
    return syscall(SYS_pread64, fd, buffer, size, offset);
}

ssize_t pread64(int fd, void *buffer, size_t size, off_t offset)
{
    return pread(fd, buffer, size, offset);
}

ssize_t write(int fd, const void *buffer, size_t size)
{
    if (fd_matches(fd) && size > 0 && fires("write") && (size = allowed(size)) == 0)
        return -1;
    return syscall(SYS_write, fd, buffer, size);
}

int fsync(int fd)
{
    if (fd_matches(fd) && fires("fsync"))
        return -1;
    return (int)syscall(SYS_fsync, fd);
}

/* A failing close has closed the descriptor all the same: that is what Linux does. */
int close(int fd)
{
    const bool matches = fd_matches(fd);
    const int result = (int)syscall(SYS_close, fd);

    if (fd >= 0 && fd < FDS_MAX)
        of_interest[fd] = false;
    return matches && fires("close") ? -1 : result;
}

int rename(const char *old_path, const char *new_path)
{
    if ((path_matches(old_path) || path_matches(new_path)) && fires("rename"))
        return -1;
    return (int)syscall(SYS_renameat2, AT_FDCWD, old_path, AT_FDCWD, new_path, 0);
}

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    if (fd_matches(fd) && fires("fallocate"))
        return -1;
    return (int)syscall(SYS_fallocate, fd, mode, offset, size);
}

int fallocate64(int fd, int mode, off_t offset, off_t size)
{
    return fallocate(fd, mode, offset, size);
}

int mkdir(const char *path, mode_t mode)
{
    if (path_matches(path) && fires("mkdir"))
        return -1;
    return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

/* The function that we stand in for. */
static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

FILE *fopen(const char *path, const char *mode)
{
    FILE *(*real)(const char *, const char *) = NULL;
    const bool matches = path_matches(path);
    FILE *file;

    *(void **)&real = next("fopen");
    if (matches && (fires("open") || fires("fopen")))
        return NULL;
    file = real(path, mode);
    if (file != NULL && fileno(file) < FDS_MAX)
        of_interest[fileno(file)] = matches;
    return file;
}

FILE *fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file)
{
    size_t (*real)(const void *, size_t, size_t, FILE *) = NULL;

    *(void **)&real = next("fwrite");
    if (fd_matches(fileno(file)) && fires("fwrite"))
        return 0;
    return real(bytes, size, count, file);
}

int fflush(FILE *file)
{
    int (*real)(FILE *) = NULL;

    *(void **)&real = next("fflush");
    if (file != NULL && fd_matches(fileno(file)) && fires("fflush"))
        return EOF;
    return real(file);
}

/* What was still buffered did not reach the disk. */
int fclose(FILE *file)
{
    int (*real)(FILE *) = NULL;
    const int fd = fileno(file);
    const bool matches = fd_matches(fd);
    int result;

    *(void **)&real = next("fclose");
    result = real(file);
    if (fd >= 0 && fd < FDS_MAX)
        of_interest[fd] = false;
    return matches && fires("fclose") ? EOF : result;
}
