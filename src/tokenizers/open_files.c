/* SPDX-License-Identifier: MIT */
/* Opening a tokenizer: what a path is, and which of a folder's files are read. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "formats/archive.h"
#include "tokenizers/vocab_files.h"

#define TOKENIZER_JSON "tokenizer.json"
#define VOCAB_JSON     "vocab.json"
#define MERGES_TXT     "merges.txt"
#define OPENAI_GZ      "bpe_simple_vocab_16e6.txt.gz"
#define CONFIG_JSON    "tokenizer_config.json"
#define MAP_JSON       "special_tokens_map.json"

/* A slash and the longest of these. */
#define NAME_SIZE_MAX 64

/* OpenAI's file says its own name in the first line, behind a quote. */
#define OPENAI_MARK "\"bpe_simple_vocab"

struct opening {
    pw_context *ctx;
    const pw_tokenizer_options *options;
    const char *path;   /* as the caller gave it */
    const char *folder; /* of the files, ending in a slash unless it is empty */
    size_t folder_size;
    pwi_buf name; /* of the file in hand */
    pwi_specials specials;
    pw_tokenizer **out;
};

/* The path of a file of the folder, valid until the next call. There is room for it. */
static const char *path_of(struct opening *opening, const char *file)
{
    pwi_buf_clear(&opening->name);
    pwi_buf_append(&opening->name, opening->folder, opening->folder_size);
    if (opening->folder_size > 0 && opening->folder[opening->folder_size - 1] != '/')
        pwi_buf_byte(&opening->name, '/');
    pwi_buf_text(&opening->name, file);
    PW_ASSERT(!opening->name.failed);
    return opening->name.data;
}

static bool is_there(struct opening *opening, const char *file)
{
    struct stat info;

    return stat(path_of(opening, file), &info) == 0 && !S_ISDIR(info.st_mode);
}

/* What stands beside the vocabulary about special tokens; tokenizer_config.json's list of added
 * tokens makes the older file void. */
static pw_status read_configs(struct opening *opening, pw_error *err)
{
    pwi_specials *specials = &opening->specials;

    if (is_there(opening, CONFIG_JSON))
        PWI_TRY(pwi_specials_read_config(specials, path_of(opening, CONFIG_JSON), err));
    if (!specials->has_decoder && is_there(opening, MAP_JSON))
        PWI_TRY(pwi_specials_read_map(specials, path_of(opening, MAP_JSON), err));
    return PW_OK;
}

static pw_status finish(struct opening *opening, pw_error *err)
{
    return pwi_tokenizer_finish(*opening->out, &opening->specials, opening->options, err);
}

static pw_status open_tokenizer_json(struct opening *opening, const char *file, pw_error *err)
{
    PWI_TRY(pwi_tokenizer_new(opening->out, opening->ctx, err));
    PWI_TRY(pwi_tokenizer_json_read(*opening->out, &opening->specials, file, err));
    PWI_TRY(read_configs(opening, err));
    return finish(opening, err);
}

/* merges.txt over a vocabulary that is read already. */
static pw_status read_merges(struct opening *opening, pw_error *err)
{
    const pw_allocator *allocator = &opening->ctx->allocator;
    const char *path = path_of(opening, MERGES_TXT), *lines;
    char *bytes;
    size_t size, n_bytes;
    pw_status status;

    PWI_TRY(pwi_read_whole(allocator, path, PWI_VOCAB_TEXT_MAX, &bytes, &n_bytes, err));
    lines = bytes;
    size = n_bytes;
    pwi_merges_trim(&lines, &size);
    status = pwi_vocab_add_merges(*opening->out, lines, size, false, SIZE_MAX, err);
    pwi_free_array(allocator, bytes, n_bytes + 1, 1);
    return pwi_where(err, path, status);
}

static pw_status open_vocab_json(struct opening *opening, pw_error *err)
{
    if (!is_there(opening, MERGES_TXT))
        return PWI_FAIL(err, PW_ERR_NOT_FOUND,
                        "there is a " VOCAB_JSON ", but no " MERGES_TXT " beside it: both are "
                        "needed");
    PWI_TRY(pwi_tokenizer_new(opening->out, opening->ctx, err));
    PWI_TRY(pwi_vocab_json_read(*opening->out, path_of(opening, VOCAB_JSON), err));
    PWI_TRY(read_merges(opening, err));
    PWI_TRY(read_configs(opening, err));
    return finish(opening, err);
}

static bool is_openai(const char *bytes, size_t size)
{
    const size_t mark_size = strlen(OPENAI_MARK);

    return size >= mark_size && memcmp(bytes, OPENAI_MARK, mark_size) == 0;
}

/* The vocabulary from merges alone. OpenAI's file goes on behind the merges that CLIP uses. */
static pw_status open_merges(struct opening *opening, const char *bytes, size_t size,
                             bool has_configs, pw_error *err)
{
    const size_t n_max = is_openai(bytes, size) ? PWI_OPENAI_MERGES : SIZE_MAX;

    if (has_configs)
        PWI_TRY(read_configs(opening, err));
    return pwi_tokenizer_from_merges(opening->out, opening->ctx, bytes, size, n_max,
                                     &opening->specials, opening->options, err);
}

static pw_status open_merges_txt(struct opening *opening, const char *path, pw_error *err)
{
    const pw_allocator *allocator = &opening->ctx->allocator;
    char *bytes;
    size_t size;
    pw_status status;

    PWI_TRY(pwi_read_whole(allocator, path, PWI_VOCAB_TEXT_MAX, &bytes, &size, err));
    status = open_merges(opening, bytes, size, true, err);
    pwi_free_array(allocator, bytes, size + 1, 1);
    return pwi_where(err, opening->path, status);
}

/* gzip, or a wheel with it. */
static pw_status open_packed(struct opening *opening, const char *path, bool is_wheel,
                             pw_error *err)
{
    const pw_allocator *allocator = &opening->ctx->allocator;
    pwi_buf text;
    pw_status status;

    pwi_buf_init(&text, allocator);
    status = is_wheel ? pwi_wheel_read(allocator, path, &text, err)
                      : pwi_gzip_read(allocator, path, PWI_VOCAB_TEXT_MAX, &text, err);
    if (status == PW_OK)
        status = open_merges(opening, text.data, text.size, false, err);
    pwi_buf_free(&text);
    return pwi_where(err, path, status);
}

/* tokenizer.json first, as transformers does; then what the vocabulary can be made from. */
static pw_status open_folder(struct opening *opening, pw_error *err)
{
    if (is_there(opening, TOKENIZER_JSON))
        return open_tokenizer_json(opening, path_of(opening, TOKENIZER_JSON), err);
    if (is_there(opening, VOCAB_JSON))
        return open_vocab_json(opening, err);
    if (is_there(opening, MERGES_TXT))
        return open_merges_txt(opening, path_of(opening, MERGES_TXT), err);
    if (is_there(opening, OPENAI_GZ))
        return open_packed(opening, path_of(opening, OPENAI_GZ), false, err);
    return PWI_FAIL(err, PW_ERR_NOT_FOUND,
                    "the folder has none of " TOKENIZER_JSON ", " VOCAB_JSON " with " MERGES_TXT
                    ", " MERGES_TXT ", " OPENAI_GZ
                    ": name the folder or file that has CLIP's vocabulary");
}

static bool ends_with(const char *text, const char *ending)
{
    const size_t size = strlen(text), ending_size = strlen(ending);

    return size >= ending_size && strcmp(text + size - ending_size, ending) == 0;
}

/* Whether the file of that path has just this name. */
static bool is_named(const struct opening *opening, const char *name)
{
    return strcmp(opening->path + opening->folder_size, name) == 0;
}

/* Its first bytes say what a file is; where they do not, its name does. */
static pw_status open_file(struct opening *opening, pw_error *err)
{
    const char *path = opening->path;
    char head[48] = "";
    pwi_input input = PWI_INPUT_CLOSED;
    pw_status status;
    size_t n_space;

    PWI_TRY(pwi_input_open(&input, path, err));
    status = pwi_input_read(
        &input, 0, head, input.size < sizeof(head) - 1 ? (size_t)input.size : sizeof(head) - 1,
        err);
    pwi_input_close(&input);
    PWI_TRY(status);
    n_space = strspn(head, " \t\r\n");
    if (memcmp(head, "\x1F\x8B", 2) == 0)
        return open_packed(opening, path, false, err);
    if (memcmp(head, "PK\x03\x04", 4) == 0)
        return open_packed(opening, path, true, err);
    if (strncmp(head, "version https://git-lfs", 23) == 0)
        return PWI_FAIL(err, PW_ERR_FOREIGN,
                        "is a Git LFS pointer, not the file itself: fetch it with \"git lfs "
                        "pull\"");
    if (is_named(opening, VOCAB_JSON))
        return open_vocab_json(opening, err);
    if (ends_with(path, ".json") || head[n_space] == '{')
        return open_tokenizer_json(opening, path, err);
    if (is_named(opening, MERGES_TXT) && is_there(opening, VOCAB_JSON))
        return open_vocab_json(opening, err);
    return open_merges_txt(opening, path, err);
}

static pw_status open_path(struct opening *opening, pw_error *err)
{
    const char *slash = strrchr(opening->path, '/');
    struct stat info;

    opening->folder = opening->path;
    if (!pwi_buf_reserve(&opening->name, strlen(opening->path) + NAME_SIZE_MAX))
        return pwi_fail_memory(err);
    if (stat(opening->path, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? PWI_FAIL(err, PW_ERR_NOT_FOUND, "there is no such file or folder")
                   : pwi_fail_errno(err, "cannot open");
    if (S_ISDIR(info.st_mode)) {
        opening->folder_size = strlen(opening->path);
        return open_folder(opening, err);
    }
    opening->folder_size = slash == NULL ? 0 : (size_t)(slash - opening->path) + 1;
    return open_file(opening, err);
}

pw_status pw_tokenizer_open(pw_tokenizer **out, pw_context *ctx, const char *path,
                            const pw_tokenizer_options *options, pw_error *err)
{
    struct opening opening = {.ctx = ctx, .options = options, .path = path, .out = out};
    pw_status status;

    *out = NULL;
    pwi_buf_init(&opening.name, &ctx->allocator);
    pwi_specials_init(&opening.specials, &ctx->allocator);
    status = pwi_where(err, path, open_path(&opening, err));
    if (status != PW_OK) {
        pw_tokenizer_free(*out);
        *out = NULL;
    }
    pwi_specials_free(&opening.specials);
    pwi_buf_free(&opening.name);
    return status;
}
