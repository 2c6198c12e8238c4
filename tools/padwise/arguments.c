/* SPDX-License-Identifier: MIT */
/* Reading the command line by the options table. */
#include "arguments.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "suggest.h"
#include "talk.h"

static bool belongs(const struct app *app, const struct option *option)
{
    return (option->commands >> (app->command - command_table) & 1) != 0;
}

static const struct option *find_long(const struct app *app, const char *name, size_t size)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *option = &option_table[i];

        if (belongs(app, option) && strlen(option->name) == size &&
            memcmp(option->name, name, size) == 0)
            return option;
    }
    return NULL;
}

static const struct option *find_short(const struct app *app, char letter)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (belongs(app, &option_table[i]) && option_table[i].letter == letter)
            return &option_table[i];
    }
    return NULL;
}

/* What to say of a long option that the command does not have. */
static int unknown_long(struct app *app, const char *name, size_t size)
{
    struct suggestion suggestion;
    const char *word = pool_copy(&app->pool, name, size);

    if (word == NULL)
        return fail_memory(app);
    for (size_t i = 0; later_options[i] != NULL; i++) {
        if (strcmp(later_options[i], word) == 0)
            return fail_usage(app, "--%s is not in this version", word);
    }
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strcmp(option_table[i].name, word) == 0)
            return fail_usage(app, "--%s is no option of this command", word);
    }
    suggest_start(&suggestion, word);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (belongs(app, &option_table[i]))
            suggest_offer(&suggestion, option_table[i].name);
    }
    if (suggestion.best != NULL)
        return fail_usage(app, "unknown option --%s; did you mean --%s?", word,
                          suggestion.best);
    return fail_usage(app, "unknown option --%s", word);
}

/* "f32, f16, bf16": the values of this version, in the pool. */
static const char *list_choices(struct app *app, const struct option *option)
{
    struct builder names = {0};
    struct choice choice;
    const char *copy;

    for (size_t i = 0; choice_at(option->choices, i, &choice); i++) {
        if (!choice.is_later)
            builder_format(&names, "%s%.*s", names.size == 0 ? "" : ", ", (int)choice.size,
                           choice.text);
    }
    copy = names.failed ? NULL : pool_copy(&app->pool, names.bytes, names.size);
    builder_free(&names);
    return copy == NULL ? option->choices : copy;
}

/* Refuse a value that is none of the option's choices. */
static int check_choice(struct app *app, const struct option *option, const char *text)
{
    struct choice choice;

    if (option->choices == NULL)
        return DONE;
    for (size_t i = 0; choice_at(option->choices, i, &choice); i++) {
        if (choice.is_open)
            return DONE;
        if (strlen(text) != choice.size || memcmp(text, choice.text, choice.size) != 0)
            continue;
        if (choice.is_later)
            return fail_usage(app, "--%s %s is not in this version", option->name, text);
        return DONE;
    }
    return fail_usage(app, "--%s \"%s\" is none of: %s", option->name, text,
                      list_choices(app, option));
}

static int add(struct app *app, const struct option *option, const char *text)
{
    struct given *given = &app->arguments.given[option - option_table];
    const char **texts =
        pool_grow(&app->pool, given->texts, given->n, &given->capacity, sizeof(*given->texts));

    if (texts == NULL)
        return fail_memory(app);
    given->texts = texts;
    texts[given->n++] = text;
    return text == NULL ? DONE : check_choice(app, option, text);
}

static int add_word(struct app *app, const char *word)
{
    struct arguments *arguments = &app->arguments;
    const char **words = pool_grow(&app->pool, arguments->words, arguments->n_words,
                                   &arguments->words_capacity, sizeof(*words));

    if (words == NULL)
        return fail_memory(app);
    arguments->words = words;
    words[arguments->n_words++] = word;
    return DONE;
}

/* The value of an option stands in the same argument (rest) or is the next one. */
static int take_value(struct app *app, const struct option *option, const char *shown,
                      const char *rest, char *const *argv, size_t n, size_t *i)
{
    if (rest != NULL)
        return add(app, option, rest);
    if (*i + 1 >= n)
        return fail_usage(app, "%s needs a value: %s", shown,
                          option->choices != NULL ? list_choices(app, option)
                                                  : option->argument);
    return add(app, option, argv[++*i]);
}

static int parse_long(struct app *app, char *const *argv, size_t n, size_t *i)
{
    const char *name = argv[*i] + 2;
    const size_t size = strcspn(name, "=");
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    const struct option *option = find_long(app, name, size);
    char shown[64];

    if (option == NULL)
        return unknown_long(app, name, size);
    if (option->argument == NULL) {
        if (value != NULL)
            return fail_usage(app, "--%s takes no value", option->name);
        return add(app, option, NULL);
    }
    snprintf(shown, sizeof(shown), "--%s", option->name);
    return take_value(app, option, shown, value, argv, n, i);
}

/* "-o FILE", "-oFILE", "-qoFILE": flags may stand together, the last may take a value. */
static int parse_short(struct app *app, char *const *argv, size_t n, size_t *i)
{
    const char *letters = argv[*i] + 1;

    for (; *letters != '\0'; letters++) {
        const struct option *option = find_short(app, *letters);
        const char shown[3] = {'-', *letters, '\0'};

        if (option == NULL)
            return fail_usage(app, "unknown option %s", shown);
        if (option->argument != NULL)
            return take_value(app, option, shown, letters[1] == '\0' ? NULL : letters + 1, argv,
                              n, i);
        TRY(add(app, option, NULL));
    }
    return DONE;
}

int arguments_parse(struct app *app, char *const *argv, size_t n)
{
    bool are_options_over = false;

    for (size_t i = 0; i < n; i++) {
        const char *word = argv[i];

        if (are_options_over || word[0] != '-' || word[1] == '\0')
            TRY(add_word(app, word));
        else if (strcmp(word, "--") == 0)
            are_options_over = true;
        else if (word[1] == '-')
            TRY(parse_long(app, argv, n, &i));
        else
            TRY(parse_short(app, argv, n, &i));
    }
    return DONE;
}

bool arguments_want_json(char *const *argv, size_t n)
{
    for (size_t i = 0; i < n && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            return true;
    }
    return false;
}

bool option_given(const struct app *app, enum option_id id)
{
    return app->arguments.given[id].n > 0;
}

const char *option_text(const struct app *app, enum option_id id)
{
    const struct given *given = &app->arguments.given[id];

    return given->n == 0 ? NULL : given->texts[given->n - 1];
}

bool parse_integer(const char *text, size_t size, int64_t *value)
{
    char copy[24], *end = NULL;
    const size_t sign = size > 0 && text[0] == '-';

    if (size <= sign || size >= sizeof(copy) || text[sign] < '0' || text[sign] > '9')
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    errno = 0;
    *value = strtoll(copy, &end, 10);
    return errno == 0 && end == copy + size;
}

int option_integer(struct app *app, enum option_id id, int64_t least, int64_t most,
                   int64_t *value)
{
    const char *text = option_text(app, id);
    int64_t number = 0;

    if (text == NULL)
        return DONE;
    if (!parse_integer(text, strlen(text), &number) || number < least || number > most)
        return fail_usage(app, "--%s \"%s\" is no whole number from %" PRId64 " to %" PRId64,
                          option_table[id].name, text, least, most);
    *value = number;
    return DONE;
}

int option_seed(struct app *app, uint64_t *seed)
{
    const char *text = option_text(app, OPTION_SEED);
    char *end = NULL;

    if (text == NULL)
        return DONE;
    errno = 0;
    if (text[0] >= '0' && text[0] <= '9')
        *seed = strtoull(text, &end, 10);
    if (end == NULL || *end != '\0' || errno != 0)
        return fail_usage(app, "--seed \"%s\" is no whole number from 0 to 2^64 - 1", text);
    return DONE;
}

int option_real(struct app *app, enum option_id id, double *value)
{
    const char *text = option_text(app, id);
    char *end = NULL;
    double number = -1;

    if (text == NULL)
        return DONE;
    if ((text[0] >= '0' && text[0] <= '9') || text[0] == '.')
        number = strtod(text, &end);
    if (end == NULL || *end != '\0' || !isfinite(number) || number < 0)
        return fail_usage(app, "--%s \"%s\" is no number from 0 up", option_table[id].name,
                          text);
    *value = number;
    return DONE;
}
