/* SPDX-License-Identifier: MIT */
/* --edit and --pads of `padwise encode`: rows are edited before the file is written. Edits that
 * need other rows (clean, from, lerp, ...) or other ids are `padwise edit`'s. */
#include <string.h>

#include "encode.h"
#include "talk.h"

static int parse(struct app *app, const char *text, pw_edits **edits)
{
    pw_error err;

    if (pw_edits_parse(edits, app->ctx, text, strlen(text), &err) == PW_OK)
        return DONE;
    snprintf(err.where, sizeof(err.where), "--edit");
    return fail_with(app, &err);
}

static int check(struct app *app, const pw_edits *edits)
{
    for (size_t i = 0; i < pw_edits_n(edits); i++) {
        const pw_edit *edit = pw_edits_at(edits, i);

        if (edit->source.kind != PW_EDIT_SOURCE_NONE || edit->operation == PW_EDIT_ID)
            return fail_usage(app,
                              "--edit: statement %zu needs more than the prompt's own rows: "
                              "padwise edit PROMPT --edit ... -o FILE does it",
                              i + 1);
    }
    return DONE;
}

/* --pads OPERATION is short for --edit "pads: OPERATION". */
static int edits_of(struct app *app, pw_edits **edits)
{
    const char *text = option_text(app, OPTION_EDIT), *pads = option_text(app, OPTION_PADS);

    *edits = NULL;
    if (text != NULL && pads != NULL)
        return fail_usage(app, "--edit and --pads together: write both into --edit");
    if (pads != NULL) {
        text = pool_format(&app->pool, "pads: %s", pads);
        if (text == NULL)
            return fail_memory(app);
    }
    return text == NULL ? DONE : parse(app, text, edits);
}

/* Tensors that hold a prompt's rows: of the positive side, every condition. */
static bool holds_rows(const char *name)
{
    static const char *const names[] = {"last_hidden_state", "prompt_embeds"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const size_t n = strlen(names[i]);

        if (strncmp(name, names[i], n) == 0 && (name[n] == '\0' || name[n] == '.'))
            return true;
    }
    return false;
}

static int edit_rows(struct app *app, const pw_edits *edits, const pw_tensor_set *set,
                     const pw_tensor *tensor, size_t i_prompt, pw_row_role *roles)
{
    const size_t n_rows = (size_t)tensor->shape[1], dim = (size_t)tensor->shape[2];
    pw_tensor rows = {.dtype = tensor->dtype,
                      .rank = 2,
                      .shape = {tensor->shape[1], tensor->shape[2]},
                      .data = (float *)tensor->data + i_prompt * n_rows * dim,
                      .size_bytes = n_rows * dim * sizeof(float)};
    pw_edit_report report;
    pw_roles_from from;
    pw_error err;

    if (pw_row_roles_of_set(set, app->ctx, i_prompt, roles, n_rows, &from, &err) != PW_OK ||
        pw_edits_apply(edits, app->ctx, &rows, roles, NULL, &report, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

static int edit_set(struct app *app, const pw_edits *edits, pw_tensor_set *set)
{
    pw_error err;

    for (size_t i = 0; i < pw_tensor_set_n(set); i++) {
        const pw_tensor *tensor = pw_tensor_set_tensor(set, i);
        pw_row_role *roles;

        if (tensor->rank != 3 || !holds_rows(pw_tensor_set_name(set, i)))
            continue;
        roles = pool_array(&app->pool, (size_t)tensor->shape[1], sizeof(*roles));
        if (roles == NULL)
            return fail_memory(app);
        for (size_t p = 0; p < (size_t)tensor->shape[0]; p++)
            TRY(edit_rows(app, edits, set, tensor, p, roles));
    }
    return pw_edits_record(edits, app->ctx, set, &err) == PW_OK ? DONE : fail_with(app, &err);
}

int encode_check_edits(struct encode *encode)
{
    struct app *app = encode->app;
    pw_edits *edits;
    int status;

    TRY(edits_of(app, &edits));
    if (edits == NULL)
        return DONE;
    status = check(app, edits);
    if (status == DONE && encode->plan.shape != ONE_FILE)
        status = fail_usage(app, "--edit and --pads go with one file: -o FILE");
    pw_edits_free(edits);
    return status;
}

int encode_edit(struct encode *encode, pw_tensor_set *set)
{
    pw_edits *edits;
    int status;

    TRY(edits_of(encode->app, &edits));
    if (edits == NULL)
        return DONE;
    status = edit_set(encode->app, edits, set);
    pw_edits_free(edits);
    return status;
}
