/* SPDX-License-Identifier: MIT */
/* padwise bench: what was asked for, the model that is measured, timing, and how figures are
 * told. A figure is a file bench_NAME.c with one function. */
#ifndef TOOL_BENCH_H
#define TOOL_BENCH_H

#include "app.h"
#include "find.h"
#include "json_out.h"

#define BENCH_THREADS_MAX 16
#define BENCH_ROWS_MAX    32
#define BENCH_TIMES_MAX   1000

enum bench_figure {
    FIGURE_ROOFLINE,
    FIGURE_ENCODE,
    FIGURE_STARTUP,
    FIGURE_TOKENIZE,
    FIGURE_BULK,
    FIGURE_ZERO_SHOT,
    FIGURE_LAB,
    N_FIGURES
};

/* A batch of one length: "8x77". */
struct bench_rows {
    size_t n_prompts, n_tokens;
};

struct bench {
    struct app *app;
    bool wanted[N_FIGURES];
    bool is_all; /* no figure was named: long ones are cut short */
    int32_t threads[BENCH_THREADS_MAX];
    size_t n_threads;
    pw_precision precisions[PW_N_PRECISIONS];
    size_t n_precisions;
    struct bench_rows rows[BENCH_ROWS_MAX];
    size_t n_rows;
    int64_t n_repeats; /* 0: as many as fit a time */
    int64_t limit;     /* prompts of zero-shot and bulk; 0: their own default */
    uint64_t seed;
    bool is_unread;       /* the reader of standard output went away: nobody to measure for */
    const char *cpu;      /* "Intel(R) Xeon(R) Processor" */
    pw_roofline roofline; /* of one thread and of the most */
    pw_peaks peaks;       /* of the context as it is now */

    struct model_place place;    /* -m, or the random model */
    char *folder;                /* of the random model, NULL: none was made */
    struct found_tokenizer text; /* its tokenizer; opened for each context */
};

/* Runs of one thing, in seconds. */
struct bench_times {
    double median, best;
    size_t n;
    double values[BENCH_TIMES_MAX];
};

/* bench_time.c: do something --repeats times, or three times and on until two seconds are over,
 * and show that it goes on. `once` adds to *seconds what is to be counted. */
int bench_time(struct bench *bench, const char *stage,
               int (*once)(void *argument, double *seconds), void *argument,
               struct bench_times *times);

/* bench_machine.c: a context of the most threads (0: all there are) that is measured, then
 * others; the line that says where the figures are from. */
int bench_look_at_machine(struct bench *bench, int32_t n_threads);
int bench_say_machine(struct bench *bench);
int bench_context(struct bench *bench, int32_t n_threads);
int bench_roofline(struct bench *bench);

/* bench_model.c: the model of -m, or a random CLIP-L in a temporary folder. */
int bench_model_prepare(struct bench *bench);
int bench_model_open(struct bench *bench, pw_precision precision, pw_weights_mode weights,
                     pw_model **model);
int bench_tokenizer_open(struct bench *bench);
void bench_model_remove(struct bench *bench);

/* Bytes of weights that one forward pass reads. */
double bench_model_stream(const pw_model_info *info);

/* bench_folder.c: a folder of our own below TMPDIR; *path is in the run's pool. Removing it
 * removes the files in it. */
int bench_folder_make(struct app *app, char **path);
void bench_folder_remove(const char *path);

/* bench_captions.c: English that nobody wrote. Texts are in the pool, the same for the same
 * seed. */
int bench_captions(struct bench *bench, struct pool *pool, size_t n, pw_text *texts);

/* 1,000 classes times 80 templates: `n` of them, evenly drawn, class by class. */
#define BENCH_CLASSES   1000
#define BENCH_TEMPLATES 80
int bench_class_prompts(struct bench *bench, struct pool *pool, size_t n, pw_text *texts);

/* The figures. */
int bench_encode(struct bench *bench);
int bench_startup(struct bench *bench);
int bench_tokenize(struct bench *bench);
int bench_bulk(struct bench *bench);
int bench_zero_shot(struct bench *bench);
int bench_lab(struct bench *bench);

/* bench_report.c. With --json a line a figure: begin, members of the figure's own, end. Else
 * bench_line: "name  value unit  share of what", and what there is to say about it. */
struct bench_result {
    const char *figure;
    double value;
    const char *unit;
    double share;      /* of the roofline; below 0: none */
    const char *of;    /* what the share is of */
    int32_t precision; /* a pw_precision that was computed; -1: none */
    int32_t n_threads;
    const char *details; /* for people */
};

void bench_json_begin(struct bench *bench, struct json *json,
                      const struct bench_result *result);
void bench_json_model(const struct bench *bench, struct json *json, const pw_model_info *info);
int bench_json_end(struct bench *bench, struct json *json);
int bench_line(struct bench *bench, const struct bench_result *result);

/* A table or lines for people, on stdout. */
int bench_print(struct bench *bench, struct builder *text);

#endif
