/* SPDX-License-Identifier: MIT */
/* The run: context, options that several commands share, the output stream. */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "talk.h"

bool app_talks(const struct app *app)
{
    return !app->quiet && !app->json;
}

static void on_warning(void *user, const char *where, const char *text)
{
    warn(user, where, "%s", text);
}

/* --cpu wins over PADWISE_CPU, both over level_max. */
static int read_level(struct app *app, pw_level level_max, pw_level *level)
{
    const char *name = option_text(app, OPTION_CPU);
    const char *variable = getenv("PADWISE_CPU");
    int32_t found;

    *level = level_max;
    if (name == NULL && (variable == NULL || variable[0] == '\0'))
        return DONE;
    found = pw_level_from_name(name != NULL ? name : variable);
    if (found < 0)
        return fail_usage(app,
                          "PADWISE_CPU is \"%s\", which is none of: ref, avx2, avx512, "
                          "avx512bf16, amx",
                          variable);
    *level = (pw_level)found;
    return DONE;
}

int app_open_context_for(struct app *app, pw_level level_max, int32_t n_threads)
{
    pw_context_options options;
    pw_error err;

    pw_context_options_init(&options);
    TRY(read_level(app, level_max, &options.cpu_max));
    options.n_threads = n_threads;
    options.progress = progress_callback;
    options.progress_user = &app->progress;
    options.log = on_warning;
    options.log_user = app;
    pw_context_free(app->ctx);
    app->ctx = NULL;
    if (pw_context_create(&app->ctx, &options, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

int app_open_context(struct app *app, pw_level level_max)
{
    int64_t n_threads = 0;

    TRY(option_integer(app, OPTION_THREADS, 0, 4096, &n_threads));
    return app_open_context_for(app, level_max, (int32_t)n_threads);
}

pw_file_options app_file_options(const struct app *app)
{
    pw_file_options options;

    pw_file_options_init(&options);
    options.strict = option_given(app, OPTION_STRICT);
    return options;
}

int app_model_options(struct app *app, pw_model_options *options)
{
    const char *precision = option_text(app, OPTION_PRECISION);
    const char *activation = option_text(app, OPTION_ACTIVATION);
    int32_t found;

    options->strict = option_given(app, OPTION_STRICT);
    if (precision != NULL) {
        found = pw_precision_from_name(precision);
        if (found < 0)
            return fail_usage(app, "--precision %s is not in this version", precision);
        options->precision = (pw_precision)found;
    }
    if (activation != NULL) {
        found = pw_activation_from_name(activation);
        if (found < 0)
            return fail_usage(app, "--activation %s is not in this version", activation);
        options->activation = (pw_activation)found;
    }
    return DONE;
}

int app_open_output(struct app *app)
{
    const char *path = option_text(app, OPTION_OUTPUT);
    const char *slash;
    int fd;

    if (path == NULL || strcmp(path, "-") == 0)
        return DONE;
    slash = strrchr(path, '/');
    if (path[0] == '\0' || (slash != NULL && slash[1] == '\0'))
        return fail_usage(app, "-o \"%s\" must name a file", path);
    TRY(path_check_target(app, path));
    app->out_path = pool_copy(&app->pool, path, strlen(path));
    app->out_temporary =
        pool_format(&app->pool, "%.*s.%s.tmp.%ld", slash == NULL ? 0 : (int)(slash + 1 - path),
                    path, slash == NULL ? path : slash + 1, (long)getpid());
    if (app->out_path == NULL || app->out_temporary == NULL)
        return fail_memory(app);
    fd = open(app->out_temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return fail_errno(app, path, "cannot create it");
    app->out = fdopen(fd, "w");
    if (app->out == NULL) {
        app->out = stdout;
        close(fd);
        unlink(app->out_temporary);
        return fail_errno(app, path, "cannot create it");
    }
    app->color_out = false;
    app->width_out = 80;
    return DONE;
}

/* The file of -o gets its name, or goes away if the command failed. A difference that compare
 * found is a result, not a failure: its listing is complete. */
static int commit_output(struct app *app, int status)
{
    bool ok = fflush(app->out) == 0 && app->write_error == 0 && fsync(fileno(app->out)) == 0;

    ok = fclose(app->out) == 0 && ok;
    app->out = NULL;
    if (ok && (status == DONE || app->is_result)) {
        if (rename(app->out_temporary, app->out_path) == 0)
            return status;
        ok = false;
    }
    if (!ok) {
        errno = app->write_error != 0 ? app->write_error : errno;
        status = fail_errno(app, app->out_path, "cannot write it");
    }
    unlink(app->out_temporary);
    return status;
}

int app_close_output(struct app *app, int status)
{
    if (app->out != stdout)
        return commit_output(app, status);
    if (fflush(stdout) != 0 && app->write_error == 0)
        app->write_error = errno;
    if (ferror(stdout) && app->write_error == 0)
        app->write_error = EIO;
    if (fclose(stdout) != 0 && app->write_error == 0)
        app->write_error = errno;
    /* A reader that has seen enough ("| head") is no error for a listing; for encode the line
     * was a report on a file, and the one who asked for it did not get it. */
    if (app->write_error == 0 ||
        (app->write_error == EPIPE && app->command != &command_table[COMMAND_ENCODE]))
        return status;
    if (status != DONE)
        return status;
    errno = app->write_error;
    return fail_errno(app, "standard output", "cannot write to it");
}

int app_print(struct app *app, struct builder *text, bool *stop)
{
    if (text->failed)
        return fail_memory(app);
    progress_clear(&app->progress);
    errno = 0;
    *stop = fwrite(text->bytes, 1, text->size, app->out) != text->size || fflush(app->out) != 0;
    if (*stop && app->write_error == 0)
        app->write_error = errno;
    builder_clear(text);
    return DONE;
}
