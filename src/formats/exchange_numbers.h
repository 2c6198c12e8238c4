/* SPDX-License-Identifier: MIT */
/* A tensor as nested JSON lists, a piece at a time. */
#ifndef PWI_FORMATS_EXCHANGE_NUMBERS_H
#define PWI_FORMATS_EXCHANGE_NUMBERS_H

#include <padwise/file.h>

#include "base/buf.h"
#include "base/context.h"

typedef struct pwi_exchange_numbers {
    pw_context *ctx;
    const char *name; /* for messages */
    const pw_tensor *tensor;
    pw_dtype dtype; /* of the bytes */
    const unsigned char *bytes;
    void *converted; /* the bytes, if they are not the tensor's own */
    size_t converted_size;
    size_t n, i_next; /* elements, of all and of those written */
} pwi_exchange_numbers;

/* Floats are rounded to options->float_dtype unless that is F32: text has no dtype, and F64
 * stays what it is. PW_ERR_UNSUPPORTED for a tensor that the reader would not give back: no
 * dimension or more than three, no elements, or a dtype without numbers. */
pw_status pwi_exchange_numbers_open(pwi_exchange_numbers *numbers, pw_context *ctx,
                                    const char *name, const pw_tensor *tensor,
                                    const pw_save_options *options, pw_error *err);
void pwi_exchange_numbers_close(pwi_exchange_numbers *numbers);

bool pwi_exchange_numbers_left(const pwi_exchange_numbers *numbers);

/* Append some more: each value as Python prints it as a float, which keeps every f32 and f64.
 * PW_ERR_UNSUPPORTED for NaN, infinities, and integers that a double does not hold. */
pw_status pwi_exchange_numbers_put(pwi_exchange_numbers *numbers, pwi_buf *out, pw_error *err);

#endif
