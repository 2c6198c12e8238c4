/* SPDX-License-Identifier: MIT */
/* The tile instructions of natively compiled code on a machine that lacks them. */
#ifndef PWI_TESTS_TRAP_AMX_H
#define PWI_TESTS_TRAP_AMX_H

/* From now on this process performs them, on every thread. */
void trap_amx(void);

#endif
