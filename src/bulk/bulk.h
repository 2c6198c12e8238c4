/* SPDX-License-Identifier: MIT */
/* The bulk object, shared by the room's files: bulk.c takes prompts, bulk_window.c encodes and
 * writes, bulk_resume.c decides about files that are there, bulk_folder.c knows names and
 * left-overs, bulk_index.c writes the index. */
#ifndef PWI_BULK_BULK_H
#define PWI_BULK_BULK_H

#include <padwise/bulk.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/context.h"
#include "base/file_write.h"
#include "bulk/bulk_members.h"

/* A file to be: its prompts are the bulk's pending ones from `begin`. */
typedef struct pwi_bulk_piece {
    uint64_t first; /* number of its first prompt in the whole run */
    size_t begin, n;
    bool has_negative;
} pwi_bulk_piece;

struct pw_bulk {
    pw_context *ctx;
    const pw_encoder *encoders;
    size_t n_encoders;
    pw_conditioning_options conditioning;
    pw_save_options save;
    pw_bulk_options options;
    size_t folder_size; /* bytes of options.folder without slashes at its end */
    int folder_fd;      /* locked by rank 0; -1: none */
    pwi_buf form;       /* a manifest of this run with one empty prompt */
    pwi_buf path;       /* of the file at hand */
    uint64_t prompt_bytes, manifest_bytes; /* planned for a chunk of a side, without texts */
    uint64_t chunk_tokens;
    bool has_negatives; /* the recipe has a negative side always */
    bool cuts_at_chunk; /* the dialect makes one chunk of every text */

    /* Pending prompts: of complete files, then of the one that is being filled. */
    pw_bulk_item *items;
    size_t n_items, items_capacity;
    size_t *n_cut; /* of the file that is reported */
    size_t n_cut_capacity;
    pwi_arena texts;
    pwi_bulk_piece *pieces; /* complete, not encoded yet */
    size_t n_pieces, pieces_capacity;
    pwi_bulk_piece filling; /* n: prompts so far, of other ranks too */
    uint64_t window_bytes;  /* of the next window: grows to options.window_bytes */
    uint64_t bytes;         /* planned for all that is pending */
    uint64_t filling_bytes, filling_manifest;

    pwi_output index;
    pwi_buf index_line;
    pw_bulk_counts counts;
};

/* The name of a piece's file in bulk->path, the folder with it. */
pw_status pwi_bulk_path(pw_bulk *bulk, const pwi_bulk_piece *piece, pw_error *err);

/* bulk_folder.c: make and lock the folder, remove what a killed run left. */
pw_status pwi_bulk_open_folder(pw_bulk *bulk, pw_error *err);
void pwi_bulk_close_folder(pw_bulk *bulk);

/* Shards beyond the last: refused, or removed where options.replaces says so. */
pw_status pwi_bulk_check_beyond(pw_bulk *bulk, pw_error *err);

/* bulk_index.c: rank 0 of a run with shards. */
pw_status pwi_bulk_index_open(pw_bulk *bulk, pw_error *err);
pw_status pwi_bulk_index_add(pw_bulk *bulk, const char *id, pw_error *err);

/* bulk_resume.c: the manifest that this run's files have, with one empty prompt. */
pw_status pwi_bulk_form(pw_bulk *bulk, pw_error *err);

/* Whether the file at bulk->path is this piece's, whole: *is_kept, and n_cut of its prompts.
 * PW_ERR_MISMATCH if it is there and is not, and may not be replaced. */
pw_status pwi_bulk_look(pw_bulk *bulk, const pwi_bulk_piece *piece, bool *is_kept,
                        pw_error *err);

/* Tokens of a prompt that were cut off, by its entry in a manifest. */
size_t pwi_bulk_n_cut(pwi_slice entry);

/* Room in bulk->n_cut for n prompts. */
pw_status pwi_bulk_reserve_n_cut(pw_bulk *bulk, size_t n, pw_error *err);

/* bulk_window.c: encode and write all complete pieces. */
pw_status pwi_bulk_encode(pw_bulk *bulk, pw_error *err);

/* Tell the caller of a file that is done. */
pw_status pwi_bulk_report(pw_bulk *bulk, const pwi_bulk_piece *piece, const pw_tensor_set *set,
                          pw_error *err);

#endif
