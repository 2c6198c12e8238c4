/* SPDX-License-Identifier: MIT */
/* Paths and folders. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "talk.h"

bool path_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

bool path_is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool path_is_file(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool path_holds(const char *folder, const char *name)
{
    char path[4096];
    const int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

    return n > 0 && (size_t)n < sizeof(path) && path_exists(path);
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

bool path_ends(const char *path, const char *ending)
{
    const size_t n = strlen(path), n_ending = strlen(ending);

    return n >= n_ending && strcmp(path + n - n_ending, ending) == 0;
}

char *path_join(struct pool *pool, const char *folder, const char *name)
{
    const size_t n = strlen(folder);

    return pool_format(pool, n == 0 || folder[n - 1] == '/' ? "%s%s" : "%s/%s", folder, name);
}

char *path_real(struct pool *pool, const char *folder)
{
    char *real = realpath(folder, NULL);
    const char *found = real != NULL ? real : folder;
    char *copy = pool_copy(pool, found, strlen(found));

    free(real);
    return copy;
}

char *path_parent(struct pool *pool, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return pool_copy(pool, ".", 1);
    return pool_copy(pool, path, slash == path ? 1 : (size_t)(slash - path));
}

bool path_of_user(struct pool *pool, const char *variable, const char *below_home, char **path)
{
    const char *value = getenv(variable);
    const char *home = getenv("HOME");

    *path = NULL;
    if (value != NULL && value[0] != '\0')
        *path = pool_copy(pool, value, strlen(value));
    else if (home != NULL && home[0] != '\0')
        *path = path_join(pool, home, below_home);
    else
        return true;
    return *path != NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool path_list(struct pool *pool, const char *folder, struct listing *listing)
{
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    bool ok = true;

    *listing = (struct listing){0};
    if (stream == NULL)
        return errno != ENOMEM;
    while (ok && (entry = readdir(stream)) != NULL) {
        const char **names = NULL;
        const char *name = NULL;

        if (entry->d_name[0] == '.')
            continue;
        name = pool_copy(pool, entry->d_name, strlen(entry->d_name));
        names = pool_grow(pool, listing->names, listing->n, &listing->capacity, sizeof(*names));
        ok = name != NULL && names != NULL;
        if (ok) {
            listing->names = names;
            names[listing->n++] = name;
        }
    }
    closedir(stream);
    if (listing->n > 1)
        qsort(listing->names, listing->n, sizeof(*listing->names), by_bytes);
    return ok;
}

int path_make_folder(struct app *app, const char *path)
{
    char *part = pool_copy(&app->pool, path, strlen(path));

    if (part == NULL)
        return fail_memory(app);
    for (size_t i = 1; part[0] != '\0'; i++) {
        const char end = part[i];

        if (end != '/' && end != '\0')
            continue;
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST && errno != EISDIR)
            return fail_errno(app, path, "cannot make the folder");
        part[i] = end;
        if (end == '\0')
            break;
    }
    if (!path_is_folder(path))
        return fail(app, PW_ERR_IO, path, "is no folder");
    return DONE;
}

static int check_folder(struct app *app, const char *path, const char *folder)
{
    if (folder == NULL)
        return fail_memory(app);
    if (!path_is_folder(folder))
        return fail(app, PW_ERR_NOT_FOUND, path, "there is no folder %s", folder);
    if (access(folder, W_OK | X_OK) != 0)
        return fail(app, PW_ERR_IO, path, "cannot write into the folder %s: %s", folder,
                    strerror(errno));
    return DONE;
}

int path_check_target(struct app *app, const char *path)
{
    struct pool pool = {0}; /* not the run's: this is asked for each of a million files */
    struct stat info;
    int status;

    if (strcmp(path, "-") == 0)
        return DONE;
    status = check_folder(app, path, path_parent(&pool, path));
    pool_free(&pool);
    if (status != DONE || stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return status;
    if (S_ISDIR(info.st_mode))
        return fail(
            app, PW_ERR_NOT_REGULAR, path,
            "is a folder; name a file in it, or, for a file a prompt, end it in a slash");
    return fail(app, PW_ERR_NOT_REGULAR, path,
                "is no regular file; write to standard output with -o - and redirect that");
}
