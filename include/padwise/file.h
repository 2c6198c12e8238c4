/* SPDX-License-Identifier: MIT */
/* Tensor files: safetensors (one file or shards with their index), npy, npz, and the JSON that
 * people exchange. pw_file reads headers only, then tensors one by one; pw_tensor_set_load and
 * _save move whole files. The format of a file is told by its first bytes, never by its name.
 * Rules: docs/formats.md. */
#ifndef PADWISE_FILE_H
#define PADWISE_FILE_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Named limits; a file over one is refused with PW_ERR_LIMIT. */
#define PW_FILE_TENSORS_MAX       65536
#define PW_FILE_METADATA_MAX      65536
#define PW_FILE_SHARDS_MAX        512
#define PW_SAFETENSORS_HEADER_MAX 100000000u /* bytes, as the reference */
#define PW_NPY_HEADER_MAX         65536u
#define PW_JSON_DEPTH_MAX         64

typedef enum pw_format {
    PW_FORMAT_SAFETENSORS,
    PW_FORMAT_SHARDED, /* a model.safetensors.index.json and its shards; read only */
    PW_FORMAT_NPY,
    PW_FORMAT_NPZ,
    PW_FORMAT_JSON /* exchange forms, cli.md section 6 */
} pw_format;

/** "safetensors", "sharded safetensors", "npy", "npz", "json".   Since: 0.1 */
PW_API const char *pw_format_name(pw_format format);

/** The format that a file name's ending asks for, or -1.   Since: 0.1 */
PW_API int32_t pw_format_from_path(const char *path);

typedef struct pw_file pw_file;

typedef struct pw_file_options {
    size_t struct_size;
    bool strict; /* safetensors: the specification to the letter (unknown fields, white space,
                    null metadata refused) */
    int32_t expected_format; /* a pw_format: the path must be a file of it, PW_ERR_FOREIGN if
                                its first bytes show another; -1: told by the first bytes */
} pw_file_options;

static inline void pw_file_options_init(pw_file_options *options)
{
    const pw_file_options zero = {sizeof(pw_file_options), false, -1};

    *options = zero;
}

/** Open a tensor file and check all of its header. A folder is opened through its one
 * model.safetensors or *.index.json. safetensors, shards and npy: no tensor data is read, and
 * never more than the headers' size (shards: of all headers and the index) + 64 MiB is
 * allocated. npz: the arrays' headers and the metadata (at most 64 MiB unpacked) are read, no
 * array data is kept. Exchange JSON has no header: all of it is read and its numbers are kept
 * until pw_file_free, in at most ten times the file's size + 64 MiB.
 *  @return PW_OK or what the header breaks (status.h 3x-5x; docs/formats.md). Threads: a
 * pw_file may be read by several threads at once.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_file_open(pw_file **out, pw_context *ctx, const char *path,
                                           const pw_file_options *options, pw_error *err);
PW_API void pw_file_free(pw_file *file);

PW_API pw_format pw_file_format(const pw_file *file);
PW_API const char *pw_file_path(const pw_file *file);

/** Bytes on disk, all shards together.   Since: 0.1 */
PW_API uint64_t pw_file_size(const pw_file *file);

/** Tensors in the order of their bytes in the file.   Since: 0.1 */
PW_API size_t pw_file_n_tensors(const pw_file *file);

/** Name of tensor i: terminated, never holds NUL.   Since: 0.1 */
PW_API const char *pw_file_tensor_name(const pw_file *file, size_t i);

/** Dtype, shape and size of tensor i; data is NULL.   Since: 0.1 */
PW_API const pw_tensor *pw_file_tensor(const pw_file *file, size_t i);

/** The index of the tensor of that name, or -1.   Since: 0.1 */
PW_API int64_t pw_file_find(const pw_file *file, const char *name);

/** Read tensor i as it is in the file.
 *  @param out  pw_file_tensor(file, i)->size_bytes bytes, caller-owned.
 *  @return PW_OK; PW_ERR_CAPACITY; PW_ERR_IO; PW_ERR_TRUNCATED (the file shrank since it was
 * opened).   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_file_read(const pw_file *file, size_t i, void *out,
                                           size_t capacity, pw_error *err);

PW_API size_t pw_file_n_metadata(const pw_file *file);
PW_API const char *pw_file_metadata_key(const pw_file *file, size_t i);
PW_API const char *pw_file_metadata_value(const pw_file *file, size_t i);

/** The value under a key, or NULL. Valid as long as the file is open.   Since: 0.1 */
PW_API const char *pw_file_metadata(const pw_file *file, const char *key);

/** All metadata of a file into a set, which keeps what else it has.
 *  @return PW_OK; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_file_copy_metadata(const pw_file *file, pw_tensor_set *set,
                                                    pw_error *err);

/** SHA-256 of header, size and 64 blocks of 64 KiB spread evenly: fast on any size, 64 hex
 * digits. Several shards: over the fingerprints of the shards in name order.
 *  @param full  the SHA-256 of every byte instead (one file), with progress.   Since: 0.1 */
#define PW_FINGERPRINT_HEX 64
PW_NODISCARD PW_API pw_status pw_file_fingerprint(const pw_file *file, bool full,
                                                  char hex[PW_FINGERPRINT_HEX + 1],
                                                  pw_error *err);

/** Read a whole file into a new set, dtypes as in the file (exchange JSON: F32, or F64 where a
 * value is not an f32; its other fields become metadata entries holding JSON).   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tensor_set_load(pw_tensor_set **out, pw_context *ctx,
                                                 const char *path,
                                                 const pw_file_options *options, pw_error *err);

typedef struct pw_save_options {
    size_t struct_size;
    pw_format format;
    pw_dtype
        float_dtype; /* float tensors are rounded to it: F32 (no change of F32), F16, BF16 */
    const char *only_tensor; /* npy holds one tensor: its name (NULL: the only one) */
} pw_save_options;

static inline void pw_save_options_init(pw_save_options *options)
{
    const pw_save_options zero = {sizeof(pw_save_options), PW_FORMAT_SAFETENSORS, PW_F32, NULL};

    *options = zero;
}

/** Write a set whole or not at all: a temporary file beside `path`, fsync, rename, fsync of the
 * folder. An existing file stays as it was on failure. path "-" writes to stdout. safetensors:
 * the same set gives the same bytes, whatever the order in which it was filled; tensors whose
 * size is a multiple of 64 bytes come first, sorted by name, and begin at multiples of 64; the
 * others follow, wider elements first, aligned to their elements (the format allows no padding
 * between tensors; docs/formats.md).
 *  @return PW_OK; PW_ERR_IO; PW_ERR_UNSUPPORTED (the format cannot hold the set);
 * PW_ERR_NO_MEMORY; PW_ERR_CANCELLED. Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tensor_set_save(const pw_tensor_set *set, pw_context *ctx,
                                                 const char *path,
                                                 const pw_save_options *options, pw_error *err);

#ifdef __cplusplus
}
#endif

#endif
