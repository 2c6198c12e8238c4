/* SPDX-License-Identifier: MIT */
/* A walkthrough of one's own sentences: tokens of a tokenizer, embeddings of a model. */
#include <string.h>

#include "lab/walkthrough.h"

/* What is needed only on the way. */
struct encoding {
    pw_context *ctx;
    pw_encoder encoder;
    pw_model_info model;
    pw_walkthrough_options options;
    size_t n; /* sentences */
    pw_tokens tokens[PW_WALKTHROUGH_SENTENCES_MAX];
    const int32_t *ids[PW_WALKTHROUGH_SENTENCES_MAX];
    size_t lengths[PW_WALKTHROUGH_SENTENCES_MAX], n_cut[PW_WALKTHROUGH_SENTENCES_MAX];
};

static pw_status settle(struct encoding *encoding, pw_error *err)
{
    pw_walkthrough_options *options = &encoding->options;
    pw_tokenizer_info tokenizer;

    pw_model_get_info(encoding->encoder.model, &encoding->model);
    pw_tokenizer_get_info(encoding->encoder.tokenizer, &tokenizer);
    if (tokenizer.n_vocab != encoding->model.n_vocab)
        return PWI_FAIL(err, PW_ERR_MISMATCH,
                        "the tokenizer has %d entries, but the model's embedding table has %d: "
                        "they do not belong together",
                        tokenizer.n_vocab, encoding->model.n_vocab);
    if (options->pad_id < 0)
        options->pad_id = tokenizer.pad_id >= 0 ? tokenizer.pad_id : tokenizer.eos_id;
    if (options->pad_id >= encoding->model.n_vocab)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "the pad id %d is not in the vocabulary of %d",
                        options->pad_id, encoding->model.n_vocab);
    if (options->n_tokens > (size_t)encoding->model.n_positions)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "%zu tokens are more than the model has positions, %d",
                        options->n_tokens, encoding->model.n_positions);
    return PW_OK;
}

/* What is too long for the columns is cut; nothing is padded yet. */
static pw_status tokenize(struct encoding *encoding, const pw_text *sentences, pw_error *err)
{
    const size_t limit = encoding->options.n_tokens != 0 ? encoding->options.n_tokens
                                                         : (size_t)encoding->model.n_positions;
    const char *texts[PW_WALKTHROUGH_SENTENCES_MAX];
    size_t sizes[PW_WALKTHROUGH_SENTENCES_MAX];

    for (size_t i = 0; i < encoding->n; i++) {
        texts[i] = sentences[i].bytes == NULL ? "" : sentences[i].bytes;
        sizes[i] = sentences[i].size;
    }
    PWI_TRY(pw_tokenizer_encode_batch(encoding->encoder.tokenizer, texts, sizes, encoding->n,
                                      encoding->tokens, err));
    for (size_t i = 0; i < encoding->n; i++) {
        pw_tokens *tokens = &encoding->tokens[i];

        if (tokens->n_tokens > limit)
            PWI_TRY(pw_tokens_normalize(tokens, limit, encoding->options.pad_id, err));
        encoding->ids[i] = tokens->ids;
        encoding->lengths[i] = tokens->n_tokens;
        encoding->n_cut[i] = tokens->n_cut;
    }
    return PW_OK;
}

static pw_status run_model(struct encoding *encoding, const pw_walkthrough_numbers *numbers,
                           float *out, size_t n_values, pw_error *err)
{
    /* Layer 0 is a look-up: no key is seen, and no mask is needed. */
    const pw_batch batch = {.ids = numbers->padded,
                            .n_prompts = numbers->n_sentences,
                            .n_tokens = numbers->n_tokens};
    const pw_output output = {
        .kind = PW_OUTPUT_HIDDEN_STATE, .layer = 0, .data = out, .capacity = n_values};
    pw_session *session;
    pw_status status;

    PWI_TRY(pw_session_create(&session, encoding->encoder.model, 0, err));
    status = pw_model_encode(session, &batch, &output, 1, err);
    pw_session_free(session);
    return status;
}

static pw_status embed(pw_walkthrough *walkthrough, struct encoding *encoding, pw_error *err)
{
    pw_walkthrough_numbers *numbers = &walkthrough->numbers;
    const pw_allocator *allocator = &encoding->ctx->allocator;
    const size_t n_values = numbers->n_sentences * numbers->n_tokens * numbers->width;
    double *embeddings = pwi_walkthrough_take(walkthrough, n_values, sizeof(*embeddings));
    float *states = PWI_ARRAY(allocator, float, n_values);
    pw_status status;

    if (embeddings == NULL || states == NULL)
        PWI_TRY_OR(status, pwi_fail_memory(err), done);
    PWI_TRY_OR(status, run_model(encoding, numbers, states, n_values, err), done);
    for (size_t i = 0; i < n_values; i++)
        embeddings[i] = (double)states[i];
    numbers->embeddings = embeddings;
done:
    pwi_free_array(allocator, states, n_values, sizeof(*states));
    return status;
}

static pw_status fill(pw_walkthrough *walkthrough, struct encoding *encoding,
                      const pw_text *sentences, pw_error *err)
{
    PWI_TRY(settle(encoding, err));
    PWI_TRY(tokenize(encoding, sentences, err));
    PWI_TRY(pwi_walkthrough_lay_out(walkthrough, encoding->ids, encoding->lengths,
                                    encoding->n_cut, (size_t)encoding->model.width,
                                    &encoding->options, err));
    PWI_TRY(embed(walkthrough, encoding, err));
    return pwi_walkthrough_attend(walkthrough, err);
}

pw_status pw_walkthrough_encode(pw_walkthrough **out, pw_context *ctx,
                                const pw_encoder *encoder, const pw_text *sentences,
                                size_t n_sentences, const pw_walkthrough_options *options,
                                pw_error *err)
{
    struct encoding *encoding;
    pw_status status;

    PWI_TRY(pwi_walkthrough_start(out, ctx, n_sentences, err));
    encoding = PWI_NEW(&ctx->allocator, struct encoding);
    if (encoding == NULL)
        PWI_TRY_OR(status, pwi_fail_memory(err), done);
    encoding->ctx = ctx;
    encoding->encoder = *encoder;
    encoding->options = pwi_walkthrough_options(options);
    encoding->n = n_sentences;
    status = fill(*out, encoding, sentences, err);
    for (size_t i = 0; i < n_sentences; i++)
        pw_tokens_free(&encoding->tokens[i]);
done:
    if (encoding != NULL)
        PWI_DELETE(&ctx->allocator, encoding);
    if (status != PW_OK) {
        pw_walkthrough_free(*out);
        *out = NULL;
    }
    return status;
}
