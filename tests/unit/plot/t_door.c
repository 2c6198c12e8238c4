/* SPDX-License-Identifier: MIT */
/* The library as a program has it: pictures through libpadwise-draw, which is opened on the
 * way. */
#include "check.h"
#include "figures.h"

static bool is_loaded(const char *name)
{
    char line[1024];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");

    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
        found = found || strstr(line, name) != NULL;
    if (maps != NULL)
        fclose(maps);
    return found;
}

static void draws_when_asked_and_loads_then(void **state)
{
    pw_context *ctx;
    pw_figure *figure;
    pw_picture *picture;
    pw_error err = {.text = ""};
    size_t size;

    (void)state;
    assert_int_equal(pw_context_create(&ctx, NULL, NULL), PW_OK);
    assert_int_equal(make_bars(&figure, ctx, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_render(&picture, figure, PW_PICTURE_TEXT, NULL, NULL), PW_OK);
    pw_picture_free(picture);
    assert_false(is_loaded("/libpango")); /* nothing of it before the first picture */
    if (pw_figure_render(&picture, figure, PW_PICTURE_PNG, NULL, &err) != PW_OK &&
        strstr(err.text, "no fonts") == NULL)
        fail_msg("%s", err.text);
    assert_true(is_loaded("/libpango"));
    assert_true(pw_plot_can_draw());
    if (picture != NULL)
        assert_memory_equal(pw_picture_bytes(picture, &size), "\x89PNG\r\n\x1A\n", 8);
    pw_picture_free(picture);
    pw_figure_free(figure);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(draws_when_asked_and_loads_then),
};

PW_TEST_MAIN(tests, NULL, NULL)
