/* SPDX-License-Identifier: MIT */
/* padwise bench zero-shot: the prompts of a zero-shot classifier, 1,000 classes in 80
 * templates, from text to pooled vectors. Sequences are sorted by their ids, so that those that
 * begin alike stand together: what begins alike is computed once. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "talk.h"

#define LIMIT_OF_ALL 2000

/* Prompts of one call: 4 templates of the whole set are computed at a time, and a bar moves. */
#define CHUNK 4096

/* Rows of a session: more share more, and take 20 KB each at width 768. */
#define ROWS_MAX 4096

struct work {
    double n_rows, flops;
};

struct run {
    struct bench *bench;
    struct pool pool;
    pw_model *model;
    pw_model_info info;
    pw_session *session;
    size_t n, n_tokens; /* prompts, and the length of the longest */
    pw_text *texts;
    const char **bytes;
    size_t *sizes;
    pw_tokens *tokens;
    int32_t *ids; /* [n, n_tokens] */
    float *pooled;
    size_t n_real, n_distinct; /* tokens without pads; and of them, nodes of the trie */
    struct work done;          /* as the session counted */
};

static int prepare(struct run *run)
{
    struct bench *bench = run->bench;
    pw_error err;

    run->texts = pool_array(&run->pool, run->n, sizeof(*run->texts));
    run->bytes = pool_array(&run->pool, run->n, sizeof(*run->bytes));
    run->sizes = pool_array(&run->pool, run->n, sizeof(*run->sizes));
    run->tokens = pool_array(&run->pool, run->n, sizeof(*run->tokens));
    run->pooled = pool_array(&run->pool, CHUNK, (size_t)run->info.width * sizeof(float));
    if (run->texts == NULL || run->bytes == NULL || run->sizes == NULL || run->tokens == NULL ||
        run->pooled == NULL)
        return fail_memory(bench->app);
    TRY(bench_class_prompts(bench, &run->pool, run->n, run->texts));
    for (size_t i = 0; i < run->n; i++) {
        run->bytes[i] = run->texts[i].bytes;
        run->sizes[i] = run->texts[i].size;
    }
    if (pw_session_create(&run->session, run->model, ROWS_MAX, &err) != PW_OK)
        return fail_with(bench->app, &err);
    return DONE;
}

static int by_ids(const void *a, const void *b)
{
    const pw_tokens *x = a, *y = b;

    for (size_t i = 0; i < x->n_tokens && i < y->n_tokens; i++)
        if (x->ids[i] != y->ids[i])
            return x->ids[i] < y->ids[i] ? -1 : 1;
    return (x->n_tokens > y->n_tokens) - (x->n_tokens < y->n_tokens);
}

/* Tokens that two sequences begin with. */
static size_t shared(const pw_tokens *a, const pw_tokens *b)
{
    const size_t n = a->n_real < b->n_real ? a->n_real : b->n_real;
    size_t i = 0;

    while (i < n && a->ids[i] == b->ids[i])
        i++;
    return i;
}

/* Cut to the position table, padded to the longest. */
static int fill_ids(struct run *run)
{
    const size_t n_positions = (size_t)run->info.n_positions;
    pw_error err;

    run->n_tokens = run->n_real = run->n_distinct = 0;
    for (size_t i = 0; i < run->n; i++)
        if (run->tokens[i].n_tokens > run->n_tokens)
            run->n_tokens = run->tokens[i].n_tokens;
    run->n_tokens = run->n_tokens > n_positions ? n_positions : run->n_tokens;
    qsort(run->tokens, run->n, sizeof(*run->tokens), by_ids);
    for (size_t i = 0; i < run->n; i++) {
        pw_tokens *tokens = &run->tokens[i];

        if (pw_tokens_normalize(tokens, run->n_tokens, run->bench->text.info.pad_id, &err) !=
            PW_OK)
            return fail_with(run->bench->app, &err);
        memcpy(run->ids + i * run->n_tokens, tokens->ids, run->n_tokens * sizeof(int32_t));
        run->n_real += tokens->n_real;
        run->n_distinct += tokens->n_real - (i == 0 ? 0 : shared(tokens, tokens - 1));
    }
    return DONE;
}

static void add_work(struct run *run)
{
    pw_session_stats stats;

    pw_session_stats_init(&stats);
    pw_session_get_stats(run->session, &stats);
    run->done.n_rows += (double)stats.n_rows_computed;
    run->done.flops += (double)stats.flops;
}

static int encode_all(struct run *run)
{
    struct app *app = run->bench->app;
    const size_t width = (size_t)run->info.width;
    pw_error err;

    for (size_t first = 0; first < run->n; first += CHUNK) {
        const size_t n = run->n - first < CHUNK ? run->n - first : CHUNK;
        const pw_batch batch = {
            run->ids + first * run->n_tokens, NULL, n, run->n_tokens, NULL, 0};
        const pw_output output = {PW_OUTPUT_POOLED, 0, false, run->pooled, n * width};

        if (pw_model_encode(run->session, &batch, &output, 1, &err) != PW_OK)
            return fail_with(app, &err);
        add_work(run);
        progress_update(&app->progress, first + n, (double)(first + n) / (double)run->n);
    }
    return DONE;
}

static void free_tokens(struct run *run)
{
    for (size_t i = 0; i < run->n; i++)
        pw_tokens_free(&run->tokens[i]);
    free(run->ids);
    run->ids = NULL;
}

static int tokenize_and_encode(struct run *run)
{
    struct app *app = run->bench->app;
    pw_error err;
    int status;

    if (pw_tokenizer_encode_batch(run->bench->text.tokenizer, run->bytes, run->sizes, run->n,
                                  run->tokens, &err) != PW_OK)
        return fail_with(app, &err);
    run->ids = calloc(run->n * (size_t)run->info.n_positions, sizeof(*run->ids));
    status = run->ids == NULL ? fail_memory(app) : fill_ids(run);
    if (status == DONE)
        status = encode_all(run);
    free_tokens(run);
    return status;
}

static int tell(struct run *run, double seconds)
{
    char details[300];
    const double rate = (double)run->n / seconds;
    const pw_peaks *peaks = &run->bench->peaks;
    const struct work done = run->done;
    const struct bench_result result = {.figure = "zero-shot",
                                        .value = rate,
                                        .unit = "captions/s",
                                        .share = done.flops / seconds / peaks->f32,
                                        .of = "FMA",
                                        .precision = (int32_t)run->info.precision,
                                        .n_threads = peaks->n_threads,
                                        .details = details};
    struct json json = {0};

    snprintf(details, sizeof(details),
             "  %zu of %d prompts in %.1f s: %zu tokens, %zu distinct, %.0f rows computed\n"
             "  %.4g GFLOP, %.1f GFLOP/s; %s %s\n",
             run->n, BENCH_CLASSES * BENCH_TEMPLATES, seconds, run->n_real, run->n_distinct,
             done.n_rows, done.flops / 1e9, done.flops / seconds / 1e9, run->info.name,
             pw_dtype_name(run->info.dtype));
    if (!run->bench->app->json)
        return bench_line(run->bench, &result);
    bench_json_begin(run->bench, &json, &result);
    bench_json_model(run->bench, &json, &run->info);
    json_member_int(&json, "prompts", (int64_t)run->n);
    json_member_real(&json, "seconds", seconds);
    json_member_int(&json, "tokens", (int64_t)run->n_real);
    json_member_int(&json, "distinct_tokens", (int64_t)run->n_distinct);
    json_member_real(&json, "rows_computed", done.n_rows);
    json_member_real(&json, "flops", done.flops);
    return bench_json_end(run->bench, &json);
}

static int measure(struct run *run, pw_precision precision)
{
    struct bench *bench = run->bench;
    const int64_t n = bench->limit > 0 ? bench->limit
                      : bench->is_all  ? LIMIT_OF_ALL
                                       : BENCH_CLASSES * BENCH_TEMPLATES;
    double start;

    if (n > BENCH_CLASSES * BENCH_TEMPLATES)
        return fail_usage(bench->app, "--limit %lld: there are %d prompts", (long long)n,
                          BENCH_CLASSES * BENCH_TEMPLATES);
    run->n = (size_t)n;
    TRY(bench_model_open(bench, precision, PW_WEIGHTS_RESIDENT, &run->model));
    pw_model_get_info(run->model, &run->info);
    TRY(bench_tokenizer_open(bench));
    TRY(prepare(run));
    progress_start(&bench->app->progress, "encoding the zero-shot set", "prompts");
    start = progress_clock();
    TRY(tokenize_and_encode(run));
    progress_stop(&bench->app->progress);
    return tell(run, progress_clock() - start);
}

int bench_zero_shot(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_precisions && !bench->is_unread; i++) {
        struct run run = {.bench = bench};
        const int status = measure(&run, bench->precisions[i]);

        pw_session_free(run.session);
        pw_model_free(run.model);
        pool_free(&run.pool);
        TRY(status);
    }
    return DONE;
}
