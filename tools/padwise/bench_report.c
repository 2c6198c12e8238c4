/* SPDX-License-Identifier: MIT */
/* How figures are told: a line of JSON with the fields of every figure, or a line for people.
 */
#include "bench.h"

void bench_json_begin(struct bench *bench, struct json *json, const struct bench_result *result)
{
    json_open(json, '{');
    json_member_text(json, "figure", result->figure);
    json_member_real(json, "value", result->value);
    json_member_text(json, "unit", result->unit);
    json_key(json, "roofline_share");
    if (result->share >= 0.0)
        json_real(json, result->share);
    else
        json_null(json);
    json_member_text(json, "level", pw_level_name(bench->roofline.level));
    json_member_text(
        json, "precision",
        result->precision < 0 ? NULL : pw_precision_name((pw_precision)result->precision));
    json_member_int(json, "threads", result->n_threads);
    json_member_text(json, "cpu", bench->cpu);
    json_member_text(json, "version", pw_version());
}

void bench_json_model(const struct bench *bench, struct json *json, const pw_model_info *info)
{
    json_member_text(json, "model", info->name);
    json_member_text(json, "dtype", pw_dtype_name(info->dtype));
    json_member_bool(json, "random_weights", bench->folder != NULL);
}

int bench_json_end(struct bench *bench, struct json *json)
{
    int status;

    json_close(json, '}');
    status = json_print(bench->app, json, &bench->is_unread);
    builder_free(&json->text);
    return status;
}

int bench_print(struct bench *bench, struct builder *text)
{
    const int status = app_print(bench->app, text, &bench->is_unread);

    builder_free(text);
    return status;
}

int bench_line(struct bench *bench, const struct bench_result *result)
{
    struct builder out = {0};

    builder_format(&out, "\n%-10s %10.4g %s", result->figure, result->value, result->unit);
    if (result->precision >= 0)
        builder_format(&out, ", %s", pw_precision_name((pw_precision)result->precision));
    builder_format(&out, ", %d thread%s", (int)result->n_threads,
                   result->n_threads == 1 ? "" : "s");
    if (result->share >= 0.0)
        builder_format(&out, "; %.1f %% of %s", 100.0 * result->share, result->of);
    builder_format(&out, "\n%s", result->details);
    return bench_print(bench, &out);
}
