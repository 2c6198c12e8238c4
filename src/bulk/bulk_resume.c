/* SPDX-License-Identifier: MIT */
/* Is a file that lies there one of this run? It is when it opens as a whole (a file gets its
 * name only when it is complete), its manifest makes the same choices, and it lists the same
 * prompts; then its numbers are those that would be computed. Its tensors are not read. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bulk/bulk.h"
#include "conditioning/manifest.h"
#include "formats/dtype.h"
#include "formats/json.h"

/* Why a file is not of this run; text is empty while it may be. */
struct verdict {
    char text[512];
};

static void decide(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void decide(struct verdict *verdict, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(verdict->text, sizeof(verdict->text), format, list);
    va_end(list);
}

/* What pw_conditioning_encode will write, with one prompt that is absent. */
pw_status pwi_bulk_form(pw_bulk *bulk, pw_error *err)
{
    return pwi_manifest_form(&bulk->form, bulk->ctx, bulk->encoders, bulk->n_encoders,
                             &bulk->conditioning, err);
}

static size_t number_of(pwi_slice slice)
{
    size_t number = 0;

    for (size_t i = 0; i < slice.size && slice.bytes[i] >= '0' && slice.bytes[i] <= '9'; i++)
        number = number * 10 + (size_t)(slice.bytes[i] - '0');
    return number;
}

size_t pwi_bulk_n_cut(pwi_slice entry)
{
    pwi_members members = pwi_members_of(entry.bytes, entry.size);
    size_t n_cut = 0;

    while (pwi_members_next(&members))
        if (pwi_slice_is(members.key, "n_cut") || pwi_slice_is(members.key, "negative_n_cut"))
            n_cut += number_of(members.value);
    return n_cut;
}

/* A value of a manifest for a sentence: text without its quotes. */
static const char *shown(char quoted[PWI_QUOTE_SIZE], pwi_slice value)
{
    if (value.size >= 2 && value.bytes[0] == '"')
        return pwi_quote(quoted, value.bytes + 1, value.size - 2);
    return pwi_quote(quoted, value.bytes, value.size);
}

static bool has_key(const char *manifest, size_t size, pwi_slice key)
{
    pwi_members members = pwi_members_of(manifest, size);

    while (pwi_members_next(&members))
        if (pwi_slices_equal(members.key, key))
            return true;
    return false;
}

/* At the first difference: another value, or a choice that only one of them has made. */
static void differs(const pw_bulk *bulk, const pwi_members *theirs, const pwi_members *ours,
                    struct verdict *verdict)
{
    char key[PWI_QUOTE_SIZE], there[PWI_QUOTE_SIZE], here[PWI_QUOTE_SIZE];

    if (!pwi_slices_equal(theirs->key, ours->key)) {
        const bool is_ours = has_key(bulk->form.data, bulk->form.size, theirs->key);
        const pwi_members *extra = is_ours ? ours : theirs;

        decide(verdict, "%s has %s %s, %s has none", is_ours ? "this run" : "it",
               pwi_quote(key, extra->key.bytes, extra->key.size), shown(there, extra->value),
               is_ours ? "it" : "this run");
    } else if (pwi_slice_is(ours->key, "model")) {
        decide(verdict, "it was made with another model");
    } else {
        decide(verdict, "its %s is %s, this run's %s",
               pwi_quote(key, ours->key.bytes, ours->key.size), shown(there, theirs->value),
               shown(here, ours->value));
    }
}

/* What a manifest says of the prompts of its file, not of the run. */
static bool is_of_prompts(pwi_slice key)
{
    static const char *const keys[] = {"schedule", "negative_schedule", "conjunction",
                                       "negative_conjunction"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (pwi_slice_is(key, keys[i]))
            return true;
    return false;
}

static bool next_choice(pwi_members *members)
{
    bool is_there = pwi_members_next(members);

    while (is_there && is_of_prompts(members->key))
        is_there = pwi_members_next(members);
    return is_there;
}

/* Every choice but the prompts, in the order in which both were written. */
static void compare_choices(const pw_bulk *bulk, const char *manifest, struct verdict *verdict)
{
    pwi_members theirs = pwi_members_of(manifest, strlen(manifest));
    pwi_members ours = pwi_members_of(bulk->form.data, bulk->form.size);

    while (verdict->text[0] == '\0' && pwi_members_next(&ours)) {
        if (!next_choice(&theirs)) {
            decide(verdict, "its manifest is not complete");
            return;
        }
        if (pwi_slice_is(ours.key, "prompts") && pwi_slices_equal(ours.key, theirs.key))
            continue;
        if (!pwi_slices_equal(ours.key, theirs.key) ||
            !pwi_slices_equal(ours.value, theirs.value))
            differs(bulk, &theirs, &ours, verdict);
    }
}

static bool is_text(pwi_slice entry, const char *key, pw_text text, pwi_buf *scratch)
{
    pwi_slice value;

    pwi_buf_clear(scratch);
    if (text.bytes == NULL)
        pwi_buf_text(scratch, "null");
    else
        pwi_json_put_string(scratch, text.bytes, text.size);
    return !scratch->failed && pwi_members_find(entry.bytes, entry.size, key, &value) &&
           pwi_slices_equal(value, (pwi_slice){scratch->data, scratch->size});
}

/* Second and third texts stand only where a prompt has them and an encoder for them. */
static bool is_prompt(const pw_bulk *bulk, pwi_slice entry, const pw_prompt_texts *prompt,
                      pwi_buf *scratch)
{
    static const char *const seconds[] = {"prompt_2", "prompt_3", "negative_2", "negative_3"};
    const pw_text texts[] = {prompt->prompt_2, prompt->prompt_3, prompt->negative_2,
                             prompt->negative_3};
    pwi_slice value;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        const bool is_there = texts[i].bytes != NULL && bulk->n_encoders > 1;

        if (is_there ? !is_text(entry, seconds[i], texts[i], scratch)
                     : pwi_members_find(entry.bytes, entry.size, seconds[i], &value))
            return false;
    }
    return is_text(entry, "prompt", prompt->prompt, scratch) &&
           is_text(entry, "negative", prompt->negative, scratch);
}

static pw_status compare_prompts(pw_bulk *bulk, const pwi_bulk_piece *piece,
                                 const char *manifest, struct verdict *verdict, pw_error *err)
{
    pwi_slice prompts = {manifest, 0};
    pwi_members entries;
    char quoted[PWI_QUOTE_SIZE];
    pwi_buf scratch;
    size_t n = 0;
    bool is_out;

    pwi_members_find(manifest, strlen(manifest), "prompts", &prompts);
    entries = pwi_members_of(prompts.bytes, prompts.size);
    pwi_buf_init(&scratch, &bulk->ctx->allocator);
    while (verdict->text[0] == '\0' && pwi_members_next(&entries) && n < piece->n) {
        const pw_prompt_texts *prompt = &bulk->items[piece->begin + n].prompt;

        if (!is_prompt(bulk, entries.value, prompt, &scratch))
            decide(verdict, "its row %zu is of another prompt than %s", n,
                   pwi_quote(quoted, prompt->prompt.bytes == NULL ? "" : prompt->prompt.bytes,
                             prompt->prompt.size));
        bulk->n_cut[n++] = pwi_bulk_n_cut(entries.value);
    }
    if (verdict->text[0] == '\0' && n < piece->n)
        decide(verdict, "it holds %zu prompts, and this run would put %zu there", n, piece->n);
    is_out = scratch.failed;
    pwi_buf_free(&scratch);
    return is_out ? pwi_fail_memory(err) : PW_OK;
}

/* The manifest does not say the dtype of the file; the tensors do. */
static void compare_tensors(const pw_bulk *bulk, const pwi_bulk_piece *piece,
                            const pw_file *file, struct verdict *verdict)
{
    for (size_t i = 0; verdict->text[0] == '\0' && i < pw_file_n_tensors(file); i++) {
        const pw_tensor *tensor = pw_file_tensor(file, i);

        if (pwi_dtype_is_float(tensor->dtype) && tensor->dtype != bulk->save.float_dtype)
            decide(verdict, "its tensors are %s, this run's %s", pw_dtype_name(tensor->dtype),
                   pw_dtype_name(bulk->save.float_dtype));
        else if (tensor->rank == 0 || tensor->shape[0] != (int64_t)piece->n)
            decide(verdict, "it holds %" PRId64 " prompts, and this run would put %zu there",
                   tensor->rank == 0 ? 0 : tensor->shape[0], piece->n);
    }
}

static pw_status judge(pw_bulk *bulk, const pwi_bulk_piece *piece, const pw_file *file,
                       struct verdict *verdict, pw_error *err)
{
    const char *manifest = pw_file_metadata(file, PW_MANIFEST_KEY);

    if (manifest == NULL) {
        decide(verdict, "it holds no manifest to know it by");
        return PW_OK;
    }
    compare_choices(bulk, manifest, verdict);
    compare_tensors(bulk, piece, file, verdict);
    return compare_prompts(bulk, piece, manifest, verdict, err);
}

/* Errors that are not the file's own. */
static bool is_passing(pw_status status)
{
    return status == PW_ERR_NO_MEMORY || status == PW_ERR_CANCELLED || status == PW_ERR_IO;
}

static pw_status look(pw_bulk *bulk, const pwi_bulk_piece *piece, bool *is_there,
                      struct verdict *verdict, pw_error *err)
{
    pw_file_options options;
    pw_file *file;
    pw_error why;
    pw_status status;

    pw_file_options_init(&options);
    options.expected_format = (int32_t)bulk->save.format;
    status = pw_file_open(&file, bulk->ctx, bulk->path.data, &options, &why);
    *is_there = status != PW_ERR_NOT_FOUND;
    if (status != PW_OK) {
        if (is_passing(status) && err != NULL)
            *err = why;
        if (*is_there)
            decide(verdict, "%.*s", (int)sizeof(verdict->text) - 1, why.text);
        return is_passing(status) ? status : PW_OK;
    }
    status = judge(bulk, piece, file, verdict, err);
    pw_file_free(file);
    return status;
}

pw_status pwi_bulk_look(pw_bulk *bulk, const pwi_bulk_piece *piece, bool *is_kept,
                        pw_error *err)
{
    struct verdict verdict = {.text = ""};
    bool is_there;

    *is_kept = false;
    PWI_TRY(pwi_bulk_reserve_n_cut(bulk, piece->n, err));
    PWI_TRY(look(bulk, piece, &is_there, &verdict, err));
    *is_kept = is_there && verdict.text[0] == '\0';
    if (!is_there || *is_kept || bulk->options.replaces)
        return PW_OK;
    return pwi_where(err, bulk->path.data,
                     PWI_FAIL(err, PW_ERR_MISMATCH,
                              "is there already and not of this run: %s; name another folder, "
                              "or let it be replaced (--force)",
                              verdict.text));
}
