/* SPDX-License-Identifier: MIT */
/* The end of building a tokenizer: which ids the bytes have, which tokens are special and cut
 * out of text, and what the mode makes of them. */
#include <string.h>

#include "base/utf8.h"
#include "tokenizers/byte_classes.h"
#include "tokenizers/byte_symbols.h"
#include "tokenizers/vocab.h"

#define DEFAULT_MAX_LENGTH 77
#define PAD_BANG           "!"

/* The symbol of a byte, alone and as the end of a word. CLIP has no way to write a byte that
 * its vocabulary lacks, so all must be there. */
static pw_status find_byte(pw_tokenizer *tokenizer, uint8_t byte, pw_error *err)
{
    char text[4 + PWI_WORD_END_SIZE];
    const size_t size = pwi_utf8_encode(pwi_byte_symbol(byte), text);

    memcpy(text + size, PWI_WORD_END, PWI_WORD_END_SIZE);
    tokenizer->byte_ids[byte] = pwi_vocab_find(tokenizer, text, size);
    tokenizer->byte_end_ids[byte] = pwi_vocab_find(tokenizer, text, size + PWI_WORD_END_SIZE);
    if (tokenizer->byte_ids[byte] < 0 || tokenizer->byte_end_ids[byte] < 0)
        return PWI_FAIL(
            err, PW_ERR_FIELD,
            "the vocabulary has no token for byte 0x%02x%s (\"%.*s\"): it is not one "
            "of CLIP's form",
            (unsigned)byte, tokenizer->byte_ids[byte] < 0 ? "" : " at the end of a word",
            (int)(tokenizer->byte_ids[byte] < 0 ? size : size + PWI_WORD_END_SIZE), text);
    return PW_OK;
}

static pw_status find_bytes(pw_tokenizer *tokenizer, pw_error *err)
{
    for (unsigned byte = 0; byte < 256; byte++)
        PWI_TRY(find_byte(tokenizer, (uint8_t)byte, err));
    return PW_OK;
}

static const pwi_added_token *find_added(const pw_tokenizer *tokenizer, const char *text,
                                         size_t size)
{
    for (size_t i = 0; i < tokenizer->n_added; i++)
        if (tokenizer->added[i].size == size &&
            memcmp(tokenizer->added[i].text, text, size) == 0)
            return &tokenizer->added[i];
    return NULL;
}

static bool reserve_added(pw_tokenizer *tokenizer, size_t n)
{
    pwi_added_token *added;

    if (n <= tokenizer->added_capacity)
        return true;
    added = pwi_grow_array(&tokenizer->ctx->allocator, tokenizer->added,
                           tokenizer->added_capacity, n, sizeof(*added));
    if (added == NULL)
        return false;
    tokenizer->added = added;
    tokenizer->added_capacity = n;
    return true;
}

/* The id of an added token: the vocabulary's if it has the text; else the one given, or the
 * next. */
static pw_status id_of_added(pw_tokenizer *tokenizer, const pwi_added_token *token, int32_t *id,
                             pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    *id = pwi_vocab_find(tokenizer, token->text, token->size);
    if (*id >= 0 && token->id >= 0 && *id != token->id)
        return PWI_FAIL(err, PW_ERR_MISMATCH,
                        "added token %s has the id %d, but the vocabulary says %d",
                        pwi_quote(quoted, token->text, token->size), (int)token->id, (int)*id);
    if (*id >= 0)
        return PW_OK;
    *id = token->id >= 0 ? token->id : tokenizer->n_vocab;
    PWI_TRY(pwi_vocab_add(tokenizer, token->text, token->size, *id, err));
    tokenizer->texts[*id].is_extra = true;
    return PW_OK;
}

/* There is room in `added`. */
static pw_status add_added(pw_tokenizer *tokenizer, const pwi_added_token *token, pw_error *err)
{
    pwi_added_token *added = &tokenizer->added[tokenizer->n_added];
    pwi_vocab_text *place;
    int32_t id;

    PWI_TRY(id_of_added(tokenizer, token, &id, err));
    place = &tokenizer->texts[id];
    place->is_added = true;
    place->is_special = token->is_special;
    *added = *token;
    added->id = id;
    added->text = place->text;
    tokenizer->n_added++;
    return PW_OK;
}

/* "!" as an added token: in the modes that cut added tokens at all, where it is declared as the
 * pad or an added token, or asked for. */
static bool takes_bang(const pw_tokenizer *tokenizer, const pwi_specials *specials,
                       pw_pad_bang pad_bang)
{
    const pwi_role_token *pad = &specials->roles[PWI_ROLE_PAD];
    const bool is_listed =
        pwi_map_find(&specials->by_text, PAD_BANG, strlen(PAD_BANG)) != PWI_MAP_NONE;

    if (tokenizer->row.cut == PWI_CUT_NEVER || pad_bang == PW_PAD_BANG_OFF)
        return false;
    return is_listed || pad_bang == PW_PAD_BANG_ON ||
           (pad->is_given && strcmp(pad->token.text, PAD_BANG) == 0);
}

static pw_status add_listed(pw_tokenizer *tokenizer, const pwi_specials *specials,
                            pw_error *err)
{
    for (size_t i = 0; i < specials->n_added; i++)
        if (tokenizer->pad_bang || strcmp(specials->added[i].text, PAD_BANG) != 0)
            PWI_TRY(add_added(tokenizer, &specials->added[i], err));
    return PW_OK;
}

/* A token with a role that the list of added tokens does not have. transformers matches start,
 * end and unknown token after cleaning when it builds a tokenizer from vocab.json and
 * merges.txt, everything else before. */
static pw_status add_role(pw_tokenizer *tokenizer, const pwi_specials *specials, pwi_role role,
                          const pwi_role_token *named, pw_error *err)
{
    pwi_added_token token = named->token;

    if (find_added(tokenizer, token.text, token.size) != NULL)
        return PW_OK;
    if (!named->has_flags)
        token.is_normalized = !specials->is_fast && role != PWI_ROLE_PAD;
    token.is_special = true;
    return add_added(tokenizer, &token, err);
}

/* Start and end must be in the vocabulary: no tokenizer of CLIP's form is without them. */
static pw_status add_end(pw_tokenizer *tokenizer, const pwi_specials *specials, pwi_role role,
                         int32_t *id, pw_error *err)
{
    const pwi_role_token named = pwi_specials_role(specials, role);
    char quoted[PWI_QUOTE_SIZE];

    *id = pwi_vocab_find(tokenizer, named.token.text, named.token.size);
    if (*id < 0)
        return PWI_FAIL(err, PW_ERR_FIELD, "the vocabulary has no token %s (%s)",
                        pwi_quote(quoted, named.token.text, named.token.size),
                        pwi_role_name(role));
    if (named.token.id >= 0 && named.token.id != *id)
        return PWI_FAIL(
            err, PW_ERR_MISMATCH,
            "\"post_processor\" says that token %s has the id %d, but the vocabulary "
            "says %d",
            pwi_quote(quoted, named.token.text, named.token.size), (int)named.token.id,
            (int)*id);
    return add_role(tokenizer, specials, role, &named, err);
}

/* The unknown token is never made; one that the vocabulary lacks is left out. */
static pw_status add_unk(pw_tokenizer *tokenizer, const pwi_specials *specials, pw_error *err)
{
    const pwi_role_token named = pwi_specials_role(specials, PWI_ROLE_UNK);

    tokenizer->unk_id = pwi_vocab_find(tokenizer, named.token.text, named.token.size);
    return tokenizer->unk_id < 0 ? PW_OK
                                 : add_role(tokenizer, specials, PWI_ROLE_UNK, &named, err);
}

/* "!" where it is asked for and another pad is declared: one vocabulary serves encoders that
 * differ in it. */
static pw_status add_bang(pw_tokenizer *tokenizer, const pwi_specials *specials, pw_error *err)
{
    const pwi_role_token bang = {
        .token = {.id = -1, .text = PAD_BANG, .size = strlen(PAD_BANG)}};

    return add_role(tokenizer, specials, PWI_ROLE_PAD, &bang, err);
}

/* "!" without the option is a pad id only, not an added token. */
static pw_status add_pad(pw_tokenizer *tokenizer, const pwi_specials *specials,
                         pw_pad_bang pad_bang, pw_error *err)
{
    pwi_role_token named = pwi_specials_role(specials, PWI_ROLE_PAD);

    if (pad_bang == PW_PAD_BANG_ON && tokenizer->pad_bang && !named.is_given)
        named.token = (pwi_added_token){.id = -1, .text = PAD_BANG, .size = strlen(PAD_BANG)};
    if (tokenizer->pad_bang || strcmp(named.token.text, PAD_BANG) != 0)
        PWI_TRY(add_role(tokenizer, specials, PWI_ROLE_PAD, &named, err));
    tokenizer->pad_id = pwi_vocab_find(tokenizer, named.token.text, named.token.size);
    return tokenizer->pad_bang ? add_bang(tokenizer, specials, err) : PW_OK;
}

/* A token's text as the cleaned text would show it. *texts are two spare texts. */
static pw_status clean_token(const pw_tokenizer *tokenizer, const pwi_added_token *token,
                             pwi_text texts[2], const pwi_text **cleaned, pw_error *err)
{
    size_t at = 0;

    PWI_TRY(pwi_text_decode(&texts[at], token->text, token->size, 0, err));
    if (tokenizer->row.cut == PWI_CUT_BY_FLAG && token->is_normalized)
        for (size_t i = 0; i < PWI_STEPS_MAX && tokenizer->row.steps[i] != NULL; i++) {
            tokenizer->row.steps[i](&texts[!at], &texts[at]);
            at = !at;
        }
    *cleaned = &texts[at];
    return texts[at].failed ? pwi_fail_memory(err) : PW_OK;
}

static pw_status fill_matchers(pw_tokenizer *tokenizer, pwi_text texts[2], pw_error *err)
{
    if (tokenizer->row.cut == PWI_CUT_NEVER)
        return PW_OK;
    for (uint32_t i = 0; i < tokenizer->n_added; i++) {
        const pwi_added_token *token = &tokenizer->added[i];
        const bool is_late = tokenizer->row.cut == PWI_CUT_BY_FLAG && token->is_normalized;
        const pwi_text *cleaned;

        PWI_TRY(clean_token(tokenizer, token, texts, &cleaned, err));
        if (cleaned->n == 0)
            continue;
        pwi_byte_classes_avoid(tokenizer, token, cleaned);
        PWI_TRY(pwi_matcher_add(is_late ? &tokenizer->cleaned_matcher : &tokenizer->raw_matcher,
                                cleaned->chars, cleaned->n, i, err));
    }
    PWI_TRY(pwi_matcher_finish(&tokenizer->raw_matcher, err));
    return pwi_matcher_finish(&tokenizer->cleaned_matcher, err);
}

static pw_status make_matchers(pw_tokenizer *tokenizer, pw_error *err)
{
    pwi_text texts[2];
    pw_status status;

    pwi_text_init(&texts[0], &tokenizer->ctx->allocator);
    pwi_text_init(&texts[1], &tokenizer->ctx->allocator);
    status = fill_matchers(tokenizer, texts, err);
    pwi_text_free(&texts[0]);
    pwi_text_free(&texts[1]);
    return status;
}

static pw_status set_mode(pw_tokenizer *tokenizer, pw_tokenizer_mode mode, bool has_literals,
                          pw_error *err)
{
    const pwi_mode_row *row = pwi_mode_find(mode);

    if ((unsigned)mode >= PW_N_TOKENIZER_MODES)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "%d is no tokenizer mode", (int)mode);
    tokenizer->mode = mode == PW_TOKENIZER_DEFAULT ? PW_TOKENIZER_HF_FAST : mode;
    if (row == NULL)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "the tokenizer mode \"%s\" is for T5 tokenizers, and this is CLIP's: "
                        "take hf-fast, hf-slow, hf-slow-ftfy, openai or open_clip",
                        pw_tokenizer_mode_name(mode));
    tokenizer->row = *row;
    tokenizer->has_literals = has_literals;
    if (has_literals && row->bos_literal == NULL) {
        tokenizer->row.bos_literal = PWI_BOS_TEXT;
        tokenizer->row.eos_literal = PWI_EOS_TEXT;
    }
    return PW_OK;
}

pw_status pwi_tokenizer_finish(pw_tokenizer *tokenizer, const pwi_specials *specials,
                               const pw_tokenizer_options *given, pw_error *err)
{
    pw_tokenizer_options options;

    pw_tokenizer_options_init(&options);
    if (given != NULL)
        memcpy(&options, given,
               given->struct_size < sizeof(options) ? given->struct_size : sizeof(options));
    PWI_TRY(set_mode(tokenizer, options.mode, specials->has_literals, err));
    tokenizer->pad_bang = takes_bang(tokenizer, specials, options.pad_bang);
    tokenizer->max_length =
        specials->max_length > 0 ? specials->max_length : DEFAULT_MAX_LENGTH;
    PWI_TRY(find_bytes(tokenizer, err));
    if (!reserve_added(tokenizer, specials->n_added + PWI_N_ROLES + 1))
        return pwi_fail_memory(err);
    PWI_TRY(add_listed(tokenizer, specials, err));
    PWI_TRY(add_end(tokenizer, specials, PWI_ROLE_BOS, &tokenizer->bos_id, err));
    PWI_TRY(add_end(tokenizer, specials, PWI_ROLE_EOS, &tokenizer->eos_id, err));
    PWI_TRY(add_unk(tokenizer, specials, err));
    PWI_TRY(add_pad(tokenizer, specials, options.pad_bang, err));
    pwi_byte_classes_fill(tokenizer);
    PWI_TRY(make_matchers(tokenizer, err));
    return pwi_words_fill(tokenizer, err);
}

void pw_tokenizer_get_info(const pw_tokenizer *tokenizer, pw_tokenizer_info *info)
{
    const pwi_vocab_text *texts = tokenizer->texts;

    *info = (pw_tokenizer_info){
        .kind = "clip",
        .mode = tokenizer->mode,
        .is_builtin = tokenizer->is_builtin,
        .pad_bang = tokenizer->pad_bang,
        .n_vocab = tokenizer->n_vocab,
        .bos_id = tokenizer->bos_id,
        .eos_id = tokenizer->eos_id,
        .pad_id = tokenizer->pad_id,
        .unk_id = tokenizer->unk_id,
        .bos_text = texts[tokenizer->bos_id].text,
        .eos_text = texts[tokenizer->eos_id].text,
        .pad_text = texts[tokenizer->pad_id].text,
        .unk_text = tokenizer->unk_id < 0 ? NULL : texts[tokenizer->unk_id].text,
        .max_length = tokenizer->max_length,
    };
}
