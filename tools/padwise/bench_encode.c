/* SPDX-License-Identifier: MIT */
/* padwise bench encode: the forward pass over batches of distinct prompts: no two begin alike,
 * so that nothing is shared, and every row is computed. */
#include <stdlib.h>

#include "bench.h"
#include "grid.h"
#include "talk.h"

struct run {
    struct bench *bench;
    pw_model_info info;
    pw_session *session;
    int32_t *ids;  /* of the longest batch */
    float *states; /* last_hidden_state */
    float *pooled;
    size_t n_rows_max;
    pw_precision asked;
    const struct bench_rows *rows;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *state)
{
    uint64_t x = *state += 0x9E3779B97F4A7C15u;

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* The first id of each prompt is its number, the last one the end token. */
static void draw_ids(struct run *run)
{
    const size_t n_tokens = run->rows->n_tokens;
    const int32_t eos = run->info.eos_id >= 0 ? run->info.eos_id : run->info.n_vocab - 1;
    uint64_t state = run->bench->seed;

    for (size_t prompt = 0; prompt < run->rows->n_prompts; prompt++) {
        int32_t *ids = run->ids + prompt * n_tokens;

        for (size_t i = 0; i < n_tokens; i++)
            ids[i] = (int32_t)(draw(&state) % (uint64_t)(run->info.n_vocab - 2));
        ids[0] = (int32_t)prompt;
        if (n_tokens > 1)
            ids[n_tokens - 1] = eos;
    }
}

static int encode(struct run *run, const pw_batch *batch)
{
    const size_t n_rows = batch->n_prompts * batch->n_tokens;
    const size_t width = (size_t)run->info.width;
    const pw_output outputs[] = {
        {PW_OUTPUT_LAST_HIDDEN_STATE, 0, false, run->states, n_rows * width},
        {PW_OUTPUT_POOLED, 0, false, run->pooled, batch->n_prompts * width},
    };
    pw_error err;

    if (pw_model_encode(run->session, batch, outputs, 2, &err) != PW_OK)
        return fail_with(run->bench->app, &err);
    return DONE;
}

static int encode_once(void *argument, double *seconds)
{
    struct run *run = argument;
    const pw_batch batch = {run->ids, NULL, run->rows->n_prompts, run->rows->n_tokens, NULL, 0};
    const double start = progress_clock();

    TRY(encode(run, &batch));
    *seconds = progress_clock() - start;
    return DONE;
}

/* Of a batch that took `median` seconds; the operations as the session counted them. */
struct rates {
    double flops, flops_per_s, share, read_share;
    uint64_t n_rows;
};

static struct rates rates_of(const struct run *run, double median)
{
    const pw_peaks *peaks = &run->bench->peaks;
    pw_session_stats stats;
    double flops;

    pw_session_stats_init(&stats);
    pw_session_get_stats(run->session, &stats);
    flops = (double)stats.flops;
    return (struct rates){flops, flops / median, flops / median / peaks->f32,
                          bench_model_stream(&run->info) / peaks->read_memory / median,
                          stats.n_rows_computed};
}

static int tell_json(struct run *run, const struct bench_times *times)
{
    const struct rates rates = rates_of(run, times->median);
    const double n_prompts = (double)run->rows->n_prompts;
    const double n_tokens = n_prompts * (double)run->rows->n_tokens;
    const struct bench_result result = {.figure = "encode",
                                        .value = 1e3 * times->median,
                                        .unit = "ms",
                                        .share = rates.share,
                                        .precision = (int32_t)run->info.precision,
                                        .n_threads =
                                            pw_context_n_threads(run->bench->app->ctx)};
    struct json json = {0};
    char shape[48];

    snprintf(shape, sizeof(shape), "%zux%zu", run->rows->n_prompts, run->rows->n_tokens);
    bench_json_begin(run->bench, &json, &result);
    bench_json_model(run->bench, &json, &run->info);
    json_member_text(&json, "asked", pw_precision_name(run->asked));
    json_member_text(&json, "shape", shape);
    json_member_int(&json, "n", (int64_t)times->n);
    json_member_real(&json, "median", 1e3 * times->median);
    json_member_real(&json, "best", 1e3 * times->best);
    json_member_real(&json, "ms_per_prompt", 1e3 * times->median / n_prompts);
    json_member_real(&json, "tokens_per_s", n_tokens / times->median);
    json_member_int(&json, "rows_computed", (int64_t)rates.n_rows);
    json_member_real(&json, "flops", rates.flops);
    json_member_real(&json, "flops_per_s", rates.flops_per_s);
    json_member_real(&json, "read_share", rates.read_share);
    return bench_json_end(run->bench, &json);
}

static void tell_row(const struct run *run, const struct bench_times *times, struct grid *grid)
{
    const struct rates rates = rates_of(run, times->median);
    const double n_prompts = (double)run->rows->n_prompts;

    grid_cell(grid, "%zux%zu", run->rows->n_prompts, run->rows->n_tokens);
    grid_cell(grid, "%.2f", 1e3 * times->median);
    grid_cell(grid, "%.2f", 1e3 * times->best);
    grid_cell(grid, "%.2f", 1e3 * times->median / n_prompts);
    grid_cell(grid, "%.0f", n_prompts * (double)run->rows->n_tokens / times->median);
    grid_cell(grid, "%.2f", rates.flops / 1e9);
    grid_cell(grid, "%.1f", rates.flops_per_s / 1e9);
    grid_cell(grid, "%.1f%%", 100.0 * rates.share);
    grid_cell(grid, "%.1f%%", 100.0 * rates.read_share);
}

static const struct column columns[] = {
    {"rows", false},     {"median ms", true}, {"best ms", true},
    {"ms/prompt", true}, {"tok/s", true},     {"GFLOP", true},
    {"GFLOP/s", true},   {"of FMA", true},    {"of read", true}};

static int measure_rows(struct run *run, struct grid *grid)
{
    struct bench *bench = run->bench;
    struct bench_times times;
    const char *stage =
        pool_format(&bench->app->pool, "encoding %zux%zu, %s, threads %d", run->rows->n_prompts,
                    run->rows->n_tokens, pw_precision_name(run->info.precision),
                    (int)pw_context_n_threads(bench->app->ctx));

    if (stage == NULL)
        return fail_memory(bench->app);
    draw_ids(run);
    TRY(bench_time(bench, stage, encode_once, run, &times));
    if (bench->app->json)
        return tell_json(run, &times);
    tell_row(run, &times, grid);
    return DONE;
}

static void put_heading(const struct run *run, struct builder *out)
{
    const pw_peaks *peaks = &run->bench->peaks;

    builder_format(out, "\nencode %s %s, %s", run->info.name, pw_dtype_name(run->info.dtype),
                   pw_precision_name(run->asked));
    if (run->asked != run->info.precision)
        builder_format(out, " (computed as %s)", pw_precision_name(run->info.precision));
    builder_format(out, ", %d thread%s: %.1f GFLOP/s, %.1f GB/s at most\n",
                   (int)peaks->n_threads, peaks->n_threads == 1 ? "" : "s", peaks->f32 / 1e9,
                   peaks->read_memory / 1e9);
}

/* The first pass touches scratch and weights for the first time: not counted. */
static int warm_up(struct run *run)
{
    const pw_batch batch = {run->ids, NULL, 1, run->rows->n_tokens, NULL, 0};

    draw_ids(run);
    return encode(run, &batch);
}

static int measure_all_rows(struct run *run)
{
    struct bench *bench = run->bench;
    struct builder out = {0};
    struct grid grid;
    int status = DONE;

    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    run->rows = &bench->rows[0];
    status = warm_up(run);
    for (size_t i = 0; i < bench->n_rows && status == DONE && !bench->is_unread; i++) {
        run->rows = &bench->rows[i];
        status = measure_rows(run, &grid);
    }
    put_heading(run, &out);
    grid_print(&grid, &out, bench->app->width_out, bench->app->color_out);
    if (status == DONE && !bench->app->json)
        return bench_print(bench, &out);
    builder_free(&out);
    return status;
}

static int check_rows(struct run *run, const struct bench_rows *rows)
{
    if (rows->n_tokens > (size_t)run->info.n_positions)
        return fail_usage(run->bench->app, "--rows %zux%zu: the model has %d positions",
                          rows->n_prompts, rows->n_tokens, (int)run->info.n_positions);
    if (rows->n_prompts > (size_t)run->info.n_vocab - 2)
        return fail_usage(run->bench->app,
                          "--rows %zux%zu: at most %d prompts begin with different tokens",
                          rows->n_prompts, rows->n_tokens, (int)run->info.n_vocab - 2);
    return DONE;
}

static int allocate(struct run *run)
{
    struct bench *bench = run->bench;
    const size_t width = (size_t)run->info.width;
    size_t n_prompts_max = 1;

    for (size_t i = 0; i < bench->n_rows; i++) {
        const struct bench_rows *rows = &bench->rows[i];
        const size_t n = rows->n_prompts * rows->n_tokens;

        TRY(check_rows(run, rows));
        run->n_rows_max = n > run->n_rows_max ? n : run->n_rows_max;
        n_prompts_max = rows->n_prompts > n_prompts_max ? rows->n_prompts : n_prompts_max;
    }
    run->ids = calloc(run->n_rows_max, sizeof(*run->ids));
    run->states = calloc(run->n_rows_max, width * sizeof(float));
    run->pooled = calloc(n_prompts_max, width * sizeof(float));
    if (run->ids == NULL || run->states == NULL || run->pooled == NULL)
        return fail_memory(bench->app);
    return DONE;
}

static int measure_model(struct bench *bench, pw_model *model, pw_precision asked)
{
    struct run run = {.bench = bench, .asked = asked};
    pw_error err;
    int status;

    pw_model_get_info(model, &run.info);
    status = allocate(&run);
    if (status == DONE && pw_session_create(&run.session, model, run.n_rows_max, &err) != PW_OK)
        status = fail_with(bench->app, &err);
    if (status == DONE)
        status = measure_all_rows(&run);
    pw_session_free(run.session);
    free(run.ids);
    free(run.states);
    free(run.pooled);
    return status;
}

int bench_encode(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_threads && !bench->is_unread; i++) {
        TRY(bench_context(bench, bench->threads[i]));
        for (size_t p = 0; p < bench->n_precisions && !bench->is_unread; p++) {
            pw_model *model;
            int status;

            TRY(bench_model_open(bench, bench->precisions[p], PW_WEIGHTS_RESIDENT, &model));
            status = measure_model(bench, model, bench->precisions[p]);
            pw_model_free(model);
            TRY(status);
        }
    }
    return DONE;
}
