/* SPDX-License-Identifier: MIT */
/* Credits. A licence such as CC BY asks for author, source, licence, and whether the data was
 * changed; files of the workshop carry none of it, but are told by a field that no other
 * program writes. */
#include "credit.h"

#include <string.h>

#include "pads.h"
#include "prompt_line.h"
#include "roles.h"
#include "talk.h"

/* What the workshop's files have ("prompt_set": "Short prompts"), and what is due for them. */
#define WORKSHOP_FIELD "prompt_set"
#define WORKSHOP_CREDIT                                                                        \
    "Laura Wagner, \"Latent Vandalism\" workshop (laurajul/latent-vandalism-workshop), "       \
    "CC BY 4.0"

#define MODIFIED ", modified"

/* A field as text: of the exchange form it is JSON. NULL where it is empty, or no text. */
static const char *text_of(struct app *app, const char *value)
{
    struct prompt_line line;
    const char *what;
    size_t column;

    if (value == NULL || value[0] == '\0' || value[0] == '{' || value[0] == '[')
        return NULL;
    if (value[0] != '"')
        return value;
    if (!prompt_line_parse(&line, &app->pool, value, strlen(value), &what, &column) ||
        line.prompt.prompt.size == 0)
        return NULL;
    return pool_copy(&app->pool, line.prompt.prompt.bytes, line.prompt.prompt.size);
}

/* By the fields of edits, a prompt that names one, or the chain that is recorded. A chain that
 * cannot be read is one nevertheless. */
static bool is_modified(struct app *app, const pw_tensor_set *set, pw_text prompt)
{
    static const char *const fields[] = {"manipulation", "original_base", "edits"};
    pw_edits *edits;
    pw_error err;
    bool has_edits;

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (pw_tensor_set_metadata(set, fields[i]) != NULL)
            return true;
    if (prompt.bytes != NULL && roles_cut_suffix(prompt).size < prompt.size)
        return true;
    if (pw_edits_of_set(&edits, app->ctx, set, &err) != PW_OK)
        return true;
    has_edits = edits != NULL;
    pw_edits_free(edits);
    return has_edits;
}

static int of_fields(struct app *app, const pw_tensor_set *set, const char **credit)
{
    static const char *const fields[] = {"credit", "author", "source", "license", "licence"};
    struct builder out = {0};

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        const char *text = text_of(app, pw_tensor_set_metadata(set, fields[i]));

        if (text != NULL && (out.size == 0 || strstr(out.bytes, text) == NULL))
            builder_format(&out, "%s%s", out.size > 0 ? ", " : "", text);
    }
    *credit = out.size == 0 ? NULL : pool_copy(&app->pool, out.bytes, out.size);
    if (out.failed || (out.size > 0 && *credit == NULL)) {
        builder_free(&out);
        return fail_memory(app);
    }
    builder_free(&out);
    return DONE;
}

int credit_of(struct app *app, const pw_tensor_set *set, const char **credit)
{
    pw_text prompt;

    *credit = option_text(app, OPTION_CREDIT);
    if (*credit == NULL)
        TRY(of_fields(app, set, credit));
    if (*credit == NULL && pw_tensor_set_metadata(set, WORKSHOP_FIELD) != NULL)
        *credit = WORKSHOP_CREDIT;
    if (*credit == NULL)
        return DONE;
    TRY(roles_prompt(app, set, 0, &prompt));
    if (!is_modified(app, set, prompt))
        return DONE;
    *credit = pool_format(&app->pool, "%s" MODIFIED, *credit);
    return *credit == NULL ? fail_memory(app) : DONE;
}

/* ---- Of files, and of several. */

static pw_status copy_fields(const pw_file *file, pw_tensor_set *set, pw_error *err)
{
    pw_status status = PW_OK;

    for (size_t i = 0; status == PW_OK && i < pw_file_n_metadata(file); i++)
        status = pw_tensor_set_put_metadata(set, pw_file_metadata_key(file, i),
                                            pw_file_metadata_value(file, i), err);
    return status;
}

int credit_of_file(struct app *app, const pw_file *file, const char **credit)
{
    pw_tensor_set *set;
    pw_error err;
    int status;

    if (pw_tensor_set_create(&set, app->ctx, &err) != PW_OK)
        return fail_with(app, &err);
    status = copy_fields(file, set, &err) == PW_OK ? credit_of(app, set, credit)
                                                   : fail_with(app, &err);
    pw_tensor_set_free(set);
    return status;
}

int credit_join(struct app *app, const char **credit, const char *other)
{
    if (other == NULL || (*credit != NULL && strstr(*credit, other) != NULL))
        return DONE;
    *credit = *credit == NULL ? other : pool_format(&app->pool, "%s; %s", *credit, other);
    return *credit == NULL ? fail_memory(app) : DONE;
}

int credit_bare(struct app *app, const char **credit)
{
    size_t size = *credit == NULL ? 0 : strlen(*credit);

    if (size < sizeof(MODIFIED) ||
        strcmp(*credit + size - (sizeof(MODIFIED) - 1), MODIFIED) != 0)
        return DONE;
    *credit = pool_copy(&app->pool, *credit, size - (sizeof(MODIFIED) - 1));
    return *credit == NULL ? fail_memory(app) : DONE;
}

void credit_put(struct app *app, struct builder *out, const char *credit)
{
    struct pads pads = {.app = app};
    struct builder line = {0};

    if (credit == NULL)
        return;
    builder_format(&line, "data: %s", credit);
    if (line.failed)
        out->failed = true;
    else
        pads_paragraph(&pads, line.bytes);
    builder_append(out, &pads.out);
    builder_free(&pads.out);
    builder_free(&line);
}
