/* SPDX-License-Identifier: MIT */
/* padwise bench lab: the exchange JSON of a 77 x 768 tensor, written to a file and read from
 * it, and that tensor as a heat map: a figure with its text from nothing to the PNG in a file.
 */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include <padwise/plot.h>

#include "bench.h"
#include "paths.h"
#include "talk.h"

#define N_ROWS 77
#define WIDTH  768

struct run {
    struct bench *bench;
    char *folder;
    const char *json, *png;
    pw_tensor_set *set; /* what is written and drawn */
    float *values;      /* of the set, [N_ROWS, WIDTH] */
};

/* Of the size that encoders give, all their digits used. */
static void fill(struct run *run)
{
    for (size_t i = 0; i < (size_t)N_ROWS * WIDTH; i++)
        run->values[i] = (float)(2.0 * sin(12.9898 * (double)i));
}

static int prepare(struct run *run)
{
    struct app *app = run->bench->app;
    const int64_t shape[3] = {1, N_ROWS, WIDTH};
    void *data;
    pw_error err;

    TRY(bench_folder_make(app, &run->folder));
    run->json = path_join(&app->pool, run->folder, "tensor.json");
    run->png = path_join(&app->pool, run->folder, "heat.png");
    if (run->json == NULL || run->png == NULL)
        return fail_memory(app);
    if (pw_tensor_set_create(&run->set, app->ctx, &err) != PW_OK ||
        pw_tensor_set_add(run->set, "last_hidden_state", PW_F32, 3, shape, &data, &err) !=
            PW_OK ||
        pw_tensor_set_put_metadata(run->set, "prompt", "a beaver", &err) != PW_OK)
        return fail_with(app, &err);
    run->values = data;
    fill(run);
    return DONE;
}

static int write_once(void *argument, double *seconds)
{
    struct run *run = argument;
    const double start = progress_clock();
    pw_save_options options;
    pw_error err;

    pw_save_options_init(&options);
    options.format = PW_FORMAT_JSON;
    if (pw_tensor_set_save(run->set, run->bench->app->ctx, run->json, &options, &err) != PW_OK)
        return fail_with(run->bench->app, &err);
    *seconds = progress_clock() - start;
    return DONE;
}

static int read_once(void *argument, double *seconds)
{
    struct run *run = argument;
    const double start = progress_clock();
    pw_tensor_set *set;
    pw_error err;

    if (pw_tensor_set_load(&set, run->bench->app->ctx, run->json, NULL, &err) != PW_OK)
        return fail_with(run->bench->app, &err);
    *seconds = progress_clock() - start;
    pw_tensor_set_free(set);
    return DONE;
}

static pw_status draw(struct run *run, pw_figure *figure, pw_error *err)
{
    const pw_matrix matrix = {run->values, N_ROWS, WIDTH, WIDTH, 1, false};
    const pw_rule rule = {false, 6.5, "pads from 7"};
    pw_panel_options panel;
    pw_status status;

    pw_panel_options_init(&panel);
    panel.x.label = "position";
    panel.y.label = "dimension";
    status = pw_figure_add_panel(figure, &panel, err);
    if (status == PW_OK)
        status = pw_figure_add_matrix(figure, &matrix, err);
    if (status == PW_OK)
        status = pw_figure_add_rule(figure, &rule, err);
    return status == PW_OK ? pw_figure_save(figure, run->png, NULL, err) : status;
}

static int draw_once(void *argument, double *seconds)
{
    struct run *run = argument;
    const pw_color_scale colors = {PW_MAP_DIVERGING, -PW_PLOT_HEAT_RANGE, PW_PLOT_HEAT_RANGE,
                                   "value"};
    const double start = progress_clock();
    pw_figure_options options;
    pw_figure *figure;
    pw_status status;
    pw_error err;

    pw_figure_options_init(&options);
    options.title = "a beaver";
    status = pw_figure_create(&figure, run->bench->app->ctx, &options, &colors, &err);
    if (status == PW_OK)
        status = draw(run, figure, &err);
    *seconds = progress_clock() - start;
    pw_figure_free(figure);
    return status == PW_OK ? DONE : fail_with(run->bench->app, &err);
}

/* bytes 0: the value is the time. */
static int tell(struct run *run, const char *figure, const struct bench_times *times,
                double bytes, const char *details)
{
    const struct bench_result result = {.figure = figure,
                                        .value = bytes > 0 ? bytes / times->median / 1e6
                                                           : 1e3 * times->median,
                                        .unit = bytes > 0 ? "MB/s" : "ms",
                                        .share = -1,
                                        .precision = -1,
                                        .n_threads = 1,
                                        .details = details};
    struct json json = {0};

    if (!run->bench->app->json)
        return bench_line(run->bench, &result);
    bench_json_begin(run->bench, &json, &result);
    json_member_int(&json, "n", (int64_t)times->n);
    json_member_real(&json, "median", times->median);
    json_member_real(&json, "best", times->best);
    if (bytes > 0)
        json_member_real(&json, "bytes", bytes);
    return bench_json_end(run->bench, &json);
}

static int measure_files(struct run *run)
{
    struct bench_times writing, reading;
    struct stat info;

    TRY(bench_time(run->bench, "writing exchange JSON", write_once, run, &writing));
    if (stat(run->json, &info) != 0)
        return fail_errno(run->bench->app, run->json, "cannot see it");
    TRY(bench_time(run->bench, "reading exchange JSON", read_once, run, &reading));
    TRY(tell(run, "lab.json_read", &reading, (double)info.st_size,
             "  77 x 768 f32 of the exchange form, in the page cache, into a tensor\n"));
    return tell(run, "lab.json_write", &writing, (double)info.st_size,
                "  the same tensor to a file that is whole and on the disk\n");
}

/* The first picture of a process finds the fonts: it is told apart. */
static int measure_picture(struct run *run)
{
    struct bench_times times;
    char details[120];
    double first;

    TRY(draw_once(run, &first));
    TRY(bench_time(run->bench, "drawing", draw_once, run, &times));
    snprintf(details, sizeof(details),
             "  77 x 768 heat map, title, axes, colour bar, as a PNG; the first: %.1f ms\n",
             1e3 * first);
    return tell(run, "lab.heat_png", &times, 0, details);
}

static int measure(struct run *run)
{
    TRY(prepare(run));
    TRY(measure_files(run));
    return pw_plot_can_draw() ? measure_picture(run) : DONE;
}

int bench_lab(struct bench *bench)
{
    struct run run = {.bench = bench};
    const int status = measure(&run);

    pw_tensor_set_free(run.set);
    if (run.folder != NULL)
        bench_folder_remove(run.folder);
    return status;
}
