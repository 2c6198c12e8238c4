/* SPDX-License-Identifier: MIT */
/* The lecture's two spellings, and text without any. */
#include "fuzz_prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const dialects[] = {"lecture", "plain"};

    fuzz_prompt(dialects, sizeof(dialects) / sizeof(*dialects), data, size);
    return 0;
}
