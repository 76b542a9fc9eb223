/* SPDX-License-Identifier: MIT */
/** DOC: Whole stacks over simulated links: what arrives, when, and that nothing is left behind. */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "t.h"
#include "weft/trace.h"

static const struct weft_link_quality perfect;

/** struct pair - Two hosts on one link: 10.1.0.1 and 10.1.0.2 */
struct pair {
    struct weft_world *w;
    struct weft_node *a, *b;
    struct weft_link *link;
};

static struct pair pair_new(uint64_t seed, const struct weft_link_quality *q)
{
    struct pair p;
    p.w = net_new(seed);
    p.a = net_host(p.w, "a", false);
    p.b = net_host(p.w, "b", false);
    p.link = net_join(p.w, p.a, p.b, 1, q);
    return p;
}

static const struct weft_actor_result *run_client(struct weft_world *w,
                                                  const struct weft_actor_config *c)
{
    struct weft_actor *a = NULL;
    T_EQ(weft_actor_add(w, c, &a), 0);
    int r = weft_world_finish(w, weft_world_now(w) + 7200 * S);
    if (r != 0)
        printf("# %s\n", weft_world_error(w));
    T_EQ(r, 0);
    return weft_actor_result(a);
}

static void ping_takes_a_round_trip(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 5 * MS;
    struct pair p = pair_new(1, &q);
    struct weft_actor_config c = net_client(p.a, WEFT_ACTOR_PING, weft_ip4(10, 1, 0, 2), 0, 56);
    c.count = 5;
    c.interval_ns = 100 * MS;
    const struct weft_actor_result *r = run_client(p.w, &c);
    T_EQ(r->done, 5);
    T_EQ(r->rtt_min_ns, 10 * MS);
    T_CHECK(r->rtt_max_ns > 10 * MS && r->rtt_max_ns <= 20 * MS); /* The first waits for ARP. */
    net_end(p.w);
}

static void ping_of_every_size_comes_back(void)
{
    static const uint64_t sizes[] = {0, 1, 7, 8, 1471, 1472, 1473, 1474, 2952, 9000, 65499};
    struct pair p = pair_new(1, &perfect);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct weft_actor_config c =
            net_client(p.a, WEFT_ACTOR_PING, weft_ip4(10, 1, 0, 2), 0, sizes[i]);
        c.start_ns = weft_world_now(p.w);
        T_EQ(run_client(p.w, &c)->done, 1);
    }
    net_end(p.w);
}

static void udp_echo_of_every_size_comes_back(void)
{
    static const uint64_t sizes[] = {0, 1, 8, 100, 1472, 1473, 4000, 65507};
    struct pair p = pair_new(1, &perfect);
    (void)net_server(p.w, p.b, WEFT_ACTOR_UDP_ECHO, 7, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct weft_actor_config c =
            net_client(p.a, WEFT_ACTOR_UDP_ECHO_CLIENT, weft_ip4(10, 1, 0, 2), 7, sizes[i]);
        c.start_ns = weft_world_now(p.w);
        T_EQ(run_client(p.w, &c)->done, 1);
    }
    net_end(p.w);
}

static void a_flood_of_datagrams_waits_for_the_card(void)
{
    struct weft_world *w = net_new(1);
    struct weft_node *a = net_host(w, "a", false), *b = net_host(w, "b", false);
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    lc.mtu = 1500;
    lc.has_backpressure = true;
    lc.quality[0].rate_bps = 1000000;
    lc.quality[0].queue_pkts = 4;
    (void)net_join_as(w, a, b, 1, &lc);
    struct weft_actor *s = net_server(w, b, WEFT_ACTOR_UDP_SINK, 9, 0);
    struct weft_actor_config c = net_client(a, WEFT_ACTOR_PING, weft_ip4(10, 1, 0, 2), 0, 8);
    (void)run_client(w, &c); /* ARP is done. */
    c = net_client(a, WEFT_ACTOR_UDP_SEND, weft_ip4(10, 1, 0, 2), 9, 1000);
    c.start_ns = weft_world_now(w);
    c.interval_ns = 1 * US;
    c.count = 1000;
    (void)run_client(w, &c);
    T_EQ(weft_world_run(w, weft_world_now(w) + 10 * S), 0);
    T_EQ(weft_actor_result(s)->done, 1000);
    net_end(w);
}

static void a_transfer_fills_the_link(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 10 * MS;
    q.rate_bps = 10000000;
    q.queue_pkts = 100;
    struct pair p = pair_new(1, &q);
    struct weft_actor *s = net_server(p.w, p.b, WEFT_ACTOR_TCP_SINK, 9, 5000000);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 5000000);
    const struct weft_actor_result *r = run_client(p.w, &c);
    T_EQ(weft_actor_result(s)->bytes_in, 5000000);
    uint64_t ms = (r->ended_ns - r->started_ns) / MS;
    printf("# 5 MB at 10 Mbit/s and 20 ms took %llu ms\n", (unsigned long long)ms);
    T_CHECK(ms > 4000 && ms < 4800); /* 4,250 ms on the wire. */
    net_end(p.w);
}

static struct weft_node *ecn_host(struct weft_world *w, const char *name, uint8_t ecn)
{
    struct weft_node_config cfg;
    struct weft_node *node = NULL;
    weft_node_config_default(&cfg, name);
    cfg.stack.tcp_ecn = ecn;
    T_EQ(weft_node_add(w, &cfg, &node), 0);
    return node;
}

/* A transfer over a link that marks early and drops late; returns the bottleneck's counts. */
static struct weft_link_stats marked_transfer(uint8_t asks, uint8_t answers, uint64_t *retrans)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 10 * MS;
    q.rate_bps = 10000000;
    q.queue_pkts = 60;
    q.ecn_pkts = 12;
    struct weft_world *w = net_new(1);
    struct weft_node *a = ecn_host(w, "a", asks), *b = ecn_host(w, "b", answers);
    struct weft_link *link = net_join(w, a, b, 1, &q);
    (void)net_server(w, b, WEFT_ACTOR_TCP_SINK, 9, 5000000);
    struct weft_actor_config c =
        net_client(a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 5000000);
    const struct weft_actor_result *r = run_client(w, &c);
    T_EQ(r->done, 1);
    uint64_t ms = (r->ended_ns - r->started_ns) / MS;
    struct weft_link_stats s;
    weft_link_stats(link, 0, &s);
    *retrans = weft_counter(weft_node_stack(a), WEFT_COUNT_TCP_RETRANS_SEGS);
    printf("# asks %u, answers %u: %llu ms, %llu marked, %llu dropped, longest queue %llu\n", asks,
           answers, (unsigned long long)ms, (unsigned long long)s.pkts[WEFT_FATE_MARKED],
           (unsigned long long)s.pkts[WEFT_FATE_QUEUE], (unsigned long long)s.queue_pkts_max);
    T_CHECK(ms < 4800); /* 4,250 ms on the wire. */
    T_EQ(weft_counter(weft_node_stack(b), WEFT_COUNT_TCP_ECN_CE_IN), s.pkts[WEFT_FATE_MARKED]);
    net_end(w);
    return s;
}

/* proves: CAP-TCP-24 */
static void marks_take_the_place_of_losses(void)
{
    uint64_t retrans;
    struct weft_link_stats s = marked_transfer(1, 2, &retrans);
    T_CHECK(s.pkts[WEFT_FATE_MARKED] > 0);
    T_EQ(s.pkts[WEFT_FATE_QUEUE], 0);
    T_EQ(retrans, 0);
    s = marked_transfer(3, 3, &retrans);
    T_CHECK(s.pkts[WEFT_FATE_MARKED] > 0);
    T_EQ(s.pkts[WEFT_FATE_QUEUE], 0);
    T_EQ(retrans, 0);
    s = marked_transfer(2, 2, &retrans); /* Nobody asks: the same link has to drop. */
    T_EQ(s.pkts[WEFT_FATE_MARKED], 0);
    T_CHECK(s.pkts[WEFT_FATE_QUEUE] > 0 && retrans > 0);
}

static void a_transfer_survives_a_bad_link(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 20 * MS;
    q.rate_bps = 100000000;
    q.loss_ppm = 10000;
    q.reorder_ppm = 10000;
    q.reorder_ns = 5 * MS;
    q.dup_ppm = 10000;
    q.corrupt_ppm = 1000;
    struct pair p = pair_new(1, &q);
    (void)net_server(p.w, p.b, WEFT_ACTOR_TCP_SINK, 9, 3000000);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 3000000);
    const struct weft_actor_result *r = run_client(p.w, &c);
    T_EQ(r->done, 1);
    uint64_t ms = (r->ended_ns - r->started_ns) / MS;
    printf("# 3 MB with 1 %% loss at 40 ms took %llu ms\n", (unsigned long long)ms);
    T_CHECK(ms < 30000);
    net_end(p.w);
}

static void a_transfer_survives_a_cut(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 10 * MS;
    q.rate_bps = 10000000;
    struct pair p = pair_new(1, &q);
    (void)net_server(p.w, p.b, WEFT_ACTOR_TCP_SINK, 9, 2000000);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 2000000);
    struct weft_actor *a = NULL;
    T_EQ(weft_actor_add(p.w, &c, &a), 0);
    T_EQ(weft_world_run(p.w, 500 * MS), 0);
    weft_link_cut(p.link, true);
    T_EQ(weft_world_run(p.w, 30 * S), 0);
    weft_link_cut(p.link, false);
    T_EQ(weft_world_finish(p.w, 200 * S), 0);
    T_EQ(weft_actor_result(a)->done, 1);
    net_end(p.w);
}

static void a_slow_reader_gets_everything(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 1 * MS;
    struct pair p = pair_new(1, &q);
    struct weft_actor_config v =
        net_client(p.b, WEFT_ACTOR_TCP_SINK, weft_ip4(0, 0, 0, 0), 0, 200000);
    memset(&v.remote, 0, sizeof(v.remote));
    v.local.port = 9;
    v.start_ns = 0;
    v.read_bytes = 1000;
    v.read_every_ns = 100 * MS;
    v.rcvbuf = 16384;
    T_EQ(weft_actor_add(p.w, &v, NULL), 0);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 200000);
    const struct weft_actor_result *r = run_client(p.w, &c);
    T_EQ(r->done, 1);
    T_CHECK(r->ended_ns - r->started_ns >= 20 * S - 2 * S);
    T_CHECK(r->ended_ns - r->started_ns < 30 * S);
    net_end(p.w);
}

static void a_reader_that_sleeps_loses_nothing(void)
{
    struct pair p = pair_new(1, &perfect);
    struct weft_actor_config v =
        net_client(p.b, WEFT_ACTOR_TCP_SINK, weft_ip4(0, 0, 0, 0), 0, 100000);
    memset(&v.remote, 0, sizeof(v.remote));
    v.local.port = 9;
    v.read_bytes = 60000;
    v.read_every_ns = 550 * S; /* Less than what counts as a stall. */
    v.rcvbuf = 8192;
    v.start_ns = 0;
    T_EQ(weft_actor_add(p.w, &v, NULL), 0);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 100000);
    T_EQ(run_client(p.w, &c)->done, 1);
    net_end(p.w);
}

static void echo_and_rounds_come_back(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 1 * MS;
    struct pair p = pair_new(1, &q);
    (void)net_server(p.w, p.b, WEFT_ACTOR_TCP_ECHO, 7, 0);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_ECHO_CLIENT, weft_ip4(10, 1, 0, 2), 7, 300000);
    T_EQ(run_client(p.w, &c)->bytes_in, 300000);
    struct weft_actor_config v =
        net_client(p.b, WEFT_ACTOR_TCP_RR_SERVER, weft_ip4(0, 0, 0, 0), 0, 64);
    memset(&v.remote, 0, sizeof(v.remote));
    v.local.port = 8;
    v.reply_bytes = 64;
    v.start_ns = weft_world_now(p.w);
    T_EQ(weft_actor_add(p.w, &v, NULL), 0);
    c = net_client(p.a, WEFT_ACTOR_TCP_RR, weft_ip4(10, 1, 0, 2), 8, 64);
    c.reply_bytes = 64;
    c.count = 100;
    c.start_ns = weft_world_now(p.w) + 1 * MS;
    const struct weft_actor_result *r = run_client(p.w, &c);
    T_EQ(r->done, 100);
    T_EQ(r->rtt_min_ns, 2 * MS);
    T_EQ(r->rtt_max_ns, 2 * MS);
    net_end(p.w);
}

static void half_close_works_both_ways(void)
{
    struct pair p = pair_new(1, &perfect);
    struct weft_actor_config v =
        net_client(p.b, WEFT_ACTOR_TCP_SINK, weft_ip4(0, 0, 0, 0), 0, 50000);
    memset(&v.remote, 0, sizeof(v.remote));
    v.local.port = 9;
    v.reply_bytes = 60000;
    v.start_ns = 0;
    T_EQ(weft_actor_add(p.w, &v, NULL), 0);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 50000);
    c.reply_bytes = 60000;
    T_EQ(run_client(p.w, &c)->bytes_in, 60000);
    (void)net_server(p.w, p.b, WEFT_ACTOR_TCP_CHARGEN, 19, 70000);
    c = net_client(p.a, WEFT_ACTOR_TCP_FETCH, weft_ip4(10, 1, 0, 2), 19, 80000);
    c.reply_bytes = 70000;
    c.start_ns = weft_world_now(p.w) + 1 * MS;
    const struct weft_actor_result *r = run_client(p.w, &c);
    T_EQ(r->bytes_in, 70000);
    T_EQ(r->bytes_out, 80000);
    net_end(p.w);
}

static void a_thousand_connections_one_after_the_other(void)
{
    struct pair p = pair_new(1, &perfect);
    struct weft_actor *s = net_server(p.w, p.b, WEFT_ACTOR_TCP_SINK, 9, 100);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_CONNECTS, weft_ip4(10, 1, 0, 2), 9, 100);
    c.count = 1000;
    T_EQ(run_client(p.w, &c)->done, 1000);
    T_EQ(weft_world_run(p.w, weft_world_now(p.w) + 1 * S), 0);
    T_EQ(weft_actor_result(s)->done, 1000);
    net_end(p.w);
}

static void two_hundred_connections_at_once(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 5 * MS;
    struct pair p = pair_new(1, &q);
    struct weft_actor *s = net_server(p.w, p.b, WEFT_ACTOR_TCP_SINK, 9, 5000);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 5000);
    c.count = 200;
    c.parallel = 200;
    T_EQ(run_client(p.w, &c)->done, 200);
    T_EQ(weft_actor_result(s)->bytes_in, 1000000);
    net_end(p.w);
}

static void an_abort_is_seen_as_a_reset(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 5 * MS;
    struct pair p = pair_new(1, &q);
    struct weft_actor *s = net_server(p.w, p.b, WEFT_ACTOR_TCP_DISCARD, 9, 0);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 500000);
    c.abort_at = 100000;
    c.sndbuf = 16384;
    T_EQ(run_client(p.w, &c)->done, 1);
    T_EQ(weft_world_run(p.w, weft_world_now(p.w) + 1 * S), 0);
    T_EQ(weft_actor_result(s)->err, WEFT_ECONNRESET);
    net_end(p.w);
}

static void a_closed_port_refuses(void)
{
    struct pair p = pair_new(1, &perfect);
    struct weft_actor_config c = net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 10);
    c.may_fail = true;
    T_EQ(run_client(p.w, &c)->err, WEFT_ECONNREFUSED);
    net_end(p.w);
}

static void nobody_home_is_unreachable(void)
{
    struct pair p = pair_new(1, &perfect);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 77), 9, 10);
    int err = run_client(p.w, &c)->err;
    T_CHECK(err == WEFT_EHOSTUNREACH || err == WEFT_ETIMEDOUT);
    net_end(p.w);
}

/** struct chain - Host a, two routers, host b; nets 1, 2, 3 */
struct chain {
    struct weft_world *w;
    struct weft_node *a, *r1, *r2, *b;
};

static struct chain chain_new(const struct weft_link_quality *q)
{
    struct chain c;
    c.w = net_new(3);
    c.a = net_host(c.w, "a", false);
    c.r1 = net_host(c.w, "r1", true);
    c.r2 = net_host(c.w, "r2", true);
    c.b = net_host(c.w, "b", false);
    (void)net_join(c.w, c.a, c.r1, 1, q);
    (void)net_join(c.w, c.r1, c.r2, 2, q);
    (void)net_join(c.w, c.r2, c.b, 3, q);
    net_route(c.a, 2, weft_ip4(10, 1, 0, 2));
    net_route(c.a, 3, weft_ip4(10, 1, 0, 2));
    net_route(c.r1, 3, weft_ip4(10, 2, 0, 2));
    net_route(c.r2, 1, weft_ip4(10, 2, 0, 1));
    net_route(c.b, 1, weft_ip4(10, 3, 0, 1));
    net_route(c.b, 2, weft_ip4(10, 3, 0, 1));
    return c;
}

static void traceroute_names_every_hop(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 1 * MS;
    struct chain n = chain_new(&q);
    struct weft_actor_config c =
        net_client(n.a, WEFT_ACTOR_TRACEROUTE, weft_ip4(10, 3, 0, 2), 0, 0);
    const struct weft_actor_result *r = run_client(n.w, &c);
    const struct weft_addr want[] = {weft_ip4(10, 1, 0, 2), weft_ip4(10, 2, 0, 2),
                                     weft_ip4(10, 3, 0, 2)};
    T_EQ(r->hops, 3);
    T_CHECK(r->has_reached);
    for (unsigned i = 0; i < 3; i++)
        T_CHECK(memcmp(r->hop[i].from.b, want[i].b, 16) == 0);
    net_end(n.w);
}

static void a_transfer_crosses_routers(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 1 * MS;
    q.rate_bps = 100000000;
    struct chain n = chain_new(&q);
    (void)net_server(n.w, n.b, WEFT_ACTOR_TCP_SINK, 9, 1000000);
    struct weft_actor_config c =
        net_client(n.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 3, 0, 2), 9, 1000000);
    T_EQ(run_client(n.w, &c)->done, 1);
    net_end(n.w);
}

static void a_smaller_mtu_on_the_way_is_found(void)
{
    struct weft_world *w = net_new(3);
    struct weft_node *a = net_host(w, "a", false), *r = net_host(w, "r", true),
                     *b = net_host(w, "b", false);
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    lc.mtu = 1500;
    (void)net_join_as(w, a, r, 1, &lc);
    lc.mtu = 600;
    (void)net_join_as(w, r, b, 2, &lc);
    net_route(a, 2, weft_ip4(10, 1, 0, 2));
    net_route(b, 1, weft_ip4(10, 2, 0, 1));
    (void)net_server(w, b, WEFT_ACTOR_TCP_CHARGEN, 19, 200000);
    (void)net_server(w, a, WEFT_ACTOR_TCP_CHARGEN, 19, 200000);
    struct weft_actor_config c = net_client(b, WEFT_ACTOR_TCP_FETCH, weft_ip4(10, 1, 0, 1), 19, 0);
    c.reply_bytes = 200000;
    T_EQ(run_client(w, &c)->done, 1);
    /* And datagrams are cut on the way. */
    (void)net_server(w, b, WEFT_ACTOR_UDP_ECHO, 7, 0);
    c = net_client(a, WEFT_ACTOR_UDP_ECHO_CLIENT, weft_ip4(10, 2, 0, 2), 7, 3000);
    c.start_ns = weft_world_now(w) + 1 * MS;
    T_EQ(run_client(w, &c)->done, 1);
    net_end(w);
}

static void hosts_on_a_switch_find_each_other(void)
{
    struct weft_world *w = net_new(5);
    struct weft_bridge *sw = NULL;
    struct weft_node *h[4];
    T_EQ(weft_bridge_add(w, "sw", WEFT_BRIDGE_SWITCH, 0, &sw), 0);
    for (unsigned i = 0; i < 4; i++) {
        const char name[2] = {(char)('a' + i), '\0'};
        h[i] = net_host(w, name, false);
        (void)net_plug(w, h[i], sw, 1, (uint8_t)(i + 1), &perfect);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct weft_actor_config c =
            net_client(h[i], WEFT_ACTOR_PING, weft_ip4(10, 1, 0, (uint8_t)((i + 1) % 4 + 1)), 0, 8);
        c.start_ns = weft_world_now(w);
        T_EQ(run_client(w, &c)->done, 1);
    }
    struct weft_bridge_stats s;
    weft_bridge_stats(sw, &s);
    T_EQ(s.entries, 4);
    net_end(w);
}

static void superframes_cross_a_memory_link(void)
{
    struct weft_world *w = net_new(5);
    struct weft_node *a = net_host(w, "a", false), *b = net_host(w, "b", false);
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    lc.mtu = 1500;
    lc.has_superframes = true;
    lc.end[0].netif.caps = lc.end[1].netif.caps =
        WEFT_CAP_TX_CSUM | WEFT_CAP_TX_TSO4 | WEFT_CAP_RX_TRUST;
    struct weft_link *link = net_join_as(w, a, b, 1, &lc);
    (void)net_server(w, b, WEFT_ACTOR_TCP_SINK, 9, 4000000);
    struct weft_actor_config c =
        net_client(a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, 4000000);
    T_EQ(run_client(w, &c)->done, 1);
    struct weft_link_stats s;
    weft_link_stats(link, 0, &s);
    T_EQ(s.pkts[WEFT_FATE_MTU], 0);
    printf("# %llu frames for 4 MB\n", (unsigned long long)s.pkts[WEFT_FATE_DELIVERED]);
    T_CHECK(s.pkts[WEFT_FATE_DELIVERED] < 1000);
    net_end(w);
}

static void loopback_stays_inside(void)
{
    struct pair p = pair_new(1, &perfect);
    (void)net_server(p.w, p.a, WEFT_ACTOR_TCP_ECHO, 7, 0);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_ECHO_CLIENT, weft_ip4(10, 1, 0, 1), 7, 100000);
    T_EQ(run_client(p.w, &c)->bytes_in, 100000);
    struct weft_link_stats s;
    weft_link_stats(p.link, 0, &s);
    T_CHECK(s.bytes[WEFT_FATE_DELIVERED] < 100); /* An ARP announcement is all there was. */
    net_end(p.w);
}

static void simultaneous_open_makes_one_connection(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 50 * MS;
    struct pair p = pair_new(1, &q);
    struct weft_node *node[2] = {p.a, p.b};
    uint64_t sock[2];
    for (unsigned i = 0; i < 2; i++) {
        struct weft_stack *st = weft_node_stack(node[i]);
        struct weft_endpoint local, remote;
        memset(&local, 0, sizeof(local));
        local.port = 5000;
        remote.addr = weft_ip4(10, 1, 0, i == 0 ? 2 : 1);
        remote.port = 5000;
        T_EQ(weft_sock_open(st, WEFT_SOCK_TCP, &sock[i]), 0);
        T_EQ(weft_sock_bind(st, sock[i], &local), 0);
        T_EQ(weft_sock_connect(st, sock[i], &remote), 0);
        weft_node_touch(node[i]);
    }
    T_EQ(weft_world_run(p.w, 5 * S), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct weft_tcp_info info;
        memset(&info, 0, sizeof(info));
        T_EQ(weft_sock_tcp_info(weft_node_stack(node[i]), sock[i], &info), 0);
        T_EQ(info.state, WEFT_TCP_ESTABLISHED);
        T_EQ(weft_sock_close(weft_node_stack(node[i]), sock[i]), 0);
        weft_node_touch(node[i]);
    }
    net_end(p.w);
}

static uint64_t busy_hash(uint64_t seed)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 5 * MS;
    q.loss_ppm = q.dup_ppm = q.reorder_ppm = 20000;
    q.reorder_ns = 2 * MS;
    struct pair p = pair_new(seed, &q);
    (void)net_server(p.w, p.b, WEFT_ACTOR_TCP_ECHO, 7, 0);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_ECHO_CLIENT, weft_ip4(10, 1, 0, 2), 7, 100000);
    (void)run_client(p.w, &c);
    uint64_t h = weft_world_hash(p.w);
    net_end(p.w);
    return h;
}

static void the_same_seed_gives_the_same_hash(void)
{
    T_EQ(busy_hash(5), busy_hash(5));
    T_CHECK(busy_hash(5) != busy_hash(6));
}

static void a_dead_link_counts_as_a_stall(void)
{
    struct weft_link_quality q = perfect;
    q.loss_ppm = 1000000; /* Whole as far as the world knows. */
    struct pair p = pair_new(1, &q);
    struct weft_actor_config c = net_client(p.a, WEFT_ACTOR_PING, weft_ip4(10, 1, 0, 2), 0, 8);
    c.timeout_ns = 3000 * S;
    T_EQ(weft_actor_add(p.w, &c, NULL), 0);
    int r = weft_world_finish(p.w, 7200 * S);
    T_EQ(r, -WEFT_EPROTO);
    T_CHECK(strstr(weft_world_error(p.w), "no progress") != NULL);
    weft_world_destroy(p.w);
}

static void a_socket_left_open_is_a_leak(void)
{
    struct pair p = pair_new(1, &perfect);
    uint64_t sock;
    T_EQ(weft_sock_open(weft_node_stack(p.a), WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_world_settle(p.w, 10 * S), -WEFT_EPROTO);
    T_CHECK(strstr(weft_world_error(p.w), "sockets 1") != NULL);
    weft_world_destroy(p.w);
}

static const struct t_case cases[] = {
    {"ping takes a round trip", ping_takes_a_round_trip},
    {"ping of every size comes back", ping_of_every_size_comes_back},
    {"UDP echo of every size comes back", udp_echo_of_every_size_comes_back},
    {"a flood of datagrams waits for the card", a_flood_of_datagrams_waits_for_the_card},
    {"a transfer fills the link", a_transfer_fills_the_link},
    {"marks take the place of losses", marks_take_the_place_of_losses},
    {"a transfer survives a bad link", a_transfer_survives_a_bad_link},
    {"a transfer survives a cut", a_transfer_survives_a_cut},
    {"a slow reader gets everything", a_slow_reader_gets_everything},
    {"a reader that sleeps loses nothing", a_reader_that_sleeps_loses_nothing},
    {"echo and rounds come back", echo_and_rounds_come_back},
    {"half-close works both ways", half_close_works_both_ways},
    {"a thousand connections one after the other", a_thousand_connections_one_after_the_other},
    {"two hundred connections at once", two_hundred_connections_at_once},
    {"an abort is seen as a reset", an_abort_is_seen_as_a_reset},
    {"a closed port refuses", a_closed_port_refuses},
    {"nobody home is unreachable", nobody_home_is_unreachable},
    {"traceroute names every hop", traceroute_names_every_hop},
    {"a transfer crosses routers", a_transfer_crosses_routers},
    {"a smaller MTU on the way is found", a_smaller_mtu_on_the_way_is_found},
    {"hosts on a switch find each other", hosts_on_a_switch_find_each_other},
    {"super-frames cross a memory link", superframes_cross_a_memory_link},
    {"loopback stays inside", loopback_stays_inside},
    {"simultaneous open makes one connection", simultaneous_open_makes_one_connection},
    {"the same seed gives the same hash", the_same_seed_gives_the_same_hash},
    {"a dead link counts as a stall", a_dead_link_counts_as_a_stall},
    {"a socket left open is a leak", a_socket_left_open_is_a_leak},
};
T_MAIN(cases)
