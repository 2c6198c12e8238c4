/* SPDX-License-Identifier: MIT */
/* Inputs of the lab: files and prompts become rows with roles. A word that is a path, or looks
 * like one, is a file; every other word is a prompt. */
#include <stdlib.h>
#include <string.h>

#include "credit.h"
#include "pads.h"
#include "paths.h"
#include "prompts.h"
#include "talk.h"

/* Tensors that hold rows by prompt, in the order in which they are looked for. */
static const char *const row_names[] = {"embedding", "last_hidden_state", "prompt_embeds",
                                        "clip_l_sequence"};

/* ---- From a set: one input for each prompt of its batch. */

static int name_input(struct pads *pads, const char *name, int64_t n_batch, size_t i,
                      struct pads_input *input)
{
    input->name = n_batch == 1 ? name : pool_format(&pads->app->pool, "%s[%zu]", name, i);
    return input->name == NULL ? fail_memory(pads->app) : DONE;
}

static int read_values(struct pads *pads, const pw_tensor *tensor, size_t i,
                       struct pads_input *input)
{
    const size_t n = input->rows.n_rows * input->rows.width;
    float *values = pool_array(&pads->app->pool, n, sizeof(*values));
    pw_tensor part = *tensor;
    pw_error err;

    if (values == NULL)
        return fail_memory(pads->app);
    part.rank = 1;
    part.shape[0] = (int64_t)n;
    part.size_bytes = n * (pw_dtype_bits(tensor->dtype) / 8);
    part.data = (char *)tensor->data + i * part.size_bytes;
    input->rows.values = values;
    if (pw_tensor_to_f32(&part, values, n, &err) == PW_OK &&
        pw_rows_check(&input->rows, &err) == PW_OK)
        return DONE;
    snprintf(err.where, sizeof(err.where), "%s", input->name);
    return fail_with(pads->app, &err);
}

static int ask_roles(struct pads *pads, const pw_tensor_set *set, size_t i,
                     struct pads_input *input)
{
    const struct roles_question question = {.set = set,
                                            .where = input->name,
                                            .i_prompt = i,
                                            .i_input = pads->n,
                                            .n_rows = input->rows.n_rows};
    pw_row_role *roles = pool_array(&pads->app->pool, question.n_rows, sizeof(*roles));

    if (roles == NULL)
        return fail_memory(pads->app);
    TRY(roles_of(&pads->roles, &question, roles, &input->n_real, &input->from));
    input->rows.roles = roles;
    return DONE;
}

/* Asked before anything is encoded, too. */
static int check_room(struct pads *pads, size_t n_more)
{
    const size_t n = pads->n + n_more,
                 n_max = pads->n_max > 0 ? pads->n_max : PW_LAB_INPUTS_MAX;

    if (n <= n_max)
        return DONE;
    return fail(pads->app, PW_ERR_LIMIT, "",
                "there are %zu prompts or more, and at most %zu are compared with each other: "
                "give fewer",
                n, n_max);
}

static int add_input(struct pads *pads, const struct pads_input *input)
{
    struct pads_input *inputs =
        pool_grow(&pads->app->pool, pads->inputs, pads->n, &pads->capacity, sizeof(*inputs));

    TRY(check_room(pads, 1));
    if (inputs == NULL)
        return fail_memory(pads->app);
    pads->inputs = inputs;
    inputs[pads->n++] = *input;
    return DONE;
}

/* [T, D] or [B, T, D], not empty. */
static int check_shape(struct pads *pads, const char *where, const char *tensor_name,
                       const pw_tensor *tensor)
{
    if (tensor->rank != 2 && tensor->rank != 3)
        return fail(pads->app, PW_ERR_MISMATCH, where,
                    "\"%s\" has %d dimensions: rows by position have two (positions, numbers), "
                    "or three with a batch in front",
                    tensor_name, (int)tensor->rank);
    for (int32_t i = 0; i < tensor->rank; i++)
        if (tensor->shape[i] == 0)
            return fail(pads->app, PW_ERR_MISMATCH, where,
                        "\"%s\" is empty: there is nothing to measure", tensor_name);
    if (!pw_dtype_is_computable(tensor->dtype))
        return fail(pads->app, PW_ERR_UNSUPPORTED, where,
                    "\"%s\" has dtype %s, which has no values to compute with", tensor_name,
                    pw_dtype_name(tensor->dtype));
    return DONE;
}

/* What a report says of the input besides its numbers. */
static int keep_origin(struct pads *pads, const pw_tensor_set *set, const char *path, size_t i,
                       struct pads_input *input)
{
    const char *manifest = pw_tensor_set_metadata(set, PW_MANIFEST_KEY);

    input->path = path;
    input->i_prompt = i;
    if (manifest == NULL)
        return DONE;
    input->manifest = pool_copy(&pads->app->pool, manifest, strlen(manifest));
    return input->manifest == NULL ? fail_memory(pads->app) : DONE;
}

static int add_set(struct pads *pads, const char *where, const char *const *names,
                   const pw_tensor_set *set, const char *tensor_name)
{
    const pw_tensor *tensor = pw_tensor_set_find(set, tensor_name);
    int64_t n_batch;

    if (tensor == NULL)
        return fail(pads->app, PW_ERR_UNSUPPORTED, names == NULL ? where : names[0],
                    "stands for several conditions (a schedule, or AND): give the text of each "
                    "as a prompt, or encode it to a file and name one by --tensor %s.0",
                    tensor_name);
    n_batch = tensor->rank == 3 ? tensor->shape[0] : 1;
    TRY(check_shape(pads, where, tensor_name, tensor));
    for (size_t i = 0; i < (size_t)n_batch; i++) {
        struct pads_input input = {.rows = {.n_rows = (size_t)tensor->shape[tensor->rank - 2],
                                            .width = (size_t)tensor->shape[tensor->rank - 1]}};

        if (names != NULL)
            input.name = names[i];
        else
            TRY(name_input(pads, where, n_batch, i, &input));
        TRY(keep_origin(pads, set, names == NULL ? where : NULL, i, &input));
        TRY(roles_prompt(pads->app, set, i, &input.prompt));
        TRY(credit_of(pads->app, set, &input.credit));
        TRY(read_values(pads, tensor, i, &input));
        TRY(ask_roles(pads, set, i, &input));
        TRY(add_input(pads, &input));
    }
    return DONE;
}

/* ---- From a file: the one tensor, and what tells where its pads start. */

static int choose_tensor(struct pads *pads, const pw_file *file, const char *path, int64_t *i)
{
    struct app *app = pads->app;
    const char *asked = option_text(app, OPTION_TENSOR);

    if (asked != NULL) {
        *i = pw_file_find(file, asked);
        return *i >= 0
                   ? DONE
                   : fail(app, PW_ERR_NOT_FOUND, path,
                          "holds no tensor \"%s\"; padwise info shows what it holds", asked);
    }
    *i = -1;
    for (size_t k = 0; k < sizeof(row_names) / sizeof(*row_names) && *i < 0; k++)
        *i = pw_file_find(file, row_names[k]);
    if (*i < 0 && pw_file_n_tensors(file) == 1)
        *i = 0;
    return *i >= 0 ? DONE
                   : fail(app, PW_ERR_NOT_FOUND, path,
                          "holds none of embedding, last_hidden_state, prompt_embeds and "
                          "clip_l_sequence: name the tensor of rows with --tensor");
}

static int copy_tensor(struct pads *pads, const pw_file *file, size_t i, pw_tensor_set *set)
{
    const pw_tensor *tensor = pw_file_tensor(file, i);
    void *data;
    pw_error err;

    if (pw_tensor_set_add(set, pw_file_tensor_name(file, i), tensor->dtype, tensor->rank,
                          tensor->shape, &data, &err) == PW_OK &&
        pw_file_read(file, i, data, tensor->size_bytes, &err) == PW_OK)
        return DONE;
    return fail_with(pads->app, &err);
}

static int copy_file(struct pads *pads, const pw_file *file, size_t i, pw_tensor_set *set)
{
    const int64_t i_mask = pw_file_find(file, "attention_mask");
    pw_error err;

    TRY(check_shape(pads, pw_file_path(file), pw_file_tensor_name(file, i),
                    pw_file_tensor(file, i)));
    TRY(copy_tensor(pads, file, i, set));
    if (i_mask >= 0 && (size_t)i_mask != i)
        TRY(copy_tensor(pads, file, (size_t)i_mask, set));
    return pw_file_copy_metadata(file, set, &err) == PW_OK ? DONE : fail_with(pads->app, &err);
}

static int add_opened(struct pads *pads, const pw_file *file, const char *path)
{
    pw_tensor_set *set;
    int64_t i;
    int status;
    pw_error err;

    TRY(choose_tensor(pads, file, path, &i));
    if (pw_tensor_set_create(&set, pads->app->ctx, &err) != PW_OK)
        return fail_with(pads->app, &err);
    status = copy_file(pads, file, (size_t)i, set);
    if (status == DONE)
        status = add_set(pads, path, NULL, set, pw_file_tensor_name(file, (size_t)i));
    pw_tensor_set_free(set);
    return status;
}

static int add_file(struct pads *pads, const char *path)
{
    const pw_file_options options = app_file_options(pads->app);
    pw_file *file;
    pw_error err;
    int status;

    if (pw_file_open(&file, pads->app->ctx, path, &options, &err) != PW_OK)
        return fail_with(pads->app, &err);
    status = add_opened(pads, file, path);
    pw_file_free(file);
    return status;
}

/* ---- Words. */

bool pads_is_file(const char *word)
{
    static const char *const endings[] = {".json", ".safetensors", ".npz", ".npy"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
        if (path_ends(word, endings[i]))
            return true;
    return path_exists(word);
}

int pads_need_prompts(struct app *app, size_t n_words, const char *instead)
{
    for (size_t i = 0; i < n_words; i++) {
        const char *word = app->arguments.words[i];

        if (!pads_is_file(word) || path_is_folder(word))
            continue;
        if (!path_exists(word))
            return fail(app, PW_ERR_NOT_FOUND, word,
                        "there is no such file, and %s takes a prompt, not a file",
                        app->command->name);
        return fail(app, PW_ERR_ARGUMENT, word,
                    "is a file, and %s takes a prompt, which it encodes: give the text in "
                    "quotes; %s",
                    app->command->name, instead);
    }
    return DONE;
}

/* Prompts that stand together are encoded together. */
static int add_prompts(struct pads *pads, const char *const *words, size_t n)
{
    pw_prompt_texts *texts = pool_array(&pads->app->pool, n, sizeof(*texts));
    pw_tensor_set *set;
    const char *name;
    int status;

    if (texts == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < n; i++)
        texts[i].prompt = (pw_text){words[i], strlen(words[i])};
    TRY(check_room(pads, n));
    status = pads_encode(pads, texts, n, &set, &name);
    if (status == DONE)
        status = add_set(pads, "", words, set, name);
    pw_tensor_set_free(set);
    return status;
}

static int add_words(struct pads *pads, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t end = i;

        if (pads_is_file(words[i])) {
            TRY(add_file(pads, words[i++]));
            continue;
        }
        while (end < n && !pads_is_file(words[end]))
            end++;
        TRY(add_prompts(pads, words + i, end - i));
        i = end;
    }
    return DONE;
}

/* ---- Prompts of --from. */

static int read_from(struct pads *pads, struct prompts *prompts, const char ***words, size_t *n)
{
    struct pool *pool = &pads->app->pool;
    size_t capacity = 0;

    *words = NULL;
    for (*n = 0;; ++*n) {
        struct prompt_item item;
        const char **grown;
        bool more;

        TRY(prompts_next(prompts, pool, &item, &more));
        if (!more)
            return DONE;
        if (memchr(item.prompt.prompt.bytes, '\0', item.prompt.prompt.size) != NULL)
            return fail(pads->app, PW_ERR_ARGUMENT, item.where, "the prompt holds a NUL");
        grown = pool_grow(pool, *words, *n, &capacity, sizeof(*grown));
        if (grown == NULL)
            return fail_memory(pads->app);
        *words = grown;
        grown[*n] = pool_copy(pool, item.prompt.prompt.bytes, item.prompt.prompt.size);
        if (grown[*n] == NULL)
            return fail_memory(pads->app);
    }
}

static int add_from(struct pads *pads)
{
    struct app *app = pads->app;
    struct prompts prompts;
    const char **words;
    size_t n = 0;
    int status;

    if (!option_given(app, OPTION_FROM))
        return DONE;
    app->arguments.n_words = 0; /* they are inputs of their own, and read */
    status = prompts_open(app, &prompts);
    if (status == DONE)
        status = read_from(pads, &prompts, &words, &n);
    prompts_close(&prompts);
    if (status == DONE && n > 0)
        status = add_prompts(pads, words, n);
    return status;
}

/* The views that the library takes, the one of --against behind the others. */
static int make_views(struct pads *pads)
{
    const size_t n_all = pads->n + (pads->against != NULL);

    pads->rows = pool_array(&pads->app->pool, n_all, sizeof(*pads->rows));
    if (pads->rows == NULL || pads->inputs == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < n_all; i++) {
        pads->rows[i] = pads->inputs[i].rows;
        if (pads->rows[i].width != pads->rows[0].width)
            return fail(pads->app, PW_ERR_MISMATCH, pads->inputs[i].name,
                        "has rows of %zu numbers, and %s of %zu: they come from different "
                        "encoders and cannot be compared",
                        pads->rows[i].width, pads->inputs[0].name, pads->rows[0].width);
    }
    return DONE;
}

int pads_read(struct pads *pads, const char *const *words, size_t n_words)
{
    struct app *app = pads->app;
    const char *against = option_text(app, OPTION_AGAINST);
    size_t n;

    TRY(roles_open(app, &pads->roles));
    TRY(add_words(pads, words, n_words));
    TRY(add_from(pads));
    if (pads->n == 0)
        return fail(app, PW_ERR_ARGUMENT, "",
                    "there is nothing to measure: give files or prompts");
    n = pads->n;
    if (against != NULL)
        TRY(add_words(pads, &against, 1));
    if (pads->roles.n_given > 1 && pads->roles.n_given != pads->n)
        return fail_usage(app, "--n-real has %zu numbers, and there are %zu inputs",
                          pads->roles.n_given, pads->n);
    if (against != NULL && pads->n != n + 1)
        return fail(app, PW_ERR_MISMATCH, against, "holds %zu prompts: --against takes one",
                    pads->n - n);
    pads->against = against == NULL ? NULL : &pads->inputs[n];
    pads->n = n;
    TRY(pads_find_prompts(pads));
    return make_views(pads);
}

int pads_need_inputs(struct pads *pads, size_t least, const char *why)
{
    if (pads->n >= least)
        return DONE;
    return fail(pads->app, PW_ERR_ARGUMENT, "", "there %s %zu prompt%s: %s",
                pads->n == 1 ? "is" : "are", pads->n, pads->n == 1 ? "" : "s", why);
}

int pads_refuse_full(struct pads *pads)
{
    for (size_t i = 0; i < pads->n; i++) {
        const struct pads_input *input = &pads->inputs[i];

        if (input->n_real == input->rows.n_rows)
            return fail(pads->app, PW_ERR_NOT_FOUND, input->name,
                        "has no pads: all %zu rows are BOS, words and EOS; give a shorter "
                        "prompt",
                        input->n_real);
    }
    return DONE;
}

int pads_need_pads(struct pads *pads)
{
    for (size_t i = 0; i < pads->n; i++)
        if (pads->inputs[i].n_real == 0)
            return fail(pads->app, PW_ERR_NOT_FOUND, pads->inputs[i].name,
                        "does not say where its pads start: give --n-real N, or --tokenizer "
                        "PATH where it holds its prompt");
    return pads_refuse_full(pads);
}
