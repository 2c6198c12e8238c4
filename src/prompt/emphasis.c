/* SPDX-License-Identifier: MIT */
/* The emphasis modes by name. */
#include <padwise/prompt.h>

#include <string.h>

static const char *const names[PW_N_EMPHASES] = {"original", "no-norm", "ignore", "none",
                                                 "old"};

const char *pw_emphasis_name(pw_emphasis emphasis)
{
    return (unsigned)emphasis < PW_N_EMPHASES ? names[emphasis] : "?";
}

int32_t pw_emphasis_from_name(const char *name)
{
    for (int32_t i = 0; i < PW_N_EMPHASES; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}
