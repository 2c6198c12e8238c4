/* SPDX-License-Identifier: MIT */
/* A case of the safetensors case file as read (safetensors_case.c), as a file on disk
 * (safetensors_build.c), and the environments that bytes alone do not make
 * (safetensors_scene.c). */
#ifndef PWI_TESTS_SAFETENSORS_CASE_H
#define PWI_TESTS_SAFETENSORS_CASE_H

#include <padwise/padwise.h>

#include "run_cases.h"

#define SEGMENTS_MAX 64

/* A piece of the header: `text` `times` times with `separator` between, "{i}" in it replaced by
 * the counter if it is a repetition. */
struct segment {
    char *text;
    size_t size;
    char *separator;
    uint64_t times;
    bool is_repeated;
};

enum build {
    BUILD_NONE,
    BUILD_HEADER,
    BUILD_RAW,
    BUILD_ENVIRONMENT
};

struct safetensors_case {
    char id[32], name[96];
    char problem[256]; /* why the case cannot be run: it then fails */

    enum build build;
    struct segment segments[SEGMENTS_MAX];
    size_t n_segments;
    bool has_length; /* header_len is a number */
    uint64_t length, data_size;
    unsigned char fill;
    char *raw; /* raw_hex */
    size_t raw_size;

    /* build.env: its first field, and the one or two more that some have. */
    char env_key[32], env_value[256], env_of[64];
    uint64_t env_count;
    const char *index; /* JSON text of an index given as an object, in the case file's bytes */
    uint64_t index_begin, index_size;

    bool accept[2]; /* by default, strict */
    bool has_expectation[2];
    char error[32];                 /* E_ class of the refusal; "" if none is named */
    uint64_t ms_max, memory_mb_max; /* 0: no limit */
    bool has_file_size;
    uint64_t file_size;
    char *file_hex; /* decoded; NULL: not given */
    size_t file_hex_size;
};

/* The case whose OBJECT_BEGIN was just read. False if the case file itself is broken. */
bool read_safetensors_case(struct safetensors_case *c, struct case_file *file, pw_error *err);
void free_safetensors_case(struct safetensors_case *c);

/* Write the file of a BUILD_HEADER or BUILD_RAW case and check it against file_size and
 * file_hex. False with c->problem set. */
bool build_safetensors_file(struct safetensors_case *c, const char *path);

/* The small seed of the sweeps: three tensors, U8, F32 and F16. Returns its size. */
size_t three_tensors(unsigned char *bytes, size_t capacity);

bool write_bytes(const char *path, const void *bytes, size_t size);

/* How one opening ended. */
struct outcome {
    pw_status status;
    pw_error error;
    double ms;         /* CPU time of opening */
    size_t peak_bytes; /* of the library's memory while opening */
    size_t leaked_bytes;
    bool is_consistent; /* what an accepted file says about itself fits its size */
};

/* What happens to reads (pread) while a file is open. */
enum fault {
    FAULT_NONE,
    FAULT_SHORT,       /* one byte a read */
    FAULT_INTERRUPTED, /* every other read is EINTR */
    FAULT_EIO,         /* of the data */
    FAULT_SHRINK,      /* the file is cut after it was opened */
    FAULT_GROW         /* bytes are appended after it was opened */
};

/* Open `path` as `format`, list it, and, unless it is huge, read its tensors. */
void try_file(struct outcome *outcome, const char *path, int32_t format, bool strict,
              enum fault fault);

/* Compare an outcome with what the case expects of mode 0 (default) or 1 (strict). False, with
 * why in `reason`, if they differ. */
bool outcome_is_expected(const struct safetensors_case *c, int mode,
                         const struct outcome *outcome, char *reason, size_t reason_size);

enum verdict {
    VERDICT_PASSED,
    VERDICT_FAILED,
    VERDICT_SKIPPED
};

/* Run a BUILD_ENVIRONMENT case in the empty folder `folder`. */
enum verdict run_scene(struct safetensors_case *c, const char *folder, char *reason,
                       size_t reason_size);

/* Both modes of a file that lies at `path`. */
enum verdict run_both_modes(const struct safetensors_case *c, const char *path, int32_t format,
                            enum fault fault, char *reason, size_t reason_size);

#endif
