/* SPDX-License-Identifier: MIT */
/* Which kernel levels this machine can run: what the CPU has and the operating system lets us
 * use. */
#ifndef PWI_BASE_CPU_H
#define PWI_BASE_CPU_H

#include <padwise/context.h>

/* The highest level that CPU and operating system support. AMX needs Linux's permission, which
 * is asked for here, once, before any thread starts; a refusal means the level is not there. */
pw_level pwi_cpu_level(void);

#endif
