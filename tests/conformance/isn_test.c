/* SPDX-License-Identifier: MIT */
/**
 * DOC: Initial sequence numbers and timestamps as an outsider sees them: of SYNs on the wire.
 *
 * RFC 9293 3.4.1 and RFC 6528 (a clock of 4 us plus a keyed function of both ends), RFC 7323 5.4
 * and 7.1 (a clock of 1 ms plus a secret offset).
 */
/* proves: MUST-8 SHLD-1 MUST-9 TCP-ISN-01 TCP-ISN-02 TCP-ISN-03 TCP-TS-15 TCP-TS-18 */
#include <stdlib.h>
#include <string.h>

#include "t.h"
#include "weft/netif.h"
#include "weft/sock.h"
#include "weft/stack.h"

#define PORTS      64u
#define PORT_FIRST 1000u
#define AREA_BYTES (1u << 20)
#define SEC        UINT64_C(1000000000)
#define IF_WIRE    2 /* After loopback. */

/** struct host - A stack on a wire that leads nowhere */
struct host {
    struct weft_stack *st;
    void *mem, *area;
};

/** struct syn - What a SYN tells */
struct syn {
    uint32_t isn, ts;
};

static void host_open(struct host *h, uint64_t seed, unsigned word)
{
    struct weft_config cfg;
    struct weft_if_config wire = {.name = "wire", .kind = WEFT_IF_L3, .mtu = 1500};
    struct weft_addr addr = weft_ip4(192, 0, 2, 2);
    weft_config_default(&cfg);
    cfg.seed[0] = 1;
    cfg.seed[word] = seed;
    size_t bytes = weft_stack_footprint(&cfg);
    h->mem = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    h->area = aligned_alloc(64, AREA_BYTES);
    if (h->mem == NULL || h->area == NULL)
        abort();
    T_EQ(weft_stack_init(&h->st, &cfg, h->mem, bytes), 0);
    T_CHECK(weft_area_add(h->st, h->area, AREA_BYTES) > 0);
    T_EQ(weft_if_add(h->st, &wire), IF_WIRE);
    T_EQ(weft_addr_add(h->st, IF_WIRE, &addr, 24), 0);
}

static void host_close(struct host *h)
{
    free(h->mem);
    free(h->area);
}

static uint32_t get32(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* The next frame as one run of bytes; its length, 0 = none. */
static size_t frame_out(struct host *h, uint8_t *buf, size_t cap, uint64_t now_ns)
{
    static struct weft_frame f;
    size_t n = 0;
    if (weft_tx(h->st, IF_WIRE, &f, 1, now_ns) == 0)
        return 0;
    for (uint32_t i = 0; i < f.iov_n && n + f.iov[i].len <= cap; i++) {
        memcpy(buf + n, f.iov[i].base, f.iov[i].len);
        n += f.iov[i].len;
    }
    weft_tx_done(h->st, &f.cookie, 1);
    return n;
}

/* Connects from a port to another, and gives up again. */
static struct syn syn_of(struct host *h, uint64_t now_ns, uint16_t from, uint16_t to)
{
    struct weft_endpoint local = {.port = from},
                         remote = {.addr = weft_ip4(192, 0, 2, 1), .port = to};
    uint8_t f[128] = {0};
    uint64_t sock = 0;
    weft_advance(h->st, now_ns);
    T_EQ(weft_sock_open(h->st, WEFT_SOCK_TCP, &sock), 0);
    T_EQ(weft_sock_bind(h->st, sock, &local), 0);
    T_EQ(weft_sock_connect(h->st, sock, &remote), 0);
    size_t n = frame_out(h, f, sizeof(f), now_ns);
    T_EQ(f[33], 2); /* SYN; the options are MSS, then SACK-permitted and timestamps in one. */
    T_CHECK(n >= 60 && f[40] == 2 && f[46] == 8);
    T_EQ(weft_sock_abort(h->st, sock), 0);
    return (struct syn){.isn = get32(f + 24), .ts = get32(f + 48)};
}

static void clock_of_four_microseconds(void)
{
    static const uint64_t later[] = {4000, 1000000, SEC, 60 * SEC, 3600 * SEC, 40000 * SEC};
    struct host h;
    host_open(&h, 1, 0);
    uint64_t now = 10 * SEC;
    struct syn a = syn_of(&h, now, 2000, 80);
    for (unsigned i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        struct syn b = syn_of(&h, now + later[i], 2000, 80);
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
    host_open(&h, seed, 0);
    for (unsigned i = 0; i < PORTS; i++) {
        struct syn s = syn_of(&h, SEC, (uint16_t)(PORT_FIRST + i), 80);
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
            host_open(&h, UINT64_C(1) << bit, word);
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
