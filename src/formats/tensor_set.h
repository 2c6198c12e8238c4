/* SPDX-License-Identifier: MIT */
/* Reader and writer of each format, behind pw_file and pw_tensor_set_save: one table in file.c,
 * one row a format. */
#ifndef PWI_FORMATS_TENSOR_SET_H
#define PWI_FORMATS_TENSOR_SET_H

#include <padwise/file.h>

#include "base/arena.h"
#include "base/context.h"
#include "base/file_read.h"
#include "base/file_write.h"
#include "base/hash.h"

/* One tensor of an open file. */
typedef struct pwi_file_entry {
    const char *name; /* in the file's arena */
    pw_tensor tensor; /* data NULL */
    uint32_t i_part;  /* which of pw_file.parts holds it */
    uint64_t begin;   /* first byte in that part; npz: in the uncompressed member */
} pwi_file_entry;

/* One file on disk: the file itself, or a shard. */
typedef struct pwi_file_part {
    const char *path;
    pwi_input input;
    uint64_t header_size; /* bytes before the data; what the fingerprint calls header */
} pwi_file_part;

typedef struct pwi_metadata {
    const char *key, *value;
} pwi_metadata;

struct pw_file {
    pw_context *ctx;
    pwi_arena arena;
    pw_format format;
    const char *path;
    bool strict;
    pwi_file_part *parts;
    size_t n_parts;
    pwi_file_entry *entries; /* sorted by (part, begin) */
    size_t n_entries, entries_capacity;
    pwi_metadata *metadata;
    size_t n_metadata, metadata_capacity;
    pwi_map by_name;
    void *own; /* of the format's reader: npz members, exchange JSON's loaded tensors */
};

typedef struct pwi_format_row {
    pw_format format;
    const char *name, *ending;
    pw_status (*open)(pw_file *file, pw_error *err); /* fills entries, metadata */
    pw_status (*read)(const pw_file *file, size_t i, void *out, pw_error *err);
    void (*close)(pw_file *file); /* frees own; may be NULL */
    pw_status (*save)(const pw_tensor_set *set, pw_context *ctx, pwi_output *output,
                      const pw_save_options *options, pw_error *err); /* NULL: read only */
} pwi_format_row;

extern const pwi_format_row pwi_format_safetensors, pwi_format_sharded, pwi_format_npy,
    pwi_format_npz, pwi_format_json;

/* Add an entry or a metadata pair while opening; name and key are copied into the arena. */
pw_status pwi_file_add_entry(pw_file *file, const char *name, size_t name_size,
                             const pw_tensor *tensor, uint32_t i_part, uint64_t begin,
                             pw_error *err);
pw_status pwi_file_add_metadata(pw_file *file, const char *key, size_t key_size,
                                const char *value, size_t value_size, pw_error *err);

/* Read one safetensors header (used for shards too): adds its entries with this part's number.
 */
pw_status pwi_safetensors_open_part(pw_file *file, uint32_t i_part, pw_error *err);

/* A set's tensor as the save options want it: float tensors rounded to options->float_dtype.
 * *bytes is either the tensor's own data or *converted, which the caller frees with
 * pwi_free_array(&ctx->allocator, *converted, *size, 1). */
pw_status pwi_tensor_for_save(pw_context *ctx, const pw_tensor *tensor,
                              const pw_save_options *options, pw_dtype *dtype,
                              const void **bytes, size_t *size, void **converted,
                              pw_error *err);

#endif
