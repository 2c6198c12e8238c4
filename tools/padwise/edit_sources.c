/* SPDX-License-Identifier: MIT */
/* The sources of edits: each is opened once, its rows are widened once for each tensor. */
#include <string.h>

#include "credit.h"
#include "edit_lab.h"
#include "talk.h"

struct edit_source_rows {
    const struct edit_tensor *tensor;
    size_t i_prompt;
    pw_edit_sequence sequence;
    struct edit_source_rows *next;
};

static bool is_same(const struct edit_source_set *known, const pw_edit_source *source,
                    size_t n_rows)
{
    return known->source.kind == source->kind && known->source.size == source->size &&
           memcmp(known->source.text, source->text, source->size) == 0 &&
           (source->kind != PW_EDIT_SOURCE_CLEAN || known->n_rows == n_rows);
}

static struct edit_source_set *find(const struct edit_subject *subject,
                                    const pw_edit_source *source, size_t n_rows)
{
    for (size_t i = 0; i < subject->n_sources; i++)
        if (is_same(&subject->sources[i], source, n_rows))
            return &subject->sources[i];
    return NULL;
}

static int open_set(struct edit_subject *subject, struct edit_source_set *opened)
{
    const pw_file_options options = app_file_options(subject->app);
    const pw_edit_source *source = &opened->source;
    pw_error err;

    switch (source->kind) {
    case PW_EDIT_SOURCE_FILE:
        if (pw_tensor_set_load(&opened->set, subject->app->ctx, source->text, &options, &err) !=
            PW_OK)
            return fail_with(subject->app, &err);
        return DONE;
    case PW_EDIT_SOURCE_PROMPT:
        return edit_encoder_encode(&subject->encoder, (pw_text){source->text, source->size},
                                   &opened->set);
    case PW_EDIT_SOURCE_CLEAN:
        return edit_encoder_clean(&subject->encoder, opened->n_rows, &opened->set);
    default:
        return edit_encoder_encode(&subject->encoder, (pw_text){"", 0}, &opened->set);
    }
}

/* The source's text is the edits', which may go before the subject does. */
static int open_source(struct edit_subject *subject, const pw_edit_source *source,
                       size_t n_rows)
{
    struct pool *pool = &subject->app->pool;
    struct edit_source_set *grown, *added;

    if (find(subject, source, n_rows) != NULL)
        return DONE;
    grown = pool_grow(pool, subject->sources, subject->n_sources, &subject->n_sources_max,
                      sizeof(*grown));
    if (grown == NULL)
        return fail_memory(subject->app);
    subject->sources = grown;
    added = &grown[subject->n_sources++];
    *added = (struct edit_source_set){.source = *source, .n_rows = n_rows};
    added->source.text = pool_copy(pool, source->text, source->size);
    if (added->source.text == NULL)
        return fail_memory(subject->app);
    return open_set(subject, added);
}

int sources_open(struct edit_subject *subject, const pw_edits *edits)
{
    for (size_t i = 0; i < pw_edits_n(edits); i++) {
        const pw_edit_source *source = &pw_edits_at(edits, i)->source;

        if (source->kind == PW_EDIT_SOURCE_NONE)
            continue;
        for (size_t t = 0; t < subject->n_tensors; t++)
            TRY(open_source(subject, source, subject->tensors[t].n_rows));
    }
    return DONE;
}

void sources_close(struct edit_subject *subject)
{
    for (size_t i = 0; i < subject->n_sources; i++)
        pw_tensor_set_free(subject->sources[i].set);
    subject->n_sources = 0;
}

int sources_record_credit(struct edit_subject *subject, pw_tensor_set *result)
{
    struct app *app = subject->app;
    const char *own, *all;
    pw_error err;

    TRY(credit_of(app, result, &own));
    TRY(credit_bare(app, &own));
    all = own;
    for (size_t i = 0; i < subject->n_sources; i++) {
        const char *credit;

        TRY(credit_of(app, subject->sources[i].set, &credit));
        TRY(credit_bare(app, &credit));
        TRY(credit_join(app, &all, credit));
    }
    if (all == own)
        return DONE;
    return pw_tensor_set_put_metadata(result, "credit", all, &err) == PW_OK
               ? DONE
               : fail_with(app, &err);
}

/* The tensor of the edited one's name, else the one that holds a prompt's rows. */
static const char *choose_tensor(const pw_tensor_set *set, const char *name)
{
    static const char *const names[] = {"embedding", "last_hidden_state", "prompt_embeds"};

    if (pw_tensor_set_find(set, name) != NULL)
        return name;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (pw_tensor_set_find(set, names[i]) != NULL)
            return names[i];
    return pw_tensor_set_n(set) == 1 ? pw_tensor_set_name(set, 0) : NULL;
}

static const char *where_of(const pw_edit_source *source)
{
    return source->kind == PW_EDIT_SOURCE_FILE ? source->text : "the edit's source";
}

/* Its roles are by what it says itself: --n-real speaks of the edited one. */
static int find_roles(struct edit_source_call *call, const struct edit_source_set *opened,
                      const struct edit_tensor *shape, pw_row_role *roles, size_t i_prompt)
{
    const struct roles_question question = {.set = opened->set,
                                            .where = where_of(&opened->source),
                                            .i_prompt = i_prompt,
                                            .n_rows = shape->n_rows};
    struct roles_reader *reader = &call->subject->roles;
    const size_t n_given = reader->n_given;
    enum roles_from from;
    size_t n_real;
    int status;

    reader->n_given = 0;
    status = roles_of(reader, &question, roles, &n_real, &from);
    reader->n_given = n_given;
    return status;
}

static int widen(struct edit_source_call *call, const struct edit_source_set *opened,
                 struct edit_source_rows *rows)
{
    struct app *app = call->subject->app;
    const char *name = choose_tensor(opened->set, call->tensor->name);
    const pw_tensor *tensor = name == NULL ? NULL : pw_tensor_set_find(opened->set, name);
    struct edit_tensor shape = {.name = name, .n_prompts = 1};
    size_t i_prompt = 0;
    pw_row_role *roles;
    double *values;
    pw_tensor view;
    pw_error err;

    if (tensor == NULL || tensor->rank < 2 || tensor->rank > 3 || tensor->shape[0] < 1)
        return fail(app, PW_ERR_NOT_FOUND, where_of(&opened->source),
                    "has no tensor that goes with \"%s\"", call->tensor->name);
    shape.n_rows = (size_t)tensor->shape[tensor->rank - 2];
    shape.dim = (size_t)tensor->shape[tensor->rank - 1];
    shape.n_prompts = tensor->rank == 3 ? (size_t)tensor->shape[0] : 1;
    if (shape.n_prompts > 1)
        i_prompt = call->i_prompt;
    if (i_prompt >= shape.n_prompts)
        return fail(app, PW_ERR_MISMATCH, where_of(&opened->source),
                    "holds %zu prompts and the edited one more", shape.n_prompts);
    view = subject_rows(opened->set, &shape, i_prompt);
    values = pool_array(&app->pool, shape.n_rows * shape.dim + 1, sizeof(*values));
    roles = pool_array(&app->pool, shape.n_rows + 1, sizeof(*roles));
    if (values == NULL || roles == NULL)
        return fail_memory(app);
    if (pw_tensor_to_f64(&view, values, shape.n_rows * shape.dim, &err) != PW_OK)
        return fail_with(app, &err);
    rows->sequence = (pw_edit_sequence){values, shape.n_rows, shape.dim, roles};
    return find_roles(call, opened, &shape, roles, i_prompt);
}

static int make_rows(struct edit_source_call *call, struct edit_source_set *opened,
                     struct edit_source_rows **out)
{
    struct edit_source_rows *rows = pool_take(&call->subject->app->pool, sizeof(*rows));

    if (rows == NULL)
        return fail_memory(call->subject->app);
    rows->tensor = call->tensor;
    rows->i_prompt = call->i_prompt;
    TRY(widen(call, opened, rows));
    rows->next = opened->rows;
    opened->rows = rows;
    *out = rows;
    return DONE;
}

pw_status sources_find(void *user, const pw_edit_source *source, pw_edit_sequence *out,
                       pw_error *err)
{
    struct edit_source_call *call = user;
    struct edit_source_set *opened = find(call->subject, source, call->tensor->n_rows);
    struct edit_source_rows *rows = opened->rows;

    (void)err;
    while (rows != NULL && (rows->tensor != call->tensor || rows->i_prompt != call->i_prompt))
        rows = rows->next;
    if (rows == NULL)
        call->status = make_rows(call, opened, &rows);
    if (call->status != DONE || rows == NULL)
        return PW_ERR_MISMATCH;
    *out = rows->sequence;
    return PW_OK;
}
