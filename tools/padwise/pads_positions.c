/* SPDX-License-Identifier: MIT */
/* --positions: a list of positions and ranges, both ends included. */
#include <string.h>

#include "pads.h"
#include "talk.h"

/* Where words of a list go. */
struct positions {
    struct pads *pads;
    const char *text;
    size_t n_rows;
    bool *is_chosen; /* [n_rows] */
};

static int refuse(const struct positions *positions)
{
    return fail_usage(positions->pads->app,
                      "--positions \"%s\" is no list of positions such as 10,20,76 or 18..72",
                      positions->text);
}

/* "10" or "18..72" */
static int read_word(const struct positions *positions, const char *word, size_t size)
{
    const char *dots = size < 2 ? NULL : strstr(word, "..");
    int64_t first, last;

    if (dots != NULL && dots < word + size) {
        if (!parse_integer(word, (size_t)(dots - word), &first) ||
            !parse_integer(dots + 2, size - (size_t)(dots + 2 - word), &last))
            return refuse(positions);
    } else {
        if (!parse_integer(word, size, &first))
            return refuse(positions);
        last = first;
    }
    if (first < 0 || last < first)
        return refuse(positions);
    if ((uint64_t)last >= positions->n_rows)
        return fail(positions->pads->app, PW_ERR_ARGUMENT, "--positions",
                    "%lld is behind the last row: an input has rows 0 to %zu", (long long)last,
                    positions->n_rows - 1);
    for (int64_t i = first; i <= last; i++)
        positions->is_chosen[i] = true;
    return DONE;
}

static int read_words(const struct positions *positions)
{
    for (const char *word = positions->text;; word++) {
        const size_t size = strcspn(word, ",");

        TRY(read_word(positions, word, size));
        word += size;
        if (*word == '\0')
            return DONE;
    }
}

int pads_positions(struct pads *pads, size_t n_rows, size_t **positions, size_t *n)
{
    struct app *app = pads->app;
    struct positions list = {
        .pads = pads, .text = option_text(app, OPTION_POSITIONS), .n_rows = n_rows};

    *positions = NULL;
    *n = 0;
    if (list.text == NULL)
        return DONE;
    list.is_chosen = pool_array(&app->pool, n_rows, sizeof(*list.is_chosen));
    *positions = pool_array(&app->pool, n_rows, sizeof(**positions));
    if (list.is_chosen == NULL || *positions == NULL)
        return fail_memory(app);
    if (strcmp(list.text, "all") == 0)
        memset(list.is_chosen, true, n_rows);
    else
        TRY(read_words(&list));
    for (size_t i = 0; i < n_rows; i++)
        if (list.is_chosen[i])
            (*positions)[(*n)++] = i;
    return DONE;
}
