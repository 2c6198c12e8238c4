/* SPDX-License-Identifier: MIT */
/* Prompts written for another dialect: what is noticed, and what is left alone. */
#include "../check.h"

#include "../failing_allocator.h"
#include "prompt/suspicions.h"

/* The first suspicion in this dialect: its bytes, and a word of its sentence. NULL: none. */
static void check(const char *dialect, const char *prompt, const char *marked, const char *word)
{
    pwi_suspicions suspicions;
    pwi_arena arena;

    pwi_arena_init(&arena, &pwi_malloc_allocator);
    assert_int_equal(
        pwi_suspicions_find(&suspicions, &arena, dialect, prompt, strlen(prompt), NULL), PW_OK);
    if (marked == NULL && suspicions.n > 0)
        print_message("%s\n", suspicions.items[0].text);
    assert_int_equal(suspicions.n, marked != NULL);
    if (marked != NULL) {
        const pwi_suspicion *first = &suspicions.items[0];

        assert_int_equal(first->end - first->begin, strlen(marked));
        assert_memory_equal(prompt + first->begin, marked, strlen(marked));
        assert_non_null(strstr(first->text, word));
        assert_non_null(strstr(first->text, dialect));
    }
    pwi_arena_free(&arena);
}

static void other_dialects_are_noticed(void **state)
{
    static const char *const cases[][4] = {
        {"a1111", "a wide photo, 16:9", "16:9", "comfyui"},
        {"a1111", "a cat :3", ":3", "compel"},
        {"comfyui", "a (photo in 16:9)", "16:9", "compel"},
        {"compel", "a (big:1.2) cat", ":1.2)", "(words)1.2"},
        {"plain", "a (big: 1.2 ) cat", ": 1.2 )", "a1111"},
        {"comfyui", "a [big] cat", "[big]", "a1111"},
        {"adv:none+A1111", "a [big] cat", "[big]", "a1111"},
        {"comfyui", "a [big:small:0.5] cat", "[big:small:0.5]", "a1111"},
        {"lpw", "a [big|small] cat", "[big|small]", "a1111"},
        {"comfyui", "a cat BREAK a dog", "BREAK", "a1111"},
        {"sd-embed", "a cat BREAK a dog", "BREAK", "-1"},
        {"compel", "a cat AND a dog", "AND", ".and()"},
        {"a1111", "a big++ cat", "++", "compel"},
        {"forge", "a cat, (sunny day)-", "-", "compel"},
        {"a1111", "a (big cat)1.3 there", ")1.3", "compel"},
        {"comfyui", "(\"a cat\", \"a dog\").and()", ".and(", "compel"},
        {"a1111", "a cat.swap(dog)", ".swap(", "compel"},
        {"a1111", "a cat, embedding:bad_hands", "embedding:bad_hands", "comfyui"},
        {"comfyui", "a cat <lora:fur:0.8>", "<lora:fur:0.8>", "a1111"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check(cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
}

static void what_works_is_left_alone(void **state)
{
    static const char *const cases[][2] = {
        {"a1111", "a (big:1.2) [old] cat BREAK [a|b] AND [c:d:5] <lora:x:1>"},
        {"comfyui", "a (big:1.2) cat, embedding:bad_hands, \\(plain\\)"},
        {"compel", "a big++ cat, (old dog)1.3, (\"a\", \"b\").blend(1, 1)"},
        {"lecture", "a ((big)) (cat:1.3) dog++"},
        {"a1111", "C++ code, an 18+ sign, A+, a well-known high- and low-key photo at 16:9,"},
        {"comfyui", "BREAK DANCE AND MUSIC"}, /* all in capitals: no keyword */
        {"comfyui", "SAND, BREAKFAST, a []"},
        {"compel", "time 12:30, ratio 16:9"},
        {"unknown", "a [big] (cat:1.2)++ BREAK"},
        {"plain", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check(cases[i][0], cases[i][1], NULL, NULL);
}

/* Megabytes of what almost is a mark. */
static void hostile_prompts_end(void **state)
{
    static const char *const pieces[] = {"(1", "(:  ",   "[", "[:", "))1",
                                         "+",  "<lora:", "1", "]"};
    static char prompt[1000001];

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        static const char *const dialects[] = {"a1111", "comfyui", "compel", "plain"};
        const size_t size = strlen(pieces[i]);

        for (size_t at = 0; at < sizeof(prompt) - 1; at++)
            prompt[at] = pieces[i][at % size];
        for (size_t k = 0; k < 4; k++) {
            pwi_suspicions suspicions;
            pwi_arena arena;

            pwi_arena_init(&arena, &pwi_malloc_allocator);
            assert_int_equal(pwi_suspicions_find(&suspicions, &arena, dialects[k], prompt,
                                                 sizeof(prompt) - 1, NULL),
                             PW_OK);
            pwi_arena_free(&arena);
        }
    }
}

static void memory_may_end_anywhere(void **state)
{
    static const char prompt[] = "a [b] (c:1.2)++ BREAK AND (\"a\").and() (x)1.5 16:9";
    pw_status status;
    size_t n_failures = 0;

    (void)state;
    do {
        struct failing failing = {n_failures + 1, 0, 0, 0, 0};
        const pw_allocator allocator = failing_allocator(&failing);
        pwi_suspicions suspicions;
        pwi_arena arena;

        pwi_arena_init(&arena, &allocator);
        status =
            pwi_suspicions_find(&suspicions, &arena, "plain", prompt, strlen(prompt), NULL);
        pwi_arena_free(&arena);
        assert_int_equal(failing.n_out, 0);
        n_failures += status != PW_OK;
    } while (status == PW_ERR_NO_MEMORY);
    assert_int_equal(status, PW_OK);
    assert_true(n_failures > 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(other_dialects_are_noticed),
    cmocka_unit_test(what_works_is_left_alone),
    cmocka_unit_test(hostile_prompts_end),
    cmocka_unit_test(memory_may_end_anywhere),
};

PW_TEST_MAIN(tests, NULL, NULL)
