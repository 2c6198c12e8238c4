/* SPDX-License-Identifier: MIT */
/* What the kinds of case files share: the tally, and walking through the "cases" of a file. A
 * kind drives the product through its public headers; the library's JSON reader is used for the
 * case files alone. */
#ifndef PWI_TESTS_RUN_CASES_H
#define PWI_TESTS_RUN_CASES_H

#include "formats/json.h"

struct tally {
    size_t n_passed, n_failed, n_skipped;
    const char *filter; /* --filter: only the case of this id or name; NULL: all */
    bool list;          /* --list: print the ids, run nothing */
};

void case_passed(struct tally *tally);

/* One line a failure, on stdout: "ID name: what was expected, what came". */
void case_failed(struct tally *tally, const char *id, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void case_skipped(struct tally *tally, const char *id, const char *name, const char *reason);

/* Whether the case is to be run; prints it for --list. */
bool case_is_wanted(const struct tally *tally, const char *id, const char *name);

/* A file whose top-level object holds an array "cases". */
struct case_file {
    char *bytes;
    size_t size;
    pwi_json json;
    char vocabulary[16]; /* "vocabulary" of its "meta", if that stands before the cases */
};

/* Positions json inside the array. False, with a failure in the tally, if the file cannot be
 * read. Close it in both cases. */
bool case_file_open(struct case_file *file, const char *path, struct tally *tally);

/* True when json stands at the OBJECT_BEGIN of the next case, false after the last one, or,
 * with a failure in the tally, at a broken file. The case must be read to its end before. */
bool case_file_next(struct case_file *file, const char *path, struct tally *tally);
void case_file_close(struct case_file *file);

/* Each runs all cases of a file; failures go to the tally. */
void run_cases_tokenizer(const char *path, struct tally *tally);
void run_cases_weighting(const char *path, struct tally *tally);
void run_cases_safetensors(const char *path, struct tally *tally);
void run_cases_tensors(const char *path, struct tally *tally);

#endif
