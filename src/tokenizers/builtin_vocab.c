/* SPDX-License-Identifier: MIT */
/* The built-in vocabulary: data/vocab/merges.txt, embedded when the library is built
 * (scripts/embed_file.py), so that it needs no file. data/vocab/how.json says where it comes
 * from. */
#include "tokenizers/vocab.h"

/* In builtin_merges_table.c, which the build makes. */
extern const unsigned char pwi_builtin_merges[];
extern const size_t pwi_builtin_merges_size;

pw_status pw_tokenizer_open_builtin(pw_tokenizer **out, pw_context *ctx,
                                    const pw_tokenizer_options *options, pw_error *err)
{
    PWI_TRY(pwi_where(err, "built-in vocabulary",
                      pwi_tokenizer_from_merges(out, ctx, (const char *)pwi_builtin_merges,
                                                pwi_builtin_merges_size, PW_VOCAB_MAX, NULL,
                                                options, err)));
    (*out)->is_builtin = true;
    return PW_OK;
}
