/* SPDX-License-Identifier: MIT */
/* ComfyUI's grammar, with its own formula and with those of ADV_CLIP_emb. */
#include "fuzz_prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const dialects[] = {"comfyui", "adv:length+mean+comfy++",
                                           "adv:none+compel", "adv:mean+A1111"};

    fuzz_prompt(dialects, sizeof(dialects) / sizeof(*dialects), data, size);
    return 0;
}
