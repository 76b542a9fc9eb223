/* SPDX-License-Identifier: MIT */
/**
 * DOC: Initial sequence numbers and timestamps as an outsider sees them: of SYNs on the wire.
 *
 * RFC 9293 3.4.1 and RFC 6528 (a clock of 4 us plus a keyed function of both ends), RFC 7323 5.4
 * and 7.1 (a clock of 1 ms plus a secret offset).
 */
/* proves: MUST-8 SHLD-1 MUST-9 TCP-ISN-01 TCP-ISN-02 TCP-ISN-03 TCP-TS-15 TCP-TS-18 */
#include <stdlib.h>

#include "host.h"
#include "t.h"

#define PORTS      64u
#define PORT_FIRST 1000u
#define SEC        UINT64_C(1000000000)

static void open_with(struct host *h, uint64_t seed, unsigned word)
{
    struct weft_config cfg;
    weft_config_default(&cfg);
    cfg.seed[0] = 1;
    cfg.seed[word] = seed;
    host_open(h, &cfg);
}

/* Connects from a port to another, and gives up again. */
static struct host_syn syn_of(struct host *h, uint64_t now_ns, uint16_t from, uint16_t to)
{
    struct weft_endpoint remote = {.addr = weft_ip4(192, 0, 2, 1), .port = to};
    return host_syn(h, now_ns, from, &remote);
}

static void clock_of_four_microseconds(void)
{
    static const uint64_t later[] = {4000, 1000000, SEC, 60 * SEC, 3600 * SEC, 40000 * SEC};
    struct host h;
    open_with(&h, 1, 0);
    uint64_t now = 10 * SEC;
    struct host_syn a = syn_of(&h, now, 2000, 80);
    for (unsigned i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        struct host_syn b = syn_of(&h, now + later[i], 2000, 80);
        T_EQ(b.isn - a.isn, (uint32_t)(later[i] / 4000));
        T_EQ(b.ts - a.ts, (uint32_t)(later[i] / 1000000));
        now += later[i];
        a = b;
    }
    host_close(&h);
}

/* Numbers that are unrelated: no two distances from one to the next are the same. */
static unsigned equal_steps(const uint32_t *v)
{
    unsigned n = 0;
    for (unsigned i = 0; i + 1 < PORTS; i++)
        for (unsigned k = i + 1; k + 1 < PORTS; k++)
            n += v[i + 1] - v[i] == v[k + 1] - v[k];
    return n;
}

static void take(uint64_t seed, uint32_t *isn, uint32_t *ts)
{
    struct host h;
    open_with(&h, seed, 0);
    for (unsigned i = 0; i < PORTS; i++) {
        struct host_syn s = syn_of(&h, SEC, (uint16_t)(PORT_FIRST + i), 80);
        isn[i] = s.isn;
        ts[i] = s.ts;
    }
    host_close(&h);
}

static void connections_are_unrelated(void)
{
    uint32_t isn[PORTS], ts[PORTS];
    take(1, isn, ts);
    T_EQ(equal_steps(isn), 0);
    T_EQ(equal_steps(ts), 0);
}

/* Who has a stack of his own, with another secret, learns nothing about this one. */
static void one_stack_tells_nothing_of_another(void)
{
    uint32_t isn[2][PORTS], ts[2][PORTS], apart[PORTS], ts_apart[PORTS];
    take(1, isn[0], ts[0]);
    take(2, isn[1], ts[1]);
    for (unsigned i = 0; i < PORTS; i++) {
        T_CHECK(isn[0][i] != isn[1][i]);
        apart[i] = isn[0][i] - isn[1][i];
        ts_apart[i] = ts[0][i] - ts[1][i];
    }
    T_EQ(equal_steps(apart), 0);
    T_EQ(equal_steps(ts_apart), 0);
}

static void every_bit_of_the_seed_counts(void)
{
    uint32_t seen[4 * 64];
    unsigned n = 0;
    for (unsigned word = 0; word < 4; word++)
        for (unsigned bit = 1; bit < 64; bit += 7) {
            struct host h;
            open_with(&h, UINT64_C(1) << bit, word);
            seen[n++] = syn_of(&h, SEC, 2000, 80).isn;
            host_close(&h);
        }
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = i + 1; k < n; k++)
            T_CHECK(seen[i] != seen[k]);
}

static const struct t_case cases[] = {
    {"one connection's numbers follow a clock of 4 us, its timestamps one of 1 ms",
     clock_of_four_microseconds},
    {"numbers of different connections are unrelated", connections_are_unrelated},
    {"one stack's numbers tell nothing of another's", one_stack_tells_nothing_of_another},
    {"every bit of the seed counts", every_bit_of_the_seed_counts},
};

T_MAIN(cases)
