/* SPDX-License-Identifier: MIT */
/* Normalisation form C (Unicode Standard Annex 15), segment by segment, so that each character
 * still knows its bytes. Decomposition and composition are utf8proc's; marks are put into order
 * here, because utf8proc's own ordering is quadratic in the length of a run of marks. */
#include <utf8proc.h>

#include "text/steps.h"

/* Below this, nothing changes in NFC and every character starts a segment. */
#define FIRST_MARK 0x300

/* Characters of the longest canonical decomposition (U+1F82 and its kin). */
#define EXPANSION_MAX 4

/* Segments up to this many characters need no memory but the stack. */
#define N_FEW 16

static uint8_t combining_class(int32_t code)
{
    return (uint8_t)utf8proc_get_property(code)->combining_class;
}

/* Vowels and final consonants that compose with the Hangul before them. U+11A7 is none of them,
 * though utf8proc 2.8 composes it away: as the start of a segment it never meets a syllable. */
static bool is_joining_jamo(uint32_t code)
{
    return (code >= 0x1161 && code <= 0x1175) || (code >= 0x11A8 && code <= 0x11C2);
}

/* Whether nothing before this character can change together with it. t_nfc checks over all of
 * Unicode that no composition has such a character second. */
static bool starts_segment(uint32_t code)
{
    const utf8proc_property_t *property;

    if (code < FIRST_MARK)
        return true;
    if (is_joining_jamo(code))
        return false;
    property = utf8proc_get_property((int32_t)code);
    return property->combining_class == 0 && property->category != UTF8PROC_CATEGORY_MN &&
           property->category != UTF8PROC_CATEGORY_MC &&
           property->category != UTF8PROC_CATEGORY_ME;
}

/* Stable sort of a run of marks by combining class: counting, as there are 256 classes. */
static void order_run(int32_t *marks, size_t n, int32_t *spare)
{
    size_t place[257] = {0};

    for (size_t i = 0; i < n; i++)
        place[combining_class(marks[i]) + 1]++;
    for (size_t c = 1; c < 257; c++)
        place[c] += place[c - 1];
    for (size_t i = 0; i < n; i++)
        spare[place[combining_class(marks[i])]++] = marks[i];
    for (size_t i = 0; i < n; i++)
        marks[i] = spare[i];
}

static void order_marks(int32_t *codes, size_t n, int32_t *spare)
{
    for (size_t i = 0; i < n;) {
        size_t end = i;

        while (end < n && combining_class(codes[end]) != 0)
            end++;
        if (end - i > 1)
            order_run(codes + i, end - i, spare);
        i = end + 1;
    }
}

/* codes and spare have room for EXPANSION_MAX times the segment. */
static size_t compose(const pwi_text *in, size_t first, size_t last, int32_t *codes,
                      int32_t *spare)
{
    size_t n = 0;
    utf8proc_ssize_t n_composed;

    for (size_t i = first; i < last; i++) {
        const utf8proc_ssize_t n_codes =
            utf8proc_decompose_char((int32_t)in->chars[i].code, codes + n, EXPANSION_MAX,
                                    UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, NULL);

        PW_ASSERT(n_codes > 0 && n_codes <= EXPANSION_MAX);
        n += (size_t)n_codes;
    }
    order_marks(codes, n, spare);
    n_composed = utf8proc_normalize_utf32(codes, (utf8proc_ssize_t)n,
                                          UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    PW_ASSERT(n_composed > 0);
    return (size_t)n_composed;
}

static bool is_unchanged(const pwi_text *in, size_t first, size_t last, const int32_t *codes,
                         size_t n_codes)
{
    if (n_codes != last - first)
        return false;
    for (size_t i = 0; i < n_codes; i++) {
        if (in->chars[first + i].code != (uint32_t)codes[i])
            return false;
    }
    return true;
}

static void put_segment(pwi_text *out, const pwi_text *in, size_t first, size_t last,
                        int32_t *codes, int32_t *spare)
{
    const size_t n_codes = compose(in, first, last, codes, spare);

    if (is_unchanged(in, first, last, codes, n_codes)) {
        pwi_text_copy(out, in, first, last);
        return;
    }
    for (size_t i = 0; i < n_codes; i++)
        pwi_text_put_for(out, (uint32_t)codes[i], in, first, last);
}

static void put_long_segment(pwi_text *out, const pwi_text *in, size_t first, size_t last)
{
    const size_t capacity = (last - first) * EXPANSION_MAX;
    int32_t *codes = PWI_ARRAY(out->allocator, int32_t, capacity);
    int32_t *spare = PWI_ARRAY(out->allocator, int32_t, capacity);

    if (codes == NULL || spare == NULL)
        out->failed = true;
    else
        put_segment(out, in, first, last, codes, spare);
    pwi_free_array(out->allocator, spare, capacity, sizeof(*spare));
    pwi_free_array(out->allocator, codes, capacity, sizeof(*codes));
}

/* First character from i on that may change: one at or above FIRST_MARK, or the one before it
 * if that has marks. */
static size_t skip_plain(const pwi_text *in, size_t i)
{
    size_t end = i;

    while (end < in->n && in->chars[end].code < FIRST_MARK)
        end++;
    return end > i && end < in->n && !starts_segment(in->chars[end].code) ? end - 1 : end;
}

static size_t segment_end(const pwi_text *in, size_t first)
{
    size_t last = first + 1;

    while (last < in->n && !starts_segment(in->chars[last].code))
        last++;
    return last;
}

void pwi_text_nfc(pwi_text *out, const pwi_text *in)
{
    int32_t codes[N_FEW * EXPANSION_MAX], spare[N_FEW * EXPANSION_MAX];

    if (!pwi_text_begin(out, in))
        return;
    for (size_t i = 0; i < in->n && !out->failed;) {
        const size_t first = skip_plain(in, i);
        size_t last;

        pwi_text_copy(out, in, i, first);
        if (first == in->n)
            return;
        last = segment_end(in, first);
        if (last - first <= N_FEW)
            put_segment(out, in, first, last, codes, spare);
        else
            put_long_segment(out, in, first, last);
        i = last;
    }
}
