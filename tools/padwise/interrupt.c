/* SPDX-License-Identifier: MIT */
/* Signals. The flag is the command's one variable that changes behind its back: a handler can
 * reach nothing else. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t was_interrupted;

static void on_signal(int number)
{
    (void)number;
    was_interrupted = 1;
}

/* A signal that the parent had ignored (nohup, a background job) stays ignored. */
static void watch(int number)
{
    struct sigaction action = {0}, before;

    if (sigaction(number, NULL, &before) != 0 || before.sa_handler == SIG_IGN)
        return;
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void interrupt_watch(void)
{
    struct sigaction ignore = {0};

    watch(SIGINT);
    watch(SIGTERM);
    ignore.sa_handler = SIG_IGN;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
}

bool interrupted(void)
{
    return was_interrupted != 0;
}
