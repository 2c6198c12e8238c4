/* SPDX-License-Identifier: MIT */
/* run-cases KIND FILE...: every case of every file, failing cases by name, a closing line
 * "N passed, N failed, N skipped", and exit status 1 if any failed. A file that is not there is
 * a failure; the tests say --skip-without FOLDER for files that a clone of the repository has
 * not. */
#include "run_cases.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct kind {
    const char *name;
    void (*run)(const char *path, struct tally *tally);
};

static const struct kind kinds[] = {
    {"tokenizer", run_cases_tokenizer},
    {"weighting", run_cases_weighting},
    {"safetensors", run_cases_safetensors},
    {"tensors", run_cases_tensors},
};

void case_passed(struct tally *tally)
{
    tally->n_passed++;
}

void case_failed(struct tally *tally, const char *id, const char *name, const char *format, ...)
{
    va_list list;

    tally->n_failed++;
    printf("FAILED %s %s: ", id, name);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
}

void case_skipped(struct tally *tally, const char *id, const char *name, const char *reason)
{
    tally->n_skipped++;
    printf("skipped %s %s: %s\n", id, name, reason);
}

bool case_is_wanted(const struct tally *tally, const char *id, const char *name)
{
    if (tally->filter != NULL && strcmp(tally->filter, id) != 0 &&
        strcmp(tally->filter, name) != 0)
        return false;
    if (tally->list)
        printf("%s %s\n", id, name);
    return !tally->list;
}

/* The object "meta": which vocabulary the cases are for; the rest is for people. */
static pw_status read_meta(struct case_file *file, pw_error *err)
{
    pwi_json *json = &file->json;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "\"meta\"", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        if (pwi_json_is(json, "vocabulary")) {
            PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "\"vocabulary\"", err));
            snprintf(file->vocabulary, sizeof(file->vocabulary), "%.15s", json->text);
        } else {
            PWI_TRY(pwi_json_skip(json, err));
        }
    }
}

/* Move to the value of the top-level key "cases", which must be an array. */
static pw_status find_cases(struct case_file *file, pw_error *err)
{
    pwi_json *json = &file->json;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "a case file", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PWI_FAIL(err, PW_ERR_FIELD, "the file has no \"cases\"");
        if (pwi_json_is(json, "cases"))
            return pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "\"cases\"", err);
        if (pwi_json_is(json, "meta"))
            PWI_TRY(read_meta(file, err));
        else
            PWI_TRY(pwi_json_skip(json, err));
    }
}

bool case_file_open(struct case_file *file, const char *path, struct tally *tally)
{
    pw_error err;
    pw_status status;

    memset(file, 0, sizeof(*file));
    status = pwi_read_whole(&pwi_malloc_allocator, path, (size_t)1 << 30, &file->bytes,
                            &file->size, &err);
    if (status == PW_OK)
        status = pwi_json_open_memory(&file->json, &pwi_malloc_allocator, file->bytes,
                                      file->size, NULL, &err);
    if (status == PW_OK)
        status = find_cases(file, &err);
    if (status != PW_OK)
        case_failed(tally, "-", path, "%s", err.text);
    return status == PW_OK;
}

bool case_file_next(struct case_file *file, const char *path, struct tally *tally)
{
    pw_error err;

    if (pwi_json_next(&file->json, &err) != PW_OK) {
        case_failed(tally, "-", path, "line %u: %s", (unsigned)err.line, err.text);
        return false;
    }
    if (file->json.event != PWI_JSON_OBJECT_BEGIN && file->json.event != PWI_JSON_ARRAY_END)
        case_failed(tally, "-", path, "a case is %s, not an object",
                    pwi_json_event_name(file->json.event));
    return file->json.event == PWI_JSON_OBJECT_BEGIN;
}

void case_file_close(struct case_file *file)
{
    pwi_json_close(&file->json);
    if (file->bytes != NULL)
        pwi_free_array(&pwi_malloc_allocator, file->bytes, file->size + 1, 1);
    file->bytes = NULL;
}

static int usage(void)
{
    fputs("usage: run-cases tokenizer|weighting|safetensors|tensors [--list] [--filter ID] "
          "[--skip-without FOLDER] FILE...\n",
          stderr);
    return 2;
}

static const struct kind *kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int main(int argc, char **argv)
{
    struct tally tally = {.filter = NULL};
    const struct kind *kind = argc > 1 ? kind_of(argv[1]) : NULL;
    int n_files = 0;

    for (int i = 2; kind != NULL && i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            tally.list = true;
        } else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
            tally.filter = argv[++i];
        } else if (strcmp(argv[i], "--skip-without") == 0 && i + 1 < argc) {
            if (!is_folder(argv[++i])) {
                printf("skipped: %s is not there\n0 passed, 0 failed, 1 skipped\n", argv[i]);
                return 0;
            }
        } else {
            kind->run(argv[i], &tally);
            n_files++;
        }
    }
    if (n_files == 0)
        return usage();
    printf("%zu passed, %zu failed, %zu skipped\n", tally.n_passed, tally.n_failed,
           tally.n_skipped);
    return tally.n_failed == 0 ? 0 : 1;
}
