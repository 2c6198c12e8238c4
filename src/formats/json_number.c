/* SPDX-License-Identifier: MIT */
/* JSON numbers and events as the types that a caller asks for. */
#include <math.h>

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

/* Whether the current event is a number of digits alone up to 2^64 - 1, or that with a minus:
 * then its literal has the value. */
static bool is_whole(const pwi_json *json)
{
    static const char largest[] = "18446744073709551615";
    const pwi_literal *literal = &json->state->number;
    const size_t n = literal->n_digits, n_largest = sizeof(largest) - 1;

    return json->event == PWI_JSON_NUMBER && literal->begin + n == json->size &&
           (n < n_largest ||
            (n == n_largest && memcmp(json->text + literal->begin, largest, n) <= 0));
}

pw_status pwi_json_u64(const pwi_json *json, const char *what, uint64_t *out, pw_error *err)
{
    if (!is_whole(json) || json->state->number.negative)
        return wrong_type(json, what, "a whole number from 0 to 18446744073709551615", err);
    *out = json->state->number.w;
    return PW_OK;
}

pw_status pwi_json_i64(const pwi_json *json, const char *what, int64_t *out, pw_error *err)
{
    const bool negative = json->state->number.negative;
    const uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    const uint64_t magnitude = json->state->number.w;

    if (!is_whole(json) || magnitude > limit || (negative && magnitude == 0))
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
