/* SPDX-License-Identifier: MIT */
/* Lists of numbers into one dense array: the shape follows from the first list of each depth
 * and every later one must have it; values are kept as f32 until one is not. */
#include "formats/exchange.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/checked.h"
#include "formats/json_state.h"

#define CAPACITY_FIRST 1024

/* Where the walk is: the open lists and how many items each has had. */
struct walk {
    pwi_exchange_array *array;
    pwi_json *json;
    const char *name;
    int32_t depth;
    int64_t n_items[PWI_EXCHANGE_RANK_MAX];
    pw_error *irregular;
};

/* Say why it is no tensor, at the current event. The walk ends, the document goes on. */
static void give_up(struct walk *walk, pw_status status, const char *why)
{
    const uint64_t offset = walk->json->offset;

    pwi_fail_at(walk->irregular, status, offset, "%s %s", walk->name, why);
    pwi_json_source_place(&walk->json->state->source, offset, walk->irregular);
}

static bool reserve(pwi_exchange_array *array)
{
    size_t capacity = CAPACITY_FIRST;
    void *grown;

    if (array->n < array->capacity)
        return true;
    if (array->capacity > 0 && !pwi_add_size(array->capacity, array->capacity / 2, &capacity))
        return false;
    if (array->f64 != NULL)
        grown = pwi_grow_array(array->allocator, array->f64, array->capacity, capacity,
                               sizeof(double));
    else
        grown = pwi_grow_array(array->allocator, array->f32, array->capacity, capacity,
                               sizeof(float));
    if (grown == NULL)
        return false;
    if (array->f64 != NULL)
        array->f64 = grown;
    else
        array->f32 = grown;
    array->capacity = capacity;
    return true;
}

/* From here on the values are kept as f64. */
static bool promote(pwi_exchange_array *array)
{
    array->f64 = PWI_ARRAY(array->allocator, double, array->capacity);
    if (array->f64 == NULL)
        return false;
    for (size_t i = 0; i < array->n; i++)
        array->f64[i] = (double)array->f32[i];
    pwi_free_array(array->allocator, array->f32, array->capacity, sizeof(float));
    array->f32 = NULL;
    return true;
}

static bool is_f32(double value)
{
    return fabs(value) <= (double)FLT_MAX && (double)(float)value == value;
}

static bool append(pwi_exchange_array *array, double value)
{
    if (array->n == array->capacity && !reserve(array))
        return false;
    if (array->f64 == NULL && !is_f32(value) && !promote(array))
        return false;
    if (array->f64 != NULL)
        array->f64[array->n++] = value;
    else
        array->f32[array->n++] = (float)value;
    return true;
}

static bool is_whole(const pwi_json *json)
{
    return strpbrk(json->text, ".eE") == NULL;
}

static pw_status take_number(struct walk *walk, pw_error *err)
{
    pwi_exchange_array *array = walk->array;
    double value;

    if (array->rank == 0)
        array->rank = walk->depth;
    if (array->rank != walk->depth) {
        give_up(walk, PW_ERR_FIELD, "has a number where lists were before");
        return PW_OK;
    }
    if (pwi_json_f64(walk->json, walk->name, &value, walk->irregular) != PW_OK)
        return PW_OK;
    if (array->is_whole && array->n <= PWI_EXCHANGE_SHORT_LIST_MAX)
        array->is_whole = is_whole(walk->json);
    walk->n_items[walk->depth - 1]++;
    return append(array, value) ? PW_OK : pwi_fail_memory(err);
}

static void open_list(struct walk *walk)
{
    if (walk->depth == PWI_EXCHANGE_RANK_MAX) {
        give_up(walk, PW_ERR_DEPTH, "has lists within lists deeper than 3");
    } else if (walk->array->rank != 0 && walk->depth == walk->array->rank) {
        give_up(walk, PW_ERR_FIELD, "has a list where numbers were before");
    } else {
        if (walk->depth > 0)
            walk->n_items[walk->depth - 1]++;
        walk->n_items[walk->depth++] = 0;
    }
}

static void close_list(struct walk *walk)
{
    const int32_t depth = --walk->depth;
    const int64_t n_items = walk->n_items[depth];
    int64_t *expected = &walk->array->shape[depth];
    char why[160];

    if (n_items == 0) {
        give_up(walk, PW_ERR_FIELD, "has an empty list");
    } else if (*expected == 0) {
        *expected = n_items;
    } else if (*expected != n_items) {
        snprintf(why, sizeof(why),
                 "is ragged: list %" PRId64 " of depth %d has %" PRId64
                 " items where the first has %" PRId64,
                 depth > 0 ? walk->n_items[depth - 1] : 1, (int)depth + 1, n_items, *expected);
        give_up(walk, PW_ERR_FIELD, why);
    }
}

/* What stands in a list of numbers and is none. */
static void meet_stranger(struct walk *walk)
{
    char why[160];

    snprintf(why, sizeof(why), "has %s in a list of numbers%s",
             pwi_json_event_name(walk->json->event),
             walk->json->event == PWI_JSON_NULL
                 ? " (some tools write NaN as null): make the file again without NaN"
                 : "");
    give_up(walk, PW_ERR_FIELD, why);
}

static pw_status take_event(struct walk *walk, pw_error *err)
{
    switch (walk->json->event) {
    case PWI_JSON_NUMBER:
        return take_number(walk, err);
    case PWI_JSON_ARRAY_BEGIN:
        open_list(walk);
        return PW_OK;
    case PWI_JSON_ARRAY_END:
        close_list(walk);
        return PW_OK;
    default:
        meet_stranger(walk);
        return PW_OK;
    }
}

pw_status pwi_exchange_array_read(pwi_exchange_array *array, const pw_allocator *allocator,
                                  pwi_json *json, const char *name, pw_error *irregular,
                                  pw_error *err)
{
    struct walk walk = {.array = array, .json = json, .name = name, .irregular = irregular};

    *array = (pwi_exchange_array){.allocator = allocator, .is_whole = true};
    irregular->status = PW_OK;
    for (;;) {
        PWI_TRY(take_event(&walk, err));
        if (walk.depth == 0 || irregular->status != PW_OK)
            return PW_OK;
        PWI_TRY(pwi_json_next(json, err));
    }
}

void pwi_exchange_array_free(pwi_exchange_array *array)
{
    pwi_free_array(array->allocator, array->f32, array->capacity, sizeof(float));
    pwi_free_array(array->allocator, array->f64, array->capacity, sizeof(double));
    array->f32 = NULL;
    array->f64 = NULL;
}
