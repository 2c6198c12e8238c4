/* SPDX-License-Identifier: MIT */
/* padwise compare: what differs between two tensor files, tensor by tensor; with --dialects,
 * between the readings of a prompt (compare_dialects.c); with --rows, row by row
 * (scan_compare.c). */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "compare_dialects.h"
#include "credit.h"
#include "grid.h"
#include "interrupt.h"
#include "json_out.h"
#include "scan.h"
#include "show.h"
#include "talk.h"

struct compare {
    struct app *app;
    pw_file *a, *b;
    double rtol;
    bool is_equal;
    const char *credit; /* of both, NULL: none is due */
    struct grid grid;
    struct json json;
};

/* A tensor of one of the files, read. data NULL: the file has none of that name. */
struct tensor_side {
    pw_tensor tensor;
    void *memory;
};

static int read_side(struct compare *compare, const pw_file *file, const char *name,
                     struct tensor_side *side)
{
    const int64_t i = pw_file_find(file, name);
    pw_error err;

    *side = (struct tensor_side){0};
    if (i < 0)
        return DONE;
    side->tensor = *pw_file_tensor(file, (size_t)i);
    side->memory = malloc(side->tensor.size_bytes + 1);
    if (side->memory == NULL)
        return fail_memory(compare->app);
    side->tensor.data = side->memory;
    if (pw_file_read(file, (size_t)i, side->memory, side->tensor.size_bytes, &err) != PW_OK)
        return fail_with(compare->app, &err);
    return DONE;
}

/* Dtypes that have no values to compute with are compared by their bytes. */
static int measure(struct compare *compare, const pw_tensor *a, const pw_tensor *b,
                   pw_difference *difference)
{
    pw_error err;

    if (pw_tensor_compare(difference, compare->app->ctx, a, b, &err) == PW_OK)
        return DONE;
    if (err.status != PW_ERR_UNSUPPORTED)
        return fail_with(compare->app, &err);
    *difference =
        (pw_difference){.max_abs = NAN, .rel_l2 = NAN, .cos_min = NAN, .first_row = -1};
    difference->same_shape = a->rank == b->rank;
    for (int32_t i = 0; i < a->rank && difference->same_shape; i++)
        difference->same_shape = a->shape[i] == b->shape[i];
    difference->bitwise = difference->same_shape && a->dtype == b->dtype &&
                          a->size_bytes == b->size_bytes &&
                          memcmp(a->data, b->data, a->size_bytes) == 0;
    return DONE;
}

/* Whether the difference is within --rtol; 0 asks for every bit. */
static bool passes(const struct compare *compare, const pw_difference *difference)
{
    if (difference->bitwise)
        return true;
    return compare->rtol > 0 && difference->same_shape && difference->rel_l2 <= compare->rtol;
}

static void put_json(struct json *json, const char *name, const struct tensor_side *a,
                     const struct tensor_side *b, const pw_difference *difference)
{
    json_open(json, '{');
    json_member_text(json, "name", name);
    json_member_shape(json, "shape", a->memory != NULL ? &a->tensor : &b->tensor);
    if (a->memory == NULL || b->memory == NULL)
        json_member_text(json, "missing", a->memory == NULL ? "a" : "b");
    else if (!difference->same_shape)
        json_member_shape(json, "shape_b", &b->tensor);
    json_member_text(json, "dtype",
                     pw_dtype_name(a->memory != NULL ? a->tensor.dtype : b->tensor.dtype));
    json_member_bool(json, "bitwise", difference->bitwise);
    json_member_real(json, "max_abs", difference->max_abs);
    json_member_real(json, "rel_l2", difference->rel_l2);
    json_member_real(json, "cos_min", difference->cos_min);
    json_key(json, "first_row");
    if (difference->first_row < 0)
        json_null(json);
    else
        json_int(json, difference->first_row);
    json_close(json, '}');
}

static void put_number(struct grid *grid, double value)
{
    if (isnan(value))
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%.3g", value);
}

static void put_row(struct grid *grid, const char *name, const struct tensor_side *a,
                    const struct tensor_side *b, const pw_difference *difference)
{
    struct builder shape = {0};

    grid_text(grid, name, strlen(name));
    show_shape(&shape, a->memory != NULL ? a->tensor.shape : b->tensor.shape,
               a->memory != NULL ? a->tensor.rank : b->tensor.rank);
    if (a->memory != NULL && b->memory != NULL && !difference->same_shape) {
        builder_text(&shape, " ");
        show_shape(&shape, b->tensor.shape, b->tensor.rank);
    }
    grid_built(grid, &shape);
    builder_free(&shape);
    if (a->memory == NULL || b->memory == NULL) {
        grid_cell(grid, "not in %s", a->memory == NULL ? "A" : "B");
        for (int i = 0; i < 4; i++)
            grid_cell(grid, "-");
        return;
    }
    grid_cell(grid, "%s",
              difference->bitwise       ? "yes"
              : !difference->same_shape ? "shape"
                                        : "no");
    put_number(grid, difference->max_abs);
    put_number(grid, difference->rel_l2);
    if (isnan(difference->cos_min))
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%.7f", difference->cos_min);
    if (difference->first_row < 0)
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%" PRId64, difference->first_row);
}

static int compare_named(struct compare *compare, const char *name_a, const char *name_b)
{
    pw_difference difference = {.max_abs = NAN, .rel_l2 = NAN, .cos_min = NAN, .first_row = -1};
    struct tensor_side a = {0}, b = {0};
    int status = read_side(compare, compare->a, name_a, &a);

    if (status == DONE)
        status = read_side(compare, compare->b, name_b, &b);
    if (status == DONE && a.memory != NULL && b.memory != NULL)
        status = measure(compare, &a.tensor, &b.tensor, &difference);
    if (status == DONE) {
        compare->is_equal = compare->is_equal && passes(compare, &difference);
        if (compare->app->json)
            put_json(&compare->json, name_a, &a, &b, &difference);
        else
            put_row(&compare->grid, name_a, &a, &b, &difference);
    }
    free(a.memory);
    free(b.memory);
    if (status == DONE && interrupted())
        status = fail_interrupted(compare->app);
    return status;
}

static int compare_all(struct compare *compare)
{
    const size_t n_a = pw_file_n_tensors(compare->a), n_b = pw_file_n_tensors(compare->b);

    /* An npy file's tensor has no name of its own. */
    if (n_a == 1 && n_b == 1 &&
        (pw_file_format(compare->a) == PW_FORMAT_NPY ||
         pw_file_format(compare->b) == PW_FORMAT_NPY))
        return compare_named(compare, pw_file_tensor_name(compare->a, 0),
                             pw_file_tensor_name(compare->b, 0));
    progress_start(&compare->app->progress, "comparing", "tensors");
    for (size_t i = 0; i < n_a; i++) {
        const char *name = pw_file_tensor_name(compare->a, i);

        TRY(compare_named(compare, name, name));
        progress_update(&compare->app->progress, i + 1, (double)(i + 1) / (double)n_a);
    }
    for (size_t i = 0; i < n_b; i++) {
        const char *name = pw_file_tensor_name(compare->b, i);

        if (pw_file_find(compare->a, name) < 0)
            TRY(compare_named(compare, name, name));
    }
    return DONE;
}

static int open_file(struct compare *compare, const char *path, pw_file **file)
{
    const pw_file_options options = app_file_options(compare->app);
    pw_error err;

    if (pw_file_open(file, compare->app->ctx, path, &options, &err) != PW_OK)
        return fail_with(compare->app, &err);
    return DONE;
}

static int find_credit(struct compare *compare)
{
    const char *other;

    TRY(credit_of_file(compare->app, compare->a, &compare->credit));
    TRY(credit_of_file(compare->app, compare->b, &other));
    return credit_join(compare->app, &compare->credit, other);
}

static int print(struct compare *compare)
{
    struct app *app = compare->app;
    struct builder out = {0};
    bool stop;
    int status;

    progress_stop(&app->progress);
    if (app->json) {
        json_close(&compare->json, ']');
        json_member_bool(&compare->json, "equal", compare->is_equal);
        if (compare->credit != NULL)
            json_member_text(&compare->json, "credit", compare->credit);
        json_close(&compare->json, '}');
        return json_print(app, &compare->json, &stop);
    }
    grid_print(&compare->grid, &out, app->width_out, app->color_out);
    if (compare->is_equal)
        builder_text(&out,
                     compare->rtol > 0 ? "equal within --rtol\n" : "equal in every bit\n");
    else
        builder_text(&out, "different\n");
    credit_put(app, &out, compare->credit);
    status = app_print(app, &out, &stop);
    builder_free(&out);
    return status;
}

/* What two files are compared by, tensor by tensor, is little; the rest says how prompts are
 * read, or what rows are. */
static int refuse_options(struct app *app)
{
    static const struct {
        enum option_id option;
        bool is_of_rows, is_of_dialects;
    } uses[] = {{OPTION_MODEL, true, true},          {OPTION_TOKENIZER, true, true},
                {OPTION_TOKENIZER_MODE, true, true}, {OPTION_STEPS, false, true},
                {OPTION_HIRES_STEPS, false, true},   {OPTION_EMPHASIS, false, true},
                {OPTION_BACKTRACK, false, true},     {OPTION_RECIPE, true, false},
                {OPTION_FLAVOUR, true, false},       {OPTION_DIALECT, true, false},
                {OPTION_CLIP_SKIP, true, false},     {OPTION_TENSOR, true, false},
                {OPTION_N_REAL, true, false},        {OPTION_CREDIT, true, false},
                {OPTION_LENGTH, true, false},        {OPTION_PAD_ID, true, false},
                {OPTION_MASK, true, false},          {OPTION_ACTIVATION, true, false},
                {OPTION_PLOT, true, false},          {OPTION_WIDTH, true, false}};

    const bool rows = option_given(app, OPTION_BY_ROW);
    const bool dialects = option_given(app, OPTION_DIALECTS);

    if (rows && dialects)
        return fail_usage(app, "--rows and --dialects are two comparisons: choose one");
    for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
        if (!option_given(app, uses[i].option) || (rows && uses[i].is_of_rows) ||
            (dialects && uses[i].is_of_dialects))
            continue;
        return fail_usage(app, "--%s goes with %s", option_table[uses[i].option].name,
                          !uses[i].is_of_rows       ? "--dialects"
                          : !uses[i].is_of_dialects ? "--rows"
                                                    : "--rows or --dialects");
    }
    return DONE;
}

static int run(struct compare *compare)
{
    static const struct column titles[] = {
        {"tensor", false}, {"shape", false},  {"bitwise", false}, {"max abs", true},
        {"L2/|B|", true},  {"cos min", true}, {"first row", true}};
    struct app *app = compare->app;
    const struct arguments *arguments = &app->arguments;

    if (arguments->n_words != 2)
        return fail_usage(app, "compare takes two files, %zu given", arguments->n_words);
    TRY(option_real(app, OPTION_RTOL, &compare->rtol));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(open_file(compare, arguments->words[0], &compare->a));
    TRY(open_file(compare, arguments->words[1], &compare->b));
    TRY(find_credit(compare));
    TRY(app_open_output(app));
    grid_start(&compare->grid, titles, sizeof(titles) / sizeof(*titles));
    json_open(&compare->json, '{');
    json_key(&compare->json, "tensors");
    json_open(&compare->json, '[');
    TRY(compare_all(compare));
    TRY(print(compare));
    app->is_result = true;
    return compare->is_equal ? DONE : FAILED;
}

int run_compare(struct app *app)
{
    struct compare compare = {.app = app, .is_equal = true};
    int status;

    TRY(refuse_options(app));
    if (option_given(app, OPTION_DIALECTS))
        return compare_dialects(app);
    if (option_given(app, OPTION_BY_ROW))
        return scan_compare(app);
    status = run(&compare);
    pool_free(&compare.grid.pool);
    builder_free(&compare.json.text);
    pw_file_free(compare.a);
    pw_file_free(compare.b);
    return status;
}
