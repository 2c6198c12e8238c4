/* SPDX-License-Identifier: MIT */
/* padwise edit: rows of a conditioning changed by the grammar of edits; and the nine variants
 * of the workshop. */
#include <string.h>

#include "edit_lab.h"
#include "json_out.h"
#include "paths.h"
#include "talk.h"

static int check_options(struct app *app, const char **output)
{
    const bool has_edit = option_given(app, OPTION_EDIT);
    const bool has_variants = option_given(app, OPTION_VARIANTS);

    *output = option_text(app, OPTION_OUTPUT);
    if (app->arguments.n_words != 1)
        return fail_usage(app, "edit takes one file or one prompt (in quotes), %zu given",
                          app->arguments.n_words);
    if (has_edit == has_variants)
        return fail_usage(app, "edit needs --edit EDITS or --variants workshop, one of them");
    if (option_given(app, OPTION_STEM) && !has_variants)
        return fail_usage(app, "--stem names the files of --variants");
    if (*output == NULL || (*output)[0] == '\0')
        return fail_usage(app, "edit needs -o: %s",
                          has_variants ? "a folder, -o DIR/" : "the file to write");
    if (has_edit && path_ends(*output, "/"))
        return fail_usage(app, "-o \"%s\" must name a file", *output);
    if (app->json && strcmp(*output, "-") == 0)
        return fail_usage(app, "-o - and --json would both write to standard output");
    return edit_picture_check(app, *output);
}

static void put_tensor(struct json *json, const struct edit_tensor *tensor,
                       const pw_edit_report *report)
{
    json_open(json, '{');
    json_member_text(json, "name", tensor->name);
    json_member_int(json, "n_rows", (int64_t)tensor->n_rows);
    json_key(json, "n_real");
    if (tensor->n_real == 0)
        json_null(json);
    else
        json_int(json, (int64_t)tensor->n_real);
    json_member_text(json, "roles", roles_from_name(tensor->roles_from));
    json_member_int(json, "n_changed", (int64_t)report->n_changed);
    json_member_int(json, "n_unmatched", (int64_t)report->n_unmatched);
    json_close(json, '}');
}

static int print_json(struct edit_subject *subject, const struct edit_result *result,
                      const char *edits, const char *before, const char *path)
{
    struct json json = {.comma = false};
    bool stop;
    int status;

    json_open(&json, '{');
    json_member_text(&json, "input", subject->given);
    json_member_text(&json, "output", path);
    json_member_text(&json, "edits", edits);
    json_member_text(&json, "before", before);
    if (result->credit != NULL)
        json_member_text(&json, "credit", result->credit);
    json_key(&json, "tensors");
    json_open(&json, '[');
    for (size_t i = 0; i < subject->n_tensors; i++)
        put_tensor(&json, &subject->tensors[i], &result->reports[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    status = json_print(subject->app, &json, &stop);
    builder_free(&json.text);
    return status;
}

static int report(struct edit_subject *subject, const struct edit_result *result,
                  const char *edits, const char *before, const char *path)
{
    struct app *app = subject->app;

    if (app->json)
        return print_json(subject, result, edits, before, path);
    if (before != NULL)
        note(app, "edited before: %s", before);
    for (size_t i = 0; i < subject->n_tensors; i++) {
        const struct edit_tensor *tensor = &subject->tensors[i];
        const pw_edit_report *counts = &result->reports[i];

        note(app, "%s: %zu of %zu rows changed", tensor->name, counts->n_changed,
             tensor->n_rows * tensor->n_prompts);
        if (counts->n_unmatched > 0)
            note(app, "%zu rows have no counterpart in the source and stay as they are",
                 counts->n_unmatched);
    }
    if (result->credit != NULL)
        note(app, "data: %s", result->credit);
    note(app, "wrote %s", strcmp(path, "-") == 0 ? "standard output" : path);
    return DONE;
}

static int draw(struct edit_subject *subject, const pw_edits *edits, const pw_edits *before,
                const struct edit_result *result)
{
    struct edit_picture picture = {.before = before == NULL ? NULL : pw_edits_text(before),
                                   .edits = pw_edits_text(edits),
                                   .credit = result->credit};

    TRY(edit_picture_take(subject, subject->set, "before", &picture));
    TRY(edit_picture_take(subject, result->set, "after", &picture));
    return edit_picture_draw(subject, &picture, true);
}

/* What the input says was done to it already. */
static int edit_and_write(struct edit_subject *subject, const pw_edits *edits,
                          struct edit_result *result, const char *path)
{
    struct app *app = subject->app;
    pw_format format;
    pw_edits *before;
    pw_error err;
    int status;

    TRY(result_format(subject, path, &format));
    if (strcmp(path, "-") != 0)
        TRY(path_check_target(app, path));
    TRY(result_make(subject, edits, result));
    TRY(result_save(subject, result, path, format));
    if (pw_edits_of_set(&before, app->ctx, subject->set, &err) != PW_OK)
        return fail_with(app, &err);
    status = report(subject, result, pw_edits_text(edits),
                    before == NULL ? NULL : pw_edits_text(before), path);
    if (status == DONE)
        status = draw(subject, edits, before, result);
    pw_edits_free(before);
    return status;
}

static int run_edits(struct edit_subject *subject, const char *path)
{
    struct app *app = subject->app;
    struct edit_result result = {.set = NULL};
    pw_edits *edits;
    int status;

    TRY(edits_parse(app, option_text(app, OPTION_EDIT), &edits));
    status = subject_open(app, subject, app->arguments.words[0], edits);
    if (status == DONE) {
        subject_introduce(subject);
        status = edit_and_write(subject, edits, &result, path);
    }
    result_free(&result);
    pw_edits_free(edits);
    return status;
}

static int run_variants(struct edit_subject *subject, const char *folder)
{
    struct app *app = subject->app;

    if (!path_ends(folder, "/"))
        return fail_usage(app, "--variants writes nine files: -o DIR/ (with the slash)");
    TRY(subject_open(app, subject, app->arguments.words[0], NULL));
    subject_introduce(subject);
    return edit_variants(subject, folder);
}

int run_edit(struct app *app)
{
    struct edit_subject subject = {.app = app};
    const char *output;
    int status;

    TRY(check_options(app, &output));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    subject.encoder.app = app;
    status = option_given(app, OPTION_VARIANTS) ? run_variants(&subject, output)
                                                : run_edits(&subject, output);
    subject_close(&subject);
    return status;
}
