/* SPDX-License-Identifier: MIT */
/**
 * DOC: A server between an honest client and somebody who floods it with SYNs or ACKs
 *
 * The flood comes over a link of its own, 100,000 segments in ten seconds. What the server sends
 * back is counted. `make soak` sets WEFT_FLOOD_SOAK: ten million SYNs in ten seconds beside a
 * thousand connections a second over a path that loses.
 */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "net.h"
#include "t.h"
#include "weft/trace.h"

#define FLOOD     100000U
#define PER_MS    10U
#define PORT      80U
#define SEG_BYTES 44U /* IP and TCP headers, and an MSS. */

/** struct flood - The world, and what the flooder sees */
struct flood {
    struct weft_world *w;
    struct weft_node *client, *server;
    struct weft_link *link; /* End 0 is the flooder's. */
    struct weft_actor *sink;
    uint64_t pushed, answer_bytes, resets;
};

/* A host for so many connections at a time. */
static struct weft_node *big_host(struct weft_world *w, const char *name, uint32_t conns)
{
    struct weft_node_config cfg;
    struct weft_node *node = NULL;
    weft_node_config_default(&cfg, name);
    cfg.stack.socks_max = cfg.stack.tcp_conns_max = conns;
    cfg.stack.tcp_busy_max = conns;
    cfg.stack.tcp_timewait_max = 65536; /* Ten thousand close within one 2 MSL. */
    cfg.stack.tcp_records_max = cfg.stack.pkts_max = cfg.stack.blocks_max = 32 * conns;
    cfg.area_bytes = 256u << 20;
    T_EQ(weft_node_add(w, &cfg, &node), 0);
    return node;
}

static void flood_on(struct flood *f, const struct weft_link_quality *q, uint32_t conns)
{
    struct weft_link_config lc;
    struct weft_route r;
    memset(f, 0, sizeof(*f));
    memset(&lc, 0, sizeof(lc));
    memset(&r, 0, sizeof(r));
    struct weft_world_config wc;
    weft_world_config_default(&wc, 1);
    wc.is_unhashed = conns != 0;
    T_EQ(weft_world_create(&f->w, &wc), 0);
    f->client = conns != 0 ? big_host(f->w, "client", conns) : net_host(f->w, "client", false);
    f->server = conns != 0 ? big_host(f->w, "server", conns) : net_host(f->w, "server", false);
    (void)net_join(f->w, f->client, f->server, 1, q);
    memcpy(lc.name, "flood", 6);
    lc.is_l3 = true;
    lc.mtu = 1500;
    lc.end[0].kind = WEFT_END_EXTERNAL;
    lc.end[1].node = f->server;
    lc.end[1].netif.kind = WEFT_IF_L3;
    lc.end[1].netif.mtu = 1500;
    memcpy(lc.end[1].netif.name, "tun0", 5);
    T_EQ(weft_link_add(f->w, &lc, &f->link), 0);
    r.dst = weft_ip4(0, 0, 0, 0);
    r.ifindex = weft_link_config_get(f->link)->end[1].ifindex;
    T_EQ(weft_route_add(weft_node_stack(f->server), &r), 0);
}

static void flood_new(struct flood *f)
{
    static const struct weft_link_quality near = {.delay_ns = 5 * MS};
    flood_on(f, &near, 0);
    f->sink = net_server(f->w, f->server, WEFT_ACTOR_TCP_SINK, PORT, 20000);
    T_EQ(weft_world_run(f->w, 1 * MS), 0);
}

/* A segment from @src4 with random port and numbers; @flags 2 = SYN, 16 = ACK. */
static void push(struct flood *f, uint32_t src4, uint8_t flags)
{
    uint8_t p[SEG_BYTES] = {0x45, 0, 0, SEG_BYTES, 0, 0, 0x40, 0, 64, 6, 0, 0};
    uint64_t r = t_random();
    t_put32(p + 12, src4);
    t_put32(p + 16, 0x0a010002);
    t_put16(p + 20, (uint32_t)(1024 + r % 60000));
    t_put16(p + 22, PORT);
    t_put32(p + 24, (uint32_t)(r >> 32));
    t_put32(p + 28, flags == 16 ? (uint32_t)t_random() : 0);
    t_put16(p + 32, 0x6000u | flags);
    t_put16(p + 34, 65535);
    t_put32(p + 40, 0x020405b4);
    t_put_sum(p + 10, p, 20, 0);
    t_put_sum(p + 36, p + 12, SEG_BYTES - 12, 6 + SEG_BYTES - 20);
    T_EQ(weft_link_push(f->link, 0, p, SEG_BYTES), 0);
    f->pushed++;
}

static void pull(struct flood *f)
{
    uint8_t p[128];
    size_t n;
    while ((n = weft_link_pull(f->link, 0, p, sizeof(p), NULL)) != 0) {
        f->answer_bytes += n;
        f->resets += (p[33] & 4) != 0;
    }
}

static uint64_t count(const struct flood *f, enum weft_counter id)
{
    return weft_counter(weft_node_stack(f->server), id);
}

static struct weft_usage usage(const struct flood *f)
{
    struct weft_usage u;
    weft_stack_usage(weft_node_stack(f->server), &u);
    return u;
}

/* Ten seconds of it; sources are random under @mask, behind @net. */
static void flood(struct flood *f, uint32_t net, uint32_t mask, uint8_t flags)
{
    for (uint32_t i = 0; i < FLOOD; i++) {
        push(f, net | ((uint32_t)t_random() & mask), flags);
        if (i % PER_MS != 0)
            continue;
        T_EQ(weft_world_run(f->w, weft_world_now(f->w) + MS), 0);
        pull(f);
        if (i % 1000 == 0)
            weft_stack_check(weft_node_stack(f->server));
    }
    T_EQ(weft_world_run(f->w, weft_world_now(f->w) + MS), 0);
    pull(f);
}

/* The last half-open connections are given up, and nothing is left. */
static void flood_end(struct flood *f)
{
    T_EQ(weft_world_run(f->w, weft_world_now(f->w) + 200 * S), 0);
    pull(f);
    T_EQ(usage(f).synrcvd, 0);
    T_CHECK(f->answer_bytes <= 3 * f->pushed * SEG_BYTES); /* No great reflector. */
    weft_actor_stop(f->sink);
    net_end(f->w);
}

/* Connections of 20,000 bytes, one after the other. */
static struct weft_actor *honest(struct flood *f, uint32_t n)
{
    struct weft_actor *a = NULL;
    struct weft_actor_config c =
        net_client(f->client, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), PORT, 20000);
    c.count = n;
    c.parallel = 1;
    c.start_ns = weft_world_now(f->w) + 500 * MS;
    T_EQ(weft_actor_add(f->w, &c, &a), 0);
    return a;
}

/* Each connection took its round trips, and nothing had to be sent again. */
static void all_got_through(struct flood *f, const struct weft_actor *a, uint32_t n)
{
    const struct weft_actor_result *r = weft_actor_result(a);
    T_EQ(r->done, n);
    T_CHECK(!r->has_failed);
    T_CHECK(r->ended_ns - r->started_ns < n * 70 * MS);
    T_EQ(weft_counter(weft_node_stack(f->client), WEFT_COUNT_TCP_RETRANS_SEGS), 0);
    T_EQ(count(f, WEFT_COUNT_TCP_PASSIVE_OPENS), n);
    T_EQ(weft_actor_result(f->sink)->bytes_in, n * 20000);
}

/* proves: TCP-SYN-01 CAP-TCP-25 BAD-DOS-01 */
static void a_flood_of_syns_shuts_nobody_out(void)
{
    struct flood f;
    flood_new(&f);
    struct weft_actor *a = honest(&f, 100);
    flood(&f, 0x14000000, 0x3fffffff, 2);
    all_got_through(&f, a, 100);
    T_CHECK(usage(&f).synrcvd <= 1024);
    T_CHECK(count(&f, WEFT_COUNT_TCP_COOKIES_OUT) > FLOOD / 2);
    T_CHECK(count(&f, WEFT_COUNT_TCP_COOKIES_IN) >= 90);
    T_EQ(count(&f, WEFT_COUNT_TCP_COOKIES_FAILED), 0);
    flood_end(&f);
}

/* proves: TCP-SYN-01 CAP-TCP-25 BAD-DOS-02 */
static void a_flood_from_one_neighbourhood_neither(void)
{
    struct flood f;
    flood_new(&f);
    struct weft_actor *a = honest(&f, 100);
    flood(&f, 0x14000040, 0x3f, 2);
    all_got_through(&f, a, 100);
    flood_end(&f);
}

/* What the cookies are for: the same flood without them. */
static void without_cookies_it_does(void)
{
    struct flood f;
    flood_new(&f);
    T_EQ(weft_sock_set(weft_node_stack(f.server), weft_actor_socket(f.sink), WEFT_TCP_SYN_COOKIES,
                       0),
         0);
    struct weft_actor *a = honest(&f, 100);
    flood(&f, 0x14000000, 0x3fffffff, 2);
    T_CHECK(weft_actor_result(a)->done < 10);
    T_EQ(count(&f, WEFT_COUNT_TCP_COOKIES_OUT), 0);
    weft_world_destroy(f.w);
}

/* proves: TCP-SYN-02 BAD-DOS-06 */
static void a_flood_of_acks_finds_no_cookie(void)
{
    struct flood f;
    flood_new(&f);
    flood(&f, 0x14000000, 0x3fffffff, 16); /* Nobody was given one: nothing is even tried. */
    T_EQ(count(&f, WEFT_COUNT_TCP_COOKIES_FAILED), 0);
    T_EQ(f.resets, FLOOD);
    T_EQ(weft_sock_set(weft_node_stack(f.server), weft_actor_socket(f.sink), WEFT_TCP_SYN_COOKIES,
                       2),
         0);
    struct weft_actor *a = honest(&f, 100);
    T_EQ(weft_world_run(f.w, weft_world_now(f.w) + 600 * MS), 0);
    flood(&f, 0x14000000, 0x3fffffff, 16);
    all_got_through(&f, a, 100);
    T_EQ(count(&f, WEFT_COUNT_TCP_COOKIES_FAILED), FLOOD);
    T_EQ(count(&f, WEFT_COUNT_TCP_COOKIES_IN), 100);
    T_EQ(f.resets, 2 * FLOOD);
    T_EQ(usage(&f).synrcvd, 0);
    flood_end(&f);
}

/* proves: TCP-SYN-01 CAP-TCP-25 BAD-DOS-01 */
static void ten_million_syns_refuse_nobody(void)
{
    static const struct weft_link_quality lossy = {.delay_ns = 10 * MS, .loss_ppm = 10000};
    struct flood f;
    struct weft_actor *a = NULL;
    flood_on(&f, &lossy, 4096);
    f.sink = net_server(f.w, f.server, WEFT_ACTOR_TCP_ECHO, PORT, 0);
    T_EQ(weft_world_run(f.w, 1 * MS), 0);
    struct weft_actor_config c =
        net_client(f.client, WEFT_ACTOR_TCP_ECHO_CLIENT, weft_ip4(10, 1, 0, 2), PORT, 10000);
    c.count = 10000;
    c.parallel = 4096;
    c.interval_ns = MS;
    c.start_ns = weft_world_now(f.w) + 100 * MS;
    T_EQ(weft_actor_add(f.w, &c, &a), 0);
    uint32_t most = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        for (uint32_t k = 0; k < 1000; k++)
            push(&f, 0x14000000 | ((uint32_t)t_random() & 0x3fffffff), 2);
        T_EQ(weft_world_run(f.w, weft_world_now(f.w) + MS), 0);
        pull(&f);
        most = usage(&f).synrcvd > most ? usage(&f).synrcvd : most;
    }
    T_CHECK(most <= 1024);
    T_EQ(weft_world_run(f.w, weft_world_now(f.w) + 200 * S), 0);
    const struct weft_actor_result *r = weft_actor_result(a);
    printf("# %" PRIu64 " SYNs, %" PRIu64 " connections of %u ended well, %u half open at most\n",
           f.pushed, r->done, c.count, most);
    T_EQ(r->done, c.count);
    T_CHECK(!r->has_failed);
    T_EQ(r->bytes_in, 10000ull * c.count);
    flood_end(&f);
}

static const struct t_case cases[] = {
    {"a flood of SYNs shuts nobody out", a_flood_of_syns_shuts_nobody_out},
    {"a flood from one neighbourhood neither", a_flood_from_one_neighbourhood_neither},
    {"without cookies it does", without_cookies_it_does},
    {"a flood of ACKs finds no cookie", a_flood_of_acks_finds_no_cookie},
};

static const struct t_case soak[] = {
    {"ten million SYNs in ten seconds refuse nobody", ten_million_syns_refuse_nobody},
};

int main(void)
{
    return getenv("WEFT_FLOOD_SOAK") != NULL ? t_main(soak, 1) : t_main(cases, 4);
}
