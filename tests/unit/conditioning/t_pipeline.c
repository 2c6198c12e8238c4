/* SPDX-License-Identifier: MIT */
/* What a diffusers folder says: the recipe of each pipeline's class and encoders, the flags
 * that change numbers, and files that say nothing or nonsense. */
#include <sys/stat.h>
#include <unistd.h>

#include <padwise/recipe.h>

#include "failing_allocator.h"
#include "test_context.h"

#include "check.h"

static char top[64];
static pw_context *ctx;

static int setup(void **state)
{
    (void)state;
    strcpy(top, "/tmp/padwise-pipeline-XXXXXX");
    ctx = test_context();
    return mkdtemp(top) == NULL || ctx == NULL ? -1 : 0;
}

static const char *path_in(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", top, name);
    return path;
}

static const char *const files[] = {"model_index.json", "text_encoder/config.json",
                                    "text_encoder_2/config.json", "text_encoder_3/config.json"};

static void clear(void)
{
    for (size_t i = 0; i < 4; i++)
        unlink(path_in(files[i]));
    rmdir(path_in("text_encoder"));
    rmdir(path_in("text_encoder_2"));
    rmdir(path_in("text_encoder_3"));
}

static int teardown(void **state)
{
    (void)state;
    clear();
    rmdir(top);
    pw_context_free(ctx);
    return 0;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(path_in(name), "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A folder with this index and these configurations, NULL: no such folder. */
static void make(const char *index, const char *first, const char *second, const char *third)
{
    const char *const configs[] = {first, second, third};

    clear();
    put("model_index.json", index);
    for (size_t i = 0; i < 3; i++) {
        char folder[32];

        if (configs[i] == NULL)
            continue;
        snprintf(folder, sizeof(folder), "text_encoder%s", i == 0 ? "" : i == 1 ? "_2" : "_3");
        mkdir(path_in(folder), 0777);
        put(files[i + 1], configs[i]);
    }
}

static pw_pipeline_info read_it(void)
{
    pw_pipeline_info info;
    pw_error err;

    if (pw_pipeline_read(&info, ctx, top, &err) != PW_OK)
        fail_msg("%s: %s", err.where, err.text);
    return info;
}

static const char *recipe_of(const pw_pipeline_info *info)
{
    return info->recipe < 0 ? "none" : pw_recipe_name((size_t)info->recipe);
}

#define QUICK "{\"hidden_act\":\"quick_gelu\"}"
#define GELU  "{\"hidden_act\":\"gelu\"}"
#define CLIP  "[\"transformers\",\"CLIPTextModel\"]"
#define PROJ  "[\"transformers\",\"CLIPTextModelWithProjection\"]"

static const struct {
    const char *index, *configs[3], *class_name, *recipe;
} pipelines[] = {
    {"{\"_class_name\":\"StableDiffusionPipeline\",\"_diffusers_version\":\"0.6.0\","
     "\"feature_extractor\":[\"transformers\",\"CLIPImageProcessor\"],"
     "\"text_encoder\":" CLIP ",\"vae\":[\"diffusers\",\"AutoencoderKL\"]}",
     {QUICK, NULL, NULL},
     "StableDiffusionPipeline",
     "sd15"},
    {"{\"_class_name\":\"StableDiffusionPipeline\",\"text_encoder\":" CLIP "}",
     {"{}", NULL, NULL}, /* transformers' default is quick_gelu */
     "StableDiffusionPipeline",
     "sd15"},
    {"{\"_class_name\":\"StableDiffusionPipeline\",\"text_encoder\":" CLIP "}",
     {GELU, NULL, NULL},
     "StableDiffusionPipeline",
     "sd21"},
    {"{\"_class_name\":\"StableDiffusionXLPipeline\",\"text_encoder\":" CLIP
     ",\"text_encoder_2\":" PROJ ",\"force_zeros_for_empty_prompt\":true}",
     {QUICK, GELU, NULL},
     "StableDiffusionXLPipeline",
     "sdxl"},
    {"{\"_class_name\":\"StableDiffusionXLImg2ImgPipeline\",\"text_encoder\":[null,null],"
     "\"text_encoder_2\":" PROJ ",\"force_zeros_for_empty_prompt\":false}",
     {NULL, GELU, NULL},
     "StableDiffusionXLImg2ImgPipeline",
     "sdxl-refiner"},
    {"{\"_class_name\":\"StableCascadePriorPipeline\",\"text_encoder\":" PROJ "}",
     {GELU, NULL, NULL},
     "StableCascadePriorPipeline",
     "cascade"},
    {"{\"_class_name\":[\"pipeline\",\"StableDiffusionXLPipeline\"],\"text_encoder\":" CLIP
     ",\"text_encoder_2\":" PROJ "}",
     {QUICK, GELU, NULL},
     "StableDiffusionXLPipeline",
     "sdxl"},
    {"{\"_class_name\":\"StableDiffusion3Pipeline\",\"text_encoder\":" PROJ
     ",\"text_encoder_2\":" PROJ ",\"text_encoder_3\":[\"transformers\",\"T5EncoderModel\"]}",
     {QUICK, GELU, "{\"dense_act_fn\":\"gelu_new\"}"},
     "StableDiffusion3Pipeline",
     "none"},
    {"{\"_class_name\":\"BeaverPipeline\",\"text_encoder\":" CLIP "}",
     {QUICK, NULL, NULL},
     "BeaverPipeline",
     "none"},
    {"{\"_class_name\":\"DDPMPipeline\"}", {NULL, NULL, NULL}, "DDPMPipeline", "none"},
    {"{}", {NULL, NULL, NULL}, "", "none"},
};

static void each_pipeline_has_its_recipe(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pipelines) / sizeof(*pipelines); i++) {
        pw_pipeline_info info;

        make(pipelines[i].index, pipelines[i].configs[0], pipelines[i].configs[1],
             pipelines[i].configs[2]);
        info = read_it();
        assert_string_equal(info.class_name, pipelines[i].class_name);
        assert_string_equal(recipe_of(&info), pipelines[i].recipe);
    }
}

static void flags_that_change_numbers(void **state)
{
    pw_pipeline_info info;

    (void)state;
    make("{\"_class_name\":\"StableDiffusionXLPipeline\",\"text_encoder\":" PROJ
         ",\"text_encoder_2\":" CLIP ",\"force_zeros_for_empty_prompt\":false}",
         "{\"hidden_act\":\"quick_gelu\",\"use_attention_mask\":true}", GELU, NULL);
    info = read_it();
    assert_int_equal(info.force_zeros, PW_CHOICE_NO);
    assert_true(info.has_projection[0] && !info.has_projection[1]);
    assert_false(info.uses_attention_mask[0]); /* SDXL's pipeline does not look at it */
    make("{\"_class_name\":\"StableDiffusionPipeline\",\"text_encoder\":" CLIP
         ",\"force_zeros_for_empty_prompt\":null}",
         "{\"hidden_act\":\"quick_gelu\",\"use_attention_mask\":true}", NULL, NULL);
    info = read_it();
    assert_int_equal(info.force_zeros, PW_CHOICE_DEFAULT);
    assert_true(info.uses_attention_mask[0]);
    make("{\"_class_name\":\"StableDiffusionPipeline\",\"text_encoder\":" CLIP "}",
         "{\"hidden_act\":\"quick_gelu\",\"use_attention_mask\":null}", NULL, NULL);
    assert_false(read_it().uses_attention_mask[0]);
    /* The refiner's encoder is its first, in the second folder. */
    make("{\"_class_name\":\"StableDiffusionXLImg2ImgPipeline\",\"text_encoder_2\":" PROJ "}",
         NULL, GELU, NULL);
    assert_true(read_it().has_projection[0]);
}

static void both_towers_configuration(void **state)
{
    pw_pipeline_info info;

    (void)state;
    make("{\"_class_name\":\"StableDiffusionPipeline\",\"text_encoder\":" CLIP "}",
         "{\"text_config\":{\"hidden_act\":\"gelu\"},\"vision_config\":{\"hidden_act\":"
         "\"quick_gelu\"}}",
         NULL, NULL);
    info = read_it();
    assert_string_equal(recipe_of(&info), "sd21");
}

/* An encoder that is named without its folder or configuration is somebody else's error. */
static void a_missing_configuration_says_nothing(void **state)
{
    pw_pipeline_info info;

    (void)state;
    make("{\"_class_name\":\"StableDiffusionXLPipeline\",\"text_encoder\":" CLIP
         ",\"text_encoder_2\":" PROJ "}",
         NULL, NULL, NULL);
    info = read_it();
    assert_string_equal(recipe_of(&info), "sdxl");
}

static void nonsense_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *index, *config;
        pw_status status;
        const char *where;
    } cases[] = {
        {"", NULL, PW_ERR_JSON, "/model_index.json"},
        {"[]", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"_class_name\":", NULL, PW_ERR_JSON, "/model_index.json"},
        {"{\"_class_name\":3}", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"_class_name\":[\"a\"]}", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"_class_name\":[\"a\",\"b\",\"c\"]}", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"_class_name\":\"A\\u0000B\"}", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"_class_name\":"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
         NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"_class_name\":\"A\",\"_class_name\":\"B\"}", NULL, PW_ERR_DUPLICATE,
         "/model_index.json"},
        {"{\"text_encoder\":\"CLIP\"}", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"text_encoder\":[\"transformers\"]}", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"text_encoder\":[1,2]}", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"text_encoder\":[[],\"B\"]}", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"text_encoder\":" CLIP "} x", NULL, PW_ERR_JSON, "/model_index.json"},
        {"{\"force_zeros_for_empty_prompt\":1}", NULL, PW_ERR_FIELD, "/model_index.json"},
        {"{\"text_encoder\":" CLIP "}", "{", PW_ERR_JSON, "/text_encoder/config.json"},
        {"{\"text_encoder\":" CLIP "}", "{\"use_attention_mask\":\"yes\"}", PW_ERR_FIELD,
         "/text_encoder/config.json"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pw_pipeline_info info;
        pw_error err;
        size_t size;

        make(cases[i].index, cases[i].config, NULL, NULL);
        if (pw_pipeline_read(&info, ctx, top, &err) != cases[i].status)
            fail_msg("%s: %s", cases[i].index, err.text);
        size = strlen(err.where);
        assert_true(size > strlen(cases[i].where));
        assert_string_equal(err.where + size - strlen(cases[i].where), cases[i].where);
        assert_int_equal(info.recipe, -1);
    }
}

/* Deep values of keys that nobody asks for are skipped. */
static void what_is_not_asked_for_is_skipped(void **state)
{
    pw_pipeline_info info;

    (void)state;
    make("{\"scheduler\":{\"a\":[[[{\"text_encoder\":3}]]]},\"_class_name\":"
         "\"StableDiffusionPipeline\",\"text_encoder\":" CLIP "}",
         "{\"hidden_act\":null,\"text_config\":null,\"other\":{\"hidden_act\":\"gelu\"}}", NULL,
         NULL);
    info = read_it();
    assert_string_equal(recipe_of(&info), "sd15");
}

static void no_index_is_not_found(void **state)
{
    pw_pipeline_info info;
    pw_error err;

    (void)state;
    clear();
    assert_int_equal(pw_pipeline_read(&info, ctx, top, &err), PW_ERR_NOT_FOUND);
    assert_int_equal(pw_pipeline_read(&info, ctx, path_in("nothing"), &err), PW_ERR_NOT_FOUND);
}

static void memory_may_run_out_anywhere(void **state)
{
    struct failing failing = {0};
    pw_context_options options;
    pw_status status = PW_ERR_NO_MEMORY;

    (void)state;
    make("{\"_class_name\":\"StableDiffusionPipeline\",\"text_encoder\":" CLIP "}", QUICK, NULL,
         NULL);
    pw_context_options_init(&options);
    options.n_threads = 1;
    options.allocator = failing_allocator(&failing);
    for (size_t n = 1; status == PW_ERR_NO_MEMORY; n++) {
        pw_context *failing_ctx = NULL;
        pw_pipeline_info info;

        failing.fail_at = 0;
        assert_int_equal(
            pwi_context_new(&failing_ctx, sizeof(struct pw_context), &options, NULL), PW_OK);
        failing.n_calls = 0;
        failing.fail_at = n;
        status = pw_pipeline_read(&info, failing_ctx, top, NULL);
        failing.fail_at = 0;
        pw_context_free(failing_ctx);
        assert_int_equal(failing.n_out, 0);
        assert_true(n < 1000);
    }
    assert_int_equal(status, PW_OK);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_pipeline_has_its_recipe),
    cmocka_unit_test(flags_that_change_numbers),
    cmocka_unit_test(both_towers_configuration),
    cmocka_unit_test(a_missing_configuration_says_nothing),
    cmocka_unit_test(nonsense_is_refused_with_its_place),
    cmocka_unit_test(what_is_not_asked_for_is_skipped),
    cmocka_unit_test(no_index_is_not_found),
    cmocka_unit_test(memory_may_run_out_anywhere),
};

PW_TEST_MAIN(tests, setup, teardown)
