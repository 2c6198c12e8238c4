/* SPDX-License-Identifier: MIT */
/* padwise init: a random checkpoint. */
#include <string.h>

#include "app.h"
#include "find.h"
#include "json_out.h"
#include "paths.h"
#include "save_choice.h"
#include "suggest.h"
#include "talk.h"

/* Kinds of cli.md that come with later encoders. */
static const char *const later_kinds[] = {"bert-base", "bert-minilm", "t5-small"};

static int check_kind(struct app *app, const char *kind)
{
    struct suggestion suggestion;
    const char *known;

    for (size_t i = 0; i < sizeof(later_kinds) / sizeof(*later_kinds); i++) {
        if (strcmp(kind, later_kinds[i]) == 0)
            return fail_usage(app, "%s is not in this version", kind);
    }
    suggest_start(&suggestion, kind);
    for (size_t i = 0; (known = pw_model_init_kind(i)) != NULL; i++) {
        if (strcmp(kind, known) == 0)
            return DONE;
        suggest_offer(&suggestion, known);
    }
    if (suggestion.best != NULL)
        return fail_usage(app, "unknown kind %s; did you mean %s?", kind, suggestion.best);
    return fail_usage(
        app, "unknown kind %s; there are clip-l, clip-h, clip-bigg, clip-b32, tiny", kind);
}

static int open_tokenizer(struct app *app, pw_tokenizer **tokenizer)
{
    struct found_tokenizer found;
    const struct model_place none = {0};
    pw_tokenizer_options options;

    *tokenizer = NULL;
    if (!option_given(app, OPTION_TOKENIZER))
        return DONE;
    pw_tokenizer_options_init(&options);
    TRY(find_tokenizer(app, &none, 0, &options, true, &found));
    *tokenizer = found.tokenizer;
    return DONE;
}

static int report(struct app *app, const char *kind, const char *folder, uint64_t seed)
{
    struct json json = {0};
    bool stop;
    int status;

    note(app, "wrote %s: %s with random weights, %s, seed %llu", folder, kind,
         pw_dtype_name(save_dtype(app, PW_F32)), (unsigned long long)seed);
    if (!app->json)
        return DONE;
    json_open(&json, '{');
    json_member_text(&json, "kind", kind);
    json_member_text(&json, "output", folder);
    json_member_text(&json, "dtype", pw_dtype_name(save_dtype(app, PW_F32)));
    json_key(&json, "seed");
    json_uint(&json, seed);
    json_close(&json, '}');
    status = json_print(app, &json, &stop);
    builder_free(&json.text);
    return status;
}

int run_init(struct app *app)
{
    const struct arguments *arguments = &app->arguments;
    const char *folder = option_text(app, OPTION_OUTPUT);
    pw_tokenizer *tokenizer;
    uint64_t seed = 0;
    pw_status status;
    pw_error err;

    if (arguments->n_words != 1)
        return fail_usage(app, "name one kind: clip-l, clip-h, clip-bigg, clip-b32 or tiny");
    TRY(check_kind(app, arguments->words[0]));
    if (folder == NULL || folder[0] == '\0' || strcmp(folder, "-") == 0)
        return fail_usage(app, "-o DIR/ is missing: where to write");
    TRY(option_seed(app, &seed));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(open_tokenizer(app, &tokenizer));
    status = pw_model_init_files(app->ctx, arguments->words[0], seed, save_dtype(app, PW_F32),
                                 tokenizer, folder, &err);
    progress_stop(&app->progress);
    pw_tokenizer_free(tokenizer);
    if (status != PW_OK)
        return fail_with(app, &err);
    return report(app, arguments->words[0], folder, seed);
}
