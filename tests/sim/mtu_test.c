/* SPDX-License-Identifier: MIT */
/** DOC: A path that swallows long packets, and no router that says so: transfers go on all the
 * same. */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "t.h"

#define BYTES    5000000u
#define RATE_BPS 10000000u
#define HOLE_NS  (2 * S)
#define LIMIT_NS (62 * S) /* A minute after the hole opened. */

/** struct run - A transfer over a path that becomes a black hole */
struct run {
    struct weft_world *w;
    struct weft_node *a, *b;
    struct weft_link *link;
    struct weft_link_quality good, bad;
    struct weft_actor *client;
};

static struct weft_node *host(struct weft_world *w, const char *name, uint8_t mtu_probing)
{
    struct weft_node_config cfg;
    struct weft_node *node = NULL;
    weft_node_config_default(&cfg, name);
    cfg.stack.tcp_mtu_probing = mtu_probing;
    T_EQ(weft_node_add(w, &cfg, &node), 0);
    return node;
}

static void open_hole(struct weft_world *w, void *user)
{
    struct run *r = user;
    (void)w;
    weft_link_set_quality(r->link, 0, &r->bad);
}

static void begin(struct run *r, uint8_t mtu_probing, uint32_t hole)
{
    memset(r, 0, sizeof(*r));
    r->w = net_new(11);
    r->good.rate_bps = RATE_BPS;
    r->good.delay_ns = 20 * MS;
    r->good.queue_bytes = 100000;
    r->bad = r->good;
    r->bad.mtu = hole;
    r->a = host(r->w, "a", mtu_probing);
    r->b = host(r->w, "b", mtu_probing);
    r->link = net_join(r->w, r->a, r->b, 1, &r->good);
    (void)net_server(r->w, r->b, WEFT_ACTOR_TCP_SINK, 9, BYTES);
    struct weft_actor_config c =
        net_client(r->a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, BYTES);
    T_EQ(weft_actor_add(r->w, &c, &r->client), 0);
    T_EQ(weft_world_at(r->w, HOLE_NS, open_hole, r), 0);
}

/* Frames that the path swallowed. */
static uint64_t swallowed(const struct run *r)
{
    struct weft_link_stats st;
    weft_link_stats(r->link, 0, &st);
    return st.pkts[WEFT_FATE_MTU];
}

static void without_the_search_it_stalls(void)
{
    struct run r;
    begin(&r, 0, 1280);
    T_EQ(weft_world_finish(r.w, LIMIT_NS), -WEFT_ETIMEDOUT);
    T_CHECK(swallowed(&r) > 0);
    weft_world_destroy(r.w);
}

/* Up to the end; what it cost in ms, and not too much was tried in vain. */
static uint64_t gets_through(uint8_t mtu_probing, uint32_t hole)
{
    struct run r;
    begin(&r, mtu_probing, hole);
    int err = weft_world_finish(r.w, LIMIT_NS);
    if (err != 0)
        printf("# %s\n", weft_world_error(r.w));
    T_EQ(err, 0);
    const struct weft_actor_result *res = weft_actor_result(r.client);
    uint64_t ms = (res->ended_ns - res->started_ns) / MS, lost = swallowed(&r);
    printf("# hole %u, mode %u: %llu ms, %llu frames swallowed\n", hole, mtu_probing,
           (unsigned long long)ms, (unsigned long long)lost);
    T_CHECK(lost > 0);
    T_CHECK(lost < 200); /* What was in flight, and a few probes. */
    net_end(r.w);
    return ms;
}

static void a_black_hole_is_found(void)
{
    T_CHECK(gets_through(1, 1280) < 15000);
    T_CHECK(gets_through(1, 600) < 20000);
}

/* The size that is in use when most of it is over; 0 = it never got so far. */
static uint64_t bytes_a_frame(uint8_t mtu_probing, uint32_t hole)
{
    struct run r;
    struct weft_link_stats st, before;
    begin(&r, mtu_probing, hole);
    weft_link_set_quality(r.link, 0, &r.bad); /* From the start. */
    T_EQ(weft_world_run(r.w, 3 * S), 0);
    weft_link_stats(r.link, 0, &before);
    T_EQ(weft_world_finish(r.w, LIMIT_NS), 0);
    weft_link_stats(r.link, 0, &st);
    uint64_t pkts = st.pkts[WEFT_FATE_DELIVERED] - before.pkts[WEFT_FATE_DELIVERED];
    uint64_t bytes = st.bytes[WEFT_FATE_DELIVERED] - before.bytes[WEFT_FATE_DELIVERED];
    net_end(r.w);
    return pkts == 0 ? 0 : bytes / pkts;
}

static void the_search_comes_close(void)
{
    uint64_t n = bytes_a_frame(2, 1280);
    printf("# %llu bytes a frame\n", (unsigned long long)n);
    T_CHECK(n > 1240 && n <= 1294);
    n = bytes_a_frame(2, 1500);
    printf("# %llu bytes a frame\n", (unsigned long long)n);
    T_CHECK(n > 1480);
}

/* What a new connection of @from hears of the other end. */
static uint32_t announced(struct weft_world *w, struct weft_node *from)
{
    struct weft_stack *st = weft_node_stack(from);
    struct weft_endpoint to = {.addr = weft_ip4(10, 1, 0, 2), .port = 9};
    struct weft_tcp_info info = {.peer_mss = 0};
    uint64_t s = 0;
    T_EQ(weft_sock_open(st, WEFT_SOCK_TCP, &s), 0);
    T_EQ(weft_sock_connect(st, s, &to), 0);
    weft_node_touch(from);
    T_EQ(weft_world_run(w, weft_world_now(w) + S), 0);
    T_EQ(weft_sock_tcp_info(st, s, &info), 0);
    T_EQ(info.state, WEFT_TCP_ESTABLISHED);
    T_EQ(weft_sock_abort(st, s), 0);
    weft_node_touch(from);
    return info.peer_mss;
}

/* proves: TCP-MSS-03 SHLD-6 */
static void what_is_announced_follows_the_interface(void)
{
    static const uint32_t mtus[] = {1500, 1000, 576, 1400};
    struct weft_link_quality q = {.delay_ns = MS};
    struct weft_world *w = net_new(3);
    struct weft_node *a = net_host(w, "a", false), *b = net_host(w, "b", false);
    struct weft_link *link = net_join(w, a, b, 1, &q);
    (void)net_server(w, b, WEFT_ACTOR_TCP_SINK, 9, 0);
    for (unsigned i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
        uint16_t ifindex = weft_link_config_get(link)->end[1].ifindex;
        T_EQ(weft_if_set_mtu(weft_node_stack(b), ifindex, mtus[i]), 0);
        T_EQ(announced(w, a), mtus[i] - 40);
    }
    weft_world_destroy(w);
}

static const struct t_case cases[] = {
    {"without the search a transfer stalls", without_the_search_it_stalls},
    {"BAD-DST-10: a black hole is found", a_black_hole_is_found},
    {"the search comes close", the_search_comes_close},
    {"what is announced follows the interface", what_is_announced_follows_the_interface},
};
T_MAIN(cases)
