/* SPDX-License-Identifier: MIT */
/* Failing: fill the caller's pw_error and return the status. The innermost function says what
 * is wrong; the function that knows the path adds where (pwi_where). */
#ifndef PWI_BASE_ERROR_H
#define PWI_BASE_ERROR_H

#include <padwise/status.h>

/* Return the status of a failing call. */
#define PWI_TRY(call)                                                                          \
    do {                                                                                       \
        const pw_status pwi_try_status = (call);                                               \
                                                                                               \
        if (pwi_try_status != PW_OK)                                                           \
            return pwi_try_status;                                                             \
    } while (0)

/* The same inside a function that cleans up: sets `status` and goes to `done`. */
#define PWI_TRY_OR(status, call, label)                                                        \
    do {                                                                                       \
        (status) = (call);                                                                     \
        if ((status) != PW_OK)                                                                 \
            goto label;                                                                        \
    } while (0)

/* return PWI_FAIL(err, PW_ERR_FORMAT, "tensor %s ends at byte %" PRIu64, ...). err may be NULL.
 * Clears where, line and offset. */
pw_status pwi_fail(pw_error *err, pw_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define PWI_FAIL pwi_fail

/* The same with a byte offset. */
pw_status pwi_fail_at(pw_error *err, pw_status status, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "cannot open: No such file or directory", from errno as it is now. */
pw_status pwi_fail_errno(pw_error *err, const char *what);

pw_status pwi_fail_memory(pw_error *err);

/* Say where it failed, unless an inner function did; returns status. */
pw_status pwi_where(pw_error *err, const char *where, pw_status status);

/* clang's analyser does not see into these from other files: here it is told that a failure is
 * never PW_OK, or it would follow every error as if nothing had happened (make lint). */
#if defined(__clang_analyzer__) && !defined(PWI_ERROR_C)
#define pwi_fail(err, status, ...)    ((pwi_fail)((err), (status), __VA_ARGS__), (status))
#define pwi_fail_at(err, status, ...) ((pwi_fail_at)((err), (status), __VA_ARGS__), (status))
#define pwi_fail_errno(err, what)     ((pwi_fail_errno)((err), (what)), PW_ERR_IO)
#define pwi_fail_memory(err)          ((pwi_fail_memory)(err), PW_ERR_NO_MEMORY)
#endif

/* A name from a file or a prompt for a message: in double quotes, control characters and bytes
 * that are not UTF-8 escaped, cut after about 80 bytes with "...". Returns buffer. */
#define PWI_QUOTE_SIZE 384
const char *pwi_quote(char buffer[PWI_QUOTE_SIZE], const char *bytes, size_t size);

/* Our own bugs only; gone in release builds. */
#ifdef NDEBUG
#define PW_ASSERT(condition) ((void)sizeof(condition))
#else
#include <assert.h>
#define PW_ASSERT(condition) assert(condition)
#endif

#endif
