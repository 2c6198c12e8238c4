/* SPDX-License-Identifier: MIT */
/* What stands at each position of a walkthrough, in a word. */
#include <string.h>

#include "token_view.h"
#include "talk.h"
#include "walkthrough_view.h"

static int take_labels(struct walk *walk)
{
    const size_t n = walk->numbers.n_sentences * walk->numbers.n_tokens;

    walk->labels = pool_array(&walk->app->pool, n, sizeof(*walk->labels));
    return walk->labels == NULL ? fail_memory(walk->app) : DONE;
}

/* The k-th word of a text between blanks; size 0 past the last. */
static pw_text word_at(pw_text text, size_t k)
{
    size_t i = 0;

    for (;;) {
        size_t begin;

        while (i < text.size && text.bytes[i] == ' ')
            i++;
        begin = i;
        while (i < text.size && text.bytes[i] != ' ')
            i++;
        if (i == begin || k-- == 0)
            return (pw_text){text.bytes + begin, i - begin};
    }
}

/* A file says nothing of its tokens' texts: where a sentence has as many words as ids, a token
 * is a word. */
int walk_label_words(struct walk *walk)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;
    struct pool *pool = &walk->app->pool;

    TRY(take_labels(walk));
    for (size_t i = 0; i < numbers->n_sentences * numbers->n_tokens; i++) {
        const size_t s = i / numbers->n_tokens, n_ids = numbers->lengths[s];
        const size_t first = numbers->pads_left ? numbers->n_tokens - n_ids : 0;
        const pw_text text = walk->sentences == NULL ? (pw_text){"", 0} : walk->sentences[s];
        const pw_text word = word_at(text, i % numbers->n_tokens - first);

        if (numbers->is_pad[i])
            walk->labels[i] = "[pad]";
        else if (n_ids > 0 && word_at(text, n_ids - 1).size > 0 &&
                 word_at(text, n_ids).size == 0)
            walk->labels[i] = pool_copy(pool, word.bytes, word.size);
        else
            walk->labels[i] = pool_format(pool, "id %d", numbers->padded[i]);
        if (walk->labels[i] == NULL)
            return fail_memory(walk->app);
    }
    return DONE;
}

int walk_label_tokens(struct walk *walk, const pw_tokenizer *tokenizer)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;
    pw_tokenizer_info info;

    pw_tokenizer_get_info(tokenizer, &info);
    walk->pad_is_end = numbers->pad_id == info.eos_id;
    TRY(take_labels(walk));
    for (size_t i = 0; i < numbers->n_sentences * numbers->n_tokens; i++) {
        const int32_t id = numbers->padded[i];
        const pw_row_role role = numbers->is_pad[i]  ? PW_ROW_PAD
                                 : id == info.bos_id ? PW_ROW_BOS
                                 : id == info.eos_id ? PW_ROW_EOS
                                                     : PW_ROW_WORD;

        walk->labels[i] = tokens_label(&walk->app->pool, tokenizer, id, role);
        if (walk->labels[i] == NULL)
            return fail_memory(walk->app);
    }
    return DONE;
}
