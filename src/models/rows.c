/* SPDX-License-Identifier: MIT */
/* Who sees whom: the causal rule composed with a sequence's mask, as lists of visible keys
 * (docs/models/clip.md, "Masks"). Query i sees key j when j <= i and mask[j] = 1; a query that
 * would see nothing sees itself. */
#include "models/rows.h"

#include <string.h>

static void rows_of_sequence(pwi_rows *rows, size_t i_sequence, const uint8_t *mask)
{
    const size_t first = i_sequence * rows->n_tokens;
    uint32_t n = 0;

    for (size_t t = 0; t < rows->n_tokens; t++) {
        if (mask == NULL || mask[t] != 0)
            rows->keys[first + n++] = (uint32_t)(first + t);
        rows->n_visible[first + t] = n;
    }
}

void pwi_rows_fill(pwi_rows *rows, const int32_t *ids, const uint8_t *mask, size_t n_sequences,
                   size_t n_tokens)
{
    rows->n_rows = n_sequences * n_tokens;
    rows->n_sequences = n_sequences;
    rows->n_tokens = n_tokens;
    rows->ids = ids;
    for (size_t i = 0; i < n_sequences; i++)
        rows_of_sequence(rows, i, mask == NULL ? NULL : mask + i * n_tokens);
}

pw_status pwi_rows_create(pwi_rows *rows, const pw_allocator *allocator, size_t n_rows_max,
                          pw_error *err)
{
    memset(rows, 0, sizeof(*rows));
    rows->numbers = PWI_ARRAY(allocator, uint32_t, n_rows_max);
    rows->keys = PWI_ARRAY(allocator, uint32_t, n_rows_max);
    rows->n_visible = PWI_ARRAY(allocator, uint32_t, n_rows_max);
    if (rows->numbers == NULL || rows->keys == NULL || rows->n_visible == NULL) {
        pwi_rows_free(rows, allocator, n_rows_max);
        return pwi_fail_memory(err);
    }
    for (size_t i = 0; i < n_rows_max; i++)
        rows->numbers[i] = (uint32_t)i;
    return PW_OK;
}

void pwi_rows_free(pwi_rows *rows, const pw_allocator *allocator, size_t n_rows_max)
{
    pwi_free_array(allocator, rows->numbers, n_rows_max, sizeof(uint32_t));
    pwi_free_array(allocator, rows->keys, n_rows_max, sizeof(uint32_t));
    pwi_free_array(allocator, rows->n_visible, n_rows_max, sizeof(uint32_t));
    memset(rows, 0, sizeof(*rows));
}
