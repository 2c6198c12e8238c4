/* SPDX-License-Identifier: MIT */
/* The tables of recipes.def fit together: every recipe under every flavour it exists in has
 * encoders and tensors, names lead to rows, and nothing is left without words. */
#include "check.h"
#include "conditioning/recipe.h"

static bool exists(size_t i_recipe, size_t i_flavour)
{
    pwi_recipe recipe;

    return pwi_recipe_find(&recipe, pw_recipe_name(i_recipe), pw_flavour_name(i_flavour),
                           NULL) == PW_OK;
}

static void names_lead_back_to_their_rows(void **state)
{
    (void)state;
    for (size_t i = 0; pw_recipe_name(i) != NULL; i++)
        assert_int_equal(pw_recipe_find(pw_recipe_name(i)), i);
    for (size_t i = 0; pw_flavour_name(i) != NULL; i++)
        assert_int_equal(pw_flavour_find(pw_flavour_name(i)), i);
    assert_string_equal(pw_recipe_name(0), "raw");
    assert_string_equal(pw_flavour_name(0), "diffusers");
    assert_int_equal(pw_recipe_find("sd"), -1);
    assert_int_equal(pw_recipe_find(""), -1);
    assert_int_equal(pw_flavour_find("diffuser"), -1);
}

static void nothing_is_without_words(void **state)
{
    size_t n_recipes = 0, n_flavours = 0;

    (void)state;
    for (; pw_recipe_name(n_recipes) != NULL; n_recipes++)
        assert_true(strlen(pw_recipe_summary(n_recipes)) > 10);
    for (; pw_flavour_name(n_flavours) != NULL; n_flavours++) {
        assert_true(strlen(pw_flavour_summary(n_flavours)) > 3);
        assert_true(pw_dialect_find(pw_flavour_dialect(n_flavours)) >= 0);
    }
    assert_null(pw_recipe_summary(n_recipes));
    assert_null(pw_flavour_summary(n_flavours));
    assert_null(pw_flavour_dialect(n_flavours));
}

/* diffusers is where every recipe comes from. */
static void a_recipe_has_encoders_where_it_exists(void **state)
{
    (void)state;
    for (size_t i = 0; pw_recipe_name(i) != NULL; i++) {
        assert_true(exists(i, 0));
        for (size_t f = 0; pw_flavour_name(f) != NULL; f++) {
            pw_recipe_encoder encoder;
            pwi_recipe recipe;

            assert_int_equal(pw_recipe_encoder_at(i, f, 0, &encoder), exists(i, f));
            if (!exists(i, f))
                continue;
            assert_int_equal(
                pwi_recipe_find(&recipe, pw_recipe_name(i), pw_flavour_name(f), NULL), PW_OK);
            for (size_t k = 0; k < recipe.n_encoders; k++) {
                assert_true(pw_recipe_encoder_at(i, f, k, &encoder));
                assert_ptr_equal(encoder.name, recipe.rows[k]->encoder.name);
                assert_true(strlen(encoder.folder) > 0 && strlen(encoder.tokenizer_folder) > 0);
                assert_true(i == 0 || strlen(encoder.name) > 0);
            }
            assert_false(pw_recipe_encoder_at(i, f, recipe.n_encoders, &encoder));
        }
    }
}

static bool is_pooled_kind(pwi_output_kind kind)
{
    return kind == PWI_OUTPUT_POOLED || kind == PWI_OUTPUT_EMBEDS ||
           kind == PWI_OUTPUT_EMBEDS_AS_ROW || kind == PWI_OUTPUT_EMBEDS_IF_ANY;
}

/* A pooled tensor needs one encoder that it comes from, and only then one is marked. */
static void pooled_tensors_have_one_source(void **state)
{
    (void)state;
    for (size_t i = 0; pw_recipe_name(i) != NULL; i++)
        for (size_t f = 0; pw_flavour_name(f) != NULL; f++) {
            const pwi_recipe_output *output;
            bool has_rows = false, has_pooled = false;
            size_t n_sources = 0;
            pwi_recipe recipe;

            if (!exists(i, f))
                continue;
            assert_int_equal(
                pwi_recipe_find(&recipe, pw_recipe_name(i), pw_flavour_name(f), NULL), PW_OK);
            for (size_t k = 0; (output = pwi_recipe_output_at(&recipe, k)) != NULL; k++) {
                has_rows = has_rows || output->kind == PWI_OUTPUT_ROWS;
                has_pooled = has_pooled || is_pooled_kind(output->kind);
            }
            for (size_t k = 0; k < recipe.n_encoders; k++)
                n_sources += recipe.rows[k]->is_pooled_source;
            assert_true(has_rows);
            assert_int_equal(n_sources, has_pooled);
        }
}

static void layouts_name_recipes(void **state)
{
    (void)state;
    assert_int_equal(pw_recipe_of_layout("sdxl"), pw_recipe_find("sdxl"));
    assert_int_equal(pw_recipe_of_layout("sdxl-refiner"), pw_recipe_find("sdxl-refiner"));
    assert_int_equal(pw_recipe_of_layout("ldm-sd1"), pw_recipe_find("sd15"));
    assert_int_equal(pw_recipe_of_layout("ldm-sd1-flat"), pw_recipe_find("sd15"));
    assert_int_equal(pw_recipe_of_layout("sd2-sgm"), pw_recipe_find("sd21"));
    assert_int_equal(pw_recipe_of_layout("hf"), -1);
    assert_int_equal(pw_recipe_of_layout("split"), -1);
    assert_int_equal(pw_recipe_of_layout("ldm"), -1);
    assert_int_equal(pw_recipe_of_layout(""), -1);
}

static void what_does_not_exist_is_refused_by_name(void **state)
{
    pwi_recipe recipe;
    pw_error err;

    (void)state;
    assert_int_equal(pwi_recipe_find(&recipe, "sd9", NULL, &err), PW_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "sd9"));
    assert_int_equal(pwi_recipe_find(&recipe, NULL, "forge", &err), PW_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "forge"));
    assert_int_equal(pwi_recipe_find(&recipe, "cascade", "a1111", &err), PW_ERR_ARGUMENT);
    assert_int_equal(pwi_recipe_find(&recipe, NULL, NULL, &err), PW_OK);
    assert_string_equal(recipe.name, "raw");
    assert_string_equal(recipe.flavour, "diffusers");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(names_lead_back_to_their_rows),
    cmocka_unit_test(nothing_is_without_words),
    cmocka_unit_test(a_recipe_has_encoders_where_it_exists),
    cmocka_unit_test(pooled_tensors_have_one_source),
    cmocka_unit_test(layouts_name_recipes),
    cmocka_unit_test(what_does_not_exist_is_refused_by_name),
};

PW_TEST_MAIN(tests, NULL, NULL)
