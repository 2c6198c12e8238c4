/* SPDX-License-Identifier: MIT */
/* What is edited: a file's tensors or a prompt's, and the roles of their rows. */
#include <string.h>

#include "edit_lab.h"
#include "paths.h"
#include "talk.h"

/* ---- Which tensors. */

static bool is_sequence(const pw_tensor *tensor)
{
    return (tensor->rank == 2 || tensor->rank == 3) && tensor->shape[tensor->rank - 1] > 0 &&
           tensor->shape[tensor->rank - 2] > 0 && tensor->shape[0] > 0;
}

static int add_tensor(struct edit_subject *subject, const char *name, const pw_tensor *tensor)
{
    struct edit_tensor *added = &subject->tensors[subject->n_tensors++];
    const size_t n_prompts = tensor->rank == 3 ? (size_t)tensor->shape[0] : 1;

    *added = (struct edit_tensor){.name = name, .n_prompts = n_prompts};
    added->n_rows = (size_t)tensor->shape[tensor->rank - 2];
    added->dim = (size_t)tensor->shape[tensor->rank - 1];
    added->roles =
        pool_array(&subject->app->pool, n_prompts * added->n_rows, sizeof(*added->roles));
    return added->roles == NULL ? fail_memory(subject->app) : DONE;
}

/* The tensor that --tensor names, else those that hold a prompt's rows; the negative side, the
 * pooled vectors and other layers stay as they are. */
static int choose_tensors(struct edit_subject *subject)
{
    static const char *const names[] = {"embedding", "last_hidden_state", "prompt_embeds",
                                        "clip_l_sequence", "clip_g_sequence"};
    const char *given = option_text(subject->app, OPTION_TENSOR);
    const size_t n_names = given != NULL ? 1 : sizeof(names) / sizeof(*names);
    const pw_tensor_set *set = subject->set;

    for (size_t i = 0; i < n_names && subject->n_tensors < EDIT_TENSORS_MAX; i++) {
        const char *name = given != NULL ? given : names[i];
        const pw_tensor *tensor = pw_tensor_set_find(set, name);

        if (tensor != NULL && is_sequence(tensor))
            TRY(add_tensor(subject, name, tensor));
    }
    if (subject->n_tensors == 0 && given == NULL && pw_tensor_set_n(set) == 1 &&
        is_sequence(pw_tensor_set_tensor(set, 0)))
        TRY(add_tensor(subject, pw_tensor_set_name(set, 0), pw_tensor_set_tensor(set, 0)));
    if (subject->n_tensors > 0)
        return DONE;
    if (given != NULL)
        return fail(subject->app, PW_ERR_NOT_FOUND, subject->given,
                    "has no tensor \"%s\" of rows", given);
    return fail(subject->app, PW_ERR_NOT_FOUND, subject->given,
                "has no tensor that is known to hold a prompt's rows: name one with --tensor");
}

static int find_roles(struct edit_subject *subject, struct edit_tensor *tensor)
{
    for (size_t i = 0; i < tensor->n_prompts; i++) {
        const struct roles_question question = {.set = subject->set,
                                                .where = subject->given,
                                                .i_prompt = i,
                                                .i_input = 0,
                                                .n_rows = tensor->n_rows};
        enum roles_from from;
        size_t n_real;

        TRY(roles_of(&subject->roles, &question, tensor->roles + i * tensor->n_rows, &n_real,
                     &from));
        if (i > 0)
            continue;
        tensor->n_real = n_real;
        tensor->roles_from = from;
    }
    return DONE;
}

/* ---- Opening. */

static int load_file(struct edit_subject *subject)
{
    const pw_file_options options = app_file_options(subject->app);
    pw_file *file;
    pw_error err;

    if (pw_file_open(&file, subject->app->ctx, subject->given, &options, &err) != PW_OK)
        return fail_with(subject->app, &err);
    subject->format = pw_file_format(file);
    pw_file_free(file);
    if (pw_tensor_set_load(&subject->set, subject->app->ctx, subject->given, &options, &err) !=
        PW_OK)
        return fail_with(subject->app, &err);
    return edit_encoder_start(subject->app, &subject->encoder,
                              pw_tensor_set_metadata(subject->set, PW_MANIFEST_KEY));
}

/* id acts before the encoder: on a prompt, and there on all pads at once. */
static int take_ids(struct edit_subject *subject, const pw_edits *edits)
{
    for (size_t i = 0; edits != NULL && i < pw_edits_n(edits); i++) {
        const pw_edit *edit = pw_edits_at(edits, i);

        if (edit->operation != PW_EDIT_ID)
            continue;
        if (subject->is_file)
            return fail(subject->app, PW_ERR_UNSUPPORTED, subject->given,
                        "is a file, and id acts before the encoder: give the prompt, with -m");
        if (edit->rows.kind != PW_EDIT_ROWS_PADS || edit->rows.part != PW_EDIT_WHOLE)
            return fail(subject->app, PW_ERR_UNSUPPORTED, "",
                        "id is for all pads at once in this version: \"pads: id %d\"",
                        (int)edit->id);
        subject->encoder.encode.plan.options.pad_id = edit->id;
    }
    return DONE;
}

static int encode_prompt(struct edit_subject *subject, const pw_edits *edits)
{
    const pw_text prompt = {subject->given, strlen(subject->given)};

    TRY(edit_encoder_start(subject->app, &subject->encoder, NULL));
    TRY(take_ids(subject, edits));
    subject->format = PW_FORMAT_SAFETENSORS;
    return edit_encoder_encode(&subject->encoder, prompt, &subject->set);
}

/* A name with a tensor file's ending is no prompt, even where there is no such file. */
static bool is_file(const char *given)
{
    return path_exists(given) ||
           (strchr(given, ' ') == NULL && pw_format_from_path(given) >= 0);
}

int subject_open(struct app *app, struct edit_subject *subject, const char *given,
                 const pw_edits *edits)
{
    *subject = (struct edit_subject){.app = app, .given = given, .is_file = is_file(given)};
    subject->encoder.app = app;
    TRY(roles_open(app, &subject->roles));
    if (subject->is_file) {
        TRY(load_file(subject));
        TRY(take_ids(subject, edits));
    } else {
        TRY(encode_prompt(subject, edits));
    }
    TRY(choose_tensors(subject));
    for (size_t i = 0; i < subject->n_tensors; i++)
        TRY(find_roles(subject, &subject->tensors[i]));
    return DONE;
}

void subject_close(struct edit_subject *subject)
{
    sources_close(subject);
    pw_tensor_set_free(subject->set);
    edit_encoder_close(&subject->encoder);
    roles_close(&subject->roles);
}

pw_tensor subject_rows(const pw_tensor_set *set, const struct edit_tensor *tensor, size_t i)
{
    pw_tensor rows = *pw_tensor_set_find(set, tensor->name);

    if (rows.rank == 3) {
        rows.size_bytes /= tensor->n_prompts;
        rows.data = (char *)rows.data + i * rows.size_bytes;
        rows.shape[0] = 1;
    }
    return rows;
}

void subject_introduce(const struct edit_subject *subject)
{
    const struct edit_tensor *tensor = &subject->tensors[0];

    if (tensor->roles_from == ROLES_FROM_NOTHING)
        note(subject->app,
             "where pads begin is not known (no field, manifest or mask says it): --n-real N, "
             "or --tokenizer for its prompt; rows can be named by number");
    else if (tensor->n_real == tensor->n_rows)
        note(subject->app, "%zu rows, none of them pads (by %s)", tensor->n_rows,
             roles_from_name(tensor->roles_from));
    else
        note(subject->app, "%zu rows, of which %zu are no pads (by %s)", tensor->n_rows,
             tensor->n_real, roles_from_name(tensor->roles_from));
}
