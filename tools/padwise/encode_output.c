/* SPDX-License-Identifier: MIT */
/* Where conditioning goes: file names from prompts and ids. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "paths.h"
#include "save_choice.h"
#include "talk.h"

#define SLUG_MAX 48
#define ID_MAX   200 /* bytes; file names may have 255, and the ending and a ".tmp" need some */

char *output_slug(struct pool *pool, const char *bytes, size_t size)
{
    char slug[SLUG_MAX + 1];
    size_t n = 0, word = 0; /* word: where the last whole word ends */

    for (size_t i = 0; i < size; i++) {
        const char c = bytes[i] >= 'A' && bytes[i] <= 'Z' ? (char)(bytes[i] + 32) : bytes[i];
        const bool is_kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (!is_kept && n > word)
            word = n;
        if (n >= SLUG_MAX && (!is_kept || word > 0)) {
            n = word;
            break;
        }
        if (n >= SLUG_MAX)
            break;
        if (is_kept || (n > 0 && slug[n - 1] != '-'))
            slug[n++] = is_kept ? c : '-';
    }
    while (n > 0 && slug[n - 1] == '-')
        n--;
    return n == 0 ? pool_copy(pool, "prompt", 6) : pool_copy(pool, slug, n);
}

/* Without -o: named after the first prompt, or the file of --from. */
static int default_path(struct encode *encode, const struct batch *batch, const char **path)
{
    struct pool *pool = &encode->app->pool;
    const pw_text text = batch->items[0].prompt.prompt;
    const char *from = option_text(encode->app, OPTION_FROM);
    const char *name = from == NULL ? NULL : path_name(from);
    char *slug, *more = pool_copy(pool, "", 0);

    if (name != NULL && strcmp(from, "-") != 0) {
        slug = output_slug(pool, name, strcspn(name, "."));
    } else {
        slug = output_slug(pool, text.bytes, text.size);
        if (batch->n > 1)
            more = pool_format(pool, "-and-%zu-more", batch->n - 1);
    }
    if (slug == NULL || more == NULL)
        return fail_memory(encode->app);
    *path = pool_format(pool, "%s%s%s", slug, more, save_ending(encode->plan.save.format));
    return *path == NULL ? fail_memory(encode->app) : DONE;
}

/* A name that nobody typed must not cost somebody a file: only conditioning is replaced. */
static int check_default(struct encode *encode, const char *path)
{
    struct app *app = encode->app;
    const pw_file_options options = app_file_options(app);
    pw_file *file = NULL;
    bool is_ours = false;
    pw_error err;

    if (!path_exists(path))
        return DONE;
    if (pw_file_open(&file, app->ctx, path, &options, &err) == PW_OK) {
        is_ours = pw_file_metadata(file, PW_MANIFEST_KEY) != NULL;
        pw_file_free(file);
    }
    if (!is_ours)
        return fail(app, PW_ERR_ARGUMENT, path,
                    "is there and was not made by padwise encode; name the output with -o");
    return DONE;
}

/* FNV-1a. */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = 14695981039346656037u;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash == 0 ? 1 : hash;
}

static bool is_new(uint64_t *names, size_t capacity, uint64_t hash)
{
    size_t at = (size_t)hash & (capacity - 1);

    while (names[at] != 0 && names[at] != hash)
        at = (at + 1) & (capacity - 1);
    if (names[at] == hash)
        return false;
    names[at] = hash;
    return true;
}

/* Remember a file's name, by 8 bytes each: a million names take 16 MB. */
static int remember(struct encode *encode, const char *name, const char *where)
{
    if (2 * encode->n_names >= encode->names_capacity) {
        const size_t capacity = encode->names_capacity == 0 ? 1024 : 2 * encode->names_capacity;
        uint64_t *names = calloc(capacity, sizeof(*names));

        if (names == NULL)
            return fail_memory(encode->app);
        for (size_t i = 0; i < encode->names_capacity; i++) {
            if (encode->names[i] != 0)
                is_new(names, capacity, encode->names[i]);
        }
        free(encode->names);
        encode->names = names;
        encode->names_capacity = capacity;
    }
    if (!is_new(encode->names, encode->names_capacity, hash_of(name)))
        return fail(encode->app, PW_ERR_DUPLICATE, where,
                    "the id \"%s\" is that of an earlier prompt: its file would be replaced",
                    name);
    encode->n_names++;
    return DONE;
}

/* An id becomes a file name as it is, or not at all: it must not lead out of the folder. */
static int check_id(struct app *app, const struct prompt_item *item)
{
    const size_t n = strlen(item->id);

    if (n == 0 || n > ID_MAX || item->id[0] == '.' || strchr(item->id, '/') != NULL)
        return fail(app, PW_ERR_ARGUMENT, item->where,
                    "the id \"%.80s\" cannot be a file name: 1 to %d bytes, no slash, no dot "
                    "first",
                    item->id, ID_MAX);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)item->id[i] < 0x20 || item->id[i] == 0x7F)
            return fail(app, PW_ERR_ARGUMENT, item->where,
                        "the id \"%.80s\" cannot be a file name: it holds a control character",
                        item->id);
    }
    return DONE;
}

int output_check_name(struct encode *encode, const struct prompt_item *item)
{
    char number[32];

    if (encode->plan.shape != FILE_EACH)
        return DONE;
    if (item->id != NULL)
        TRY(check_id(encode->app, item));
    snprintf(number, sizeof(number), "%05" PRIu64, item->number);
    return remember(encode, item->id != NULL ? item->id : number, item->where);
}

int output_path(struct encode *encode, const struct batch *batch, const char **path)
{
    *path = encode->plan.output;
    if (*path == NULL) {
        TRY(default_path(encode, batch, path));
        TRY(check_default(encode, *path));
    }
    return path_check_target(encode->app, *path);
}

void output_free(struct encode *encode)
{
    free(encode->names);
}
