/* SPDX-License-Identifier: MIT */
/* Ranks through MPI, where the build has it. MPI is started only under mpirun: a command by
 * itself pays nothing for it. */
#include "ranks.h"

#include <stdlib.h>
#include <string.h>

#include "talk.h"

#ifdef PADWISE_MPI
#include <mpi.h>
#endif

#define TAG_FAILED 1

/* Open MPI; MPICH and its kin; PMIx, by which clusters start either. */
static bool is_under_mpirun(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") != NULL || getenv("PMI_SIZE") != NULL ||
           getenv("PMIX_RANK") != NULL;
}

#ifdef PADWISE_MPI

static void take_part(struct app *app, struct ranks *ranks)
{
    int rank = 0, n = 1;

    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n);
    *ranks = (struct ranks){.rank = rank, .n = n, .is_started = true};
    if (rank != 0) {
        app->quiet = true;
        app->progress.is_on = false;
    }
}

int ranks_start(struct app *app, struct ranks *ranks)
{
    *ranks = (struct ranks){.n = 1};
    if (is_under_mpirun())
        take_part(app, ranks);
    return DONE;
}

/* Those at work are told, so that they need not finish it. */
static void tell_failure(const struct ranks *ranks)
{
    for (int32_t i = 0; i < ranks->n; i++) {
        if (i != ranks->rank)
            MPI_Send(&ranks->rank, 1, MPI_INT32_T, i, TAG_FAILED, MPI_COMM_WORLD);
    }
}

/* Take what was told, so that nothing is under way when MPI ends. */
static void listen(const struct ranks *ranks)
{
    int32_t who;

    while (ranks_failed(ranks))
        MPI_Recv(&who, 1, MPI_INT32_T, MPI_ANY_SOURCE, TAG_FAILED, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
}

static int fail_levels(struct app *app, const struct ranks *ranks, pw_level lowest,
                       pw_level highest)
{
    if (ranks->rank != 0)
        return FAILED;
    return fail(app, PW_ERR_MISMATCH, "",
                "the machines compute at different levels, from %s to %s, so their last bits "
                "would differ: give all of them --cpu %s",
                pw_level_name(lowest), pw_level_name(highest), pw_level_name(lowest));
}

int ranks_agree(struct app *app, struct ranks *ranks, int status)
{
    const int level = app->ctx == NULL ? 0 : (int)pw_context_level(app->ctx);
    const int own[3] = {status, level, -level};
    int most[3] = {status, level, -level};

    if (!ranks->is_started || ranks->is_over)
        return status;
    if (status != DONE)
        tell_failure(ranks);
    MPI_Allreduce(own, most, 3, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (most[0] == DONE && most[1] != -most[2])
        most[0] = fail_levels(app, ranks, (pw_level)-most[2], (pw_level)most[1]);
    ranks->is_over = most[0] != DONE;
    if (ranks->is_over)
        listen(ranks);
    return most[0];
}

bool ranks_failed(const struct ranks *ranks)
{
    int is_told = 0;

    if (ranks->is_started && ranks->n > 1)
        MPI_Iprobe(MPI_ANY_SOURCE, TAG_FAILED, MPI_COMM_WORLD, &is_told, MPI_STATUS_IGNORE);
    return is_told != 0;
}

void ranks_stop(struct ranks *ranks)
{
    if (ranks->is_started)
        MPI_Finalize();
    *ranks = (struct ranks){.n = 1, .is_over = true};
}

#else

/* Without MPI every process would think that it is alone, and all would write the same
 * files. */
int ranks_start(struct app *app, struct ranks *ranks)
{
    const char *size = getenv("OMPI_COMM_WORLD_SIZE");
    int64_t n = 1;

    *ranks = (struct ranks){.n = 1};
    if (size == NULL)
        size = getenv("PMI_SIZE");
    if (is_under_mpirun() && size != NULL && parse_integer(size, strlen(size), &n) && n > 1)
        return fail(app, PW_ERR_UNSUPPORTED, "",
                    "mpirun started %s processes, but this build has no MPI; build it with MPI "
                    "(libopenmpi-dev, meson setup -Dmpi=enabled), or start one process",
                    size);
    return DONE;
}

int ranks_agree(struct app *app, struct ranks *ranks, int status)
{
    (void)app;
    (void)ranks;
    return status;
}

bool ranks_failed(const struct ranks *ranks)
{
    (void)ranks;
    return false;
}

void ranks_stop(struct ranks *ranks)
{
    *ranks = (struct ranks){.n = 1, .is_over = true};
}

#endif
