/* SPDX-License-Identifier: MIT */
/* Compel's grammar, splits, masks and mixes. */
#include "fuzz_prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const dialects[] = {"compel"};

    fuzz_prompt(dialects, sizeof(dialects) / sizeof(*dialects), data, size);
    return 0;
}
