/* SPDX-License-Identifier: MIT */
/* SHA-256 through libmd. */
#include "base/digest.h"

void pwi_digest_init(pwi_digest *digest)
{
    SHA256Init(&digest->sha);
}

void pwi_digest_add(pwi_digest *digest, const void *bytes, size_t size)
{
    SHA256Update(&digest->sha, bytes, size);
}

void pwi_digest_hex(pwi_digest *digest, char hex[PWI_DIGEST_HEX + 1])
{
    SHA256End(&digest->sha, hex);
}
