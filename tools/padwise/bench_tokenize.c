/* SPDX-License-Identifier: MIT */
/* padwise bench tokenize: English captions to ids, one call a text on one thread, one call for
 * all texts on all. */
#include <stdlib.h>

#include "bench.h"
#include "talk.h"

#define N_TEXTS 20000

struct run {
    struct bench *bench;
    struct pool pool;
    pw_text *texts;     /* [N_TEXTS] */
    const char **bytes; /* the same as the batch takes them */
    size_t *sizes;
    pw_tokens *tokens; /* [N_TEXTS] */
    size_t n_bytes, n_tokens;
};

static int one_by_one(void *argument, double *seconds)
{
    struct run *run = argument;
    const double start = progress_clock();
    pw_error err;

    run->n_tokens = 0;
    for (size_t i = 0; i < N_TEXTS; i++) {
        pw_tokens tokens;

        if (pw_tokenizer_encode(run->bench->text.tokenizer, run->texts[i].bytes,
                                run->texts[i].size, &tokens, &err) != PW_OK)
            return fail_with(run->bench->app, &err);
        run->n_tokens += tokens.n_tokens;
        pw_tokens_free(&tokens);
    }
    *seconds = progress_clock() - start;
    return DONE;
}

static int all_at_once(void *argument, double *seconds)
{
    struct run *run = argument;
    const double start = progress_clock();
    pw_error err;

    if (pw_tokenizer_encode_batch(run->bench->text.tokenizer, run->bytes, run->sizes, N_TEXTS,
                                  run->tokens, &err) != PW_OK)
        return fail_with(run->bench->app, &err);
    run->n_tokens = 0;
    for (size_t i = 0; i < N_TEXTS; i++) {
        run->n_tokens += run->tokens[i].n_tokens;
        pw_tokens_free(&run->tokens[i]);
    }
    *seconds = progress_clock() - start;
    return DONE;
}

static int tell(struct run *run, const struct bench_times *times, const pw_peaks *peaks)
{
    const double rate = N_TEXTS / times->median;
    const double bytes = (double)run->n_bytes / times->median;
    char details[160];
    const struct bench_result result = {.figure = "tokenize",
                                        .value = rate,
                                        .unit = "prompts/s",
                                        .share = bytes / peaks->read_memory,
                                        .of = "reading the text",
                                        .precision = -1,
                                        .n_threads = peaks->n_threads,
                                        .details = details};
    struct json json = {0};

    snprintf(details, sizeof(details),
             "  %.1f MB/s, %.3g tokens/s; %d captions of %.0f bytes\n", bytes / 1e6,
             (double)run->n_tokens / times->median, N_TEXTS, (double)run->n_bytes / N_TEXTS);
    if (!run->bench->app->json)
        return bench_line(run->bench, &result);
    bench_json_begin(run->bench, &json, &result);
    json_member_int(&json, "n", (int64_t)times->n);
    json_member_real(&json, "best", N_TEXTS / times->best);
    json_member_int(&json, "prompts", N_TEXTS);
    json_member_real(&json, "bytes_per_s", bytes);
    json_member_real(&json, "tokens_per_s", (double)run->n_tokens / times->median);
    return bench_json_end(run->bench, &json);
}

static int prepare(struct run *run)
{
    struct bench *bench = run->bench;

    run->texts = pool_array(&run->pool, N_TEXTS, sizeof(*run->texts));
    run->bytes = pool_array(&run->pool, N_TEXTS, sizeof(*run->bytes));
    run->sizes = pool_array(&run->pool, N_TEXTS, sizeof(*run->sizes));
    run->tokens = pool_array(&run->pool, N_TEXTS, sizeof(*run->tokens));
    if (run->texts == NULL || run->bytes == NULL || run->sizes == NULL || run->tokens == NULL)
        return fail_memory(bench->app);
    TRY(bench_captions(bench, &run->pool, N_TEXTS, run->texts));
    for (size_t i = 0; i < N_TEXTS; i++) {
        run->bytes[i] = run->texts[i].bytes;
        run->sizes[i] = run->texts[i].size;
        run->n_bytes += run->texts[i].size;
    }
    return bench_tokenizer_open(bench);
}

static int measure(struct run *run)
{
    struct bench *bench = run->bench;
    struct bench_times times;

    TRY(prepare(run));
    TRY(bench_time(bench, "tokenizing, one by one", one_by_one, run, &times));
    TRY(tell(run, &times, &bench->roofline.one));
    if (bench->peaks.n_threads == 1)
        return DONE;
    TRY(bench_time(bench, "tokenizing, all at once", all_at_once, run, &times));
    return tell(run, &times, &bench->peaks);
}

int bench_tokenize(struct bench *bench)
{
    struct run run = {.bench = bench};
    const int status = measure(&run);

    pool_free(&run.pool);
    return status;
}
