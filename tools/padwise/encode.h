/* SPDX-License-Identifier: MIT */
/* `padwise encode`, shared by its files: what was chosen, what is encoded, where it goes. */
#ifndef TOOL_ENCODE_H
#define TOOL_ENCODE_H

#include <padwise/embedding.h>

#include "app.h"
#include "encoder_open.h"
#include "plan_view.h"
#include "prompts.h"
#include "ranks.h"

enum output_shape {
    ONE_FILE,
    FILE_EACH,
    SHARDS
};

/* encode_plan.c: the options, over those of --like. */
struct plan {
    pw_conditioning_options options;
    pw_save_options save;
    pw_model_options model;
    pw_prompt_texts texts; /* for prompts without their own; bytes NULL: none */
    pw_manifest *like;     /* NULL without --like; it owns what options point to */
    pw_manifest_info like_info;
    bool takes_like_tokenizer; /* no option beside --like makes its tokenizer another's */
    const char *output;        /* -o: a file or a folder with its slash; NULL: not given */
    enum output_shape shape;
    size_t shard_size;
    bool replaces; /* --force */
};

int plan_read(struct app *app, struct plan *plan);

/* Refuse options that the recipe has no place for. */
int plan_check(struct app *app, const char *recipe, size_t n_encoders);

/* How encoder i and its tokenizer are opened. */
int plan_tokenizer(struct app *app, const struct plan *plan,
                   const struct encoder_places *places, size_t i,
                   pw_tokenizer_options *options);
pw_model_options plan_model(const struct app *app, const struct plan *plan, size_t i);
void plan_free(struct plan *plan);

/* Prompts of one file, in memory together. */
struct batch {
    struct pool pool;
    pw_bulk_item *items;
    size_t n, capacity;
};

#define PROMPTS_SHOWN 8

/* encode_show.c: what is shown of the first prompts' tokens, taken from the plans of the
 * encoders before they run. */
struct show {
    struct builder texts[PROMPTS_SHOWN][2]; /* prompt and negative */
    size_t n_before;                        /* prompts of calls before this one */
    const pw_bulk_item *items;              /* of the call, [n_items] */
    size_t n_items;
    uint64_t n_warned; /* texts of which something was said */
    size_t n_printed;  /* prompts whose tables were due */
    int status;        /* of what failed between the library's calls; it has been said */
};

struct encode {
    struct app *app;
    struct plan plan;
    struct ranks ranks;
    struct encoder_places places;
    struct encoder encoders[PW_RECIPE_ENCODERS_MAX];
    pw_encoder given[PW_RECIPE_ENCODERS_MAX]; /* the same for the library */
    pw_embeddings *embeddings;                /* NULL without --embedding-dir */
    struct prompts prompts;
    bool is_more;       /* prompts are left */
    bool keeps_weights; /* the encoder runs again and again: they stay in memory */
    struct show show;
    uint64_t n_files, n_cut; /* n_cut: prompts of which something was cut off */
    bool warned_second;      /* of prompt_2 in a file, once */
    uint64_t *names;         /* hashes of file names used, open addressing */
    size_t n_names, names_capacity;
};

/* encode_open.c: models, tokenizers and embeddings of the recipe. */
int encode_open(struct encode *encode);
void encode_close(struct encode *encode);

/* encode_batch.c: the next prompt, its texts settled; is_more is false after the last. */
int encode_next(struct encode *encode, struct pool *pool, struct prompt_item *item);

/* All prompts of the run. */
int batch_read(struct encode *encode, struct batch *batch);
void batch_free(struct batch *batch);

/* encode_bulk.c: a folder of files. */
int encode_folder(struct encode *encode);

/* encode_output.c: where one file goes, and names of files in a folder. */
int output_path(struct encode *encode, const struct batch *batch, const char **path);
int output_check_name(struct encode *encode, const struct prompt_item *item);
void output_free(struct encode *encode);

/* "A beaver, with teeth!" -> "a-beaver-with-teeth": lower-case ASCII letters and digits, at
 * most 48, cut between words. "prompt" where nothing is left. */
char *output_slug(struct pool *pool, const char *bytes, size_t size);

/* encode_show.c. pw_conditioning_options.on_plan; the user is the struct encode. */
void show_plan(void *user, const pw_planned *planned);

/* A call for these prompts begins; they outlive it. */
void show_call(struct encode *encode, const pw_bulk_item *items, size_t n);

/* The tables of the next n prompts that were encoded; set: what became of them. */
void show_print(struct encode *encode, const pw_tensor_set *set, size_t n);
void show_free(struct encode *encode);

/* encode_edit.c: --edit and --pads, before anything is opened, and on what was encoded. */
int encode_check_edits(struct encode *encode);
int encode_edit(struct encode *encode, pw_tensor_set *set);

/* encode_report.c */
int report_tensors(struct encode *encode, const pw_tensor_set *set);
/* set NULL: the file was there, and its header is read for what it holds. */
int report_json(struct encode *encode, const pw_bulk_item *items, size_t n,
                const pw_tensor_set *set, const char *path, double seconds);

#endif
