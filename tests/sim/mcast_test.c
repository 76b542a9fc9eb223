/* SPDX-License-Identifier: MIT */
/**
 * DOC: Groups across links: forwarding by tables, TTL thresholds and static trees, source filters,
 * a proxy, the querier election, the link's filter.
 */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "t.h"
#include "weft/igmp.h"
#include "weft/netif.h"
#include "weft/trace.h"

#define PORT 9

static struct weft_addr group(uint8_t last)
{
    return weft_ip4(239, 1, 1, last);
}

/* ---- sockets ---- */

static uint64_t sock_on(struct weft_node *n, uint16_t port)
{
    struct weft_endpoint ep = {.port = port};
    uint64_t sock = 0;
    T_EQ(weft_sock_open(weft_node_stack(n), WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_bind(weft_node_stack(n), sock, &ep), 0);
    return sock;
}

static uint64_t member(struct weft_node *n, struct weft_addr g)
{
    uint64_t sock = sock_on(n, PORT);
    T_EQ(weft_mc_join(weft_node_stack(n), sock, &g, 2), 0);
    weft_node_touch(n);
    return sock;
}

static void send_ttl(struct weft_node *n, uint64_t sock, struct weft_addr g, uint8_t ttl)
{
    struct weft_endpoint to = {.addr = g, .port = PORT};
    T_EQ(weft_sock_set(weft_node_stack(n), sock, WEFT_IP_MULTICAST_TTL, ttl), 0);
    T_EQ(weft_sock_sendto(weft_node_stack(n), sock, "data", 4, &to), 4);
    weft_node_touch(n);
}

/* Datagrams that have come; @info of the last one. */
static uint32_t received(struct weft_node *n, uint64_t sock, struct weft_msg_info *info)
{
    char buf[16];
    uint32_t count = 0;
    while (weft_sock_recvfrom(weft_node_stack(n), sock, buf, sizeof(buf), info) == 4)
        count++;
    return count;
}

static void wait(struct weft_world *w, uint64_t ns)
{
    T_EQ(weft_world_run(w, weft_world_now(w) + ns), 0);
}

/* What a router's table says of a group: 0 = nothing, else 1 + its sources, 100 more in EXCLUDE. */
static uint32_t table(struct weft_node *n, uint16_t ifindex, struct weft_addr g)
{
    struct weft_mc_group e;
    uint64_t cursor = 0;
    while (weft_mc_group_next(weft_node_stack(n), &cursor, &e))
        if (e.is_router && e.ifindex == ifindex && memcmp(e.group.b, g.b, 16) == 0)
            return 1 + e.sources_n + (e.is_exclude ? 100 : 0);
    return 0;
}

static uint64_t counter(struct weft_node *n, unsigned which)
{
    return weft_counter(weft_node_stack(n), which);
}

/* ---- s on net 1, the router, h on net 2, k on net 3 ---- */

/** struct tree - A router with three links; its interfaces are 2, 3 and 4 */
struct tree {
    struct weft_world *w;
    struct weft_node *s, *r, *h, *k;
    uint64_t from; /* The sender's socket. */
};

static void begin(struct tree *t)
{
    struct weft_link_quality q = {.rate_bps = 10000000, .delay_ns = MS, .queue_bytes = 100000};
    t->w = net_new(3);
    t->s = net_host(t->w, "s", false);
    t->r = net_host(t->w, "r", true);
    t->h = net_host(t->w, "h", false);
    t->k = net_host(t->w, "k", false);
    (void)net_join(t->w, t->s, t->r, 1, &q);
    (void)net_join(t->w, t->r, t->h, 2, &q);
    (void)net_join(t->w, t->r, t->k, 3, &q);
    for (uint16_t i = 2; i <= 4; i++) {
        T_EQ(weft_igmp_router_start(weft_node_stack(t->r), i, NULL), 0);
        T_EQ(weft_mroute_if(weft_node_stack(t->r), i, 1, true), 0);
    }
    weft_node_touch(t->r);
    t->from = sock_on(t->s, 1000);
    wait(t->w, S);
}

/* s sends one datagram to a group; how many come to that socket. */
static uint32_t arrives(struct tree *t, struct weft_addr g, uint8_t ttl, struct weft_node *n,
                        uint64_t sock)
{
    send_ttl(t->s, t->from, g, ttl);
    wait(t->w, S);
    return received(n, sock, NULL);
}

/* proves: CAP-IGMP-04 CAP-IGMP-03 */
static void a_group_goes_where_it_is_wanted(void)
{
    struct tree t;
    struct weft_msg_info info;
    begin(&t);
    send_ttl(t.s, t.from, group(1), 8);
    wait(t.w, S);
    T_EQ(counter(t.r, WEFT_COUNT_MROUTE_FORWARDED), 0);
    uint64_t h = member(t.h, group(1));
    wait(t.w, S);
    T_EQ(table(t.r, 3, group(1)), 101);
    T_EQ(table(t.r, 4, group(1)), 0);
    send_ttl(t.s, t.from, group(1), 8);
    wait(t.w, S);
    T_EQ(received(t.h, h, &info), 1);
    T_EQ(info.ttl, 7);
    T_EQ(info.from.addr.b[13], 1);
    T_CHECK(memcmp(info.to.b, group(1).b, 16) == 0);
    T_EQ(counter(t.r, WEFT_COUNT_MROUTE_FORWARDED), 1);
    uint64_t k = member(t.k, group(1));
    wait(t.w, S);
    T_EQ(arrives(&t, group(1), 8, t.h, h), 1);
    T_EQ(received(t.k, k, NULL), 1);
    /* Who left gets nothing once nobody has answered for him. */
    T_EQ(weft_sock_close(weft_node_stack(t.h), h), 0);
    weft_node_touch(t.h);
    wait(t.w, 3 * S);
    T_EQ(table(t.r, 3, group(1)), 0);
    uint64_t before = counter(t.r, WEFT_COUNT_MROUTE_FORWARDED);
    T_EQ(arrives(&t, group(1), 8, t.k, k), 1);
    T_EQ(counter(t.r, WEFT_COUNT_MROUTE_FORWARDED), before + 1);
    weft_world_destroy(t.w);
}

/* proves: CAP-IGMP-04 */
static void the_ttl_says_how_far(void)
{
    struct tree t;
    begin(&t);
    uint64_t h = member(t.h, group(1));
    wait(t.w, S);
    T_EQ(arrives(&t, group(1), 1, t.h, h), 0);
    T_EQ(arrives(&t, group(1), 2, t.h, h), 1);
    T_EQ(weft_mroute_if(weft_node_stack(t.r), 3, 16, true), 0);
    T_EQ(arrives(&t, group(1), 16, t.h, h), 0);
    T_EQ(arrives(&t, group(1), 17, t.h, h), 1);
    T_EQ(counter(t.r, WEFT_COUNT_MROUTE_TTL), 2);
    T_EQ(counter(t.r, WEFT_COUNT_ICMP_ERRORS_OUT), 0);
    /* An interface that does not forward. */
    T_EQ(weft_mroute_if(weft_node_stack(t.r), 3, 1, false), 0);
    T_EQ(arrives(&t, group(1), 64, t.h, h), 0);
    weft_world_destroy(t.w);
}

/* proves: IGMP3-R-03 SSMG-03 SSMG-05 */
static void sources_are_filtered_on_the_way(void)
{
    struct tree t;
    struct weft_addr ssm = weft_ip4(232, 1, 1, 1), s = weft_ip4(10, 1, 0, 1),
                     other = weft_ip4(10, 1, 0, 77);
    begin(&t);
    uint64_t h = sock_on(t.h, PORT);
    T_EQ(weft_mc_source(weft_node_stack(t.h), h, WEFT_MC_JOIN_SOURCE, &ssm, &other, 2), 0);
    weft_node_touch(t.h);
    wait(t.w, S);
    T_EQ(table(t.r, 3, ssm), 2);
    send_ttl(t.s, t.from, ssm, 8);
    wait(t.w, S);
    T_EQ(counter(t.r, WEFT_COUNT_MROUTE_FORWARDED), 0);
    T_EQ(weft_mc_source(weft_node_stack(t.h), h, WEFT_MC_JOIN_SOURCE, &ssm, &s, 2), 0);
    weft_node_touch(t.h);
    wait(t.w, S);
    T_EQ(arrives(&t, ssm, 8, t.h, h), 1);
    /* EXCLUDE: all but. */
    T_EQ(weft_mc_join(weft_node_stack(t.h), h, &(struct weft_addr){0}, 2), -WEFT_EINVAL);
    struct weft_mc_filter f = {.group = group(2), .ifindex = 2, .is_exclude = true};
    f.sources[f.sources_n++] = s;
    T_EQ(weft_mc_set_filter(weft_node_stack(t.h), h, &f), 0);
    weft_node_touch(t.h);
    wait(t.w, S);
    uint64_t before = counter(t.r, WEFT_COUNT_MROUTE_FORWARDED);
    send_ttl(t.s, t.from, group(2), 8);
    wait(t.w, S);
    T_EQ(counter(t.r, WEFT_COUNT_MROUTE_FORWARDED), before);
    /* Local groups and IGMP itself stay on their link. */
    struct weft_addr local = weft_ip4(224, 0, 0, 99);
    uint64_t k = sock_on(t.k, PORT);
    T_EQ(weft_mc_join(weft_node_stack(t.k), k, &local, 2), 0);
    weft_node_touch(t.k);
    wait(t.w, S);
    T_EQ(arrives(&t, local, 8, t.k, k), 0);
    weft_world_destroy(t.w);
}

/* proves: CAP-IGMP-04 */
static void a_static_tree_needs_no_member(void)
{
    struct tree t;
    struct weft_mroute m = {.group = group(1), .in_ifindex = 2, .outs_n = 1, .outs = {4}};
    uint32_t cursor = 0;
    begin(&t);
    T_EQ(weft_igmp_router_stop(weft_node_stack(t.r), 4), 0);
    uint64_t k = member(t.k, group(1)); /* So that its link lets it in; the router does not know. */
    wait(t.w, S);
    T_EQ(arrives(&t, group(1), 8, t.k, k), 0);
    T_EQ(weft_mroute_add(weft_node_stack(t.r), &m), 0);
    T_EQ(arrives(&t, group(1), 8, t.k, k), 1);
    /* From another side than the trunk: counted, not forwarded. */
    uint64_t h = sock_on(t.h, 1000);
    send_ttl(t.h, h, group(1), 8);
    wait(t.w, S);
    T_EQ(received(t.k, k, NULL), 0);
    T_CHECK(weft_mroute_next(weft_node_stack(t.r), &cursor, &m));
    T_EQ(m.pkts, 1);
    T_EQ(m.bytes, 32);
    T_EQ(m.wrong_if, 1);
    T_CHECK(!weft_mroute_next(weft_node_stack(t.r), &cursor, &m));
    /* A tree of one source only goes before that of all. */
    struct weft_mroute none = {.source = weft_ip4(10, 1, 0, 1), .group = group(1), .in_ifindex = 2};
    T_EQ(weft_mroute_add(weft_node_stack(t.r), &none), 0);
    T_EQ(arrives(&t, group(1), 8, t.k, k), 0);
    T_EQ(weft_mroute_del(weft_node_stack(t.r), &none), 0);
    T_EQ(weft_mroute_del(weft_node_stack(t.r), &none), -WEFT_ENOENT);
    none.in_ifindex = 99;
    T_EQ(weft_mroute_add(weft_node_stack(t.r), &none), -WEFT_EINVAL);
    weft_world_destroy(t.w);
}

/* proves: CAP-IGMP-04 */
static void a_source_must_lie_behind_the_interface(void)
{
    struct tree t;
    struct weft_route r = {.dst = weft_ip4(10, 1, 0, 1), .prefix_len = 32, .ifindex = 4};
    begin(&t);
    uint64_t h = member(t.h, group(1));
    wait(t.w, S);
    T_EQ(weft_route_add(weft_node_stack(t.r), &r), 0);
    T_EQ(arrives(&t, group(1), 8, t.h, h), 0);
    T_EQ(counter(t.r, WEFT_COUNT_MROUTE_WRONG_IF), 1);
    weft_world_destroy(t.w);
}

/* s - r - p - h, where p is a proxy with r upstream.
 * proves: CAP-IGMP-04 */
static void a_proxy_joins_upstream_what_is_wanted_below(void)
{
    struct weft_link_quality q = {.rate_bps = 10000000, .delay_ns = MS, .queue_bytes = 100000};
    struct weft_world *w = net_new(4);
    struct weft_node *s = net_host(w, "s", false), *r = net_host(w, "r", true),
                     *p = net_host(w, "p", true), *h = net_host(w, "h", false);
    (void)net_join(w, s, r, 1, &q);
    (void)net_join(w, r, p, 2, &q);
    (void)net_join(w, p, h, 3, &q);
    for (uint16_t i = 2; i <= 3; i++) {
        T_EQ(weft_igmp_router_start(weft_node_stack(r), i, NULL), 0);
        T_EQ(weft_mroute_if(weft_node_stack(r), i, 1, true), 0);
        T_EQ(weft_mroute_if(weft_node_stack(p), i, 1, true), 0);
    }
    T_EQ(weft_igmp_router_start(weft_node_stack(p), 3, NULL), 0);
    T_EQ(weft_mroute_upstream(weft_node_stack(p), 2), 0);
    weft_node_touch(r);
    weft_node_touch(p);
    uint64_t from = sock_on(s, 1000), got = member(h, group(1));
    wait(w, S);
    T_EQ(table(r, 3, group(1)), 101);
    send_ttl(s, from, group(1), 8);
    wait(w, S);
    T_EQ(received(h, got, NULL), 1);
    T_EQ(weft_drops(weft_node_stack(p), WEFT_DROP_UDP_NO_SOCKET), 0);
    /* Filters go up, too. */
    struct weft_mc_filter f = {.group = group(1), .ifindex = 2, .sources_n = 1};
    f.sources[0] = weft_ip4(10, 1, 0, 50);
    T_EQ(weft_mc_set_filter(weft_node_stack(h), got, &f), 0);
    weft_node_touch(h);
    wait(w, 5 * S);
    T_EQ(table(r, 3, group(1)), 2);
    send_ttl(s, from, group(1), 8);
    wait(w, S);
    T_EQ(received(h, got, NULL), 0);
    /* What comes from below goes up, wanted or not. */
    uint64_t before = counter(p, WEFT_COUNT_MROUTE_FORWARDED);
    send_ttl(h, got, group(9), 8);
    wait(w, S);
    T_EQ(counter(p, WEFT_COUNT_MROUTE_FORWARDED), before + 1);
    T_EQ(weft_sock_close(weft_node_stack(h), got), 0);
    weft_node_touch(h);
    wait(w, 8 * S);
    T_EQ(table(p, 3, group(1)), 0);
    T_EQ(table(r, 3, group(1)), 0);
    T_EQ(weft_mroute_upstream(weft_node_stack(p), 0), 0);
    weft_world_destroy(w);
}

static bool is_querier(struct weft_node *n)
{
    struct weft_igmp_info i;
    T_EQ(weft_igmp_get(weft_node_stack(n), 2, &i), 0);
    return i.is_querier;
}

/* proves: IGMP2-R-01 IGMP2-R-02 IGMP3-R-17 CAP-IGMP-03 */
static void one_of_two_routers_asks(void)
{
    struct weft_link_quality q = {.rate_bps = 10000000, .delay_ns = MS, .queue_bytes = 100000};
    struct weft_world *w = net_new(5);
    struct weft_bridge *b = NULL;
    T_EQ(weft_bridge_add(w, "sw", WEFT_BRIDGE_SWITCH, 0, &b), 0);
    struct weft_node *r1 = net_host(w, "r1", true), *r2 = net_host(w, "r2", true),
                     *h = net_host(w, "h", false);
    (void)net_plug(w, r1, b, 1, 1, &q);
    (void)net_plug(w, r2, b, 1, 2, &q);
    (void)net_plug(w, h, b, 1, 3, &q);
    T_EQ(weft_igmp_router_start(weft_node_stack(r2), 2, NULL), 0);
    weft_node_touch(r2);
    wait(w, S);
    T_CHECK(is_querier(r2));
    T_EQ(weft_igmp_router_start(weft_node_stack(r1), 2, NULL), 0);
    weft_node_touch(r1);
    wait(w, S);
    T_CHECK(is_querier(r1) && !is_querier(r2));
    (void)member(h, group(1));
    wait(w, 200 * S);
    T_CHECK(is_querier(r1) && !is_querier(r2));
    T_EQ(table(r1, 2, group(1)), 101); /* Both know. */
    T_EQ(table(r2, 2, group(1)), 101);
    T_EQ(weft_igmp_router_stop(weft_node_stack(r1), 2), 0);
    wait(w, 256 * S);
    T_CHECK(is_querier(r2));
    T_EQ(table(r2, 2, group(1)), 101);
    weft_world_destroy(w);
}

/* proves: MC-HOST-15 */
static void the_link_lets_in_what_is_joined(void)
{
    struct tree t;
    begin(&t);
    uint64_t none = sock_on(t.s, PORT); /* On the sender's own link: nothing comes back to it. */
    uint64_t before = weft_drops(weft_node_stack(t.h), WEFT_DROP_ETH_NOT_FOR_US);
    struct weft_mroute m = {.group = group(1), .in_ifindex = 2, .outs_n = 1, .outs = {3}};
    T_EQ(weft_mroute_add(weft_node_stack(t.r), &m), 0);
    send_ttl(t.s, t.from, group(1), 8);
    wait(t.w, S);
    T_EQ(weft_drops(weft_node_stack(t.h), WEFT_DROP_ETH_NOT_FOR_US), before + 1);
    T_EQ(received(t.s, none, NULL), 0);
    /* Many groups at a time: all come through. */
    uint64_t h = sock_on(t.h, PORT);
    uint32_t sum = 0;
    for (uint8_t i = 1; i <= 100; i++) {
        struct weft_addr g = group(i);
        T_EQ(weft_mc_join(weft_node_stack(t.h), h, &g, 2), 0);
    }
    weft_node_touch(t.h);
    wait(t.w, S);
    for (uint8_t i = 1; i <= 100; i++) {
        send_ttl(t.s, t.from, group(i), 8);
        wait(t.w, 50 * MS);
        sum += received(t.h, h, NULL);
    }
    T_EQ(sum, 100);
    weft_world_destroy(t.w);
}

/* proves: BAD-IGMP-12 IGMP3-12 */
static void a_host_without_an_address_reports_from_none(void)
{
    struct weft_link_quality q = {.rate_bps = 10000000, .delay_ns = MS, .queue_bytes = 100000};
    struct weft_world *w = net_new(6);
    struct weft_node *r = net_host(w, "r", true), *h = net_host(w, "h", false);
    struct weft_addr own = weft_ip4(10, 1, 0, 2);
    (void)net_join(w, r, h, 1, &q);
    T_EQ(weft_addr_del(weft_node_stack(h), 2, &own), 0);
    T_EQ(weft_igmp_router_start(weft_node_stack(r), 2, NULL), 0);
    weft_node_touch(r);
    (void)member(h, group(1));
    wait(w, 40 * S);
    T_EQ(table(r, 2, group(1)), 101);
    struct weft_mc_group e;
    uint64_t cursor = 0;
    while (weft_mc_group_next(weft_node_stack(r), &cursor, &e))
        T_EQ(e.last_reporter.b[12], 0);
    weft_world_destroy(w);
}

/* The first octets of the frame that a stack of its own sends for a datagram; its length. */
static size_t first_frame(struct weft_addr to, uint8_t *out)
{
    struct weft_config cfg;
    struct weft_if_config ic = {
        .name = "e0", .kind = WEFT_IF_ETHER, .mac = {2, 0, 0, 0, 0, 1}, .mtu = 1500};
    struct weft_addr own = weft_ip4(10, 0, 0, 1);
    struct weft_route r = {.gateway = weft_ip4(10, 0, 0, 254)};
    struct weft_endpoint at = {.addr = to, .port = PORT};
    struct weft_stack *st = NULL;
    struct weft_frame f;
    uint64_t sock, skipped = 0;
    weft_config_default(&cfg);
    cfg.seed[0] = 1;
    size_t bytes = (weft_stack_footprint(&cfg) + 63) / 64 * 64;
    void *mem = aligned_alloc(64, bytes), *area = malloc(1 << 20);
    T_EQ(weft_stack_init(&st, &cfg, mem, bytes), 0);
    T_CHECK(weft_area_add(st, area, 1 << 20) > 0);
    T_EQ(weft_if_add(st, &ic), 2);
    T_EQ(weft_addr_add(st, 2, &own, 24), 0);
    T_EQ(weft_route_add(st, &r), 0);
    while (weft_tx(st, 2, &f, 1, S) == 1) { /* It announces its address. */
        weft_tx_done(st, &f.cookie, 1);
        skipped++;
    }
    T_EQ(skipped, 1);
    T_EQ(weft_sock_open(st, WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_sendto(st, sock, "data", 4, &at), 4);
    T_EQ(weft_tx(st, 2, &f, 1, S), 1);
    size_t n = f.iov[0].len < 34 ? f.iov[0].len : 34;
    memcpy(out, f.iov[0].base, n);
    free(mem);
    free(area);
    return n;
}

/* A gateway is no way for it, though one is known.
 * proves: MC-HOST-04 MC-HOST-07 */
static void the_link_address_is_the_group_s(void)
{
    static const uint8_t mac[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
    uint8_t b[34];
    T_EQ(first_frame(weft_ip4(239, 0x81, 2, 3), b), 34);
    T_CHECK(memcmp(b, mac, 6) == 0);
    T_EQ(b[12] << 8 | b[13], 0x0800);
    T_EQ(b[30], 239);
}

/* proves: MC-HOST-02 CAP-IGMP-05 */
static void the_sender_says_which_interface(void)
{
    struct tree t;
    begin(&t);
    uint64_t k = member(t.k, group(1)), h = member(t.h, group(1)), r = sock_on(t.r, 1000);
    wait(t.w, S);
    for (int64_t ifindex = 3; ifindex <= 4; ifindex++) {
        struct weft_msg_info info;
        T_EQ(weft_sock_set(weft_node_stack(t.r), r, WEFT_IP_MULTICAST_IF, ifindex), 0);
        send_ttl(t.r, r, group(1), 1);
        wait(t.w, S);
        T_EQ(received(t.h, h, &info), ifindex == 3);
        T_EQ(received(t.k, k, &info), ifindex == 4);
        T_EQ(info.from.addr.b[13], ifindex - 1); /* From the address of that one. */
    }
    T_EQ(weft_sock_set(weft_node_stack(t.r), r, WEFT_IP_MULTICAST_IF, 9), -WEFT_EINVAL);
    weft_world_destroy(t.w);
}

static const struct t_case cases[] = {
    {"the link address is the group's", the_link_address_is_the_group_s},
    {"the sender says which interface", the_sender_says_which_interface},
    {"a group goes where it is wanted", a_group_goes_where_it_is_wanted},
    {"the TTL says how far", the_ttl_says_how_far},
    {"sources are filtered on the way", sources_are_filtered_on_the_way},
    {"a static tree needs no member", a_static_tree_needs_no_member},
    {"a source must lie behind the interface", a_source_must_lie_behind_the_interface},
    {"a proxy joins upstream what is wanted below", a_proxy_joins_upstream_what_is_wanted_below},
    {"one of two routers asks", one_of_two_routers_asks},
    {"the link lets in what is joined", the_link_lets_in_what_is_joined},
    {"a host without an address reports from none", a_host_without_an_address_reports_from_none},
};
T_MAIN(cases)
