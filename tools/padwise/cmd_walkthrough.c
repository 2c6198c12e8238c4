/* SPDX-License-Identifier: MIT */
/* padwise walkthrough: the ten steps of padding and masking, on sentences of one's own or on
 * embeddings of a file. */
#include <stdlib.h>
#include <string.h>

#include "encoder_open.h"
#include "plot_out.h"
#include "prompts.h"
#include "show.h"
#include "talk.h"
#include "token_view.h"
#include "walkthrough_view.h"

/* The sentences of the walkthrough that this one retells. */
static const char *const own_sentences[] = {"The cat sat", "Hello world",
                                            "I love transformers models"};

#define N_OWN (sizeof(own_sentences) / sizeof(*own_sentences))

/* What is open while numbers are made. */
struct opening {
    struct walk *walk;
    struct prompts prompts;
    pw_text sentences[PW_WALKTHROUGH_SENTENCES_MAX];
    size_t n; /* all that were given; those over the limit are only counted */
    pw_walkthrough_options options;
    struct encoder encoder;
    bool is_full_length; /* --length model */
};

static int read_length(struct opening *opening)
{
    struct app *app = opening->walk->app;
    pw_length_rule rule = PW_LENGTH_LONGEST;

    TRY(tokens_read_length(app, &rule, &opening->options.n_tokens));
    if (rule == PW_LENGTH_NONE)
        return fail_usage(app, "--length none: a batch needs rows of one length; longest "
                               "(the default), model or N");
    opening->is_full_length = rule == PW_LENGTH_MODEL;
    return DONE;
}

static int read_options(struct opening *opening)
{
    struct app *app = opening->walk->app;
    const char *side = option_text(app, OPTION_PADDING_SIDE);
    struct walk *walk = opening->walk;
    int64_t pad_id = -1, step = 0;

    pw_walkthrough_options_init(&opening->options);
    TRY(read_length(opening));
    TRY(tokens_read_mask(app, &opening->options.mask));
    TRY(option_integer(app, OPTION_PAD_ID, 0, PW_VOCAB_MAX - 1, &pad_id));
    opening->options.pad_id = (int32_t)pad_id;
    TRY(option_integer(app, OPTION_STEP, 1, WALK_STEPS, &step));
    walk->first_step = step == 0 ? 0 : (size_t)step - 1;
    walk->end_step = step == 0 ? WALK_STEPS : (size_t)step;
    opening->options.pads_left = side != NULL && strcmp(side, "left") == 0;
    if (app->json && option_given(app, OPTION_HTML))
        return fail_usage(app, "--json and --html together");
    return plot_check(app, option_text(app, OPTION_PLOT));
}

/* Sentences of the line or of --from, in the run's pool; more than the limit are counted. */
static int read_sentences(struct opening *opening)
{
    struct app *app = opening->walk->app;
    bool more = true;

    TRY(prompts_open(app, &opening->prompts));
    while (more) {
        struct pool pool = {0};
        const bool is_kept = opening->n < PW_WALKTHROUGH_SENTENCES_MAX;
        struct prompt_item item;
        const int status =
            prompts_next(&opening->prompts, is_kept ? &app->pool : &pool, &item, &more);

        if (status == DONE && more && is_kept)
            opening->sentences[opening->n] = item.prompt.prompt;
        opening->n += status == DONE && more;
        pool_free(&pool);
        TRY(status);
    }
    return DONE;
}

static int choose_sentences(struct opening *opening)
{
    struct app *app = opening->walk->app;

    if (app->arguments.n_words > 0 || option_given(app, OPTION_FROM))
        return read_sentences(opening);
    for (size_t i = 0; i < N_OWN; i++)
        opening->sentences[i] = (pw_text){own_sentences[i], strlen(own_sentences[i])};
    opening->n = N_OWN;
    return DONE;
}

static int keep_sentences(struct walk *walk, const pw_text *sentences)
{
    const size_t n = walk->numbers.n_sentences;

    walk->sentences = pool_array(&walk->app->pool, n, sizeof(*walk->sentences));
    if (walk->sentences == NULL)
        return fail_memory(walk->app);
    memcpy(walk->sentences, sentences, n * sizeof(*sentences));
    return DONE;
}

/* Where the embeddings are from, as it can be shown. */
static int name_source(struct walk *walk, const char *path)
{
    struct builder shown = {0};

    show_text(&shown, path, strlen(path), SHOW_ALL);
    if (!shown.failed)
        walk->source = pool_format(&walk->app->pool, "%s", shown.size == 0 ? "" : shown.bytes);
    builder_free(&shown);
    return walk->source == NULL ? fail_memory(walk->app) : DONE;
}

/* ---- --embeddings. */

static int refuse_options_of_models(struct app *app)
{
    static const enum option_id options[] = {OPTION_MODEL, OPTION_TOKENIZER,
                                             OPTION_TOKENIZER_MODE, OPTION_LENGTH};

    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        if (option_given(app, options[i]))
            return fail_usage(app, "--%s goes with sentences, not with --embeddings",
                              option_table[options[i]].name);
    }
    return DONE;
}

/* Sentences beside --embeddings name its rows; else the file's own do. */
static int name_rows(struct opening *opening)
{
    struct walk *walk = opening->walk;
    const pw_walkthrough_numbers *numbers = &walk->numbers;

    if (walk->app->arguments.n_words > 0 || option_given(walk->app, OPTION_FROM)) {
        TRY(read_sentences(opening));
        if (opening->n != numbers->n_sentences)
            return fail_usage(walk->app, "%zu sentences for the %zu of --embeddings %s",
                              opening->n, numbers->n_sentences, walk->source);
        return keep_sentences(walk, opening->sentences);
    }
    if (numbers->sentences == NULL)
        return DONE;
    for (size_t i = 0; i < numbers->n_sentences; i++)
        opening->sentences[i] = (pw_text){numbers->sentences[i], numbers->sentence_sizes[i]};
    return keep_sentences(walk, opening->sentences);
}

static int open_file(struct opening *opening)
{
    struct walk *walk = opening->walk;
    struct app *app = walk->app;
    const char *path = option_text(app, OPTION_EMBEDDINGS);
    pw_error err;

    TRY(refuse_options_of_models(app));
    walk->is_file = true;
    TRY(name_source(walk, strcmp(path, "-") == 0 ? "standard input" : path));
    if (pw_walkthrough_read(&walk->walkthrough, app->ctx, path, &opening->options, &err) !=
        PW_OK)
        return fail_with(app, &err);
    pw_walkthrough_get(walk->walkthrough, &walk->numbers);
    TRY(name_rows(opening));
    return walk_label_words(walk);
}

/* ---- A model. */

static int open_encoder(struct opening *opening)
{
    struct walk *walk = opening->walk;
    struct model_place place;

    TRY(encoder_open(walk->app, &opening->encoder, &place));
    walk->is_untrained = opening->encoder.info.is_builtin;
    return name_source(walk, walk->is_untrained ? "the built-in model" : place.given);
}

static void warn_of_cuts(const struct walk *walk)
{
    for (size_t i = 0; i < walk->numbers.n_sentences; i++) {
        if (walk->numbers.n_cut[i] > 0)
            warn(walk->app, "", "sentence %zu: %zu tokens were cut off, %zu fit", i,
                 walk->numbers.n_cut[i], walk->numbers.n_tokens);
    }
}

static int encode(struct opening *opening)
{
    struct walk *walk = opening->walk;
    pw_encoder encoder;
    pw_error err;

    TRY(choose_sentences(opening));
    TRY(open_encoder(opening));
    encoder = (pw_encoder){NULL, opening->encoder.model, opening->encoder.tokenizer.tokenizer};
    if (opening->is_full_length)
        opening->options.n_tokens = (size_t)opening->encoder.info.n_positions;
    if (pw_walkthrough_encode(&walk->walkthrough, walk->app->ctx, &encoder, opening->sentences,
                              opening->n, &opening->options, &err) != PW_OK)
        return fail_with(walk->app, &err);
    pw_walkthrough_get(walk->walkthrough, &walk->numbers);
    warn_of_cuts(walk);
    TRY(keep_sentences(walk, opening->sentences));
    return walk_label_tokens(walk, opening->encoder.tokenizer.tokenizer);
}

static int show(struct walk *walk)
{
    if (walk->app->json)
        return walk_json(walk);
    return option_given(walk->app, OPTION_HTML) ? walk_html(walk) : walk_text(walk);
}

static int run(struct opening *opening)
{
    struct walk *walk = opening->walk;
    struct app *app = walk->app;
    const char *plot = option_text(app, OPTION_PLOT);

    TRY(read_options(opening));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(option_given(app, OPTION_EMBEDDINGS) ? open_file(opening) : encode(opening));
    progress_stop(&app->progress);
    pw_walkthrough_measure(walk->walkthrough, &walk->facts);
    TRY(app_open_output(app));
    TRY(show(walk));
    return plot == NULL ? DONE : walk_draw(walk, plot);
}

int run_walkthrough(struct app *app)
{
    struct walk walk = {.app = app};
    struct opening opening = {.walk = &walk};
    const int status = run(&opening);

    progress_stop(&app->progress);
    prompts_close(&opening.prompts);
    pw_walkthrough_free(walk.walkthrough);
    encoder_close(&opening.encoder);
    return status;
}
