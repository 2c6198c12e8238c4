/* SPDX-License-Identifier: MIT */
/* Reading prompts. Memory is that of the longest line. */
#include "prompts.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupt.h"
#include "paths.h"
#include "prompt_line.h"
#include "talk.h"

/* A line may hold a prompt of the library's limit with every byte escaped (\u0000). */
#define LINE_MAX_BYTES ((size_t)PW_TEXT_BYTES_MAX * 6 + 4096)
#define READ_BYTES     ((size_t)1 << 16)

/* "padwise encode -" is short for --from -. */
static const char *source_path(const struct app *app)
{
    const struct arguments *arguments = &app->arguments;

    if (option_given(app, OPTION_FROM))
        return option_text(app, OPTION_FROM);
    if (arguments->n_words == 1 && strcmp(arguments->words[0], "-") == 0)
        return "-";
    return NULL;
}

int prompts_open(struct app *app, struct prompts *prompts)
{
    const char *path = source_path(app);
    struct stat info;

    *prompts = (struct prompts){.app = app, .path = path};
    if (app->arguments.given[OPTION_FROM].n > 1)
        return fail_usage(app, "--from is given more than once");
    if (path == NULL && app->arguments.n_words == 0)
        return fail_usage(app, "no prompt: give one in quotes, or --from FILE");
    if (path == NULL)
        return DONE;
    if (option_given(app, OPTION_FROM) && app->arguments.n_words > 0)
        return fail_usage(app, "prompts on the line and --from together");
    prompts->is_jsonl = option_given(app, OPTION_JSONL) || path_ends(path, ".jsonl");
    if (strcmp(path, "-") == 0) {
        prompts->path = "standard input";
        prompts->file = stdin;
        return DONE;
    }
    prompts->file = fopen(path, "re");
    if (prompts->file == NULL)
        return fail_errno(app, path, "cannot open it");
    if (fstat(fileno(prompts->file), &info) == 0 && S_ISREG(info.st_mode))
        prompts->size = (uint64_t)info.st_size;
    return DONE;
}

void prompts_close(struct prompts *prompts)
{
    if (prompts->file != NULL && prompts->file != stdin)
        fclose(prompts->file);
    free(prompts->buffer);
    prompts->file = NULL;
    prompts->buffer = NULL;
}

double prompts_fraction(const struct prompts *prompts)
{
    if (prompts->path == NULL)
        return (double)prompts->n_given / (double)prompts->app->arguments.n_words;
    return prompts->size == 0 ? -1 : (double)prompts->n_bytes / (double)prompts->size;
}

bool prompts_would_wait(const struct prompts *prompts)
{
    const size_t used = prompts->end - prompts->start;
    struct pollfd wait;

    if (prompts->file == NULL || prompts->size > 0 || prompts->is_over ||
        (used > 0 && memchr(prompts->buffer + prompts->start, '\n', used) != NULL))
        return false;
    wait = (struct pollfd){.fd = fileno(prompts->file), .events = POLLIN};
    return poll(&wait, 1, 0) == 0;
}

/* Make room behind what is there: move it to the front, or grow. */
static int make_room(struct prompts *prompts)
{
    const size_t used = prompts->end - prompts->start;
    char *grown;

    if (prompts->start > 0) {
        memmove(prompts->buffer, prompts->buffer + prompts->start, used);
        prompts->start = 0;
        prompts->end = used;
    }
    if (prompts->capacity - used >= READ_BYTES)
        return DONE;
    if (used > LINE_MAX_BYTES)
        return fail(prompts->app, PW_ERR_LIMIT, prompts->path,
                    "line %" PRIu64 " is longer than %zu bytes", prompts->n_lines + 1,
                    LINE_MAX_BYTES);
    grown = realloc(prompts->buffer, used * 2 + 2 * READ_BYTES);
    if (grown == NULL)
        return fail_memory(prompts->app);
    prompts->buffer = grown;
    prompts->capacity = used * 2 + 2 * READ_BYTES;
    return DONE;
}

/* read(2), not fread: a pipe's lines are used as they come, and a signal ends the wait. */
static int read_more(struct prompts *prompts)
{
    ssize_t n;

    TRY(make_room(prompts));
    for (;;) {
        if (interrupted())
            return fail_interrupted(prompts->app);
        n = read(fileno(prompts->file), prompts->buffer + prompts->end, READ_BYTES);
        if (n >= 0)
            break;
        if (errno != EINTR)
            return fail_errno(prompts->app, prompts->path, "cannot read it");
    }
    prompts->is_over = n == 0;
    prompts->end += (size_t)n;
    return DONE;
}

/* The next line without its end (LF or CRLF), valid until the next call. */
static int next_line(struct prompts *prompts, const char **line, size_t *size, bool *more)
{
    size_t searched = 0;
    const char *end = NULL;

    while (end == NULL) {
        const size_t used = prompts->end - prompts->start;

        if (used > searched)
            end = memchr(prompts->buffer + prompts->start + searched, '\n', used - searched);
        if (end != NULL || prompts->is_over)
            break;
        searched = used;
        TRY(read_more(prompts));
    }
    *line = prompts->buffer + prompts->start;
    *size = end != NULL ? (size_t)(end - *line) : prompts->end - prompts->start;
    *more = end != NULL || *size > 0;
    if (*more)
        prompts->n_lines++;
    prompts->start += *size + (end != NULL);
    prompts->n_bytes += *size + (end != NULL);
    if (end != NULL && *size > 0 && (*line)[*size - 1] == '\r')
        --*size;
    if (prompts->n_lines == 1 && *size >= 3 && memcmp(*line, "\xEF\xBB\xBF", 3) == 0) {
        *line += 3; /* a byte order mark is no part of the text */
        *size -= 3;
    }
    return DONE;
}

static bool is_blank(const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    }
    return true;
}

static int read_jsonl(struct prompts *prompts, struct pool *pool, struct prompt_item *item,
                      const char *line, size_t size)
{
    struct prompt_line parsed;
    const char *what = NULL;
    size_t column = 0;

    if (!prompt_line_parse(&parsed, pool, line, size, &what, &column)) {
        if (what == NULL)
            return fail_memory(prompts->app);
        return fail(prompts->app, PW_ERR_JSON, item->where, "column %zu: %s", column, what);
    }
    item->prompt = parsed.prompt;
    item->id = parsed.id.bytes;
    if (parsed.id.bytes != NULL && memchr(parsed.id.bytes, '\0', parsed.id.size) != NULL)
        return fail(prompts->app, PW_ERR_FORMAT, item->where, "the id holds a NUL");
    return DONE;
}

static int from_file(struct prompts *prompts, struct pool *pool, struct prompt_item *item,
                     bool *more)
{
    const char *line = NULL, *copy;
    size_t size = 0;

    do {
        TRY(next_line(prompts, &line, &size, more));
        if (!*more)
            return DONE;
    } while (prompts->is_jsonl && is_blank(line, size));
    item->where = pool_format(pool, "%s line %" PRIu64, prompts->path, prompts->n_lines);
    if (item->where == NULL)
        return fail_memory(prompts->app);
    if (prompts->is_jsonl)
        return read_jsonl(prompts, pool, item, line, size);
    copy = pool_copy(pool, line, size);
    if (copy == NULL)
        return fail_memory(prompts->app);
    item->prompt.prompt = (pw_text){copy, size};
    return DONE;
}

int prompts_next(struct prompts *prompts, struct pool *pool, struct prompt_item *item,
                 bool *more)
{
    const struct arguments *arguments = &prompts->app->arguments;

    *item = (struct prompt_item){.number = prompts->n_given};
    *more = true;
    if (prompts->path != NULL) {
        TRY(from_file(prompts, pool, item, more));
    } else if (prompts->n_given >= arguments->n_words) {
        *more = false;
    } else {
        const char *word = arguments->words[prompts->n_given];

        item->prompt.prompt = (pw_text){word, strlen(word)};
        item->where = pool_format(pool, "prompt %" PRIu64, prompts->n_given + 1);
        if (item->where == NULL)
            return fail_memory(prompts->app);
    }
    prompts->n_given += *more;
    return DONE;
}
