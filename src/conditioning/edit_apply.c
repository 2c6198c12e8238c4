/* SPDX-License-Identifier: MIT */
/* What statements compute. Rows are widened to f64 once; each statement's rows are rounded to
 * the tensor's dtype when it is done, and at the end those that changed are written back. */
#include <string.h>

#include "base/checked.h"
#include "base/error.h"
#include "conditioning/edit.h"
#include "formats/dtype.h"

struct sequence {
    pw_context *ctx;
    pw_tensor *tensor;
    const pw_row_role *roles;
    size_t n_rows, dim;
    double *values;    /* [n_rows, dim] */
    uint8_t *selected; /* [n_rows], of the statement */
    uint8_t *changed;  /* [n_rows], by any statement */
    void *element_row; /* [dim] of the tensor's dtype */
    size_t element_row_size;
    pw_edit_report report;
    pw_error *err;
};

static double *row_of(const struct sequence *sequence, size_t i)
{
    return sequence->values + i * sequence->dim;
}

static size_t n_selected(const struct sequence *sequence)
{
    size_t n = 0;

    for (size_t i = 0; i < sequence->n_rows; i++)
        n += sequence->selected[i];
    return n;
}

/* ---- Operations on a row by itself: out[dim] from in[dim]. */

static void change_row(double *row, size_t dim, const pw_edit *edit)
{
    for (size_t i = 0; i < dim; i++) {
        switch (edit->operation) {
        case PW_EDIT_CONSTANT:
            row[i] = edit->x;
            break;
        case PW_EDIT_SCALE:
            row[i] *= edit->x;
            break;
        case PW_EDIT_ADD:
            row[i] += edit->x;
            break;
        case PW_EDIT_INVERT:
            row[i] = -row[i];
            break;
        default:
            row[i] = 0.0;
            break;
        }
    }
}

/* What changes nothing leaves every bit, the sign of a zero and a NaN's payload too. */
static bool is_identity(const pw_edit *edit)
{
    switch (edit->operation) {
    case PW_EDIT_SCALE:
        return edit->x == 1.0;
    case PW_EDIT_ADD:
    case PW_EDIT_ADD_NOISE:
    case PW_EDIT_LERP:
        return edit->x == 0.0;
    default:
        return false;
    }
}

static pw_status change_rows(struct sequence *sequence, const pw_edit *edit)
{
    for (size_t i = 0; i < sequence->n_rows; i++)
        if (sequence->selected[i])
            change_row(row_of(sequence, i), sequence->dim, edit);
    return PW_OK;
}

/* The stream of numbers runs over the rows in their order. */
static pw_status put_noise(struct sequence *sequence, const pw_edit *edit)
{
    pwi_numpy_random *random = PWI_NEW(&sequence->ctx->allocator, pwi_numpy_random);

    if (random == NULL)
        return pwi_fail_memory(sequence->err);
    pwi_numpy_seed(random, edit->seed);
    for (size_t i = 0; i < sequence->n_rows; i++) {
        double *row = row_of(sequence, i);

        if (!sequence->selected[i])
            continue;
        for (size_t k = 0; k < sequence->dim; k++) {
            const double noise = pwi_numpy_normal(random, edit->x);

            row[k] = edit->operation == PW_EDIT_NOISE ? noise : row[k] + noise;
        }
    }
    PWI_DELETE(&sequence->ctx->allocator, random);
    return PW_OK;
}

/* ---- Operations that see several rows. */

static pw_status put_mean(struct sequence *sequence, const pw_edit *edit)
{
    const pw_allocator *allocator = &sequence->ctx->allocator;
    const size_t dim = sequence->dim, n = n_selected(sequence);
    double *mean = pwi_alloc_zeroed(allocator, dim, sizeof(*mean));

    (void)edit;
    if (mean == NULL)
        return pwi_fail_memory(sequence->err);
    for (size_t i = 0; i < sequence->n_rows; i++)
        for (size_t k = 0; sequence->selected[i] && k < dim; k++)
            mean[k] += row_of(sequence, i)[k];
    for (size_t k = 0; n > 0 && k < dim; k++)
        mean[k] /= (double)n;
    for (size_t i = 0; i < sequence->n_rows; i++)
        if (sequence->selected[i])
            memcpy(row_of(sequence, i), mean, dim * sizeof(*mean));
    pwi_free_array(allocator, mean, dim, sizeof(*mean));
    return PW_OK;
}

/* The first row of that role, or n_rows. */
static size_t find_eos(const pw_row_role *roles, size_t n_rows)
{
    size_t i = 0;

    while (roles != NULL && i < n_rows && roles[i] != PW_ROW_EOS)
        i++;
    return roles == NULL ? n_rows : i;
}

static pw_status copy_eos(struct sequence *sequence, const pw_edit *edit)
{
    const size_t eos = find_eos(sequence->roles, sequence->n_rows);

    (void)edit;
    if (eos == sequence->n_rows)
        return PWI_FAIL(sequence->err, PW_ERR_ARGUMENT,
                        "edit: it copies the row of eos, and which row that is is not known: "
                        "say how many rows are no pads (--n-real N)");
    for (size_t i = 0; i < sequence->n_rows; i++)
        if (sequence->selected[i])
            memmove(row_of(sequence, i), row_of(sequence, eos), sequence->dim * sizeof(double));
    return PW_OK;
}

/* The rows as a matrix of their own, and back. */
static pw_status damp_rows(struct sequence *sequence, const pw_edit *edit)
{
    const pw_allocator *allocator = &sequence->ctx->allocator;
    const size_t dim = sequence->dim, n = n_selected(sequence);
    double *rows = PWI_ARRAY(allocator, double, n *dim);
    size_t i_row = 0;
    pw_status status;

    (void)edit;
    if (rows == NULL)
        return pwi_fail_memory(sequence->err);
    for (size_t i = 0; i < sequence->n_rows; i++)
        if (sequence->selected[i])
            memcpy(rows + i_row++ * dim, row_of(sequence, i), dim * sizeof(*rows));
    status = n == 0 ? PW_OK : pwi_damp(sequence->ctx, rows, n, dim, sequence->err);
    i_row = 0;
    for (size_t i = 0; status == PW_OK && i < sequence->n_rows; i++)
        if (sequence->selected[i])
            memcpy(row_of(sequence, i), rows + i_row++ * dim, dim * sizeof(*rows));
    pwi_free_array(allocator, rows, n * dim, sizeof(*rows));
    return status;
}

/* ---- Sources. */

static pw_status open_source(const struct sequence *sequence, const pw_edit *edit,
                             const pw_edit_sources *sources, pw_edit_sequence *source)
{
    pw_error *err = sequence->err;

    *source = (pw_edit_sequence){.values = NULL};
    if (sources == NULL || sources->open == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "edit: it takes rows from another sequence, and the caller has none "
                        "to give");
    PWI_TRY(sources->open(sources->user, &edit->source, source, err));
    if (source->dim != sequence->dim)
        return PWI_FAIL(err, PW_ERR_MISMATCH,
                        "edit: the source's rows have %zu elements and the edited ones %zu",
                        source->dim, sequence->dim);
    if (edit->operation == PW_EDIT_SWAP && source->n_rows != sequence->n_rows)
        return PWI_FAIL(err, PW_ERR_MISMATCH,
                        "edit: swap needs two sequences of one length; these have %zu and %zu "
                        "rows (from SOURCE takes what is there)",
                        sequence->n_rows, source->n_rows);
    return PW_OK;
}

/* Row i's counterpart; n_rows of the source where `by eos` finds none. */
static pw_status find_counterpart(const struct sequence *sequence, const pw_edit *edit,
                                  const pw_edit_sequence *source, size_t i, size_t *i_source)
{
    const size_t eos = find_eos(sequence->roles, sequence->n_rows);
    const size_t source_eos = find_eos(source->roles, source->n_rows);

    *i_source = i;
    if (!edit->is_by_eos) {
        if (i < source->n_rows)
            return PW_OK;
        return PWI_FAIL(sequence->err, PW_ERR_MISMATCH,
                        "edit: row %zu is asked of a source of %zu rows", i, source->n_rows);
    }
    if (eos == sequence->n_rows || source_eos == source->n_rows)
        return PWI_FAIL(sequence->err, PW_ERR_ARGUMENT,
                        "edit: by eos: which row of the %s is eos is not known",
                        eos == sequence->n_rows ? "edited sequence" : "source");
    *i_source = i + source_eos < eos || i + source_eos - eos >= source->n_rows
                    ? source->n_rows
                    : i + source_eos - eos;
    return PW_OK;
}

/* x of the way; equal elements stay as they are, bit for bit. */
static void move_row(double *row, const double *to, size_t dim, double x)
{
    for (size_t i = 0; i < dim; i++)
        if (row[i] != to[i])
            row[i] = x == 1.0 ? to[i] : row[i] + x * (to[i] - row[i]);
}

static pw_status take_rows(struct sequence *sequence, const pw_edit *edit,
                           const pw_edit_sources *sources)
{
    pw_edit_sequence source;

    PWI_TRY(open_source(sequence, edit, sources, &source));
    for (size_t i = 0; !is_identity(edit) && i < sequence->n_rows; i++) {
        const double *from;
        size_t i_source = 0;

        if (!sequence->selected[i])
            continue;
        PWI_TRY(find_counterpart(sequence, edit, &source, i, &i_source));
        if (i_source == source.n_rows) {
            sequence->report.n_unmatched++;
            sequence->selected[i] = 0;
            continue;
        }
        from = source.values + i_source * source.dim;
        if (edit->operation == PW_EDIT_LERP)
            move_row(row_of(sequence, i), from, source.dim, edit->x);
        else
            memcpy(row_of(sequence, i), from, source.dim * sizeof(*from));
    }
    return PW_OK;
}

/* ---- A statement, and all of them. */

static pw_status compute(struct sequence *sequence, const pw_edit *edit,
                         const pw_edit_sources *sources)
{
    if (edit->source.kind != PW_EDIT_SOURCE_NONE)
        return take_rows(sequence, edit, sources);
    if (is_identity(edit))
        return PW_OK;
    switch (edit->operation) {
    case PW_EDIT_NOISE:
    case PW_EDIT_ADD_NOISE:
        return put_noise(sequence, edit);
    case PW_EDIT_MEAN:
        return put_mean(sequence, edit);
    case PW_EDIT_EOS:
        return copy_eos(sequence, edit);
    case PW_EDIT_DAMP:
        return damp_rows(sequence, edit);
    default:
        return change_rows(sequence, edit);
    }
}

static void round_rows(struct sequence *sequence)
{
    const pw_dtype dtype = sequence->tensor->dtype;

    for (size_t i = 0; i < sequence->n_rows; i++) {
        if (!sequence->selected[i])
            continue;
        pwi_f64_to_dtype(dtype, sequence->element_row, row_of(sequence, i), sequence->dim);
        pwi_widen_to_f64(dtype, sequence->element_row, sequence->dim, row_of(sequence, i));
        sequence->changed[i] = 1;
    }
}

static pw_status apply_all(struct sequence *sequence, const pw_edits *edits,
                           const pw_edit_sources *sources)
{
    for (size_t i = 0; i < edits->n; i++) {
        const pw_edit *edit = &edits->items[i];

        if (edit->operation == PW_EDIT_ID)
            continue;
        PWI_TRY(pw_edit_select(&edit->rows, sequence->roles, sequence->n_rows,
                               sequence->selected, sequence->err));
        PWI_TRY(compute(sequence, edit, sources));
        if (!is_identity(edit))
            round_rows(sequence);
    }
    return PW_OK;
}

static void write_back(struct sequence *sequence)
{
    unsigned char *out = sequence->tensor->data;

    for (size_t i = 0; i < sequence->n_rows; i++) {
        if (!sequence->changed[i])
            continue;
        pwi_f64_to_dtype(sequence->tensor->dtype, sequence->element_row, row_of(sequence, i),
                         sequence->dim);
        memcpy(out + i * sequence->element_row_size, sequence->element_row,
               sequence->element_row_size);
        sequence->report.n_changed++;
    }
}

static pw_status check_tensor(const pw_tensor *tensor, pw_error *err)
{
    uint64_t n_elements = 0, n_bytes = 0;

    if (!pwi_dtype_is_float(tensor->dtype))
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "edit: a tensor of dtype %s cannot be edited; convert it to F32 first",
                        pw_dtype_name(tensor->dtype));
    if (tensor->rank != 2 && (tensor->rank != 3 || tensor->shape[0] != 1))
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "edit: the tensor must be [rows, dim] or [1, rows, dim], one sequence");
    if (!pwi_shape_elements(tensor->shape, tensor->rank, &n_elements) ||
        !pwi_dtype_size(tensor->dtype, n_elements, &n_bytes) || n_bytes != tensor->size_bytes)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "edit: the tensor's shape and its bytes contradict each other");
    if (tensor->shape[tensor->rank - 2] > PW_EDIT_ROWS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "edit: the sequence has more than %d rows",
                        PW_EDIT_ROWS_MAX);
    return PW_OK;
}

static pw_status run(struct sequence *sequence, const pw_edits *edits,
                     const pw_edit_sources *sources)
{
    if (sequence->values == NULL || sequence->selected == NULL || sequence->changed == NULL ||
        sequence->element_row == NULL)
        return pwi_fail_memory(sequence->err);
    pwi_widen_to_f64(sequence->tensor->dtype, sequence->tensor->data,
                     sequence->n_rows * sequence->dim, sequence->values);
    PWI_TRY(apply_all(sequence, edits, sources));
    write_back(sequence);
    return PW_OK;
}

pw_status pw_edits_apply(const pw_edits *edits, pw_context *ctx, pw_tensor *tensor,
                         const pw_row_role *roles, const pw_edit_sources *sources,
                         pw_edit_report *report, pw_error *err)
{
    const pw_allocator *allocator = &ctx->allocator;
    struct sequence sequence = {.ctx = ctx, .tensor = tensor, .roles = roles, .err = err};
    pw_status status;

    PWI_TRY(check_tensor(tensor, err));
    sequence.n_rows = (size_t)tensor->shape[tensor->rank - 2];
    sequence.dim = (size_t)tensor->shape[tensor->rank - 1];
    sequence.element_row_size = sequence.n_rows == 0 ? 0 : tensor->size_bytes / sequence.n_rows;
    sequence.values = PWI_ARRAY(allocator, double, sequence.n_rows *sequence.dim);
    sequence.selected = pwi_alloc_zeroed(allocator, sequence.n_rows, 1);
    sequence.changed = pwi_alloc_zeroed(allocator, sequence.n_rows, 1);
    sequence.element_row = pwi_alloc_array(allocator, sequence.element_row_size, 1);
    status = run(&sequence, edits, sources);
    pwi_free_array(allocator, sequence.element_row, sequence.element_row_size, 1);
    pwi_free_array(allocator, sequence.changed, sequence.n_rows, 1);
    pwi_free_array(allocator, sequence.selected, sequence.n_rows, 1);
    pwi_free_array(allocator, sequence.values, sequence.n_rows * sequence.dim, sizeof(double));
    if (report != NULL)
        *report = sequence.report;
    return status;
}
