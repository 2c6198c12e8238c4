/* SPDX-License-Identifier: MIT */
/* A temporary folder. It is gone when the command ends, after Ctrl-C too: a second Ctrl-C
 * leaves it. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "paths.h"
#include "talk.h"

int bench_folder_make(struct app *app, char **path)
{
    const char *root = getenv("TMPDIR");
    char *made = path_join(&app->pool, root == NULL || root[0] == '\0' ? "/tmp" : root,
                           "padwise-bench-XXXXXX");

    *path = NULL;
    if (made == NULL)
        return fail_memory(app);
    if (mkdtemp(made) == NULL)
        return fail_errno(app, made, "cannot make a temporary folder (TMPDIR names another)");
    *path = made;
    return DONE;
}

void bench_folder_remove(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder != NULL)
        closedir(folder);
    rmdir(path);
}
