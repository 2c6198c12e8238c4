/* SPDX-License-Identifier: MIT */
/* pw_embeddings: folders listed, headers read, names as a dialect has them, and vectors loaded
 * when a plan wants them. A file that cannot be used keeps its name, as one vector of the right
 * width, so that a prompt that names it is told why. */
#include "conditioning/embeddings.h"

#include <math.h>
#include <string.h>

#include <padwise/model.h>

#include "prompt/dialect.h"

struct rule {
    pwi_embedding_name_fn name;
    pwi_embedding_pick_fn pick;
};

static const struct rule comfyui = {pwi_embedding_name_comfyui, pwi_embedding_pick_comfyui};
static const struct rule a1111 = {pwi_embedding_name_a1111, pwi_embedding_pick_a1111};

/* What an encoder has of a file. */
struct holding {
    pwi_embedding_take take;
    float *vectors; /* f32 [n_vectors, width], or NULL: not loaded */
};

struct pw_embeddings {
    pw_context *ctx;
    pwi_arena arena;
    const struct rule *rule; /* NULL: the dialect knows no embeddings */
    pw_embedding_encoder encoders[PW_EMBEDDING_ENCODERS_MAX];
    size_t n_encoders;
    pwi_embedding_list list;
    struct holding *holdings; /* [n_files, n_encoders], in the arena */
    pwi_embedding_names names;
    pw_embedding *arrays; /* [n_encoders, n_names], in the arena */
};

/* How a dialect finds names is what its row says it cuts and chunks with. */
static const struct rule *rule_of(const pwi_dialect *dialect)
{
    if (dialect->cut == pwi_cut_comfyui)
        return &comfyui;
    return dialect->chunk == pwi_chunk_a1111 ? &a1111 : NULL;
}

static pw_status take_encoders(pw_embeddings *embeddings, const pw_embedding_encoder *encoders,
                               size_t n_encoders, pw_error *err)
{
    if (n_encoders == 0 || n_encoders > PW_EMBEDDING_ENCODERS_MAX)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "embeddings are for 1 to %d encoders, not %zu",
                        PW_EMBEDDING_ENCODERS_MAX, n_encoders);
    for (size_t i = 0; i < n_encoders; i++) {
        const char *name = encoders[i].name;

        if (encoders[i].width == 0 || encoders[i].width > PW_MODEL_WIDTH_MAX)
            return PWI_FAIL(err, PW_ERR_ARGUMENT, "an encoder's width is 1 to %d, not %zu",
                            PW_MODEL_WIDTH_MAX, encoders[i].width);
        if (name != NULL) {
            name = pwi_arena_string(&embeddings->arena, name, strlen(name));
            if (name == NULL)
                return pwi_fail_memory(err);
        }
        embeddings->encoders[i] = (pw_embedding_encoder){name, encoders[i].width};
    }
    embeddings->n_encoders = n_encoders;
    return PW_OK;
}

static struct holding *holdings_of(const pw_embeddings *embeddings, size_t i_file)
{
    return embeddings->holdings + i_file * embeddings->n_encoders;
}

static pw_status pick(const pw_embeddings *embeddings, const pw_file *file,
                      pwi_embedding_take *takes, bool *fits, pw_error *err)
{
    return pwi_where(err, pw_file_path(file),
                     embeddings->rule->pick(file, embeddings->encoders, embeddings->n_encoders,
                                            takes, fits, err));
}

/* What the file's header says is in it for each encoder. */
static pw_status look_into(const pw_embeddings *embeddings, const char *path,
                           pwi_embedding_take *takes, bool *fits, pw_error *err)
{
    pw_file *file;
    pw_status status = pwi_embedding_file_open(&file, embeddings->ctx, path, err);

    if (status == PW_OK)
        status = pick(embeddings, file, takes, fits, err);
    pw_file_free(file);
    return status;
}

static pw_status read_header(pw_embeddings *embeddings, uint32_t i_file, pw_error *err)
{
    pwi_embedding_file *file = &embeddings->list.files.items[i_file];
    pwi_embedding_take takes[PW_EMBEDDING_ENCODERS_MAX];
    bool fits = false, is_read = false;

    if (file->ending == PWI_ENDING_SAFETENSORS) {
        const pw_status status = look_into(embeddings, file->path, takes, &fits, err);

        if (status == PW_ERR_NO_MEMORY)
            return status;
        is_read = status == PW_OK;
    }
    if (is_read)
        file->state = fits ? PWI_EMBEDDING_FITS : PWI_EMBEDDING_UNFIT;
    for (size_t i = 0; i < embeddings->n_encoders; i++)
        holdings_of(embeddings, i_file)[i] = (struct holding){
            is_read && fits ? takes[i]
                            : (pwi_embedding_take){0, 1, embeddings->encoders[i].width},
            NULL};
    return PW_OK;
}

static void warn_of_pickles(const pw_embeddings *embeddings, const char *folder)
{
    size_t n = 0;

    for (size_t i = 0; i < embeddings->list.files.n; i++)
        n += embeddings->list.files.items[i].ending != PWI_ENDING_SAFETENSORS;
    if (n > 0)
        pwi_warn(embeddings->ctx, folder,
                 "%zu of the %zu embeddings are pickles (.pt, .bin), which are not read: a "
                 "prompt that names one is refused",
                 n, embeddings->list.files.n);
}

static pw_status read_headers(pw_embeddings *embeddings, pw_error *err)
{
    const size_t n_files = embeddings->list.files.n;

    embeddings->holdings =
        pwi_arena_alloc(&embeddings->arena,
                        (n_files * embeddings->n_encoders + 1) * sizeof(*embeddings->holdings));
    if (embeddings->holdings == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < n_files * embeddings->n_encoders; i++)
        embeddings->holdings[i].vectors = NULL;
    for (uint32_t i = 0; i < n_files; i++)
        PWI_TRY(read_header(embeddings, i, err));
    return PW_OK;
}

static pw_status make_arrays(pw_embeddings *embeddings, pw_error *err)
{
    const size_t n = embeddings->names.n;

    embeddings->arrays = pwi_arena_alloc(&embeddings->arena, (n * embeddings->n_encoders + 1) *
                                                                 sizeof(*embeddings->arrays));
    if (embeddings->arrays == NULL)
        return pwi_fail_memory(err);
    for (size_t i_encoder = 0; i_encoder < embeddings->n_encoders; i_encoder++) {
        for (size_t i = 0; i < n; i++) {
            const pwi_embedding_name *name = &embeddings->names.items[i];
            const pwi_embedding_take *take =
                &holdings_of(embeddings, name->i_file)[i_encoder].take;

            embeddings->arrays[i_encoder * n + i] =
                (pw_embedding){name->text, take->n_vectors, take->width, NULL};
        }
    }
    return PW_OK;
}

static pw_status fill(pw_embeddings *embeddings, const char *const *folders, size_t n_folders,
                      const pw_embedding_encoder *encoders, size_t n_encoders, pw_error *err)
{
    PWI_TRY(take_encoders(embeddings, encoders, n_encoders, err));
    PWI_TRY(pwi_embedding_list_fill(&embeddings->list, embeddings->ctx, &embeddings->arena,
                                    folders, n_folders, err));
    if (embeddings->rule == NULL)
        return PW_OK;
    PWI_TRY(read_headers(embeddings, err));
    PWI_TRY(pwi_embedding_names_fill(&embeddings->names, &embeddings->arena, &embeddings->list,
                                     embeddings->rule->name, err));
    PWI_TRY(make_arrays(embeddings, err));
    if (n_folders > 0)
        warn_of_pickles(embeddings, folders[0]);
    return PW_OK;
}

pw_status pw_embeddings_open(pw_embeddings **out, pw_context *ctx, const char *const *folders,
                             size_t n_folders, int32_t dialect,
                             const pw_embedding_encoder *encoders, size_t n_encoders,
                             pw_error *err)
{
    pw_embeddings *embeddings;
    pw_status status;

    *out = NULL;
    if (dialect < 0 || pw_dialect_name((size_t)dialect) == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "%d is no dialect", (int)dialect);
    embeddings = PWI_NEW(&ctx->allocator, pw_embeddings);
    if (embeddings == NULL)
        return pwi_fail_memory(err);
    embeddings->ctx = pwi_context_keep(ctx);
    embeddings->rule = rule_of(pwi_dialect_at(dialect));
    pwi_arena_init(&embeddings->arena, &ctx->allocator);
    status = fill(embeddings, folders, n_folders, encoders, n_encoders, err);
    if (status == PW_OK)
        *out = embeddings;
    else
        pw_embeddings_free(embeddings);
    return status;
}

static void free_vectors(const pw_embeddings *embeddings, struct holding *holding)
{
    if (holding->vectors != NULL)
        pwi_free_array(&embeddings->ctx->allocator, holding->vectors,
                       holding->take.n_vectors * holding->take.width,
                       sizeof(*holding->vectors));
}

void pw_embeddings_free(pw_embeddings *embeddings)
{
    pw_context *ctx;

    if (embeddings == NULL)
        return;
    ctx = embeddings->ctx;
    for (size_t i = 0;
         embeddings->holdings != NULL && i < embeddings->list.files.n * embeddings->n_encoders;
         i++)
        free_vectors(embeddings, &embeddings->holdings[i]);
    pwi_arena_free(&embeddings->arena);
    PWI_DELETE(&ctx->allocator, embeddings);
    pw_context_free(ctx);
}

const pw_embedding *pw_embeddings_of(const pw_embeddings *embeddings, size_t i_encoder,
                                     size_t *n)
{
    const bool is_there = i_encoder < embeddings->n_encoders && embeddings->names.n > 0;

    *n = is_there ? embeddings->names.n : 0;
    return is_there ? embeddings->arrays + i_encoder * embeddings->names.n : NULL;
}

const char *pw_embeddings_path(const pw_embeddings *embeddings, size_t i)
{
    return i < embeddings->names.n
               ? embeddings->list.files.items[embeddings->names.items[i].i_file].path
               : NULL;
}

/* ---- Loading. */

static void warn_of_values(const pw_context *ctx, const char *path, const float *vectors,
                           size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(vectors[i])) {
            pwi_warn(ctx, path,
                     "the embedding holds values that are not finite numbers: so will be all "
                     "that is made of it");
            return;
        }
    }
}

static pw_status convert(const pw_file *file, size_t i_tensor, void *bytes, float *vectors,
                         size_t n, pw_error *err)
{
    pw_tensor tensor = *pw_file_tensor(file, i_tensor);

    PWI_TRY(pw_file_read(file, i_tensor, bytes, tensor.size_bytes, err));
    tensor.data = bytes;
    return pw_tensor_to_f32(&tensor, vectors, n, err);
}

/* The sizes were checked against the file's when its header was read. */
static pw_status read_vectors(const pw_embeddings *embeddings, const pw_file *file,
                              struct holding *holding, pw_error *err)
{
    const pw_allocator *allocator = &embeddings->ctx->allocator;
    const size_t n = holding->take.n_vectors * holding->take.width;
    const size_t size = pw_file_tensor(file, holding->take.i_tensor)->size_bytes;
    void *bytes = pwi_alloc_array(allocator, size, 1);
    float *vectors = PWI_ARRAY(allocator, float, n);
    pw_status status = PW_ERR_NO_MEMORY;

    if (bytes == NULL || vectors == NULL)
        pwi_fail_memory(err);
    else
        status = convert(file, holding->take.i_tensor, bytes, vectors, n, err);
    if (bytes != NULL)
        pwi_free_array(allocator, bytes, size, 1);
    if (status == PW_OK) {
        holding->vectors = vectors;
        warn_of_values(embeddings->ctx, pw_file_path(file), vectors, n);
    } else if (vectors != NULL) {
        pwi_free_array(allocator, vectors, n, sizeof(*vectors));
    }
    return status;
}

static pw_status check_unchanged(const pwi_embedding_file *file,
                                 const pwi_embedding_take *listed,
                                 const pwi_embedding_take *take, bool fits, pw_error *err)
{
    if (file->state == PWI_EMBEDDING_FITS && fits && listed->i_tensor == take->i_tensor &&
        listed->n_vectors == take->n_vectors && listed->width == take->width)
        return PW_OK;
    return pwi_where(err, file->path,
                     PWI_FAIL(err, PW_ERR_MISMATCH,
                              "the file changed since its folder was listed: start again"));
}

static pw_status load_holding(const pw_embeddings *embeddings, const pwi_embedding_file *file,
                              size_t i_encoder, struct holding *holding, pw_error *err)
{
    pwi_embedding_take takes[PW_EMBEDDING_ENCODERS_MAX];
    pw_file *opened;
    bool fits = false;
    pw_status status;

    if (file->ending != PWI_ENDING_SAFETENSORS)
        return pwi_embedding_refuse_pickle(file->path, err);
    PWI_TRY(pwi_embedding_file_open(&opened, embeddings->ctx, file->path, err));
    status = pick(embeddings, opened, takes, &fits, err);
    if (status == PW_OK)
        status = check_unchanged(file, &holding->take, &takes[i_encoder], fits, err);
    if (status == PW_OK)
        status = read_vectors(embeddings, opened, holding, err);
    pw_file_free(opened);
    return status;
}

static void warn_of_rival(const pw_embeddings *embeddings, const pwi_embedding_name *name)
{
    char quoted[2][PWI_QUOTE_SIZE];
    const char *rival;

    if (name->i_rival == PWI_NONE)
        return;
    rival = embeddings->list.files.items[name->i_rival].path;
    pwi_warn(embeddings->ctx, embeddings->list.files.items[name->i_file].path,
             "this file is used for the name %s, which %s has, too",
             pwi_quote(quoted[0], name->text, strlen(name->text)),
             pwi_quote(quoted[1], rival, strlen(rival)));
}

pw_status pw_embeddings_load(pw_embeddings *embeddings, size_t i_encoder, size_t i,
                             pw_error *err)
{
    const pwi_embedding_name *name;
    struct holding *holding;
    pw_embedding *embedding;

    if (i_encoder >= embeddings->n_encoders || i >= embeddings->names.n)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "there is no embedding %zu of encoder %zu: there are %zu, of %zu", i,
                        i_encoder, embeddings->names.n, embeddings->n_encoders);
    embedding = &embeddings->arrays[i_encoder * embeddings->names.n + i];
    if (embedding->vectors != NULL)
        return PW_OK;
    name = &embeddings->names.items[i];
    holding = &holdings_of(embeddings, name->i_file)[i_encoder];
    if (holding->vectors == NULL)
        PWI_TRY(load_holding(embeddings, &embeddings->list.files.items[name->i_file], i_encoder,
                             holding, err));
    embedding->vectors = holding->vectors;
    if (i_encoder == 0)
        warn_of_rival(embeddings, name);
    return PW_OK;
}

pw_status pw_embeddings_load_used(pw_embeddings *embeddings, size_t i_encoder,
                                  const pw_plan *plan, pw_error *err)
{
    for (size_t i = 0; i < pw_plan_n_sequences(plan); i++) {
        const pw_sequence *sequence = pw_plan_sequence(plan, i);

        for (size_t k = 0; k < sequence->n_injections; k++)
            PWI_TRY(pw_embeddings_load(embeddings, i_encoder,
                                       sequence->injections[k].i_embedding, err));
    }
    return PW_OK;
}
