/* SPDX-License-Identifier: MIT */
/* models--org--name/refs/main names a commit; snapshots/COMMIT holds the files. */
#include "hub.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "paths.h"

bool hub_cache(struct pool *pool, char **path)
{
    const char *cache = getenv("HF_HUB_CACHE"), *home = getenv("HF_HOME");

    if (cache != NULL && cache[0] != '\0')
        *path = pool_copy(pool, cache, strlen(cache));
    else if (home != NULL && home[0] != '\0')
        *path = path_join(pool, home, "hub");
    else if (!path_of_user(pool, "XDG_CACHE_HOME", ".cache", path))
        return false;
    else if (*path == NULL)
        return true;
    else
        *path = path_join(pool, *path, "huggingface/hub");
    return *path != NULL;
}

bool hub_is_name(const char *text)
{
    const char *slash = strchr(text, '/');

    if (slash == NULL || slash == text || slash[1] == '\0' || strchr(slash + 1, '/') != NULL)
        return false;
    if (text[0] == '.' || text[0] == '~' || slash[1] == '.')
        return false;
    for (const char *c = text; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("-_./", *c) == NULL)
            return false;
    }
    return !path_ends(text, ".safetensors");
}

#define COMMIT_SIZE 128

/* The commit in refs/main, "" without one. */
static void read_main(const char *folder, char commit[COMMIT_SIZE])
{
    char path[4096];
    FILE *file = NULL;
    size_t n;

    commit[0] = '\0';
    if ((size_t)snprintf(path, sizeof(path), "%s/refs/main", folder) < sizeof(path))
        file = fopen(path, "re");
    if (file == NULL)
        return;
    n = fread(commit, 1, COMMIT_SIZE - 1, file);
    fclose(file);
    commit[n] = '\0';
    commit[strcspn(commit, " \t\r\n")] = '\0';
    if (strchr(commit, '/') != NULL || commit[0] == '.')
        commit[0] = '\0';
}

bool hub_snapshot(struct pool *pool, const char *name, char **path)
{
    const char *slash = strchr(name, '/');
    char commit[COMMIT_SIZE];
    struct listing listing;
    char *folder, *snapshots;

    *path = NULL;
    if (!hub_cache(pool, &folder))
        return false;
    if (folder == NULL || slash == NULL)
        return true;
    folder =
        pool_format(pool, "%s/models--%.*s--%s", folder, (int)(slash - name), name, slash + 1);
    snapshots = folder == NULL ? NULL : path_join(pool, folder, "snapshots");
    if (snapshots == NULL)
        return false;
    read_main(folder, commit);
    if (commit[0] == '\0') {
        if (!path_list(pool, snapshots, &listing))
            return false;
        if (listing.n != 1)
            return true;
        snprintf(commit, sizeof(commit), "%s", listing.names[0]);
    }
    *path = path_join(pool, snapshots, commit);
    if (*path == NULL)
        return false;
    if (!path_is_folder(*path))
        *path = NULL;
    return true;
}
