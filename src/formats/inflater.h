/* SPDX-License-Identifier: MIT */
/* zlib's inflate over a range of an open file, with memory from the house's door. What gzip and
 * zip share. */
#ifndef PWI_FORMATS_INFLATER_H
#define PWI_FORMATS_INFLATER_H

#include <zlib.h>

#include "base/context.h"
#include "base/file_read.h"

/* Deflate cannot do better than 258 bytes from 2 bits: a declared size over this many times the
 * packed size is a lie. */
#define PWI_DEFLATE_RATIO_MAX 1032

typedef enum pwi_deflate_form {
    PWI_DEFLATE_RAW,
    PWI_DEFLATE_GZIP
} pwi_deflate_form;

typedef struct pwi_inflater {
    z_stream stream;
    const pw_allocator *allocator;
    const pwi_input *input;
    uint64_t offset, end; /* packed bytes not yet in the window */
    unsigned char *window;
    size_t window_size;
    bool is_open; /* the stream holds memory of zlib's */
    bool ended;   /* the packed data said that it is complete */
} pwi_inflater;

/* Bytes [offset, end) of `input`, which outlives the inflater. */
pw_status pwi_inflater_open(pwi_inflater *inflater, const pw_allocator *allocator,
                            pwi_deflate_form form, const pwi_input *input, uint64_t offset,
                            uint64_t end, pw_error *err);
void pwi_inflater_close(pwi_inflater *inflater);

/* The next `capacity` bytes; *size is less only at the end. PW_ERR_TRUNCATED when the packed
 * bytes run out first, PW_ERR_FORMAT when they are no deflate data. */
pw_status pwi_inflater_read(pwi_inflater *inflater, void *out, size_t capacity, size_t *size,
                            pw_error *err);

/* Packed bytes behind the end of the stream. */
uint64_t pwi_inflater_left(const pwi_inflater *inflater);

/* After the end: begin with the stream that follows directly. */
pw_status pwi_inflater_restart(pwi_inflater *inflater, pw_error *err);

#endif
