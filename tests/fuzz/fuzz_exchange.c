/* SPDX-License-Identifier: MIT */
/* The exchange JSON: what loads is written and must come back the same, fields included. */
#define _GNU_SOURCE
#include "tensor_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sets of `padwise encode` go out in another form than they came in. */
static bool is_conditioning(const pw_tensor_set *set)
{
    return pw_tensor_set_metadata(set, "padwise") != NULL &&
           (pw_tensor_set_find(set, "last_hidden_state") != NULL ||
            pw_tensor_set_find(set, "prompt_embeds") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pw_context *ctx = test_context();
    struct fuzz_file file = fuzz_file_open(data, size);
    pw_file_options options;
    pw_tensor_set *set;

    pw_file_options_init(&options);
    options.expected_format = PW_FORMAT_JSON;
    set = fuzz_load(ctx, file.path, &options);
    if (set != NULL && !is_conditioning(set))
        fuzz_write_and_read(ctx, set, PW_FORMAT_JSON, PW_F32);
    pw_tensor_set_free(set);
    fuzz_file_close(&file);
    pw_context_free(ctx);
    return 0;
}
