/* SPDX-License-Identifier: MIT */
/* What the tests of encoding share: a fixture with the built-in model, which stands for every
 * encoder of a recipe, and texts as tensors. */
#ifndef PWI_TESTS_ENCODE_CHECK_H
#define PWI_TESTS_ENCODE_CHECK_H

#include <stdlib.h>

#include <padwise/padwise.h>

#include "check.h"

struct fixture {
    pw_context *ctx;
    pw_model *model;
    pw_tokenizer *tokenizer;
    pw_model_info info;
    pw_tokenizer_info tokenizer_info;
};

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (pw_context_create(&f->ctx, NULL, NULL) != PW_OK ||
        pw_model_open_builtin(&f->model, f->ctx, NULL, NULL) != PW_OK ||
        pw_tokenizer_open_builtin(&f->tokenizer, f->ctx, NULL, NULL) != PW_OK)
        return -1;
    pw_model_get_info(f->model, &f->info);
    pw_tokenizer_get_info(f->tokenizer, &f->tokenizer_info);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    pw_tokenizer_free(f->tokenizer);
    pw_model_free(f->model);
    pw_context_free(f->ctx);
    free(f);
    return 0;
}

static inline pw_text text(const char *bytes)
{
    return (pw_text){bytes, bytes == NULL ? 0 : strlen(bytes)};
}

static inline size_t n_encoders(const char *recipe)
{
    pw_recipe_encoder encoder;
    size_t n = 0;

    while (pw_recipe_encoder_at((size_t)pw_recipe_find(recipe), 0, n, &encoder))
        n++;
    return n;
}

/* With as many encoders as the recipe has; options may be NULL. */
static inline pw_status encode(const struct fixture *f, pw_tensor_set **set,
                               const pw_prompt_texts *prompts, size_t n,
                               const pw_conditioning_options *options, pw_error *err)
{
    const pw_encoder both[2] = {{NULL, f->model, f->tokenizer}, {NULL, f->model, f->tokenizer}};
    const bool is_raw = options == NULL || options->recipe == NULL;

    return pw_conditioning_encode(set, f->ctx, both,
                                  n_encoders(is_raw ? "raw" : options->recipe), prompts, n,
                                  options, err);
}

static inline pw_tensor_set *encoded(const struct fixture *f, pw_prompt_texts prompt,
                                     const pw_conditioning_options *options)
{
    pw_tensor_set *set = NULL;
    pw_error err;

    if (encode(f, &set, &prompt, 1, options, &err) != PW_OK)
        fail_msg("%s", err.text);
    return set;
}

#endif
