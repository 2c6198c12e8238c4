/* SPDX-License-Identifier: MIT */
/* Opening one file as a stranger would: through the public headers, with an allocator that
 * counts, and with reads that can be made to fail. */
#include "safetensors_case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* glibc declares syscall() to others than strict POSIX programs only. */
long syscall(long number, ...);

#define READ_BYTES_MAX ((uint64_t)64 << 20)

/* What the reads of this process are to suffer. */
static struct {
    enum fault fault;
    uint64_t data_begin;
    unsigned n_reads;
} injected;

/* The library's reads come here: a program's own definition stands before libc's. */
__attribute__((visibility("default"))) ssize_t pread(int fd, void *buffer, size_t size,
                                                     off_t offset)
{
    const bool in_data = (uint64_t)offset + size > injected.data_begin;

    injected.n_reads++;
    if ((injected.fault == FAULT_INTERRUPTED && injected.n_reads % 2 == 1) ||
        (injected.fault == FAULT_EIO && in_data)) {
        errno = injected.fault == FAULT_EIO ? EIO : EINTR;
        return -1;
    }
    if (injected.fault == FAULT_SHORT && size > 1)
        size = 1;
    return syscall(SYS_pread64, fd, buffer, size, offset);
}

struct counter {
    size_t current, peak;
};

static void *counting_alloc(void *ctx, size_t size, size_t align)
{
    struct counter *counter = ctx;
    void *p = NULL;

    if (posix_memalign(&p, align < sizeof(void *) ? sizeof(void *) : align, size) != 0)
        return NULL;
    counter->current += size;
    if (counter->current > counter->peak)
        counter->peak = counter->current;
    return p;
}

static void counting_free(void *ctx, void *p, size_t size, size_t align)
{
    struct counter *counter = ctx;

    (void)align;
    counter->current -= size;
    free(p);
}

static double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* 8 + N of a safetensors file, or "never". */
static uint64_t data_begin_of(const char *path)
{
    unsigned char bytes[8];
    FILE *stream = fopen(path, "rb");
    uint64_t n = 0;
    const bool read = stream != NULL && fread(bytes, 1, 8, stream) == 8;

    if (stream != NULL)
        fclose(stream);
    for (int i = 7; read && i >= 0; i--)
        n = n << 8 | bytes[i];
    return read && n < UINT64_MAX - 8 ? n + 8 : UINT64_MAX;
}

/* What an accepted file says about itself: sizes follow from shapes, names differ, and all
 * together are the file. */
static bool is_consistent(const pw_file *file)
{
    uint64_t total = 0;

    for (size_t i = 0; i < pw_file_n_tensors(file); i++) {
        const pw_tensor *tensor = pw_file_tensor(file, i);
        uint64_t bits = pw_dtype_bits(tensor->dtype);

        for (int32_t k = 0; k < tensor->rank; k++)
            bits *= (uint64_t)tensor->shape[k];
        if (bits != (uint64_t)tensor->size_bytes * 8 ||
            pw_file_find(file, pw_file_tensor_name(file, i)) != (int64_t)i)
            return false;
        total += tensor->size_bytes;
    }
    return pw_file_format(file) != PW_FORMAT_SAFETENSORS ||
           total + data_begin_of(pw_file_path(file)) == pw_file_size(file);
}

static pw_status read_tensors(const pw_file *file, pw_error *err)
{
    pw_status status = PW_OK;

    if (pw_file_size(file) > READ_BYTES_MAX)
        return PW_OK;
    for (size_t i = 0; i < pw_file_n_tensors(file) && status == PW_OK; i++) {
        const size_t size = pw_file_tensor(file, i)->size_bytes;
        void *out = malloc(size > 0 ? size : 1);

        status = pw_file_read(file, i, out, size, err);
        free(out);
    }
    return status;
}

/* What happens to a file between opening and reading. */
static void change_file(const char *path, enum fault fault)
{
    FILE *stream;

    if (fault == FAULT_SHRINK && truncate(path, 8) != 0)
        perror(path);
    if (fault == FAULT_GROW && (stream = fopen(path, "ab")) != NULL) {
        fputs("appended", stream);
        fclose(stream);
    }
}

static void try_in_context(struct outcome *outcome, pw_context *ctx, struct counter *counter,
                           const char *path, const pw_file_options *options, enum fault fault)
{
    pw_file *file = NULL;
    const size_t before = counter->current;
    const double start = cpu_ms();

    counter->peak = before;
    outcome->status = pw_file_open(&file, ctx, path, options, &outcome->error);
    outcome->ms = cpu_ms() - start;
    outcome->peak_bytes = counter->peak - before;
    if (outcome->status == PW_OK) {
        outcome->is_consistent = is_consistent(file);
        change_file(path, fault);
        outcome->status = read_tensors(file, &outcome->error);
        pw_file_free(file);
    }
    outcome->leaked_bytes = counter->current - before;
}

void try_file(struct outcome *outcome, const char *path, int32_t format, bool strict,
              enum fault fault)
{
    struct counter counter = {0, 0};
    pw_context_options options;
    pw_file_options file_options;
    pw_context *ctx;

    memset(outcome, 0, sizeof(*outcome));
    pw_context_options_init(&options);
    options.allocator = (pw_allocator){&counter, counting_alloc, counting_free};
    options.n_threads = 1;
    pw_file_options_init(&file_options);
    file_options.strict = strict;
    file_options.expected_format = format;
    outcome->status = pw_context_create(&ctx, &options, &outcome->error);
    if (outcome->status != PW_OK)
        return;
    injected.data_begin = fault == FAULT_EIO ? data_begin_of(path) : UINT64_MAX;
    injected.n_reads = 0;
    injected.fault = fault;
    try_in_context(outcome, ctx, &counter, path, &file_options, fault);
    injected.fault = FAULT_NONE;
    pw_context_free(ctx);
}
