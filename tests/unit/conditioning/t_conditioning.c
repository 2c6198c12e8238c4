/* SPDX-License-Identifier: MIT */
/* Prompt to named tensors with the built-in model: names, shapes, masks, lengths, negatives,
 * the manifest and back. */
#include "encode_check.h"

#include <math.h>

#include "failing_allocator.h"

static pw_tensor_set *encoded_raw(const struct fixture *f, const char *prompt,
                                  const char *negative, const pw_conditioning_options *options)
{
    return encoded(f, (pw_prompt_texts){.prompt = text(prompt), .negative = text(negative)},
                   options);
}

static void assert_shape(const pw_tensor_set *set, const char *name, pw_dtype dtype, int64_t b,
                         int64_t t, int64_t d)
{
    const pw_tensor *tensor = pw_tensor_set_find(set, name);

    if (tensor == NULL)
        fail_msg("no tensor %s", name);
    assert_int_equal(tensor->dtype, dtype);
    assert_int_equal(tensor->shape[0], b);
    assert_int_equal(tensor->shape[1], t);
    assert_int_equal(tensor->rank, d == 0 ? 2 : 3);
    if (d != 0)
        assert_int_equal(tensor->shape[2], d);
}

static const int64_t *integers(const pw_tensor_set *set, const char *name)
{
    return pw_tensor_set_find(set, name)->data;
}

static void raw_has_hugging_faces_names(void **state)
{
    const struct fixture *f = *state;
    pw_tensor_set *set = encoded_raw(f, "a beaver with blue teeth", NULL, NULL);

    assert_int_equal(pw_tensor_set_n(set), 5);
    assert_shape(set, "input_ids", PW_I64, 1, 77, 0);
    assert_shape(set, "attention_mask", PW_I64, 1, 77, 0);
    assert_shape(set, "last_hidden_state", PW_F32, 1, 77, f->info.width);
    assert_shape(set, "pooler_output", PW_F32, 1, f->info.width, 0);
    assert_shape(set, "text_embeds", PW_F32, 1, f->info.projection, 0);
    assert_string_equal(pw_tensor_set_metadata(set, "format"), "pt");
    pw_tensor_set_free(set);
}

static void a_negative_doubles_the_names(void **state)
{
    const struct fixture *f = *state;
    pw_tensor_set *set = encoded_raw(f, "a beaver", "", NULL),
                  *empty = encoded_raw(f, "", NULL, NULL);

    assert_int_equal(pw_tensor_set_n(set), 10);
    assert_shape(set, "negative_last_hidden_state", PW_F32, 1, 77, f->info.width);
    assert_memory_equal(pw_tensor_set_find(set, "negative_last_hidden_state")->data,
                        pw_tensor_set_find(empty, "last_hidden_state")->data,
                        pw_tensor_set_find(empty, "last_hidden_state")->size_bytes);
    pw_tensor_set_free(set);
    pw_tensor_set_free(empty);
}

/* The pad id is eos here: a mask by ids would hide eos. */
static void masks_follow_their_rules(void **state)
{
    const struct fixture *f = *state;
    pw_conditioning_options options;
    const int32_t eos = f->tokenizer_info.eos_id;

    pw_conditioning_options_init(&options);
    options.pad_id = eos;
    for (int rule = 0; rule < PW_N_MASK_RULES; rule++) {
        pw_tensor_set *set;
        const int64_t *ids, *mask;
        size_t i_eos = 0;

        options.mask = rule;
        set = encoded_raw(f, "a beaver", NULL, &options);
        ids = integers(set, "input_ids");
        mask = integers(set, "attention_mask");
        while (ids[i_eos] != eos)
            i_eos++;
        assert_int_equal(mask[i_eos - 1], 1);
        assert_int_equal(mask[i_eos], rule == PW_MASK_LECTURE ? 0 : 1);
        assert_int_equal(mask[i_eos + 1], 0);
        pw_tensor_set_free(set);
    }
}

static void lengths_follow_their_rules(void **state)
{
    const struct fixture *f = *state;
    const pw_prompt_texts two[2] = {{.prompt = text("beaver")},
                                    {.prompt = text("a beaver with blue teeth")}};
    pw_conditioning_options options;
    pw_tensor_set *set = NULL, *one;
    pw_error err;
    int64_t longest;

    pw_conditioning_options_init(&options);
    options.length = PW_LENGTH_NONE;
    assert_int_equal(encode(f, &set, two, 2, &options, &err), PW_ERR_ARGUMENT);
    assert_null(set);
    one = encoded_raw(f, "a beaver with blue teeth", NULL, &options);
    longest = pw_tensor_set_find(one, "input_ids")->shape[1];
    options.length = PW_LENGTH_LONGEST;
    assert_int_equal(encode(f, &set, two, 2, &options, &err), PW_OK);
    assert_shape(set, "last_hidden_state", PW_F32, 2, longest, f->info.width);
    pw_tensor_set_free(set);
    options.length = PW_LENGTH_FIXED;
    options.n_length = 3;
    assert_int_equal(encode(f, &set, two, 2, &options, &err), PW_OK);
    assert_int_equal(integers(set, "input_ids")[5],
                     f->tokenizer_info.eos_id); /* cut, eos kept last */
    pw_tensor_set_free(set);
    options.n_length = 78;
    assert_int_equal(encode(f, &set, two, 2, &options, &err), PW_ERR_ARGUMENT);
    options.n_length = 1;
    assert_int_equal(encode(f, &set, two, 2, &options, &err), PW_ERR_ARGUMENT);
    pw_tensor_set_free(one);
}

static void hidden_states_count_from_both_ends(void **state)
{
    const struct fixture *f = *state;
    static const int32_t layers[] = {0, -2, -1, 4};
    pw_conditioning_options options;
    pw_tensor_set *some, *all, *set = NULL;
    const pw_prompt_texts prompt = {.prompt = text("x")};
    const int32_t beyond = 5;
    pw_error err;

    pw_conditioning_options_init(&options);
    options.hidden_states = layers;
    options.n_hidden_states = 4;
    some = encoded_raw(f, "a beaver", NULL, &options);
    assert_int_equal(pw_tensor_set_n(some), 5 + 3); /* -1 is 4 */
    options.n_hidden_states = 0;
    options.all_hidden_states = true;
    all = encoded_raw(f, "a beaver", NULL, &options);
    assert_int_equal(pw_tensor_set_n(all), 5 + 5);
    assert_memory_equal(pw_tensor_set_find(some, "hidden_states.3")->data,
                        pw_tensor_set_find(all, "hidden_states.3")->data,
                        pw_tensor_set_find(all, "hidden_states.3")->size_bytes);
    pw_tensor_set_free(some);
    options.hidden_norm = true;
    some = encoded_raw(f, "a beaver", NULL, &options);
    assert_memory_equal(pw_tensor_set_find(some, "hidden_states.4")->data,
                        pw_tensor_set_find(all, "last_hidden_state")->data,
                        pw_tensor_set_find(all, "last_hidden_state")->size_bytes);
    options.all_hidden_states = false;
    options.hidden_states = &beyond;
    options.n_hidden_states = 1;
    assert_int_equal(encode(f, &set, &prompt, 1, &options, &err), PW_ERR_ARGUMENT);
    pw_tensor_set_free(some);
    pw_tensor_set_free(all);
}

static void only_gives_only(void **state)
{
    static const char *const pooled[] = {"pooler_output"}, *const wrong[] = {"pooled"};
    const struct fixture *f = *state;
    const pw_prompt_texts prompt = {.prompt = text("x")};
    pw_conditioning_options options;
    pw_tensor_set *set;
    pw_error err;

    pw_conditioning_options_init(&options);
    options.only = pooled;
    options.n_only = 1;
    set = encoded_raw(f, "a beaver", NULL, &options);
    assert_int_equal(pw_tensor_set_n(set), 1);
    pw_tensor_set_free(set);
    options.only = wrong;
    assert_int_equal(encode(f, &set, &prompt, 1, &options, &err), PW_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "\"pooled\""));
}

static void bad_prompts_and_pairs_are_refused(void **state)
{
    struct fixture f = *(struct fixture *)*state;
    const pw_prompt_texts bad[2] = {{.prompt = text("fine")},
                                    {.prompt = text("not \xff utf-8")}};
    const char *const sources[] = {"one two three one two", "four five"};
    const size_t source_sizes[] = {21, 9};
    pw_tensor_set *set = NULL;
    pw_tokenizer *other = NULL;
    pw_error err;

    assert_int_equal(encode(&f, &set, bad, 2, NULL, &err), PW_ERR_UTF8);
    assert_string_equal(err.where, "prompt 2");
    assert_int_equal(err.offset, 4);
    assert_int_equal(encode(&f, &set, bad, 0, NULL, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_tokenizer_train(&other, f.ctx, sources, source_sizes, 2, 3, &err),
                     PW_OK);
    f.tokenizer = other;
    assert_int_equal(encode(&f, &set, bad, 1, NULL, &err), PW_ERR_MISMATCH);
    assert_null(set);
    pw_tokenizer_free(other);
}

static void the_manifest_takes_every_choice_back(void **state)
{
    const struct fixture *f = *state;
    static const int32_t layers[] = {2};
    static const char *const only[] = {"hidden_states.2", "input_ids"};
    pw_conditioning_options options;
    pw_tensor_set *set, *again;
    pw_manifest *manifest = NULL;
    pw_manifest_info info;
    const char *json;
    pw_error err;

    pw_conditioning_options_init(&options);
    options.mask = PW_MASK_LECTURE;
    options.length = PW_LENGTH_FIXED;
    options.n_length = 20;
    options.pad_id = 7;
    options.hidden_states = layers;
    options.n_hidden_states = 1;
    options.hidden_norm = true;
    options.only = only;
    options.n_only = 2;
    set = encoded_raw(f, "say \"hi\"\n", "bad \xc3\xa9", &options);
    json = pw_tensor_set_metadata(set, PW_MANIFEST_KEY);
    if (pw_manifest_parse(&manifest, f->ctx, json, strlen(json), &err) != PW_OK)
        fail_msg("%s in %s", err.text, json);
    pw_manifest_get_info(manifest, &info);
    assert_true(info.is_builtin);
    assert_string_equal(info.recipe, "raw");
    assert_int_equal(info.options.mask, PW_MASK_LECTURE);
    assert_int_equal(info.options.length, PW_LENGTH_FIXED);
    assert_int_equal(info.options.n_length, 20);
    assert_int_equal(info.options.pad_id, 7);
    assert_int_equal(info.options.hidden_states[0], 2);
    assert_true(info.options.hidden_norm);
    assert_int_equal(info.tokenizer_mode, f->tokenizer_info.mode);
    assert_int_equal(info.activation, f->info.activation);
    assert_true(info.has_negative);
    assert_string_equal(info.negative.bytes, "bad \xc3\xa9");
    again = encoded_raw(f, "say \"hi\"\n", info.negative.bytes, &info.options);
    assert_string_equal(pw_tensor_set_metadata(again, PW_MANIFEST_KEY), json);
    assert_memory_equal(pw_tensor_set_find(again, "hidden_states.2")->data,
                        pw_tensor_set_find(set, "hidden_states.2")->data,
                        pw_tensor_set_find(set, "hidden_states.2")->size_bytes);
    pw_manifest_free(manifest);
    pw_tensor_set_free(set);
    pw_tensor_set_free(again);
}

static void broken_manifests_are_refused(void **state)
{
    static const char *const broken[] = {
        "",
        "[]",
        "{\"mask\":\"sideways\"}",
        "{\"length\":true}",
        "{\"length\":-3}",
        "{\"pad_id\":99999999999}",
        "{\"hidden\":[\"a\"]}",
        "{\"only\":[1]}",
        "{\"prompts\":{}}",
        "{\"model\":[]}",
        "{\"builtin\":1}",
        "{} {}",
        "{\"prompts\":[{\"negative\":5}]}",
        "{\"activation\":\"relu\"}",
    };
    const struct fixture *f = *state;
    pw_error err;

    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        pw_manifest *manifest = NULL;

        if (pw_manifest_parse(&manifest, f->ctx, broken[i], strlen(broken[i]), &err) == PW_OK)
            fail_msg("%s was accepted", broken[i]);
        assert_null(manifest);
    }
}

static void every_failed_allocation_is_an_error_without_a_leak(void **state)
{
    const pw_prompt_texts prompt = {.prompt = text("a beaver"), .negative = text("")};
    bool done = false;

    (void)state;
    for (size_t n = 1; !done;
         n += 1 + n / 40) { /* the built-in vocabulary alone makes thousands */
        struct failing f = {.fail_at = n};
        struct fixture g = {0};
        pw_context_options options;
        pw_tensor_set *set = NULL;
        pw_status status;
        pw_error err;

        pw_context_options_init(&options);
        options.n_threads = 1;
        options.allocator = failing_allocator(&f);
        status = pw_context_create(&g.ctx, &options, &err);
        if (status == PW_OK)
            status = pw_model_open_builtin(&g.model, g.ctx, NULL, &err);
        if (status == PW_OK)
            status = pw_tokenizer_open_builtin(&g.tokenizer, g.ctx, NULL, &err);
        if (status == PW_OK)
            status = encode(&g, &set, &prompt, 1, NULL, &err);
        if (status != PW_OK && status != PW_ERR_NO_MEMORY)
            fail_msg("allocation %zu: %s", n, err.text);
        done = status == PW_OK;
        pw_tensor_set_free(set);
        pw_tokenizer_free(g.tokenizer);
        pw_model_free(g.model);
        pw_context_free(g.ctx);
        assert_int_equal(f.n_out, 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(raw_has_hugging_faces_names),
    cmocka_unit_test(a_negative_doubles_the_names),
    cmocka_unit_test(masks_follow_their_rules),
    cmocka_unit_test(lengths_follow_their_rules),
    cmocka_unit_test(hidden_states_count_from_both_ends),
    cmocka_unit_test(only_gives_only),
    cmocka_unit_test(bad_prompts_and_pairs_are_refused),
    cmocka_unit_test(the_manifest_takes_every_choice_back),
    cmocka_unit_test(broken_manifests_are_refused),
    cmocka_unit_test(every_failed_allocation_is_an_error_without_a_leak),
};

PW_TEST_MAIN(tests, setup, teardown)
