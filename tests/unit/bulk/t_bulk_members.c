/* SPDX-License-Identifier: MIT */
/* Slices of a manifest's text: what is found, and that broken text is never read past its
 * end. */
#include "check.h"

#include <stdlib.h>

#include "bulk/bulk_members.h"

static const char manifest[] =
    "{\"version\":\"0.1\",\"model\":{\"name\":\"a\\\"}\",\"x\":[1,2]},"
    "\"prompts\":[{\"prompt\":\"]},{\",\"n_cut\":3},{\"n_cut\":0}],"
    "\"edits\":\"\"}";

static void values_are_found_by_their_keys(void **state)
{
    pwi_slice value;

    (void)state;
    assert_true(pwi_members_find(manifest, strlen(manifest), "version", &value));
    assert_true(pwi_slice_is(value, "\"0.1\""));
    assert_true(pwi_members_find(manifest, strlen(manifest), "model", &value));
    assert_true(pwi_slice_is(value, "{\"name\":\"a\\\"}\",\"x\":[1,2]}"));
    assert_true(pwi_members_find(manifest, strlen(manifest), "edits", &value));
    assert_true(pwi_slice_is(value, "\"\""));
    assert_false(pwi_members_find(manifest, strlen(manifest), "n_cut", &value));
}

/* A bracket or a quote in a prompt is text. */
static void entries_are_told_apart(void **state)
{
    pwi_members entries;
    pwi_slice prompts, value;

    (void)state;
    assert_true(pwi_members_find(manifest, strlen(manifest), "prompts", &prompts));
    entries = pwi_members_of(prompts.bytes, prompts.size);
    assert_true(pwi_members_next(&entries));
    assert_true(pwi_members_find(entries.value.bytes, entries.value.size, "prompt", &value));
    assert_true(pwi_slice_is(value, "\"]},{\""));
    assert_true(pwi_members_next(&entries));
    assert_true(pwi_slice_is(entries.value, "{\"n_cut\":0}"));
    assert_false(pwi_members_next(&entries));
}

static void an_empty_list_has_no_items(void **state)
{
    pwi_members entries = pwi_members_of("[]", 2);

    (void)state;
    assert_false(pwi_members_next(&entries));
    entries = pwi_members_of("", 0);
    assert_false(pwi_members_next(&entries));
}

/* Every prefix, and every byte replaced, in memory of exactly that size: the sanitizer sees a
 * read behind it. */
static void broken_text_is_not_read_past_its_end(void **state)
{
    static const char bytes[] = "\"\\{}[],:x";
    const size_t size = strlen(manifest);

    (void)state;
    for (size_t n = 0; n <= size; n++)
        for (size_t b = 0; b < sizeof(bytes); b++) {
            char *copy = malloc(n + 1);
            size_t n_members = 0;
            pwi_members members;

            memcpy(copy, manifest, n);
            copy[n > 0 ? n - 1 : 0] = bytes[b];
            copy = realloc(copy, n == 0 ? 1 : n);
            members = pwi_members_of(copy, n);
            while (pwi_members_next(&members)) {
                assert_true(members.value.bytes + members.value.size <= copy + n);
                n_members++;
            }
            assert_true(n_members <= n);
            free(copy);
        }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_are_found_by_their_keys),
    cmocka_unit_test(entries_are_told_apart),
    cmocka_unit_test(an_empty_list_has_no_items),
    cmocka_unit_test(broken_text_is_not_read_past_its_end),
};

PW_TEST_MAIN(tests, NULL, NULL)
