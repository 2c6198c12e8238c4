/* SPDX-License-Identifier: MIT */
/* Compel's chunks: all fragments in a row, cut where compel_split.h says. */
#include "prompt/compel_split.h"
#include "prompt/dialect.h"

#define TEXT_SIZE 64 /* longer tokens end no sentence; where they end a word is lost */

struct texts {
    const pw_prompt_encoder *encoder;
    const pwi_token *tokens;
    char text[TEXT_SIZE];
};

/* Tokens of an encoder that has no texts (T5) end nothing. */
static const char *text_of(void *ctx, size_t i, size_t *size)
{
    struct texts *texts = ctx;

    *size = 0;
    if (texts->encoder->token_text != NULL)
        *size = texts->encoder->token_text(texts->encoder->user, texts->tokens[i].id,
                                           texts->text, sizeof(texts->text));
    if (*size >= sizeof(texts->text))
        *size = 0;
    return texts->text;
}

static pwi_compel_split_mode mode_of(const pwi_plan_build *build)
{
    static const pwi_compel_split_mode modes[] = {PWI_COMPEL_SENTENCES, PWI_COMPEL_PHRASES,
                                                  PWI_COMPEL_WORDS, PWI_COMPEL_BRUTAL};

    if (build->prompt_options->compel == PW_COMPEL_2_0_3)
        return PWI_COMPEL_BRUTAL;
    return modes[(unsigned)build->options.split % 4];
}

pw_status pwi_chunk_compel(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    const size_t room = pwi_chunk_room(build), n = layout->tokens.n;
    const size_t length =
        build->encoder->pad_to_max ? build->encoder->length_max : build->encoder->length_min;
    struct texts texts = {.encoder = build->encoder, .tokens = layout->tokens.items};
    pwi_chunker chunker = {.build = build, .layout = layout};
    size_t at = 0;

    if (room == SIZE_MAX)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "Compel cuts chunks of a length: the encoder has none");
    if (build->options.truncates)
        return pwi_chunk_cut(build, layout, err);
    do {
        const size_t n_next =
            pwi_compel_next_chunk(mode_of(build), text_of, &texts, at, n, room);

        PWI_TRY(pwi_chunk_wrapped(&chunker, pwi_token_at(layout->tokens.items, at), n_next,
                                  length, err));
        at += n_next;
    } while (at < n);
    return PW_OK;
}
