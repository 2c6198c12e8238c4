/* SPDX-License-Identifier: MIT */
/* Normalisation form C: over all characters, in the order of marks, in ranges, and at a length
 * that quadratic code does not survive. */
#include "text_check.h"

#include <utf8proc.h>

#include "text/properties.h"

static bool is_surrogate(uint32_t code)
{
    return code >= 0xD800 && code < 0xE000;
}

static size_t decompose(uint32_t code, int32_t out[8])
{
    const utf8proc_ssize_t n =
        utf8proc_decompose_char((int32_t)code, out, 8, UTF8PROC_DECOMPOSE, NULL);

    assert_true(n > 0 && n <= 4); /* the step gives each character room for four */
    return (size_t)n;
}

/* Whether composition makes this one character from its decomposition; some it never makes. */
static bool is_composite(uint32_t code, const int32_t parts[8], size_t n_parts)
{
    int32_t composed[8];

    memcpy(composed, parts, sizeof(composed));
    return n_parts > 1 &&
           utf8proc_normalize_utf32(composed, (utf8proc_ssize_t)n_parts,
                                    UTF8PROC_STABLE | UTF8PROC_COMPOSE) == 1 &&
           composed[0] == (int32_t)code;
}

/* What composes to one character must be in one segment: if any composition had a second
 * character that starts a segment, that character's decomposition would not come back whole.
 * Hangul's 11,172 syllables are among them. */
static void every_composite_comes_back_whole(void **state)
{
    pwi_text text, result;
    size_t n_composites = 0;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    for (uint32_t code = 0; code <= PWI_CODE_MAX; code++) {
        int32_t parts[8] = {0};
        const size_t n_parts = is_surrogate(code) ? 0 : decompose(code, parts);

        if (!is_composite(code, parts, n_parts))
            continue;
        n_composites++;
        pwi_text_clear(&text);
        for (uint32_t i = 0; i < n_parts; i++)
            pwi_text_put(&text, (uint32_t)parts[i], i, i + 1);
        pwi_text_nfc(&result, &text);
        assert_int_equal(result.n, 1);
        assert_int_equal(result.chars[0].code, code);
        assert_int_equal(result.chars[0].begin, 0);
        assert_int_equal(result.chars[0].end, n_parts);
    }
    assert_int_equal(n_composites, 11172 + 941);
    pwi_text_free(&text);
    pwi_text_free(&result);
}

static bool is_mark(int32_t code)
{
    const utf8proc_category_t category = utf8proc_category(code);

    return utf8proc_get_property(code)->combining_class != 0 ||
           category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

/* A character that starts a segment must not decompose into something that would have belonged
 * to the segment before it. */
static void decompositions_begin_like_their_character(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= PWI_CODE_MAX; code++) {
        int32_t parts[8];

        if (is_surrogate(code) || is_mark((int32_t)code))
            continue;
        decompose(code, parts);
        assert_false(is_mark(parts[0]));
        assert_true(parts[0] == (int32_t)code || parts[0] < 0x1161 || parts[0] > 0x11C2);
    }
}

/* Below U+0300 the step does not look. */
static void nothing_below_the_first_mark_changes(void **state)
{
    (void)state;
    for (int32_t code = 0; code < 0x300; code++) {
        int32_t codes[8];
        const size_t n = decompose((uint32_t)code, codes);

        assert_int_equal(utf8proc_normalize_utf32(codes, (utf8proc_ssize_t)n,
                                                  UTF8PROC_STABLE | UTF8PROC_COMPOSE),
                         1);
        assert_int_equal(codes[0], code);
        assert_int_equal(utf8proc_get_property(code)->combining_class, 0);
    }
}

/* Wanted results are Python 3.11's unicodedata.normalize("NFC", ...). */
static void marks_compose_in_canonical_order(void **state)
{
    static const struct text_case cases[] = {
        {"", ""},
        {"plain ASCII", "plain ASCII"},
        {"e\xCC\x81", "\xC3\xA9"},
        {"a\xCC\x81\xCC\xA3", "\xE1\xBA\xA1\xCC\x81"},    /* dot below goes first */
        {"a\xCC\xA3\xCC\x82", "\xE1\xBA\xAD"},            /* three become one */
        {"a\xCC\x82\xCC\xA3", "\xE1\xBA\xAD"},            /* in any order */
        {"a\xCC\x81\xCC\x81", "\xC3\xA1\xCC\x81"},        /* the second acute is blocked */
        {"a\xD2\x88\xCC\x81", "a\xD2\x88\xCC\x81"},       /* an enclosing mark blocks */
        {"\xE2\x84\xAB\xE2\x84\xA6", "\xC3\x85\xCE\xA9"}, /* angstrom, ohm */
        {"\xE0\xA5\x98", "\xE0\xA4\x95\xE0\xA4\xBC"},     /* excluded from composition */
        {"\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "\xEA\xB0\x81"},
        {"\xEA\xB0\x80\xE1\x86\xA8", "\xEA\xB0\x81"},
        {"\xEA\xB0\x81\xE1\x86\xA8", "\xEA\xB0\x81\xE1\x86\xA8"}, /* it has a final already */
        {"\xEA\xB0\x80\xE1\x86\xA7", "\xEA\xB0\x80\xE1\x86\xA7"}, /* U+11A7 is no final */
        {"\xCD\xBE", ";"},
        {"\xCC\x81x", "\xCC\x81x"}, /* a mark without a base */
        {"\xCE\xB1\xCD\x85\xCC\x80\xCC\x93", "\xE1\xBE\xB2\xCC\x93"},
        {"\xE0\xA7\x87\xE0\xA6\xBE", "\xE0\xA7\x8B"}, /* spacing marks of class 0 compose */
    };

    (void)state;
    CHECK_BYTES(pwi_text_nfc, cases);
}

static void only_changed_segments_lose_their_ranges(void **state)
{
    static const struct text_case cases[] = {
        {"ae\xCC\x81z", "61@0-1 E9@1-4 7A@4-5"},
        {"x\xCC\x81y", "78@0-1 301@1-3 79@3-4"},                   /* nothing to compose */
        {"a\xCC\x81\xCC\xA3 b", "1EA1@0-5 301@0-5 20@5-6 62@6-7"}, /* both span both */
        {"\xE0\xA5\x98", "915@0-3 93C@0-3"},
        {"\xE1\x84\x80\xE1\x85\xA1\xE1\x84\x80", "AC00@0-6 1100@6-9"},
    };

    (void)state;
    CHECK_TRACES(pwi_text_nfc, cases);
}

/* A million marks of two classes in turn: ordering them pair by pair would take 10^11 steps,
 * and this test would not end. */
static void long_runs_of_marks_are_ordered(void **state)
{
    enum {
        N_MARKS = 1000000
    };

    pwi_text text, result;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    pwi_text_put(&text, 'a', 0, 1);
    for (uint32_t i = 0; i < N_MARKS; i++)
        pwi_text_put(&text, i % 2 == 0 ? 0x301 : 0x323, 1 + 2 * i, 3 + 2 * i);
    pwi_text_nfc(&result, &text);
    assert_false(result.failed);
    assert_int_equal(result.n, N_MARKS); /* the base took one dot below */
    assert_int_equal(result.chars[0].code, 0x1EA1);
    for (size_t i = 1; i < N_MARKS; i++)
        assert_true(result.chars[i].code == (i < N_MARKS / 2 ? 0x323u : 0x301u));
    pwi_text_free(&text);
    pwi_text_free(&result);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_composite_comes_back_whole),
    cmocka_unit_test(decompositions_begin_like_their_character),
    cmocka_unit_test(nothing_below_the_first_mark_changes),
    cmocka_unit_test(marks_compose_in_canonical_order),
    cmocka_unit_test(only_changed_segments_lose_their_ranges),
    cmocka_unit_test(long_runs_of_marks_are_ordered),
};

PW_TEST_MAIN(tests, NULL, NULL)
