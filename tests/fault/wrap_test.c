/* SPDX-License-Identifier: MIT */
/**
 * DOC: Sequence numbers wrap at speed (BAD-FAULT-06): usage wrap_test [GIB], default 5.
 *
 * Over a link that takes super-frames, in virtual time at 100 Gbit/s, every byte checked by the
 * actors of sim/. The numbers pass 2^32 once each 4 GiB.
 */
#include <stdlib.h>
#include <string.h>

#include "t.h"
#include "weft/sim.h"

#define S    UINT64_C(1000000000)
#define HOUR (3600 * S)
#define GIB  (UINT64_C(1) << 30)

static uint64_t gib = 5;

static struct weft_node *host(struct weft_world *w, const char *name)
{
    struct weft_node_config cfg;
    struct weft_node *n = NULL;
    weft_node_config_default(&cfg, name);
    cfg.stack.sndbuf_bytes = cfg.stack.rcvbuf_bytes = 4 << 20;
    cfg.area_bytes = (size_t)32 << 20;
    T_EQ(weft_node_add(w, &cfg, &n), 0);
    return n;
}

static void join(struct weft_world *w, struct weft_node *a, struct weft_node *b)
{
    struct weft_link_config lc;
    struct weft_link *link = NULL;
    struct weft_node *node[2] = {a, b};
    memset(&lc, 0, sizeof(lc));
    memcpy(lc.name, "fast", 5);
    lc.has_superframes = true;
    for (unsigned i = 0; i < 2; i++) {
        lc.quality[i].rate_bps = UINT64_C(100000000000);
        lc.quality[i].delay_ns = 10000;
        lc.end[i].kind = WEFT_END_NODE;
        lc.end[i].node = node[i];
        lc.end[i].netif.caps = WEFT_CAP_TX_CSUM | WEFT_CAP_TX_TSO4 | WEFT_CAP_RX_TRUST;
        memcpy(lc.end[i].netif.name, "eth", 4);
        weft_world_mac(w, lc.end[i].netif.mac);
    }
    T_EQ(weft_link_add(w, &lc, &link), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct weft_addr addr = weft_ip4(10, 0, 0, (uint8_t)(1 + i));
        uint16_t ifindex = weft_link_config_get(link)->end[i].ifindex;
        T_EQ(weft_addr_add(weft_node_stack(node[i]), ifindex, &addr, 24), 0);
    }
}

static void far_beyond_32_bits(void)
{
    struct weft_world_config wc;
    struct weft_world *w = NULL;
    struct weft_actor *sink = NULL;
    uint64_t bytes = gib * GIB;
    weft_world_config_default(&wc, 6);
    wc.is_unhashed = true;
    T_EQ(weft_world_create(&w, &wc), 0);
    struct weft_node *a = host(w, "a"), *b = host(w, "b");
    join(w, a, b);
    struct weft_actor_config s = {.name = "sink", .kind = WEFT_ACTOR_TCP_SINK, .node = b};
    struct weft_actor_config c = {.name = "send", .kind = WEFT_ACTOR_TCP_SEND, .node = a};
    s.local.port = c.remote.port = 9;
    c.remote.addr = weft_ip4(10, 0, 0, 2);
    c.start_ns = 1000000;
    s.bytes = c.bytes = bytes;
    s.is_lending = true;
    T_EQ(weft_actor_add(w, &s, &sink), 0);
    T_EQ(weft_actor_add(w, &c, NULL), 0);
    int r = weft_world_finish(w, 10 * HOUR);
    if (r != 0)
        printf("# %s\n", weft_world_error(w));
    T_EQ(r, 0);
    T_EQ(weft_actor_result(sink)->bytes_in, bytes);
    T_EQ(weft_actor_result(sink)->bad_offset, UINT64_MAX);
    T_EQ(weft_world_settle(w, weft_world_now(w) + HOUR), 0);
    weft_world_destroy(w);
}

static const struct t_case cases[] = {
    {"BAD-FAULT-06: sequence numbers wrap at speed", far_beyond_32_bits},
};

int main(int argc, char **argv)
{
    if (argc > 1)
        gib = strtoull(argv[1], NULL, 10);
    return t_main(cases, 1);
}
