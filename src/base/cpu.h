/* SPDX-License-Identifier: MIT */
/* Which kernel levels this machine can run: what the CPU has and the operating system lets us
 * use. */
#ifndef PWI_BASE_CPU_H
#define PWI_BASE_CPU_H

#include <padwise/context.h>

/* The highest level that CPU and operating system support. AMX needs Linux's permission, which
 * is asked for here, once, before any thread starts; a refusal means the level is not there. */
pw_level pwi_cpu_level(void);

/* Instructions that make a level faster and change no bit of it. */
#define PWI_CPU_AVX_VNNI    1u /* inside avx2 */
#define PWI_CPU_AVX512_VNNI 2u /* inside avx512 */
#define PWI_CPU_ALL         (~0u)

/* Which of them the machine has. */
unsigned pwi_cpu_features(void);

#endif
