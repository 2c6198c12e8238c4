/* SPDX-License-Identifier: MIT */
/* Fuzz: an edit's text. A text that parses has one spelling, which parses to itself; applied to
 * a small sequence it either fails and changes nothing, or changes chosen rows alone. */
#include <stdlib.h>
#include <string.h>

#include <padwise/edit.h>

#include "base/context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N_ROWS 12
#define DIM    3

static void require(bool condition)
{
    if (!condition)
        abort();
}

static pw_context *fuzz_context(void)
{
    static pw_context *ctx;
    pw_context_options options;

    pw_context_options_init(&options);
    options.n_threads = 1;
    if (ctx == NULL)
        require(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL) == PW_OK);
    return ctx;
}

static pw_status open_source(void *user, const pw_edit_source *source, pw_edit_sequence *out,
                             pw_error *err)
{
    (void)err;
    require(source->kind != PW_EDIT_SOURCE_NONE && source->text[source->size] == '\0');
    *out = *(const pw_edit_sequence *)user;
    return PW_OK;
}

static void check_spelling(const pw_edits *edits)
{
    const char *text = pw_edits_text(edits);
    pw_edits *again = NULL;

    require(pw_edits_n(edits) > 0 && pw_edits_n(edits) <= PW_EDITS_MAX);
    if (strlen(text) > PW_EDIT_TEXT_MAX)
        return;
    require(pw_edits_parse(&again, fuzz_context(), text, strlen(text), NULL) == PW_OK);
    require(strcmp(pw_edits_text(again), text) == 0);
    pw_edits_free(again);
}

/* Rows that some statement means. */
static bool select_any(const pw_edits *edits, const pw_row_role *roles, uint8_t *any)
{
    uint8_t selected[N_ROWS];

    memset(any, 0, N_ROWS);
    for (size_t i = 0; i < pw_edits_n(edits); i++) {
        if (pw_edit_select(&pw_edits_at(edits, i)->rows, roles, N_ROWS, selected, NULL) !=
            PW_OK)
            return false;
        for (size_t row = 0; row < N_ROWS; row++)
            any[row] |= selected[row];
    }
    return true;
}

static void check_apply(const pw_edits *edits)
{
    static const double values[N_ROWS * DIM] = {1.0, 2.0, 3.0};
    pw_row_role roles[N_ROWS];
    const pw_edit_sequence sequence = {values, N_ROWS, DIM, roles};
    const pw_edit_sources sources = {open_source, (void *)(uintptr_t)&sequence};
    float before[N_ROWS * DIM], after[N_ROWS * DIM];
    pw_tensor tensor = {.dtype = PW_F32,
                        .rank = 2,
                        .shape = {N_ROWS, DIM},
                        .data = after,
                        .size_bytes = sizeof(after)};
    uint8_t any[N_ROWS];

    pw_row_roles_fill(roles, N_ROWS, 7);
    for (size_t i = 0; i < N_ROWS * DIM; i++)
        before[i] = after[i] = (float)i - 5.0f;
    if (pw_edits_apply(edits, fuzz_context(), &tensor, roles, &sources, NULL, NULL) != PW_OK) {
        require(memcmp(before, after, sizeof(before)) == 0);
        return;
    }
    require(select_any(edits, roles, any));
    for (size_t row = 0; row < N_ROWS; row++)
        require(any[row] ||
                memcmp(before + row * DIM, after + row * DIM, DIM * sizeof(float)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pw_edits *edits = NULL;
    pw_error err;

    err.offset = 0;
    if (pw_edits_parse(&edits, fuzz_context(), (const char *)data, size, &err) != PW_OK) {
        require(edits == NULL && (err.offset <= size || err.offset == PW_NO_OFFSET));
        return 0;
    }
    check_spelling(edits);
    check_apply(edits);
    pw_edits_free(edits);
    return 0;
}
