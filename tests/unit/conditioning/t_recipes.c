/* SPDX-License-Identifier: MIT */
/* What pipelines get: names, shapes, layers, zeros, second texts, conditions. The built-in
 * model stands for every encoder; the numbers of real ones: scripts/parity_recipes.py. */
#include "encode_check.h"

#include "failing_allocator.h"

static pw_conditioning_options options_for(const char *recipe, const char *flavour)
{
    pw_conditioning_options options;

    pw_conditioning_options_init(&options);
    options.recipe = recipe;
    options.flavour = flavour;
    return options;
}

static const pw_tensor *tensor(const pw_tensor_set *set, const char *name)
{
    const pw_tensor *found = pw_tensor_set_find(set, name);

    if (found == NULL)
        fail_msg("no tensor %s", name);
    return found;
}

static bool is_zero(const pw_tensor *t)
{
    for (size_t i = 0; i < t->size_bytes; i++)
        if (((const char *)t->data)[i] != 0)
            return false;
    return true;
}

static void assert_equal(const pw_tensor *a, const pw_tensor *b)
{
    assert_int_equal(a->size_bytes, b->size_bytes);
    assert_memory_equal(a->data, b->data, a->size_bytes);
}

/* hidden_states.layer of the prompt with these pads, by recipe raw. */
static pw_tensor_set *hidden_state(const struct fixture *f, const char *prompt, int32_t layer,
                                   int32_t pad_id)
{
    pw_conditioning_options options = options_for(NULL, NULL);

    options.mask = PW_MASK_NONE;
    options.pad_id = pad_id;
    options.hidden_states = &layer;
    options.n_hidden_states = 1;
    return encoded(f, (pw_prompt_texts){.prompt = text(prompt)}, &options);
}

static const float *row(const pw_tensor *t, size_t i)
{
    return (const float *)t->data + i * (size_t)t->shape[2];
}

static void sd15_is_the_last_hidden_state_of_both_sides(void **state)
{
    const struct fixture *f = *state;
    const pw_conditioning_options options = options_for("sd15", NULL);
    pw_tensor_set *set = encoded(f, (pw_prompt_texts){.prompt = text("a beaver")}, &options),
                  *raw = hidden_state(f, "a beaver", -1, -1),
                  *empty = hidden_state(f, "", -1, -1);

    assert_int_equal(pw_tensor_set_n(set), 2);
    assert_equal(tensor(set, "prompt_embeds"), tensor(raw, "last_hidden_state"));
    assert_equal(tensor(set, "negative_prompt_embeds"), tensor(empty, "last_hidden_state"));
    pw_tensor_set_free(set);
    pw_tensor_set_free(raw);
    pw_tensor_set_free(empty);
}

/* Features of L, then of G, each the last but one hidden state, G's pads id 0. */
static void sdxl_puts_two_encoders_side_by_side(void **state)
{
    const struct fixture *f = *state;
    const pw_conditioning_options options = options_for("sdxl", NULL);
    const size_t width = (size_t)f->info.width;
    char name[32];
    pw_tensor_set *set = encoded(f, (pw_prompt_texts){.prompt = text("a beaver")}, &options),
                  *l = hidden_state(f, "a beaver", -2, -1),
                  *g = hidden_state(f, "a beaver", -2, 0);
    const pw_tensor *embeds = tensor(set, "prompt_embeds");

    snprintf(name, sizeof(name), "hidden_states.%d", (int)f->info.n_layers - 1);
    assert_int_equal(pw_tensor_set_n(set), 4);
    assert_int_equal(embeds->shape[2], 2 * f->info.width);
    for (size_t i = 0; i < 77; i++) {
        assert_memory_equal(row(embeds, i), row(tensor(l, name), i), width * sizeof(float));
        assert_memory_equal(row(embeds, i) + width, row(tensor(g, name), i),
                            width * sizeof(float));
    }
    assert_equal(tensor(set, "pooled_prompt_embeds"), tensor(g, "text_embeds"));
    assert_true(is_zero(tensor(set, "negative_prompt_embeds")));
    assert_true(is_zero(tensor(set, "negative_pooled_prompt_embeds")));
    pw_tensor_set_free(set);
    pw_tensor_set_free(l);
    pw_tensor_set_free(g);
}

static bool negative_is_zero(const struct fixture *f, const char *recipe, const char *flavour,
                             const char *negative, pw_choice force_zeros)
{
    pw_conditioning_options options = options_for(recipe, flavour);
    pw_tensor_set *set;
    bool both;

    options.force_zeros = force_zeros;
    set = encoded(f, (pw_prompt_texts){.prompt = text("a beaver"), .negative = text(negative)},
                  &options);
    both = is_zero(tensor(set, "negative_prompt_embeds"));
    assert_int_equal(both, is_zero(tensor(set, "negative_pooled_prompt_embeds")));
    pw_tensor_set_free(set);
    return both;
}

/* None and "" are not the same, and each flavour has its own rule. */
static void a_missing_negative_follows_the_flavour(void **state)
{
    const struct fixture *f = *state;

    assert_true(negative_is_zero(f, "sdxl", "diffusers", NULL, PW_CHOICE_DEFAULT));
    assert_false(negative_is_zero(f, "sdxl", "diffusers", "", PW_CHOICE_DEFAULT));
    assert_false(negative_is_zero(f, "sdxl", "diffusers", NULL, PW_CHOICE_NO));
    assert_false(negative_is_zero(f, "sdxl-refiner", "diffusers", NULL, PW_CHOICE_DEFAULT));
    assert_true(negative_is_zero(f, "sdxl-refiner", "diffusers", NULL, PW_CHOICE_YES));
    assert_true(negative_is_zero(f, "sdxl", "a1111", "", PW_CHOICE_DEFAULT));
    assert_false(negative_is_zero(f, "sdxl", "a1111", "blurry", PW_CHOICE_DEFAULT));
    assert_false(negative_is_zero(f, "sdxl", "comfyui", "", PW_CHOICE_DEFAULT));
}

static void no_negative_leaves_that_side_out(void **state)
{
    const struct fixture *f = *state;
    pw_conditioning_options options = options_for("sdxl", NULL);
    pw_tensor_set *set;

    options.no_negative = true;
    set = encoded(f, (pw_prompt_texts){.prompt = text("a"), .negative = text("b")}, &options);
    assert_int_equal(pw_tensor_set_n(set), 2);
    pw_tensor_set_free(set);
}

static void cascades_pooled_vector_is_a_row(void **state)
{
    const struct fixture *f = *state;
    const pw_conditioning_options options = options_for("cascade", NULL);
    pw_tensor_set *set = encoded(f, (pw_prompt_texts){.prompt = text("a beaver")}, &options);

    assert_int_equal(tensor(set, "prompt_embeds_pooled")->rank, 3);
    assert_int_equal(tensor(set, "prompt_embeds_pooled")->shape[1], 1);
    assert_int_equal(tensor(set, "negative_prompt_embeds_pooled")->rank, 3);
    pw_tensor_set_free(set);
}

/* diffusers: K counts from hidden state -1, norm and all, and never skips on the negative. */
static void clip_skip_counts_as_the_flavour_does(void **state)
{
    const struct fixture *f = *state;
    const pw_prompt_texts same = {.prompt = text("a beaver"), .negative = text("a beaver")};
    pw_conditioning_options options = options_for("sd15", NULL);
    pw_tensor_set *plain = encoded(f, same, &options), *skipped, *other;

    options.clip_skip = 1;
    skipped = encoded(f, same, &options);
    assert_equal(tensor(skipped, "negative_prompt_embeds"), tensor(plain, "prompt_embeds"));
    assert_memory_not_equal(tensor(skipped, "prompt_embeds")->data,
                            tensor(plain, "prompt_embeds")->data, 64);
    options.flavour = "a1111"; /* counts from 1, both sides */
    options.clip_skip = 2;
    other = encoded(f, same, &options);
    assert_equal(tensor(other, "prompt_embeds"), tensor(skipped, "prompt_embeds"));
    assert_equal(tensor(other, "negative_prompt_embeds"), tensor(skipped, "prompt_embeds"));
    pw_tensor_set_free(other);
    options.flavour = "comfyui";
    options.clip_skip = -2;
    other = encoded(f, same, &options);
    assert_equal(tensor(other, "prompt_embeds"), tensor(skipped, "prompt_embeds"));
    pw_tensor_set_free(other);
    pw_tensor_set_free(skipped);
    pw_tensor_set_free(plain);
}

static void the_second_text_is_the_second_encoders(void **state)
{
    const struct fixture *f = *state;
    pw_conditioning_options options = options_for("sdxl", NULL);
    const size_t width = (size_t)f->info.width;
    const pw_prompt_texts two = {.prompt = text("a beaver"), .prompt_2 = text("a duck")},
                          absent = {.prompt = text("a beaver"), .prompt_2 = text("")};
    pw_tensor_set *a = encoded(f, two, &options),
                  *b = encoded(f, (pw_prompt_texts){.prompt = text("a duck")}, &options),
                  *c = encoded(f, (pw_prompt_texts){.prompt = text("a beaver")}, &options),
                  *d = encoded(f, absent, &options);

    for (size_t i = 0; i < 77; i++) {
        assert_memory_equal(row(tensor(a, "prompt_embeds"), i),
                            row(tensor(c, "prompt_embeds"), i), width * sizeof(float));
        assert_memory_equal(row(tensor(a, "prompt_embeds"), i) + width,
                            row(tensor(b, "prompt_embeds"), i) + width, width * sizeof(float));
    }
    assert_equal(tensor(a, "pooled_prompt_embeds"), tensor(b, "pooled_prompt_embeds"));
    assert_equal(tensor(d, "prompt_embeds"), tensor(c, "prompt_embeds"));
    pw_tensor_set_free(a);
    pw_tensor_set_free(b);
    pw_tensor_set_free(c);
    pw_tensor_set_free(d);
}

/* Where a formula does nothing at weight 1, its bits are those of plain. */
static void weight_1_is_plain_to_the_bit(void **state)
{
    static const char *const dialects[] = {
        "lecture", "a1111", "comfyui", "compel", "lpw", "adv:none+comfy", "adv:none+A1111"};
    const struct fixture *f = *state;
    pw_conditioning_options options = options_for("sd15", NULL);
    const pw_prompt_texts prompt = {.prompt = text("a beaver, with teeth")};
    pw_tensor_set *plain = encoded(f, prompt, &options);

    for (size_t i = 0; i < sizeof(dialects) / sizeof(*dialects); i++) {
        pw_tensor_set *set;

        options.dialect = dialects[i];
        set = encoded(f, prompt, &options);
        assert_equal(tensor(set, "prompt_embeds"), tensor(plain, "prompt_embeds"));
        pw_tensor_set_free(set);
    }
    pw_tensor_set_free(plain);
}

static void a_weight_moves_its_rows(void **state)
{
    const struct fixture *f = *state;
    pw_conditioning_options options = options_for("sd15", NULL);
    const size_t width = (size_t)f->info.width;
    pw_tensor_set *plain, *weighted;

    options.dialect = "lecture";
    plain = encoded(f, (pw_prompt_texts){.prompt = text("a beaver")}, &options);
    weighted = encoded(f, (pw_prompt_texts){.prompt = text("a (beaver:1.5)")}, &options);
    assert_memory_equal(row(tensor(weighted, "prompt_embeds"), 1),
                        row(tensor(plain, "prompt_embeds"), 1), width * sizeof(float));
    for (size_t i = 0; i < width; i++)
        assert_float_equal(row(tensor(weighted, "prompt_embeds"), 2)[i],
                           (float)(1.5 * row(tensor(plain, "prompt_embeds"), 2)[i]), 0.0f);
    pw_tensor_set_free(plain);
    pw_tensor_set_free(weighted);
}

static void both_sides_become_equally_long(void **state)
{
    const struct fixture *f = *state;
    const pw_conditioning_options options = options_for("sdxl", "a1111");
    pw_tensor_set *set = encoded(
        f, (pw_prompt_texts){.prompt = text("a BREAK b"), .negative = text("c")}, &options);

    assert_int_equal(tensor(set, "prompt_embeds")->shape[1], 154);
    assert_int_equal(tensor(set, "negative_prompt_embeds")->shape[1], 154);
    pw_tensor_set_free(set);
}

static void conditions_are_numbered(void **state)
{
    const struct fixture *f = *state;
    const pw_conditioning_options options = options_for("sd15", "a1111");
    const pw_prompt_texts prompt = {.prompt = text("a [beaver:duck:0.5] AND a pond :0.7")},
                          two[2] = {{.prompt = text("a")}, prompt};
    pw_tensor_set *set = encoded(f, prompt, &options);
    const char *manifest = pw_tensor_set_metadata(set, PW_MANIFEST_KEY);
    pw_error err;

    assert_int_equal(pw_tensor_set_n(set), 4);
    tensor(set, "prompt_embeds.0");
    tensor(set, "prompt_embeds.1");
    tensor(set, "prompt_embeds.2");
    tensor(set, "negative_prompt_embeds");
    assert_non_null(strstr(manifest, "\"schedule\":[{\"until_step\":10,\"i\":0"));
    assert_non_null(strstr(manifest, "{\"i\":2,\"weight\":0.7}"));
    pw_tensor_set_free(set);
    assert_int_equal(encode(f, &set, two, 2, &options, &err), PW_ERR_ARGUMENT);
    assert_null(set);
}

static void what_does_not_exist_is_refused(void **state)
{
    const struct fixture *f = *state;
    const pw_prompt_texts prompt = {.prompt = text("a")};

    static const struct {
        const char *recipe, *flavour, *dialect;
        int32_t clip_skip;
    } cases[] = {
        {"sd9", NULL, NULL, PW_CLIP_SKIP_NONE},
        {"sd15", "midjourney", NULL, PW_CLIP_SKIP_NONE},
        {"cascade", "a1111", NULL, PW_CLIP_SKIP_NONE},
        {"sd15", NULL, "english", PW_CLIP_SKIP_NONE},
        {"cascade", NULL, NULL, 1},
        {"raw", NULL, NULL, 1},
        {"sd15", NULL, NULL, 1000},
        {"sd15", NULL, NULL, -1},
        {"sd15", "a1111", NULL, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pw_conditioning_options options = options_for(cases[i].recipe, cases[i].flavour);
        const pw_encoder one = {NULL, f->model, f->tokenizer};
        pw_tensor_set *set;
        pw_error err;

        options.dialect = cases[i].dialect;
        options.clip_skip = cases[i].clip_skip;
        assert_int_equal(
            pw_conditioning_encode(&set, f->ctx, &one, 1, &prompt, 1, &options, &err),
            PW_ERR_ARGUMENT);
        assert_null(set);
        assert_true(err.text[0] != '\0');
    }
}

/* Models are open already: only the call's own allocations fail. */
static void every_failed_allocation_is_an_error_without_a_leak(void **state)
{
    const pw_prompt_texts prompt = {.prompt = text("a [(beaver:1.3):duck:2]"),
                                    .negative = text("c")};
    const pw_conditioning_options options = options_for("sdxl", "a1111");
    struct failing f = {.fail_at = 0};
    pw_context_options context_options;
    struct fixture g = {0};
    bool done = false;

    (void)state;
    pw_context_options_init(&context_options);
    context_options.n_threads = 1;
    context_options.allocator = failing_allocator(&f);
    assert_int_equal(pw_context_create(&g.ctx, &context_options, NULL), PW_OK);
    assert_int_equal(pw_model_open_builtin(&g.model, g.ctx, NULL, NULL), PW_OK);
    assert_int_equal(pw_tokenizer_open_builtin(&g.tokenizer, g.ctx, NULL, NULL), PW_OK);
    for (size_t n = 1; !done; n++) {
        const size_t n_out = f.n_out;
        pw_tensor_set *set = NULL;
        pw_status status;
        pw_error err;

        f.fail_at = f.n_calls + n;
        status = encode(&g, &set, &prompt, 1, &options, &err);
        if (status != PW_OK && status != PW_ERR_NO_MEMORY)
            fail_msg("allocation %zu: %s", n, err.text);
        done = status == PW_OK;
        pw_tensor_set_free(set);
        assert_int_equal(f.n_out, n_out);
    }
    pw_tokenizer_free(g.tokenizer);
    pw_model_free(g.model);
    pw_context_free(g.ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sd15_is_the_last_hidden_state_of_both_sides),
    cmocka_unit_test(sdxl_puts_two_encoders_side_by_side),
    cmocka_unit_test(a_missing_negative_follows_the_flavour),
    cmocka_unit_test(no_negative_leaves_that_side_out),
    cmocka_unit_test(cascades_pooled_vector_is_a_row),
    cmocka_unit_test(clip_skip_counts_as_the_flavour_does),
    cmocka_unit_test(the_second_text_is_the_second_encoders),
    cmocka_unit_test(weight_1_is_plain_to_the_bit),
    cmocka_unit_test(a_weight_moves_its_rows),
    cmocka_unit_test(both_sides_become_equally_long),
    cmocka_unit_test(conditions_are_numbered),
    cmocka_unit_test(what_does_not_exist_is_refused),
    cmocka_unit_test(every_failed_allocation_is_an_error_without_a_leak),
};

PW_TEST_MAIN(tests, setup, teardown)
