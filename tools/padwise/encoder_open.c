/* SPDX-License-Identifier: MIT */
/* Opening an encoder and its tokenizer. */
#include "encoder_open.h"

#include "talk.h"
#include "token_view.h"

int encoder_open_model(struct app *app, const struct model_place *place,
                       const pw_model_options *options, struct encoder *encoder)
{
    pw_status status;
    pw_error err;

    if (place->path == NULL)
        status = pw_model_open_builtin(&encoder->model, app->ctx, options, &err);
    else
        status =
            pw_model_open(&encoder->model, app->ctx, place->path, place->which, options, &err);
    progress_stop(&app->progress);
    if (status != PW_OK)
        return fail_with(app, &err);
    pw_model_get_info(encoder->model, &encoder->info);
    return DONE;
}

int encoder_open(struct app *app, struct encoder *encoder, struct model_place *place)
{
    struct encoder_places places;
    pw_tokenizer_options reading;
    pw_model_options options;

    pw_model_options_init(&options);
    pw_tokenizer_options_init(&reading);
    TRY(tokens_read_options(app, &reading));
    TRY(app_model_options(app, &options));
    TRY(find_encoders(app, pw_recipe_name(0), NULL, &places));
    options.weights = PW_WEIGHTS_STREAMED; /* a prompt or a few read them about once anyway */
    if (place != NULL)
        *place = places.models[0];
    TRY(encoder_open_model(app, &places.models[0], &options, encoder));
    return find_tokenizer(app, &places.models[0], encoder->info.n_vocab, &reading, true,
                          &encoder->tokenizer);
}

void encoder_close(struct encoder *encoder)
{
    pw_tokenizer_free(encoder->tokenizer.tokenizer);
    pw_model_free(encoder->model);
}
