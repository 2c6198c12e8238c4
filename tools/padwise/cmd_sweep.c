/* SPDX-License-Identifier: MIT */
/* padwise sweep: one edit with a value that runs: a file a step, and how far each is from the
 * unedited conditioning. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "credit.h"
#include "edit_lab.h"
#include "grid.h"
#include "interrupt.h"
#include "json_out.h"
#include "paths.h"
#include "plot_lab.h"
#include "plot_out.h"
#include "save_choice.h"
#include "talk.h"

#define PLACEHOLDER "{x}"
#define STEPS_MAX   10000

struct sweep {
    struct edit_subject subject;
    const char *pattern; /* --edit, with {x} in it */
    const char **values; /* [n_values], as they are put into the edit */
    size_t n_values;
    const char *folder;
    pw_format format;
    double *before, *after;   /* [n_rows, dim] of a prompt */
    double *x, *l2, *l2_pads; /* [n_values]: what --plot draws */
    struct grid grid;
    const char *credit; /* of a step: modified where the unedited is not */
};

struct distance {
    double dot, before, after, difference; /* sums of products and squares */
};

/* ---- Values. */

/* The shortest decimal, whole numbers without a point: also right where a number of rows is
 * meant. */
static char *value_text(struct pool *pool, double value)
{
    struct json json = {.comma = false};
    char *text = NULL;

    json_real(&json, value);
    if (json.text.size > 2 && strcmp(json.text.bytes + json.text.size - 2, ".0") == 0)
        json.text.bytes[json.text.size -= 2] = '\0';
    if (!json.text.failed)
        text = pool_copy(pool, json.text.bytes, json.text.size);
    builder_free(&json.text);
    return text;
}

static int bad_values(struct app *app, const char *text)
{
    return fail_usage(app,
                      "--values \"%s\" is neither a list (0,0.25,1) nor a range in N equal "
                      "steps (0..1/4)",
                      text);
}

static int add_value(struct app *app, struct sweep *sweep, const char *text)
{
    if (text == NULL)
        return fail_memory(app);
    sweep->values[sweep->n_values++] = text;
    return DONE;
}

/* A number that fills the text. strtod would take the first point of ".." for its own. */
static bool is_number(struct pool *pool, const char *text, size_t size, double *value)
{
    char *copy = pool_copy(pool, text, size), *end;

    if (copy == NULL || size == 0)
        return false;
    *value = strtod(copy, &end);
    return end == copy + size && isfinite(*value);
}

/* "A..B/N": N steps, N + 1 values; both ends are exact. */
static int read_range(struct app *app, struct sweep *sweep, const char *text)
{
    const char *dots = strstr(text, ".."), *slash = strchr(text, '/');
    double first, last;
    int64_t n = 0;

    if (slash == NULL || slash < dots ||
        !is_number(&app->pool, text, (size_t)(dots - text), &first) ||
        !is_number(&app->pool, dots + 2, (size_t)(slash - dots - 2), &last) ||
        !parse_integer(slash + 1, strlen(slash + 1), &n) || n < 1 || n > STEPS_MAX)
        return bad_values(app, text);
    sweep->values = pool_array(&app->pool, (size_t)n + 1, sizeof(*sweep->values));
    if (sweep->values == NULL)
        return fail_memory(app);
    for (int64_t i = 0; i <= n; i++) {
        const double x = i == n ? last : first + (last - first) * ((double)i / (double)n);

        TRY(add_value(app, sweep, value_text(&app->pool, x)));
    }
    return DONE;
}

static int read_list(struct app *app, struct sweep *sweep, const char *text)
{
    sweep->values = pool_array(&app->pool, strlen(text) + 1, sizeof(*sweep->values));
    if (sweep->values == NULL)
        return fail_memory(app);
    for (const char *word = text;; word++) {
        const size_t size = strcspn(word, ",");
        double x;

        if (!is_number(&app->pool, word, size, &x))
            return bad_values(app, text);
        if (sweep->n_values == STEPS_MAX)
            return fail_usage(app, "--values has more than %d values", STEPS_MAX);
        TRY(add_value(app, sweep, value_text(&app->pool, x)));
        word += size;
        if (*word == '\0')
            return DONE;
    }
}

static int read_values(struct app *app, struct sweep *sweep)
{
    const char *text = option_text(app, OPTION_VALUES);

    return strstr(text, "..") != NULL ? read_range(app, sweep, text)
                                      : read_list(app, sweep, text);
}

static int check_options(struct app *app, struct sweep *sweep)
{
    sweep->pattern = option_text(app, OPTION_EDIT);
    sweep->folder = option_text(app, OPTION_OUTPUT);
    if (app->arguments.n_words != 1)
        return fail_usage(app, "sweep takes one file or one prompt (in quotes), %zu given",
                          app->arguments.n_words);
    if (sweep->pattern == NULL || strstr(sweep->pattern, PLACEHOLDER) == NULL)
        return fail_usage(app,
                          "sweep needs --edit with " PLACEHOLDER
                          " where the value goes, such as \"pads: scale " PLACEHOLDER "\"");
    if (!option_given(app, OPTION_VALUES))
        return fail_usage(app, "sweep needs --values: 0,0.25,1 or 0..1/4");
    if (sweep->folder == NULL || !path_ends(sweep->folder, "/"))
        return fail_usage(app, "sweep writes a file a step: -o DIR/ (with the slash)");
    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    return read_values(app, sweep);
}

/* ---- A step. */

/* The edits with the value in place of each {x}. */
static int parse_step(struct app *app, const struct sweep *sweep, const char *value,
                      pw_edits **edits)
{
    struct builder text = {0};
    const char *from = sweep->pattern, *at;
    int status;

    while ((at = strstr(from, PLACEHOLDER)) != NULL) {
        builder_add(&text, from, (size_t)(at - from));
        builder_text(&text, value);
        from = at + strlen(PLACEHOLDER);
    }
    builder_text(&text, from);
    status = text.failed ? fail_memory(app) : edits_parse(app, text.bytes, edits);
    builder_free(&text);
    return status;
}

static void add_row(struct distance *distance, const double *before, const double *after,
                    size_t dim)
{
    for (size_t i = 0; i < dim; i++) {
        const double difference = after[i] - before[i];

        distance->dot += before[i] * after[i];
        distance->before += before[i] * before[i];
        distance->after += after[i] * after[i];
        distance->difference += difference * difference;
    }
}

/* NaN where a side is zero: no angle. */
static double cosine(const struct distance *distance)
{
    return distance->before == 0.0 || distance->after == 0.0
               ? NAN
               : distance->dot / (sqrt(distance->before) * sqrt(distance->after));
}

/* Over all prompts: every row, and the pads. */
static int measure(struct sweep *sweep, const pw_tensor_set *edited, struct distance *all,
                   struct distance *pads)
{
    const struct edit_tensor *tensor = &sweep->subject.tensors[0];
    const size_t n = tensor->n_rows * tensor->dim;
    pw_error err;

    *all = *pads = (struct distance){0};
    for (size_t p = 0; p < tensor->n_prompts; p++) {
        const pw_tensor before = subject_rows(sweep->subject.set, tensor, p);
        const pw_tensor after = subject_rows(edited, tensor, p);

        if (pw_tensor_to_f64(&before, sweep->before, n, &err) != PW_OK ||
            pw_tensor_to_f64(&after, sweep->after, n, &err) != PW_OK)
            return fail_with(sweep->subject.app, &err);
        for (size_t i = 0; i < tensor->n_rows; i++) {
            const size_t begin = i * tensor->dim;

            add_row(all, sweep->before + begin, sweep->after + begin, tensor->dim);
            if (tensor->roles[p * tensor->n_rows + i] == PW_ROW_PAD)
                add_row(pads, sweep->before + begin, sweep->after + begin, tensor->dim);
        }
    }
    return DONE;
}

static void put_number(struct grid *grid, bool is_known, double value, const char *format)
{
    char text[48];

    snprintf(text, sizeof(text), strcmp(format, "cos") == 0 ? "%.6f" : "%.4f", value);
    grid_cell(grid, "%s", is_known && !isnan(value) ? text : "-");
}

static int print_json(struct sweep *sweep, size_t i, const char *path, const char *edits,
                      const struct distance *all, const struct distance *pads, bool has_pads)
{
    struct json json = {.comma = false};
    bool stop;
    int status;

    json_open(&json, '{');
    json_member_text(&json, "input", sweep->subject.given);
    json_key(&json, "x");
    json_raw(&json, sweep->values[i]);
    json_member_text(&json, "file", path);
    json_member_text(&json, "edits", edits);
    json_member_real(&json, "l2", sqrt(all->difference));
    json_member_real(&json, "cosine", cosine(all));
    json_member_real(&json, "l2_pads", has_pads ? sqrt(pads->difference) : NAN);
    json_member_real(&json, "cosine_pads", has_pads ? cosine(pads) : NAN);
    if (sweep->credit != NULL)
        json_member_text(&json, "credit", sweep->credit);
    json_close(&json, '}');
    status = json_print(sweep->subject.app, &json, &stop);
    builder_free(&json.text);
    return status;
}

static int report(struct sweep *sweep, size_t i, const char *path, const char *edits,
                  const pw_tensor_set *edited)
{
    const struct edit_tensor *tensor = &sweep->subject.tensors[0];
    const bool has_pads = tensor->roles_from != ROLES_FROM_NOTHING;
    struct distance all, pads;

    TRY(measure(sweep, edited, &all, &pads));
    sweep->x[i] = strtod(sweep->values[i], NULL);
    sweep->l2[i] = sqrt(all.difference);
    sweep->l2_pads[i] = sqrt(pads.difference);
    if (sweep->subject.app->json)
        return print_json(sweep, i, path, edits, &all, &pads, has_pads);
    grid_cell(&sweep->grid, "%s", sweep->values[i]);
    put_number(&sweep->grid, true, sqrt(all.difference), "l2");
    put_number(&sweep->grid, true, cosine(&all), "cos");
    put_number(&sweep->grid, has_pads, sqrt(pads.difference), "l2");
    put_number(&sweep->grid, has_pads, cosine(&pads), "cos");
    grid_text(&sweep->grid, path_name(path), strlen(path_name(path)));
    return DONE;
}

static int run_step(struct sweep *sweep, size_t i)
{
    struct app *app = sweep->subject.app;
    struct edit_result result = {.set = NULL};
    const char *path = pool_format(&app->pool, "%s%03zu_%s%s", sweep->folder, i,
                                   sweep->values[i], save_ending(sweep->format));
    pw_edits *edits = NULL;
    int status;

    if (path == NULL)
        return fail_memory(app);
    status = parse_step(app, sweep, sweep->values[i], &edits);
    if (status == DONE)
        status = result_make(&sweep->subject, edits, &result);
    if (status == DONE)
        status = result_save(&sweep->subject, &result, path, sweep->format);
    sweep->credit = result.credit;
    if (status == DONE)
        status = report(sweep, i, path, pw_edits_text(edits), result.set);
    result_free(&result);
    pw_edits_free(edits);
    return status == DONE && interrupted() ? fail_interrupted(app) : status;
}

/* Every step is parsed before the first file is written; id would need an encoding a step. */
static int check_steps(struct app *app, const struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_values; i++) {
        pw_edits *edits;
        bool has_id = false;

        TRY(parse_step(app, sweep, sweep->values[i], &edits));
        for (size_t k = 0; k < pw_edits_n(edits); k++)
            has_id = has_id || pw_edits_at(edits, k)->operation == PW_EDIT_ID;
        pw_edits_free(edits);
        if (has_id)
            return fail_usage(app, "sweep: id acts before the encoder, where sweep does not "
                                   "reach; edit takes it");
    }
    return DONE;
}

/* Every step can be made, or no file is written. */
static int try_steps(struct app *app, struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_values; i++) {
        pw_edits *edits = NULL;
        int status;

        TRY(parse_step(app, sweep, sweep->values[i], &edits));
        status = result_try(&sweep->subject, edits);
        pw_edits_free(edits);
        TRY(status);
    }
    return DONE;
}

static int draw(struct sweep *sweep)
{
    struct app *app = sweep->subject.app;
    const bool has_pads = sweep->subject.tensors[0].roles_from != ROLES_FROM_NOTHING;
    struct plot_sweep curves = {.x = sweep->x,
                                .l2 = sweep->l2,
                                .l2_pads = has_pads ? sweep->l2_pads : NULL,
                                .n = sweep->n_values,
                                .title = sweep->pattern,
                                .credit = sweep->credit};

    return plot_sweep(app, &curves);
}

static int run_steps(struct sweep *sweep)
{
    struct app *app = sweep->subject.app;
    struct builder out = {0};
    bool stop;
    int status;

    for (size_t i = 0; i < sweep->n_values; i++)
        TRY(run_step(sweep, i));
    if (app->json)
        return DONE;
    grid_print(&sweep->grid, &out, app->width_out, app->color_out);
    credit_put(app, &out, sweep->credit);
    status = app_print(app, &out, &stop);
    builder_free(&out);
    return status;
}

static int run(struct sweep *sweep, struct app *app)
{
    static const struct column titles[] = {{"x", true},        {"L2", true},
                                           {"cosine", true},   {"L2 pads", true},
                                           {"cos pads", true}, {"file", false}};
    const struct edit_tensor *tensor = &sweep->subject.tensors[0];

    TRY(check_steps(app, sweep));
    TRY(subject_open(app, &sweep->subject, app->arguments.words[0], NULL));
    subject_introduce(&sweep->subject);
    TRY(result_format(&sweep->subject, "", &sweep->format));
    TRY(try_steps(app, sweep));
    TRY(path_make_folder(app, sweep->folder));
    sweep->before = pool_array(&app->pool, tensor->n_rows * tensor->dim, sizeof(double));
    sweep->after = pool_array(&app->pool, tensor->n_rows * tensor->dim, sizeof(double));
    if (sweep->before == NULL || sweep->after == NULL)
        return fail_memory(app);
    sweep->x = pool_array(&app->pool, sweep->n_values, sizeof(double));
    sweep->l2 = pool_array(&app->pool, sweep->n_values, sizeof(double));
    sweep->l2_pads = pool_array(&app->pool, sweep->n_values, sizeof(double));
    if (sweep->x == NULL || sweep->l2 == NULL || sweep->l2_pads == NULL)
        return fail_memory(app);
    grid_start(&sweep->grid, titles, sizeof(titles) / sizeof(*titles));
    TRY(run_steps(sweep));
    return draw(sweep);
}

int run_sweep(struct app *app)
{
    struct sweep sweep = {.pattern = NULL};
    int status;

    TRY(check_options(app, &sweep));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    sweep.subject.app = sweep.subject.encoder.app = app;
    status = run(&sweep, app);
    pool_free(&sweep.grid.pool);
    subject_close(&sweep.subject);
    return status;
}
