/* SPDX-License-Identifier: MIT */
/* padwise bench bulk: captions to shards of pooled vectors in a temporary folder, as `padwise
 * encode --shard-size` writes them. */
#include "bench.h"
#include "talk.h"

#define LIMIT_DEFAULT 10000
#define LIMIT_OF_ALL  500
#define SHARD_SIZE    1000

struct run {
    struct bench *bench;
    struct pool pool;
    pw_model *model;
    pw_model_info info;
    pw_text *texts;
    size_t n;
    char *folder;
    double n_tokens, flops; /* of every caption by itself, without pads */
};

static bool on_file(void *user, const pw_bulk_file *file)
{
    struct run *run = user;
    const uint64_t done = file->first + file->n_prompts;

    progress_update(&run->bench->app->progress, done, (double)done / (double)run->n);
    return false;
}

static pw_status feed(struct run *run, pw_bulk *bulk, pw_error *err)
{
    for (size_t i = 0; i < run->n; i++) {
        const pw_bulk_item item = {.prompt = {.prompt = run->texts[i]}};
        const pw_status status = pw_bulk_add(bulk, &item, err);

        if (status != PW_OK)
            return status;
    }
    return pw_bulk_finish(bulk, err);
}

static int work(struct run *run)
{
    static const char *const only[] = {"pooler_output"};
    const pw_encoder encoder = {NULL, run->model, run->bench->text.tokenizer};
    pw_conditioning_options conditioning;
    pw_bulk_options options;
    pw_bulk *bulk;
    pw_status status;
    pw_error err;

    pw_conditioning_options_init(&conditioning);
    conditioning.only = only;
    conditioning.n_only = 1;
    pw_bulk_options_init(&options);
    options.folder = run->folder;
    options.shard_size = SHARD_SIZE;
    options.on_file = on_file;
    options.user = run;
    if (pw_bulk_create(&bulk, run->bench->app->ctx, &encoder, 1, &conditioning, &options,
                       &err) != PW_OK)
        return fail_with(run->bench->app, &err);
    status = feed(run, bulk, &err);
    if (status == PW_OK)
        status = pw_bulk_write_index(bulk, &err);
    pw_bulk_free(bulk);
    return status == PW_OK ? DONE : fail_with(run->bench->app, &err);
}

/* What the captions take where nothing is shared and no pad is computed: the bulk room does not
 * say what it computed. Row i of a caption sees i + 1 keys. */
static int count(struct run *run)
{
    const double width = run->info.width, mlp = run->info.mlp;

    for (size_t i = 0; i < run->n; i++) {
        pw_tokens tokens;
        pw_error err;
        double n;

        if (pw_tokenizer_encode(run->bench->text.tokenizer, run->texts[i].bytes,
                                run->texts[i].size, &tokens, &err) != PW_OK)
            return fail_with(run->bench->app, &err);
        n = (double)(tokens.n_tokens < (size_t)run->info.n_positions
                         ? tokens.n_tokens
                         : (size_t)run->info.n_positions);
        run->n_tokens += n;
        run->flops += run->info.n_layers * (2 * (4 * width * width + 2 * width * mlp) * n +
                                            4 * width * n * (n + 1) / 2);
        pw_tokens_free(&tokens);
    }
    return DONE;
}

static int tell(struct run *run, double seconds)
{
    const pw_peaks *peaks = &run->bench->peaks;
    char details[200];
    const struct bench_result result = {.figure = "bulk",
                                        .value = (double)run->n / seconds,
                                        .unit = "captions/s",
                                        .share = run->flops / seconds / peaks->f32,
                                        .of = "FMA",
                                        .precision = (int32_t)run->info.precision,
                                        .n_threads = peaks->n_threads,
                                        .details = details};
    struct json json = {0};

    snprintf(details, sizeof(details),
             "  %zu captions, %.0f tokens without pads, in %.1f s, to shards; %s %s\n", run->n,
             run->n_tokens, seconds, run->info.name, pw_dtype_name(run->info.dtype));
    if (!run->bench->app->json)
        return bench_line(run->bench, &result);
    bench_json_begin(run->bench, &json, &result);
    bench_json_model(run->bench, &json, &run->info);
    json_member_int(&json, "prompts", (int64_t)run->n);
    json_member_real(&json, "seconds", seconds);
    json_member_real(&json, "tokens", run->n_tokens);
    json_member_real(&json, "flops", run->flops);
    return bench_json_end(run->bench, &json);
}

static int measure(struct run *run, pw_precision precision)
{
    struct bench *bench = run->bench;
    double start;

    run->n = bench->limit > 0 ? (size_t)bench->limit
             : bench->is_all  ? LIMIT_OF_ALL
                              : LIMIT_DEFAULT;
    TRY(bench_model_open(bench, precision, PW_WEIGHTS_RESIDENT, &run->model));
    pw_model_get_info(run->model, &run->info);
    TRY(bench_tokenizer_open(bench));
    run->texts = pool_array(&run->pool, run->n, sizeof(*run->texts));
    if (run->texts == NULL)
        return fail_memory(bench->app);
    TRY(bench_captions(bench, &run->pool, run->n, run->texts));
    TRY(count(run));
    TRY(bench_folder_make(bench->app, &run->folder));
    progress_start(&bench->app->progress, "encoding captions", "captions");
    start = progress_clock();
    TRY(work(run));
    progress_stop(&bench->app->progress);
    return tell(run, progress_clock() - start);
}

int bench_bulk(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_precisions && !bench->is_unread; i++) {
        struct run run = {.bench = bench};
        const int status = measure(&run, bench->precisions[i]);

        if (run.folder != NULL)
            bench_folder_remove(run.folder);
        pw_model_free(run.model);
        pool_free(&run.pool);
        TRY(status);
    }
    return DONE;
}
