/* SPDX-License-Identifier: MIT */
/* What every fallible call returns, and the detail that it writes for a person.
 *
 * A call returns a pw_status. If the caller passed a pw_error, a failing call also fills it:
 * which file, where in it, why, and what to do. There is no global or thread-local "last
 * error". Values are pinned: they never change once released. */
#ifndef PADWISE_STATUS_H
#define PADWISE_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PW_API       __attribute__((visibility("default")))
#define PW_NODISCARD __attribute__((warn_unused_result))
#else
#define PW_API
#define PW_NODISCARD
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, sentence). 1x the call, 2x resources, 3x the system, 4x-5x what a file says,
 * 6x what belongs together. */
#define PW_STATUS_MAP(X)                                                                       \
    X(PW_OK, 0, "done")                                                                        \
    X(PW_ERR_ARGUMENT, 10, "an argument is outside what the function accepts")                 \
    X(PW_ERR_CAPACITY, 11, "the caller's buffer is too small; nothing was written")            \
    X(PW_ERR_NO_MEMORY, 20, "memory could not be allocated")                                   \
    X(PW_ERR_LIMIT, 21, "a named limit was exceeded")                                          \
    X(PW_ERR_CANCELLED, 22, "the caller asked to stop")                                        \
    X(PW_ERR_UNSUPPORTED, 23, "valid, but not supported by this build")                        \
    X(PW_ERR_NOT_FOUND, 24, "what was asked for does not exist")                               \
    X(PW_ERR_IO, 30, "the operating system reported an error")                                 \
    X(PW_ERR_NOT_REGULAR, 31, "the path is not a regular file")                                \
    X(PW_ERR_FORMAT, 40, "the file breaks a rule of its format")                               \
    X(PW_ERR_FOREIGN, 41, "the file is of another format")                                     \
    X(PW_ERR_TRUNCATED, 42, "the file ends too early")                                         \
    X(PW_ERR_TRAILING, 43, "bytes follow the end of the data")                                 \
    X(PW_ERR_HEADER_SIZE, 44, "the header's length is over the limit")                         \
    X(PW_ERR_HEADER_START, 45, "the header does not begin as it must")                         \
    X(PW_ERR_UTF8, 46, "text is not valid UTF-8")                                              \
    X(PW_ERR_JSON, 47, "not valid JSON")                                                       \
    X(PW_ERR_DEPTH, 48, "nested too deep")                                                     \
    X(PW_ERR_DUPLICATE, 49, "a name occurs twice")                                             \
    X(PW_ERR_FIELD, 50, "a field is missing or has the wrong type")                            \
    X(PW_ERR_DTYPE, 51, "an unknown dtype")                                                    \
    X(PW_ERR_OVERFLOW, 52, "a size does not fit 64 bits")                                      \
    X(PW_ERR_OFFSET, 53, "data offsets leave a hole, overlap or run backwards")                \
    X(PW_ERR_SIZE, 54, "the bytes given do not match shape and dtype")                         \
    X(PW_ERR_SUBBYTE, 55, "the elements do not fill whole bytes")                              \
    X(PW_ERR_INDEX, 56, "the shard index contradicts its files")                               \
    X(PW_ERR_MISMATCH, 60, "two inputs do not belong together")

typedef enum pw_status {
#define PW_STATUS_ENUM(name, value, text) name = value,
    PW_STATUS_MAP(PW_STATUS_ENUM)
#undef PW_STATUS_ENUM
} pw_status;

/** pw_error.offset when no byte position applies. */
#define PW_NO_OFFSET UINT64_MAX

/** The detail of a failure. Caller-owned, filled only on failure, always terminated. `where` is
 * the path (or "prompt 3",
 *  "" if there is none), `text` one sentence without a full stop that says what, why and what
 * to do; a name from a file is quoted in it with control characters escaped. line and column
 * count from 1, 0 = not known. */
typedef struct pw_error {
    pw_status status;
    uint32_t line, column;
    uint64_t offset; /* byte in `where`, or PW_NO_OFFSET */
    char where[512];
    char text[768];
} pw_error;

/** "PW_ERR_FORMAT" for a status; "PW_ERR_?" for a value that is none. Static storage. Threads:
 * any.   Since: 0.1 */
PW_API const char *pw_status_name(pw_status status);

/** The status's sentence, "the file ends too early". Static storage. Threads: any.   Since: 0.1
 */
PW_API const char *pw_status_text(pw_status status);

#ifdef __cplusplus
}
#endif

#endif
