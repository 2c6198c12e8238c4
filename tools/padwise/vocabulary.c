/* SPDX-License-Identifier: MIT */
/* Finding a vocabulary without opening a model's weights. */
#include "vocabulary.h"

#include <string.h>

#include "talk.h"
#include "token_view.h"

/* Rows of the model's position and embedding tables, where -m names a model. */
static int look_at_model(struct app *app, const struct model_place *place, int32_t *n_vocab,
                         size_t *n_positions)
{
    pw_model_options options;
    pw_model_scan *scan;
    pw_error err;

    *n_vocab = 0;
    pw_model_options_init(&options);
    TRY(app_model_options(app, &options));
    if (place->path == NULL)
        return DONE;
    if (pw_model_scan_open(&scan, app->ctx, place->path, &options, &err) != PW_OK)
        return err.status == PW_ERR_NOT_FOUND ? DONE : fail_with(app, &err);
    for (size_t i = 0; i < pw_model_scan_n(scan); i++) {
        const pw_model_info *info = pw_model_scan_info(scan, i);

        if (place->which == NULL || strcmp(place->which, info->name) == 0) {
            *n_vocab = info->n_vocab;
            *n_positions = (size_t)info->n_positions;
            break;
        }
    }
    pw_model_scan_free(scan);
    return DONE;
}

/* Flavours differ in how they clean the text. */
static void take_flavour(const struct app *app, pw_tokenizer_options *options)
{
    const char *flavour = option_text(app, OPTION_FLAVOUR);
    pw_recipe_encoder encoder;

    if (flavour == NULL || !pw_recipe_encoder_at((size_t)pw_recipe_find("raw"),
                                                 (size_t)pw_flavour_find(flavour), 0, &encoder))
        return;
    options->mode = encoder.tokenizer_mode;
    options->pad_bang = encoder.pad_bang;
}

int vocabulary_open(struct app *app, struct vocabulary *vocabulary)
{
    struct found_tokenizer *found = &vocabulary->found;
    struct model_place place = {0};
    pw_tokenizer_options options;
    int32_t n_vocab = 0;

    *vocabulary = (struct vocabulary){0};
    pw_tokenizer_options_init(&options);
    take_flavour(app, &options);
    TRY(tokens_read_options(app, &options));
    if (!option_given(app, OPTION_TOKENIZER) || option_given(app, OPTION_MODEL)) {
        TRY(find_model(app, &place));
        TRY(look_at_model(app, &place, &n_vocab, &vocabulary->n_positions));
    }
    TRY(find_tokenizer(app, &place, n_vocab, &options, true, found));
    if (found->path == NULL)
        note(app, "the built-in vocabulary; -m or --tokenizer names another");
    else if (!option_given(app, OPTION_TOKENIZER))
        note(app, "tokenizer: %s (%s)", found->path, found->place);
    if (vocabulary->n_positions == 0)
        vocabulary->n_positions = (size_t)found->info.max_length;
    return DONE;
}
