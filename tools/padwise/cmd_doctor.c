/* SPDX-License-Identifier: MIT */
/* padwise doctor: what this machine and this build offer, what is missing, and the line that
 * mends it. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "find.h"
#include "hub.h"
#include "json_out.h"
#include "paint.h"
#include "paths.h"
#include "show.h"
#include "talk.h"

#define PROBLEMS_MAX 8

struct problem {
    const char *what, *mend;
};

struct doctor {
    struct app *app;
    struct problem problems[PROBLEMS_MAX];
    size_t n_problems;
    pw_precision used[PW_N_PRECISIONS]; /* what each precision is computed at */
    pw_model *builtin_model;            /* keeps the texts of its info */
    pw_model_info builtin;
    struct candidates tokenizers;
    const char *model; /* of PADWISE_MODEL, NULL: not set */
    bool model_opens;
    char model_error[512];
    char *hub; /* NULL: no home is known */
    struct listing hub_models;
};

static void missing(struct doctor *doctor, const char *what, const char *mend)
{
    if (doctor->n_problems < PROBLEMS_MAX)
        doctor->problems[doctor->n_problems++] = (struct problem){what, mend};
}

/* A model says at which precision it is really computed. */
static int look_at_precisions(struct doctor *doctor)
{
    for (int i = 0; i < PW_N_PRECISIONS; i++) {
        pw_model_options options;
        pw_error err;

        pw_model_options_init(&options);
        options.precision = (pw_precision)i;
        pw_model_free(doctor->builtin_model);
        if (pw_model_open_builtin(&doctor->builtin_model, doctor->app->ctx, &options, &err) !=
            PW_OK)
            return fail_with(doctor->app, &err);
        pw_model_get_info(doctor->builtin_model, &doctor->builtin);
        doctor->used[i] = doctor->builtin.precision;
    }
    return DONE;
}

static int look_at_model(struct doctor *doctor)
{
    struct app *app = doctor->app;
    const char *text = getenv("PADWISE_MODEL");
    char *snapshot = NULL;
    pw_model_options options;
    pw_model_scan *scan;
    pw_error err;

    if (text == NULL || text[0] == '\0') {
        missing(doctor,
                "PADWISE_MODEL is not set: without -m the untrained built-in model is used",
                "export PADWISE_MODEL=FOLDER_OR_FILE");
        return DONE;
    }
    doctor->model = text;
    if (!path_exists(text) && !hub_snapshot(&app->pool, text, &snapshot))
        return fail_memory(app);
    text = snapshot != NULL ? snapshot : text;
    pw_model_options_init(&options);
    if (pw_model_scan_open(&scan, app->ctx, text, &options, &err) == PW_OK) {
        doctor->model_opens = true;
        pw_model_scan_free(scan);
        return DONE;
    }
    if (err.status == PW_ERR_CANCELLED)
        return fail_with(app, &err);
    snprintf(doctor->model_error, sizeof(doctor->model_error), "%.500s", err.text);
    missing(doctor, "PADWISE_MODEL cannot be opened", "padwise info \"$PADWISE_MODEL\"");
    return DONE;
}

static int look_at_tokenizers(struct doctor *doctor)
{
    TRY(candidates_kept(doctor->app, &doctor->tokenizers));
    if (doctor->tokenizers.n == 0)
        missing(doctor, "no tokenizer is kept for models that come without one",
                "padwise tokenizer add PATH");
    return DONE;
}

static int look_at_hub(struct doctor *doctor)
{
    if (!hub_cache(&doctor->app->pool, &doctor->hub))
        return fail_memory(doctor->app);
    if (doctor->hub == NULL)
        return DONE;
    return path_list(&doctor->app->pool, doctor->hub, &doctor->hub_models)
               ? DONE
               : fail_memory(doctor->app);
}

/* "models--org--name" -> "org/name"; NULL for what is no model. */
static const char *hub_name(struct doctor *doctor, const char *folder)
{
    static const char prefix[] = "models--";
    const char *rest = folder + strlen(prefix), *gap;

    if (strncmp(folder, prefix, strlen(prefix)) != 0)
        return NULL;
    gap = strstr(rest, "--");
    if (gap == NULL)
        return rest;
    return pool_format(&doctor->app->pool, "%.*s/%s", (int)(gap - rest), rest, gap + 2);
}

/* The level whose kernels run: the highest built one up to the level in use. */
static pw_level running_level(const struct doctor *doctor)
{
    pw_level level = pw_context_level(doctor->app->ctx);

    while (level > PW_LEVEL_REF && !pw_level_built(level))
        level = (pw_level)(level - 1);
    return level;
}

static void text_levels(struct doctor *doctor, struct builder *out)
{
    const pw_level used = pw_context_level(doctor->app->ctx);
    const pw_level running = running_level(doctor);

    for (int i = 0; i <= PW_LEVEL_HIGHEST; i++) {
        const pw_level level = (pw_level)i;

        builder_format(out, "  %-12s machine %-3s  %s", pw_level_name(level),
                       pw_level_available(level) ? "yes" : "no",
                       pw_level_built(level) ? "built" : "not built");
        if (level == used && level != running)
            builder_format(out, "  <- in use, with the kernels of %s", pw_level_name(running));
        else if (level == used)
            builder_text(out, "  <- in use");
        builder_text(out, "\n");
    }
    builder_format(out, "  %d thread%s\n", (int)pw_context_n_threads(doctor->app->ctx),
                   pw_context_n_threads(doctor->app->ctx) == 1 ? "" : "s");
}

static void heading(struct doctor *doctor, struct builder *out, const char *text)
{
    paint(out, doctor->app->color_out, PAINT_BOLD, text);
    builder_text(out, "\n");
}

/* "  label        text", escaped, cut to the terminal. */
static void item(struct doctor *doctor, struct builder *out, const char *label,
                 const char *text)
{
    builder_format(out, "  %-12s ", label);
    show_text(out, text, strlen(text), doctor->app->width_out - 15);
    builder_text(out, "\n");
}

static void text_models(struct doctor *doctor, struct builder *out)
{
    heading(doctor, out, "models");
    builder_format(out, "  %-12s %s, width %d, %d layers, UNTRAINED\n", "built-in",
                   doctor->builtin.name, (int)doctor->builtin.width,
                   (int)doctor->builtin.n_layers);
    if (doctor->model != NULL)
        item(doctor, out, "PADWISE_MODEL", doctor->model);
    if (doctor->model != NULL && !doctor->model_opens)
        item(doctor, out, "", doctor->model_error);
    for (size_t i = 0; i < doctor->hub_models.n; i++) {
        const char *name = hub_name(doctor, doctor->hub_models.names[i]);

        if (name != NULL)
            item(doctor, out, "cache", name);
    }
}

static void text_problems(struct doctor *doctor, struct builder *out)
{
    if (doctor->n_problems == 0) {
        heading(doctor, out, "nothing is missing");
        return;
    }
    heading(doctor, out, "what is missing");
    for (size_t i = 0; i < doctor->n_problems; i++) {
        const struct problem *problem = &doctor->problems[i];

        builder_format(out, "  %s\n    mend it with: %s\n", problem->what, problem->mend);
    }
}

static int print_text(struct doctor *doctor)
{
    struct builder out = {0};
    bool stop;
    int status;

    builder_format(&out, "padwise %s\n", pw_version());
    heading(doctor, &out, "kernel levels and threads");
    text_levels(doctor, &out);
    heading(doctor, &out, "precisions");
    for (int i = 0; i < PW_N_PRECISIONS; i++)
        builder_format(&out, "  %-12s computed as %s\n", pw_precision_name((pw_precision)i),
                       pw_precision_name(doctor->used[i]));
    heading(doctor, &out, "tokenizers");
    builder_format(&out, "  %-12s %d entries\n", "built-in", (int)doctor->builtin.n_vocab);
    for (size_t i = 0; i < doctor->tokenizers.n; i++)
        item(doctor, &out, "found", doctor->tokenizers.items[i].path);
    text_models(doctor, &out);
    heading(doctor, &out, "surroundings");
    item(doctor, &out, "locale", setlocale(LC_MESSAGES, NULL));
    item(doctor, &out, "HF cache", doctor->hub == NULL ? "no home is known" : doctor->hub);
    item(doctor, &out, "fonts", "not used: this version draws nothing");
    text_problems(doctor, &out);
    status = app_print(doctor->app, &out, &stop);
    builder_free(&out);
    return status;
}

static void json_levels(struct doctor *doctor, struct json *json)
{
    json_key(json, "levels");
    json_open(json, '[');
    for (int i = 0; i <= PW_LEVEL_HIGHEST; i++) {
        const pw_level level = (pw_level)i;

        json_open(json, '{');
        json_member_text(json, "name", pw_level_name(level));
        json_member_bool(json, "machine", pw_level_available(level));
        json_member_bool(json, "built", pw_level_built(level));
        json_member_bool(json, "used", level == pw_context_level(doctor->app->ctx));
        json_close(json, '}');
    }
    json_close(json, ']');
    json_member_int(json, "threads", pw_context_n_threads(doctor->app->ctx));
    json_key(json, "precisions");
    json_open(json, '[');
    for (int i = 0; i < PW_N_PRECISIONS; i++) {
        json_open(json, '{');
        json_member_text(json, "name", pw_precision_name((pw_precision)i));
        json_member_text(json, "computed_as", pw_precision_name(doctor->used[i]));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void json_found(struct doctor *doctor, struct json *json)
{
    json_key(json, "tokenizers");
    json_open(json, '[');
    for (size_t i = 0; i < doctor->tokenizers.n; i++) {
        json_open(json, '{');
        json_member_text(json, "path", doctor->tokenizers.items[i].path);
        json_member_text(json, "place", doctor->tokenizers.items[i].place);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_key(json, "builtin");
    json_open(json, '{');
    json_member_text(json, "name", doctor->builtin.name);
    json_member_int(json, "vocab", doctor->builtin.n_vocab);
    json_member_bool(json, "trained", false);
    json_close(json, '}');
    json_member_text(json, "model", doctor->model);
    json_member_bool(json, "model_opens", doctor->model_opens);
    json_member_text(json, "hub_cache", doctor->hub);
    json_key(json, "hub_models");
    json_open(json, '[');
    for (size_t i = 0; i < doctor->hub_models.n; i++) {
        const char *name = hub_name(doctor, doctor->hub_models.names[i]);

        if (name != NULL)
            json_text(json, name);
    }
    json_close(json, ']');
}

static int print_json(struct doctor *doctor)
{
    struct json json = {0};
    bool stop;
    int status;

    json_open(&json, '{');
    json_member_text(&json, "version", pw_version());
    json_levels(doctor, &json);
    json_found(doctor, &json);
    json_member_text(&json, "locale", setlocale(LC_MESSAGES, NULL));
    json_key(&json, "missing");
    json_open(&json, '[');
    for (size_t i = 0; i < doctor->n_problems; i++) {
        json_open(&json, '{');
        json_member_text(&json, "what", doctor->problems[i].what);
        json_member_text(&json, "mend", doctor->problems[i].mend);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    status = json_print(doctor->app, &json, &stop);
    builder_free(&json.text);
    return status;
}

static int run(struct doctor *doctor)
{
    struct app *app = doctor->app;

    if (app->arguments.n_words > 0)
        return fail_usage(app, "doctor takes no argument");
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(look_at_precisions(doctor));
    TRY(look_at_model(doctor));
    TRY(look_at_tokenizers(doctor));
    TRY(look_at_hub(doctor));
    progress_stop(&app->progress);
    if (pw_level_available(PW_LEVEL_AVX2) && !pw_level_built(PW_LEVEL_AVX2))
        missing(doctor, "this build has no kernels above ref, but the machine has AVX2",
                "meson configure build -Dsimd=true && make");
    return app->json ? print_json(doctor) : print_text(doctor);
}

int run_doctor(struct app *app)
{
    struct doctor doctor = {.app = app};
    const int status = run(&doctor);

    pw_model_free(doctor.builtin_model);
    return status;
}
