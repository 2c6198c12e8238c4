/* SPDX-License-Identifier: MIT */
/* post_processor: which tokens stand around the text. RobertaProcessing names them as "cls" and
 * "sep"; TemplateProcessing lists start, text and end, and the ids beside that. */
#include <inttypes.h>
#include <string.h>

#include <padwise/tokenizer.h>

#include "tokenizers/tokenizer_sections.h"

#define N_TEMPLATE    3
#define N_SPECIAL_MAX 64

/* A token of the post_processor: text in the arena of the specials. */
struct token {
    const char *text; /* NULL: not given */
    size_t size;
    int32_t id; /* -1: not given */
};

struct post_processor {
    bool is_roberta, is_template;
    struct token bos, eos;           /* "cls" and "sep" */
    struct token single[N_TEMPLATE]; /* text NULL: the text itself */
    size_t n_single;
    struct token *special; /* [N_SPECIAL_MAX], of "special_tokens" */
    size_t n_special;
};

static pw_status keep_text(const pwi_json *json, pwi_specials *specials, struct token *token,
                           pw_error *err)
{
    token->text = pwi_arena_string(&specials->arena, json->text, json->size);
    token->size = json->size;
    return token->text == NULL ? pwi_fail_memory(err) : PW_OK;
}

static pw_status read_id(pwi_json *json, struct token *token, pw_error *err)
{
    int64_t id;

    PWI_TRY(pwi_json_i64(json, "an id of \"post_processor\"", &id, err));
    if (id < 0 || id >= PW_VOCAB_MAX)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "\"post_processor\" has the id %" PRId64 ", which no token can have",
                        id);
    token->id = (int32_t)id;
    return PW_OK;
}

/* ["<|endoftext|>", 49407] */
static pw_status read_pair(pwi_json *json, pwi_specials *specials, struct token *token,
                           pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "\"sep\" and \"cls\"", err));
    PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "the text of \"sep\" or \"cls\"", err));
    PWI_TRY(keep_text(json, specials, token, err));
    PWI_TRY(pwi_json_next(json, err));
    PWI_TRY(read_id(json, token, err));
    return pwi_json_expect(json, PWI_JSON_ARRAY_END, "\"sep\" and \"cls\" after two values",
                           err);
}

/* {"SpecialToken": {"id": "<|startoftext|>", "type_id": 0}} or {"Sequence": {"id": "A", ...}},
 * its OBJECT_BEGIN just read. */
static pw_status read_template_item(pwi_json *json, pwi_specials *specials, struct token *token,
                                    pw_error *err)
{
    bool is_special;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_KEY, "an item of \"single\"", err));
    is_special = pwi_json_is(json, "SpecialToken");
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "an item of \"single\"", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            break;
        if (is_special && pwi_json_is(json, "id")) {
            PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "\"id\" of a SpecialToken", err));
            PWI_TRY(keep_text(json, specials, token, err));
        } else {
            PWI_TRY(pwi_json_skip(json, err));
        }
    }
    return pwi_json_expect(json, PWI_JSON_OBJECT_END, "an item of \"single\" after one key",
                           err);
}

static pw_status read_single(pwi_json *json, pwi_specials *specials,
                             struct post_processor *post, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "\"single\"", err));
    for (;; post->n_single++) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            return PW_OK;
        if (json->event != PWI_JSON_OBJECT_BEGIN || post->n_single == N_TEMPLATE)
            return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                            "\"single\" of TemplateProcessing is not start token, text, end "
                            "token, as every CLIP tokenizer has it");
        post->single[post->n_single] = (struct token){.id = -1};
        PWI_TRY(read_template_item(json, specials, &post->single[post->n_single], err));
    }
}

/* {"id": "<|startoftext|>", "ids": [49406], "tokens": ["<|startoftext|>"]} */
static pw_status read_special(pwi_json *json, struct token *token, pw_error *err)
{
    PWI_TRY(
        pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "an entry of \"special_tokens\"", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        if (!pwi_json_is(json, "ids")) {
            PWI_TRY(pwi_json_skip(json, err));
            continue;
        }
        PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "\"ids\"", err));
        PWI_TRY(pwi_json_next(json, err));
        PWI_TRY(read_id(json, token, err));
        PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_END, "\"ids\" after one id", err));
    }
}

static pw_status read_specials(pwi_json *json, pwi_specials *specials,
                               struct post_processor *post, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "\"special_tokens\"", err));
    for (;; post->n_special++) {
        struct token *token = &post->special[post->n_special];

        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        if (post->n_special == N_SPECIAL_MAX)
            return PWI_FAIL(err, PW_ERR_LIMIT, "\"special_tokens\" has more than %d entries",
                            N_SPECIAL_MAX);
        *token = (struct token){.id = -1};
        PWI_TRY(keep_text(json, specials, token, err));
        PWI_TRY(read_special(json, token, err));
    }
}

/* The "type" just read. */
static pw_status set_type(const pwi_json *json, struct post_processor *post, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    post->is_roberta = pwi_json_is(json, "RobertaProcessing");
    post->is_template = pwi_json_is(json, "TemplateProcessing");
    if (!post->is_roberta && !post->is_template)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "the type %s in \"post_processor\" is not what a CLIP tokenizer has "
                        "there (RobertaProcessing or TemplateProcessing); other tokenizers are "
                        "not read",
                        pwi_quote(quoted, json->text, json->size));
    return PW_OK;
}

static pw_status read_fields(pwi_json *json, pwi_specials *specials,
                             struct post_processor *post, pw_error *err)
{
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        if (pwi_json_is(json, "type")) {
            PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "\"type\"", err));
            PWI_TRY(set_type(json, post, err));
        } else if (pwi_json_is(json, "cls")) {
            PWI_TRY(read_pair(json, specials, &post->bos, err));
        } else if (pwi_json_is(json, "sep")) {
            PWI_TRY(read_pair(json, specials, &post->eos, err));
        } else if (pwi_json_is(json, "single")) {
            PWI_TRY(read_single(json, specials, post, err));
        } else if (pwi_json_is(json, "special_tokens")) {
            PWI_TRY(read_specials(json, specials, post, err));
        } else {
            PWI_TRY(pwi_json_skip(json, err));
        }
    }
}

/* A token that the template names, with the id from the table beside it. */
static pw_status resolve(const struct post_processor *post, struct token *token, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    for (size_t i = 0; i < post->n_special && token->id < 0; i++)
        if (post->special[i].size == token->size &&
            memcmp(post->special[i].text, token->text, token->size) == 0)
            token->id = post->special[i].id;
    if (token->id < 0)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "\"post_processor\" names the special token %s, but gives no id for it",
                        pwi_quote(quoted, token->text, token->size));
    return PW_OK;
}

static pw_status take_template(struct post_processor *post, pw_error *err)
{
    if (post->n_single != N_TEMPLATE || post->single[0].text == NULL ||
        post->single[1].text != NULL || post->single[2].text == NULL)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "\"single\" of TemplateProcessing is not start token, text, end token, "
                        "as every CLIP tokenizer has it");
    post->bos = post->single[0];
    post->eos = post->single[2];
    PWI_TRY(resolve(post, &post->bos, err));
    return resolve(post, &post->eos, err);
}

static pw_status fix_role(pwi_specials *specials, pwi_role role, const struct token *token,
                          pw_error *err)
{
    if (token->text == NULL || token->size == 0 || token->size > PW_TOKEN_BYTES_MAX ||
        memchr(token->text, '\0', token->size) != NULL)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "\"post_processor\" does not name the %s token as it should",
                        role == PWI_ROLE_BOS ? "start" : "end");
    specials->roles[role] = (pwi_role_token){
        .token = {.id = token->id, .text = token->text, .size = token->size},
        .is_given = true,
        .is_fixed = true,
    };
    return PW_OK;
}

static pw_status read_post_processor(pwi_json *json, pwi_specials *specials,
                                     struct post_processor *post, pw_error *err)
{
    PWI_TRY(read_fields(json, specials, post, err));
    if (post->is_template)
        PWI_TRY(take_template(post, err));
    else if (!post->is_roberta)
        return PWI_FAIL(err, PW_ERR_FIELD, "\"post_processor\" has no \"type\"");
    PWI_TRY(fix_role(specials, PWI_ROLE_BOS, &post->bos, err));
    return fix_role(specials, PWI_ROLE_EOS, &post->eos, err);
}

pw_status pwi_post_processor_read(pwi_json *json, pwi_specials *specials, pw_error *err)
{
    struct token special[N_SPECIAL_MAX];
    struct post_processor post = {.bos.id = -1, .eos.id = -1, .special = special};

    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "\"post_processor\" is %s: a CLIP tokenizer puts start and end token "
                        "around the text there",
                        pwi_json_event_name(json->event));
    return read_post_processor(json, specials, &post, err);
}
