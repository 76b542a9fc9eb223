/* SPDX-License-Identifier: MIT */
/**
 * DOC: The same world on every machine (BAD-FAULT-13)
 *
 * Scenarios of the swarm by seed. Each one's hash is recorded here; big-endian and 32-bit machines,
 * both compilers and sanitizers have to give the same. Whoever changes on purpose what a stack
 * sends records anew: run with --print.
 */
#include <string.h>

#include "t.h"
#include "weft/sim.h"

/** struct recorded - A seed and what its scenario gave */
struct recorded {
    uint64_t seed, hash, events;
};

static const struct recorded recorded[] = {
#include "hash_test.inc"
};

#define N (sizeof(recorded) / sizeof(recorded[0]))

static void every_seed_gives_the_recorded_hash(void)
{
    for (size_t i = 0; i < N; i++) {
        struct weft_swarm_result r;
        T_EQ(weft_swarm_run(recorded[i].seed, NULL, &r), 0);
        printf("# seed %" PRIu64 ": %016" PRIx64 ", %" PRIu64 " events\n", recorded[i].seed, r.hash,
               r.events);
        T_EQ(r.hash, recorded[i].hash);
        T_EQ(r.events, recorded[i].events);
    }
}

static void print_all(void)
{
    for (size_t i = 0; i < N; i++) {
        struct weft_swarm_result r;
        if (weft_swarm_run(recorded[i].seed, NULL, &r) == 0)
            printf("{%" PRIu64 ", 0x%016" PRIx64 ", %" PRIu64 "},\n", recorded[i].seed, r.hash,
                   r.events);
    }
}

static const struct t_case cases[] = {
    {"BAD-FAULT-13: every seed gives the recorded hash", every_seed_gives_the_recorded_hash},
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        print_all();
        return 0;
    }
    return t_main(cases, 1);
}
