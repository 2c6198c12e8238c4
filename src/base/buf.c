/* SPDX-License-Identifier: MIT */
/* The growing byte buffer. */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"

void pwi_buf_init(pwi_buf *buf, const pw_allocator *allocator)
{
    *buf = (pwi_buf){allocator, NULL, 0, 0, false};
}

void pwi_buf_free(pwi_buf *buf)
{
    pwi_free_array(buf->allocator, buf->data, buf->capacity, 1);
    pwi_buf_init(buf, buf->allocator);
}

void pwi_buf_clear(pwi_buf *buf)
{
    buf->size = 0;
    buf->failed = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

bool pwi_buf_reserve(pwi_buf *buf, size_t extra)
{
    size_t needed, capacity;
    char *data;

    if (buf->failed || !pwi_add_size(buf->size, extra, &needed) ||
        !pwi_add_size(needed, 1, &needed)) {
        buf->failed = true;
        return false;
    }
    if (needed <= buf->capacity)
        return true;
    capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity + capacity / 2;
    data = pwi_grow_array(buf->allocator, buf->data, buf->capacity, capacity, 1);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void pwi_buf_append(pwi_buf *buf, const void *bytes, size_t size)
{
    if (!pwi_buf_reserve(buf, size))
        return;
    if (size > 0)
        memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void pwi_buf_byte(pwi_buf *buf, char byte)
{
    pwi_buf_append(buf, &byte, 1);
}

void pwi_buf_text(pwi_buf *buf, const char *text)
{
    pwi_buf_append(buf, text, strlen(text));
}

void pwi_buf_format(pwi_buf *buf, const char *format, ...)
{
    va_list list, again;
    int needed;

    va_start(list, format);
    va_copy(again, list);
    needed = vsnprintf(NULL, 0, format, list);
    if (needed < 0 || !pwi_buf_reserve(buf, (size_t)needed)) {
        buf->failed = true;
    } else {
        vsnprintf(buf->data + buf->size, (size_t)needed + 1, format, again);
        buf->size += (size_t)needed;
    }
    va_end(again);
    va_end(list);
}
