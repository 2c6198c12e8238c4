/* SPDX-License-Identifier: MIT */
/* The file that a Flux pipeline of diffusers takes: the pooled vector from a row of CLIP-L,
 * T5's rows from a file, and where each came from. */
#include <math.h>
#include <string.h>

#include "credit.h"
#include "flux_view.h"
#include "paths.h"
#include "save_choice.h"
#include "talk.h"

/* What goes into the file, and the part of the manifest that says where it is from. */
struct flux_file_out {
    struct flux *flux;
    const struct flux_input *input;
    bool is_own;  /* the file's own pooled vector */
    bool is_last; /* --pooled-row last */
    size_t i_row;
    pw_tensor_set *set;
    pw_file *t5; /* NULL: none is given */
    size_t i_t5; /* its tensor */
};

/* ---- The pooled vector. */

static int choose_row(struct flux_file_out *out)
{
    struct app *app = out->flux->pads.app;
    const struct flux_input *input = out->input;
    const char *asked = option_text(app, OPTION_POOLED_ROW);

    out->is_last = asked != NULL && strcmp(asked, "last") == 0;
    out->i_row = out->is_last ? input->i_last : input->i_eos;
    out->is_own = asked == NULL && !input->has_eos && input->pooled != NULL;
    if (!out->is_last && !out->is_own && !input->has_eos)
        return fail(app, PW_ERR_NOT_FOUND, input->rows->name,
                    "does not say where EOS stands: give --n-real N or --tokenizer PATH, or "
                    "--pooled-row last");
    if (out->is_last && input->rows->rows.roles[input->i_last] == PW_ROW_PAD)
        warn(app, input->rows->name,
             "row %zu is a pad; Flux's own pipeline takes the row of the first EOS",
             input->i_last);
    if (!out->is_own && input->pooled != NULL &&
        !flux_rows_same(input->pooled, flux_row(input, out->i_row)))
        warn(app, input->rows->name, "its %s is not row %zu, which is taken",
             input->pooled_name, out->i_row);
    return DONE;
}

static int add_pooled(struct flux_file_out *out)
{
    static const int64_t shape[] = {1, FLUX_CLIP_WIDTH};
    void *data;
    pw_error err;

    TRY(choose_row(out));
    if (pw_tensor_set_add(out->set, "pooled_prompt_embeds", PW_F32, 2, shape, &data, &err) !=
        PW_OK)
        return fail_with(out->flux->pads.app, &err);
    memcpy(data, out->is_own ? out->input->pooled : flux_row(out->input, out->i_row),
           FLUX_CLIP_WIDTH * sizeof(float));
    return DONE;
}

/* ---- T5's rows. */

static int find_t5(struct flux_file_out *out, const char *path)
{
    static const char *const names[] = {"prompt_embeds", "last_hidden_state"};
    struct app *app = out->flux->pads.app;
    int64_t i = -1;
    const pw_tensor *tensor;

    for (size_t k = 0; k < sizeof(names) / sizeof(*names) && i < 0; k++)
        i = pw_file_find(out->t5, names[k]);
    if (i < 0)
        return fail(app, PW_ERR_NOT_FOUND, path,
                    "holds neither prompt_embeds nor last_hidden_state of T5");
    tensor = pw_file_tensor(out->t5, (size_t)i);
    if (tensor->rank < 2 || tensor->rank > 3 || (tensor->rank == 3 && tensor->shape[0] != 1) ||
        tensor->shape[tensor->rank - 1] != FLUX_T5_WIDTH ||
        tensor->shape[tensor->rank - 2] == 0)
        return fail(app, PW_ERR_MISMATCH, path,
                    "\"%s\" is not [T,%d] or [1,T,%d]: rows of T5 v1.1 XXL for one prompt are "
                    "wanted",
                    pw_file_tensor_name(out->t5, (size_t)i), FLUX_T5_WIDTH, FLUX_T5_WIDTH);
    if (!pw_dtype_is_computable(tensor->dtype))
        return fail(app, PW_ERR_UNSUPPORTED, path, "T5's rows have dtype %s",
                    pw_dtype_name(tensor->dtype));
    if (tensor->shape[tensor->rank - 2] > FLUX_T5_ROWS)
        warn(app, path, "has %lld rows; Flux was trained with at most %d",
             (long long)tensor->shape[tensor->rank - 2], FLUX_T5_ROWS);
    out->i_t5 = (size_t)i;
    return DONE;
}

static int copy_t5(struct flux_file_out *out, const char *path)
{
    struct app *app = out->flux->pads.app;
    pw_tensor tensor = *pw_file_tensor(out->t5, out->i_t5);
    const int64_t shape[] = {1, tensor.shape[tensor.rank - 2], FLUX_T5_WIDTH};
    const size_t n = (size_t)pw_tensor_n_elements(&tensor);
    void *data;
    const float *values;
    pw_error err;

    tensor.data = pool_array(&app->pool, tensor.size_bytes, 1);
    if (tensor.data == NULL)
        return fail_memory(app);
    if (pw_file_read(out->t5, out->i_t5, tensor.data, tensor.size_bytes, &err) != PW_OK ||
        pw_tensor_set_add(out->set, "prompt_embeds", PW_F32, 3, shape, &data, &err) != PW_OK ||
        pw_tensor_to_f32(&tensor, data, n, &err) != PW_OK)
        return fail_with(app, &err);
    values = data;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return fail(app, PW_ERR_FORMAT, path, "row %zu holds a number that is not finite",
                        i / FLUX_T5_WIDTH);
    return DONE;
}

static int add_t5(struct flux_file_out *out)
{
    struct app *app = out->flux->pads.app;
    const char *path = option_text(app, OPTION_T5);
    const pw_file_options options = app_file_options(app);
    pw_error err;

    if (path == NULL) {
        note(app, "prompt_embeds is left out: T5's rows come from another encoder (--t5 FILE)");
        return DONE;
    }
    if (pw_file_open(&out->t5, app->ctx, path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    TRY(find_t5(out, path));
    return copy_t5(out, path);
}

/* ---- The manifest. */

static int put_fingerprint(struct app *app, struct json *json, const pw_file *file)
{
    char hex[PW_FINGERPRINT_HEX + 1];
    pw_error err;

    if (pw_file_fingerprint(file, false, hex, &err) != PW_OK)
        return fail_with(app, &err);
    json_member_text(json, "fingerprint", hex);
    return DONE;
}

static int put_clip(struct flux_file_out *out, struct json *json)
{
    struct app *app = out->flux->pads.app;
    const pw_file_options options = app_file_options(app);
    pw_file *file;
    pw_error err;
    int status;

    json_key(json, "pooled_prompt_embeds");
    json_open(json, '{');
    if (out->is_own) {
        json_member_text(json, "tensor", out->input->pooled_name);
    } else {
        json_member_text(json, "pooled_row", out->is_last ? "last" : "eos");
        json_member_int(json, "row", (int64_t)out->i_row);
        json_member_int(json, "n_rows", (int64_t)out->input->rows->rows.n_rows);
    }
    if (pw_file_open(&file, app->ctx, out->input->file->path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    status = put_fingerprint(app, json, file);
    pw_file_free(file);
    json_close(json, '}');
    return status;
}

static int put_t5(struct flux_file_out *out, struct json *json)
{
    json_key(json, "prompt_embeds");
    if (out->t5 == NULL) {
        json_null(json);
        return DONE;
    }
    json_open(json, '{');
    json_member_text(json, "tensor", pw_file_tensor_name(out->t5, out->i_t5));
    TRY(put_fingerprint(out->flux->pads.app, json, out->t5));
    json_close(json, '}');
    return DONE;
}

/* What was done to the rows before. */
static int put_edits(struct flux_file_out *out, struct json *json)
{
    struct app *app = out->flux->pads.app;
    pw_edits *edits;
    pw_error err;

    if (pw_edits_of_set(&edits, app->ctx, out->input->file->set, &err) != PW_OK)
        return fail_with(app, &err);
    if (edits != NULL)
        json_member_text(json, "edits", pw_edits_text(edits));
    pw_edits_free(edits);
    return DONE;
}

static int put_manifest(struct flux_file_out *out, struct json *json)
{
    const pw_text *prompt = &out->input->rows->prompt;

    json_open(json, '{');
    json_member_text(json, "version", pw_version());
    json_member_text(json, "recipe", "flux");
    if (prompt->bytes != NULL) {
        json_key(json, "prompts");
        json_open(json, '[');
        json_open(json, '{');
        json_key(json, "prompt");
        json_bytes(json, prompt->bytes, prompt->size);
        json_close(json, '}');
        json_close(json, ']');
    }
    TRY(put_edits(out, json));
    json_key(json, "sources");
    json_open(json, '{');
    TRY(put_clip(out, json));
    TRY(put_t5(out, json));
    json_close(json, '}');
    json_close(json, '}');
    return DONE;
}

static int add_manifest(struct flux_file_out *out)
{
    struct app *app = out->flux->pads.app;
    struct json json = {0};
    pw_error err;
    int status = put_manifest(out, &json);

    if (status == DONE && json.text.failed)
        status = fail_memory(app);
    if (status == DONE && (pw_tensor_set_put_metadata(out->set, PW_MANIFEST_KEY,
                                                      json.text.bytes, &err) != PW_OK ||
                           pw_tensor_set_put_metadata(out->set, "format", "pt", &err) != PW_OK))
        status = fail_with(app, &err);
    builder_free(&json.text);
    return status;
}

/* Whose rows they were; that they were edited is in the manifest, and said by who reads it. */
static int add_credit(struct flux_file_out *out)
{
    struct app *app = out->flux->pads.app;
    const char *credit = out->input->rows->credit;
    pw_error err;

    if (credit == NULL)
        return DONE;
    TRY(credit_bare(app, &credit));
    return pw_tensor_set_put_metadata(out->set, "credit", credit, &err) == PW_OK
               ? DONE
               : fail_with(app, &err);
}

/* ---- The file. */

static int read_options(struct app *app, const char *path, pw_save_options *options)
{
    int32_t found = save_format(app);

    pw_save_options_init(options);
    if (found < 0)
        found =
            pw_format_from_path(path) >= 0 ? pw_format_from_path(path) : PW_FORMAT_SAFETENSORS;
    if (found != PW_FORMAT_SAFETENSORS && found != PW_FORMAT_NPZ)
        return fail_usage(app, "-o \"%s\": Flux's file has two tensors: safetensors or npz",
                          path);
    options->format = (pw_format)found;
    options->float_dtype = save_dtype(app, options->float_dtype);
    return DONE;
}

static int make_and_save(struct flux_file_out *out, const char *path)
{
    struct app *app = out->flux->pads.app;
    pw_save_options options;
    pw_error err;

    TRY(read_options(app, path, &options));
    if (strcmp(path, "-") != 0)
        TRY(path_check_target(app, path));
    if (pw_tensor_set_create(&out->set, app->ctx, &err) != PW_OK)
        return fail_with(app, &err);
    TRY(add_pooled(out));
    TRY(add_t5(out));
    TRY(add_manifest(out));
    TRY(add_credit(out));
    if (pw_tensor_set_save(out->set, app->ctx, path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    if (out->is_own)
        note(app, "wrote %s: pooled_prompt_embeds from %s", path, out->input->pooled_name);
    else
        note(app, "wrote %s: pooled_prompt_embeds from row %zu (%s)", path, out->i_row,
             out->is_last ? "the last" : "the first EOS");
    return DONE;
}

int flux_write(struct flux *flux, const char *path)
{
    struct flux_file_out out = {.flux = flux, .input = &flux->inputs[0]};
    const int status = make_and_save(&out, path);

    pw_tensor_set_free(out.set);
    pw_file_free(out.t5);
    return status;
}
