/* SPDX-License-Identifier: MIT */
/* The old emphasis option (prompt-weighting.md 1.9): brackets weigh as tokens. */
#include "prompt/a1111.h"

bool pwi_a1111_old_emphasis(const char *entry, size_t size, double *multiplier)
{
    bool has_brackets = false;

    *multiplier = 1.0;
    for (size_t i = 0; i < size; i++) {
        const char c = entry[i];

        if (c == '(' || c == ']')
            *multiplier *= 1.1;
        else if (c == ')' || c == '[')
            *multiplier /= 1.1;
        else
            continue;
        has_brackets = true;
    }
    return has_brackets;
}
