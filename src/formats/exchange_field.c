/* SPDX-License-Identifier: MIT */
/* Names of the exchange JSON, and its fields that are no tensors, copied as they are. */
#include "formats/exchange.h"

#include <string.h>

const char *const pwi_exchange_names[PWI_EXCHANGE_N_NAMES] = {
    [PWI_EXCHANGE_EMBEDDING] = "embedding",
    [PWI_EXCHANGE_CLIP_L] = "clip_l_sequence",
    [PWI_EXCHANGE_CLIP_G] = "clip_g_sequence",
    [PWI_EXCHANGE_POOLED] = "combined_pooled",
};

pwi_exchange_name pwi_exchange_name_of(const char *name)
{
    unsigned i = 0;

    while (i < PWI_EXCHANGE_N_NAMES && strcmp(name, pwi_exchange_names[i]) != 0)
        i++;
    return (pwi_exchange_name)i;
}

/* What an event is in the text; strings and keys apart. */
static const char *text_of(const pwi_json *json)
{
    switch (json->event) {
    case PWI_JSON_NULL:
        return "null";
    case PWI_JSON_FALSE:
        return "false";
    case PWI_JSON_TRUE:
        return "true";
    case PWI_JSON_ARRAY_BEGIN:
        return "[";
    case PWI_JSON_ARRAY_END:
        return "]";
    case PWI_JSON_OBJECT_BEGIN:
        return "{";
    case PWI_JSON_OBJECT_END:
        return "}";
    default:
        return json->text;
    }
}

/* One event of a value. *is_first: no comma stands before what comes next. */
static void put_event(const pwi_json *json, pwi_buf *out, bool *is_first)
{
    const pwi_json_event event = json->event;

    if (!*is_first && event != PWI_JSON_ARRAY_END && event != PWI_JSON_OBJECT_END)
        pwi_buf_text(out, ", ");
    if (event == PWI_JSON_STRING || event == PWI_JSON_KEY)
        pwi_json_put_string(out, json->text, json->size);
    else
        pwi_buf_text(out, text_of(json));
    if (event == PWI_JSON_KEY)
        pwi_buf_text(out, ": ");
    *is_first = event == PWI_JSON_KEY || event == PWI_JSON_ARRAY_BEGIN ||
                event == PWI_JSON_OBJECT_BEGIN;
}

pw_status pwi_exchange_copy_value(pwi_json *json, pwi_buf *out, pw_error *err)
{
    const bool is_nested =
        json->event == PWI_JSON_ARRAY_BEGIN || json->event == PWI_JSON_OBJECT_BEGIN;
    const size_t depth = json->depth - is_nested;
    bool is_first = true;

    put_event(json, out, &is_first);
    while (json->depth > depth) {
        PWI_TRY(pwi_json_next(json, err));
        put_event(json, out, &is_first);
        if (out->failed)
            break;
    }
    return out->failed ? pwi_fail_memory(err) : PW_OK;
}
