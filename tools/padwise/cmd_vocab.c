/* SPDX-License-Identifier: MIT */
/* padwise vocab train: a vocabulary in CLIP's form from text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "interrupt.h"
#include "json_out.h"
#include "talk.h"

struct corpus {
    struct builder *texts; /* [n]; a file each */
    size_t n;
};

static int read_text(struct app *app, const char *path, struct builder *text)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    static const size_t step = (size_t)1 << 16;
    char *chunk;
    size_t n;
    bool ok;

    if (file == NULL)
        return fail_errno(app, path, "cannot open it");
    chunk = malloc(step);
    do {
        n = chunk == NULL ? 0 : fread(chunk, 1, step, file);
        builder_add(text, chunk, n);
    } while (n > 0 && !interrupted());
    ok = !ferror(file);
    free(chunk);
    if (!is_stdin)
        fclose(file);
    if (interrupted())
        return fail_interrupted(app);
    if (chunk == NULL || text->failed)
        return fail_memory(app);
    return ok ? DONE : fail_errno(app, path, "cannot read it");
}

/* The texts of --from and what stands behind "train". */
static int read_corpus(struct app *app, struct corpus *corpus)
{
    const struct arguments *arguments = &app->arguments;
    const struct given *from = &arguments->given[OPTION_FROM];
    const size_t n = from->n + arguments->n_words - 1;

    corpus->texts = pool_array(&app->pool, n + 1, sizeof(*corpus->texts));
    if (corpus->texts == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < n; i++) {
        const char *path = i < from->n ? from->texts[i] : arguments->words[1 + i - from->n];

        corpus->n++;
        TRY(read_text(app, path, &corpus->texts[i]));
    }
    return DONE;
}

static int train(struct app *app, const struct corpus *corpus, int32_t n_merges,
                 pw_tokenizer **tokenizer)
{
    const char **texts = pool_array(&app->pool, corpus->n, sizeof(*texts));
    size_t *sizes = pool_array(&app->pool, corpus->n, sizeof(*sizes));
    pw_status status;
    pw_error err;

    if (texts == NULL || sizes == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < corpus->n; i++) {
        texts[i] = corpus->texts[i].bytes == NULL ? "" : corpus->texts[i].bytes;
        sizes[i] = corpus->texts[i].size;
    }
    status = pw_tokenizer_train(tokenizer, app->ctx, texts, sizes, corpus->n, n_merges, &err);
    progress_stop(&app->progress);
    return status == PW_OK ? DONE : fail_with(app, &err);
}

static int report(struct app *app, const pw_tokenizer *tokenizer, const char *folder,
                  int32_t n_merges)
{
    struct json json = {0};
    pw_tokenizer_info info;
    bool stop;
    int status;

    pw_tokenizer_get_info(tokenizer, &info);
    note(app, "wrote %s: %d entries, %d merges", folder, (int)info.n_vocab, (int)n_merges);
    if (!app->json)
        return DONE;
    json_open(&json, '{');
    json_member_text(&json, "output", folder);
    json_member_int(&json, "n_vocab", info.n_vocab);
    json_member_int(&json, "n_merges", n_merges);
    json_close(&json, '}');
    status = json_print(app, &json, &stop);
    builder_free(&json.text);
    return status;
}

static int run(struct app *app, struct corpus *corpus, pw_tokenizer **tokenizer)
{
    const struct arguments *arguments = &app->arguments;
    const char *folder = option_text(app, OPTION_OUTPUT);
    int64_t n_merges = -1;
    pw_error err;

    if (arguments->n_words == 0 || strcmp(arguments->words[0], "train") != 0)
        return fail_usage(app, "say: padwise vocab train --from TEXT --merges N -o DIR/");
    if (arguments->given[OPTION_FROM].n + arguments->n_words == 1)
        return fail_usage(app, "--from TEXT is missing: what to learn from");
    if (folder == NULL || folder[0] == '\0' || strcmp(folder, "-") == 0)
        return fail_usage(app, "-o DIR/ is missing: where to write");
    if (!option_given(app, OPTION_MERGES))
        return fail_usage(app, "--merges N is missing: how many to learn");
    TRY(option_integer(app, OPTION_MERGES, 0, PW_VOCAB_MAX - 514, &n_merges));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(read_corpus(app, corpus));
    TRY(train(app, corpus, (int32_t)n_merges, tokenizer));
    if (pw_tokenizer_save(*tokenizer, folder, &err) != PW_OK)
        return fail_with(app, &err);
    return report(app, *tokenizer, folder, (int32_t)n_merges);
}

int run_vocab(struct app *app)
{
    struct corpus corpus = {0};
    pw_tokenizer *tokenizer = NULL;
    const int status = run(app, &corpus, &tokenizer);

    pw_tokenizer_free(tokenizer);
    for (size_t i = 0; i < corpus.n; i++)
        builder_free(&corpus.texts[i]);
    return status;
}
