/* SPDX-License-Identifier: MIT */
/* Zip's directory: the end record at the end of the file (and its 64-bit twin), then an entry a
 * member. Contents are zip_read.c's. */
#include "formats/archive.h"

#include "base/checked.h"
#include "base/error.h"
#include "formats/inflater.h"
#include "formats/zip_bytes.h"

#define COMMENT_MAX 65535u
/* One entry with its name, extra fields and comment fits, whatever they are. */
#define WINDOW_SIZE ((size_t)1 << 18)

/* Where the directory is, from the end record. */
struct directory {
    uint64_t begin, size, n_members;
    uint64_t limit; /* where the end records begin: the directory ends before */
};

/* The directory's bytes, a window at a time. */
struct cursor {
    const pwi_input *input;
    unsigned char *window;
    size_t window_size;     /* bytes allocated */
    uint64_t begin;         /* of the window's first byte in the file */
    size_t n_valid, i_next; /* in the window */
    uint64_t end;           /* of the directory */
};

static pw_status damaged(uint64_t offset, const char *what, pw_error *err)
{
    return pwi_fail_at(err, PW_ERR_FORMAT, offset,
                       "the zip archive is damaged: %s at byte %llu", what,
                       (unsigned long long)offset);
}

/* Where the end record begins in the file's last bytes, or `size`. It stands last, behind it
 * only its comment, which must reach just to the end of the file: otherwise a comment could
 * hold a second end record. */
static size_t find_signature(const unsigned char *tail, size_t size)
{
    for (size_t comment = 0; comment + ZIP_END_SIZE <= size; comment++) {
        const unsigned char *p = tail + size - ZIP_END_SIZE - comment;

        if (zip_get32(p) == ZIP_END_SIGNATURE && zip_get16(p + 20) == comment)
            return (size_t)(p - tail);
    }
    return size;
}

static pw_status find_end(const pwi_input *input, const pw_allocator *allocator,
                          unsigned char end[ZIP_END_SIZE], uint64_t *offset, pw_error *err)
{
    const size_t tail_max = ZIP_END_SIZE + COMMENT_MAX;
    const size_t size = input->size < tail_max ? (size_t)input->size : tail_max;
    unsigned char *tail = pwi_alloc_array(allocator, size, 1);
    size_t at = size;
    pw_status status;

    memset(end, 0, ZIP_END_SIZE);
    *offset = 0;
    if (tail == NULL)
        return pwi_fail_memory(err);
    status = pwi_input_read(input, input->size - size, tail, size, err);
    if (status == PW_OK)
        at = find_signature(tail, size);
    if (at < size) {
        memcpy(end, tail + at, ZIP_END_SIZE);
        *offset = input->size - size + at;
    } else if (status == PW_OK) {
        status = PWI_FAIL(err, PW_ERR_TRUNCATED,
                          "has no zip directory at its end: the file is incomplete; fetch it "
                          "again");
    }
    pwi_free_array(allocator, tail, size, 1);
    return status;
}

/* The 64-bit end record, if a locator stands before the end record. */
static pw_status read_end64(const pwi_input *input, uint64_t end, struct directory *directory,
                            pw_error *err)
{
    unsigned char locator[ZIP_LOCATOR64_SIZE], end64[ZIP_END64_SIZE];
    uint64_t offset;

    if (end < ZIP_LOCATOR64_SIZE + ZIP_END64_SIZE)
        return PW_OK;
    PWI_TRY(pwi_input_read(input, end - ZIP_LOCATOR64_SIZE, locator, sizeof(locator), err));
    if (zip_get32(locator) != ZIP_LOCATOR64_SIGNATURE)
        return PW_OK;
    offset = zip_get64(locator + 8);
    if (offset > end - ZIP_LOCATOR64_SIZE - ZIP_END64_SIZE)
        return damaged(end, "a locator points behind itself", err);
    PWI_TRY(pwi_input_read(input, offset, end64, sizeof(end64), err));
    if (zip_get32(end64) != ZIP_END64_SIGNATURE)
        return damaged(offset, "no 64-bit end record", err);
    if (zip_get32(end64 + 16) != 0 || zip_get32(end64 + 20) != 0 ||
        zip_get64(end64 + 24) != zip_get64(end64 + 32))
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "is one of several volumes of a zip archive");
    *directory = (struct directory){zip_get64(end64 + 48), zip_get64(end64 + 40),
                                    zip_get64(end64 + 32), offset};
    return PW_OK;
}

static pw_status check_directory(const struct directory *directory, pw_error *err)
{
    if (directory->begin > directory->limit ||
        directory->size > directory->limit - directory->begin)
        return damaged(directory->limit, "the directory is not before its end record", err);
    if (directory->n_members > PWI_ZIP_MEMBERS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "has %llu members, over the limit of %d",
                        (unsigned long long)directory->n_members, PWI_ZIP_MEMBERS_MAX);
    if (directory->n_members > directory->size / ZIP_CENTRAL_SIZE)
        return damaged(directory->begin, "the directory is too small for its members", err);
    return PW_OK;
}

static pw_status find_directory(const pwi_input *input, const pw_allocator *allocator,
                                struct directory *directory, pw_error *err)
{
    unsigned char end[ZIP_END_SIZE];
    uint64_t offset;

    PWI_TRY(find_end(input, allocator, end, &offset, err));
    *directory = (struct directory){zip_get32(end + 16), zip_get32(end + 12),
                                    zip_get16(end + 10), offset};
    PWI_TRY(read_end64(input, offset, directory, err));
    if (directory->limit == offset && (zip_get16(end + 4) != 0 || zip_get16(end + 6) != 0 ||
                                       zip_get16(end + 8) != zip_get16(end + 10)))
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "is one of several volumes of a zip archive");
    return check_directory(directory, err);
}

/* The next `size` bytes (at most a window) in one piece. */
static pw_status take(struct cursor *cursor, size_t size, const unsigned char **out,
                      pw_error *err)
{
    const uint64_t at = cursor->begin + cursor->i_next;

    if (size > cursor->end - at)
        return damaged(at, "the directory ends inside an entry", err);
    if (size > cursor->n_valid - cursor->i_next) {
        const uint64_t left = cursor->end - at;

        cursor->begin = at;
        cursor->i_next = 0;
        cursor->n_valid = left < cursor->window_size ? (size_t)left : cursor->window_size;
        PWI_TRY(pwi_input_read(cursor->input, at, cursor->window, cursor->n_valid, err));
    }
    *out = cursor->window + cursor->i_next;
    cursor->i_next += size;
    return PW_OK;
}

/* A 64-bit number of the extra field, where the 32-bit one says that it is there. */
static bool widen(uint64_t *value, const unsigned char **numbers, size_t *size)
{
    if (*value != ZIP_IN_EXTRA64)
        return true;
    if (*size < 8)
        return false;
    *value = zip_get64(*numbers);
    *numbers += 8;
    *size -= 8;
    return true;
}

/* Sizes and place from the zip64 extra field: in this order, each only where needed. */
static bool widen_member(pwi_zip_member *member, const unsigned char *extra, size_t extra_size)
{
    const unsigned char *numbers = extra;
    size_t size = 0;

    while (extra_size >= 4) {
        const size_t field = zip_get16(extra + 2);

        if (field > extra_size - 4)
            break; /* padding of other tools; nothing of ours stands behind it */
        if (zip_get16(extra) == ZIP_EXTRA64) {
            numbers = extra + 4;
            size = field;
            break;
        }
        extra += 4 + field;
        extra_size -= 4 + field;
    }
    return widen(&member->size, &numbers, &size) &&
           widen(&member->packed_size, &numbers, &size) &&
           widen(&member->header, &numbers, &size);
}

static pw_status check_member(const pwi_zip_member *member, uint64_t offset,
                              const struct directory *directory, pw_error *err)
{
    if (member->header > directory->begin || member->packed_size > directory->begin)
        return damaged(offset, "a member lies outside of the file", err);
    if (member->method == ZIP_METHOD_STORED && member->packed_size != member->size)
        return damaged(offset, "a stored member has two sizes", err);
    if (member->method == ZIP_METHOD_DEFLATED &&
        member->size / PWI_DEFLATE_RATIO_MAX > member->packed_size)
        return damaged(offset, "a member says that it unpacks to more than it can", err);
    return PW_OK;
}

static pw_status copy_name(pwi_zip *zip, pwi_zip_member *member, const unsigned char *name,
                           uint64_t offset, pw_error *err)
{
    if (member->name_size > PWI_ZIP_NAME_MAX)
        return pwi_fail_at(err, PW_ERR_LIMIT, offset,
                           "a member's name has %zu bytes, over the limit of %d",
                           member->name_size, PWI_ZIP_NAME_MAX);
    if (memchr(name, '\0', member->name_size) != NULL)
        return damaged(offset, "a member's name holds a NUL", err);
    member->name = pwi_arena_string(&zip->arena, (const char *)name, member->name_size);
    return member->name == NULL ? pwi_fail_memory(err) : PW_OK;
}

static pw_status read_entry(pwi_zip *zip, struct cursor *cursor,
                            const struct directory *directory, pwi_zip_member *member,
                            pw_error *err)
{
    const uint64_t offset = cursor->begin + cursor->i_next;
    const unsigned char *p = NULL;
    size_t extra_size, comment_size;

    PWI_TRY(take(cursor, ZIP_CENTRAL_SIZE, &p, err));
    if (zip_get32(p) != ZIP_CENTRAL_SIGNATURE)
        return damaged(offset, "no directory entry", err);
    *member = (pwi_zip_member){.name_size = zip_get16(p + 28),
                               .header = zip_get32(p + 42),
                               .packed_size = zip_get32(p + 20),
                               .size = zip_get32(p + 24),
                               .crc = zip_get32(p + 16),
                               .method = zip_get16(p + 10),
                               .flags = zip_get16(p + 8)};
    extra_size = zip_get16(p + 30);
    comment_size = zip_get16(p + 32);
    PWI_TRY(take(cursor, member->name_size + extra_size + comment_size, &p, err));
    if (!widen_member(member, p + member->name_size, extra_size))
        return damaged(offset, "a 64-bit size is missing", err);
    PWI_TRY(check_member(member, offset, directory, err));
    return copy_name(zip, member, p, offset, err);
}

static pw_status read_entries(pwi_zip *zip, struct cursor *cursor,
                              const struct directory *directory, pw_error *err)
{
    uint64_t packed_size = 0;

    for (size_t i = 0; i < zip->n_members; i++) {
        pwi_zip_member *member = &zip->members[i];

        PWI_TRY(read_entry(zip, cursor, directory, member, err));
        /* Each term is at most the file's size, and there are fewer than 2^17. */
        packed_size += member->packed_size + ZIP_LOCAL_SIZE + member->name_size;
        if (packed_size > directory->begin)
            return PWI_FAIL(err, PW_ERR_OFFSET,
                            "members of the zip archive share bytes: such an archive unpacks "
                            "to many times its size and is refused");
    }
    return PW_OK;
}

static pw_status read_directory(pwi_zip *zip, const pw_allocator *allocator, pw_error *err)
{
    struct directory directory;
    struct cursor cursor = {.input = &zip->input};
    pw_status status;

    PWI_TRY(find_directory(&zip->input, allocator, &directory, err));
    zip->n_members = (size_t)directory.n_members;
    zip->members = pwi_arena_alloc(&zip->arena, zip->n_members * sizeof(*zip->members));
    cursor.begin = directory.begin;
    cursor.end = directory.begin + directory.size;
    cursor.window_size = directory.size < WINDOW_SIZE ? (size_t)directory.size : WINDOW_SIZE;
    cursor.window = pwi_alloc_array(allocator, cursor.window_size, 1);
    if (zip->members == NULL || cursor.window == NULL)
        status = pwi_fail_memory(err);
    else
        status = read_entries(zip, &cursor, &directory, err);
    pwi_free_array(allocator, cursor.window, cursor.window_size, 1);
    return status;
}

pw_status pwi_zip_open_input(pwi_zip *zip, const pw_allocator *allocator,
                             const pwi_input *input, pw_error *err)
{
    pw_status status;

    *zip = (pwi_zip){.input = *input};
    pwi_arena_init(&zip->arena, allocator);
    status = read_directory(zip, allocator, err);
    if (status != PW_OK)
        pwi_zip_close(zip);
    return status;
}

pw_status pwi_zip_open(pwi_zip *zip, const pw_allocator *allocator, const char *path,
                       pw_error *err)
{
    pwi_input input = PWI_INPUT_CLOSED;
    pw_status status;

    *zip = (pwi_zip){.input = PWI_INPUT_CLOSED};
    pwi_arena_init(&zip->arena, allocator);
    PWI_TRY(pwi_input_open(&input, path, err));
    status = pwi_zip_open_input(zip, allocator, &input, err);
    if (status != PW_OK)
        pwi_input_close(&input);
    zip->owns_input = status == PW_OK;
    return pwi_where(err, path, status);
}

void pwi_zip_close(pwi_zip *zip)
{
    if (zip->owns_input)
        pwi_input_close(&zip->input);
    pwi_arena_free(&zip->arena);
    *zip = (pwi_zip){.input = PWI_INPUT_CLOSED, .arena = zip->arena};
}
