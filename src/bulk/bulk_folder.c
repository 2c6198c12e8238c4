/* SPDX-License-Identifier: MIT */
/* The folder of a run: one run at a time, left-overs of a killed one, names of files. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulk/bulk.h"
#include "formats/tensor_set.h"

#define SHARD_NAME "shard-"

static const char *ending_of(const pw_bulk *bulk)
{
    return pwi_format_row_of((int32_t)bulk->save.format)->ending;
}

static pw_status in_folder(pw_bulk *bulk, const char *name, pw_error *err)
{
    pwi_buf *path = &bulk->path;

    pwi_buf_clear(path);
    pwi_buf_append(path, bulk->options.folder, bulk->folder_size);
    pwi_buf_byte(path, '/');
    pwi_buf_text(path, name);
    return path->failed ? pwi_fail_memory(err) : PW_OK;
}

/* An id becomes a name as it is, or not at all: it must not lead out of the folder. */
static pw_status check_id(const char *id, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    if (id[0] != '\0' && id[0] != '.' && strchr(id, '/') == NULL)
        return PW_OK;
    return PWI_FAIL(err, PW_ERR_ARGUMENT,
                    "the id %s cannot be a file's name: it is empty, begins with a dot or "
                    "holds a slash",
                    pwi_quote(quoted, id, strlen(id)));
}

pw_status pwi_bulk_path(pw_bulk *bulk, const pwi_bulk_piece *piece, pw_error *err)
{
    const size_t size = bulk->options.shard_size;
    const char *id = size > 0 ? NULL : bulk->items[piece->begin].id;
    pwi_buf *path = &bulk->path;

    PWI_TRY(in_folder(bulk, size > 0 ? SHARD_NAME : "", err));
    if (id != NULL) {
        PWI_TRY(check_id(id, err));
        pwi_buf_text(path, id);
    } else {
        pwi_buf_format(path, "%05" PRIu64, size > 0 ? piece->first / size : piece->first);
    }
    pwi_buf_text(path, ending_of(bulk));
    return path->failed ? pwi_fail_memory(err) : PW_OK;
}

/* ".NAME.tmp.PID.N": what base/file_write.c writes to before a file gets its name. Ours are
 * those whose NAME is the index, or ends as this run's files do. */
static bool is_left_over(const pw_bulk *bulk, const char *name)
{
    const char *ending = ending_of(bulk);
    const char *mark = strstr(name, ".tmp.");
    size_t before;

    if (name[0] != '.' || mark == NULL || mark[strspn(mark + 5, "0123456789.") + 5] != '\0')
        return false;
    before = (size_t)(mark - name);
    return strncmp(name, ".index.jsonl.tmp.", 17) == 0 ||
           (before > strlen(ending) &&
            memcmp(mark - strlen(ending), ending, strlen(ending)) == 0);
}

/* The number of a shard of this run's format, or -1. */
static int64_t shard_number(const pw_bulk *bulk, const char *name)
{
    const size_t before = strlen(SHARD_NAME);
    int64_t number = 0;
    size_t n_digits;

    if (strncmp(name, SHARD_NAME, before) != 0)
        return -1;
    n_digits = strspn(name + before, "0123456789");
    if (n_digits < 5 || n_digits > 18 || strcmp(name + before + n_digits, ending_of(bulk)) != 0)
        return -1;
    for (size_t i = 0; i < n_digits; i++)
        number = number * 10 + (name[before + i] - '0');
    return number;
}

static pw_status remove_named(pw_bulk *bulk, const char *name, pw_error *err)
{
    PWI_TRY(in_folder(bulk, name, err));
    if (unlink(bulk->path.data) == 0 || errno == ENOENT)
        return PW_OK;
    return pwi_where(err, bulk->path.data, pwi_fail_errno(err, "cannot remove"));
}

/* Calls visit for each name in the folder. */
static pw_status each_name(pw_bulk *bulk,
                           pw_status (*visit)(pw_bulk *bulk, const char *name, pw_error *err),
                           pw_error *err)
{
    const struct dirent *entry;
    pw_status status = PW_OK;
    DIR *folder = opendir(bulk->options.folder);

    if (folder == NULL)
        return pwi_where(err, bulk->options.folder, pwi_fail_errno(err, "cannot list"));
    while (status == PW_OK && (entry = readdir(folder)) != NULL)
        status = visit(bulk, entry->d_name, err);
    closedir(folder);
    return status;
}

static pw_status remove_left_over(pw_bulk *bulk, const char *name, pw_error *err)
{
    return is_left_over(bulk, name) ? remove_named(bulk, name, err) : PW_OK;
}

/* Two runs would remove each other's temporary files. File systems without locks on folders
 * (NFS) are taken at the user's word. */
static pw_status lock(pw_bulk *bulk, pw_error *err)
{
    bulk->folder_fd = open(bulk->options.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (bulk->folder_fd < 0)
        return pwi_fail_errno(err, "cannot open the folder");
    if (flock(bulk->folder_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return PWI_FAIL(err, PW_ERR_IO,
                        "another run is writing to this folder; wait for it, or name another");
    return PW_OK;
}

pw_status pwi_bulk_open_folder(pw_bulk *bulk, pw_error *err)
{
    PWI_TRY(pwi_make_folder(&bulk->ctx->allocator, bulk->options.folder, err));
    if (bulk->options.rank != 0)
        return PW_OK;
    PWI_TRY(pwi_where(err, bulk->options.folder, lock(bulk, err)));
    return each_name(bulk, remove_left_over, err);
}

void pwi_bulk_close_folder(pw_bulk *bulk)
{
    if (bulk->folder_fd >= 0)
        close(bulk->folder_fd);
    bulk->folder_fd = -1;
}

static pw_status check_name(pw_bulk *bulk, const char *name, pw_error *err)
{
    const size_t size = bulk->options.shard_size;
    const uint64_t n_shards = (bulk->counts.n_prompts + size - 1) / size;
    const int64_t number = shard_number(bulk, name);

    if (number < 0 || (uint64_t)number < n_shards)
        return PW_OK;
    if (bulk->options.replaces)
        return remove_named(bulk, name, err);
    PWI_TRY(in_folder(bulk, name, err));
    return pwi_where(err, bulk->path.data,
                     PWI_FAIL(err, PW_ERR_MISMATCH,
                              "is there already, and this run ends before it (shards: %" PRIu64
                              "): it is of a longer run; remove it, name another folder, or "
                              "let it be replaced (--force)",
                              n_shards));
}

pw_status pwi_bulk_check_beyond(pw_bulk *bulk, pw_error *err)
{
    return each_name(bulk, check_name, err);
}
