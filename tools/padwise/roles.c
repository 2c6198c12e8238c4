/* SPDX-License-Identifier: MIT */
/* Asking for the roles of rows: the option, the file, the tokenizer. */
#include "roles.h"

#include <string.h>

#include "prompt_line.h"
#include "talk.h"
#include "token_view.h"

const char *roles_from_name(enum roles_from from)
{
    static const char *const names[] = {
        [ROLES_FROM_OPTION] = "--n-real",
        [ROLES_FROM_FIELD] = "its own field",
        [ROLES_FROM_MANIFEST] = "its manifest",
        [ROLES_FROM_MASK] = "its attention_mask",
        [ROLES_FROM_PROMPT] = "its prompt, tokenized",
        [ROLES_FROM_NOTHING] = "unknown",
    };

    return names[from];
}

/* "13" or "13,14,16". */
static int read_n_real(struct app *app, struct roles_reader *reader)
{
    const char *text = option_text(app, OPTION_N_REAL);

    if (text == NULL)
        return DONE;
    reader->n_real = pool_array(&app->pool, strlen(text) + 1, sizeof(*reader->n_real));
    if (reader->n_real == NULL)
        return fail_memory(app);
    for (const char *word = text;; word++) {
        const size_t size = strcspn(word, ",");
        int64_t *value = &reader->n_real[reader->n_given++];

        if (!parse_integer(word, size, value) || *value < 2)
            return fail_usage(app,
                              "--n-real \"%s\" is neither a number from 2 on (BOS and EOS "
                              "count) nor a list of them, one an input",
                              text);
        word += size;
        if (*word == '\0')
            return DONE;
    }
}

int roles_open(struct app *app, struct roles_reader *reader)
{
    *reader = (struct roles_reader){.app = app};
    return read_n_real(app, reader);
}

void roles_close(struct roles_reader *reader)
{
    if (reader->is_open)
        pw_tokenizer_free(reader->vocabulary.found.tokenizer);
    reader->is_open = false;
}

static int of_option(const struct roles_reader *reader, const struct roles_question *question,
                     size_t *n_real)
{
    const size_t i = reader->n_given == 1 ? 0 : question->i_input;

    if (reader->n_given == 0)
        return DONE;
    if (i >= reader->n_given)
        return fail_usage(reader->app, "--n-real has %zu numbers, and there are more inputs",
                          reader->n_given);
    if ((uint64_t)reader->n_real[i] > question->n_rows)
        return fail(reader->app, PW_ERR_ARGUMENT, question->where,
                    "has %zu rows, so %lld of them cannot be BOS, words and EOS; give another "
                    "--n-real",
                    question->n_rows, (long long)reader->n_real[i]);
    *n_real = (size_t)reader->n_real[i];
    return DONE;
}

static int of_set(const struct roles_reader *reader, const struct roles_question *question,
                  pw_row_role *roles, enum roles_from *from)
{
    static const enum roles_from meaning[] = {[PW_ROLES_UNKNOWN] = ROLES_FROM_NOTHING,
                                              [PW_ROLES_FIELD] = ROLES_FROM_FIELD,
                                              [PW_ROLES_MANIFEST] = ROLES_FROM_MANIFEST,
                                              [PW_ROLES_MASK] = ROLES_FROM_MASK};

    pw_roles_from known_from;
    pw_error err;

    if (pw_row_roles_of_set(question->set, reader->app->ctx, question->i_prompt, roles,
                            question->n_rows, &known_from, &err) != PW_OK) {
        if (err.where[0] == '\0')
            snprintf(err.where, sizeof(err.where), "%s", question->where);
        return fail_with(reader->app, &err);
    }
    *from = meaning[known_from];
    return DONE;
}

/* Never by a vocabulary that nobody named: another one gives other lengths. */
static int of_prompt(struct roles_reader *reader, const struct roles_question *question,
                     size_t *n_real)
{
    struct app *app = reader->app;
    struct tokenized tokenized;
    pw_text prompt;
    int status;

    if (!option_given(app, OPTION_TOKENIZER) && !option_given(app, OPTION_MODEL))
        return DONE;
    TRY(roles_prompt(app, question->set, question->i_prompt, &prompt));
    if (prompt.bytes == NULL)
        return DONE;
    if (!reader->is_open)
        TRY(vocabulary_open(app, &reader->vocabulary));
    reader->is_open = true;
    status = tokens_make(app, reader->vocabulary.found.tokenizer, roles_cut_suffix(prompt),
                         question->where, &tokenized);
    *n_real =
        tokenized.tokens.n_real < question->n_rows ? tokenized.tokens.n_real : question->n_rows;
    tokens_free(&tokenized);
    return status;
}

int roles_of(struct roles_reader *reader, const struct roles_question *question,
             pw_row_role *roles, size_t *n_real, enum roles_from *from)
{
    *n_real = 0;
    *from = ROLES_FROM_OPTION;
    TRY(of_option(reader, question, n_real));
    if (*n_real == 0) {
        TRY(of_set(reader, question, roles, from));
        if (*from != ROLES_FROM_NOTHING) {
            for (size_t i = 0; i < question->n_rows; i++)
                *n_real += roles[i] != PW_ROW_PAD;
            return DONE;
        }
        *from = ROLES_FROM_PROMPT;
        TRY(of_prompt(reader, question, n_real));
    }
    if (*n_real == 0)
        *from = ROLES_FROM_NOTHING;
    pw_row_roles_fill(roles, question->n_rows, *n_real);
    return DONE;
}

/* A field of the exchange form is JSON, of other formats plain text. */
static int prompt_of_field(struct app *app, const char *field, pw_text *prompt)
{
    struct prompt_line line;
    const char *what;
    size_t column;

    if (field[0] == '"' &&
        prompt_line_parse(&line, &app->pool, field, strlen(field), &what, &column))
        *prompt = line.prompt.prompt;
    else
        *prompt = (pw_text){field, strlen(field)};
    return DONE;
}

int roles_prompt(struct app *app, const pw_tensor_set *set, size_t i_prompt, pw_text *prompt)
{
    const char *field = pw_tensor_set_metadata(set, "prompt");
    const char *manifest = pw_tensor_set_metadata(set, PW_MANIFEST_KEY);
    struct prompt_line *lines;
    size_t n;

    *prompt = (pw_text){NULL, 0};
    if (field != NULL)
        return prompt_of_field(app, field, prompt);
    if (manifest == NULL)
        return DONE;
    if (!prompt_lines_of_manifest(&lines, &n, &app->pool, manifest, strlen(manifest)))
        return fail_memory(app);
    if (i_prompt < n)
        *prompt = lines[i_prompt].prompt.prompt;
    return DONE;
}

/* Whether the bytes between the brackets name what was done to pads, as all suffixes in use do
 * ("zeroed padding", "padding noise 0.1"). */
static bool names_padding(const char *bytes, size_t size)
{
    static const char word[] = "padding";
    const size_t n = strlen(word);

    for (size_t i = 0; i + n <= size; i++)
        if (memcmp(bytes + i, word, n) == 0)
            return true;
    return false;
}

pw_text roles_cut_suffix(pw_text prompt)
{
    size_t i = prompt.size;

    if (prompt.size < 4 || prompt.bytes[prompt.size - 1] != ')')
        return prompt;
    while (i > 1 && !(prompt.bytes[i - 1] == '(' && prompt.bytes[i - 2] == ' '))
        i--;
    if (i <= 2 || !names_padding(prompt.bytes + i, prompt.size - i - 1))
        return prompt;
    return (pw_text){prompt.bytes, i - 2};
}
