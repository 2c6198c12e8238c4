/* SPDX-License-Identifier: MIT */
/* Slices of JSON text. Nothing here reads past the end, whatever the bytes. */
#include "bulk/bulk_members.h"

#include <string.h>

/* Behind the string that begins at `at`; NULL if it does not end. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

/* Behind the bracket that closes the one at `at`. */
static const char *skip_nested(const char *at, const char *end)
{
    size_t depth = 0;

    while (at != NULL && at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        if ((*at == '}' || *at == ']') && --depth == 0)
            return at + 1;
        at++;
    }
    return NULL;
}

static const char *skip_value(const char *at, const char *end)
{
    if (at == end)
        return NULL;
    if (*at == '"')
        return skip_string(at, end);
    if (*at == '{' || *at == '[')
        return skip_nested(at, end);
    while (at < end && *at != ',' && *at != '}' && *at != ']')
        at++;
    return at;
}

pwi_members pwi_members_of(const char *bytes, size_t size)
{
    return (pwi_members){.at = bytes, .end = bytes + size};
}

/* "key": before a value; none where an item stands alone. */
static bool read_key(pwi_members *members)
{
    const char *behind;

    members->key = (pwi_slice){members->at, 0};
    if (members->at == members->end || *members->at != '"')
        return true;
    behind = skip_string(members->at, members->end);
    if (behind == NULL)
        return false;
    if (behind == members->end || *behind != ':')
        return true;
    members->key = (pwi_slice){members->at + 1, (size_t)(behind - members->at) - 2};
    members->at = behind + 1;
    return true;
}

bool pwi_members_next(pwi_members *members)
{
    const char *behind;

    if (members->at == members->end ||
        (*members->at != '{' && *members->at != '[' && *members->at != ','))
        return false;
    members->at++;
    if (!read_key(members))
        return false;
    behind = skip_value(members->at, members->end);
    if (behind == NULL || behind == members->at)
        return false;
    members->value = (pwi_slice){members->at, (size_t)(behind - members->at)};
    members->at = behind;
    return true;
}

bool pwi_members_find(const char *bytes, size_t size, const char *key, pwi_slice *value)
{
    pwi_members members = pwi_members_of(bytes, size);

    while (pwi_members_next(&members)) {
        if (pwi_slice_is(members.key, key)) {
            *value = members.value;
            return true;
        }
    }
    return false;
}

bool pwi_slice_is(pwi_slice slice, const char *text)
{
    return slice.size == strlen(text) && memcmp(slice.bytes, text, slice.size) == 0;
}

bool pwi_slices_equal(pwi_slice a, pwi_slice b)
{
    return a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}
