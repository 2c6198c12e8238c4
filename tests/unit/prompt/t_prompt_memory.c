/* SPDX-License-Identifier: MIT */
/* Every allocation of parsing, planning and running fails once, in every dialect: the call says
 * so, and nothing is left. */
#include "prompt_check.h"

#include "failing_allocator.h"

static const pw_embedding embeddings[] = {{"foo", 2, 8, NULL}, {"none", 1, 9, NULL}};

static const struct {
    const char *dialect, *text, *negative;
} cases[] = {
    {"plain", "a cat", "b"},
    {"lecture", "a ((cat)) x+ [b] (c:1.2) (d)1.3 \\(", "b"},
    {"comfyui", "a ((cat:1.2) embedding:foo, b) embedding:gone c \\(", "b embedding:none"},
    {"a1111", "# note\n<lora:x:1>(foo:1.2) [a:b:0.5] BREAK c AND [d|e]:0.7", "b"},
    {"compel", "(\"a (cat)0.5 b+\", \"c\").blend(1, 0.3) withLora(x, 0.5)", "b"},
    {"compel", "a (b)0.4 cat.swap(dog) c-", "b c d e f g h i j k l m"},
    {"compel", "(\"a\", \"b++\").and(1, 0.5)", "b"},
    {"lpw", "a (cat:1.3) [dog]", "b"},
    {"lpw-xl", "a (cat:1.3) [dog]", "b"},
    {"sd-embed", "a (cat:1.3) [dog]", ""},
    {"adv:length+mean+comfy++", "a (big cat:1.5) (dog:0.5)", "b"},
    {"adv:none+compel", "a (big cat:1.5) (dog:0.5)", "b"},
    {"adv:none+A1111", "a (big cat:1.5) (dog:0.5)", "b"},
};

static pw_status run_plan(const pw_plan *plan, pw_error *err)
{
    float *out[8] = {NULL}, *pooled[8] = {NULL}, vector[DIM];
    pw_status status;

    assert_true(pw_plan_n_outputs(plan) <= 8);
    out[0] = calloc(pw_plan_output_at(plan, 0)->n_rows, DIM * sizeof(**out));
    assert_non_null(out[0]);
    pooled[0] = vector;
    status = pw_plan_run(plan, formula_encode, NULL, DIM, DIM, out, pooled, err);
    free(out[0]);
    return status;
}

static pw_status run_case(pw_context *ctx, size_t i, pw_error *err)
{
    pw_prompt_options options = options_of(cases[i].dialect);
    pw_prompt_encoder encoder = word_encoder(12);
    pw_prompt *prompts[2] = {NULL, NULL};
    pw_plan_options plan_options;
    pw_plan *plan = NULL;
    pw_status status;

    options.steps = 2;
    encoder.embeddings = embeddings;
    encoder.n_embeddings = 2;
    encoder.width = 8;
    encoder.mask = i % 2 == 0 ? PW_SEQUENCE_MASK_COMFYUI : PW_SEQUENCE_MASK_NONE;
    pw_plan_options_init(&plan_options);
    plan_options.wants_pooled = true;
    plan_options.removes_fragments = i == 5;
    status =
        pw_prompt_parse(&prompts[0], ctx, cases[i].text, strlen(cases[i].text), &options, err);
    options.is_negative = true;
    if (status == PW_OK)
        status = pw_prompt_parse(&prompts[1], ctx, cases[i].negative, strlen(cases[i].negative),
                                 &options, err);
    if (status == PW_OK)
        status = pw_plan_create(&plan, ctx, (const pw_prompt *const *)prompts, 2, &encoder,
                                &plan_options, err);
    if (status == PW_OK)
        status = run_plan(plan, err);
    pw_plan_free(plan);
    pw_prompt_free(prompts[0]);
    pw_prompt_free(prompts[1]);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    struct failing failing = {0, 0, 0, 0, 0};
    pw_context_options options;
    pw_context *ctx = NULL;

    (void)state;
    pw_context_options_init(&options);
    options.n_threads = 1;
    options.allocator = failing_allocator(&failing);
    assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL), PW_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const size_t n_out = failing.n_out;
        pw_status status = PW_ERR_NO_MEMORY;
        size_t fail_at = 0;
        pw_error err;

        while (status == PW_ERR_NO_MEMORY) {
            failing.n_calls = 0;
            failing.fail_at = ++fail_at;
            err.status = PW_OK;
            status = run_case(ctx, i, &err);
            assert_int_equal(failing.n_out, n_out);
            if (status != PW_OK)
                assert_int_equal(err.status, status);
        }
        if (status != PW_OK)
            fail_msg("%s: %s", cases[i].text, err.text);
        assert_true(fail_at > 5);
    }
    pw_context_free(ctx);
    assert_int_equal(failing.n_out, 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};

    return check_main(argc, argv, tests, 1, NULL, NULL);
}
