/* SPDX-License-Identifier: MIT */
/* `padwise encode`, shared by its files: what was chosen, what is encoded, where it goes. */
#ifndef TOOL_ENCODE_H
#define TOOL_ENCODE_H

#include "app.h"
#include "find.h"
#include "prompts.h"
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
    struct model_place place;
    pw_model *model;
    pw_model_info model_info;
    struct found_tokenizer tokenizer;
    struct prompts prompts;
    bool is_more;          /* prompts are left */
    bool progress_is_ours; /* prompts are counted here, not in the library */
    size_t n_shown;        /* prompts whose tables were shown */
    uint64_t n_files;
    bool warned_second; /* of prompt_2 in a file, once */
    FILE *index;        /* index.jsonl of shards, under a temporary name */
    char *index_path, *index_temporary;
    uint64_t *names; /* hashes of file names used, open addressing */
    size_t n_names, names_capacity;
};

/* encode_batch.c */
int batch_read(struct encode *encode, struct batch *batch, size_t n_max);
void batch_free(struct batch *batch);

/* encode_output.c: names of files, index.jsonl. */
int output_start(struct encode *encode);
int output_path(struct encode *encode, struct batch *batch, const char **path);
int output_index(struct encode *encode, const struct batch *batch, const char *path);
int output_finish(struct encode *encode);
void output_free(struct encode *encode);

/* "A beaver, with teeth!" -> "a-beaver-with-teeth": lower-case ASCII letters and digits, at
 * most 48, cut between words. "prompt" where nothing is left. */
char *output_slug(struct pool *pool, const char *bytes, size_t size);

/* encode_report.c */
int report_tokens(struct encode *encode, const struct batch *batch);
int report_tensors(struct encode *encode, const pw_tensor_set *set);
int report_json(struct encode *encode, const struct batch *batch, const pw_tensor_set *set,
                const char *path, double seconds);

#endif
