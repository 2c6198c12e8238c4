/* SPDX-License-Identifier: MIT */
/* Segments to tokens: the caller's tokenizer, one segment at a time, and the bytes of the
 * prompt that each token stands for. */
#include <math.h>

#include "prompt/dialect.h"

struct pw_token_sink {
    pwi_arena *arena;
    pwi_token_list *tokens;
    size_t size; /* of the text */
    bool is_wrong;
    pw_status status;
    pw_error *err;
};

static pw_status put(pw_token_sink *sink, const pwi_token *token)
{
    PWI_LIST_ADD(sink->arena, sink->tokens, *token, sink->err);
    return PW_OK;
}

void pw_token_sink_add(pw_token_sink *sink, int32_t id, uint64_t begin, uint64_t end)
{
    const pwi_token token = {id, 0, begin, end, 1.0, PWI_NO_EMBEDDING, 0};

    sink->is_wrong |= begin > end || end > sink->size;
    if (sink->status == PW_OK)
        sink->status = put(sink, &token);
}

pw_status pwi_tokens_of(pwi_plan_build *build, const char *text, size_t size,
                        pwi_token_list *tokens, pw_error *err)
{
    pw_token_sink sink = {build->arena, tokens, size, false, PW_OK, err};
    const size_t n_before = tokens->n;

    PWI_TRY(build->encoder->tokenize(build->encoder->user, text, size, &sink, err));
    if (sink.status != PW_OK)
        return sink.status;
    if (sink.is_wrong)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "the tokenizer gave a token that lies outside of its text");
    build->n_tokens += tokens->n - n_before;
    if (build->n_tokens > PW_PROMPT_TOKENS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the prompt has more than %u tokens: make it shorter",
                        PW_PROMPT_TOKENS_MAX);
    return PW_OK;
}

/* The nearest half-precision number, ties to even: what torch.float16 makes of a weight. */
static double round_to_f16(double weight)
{
    int exponent;
    double unit, rounded;

    if (!isfinite(weight) || weight == 0.0)
        return weight;
    (void)frexp(weight, &exponent);
    unit = ldexp(1.0, exponent - 11 < -24 ? -24 : exponent - 11);
    rounded = nearbyint(weight / unit) * unit;
    return fabs(rounded) > 65504.0 ? copysign((double)INFINITY, weight) : rounded;
}

pw_status pwi_cut_text(pwi_plan_build *build, pwi_layout *layout, const pw_segment *segment,
                       size_t begin, size_t end, pw_error *err)
{
    const uint32_t *source = segment->source + begin;
    pwi_piece piece = {.first = layout->tokens.n, .weight = segment->weight};

    if (build->dialect->weights == PWI_WEIGHTS_F16)
        piece.weight = round_to_f16(piece.weight);
    PWI_TRY(pwi_tokens_of(build, segment->text + begin, end - begin, &layout->tokens, err));
    piece.n = layout->tokens.n - piece.first;
    for (size_t i = piece.first; i < layout->tokens.n; i++) {
        pwi_token *token = &layout->tokens.items[i];
        const bool is_nowhere =
            token->begin == token->end || source[token->begin] == PW_NO_SOURCE;

        token->weight = piece.weight;
        token->fragment = (uint32_t)layout->pieces.n + 1;
        token->end = is_nowhere ? PW_NO_OFFSET : (uint64_t)source[token->end - 1] + 1;
        token->begin = is_nowhere ? PW_NO_OFFSET : source[token->begin];
    }
    PWI_LIST_ADD(build->arena, &layout->pieces, piece, err);
    return PW_OK;
}

pw_status pwi_cut_segments(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    for (size_t i = 0; i < layout->n_segments; i++) {
        const pw_segment *segment = &layout->segments[i];

        if (segment->kind == PW_SEGMENT_BREAK) {
            const pwi_piece piece = {layout->tokens.n, 0, segment->weight, true};

            PWI_LIST_ADD(build->arena, &layout->pieces, piece, err);
        } else {
            PWI_TRY(pwi_cut_text(build, layout, segment, 0, segment->size, err));
        }
    }
    return PW_OK;
}

pw_status pwi_token_id(pwi_plan_build *build, const char *text, int32_t *id, pw_error *err)
{
    pwi_token_list tokens = {.n = 0};
    size_t size = 0;

    while (text[size] != '\0')
        size++;
    PWI_TRY(pwi_tokens_of(build, text, size, &tokens, err));
    *id = tokens.n == 1 ? tokens.items[0].id : -1;
    return PW_OK;
}
