/* SPDX-License-Identifier: MIT */
/* JSON numbers and events as the types that a caller asks for. */
#include <math.h>

#include "base/checked.h"
#include "formats/json_state.h"

const char *pwi_json_event_name(pwi_json_event event)
{
    static const char *const names[] = {
        [PWI_JSON_END] = "the end of the JSON text",
        [PWI_JSON_NULL] = "null",
        [PWI_JSON_FALSE] = "false",
        [PWI_JSON_TRUE] = "true",
        [PWI_JSON_NUMBER] = "a number",
        [PWI_JSON_STRING] = "a string",
        [PWI_JSON_KEY] = "a key",
        [PWI_JSON_ARRAY_BEGIN] = "an array",
        [PWI_JSON_ARRAY_END] = "the end of an array",
        [PWI_JSON_OBJECT_BEGIN] = "an object",
        [PWI_JSON_OBJECT_END] = "the end of an object",
    };

    return names[event];
}

/* Fail at the current event. */
static pw_status wrong_type(const pwi_json *json, const char *what, const char *must_be,
                            pw_error *err)
{
    if (json->event == PWI_JSON_NUMBER)
        pwi_fail_at(err, PW_ERR_FIELD, json->offset, "%s must be %s, not the number %.40s%s",
                    what, must_be, json->text, json->size > 40 ? "..." : "");
    else
        pwi_fail_at(err, PW_ERR_FIELD, json->offset, "%s must be %s, not %s", what, must_be,
                    pwi_json_event_name(json->event));
    pwi_json_source_place(&json->state->source, json->offset, err);
    return PW_ERR_FIELD;
}

pw_status pwi_json_expect(pwi_json *json, pwi_json_event event, const char *what, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    return json->event == event ? PW_OK
                                : wrong_type(json, what, pwi_json_event_name(event), err);
}

/* Digits without a leading zero, up to 2^64 - 1. */
static bool digits_to_u64(const char *text, size_t size, uint64_t *out)
{
    uint64_t value = 0;

    if (size == 0 || size > 20 || (size > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || !pwi_mul_u64(value, 10, &value) ||
            !pwi_add_u64(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

pw_status pwi_json_u64(const pwi_json *json, const char *what, uint64_t *out, pw_error *err)
{
    if (json->event != PWI_JSON_NUMBER || !digits_to_u64(json->text, json->size, out))
        return wrong_type(json, what, "a whole number from 0 to 18446744073709551615", err);
    return PW_OK;
}

pw_status pwi_json_i64(const pwi_json *json, const char *what, int64_t *out, pw_error *err)
{
    const bool negative = json->size > 0 && json->text[0] == '-';
    const uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    uint64_t magnitude = 0;

    if (json->event != PWI_JSON_NUMBER ||
        !digits_to_u64(json->text + negative, json->size - negative, &magnitude) ||
        magnitude > limit || (negative && magnitude == 0))
        return wrong_type(
            json, what, "a whole number from -9223372036854775808 to 9223372036854775807", err);
    *out = negative ? -1 - (int64_t)(magnitude - 1) : (int64_t)magnitude;
    return PW_OK;
}

pw_status pwi_json_f64(const pwi_json *json, const char *what, double *out, pw_error *err)
{
    double value;

    if (json->event != PWI_JSON_NUMBER)
        return wrong_type(json, what, "a number", err);
    value = pwi_literal_to_f64(&json->state->number, json->text);
    if (isinf(value))
        return wrong_type(json, what, "a number within +-1.8e308", err);
    *out = value;
    return PW_OK;
}
