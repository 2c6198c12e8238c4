/* SPDX-License-Identifier: MIT */
/* The exchange JSON, between its reader and its writer: one object a file, in which lists of
 * numbers are tensors and everything else is kept as it is (docs/formats.md). */
#ifndef PWI_FORMATS_EXCHANGE_H
#define PWI_FORMATS_EXCHANGE_H

#include <padwise/file.h>

#include "base/file_write.h"
#include "formats/json.h"

/* Lists in lists in lists: more are no tensor here. */
#define PWI_EXCHANGE_RANK_MAX 3

/* A list of at most so many whole numbers ("edited_rows": [3, 4]) is a field and no tensor,
 * unless it has one of the names below. */
#define PWI_EXCHANGE_SHORT_LIST_MAX 16

/* Tensors that the forms know by name. A field of such a name must be a tensor. */
typedef enum pwi_exchange_name {
    PWI_EXCHANGE_EMBEDDING,
    PWI_EXCHANGE_CLIP_L,
    PWI_EXCHANGE_CLIP_G,
    PWI_EXCHANGE_POOLED,
    PWI_EXCHANGE_N_NAMES
} pwi_exchange_name;

extern const char *const pwi_exchange_names[PWI_EXCHANGE_N_NAMES];

/* The number of a name, or PWI_EXCHANGE_N_NAMES. */
pwi_exchange_name pwi_exchange_name_of(const char *name);

/* A list of numbers while it grows. */
typedef struct pwi_exchange_array {
    const pw_allocator *allocator;
    float *f32;  /* [capacity], or NULL once a value was no f32 */
    double *f64; /* [capacity], or NULL as long as all values are f32 */
    size_t n, capacity;
    int32_t rank; /* 0 before the first number */
    int64_t shape[PWI_EXCHANGE_RANK_MAX];
    bool is_whole; /* every literal is a whole number, as far as a short list goes */
} pwi_exchange_array;

/* Read the array whose ARRAY_BEGIN is the current event, to its end. Where it turns out to be
 * no tensor (empty, ragged, mixed, too deep, too large a number), PW_OK comes back with the
 * reason and its place in *irregular, and the reader stands within the array. An error is the
 * document's. `name` is quoted, for messages. The array is the caller's to free in any case. */
pw_status pwi_exchange_array_read(pwi_exchange_array *array, const pw_allocator *allocator,
                                  pwi_json *json, const char *name, pw_error *irregular,
                                  pw_error *err);
void pwi_exchange_array_free(pwi_exchange_array *array);

/* Append the value whose first event is the current one, as Python's json.dumps sets it:
 * literals of numbers as they are, strings with the same content. Ends at its last event. */
pw_status pwi_exchange_copy_value(pwi_json *json, pwi_buf *out, pw_error *err);

/* Check the text of a "shape" field, a list of whole numbers, against a tensor (NULL: there is
 * none to check). Leading ones (a batch of one) make no difference. PW_ERR_FIELD,
 * PW_ERR_MISMATCH; the caller knows the place. */
pw_status pwi_exchange_check_shape(const pw_allocator *allocator, const char *text,
                                   const pw_tensor *tensor, pw_error *err);

/* The same for a "shapes" field: an object of such lists, by the tensors' names or their short
 * forms ("clip_l"). Whatever else is in it is not ours to judge.
 * @param tensors  by pwi_exchange_name, NULL where there is none. */
pw_status pwi_exchange_check_shapes(const pw_allocator *allocator, const char *text,
                                    const pw_tensor *const tensors[PWI_EXCHANGE_N_NAMES],
                                    pw_error *err);

/* "[77, 768]". */
void pwi_exchange_put_shape(pwi_buf *out, int32_t rank, const int64_t *shape);

/* The format row's save. */
pw_status pwi_exchange_save(const pw_tensor_set *set, pw_context *ctx, pwi_output *output,
                            const pw_save_options *options, pw_error *err);

#endif
