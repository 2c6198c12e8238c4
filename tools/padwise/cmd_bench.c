/* SPDX-License-Identifier: MIT */
/* padwise bench: how fast this machine does what padwise does, beside what it could do. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "suggest.h"
#include "talk.h"

#define ROWS_DEFAULT "1x77,8x77,64x77,1x16,64x16"
#define REPEATS_MOST BENCH_TIMES_MAX
#define LIMIT_MOST   10000000
#define PROMPTS_MOST 65536

static const struct {
    const char *name;
    int (*run)(struct bench *bench);
} figures[N_FIGURES] = {
    [FIGURE_ROOFLINE] = {"roofline", bench_roofline},
    [FIGURE_ENCODE] = {"encode", bench_encode},
    [FIGURE_STARTUP] = {"startup", bench_startup},
    [FIGURE_TOKENIZE] = {"tokenize", bench_tokenize},
    [FIGURE_BULK] = {"bulk", bench_bulk},
    [FIGURE_ZERO_SHOT] = {"zero-shot", bench_zero_shot},
    [FIGURE_LAB] = {"lab", bench_lab},
};

static int want(struct bench *bench, const char *word)
{
    struct suggestion suggestion;

    suggest_start(&suggestion, word);
    for (size_t i = 0; i < N_FIGURES; i++) {
        suggest_offer(&suggestion, figures[i].name);
        if (strcmp(word, figures[i].name) == 0) {
            bench->wanted[i] = true;
            return DONE;
        }
    }
    if (suggestion.best != NULL)
        return fail_usage(bench->app, "unknown figure %s; did you mean %s?", word,
                          suggestion.best);
    return fail_usage(bench->app,
                      "unknown figure %s; there are roofline, encode, startup, tokenize, bulk, "
                      "zero-shot, lab, all",
                      word);
}

static int read_figures(struct bench *bench)
{
    const struct arguments *arguments = &bench->app->arguments;

    bench->is_all = arguments->n_words == 0;
    for (size_t i = 0; i < arguments->n_words; i++) {
        if (strcmp(arguments->words[i], "all") == 0)
            bench->is_all = true;
        else
            TRY(want(bench, arguments->words[i]));
    }
    for (size_t i = 0; bench->is_all && i < N_FIGURES; i++)
        bench->wanted[i] = true;
    return DONE;
}

/* Each item of "a,b" in the texts of an option. */
static int each_item(struct bench *bench, const struct given *given,
                     int (*take)(struct bench *bench, const char *text, size_t size))
{
    for (size_t i = 0; i < given->n; i++) {
        const char *text = given->texts[i];

        for (;;) {
            const size_t size = strcspn(text, ",");

            TRY(take(bench, text, size));
            if (text[size] == '\0')
                break;
            text += size + 1;
        }
    }
    return DONE;
}

/* Numbers of threads are kept in order, each once. */
static void add_threads(struct bench *bench, int32_t n_threads)
{
    size_t at = bench->n_threads;

    for (size_t i = 0; i < bench->n_threads; i++)
        if (bench->threads[i] == n_threads)
            return;
    for (; at > 0 && bench->threads[at - 1] > n_threads; at--)
        bench->threads[at] = bench->threads[at - 1];
    bench->threads[at] = n_threads;
    bench->n_threads++;
}

static int take_threads(struct bench *bench, const char *text, size_t size)
{
    int64_t n = 0;

    if (!parse_integer(text, size, &n) || n < 1 || n > 4096)
        return fail_usage(bench->app, "--threads \"%.*s\" is no whole number from 1 to 4096",
                          (int)size, text);
    if (bench->n_threads == BENCH_THREADS_MAX)
        return fail_usage(bench->app, "--threads: at most %d numbers", BENCH_THREADS_MAX);
    add_threads(bench, (int32_t)n);
    return DONE;
}

/* "8x77" */
static int take_rows(struct bench *bench, const char *text, size_t size)
{
    const char *x = memchr(text, 'x', size);
    int64_t n_prompts = 0, n_tokens = 0;

    if (x == NULL || !parse_integer(text, (size_t)(x - text), &n_prompts) ||
        !parse_integer(x + 1, (size_t)(text + size - x - 1), &n_tokens) || n_prompts < 1 ||
        n_prompts > PROMPTS_MOST || n_tokens < 1 || n_tokens > PW_MODEL_POSITIONS_MAX)
        return fail_usage(bench->app,
                          "--rows \"%.*s\" is no batch such as 8x77 (prompts x tokens, at most "
                          "%d prompts)",
                          (int)size, text, PROMPTS_MOST);
    if (bench->n_rows == BENCH_ROWS_MAX)
        return fail_usage(bench->app, "--rows: at most %d batches", BENCH_ROWS_MAX);
    bench->rows[bench->n_rows++] = (struct bench_rows){(size_t)n_prompts, (size_t)n_tokens};
    return DONE;
}

/* The parser has checked the names. */
static int read_precisions(struct bench *bench)
{
    const struct given *given = &bench->app->arguments.given[OPTION_PRECISION];

    for (size_t i = 0; i < given->n; i++) {
        const int32_t found = pw_precision_from_name(given->texts[i]);

        if (found < 0)
            return fail_usage(bench->app, "--precision %s is not in this version",
                              given->texts[i]);
        if (bench->n_precisions < PW_N_PRECISIONS)
            bench->precisions[bench->n_precisions++] = (pw_precision)found;
    }
    if (bench->n_precisions == 0)
        bench->precisions[bench->n_precisions++] = PW_PRECISION_HIGHEST;
    return DONE;
}

static int read_options(struct bench *bench)
{
    const char *rows_default = ROWS_DEFAULT;
    const struct given defaults = {&rows_default, 1, 1};
    const struct given *rows = &bench->app->arguments.given[OPTION_ROWS];

    TRY(read_figures(bench));
    TRY(each_item(bench, &bench->app->arguments.given[OPTION_THREADS], take_threads));
    TRY(each_item(bench, rows->n > 0 ? rows : &defaults, take_rows));
    TRY(read_precisions(bench));
    TRY(option_integer(bench->app, OPTION_REPEATS, 1, REPEATS_MOST, &bench->n_repeats));
    TRY(option_integer(bench->app, OPTION_LIMIT, 1, LIMIT_MOST, &bench->limit));
    return option_seed(bench->app, &bench->seed);
}

/* Without --threads: one, and all. The largest context comes first and knows how many. */
static int look_at_machine(struct bench *bench)
{
    TRY(bench_look_at_machine(
        bench, bench->n_threads == 0 ? 0 : bench->threads[bench->n_threads - 1]));
    if (bench->n_threads == 0) {
        add_threads(bench, 1);
        add_threads(bench, pw_context_n_threads(bench->app->ctx));
    }
    return bench->app->json ? DONE : bench_say_machine(bench);
}

static int run_figures(struct bench *bench)
{
    TRY(look_at_machine(bench));
    for (size_t i = 0; i < N_FIGURES && !bench->is_unread; i++) {
        if (!bench->wanted[i])
            continue;
        if (pw_context_n_threads(bench->app->ctx) != bench->threads[bench->n_threads - 1])
            TRY(bench_context(bench, bench->threads[bench->n_threads - 1]));
        TRY(figures[i].run(bench));
    }
    return DONE;
}

int run_bench(struct app *app)
{
    struct bench bench = {.app = app};
    int status;

    TRY(read_options(&bench));
    TRY(app_open_output(app));
    status = run_figures(&bench);
    progress_stop(&app->progress);
    bench_model_remove(&bench);
    return status;
}
