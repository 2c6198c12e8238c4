/* SPDX-License-Identifier: MIT */
/* Nested lists of numbers: brackets where dimensions begin and end, values through doubles. */
#include "formats/exchange_numbers.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "formats/dtype.h"
#include "formats/exchange.h"
#include "formats/tensor_set.h"

#define PIECE 512

/* Doubles hold every whole number below this. */
#define WHOLE_MAX 9007199254740992.0 /* 2^53 */

static pw_status no_place(const char *name, const char *why, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                    "tensor %s %s: the exchange JSON cannot hold it; write safetensors or npz",
                    pwi_quote(quoted, name, strlen(name)), why);
}

static pw_status check_tensor(const char *name, const pw_tensor *tensor, pw_error *err)
{
    if (name[0] == '\0')
        return no_place(name, "has an empty name", err);
    if (tensor->rank == 0)
        return no_place(name, "has no dimensions", err);
    if (tensor->rank > PWI_EXCHANGE_RANK_MAX)
        return no_place(name, "has more than 3 dimensions", err);
    if (pw_tensor_n_elements(tensor) == 0)
        return no_place(name, "has no elements", err);
    if (!pw_dtype_is_computable(tensor->dtype))
        return no_place(name, "has a dtype that is not widened to f64", err);
    return PW_OK;
}

pw_status pwi_exchange_numbers_open(pwi_exchange_numbers *numbers, pw_context *ctx,
                                    const char *name, const pw_tensor *tensor,
                                    const pw_save_options *options, pw_error *err)
{
    const void *bytes = tensor->data;

    PWI_TRY(check_tensor(name, tensor, err));
    *numbers = (pwi_exchange_numbers){.ctx = ctx,
                                      .name = name,
                                      .tensor = tensor,
                                      .dtype = tensor->dtype,
                                      .n = (size_t)pw_tensor_n_elements(tensor)};
    if (options->float_dtype != PW_F32)
        PWI_TRY(pwi_tensor_for_save(ctx, tensor, options, &numbers->dtype, &bytes,
                                    &numbers->converted_size, &numbers->converted, err));
    numbers->bytes = bytes;
    return PW_OK;
}

void pwi_exchange_numbers_close(pwi_exchange_numbers *numbers)
{
    pwi_free_array(&numbers->ctx->allocator, numbers->converted, numbers->converted_size, 1);
    numbers->converted = NULL;
}

bool pwi_exchange_numbers_left(const pwi_exchange_numbers *numbers)
{
    return numbers->i_next < numbers->n;
}

/* How many lists begin with element i; as many end before it. */
static int32_t n_lists_at(const pw_tensor *tensor, size_t i)
{
    int32_t n = 0;

    for (int32_t d = tensor->rank - 1; d >= 0 && i % (size_t)tensor->shape[d] == 0; d--) {
        i /= (size_t)tensor->shape[d];
        n++;
    }
    return n;
}

static void put_brackets(pwi_buf *out, char bracket, int32_t n)
{
    while (n-- > 0)
        pwi_buf_byte(out, bracket);
}

static pw_status check_value(const pwi_exchange_numbers *numbers, double value, pw_error *err)
{
    if (!isfinite(value))
        return no_place(numbers->name, "holds NaN or an infinity, which JSON has not", err);
    if (fabs(value) >= WHOLE_MAX && (numbers->dtype == PW_I64 || numbers->dtype == PW_U64))
        return no_place(numbers->name, "holds whole numbers over 2^53", err);
    return PW_OK;
}

pw_status pwi_exchange_numbers_put(pwi_exchange_numbers *numbers, pwi_buf *out, pw_error *err)
{
    const size_t left = numbers->n - numbers->i_next, n = left < PIECE ? left : PIECE;
    const size_t width = pw_dtype_bits(numbers->dtype) / 8;
    double values[PIECE];

    pwi_widen_to_f64(numbers->dtype, numbers->bytes + numbers->i_next * width, n, values);
    for (size_t i = 0; i < n; i++) {
        const size_t i_element = numbers->i_next + i;
        const int32_t n_lists = n_lists_at(numbers->tensor, i_element);

        PWI_TRY(check_value(numbers, values[i], err));
        if (i_element > 0) {
            put_brackets(out, ']', n_lists);
            pwi_buf_text(out, ", ");
        }
        put_brackets(out, '[', n_lists);
        pwi_json_put_f64(out, values[i]);
    }
    numbers->i_next += n;
    if (numbers->i_next == numbers->n)
        put_brackets(out, ']', numbers->tensor->rank);
    return PW_OK;
}
