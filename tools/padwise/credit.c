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

/* How a credit ends where its data was changed, all of it or some of several. */
#define MODIFIED ", modified"
#define PARTLY   ", partly modified"

#define SEPARATOR "; " /* between the credits of several inputs */

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
    TRY(credit_bare(app, credit));
    *credit = pool_format(&app->pool, "%s" MODIFIED, *credit);
    return *credit == NULL ? fail_memory(app) : DONE;
}

/* ---- Of files, and of several. */

int credit_fields(struct app *app, const pw_file *file, pw_tensor_set **fields)
{
    pw_error err;

    if (pw_tensor_set_create(fields, app->ctx, &err) != PW_OK)
        return fail_with(app, &err);
    if (pw_file_copy_metadata(file, *fields, &err) == PW_OK)
        return DONE;
    pw_tensor_set_free(*fields);
    *fields = NULL;
    return fail_with(app, &err);
}

int credit_of_file(struct app *app, const pw_file *file, const char **credit)
{
    pw_tensor_set *fields;
    int status;

    TRY(credit_fields(app, file, &fields));
    status = credit_of(app, fields, credit);
    pw_tensor_set_free(fields);
    return status;
}

enum state {
    AS_PUBLISHED,
    PARTLY_MODIFIED,
    ALL_MODIFIED
};

static const char *const state_texts[] = {"", PARTLY, MODIFIED};

/* Bytes of a credit without what it says of changes. */
static size_t bare_size(const char *credit, enum state *state)
{
    const size_t size = strlen(credit);

    for (*state = ALL_MODIFIED; *state > AS_PUBLISHED; (*state)--) {
        const size_t n = strlen(state_texts[*state]);

        if (size > n && strcmp(credit + size - n, state_texts[*state]) == 0)
            return size - n;
    }
    return size;
}

/* What a line says behind `at` of the changes of a credit that ends there; NULL: the credit
 * goes on, so it is another one. */
static const char *read_state(const char *at, enum state *state)
{
    for (*state = ALL_MODIFIED;; (*state)--) {
        const size_t n = strlen(state_texts[*state]);

        if (strncmp(at, state_texts[*state], n) == 0 &&
            (at[n] == '\0' || strncmp(at + n, SEPARATOR, strlen(SEPARATOR)) == 0))
            return at + n;
        if (*state == AS_PUBLISHED)
            return NULL;
    }
}

/* Where a credit stands in a line of several, and the end of it; NULL: nowhere. */
static const char *find_credit(const char *line, const char *bare, const char **end,
                               enum state *state)
{
    for (const char *at = strstr(line, bare); at != NULL; at = strstr(at + 1, bare)) {
        const bool is_begin =
            at == line || ((size_t)(at - line) >= strlen(SEPARATOR) &&
                           strncmp(at - strlen(SEPARATOR), SEPARATOR, strlen(SEPARATOR)) == 0);

        *end = read_state(at + strlen(bare), state);
        if (is_begin && *end != NULL)
            return at;
    }
    return NULL;
}

/* Into *out the line, which has the credit, with what both say of changes; NULL where it has it
 * not. */
static int join_within(struct app *app, const char *line, const char *credit, const char **out)
{
    enum state state, own;
    const char *bare = pool_copy(&app->pool, credit, bare_size(credit, &own));
    const char *at, *end;

    if (bare == NULL)
        return fail_memory(app);
    at = find_credit(line, bare, &end, &state);
    *out = at == NULL || state == own ? line
                                      : pool_format(&app->pool, "%.*s%s" PARTLY "%s",
                                                    (int)(at - line), line, bare, end);
    if (*out == NULL)
        return fail_memory(app);
    *out = at == NULL ? NULL : *out;
    return DONE;
}

int credit_join(struct app *app, const char **credit, const char *other)
{
    const char *joined = other;

    if (other == NULL || other[0] == '\0')
        return DONE;
    if (*credit != NULL)
        TRY(join_within(app, *credit, other, &joined));
    if (joined == NULL)
        TRY(join_within(app, other, *credit, &joined));
    if (joined == NULL)
        joined = pool_format(&app->pool, "%s" SEPARATOR "%s", *credit, other);
    *credit = joined;
    return joined == NULL ? fail_memory(app) : DONE;
}

int credit_bare(struct app *app, const char **credit)
{
    enum state state;

    if (*credit == NULL)
        return DONE;
    *credit = pool_copy(&app->pool, *credit, bare_size(*credit, &state));
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
