/* SPDX-License-Identifier: MIT */
/* Zip's records (PKWARE's APPNOTE 6.3.10, section 4.3) as far as both reader and writer need
 * them: signatures, sizes, and little-endian numbers at unaligned places. */
#ifndef PWI_FORMATS_ZIP_BYTES_H
#define PWI_FORMATS_ZIP_BYTES_H

#include <stdint.h>
#include <string.h>

#define ZIP_LOCAL_SIGNATURE     0x04034B50u
#define ZIP_CENTRAL_SIGNATURE   0x02014B50u
#define ZIP_END_SIGNATURE       0x06054B50u
#define ZIP_END64_SIGNATURE     0x06064B50u
#define ZIP_LOCATOR64_SIGNATURE 0x07064B50u

#define ZIP_LOCAL_SIZE     30u
#define ZIP_CENTRAL_SIZE   46u
#define ZIP_END_SIZE       22u
#define ZIP_END64_SIZE     56u
#define ZIP_LOCATOR64_SIZE 20u

/* A field that does not fit holds ones, and the number stands in this extra field. */
#define ZIP_EXTRA64    1u
#define ZIP_IN_EXTRA64 0xFFFFFFFFu
#define ZIP_IN_END64   0xFFFFu

#define ZIP_METHOD_STORED   0u
#define ZIP_METHOD_DEFLATED 8u

#define ZIP_FLAG_UTF8 0x0800u
/* Encrypted, strongly encrypted, header masked. */
#define ZIP_FLAGS_ENCRYPTED 0x2041u

static inline uint16_t zip_get16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t zip_get32(const unsigned char *p)
{
    return zip_get16(p) | (uint32_t)zip_get16(p + 2) << 16;
}

static inline uint64_t zip_get64(const unsigned char *p)
{
    return zip_get32(p) | (uint64_t)zip_get32(p + 4) << 32;
}

#endif
