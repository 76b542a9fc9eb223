/* SPDX-License-Identifier: MIT */
/**
 * DOC: storm - loaded into a program, it interrupts it ten thousand times a second (BAD-FAULT-15)
 *
 * SIGALRM by a timer, and whatever SIGUSR1 others send, have a handler that does nothing and does
 * not restart calls: each that can fail with EINTR does.
 */
#define _DEFAULT_SOURCE
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>

#define EVERY_US 100

static void nothing(int signal)
{
    (void)signal;
}

static __attribute__((constructor)) void begin(void)
{
    struct sigaction a;
    struct itimerval every = {{0, EVERY_US}, {0, EVERY_US}};
    memset(&a, 0, sizeof(a));
    a.sa_handler = nothing;
    (void)sigaction(SIGALRM, &a, NULL);
    (void)sigaction(SIGUSR1, &a, NULL);
    (void)setitimer(ITIMER_REAL, &every, NULL);
}
