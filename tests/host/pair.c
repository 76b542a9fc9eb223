/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

#include "t.h"

#define BURST 64U

struct weft_endpoint pair_endpoint(int side, uint16_t port)
{
    return (struct weft_endpoint){weft_ip4(10, 0, 0, (uint8_t)(side + 1)), port};
}

void pair_open(struct pair *p)
{
    memset(p, 0, sizeof(*p));
    p->now_ns = 1000000000;
    for (int i = 0; i < 2; i++) {
        struct weft_config cfg;
        weft_config_default(&cfg);
        cfg.seed[0] = (uint64_t)i + 1;
        size_t n = weft_stack_footprint(&cfg), area = (size_t)cfg.chunks_max * cfg.chunk_bytes;
        p->mem[i] = aligned_alloc(4096, (n + 4095) & ~(size_t)4095);
        p->area[i] = aligned_alloc(4096, area);
        if (p->mem[i] == NULL || p->area[i] == NULL)
            abort();
        T_EQ(weft_stack_init(&p->st[i], &cfg, p->mem[i], n), 0);
        T_CHECK(weft_area_add(p->st[i], p->area[i], area) > 0);
        struct weft_if_config ifc = {.name = "eth0", .mac = {2, 0, 0, 0, 0, (uint8_t)(i + 1)}};
        p->ifindex[i] = weft_if_add(p->st[i], &ifc);
        T_CHECK(p->ifindex[i] > 0);
        struct weft_endpoint own = pair_endpoint(i, 0);
        T_EQ(weft_addr_add(p->st[i], (uint16_t)p->ifindex[i], &own.addr, 24), 0);
        p->d[i] = weft_dispatch_new(p->st[i]);
    }
}

/* Frames of one side to the other; how many. */
static uint32_t carry(struct pair *p, int from)
{
    struct weft_frame f[BURST];
    uint64_t cookies[BURST];
    struct weft_stack *a = p->st[from], *b = p->st[1 - from];
    uint32_t n = weft_tx(a, (uint16_t)p->ifindex[from], f, BURST, p->now_ns);
    uint32_t taken = n > 0 ? weft_rx(b, (uint16_t)p->ifindex[1 - from], f, n, p->now_ns) : 0;
    for (uint32_t i = taken; i < n; i++)
        weft_tx_done(a, &f[i].cookie, 1);
    uint32_t k;
    while ((k = weft_rx_done(b, cookies, BURST)) > 0)
        weft_tx_done(a, cookies, k);
    return n;
}

static uint64_t earliest(const struct pair *p)
{
    uint64_t at = WEFT_NEVER;
    for (int i = 0; i < 2; i++) {
        uint64_t s = weft_deadline(p->st[i]), d = weft_dispatch_deadline(p->d[i]);
        at = s < at ? s : at;
        at = d < at ? d : at;
    }
    return at;
}

void pair_run(struct pair *p, uint64_t ns, bool (*until)(void *arg), void *arg)
{
    uint64_t end = p->now_ns + ns;
    while (p->now_ns < end && (until == NULL || !until(arg))) {
        uint32_t moved = 0;
        for (int i = 0; i < 2; i++) {
            weft_advance(p->st[i], p->now_ns);
            moved += weft_dispatch_run(p->d[i], p->now_ns);
            moved += carry(p, i);
        }
        if (moved > 0) {
            p->now_ns += 10000; /* A wire of 10 us. */
            continue;
        }
        uint64_t at = earliest(p);
        if (at == WEFT_NEVER)
            return;
        p->now_ns = at > p->now_ns + 10000 ? at : p->now_ns + 10000;
    }
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

void pair_close(struct pair *p)
{
    pair_run(p, 200000000000ULL, never, NULL); /* TIME-WAIT and all that is behind it. */
    for (int i = 0; i < 2; i++) {
        struct weft_usage u;
        weft_stack_check(p->st[i]);
        weft_stack_usage(p->st[i], &u);
        T_CHECK(u.socks == 0 && u.conns == 0 && u.lent == 0 && u.chunks == 0 && u.pkts == 0);
        weft_dispatch_free(p->d[i]);
        free(p->mem[i]);
        free(p->area[i]);
    }
}

/** struct waited - A socket of side 1 */
struct waited {
    struct pair *p;
    uint64_t sock;
};

static bool is_connected(void *arg)
{
    struct waited *w = arg;
    return (weft_sock_ready(w->p->st[1], w->sock) & (WEFT_CONNECTED | WEFT_ERROR)) != 0;
}

uint64_t pair_connect(struct pair *p, uint16_t port)
{
    struct waited w = {p, 0};
    struct weft_endpoint to = pair_endpoint(0, port);
    T_EQ(weft_sock_open(p->st[1], WEFT_SOCK_TCP, &w.sock), 0);
    T_EQ(weft_sock_connect(p->st[1], w.sock, &to), 0);
    pair_run(p, 10000000000ULL, is_connected, &w);
    T_CHECK((weft_sock_ready(p->st[1], w.sock) & WEFT_CONNECTED) != 0);
    return w.sock;
}
