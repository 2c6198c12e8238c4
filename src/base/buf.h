/* SPDX-License-Identifier: MIT */
/* A growing byte buffer. Errors stick: after a failed append every later one does nothing, and
 * the caller asks once at the end. */
#ifndef PWI_BASE_BUF_H
#define PWI_BASE_BUF_H

#include <stdarg.h>

#include "base/alloc.h"

typedef struct pwi_buf {
    const pw_allocator *allocator;
    char *data; /* terminated with a NUL that size does not count, once anything was appended */
    size_t size, capacity;
    bool failed; /* memory was out */
} pwi_buf;

void pwi_buf_init(pwi_buf *buf, const pw_allocator *allocator);
void pwi_buf_free(pwi_buf *buf);
void pwi_buf_clear(pwi_buf *buf);

/* Room for `extra` more bytes and the NUL. */
bool pwi_buf_reserve(pwi_buf *buf, size_t extra);
void pwi_buf_append(pwi_buf *buf, const void *bytes, size_t size);
void pwi_buf_byte(pwi_buf *buf, char byte);
void pwi_buf_text(pwi_buf *buf, const char *text);
void pwi_buf_format(pwi_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
