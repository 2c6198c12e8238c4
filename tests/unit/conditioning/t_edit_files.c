/* SPDX-License-Identifier: MIT */
/* Edits in files: the manifest's chain, the exchange form's fields, where pads begin; and every
 * allocation of it failing once. */
#include <padwise/conditioning.h>
#include <padwise/file.h>

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

static pw_tensor_set *set_with(pw_context *ctx, const char *const *fields)
{
    static const int64_t shape[] = {77, 2};
    pw_tensor_set *set = NULL;
    void *data;

    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "embedding", PW_F32, 2, shape, &data, NULL), PW_OK);
    for (; fields != NULL && fields[0] != NULL; fields += 2)
        assert_int_equal(pw_tensor_set_put_metadata(set, fields[0], fields[1], NULL), PW_OK);
    return set;
}

static void expect_edits(pw_context *ctx, const char *const *fields, const char *expected)
{
    pw_tensor_set *set = set_with(ctx, fields);
    pw_edits *edits = NULL;
    pw_error err;

    if (pw_edits_of_set(&edits, ctx, set, &err) != PW_OK)
        fail_msg("%s", err.text);
    if (expected == NULL)
        assert_null(edits);
    else
        assert_string_equal(pw_edits_text(edits), expected);
    pw_edits_free(edits);
    pw_tensor_set_free(set);
}

#define FIELDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The last fields of files that people exchange. */
static void exchange_edits_are_recognised(void **state)
{
    expect_edits(*state,
                 FIELDS("manipulation", "\"Zero Range\"", "cutoff_type", "\"first\"",
                        "cutoff_tokens", "50", "zero_range",
                        "{\"keep_start\": 50, \"keep_end\": 77}", "original_base",
                        "\"a_european_robin\""),
                 "first 50 of all: zero");
    expect_edits(*state,
                 FIELDS("manipulation", "\"Zero Range\"", "cutoff_type", "\"last\"",
                        "cutoff_tokens", "50", "zero_range",
                        "{\"keep_start\": 0, \"keep_end\": 27}"),
                 "last 50 of all: zero");
    expect_edits(*state, FIELDS("manipulation", "\"Scale\"", "scale_factor", "0.2"),
                 "all: scale 0.2");
    expect_edits(*state, FIELDS("manipulation", "\"Invert\""), "all: invert");
    expect_edits(*state, FIELDS("manipulation", "\"Scale\"", "original_file", "\"x.json\""),
                 NULL);
    expect_edits(*state, FIELDS("manipulation", "\"Blend\""), NULL);
    expect_edits(*state, FIELDS("manipulation", "7"), NULL);
    expect_edits(*state, FIELDS("prompt", "\"a beaver\""), NULL);
}

static void exchange_edits_that_contradict_themselves(void **state)
{
    static const char *const cases[][7] = {
        {"manipulation", "\"Zero Range\"", "cutoff_type", "\"middle\"", "cutoff_tokens", "5"},
        {"manipulation", "\"Zero Range\"", "cutoff_type", "\"first\""},
        {"manipulation", "\"Zero Range\"", "cutoff_type", "\"first\"", "cutoff_tokens", "78"},
        {"manipulation", "\"Zero Range\"", "cutoff_type", "\"first\"", "cutoff_tokens", "-1"},
        {"manipulation", "\"Scale\"", "scale_factor", "\"much\""},
    };
    const char *const range[] = {"manipulation",
                                 "\"Zero Range\"",
                                 "cutoff_type",
                                 "\"first\"",
                                 "cutoff_tokens",
                                 "50",
                                 "zero_range",
                                 "{\"keep_start\": 0, \"keep_end\": 27}",
                                 NULL};
    pw_edits *edits;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pw_tensor_set *set = set_with(*state, cases[i]);

        assert_int_equal(pw_edits_of_set(&edits, *state, set, NULL), PW_ERR_FIELD);
        pw_tensor_set_free(set);
    }
    {
        pw_tensor_set *set = set_with(*state, range);

        assert_int_equal(pw_edits_of_set(&edits, *state, set, NULL), PW_ERR_FIELD);
        pw_tensor_set_free(set);
    }
}

/* Written, and recognised as what was written. */
static void exchange_fields_go_round(void **state)
{
    static const char *const cases[][2] = {{"all: scale 0.1", "all: scale 0.1"},
                                           {"all: invert", "all: invert"},
                                           {"0..49: zero", "first 50 of all: zero"},
                                           {"27..76: zero", "last 50 of all: zero"},
                                           {"last 3 of all: zero", "last 3 of all: zero"},
                                           {"all: zero", "first 77 of all: zero"},
                                           {"3..50: zero", NULL},
                                           {"pads: zero", NULL},
                                           {"all: scale 2; all: invert", NULL}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pw_tensor_set *set = set_with(*state, NULL);
        pw_edits *edits = parsed(*state, cases[i][0]), *read = NULL;
        const pw_status status = pw_edits_put_exchange(edits, *state, set, 77, "a\"b", NULL);

        assert_int_equal(status, cases[i][1] == NULL ? PW_ERR_UNSUPPORTED : PW_OK);
        assert_int_equal(pw_edits_of_set(&read, *state, set, NULL), PW_OK);
        if (cases[i][1] != NULL) {
            assert_string_equal(pw_edits_text(read), cases[i][1]);
            assert_string_equal(pw_tensor_set_metadata(set, "original_base"), "\"a\\\"b\"");
        } else {
            assert_null(read);
        }
        pw_edits_free(read);
        pw_edits_free(edits);
        pw_tensor_set_free(set);
    }
}

static void chain_grows_in_the_manifest(void **state)
{
    static const char *const fields[] = {
        PW_MANIFEST_KEY,
        "{\"version\":\"0.1\",\"n\":[1,{\"a\":null}],\"edits\":\"\",\"z\":-1.50}", NULL};
    pw_tensor_set *set = set_with(*state, fields);
    pw_edits *first = parsed(*state, "pads: zero"),
             *second = parsed(*state, "0: from \"a \\\"b\"");

    assert_int_equal(pw_edits_record(first, *state, set, NULL), PW_OK);
    assert_int_equal(pw_edits_record(second, *state, set, NULL), PW_OK);
    assert_string_equal(pw_tensor_set_metadata(set, PW_MANIFEST_KEY),
                        "{\"version\":\"0.1\",\"n\":[1,{\"a\":null}],\"z\":-1.50,"
                        "\"edits\":\"pads: zero; 0: from \\\"a \\\\\\\"b\\\"\"}");
    pw_edits_free(first);
    assert_int_equal(pw_edits_of_set(&first, *state, set, NULL), PW_OK);
    assert_int_equal(pw_edits_n(first), 2);
    pw_edits_free(first);
    pw_edits_free(second);
    pw_tensor_set_free(set);
}

/* A set without a manifest gets one; the exchange form's edit begins the chain. */
static void chain_begins_with_the_exchange_edit(void **state)
{
    pw_tensor_set *set = set_with(*state, FIELDS("manipulation", "\"Invert\""));
    pw_edits *edits = parsed(*state, "3: zero"), *chain;

    assert_int_equal(pw_edits_record(edits, *state, set, NULL), PW_OK);
    assert_int_equal(pw_edits_of_set(&chain, *state, set, NULL), PW_OK);
    assert_string_equal(pw_edits_text(chain), "all: invert; 3: zero");
    pw_edits_free(chain);
    pw_edits_free(edits);
    pw_tensor_set_free(set);
}

/* ---- Where pads begin. */

static void expect_roles(pw_context *ctx, const char *const *fields, pw_roles_from expected,
                         size_t n_real)
{
    pw_tensor_set *set = set_with(ctx, fields);
    pw_row_role roles[77], by_number[77];
    pw_roles_from from;

    assert_int_equal(pw_row_roles_of_set(set, ctx, 0, roles, 77, &from, NULL), PW_OK);
    assert_int_equal(from, expected);
    pw_row_roles_fill(by_number, 77, n_real);
    assert_memory_equal(roles, by_number, sizeof(roles));
    pw_tensor_set_free(set);
}

static void roles_come_from_fields_and_manifests(void **state)
{
    char manifest[1024] = "{\"prompts\":[{\"prompt\":\"x\",\"chunks\":[{\"ids\":[1";

    for (int i = 1; i < 77; i++)
        strcat(manifest, ",1");
    strcat(manifest, "],\"weights\":[1],\"n_tokens\":9}]}]}");
    expect_roles(*state, FIELDS("n_real", "15"), PW_ROLES_FIELD, 15);
    expect_roles(*state, FIELDS("n_tokens", "77", PW_MANIFEST_KEY, manifest), PW_ROLES_FIELD,
                 77);
    expect_roles(*state, FIELDS(PW_MANIFEST_KEY, manifest), PW_ROLES_MANIFEST, 9);
    expect_roles(*state, FIELDS(PW_MANIFEST_KEY, "{\"prompts\":[]}"), PW_ROLES_UNKNOWN, 0);
    expect_roles(*state,
                 FIELDS(PW_MANIFEST_KEY,
                        "{\"prompts\":[{\"chunks\":[{\"ids\":[1,2],\"n_tokens\":2}]}]}"),
                 PW_ROLES_UNKNOWN, 0);
    expect_roles(*state, FIELDS("n_real", "\"fifteen\""), PW_ROLES_UNKNOWN, 0);
}

static void roles_that_cannot_be(void **state)
{
    pw_tensor_set *set = set_with(*state, FIELDS("n_real", "78"));
    pw_row_role roles[77];
    pw_roles_from from;

    assert_int_equal(pw_row_roles_of_set(set, *state, 0, roles, 77, &from, NULL), PW_ERR_FIELD);
    pw_tensor_set_free(set);
}

/* Ones and then zeros are a length; all ones say nothing of pads. */
static void roles_come_from_masks(void **state)
{
    static const int64_t shape[] = {2, 77};
    pw_tensor_set *set = set_with(*state, NULL);
    pw_row_role roles[77];
    pw_roles_from from;
    int64_t *mask;
    void *data;

    assert_int_equal(pw_tensor_set_add(set, "attention_mask", PW_I64, 2, shape, &data, NULL),
                     PW_OK);
    mask = data;
    for (size_t i = 0; i < 77; i++)
        mask[i] = 1;
    for (size_t i = 0; i < 12; i++)
        mask[77 + i] = 1;
    assert_int_equal(pw_row_roles_of_set(set, *state, 0, roles, 77, &from, NULL), PW_OK);
    assert_int_equal(from, PW_ROLES_UNKNOWN);
    assert_int_equal(pw_row_roles_of_set(set, *state, 1, roles, 77, &from, NULL), PW_OK);
    assert_int_equal(from, PW_ROLES_MASK);
    assert_int_equal(roles[11], PW_ROW_EOS);
    assert_int_equal(roles[12], PW_ROW_PAD);
    assert_int_equal(pw_row_roles_of_set(set, *state, 2, roles, 77, &from, NULL), PW_OK);
    assert_int_equal(from, PW_ROLES_UNKNOWN);
    pw_tensor_set_free(set);
}

/* ---- Memory. */

static pw_status open_nothing(void *user, const pw_edit_source *source, pw_edit_sequence *out,
                              pw_error *err)
{
    (void)source;
    (void)err;
    *out = *(const pw_edit_sequence *)user;
    return PW_OK;
}

/* Parse, apply, write down, read back. */
static pw_status whole_life(pw_context *ctx)
{
    static const char text[] = "pads: noise 1 seed 2; words: mean; pads: damp; all: scale 0.5; "
                               "3: from \"a\" by eos; 2: lerp 0.5 to b.json";
    static const double values[N_ROWS * DIM] = {1.0};
    struct sample sample = make_sample();
    pw_tensor tensor = as_tensor(sample.values);
    pw_edit_sequence sequence = {values, N_ROWS, DIM, sample.roles};
    const pw_edit_sources sources = {open_nothing, &sequence};
    static const int64_t shape[] = {77, 2};
    pw_tensor_set *set = NULL;
    pw_edits *edits = NULL, *read = NULL;
    pw_row_role roles[77];
    pw_roles_from from;
    void *data;
    pw_status status = pw_tensor_set_create(&set, ctx, NULL);

    if (status == PW_OK)
        status = pw_tensor_set_add(set, "embedding", PW_F32, 2, shape, &data, NULL);
    if (status == PW_OK)
        status = pw_tensor_set_put_metadata(set, "manipulation", "\"Invert\"", NULL);
    if (status == PW_OK)
        status = pw_edits_parse(&edits, ctx, text, strlen(text), NULL);
    if (status == PW_OK)
        status = pw_edits_apply(edits, ctx, &tensor, sample.roles, &sources, NULL, NULL);
    if (status == PW_OK)
        status = pw_edits_record(edits, ctx, set, NULL);
    pw_edits_free(edits);
    edits = NULL;
    if (status == PW_OK)
        status = pw_edits_parse(&edits, ctx, "5..76: zero", 11, NULL);
    if (status == PW_OK)
        status = pw_edits_put_exchange(edits, ctx, set, 77, "base", NULL);
    if (status == PW_OK)
        status = pw_edits_of_set(&read, ctx, set, NULL);
    if (status == PW_OK)
        status = pw_row_roles_of_set(set, ctx, 0, roles, 77, &from, NULL);
    pw_edits_free(read);
    pw_edits_free(edits);
    pw_tensor_set_free(set);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    pw_status status = PW_ERR_NO_MEMORY;

    (void)state;
    for (size_t n = 1; status != PW_OK; n++) {
        struct failing failing = {.fail_at = 0};
        pw_context_options options;
        pw_context *ctx;

        pw_context_options_init(&options);
        options.allocator = failing_allocator(&failing);
        options.n_threads = 1;
        assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL),
                         PW_OK);
        failing.fail_at = failing.n_calls + n;
        status = whole_life(ctx);
        pw_context_free(ctx);
        assert_int_equal(failing.n_out, 0);
        assert_int_equal(failing.bytes_out, 0);
        assert_true(status == PW_OK || status == PW_ERR_NO_MEMORY);
        assert_true(n < 1000);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(exchange_edits_are_recognised),
    cmocka_unit_test(exchange_edits_that_contradict_themselves),
    cmocka_unit_test(exchange_fields_go_round),
    cmocka_unit_test(chain_grows_in_the_manifest),
    cmocka_unit_test(chain_begins_with_the_exchange_edit),
    cmocka_unit_test(roles_come_from_fields_and_manifests),
    cmocka_unit_test(roles_that_cannot_be),
    cmocka_unit_test(roles_come_from_masks),
    cmocka_unit_test(every_allocation_may_fail),
};

PW_TEST_MAIN(tests, setup, teardown)
