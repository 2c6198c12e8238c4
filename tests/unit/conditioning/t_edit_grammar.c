/* SPDX-License-Identifier: MIT */
/* The grammar of edits, and which rows of a sequence it means. */
#include <stdlib.h>

#include "edit_check.h"

static int setup(void **state)
{
    *state = test_context();
    return *state == NULL;
}

static int teardown(void **state)
{
    pw_context_free(*state);
    return 0;
}

/* What a manifest holds must parse to the same statements. */
static void spelling_is_settled(void **state)
{
    static const char *const cases[][2] = {
        {"pads: zero", "pads: zero"},
        {"  pads:zero;", "pads: zero"},
        {"12: invert", "12: invert"},
        {"12..12: damp", "12: damp"},
        {"12 .. 20 : scale 0.50", "12..20: scale 0.5"},
        {"all: scale 2.0", "all: scale 2"},
        {"all: add -1E-3", "all: add -0.001"},
        {"first 3 of pads: constant -0", "first 3 of pads: constant -0"},
        {"last 5 of words:\tmean", "last 5 of words: mean"},
        {"nearest 70 % of pads to eos: eos", "nearest 70% of pads to eos: eos"},
        {"nearest 12.5% of words to eos: zero", "nearest 12.5% of words to eos: zero"},
        {"pads: noise 0.1 seed 42", "pads: noise 0.1 seed 42"},
        {"pads: add noise 1 seed 4294967295", "pads: add noise 1 seed 4294967295"},
        {"pads: clean; eos: clean-empty", "pads: clean; eos: clean-empty"},
        {"bos: from a\\ b.json", "bos: from a\\ b.json"},
        {"pads: from x.json by position", "pads: from x.json"},
        {"pads: from \"an \\\"otter\\\"\" by eos", "pads: from \"an \\\"otter\\\"\" by eos"},
        {"pads: from 'by; eos'", "pads: from \"by; eos\""},
        {"pads: swap o.npz;pads: lerp 0.5 to o.npz",
         "pads: swap o.npz; pads: lerp 0.5 to o.npz"},
        {"pads: id 0; all: zero", "pads: id 0; all: zero"},
        {"pads: from \xe6\xb5\xb7.json", "pads: from \xe6\xb5\xb7.json"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pw_edits *edits, *again;

        edits = parsed(*state, cases[i][0]);
        again = parsed(*state, pw_edits_text(edits));
        assert_string_equal(pw_edits_text(edits), cases[i][1]);
        assert_string_equal(pw_edits_text(again), cases[i][1]);
        pw_edits_free(again);
        pw_edits_free(edits);
    }
}

static void statement_has_its_parts(void **state)
{
    pw_edits *edits =
        parsed(*state, "last 2 of pads: lerp 0.25 to 'a cat'; 3..4: noise 2 seed 7");
    const pw_edit *edit = pw_edits_at(edits, 0);

    assert_int_equal(pw_edits_n(edits), 2);
    assert_null(pw_edits_at(edits, 2));
    assert_int_equal(edit->rows.part, PW_EDIT_LAST);
    assert_int_equal(edit->rows.n, 2);
    assert_true(edit->x == 0.25);
    assert_int_equal(edit->source.kind, PW_EDIT_SOURCE_PROMPT);
    assert_string_equal(edit->source.text, "a cat");
    edit = pw_edits_at(edits, 1);
    assert_int_equal(edit->rows.first, 3);
    assert_int_equal(edit->rows.last, 4);
    assert_int_equal(edit->seed, 7);
    pw_edits_free(edits);
}

static const struct {
    const char *text;
    uint64_t offset;
    pw_status status;
} refused[] = {
    {"", 0, PW_ERR_ARGUMENT},
    {";", 0, PW_ERR_ARGUMENT},
    {"pads", 4, PW_ERR_ARGUMENT},
    {"pads zero", 5, PW_ERR_ARGUMENT},
    {"pads:", 5, PW_ERR_ARGUMENT},
    {"Pads: zero", 0, PW_ERR_ARGUMENT},
    {"pad: zero", 0, PW_ERR_ARGUMENT},
    {"pads: zeros", 6, PW_ERR_ARGUMENT},
    {"pads: zero all: zero", 11, PW_ERR_ARGUMENT},
    {"pads: zero;; all: zero", 11, PW_ERR_ARGUMENT},
    {"pads: scale", 11, PW_ERR_ARGUMENT},
    {"pads: scale nan", 12, PW_ERR_ARGUMENT},
    {"pads: scale inf", 12, PW_ERR_ARGUMENT},
    {"pads: scale -Infinity", 12, PW_ERR_ARGUMENT},
    {"pads: scale 1e999", 12, PW_ERR_ARGUMENT},
    {"pads: scale 0x10", 12, PW_ERR_ARGUMENT},
    {"pads: scale 1.", 12, PW_ERR_ARGUMENT},
    {"pads: scale .5", 12, PW_ERR_ARGUMENT},
    {"pads: scale 01", 12, PW_ERR_ARGUMENT},
    {"pads: scale 1e", 12, PW_ERR_ARGUMENT},
    {"pads: scale 1,5", 13, PW_ERR_ARGUMENT},
    {"pads: scale --1", 12, PW_ERR_ARGUMENT},
    {"12..9: zero", 0, PW_ERR_ARGUMENT},
    {"12...20: zero", 4, PW_ERR_ARGUMENT},
    {"1.5: zero", 1, PW_ERR_ARGUMENT},
    {"-1: zero", 0, PW_ERR_ARGUMENT},
    {"99999999999999999999999999: zero", 0, PW_ERR_LIMIT},
    {"first of pads: zero", 6, PW_ERR_ARGUMENT},
    {"first 3 pads: zero", 8, PW_ERR_ARGUMENT},
    {"first 3 of 2..4: zero", 11, PW_ERR_ARGUMENT},
    {"nearest 101% of pads to eos: zero", 8, PW_ERR_ARGUMENT},
    {"nearest -1% of pads to eos: zero", 8, PW_ERR_ARGUMENT},
    {"nearest 70 of pads to eos: zero", 11, PW_ERR_ARGUMENT},
    {"nearest 70% of pads to bos: zero", 23, PW_ERR_ARGUMENT},
    {"pads: noise 0.1", 15, PW_ERR_ARGUMENT},
    {"pads: noise -1 seed 1", 12, PW_ERR_ARGUMENT},
    {"pads: noise 1 seed -1", 19, PW_ERR_ARGUMENT},
    {"pads: noise 1 seed 4294967296", 19, PW_ERR_LIMIT},
    {"pads: from", 10, PW_ERR_ARGUMENT},
    {"pads: from \"x", 11, PW_ERR_ARGUMENT},
    {"pads: from \"x\\\"", 11, PW_ERR_ARGUMENT},
    {"pads: from x by row", 16, PW_ERR_ARGUMENT},
    {"pads: lerp 0.5 x", 15, PW_ERR_ARGUMENT},
    {"pads: id -1", 9, PW_ERR_ARGUMENT},
    {"pads: id 2147483648", 8, PW_ERR_ARGUMENT},
    {"pads: zero; pads: id 0", 12, PW_ERR_ARGUMENT},
    {"pads: zero\xff", 10, PW_ERR_UTF8},
    {"((((((((pads: zero", 0, PW_ERR_ARGUMENT},
};

static void refusal_names_the_byte(void **state)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        pw_edits *edits = NULL;
        pw_error err;
        const pw_status status =
            pw_edits_parse(&edits, *state, refused[i].text, strlen(refused[i].text), &err);

        if (status != refused[i].status || err.offset != refused[i].offset)
            fail_msg("\"%s\": %s at %llu (%s)", refused[i].text, pw_status_name(status),
                     (unsigned long long)err.offset, err.text);
        assert_null(edits);
    }
}

static void parse_repeated(pw_context *ctx, const char *unit, size_t size, pw_status expected)
{
    char *text = malloc(size);
    pw_edits *edits;

    for (size_t i = 0; i < size; i++)
        text[i] = unit[i % strlen(unit)];
    assert_int_equal(pw_edits_parse(&edits, ctx, text, size, NULL), expected);
    pw_edits_free(edits);
    free(text);
}

static void long_text_is_bounded(void **state)
{
    parse_repeated(*state, "pads: zero;", 1000001 / 11 * 11, PW_ERR_LIMIT);
    parse_repeated(*state, "1", 1000000, PW_ERR_LIMIT);
    parse_repeated(*state, " ", 1000000, PW_ERR_ARGUMENT);
    parse_repeated(*state, "pads", 1000000, PW_ERR_ARGUMENT);
    parse_repeated(*state, "\"", 1000000, PW_ERR_ARGUMENT);
    parse_repeated(*state, "pads: zero;", 2 << 20, PW_ERR_LIMIT);
    parse_repeated(*state, "pads: zero;", 11 * PW_EDITS_MAX, PW_OK);
}

static void nul_is_refused(void **state)
{
    pw_edits *edits;
    pw_error err;

    assert_int_equal(pw_edits_parse(&edits, *state, "pads: from 'a\0b'", 16, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(err.offset, 13);
}

/* ---- Rows. */

static void expect_rows(pw_context *ctx, const char *rows, const char *expected)
{
    const struct sample sample = make_sample();
    char text[64], chosen[N_ROWS + 1] = "";
    uint8_t selected[N_ROWS];
    pw_edits *edits;

    snprintf(text, sizeof(text), "%s: zero", rows);
    edits = parsed(ctx, text);
    assert_int_equal(
        pw_edit_select(&pw_edits_at(edits, 0)->rows, sample.roles, N_ROWS, selected, NULL),
        PW_OK);
    for (size_t i = 0; i < N_ROWS; i++)
        chosen[i] = selected[i] ? 'x' : '.';
    if (strcmp(chosen, expected) != 0)
        fail_msg("%s: %s, not %s", rows, chosen, expected);
    pw_edits_free(edits);
}

static void rows_are_those_meant(void **state)
{
    expect_rows(*state, "all", "xxxxxxxxxx");
    expect_rows(*state, "bos", "x.........");
    expect_rows(*state, "words", ".xxx......");
    expect_rows(*state, "eos", "....x.....");
    expect_rows(*state, "pads", ".....xxxxx");
    expect_rows(*state, "9", ".........x");
    expect_rows(*state, "0..3", "xxxx......");
    expect_rows(*state, "first 2 of pads", ".....xx...");
    expect_rows(*state, "last 2 of words", "..xx......");
    expect_rows(*state, "first 0 of pads", "..........");
    expect_rows(*state, "nearest 70% of pads to eos", ".....xxx..");
    expect_rows(*state, "nearest 100% of pads to eos", ".....xxxxx");
    expect_rows(*state, "nearest 0% of pads to eos", "..........");
    expect_rows(*state, "nearest 67% of words to eos", "..xx......");
    expect_rows(*state, "nearest 40% of all to eos", "..xxxx....");
}

/* Pads of the first chunk belong to its own eos, however near the second one is. */
static void chunks_have_their_own_eos(void **state)
{
    /* 3 of 8 */
    const pw_edit_rows rows = {
        .kind = PW_EDIT_ROWS_PADS, .part = PW_EDIT_NEAREST, .percent = 37.5};
    pw_row_role roles[12];
    uint8_t selected[12];
    static const uint8_t expected[12] = {0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0};

    (void)state;
    pw_row_roles_fill(roles, 6, 2);
    pw_row_roles_fill(roles + 6, 6, 2);
    assert_int_equal(pw_edit_select(&rows, roles, 12, selected, NULL), PW_OK);
    assert_memory_equal(selected, expected, sizeof(expected));
}

static void rows_that_are_not_there(void **state)
{
    static const char *const texts[] = {"10: zero", "3..10: zero", "first 6 of pads: zero",
                                        "last 4 of words: zero"};
    pw_error err;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct sample sample = make_sample();
        const struct sample before = sample;

        assert_int_equal(apply_with(*state, &sample, texts[i], NULL, NULL, &err),
                         PW_ERR_ARGUMENT);
        assert_memory_equal(sample.values, before.values, sizeof(before.values));
    }
}

/* Without roles rows have numbers only; a sequence of no pads has no rows "pads". */
static void unknown_roles_are_no_pads(void **state)
{
    static const char *const texts[] = {"pads: zero", "bos: zero",
                                        "nearest 50% of all to eos: zero", "3: eos"};
    struct sample sample = make_sample();

    pw_row_roles_fill(sample.roles, N_ROWS, 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(apply_with(*state, &sample, texts[i], NULL, NULL, NULL),
                         PW_ERR_ARGUMENT);
    assert_int_equal(apply_with(*state, &sample, "all: zero; 3: invert", NULL, NULL, NULL),
                     PW_OK);
    pw_row_roles_fill(sample.roles, N_ROWS, N_ROWS);
    assert_int_equal(apply_with(*state, &sample, "pads: zero", NULL, NULL, NULL),
                     PW_ERR_ARGUMENT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(spelling_is_settled),
    cmocka_unit_test(statement_has_its_parts),
    cmocka_unit_test(refusal_names_the_byte),
    cmocka_unit_test(long_text_is_bounded),
    cmocka_unit_test(nul_is_refused),
    cmocka_unit_test(rows_are_those_meant),
    cmocka_unit_test(chunks_have_their_own_eos),
    cmocka_unit_test(rows_that_are_not_there),
    cmocka_unit_test(unknown_roles_are_no_pads),
};

PW_TEST_MAIN(tests, setup, teardown)
