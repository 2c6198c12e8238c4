/* SPDX-License-Identifier: MIT */
/* `padwise encode -o DIR/`: prompts are handed to the library's bulk one by one, and what it
 * says of files that are done is shown. */
#include <inttypes.h>
#include <string.h>

#include "encode.h"
#include "paths.h"
#include "talk.h"

/* A run of the bulk; `status` is what its callback met. */
struct folder {
    struct encode *encode;
    pw_bulk *bulk;
    double started, last; /* last: when the file before was done */
    int status;
    bool has_failed; /* the bulk has: nothing more may be asked of it */
    bool has_said_kept;
};

static uint64_t n_given(const struct folder *folder)
{
    return folder->encode->prompts.n_given;
}

/* What is cut is named as it is planned; of files that are kept, here. */
static void count_cut(struct encode *encode, const pw_bulk_file *file)
{
    for (size_t i = 0; i < file->n_prompts; i++) {
        if (file->n_cut[i] == 0)
            continue;
        encode->n_cut++;
        if (file->is_kept && encode->n_cut <= PROMPTS_SHOWN)
            warn(encode->app, file->items[i].where, "%zu token%s cut off", file->n_cut[i],
                 file->n_cut[i] == 1 ? " was" : "s were");
    }
}

static int show_file(struct folder *folder, const pw_bulk_file *file)
{
    struct encode *encode = folder->encode;
    const double now = progress_clock();

    count_cut(encode, file);
    if (!file->is_kept)
        show_print(encode, file->set, file->n_prompts);
    if (file->set != NULL)
        TRY(report_tensors(encode, file->set));
    TRY(report_json(encode, file->items, file->n_prompts, file->set, file->path,
                    now - folder->last));
    folder->last = now;
    encode->n_files++;
    return DONE;
}

/* Kept files are passed over in no time: they must not make the rate look good. */
static void pass_over(struct folder *folder, const pw_bulk_file *file)
{
    struct encode *encode = folder->encode;
    const double fraction = prompts_fraction(&encode->prompts);
    pw_bulk_counts counts;
    double share;

    pw_bulk_get_counts(folder->bulk, &counts);
    share = (double)counts.n_kept * encode->ranks.n / (double)n_given(folder);
    share = share > 1 ? 1 : share;
    progress_skip(&encode->app->progress, (uint64_t)(share * (double)n_given(folder)),
                  share * fraction);
    progress_update(&encode->app->progress, n_given(folder), fraction);
    if (!folder->has_said_kept && encode->plan.shape == SHARDS)
        note(encode->app, "%s: is there, whole, and of this run: it is kept, as others will be",
             file->path);
    folder->has_said_kept = true;
}

static bool on_file(void *user, const pw_bulk_file *file)
{
    struct folder *folder = user;

    if (file->is_kept)
        pass_over(folder, file);
    folder->status = folder->encode->show.status;
    if (folder->status == DONE)
        folder->status = show_file(folder, file);
    return folder->status != DONE;
}

static void on_window(void *user, const pw_bulk_item *items, size_t n_prompts, size_t n_passes)
{
    struct folder *folder = user;
    struct encode *encode = folder->encode;

    show_call(encode, items, n_prompts);
    progress_span(&encode->app->progress, n_given(folder), prompts_fraction(&encode->prompts),
                  (unsigned)n_passes);
}

/* What a call of the library says, as an exit status. */
static int settle(struct folder *folder, pw_status status, const pw_error *err)
{
    struct encode *encode = folder->encode;

    if (status == PW_OK)
        return DONE;
    folder->has_failed = true;
    if (folder->status != DONE)
        return folder->status;
    if (encode->show.status != DONE)
        return encode->show.status;
    if (status == PW_ERR_CANCELLED && ranks_failed(&encode->ranks))
        return FAILED; /* the rank that failed has said why */
    return fail_with(encode->app, err);
}

static int add_next(struct folder *folder)
{
    struct encode *encode = folder->encode;
    struct pool pool = {0};
    struct prompt_item item;
    pw_error err;
    int status = encode_next(encode, &pool, &item);

    if (status == DONE && encode->is_more)
        status = output_check_name(encode, &item);
    if (status == DONE && encode->is_more) {
        const pw_bulk_item given = {item.prompt, item.id, item.where};

        status = settle(folder, pw_bulk_add(folder->bulk, &given, &err), &err);
    }
    pool_free(&pool);
    return status;
}

/* What is complete is written before a wait for somebody who writes into a pipe, and after a
 * line that cannot be used. */
static int flush(struct folder *folder)
{
    pw_error err;

    return settle(folder, pw_bulk_flush(folder->bulk, &err), &err);
}

static int add_all(struct folder *folder)
{
    struct encode *encode = folder->encode;
    int status = DONE;

    while (status == DONE && encode->is_more) {
        if (prompts_would_wait(&encode->prompts))
            status = flush(folder);
        if (status == DONE)
            status = add_next(folder);
        progress_span_end(&encode->app->progress);
        if (status == DONE && ranks_failed(&encode->ranks))
            status = FAILED;
    }
    if (status == FAILED && !folder->has_failed && !ranks_failed(&encode->ranks))
        flush(folder);
    return status;
}

static int finish(struct folder *folder)
{
    struct encode *encode = folder->encode;
    pw_error err;

    if (encode->prompts.n_given == 0)
        return fail(encode->app, PW_ERR_ARGUMENT, encode->prompts.path, "holds no prompt");
    return settle(folder, pw_bulk_finish(folder->bulk, &err), &err);
}

static void say_done(const struct folder *folder)
{
    const struct encode *encode = folder->encode;
    struct app *app = encode->app;
    const double seconds = progress_clock() - folder->started;
    pw_bulk_counts counts;

    pw_bulk_get_counts(folder->bulk, &counts);
    if (encode->n_cut > PROMPTS_SHOWN)
        warn(app, "", "%" PRIu64 " prompts were cut; the first %d are named above",
             encode->n_cut, PROMPTS_SHOWN);
    else if (encode->show.n_warned > PROMPTS_SHOWN)
        warn(app, "", "%" PRIu64 " texts may mean something else; the first %d are named above",
             encode->show.n_warned, PROMPTS_SHOWN);
    if (counts.n_files_kept > 0)
        note(app, "kept %" PRIu64 " file%s that were there, with %" PRIu64 " prompt%s",
             counts.n_files_kept, counts.n_files_kept == 1 ? "" : "s", counts.n_kept,
             counts.n_kept == 1 ? "" : "s");
    note(app, "wrote %" PRIu64 " file%s to %s: %" PRIu64 " prompt%s in %.2f s (%.4g/s)",
         counts.n_files_written, counts.n_files_written == 1 ? "" : "s", encode->plan.output,
         counts.n_encoded, counts.n_encoded == 1 ? "" : "s", seconds,
         seconds > 0 ? (double)counts.n_encoded / seconds : 0);
    if (encode->ranks.n > 1)
        note(app, "this is rank 0 of %d: the others wrote the rest of %" PRIu64 " prompts",
             (int)encode->ranks.n, counts.n_prompts);
}

static int open_bulk(struct folder *folder)
{
    struct encode *encode = folder->encode;
    const struct plan *plan = &encode->plan;
    pw_bulk_options options;
    pw_error err;

    if (encode->ranks.n > 1 && encode->prompts.file == stdin)
        return fail_usage(encode->app, "%d processes cannot share standard input: --from FILE",
                          (int)encode->ranks.n);
    pw_bulk_options_init(&options);
    options.folder = plan->output;
    options.shard_size = plan->shape == SHARDS ? plan->shard_size : 0;
    options.save = &plan->save;
    options.replaces = plan->replaces;
    options.rank = encode->ranks.rank;
    options.n_ranks = encode->ranks.n;
    options.on_file = on_file;
    options.on_window = on_window;
    options.user = folder;
    if (pw_bulk_create(&folder->bulk, encode->app->ctx, encode->given, encode->places.n,
                       &plan->options, &options, &err) != PW_OK)
        return fail_with(encode->app, &err);
    return DONE;
}

static bool is_stopped(const void *user)
{
    return ranks_failed(user);
}

/* The ranks meet three times: rank 0 has cleaned the folder before others write, all shards are
 * there before the index is, and all have ended (cmd_encode.c). */
static int run(struct folder *folder)
{
    struct encode *encode = folder->encode;
    struct app *app = encode->app;
    pw_error err;
    int status;

    TRY(ranks_agree(app, &encode->ranks, open_bulk(folder)));
    progress_start(&app->progress, "encoding", "prompts");
    status = add_all(folder);
    if (status == DONE)
        status = finish(folder);
    TRY(ranks_agree(app, &encode->ranks, status));
    status = settle(folder, pw_bulk_write_index(folder->bulk, &err), &err);
    progress_stop(&app->progress);
    if (status == DONE)
        say_done(folder);
    return status;
}

int encode_folder(struct encode *encode)
{
    struct folder folder = {.encode = encode, .started = progress_clock()};
    int status;

    folder.last = folder.started;
    encode->app->progress.is_stopped = is_stopped;
    encode->app->progress.stopped_user = &encode->ranks;
    status = run(&folder);
    pw_bulk_free(folder.bulk);
    return status;
}
