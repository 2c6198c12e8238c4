/* SPDX-License-Identifier: MIT */
/* padwise bench startup: from a model's path to the first result, in this process, the file in
 * the page cache; beside the time that reading the file and computing take. With streamed
 * weights, as `padwise encode` starts for a few prompts, and with resident ones. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "paths.h"
#include "talk.h"

#define CHUNK ((size_t)1 << 20)

struct run {
    struct bench *bench;
    pw_precision precision;
    pw_weights_mode weights;
    pw_model_info info;
    const char **files; /* the weights */
    size_t n_files, capacity;
    double n_bytes;
    char *chunk;
    float *pooled;
    pw_session *session; /* of the warm run */
};

/* The file, or what a folder holds of them. */
static int find_files(struct run *run)
{
    struct app *app = run->bench->app;
    const char *path = run->bench->place.path;
    struct listing listing = {0};

    if (path_is_folder(path) && !path_list(&app->pool, path, &listing))
        return fail_memory(app);
    for (size_t i = 0; i < (listing.n > 0 ? listing.n : 1); i++) {
        const char **files = pool_grow(&app->pool, run->files, run->n_files, &run->capacity,
                                       sizeof(*run->files));

        if (files == NULL)
            return fail_memory(app);
        run->files = files;
        if (listing.n == 0)
            files[run->n_files++] = path;
        else if (path_ends(listing.names[i], ".safetensors"))
            files[run->n_files++] = path_join(&app->pool, path, listing.names[i]);
    }
    return DONE;
}

static int read_file(struct run *run, const char *path)
{
    const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;

    if (path == NULL)
        return fail_memory(run->bench->app);
    if (fd < 0)
        return fail_errno(run->bench->app, path, "cannot open it");
    while ((n = read(fd, run->chunk, CHUNK)) > 0)
        run->n_bytes += (double)n;
    close(fd);
    return n < 0 ? fail_errno(run->bench->app, path, "cannot read it") : DONE;
}

static int read_once(void *argument, double *seconds)
{
    struct run *run = argument;
    const double start = progress_clock();

    run->n_bytes = 0;
    for (size_t i = 0; i < run->n_files; i++)
        TRY(read_file(run, run->files[i]));
    *seconds = progress_clock() - start;
    return DONE;
}

/* A prompt that fills the position table: its end token, whose row is pooled, comes last. */
static int encode(struct run *run, pw_session *session)
{
    int32_t ids[PW_MODEL_POSITIONS_MAX];
    const size_t n = (size_t)run->info.n_positions;
    const pw_batch batch = {ids, NULL, 1, n, NULL, 0};
    const pw_output output = {PW_OUTPUT_POOLED, 0, false, run->pooled, (size_t)run->info.width};
    pw_error err;

    for (size_t i = 0; i < n; i++)
        ids[i] = (int32_t)(i % (size_t)(run->info.n_vocab - 2));
    ids[n - 1] = run->info.eos_id >= 0 ? run->info.eos_id : run->info.n_vocab - 1;
    if (pw_model_encode(session, &batch, &output, 1, &err) != PW_OK)
        return fail_with(run->bench->app, &err);
    return DONE;
}

static int warm_once(void *argument, double *seconds)
{
    struct run *run = argument;
    const double start = progress_clock();

    TRY(encode(run, run->session));
    *seconds = progress_clock() - start;
    return DONE;
}

/* The info is told when the model is gone: its name is kept. */
static int open_session(struct run *run, pw_session **session)
{
    struct app *app = run->bench->app;
    pw_model *model;
    pw_error err;
    pw_status status;

    TRY(bench_model_open(run->bench, run->precision, run->weights, &model));
    pw_model_get_info(model, &run->info);
    run->info.name = pool_copy(&app->pool, run->info.name, strlen(run->info.name));
    status = pw_session_create(session, model, (size_t)run->info.n_positions, &err);
    pw_model_free(model); /* the session keeps it */
    if (status != PW_OK)
        return fail_with(app, &err);
    return run->info.name == NULL ? fail_memory(app) : DONE;
}

static int start_once(void *argument, double *seconds)
{
    struct run *run = argument;
    const double start = progress_clock();
    pw_session *session;
    int status;

    TRY(open_session(run, &session));
    status = encode(run, session);
    *seconds = progress_clock() - start;
    pw_session_free(session);
    return status;
}

static int tell(struct run *run, const struct bench_times *start, double resident,
                double reading, double warm)
{
    char details[300];
    const struct bench_result result = {.figure = "startup",
                                        .value = start->median,
                                        .unit = "s",
                                        .share = (reading + warm) / start->median,
                                        .of = "reading and computing",
                                        .precision = (int32_t)run->info.precision,
                                        .n_threads = run->bench->peaks.n_threads,
                                        .details = details};
    struct json json = {0};

    snprintf(details, sizeof(details),
             "  %s %s, %.0f MB in the page cache: read in %.3f s, one prompt in %.3f s\n"
             "  with all weights in memory first: %.4f s\n",
             run->info.name, pw_dtype_name(run->info.dtype), run->n_bytes / 1e6, reading, warm,
             resident);
    if (!run->bench->app->json)
        return bench_line(run->bench, &result);
    bench_json_begin(run->bench, &json, &result);
    bench_json_model(run->bench, &json, &run->info);
    json_member_int(&json, "n", (int64_t)start->n);
    json_member_real(&json, "best", start->best);
    json_member_real(&json, "read_s", reading);
    json_member_real(&json, "compute_s", warm);
    json_member_real(&json, "resident_s", resident);
    json_member_real(&json, "bytes", run->n_bytes);
    return bench_json_end(run->bench, &json);
}

static int measure(struct run *run)
{
    struct bench *bench = run->bench;
    struct bench_times streamed, resident, reading, warm;

    TRY(bench_model_prepare(bench));
    TRY(find_files(run));
    TRY(open_session(run, &run->session));
    run->chunk = malloc(CHUNK);
    run->pooled = malloc((size_t)run->info.width * sizeof(float));
    if (run->chunk == NULL || run->pooled == NULL)
        return fail_memory(bench->app);
    TRY(bench_time(bench, "encoding a prompt", warm_once, run, &warm));
    pw_session_free(run->session); /* two models at once would not be a start */
    run->session = NULL;
    TRY(bench_time(bench, "reading the file", read_once, run, &reading));
    TRY(bench_time(bench, "starting up", start_once, run, &resident));
    run->weights = PW_WEIGHTS_STREAMED;
    TRY(bench_time(bench, "starting up, streamed", start_once, run, &streamed));
    return tell(run, &streamed, resident.median, reading.median, warm.median);
}

int bench_startup(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_precisions && !bench->is_unread; i++) {
        struct run run = {.bench = bench, .precision = bench->precisions[i]};
        const int status = measure(&run);

        pw_session_free(run.session);
        free(run.chunk);
        free(run.pooled);
        TRY(status);
    }
    return DONE;
}
