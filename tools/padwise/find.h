/* SPDX-License-Identifier: MIT */
/* Where models and tokenizers are found (cli.md, section 2). Nothing is ever downloaded, and
 * no vocabulary is put in the place of another: the embedding table's rows must match. */
#ifndef TOOL_FIND_H
#define TOOL_FIND_H

#include "app.h"

/* -m, else PADWISE_MODEL, else the built-in model (path NULL). */
struct model_place {
    const char *path;  /* NULL: built-in */
    const char *which; /* encoder of a file that holds several, or NULL */
    const char *given; /* as it was written, for messages */
    const char *role;  /* its name in the recipe, for --tokenizer NAME=; NULL: any */
};

int find_model(struct app *app, struct model_place *place);

/* "clip_l=PATH" or "PATH" (*which NULL), not looked at. */
int find_name(struct app *app, const char *text, const char **which, const char **rest);

/* The same as a place: which, given and path. */
int find_place(struct app *app, const char *text, struct model_place *place);

/* The encoders of a recipe, and where they are. */
struct encoder_places {
    int32_t recipe, flavour; /* pw_recipe_find, pw_flavour_find */
    pw_recipe_encoder encoders[PW_RECIPE_ENCODERS_MAX];
    struct model_place models[PW_RECIPE_ENCODERS_MAX];
    size_t n;
    bool is_by_path;           /* nobody named the recipe: what was found did */
    pw_pipeline_info pipeline; /* class_name "" where no pipeline's folder is given */
};

/* find_encoders.c: from -m, all of them. recipe NULL: the one of what is found there, else raw.
 */
int find_encoders(struct app *app, const char *recipe, const char *flavour,
                  struct encoder_places *places);

/* A path as given, or the snapshot of a hub name. *pipeline is set for a folder with
 * model_index.json, whose encoders are in folders of their own. */
int find_path(struct app *app, const char *given, const char **path);
bool is_pipeline(const char *path);

/* A tokenizer file or folder that was seen, and why it was looked at. */
struct candidate {
    const char *path, *place;
    bool is_bound; /* it belongs to the model: a wrong one is an error, not passed over */
};

struct candidates {
    struct candidate *items;
    size_t n, capacity;
};

/* Those that belong to a model or lie near it, in the order of the search. */
int candidates_near(struct app *app, struct candidates *candidates, const char *model_path);

/* Those kept on this machine: PADWISE_TOKENIZERS, the kept ones, the Hugging Face cache, an
 * installed open_clip. */
int candidates_kept(struct app *app, struct candidates *candidates);

/* The folder where `tokenizer add` keeps them; *folder is NULL where no home is known. */
int kept_folder(struct app *app, char **folder);

struct found_tokenizer {
    pw_tokenizer *tokenizer;
    pw_tokenizer_info info;
    const char *path; /* NULL: built-in */
    const char *place;
};

/* The tokenizer of a model: --tokenizer, then the search. n_vocab: rows of the embedding table,
 * 0 if not known. *found is zeroed where `must` is false and there is none. */
int find_tokenizer(struct app *app, const struct model_place *model, int32_t n_vocab,
                   const pw_tokenizer_options *options, bool must,
                   struct found_tokenizer *found);

#endif
