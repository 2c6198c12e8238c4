/* SPDX-License-Identifier: MIT */
/* Which file of a model's folder is meant by the folder's path. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "formats/tensor_set.h"

/* In the order in which they are preferred. */
static const char *const preferred[] = {
    "model.safetensors",
    "model.safetensors.index.json",
    "model.fp16.safetensors",
    "model.safetensors.index.fp16.json",
};

/* What else lies in the folder. */
struct listing {
    pwi_arena *arena;
    size_t n_tensor_files, n_indexes;
    const char *tensor_file, *index, *other; /* the first by name of each */
};

static bool ends_with(const char *name, const char *ending)
{
    const size_t size = strlen(name), n = strlen(ending);

    return size > n && strcmp(name + size - n, ending) == 0;
}

/* Keep the first by name, so that the answer does not depend on the folder's order. */
static bool keep_first(struct listing *listing, const char **first, const char *name)
{
    if (*first != NULL && strcmp(*first, name) < 0)
        return true;
    *first = pwi_arena_string(listing->arena, name, strlen(name));
    return *first != NULL;
}

static bool add_name(struct listing *listing, const char *name)
{
    static const char *const others[] = {".bin", ".pt", ".pth", ".ckpt", ".gguf"};

    if (ends_with(name, ".safetensors")) {
        listing->n_tensor_files++;
        return keep_first(listing, &listing->tensor_file, name);
    }
    if (ends_with(name, ".safetensors.index.json")) {
        listing->n_indexes++;
        return keep_first(listing, &listing->index, name);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (ends_with(name, others[i]))
            return keep_first(listing, &listing->other, name);
    }
    return true;
}

static pw_status list(struct listing *listing, const char *folder, pw_error *err)
{
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    bool kept = true;

    if (stream == NULL)
        return pwi_fail_errno(err, "cannot list the folder");
    errno = 0;
    while (kept && (entry = readdir(stream)) != NULL)
        kept = add_name(listing, entry->d_name);
    if (kept && errno != 0) {
        const pw_status status = pwi_fail_errno(err, "cannot list the folder");

        closedir(stream);
        return status;
    }
    closedir(stream);
    return kept ? PW_OK : pwi_fail_memory(err);
}

const char *pwi_path_joined(pwi_arena *arena, const char *folder, const char *name)
{
    const size_t size = strlen(folder), n = strlen(name);
    const bool slash = size > 0 && folder[size - 1] != '/';
    char *path = pwi_arena_alloc(arena, size + n + 2);

    if (path != NULL)
        snprintf(path, size + n + 2, "%s%s%s", folder, slash ? "/" : "", name);
    return path;
}

/* Nothing fits: say what was looked for, and what else there is. */
static pw_status not_found(const struct listing *listing, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    const char *other = listing->other;

    if (listing->n_tensor_files > 1)
        return PWI_FAIL(err, PW_ERR_NOT_FOUND,
                        "the folder holds %zu .safetensors files and none is named "
                        "model.safetensors; give the path of the one that is meant, %s for "
                        "example",
                        listing->n_tensor_files,
                        pwi_quote(quoted, listing->tensor_file, strlen(listing->tensor_file)));
    if (other == NULL)
        return PWI_FAIL(
            err, PW_ERR_NOT_FOUND,
            "the folder holds no model.safetensors, no *.safetensors.index.json and "
            "no other .safetensors file");
    return PWI_FAIL(
        err, PW_ERR_NOT_FOUND, "the folder holds no .safetensors file; its %s %s",
        pwi_quote(quoted, other, strlen(other)),
        pwi_file_kind_text(ends_with(other, ".gguf") ? PWI_KIND_GGUF : PWI_KIND_ZIP_PICKLE));
}

pw_status pwi_file_in_folder(pwi_arena *arena, const char *folder, const char **path,
                             pw_error *err)
{
    struct listing listing = {.arena = arena};
    struct stat info;

    for (size_t i = 0; i < sizeof(preferred) / sizeof(preferred[0]); i++) {
        *path = pwi_path_joined(arena, folder, preferred[i]);
        if (*path == NULL)
            return pwi_fail_memory(err);
        if (stat(*path, &info) == 0)
            return PW_OK;
    }
    *path = NULL;
    PWI_TRY(list(&listing, folder, err));
    if (listing.n_indexes == 1)
        *path = pwi_path_joined(arena, folder, listing.index);
    else if (listing.n_tensor_files == 1)
        *path = pwi_path_joined(arena, folder, listing.tensor_file);
    else
        return not_found(&listing, err);
    return *path != NULL ? PW_OK : pwi_fail_memory(err);
}
