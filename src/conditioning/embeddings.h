/* SPDX-License-Identifier: MIT */
/* Textual inversion in three steps: which files there are (embedding_list.c), which tensor of a
 * file is for which encoder (embedding_file.c), what a dialect calls a file
 * (embedding_names.c). embeddings.c puts them together. */
#ifndef PWI_CONDITIONING_EMBEDDINGS_H
#define PWI_CONDITIONING_EMBEDDINGS_H

#include <padwise/embedding.h>
#include <padwise/file.h>

#include "base/arena.h"
#include "base/context.h"
#include "prompt/prompt.h"

#define PWI_NONE UINT32_MAX

/* ---- Files. */

typedef struct pwi_embedding_folder {
    const char *path;
    size_t names_at;   /* where the names of what is in it begin in a path */
    uint32_t i_parent; /* PWI_NONE: one that the caller gave */
    uint32_t depth;
    uint64_t device, inode;
} pwi_embedding_folder;

/* In the order in which they are preferred. */
typedef enum pwi_embedding_ending {
    PWI_ENDING_SAFETENSORS,
    PWI_ENDING_PT,
    PWI_ENDING_BIN,
    PWI_N_ENDINGS
} pwi_embedding_ending;

typedef enum pwi_embedding_state {
    PWI_EMBEDDING_FITS,
    PWI_EMBEDDING_UNFIT,  /* A1111: made for another model, its name is text */
    PWI_EMBEDDING_REFUSED /* cannot be read */
} pwi_embedding_state;

typedef struct pwi_embedding_file {
    const char *path, *stem; /* stem: the path without the ending */
    uint32_t i_folder;
    pwi_embedding_ending ending;
    pwi_embedding_state state;
} pwi_embedding_file;

/* Folders in the order in which they are searched: of what the caller gave first all of the
 * first, nearest to its top first, then by name. Files folder by folder, by name. */
typedef struct pwi_embedding_list {
    PWI_LIST(pwi_embedding_folder) folders;
    PWI_LIST(pwi_embedding_file) files;
} pwi_embedding_list;

pw_status pwi_embedding_list_fill(pwi_embedding_list *list, pw_context *ctx, pwi_arena *arena,
                                  const char *const *folders, size_t n_folders, pw_error *err);

/* ---- Tensors. */

/* What an encoder takes from a file. */
typedef struct pwi_embedding_take {
    size_t i_tensor, n_vectors, width;
} pwi_embedding_take;

/* Fills takes [n_encoders], and *fits; a failure means that the file cannot be used. */
typedef pw_status (*pwi_embedding_pick_fn)(const pw_file *file,
                                           const pw_embedding_encoder *encoders,
                                           size_t n_encoders, pwi_embedding_take *takes,
                                           bool *fits, pw_error *err);

pw_status pwi_embedding_pick_comfyui(const pw_file *file, const pw_embedding_encoder *encoders,
                                     size_t n_encoders, pwi_embedding_take *takes, bool *fits,
                                     pw_error *err);
pw_status pwi_embedding_pick_a1111(const pw_file *file, const pw_embedding_encoder *encoders,
                                   size_t n_encoders, pwi_embedding_take *takes, bool *fits,
                                   pw_error *err);

/* A safetensors file, whatever its name. */
pw_status pwi_embedding_file_open(pw_file **out, pw_context *ctx, const char *path,
                                  pw_error *err);

/* PW_ERR_FOREIGN with how to convert it. */
pw_status pwi_embedding_refuse_pickle(const char *path, pw_error *err);

/* ---- Names. */

typedef struct pwi_embedding_name {
    const char *text;
    uint32_t i_file, i_rival; /* rival: a file in another folder with this name, or PWI_NONE */
    uint32_t i_searched;      /* the folder where the name is found */
    uint32_t rank;            /* of the file among those of that folder, the first is used */
} pwi_embedding_name;

typedef PWI_LIST(pwi_embedding_name) pwi_embedding_names;

/* Adds what a file is called. */
typedef pw_status (*pwi_embedding_name_fn)(pwi_embedding_names *names, pwi_arena *arena,
                                           const pwi_embedding_list *list, uint32_t i_file,
                                           pw_error *err);

pw_status pwi_embedding_name_comfyui(pwi_embedding_names *names, pwi_arena *arena,
                                     const pwi_embedding_list *list, uint32_t i_file,
                                     pw_error *err);
pw_status pwi_embedding_name_a1111(pwi_embedding_names *names, pwi_arena *arena,
                                   const pwi_embedding_list *list, uint32_t i_file,
                                   pw_error *err);

/* Names of all files that fit or are refused, each once. */
pw_status pwi_embedding_names_fill(pwi_embedding_names *names, pwi_arena *arena,
                                   const pwi_embedding_list *list,
                                   pwi_embedding_name_fn name_file, pw_error *err);

#endif
