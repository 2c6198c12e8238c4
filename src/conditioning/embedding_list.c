/* SPDX-License-Identifier: MIT */
/* Which files of textual inversion lie in folders and in the folders below them. Names that
 * begin with a dot are passed over, and names that are no UTF-8, which no prompt can hold. The
 * order is the same on every file system. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "conditioning/embeddings.h"

#include "base/utf8.h"
#include "formats/tensor_set.h"

static const char *const endings[PWI_N_ENDINGS] = {
    [PWI_ENDING_SAFETENSORS] = ".safetensors",
    [PWI_ENDING_PT] = ".pt",
    [PWI_ENDING_BIN] = ".bin",
};

/* What is kept of a folder's entry. */
struct item {
    const char *name;
    int ending; /* -1: a folder */
    uint64_t device, inode;
};

struct lister {
    pw_context *ctx;
    pwi_arena *arena;
    pwi_embedding_list *list;
    pwi_arena scratch; /* of one folder */
    PWI_LIST(struct item) items;
};

/* The ending of a file's name in any case of letters, or -1. */
static int ending_of(const char *name)
{
    const size_t size = strlen(name);

    for (int i = 0; i < PWI_N_ENDINGS; i++) {
        const size_t n = strlen(endings[i]);
        size_t k = 0;

        if (size <= n)
            continue;
        while (k < n && (name[size - n + k] == endings[i][k] ||
                         name[size - n + k] == endings[i][k] - 'a' + 'A'))
            k++;
        if (k == n)
            return i;
    }
    return -1;
}

static pw_status keep(struct lister *lister, const char *folder, const char *name,
                      const struct stat *info, int ending, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    const size_t size = strlen(name);
    const struct item item = {pwi_arena_string(&lister->scratch, name, size), ending,
                              (uint64_t)info->st_dev, (uint64_t)info->st_ino};

    if (item.name == NULL)
        return pwi_fail_memory(err);
    if (pwi_utf8_valid_prefix(name, size) < size) {
        pwi_warn(lister->ctx, folder, "%s is left out: its name is not UTF-8, rename it",
                 pwi_quote(quoted, name, size));
        return PW_OK;
    }
    if (lister->items.n == PW_EMBEDDING_FILES_MAX + PW_EMBEDDING_FOLDERS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the folder holds more than %d files and folders: give one that holds "
                        "embeddings only",
                        PW_EMBEDDING_FILES_MAX + PW_EMBEDDING_FOLDERS_MAX);
    PWI_LIST_ADD(&lister->scratch, &lister->items, item, err);
    return PW_OK;
}

static pw_status read_items(struct lister *lister, DIR *stream, const char *folder,
                            pw_error *err)
{
    const struct dirent *entry;
    struct stat info;

    while (errno = 0, (entry = readdir(stream)) != NULL) {
        const char *name = entry->d_name;
        const int ending = ending_of(name);

        /* A link that leads nowhere is as good as no file. */
        if (name[0] == '.' || fstatat(dirfd(stream), name, &info, 0) != 0)
            continue;
        if (S_ISDIR(info.st_mode))
            PWI_TRY(keep(lister, folder, name, &info, -1, err));
        else if (S_ISREG(info.st_mode) && ending >= 0)
            PWI_TRY(keep(lister, folder, name, &info, ending, err));
    }
    return errno == 0 ? PW_OK : pwi_fail_errno(err, "cannot list the folder");
}

static pw_status open_folder(DIR **stream, const char *path, pw_error *err)
{
    *stream = opendir(path);
    if (*stream != NULL)
        return PW_OK;
    if (errno == ENOENT)
        return PWI_FAIL(err, PW_ERR_NOT_FOUND, "there is no such folder");
    return pwi_fail_errno(err, "cannot list the folder");
}

static bool is_name_before(const void *context, uint32_t a, uint32_t b)
{
    const struct item *items = context;

    return strcmp(items[a].name, items[b].name) < 0;
}

static pw_status sort_items(struct lister *lister, uint32_t **order, pw_error *err)
{
    *order = pwi_arena_alloc(&lister->scratch, (lister->items.n + 1) * sizeof(**order));
    if (*order == NULL)
        return pwi_fail_memory(err);
    for (uint32_t i = 0; i < lister->items.n; i++)
        (*order)[i] = i;
    pwi_sort(*order, lister->items.n, is_name_before, lister->items.items);
    return PW_OK;
}

/* A link may lead back to a folder that it lies in. */
static bool is_circle(const pwi_embedding_list *list, uint32_t i_parent,
                      const struct item *item)
{
    for (uint32_t i = i_parent; i != PWI_NONE; i = list->folders.items[i].i_parent) {
        if (list->folders.items[i].device == item->device &&
            list->folders.items[i].inode == item->inode)
            return true;
    }
    return false;
}

static pw_status add_folder(struct lister *lister, const char *path, uint32_t i_parent,
                            const struct item *item, pw_error *err)
{
    const size_t size = strlen(path);
    pwi_embedding_folder folder = {path,         size + (size > 0 && path[size - 1] != '/'),
                                   i_parent,     0,
                                   item->device, item->inode};

    if (i_parent != PWI_NONE)
        folder.depth = lister->list->folders.items[i_parent].depth + 1;
    if (folder.depth > PW_EMBEDDING_DEPTH_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "folders are nested more than %d deep",
                        PW_EMBEDDING_DEPTH_MAX);
    if (lister->list->folders.n == PW_EMBEDDING_FOLDERS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "there are more than %d folders: give one that holds embeddings only",
                        PW_EMBEDDING_FOLDERS_MAX);
    PWI_LIST_ADD(lister->arena, &lister->list->folders, folder, err);
    return PW_OK;
}

static pw_status add_file(struct lister *lister, const char *path, uint32_t i_folder,
                          int ending, pw_error *err)
{
    const size_t size = strlen(path) - strlen(endings[ending]);
    const pwi_embedding_file file = {path, pwi_arena_string(lister->arena, path, size),
                                     i_folder, (pwi_embedding_ending)ending,
                                     PWI_EMBEDDING_REFUSED};

    if (file.stem == NULL)
        return pwi_fail_memory(err);
    if (lister->list->files.n == PW_EMBEDDING_FILES_MAX)
        return PWI_FAIL(
            err, PW_ERR_LIMIT,
            "there are more than %d files: give a folder that holds embeddings only",
            PW_EMBEDDING_FILES_MAX);
    PWI_LIST_ADD(lister->arena, &lister->list->files, file, err);
    return PW_OK;
}

static pw_status add_items(struct lister *lister, uint32_t i_folder, pw_error *err)
{
    const char *folder = lister->list->folders.items[i_folder].path;
    uint32_t *order;

    PWI_TRY(sort_items(lister, &order, err));
    for (size_t i = 0; i < lister->items.n; i++) {
        const struct item *item = &lister->items.items[order[i]];
        const char *path = pwi_path_joined(lister->arena, folder, item->name);

        if (path == NULL)
            return pwi_fail_memory(err);
        if (item->ending >= 0)
            PWI_TRY(add_file(lister, path, i_folder, item->ending, err));
        else if (!is_circle(lister->list, i_folder, item))
            PWI_TRY(add_folder(lister, path, i_folder, item, err));
    }
    return PW_OK;
}

static pw_status list_stream(struct lister *lister, uint32_t i_folder, DIR *stream,
                             pw_error *err)
{
    pw_status status;

    pwi_arena_init(&lister->scratch, &lister->ctx->allocator);
    lister->items.items = NULL;
    lister->items.n = lister->items.capacity = 0;
    status = read_items(lister, stream, lister->list->folders.items[i_folder].path, err);
    if (status == PW_OK)
        status = add_items(lister, i_folder, err);
    pwi_arena_free(&lister->scratch);
    return status;
}

/* A folder below that cannot be opened is passed over with a warning. */
static pw_status list_folder(struct lister *lister, uint32_t i_folder, pw_error *err)
{
    const pwi_embedding_folder folder = lister->list->folders.items[i_folder];
    DIR *stream;
    pw_status status = open_folder(&stream, folder.path, err);

    if (status != PW_OK && folder.i_parent != PWI_NONE) {
        pwi_warn(lister->ctx, folder.path, "the folder cannot be listed and is left out");
        return PW_OK;
    }
    if (status == PW_OK) {
        status = list_stream(lister, i_folder, stream, err);
        closedir(stream);
    }
    return pwi_where(err, folder.path, status);
}

static pw_status list_all_in(struct lister *lister, const char *given, pw_error *err)
{
    const uint32_t first = (uint32_t)lister->list->folders.n;
    const char *path = pwi_arena_string(lister->arena, given, strlen(given));
    struct stat info;
    struct item item = {path, -1, 0, 0};

    if (path == NULL)
        return pwi_fail_memory(err);
    if (stat(path, &info) == 0) {
        item.device = (uint64_t)info.st_dev;
        item.inode = (uint64_t)info.st_ino;
    }
    PWI_TRY(pwi_where(err, path, add_folder(lister, path, PWI_NONE, &item, err)));
    for (uint32_t i = first; i < lister->list->folders.n; i++)
        PWI_TRY(list_folder(lister, i, err));
    return PW_OK;
}

pw_status pwi_embedding_list_fill(pwi_embedding_list *list, pw_context *ctx, pwi_arena *arena,
                                  const char *const *folders, size_t n_folders, pw_error *err)
{
    struct lister lister = {.ctx = ctx, .arena = arena, .list = list};

    for (size_t i = 0; i < n_folders; i++)
        PWI_TRY(list_all_in(&lister, folders[i], err));
    return PW_OK;
}
