/* SPDX-License-Identifier: MIT */
/* Prompts that nobody types: a megabyte, a million brackets, nesting of ten thousand and more,
 * weights that are no numbers. Each gives a result or an error, in every dialect. */
#include "prompt_check.h"

#define N_MEGABYTE ((size_t)1 << 20)

static const char *const dialects[] = {
    "plain",   "lecture",  "a1111",
    "comfyui", "compel",   "lpw",
    "lpw-xl",  "sd-embed", "adv:length+mean+comfy++",
};

#define N_TRIED (sizeof(dialects) / sizeof(*dialects))

/* `size` bytes of a unit repeated. */
static char *repeated(const char *unit, size_t size)
{
    const size_t unit_size = strlen(unit);
    char *text = malloc(size + 1);

    assert_non_null(text);
    for (size_t i = 0; i < size; i++)
        text[i] = unit[i % unit_size];
    text[size] = '\0';
    return text;
}

/* Parse and plan; a failure must be one of those that are a prompt's own. */
static void try_in(pw_context *ctx, const char *dialect, const char *text, size_t size)
{
    const pw_prompt_options options = options_of(dialect);
    const pw_prompt_encoder encoder = word_encoder(77);
    pw_prompt *prompt = NULL;
    pw_plan *plan = NULL;
    pw_error err = {.status = PW_OK};
    pw_status status = pw_prompt_parse(&prompt, ctx, text, size, &options, &err);

    if (status == PW_OK)
        status = pw_plan_create(&plan, ctx, (const pw_prompt *const *)&prompt, 1, &encoder,
                                NULL, &err);
    if (status != PW_OK) {
        assert_int_equal(err.status, status);
        assert_true(status == PW_ERR_LIMIT || status == PW_ERR_DEPTH ||
                    status == PW_ERR_FIELD || status == PW_ERR_ARGUMENT ||
                    status == PW_ERR_TRAILING || status == PW_ERR_SIZE ||
                    status == PW_ERR_UNSUPPORTED);
        assert_true(err.text[0] != '\0');
    }
    pw_plan_free(plan);
    pw_prompt_free(prompt);
}

static void try_everywhere(const char *text, size_t size)
{
    pw_context *ctx = test_context();

    for (size_t i = 0; i < N_TRIED; i++) {
        if (getenv("PADWISE_TEST_VERBOSE") != NULL)
            print_message("%s\n", dialects[i]);
        try_in(ctx, dialects[i], text, size);
    }
    pw_context_free(ctx);
}

static void try_repeated(const char *unit, size_t size)
{
    char *text = repeated(unit, size);

    try_everywhere(text, size);
    free(text);
}

static void a_megabyte_of_words(void **state)
{
    (void)state;
    try_repeated("a cat, ", N_MEGABYTE);
}

static void a_megabyte_without_blanks(void **state)
{
    (void)state;
    try_repeated("x", N_MEGABYTE);
}

static void a_million_open_brackets(void **state)
{
    (void)state;
    try_repeated("(", 1000000);
    try_repeated("[", 1000000);
    try_repeated("([", 1000000);
}

static void a_million_closed_brackets(void **state)
{
    (void)state;
    try_repeated(")", 1000000);
    try_repeated("])", 1000000);
}

static void a_million_small_groups(void **state)
{
    (void)state;
    try_repeated("(a)", 1000000);
    try_repeated("[a:b:1]", 1000000);
    try_repeated("[a|b]", 1000000);
    try_repeated("(a:1.1)+ ", 1000000);
    try_repeated("\"a\"", 1000000);
}

/* (((...text...))) with n brackets on either side. */
static void try_nested(const char *open, const char *close, size_t n, size_t n_text)
{
    const size_t n_open = strlen(open), n_close = strlen(close);
    const size_t size = n * (n_open + n_close) + n_text;
    char *text = repeated("a ", size);

    for (size_t i = 0; i < n; i++) {
        memcpy(text + i * n_open, open, n_open);
        memcpy(text + n * n_open + n_text + i * n_close, close, n_close);
    }
    try_everywhere(text, size);
    free(text);
}

static void ten_thousand_deep(void **state)
{
    (void)state;
    try_nested("(", ")", 10000, 10);
    try_nested("(", ":1.1)", 10000, 10);
    try_nested("[", "]", 10000, 10);
    try_nested("[a:", ":0.5]", 10000, 10);
    try_nested("[a|", "]", 10000, 10);
    try_nested("(", ")+", 10000, 10);
    try_nested("\"", "\"+", 10000, 10);
    try_nested("a.swap(", ")", 10000, 10);
    try_nested("(", ")", 10000, 1000000);
    try_nested("(", ")", 400000, 10);
}

static void weights_that_are_no_numbers(void **state)
{
    static const char *const texts[] = {"(a:nan) b",
                                        "(a:inf) b",
                                        "(a:-inf)",
                                        "(a:1e999) b",
                                        "(a:1e-999)",
                                        "(a)1e999",
                                        "[a:b:1e999]",
                                        "[a:b:nan]",
                                        "a:1e999 AND b:nan",
                                        "(a:99999999999999999999999999999999999999999999.9)",
                                        "(\"a\",\"b\").blend(1e999,1)"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        try_everywhere(texts[i], strlen(texts[i]));
}

static void embeddings_and_nul_bytes(void **state)
{
    (void)state;
    try_repeated(" embedding:", 500000);
    try_repeated(" embedding:x,", 500000);
    try_everywhere("a\0b (c\0:1.2) \\\0", 16);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_megabyte_of_words),
        cmocka_unit_test(a_megabyte_without_blanks),
        cmocka_unit_test(a_million_open_brackets),
        cmocka_unit_test(a_million_closed_brackets),
        cmocka_unit_test(a_million_small_groups),
        cmocka_unit_test(ten_thousand_deep),
        cmocka_unit_test(weights_that_are_no_numbers),
        cmocka_unit_test(embeddings_and_nul_bytes),
    };

    return check_main(argc, argv, tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}
