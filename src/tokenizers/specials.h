/* SPDX-License-Identifier: MIT */
/* What files say about special and added tokens, gathered while they are read. Several files
 * speak about the same tokens; who has the last word is decided here (docs/tokenizers.md,
 * "Which file says what", compared with transformers 4.57.6). */
#ifndef PWI_TOKENIZERS_SPECIALS_H
#define PWI_TOKENIZERS_SPECIALS_H

#include "base/arena.h"
#include "base/hash.h"
#include "formats/json.h"
#include "tokenizers/token_matcher.h"

/* Bytes of all added tokens together: what bounds the matchers' memory. */
#define PWI_ADDED_BYTES_MAX (4u << 20)

typedef enum pwi_role {
    PWI_ROLE_BOS,
    PWI_ROLE_EOS,
    PWI_ROLE_UNK,
    PWI_ROLE_PAD,
    PWI_N_ROLES
} pwi_role;

/* A token that a file names for a role. */
typedef struct pwi_role_token {
    pwi_added_token token; /* id -1 where the file gives none */
    bool is_given;
    bool has_flags; /* named by an object with flags, not by a text alone */
    bool is_fixed;  /* tokenizer.json's post_processor: no configuration changes it */
} pwi_role_token;

typedef struct pwi_specials {
    pwi_arena arena; /* the texts */
    pwi_role_token roles[PWI_N_ROLES];
    pwi_added_token *added; /* in the order in which they were given */
    pwi_map by_text;        /* of `added` */
    size_t n_added, added_capacity, added_bytes;
    /* tokenizer_config.json lists added tokens: special_tokens_map.json is old and not read. */
    bool has_decoder;
    bool has_literals;  /* tokenizer.json's word pattern begins with start and end token */
    bool is_fast;       /* from tokenizer.json: roles without flags are matched in raw text */
    int32_t max_length; /* 0: not given */
} pwi_specials;

void pwi_specials_init(pwi_specials *specials, const pw_allocator *allocator);
void pwi_specials_free(pwi_specials *specials);

/* "bos_token", ... */
const char *pwi_role_name(pwi_role role);

/* The role of the JSON reader's current KEY, or -1. */
int pwi_role_of_key(const pwi_json *json);

/* An added token object whose first event (OBJECT_BEGIN) was just read; the text goes into
 * `arena`. `what` names it in messages. Sizes are checked. */
pw_status pwi_added_token_read(pwi_json *json, pwi_arena *arena, const char *what,
                               pwi_added_token *token, pw_error *err);

/* Append an added token, unless one with its text is there: then the first one's flags stay. */
pw_status pwi_specials_add(pwi_specials *specials, const pwi_added_token *token, pw_error *err);

/* Name a token for a role: a text of the arena. */
void pwi_specials_name(pwi_specials *specials, pwi_role role, const char *text, size_t size);

/* The token of a role, or its default, not given: "<|startoftext|>", "<|endoftext|>", and the
 * end token for the two others. */
pwi_role_token pwi_specials_role(const pwi_specials *specials, pwi_role role);

/* tokenizer_config.json and special_tokens_map.json (PW_ERR_NOT_FOUND when they are not
 * there). */
pw_status pwi_specials_read_config(pwi_specials *specials, const char *path, pw_error *err);
pw_status pwi_specials_read_map(pwi_specials *specials, const char *path, pw_error *err);

#endif
