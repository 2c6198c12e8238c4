/* SPDX-License-Identifier: MIT */
/* Completion scripts for bash, zsh and fish, from the tables. */
#include <string.h>

#include "app.h"
#include "talk.h"

/* Second words of commands that have them. */
static const char *words_of(const struct command *command)
{
    switch ((enum command_id)(command - command_table)) {
    case COMMAND_VOCAB:
        return "train";
    case COMMAND_TOKENIZER:
        return "add list";
    case COMMAND_COMPLETION:
        return "bash zsh fish";
    case COMMAND_INIT:
        return "clip-l clip-h clip-bigg clip-b32 tiny";
    default:
        return NULL;
    }
}

static bool has_option(size_t command, const struct option *option)
{
    return (option->commands >> command & 1) != 0;
}

/* Values of this version, separated by blanks. */
static void put_choices(FILE *out, const char *choices)
{
    struct choice choice;
    bool is_first = true;

    for (size_t i = 0; choice_at(choices, i, &choice); i++) {
        if (choice.is_later || choice.is_open)
            continue;
        fprintf(out, "%s%.*s", is_first ? "" : " ", (int)choice.size, choice.text);
        is_first = false;
    }
}

/* A description in single quotes, safe for zsh's _arguments too. */
static void put_description(FILE *out, const char *text, bool is_zsh)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (is_zsh && strchr("[]:\\", *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static const char *help_of(const struct option *option)
{
    while (option->help == NULL) /* shares the line of the one before */
        option--;
    return option->help;
}

static void bash_values(FILE *out)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *option = &option_table[i];

        if (option->argument == NULL)
            continue;
        fprintf(out, "    --%s", option->name);
        if (option->letter != 0)
            fprintf(out, "|-%c", option->letter);
        fputs(")\n        ", out);
        if (option->choices != NULL) {
            fputs("COMPREPLY=($(compgen -W \"", out);
            put_choices(out, option->choices);
            fputs("\" -- \"$word\"))\n        return ;;\n", out);
        } else {
            fputs("compopt -o default\n        return ;;\n", out);
        }
    }
}

static void completion_bash(FILE *out)
{
    fputs(
        "# bash completion of padwise, made by: padwise completion bash\n"
        "_padwise() {\n"
        "    local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W \"",
        out);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "%s ", command_table[i].name);
    fputs(
        "--help --version\" -- \"$word\"))\n        return\n    fi\n    case \"$before\" in\n",
        out);
    bash_values(out);
    fputs("    esac\n    local options=\"\" words=\"\"\n    case \"${COMP_WORDS[1]}\" in\n",
          out);
    for (size_t c = 0; c < N_COMMANDS; c++) {
        const char *words = words_of(&command_table[c]);

        fprintf(out, "    %s)\n        options=\"", command_table[c].name);
        for (size_t i = 0; i < N_OPTIONS; i++) {
            if (!has_option(c, &option_table[i]))
                continue;
            fprintf(out, "--%s ", option_table[i].name);
            if (option_table[i].letter != 0)
                fprintf(out, "-%c ", option_table[i].letter);
        }
        fprintf(out, "\"\n        words=\"%s\" ;;\n", words == NULL ? "" : words);
    }
    fputs("    esac\n"
          "    case \"$word\" in\n"
          "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
          "    *)\n"
          "        if [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$words\" ]; then\n"
          "            COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "        else\n"
          "            compopt -o default\n"
          "        fi ;;\n"
          "    esac\n"
          "}\n"
          "complete -F _padwise padwise\n",
          out);
}

/* '(-o --output)'{-o+,--output=}'[help]:PATH:_files' */
static void zsh_option(FILE *out, const struct option *option)
{
    const bool has_value = option->argument != NULL;

    fputs("            ", out);
    if (option->letter != 0)
        fprintf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", option->letter, option->name,
                option->letter, has_value ? "+" : "", option->name, has_value ? "=" : "");
    else
        fprintf(out, "'--%s%s[", option->name, has_value ? "=" : "");
    put_description(out, help_of(option), true);
    fputs("]", out);
    if (has_value) {
        fputs(":", out);
        put_description(out, option->argument, true);
        fputs(":", out);
        if (option->choices != NULL) {
            fputs("(", out);
            put_choices(out, option->choices);
            fputs(")", out);
        } else {
            fputs("_files", out);
        }
    }
    fputs("' \\\n", out);
}

static void completion_zsh(FILE *out)
{
    fputs("#compdef padwise\n"
          "# zsh completion of padwise, made by: padwise completion zsh\n"
          "_padwise() {\n"
          "    local -a commands\n"
          "    commands=(\n",
          out);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        fprintf(out, "        '%s:", command_table[i].name);
        put_description(out, command_table[i].summary, true);
        fputs("'\n", out);
    }
    fputs("    )\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
          out);
    for (size_t c = 0; c < N_COMMANDS; c++) {
        const char *words = words_of(&command_table[c]);

        fprintf(out, "    %s)\n        _arguments -s \\\n", command_table[c].name);
        for (size_t i = 0; i < N_OPTIONS; i++) {
            if (has_option(c, &option_table[i]))
                zsh_option(out, &option_table[i]);
        }
        if (words != NULL)
            fprintf(out, "            '1:word:(%s)' \\\n", words);
        fputs("            '*:argument:_files' ;;\n", out);
    }
    fputs("    esac\n}\n"
          "if [ \"$funcstack[1]\" = \"_padwise\" ]; then\n"
          "    _padwise \"$@\"\n"
          "else\n"
          "    compdef _padwise padwise\n"
          "fi\n",
          out);
}

static void completion_fish(FILE *out)
{
    fputs("# fish completion of padwise, made by: padwise completion fish\n"
          "complete -c padwise -n __fish_use_subcommand -l version -d 'the version'\n",
          out);
    for (size_t c = 0; c < N_COMMANDS; c++) {
        const char *words = words_of(&command_table[c]);

        fprintf(out, "complete -c padwise -f -n __fish_use_subcommand -a %s -d '",
                command_table[c].name);
        put_description(out, command_table[c].summary, false);
        fputs("'\n", out);
        if (words != NULL)
            fprintf(out, "complete -c padwise -n '__fish_seen_subcommand_from %s' -a '%s'\n",
                    command_table[c].name, words);
        for (size_t i = 0; i < N_OPTIONS; i++) {
            const struct option *option = &option_table[i];

            if (!has_option(c, option))
                continue;
            fprintf(out, "complete -c padwise -n '__fish_seen_subcommand_from %s' -l %s",
                    command_table[c].name, option->name);
            if (option->letter != 0)
                fprintf(out, " -s %c", option->letter);
            if (option->argument != NULL)
                fputs(" -r", out);
            if (option->choices != NULL) {
                fputs(" -f -a '", out);
                put_choices(out, option->choices);
                fputs("'", out);
            }
            fputs(" -d '", out);
            put_description(out, help_of(option), false);
            fputs("'\n", out);
        }
    }
}

int run_completion(struct app *app)
{
    const struct arguments *arguments = &app->arguments;
    const char *shell = arguments->n_words == 1 ? arguments->words[0] : "";

    if (strcmp(shell, "bash") == 0)
        completion_bash(app->out);
    else if (strcmp(shell, "zsh") == 0)
        completion_zsh(app->out);
    else if (strcmp(shell, "fish") == 0)
        completion_fish(app->out);
    else
        return fail_usage(app, "name a shell: bash, zsh or fish");
    return DONE;
}
