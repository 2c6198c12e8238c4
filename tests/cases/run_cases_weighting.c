/* SPDX-License-Identifier: MIT */
/* Prompt weighting cases: no dialect is built yet, so they are counted as skipped. */
#include "run_cases.h"

#include <stdio.h>

void run_cases_weighting(const char *path, struct tally *tally)
{
    struct case_file file;
    size_t n = 0;
    pw_error err;

    if (case_file_open(&file, path, tally)) {
        while (case_file_next(&file, path, tally)) {
            if (pwi_json_skip(&file.json, &err) != PW_OK) {
                case_failed(tally, "-", path, "%s", err.text);
                break;
            }
            n++;
        }
        printf("%s: no weighting dialect is built yet; its %zu cases are skipped\n", path, n);
        tally->n_skipped += n;
    }
    case_file_close(&file);
}
