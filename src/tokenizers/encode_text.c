/* SPDX-License-Identifier: MIT */
/* Text to tokens: added tokens are cut out, what is left is cleaned by the mode's steps, cut
 * into words by the pattern, and each word is merged. Every id keeps the bytes of the text that
 * it was made of. */
#include <string.h>

#include "base/utf8.h"
#include "tokenizers/tokenizer.h"
#include "tokenizers/tokens.h"
#include "tokenizers/word_pattern.h"

/* Longer than most prompts are in tokens, so that the arrays rarely grow. */
#define N_TOKENS_FIRST  128
#define N_SYMBOLS_FIRST 256

struct run {
    const pw_tokenizer *tokenizer;
    const pw_allocator *allocator;
    pw_tokens *out;
    pw_error *err;
    pwi_text raw, texts[2];          /* the steps write to both in turn */
    pwi_matches raw_cuts, late_cuts; /* added tokens */
    pwi_symbol *symbols;             /* of one word */
    size_t symbols_capacity;
    pwi_bpe_scratch scratch;
    uint64_t last_begin, last_end; /* of the last token with bytes */
};

static pw_status put(struct run *run, int32_t id, uint64_t begin, uint64_t end)
{
    pw_tokens *out = run->out;

    if (out->n_tokens == out->capacity)
        PWI_TRY(pwi_tokens_reserve(out, out->capacity == 0 ? N_TOKENS_FIRST : out->capacity * 2,
                                   run->err));
    out->ids[out->n_tokens] = id;
    out->begin[out->n_tokens] = begin;
    out->end[out->n_tokens++] = end;
    return PW_OK;
}

/* A token that stands for bytes. NFC may put marks into another order; the offsets still do not
 * run backwards. */
static pw_status put_at(struct run *run, int32_t id, uint64_t begin, uint64_t end)
{
    if (begin > run->last_begin)
        run->last_begin = begin;
    if (end > run->last_end)
        run->last_end = end;
    return put(run, id, run->last_begin, run->last_end);
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
static pw_status put_symbols(struct run *run, const pwi_char *chars, const pwi_symbol *symbols,
                             size_t n)
{
    struct place place = {chars, 0};

    for (size_t i = 0; i < n; i++) {
        const struct place first = place;
        uint64_t begin = first.c->begin, end;

        if (is_bytewise(first.c))
            begin += first.byte;
        advance(&place, symbols[i].size - 1);
        end = is_bytewise(place.c) ? place.c->begin + place.byte + 1 : place.c->end;
        PWI_TRY(put_at(run, symbols[i].id, begin, end));
        if (i + 1 < n)
            advance(&place, 1);
    }
    return PW_OK;
}

static pw_status reserve_symbols(struct run *run, size_t n)
{
    size_t capacity = run->symbols_capacity == 0 ? N_SYMBOLS_FIRST : run->symbols_capacity;

    if (n <= run->symbols_capacity)
        return PW_OK;
    while (capacity < n)
        capacity += capacity / 2;
    pwi_free_array(run->allocator, run->symbols, run->symbols_capacity, sizeof(*run->symbols));
    run->symbols = PWI_ARRAY(run->allocator, pwi_symbol, capacity);
    run->symbols_capacity = run->symbols == NULL ? 0 : capacity;
    return run->symbols == NULL ? pwi_fail_memory(run->err) : PW_OK;
}

/* One symbol a byte, the last one the word's end. */
static pw_status put_word(struct run *run, const pwi_char *chars, size_t n_chars)
{
    const pw_tokenizer *tokenizer = run->tokenizer;
    size_t n_bytes = 0, n = 0;
    char bytes[4] = {0};

    for (size_t i = 0; i < n_chars; i++)
        n_bytes += utf8_size(chars[i].code);
    PWI_TRY(reserve_symbols(run, n_bytes));
    for (size_t i = 0; i < n_chars; i++) {
        const size_t size = pwi_utf8_encode(chars[i].code, bytes);

        for (size_t k = 0; k < size; k++)
            run->symbols[n++] = (pwi_symbol){tokenizer->byte_ids[(uint8_t)bytes[k]], 1};
    }
    run->symbols[n - 1].id =
        tokenizer->byte_end_ids[(uint8_t)bytes[utf8_size(chars[n_chars - 1].code) - 1]];
    PWI_TRY(pwi_bpe_merge(&tokenizer->merges, &run->scratch, run->symbols, &n, run->err));
    return put_symbols(run, chars, run->symbols, n);
}

/* A literal of the pattern: the token, or "<|", "endoftext" and "|>", which is what ByteLevel's
 * own pattern makes of it. */
static pw_status put_literal(struct run *run, const pwi_char *chars, size_t n,
                             pwi_literal literal)
{
    const pw_tokenizer *tokenizer = run->tokenizer;

    if (tokenizer->row.literals_are_tokens)
        return put_at(run, literal == PWI_LITERAL_BOS ? tokenizer->bos_id : tokenizer->eos_id,
                      chars[0].begin, chars[n - 1].end);
    PWI_TRY(put_word(run, chars, 2));
    PWI_TRY(put_word(run, chars + 2, n - 4));
    return put_word(run, chars + n - 2, 2);
}

static pw_status put_words(struct run *run, const pwi_char *chars, size_t n)
{
    const pw_tokenizer *tokenizer = run->tokenizer;
    pwi_piece piece;
    size_t at = 0;

    while (pwi_piece_next(&tokenizer->row, chars, n, &at, &piece)) {
        const pwi_char *first = &chars[piece.first];
        const size_t n_chars = piece.last - piece.first;

        PWI_TRY(piece.literal == PWI_LITERAL_NONE
                    ? put_word(run, first, n_chars)
                    : put_literal(run, first, n_chars, piece.literal));
    }
    return PW_OK;
}

/* Called for what lies between added tokens. */
typedef pw_status (*piece_function)(struct run *run, const pwi_char *chars, size_t n);

/* Cut added tokens out of characters, and hand on the rest in order. */
static pw_status cut(struct run *run, const pwi_matcher *matcher, pwi_matches *cuts,
                     const pwi_char *chars, size_t n, piece_function hand_on)
{
    const pwi_added_token *added = run->tokenizer->added;
    size_t done = 0;

    PWI_TRY(pwi_matcher_find(matcher, added, chars, n, cuts, run->err));
    for (size_t i = 0; i < cuts->n; i++) {
        const pwi_match *match = &cuts->items[i];

        if (done < match->first)
            PWI_TRY(hand_on(run, chars + done, match->first - done));
        PWI_TRY(put_at(run, added[match->i_token].id, chars[match->first].begin,
                       chars[match->last - 1].end));
        done = match->last;
    }
    return done < n ? hand_on(run, chars + done, n - done) : PW_OK;
}

/* Raw text between added tokens, which the steps see as a text of its own. */
static pw_status put_raw(struct run *run, const pwi_char *chars, size_t n)
{
    const pwi_mode_row *row = &run->tokenizer->row;
    /* Steps do not write to what they read. */
    const pwi_text piece = {run->allocator, (pwi_char *)(uintptr_t)chars, n, n, false};
    const pwi_text *from = &piece;

    for (size_t i = 0; i < PWI_STEPS_MAX && row->steps[i] != NULL; i++) {
        pwi_text *to = &run->texts[i % 2];

        row->steps[i](to, from);
        from = to;
    }
    if (from->failed)
        return pwi_fail_memory(run->err);
    return cut(run, &run->tokenizer->cleaned_matcher, &run->late_cuts, from->chars, from->n,
               put_words);
}

static pw_status encode(struct run *run, const char *text, size_t size)
{
    const pw_tokenizer *tokenizer = run->tokenizer;

    if (size > PW_TEXT_BYTES_MAX)
        return PWI_FAIL(run->err, PW_ERR_LIMIT, "the text has %zu bytes; a prompt may have %u",
                        size, PW_TEXT_BYTES_MAX);
    PWI_TRY(pwi_text_decode(&run->raw, text, size, 0, run->err));
    PWI_TRY(put(run, tokenizer->bos_id, PW_NO_OFFSET, PW_NO_OFFSET));
    PWI_TRY(
        cut(run, &tokenizer->raw_matcher, &run->raw_cuts, run->raw.chars, run->raw.n, put_raw));
    PWI_TRY(put(run, tokenizer->eos_id, PW_NO_OFFSET, PW_NO_OFFSET));
    run->out->n_real = run->out->n_tokens;
    return PW_OK;
}

pw_status pw_tokenizer_encode(const pw_tokenizer *tokenizer, const char *text, size_t size,
                              pw_tokens *out, pw_error *err)
{
    const pw_allocator *allocator = &tokenizer->ctx->allocator;
    struct run run = {.tokenizer = tokenizer, .allocator = allocator, .out = out, .err = err};
    pw_status status;

    pwi_tokens_init(out, tokenizer->ctx);
    pwi_text_init(&run.raw, allocator);
    pwi_text_init(&run.texts[0], allocator);
    pwi_text_init(&run.texts[1], allocator);
    pwi_matches_init(&run.raw_cuts, allocator);
    pwi_matches_init(&run.late_cuts, allocator);
    pwi_bpe_scratch_init(&run.scratch, allocator);
    status = encode(&run, text, size);
    pwi_bpe_scratch_free(&run.scratch);
    pwi_matches_free(&run.late_cuts);
    pwi_matches_free(&run.raw_cuts);
    pwi_text_free(&run.texts[1]);
    pwi_text_free(&run.texts[0]);
    pwi_text_free(&run.raw);
    pwi_free_array(allocator, run.symbols, run.symbols_capacity, sizeof(*run.symbols));
    if (status != PW_OK)
        pw_tokens_free(out);
    return status;
}
