/* SPDX-License-Identifier: MIT */
/* The safetensors case file: each file is built, opened by default and strictly, and verdict,
 * error class, memory and time are compared with what the case expects. */
#include "safetensors_case.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one table from the case file's classes to statuses. A path that is not there has no class
 * of its own: it is what the operating system says. */
static const struct {
    const char *class;
    pw_status status;
} classes[] = {
    {"E_TRUNCATED", PW_ERR_TRUNCATED},
    {"E_JSON", PW_ERR_JSON},
    {"E_UTF8", PW_ERR_UTF8},
    {"E_HEADER_SIZE", PW_ERR_HEADER_SIZE},
    {"E_HEADER_START", PW_ERR_HEADER_START},
    {"E_DEPTH", PW_ERR_DEPTH},
    {"E_DUP_KEY", PW_ERR_DUPLICATE},
    {"E_FIELD", PW_ERR_FIELD},
    {"E_DTYPE", PW_ERR_DTYPE},
    {"E_OVERFLOW", PW_ERR_OVERFLOW},
    {"E_LIMIT", PW_ERR_LIMIT},
    {"E_OFFSET", PW_ERR_OFFSET},
    {"E_SIZE", PW_ERR_SIZE},
    {"E_SUBBYTE", PW_ERR_SUBBYTE},
    {"E_TRAILING", PW_ERR_TRAILING},
    {"E_FOREIGN", PW_ERR_FOREIGN},
    {"E_NOT_REGULAR", PW_ERR_NOT_REGULAR},
    {"E_IO", PW_ERR_IO},
    {"E_IO", PW_ERR_NOT_FOUND},
    {"E_INDEX", PW_ERR_INDEX},
};

/* E_ANY is any refusal. */
static bool is_class(const char *class, pw_status status)
{
    if (strcmp(class, "E_ANY") == 0)
        return status != PW_OK;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (classes[i].status == status && strcmp(classes[i].class, class) == 0)
            return true;
    }
    return false;
}

static const char *class_of(pw_status status)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (classes[i].status == status)
            return classes[i].class;
    }
    return pw_status_name(status);
}

/* A message is there, and nothing in it drives a terminal. */
static bool is_clean_message(const pw_error *err)
{
    for (const char *p = err->text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            return false;
    }
    return err->text[0] != '\0' && err->where[0] != '\0';
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                     \
    __has_feature(memory_sanitizer)
#define HAS_SANITIZER true
#else
#define HAS_SANITIZER false
#endif
#else
#define HAS_SANITIZER false
#endif

/* Whether it took no more time and memory than the case allows; sanitizers make time
 * meaningless. */
static bool is_within_limits(const struct safetensors_case *c, const struct outcome *outcome,
                             char *reason, size_t size)
{
    if (c->memory_mb_max > 0 && outcome->peak_bytes > c->memory_mb_max * 1000000) {
        snprintf(reason, size, "took %.1f MB, the limit is %" PRIu64 " MB",
                 (double)outcome->peak_bytes / 1e6, c->memory_mb_max);
        return false;
    }
    if (c->ms_max > 0 && outcome->ms > (double)c->ms_max && !HAS_SANITIZER) {
        snprintf(reason, size, "took %.1f ms of CPU time, the limit is %" PRIu64 " ms",
                 outcome->ms, c->ms_max);
        return false;
    }
    return true;
}

bool outcome_is_expected(const struct safetensors_case *c, int mode,
                         const struct outcome *outcome, char *reason, size_t size)
{
    const char *mode_name = mode == 0 ? "default" : "strict";
    const bool accepted = outcome->status == PW_OK;

    if (accepted != c->accept[mode] || (!accepted && !is_class(c->error, outcome->status))) {
        snprintf(reason, size, "%s: expected %s %s, got %s %s %s", mode_name,
                 c->accept[mode] ? "accept" : "refuse", c->accept[mode] ? "" : c->error,
                 accepted ? "accept" : "refuse", accepted ? "" : class_of(outcome->status),
                 accepted ? "" : outcome->error.text);
        return false;
    }
    if (!accepted && !is_clean_message(&outcome->error)) {
        snprintf(reason, size, "%s: the refusal says nothing, no place, or control characters",
                 mode_name);
        return false;
    }
    if (accepted && !outcome->is_consistent) {
        snprintf(reason, size, "%s: accepted, but its tensors do not fill the file", mode_name);
        return false;
    }
    if (outcome->leaked_bytes > 0) {
        snprintf(reason, size, "%s: %zu bytes were not freed", mode_name,
                 outcome->leaked_bytes);
        return false;
    }
    return is_within_limits(c, outcome, reason, size);
}

enum verdict run_both_modes(const struct safetensors_case *c, const char *path, int32_t format,
                            enum fault fault, char *reason, size_t size)
{
    for (int mode = 0; mode < 2; mode++) {
        struct outcome outcome;

        /* A busy machine may slow one try down; a slow program slows all. */
        for (int i_try = 0; i_try < 3; i_try++) {
            try_file(&outcome, path, format, mode == 1, fault);
            if (c->ms_max == 0 || outcome.ms <= (double)c->ms_max)
                break;
        }
        if (!outcome_is_expected(c, mode, &outcome, reason, size))
            return VERDICT_FAILED;
    }
    return VERDICT_PASSED;
}

static enum verdict run_case(struct safetensors_case *c, const char *folder, char *reason,
                             size_t size)
{
    enum verdict verdict = VERDICT_FAILED;
    char path[512];

    if (c->problem[0] == '\0' && c->build == BUILD_ENVIRONMENT)
        return run_scene(c, folder, reason, size);
    snprintf(path, sizeof(path), "%s/case.safetensors", folder);
    if (c->problem[0] == '\0' && build_safetensors_file(c, path))
        verdict = run_both_modes(c, path, PW_FORMAT_SAFETENSORS, FAULT_NONE, reason, size);
    else
        snprintf(reason, size, "%s", c->problem);
    unlink(path);
    return verdict;
}

static void count_case(struct safetensors_case *c, const char *folder, struct tally *tally)
{
    char reason[1200] = "";
    enum verdict verdict;

    if (!case_is_wanted(tally, c->id, c->name))
        return;
    verdict = run_case(c, folder, reason, sizeof(reason));
    if (c->problem[0] != '\0' && verdict != VERDICT_FAILED) {
        verdict = VERDICT_FAILED;
        snprintf(reason, sizeof(reason), "%s", c->problem);
    }
    if (verdict == VERDICT_PASSED)
        case_passed(tally);
    else if (verdict == VERDICT_SKIPPED)
        case_skipped(tally, c->id, c->name, reason);
    else
        case_failed(tally, c->id, c->name, "%s", reason);
}

static void run_file(struct case_file *file, const char *path, const char *folder,
                     struct tally *tally)
{
    struct safetensors_case *c = malloc(sizeof(*c));
    pw_error err;

    while (c != NULL && case_file_next(file, path, tally)) {
        const bool read = read_safetensors_case(c, file, &err);

        if (read)
            count_case(c, folder, tally);
        else
            case_failed(tally, "-", path, "line %u: %s", (unsigned)err.line, err.text);
        free_safetensors_case(c);
        if (!read)
            break;
    }
    free(c);
}

void run_cases_safetensors(const char *path, struct tally *tally)
{
    const char *base = getenv("TMPDIR");
    char folder[256];
    struct case_file file;

    snprintf(folder, sizeof(folder), "%s/padwise-cases-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder) == NULL) {
        case_failed(tally, "-", path, "no folder for the files can be made in %s", folder);
        return;
    }
    if (case_file_open(&file, path, tally))
        run_file(&file, path, folder, tally);
    case_file_close(&file);
    rmdir(folder);
}
