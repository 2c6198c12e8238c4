/* SPDX-License-Identifier: MIT */
/* The version of these headers and of the library that is linked. 0.x promises no ABI; from 1.0
 * on SemVer, soname = major. meson.build reads the three numbers below: this is the one place
 * where the version stands. */
#ifndef PADWISE_VERSION_H
#define PADWISE_VERSION_H

#include "status.h"

#define PW_VERSION_MAJOR 0
#define PW_VERSION_MINOR 1
#define PW_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/** "0.1.0": the version of the linked library. Static storage. Threads: any.   Since: 0.1 */
PW_API const char *pw_version(void);

#ifdef __cplusplus
}
#endif

#endif
