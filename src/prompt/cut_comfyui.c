/* SPDX-License-Identifier: MIT */
/* ComfyUI's embedding:name inside of segments: a segment is cut at " embedding:" and
 * newline + "embedding:", and a piece that begins with the word is a reference. */
#include <string.h>

#include "prompt/dialect.h"
#include "text/text.h"
#include "base/utf8.h"

#define WORD      "embedding:"
#define WORD_SIZE (sizeof(WORD) - 1)

static bool is_word_at(const pw_segment *segment, size_t at)
{
    return segment->size - at >= WORD_SIZE && memcmp(segment->text + at, WORD, WORD_SIZE) == 0;
}

/* The first byte from `at` on, below `end`, that is white space to Python's str.split (or that
 * is not, as wanted). */
static size_t find_space(const pw_segment *segment, size_t at, size_t end, bool wanted)
{
    uint32_t code;
    size_t length;

    while (at < end && (length = pwi_utf8_decode(segment->text + at, end - at, &code)) > 0 &&
           pwi_is_space_python(code) != wanted)
        at += length;
    return at;
}

/* The vectors of an embedding as a piece that is never taken apart. */
static pw_status add_vectors(pwi_plan_build *build, pwi_layout *layout,
                             const pw_segment *segment, size_t i_embedding, size_t begin,
                             size_t end, pw_error *err)
{
    const size_t n_vectors = build->encoder->embeddings[i_embedding].n_vectors;
    const pwi_piece piece = {layout->tokens.n, n_vectors, segment->weight, false};
    pwi_token token = {0,
                       (uint32_t)layout->pieces.n + 1,
                       segment->source[begin],
                       (uint64_t)segment->source[end - 1] + 1,
                       segment->weight,
                       i_embedding,
                       0};

    build->n_tokens += n_vectors;
    if (n_vectors > PW_PROMPT_TOKENS_MAX || build->n_tokens > PW_PROMPT_TOKENS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the prompt has more than %u tokens: make it shorter",
                        PW_PROMPT_TOKENS_MAX);
    for (; token.i_vector < n_vectors; token.i_vector++)
        PWI_LIST_ADD(build->arena, &layout->tokens, token, err);
    PWI_LIST_ADD(build->arena, &layout->pieces, piece, err);
    return PW_OK;
}

/* The begin of the n-th character before `end`. */
static size_t before_characters(const pw_segment *segment, size_t end, size_t n)
{
    for (; n > 0; n--) {
        end--;
        while (((unsigned char)segment->text[end] & 0xC0) == 0x80)
            end--;
    }
    return end;
}

static uint32_t find_name(const pwi_plan_build *build, const pw_segment *segment, size_t begin,
                          size_t end)
{
    return pwi_map_find(&build->names, segment->text + begin, end - begin);
}

/* A piece that begins with the word: the name is its next word, tried again without commas at
 * its ends. As many characters as that took away, from the end of the name on, and the rest of
 * the piece are text. (Commas at the front, too: ",foo" leaves "o", as in the original.) */
static pw_status cut_reference(pwi_plan_build *build, pwi_layout *layout,
                               const pw_segment *segment, size_t begin, size_t end,
                               pw_error *err)
{
    const size_t name = find_space(segment, begin + WORD_SIZE, end, false);
    const size_t name_end = find_space(segment, name, end, true);
    size_t first = name, last = name_end, text;
    uint32_t i = find_name(build, segment, name, name_end);
    char quoted[PWI_QUOTE_SIZE];

    if (name == end)
        return pwi_fail_at(err, PW_ERR_FIELD, segment->source[begin],
                           "\"embedding:\" has no name after it: ComfyUI stops there, too");
    if (i == PWI_MAP_NONE) {
        while (first < last && segment->text[first] == ',')
            first++;
        while (first < last && segment->text[last - 1] == ',')
            last--;
        i = find_name(build, segment, first, last);
    }
    if (i != PWI_MAP_NONE)
        PWI_TRY(add_vectors(build, layout, segment, i, begin, name_end, err));
    else
        PWI_TRY(pwi_warn_plan(build, err, "the embedding %s was not found and is left out",
                              pwi_quote(quoted, segment->text + name, name_end - name)));
    text = before_characters(segment, name_end, (name_end - name) - (last - first));
    if (text < name_end || find_space(segment, name_end, end, false) < end)
        return pwi_cut_text(build, layout, segment, text, end, err);
    return PW_OK;
}

static pw_status cut_piece(pwi_plan_build *build, pwi_layout *layout, const pw_segment *segment,
                           size_t begin, size_t end, pw_error *err)
{
    if (begin == end)
        return PW_OK;
    if (is_word_at(segment, begin))
        return cut_reference(build, layout, segment, begin, end, err);
    return pwi_cut_text(build, layout, segment, begin, end, err);
}

static pw_status cut_segment(pwi_plan_build *build, pwi_layout *layout,
                             const pw_segment *segment, pw_error *err)
{
    size_t begin = 0;

    for (size_t at = 0; at + WORD_SIZE < segment->size; at++) {
        const char c = segment->text[at];

        if ((c == ' ' || c == '\n') && is_word_at(segment, at + 1)) {
            PWI_TRY(cut_piece(build, layout, segment, begin, at, err));
            begin = at + 1;
        }
    }
    return cut_piece(build, layout, segment, begin, segment->size, err);
}

pw_status pwi_cut_comfyui(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    for (size_t i = 0; i < layout->n_segments; i++)
        PWI_TRY(cut_segment(build, layout, &layout->segments[i], err));
    return PW_OK;
}
