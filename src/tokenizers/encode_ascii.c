/* SPDX-License-Identifier: MIT */
/* The short way from text to tokens: ASCII by its bytes. Letters are lower-cased eight at a
 * time, words are cut off by the same rules as word_pattern.c's, and looked up. Where a byte
 * stands that asks for more (byte_classes.c), what was made of its stretch between white space
 * is taken back, and the stretch goes the way of the definition. */
#include "tokenizers/encoder.h"

#define ONES        UINT64_C(0x0101010101010101)
#define TOP_BITS    (ONES * 0x80)
#define LOW_BITS    (ONES * 0x7F)
#define LETTERS_END ((size_t)8) /* no byte of eight is something else */

struct walk {
    pwi_encoder *encoder;
    const uint8_t *classes;
    const char *text;
    size_t size, at;
    size_t stretch, n_tokens; /* where the last white space ended, and the tokens so far */
};

/* Sixteen bytes from `at`, or what is left and zeros. */
static pwi_word_key load(const struct walk *walk)
{
    const size_t left = walk->size - walk->at;
    const char *bytes = walk->text + walk->at;

    if (left < PWI_WORD_BYTES)
        return pwi_word_key_of(bytes, left);
    return (pwi_word_key){pwi_load8(bytes), pwi_load8(bytes + 8), PWI_WORD_BYTES};
}

/* The top bit of each byte from `first` to `last`, both ASCII. No sum carries into the next
 * byte. */
static uint64_t between(uint64_t bytes, uint8_t first, uint8_t last)
{
    const uint64_t low = bytes & LOW_BITS;

    return (low + ONES * (0x80u - first)) & ~(low + ONES * (0x7Fu - last)) & ~bytes & TOP_BITS;
}

static uint64_t lower(uint64_t bytes)
{
    return bytes | between(bytes, 'A', 'Z') >> 2;
}

static char lower_byte(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

/* How many of eight lower-cased bytes are letters before the first that is none. */
static size_t n_letters(uint64_t bytes)
{
    const uint64_t others = ~between(bytes, 'a', 'z') & TOP_BITS;

    return others == 0 ? LETTERS_END : (size_t)__builtin_ctzll(others) / 8;
}

/* The bytes of `word` as long as it is, and zeros. */
static pwi_word_key cut(pwi_word_key word, size_t size)
{
    word.size = (uint32_t)size;
    if (size < 8) {
        word.low &= (UINT64_C(1) << (8 * size)) - 1;
        word.high = 0;
    } else if (size < 16) {
        word.high &= (UINT64_C(1) << (8 * (size - 8))) - 1;
    }
    return word;
}

static pw_status put_symbols(struct walk *walk, const pwi_symbol *symbols, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t end = walk->at + symbols[i].size;

        PWI_TRY(pwi_encoder_put(walk->encoder, symbols[i].id, walk->at, end));
        walk->at = end;
    }
    return PW_OK;
}

/* A word whose lower-cased bytes are known. */
static pw_status put_word(struct walk *walk, pwi_word_key word)
{
    const int32_t id = pwi_word_table_find(&walk->encoder->tokenizer->words, word);
    const pwi_symbol *symbols;
    size_t n;

    if (id >= 0) {
        const size_t begin = walk->at;

        walk->at += word.size;
        return pwi_encoder_put(walk->encoder, id, begin, walk->at);
    }
    PWI_TRY(pwi_encoder_merge_word(walk->encoder, word, &symbols, &n));
    return put_symbols(walk, symbols, n);
}

static pw_status put_long_word(struct walk *walk, size_t size)
{
    pwi_encoder *encoder = walk->encoder;
    const pw_tokenizer *tokenizer = encoder->tokenizer;
    const char *word = walk->text + walk->at;
    size_t n = size;

    PWI_TRY(pwi_encoder_reserve_symbols(encoder, size));
    for (size_t i = 0; i < size; i++)
        encoder->symbols[i] =
            (pwi_symbol){tokenizer->byte_ids[(uint8_t)lower_byte(word[i])], 1};
    encoder->symbols[size - 1].id =
        tokenizer->byte_end_ids[(uint8_t)lower_byte(word[size - 1])];
    PWI_TRY(pwi_bpe_merge(&tokenizer->merges, &encoder->scratch, encoder->symbols, &n,
                          encoder->err));
    return put_symbols(walk, encoder->symbols, n);
}

/* End of the run of a class from i on. */
static size_t run_end(const struct walk *walk, size_t i, pwi_byte_class wanted)
{
    while (i < walk->size && walk->classes[(uint8_t)walk->text[i]] == wanted)
        i++;
    return i;
}

static pw_status put_letters(struct walk *walk)
{
    pwi_word_key word = load(walk);
    size_t size;

    word.low = lower(word.low);
    word.high = lower(word.high);
    size = n_letters(word.low);
    if (size == LETTERS_END)
        size += n_letters(word.high);
    if (size == PWI_WORD_BYTES) {
        size = run_end(walk, walk->at + size, PWI_BYTE_LETTER) - walk->at;
        if (size > PWI_WORD_BYTES)
            return put_long_word(walk, size);
    }
    return put_word(walk, cut(word, size));
}

/* Bytes of the contraction at a "'", or 0. */
static size_t contraction_size(const struct walk *walk)
{
    const size_t left = walk->size - walk->at;
    const char *text = walk->text + walk->at;
    const char first = left > 1 ? lower_byte(text[1]) : '\0';
    const char second = left > 2 ? lower_byte(text[2]) : '\0';

    if (first == 's' || first == 't' || first == 'm' || first == 'd')
        return 2;
    return ((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l')
               ? 3
               : 0;
}

static pw_status put_others(struct walk *walk)
{
    size_t size = walk->text[walk->at] == '\'' ? contraction_size(walk) : 0;
    pwi_word_key word;

    if (size == 0)
        size = run_end(walk, walk->at, PWI_BYTE_OTHER) - walk->at;
    if (size > PWI_WORD_BYTES)
        return put_long_word(walk, size);
    word = cut(load(walk), size);
    word.low = lower(word.low);
    return put_word(walk, word);
}

static pw_status put_number(struct walk *walk)
{
    const size_t at = walk->at++;

    return pwi_encoder_put(walk->encoder,
                           walk->encoder->tokenizer->byte_end_ids[(uint8_t)walk->text[at]], at,
                           walk->at);
}

static size_t stretch_end(const struct walk *walk)
{
    size_t end = walk->at;

    while (end < walk->size && walk->classes[(uint8_t)walk->text[end]] != PWI_BYTE_SPACE)
        end++;
    return end;
}

/* The stretch in which a byte stopped us, from the white space before it on: a mark at its
 * start belongs to that. Or the whole text, where stretches may know of each other. */
static pw_status put_stopped(struct walk *walk)
{
    pw_tokens *out = walk->encoder->out;
    const bool is_local = walk->encoder->tokenizer->is_local;
    const size_t first = is_local && walk->stretch > 0 ? walk->stretch - 1 : 0;

    out->n_tokens = is_local ? walk->n_tokens : 1;
    walk->at = is_local ? stretch_end(walk) : walk->size;
    return pwi_encode_characters(walk->encoder, walk->text, first, walk->at);
}

static pw_status put_next(struct walk *walk)
{
    switch (walk->classes[(uint8_t)walk->text[walk->at]]) {
    case PWI_BYTE_LETTER:
        return put_letters(walk);
    case PWI_BYTE_SPACE:
        walk->stretch = ++walk->at;
        walk->n_tokens = walk->encoder->out->n_tokens;
        return PW_OK;
    case PWI_BYTE_NUMBER:
        return put_number(walk);
    case PWI_BYTE_OTHER:
        return put_others(walk);
    default:
        return put_stopped(walk);
    }
}

pw_status pwi_encode_bytes(pwi_encoder *encoder, const char *text, size_t size)
{
    struct walk walk = {.encoder = encoder,
                        .classes = encoder->tokenizer->classes,
                        .text = text,
                        .size = size,
                        .n_tokens = encoder->out->n_tokens};

    while (walk.at < size)
        PWI_TRY(put_next(&walk));
    return PW_OK;
}
