/* SPDX-License-Identifier: MIT */
/* Errors, warnings and notes. */
#include "talk.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "json_out.h"
#include "paint.h"
#include "show.h"

/* Text of a message on the stack: errors must come out when there is no memory. */
#define MESSAGE_SIZE 1536

static void write_error(const struct builder *line)
{
    if (!line->failed)
        fwrite(line->bytes, 1, line->size, stderr);
}

/* One message. key: "error" or "warning"; status NULL for what has none. */
static void say(struct app *app, const char *key, const char *status, const char *where,
                const char *text)
{
    struct json json = {0};
    struct builder line = {0};

    progress_clear(&app->progress);
    if (app->json) {
        json_open(&json, '{');
        json_key(&json, key);
        json_open(&json, '{');
        if (status != NULL)
            json_member_text(&json, "status", status);
        json_member_text(&json, "where", where);
        json_member_text(&json, "message", text);
        json_close(&json, '}');
        json_close(&json, '}');
        builder_text(&json.text, "\n");
        write_error(&json.text);
        builder_free(&json.text);
        return;
    }
    paint(&line, app->color_err, status != NULL ? PAINT_RED : PAINT_YELLOW, "padwise:");
    builder_text(&line, " ");
    if (status == NULL)
        builder_format(&line, "%s: ", key);
    if (where[0] != '\0') {
        show_text(&line, where, strlen(where), SHOW_ALL);
        builder_text(&line, ": ");
    }
    show_text(&line, text, strlen(text), SHOW_ALL);
    builder_text(&line, "\n");
    write_error(&line);
    if (line.failed)
        fputs("padwise: memory could not be allocated\n", stderr);
    builder_free(&line);
}

int fail(struct app *app, pw_status status, const char *where, const char *format, ...)
{
    char text[MESSAGE_SIZE];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    say(app, "error", pw_status_name(status), where, text);
    return FAILED;
}

int fail_with(struct app *app, const pw_error *err)
{
    if (err->status == PW_ERR_CANCELLED)
        return fail_interrupted(app);
    say(app, "error", pw_status_name(err->status), err->where, err->text);
    return FAILED;
}

int fail_errno(struct app *app, const char *where, const char *what)
{
    return fail(app, PW_ERR_IO, where, "%s: %s", what, strerror(errno));
}

void say_memory(struct app *app)
{
    fail(app, PW_ERR_NO_MEMORY, "", "memory could not be allocated");
}

int fail_usage(struct app *app, const char *format, ...)
{
    const char *where = app->command == NULL ? "" : app->command->name;
    char text[MESSAGE_SIZE];
    va_list list;
    size_t used;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    used = strlen(text);
    if (used + 64 < sizeof(text))
        snprintf(text + used, sizeof(text) - used, " (see: padwise help%s%s)",
                 where[0] == '\0' ? "" : " ", where);
    say(app, "error", pw_status_name(PW_ERR_ARGUMENT), where, text);
    return USAGE;
}

int fail_interrupted(struct app *app)
{
    say(app, "error", pw_status_name(PW_ERR_CANCELLED), "",
        "interrupted; files that were not finished were not written");
    return INTERRUPTED;
}

void warn(struct app *app, const char *where, const char *format, ...)
{
    char text[MESSAGE_SIZE];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    say(app, "warning", NULL, where, text);
}

void note(struct app *app, const char *format, ...)
{
    struct builder line = {0};
    char text[MESSAGE_SIZE];
    va_list list;

    if (!app_talks(app))
        return;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    show_text(&line, text, strlen(text), SHOW_ALL);
    builder_text(&line, "\n");
    talk(app, &line);
    builder_free(&line);
}

void talk(struct app *app, struct builder *text)
{
    progress_clear(&app->progress);
    write_error(text);
    builder_clear(text);
}
