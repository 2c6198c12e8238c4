/* SPDX-License-Identifier: MIT */
/* Gathering special tokens: added token objects, roles, and the two small files beside a
 * vocabulary. */
#include "tokenizers/specials.h"

#include <inttypes.h>
#include <string.h>

#include "tokenizers/modes.h"

/* Configurations carry chat templates and the like, but no vocabularies. */
#define CONFIG_SIZE_MAX (16u << 20)

void pwi_specials_init(pwi_specials *specials, const pw_allocator *allocator)
{
    memset(specials, 0, sizeof(*specials));
    pwi_arena_init(&specials->arena, allocator);
    pwi_map_init(&specials->by_text, allocator);
}

void pwi_specials_free(pwi_specials *specials)
{
    pwi_free_array(specials->arena.allocator, specials->added, specials->added_capacity,
                   sizeof(*specials->added));
    pwi_map_free(&specials->by_text);
    pwi_arena_free(&specials->arena);
}

const char *pwi_role_name(pwi_role role)
{
    static const char *const names[PWI_N_ROLES] = {
        [PWI_ROLE_BOS] = "bos_token",
        [PWI_ROLE_EOS] = "eos_token",
        [PWI_ROLE_UNK] = "unk_token",
        [PWI_ROLE_PAD] = "pad_token",
    };

    return names[role];
}

int pwi_role_of_key(const pwi_json *json)
{
    for (int role = 0; role < PWI_N_ROLES; role++)
        if (pwi_json_is(json, pwi_role_name((pwi_role)role)))
            return role;
    return -1;
}

static pw_status check_text(const char *what, const char *text, size_t size, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    if (size == 0)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "%s is empty: it would be found everywhere in a prompt", what);
    if (size > PW_TOKEN_BYTES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%s %s has %zu bytes; a token may have %d", what,
                        pwi_quote(quoted, text, size), size, PW_TOKEN_BYTES_MAX);
    if (memchr(text, '\0', size) != NULL)
        return PWI_FAIL(err, PW_ERR_FIELD, "%s %s holds a NUL", what,
                        pwi_quote(quoted, text, size));
    return PW_OK;
}

/* The current STRING, a token's text, into the arena. */
static pw_status read_text(pwi_json *json, pwi_arena *arena, const char *what,
                           pwi_added_token *token, pw_error *err)
{
    PWI_TRY(check_text(what, json->text, json->size, err));
    token->text = pwi_arena_string(arena, json->text, json->size);
    token->size = json->size;
    return token->text == NULL ? pwi_fail_memory(err) : PW_OK;
}

static pw_status check_id(int64_t id, const char *what, pw_error *err)
{
    if (id < 0)
        return PWI_FAIL(err, PW_ERR_FIELD, "%s has the negative id %" PRId64, what, id);
    if (id >= PW_VOCAB_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%s has the id %" PRId64 "; the largest is %d", what,
                        id, PW_VOCAB_MAX - 1);
    return PW_OK;
}

/* The value of a flag's key. */
static pw_status read_flag(pwi_json *json, const char *what, bool *flag, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_TRUE && json->event != PWI_JSON_FALSE)
        return PWI_FAIL(err, PW_ERR_FIELD, "%s must be true or false, not %s", what,
                        pwi_json_event_name(json->event));
    *flag = json->event == PWI_JSON_TRUE;
    return PW_OK;
}

static pw_status read_id(pwi_json *json, const char *what, pwi_added_token *token,
                         pw_error *err)
{
    int64_t id;

    PWI_TRY(pwi_json_next(json, err));
    PWI_TRY(pwi_json_i64(json, what, &id, err));
    PWI_TRY(check_id(id, what, err));
    token->id = (int32_t)id;
    return PW_OK;
}

/* The field whose KEY was just read. */
static pw_status read_token_field(pwi_json *json, pwi_arena *arena, const char *what,
                                  pwi_added_token *token, pw_error *err)
{
    const struct {
        const char *key, *what;
        bool *flag;
    } flags[] = {{"special", "\"special\" of an added token", &token->is_special},
                 {"normalized", "\"normalized\" of an added token", &token->is_normalized},
                 {"lstrip", "\"lstrip\" of an added token", &token->is_lstrip},
                 {"rstrip", "\"rstrip\" of an added token", &token->is_rstrip},
                 {"single_word", "\"single_word\" of an added token", &token->is_single_word}};

    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if (pwi_json_is(json, flags[i].key))
            return read_flag(json, flags[i].what, flags[i].flag, err);
    if (pwi_json_is(json, "content")) {
        PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "\"content\" of an added token", err));
        return read_text(json, arena, what, token, err);
    }
    if (pwi_json_is(json, "id"))
        return read_id(json, "\"id\" of an added token", token, err);
    return pwi_json_skip(json, err);
}

pw_status pwi_added_token_read(pwi_json *json, pwi_arena *arena, const char *what,
                               pwi_added_token *token, pw_error *err)
{
    *token = (pwi_added_token){.id = -1, .is_normalized = true};
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return PWI_FAIL(err, PW_ERR_FIELD, "%s must be an object, not %s", what,
                        pwi_json_event_name(json->event));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            break;
        PWI_TRY(read_token_field(json, arena, what, token, err));
    }
    if (token->text == NULL)
        return PWI_FAIL(err, PW_ERR_FIELD, "%s has no \"content\"", what);
    return PW_OK;
}

static bool reserve_added(pwi_specials *specials)
{
    const size_t capacity = specials->added_capacity == 0 ? 16 : specials->added_capacity * 2;
    pwi_added_token *added;

    if (specials->n_added < specials->added_capacity)
        return true;
    added = pwi_grow_array(specials->arena.allocator, specials->added, specials->added_capacity,
                           capacity, sizeof(*added));
    if (added == NULL)
        return false;
    specials->added = added;
    specials->added_capacity = capacity;
    return true;
}

pw_status pwi_specials_add(pwi_specials *specials, const pwi_added_token *token, pw_error *err)
{
    bool added;

    if (pwi_map_find(&specials->by_text, token->text, token->size) != PWI_MAP_NONE)
        return PW_OK;
    if (specials->n_added >= PW_ADDED_TOKENS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "there are more than %d added tokens",
                        PW_ADDED_TOKENS_MAX);
    if (token->size > PWI_ADDED_BYTES_MAX - specials->added_bytes)
        return PWI_FAIL(err, PW_ERR_LIMIT, "the added tokens have more than %u bytes together",
                        PWI_ADDED_BYTES_MAX);
    if (!reserve_added(specials) ||
        !pwi_map_add(&specials->by_text, token->text, token->size, 0, &added))
        return pwi_fail_memory(err);
    specials->added[specials->n_added++] = *token;
    specials->added_bytes += token->size;
    return PW_OK;
}

static void give_role(pwi_specials *specials, pwi_role role, const pwi_added_token *token,
                      bool has_flags)
{
    pwi_role_token *named = &specials->roles[role];

    if (named->is_fixed)
        return;
    named->token = *token;
    named->token.is_special = true;
    named->is_given = true;
    named->has_flags = has_flags;
}

void pwi_specials_name(pwi_specials *specials, pwi_role role, const char *text, size_t size)
{
    const pwi_added_token token = {.id = -1, .text = text, .size = size};

    give_role(specials, role, &token, false);
}

pwi_role_token pwi_specials_role(const pwi_specials *specials, pwi_role role)
{
    const pwi_role_token *eos = &specials->roles[PWI_ROLE_EOS];
    pwi_role_token named = {.token = {.id = -1}};

    if (specials->roles[role].is_given)
        return specials->roles[role];
    if (role == PWI_ROLE_BOS)
        named.token.text = PWI_BOS_TEXT;
    else
        named.token.text = eos->is_given ? eos->token.text : PWI_EOS_TEXT;
    named.token.size = strlen(named.token.text);
    return named;
}

/* The value of a role's key: a text, an object with flags, or null for none. */
static pw_status read_role(pwi_json *json, pwi_specials *specials, pwi_role role, pw_error *err)
{
    pwi_added_token token = {.id = -1};

    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_NULL)
        return PW_OK;
    if (json->event == PWI_JSON_STRING) {
        PWI_TRY(read_text(json, &specials->arena, pwi_role_name(role), &token, err));
        give_role(specials, role, &token, false);
        return PW_OK;
    }
    PWI_TRY(pwi_added_token_read(json, &specials->arena, pwi_role_name(role), &token, err));
    give_role(specials, role, &token, true);
    return PW_OK;
}

/* The current KEY as an id: "49406". */
static pw_status id_of_key(const pwi_json *json, int32_t *id, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    int64_t value = 0;

    for (size_t i = 0; i < json->size && value < PW_VOCAB_MAX; i++) {
        if (json->text[i] < '0' || json->text[i] > '9')
            return PWI_FAIL(err, PW_ERR_FIELD,
                            "\"added_tokens_decoder\" has the key %s, which is no id",
                            pwi_quote(quoted, json->text, json->size));
        value = value * 10 + (json->text[i] - '0');
    }
    if (json->size == 0)
        return PWI_FAIL(err, PW_ERR_FIELD, "\"added_tokens_decoder\" has an empty key");
    PWI_TRY(check_id(value, "a token of \"added_tokens_decoder\"", err));
    *id = (int32_t)value;
    return PW_OK;
}

static pw_status read_decoder(pwi_json *json, pwi_specials *specials, pw_error *err)
{
    pwi_added_token token;
    int32_t id = -1;

    specials->has_decoder = true;
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "\"added_tokens_decoder\"", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        PWI_TRY(id_of_key(json, &id, err));
        PWI_TRY(pwi_json_next(json, err));
        PWI_TRY(pwi_added_token_read(json, &specials->arena,
                                     "a token of \"added_tokens_decoder\"", &token, err));
        token.id = id;
        PWI_TRY(pwi_specials_add(specials, &token, err));
    }
}

/* transformers writes 1e30 where no maximum is known. */
static pw_status read_max_length(pwi_json *json, pwi_specials *specials, pw_error *err)
{
    double value;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_NULL)
        return PW_OK;
    PWI_TRY(pwi_json_f64(json, "\"model_max_length\"", &value, err));
    if (value < 1 || (value < INT32_MAX && value != (double)(int32_t)value))
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "\"model_max_length\" is %s; it must be a whole number from 1 on",
                        json->text);
    specials->max_length = value < INT32_MAX ? (int32_t)value : INT32_MAX;
    return PW_OK;
}

/* Both files are one object; of special_tokens_map.json only the roles are read. */
static pw_status read_object(pwi_json *json, pwi_specials *specials, bool is_config,
                             pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the file", err));
    for (;;) {
        int role;

        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            break;
        role = pwi_role_of_key(json);
        if (role >= 0)
            PWI_TRY(read_role(json, specials, (pwi_role)role, err));
        else if (is_config && pwi_json_is(json, "added_tokens_decoder"))
            PWI_TRY(read_decoder(json, specials, err));
        else if (is_config && pwi_json_is(json, "model_max_length"))
            PWI_TRY(read_max_length(json, specials, err));
        else
            PWI_TRY(pwi_json_skip(json, err));
    }
    return pwi_json_next(json, err);
}

static pw_status read_file(pwi_specials *specials, const char *path, bool is_config,
                           pw_error *err)
{
    const pw_allocator *allocator = specials->arena.allocator;
    char *bytes = NULL;
    size_t size = 0;
    pwi_json json = {.state = NULL};
    pw_status status;

    PWI_TRY(pwi_read_whole(allocator, path, CONFIG_SIZE_MAX, &bytes, &size, err));
    status = pwi_json_open_memory(&json, allocator, bytes, size, NULL, err);
    if (status == PW_OK)
        status = read_object(&json, specials, is_config, err);
    pwi_json_close(&json);
    pwi_free_array(allocator, bytes, size + 1, 1);
    return pwi_where(err, path, status);
}

pw_status pwi_specials_read_config(pwi_specials *specials, const char *path, pw_error *err)
{
    return read_file(specials, path, true, err);
}

pw_status pwi_specials_read_map(pwi_specials *specials, const char *path, pw_error *err)
{
    return read_file(specials, path, false, err);
}
