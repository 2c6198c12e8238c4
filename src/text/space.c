/* SPDX-License-Identifier: MIT */
/* White space: runs to one space, as regular expressions do it and as Python's strings do. */
#include "text/steps.h"

typedef bool (*is_member)(uint32_t code);

/* End of the run from i on whose characters are all in the class (or all outside it). */
static size_t run_end(const pwi_text *in, size_t i, is_member is_in_class, bool wanted)
{
    while (i < in->n && is_in_class(in->chars[i].code) == wanted)
        i++;
    return i;
}

void pwi_text_collapse_space(pwi_text *out, const pwi_text *in)
{
    if (!pwi_text_begin(out, in))
        return;
    for (size_t i = 0; i < in->n && !out->failed;) {
        const size_t space = run_end(in, i, pwi_is_space, false);
        const size_t next = run_end(in, space, pwi_is_space, true);

        pwi_text_copy(out, in, i, space);
        if (next > space)
            pwi_text_put_for(out, ' ', in, space, next);
        i = next;
    }
}

void pwi_text_python_split_join(pwi_text *out, const pwi_text *in)
{
    size_t word;

    if (!pwi_text_begin(out, in))
        return;
    word = run_end(in, 0, pwi_is_space_python, true);
    while (word < in->n && !out->failed) {
        const size_t space = run_end(in, word, pwi_is_space_python, false);
        const size_t next = run_end(in, space, pwi_is_space_python, true);

        pwi_text_copy(out, in, word, space);
        if (next < in->n)
            pwi_text_put_for(out, ' ', in, space, next);
        word = next;
    }
}

void pwi_text_python_strip(pwi_text *out, const pwi_text *in)
{
    size_t first, last = in->n;

    if (!pwi_text_begin(out, in))
        return;
    first = run_end(in, 0, pwi_is_space_python, true);
    while (last > first && pwi_is_space_python(in->chars[last - 1].code))
        last--;
    pwi_text_copy(out, in, first, last);
}
