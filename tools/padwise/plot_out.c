/* SPDX-License-Identifier: MIT */
/* Where pictures go: the format by the ending, the terminal by its width and colours. */
#include "plot_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "paths.h"
#include "talk.h"

static bool is_terminal_form(const char *path)
{
    return strcmp(path, "-") == 0;
}

int plot_check(struct app *app, const char *path)
{
    if (path == NULL)
        return DONE;
    if (is_terminal_form(path))
        return app->json ? fail_usage(app, "the picture and --json cannot both have standard "
                                           "output: name a file for the picture")
                         : DONE;
    if (pw_picture_format_from_path(path) < 0)
        return fail_usage(app,
                          "the picture \"%s\" ends in none of .svg, .png, .pdf, .txt (and - "
                          "draws on the terminal)",
                          path);
    return path_check_target(app, path);
}

/* Terminals that take 24 bits say so in COLORTERM; the palette of 256 is understood by all. */
static pw_text_colors text_colors(const struct app *app)
{
    const char *depth = getenv("COLORTERM");

    if (!app->color_out)
        return PW_TEXT_PLAIN;
    if (depth != NULL && (strcmp(depth, "truecolor") == 0 || strcmp(depth, "24bit") == 0))
        return PW_TEXT_RGB;
    return PW_TEXT_256;
}

/* --width counts columns of a terminal, units elsewhere. */
static int read_width(struct app *app, bool is_text, pw_picture_options *options)
{
    int64_t width = 0;

    TRY(option_integer(app, OPTION_WIDTH, PW_PLOT_COLUMNS_MIN, (int64_t)PW_PLOT_WIDTH_MAX,
                       &width));
    if (width == 0)
        return DONE;
    if (is_text && width > PW_PLOT_COLUMNS_MAX)
        return fail_usage(app, "--width %lld is over the %d columns that a terminal can have",
                          (long long)width, PW_PLOT_COLUMNS_MAX);
    if (!is_text && (double)width < PW_PLOT_WIDTH_MIN)
        return fail_usage(app, "--width %lld: a picture is at least %d units wide",
                          (long long)width, (int)PW_PLOT_WIDTH_MIN);
    if (is_text)
        options->n_columns = (int32_t)width;
    else
        options->width = (double)width;
    return DONE;
}

/* Standard output may be apart from where the command's listing goes. */
static int print_picture(struct app *app, const pw_picture *picture)
{
    size_t size;
    const char *bytes = pw_picture_bytes(picture, &size);

    progress_clear(&app->progress);
    errno = 0;
    if (fwrite(bytes, 1, size, stdout) != size || fflush(stdout) != 0) {
        if (app->out == stdout)
            app->write_error = app->write_error == 0 ? errno : app->write_error;
        else if (errno != EPIPE)
            return fail_errno(app, "standard output", "cannot write to it");
    }
    return DONE;
}

static int draw_on_terminal(struct app *app, const pw_figure *figure)
{
    pw_picture_options options;
    pw_picture *picture;
    pw_error err;
    int status;

    pw_picture_options_init(&options);
    options.n_columns =
        app->width_out > PW_PLOT_COLUMNS_MAX ? PW_PLOT_COLUMNS_MAX : (int32_t)app->width_out;
    options.colors = text_colors(app);
    TRY(read_width(app, true, &options));
    if (pw_figure_render(&picture, figure, PW_PICTURE_TEXT, &options, &err) != PW_OK)
        return fail_with(app, &err);
    status = print_picture(app, picture);
    pw_picture_free(picture);
    return status;
}

int plot_write(struct app *app, pw_figure *figure, const char *path)
{
    pw_picture_options options;
    pw_error err;

    TRY(plot_check(app, path));
    if (is_terminal_form(path))
        return draw_on_terminal(app, figure);
    pw_picture_options_init(&options);
    TRY(read_width(app, pw_picture_format_from_path(path) == PW_PICTURE_TEXT, &options));
    if (pw_figure_save(figure, path, &options, &err) != PW_OK) {
        if (err.where[0] == '\0')
            snprintf(err.where, sizeof(err.where), "%s", path);
        return fail_with(app, &err);
    }
    note(app, "wrote %s", path);
    return DONE;
}

pw_plot_role plot_role(pw_row_role role)
{
    static const pw_plot_role roles[] = {[PW_ROW_UNKNOWN] = PW_PLOT_UNKNOWN,
                                         [PW_ROW_BOS] = PW_PLOT_BOS,
                                         [PW_ROW_WORD] = PW_PLOT_WORD,
                                         [PW_ROW_EOS] = PW_PLOT_EOS,
                                         [PW_ROW_PAD] = PW_PLOT_PAD};

    return roles[role];
}
