/* SPDX-License-Identifier: MIT */
/* Paths and folders. */
#ifndef TOOL_PATHS_H
#define TOOL_PATHS_H

#include "app.h"

bool path_exists(const char *path);
bool path_is_folder(const char *path);
bool path_is_file(const char *path);

/* Whether a folder holds a file or folder of that name. */
bool path_holds(const char *folder, const char *name);

/* The last part of a path, "" if it ends in a slash. */
const char *path_name(const char *path);
bool path_ends(const char *path, const char *ending);

/* These return NULL when there is no memory. */
char *path_join(struct pool *pool, const char *folder, const char *name);

/* The folder as an absolute path without links; the path itself where that fails. */
char *path_real(struct pool *pool, const char *folder);

/* The folder that a file is in, or the one above a folder without a slash at its end. */
char *path_parent(struct pool *pool, const char *path);

/* $VARIABLE, or the folder below the home; *path is NULL where neither is known. False when
 * there is no memory. */
bool path_of_user(struct pool *pool, const char *variable, const char *below_home, char **path);

/* Names in a folder in the order of their bytes, hidden ones left out. A folder that cannot be
 * read has none; false when there is no memory. */
struct listing {
    const char **names;
    size_t n, capacity;
};

bool path_list(struct pool *pool, const char *folder, struct listing *listing);

/* Make a folder, and those above it. */
int path_make_folder(struct app *app, const char *path);

/* Refuse, before the work, a target that cannot be written or that a rename would destroy: a
 * folder, a device, a pipe. */
int path_check_target(struct app *app, const char *path);

#endif
