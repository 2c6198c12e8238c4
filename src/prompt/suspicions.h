/* SPDX-License-Identifier: MIT */
/* A prompt that was probably written for another dialect: what looks like that dialect's
 * syntax, and a sentence about it. Guesses are careful: one of a kind, and none where plain
 * writing may look the same. */
#ifndef PWI_PROMPT_SUSPICIONS_H
#define PWI_PROMPT_SUSPICIONS_H

#include "base/arena.h"
#include "base/error.h"

typedef struct pwi_suspicion {
    size_t begin, end; /* bytes of the prompt */
    const char *text;  /* a sentence without a full stop, in the arena */
} pwi_suspicion;

#define PWI_SUSPICIONS_MAX 16

typedef struct pwi_suspicions {
    pwi_suspicion items[PWI_SUSPICIONS_MAX];
    size_t n;
} pwi_suspicions;

/* What is suspicious in a prompt that is read in this dialect ("a1111", "adv:none+A1111",
 * "lpw",
 * ...); nothing where the name is not known. PW_ERR_NO_MEMORY. */
pw_status pwi_suspicions_find(pwi_suspicions *suspicions, pwi_arena *arena, const char *dialect,
                              const char *prompt, size_t size, pw_error *err);

#endif
