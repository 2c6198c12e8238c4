/* SPDX-License-Identifier: MIT */
/* SHA-256 (nettle). */
#ifndef PWI_BASE_DIGEST_H
#define PWI_BASE_DIGEST_H

#include <nettle/sha2.h>
#include <stddef.h>

typedef struct pwi_digest {
    struct sha256_ctx sha;
} pwi_digest;

#define PWI_DIGEST_HEX 64

void pwi_digest_init(pwi_digest *digest);
void pwi_digest_add(pwi_digest *digest, const void *bytes, size_t size);
void pwi_digest_hex(pwi_digest *digest, char hex[PWI_DIGEST_HEX + 1]);

#endif
