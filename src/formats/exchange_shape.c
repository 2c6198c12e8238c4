/* SPDX-License-Identifier: MIT */
/* Shapes that the exchange JSON states beside its numbers: read, compared, written. */
#include "formats/exchange.h"

#include <inttypes.h>
#include <string.h>

struct shape {
    int32_t rank;
    int64_t dimensions[PW_RANK_MAX];
};

/* The list of whole numbers that begins at the current event, to its end. */
static pw_status read_shape(pwi_json *json, const char *what, struct shape *shape,
                            pw_error *err)
{
    uint64_t dimension;

    shape->rank = 0;
    if (json->event != PWI_JSON_ARRAY_BEGIN)
        return PWI_FAIL(err, PW_ERR_FIELD, "%s must be a list of whole numbers, not %s", what,
                        pwi_json_event_name(json->event));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            return PW_OK;
        PWI_TRY(pwi_json_u64(json, what, &dimension, err));
        if (shape->rank == PW_RANK_MAX || dimension > INT64_MAX)
            return PWI_FAIL(err, PW_ERR_LIMIT,
                            "%s has more than %d dimensions, or one over 2^63", what,
                            PW_RANK_MAX);
        shape->dimensions[shape->rank++] = (int64_t)dimension;
    }
}

static bool is_same(const struct shape *shape, const pw_tensor *tensor)
{
    const int64_t *a = shape->dimensions, *b = tensor->shape;
    int32_t a_rank = shape->rank, b_rank = tensor->rank;

    for (; a_rank > b_rank && *a == 1; a_rank--)
        a++;
    for (; b_rank > a_rank && *b == 1; b_rank--)
        b++;
    return a_rank == b_rank && memcmp(a, b, (size_t)a_rank * sizeof(*a)) == 0;
}

static pw_status differs(const pw_allocator *allocator, const char *what,
                         const struct shape *shape, const pw_tensor *tensor, pw_error *err)
{
    pwi_buf text;
    pw_status status;

    pwi_buf_init(&text, allocator);
    pwi_exchange_put_shape(&text, shape->rank, shape->dimensions);
    pwi_buf_text(&text, " but the numbers are ");
    pwi_exchange_put_shape(&text, tensor->rank, tensor->shape);
    if (text.failed)
        status = pwi_fail_memory(err);
    else
        status = PWI_FAIL(err, PW_ERR_MISMATCH, "%s says %s: the file is damaged or was edited",
                          what, text.data);
    pwi_buf_free(&text);
    return status;
}

/* The list at the reader's event against the tensor. */
static pw_status check_list(pwi_json *json, const char *what, const pw_tensor *tensor,
                            pw_error *err)
{
    struct shape shape = {0};

    PWI_TRY(read_shape(json, what, &shape, err));
    if (tensor == NULL || is_same(&shape, tensor))
        return PW_OK;
    return differs(json->allocator, what, &shape, tensor, err);
}

pw_status pwi_exchange_check_shape(const pw_allocator *allocator, const char *text,
                                   const pw_tensor *tensor, pw_error *err)
{
    pwi_json json;
    pw_status status;

    PWI_TRY(pwi_json_open_memory(&json, allocator, text, strlen(text), NULL, err));
    status = pwi_json_next(&json, err);
    if (status == PW_OK)
        status = check_list(&json, "\"shape\"", tensor, err);
    pwi_json_close(&json);
    return status;
}

/* Which tensor a key of "shapes" means, or PWI_EXCHANGE_N_NAMES. */
static pwi_exchange_name meant_by(const pwi_json *json)
{
    static const char *const short_names[PWI_EXCHANGE_N_NAMES] = {
        [PWI_EXCHANGE_EMBEDDING] = "embedding",
        [PWI_EXCHANGE_CLIP_L] = "clip_l",
        [PWI_EXCHANGE_CLIP_G] = "clip_g",
        [PWI_EXCHANGE_POOLED] = "pooled",
    };
    unsigned i = 0;

    while (i < PWI_EXCHANGE_N_NAMES && !pwi_json_is(json, pwi_exchange_names[i]) &&
           !pwi_json_is(json, short_names[i]))
        i++;
    return (pwi_exchange_name)i;
}

static pw_status check_object(pwi_json *json,
                              const pw_tensor *const tensors[PWI_EXCHANGE_N_NAMES],
                              pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return PW_OK;
    for (;;) {
        pwi_exchange_name name;

        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        name = meant_by(json);
        PWI_TRY(pwi_json_next(json, err));
        if (name != PWI_EXCHANGE_N_NAMES && json->event == PWI_JSON_ARRAY_BEGIN)
            PWI_TRY(check_list(json, "\"shapes\"", tensors[name], err));
        else
            PWI_TRY(pwi_json_skip(json, err));
    }
}

pw_status pwi_exchange_check_shapes(const pw_allocator *allocator, const char *text,
                                    const pw_tensor *const tensors[PWI_EXCHANGE_N_NAMES],
                                    pw_error *err)
{
    pwi_json json;
    pw_status status;

    PWI_TRY(pwi_json_open_memory(&json, allocator, text, strlen(text), NULL, err));
    status = check_object(&json, tensors, err);
    pwi_json_close(&json);
    return status;
}

void pwi_exchange_put_shape(pwi_buf *out, int32_t rank, const int64_t *shape)
{
    for (int32_t i = 0; i < rank; i++)
        pwi_buf_format(out, "%s%" PRId64, i == 0 ? "[" : ", ", shape[i]);
    pwi_buf_text(out, rank == 0 ? "[]" : "]");
}
