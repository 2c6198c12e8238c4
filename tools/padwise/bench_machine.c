/* SPDX-License-Identifier: MIT */
/* The machine: its name, its threads, its roofline. */
#include <string.h>

#include "bench.h"
#include "grid.h"
#include "show.h"
#include "talk.h"

/* Each of the roofline's figures, without --repeats and with each repeat. */
#define ROOFLINE_SECONDS        0.1
#define ROOFLINE_REPEAT_SECONDS 0.02

/* "model name : Intel(R) Xeon(R) Processor" */
static const char *cpu_name(struct app *app)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    const char *name = NULL;
    char line[512];

    while (file != NULL && name == NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *colon = strchr(line, ':');

        if (colon != NULL && colon[1] == ' ')
            colon++;
        if (strncmp(line, "model name", 10) == 0 && colon != NULL)
            name = pool_copy(&app->pool, colon + 1, strcspn(colon + 1, "\n"));
    }
    if (file != NULL)
        fclose(file);
    return name == NULL ? pool_copy(&app->pool, "unknown CPU", 11) : name;
}

static int measure(struct bench *bench, pw_roofline *roofline)
{
    pw_roofline_options options;
    pw_error err;

    pw_roofline_options_init(&options);
    options.seconds = bench->n_repeats > 0 ? ROOFLINE_REPEAT_SECONDS * (double)bench->n_repeats
                                           : ROOFLINE_SECONDS;
    options.seconds = options.seconds > 1.0 ? 1.0 : options.seconds;
    if (pw_roofline_measure(roofline, bench->app->ctx, &options, &err) != PW_OK)
        return fail_with(bench->app, &err);
    progress_stop(&bench->app->progress);
    return DONE;
}

int bench_context(struct bench *bench, int32_t n_threads)
{
    pw_roofline roofline;

    pw_tokenizer_free(bench->text.tokenizer);
    bench->text = (struct found_tokenizer){0};
    TRY(app_open_context_for(bench->app, PW_LEVEL_HIGHEST, n_threads));
    if (n_threads == 1) {
        bench->peaks = bench->roofline.one;
    } else if (n_threads == bench->roofline.all.n_threads) {
        bench->peaks = bench->roofline.all;
    } else {
        TRY(measure(bench, &roofline));
        bench->peaks = roofline.all;
    }
    return DONE;
}

int bench_look_at_machine(struct bench *bench, int32_t n_threads)
{
    bench->cpu = cpu_name(bench->app);
    if (bench->cpu == NULL)
        return fail_memory(bench->app);
    TRY(app_open_context_for(bench->app, PW_LEVEL_HIGHEST, n_threads));
    TRY(measure(bench, &bench->roofline));
    bench->peaks = bench->roofline.all;
    return DONE;
}

int bench_say_machine(struct bench *bench)
{
    struct builder out = {0};

    builder_format(&out, "padwise %s, ", pw_version());
    show_text(&out, bench->cpu, strlen(bench->cpu), 36);
    builder_format(&out, ", level %s, ", pw_level_name(bench->roofline.level));
    for (size_t i = 0; i < bench->n_threads; i++)
        builder_format(&out, "%s%d", i == 0 ? "threads " : ",", (int)bench->threads[i]);
    builder_text(&out, "\n");
    return bench_print(bench, &out);
}

struct peak {
    const char *name, *text, *unit;
    size_t offset; /* in pw_peaks */
};

static const struct peak peaks[] = {
    {"roofline.f32", "f32 fused multiply-add", "GFLOP/s", offsetof(pw_peaks, f32)},
    {"roofline.bf16", "bf16 products", "GFLOP/s", offsetof(pw_peaks, bf16)},
    {"roofline.i16", "16-bit integer products", "GOP/s", offsetof(pw_peaks, i16)},
    {"roofline.i8", "8-bit integer products", "GOP/s", offsetof(pw_peaks, i8)},
    {"roofline.read_cache", "reading from L2", "GB/s", offsetof(pw_peaks, read_cache)},
    {"roofline.read_memory", "reading from memory", "GB/s", offsetof(pw_peaks, read_memory)},
};

#define N_PEAKS (sizeof(peaks) / sizeof(*peaks))

static double value_of(const pw_peaks *of, const struct peak *peak)
{
    double value;

    memcpy(&value, (const char *)of + peak->offset, sizeof(value));
    return value / 1e9;
}

static int json_peaks(struct bench *bench, const pw_peaks *of)
{
    for (size_t i = 0; i < N_PEAKS; i++) {
        struct json json = {0};
        const struct bench_result result = {.figure = peaks[i].name,
                                            .value = value_of(of, &peaks[i]),
                                            .unit = peaks[i].unit,
                                            .share = value_of(of, &peaks[i]) > 0.0 ? 1.0 : -1.0,
                                            .precision = -1,
                                            .n_threads = of->n_threads};

        bench_json_begin(bench, &json, &result);
        TRY(bench_json_end(bench, &json));
    }
    return DONE;
}

static void add_peak(struct grid *grid, double value)
{
    if (value > 0.0)
        grid_cell(grid, "%.1f", value);
    else
        grid_cell(grid, "none");
}

int bench_roofline(struct bench *bench)
{
    const pw_roofline *roofline = &bench->roofline;
    const bool has_all = roofline->all.n_threads > 1;
    char title[32];
    const struct column columns[] = {{"roofline", false},
                                     {"1 thread", true},
                                     {has_all ? title : "unit", has_all},
                                     {"unit", false}};
    struct builder out = {0};
    struct grid grid;

    if (bench->app->json) {
        TRY(json_peaks(bench, &roofline->one));
        return has_all ? json_peaks(bench, &roofline->all) : DONE;
    }
    snprintf(title, sizeof(title), "%d threads", (int)roofline->all.n_threads);
    grid_start(&grid, columns, has_all ? 4 : 3);
    for (size_t i = 0; i < N_PEAKS; i++) {
        grid_cell(&grid, "%s", peaks[i].text);
        add_peak(&grid, value_of(&roofline->one, &peaks[i]));
        if (has_all)
            add_peak(&grid, value_of(&roofline->all, &peaks[i]));
        grid_cell(&grid, "%s", peaks[i].unit);
    }
    builder_text(&out, "\n");
    grid_print(&grid, &out, bench->app->width_out, bench->app->color_out);
    return bench_print(bench, &out);
}
