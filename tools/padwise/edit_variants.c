/* SPDX-License-Identifier: MIT */
/* The nine variants of the "Latent Vandalism" workshop (Laura Wagner, 2026): what stands in the
 * pads of one prompt, a file each, and the table that sums them up. */
#include <string.h>

#include "credit.h"
#include "edit_lab.h"
#include "grid.h"
#include "interrupt.h"
#include "json_out.h"
#include "paths.h"
#include "show.h"
#include "talk.h"

struct variant {
    const char *name;   /* STEM_name.json */
    const char *edits;  /* NULL: as it is */
    const char *suffix; /* of the prompt in the file */
    const char *description, *expected, *padding;
};

static const struct variant variants[] = {
    {"normal", NULL, "", "unchanged", "reference", "original"},
    {"zeroed_padding", "pads: zero", " (zeroed padding)", "pads 0", "seen by SD only", "zero"},
    {"padding_uniform_pos_0.05", "pads: constant 0.05", " (padding uniform +0.05)",
     "pads +0.05", "seen by SD only", "uniform+0.05"},
    {"padding_uniform_pos_0.1", "pads: constant 0.1", " (padding uniform +0.1)", "pads +0.1",
     "seen by SD only", "uniform+0.1"},
    {"padding_uniform_pos_0.2", "pads: constant 0.2", " (padding uniform +0.2)", "pads +0.2",
     "seen by SD only", "uniform+0.2"},
    {"padding_uniform_neg_0.1", "pads: constant -0.1", " (padding uniform -0.1)", "pads -0.1",
     "seen by SD only", "uniform-0.1"},
    {"padding_uniform_neg_0.2", "pads: constant -0.2", " (padding uniform -0.2)", "pads -0.2",
     "seen by SD only", "uniform-0.2"},
    {"padding_noise_0.1", "pads: noise 0.1 seed 42", " (padding noise 0.1)", "pads noise",
     "seen by SD only", "noise 0.1"},
    {"padding_50_percent", "pads: scale 0.5", " (padding 50%)", "pads halved",
     "seen by SD only", "50 %"},
};

#define N_VARIANTS (sizeof(variants) / sizeof(*variants))

/* What is made of all of them. */
struct variants_run {
    struct edit_subject *subject;
    const char *stem, *folder;
    pw_text prompt;
    struct grid grid;
    struct edit_picture picture;
    const char *credit; /* of the last, which is modified */
};

/* The prompt with its suffix, as JSON. */
static int put_prompt(const struct edit_subject *subject, pw_tensor_set *set, pw_text prompt,
                      const char *suffix)
{
    struct builder text = {0};
    struct json json = {.comma = false};
    pw_status status;
    pw_error err;

    if (prompt.bytes == NULL)
        return DONE;
    builder_add(&text, prompt.bytes, prompt.size);
    builder_text(&text, suffix);
    json_bytes(&json, text.bytes, text.size);
    if (text.failed || json.text.failed)
        return fail_memory(subject->app);
    status = pw_tensor_set_put_metadata(set, "prompt", json.text.bytes, &err);
    builder_free(&json.text);
    builder_free(&text);
    return status == PW_OK ? DONE : fail_with(subject->app, &err);
}

static int write_variant(struct variants_run *run, const struct variant *variant,
                         const char *path)
{
    struct edit_subject *subject = run->subject;
    struct app *app = subject->app;
    struct edit_result result = {.set = NULL};
    pw_edits *edits = NULL;
    int status = variant->edits == NULL ? DONE : edits_parse(app, variant->edits, &edits);

    if (status == DONE)
        status = result_make(subject, edits, &result);
    if (status == DONE)
        status = put_prompt(subject, result.set, run->prompt, variant->suffix);
    if (status == DONE)
        status = result_save(subject, &result, path, PW_FORMAT_JSON);
    if (status == DONE)
        status = edit_picture_take(subject, result.set, variant->padding, &run->picture);
    run->credit = result.credit;
    result_free(&result);
    pw_edits_free(edits);
    return status;
}

/* What stands in a row beside the stem: the longest ending, and the other columns. */
#define ENDING_WIDTH_MAX 30
#define OTHERS_WIDTH     44
#define STEM_WIDTH_MIN   4

/* The ends of the names tell the variants apart, so a long stem gives way and not they. */
static void put_name(struct grid *grid, const struct variant *variant, const char *stem,
                     size_t width)
{
    const size_t taken = ENDING_WIDTH_MAX + OTHERS_WIDTH;
    struct builder name = {0};

    show_text(&name, stem, strlen(stem),
              width < taken + STEM_WIDTH_MIN ? STEM_WIDTH_MIN : width - taken);
    builder_text(&name, "_");
    builder_text(&name, variant->name);
    builder_text(&name, ".json");
    grid_built(grid, &name);
    builder_free(&name);
}

static void put_row(struct grid *grid, const struct variant *variant, const char *stem,
                    size_t width)
{
    put_name(grid, variant, stem, width);
    grid_cell(grid, "%s", variant->description);
    grid_cell(grid, "%s", variant->expected);
    grid_cell(grid, "%s", variant->padding);
}

static int print_json(struct app *app, const struct variant *variant, const char *name,
                      const char *credit)
{
    struct json json = {.comma = false};
    bool stop;
    int status;

    json_open(&json, '{');
    json_member_text(&json, "filename", name);
    json_member_text(&json, "description", variant->description);
    json_member_text(&json, "expected_output", variant->expected);
    json_member_text(&json, "padding_type", variant->padding);
    json_member_text(&json, "edits", variant->edits == NULL ? "" : variant->edits);
    if (credit != NULL)
        json_member_text(&json, "credit", credit);
    json_close(&json, '}');
    status = json_print(app, &json, &stop);
    builder_free(&json.text);
    return status;
}

static int print_table(struct app *app, struct grid *grid, const char *credit)
{
    struct builder out = {0};
    bool stop;
    int status;

    grid_print(grid, &out, app->width_out, app->color_out);
    credit_put(app, &out, credit);
    status = app_print(app, &out, &stop);
    builder_free(&out);
    if (status == DONE)
        note(app,
             "expected by construction, nothing was drawn to see it: a denoiser that reads "
             "all rows (SD) is given other numbers; Flux takes one row of CLIP and no pad, "
             "and is given the reference's");
    return status;
}

/* --stem, else the file's name, else the prompt's words. */
static int find_stem(const struct edit_subject *subject, const char **stem)
{
    struct app *app = subject->app;
    const char *name = strrchr(subject->given, '/');
    const char *dot;

    *stem = option_text(app, OPTION_STEM);
    if (*stem != NULL)
        return (*stem)[0] == '\0' || (*stem)[0] == '.' || strchr(*stem, '/') != NULL
                   ? fail_usage(app, "--stem \"%s\" cannot begin a file's name", *stem)
                   : DONE;
    name = name == NULL ? subject->given : name + 1;
    dot = strrchr(name, '.');
    *stem = subject->is_file
                ? pool_copy(&app->pool, name, dot == NULL ? strlen(name) : (size_t)(dot - name))
                : output_slug(&app->pool, subject->given, strlen(subject->given));
    return *stem == NULL ? fail_memory(app) : DONE;
}

/* All nine can be made, or none is written. */
static int try_variants(struct edit_subject *subject)
{
    for (size_t i = 0; i < N_VARIANTS; i++) {
        pw_edits *edits = NULL;
        int status = DONE;

        if (variants[i].edits != NULL)
            status = edits_parse(subject->app, variants[i].edits, &edits);
        if (status == DONE)
            status = result_try(subject, edits);
        pw_edits_free(edits);
        TRY(status);
    }
    return DONE;
}

static int run_variant(struct variants_run *run, const struct variant *variant)
{
    struct app *app = run->subject->app;
    const char *name = pool_format(&app->pool, "%s_%s.json", run->stem, variant->name);
    const char *path;

    if (name == NULL)
        return fail_memory(app);
    path = pool_format(&app->pool, "%s%s", run->folder, name);
    if (path == NULL)
        return fail_memory(app);
    TRY(write_variant(run, variant, path));
    if (app->json)
        TRY(print_json(app, variant, name, run->credit));
    else
        put_row(&run->grid, variant, run->stem, app->width_out);
    return interrupted() ? fail_interrupted(app) : DONE;
}

/* Before the first file is written: eight of nine are about pads, of one prompt. */
static int check_pads(const struct edit_subject *subject)
{
    const struct edit_tensor *tensor = &subject->tensors[0];

    if (tensor->n_prompts != 1)
        return fail(subject->app, PW_ERR_UNSUPPORTED, subject->given,
                    "holds several prompts, and the variants are of one");
    if (tensor->n_real == 0)
        return fail(subject->app, PW_ERR_ARGUMENT, subject->given,
                    "the variants differ in their pads, and where those of this sequence begin "
                    "is not known: say how many rows are no pads (--n-real N), or give "
                    "--tokenizer PATH for its prompt");
    if (tensor->n_real == tensor->n_rows)
        return fail(subject->app, PW_ERR_ARGUMENT, subject->given,
                    "the variants differ in their pads, and this sequence has none");
    return DONE;
}

static int write_all(struct variants_run *run)
{
    struct app *app = run->subject->app;

    for (size_t i = 0; i < N_VARIANTS; i++)
        TRY(run_variant(run, &variants[i]));
    if (!app->json)
        TRY(print_table(app, &run->grid, run->credit));
    note(app, "wrote %zu files to %s", N_VARIANTS, run->folder);
    run->picture.credit = run->credit;
    return edit_picture_draw(run->subject, &run->picture, false);
}

int edit_variants(struct edit_subject *subject, const char *folder)
{
    static const struct column titles[] = {{"Filename", false},
                                           {"Description", false},
                                           {"Expected Output", false},
                                           {"Padding Type", false}};
    struct variants_run run = {.subject = subject, .folder = folder};
    int status;

    TRY(find_stem(subject, &run.stem));
    TRY(check_pads(subject));
    TRY(roles_prompt(subject->app, subject->set, 0, &run.prompt));
    subject->widens = true; /* the workshop's files hold what numpy computed, in f64 */
    subject->drops_others = pw_tensor_set_metadata(subject->set, PW_MANIFEST_KEY) != NULL;
    TRY(try_variants(subject));
    TRY(path_make_folder(subject->app, folder));
    grid_start(&run.grid, titles, sizeof(titles) / sizeof(*titles));
    status = write_all(&run);
    pool_free(&run.grid.pool);
    return status;
}
