/* SPDX-License-Identifier: MIT */
/**
 * DOC: The stack of the thread is small (BAD-FAULT-14)
 *
 * Everything that two protocol stacks do runs in a thread of 16 KiB between guard pages, besides
 * the rig's own frames: what goes too deep traps. No function of src/ may take more than 1 KiB:
 * scripts/cross/stack_usage.sh asks the compiler.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>

#include "two.h"

#define STACK_BYTES ((size_t)16 << 10)
#define GUARD_BYTES ((size_t)64 << 10)

static struct two *rig;

static void *work(void *arg)
{
    (void)arg;
    two_run(rig, rig->now_ns + 20 * S);
    return NULL;
}

static void sixteen_kib_suffice(void)
{
    struct weft_config cfg;
    pthread_attr_t attr;
    pthread_t thread;
    two_config(&cfg);
    rig = two_new(&cfg, (size_t)4 << 20, 1 * S);
    rig->lose_every = 13;
    for (int i = 0; i < 4; i++)
        T_CHECK(two_open(rig, 200000, 50000, NULL) != NULL);
    uint8_t *mem =
        mmap(NULL, STACK_BYTES + 2 * GUARD_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    T_CHECK(mem != MAP_FAILED);
    T_EQ(mprotect(mem + GUARD_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE), 0);
    T_EQ(pthread_attr_init(&attr), 0);
    if (pthread_attr_setstack(&attr, mem + GUARD_BYTES, STACK_BYTES) != 0) {
        t_skip("threads need more than 16 KiB here");
    } else {
        T_EQ(pthread_create(&thread, &attr, work, NULL), 0);
        T_EQ(pthread_join(thread, NULL), 0);
        T_EQ(two_count(rig), 4);
    }
    size_t used = 0; /* What was never written is still zero. */
    while (used < STACK_BYTES && mem[GUARD_BYTES + used] == 0)
        used++;
    printf("# %zu bytes of 16384 were used\n", STACK_BYTES - used);
    T_EQ(munmap(mem, STACK_BYTES + 2 * GUARD_BYTES), 0);
    two_end(rig);
}

static const struct t_case cases[] = {
    {"BAD-FAULT-14: a thread of 16 KiB suffices", sixteen_kib_suffice},
};
T_MAIN(cases)
