/* SPDX-License-Identifier: MIT */
/* Text to tokens, as defined: added tokens are cut out, what is left is cleaned by the mode's
 * steps, cut into words by the pattern, and each word is merged. Every id keeps the bytes of
 * the text that it was made of. */
#include "base/utf8.h"
#include "tokenizers/encoder.h"
#include "tokenizers/word_pattern.h"

/* A token that stands for bytes. NFC may put marks into another order; the offsets still do not
 * run backwards. */
static pw_status put_at(pwi_encoder *encoder, int32_t id, uint64_t begin, uint64_t end)
{
    if (begin > encoder->last_begin)
        encoder->last_begin = begin;
    if (end > encoder->last_end)
        encoder->last_end = end;
    return pwi_encoder_put(encoder, id, encoder->last_begin, encoder->last_end);
}

static size_t utf8_size(uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/* Whether the bytes of a character are those of its source, one by one: unchanged, or changed
 * by lower-casing only, as far as sizes tell. */
static bool is_bytewise(const pwi_char *c)
{
    return c->end - c->begin == utf8_size(c->code);
}

/* A place in a word: byte `byte` of character *c. */
struct place {
    const pwi_char *c;
    size_t byte;
};

/* The place n bytes further on, which is still in the word. */
static void advance(struct place *place, size_t n_bytes)
{
    place->byte += n_bytes;
    while (place->byte >= utf8_size(place->c->code)) {
        place->byte -= utf8_size(place->c->code);
        place->c++;
    }
}

/* The tokens of a word, whose symbols cover its bytes one after the other. */
static pw_status put_symbols(pwi_encoder *encoder, const pwi_char *chars,
                             const pwi_symbol *symbols, size_t n)
{
    struct place place = {chars, 0};

    for (size_t i = 0; i < n; i++) {
        const struct place first = place;
        uint64_t begin = first.c->begin, end;

        if (is_bytewise(first.c))
            begin += first.byte;
        advance(&place, symbols[i].size - 1);
        end = is_bytewise(place.c) ? place.c->begin + place.byte + 1 : place.c->end;
        PWI_TRY(put_at(encoder, symbols[i].id, begin, end));
        if (i + 1 < n)
            advance(&place, 1);
    }
    return PW_OK;
}

/* One symbol a byte, the last one the word's end. */
static pw_status put_merged(pwi_encoder *encoder, const pwi_char *chars, size_t n_chars,
                            size_t n_bytes)
{
    const pw_tokenizer *tokenizer = encoder->tokenizer;
    size_t n = 0;
    char bytes[4] = {0};

    PWI_TRY(pwi_encoder_reserve_symbols(encoder, n_bytes));
    for (size_t i = 0; i < n_chars; i++) {
        const size_t size = pwi_utf8_encode(chars[i].code, bytes);

        for (size_t k = 0; k < size; k++)
            encoder->symbols[n++] = (pwi_symbol){tokenizer->byte_ids[(uint8_t)bytes[k]], 1};
    }
    encoder->symbols[n - 1].id =
        tokenizer->byte_end_ids[(uint8_t)bytes[utf8_size(chars[n_chars - 1].code) - 1]];
    PWI_TRY(pwi_bpe_merge(&tokenizer->merges, &encoder->scratch, encoder->symbols, &n,
                          encoder->err));
    return put_symbols(encoder, chars, encoder->symbols, n);
}

/* A word that is short enough to be looked up. */
static pw_status put_short(pwi_encoder *encoder, const pwi_char *chars, size_t n_chars,
                           size_t n_bytes)
{
    char bytes[PWI_WORD_BYTES + 4];
    pwi_word_key word;
    const pwi_symbol *symbols;
    size_t n = 0;
    int32_t id;

    for (size_t i = 0; i < n_chars; i++)
        n += pwi_utf8_encode(chars[i].code, bytes + n);
    word = pwi_word_key_of(bytes, n_bytes);
    id = pwi_word_table_find(&encoder->tokenizer->words, word);
    if (id >= 0)
        return put_at(encoder, id, chars[0].begin, chars[n_chars - 1].end);
    PWI_TRY(pwi_encoder_merge_word(encoder, word, &symbols, &n));
    return put_symbols(encoder, chars, symbols, n);
}

static pw_status put_word(pwi_encoder *encoder, const pwi_char *chars, size_t n_chars)
{
    size_t n_bytes = 0;

    for (size_t i = 0; i < n_chars; i++)
        n_bytes += utf8_size(chars[i].code);
    return n_bytes <= PWI_WORD_BYTES && !encoder->by_definition
               ? put_short(encoder, chars, n_chars, n_bytes)
               : put_merged(encoder, chars, n_chars, n_bytes);
}

/* A literal of the pattern: the token, or "<|", "endoftext" and "|>", which is what ByteLevel's
 * own pattern makes of it. */
static pw_status put_literal(pwi_encoder *encoder, const pwi_char *chars, size_t n,
                             pwi_literal literal)
{
    const pw_tokenizer *tokenizer = encoder->tokenizer;

    if (tokenizer->row.literals_are_tokens)
        return put_at(encoder,
                      literal == PWI_LITERAL_BOS ? tokenizer->bos_id : tokenizer->eos_id,
                      chars[0].begin, chars[n - 1].end);
    PWI_TRY(put_word(encoder, chars, 2));
    PWI_TRY(put_word(encoder, chars + 2, n - 4));
    return put_word(encoder, chars + n - 2, 2);
}

static pw_status put_words(pwi_encoder *encoder, const pwi_char *chars, size_t n)
{
    const pw_tokenizer *tokenizer = encoder->tokenizer;
    pwi_piece piece;
    size_t at = 0;

    while (pwi_piece_next(&tokenizer->row, chars, n, &at, &piece)) {
        const pwi_char *first = &chars[piece.first];
        const size_t n_chars = piece.last - piece.first;

        PWI_TRY(piece.literal == PWI_LITERAL_NONE
                    ? put_word(encoder, first, n_chars)
                    : put_literal(encoder, first, n_chars, piece.literal));
    }
    return PW_OK;
}

/* Called for what lies between added tokens. */
typedef pw_status (*piece_function)(pwi_encoder *encoder, const pwi_char *chars, size_t n);

/* Cut added tokens out of characters, and hand on the rest in order. */
static pw_status cut(pwi_encoder *encoder, const pwi_matcher *matcher, pwi_matches *cuts,
                     const pwi_char *chars, size_t n, piece_function hand_on)
{
    const pwi_added_token *added = encoder->tokenizer->added;
    size_t done = 0;

    PWI_TRY(pwi_matcher_find(matcher, added, chars, n, cuts, encoder->err));
    for (size_t i = 0; i < cuts->n; i++) {
        const pwi_match *match = &cuts->items[i];

        if (done < match->first)
            PWI_TRY(hand_on(encoder, chars + done, match->first - done));
        PWI_TRY(put_at(encoder, added[match->i_token].id, chars[match->first].begin,
                       chars[match->last - 1].end));
        done = match->last;
    }
    return done < n ? hand_on(encoder, chars + done, n - done) : PW_OK;
}

/* Raw text between added tokens, which the steps see as a text of its own. */
static pw_status put_raw(pwi_encoder *encoder, const pwi_char *chars, size_t n)
{
    const pwi_mode_row *row = &encoder->tokenizer->row;
    /* Steps do not write to what they read. */
    const pwi_text piece = {encoder->allocator, (pwi_char *)(uintptr_t)chars, n, n, false};
    const pwi_text *from = &piece;

    for (size_t i = 0; i < PWI_STEPS_MAX && row->steps[i] != NULL; i++) {
        pwi_text *to = &encoder->texts[i % 2];

        row->steps[i](to, from);
        from = to;
    }
    if (from->failed)
        return pwi_fail_memory(encoder->err);
    return cut(encoder, &encoder->tokenizer->cleaned_matcher, &encoder->late_cuts, from->chars,
               from->n, put_words);
}

pw_status pwi_encode_characters(pwi_encoder *encoder, const char *text, size_t first,
                                size_t last)
{
    pwi_text *raw = &encoder->raw;

    /* A failure of the last text is over. */
    pwi_text_clear(&encoder->texts[0]);
    pwi_text_clear(&encoder->texts[1]);
    PWI_TRY(pwi_text_decode(raw, text + first, last - first, (uint32_t)first, encoder->err));
    return cut(encoder, &encoder->tokenizer->raw_matcher, &encoder->raw_cuts, raw->chars,
               raw->n, put_raw);
}

static pw_status encode(pwi_encoder *encoder, const char *text, size_t size)
{
    const pw_tokenizer *tokenizer = encoder->tokenizer;

    if (size > PW_TEXT_BYTES_MAX)
        return PWI_FAIL(encoder->err, PW_ERR_LIMIT,
                        "the text has %zu bytes; a prompt may have %u", size,
                        PW_TEXT_BYTES_MAX);
    PWI_TRY(pwi_encoder_put(encoder, tokenizer->bos_id, PW_NO_OFFSET, PW_NO_OFFSET));
    PWI_TRY(encoder->by_definition ? pwi_encode_characters(encoder, text, 0, size)
                                   : pwi_encode_bytes(encoder, text, size));
    PWI_TRY(pwi_encoder_put(encoder, tokenizer->eos_id, PW_NO_OFFSET, PW_NO_OFFSET));
    encoder->out->n_real = encoder->out->n_tokens;
    return PW_OK;
}

pw_status pwi_encoder_run(pwi_encoder *encoder, const char *text, size_t size, pw_tokens *out,
                          pw_error *err)
{
    encoder->out = out;
    encoder->err = err;
    encoder->last_begin = encoder->last_end = 0;
    out->n_tokens = out->n_real = out->n_cut = 0;
    return encode(encoder, text, size);
}

pw_status pw_tokenizer_encode(const pw_tokenizer *tokenizer, const char *text, size_t size,
                              pw_tokens *out, pw_error *err)
{
    pwi_encoder encoder;
    pw_status status;

    pwi_tokens_init(out, tokenizer->ctx);
    pwi_encoder_init(&encoder, tokenizer);
    status = pwi_encoder_run(&encoder, text, size, out, err);
    pwi_encoder_free(&encoder);
    if (status != PW_OK)
        pw_tokens_free(out);
    return status;
}
