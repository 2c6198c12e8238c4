/* SPDX-License-Identifier: MIT */
/* models--org--name/refs/main names a commit; snapshots/COMMIT holds the files. */
#include "hub.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "paths.h"

char *hub_cache(struct pool *pool)
{
    const char *cache = getenv("HF_HUB_CACHE"), *home = getenv("HF_HOME");
    char *base;

    if (cache != NULL && cache[0] != '\0')
        return pool_copy(pool, cache, strlen(cache));
    if (home != NULL && home[0] != '\0')
        return path_join(pool, home, "hub");
    base = path_of_user(pool, "XDG_CACHE_HOME", ".cache");
    return base == NULL ? NULL : path_join(pool, base, "huggingface/hub");
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

/* The commit in refs/main, NULL without one. */
static char *read_main(struct pool *pool, const char *folder)
{
    char *path = path_join(pool, folder, "refs/main");
    char line[128];
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    size_t n;

    if (file == NULL)
        return NULL;
    n = fread(line, 1, sizeof(line) - 1, file);
    fclose(file);
    line[n] = '\0';
    n = strcspn(line, " \t\r\n");
    line[n] = '\0';
    if (n == 0 || strchr(line, '/') != NULL || line[0] == '.')
        return NULL;
    return pool_copy(pool, line, n);
}

char *hub_snapshot(struct pool *pool, const char *name)
{
    const char *cache = hub_cache(pool);
    const char *slash = strchr(name, '/');
    const char *commit, *snapshots;
    struct listing listing;
    char *folder, *path;

    if (cache == NULL || slash == NULL)
        return NULL;
    folder =
        pool_format(pool, "%s/models--%.*s--%s", cache, (int)(slash - name), name, slash + 1);
    snapshots = folder == NULL ? NULL : path_join(pool, folder, "snapshots");
    if (snapshots == NULL)
        return NULL;
    commit = read_main(pool, folder);
    if (commit == NULL) {
        if (!path_list(pool, snapshots, &listing) || listing.n != 1)
            return NULL;
        commit = listing.names[0];
    }
    path = path_join(pool, snapshots, commit);
    return path != NULL && path_is_folder(path) ? path : NULL;
}
