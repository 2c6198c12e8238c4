/* SPDX-License-Identifier: MIT */
/* Reading labels. */
#include "pads_labels.h"

#include <stdlib.h>
#include <string.h>

#include "paths.h"
#include "talk.h"

#define FILE_BYTES_MAX ((size_t)1 << 24)

/* A file's lines, with "," between them as on the command line. */
static int read_file(struct app *app, const char *path, char **text)
{
    FILE *file = fopen(path, "re");
    struct builder bytes = {0};
    char block[4096];
    size_t n;

    if (file == NULL)
        return fail_errno(app, path, "cannot open it");
    while ((n = fread(block, 1, sizeof(block), file)) > 0 && bytes.size < FILE_BYTES_MAX)
        builder_add(&bytes, block, n);
    fclose(file);
    while (bytes.size > 0 &&
           (bytes.bytes[bytes.size - 1] == '\n' || bytes.bytes[bytes.size - 1] == '\r'))
        bytes.size--;
    *text = pool_copy(&app->pool, bytes.size == 0 ? "" : bytes.bytes, bytes.size);
    builder_free(&bytes);
    if (*text == NULL)
        return fail_memory(app);
    for (char *c = *text; *c != '\0'; c++)
        *c = *c == '\n' ? ',' : *c;
    return DONE;
}

/* The number of a name, which is new or known. */
static int number_of(struct app *app, struct labels *labels, const char *bytes, size_t size,
                     size_t *number)
{
    while (size > 0 && bytes[size - 1] == '\r')
        size--;
    for (size_t i = 0; i < labels->n; i++) {
        if (strlen(labels->names[i]) == size && memcmp(labels->names[i], bytes, size) == 0) {
            *number = i;
            return DONE;
        }
    }
    labels->names[labels->n] = pool_copy(&app->pool, bytes, size);
    if (labels->names[labels->n] == NULL)
        return fail_memory(app);
    *number = labels->n++;
    return DONE;
}

static int split(struct pads *pads, struct labels *labels, const char *text)
{
    struct app *app = pads->app;
    size_t n = 0;

    for (const char *word = text;; word++) {
        const size_t size = strcspn(word, ",");

        if (n < pads->n)
            TRY(number_of(app, labels, word, size, &labels->of_input[n]));
        n++;
        word += size;
        if (*word == '\0')
            break;
    }
    if (n != pads->n)
        return fail_usage(app, "--labels has %zu labels, and there are %zu inputs: one each", n,
                          pads->n);
    if (labels->n < 2)
        return fail_usage(app, "--labels: all inputs have the same label, so there is nothing "
                               "to tell apart");
    return DONE;
}

static void count_chance(const struct pads *pads, struct labels *labels)
{
    for (size_t label = 0; label < labels->n; label++) {
        size_t n = 0;

        for (size_t i = 0; i < pads->n; i++)
            n += labels->of_input[i] == label;
        if ((double)n / (double)pads->n > labels->chance)
            labels->chance = (double)n / (double)pads->n;
    }
}

int pads_read_labels(struct pads *pads, struct labels *labels)
{
    struct app *app = pads->app;
    const char *given = option_text(app, OPTION_LABELS);
    char none[1] = "", *text = none;

    *labels = (struct labels){0};
    if (given == NULL)
        return DONE;
    labels->of_input = pool_array(&app->pool, pads->n, sizeof(*labels->of_input));
    labels->names = pool_array(&app->pool, pads->n, sizeof(*labels->names));
    if (labels->of_input == NULL || labels->names == NULL)
        return fail_memory(app);
    if (path_exists(given) && !path_is_folder(given)) {
        TRY(read_file(app, given, &text));
        TRY(split(pads, labels, text));
    } else {
        TRY(split(pads, labels, given));
    }
    count_chance(pads, labels);
    return DONE;
}
