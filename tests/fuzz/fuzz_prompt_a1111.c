/* SPDX-License-Identifier: MIT */
/* A1111's passes, schedules and attention, and the pipelines that took its brackets. */
#include "fuzz_prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const dialects[] = {"a1111", "lpw", "lpw-xl", "sd-embed"};

    fuzz_prompt(dialects, sizeof(dialects) / sizeof(*dialects), data, size);
    return 0;
}
