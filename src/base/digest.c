/* SPDX-License-Identifier: MIT */
/* SHA-256 through nettle, which uses the CPU's own instructions where there are any. */
#include "base/digest.h"

#include <nettle/base16.h>

void pwi_digest_init(pwi_digest *digest)
{
    sha256_init(&digest->sha);
}

void pwi_digest_add(pwi_digest *digest, const void *bytes, size_t size)
{
    sha256_update(&digest->sha, size, bytes);
}

void pwi_digest_hex(pwi_digest *digest, char hex[PWI_DIGEST_HEX + 1])
{
    uint8_t bytes[SHA256_DIGEST_SIZE];

    sha256_digest(&digest->sha, sizeof(bytes), bytes);
    base16_encode_update(hex, sizeof(bytes), bytes);
    hex[PWI_DIGEST_HEX] = '\0';
}
