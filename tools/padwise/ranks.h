/* SPDX-License-Identifier: MIT */
/* Several processes of one command, started by mpirun: who is who, and that all end together.
 * Without MPI in the build, or without mpirun, there is one. */
#ifndef TOOL_RANKS_H
#define TOOL_RANKS_H

#include "app.h"

struct ranks {
    int32_t rank, n; /* n: 0 before ranks_start */
    bool is_started; /* MPI is */
    bool is_over;    /* the ranks have agreed that they are done with each other */
};

/* Only rank 0 talks afterwards; errors and warnings of the others are still shown. */
int ranks_start(struct app *app, struct ranks *ranks);

/* Wait for all ranks. The worst status of any of them, and FAILED where they compute at
 * different kernel levels, whose bits differ. After one that is not DONE nobody waits any more.
 * Every path of a command leads here, so that no rank waits for one that has failed. */
int ranks_agree(struct app *app, struct ranks *ranks, int status);

/* Whether another rank has failed and waits for us. */
bool ranks_failed(const struct ranks *ranks);

void ranks_stop(struct ranks *ranks);

#endif
