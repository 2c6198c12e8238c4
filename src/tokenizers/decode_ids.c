/* SPDX-License-Identifier: MIT */
/* Ids back to text. */
#include <string.h>

#include "base/utf8.h"
#include "tokenizers/byte_symbols.h"
#include "tokenizers/tokenizer.h"

/* Counts what a caller's buffer needs, and fills it as far as it goes. */
struct sink {
    char *out; /* NULL: count only */
    size_t capacity, size;
    char last; /* the byte that came last */
};

static void put(struct sink *sink, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++, sink->size++)
        if (sink->out != NULL && sink->size < sink->capacity)
            sink->out[sink->size] = bytes[i];
    if (size > 0)
        sink->last = bytes[size - 1];
}

static size_t finish(const struct sink *sink)
{
    if (sink->out != NULL && sink->capacity > 0)
        sink->out[sink->size < sink->capacity ? sink->size : sink->capacity - 1] = '\0';
    return sink->size;
}

/* The entry of an id, or NULL for ids outside the vocabulary and holes. */
static const pwi_vocab_text *entry_of(const pw_tokenizer *tokenizer, int32_t id)
{
    if (id < 0 || id >= tokenizer->n_vocab || tokenizer->texts[id].text == NULL)
        return NULL;
    return &tokenizer->texts[id];
}

static bool ends_word(const pwi_vocab_text *entry)
{
    return entry->size >= PWI_WORD_END_SIZE &&
           memcmp(entry->text + entry->size - PWI_WORD_END_SIZE, PWI_WORD_END,
                  PWI_WORD_END_SIZE) == 0;
}

/* Byte symbols as bytes, the word's end as a space. Characters outside the alphabet stay. */
static void put_plain(struct sink *sink, const pwi_vocab_text *entry)
{
    const bool is_end = ends_word(entry);
    const size_t size = entry->size - (is_end ? PWI_WORD_END_SIZE : 0);

    if (entry->is_added) {
        put(sink, entry->text, entry->size);
        return;
    }
    for (size_t i = 0; i < size;) {
        uint32_t code;
        const size_t length = pwi_utf8_decode(entry->text + i, size - i, &code);
        const int byte = length == 0 ? -1 : pwi_symbol_byte(code);
        const char plain = (char)byte;

        put(sink, byte < 0 ? entry->text + i : &plain, byte < 0 && length > 0 ? length : 1);
        i += length == 0 ? 1 : length;
    }
    if (is_end)
        put(sink, " ", 1);
}

size_t pw_tokenizer_token_text(const pw_tokenizer *tokenizer, int32_t id, bool plain, char *out,
                               size_t capacity)
{
    const pwi_vocab_text *entry = entry_of(tokenizer, id);
    struct sink sink = {.out = out, .capacity = capacity};

    if (entry != NULL && plain)
        put_plain(&sink, entry);
    else if (entry != NULL)
        put(&sink, entry->text, entry->size);
    return finish(&sink);
}

size_t pw_tokenizer_decode(const pw_tokenizer *tokenizer, const int32_t *ids, size_t n_ids,
                           char *out, size_t capacity)
{
    struct sink sink = {.out = out, .capacity = capacity};

    for (size_t i = 0; i < n_ids; i++) {
        const pwi_vocab_text *entry = entry_of(tokenizer, ids[i]);

        if (entry != NULL && !entry->is_special)
            put_plain(&sink, entry);
    }
    if (sink.size > 0 && sink.last == ' ')
        sink.size--;
    return finish(&sink);
}
