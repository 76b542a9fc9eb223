/* SPDX-License-Identifier: MIT */
/** DOC: The shared medium of a hub: one at a time, collisions, backing off, giving up. */
#include <string.h>

#include "t.h"
#include "wire.h"

#define ROUNDS 2000U
#define PORTS  8U
#define DELAY  (5 * US)
#define BITS   100ULL       /* ns a bit at 10 Mbit/s */
#define FRAME  (576 * BITS) /* 60 octets, preamble and FCS */
#define SLOT   (512 * BITS)
#define GAP    (96 * BITS)

/** struct ether - Stations on a hub, each with an end of ours */
struct ether {
    struct weft_world *w;
    struct weft_bridge *b;
    struct weft_link *link[PORTS];
};

static struct ether ether_new(uint64_t seed, uint32_t queue)
{
    struct ether e;
    struct weft_world_config cfg;
    struct weft_bridge_options o = {
        .medium_bps = 10000000, .medium_delay_ns = DELAY, .medium_queue_pkts = queue};
    weft_world_config_default(&cfg, seed);
    T_EQ(weft_world_create(&e.w, &cfg), 0);
    T_EQ(weft_bridge_add(e.w, "hub", WEFT_BRIDGE_HUB, 0, &e.b), 0);
    T_EQ(weft_bridge_set(e.b, &o), 0);
    for (unsigned i = 0; i < PORTS; i++) {
        struct weft_link_config lc;
        memset(&lc, 0, sizeof(lc));
        lc.name[0] = (char)('a' + i);
        lc.end[0].kind = WEFT_END_EXTERNAL;
        lc.end[1].kind = WEFT_END_BRIDGE;
        lc.end[1].bridge = e.b;
        T_EQ(weft_link_add(e.w, &lc, &e.link[i]), 0);
    }
    return e;
}

static void push(struct ether *e, unsigned port, uint64_t at_ns)
{
    uint8_t f[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
    f[11] = (uint8_t)port;
    T_EQ(weft_world_run(e->w, at_ns), 0);
    T_EQ(weft_link_push(e->link[port], 0, f, sizeof(f)), 0);
}

/* When the next frame came out of a port, and whose it is; 0 = none has. */
static uint64_t heard(struct ether *e, unsigned port, unsigned *from)
{
    uint8_t f[60];
    uint64_t at_ns = 0;
    if (weft_link_pull(e->link[port], 0, f, sizeof(f), &at_ns) == 0)
        return 0;
    *from = f[11];
    return at_ns;
}

static void drain(struct ether *e)
{
    unsigned from = 0;
    for (unsigned i = 0; i < PORTS; i++)
        while (heard(e, i, &from) != 0)
            continue;
}

static struct weft_bridge_stats stats(const struct ether *e)
{
    struct weft_bridge_stats s;
    weft_bridge_stats(e->b, &s);
    return s;
}

static void one_at_a_time_and_everybody_hears_it(void)
{
    struct ether e = ether_new(1, 0);
    unsigned from = 0;
    push(&e, 0, 0);
    push(&e, 1, DELAY + 1); /* It hears the first one. */
    T_EQ(weft_world_run(e.w, WEFT_NEVER), 0);
    for (unsigned i = 2; i < PORTS; i++) {
        T_EQ(heard(&e, i, &from), FRAME + DELAY);
        T_EQ(from, 0);
        T_EQ(heard(&e, i, &from), 2 * (FRAME + DELAY) + GAP);
        T_EQ(from, 1);
    }
    T_EQ(heard(&e, 0, &from), 2 * (FRAME + DELAY) + GAP); /* Not its own. */
    T_EQ(stats(&e).collisions, 0);
    T_EQ(stats(&e).deferred, 1);
    weft_world_destroy(e.w);
}

/* proves: CAP-LINK-05 */
/* Both arrive, after the jam. */
static void who_begins_before_it_hears_collides(void)
{
    struct ether e = ether_new(1, 0);
    unsigned from = 0;
    push(&e, 0, 0);
    push(&e, 1, DELAY);
    T_EQ(weft_world_run(e.w, WEFT_NEVER), 0);
    uint64_t jam = DELAY + 2 * DELAY + 32 * BITS, first = heard(&e, 2, &from);
    T_CHECK(stats(&e).collisions >= 1);
    T_CHECK(first >= jam + GAP + FRAME + DELAY);
    T_CHECK(heard(&e, 2, &from) > first);
    T_EQ(heard(&e, 2, &from), 0);
    T_EQ(stats(&e).flooded, 2);
    drain(&e);
    T_EQ(weft_world_frames_in_use(e.w), 0);
    weft_world_destroy(e.w);
}

static void a_queue_limit_holds(void)
{
    struct ether e = ether_new(1, 3);
    for (unsigned i = 0; i < 5; i++)
        push(&e, 0, 0);
    T_EQ(weft_world_run(e.w, WEFT_NEVER), 0);
    T_EQ(stats(&e).queue_dropped, 2);
    T_EQ(stats(&e).flooded, 3);
    weft_world_destroy(e.w);
}

/* All stations at once, again and again; a hash of it. */
static uint64_t crowd(uint64_t seed, struct weft_bridge_stats *s)
{
    struct ether e = ether_new(seed, 0);
    for (unsigned n = 0; n < ROUNDS; n++)
        for (unsigned i = 0; i < PORTS; i++)
            push(&e, i, 0);
    T_EQ(weft_world_run(e.w, WEFT_NEVER), 0);
    *s = stats(&e);
    T_EQ(s->flooded + s->excessive, ROUNDS * PORTS);
    drain(&e);
    T_EQ(weft_world_frames_in_use(e.w), 0);
    uint64_t hash = weft_world_hash(e.w), ns = weft_world_now(e.w);
    printf("# %" PRIu64 " collisions, %" PRIu64 " given up, %" PRIu64 " us, %016" PRIx64 "\n",
           s->collisions, s->excessive, ns / 1000, hash);
    T_CHECK(ns > s->flooded * (FRAME + DELAY + GAP));
    T_CHECK(ns < 4 * s->flooded * (FRAME + DELAY + GAP));
    weft_world_destroy(e.w);
    return hash;
}

static void a_crowd_gets_through_and_some_give_up(void)
{
    struct weft_bridge_stats a, b;
    uint64_t hash = crowd(1, &a);
    T_CHECK(a.collisions > 200);
    T_CHECK(a.excessive > 0);
    T_EQ(hash, UINT64_C(0x18865d79ab922c99)); /* On every machine. */
    T_EQ(hash, crowd(1, &b));
    T_EQ(a.collisions, b.collisions);
    T_CHECK(hash != crowd(2, &b));
}

static void options_belong_to_their_kind(void)
{
    struct ether e = ether_new(1, 0);
    struct weft_bridge *sw;
    struct weft_bridge_options o = {.medium_bps = 10000000, .medium_delay_ns = 25600};
    T_EQ(weft_bridge_set(e.b, &o), 0);
    o.medium_delay_ns++; /* More than half a slot. */
    T_EQ(weft_bridge_set(e.b, &o), -WEFT_EINVAL);
    o = (struct weft_bridge_options){.storm_pkts = 1};
    T_EQ(weft_bridge_set(e.b, &o), -WEFT_EINVAL);
    T_EQ(weft_bridge_add(e.w, "sw", WEFT_BRIDGE_SWITCH, 0, &sw), 0);
    T_EQ(weft_bridge_set(sw, &o), 0);
    o.medium_bps = 10000000;
    T_EQ(weft_bridge_set(sw, &o), -WEFT_EINVAL);
    weft_world_destroy(e.w);
}

static const struct t_case cases[] = {
    {"one at a time, and everybody hears it", one_at_a_time_and_everybody_hears_it},
    {"who begins before it hears collides", who_begins_before_it_hears_collides},
    {"a queue limit holds", a_queue_limit_holds},
    {"a crowd gets through, and some give up", a_crowd_gets_through_and_some_give_up},
    {"options belong to their kind", options_belong_to_their_kind},
};
T_MAIN(cases)
