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
    uint64_t begin;   /* first byte in that part; npz: of its member's header */
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
    const struct pwi_format_row *row;
    const char *path;
    bool strict;
    pwi_file_part *parts; /* in the arena */
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
    /* Fills entries and metadata. file.c has made parts[0], with path and input open, before,
     * makes by_name after, and cleans up after a failure (close is called then, too). */
    pw_status (*open)(pw_file *file, pw_error *err);
    /* tensor.size_bytes bytes of entry i into `out`, which has room for them. */
    pw_status (*read)(const pw_file *file, size_t i, void *out, pw_error *err);
    void (*close)(pw_file *file); /* frees own; may be NULL */
    pw_status (*save)(const pw_tensor_set *set, pw_context *ctx, pwi_output *output,
                      const pw_save_options *options, pw_error *err); /* NULL: read only */
} pwi_format_row;

/* NULL for a number that is no format. */
const pwi_format_row *pwi_format_row_of(int32_t format);

extern const pwi_format_row pwi_format_safetensors, pwi_format_sharded, pwi_format_npy,
    pwi_format_npz, pwi_format_json;

/* Add an entry or a metadata pair while opening; name, key and value are copied into the arena.
 * PW_ERR_LIMIT over PW_FILE_TENSORS_MAX and PW_FILE_METADATA_MAX. Names, keys and values with
 * NUL are the caller's to refuse. */
pw_status pwi_file_add_entry(pw_file *file, const char *name, size_t name_size,
                             const pw_tensor *tensor, uint32_t i_part, uint64_t begin,
                             pw_error *err);
pw_status pwi_file_add_metadata(pw_file *file, const char *key, size_t key_size,
                                const char *value, size_t value_size, pw_error *err);

/* Read one safetensors header (used for shards too): adds its entries with this part's number,
 * and its metadata if the part is the first. */
pw_status pwi_safetensors_open_part(pw_file *file, uint32_t i_part, pw_error *err);

pw_status pwi_safetensors_save(const pw_tensor_set *set, pw_context *ctx, pwi_output *output,
                               const pw_save_options *options, pw_error *err);

/* The reader's last step: sort a part's entries by their bytes and check that they fill the
 * data without holes or overlaps. Up to here begin counts from the start of the data, and
 * size_bytes is what the offsets say. */
pw_status pwi_safetensors_layout(pw_file *file, uint32_t i_part, size_t first_entry,
                                 pw_error *err);

/* The part has more tensors than a file may hold: PW_ERR_OFFSET if those read so far overlap,
 * else PW_ERR_LIMIT. */
pw_status pwi_safetensors_too_many(pw_file *file, size_t first_entry, pw_error *err);

/* Read over the value of an unknown field, whose KEY was just read. PW_ERR_LIMIT if it holds
 * more than PW_FILE_METADATA_MAX keys. */
struct pwi_json;
pw_status pwi_skip_unknown(struct pwi_json *json, pw_error *err);

/* Bytes of an entry of a format whose data lies in the part as it is. */
pw_status pwi_file_read_part(const pw_file *file, size_t i, void *out, pw_error *err);

/* Bytes [offset, offset + size) of entry i of such a format, which has them. Threads: any. */
pw_status pwi_file_read_range(const pw_file *file, size_t i, uint64_t offset, void *out,
                              size_t size, pw_error *err);

/* What the first bytes of a file show it to be. */
typedef enum pwi_file_kind {
    PWI_KIND_UNKNOWN, /* nothing that is known by its first bytes */
    PWI_KIND_SAFETENSORS,
    PWI_KIND_NPY,
    PWI_KIND_ZIP,
    PWI_KIND_INDEX, /* JSON with a "weight_map" */
    PWI_KIND_JSON,
    PWI_KIND_BARE_HEADER, /* JSON with "data_offsets": a safetensors header by itself */
    PWI_KIND_ZIP_PICKLE,
    PWI_KIND_PICKLE,
    PWI_KIND_GGUF,
    PWI_KIND_GZIP,
    PWI_KIND_LFS_POINTER,
    PWI_KIND_WEB_PAGE
} pwi_file_kind;

#define PWI_KIND_BYTES 4096 /* of the file's beginning, as far as it has them */

pwi_file_kind pwi_file_kind_of(const unsigned char *bytes, size_t size, uint64_t file_size);

/* The kind of an open file. */
pw_status pwi_file_kind_read(const pwi_input *input, pwi_file_kind *kind, pw_error *err);

/* "is a GGUF file, ...; convert it: ...": what a foreign file is and what to do; NULL for kinds
 * that are not foreign to a safetensors reader. */
const char *pwi_file_kind_text(pwi_file_kind kind);

/* PW_ERR_FOREIGN with what the file is and what to do; PW_OK for kinds that are not foreign to
 * a format. */
pw_status pwi_file_refuse_kind(pwi_file_kind kind, pw_error *err);

/* For a reader that its caller named: PW_ERR_FOREIGN, "is no npy array", unless the first bytes
 * show that kind, or nothing that is known. */
pw_status pwi_file_expect_kind(const pw_file *file, pwi_file_kind expected, const char *what,
                               pw_error *err);

/* The tensor file that a folder stands for; *path is in the arena. */
pw_status pwi_file_in_folder(pwi_arena *arena, const char *folder, const char **path,
                             pw_error *err);

/* folder/name in the arena; NULL when memory is out. */
const char *pwi_path_joined(pwi_arena *arena, const char *folder, const char *name);

/* pw_tensor_set_add without its check of the name and without zeroing. */
pw_status pwi_tensor_set_add_unset(pw_tensor_set *set, const char *name, pw_dtype dtype,
                                   int32_t rank, const int64_t *shape, void **data,
                                   pw_error *err);

/* The dtype that a tensor is saved in, and its bytes then. */
pw_dtype pwi_dtype_for_save(pw_dtype dtype, const pw_save_options *options);

/* Sort numbers so that no later one comes before an earlier one: in place, n log n at worst,
 * the same result for the same input. */
void pwi_sort(uint32_t *numbers, size_t n,
              bool (*before)(const void *context, uint32_t a, uint32_t b), const void *context);

/* A set's tensor as the save options want it: float tensors rounded to options->float_dtype.
 * *bytes is either the tensor's own data or *converted, which the caller frees with
 * pwi_free_array(&ctx->allocator, *converted, *size, 1). */
pw_status pwi_tensor_for_save(pw_context *ctx, const pw_tensor *tensor,
                              const pw_save_options *options, pw_dtype *dtype,
                              const void **bytes, size_t *size, void **converted,
                              pw_error *err);

#endif
