/* SPDX-License-Identifier: MIT */
/* Many texts at once: workers take them from the front in small handfuls, each with scratch of
 * its own, and write to places that are theirs. The tokens are those of single calls. */
#include <stdio.h>

#include "base/checked.h"
#include "base/threads.h"
#include "tokenizers/encoder.h"

/* Bytes of text that are worth waking a thread for: a thread that sleeps wakes in some 50
 * microseconds, and this takes two hundred and more. */
#define BYTES_A_WORKER ((size_t)32 << 10)

/* From here on a cache pays for being zeroed. */
#define BYTES_FOR_CACHE ((size_t)64 << 10)

#define N_HANDFUL_MAX 64

struct worker {
    pwi_encoder encoder;
    pw_tokens tokens; /* of one text; copied from here at their right size */
    size_t i_failed;  /* a text; or n_texts */
    pw_status status;
    pw_error err;
};

struct batch {
    const pw_tokenizer *tokenizer;
    const char *const *texts;
    const size_t *sizes;
    size_t n_texts, n_handful, n_workers;
    pw_tokens *out;
    struct worker *workers;
    atomic_size_t next;         /* the first text that nobody took */
    atomic_size_t first_failed; /* nobody needs to go beyond it */
    bool has_cache;
};

static pw_status encode_one(const struct batch *batch, struct worker *worker, size_t i)
{
    const bool is_empty = batch->texts[i] == NULL;

    PWI_TRY(pwi_encoder_run(&worker->encoder, is_empty ? "" : batch->texts[i],
                            is_empty ? 0 : batch->sizes[i], &worker->tokens, &worker->err));
    return pwi_tokens_copy(&batch->out[i], &worker->tokens, &worker->err);
}

static void fail(struct batch *batch, struct worker *worker, size_t i, pw_status status)
{
    size_t first = atomic_load(&batch->first_failed);

    worker->i_failed = i;
    worker->status = status;
    while (i < first && !atomic_compare_exchange_weak(&batch->first_failed, &first, i))
        ;
}

/* Handfuls are taken in order. So when a text fails, all before it are in hands that finish
 * them, and the first that fails is the same for any number of threads. */
static void work(void *argument, size_t i_worker)
{
    struct batch *batch = argument;
    struct worker *worker = &batch->workers[i_worker];

    while (worker->status == PW_OK) {
        const size_t first = atomic_fetch_add(&batch->next, batch->n_handful);

        for (size_t i = first; i < first + batch->n_handful; i++) {
            pw_status status;

            if (i >= batch->n_texts || i > atomic_load(&batch->first_failed))
                return;
            status = encode_one(batch, worker, i);
            if (status != PW_OK) {
                fail(batch, worker, i, status);
                return;
            }
        }
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many workers, and how much each takes at once. */
static void plan(struct batch *batch)
{
    const size_t n_threads = (size_t)batch->tokenizer->ctx->n_threads;
    size_t size = 0;

    for (size_t i = 0; i < batch->n_texts; i++)
        if (!pwi_add_size(size, batch->sizes[i], &size))
            size = SIZE_MAX;
    batch->has_cache = size >= BYTES_FOR_CACHE;
    batch->n_workers = least(least(n_threads, batch->n_texts), size / BYTES_A_WORKER + 1);
    batch->n_handful = least(batch->n_texts / (batch->n_workers * 8 + 1) + 1, N_HANDFUL_MAX);
}

static pw_status start(struct batch *batch, pw_error *err)
{
    pw_status status = PW_OK;

    batch->workers =
        PWI_ARRAY(&batch->tokenizer->ctx->allocator, struct worker, batch->n_workers);
    if (batch->workers == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < batch->n_workers; i++) {
        struct worker *worker = &batch->workers[i];

        worker->status = PW_OK;
        worker->i_failed = batch->n_texts;
        pwi_encoder_init(&worker->encoder, batch->tokenizer);
        pwi_tokens_init(&worker->tokens, batch->tokenizer->ctx);
        if (batch->has_cache && status == PW_OK)
            status = pwi_encoder_add_cache(&worker->encoder, err);
    }
    return status;
}

/* What the batch comes to: the failure of the first text that failed. */
static pw_status result_of(const struct batch *batch, pw_error *err)
{
    const size_t i_failed = atomic_load(&batch->first_failed);
    char where[64];

    for (size_t i = 0; i < batch->n_workers; i++) {
        const struct worker *worker = &batch->workers[i];

        if (worker->status == PW_OK || worker->i_failed != i_failed)
            continue;
        if (err != NULL)
            *err = worker->err;
        snprintf(where, sizeof(where), "prompt %zu", i_failed + 1);
        return pwi_where(err, where, worker->status);
    }
    return PW_OK;
}

static void finish(struct batch *batch)
{
    if (batch->workers == NULL)
        return;
    for (size_t i = 0; i < batch->n_workers; i++) {
        pwi_encoder_free(&batch->workers[i].encoder);
        pw_tokens_free(&batch->workers[i].tokens);
    }
    pwi_free_array(&batch->tokenizer->ctx->allocator, batch->workers, batch->n_workers,
                   sizeof(*batch->workers));
}

pw_status pw_tokenizer_encode_batch(const pw_tokenizer *tokenizer, const char *const *texts,
                                    const size_t *sizes, size_t n_texts, pw_tokens *out,
                                    pw_error *err)
{
    struct batch batch = {
        .tokenizer = tokenizer, .texts = texts, .sizes = sizes, .n_texts = n_texts, .out = out};
    pw_status status;

    if (n_texts == 0)
        return PW_OK;
    atomic_init(&batch.next, 0);
    atomic_init(&batch.first_failed, n_texts);
    plan(&batch);
    for (size_t i = 0; i < n_texts; i++)
        pwi_tokens_init(&out[i], tokenizer->ctx);
    status = start(&batch, err);
    if (status == PW_OK) {
        pwi_parallel(tokenizer->ctx, work, &batch, batch.n_workers);
        status = result_of(&batch, err);
    }
    finish(&batch);
    for (size_t i = 0; i < n_texts && status != PW_OK; i++)
        pw_tokens_free(&out[i]);
    return status;
}
