/* SPDX-License-Identifier: MIT */
/** DOC: BBR over a bottleneck, in virtual time: how much arrives, and how long the queue gets. */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "t.h"
#include "weft/cc.h"

/** struct path - A bottleneck, a transfer over it, and what came of it */
struct path {
    uint64_t rate_bps, delay_ns; /* One way. */
    uint32_t queue_bytes, loss_ppm;
    uint64_t bytes;
    const struct weft_cc_ops *cc;
};

struct outcome {
    uint64_t percent; /* Of the payload that the link can carry: 1,448 of 1,538 octets a frame. */
    uint32_t queue_max;
    uint64_t lost;
};

static struct outcome transfer(const struct path *p)
{
    struct weft_link_config lc;
    struct weft_link_stats st;
    struct outcome o;
    struct weft_actor *client = NULL;
    memset(&lc, 0, sizeof(lc));
    lc.mtu = 1500;
    lc.quality[0].rate_bps = p->rate_bps;
    lc.quality[0].queue_bytes = p->queue_bytes;
    lc.quality[0].loss_ppm = p->loss_ppm;
    lc.quality[0].delay_ns = lc.quality[1].delay_ns = p->delay_ns;
    struct weft_world *w = net_new(7);
    struct weft_node *a = net_host(w, "a", false), *b = net_host(w, "b", false);
    struct weft_link *link = net_join_as(w, a, b, 1, &lc);
    struct weft_actor_config v = net_client(b, WEFT_ACTOR_TCP_SINK, weft_ip4(0, 0, 0, 0), 0, 0);
    memset(&v.remote, 0, sizeof(v.remote));
    v.local.port = 9;
    v.bytes = p->bytes;
    v.start_ns = 0;
    v.rcvbuf = 4u << 20;
    T_EQ(weft_actor_add(w, &v, NULL), 0);
    struct weft_actor_config c =
        net_client(a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, p->bytes);
    c.cc = p->cc;
    c.sndbuf = 4u << 20;
    T_EQ(weft_actor_add(w, &c, &client), 0);
    int r = weft_world_finish(w, 3600 * S);
    if (r != 0)
        printf("# %s\n", weft_world_error(w));
    T_EQ(r, 0);
    const struct weft_actor_result *res = weft_actor_result(client);
    weft_link_stats(link, 0, &st);
    uint64_t ms = (res->ended_ns - res->started_ns) / MS;
    o.percent = p->bytes * 8 * 1538 / 1448 * 1000 / ms * 100 / p->rate_bps;
    o.queue_max = st.queue_bytes_max;
    o.lost = st.pkts[WEFT_FATE_LOST] + st.pkts[WEFT_FATE_QUEUE];
    printf("# %s: %llu Mbit/s, %llu ms, loss %u ppm: %llu %% of the rate, queue up to %u bytes, "
           "%llu packets lost\n",
           p->cc->name, (unsigned long long)(p->rate_bps / 1000000),
           (unsigned long long)(2 * p->delay_ns / MS), p->loss_ppm, (unsigned long long)o.percent,
           o.queue_max, (unsigned long long)o.lost);
    net_end(w);
    return o;
}

static uint32_t bdp(const struct path *p)
{
    return (uint32_t)(p->rate_bps / 8 * (2 * p->delay_ns / MS) / 1000);
}

static void fills_the_link_with_a_short_queue(void)
{
    static const struct path paths[] = {
        {.rate_bps = 10000000, .delay_ns = 20 * MS, .bytes = 25000000},
        {.rate_bps = 100000000, .delay_ns = 10 * MS, .bytes = 60000000},
        {.rate_bps = 2000000, .delay_ns = 100 * MS, .bytes = 8000000},
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct path p = paths[i];
        p.cc = &weft_cc_bbr;
        struct outcome o = transfer(&p);
        T_CHECK(o.percent >= 90);
        T_CHECK(o.queue_max <= bdp(&p) * 3 / 2);
        T_EQ(o.lost, 0);
    }
}

static void random_loss_costs_little(void)
{
    struct path p = {.rate_bps = 10000000,
                     .delay_ns = 20 * MS,
                     .bytes = 25000000,
                     .loss_ppm = 10000,
                     .cc = &weft_cc_bbr};
    T_CHECK(transfer(&p).percent >= 75);
    p.cc = &weft_cc_cubic; /* Which cannot tell it from congestion. */
    p.bytes = 5000000;
    T_CHECK(transfer(&p).percent < 60);
}

static void a_shallow_queue_does_not_collapse(void)
{
    struct path p = {.rate_bps = 10000000,
                     .delay_ns = 20 * MS,
                     .bytes = 25000000,
                     .queue_bytes = 12000, /* A quarter of the bandwidth-delay product. */
                     .cc = &weft_cc_bbr};
    struct outcome o = transfer(&p);
    T_CHECK(o.percent >= 75);
    T_CHECK(o.lost < 25000000 / 1448 / 20); /* 5 % */
}

static const struct t_case cases[] = {
    {"fills the link with a short queue", fills_the_link_with_a_short_queue},
    {"random loss costs little", random_loss_costs_little},
    {"a shallow queue does not collapse", a_shallow_queue_does_not_collapse},
};
T_MAIN(cases)
