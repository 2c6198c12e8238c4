/* SPDX-License-Identifier: MIT */
/* Making an edited set and writing it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "credit.h"
#include "edit_lab.h"
#include "paths.h"
#include "save_choice.h"
#include "talk.h"

int edits_parse(struct app *app, const char *text, pw_edits **edits)
{
    pw_error err;

    if (pw_edits_parse(edits, app->ctx, text, strlen(text), &err) == PW_OK)
        return DONE;
    return err.status == PW_ERR_ARGUMENT ? fail_usage(app, "%s", err.text)
                                         : fail_with(app, &err);
}

static bool is_edited(const struct edit_subject *subject, const char *name)
{
    for (size_t i = 0; i < subject->n_tensors; i++)
        if (strcmp(subject->tensors[i].name, name) == 0)
            return true;
    return false;
}

static pw_status copy_tensor(const struct edit_subject *subject, size_t i, pw_tensor_set *copy,
                             pw_error *err)
{
    const pw_tensor *tensor = pw_tensor_set_tensor(subject->set, i);
    const char *name = pw_tensor_set_name(subject->set, i);
    const bool widens = subject->widens && is_edited(subject, name);
    void *data;
    pw_status status;

    if (subject->drops_others && !is_edited(subject, name))
        return PW_OK;
    status = pw_tensor_set_add(copy, name, widens ? PW_F64 : tensor->dtype, tensor->rank,
                               tensor->shape, &data, err);
    if (status == PW_OK && widens)
        status = pw_tensor_to_f64(tensor, data, (size_t)pw_tensor_n_elements(tensor), err);
    else if (status == PW_OK && tensor->size_bytes > 0)
        memcpy(data, tensor->data, tensor->size_bytes);
    return status;
}

static pw_status copy_set(const struct edit_subject *subject, pw_tensor_set *copy,
                          pw_error *err)
{
    const pw_tensor_set *set = subject->set;
    pw_status status = PW_OK;

    for (size_t i = 0; status == PW_OK && i < pw_tensor_set_n(set); i++)
        status = copy_tensor(subject, i, copy, err);
    for (size_t i = 0; status == PW_OK && i < pw_tensor_set_n_metadata(set); i++)
        status = pw_tensor_set_put_metadata(copy, pw_tensor_set_metadata_key(set, i),
                                            pw_tensor_set_metadata_value(set, i), err);
    return status;
}

/* The library's error, with the input's path where it says none. */
static int fail_at_input(const struct edit_subject *subject, pw_error *err)
{
    if (err->where[0] == '\0' && subject->is_file)
        snprintf(err->where, sizeof(err->where), "%s", subject->given);
    return fail_with(subject->app, err);
}

static int apply(struct edit_subject *subject, const pw_edits *edits,
                 struct edit_result *result, size_t i_tensor, size_t i_prompt)
{
    const struct edit_tensor *tensor = &subject->tensors[i_tensor];
    struct edit_source_call call = {.subject = subject, .tensor = tensor, .i_prompt = i_prompt};
    const pw_edit_sources sources = {sources_find, &call};
    pw_tensor rows = subject_rows(result->set, tensor, i_prompt);
    pw_edit_report report;
    pw_status status;
    pw_error err;

    status = pw_edits_apply(edits, subject->app->ctx, &rows,
                            tensor->roles + i_prompt * tensor->n_rows, &sources, &report, &err);
    if (call.status != DONE)
        return call.status;
    if (status != PW_OK)
        return fail_at_input(subject, &err);
    result->reports[i_tensor].n_changed += report.n_changed;
    result->reports[i_tensor].n_unmatched += report.n_unmatched;
    return DONE;
}

/* What the command line or the prompt said of the pads goes with the edits that speak of them:
 * without it nobody could replay them. It goes with the unedited variant too, which is there to
 * be compared with the others. */
static int put_n_real(const struct edit_subject *subject, pw_tensor_set *set)
{
    const struct edit_tensor *tensor = &subject->tensors[0];
    char text[32];
    pw_error err;

    if ((tensor->roles_from != ROLES_FROM_OPTION && tensor->roles_from != ROLES_FROM_PROMPT) ||
        tensor->n_prompts != 1)
        return DONE;
    snprintf(text, sizeof(text), "%zu", tensor->n_real);
    return pw_tensor_set_put_metadata(set, "n_real", text, &err) == PW_OK
               ? DONE
               : fail_with(subject->app, &err);
}

/* The type of the edited tensor, unless --dtype says another. */
static pw_dtype dtype_for(const struct edit_subject *subject)
{
    const pw_dtype dtype = pw_tensor_set_find(subject->set, subject->tensors[0].name)->dtype;
    const bool is_half = !subject->widens && (dtype == PW_F16 || dtype == PW_BF16);

    return save_dtype(subject->app, is_half ? dtype : PW_F32);
}

/* What rounds to an infinity in f16. */
#define F16_OVER 65520.0

static const char *what_is_wrong(double value, pw_dtype dtype)
{
    if (isnan(value))
        return "NaN";
    if (isinf(value))
        return "an infinity";
    return dtype == PW_F16 && fabs(value) >= F16_OVER ? "more than f16 can hold" : NULL;
}

/* Numbers that no encoder makes and no denoiser takes: of the input, of a source, or too great
 * for the dtype. */
static int check_rows(struct edit_subject *subject, const pw_tensor *rows,
                      const struct edit_tensor *shape, double *values)
{
    const size_t n = shape->n_rows * shape->dim;
    pw_error err;

    if (pw_tensor_to_f64(rows, values, n, &err) != PW_OK)
        return fail_with(subject->app, &err);
    for (size_t i = 0; i < n; i++) {
        const char *what = what_is_wrong(values[i], dtype_for(subject));

        if (what != NULL)
            return fail(subject->app, PW_ERR_FORMAT, subject->given,
                        "row %zu of \"%s\" has %s at number %zu after the edits, which is no "
                        "value to go on with: nothing is written",
                        i / shape->dim, shape->name, what, i % shape->dim);
    }
    return DONE;
}

static int check_finite(struct edit_subject *subject, const struct edit_result *result)
{
    for (size_t t = 0; t < subject->n_tensors; t++) {
        const struct edit_tensor *shape = &subject->tensors[t];
        double *values = malloc(shape->n_rows * shape->dim * sizeof(*values));
        int status = DONE;

        if (values == NULL)
            return fail_memory(subject->app);
        for (size_t i = 0; status == DONE && i < shape->n_prompts; i++) {
            const pw_tensor rows = subject_rows(result->set, shape, i);

            status = check_rows(subject, &rows, shape, values);
        }
        free(values);
        TRY(status);
    }
    return DONE;
}

int result_make(struct edit_subject *subject, const pw_edits *edits, struct edit_result *result)
{
    struct app *app = subject->app;
    pw_error err;

    *result = (struct edit_result){.set = NULL};
    if (pw_tensor_set_create(&result->set, app->ctx, &err) != PW_OK ||
        copy_set(subject, result->set, &err) != PW_OK)
        return fail_with(app, &err);
    if (edits == NULL) {
        TRY(check_finite(subject, result));
        TRY(put_n_real(subject, result->set));
        return credit_of(app, result->set, &result->credit);
    }
    TRY(sources_open(subject, edits));
    for (size_t t = 0; t < subject->n_tensors; t++)
        for (size_t i = 0; i < subject->tensors[t].n_prompts; i++)
            TRY(apply(subject, edits, result, t, i));
    TRY(check_finite(subject, result));
    if (pw_edits_record(edits, app->ctx, result->set, &err) != PW_OK)
        return fail_at_input(subject, &err);
    TRY(sources_record_credit(subject, result->set));
    TRY(put_n_real(subject, result->set));
    return credit_of(app, result->set, &result->credit);
}

void result_free(struct edit_result *result)
{
    pw_tensor_set_free(result->set);
    result->set = NULL;
}

int result_try(struct edit_subject *subject, const pw_edits *edits)
{
    struct edit_result result = {.set = NULL};
    const int status = result_make(subject, edits, &result);

    result_free(&result);
    return status;
}

/* ---- Files. */

int result_format(const struct edit_subject *subject, const char *path, pw_format *format)
{
    const char *name = path_name(path), *ending = strrchr(name, '.');
    int32_t found = save_format(subject->app);

    if (found < 0 && ending != NULL && ending != name)
        found = pw_format_from_path(path);
    else if (found < 0)
        found = subject->format == PW_FORMAT_SHARDED ? PW_FORMAT_SAFETENSORS
                                                     : (int32_t)subject->format;
    if (found < 0 || found == PW_FORMAT_SHARDED)
        return fail_usage(subject->app,
                          "-o \"%s\": no format is known by this name's ending; use "
                          ".safetensors, .npz, .npy or .json, or say --format",
                          path);
    *format = (pw_format)found;
    return DONE;
}

/* "a_beaver.json" -> "a_beaver" */
static char *base_name(struct app *app, const char *path)
{
    const char *name = path_name(path), *dot = strrchr(name, '.');

    return pool_copy(&app->pool, name,
                     dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
}

/* The form's own fields, where it has some for these edits. */
static int put_exchange(const struct edit_subject *subject, pw_tensor_set *set)
{
    const struct edit_tensor *tensor = &subject->tensors[0];
    char *base = subject->is_file ? base_name(subject->app, subject->given) : NULL;
    pw_edits *edits;
    pw_status status;
    pw_error err;

    if (subject->is_file && base == NULL)
        return fail_memory(subject->app);
    if (pw_edits_of_set(&edits, subject->app->ctx, set, &err) != PW_OK)
        return fail_at_input(subject, &err);
    if (edits == NULL)
        return DONE;
    status = pw_edits_put_exchange(edits, subject->app->ctx, set, tensor->n_rows, base, &err);
    pw_edits_free(edits);
    return status == PW_OK || status == PW_ERR_UNSUPPORTED ? DONE
                                                           : fail_with(subject->app, &err);
}

int result_save(const struct edit_subject *subject, const struct edit_result *result,
                const char *path, pw_format format)
{
    pw_save_options options;
    pw_error err;

    pw_save_options_init(&options);
    options.format = format;
    options.float_dtype = dtype_for(subject);
    if (format == PW_FORMAT_NPY)
        options.only_tensor = subject->tensors[0].name;
    if (format == PW_FORMAT_JSON)
        TRY(put_exchange(subject, result->set));
    if (pw_tensor_set_save(result->set, subject->app->ctx, path, &options, &err) != PW_OK)
        return fail_with(subject->app, &err);
    progress_stop(&subject->app->progress);
    return DONE;
}
