/* SPDX-License-Identifier: MIT */
/* Bulk: prompts without end into a folder of conditioning files, with memory that does not grow
 * with their number. Prompts are added one by one; they are encoded in windows of whole files,
 * and each file holds the bytes that pw_conditioning_encode and pw_tensor_set_save would give
 * for its prompts alone. A run that was killed is continued by the same calls: files that are
 * there and are of this run are kept, not computed again (docs/bulk.md).
 *
 *     pw_bulk_create(&bulk, ...);
 *     while (there is a prompt)
 *         pw_bulk_add(bulk, &item, &err);
 *     pw_bulk_finish(bulk, &err);
 *     pw_bulk_write_index(bulk, &err);      rank 0, when all ranks have finished
 *     pw_bulk_free(bulk); */
#ifndef PADWISE_BULK_H
#define PADWISE_BULK_H

#include "conditioning.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memory of one window, as planned from tensors, tokens, manifest and texts; a shard that needs
 * more is a window by itself. */
#define PW_BULK_WINDOW_BYTES   ((size_t)128 << 20)
#define PW_BULK_WINDOW_PROMPTS 32768

/* Limits of one shard, which is in memory as a whole: its bytes as planned, and its manifest,
 * which a reader of safetensors must take as one string. Over one: PW_ERR_LIMIT. */
#define PW_BULK_SHARD_BYTES_MAX    ((uint64_t)4 << 30)
#define PW_BULK_MANIFEST_BYTES_MAX ((size_t)32 << 20)

typedef struct pw_bulk pw_bulk;

/** One prompt. Texts are copied. */
typedef struct pw_bulk_item {
    pw_prompt_texts prompt;
    const char *id;    /* for the index, and the file's name where each has its own; NULL: its
                          number, from 0 */
    const char *where; /* what errors call it ("captions.txt line 12"); NULL: "prompt 12" */
} pw_bulk_item;

/** A file that is done. Everything in it is valid during the call only. */
typedef struct pw_bulk_file {
    const char *path;
    bool is_kept;   /* it was there and whole: nothing was computed */
    uint64_t first; /* number of its first prompt */
    size_t n_prompts;
    const pw_bulk_item *items; /* [n_prompts] */
    const size_t *n_cut;       /* [n_prompts] tokens that the length rule cut off, both sides */
    const pw_tensor_set *set;  /* NULL: kept */
} pw_bulk_file;

typedef struct pw_bulk_options {
    size_t struct_size;
    const char *folder; /* made if absent */
    size_t shard_size;  /* prompts a file: shard-00000.safetensors, ...; 0: a file for each
                         * prompt  (its id, else its number), without an index */
    const pw_save_options *save; /* NULL: the defaults */
    bool replaces;         /* files that are not of this run are replaced, not refused; those
                            * of single prompts always are */
    size_t window_bytes;   /* 0: PW_BULK_WINDOW_BYTES */
    int32_t rank, n_ranks; /* file i is made by rank i % n_ranks; 0, 1: alone */
    /* Return true to stop: the call then returns PW_ERR_CANCELLED. May be NULL. */
    bool (*on_file)(void *user, const pw_bulk_file *file);
    /* A window begins: a call of pw_conditioning_encode for these prompts, which outlive it.
     * The context's progress runs through "encoding" n_passes times. May be NULL. */
    void (*on_window)(void *user, const pw_bulk_item *items, size_t n_prompts, size_t n_passes);
    void *user;
} pw_bulk_options;

static inline void pw_bulk_options_init(pw_bulk_options *options)
{
    const pw_bulk_options zero = {
        sizeof(pw_bulk_options), NULL, 0, NULL, false, 0, 0, 1, NULL, NULL, NULL};

    *options = zero;
}

/** Open a folder for a run. Rank 0 removes what a killed run left half written there; the other
 * ranks must not add before rank 0 has returned from here.
 *  @param encoders, options  as pw_conditioning_encode takes them; what they point to must
 * outlive the object.
 *  @return PW_OK; PW_ERR_ARGUMENT; PW_ERR_IO (the folder; or another run is writing there);
 * PW_ERR_NO_MEMORY. Threads: one thread at a time.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_bulk_create(pw_bulk **out, pw_context *ctx,
                                             const pw_encoder *encoders, size_t n_encoders,
                                             const pw_conditioning_options *conditioning,
                                             const pw_bulk_options *options, pw_error *err);
PW_API void pw_bulk_free(pw_bulk *bulk);

/** The next prompt. Encodes and writes when a window is full.
 *  @return PW_OK; PW_ERR_MISMATCH (a file is there that is not of this run: err says which of
 * its choices or prompts is the first to differ); PW_ERR_LIMIT (a shard over a limit above);
 * PW_ERR_CANCELLED; what pw_conditioning_encode and pw_tensor_set_save return. After a failure
 * only pw_bulk_free may follow; files written before stay.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_bulk_add(pw_bulk *bulk, const pw_bulk_item *item,
                                          pw_error *err);

/** Encode and write the files whose prompts are all there, for a caller that has to wait for
 * the next prompt.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_bulk_flush(pw_bulk *bulk, pw_error *err);

/** No more prompts: the last file may be shorter.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_bulk_finish(pw_bulk *bulk, pw_error *err);

/** Write index.jsonl, {"id","shard","row"} a prompt. For rank 0, after pw_bulk_finish of every
 * rank; does nothing on others, and where each prompt has its own file. PW_ERR_MISMATCH if
 * shards of a longer run lie beyond the last one (with options.replaces they are removed).
 * Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_bulk_write_index(pw_bulk *bulk, pw_error *err);

typedef struct pw_bulk_counts {
    uint64_t n_prompts;         /* added, of all ranks */
    uint64_t n_encoded, n_kept; /* prompts of this rank */
    uint64_t n_files_written, n_files_kept;
} pw_bulk_counts;

PW_API void pw_bulk_get_counts(const pw_bulk *bulk, pw_bulk_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
