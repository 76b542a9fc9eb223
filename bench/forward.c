/* SPDX-License-Identifier: MIT */
/**
 * DOC: forward - packets of 64 bytes through a router in one process; one result, as JSON
 *
 *   forward [PACKETS [ROUTES]]   4,000,000 packets among 1,000,000 routes
 *
 * Frames of 64 bytes arrive by one interface in bursts, for random destinations that a route
 * covers, and leave by three others. Checksum, TTL, reverse path, route, neighbour and counters are
 * all in it; the frames lie ready, so what is measured is the stack alone.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pair.h"
#include "weft/host.h"

#define IFS   4
#define BURST 64
#define LEN   60 /* Without FCS: 64 on a wire. */
#define READY 65536u

static uint64_t state = 88172645463325252u;

static uint32_t random32(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static struct weft_addr addr(uint32_t v)
{
    return weft_ip4((uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v);
}

static void *pages(size_t bytes)
{
    void *p = bench_map(bytes);
    (void)madvise(p, bytes, MADV_HUGEPAGE);
    return p;
}

static struct weft_stack *router(uint32_t routes, size_t *bytes)
{
    struct weft_config cfg;
    struct weft_stack *st;
    weft_config_default(&cfg);
    cfg.routes_max = routes + IFS;
    cfg.is_forwarding = true;
    *bytes = weft_stack_footprint(&cfg);
    if (weft_stack_init(&st, &cfg, pages(*bytes), *bytes) != 0)
        bench_die("init", 0);
    for (uint8_t i = 0; i < IFS; i++) {
        struct weft_if_config c = {.name = "e0", .mac = {2, 0, 0, 0, 0, i}};
        struct weft_addr own = weft_ip4(10, i, 0, 254), host = weft_ip4(10, i, 0, 1);
        c.name[1] = (char)('0' + i);
        int index = weft_if_add(st, &c);
        if (index < 0 || weft_addr_add(st, (uint16_t)index, &own, 24) != 0 ||
            weft_neigh_set(st, (uint16_t)index, &host, (const uint8_t[]){2, 1, 0, 0, i, 1}) != 0)
            bench_die("interface", index);
    }
    return st;
}

/* Most prefixes have 24 bits, as in the internet's table; the destinations they cover. */
static void add_routes(struct weft_stack *st, uint32_t routes, uint32_t *dst)
{
    for (uint32_t n = 0; n < routes;) {
        uint32_t kind = random32() % 16, v = random32();
        uint8_t len = kind < 10 ? 24 : (uint8_t)(kind == 15 ? 32 : 14 + kind);
        if (v >> 24 < 11 || v >> 24 == 127 || v >> 24 > 223 || v >> 16 == 0xa9fe)
            continue;
        struct weft_route r = {.dst = addr(v & UINT32_MAX << (32 - len)),
                               .prefix_len = len,
                               .gateway = weft_ip4(10, (uint8_t)(1 + n % (IFS - 1)), 0, 1)};
        if (weft_route_add(st, &r) == 0)
            dst[n++] = v;
    }
}

static void fill(uint8_t *b, uint32_t dst)
{
    static const uint8_t head[26] = {2, 0, 0,    0, 0, 0,  2, 1, 0, 0, 0,  1,
                                     8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17};
    memcpy(b, head, sizeof(head));
    bench_put(b + 26, 0x0a000001, 4);
    bench_put(b + 30, dst, 4);
    bench_put(b + 24, bench_csum(0, b + 14, 20), 2);
}

/* Out by all other interfaces; frames that left. */
static uint64_t drain(struct weft_stack *st, uint64_t now_ns)
{
    struct weft_frame f[BURST];
    uint64_t cookies[BURST], left = 0;
    for (uint16_t i = 3; i < 2 + IFS; i++) {
        for (uint32_t n; (n = weft_tx(st, i, f, BURST, now_ns)) > 0; left += n) {
            for (uint32_t k = 0; k < n; k++)
                cookies[k] = f[k].cookie;
            weft_tx_done(st, cookies, n);
        }
    }
    while (weft_rx_done(st, cookies, BURST) == BURST)
        ;
    return left;
}

int main(int argc, char **argv)
{
    uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 4000000, left = 0, now_ns = 1000;
    uint32_t routes = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000;
    size_t bytes;
    struct weft_stack *st = router(routes, &bytes);
    uint32_t *dst = pages((size_t)routes * sizeof(*dst));
    uint8_t *mem = pages((size_t)READY * 64);
    add_routes(st, routes, dst);
    (void)drain(st, now_ns); /* Announcements. */
    for (uint32_t i = 0; i < READY; i++)
        fill(mem + (size_t)i * 64, dst[random32() % routes]);
    struct weft_frame f[BURST];
    memset(f, 0, sizeof(f));
    double t0 = bench_now();
    for (uint64_t i = 0; i < packets; i += BURST) {
        for (uint32_t k = 0; k < BURST; k++) {
            f[k].iov[0] = (struct weft_iov){mem + ((i + k) % READY) * 64, LEN};
            f[k].iov_n = 1;
            f[k].len = LEN;
        }
        if (weft_rx(st, 2, f, BURST, now_ns += 1000) != BURST)
            bench_die("rx", 0);
        left += drain(st, now_ns);
    }
    double t = bench_now() - t0;
    printf("{\"bench\": \"forward\", \"packets\": %" PRIu64 ", \"routes\": %" PRIu32
           ", \"seconds\": %.6f, \"per_s\": %.0f, \"bytes_a_route\": %.0f}\n",
           left, routes, t, (double)left / t, (double)bytes / routes);
    return left == packets ? 0 : 1;
}
