/* SPDX-License-Identifier: MIT */
/* The chunks of diffusers' community pipelines and of sd_embed: all tokens in a row, padded to
 * what the other prompts have, then cut every 75. */
#include "prompt/dialect.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static pw_status check_room(const pwi_plan_build *build, pw_error *err)
{
    if (pwi_chunk_room(build) == SIZE_MAX)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "%s cuts chunks of a length: the encoder has none",
                        build->dialect->name);
    return PW_OK;
}

static pw_status put_group(pwi_chunker *chunker, size_t first, size_t n, size_t n_padded,
                           int32_t pad_id, pw_error *err)
{
    const pw_prompt_encoder *encoder = chunker->build->encoder;

    PWI_TRY(pwi_chunker_add(chunker, encoder->start_id, 1, err));
    for (size_t i = 0; i < n; i++)
        PWI_TRY(pwi_chunker_put(chunker, &chunker->layout->tokens.items[first + i], err));
    PWI_TRY(pwi_chunker_add(chunker, pad_id, n_padded - n, err));
    PWI_TRY(pwi_chunker_add(chunker, encoder->end_id, 1, err));
    return pwi_chunker_close(chunker, err);
}

/* lpw_stable_diffusion: whole chunks, at most max_embeddings_multiples of them. */
pw_status pwi_chunk_lpw(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    const size_t room = pwi_chunk_room(build);
    pwi_chunker chunker = {.build = build, .layout = layout};
    size_t n_max, n, n_chunks;

    PWI_TRY(check_room(build, err));
    if (build->options.chunks_max < 1 || build->options.chunks_max > 1024)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "a prompt of 1 to 1024 chunks is asked for, not %d",
                        (int)build->options.chunks_max);
    n_max = room * (size_t)build->options.chunks_max;
    n = smaller(layout->tokens.n, n_max);
    n_chunks = (smaller(layout->n_wanted, n_max) + room - 1) / room;
    layout->n_cut = layout->tokens.n - n;
    for (size_t i = 0; i < (n_chunks == 0 ? 1 : n_chunks); i++) {
        const size_t first = smaller(i * room, n);

        PWI_TRY(put_group(&chunker, first, smaller(n - first, room), room,
                          build->encoder->pad_id, err));
    }
    return PW_OK;
}

/* lpw_stable_diffusion_xl and sd_embed: the end token pads, and the last group stays as short
 * as it is. */
pw_status pwi_chunk_groups(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    const size_t room = pwi_chunk_room(build), n = layout->tokens.n;
    pwi_chunker chunker = {.build = build, .layout = layout};

    PWI_TRY(check_room(build, err));
    if (layout->n_wanted == 0)
        return PWI_FAIL(err, PW_ERR_SIZE,
                        "there are no tokens in any prompt: %s stops there, too",
                        build->dialect->name);
    for (size_t at = 0; at < layout->n_wanted; at += room) {
        const size_t first = smaller(at, n), left = smaller(layout->n_wanted - at, room);

        PWI_TRY(put_group(&chunker, first, smaller(n - first, room),
                          build->options.pads_last_chunk ? room : left, build->encoder->end_id,
                          err));
    }
    return PW_OK;
}
