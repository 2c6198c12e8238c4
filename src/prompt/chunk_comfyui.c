/* SPDX-License-Identifier: MIT */
/* ComfyUI's chunks: a piece of fewer than 8 tokens is never taken apart, a longer one is cut
 * where the chunk is full. */
#include "prompt/dialect.h"

#define N_WHOLE_MAX 8 /* pieces of so many tokens and more are cut */

/* The chunk is full: end it, with pads where the next piece did not fit. */
static pw_status end_chunk(pwi_chunker *chunker, bool pads, pw_error *err)
{
    const pw_prompt_encoder *encoder = chunker->build->encoder;

    PWI_TRY(pwi_chunker_add(chunker, encoder->end_id, 1, err));
    if (pads && encoder->pad_to_max)
        PWI_TRY(pwi_chunker_add(chunker, encoder->pad_id,
                                encoder->length_max - chunker->tokens.n, err));
    PWI_TRY(pwi_chunker_close(chunker, err));
    return pwi_chunker_add(chunker, encoder->start_id, 1, err);
}

static pw_status put_piece(pwi_chunker *chunker, const pwi_token *tokens, size_t n,
                           pw_error *err)
{
    const pw_prompt_encoder *encoder = chunker->build->encoder;
    const size_t room = encoder->length_max == 0
                            ? SIZE_MAX
                            : encoder->length_max - (size_t)(encoder->end_id >= 0);
    const bool is_cut = n >= N_WHOLE_MAX;

    while (n > 0) {
        const size_t left = room - chunker->tokens.n;
        const size_t n_put = n <= left ? n : is_cut ? left : 0;

        for (size_t i = 0; i < n_put; i++)
            PWI_TRY(pwi_chunker_put(chunker, &tokens[i], err));
        if (n > left)
            PWI_TRY(end_chunk(chunker, !is_cut, err));
        tokens += n_put;
        n -= n_put;
    }
    return PW_OK;
}

static pw_status end_last(pwi_chunker *chunker, pw_error *err)
{
    const pw_prompt_encoder *encoder = chunker->build->encoder;
    size_t length = encoder->length_min;

    PWI_TRY(pwi_chunker_add(chunker, encoder->end_id, 1, err));
    PWI_TRY(pwi_chunker_add(chunker, encoder->pad_id, encoder->min_padding, err));
    if (encoder->pad_to_max && encoder->length_max > length)
        length = encoder->length_max;
    if (chunker->tokens.n < length)
        PWI_TRY(pwi_chunker_add(chunker, encoder->pad_id, length - chunker->tokens.n, err));
    return pwi_chunker_close(chunker, err);
}

pw_status pwi_chunk_comfyui(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    pwi_chunker chunker = {.build = build, .layout = layout};

    if (pwi_chunk_room(build) < N_WHOLE_MAX)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "the encoder takes %zu tokens at once: a chunk must have room for %d",
                        build->encoder->length_max, N_WHOLE_MAX);
    PWI_TRY(pwi_chunker_add(&chunker, build->encoder->start_id, 1, err));
    for (size_t i = 0; i < layout->pieces.n; i++) {
        const pwi_piece *piece = &layout->pieces.items[i];

        PWI_TRY(put_piece(&chunker, pwi_token_at(layout->tokens.items, piece->first), piece->n,
                          err));
    }
    return end_last(&chunker, err);
}
