/* SPDX-License-Identifier: MIT */
/* normalizer and pre_tokenizer: a Sequence of components, each compared with what CLIP's has at
 * that place. A component's fields come in any order, so all that matter are gathered first. */
#include "tokenizers/tokenizer_sections.h"

#include <string.h>

#include "tokenizers/word_pattern.h"

/* Longer than any field that a CLIP tokenizer has: a field that is cut here matches nothing. */
#define FIELD_SIZE 192

struct field {
    char text[FIELD_SIZE];
    size_t size;
    bool is_given;
};

struct component {
    struct field type, pattern, content, behavior;
    bool is_regex, is_inverted, has_prefix_space, uses_regex;
};

static void set_field(struct field *field, const pwi_json *json)
{
    field->size = json->size < FIELD_SIZE ? json->size : FIELD_SIZE;
    memcpy(field->text, json->text, field->size);
    field->is_given = true;
}

static bool is_field(const struct field *field, const char *text)
{
    return field->is_given && field->size == strlen(text) &&
           memcmp(field->text, text, field->size) == 0;
}

static pw_status read_text(pwi_json *json, const char *what, struct field *field, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, what, err));
    set_field(field, json);
    return PW_OK;
}

/* A flag that is absent or null stays as it is. */
static pw_status read_flag(pwi_json *json, const char *what, bool *flag, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_NULL)
        return PW_OK;
    if (json->event != PWI_JSON_TRUE && json->event != PWI_JSON_FALSE)
        return PWI_FAIL(err, PW_ERR_FIELD, "%s must be true or false, not %s", what,
                        pwi_json_event_name(json->event));
    *flag = json->event == PWI_JSON_TRUE;
    return PW_OK;
}

/* {"Regex": "..."} or {"String": "..."}. */
static pw_status read_pattern(pwi_json *json, struct component *component, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "\"pattern\"", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        component->is_regex = pwi_json_is(json, "Regex");
        PWI_TRY(read_text(json, "a \"pattern\"", &component->pattern, err));
    }
}

/* The field whose KEY was just read. */
static pw_status read_field(pwi_json *json, struct component *component, pw_error *err)
{
    if (pwi_json_is(json, "type"))
        return read_text(json, "\"type\"", &component->type, err);
    if (pwi_json_is(json, "content"))
        return read_text(json, "\"content\"", &component->content, err);
    if (pwi_json_is(json, "behavior"))
        return read_text(json, "\"behavior\"", &component->behavior, err);
    if (pwi_json_is(json, "pattern"))
        return read_pattern(json, component, err);
    if (pwi_json_is(json, "invert"))
        return read_flag(json, "\"invert\"", &component->is_inverted, err);
    if (pwi_json_is(json, "add_prefix_space"))
        return read_flag(json, "\"add_prefix_space\"", &component->has_prefix_space, err);
    if (pwi_json_is(json, "use_regex"))
        return read_flag(json, "\"use_regex\"", &component->uses_regex, err);
    return pwi_json_skip(json, err);
}

/* An object whose OBJECT_BEGIN was just read. */
static pw_status read_component(pwi_json *json, struct component *component, pw_error *err)
{
    memset(component, 0, sizeof(*component));
    component->uses_regex = true;
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        PWI_TRY(read_field(json, component, err));
    }
}

/* What a section is called, and what CLIP's holds. */
struct section {
    const char *name, *list; /* the key of the Sequence's components */
    const char *shape;       /* for messages */
    size_t n_components;
    bool (*matches)(pwi_specials *specials, const struct component *component, size_t i);
    pwi_specials *specials;
};

static pw_status refuse(const struct section *section, const char *what,
                        const struct field *name, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE] = "(none)";

    if (name != NULL && name->is_given)
        pwi_quote(quoted, name->text, name->size);
    return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                    "%s%s%s in \"%s\" is not what a CLIP tokenizer has there (%s); other "
                    "tokenizers are not read",
                    what, name != NULL ? " " : "", name != NULL ? quoted : "", section->name,
                    section->shape);
}

/* A component that is not CLIP's: named by its pattern where only that is another. */
static pw_status refuse_component(const struct section *section,
                                  const struct component *component, pw_error *err)
{
    if (component->pattern.is_given &&
        (is_field(&component->type, "Split") || is_field(&component->type, "Replace")))
        return refuse(section, "the pattern", &component->pattern, err);
    return refuse(section, "the type", &component->type, err);
}

static pw_status read_list(pwi_json *json, const struct section *section, pw_error *err)
{
    struct component component;
    size_t n = 0;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, section->list, err));
    for (;; n++) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            break;
        if (json->event != PWI_JSON_OBJECT_BEGIN)
            return PWI_FAIL(err, PW_ERR_FIELD,
                            "a component of \"%s\" must be an object, not %s", section->name,
                            pwi_json_event_name(json->event));
        if (n == section->n_components)
            return refuse(section, "one component more", NULL, err);
        PWI_TRY(read_component(json, &component, err));
        if (!section->matches(section->specials, &component, n))
            return refuse_component(section, &component, err);
    }
    return n == section->n_components ? PW_OK : refuse(section, "a component less", NULL, err);
}

static pw_status read_section(pwi_json *json, const struct section *section, pw_error *err)
{
    struct field type = {.is_given = false};
    bool has_list = false;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return refuse(section, pwi_json_event_name(json->event), NULL, err);
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            break;
        if (pwi_json_is(json, "type")) {
            PWI_TRY(read_text(json, "\"type\"", &type, err));
        } else if (pwi_json_is(json, section->list)) {
            has_list = true;
            PWI_TRY(read_list(json, section, err));
        } else {
            PWI_TRY(pwi_json_skip(json, err));
        }
    }
    return has_list && is_field(&type, "Sequence") ? PW_OK
                                                   : refuse(section, "the type", &type, err);
}

static bool matches_normalizer(pwi_specials *specials, const struct component *component,
                               size_t i)
{
    (void)specials;
    if (i == 0)
        return is_field(&component->type, "NFC");
    if (i == 1)
        return is_field(&component->type, "Replace") && component->is_regex &&
               is_field(&component->pattern, "\\s+") && is_field(&component->content, " ");
    return is_field(&component->type, "Lowercase");
}

/* With use_regex, ByteLevel has GPT-2's pattern split the pieces once more; of those that are
 * made here it only splits the literals (encode_text.c). */
static bool matches_pre_tokenizer(pwi_specials *specials, const struct component *component,
                                  size_t i)
{
    if (i > 0)
        return is_field(&component->type, "ByteLevel") && !component->has_prefix_space &&
               component->uses_regex;
    specials->has_literals = is_field(&component->pattern, PWI_LITERALS_REGEX PWI_WORD_REGEX);
    return is_field(&component->type, "Split") && component->is_regex &&
           component->is_inverted && is_field(&component->behavior, "Removed") &&
           (specials->has_literals || is_field(&component->pattern, PWI_WORD_REGEX));
}

pw_status pwi_normalizer_read(pwi_json *json, pw_error *err)
{
    static const struct section section = {
        "normalizer",       "normalizers", "NFC, Replace of \\s+ by one space, Lowercase", 3,
        matches_normalizer, NULL};

    return read_section(json, &section, err);
}

pw_status pwi_pre_tokenizer_read(pwi_json *json, pwi_specials *specials, pw_error *err)
{
    const struct section section = {
        "pre_tokenizer",       "pretokenizers", "Split by CLIP's word pattern, ByteLevel", 2,
        matches_pre_tokenizer, specials};

    return read_section(json, &section, err);
}
