/* SPDX-License-Identifier: MIT */
/* Credits. A licence such as CC BY asks for author, source, licence, and whether the data was
 * changed; files of the workshop carry none of it, but are told by a field that no other
 * program writes. */
#include "credit.h"

#include <string.h>

#include "prompt_line.h"
#include "roles.h"
#include "talk.h"

/* What the workshop's files have ("prompt_set": "Short prompts"), and what is due for them. */
#define WORKSHOP_FIELD "prompt_set"
#define WORKSHOP_CREDIT                                                                        \
    "Laura Wagner, \"Latent Vandalism\" workshop (laurajul/latent-vandalism-workshop), "       \
    "CC BY 4.0"

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

/* By the fields of edits, or a prompt that names one. */
static bool is_modified(const pw_tensor_set *set, pw_text prompt)
{
    static const char *const fields[] = {"manipulation", "original_base", "edits"};
    static const char key[] = "\"edits\":\"";
    const char *manifest = pw_tensor_set_metadata(set, PW_MANIFEST_KEY);
    const char *edits = manifest == NULL ? NULL : strstr(manifest, key);

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (pw_tensor_set_metadata(set, fields[i]) != NULL)
            return true;
    if (prompt.bytes != NULL && roles_cut_suffix(prompt).size < prompt.size)
        return true;
    return edits != NULL && edits[strlen(key)] != '"';
}

static int of_fields(struct app *app, const pw_tensor_set *set, const char **credit)
{
    static const char *const fields[] = {"credit", "author", "source", "license", "licence"};
    struct builder out = {0};

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        const char *text = text_of(app, pw_tensor_set_metadata(set, fields[i]));

        if (text != NULL)
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
    if (!is_modified(set, prompt))
        return DONE;
    *credit = pool_format(&app->pool, "%s, modified", *credit);
    return *credit == NULL ? fail_memory(app) : DONE;
}
