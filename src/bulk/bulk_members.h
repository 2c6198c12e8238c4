/* SPDX-License-Identifier: MIT */
/* Walking the text of a manifest without taking it apart: members of an object and items of an
 * array as slices. It knows only strings and brackets, which is ten times faster than reading
 * every number; text that is not JSON gives slices that match nothing. */
#ifndef PWI_BULK_BULK_MEMBERS_H
#define PWI_BULK_BULK_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pwi_slice {
    const char *bytes;
    size_t size;
} pwi_slice;

typedef struct pwi_members {
    const char *at, *end;
    pwi_slice key;   /* without its quotes, as escaped; of items of an array: empty */
    pwi_slice value; /* as written */
} pwi_members;

/* Begin at the first byte of an object or array. */
pwi_members pwi_members_of(const char *bytes, size_t size);

/* The next member or item; false at the end, or where the text is no JSON of ours. */
bool pwi_members_next(pwi_members *members);

/* The value of a key in an object; false if it is not there. */
bool pwi_members_find(const char *bytes, size_t size, const char *key, pwi_slice *value);

bool pwi_slice_is(pwi_slice slice, const char *text);
bool pwi_slices_equal(pwi_slice a, pwi_slice b);

#endif
