/* SPDX-License-Identifier: MIT */
/* Inputs of `padwise flux-check`: rows with their roles, the row of EOS, and the pooled vector
 * that a file may hold besides. */
#include <stdlib.h>
#include <string.h>

#include "flux_view.h"
#include "paths.h"
#include "talk.h"

static const char *const pooled_names[] = {"pooler_output", "pooled_prompt_embeds"};

bool flux_rows_same(const float *a, const float *b)
{
    for (size_t i = 0; i < FLUX_CLIP_WIDTH; i++) {
        uint32_t bits_a, bits_b;

        memcpy(&bits_a, &a[i], sizeof(bits_a));
        memcpy(&bits_b, &b[i], sizeof(bits_b));
        if (bits_a != bits_b)
            return false;
    }
    return true;
}

const float *flux_row(const struct flux_input *input, size_t i)
{
    return input->rows->rows.values + i * FLUX_CLIP_WIDTH;
}

static int check_width(struct flux *flux, const struct pads_input *rows)
{
    struct app *app = flux->pads.app;

    if (rows->rows.width == FLUX_CLIP_WIDTH)
        return DONE;
    if (rows->rows.width == FLUX_T5_WIDTH)
        return fail(app, PW_ERR_MISMATCH, rows->name,
                    "has rows of %d numbers, which are T5's: Flux reads all of those. What is "
                    "asked here is which part of CLIP-L's rows (of %d) it reads",
                    FLUX_T5_WIDTH, FLUX_CLIP_WIDTH);
    return fail(app, PW_ERR_MISMATCH, rows->name,
                "has rows of %zu numbers, and Flux takes its pooled vector from CLIP-L, whose "
                "rows have %d: give last_hidden_state of CLIP-L (padwise encode -r raw)",
                rows->rows.width, FLUX_CLIP_WIDTH);
}

/* The file's own pooled vector of prompt i. */
static int find_pooled(struct flux *flux, struct flux_input *input, size_t i)
{
    struct app *app = flux->pads.app;

    for (size_t k = 0; k < sizeof(pooled_names) / sizeof(*pooled_names); k++) {
        const pw_tensor *tensor = pw_tensor_set_find(input->file->set, pooled_names[k]);
        pw_tensor row;
        float *values;
        pw_error err;

        if (tensor == NULL || tensor->rank < 1 || tensor->rank > 2 ||
            tensor->shape[tensor->rank - 1] != FLUX_CLIP_WIDTH ||
            !pw_dtype_is_computable(tensor->dtype) ||
            (tensor->rank == 2 && (uint64_t)tensor->shape[0] <= i))
            continue;
        row = *tensor;
        row.rank = 1;
        row.shape[0] = FLUX_CLIP_WIDTH;
        row.size_bytes = (size_t)FLUX_CLIP_WIDTH * pw_dtype_bits(row.dtype) / 8;
        row.data = (char *)row.data + (tensor->rank == 2 ? i : 0) * row.size_bytes;
        values = pool_array(&app->pool, FLUX_CLIP_WIDTH, sizeof(*values));
        if (values == NULL)
            return fail_memory(app);
        if (pw_tensor_to_f32(&row, values, FLUX_CLIP_WIDTH, &err) != PW_OK)
            return fail_with(app, &err);
        input->pooled = values;
        input->pooled_name = pooled_names[k];
        return DONE;
    }
    return DONE;
}

static int read_input(struct flux *flux, const struct flux_file *file, size_t i,
                      struct flux_input *input)
{
    const pw_rows *rows = &input->rows->rows;

    TRY(check_width(flux, input->rows));
    input->file = file;
    input->i_last = rows->n_rows - 1;
    while (input->i_eos < rows->n_rows && rows->roles[input->i_eos] != PW_ROW_EOS)
        input->i_eos++;
    input->has_eos = input->i_eos < rows->n_rows;
    return find_pooled(flux, input, i);
}

/* Of a file with a batch the inputs are named "path[0]", "path[1]", ... */
static bool is_of(const struct pads_input *rows, const char *path, size_t *i)
{
    const size_t size = strlen(path);

    if (strncmp(rows->name, path, size) != 0)
        return false;
    *i = rows->name[size] == '[' ? (size_t)strtoull(rows->name + size + 1, NULL, 10) : 0;
    return rows->name[size] == '[' || rows->name[size] == '\0';
}

static int load_files(struct flux *flux)
{
    struct app *app = flux->pads.app;
    const pw_file_options options = app_file_options(app);
    pw_error err;

    for (size_t i = 0; i < app->arguments.n_words; i++) {
        struct flux_file *file = &flux->files[i];

        file->path = app->arguments.words[i];
        if (pw_tensor_set_load(&file->set, app->ctx, file->path, &options, &err) != PW_OK)
            return fail_with(app, &err);
        flux->n_files++;
    }
    return DONE;
}

int flux_read(struct flux *flux)
{
    struct app *app = flux->pads.app;
    size_t i_file = 0;

    flux->files = pool_array(&app->pool, app->arguments.n_words, sizeof(*flux->files));
    if (flux->files == NULL)
        return fail_memory(app);
    TRY(load_files(flux));
    TRY(pads_read(&flux->pads, app->arguments.words, app->arguments.n_words));
    flux->n = flux->pads.n;
    flux->inputs = pool_array(&app->pool, flux->n, sizeof(*flux->inputs));
    if (flux->inputs == NULL)
        return fail_memory(app);
    for (size_t k = 0; k < flux->n; k++) {
        struct flux_input *input = &flux->inputs[k];
        size_t i = 0;

        input->rows = &flux->pads.inputs[k];
        while (!is_of(input->rows, flux->files[i_file].path, &i))
            i_file++;
        TRY(read_input(flux, &flux->files[i_file], i, input));
        /* The same file twice: the next input of prompt 0 is the next file's. */
        if (k + 1 < flux->n && i_file + 1 < flux->n_files &&
            strcmp(flux->pads.inputs[k + 1].name, input->rows->name) == 0)
            i_file++;
    }
    return DONE;
}

void flux_free(struct flux *flux)
{
    for (size_t i = 0; i < flux->n_files; i++)
        pw_tensor_set_free(flux->files[i].set);
    flux->n_files = 0;
}
