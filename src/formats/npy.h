/* SPDX-License-Identifier: MIT */
/* NumPy's array file, as a file of its own and as a member of an npz: the header read and
 * written, the data brought into row-major little-endian order. */
#ifndef PWI_FORMATS_NPY_H
#define PWI_FORMATS_NPY_H

#include <padwise/file.h>

#include "base/buf.h"
#include "base/context.h"

/* Where an array's bytes come from: `size` of them from `offset`, counted from its magic. */
typedef struct pwi_npy_source {
    pw_status (*read)(const void *user, uint64_t offset, void *out, size_t size, pw_error *err);
    const void *user;
    uint64_t size; /* all there are: header and data fill them exactly */
} pwi_npy_source;

typedef struct pwi_npy {
    pw_tensor tensor;   /* data NULL */
    uint64_t begin;     /* of the data */
    bool fortran_order; /* the first index runs fastest in the file */
    bool is_big_endian;
} pwi_npy;

/* Read and check the header. Big-endian and Fortran-order arrays are taken, as are versions 1.0
 * to 3.0; objects (pickle), text, dates and structures are refused by name. */
pw_status pwi_npy_open(pwi_npy *npy, const pw_allocator *allocator,
                       const pwi_npy_source *source, pw_error *err);

/* The data, row-major and little-endian, into tensor.size_bytes bytes. Fortran order takes as
 * much memory again while it is turned. */
pw_status pwi_npy_read(const pwi_npy *npy, const pw_allocator *allocator,
                       const pwi_npy_source *source, void *out, pw_error *err);

/* The header's text, a Python dict literal, into dtype, shape and orders. */
pw_status pwi_npy_parse(pwi_npy *npy, const char *text, size_t size, pw_error *err);

/* The header, magic to newline, as numpy 2 writes it: padded to 64 bytes. The dtype is one that
 * numpy has. */
void pwi_npy_put_header(pwi_buf *buf, pw_dtype dtype, int32_t rank, const int64_t *shape);

/* A set's tensor as numpy can hold it: rounded as the options say, and BF16, F8_E4M3 and
 * F8_E5M2, which numpy has not, widened to F32 with a warning. The bytes are the tensor's own
 * or converted's. PW_ERR_UNSUPPORTED for the other 8-, 6- and 4-bit floats. */
typedef struct pwi_npy_image {
    pw_dtype dtype;
    const void *bytes;
    size_t size;
    void *converted;
    size_t converted_size;
} pwi_npy_image;

pw_status pwi_npy_image_make(pwi_npy_image *image, pw_context *ctx, const char *name,
                             const pw_tensor *tensor, const pw_save_options *options,
                             pw_error *err);
void pwi_npy_image_free(pwi_npy_image *image, pw_context *ctx);

#endif
