/* SPDX-License-Identifier: MIT */
/* Where the pads of a file's sequences begin, by what the file itself says: a field, the
 * manifest's chunks, or an attention mask. */
#include <string.h>

#include <padwise/conditioning.h>

#include "base/error.h"
#include "conditioning/edit.h"
#include "formats/dtype.h"
#include "formats/json.h"

struct finding {
    pw_row_role *roles; /* [n_rows] */
    size_t n_rows;
    size_t i_prompt;
    size_t n_filled; /* rows of the chunks so far */
    size_t n_chunk;  /* rows of the last one */
    bool is_known;
};

/* A whole number in a metadata entry; false where there is none. */
static pw_status read_number(pw_context *ctx, const pw_tensor_set *set, const char *key,
                             uint64_t *value, bool *found, pw_error *err)
{
    const char *text = pw_tensor_set_metadata(set, key);
    pwi_json json;
    pw_status status;

    *found = false;
    if (text == NULL || text[0] == '\0')
        return PW_OK;
    PWI_TRY(pwi_json_open_memory(&json, &ctx->allocator, text, strlen(text), NULL, err));
    status = pwi_json_next(&json, err);
    if (status == PW_OK && json.event == PWI_JSON_NUMBER) {
        status = pwi_json_u64(&json, key, value, err);
        *found = status == PW_OK;
    }
    pwi_json_close(&json);
    return status == PW_ERR_JSON ? PW_OK : status;
}

static pw_status by_field(pw_context *ctx, const pw_tensor_set *set, struct finding *finding,
                          pw_error *err)
{
    static const char *const keys[] = {"n_real", "n_tokens"};
    uint64_t n_real = 0;

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && !finding->is_known; i++) {
        PWI_TRY(read_number(ctx, set, keys[i], &n_real, &finding->is_known, err));
        if (finding->is_known && (n_real == 0 || n_real > finding->n_rows))
            return PWI_FAIL(err, PW_ERR_FIELD, "%s is %llu, and the sequence has %zu rows",
                            keys[i], (unsigned long long)n_real, finding->n_rows);
    }
    if (finding->is_known)
        pw_row_roles_fill(finding->roles, finding->n_rows, (size_t)n_real);
    return PW_OK;
}

/* ---- The manifest: prompts[i].chunks[k] = {"ids":[...],"n_tokens":n}. */

static pw_status count_list(pwi_json *json, size_t *n, pw_error *err)
{
    size_t depth;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "ids", err));
    depth = json->depth;
    for (*n = 0;; ++*n) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END && json->depth < depth)
            return PW_OK;
    }
}

static pw_status read_chunk(pwi_json *json, struct finding *finding, pw_error *err)
{
    size_t n_ids = 0;
    uint64_t n_tokens = 0;

    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            break;
        if (pwi_json_is(json, "ids")) {
            PWI_TRY(count_list(json, &n_ids, err));
        } else if (pwi_json_is(json, "n_tokens")) {
            PWI_TRY(pwi_json_next(json, err));
            PWI_TRY(pwi_json_u64(json, "n_tokens", &n_tokens, err));
        } else {
            PWI_TRY(pwi_json_skip(json, err));
        }
    }
    if (n_tokens == 0 || n_tokens > n_ids || n_ids > finding->n_rows - finding->n_filled)
        finding->n_filled = finding->n_rows + 1; /* these are not the chunks of these rows */
    if (finding->n_filled > finding->n_rows)
        return PW_OK;
    pw_row_roles_fill(finding->roles + finding->n_filled, n_ids, (size_t)n_tokens);
    finding->n_filled += n_ids;
    finding->n_chunk = n_ids;
    return PW_OK;
}

/* Whole chunks behind those of the text fill it up to the longest of its batch. */
static void fill_up(struct finding *finding)
{
    size_t n_left;

    if (finding->n_chunk == 0 || finding->n_filled >= finding->n_rows)
        return;
    n_left = finding->n_rows - finding->n_filled;
    if (n_left % finding->n_chunk != 0)
        return;
    for (size_t i = finding->n_filled; i < finding->n_rows; i++)
        finding->roles[i] = PW_ROW_PAD;
    finding->n_filled = finding->n_rows;
}

static pw_status read_chunks(pwi_json *json, struct finding *finding, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "chunks", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            break;
        if (json->event != PWI_JSON_OBJECT_BEGIN || finding->n_filled > finding->n_rows)
            PWI_TRY(pwi_json_skip(json, err));
        else
            PWI_TRY(read_chunk(json, finding, err));
    }
    fill_up(finding);
    finding->is_known = finding->n_filled == finding->n_rows;
    return PW_OK;
}

static pw_status read_prompts(pwi_json *json, struct finding *finding, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "prompts", err));
    for (size_t i = 0;; i++) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            return PW_OK;
        if (i != finding->i_prompt || json->event != PWI_JSON_OBJECT_BEGIN) {
            PWI_TRY(pwi_json_skip(json, err));
            continue;
        }
        for (;;) {
            PWI_TRY(pwi_json_next(json, err));
            if (json->event == PWI_JSON_OBJECT_END)
                break;
            if (pwi_json_is(json, "chunks"))
                PWI_TRY(read_chunks(json, finding, err));
            else
                PWI_TRY(pwi_json_skip(json, err));
        }
    }
}

static pw_status read_manifest(pwi_json *json, struct finding *finding, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the manifest", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        if (pwi_json_is(json, "prompts"))
            PWI_TRY(read_prompts(json, finding, err));
        else
            PWI_TRY(pwi_json_skip(json, err));
    }
}

static pw_status by_manifest(pw_context *ctx, const pw_tensor_set *set, struct finding *finding,
                             pw_error *err)
{
    const char *text = pw_tensor_set_metadata(set, PW_MANIFEST_KEY);
    pwi_json json;
    pw_status status;

    if (text == NULL)
        return PW_OK;
    PWI_TRY(pwi_json_open_memory(&json, &ctx->allocator, text, strlen(text), NULL, err));
    status = read_manifest(&json, finding, err);
    pwi_json_close(&json);
    return pwi_where(err, "the manifest", status);
}

/* ---- The mask: ones and then zeros; all ones say nothing of pads. */

static pw_status by_mask(pw_context *ctx, const pw_tensor_set *set, struct finding *finding,
                         pw_error *err)
{
    const pw_tensor *mask = pw_tensor_set_find(set, "attention_mask");
    const size_t n = finding->n_rows;
    const unsigned char *bytes;
    size_t n_ones = 0;
    double *values;

    if (mask == NULL || mask->rank < 1 || mask->rank > 2 || n == 0 ||
        !pw_dtype_is_computable(mask->dtype) || mask->shape[mask->rank - 1] != (int64_t)n ||
        (uint64_t)pw_tensor_n_elements(mask) / n <= finding->i_prompt)
        return PW_OK;
    values = PWI_ARRAY(&ctx->allocator, double, n);
    if (values == NULL)
        return pwi_fail_memory(err);
    bytes = mask->data;
    pwi_widen_to_f64(mask->dtype,
                     bytes + finding->i_prompt * n * (pw_dtype_bits(mask->dtype) / 8), n,
                     values);
    while (n_ones < n && values[n_ones] == 1.0)
        n_ones++;
    finding->is_known = n_ones > 0 && n_ones < n;
    for (size_t i = n_ones; i < n; i++)
        finding->is_known = finding->is_known && values[i] == 0.0;
    if (finding->is_known)
        pw_row_roles_fill(finding->roles, n, n_ones);
    pwi_free_array(&ctx->allocator, values, n, sizeof(*values));
    return PW_OK;
}

pw_status pw_row_roles_of_set(const pw_tensor_set *set, pw_context *ctx, size_t i_prompt,
                              pw_row_role *roles, size_t n_rows, pw_roles_from *from,
                              pw_error *err)
{
    static const struct {
        pw_roles_from from;
        pw_status (*find)(pw_context *ctx, const pw_tensor_set *set, struct finding *finding,
                          pw_error *err);
    } ways[] = {
        {PW_ROLES_FIELD, by_field}, {PW_ROLES_MANIFEST, by_manifest}, {PW_ROLES_MASK, by_mask}};
    struct finding finding = {.roles = roles, .n_rows = n_rows, .i_prompt = i_prompt};

    *from = PW_ROLES_UNKNOWN;
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        PWI_TRY(ways[i].find(ctx, set, &finding, err));
        if (finding.is_known) {
            *from = ways[i].from;
            return PW_OK;
        }
    }
    pw_row_roles_fill(roles, n_rows, 0);
    return PW_OK;
}
