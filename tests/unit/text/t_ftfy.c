/* SPDX-License-Identifier: MIT */
/* ftfy.fix_text(text, fix_encoding=False) and html.unescape. Wanted results are those of ftfy
 * 6.3.1 and Python 3.11, run on these inputs; compare_text.py does the same at random. */
#include "text_check.h"

static void entities_are_unescaped(void **state)
{
    static const struct text_case cases[] = {
        {"&lt;b&gt;", "<b>"},
        {"&amp;amp;amp;x", "&x"}, /* round after round */
        {"&amp", "&amp"},         /* not without ";" */
        {"&NTILDE;&EACUTE;&SZLIG;", "\xC3\x91\xC3\x89SS"},
        {"&AMP;&DD;", "&\xE2\x85\x85"}, /* HTML's own capitals go first */
        {"&LTRI;", "&LTRI;"},           /* html.unescape sees "&LT" in it */
        {"&CounterClockwiseContourIntegral;", "&CounterClockwiseContourIntegral;"},
        {"&#65;&#x41;&#X41;", "AAA"},
        {"&#x80;&#x81;", "\xE2\x82\xAC\xC2\x81"},
        {"&#27;[0m", "[0m"}, /* no character: nothing */
        {"&#xD800;&#x110000;&#0;&#99999999999999;",
         "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"&#59;&#x3b;&semi;", "&#59;&#x3b;;"},
        {"&#12ab;&#xZZ;&#;&#x;", "&#12ab;&#xZZ;&#;&#x;"},
        {"&amp\xCD\xBE", "&"}, /* NFC makes the ";" */
        {"&am&#112;;", "&"},   /* one entity inside another */
        {"\r&amp;#10;", "\n\n"},
    };

    (void)state;
    CHECK_BYTES(pwi_text_ftfy, cases);
}

/* Text with a "<" may be HTML: from its line on, entities stay. */
static void html_keeps_its_entities(void **state)
{
    static const struct text_case cases[] = {
        {"&amp;\n<b>&amp;\n&amp;", "&\n<b>&amp;\n&amp;"},
        {"&lt;&amp;amp;", "<&"}, /* a "<" that was an entity does not count */
    };

    (void)state;
    CHECK_BYTES(pwi_text_ftfy, cases);
}

static void characters_become_plain(void **state)
{
    static const struct text_case cases[] = {
        {"\xC2\x80\xC2\x81\xC2\x85\xC2\x93", "\xE2\x82\xAC\xC2\x81\xE2\x80\xA6\""},
        {"\xEF\xAC\x81\xEF\xAC\x83\xC7\x84\xC4\xB2", "fiffiD\xC5\xBDIJ"},
        {"\xEF\xAC\x85\xEF\xAC\x86", "\xC5\xBFtst"},
        {"\xC5\x89", "'n"}, /* the ligature's quote is straightened, too */
        {"\xEF\xBC\xA1\xE3\x80\x80\xEF\xBD\xB1\xEF\xBC\x82", "A \xE3\x82\xA2\""},
        {"\xE2\x80\x98\xE2\x80\x99\xE2\x80\x9C\xE2\x80\x9D\xCA\xBC", "''\"\"'"},
        {"\xC2\xBD\xE2\x84\xA2", "\xC2\xBD\xE2\x84\xA2"}, /* other compatibility forms stay */
        {"e\xCC\x81", "\xC3\xA9"},
    };

    (void)state;
    CHECK_BYTES(pwi_text_ftfy, cases);
}

static void controls_go_and_lines_break_one_way(void **state)
{
    static const struct text_case cases[] = {
        {"a\r\nb\rc\r\r\nd", "a\nb\nc\n\nd"},
        {"a\xE2\x80\xA8"
         "b\xE2\x80\xA9"
         "c\x0B\x0C",
         "a\nb\nc\x0C"},
        {"\x1B[31;1mred\x1B[m", "red"},
        {"\x1B[\xD9\xA3mx", "x"}, /* any decimal digit */
        {"\x1B[3\xC3\xA9", "[3\xC3\xA9"},
        {"\x1B\x1B[1m\x1B[\x1B[1mm\x1B[1", "[m[1"},
        {"a\x01\x7F\xE2\x81\xAA\xEF\xBB\xBF\xEF\xBF\xB9z", "az"},
        {"a\tz\xE2\x80\x8B", "a\tz\xE2\x80\x8B"},
    };

    (void)state;
    CHECK_BYTES(pwi_text_ftfy, cases);
}

static void replacements_span_their_source(void **state)
{
    static const struct text_case cases[] = {
        {"a&amp;amp;z", "61@0-1 26@1-10 7A@10-11"},
        {"\xEF\xAC\x83x", "66@0-3 66@0-3 69@0-3 78@3-4"},
        {"a\r\nz", "61@0-1 A@1-3 7A@3-4"},
        {"a\x1B[0mz", "61@0-1 7A@5-6"},
        {"&#101;\xCC\x81z", "E9@0-8 7A@8-9"},
        {"&fjlig;", "66@0-7 6A@0-7"},
    };

    (void)state;
    CHECK_TRACES(pwi_text_ftfy, cases);
}

/* A line of a million characters is a segment; the entity that it cuts in two is none. */
static void long_lines_are_cut(void **state)
{
    enum {
        N_SEGMENT = 1000000
    };

    static const char tail[] = "&amp;&amp;";
    pwi_text text, result;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    for (uint32_t i = 0; i < N_SEGMENT - 2; i++)
        pwi_text_put(&text, 'a', i, i + 1);
    for (uint32_t i = 0; i < sizeof(tail) - 1; i++)
        pwi_text_put(&text, (uint32_t)tail[i], N_SEGMENT - 2 + i, N_SEGMENT - 1 + i);
    pwi_text_ftfy(&result, &text);
    assert_int_equal(result.n, N_SEGMENT - 2 + 5 + 1);
    pwi_text_free(&text);
    pwi_text_free(&result);
}

/* "&amp;amp;..." would take as many rounds as it has layers, and each reads all of it: after 64
 * the rest stays. Without that end this test would take days. */
static void deep_nesting_ends(void **state)
{
    enum {
        N_LAYERS = 200000
    };

    pwi_text text, result;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    pwi_text_put(&text, '&', 0, 1);
    for (uint32_t i = 0; i < 4 * N_LAYERS; i++)
        pwi_text_put(&text, (uint32_t) "amp;"[i % 4], i + 1, i + 2);
    pwi_text_ftfy(&result, &text);
    assert_int_equal(result.n, 1 + 4 * (N_LAYERS - 64));
    pwi_text_free(&text);
    pwi_text_free(&result);
}

static void html_unescape_reads_legacy_names(void **state)
{
    static const struct text_case cases[] = {
        {"&amp;amp;", "&amp;"}, /* once */
        {"&ampx&notit;&notin;", "&x\xC2\xACit;\xE2\x88\x89"},
        {"&Aacutexy &eacute", "\xC3\x81xy \xC3\xA9"},
        {"&CounterClockwiseContourIntegral;", "\xE2\x88\xB3"},
        {"&NTILDE; &lang; &langx;", "&NTILDE; \xE2\x9F\xA8 &langx;"},
        {"&#65 &#x41g &#65;&#;&#x;&#xg", "A Ag A&#;&#x;&#xg"},
        {"&#59;&#38;", ";&"},
        {"&#0;&#x80;&#x9d;&#13;&#1;&#xFFFE;", "\xEF\xBF\xBD\xE2\x82\xAC\xC2\x9D\r"},
        {"&#1114111;&#1114112;", "\xEF\xBF\xBD"},
        {"&bne;&fjlig;", "=\xE2\x83\xA5"
                         "fj"},
        {"& && &&amp;", "& && &&"},
    };
    static const struct text_case traces[] = {
        {"a&notit;", "61@0-1 AC@1-5 69@5-6 74@6-7 3B@7-8"},
        {"&#65&#66;", "41@0-4 42@4-9"},
    };

    (void)state;
    CHECK_BYTES(pwi_text_html_unescape, cases);
    CHECK_TRACES(pwi_text_html_unescape, traces);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(entities_are_unescaped),
    cmocka_unit_test(html_keeps_its_entities),
    cmocka_unit_test(characters_become_plain),
    cmocka_unit_test(controls_go_and_lines_break_one_way),
    cmocka_unit_test(replacements_span_their_source),
    cmocka_unit_test(long_lines_are_cut),
    cmocka_unit_test(deep_nesting_ends),
    cmocka_unit_test(html_unescape_reads_legacy_names),
};

PW_TEST_MAIN(tests, NULL, NULL)
