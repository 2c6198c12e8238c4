/* SPDX-License-Identifier: MIT */
/* Edit distance with neighbours swapped (Damerau's, optimal string alignment): what fingers do.
 */
#include "suggest.h"

#include <stdbool.h>
#include <string.h>

#define WORD_MAX 40

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= n_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t *const spare = before;

        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            row[j] =
                least(last[j - 1] + (a[i - 1] != b[j - 1]), least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[n_b];
}

void suggest_start(struct suggestion *suggestion, const char *word)
{
    *suggestion = (struct suggestion){.word = word};
}

/* Near means: at most a third of the letters wrong, or the word is the candidate's beginning.
 */
void suggest_offer(struct suggestion *suggestion, const char *candidate)
{
    const size_t n = strlen(suggestion->word), n_candidate = strlen(candidate);
    const bool is_prefix =
        n >= 2 && n < n_candidate && memcmp(suggestion->word, candidate, n) == 0;
    size_t d;

    if (n > WORD_MAX || n_candidate > WORD_MAX)
        return;
    d = is_prefix ? 1 : distance(suggestion->word, n, candidate, n_candidate);
    if (d > (n_candidate + 2) / 3 ||
        (suggestion->best != NULL && d >= suggestion->best_distance))
        return;
    suggestion->best = candidate;
    suggestion->best_distance = d;
}
