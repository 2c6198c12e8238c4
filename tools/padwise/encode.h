/* SPDX-License-Identifier: MIT */
/* `padwise encode`, shared by its files: what was chosen, what is encoded, where it goes. */
#ifndef TOOL_ENCODE_H
#define TOOL_ENCODE_H

#include "app.h"
#include "find.h"
#include "prompts.h"
#include "ranks.h"
#include "token_view.h"

enum output_shape {
    ONE_FILE,
    FILE_EACH,
    SHARDS
};

/* encode_plan.c: the options, over those of --like. */
struct plan {
    pw_conditioning_options options;
    pw_save_options save;
    pw_tokenizer_options tokenizer;
    pw_model_options model;
    pw_text negative; /* for prompts without their own; bytes NULL: none */
    bool no_negative;
    pw_manifest *like; /* NULL without --like; it owns what options point to */
    pw_manifest_info like_info;
    const char *output; /* -o: a file or a folder with its slash; NULL: not given */
    enum output_shape shape;
    size_t shard_size;
    bool replaces; /* --force */
};

int plan_read(struct app *app, struct plan *plan);
void plan_free(struct plan *plan);

/* The prompts that are encoded by one call, and their tokens. */
struct batch {
    struct pool pool;
    struct prompt_item *items;
    struct tokenized *tokens, *negative_tokens; /* [n]; negative_tokens where has_negative */
    size_t n, capacity;
    size_t n_tokens; /* of the longest, for --length longest */
    bool has_negative;
};

struct encode {
    struct app *app;
    struct plan plan;
    struct ranks ranks;
    struct model_place place;
    pw_model *model;
    pw_model_info model_info;
    struct found_tokenizer tokenizer;
    struct prompts prompts;
    bool is_more;            /* prompts are left */
    size_t n_shown;          /* prompts whose tables were shown */
    uint64_t n_files, n_cut; /* prompts of which something was cut off */
    bool warned_second;      /* of prompt_2 in a file, once */
    uint64_t *names;         /* hashes of file names used, open addressing */
    size_t n_names, names_capacity;
};

/* encode_batch.c: the next prompt, its negative settled; is_more is false after the last. */
int encode_next(struct encode *encode, struct pool *pool, struct prompt_item *item);

/* All prompts of the run. Warns of what is cut off. */
int batch_read(struct encode *encode, struct batch *batch);

/* Prompts of a file that is written, for what is shown of them. */
int batch_of_items(struct encode *encode, struct batch *batch, const pw_bulk_item *items,
                   size_t n, uint64_t first);
void batch_warn_cut(struct encode *encode, const struct batch *batch);
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

/* encode_report.c */
#define PROMPTS_SHOWN 8

int report_tokens(struct encode *encode, const struct batch *batch, size_t n_all);
int report_tensors(struct encode *encode, const pw_tensor_set *set);
/* set NULL: the file was there, and its header is read for what it holds. */
int report_json(struct encode *encode, const struct batch *batch, const pw_tensor_set *set,
                const char *path, double seconds);

#endif
