/* SPDX-License-Identifier: MIT */
/** DOC: router discovery (RFC 1256), as a router and as a host, frame by frame */
#include "rig.h"
#include "weft/rdisc.h"

#define A     IP(10, 0, 0, 1)
#define P     IP(10, 0, 0, 9)
#define G     IP(10, 0, 0, 254)
#define G2    IP(10, 0, 0, 253)
#define ALL   IP(224, 0, 0, 1)
#define EVERY IP(224, 0, 0, 2)
#define CAST  IP(255, 255, 255, 255)
#define NEVER 0x80000000u

static struct weft_rdisc_event last;

static struct weft_rdisc_config config(bool is_router)
{
    struct weft_rdisc_config c;
    weft_rdisc_config_default(&c);
    c.seed[0] = 42;
    c.ifindex = 2;
    c.is_router = is_router;
    return c;
}

/* Step until there is nothing to tell; when to come again. */
static uint64_t steps(struct rig *r, struct weft_rdisc *d)
{
    struct weft_rdisc_event ev;
    uint64_t at_ns;
    do {
        at_ns = weft_rdisc_step(d, r->now_ns, &ev);
        if (ev.kind != WEFT_RDISC_NONE)
            last = ev;
    } while (ev.kind != WEFT_RDISC_NONE);
    rig_run(r, 0);
    return at_ns;
}

static void run(struct rig *r, struct weft_rdisc *d, uint64_t ns)
{
    uint64_t until_ns = r->now_ns + ns;
    for (uint64_t at = steps(r, d); at <= until_ns; at = steps(r, d))
        rig_run(r, at - r->now_ns);
    rig_run(r, until_ns - r->now_ns);
    (void)steps(r, d);
}

/* Until a message comes out, at most so long; it, or NULL. */
static const struct rig_ip *next(struct rig *r, struct weft_rdisc *d, uint64_t most_ns)
{
    uint64_t until_ns = r->now_ns + most_ns;
    while (rig_is_silent(r)) {
        uint64_t at = steps(r, d);
        if (!rig_is_silent(r))
            break;
        if (at > until_ns) {
            rig_run(r, until_ns - r->now_ns);
            return NULL;
        }
        rig_run(r, at - r->now_ns);
    }
    return rig_pull(r, 0);
}

/* ---- as a router ---- */

/* proves: ICMP-RD-01 */
static void an_advertisement_has_all_addresses(void)
{
    struct rig *r = rig_new(2, true);
    struct weft_rdisc_config c = config(true);
    struct weft_addr more = weft_ip4(10, 0, 0, 2);
    struct weft_rdisc d;
    c.preference = -5;
    T_EQ(weft_addr_add(r->st, 2, &more, 24), 0);
    rig_run(r, 5 * S);
    rig_clear(r);
    T_EQ(weft_rdisc_start(&d, r->st, &c, r->now_ns), 0);
    const struct rig_ip *e = next(r, &d, 2 * S);
    T_CHECK(e != NULL && e->src == A && e->dst == ALL && e->ttl == 1 && e->is_link_group);
    static const uint8_t want[] = {9, 0, 2,    2,    1800 >> 8, 1800 & 255, 10, 0,
                                   0, 1, 0xff, 0xff, 0xff,      0xfb,       10, 0,
                                   0, 2, 0xff, 0xff, 0xff,      0xfb};
    T_CHECK(e != NULL && e->n == 24 && memcmp(e->b, want, 2) == 0);
    T_CHECK(e != NULL && memcmp(e->b + 4, want + 2, 20) == 0);
    weft_rdisc_end(&d);
    rig_run(r, 0);
    rig_clear(r);
    c.is_by_broadcast = true;
    T_EQ(weft_rdisc_start(&d, r->st, &c, r->now_ns), 0);
    e = next(r, &d, 2 * S);
    T_CHECK(e != NULL && e->dst == CAST && e->is_link_group);
    weft_rdisc_end(&d);
    rig_run(r, 0);
    rig_clear(r);
    rig_end(r);
}

static bool takes(struct rig *r, struct weft_rdisc_config c)
{
    struct weft_rdisc d;
    bool is_ok = weft_rdisc_start(&d, r->st, &c, r->now_ns) == 0;
    if (is_ok)
        weft_rdisc_end(&d);
    return is_ok;
}

/* proves: ICMP-RD-03 */
static void the_times_of_a_router_have_limits(void)
{
    static const struct {
        uint32_t max, min, life;
        bool is_ok;
    } times[] = {{600, 0, 0, true},    {4, 3, 4, true},      {1800, 1800, 9000, true},
                 {3, 0, 0, false},     {1801, 0, 0, false},  {600, 2, 0, false},
                 {600, 601, 0, false}, {600, 0, 599, false}, {600, 0, 9001, false}};
    struct rig *r = rig_new(1, true);
    for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct weft_rdisc_config c = config(true);
        T_EQ(c.max_interval_s, 600);
        c.max_interval_s = times[i].max;
        c.min_interval_s = times[i].min;
        c.lifetime_s = times[i].life;
        T_EQ(takes(r, c), times[i].is_ok);
    }
    rig_end(r);
}

/* proves: ICMP-RD-05 ICMP-RD-06 */
static void advertisements_come_at_random_times(void)
{
    uint64_t gaps[2][24];
    for (unsigned k = 0; k < 2; k++) {
        struct rig *r = rig_new(1, true);
        struct weft_rdisc_config c = config(true);
        struct weft_rdisc d;
        c.seed[1] = k;
        T_EQ(weft_rdisc_start(&d, r->st, &c, r->now_ns), 0);
        T_CHECK(next(r, &d, 2 * S) != NULL);
        for (unsigned i = 0; i < 24; i++) {
            uint64_t from_ns = r->now_ns;
            T_CHECK(next(r, &d, 700 * S) != NULL);
            gaps[k][i] = r->now_ns - from_ns;
            T_CHECK(i < 2 ? gaps[k][i] <= 16 * S : gaps[k][i] >= 450 * S && gaps[k][i] <= 600 * S);
        }
        weft_rdisc_end(&d);
        rig_run(r, 0);
        rig_clear(r);
        rig_end(r);
    }
    uint64_t least = UINT64_MAX, most = 0, same = 0;
    for (unsigned i = 2; i < 24; i++) {
        least = gaps[0][i] < least ? gaps[0][i] : least;
        most = gaps[0][i] > most ? gaps[0][i] : most;
        same += gaps[0][i] == gaps[1][i];
    }
    T_CHECK(least < 490 * S && most > 560 * S); /* All over the range ... */
    T_EQ(same, 0);                              /* ... and not as the neighbour. */
}

/* A router that has said its first words; the next come in some minutes. */
static void settle(struct rig *r, struct weft_rdisc *d, const struct weft_rdisc_config *c)
{
    T_EQ(weft_rdisc_start(d, r->st, c, r->now_ns), 0);
    run(r, d, 40 * S);
    rig_clear(r);
}

/* proves: ICMP-RD-07 ICMP-RD-04 ICMP-RD-02 */
static void each_solicitation_is_answered(void)
{
    struct rig *r = rig_new(1, true);
    struct weft_rdisc_config c = config(true);
    struct weft_rdisc d;
    settle(r, &d, &c);
    uint64_t delays[6];
    for (unsigned i = 0; i < 6; i++) {
        struct rig_ip p = rig_icmp(i % 2 ? P : 0, i % 3 ? EVERY : CAST, 10, 0, 0);
        p.is_link_group = true;
        uint64_t from_ns = r->now_ns;
        for (unsigned k = 0; k < 3; k++) /* Many of them draw one answer. */
            rig_push(r, 0, &p);
        const struct rig_ip *e = next(r, &d, 2 * S);
        T_CHECK(e != NULL && e->b[0] == 9);
        delays[i] = r->now_ns - from_ns;
        run(r, &d, 5 * S);
        T_CHECK(rig_is_silent(r));
    }
    T_CHECK(delays[0] != delays[1] && delays[1] != delays[2]);
    struct rig_ip bad[5];
    for (unsigned i = 0; i < 5; i++)
        bad[i] = rig_icmp(P, EVERY, 10, 0, 0);
    bad[0].b[2] ^= 1;
    bad[1] = rig_icmp(P, EVERY, 10, 1, 0);
    bad[2].n = 7;
    bad[3].src = IP(192, 0, 2, 1); /* No neighbour. */
    bad[4].n = 4;
    for (unsigned i = 0; i < 5; i++) {
        bad[i].is_link_group = true;
        if (i != 0)
            rig_sum(&bad[i]);
        rig_push(r, 0, &bad[i]);
        run(r, &d, 3 * S);
        T_CHECK(rig_is_silent(r));
        rig_clear(r);
    }
    weft_rdisc_end(&d);
    rig_run(r, 0);
    rig_clear(r);
    rig_end(r);
}

/* proves: ICMP-RD-09 */
static void a_router_joins_the_group_of_routers(void)
{
    for (unsigned k = 0; k < 2; k++) {
        struct rig *r = rig_new(1, true);
        struct weft_rdisc_config c = config(true);
        struct weft_rdisc d;
        c.is_silent = true;
        c.is_by_broadcast = k == 1; /* There the link knows no groups. */
        r->keeps_igmp = true;
        T_EQ(weft_rdisc_start(&d, r->st, &c, r->now_ns), 0);
        run(r, &d, 5 * S);
        const struct rig_ip *e = rig_pull(r, 0);
        T_EQ(e != NULL, k == 0);
        T_CHECK(e == NULL || (e->proto == 2 && e->b[0] == 0x22 && t_get32(e->b + 12) == EVERY));
        struct rig_ip p = rig_icmp(P, EVERY, 10, 0, 0);
        p.is_link_group = true;
        uint64_t before = rig_drops(r, WEFT_DROP_COUNT);
        rig_push(r, 0, &p);
        T_EQ(rig_drops(r, WEFT_DROP_COUNT) - before, k);
        weft_rdisc_end(&d);
        rig_run(r, 5 * S);
        before = rig_drops(r, WEFT_DROP_COUNT);
        rig_push(r, 0, &p); /* It left. */
        T_EQ(rig_drops(r, WEFT_DROP_COUNT) - before, 1);
        rig_clear(r);
        rig_end(r);
    }
}

/* proves: ICMP-RD-08 ICMP-RD-10 */
static void a_router_says_when_it_ceases_and_who_contradicts(void)
{
    struct rig *r = rig_new(1, true);
    struct weft_rdisc_config c = config(true);
    struct weft_rdisc d;
    settle(r, &d, &c);
    struct rig_ip p = rig_icmp(P, ALL, 9, 0, 0x01020708);
    p.is_link_group = true;
    rig_icmp_body(&p, "\x0a\0\0\x01\0\0\0\x07", 8);
    rig_push(r, 0, &p);
    (void)steps(r, &d);
    T_EQ(last.kind, WEFT_RDISC_DIFFERS);
    T_EQ(t_get32(last.addr.b + 12), A);
    T_EQ(t_get32(last.from.b + 12), P);
    T_EQ(last.preference, 7);
    last.kind = WEFT_RDISC_NONE;
    memset(p.b + 12, 0, 4); /* As it is, and of somebody else. */
    rig_sum(&p);
    rig_push(r, 0, &p);
    memcpy(p.b + 8, "\x0a\0\0\x07\0\0\0\x07", 8);
    rig_sum(&p);
    rig_push(r, 0, &p);
    (void)steps(r, &d);
    T_EQ(last.kind, WEFT_RDISC_NONE);
    weft_rdisc_end(&d);
    rig_run(r, 0);
    const struct rig_ip *e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[0] == 9 && t_get16(e->b + 6) == 0 && t_get32(e->b + 8) == A);
    T_CHECK(rig_is_silent(r));
    rig_end(r);
}

/* ---- as a host ---- */

/* An advertisement of these routers, @words for each, from this sender. */
static void advertise_from(struct rig *r, uint32_t src, uint32_t life_s, uint32_t words,
                           const uint32_t *entries, unsigned n)
{
    struct rig_ip p = rig_icmp(src, ALL, 9, 0, n << 24 | words << 16 | life_s);
    p.is_link_group = true;
    for (unsigned i = 0; i < n; i++) {
        uint8_t e[12] = {0};
        t_put32(e, entries[2 * i]);
        t_put32(e + 4, entries[2 * i + 1]);
        rig_icmp_body(&p, e, 4 * words);
    }
    rig_push(r, 0, &p);
}

static void advertise(struct rig *r, struct weft_rdisc *d, uint32_t life_s, uint32_t words,
                      const uint32_t *entries, unsigned n)
{
    advertise_from(r, entries[0], life_s, words, entries, n);
    (void)steps(r, d);
    rig_clear(r);
}

/* The gateway of the default route; 0 = there is none. */
static uint32_t gateway(const struct rig *r)
{
    struct weft_route way;
    uint32_t found = 0;
    unsigned n = 0;
    for (uint32_t cursor = 0; weft_route_next(r->st, &cursor, &way);)
        if (way.prefix_len == 0) {
            found = t_get32(way.gateway.b + 12);
            n++;
        }
    T_CHECK(n <= 1);
    return found;
}

static struct rig *host(struct weft_rdisc *d)
{
    struct rig *r = rig_new(2, false);
    struct weft_rdisc_config c = config(false);
    c.is_patient = true;
    T_EQ(weft_rdisc_start(d, r->st, &c, r->now_ns), 0);
    (void)steps(r, d);
    return r;
}

static void leave(struct rig *r, struct weft_rdisc *d)
{
    weft_rdisc_end(d);
    weft_rdisc_end(d);
    T_EQ(gateway(r), 0);
    rig_run(r, 0);
    rig_clear(r);
    rig_end(r);
}

/* proves: ICMP-RD-13 ICMP-RD-15 CAP-ICMP-09 */
static void the_best_neighbour_is_the_default_router(void)
{
    struct weft_rdisc d;
    struct rig *r = host(&d);
    advertise(r, &d, 1800, 2, (uint32_t[]){IP(192, 0, 2, 1), 100}, 1); /* On no link of ours. */
    T_EQ(gateway(r), 0);
    advertise(r, &d, 1800, 2, (uint32_t[]){IP(10, 0, 1, 254), 100}, 1); /* On another. */
    T_EQ(gateway(r), 0);
    advertise(r, &d, 1800, 2, (uint32_t[]){G, NEVER}, 1);
    T_EQ(gateway(r), 0);
    advertise(r, &d, 1800, 2, (uint32_t[]){A, 100}, 1); /* Itself. */
    T_EQ(gateway(r), 0);
    advertise(r, &d, 1800, 2, (uint32_t[]){G, (uint32_t)-7}, 1);
    T_EQ(gateway(r), G);
    T_EQ(last.kind, WEFT_RDISC_ROUTER);
    T_EQ(t_get32(last.addr.b + 12), G);
    advertise(r, &d, 1800, 2, (uint32_t[]){G2, (uint32_t)-8}, 1);
    T_EQ(gateway(r), G); /* Signed. */
    advertise(r, &d, 1800, 2, (uint32_t[]){G2, 0}, 1);
    T_EQ(gateway(r), G2);
    advertise(r, &d, 1800, 2, (uint32_t[]){G, 0}, 1);
    T_EQ(gateway(r), G2);                                   /* Equal: no need to change. */
    advertise(r, &d, 1800, 3, (uint32_t[]){G, 9, P, 8}, 2); /* Longer entries than are known. */
    T_EQ(gateway(r), G);
    advertise(r, &d, 1800, 2, (uint32_t[]){G, NEVER}, 1);
    T_EQ(gateway(r), P);
    for (uint32_t i = 0; i < 100; i++) /* More than there is room for: the best stays. */
        advertise(r, &d, 1800, 2, (uint32_t[]){IP(10, 0, 0, 100) + i, i % 7}, 1);
    T_EQ(gateway(r), P);
    leave(r, &d);
}

/* proves: ICMP-RD-14 */
static void routers_go_when_their_time_is_over(void)
{
    struct weft_rdisc d;
    struct rig *r = host(&d);
    advertise(r, &d, 100, 2, (uint32_t[]){G, 5}, 1);
    advertise(r, &d, 200, 2, (uint32_t[]){G2, 0}, 1);
    run(r, &d, 99 * S);
    T_EQ(gateway(r), G);
    run(r, &d, 2 * S);
    T_EQ(gateway(r), G2);
    run(r, &d, 100 * S);
    T_EQ(gateway(r), 0);
    T_EQ(t_get32(last.addr.b + 12), 0);
    advertise(r, &d, 100, 2, (uint32_t[]){G, 5, G2, 0}, 2);
    advertise(r, &d, 0, 2, (uint32_t[]){G, 5}, 1); /* It ceases. */
    T_EQ(gateway(r), G2);
    advertise(r, &d, 0, 2, (uint32_t[]){P, 5}, 1); /* Never heard of. */
    T_EQ(gateway(r), G2);
    run(r, &d, 60 * S);
    advertise(r, &d, 100, 2, (uint32_t[]){G2, 0}, 1); /* Said again. */
    run(r, &d, 60 * S);
    T_EQ(gateway(r), G2);
    leave(r, &d);
}

/* proves: ICMP-RD-11 ICMP-RD-12 */
static void what_is_no_advertisement_changes_nothing(void)
{
    struct weft_rdisc d;
    struct rig *r = host(&d);
    for (unsigned i = 0; i < 9; i++) {
        struct rig_ip p = rig_icmp(G, ALL, i == 8 ? 10 : 9, 0, 0x01020708);
        p.is_link_group = true;
        rig_icmp_body(&p, "\x0a\0\0\xfe\0\0\0\x07", 8);
        if (i == 1)
            p.b[1] = 1; /* Code. */
        else if (i == 2)
            p.b[4] = 0; /* No addresses, ... */
        else if (i == 3)
            p.b[5] = 1; /* ... too short ones, ... */
        else if (i == 4)
            p.b[4] = 2; /* ... and more than there are. */
        else if (i == 5)
            p.b[5] = 3;
        else if (i == 6)
            p.n = 15;
        else if (i == 7)
            p.n = 7;
        rig_sum(&p);
        p.b[2] ^= i == 0;
        rig_push(r, 0, &p);
        (void)steps(r, &d);
        T_EQ(gateway(r), 0);
        T_CHECK(rig_is_silent(r));
    }
    T_EQ(rig_drops(r, WEFT_DROP_ICMP_BAD_CSUM), 1);
    advertise(r, &d, 100, 2, (uint32_t[]){G, 5}, 1);
    T_EQ(gateway(r), G);
    leave(r, &d);
}

/* Who is no neighbour says nothing about neighbours. */
static void a_sender_off_the_link_is_not_believed(void)
{
    static const uint32_t senders[] = {IP(192, 0, 2, 1), IP(10, 0, 1, 254), A};
    struct weft_rdisc d;
    struct rig *r = host(&d);
    for (unsigned i = 0; i < 3; i++) {
        advertise_from(r, senders[i], 1800, 2, (uint32_t[]){G, 5}, 1);
        (void)steps(r, &d);
        T_EQ(gateway(r), 0);
    }
    advertise_from(r, G2, 1800, 2, (uint32_t[]){G, 5}, 1);
    (void)steps(r, &d);
    T_EQ(gateway(r), G);
    leave(r, &d);
}

/* The route was there before the router was heard: it is not taken away with it. */
static void a_route_set_by_hand_outlives_its_router(void)
{
    struct weft_rdisc d;
    struct rig *r = host(&d);
    struct weft_route way = {.dst = t_addr(0), .gateway = t_addr(G), .ifindex = 2};
    T_EQ(weft_route_add(r->st, &way), 0);
    advertise(r, &d, 1800, 2, (uint32_t[]){G, 5}, 1);
    T_EQ(t_get32(last.addr.b + 12), G);
    T_EQ(gateway(r), G);
    advertise(r, &d, 0, 2, (uint32_t[]){G, 5}, 1);
    T_EQ(t_get32(last.addr.b + 12), 0);
    T_EQ(gateway(r), G);
    weft_rdisc_end(&d);
    T_EQ(gateway(r), G);
    T_EQ(weft_route_del(r->st, &way), 0);
    leave(r, &d);
}

/* proves: ICMP-RD-16 ICMP-RD-17 ICMP-RD-11 */
static void a_host_solicits_until_it_hears(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_rdisc_config c = config(false);
    struct weft_rdisc d;
    uint64_t from_ns = r->now_ns;
    T_EQ(weft_rdisc_start(&d, r->st, &c, r->now_ns), 0);
    for (unsigned i = 0; i < 3; i++) {
        const struct rig_ip *e = next(r, &d, 4 * S);
        T_CHECK(e != NULL && e->b[0] == 10 && e->b[1] == 0 && e->n == 8 && e->dst == EVERY);
        T_CHECK(e != NULL && e->ttl == 1 && e->src == A && e->is_link_group);
        T_CHECK(i == 0 ? r->now_ns - from_ns <= 1 * S : r->now_ns - from_ns == 3 * S);
        from_ns = r->now_ns;
    }
    T_CHECK(next(r, &d, 600 * S) == NULL);
    weft_rdisc_end(&d);
    T_EQ(weft_rdisc_start(&d, r->st, &c, r->now_ns), 0);
    T_CHECK(next(r, &d, 1 * S) != NULL);
    advertise(r, &d, 100, 1, (uint32_t[]){G, 5}, 1); /* Entries too short: that is nobody. */
    T_CHECK(next(r, &d, 4 * S) != NULL);
    advertise(r, &d, 100, 2, (uint32_t[]){G, 5}, 1);
    T_CHECK(next(r, &d, 50 * S) == NULL);
    leave(r, &d);
}

static const struct t_case cases[] = {
    {"an advertisement has all addresses", an_advertisement_has_all_addresses},
    {"the times of a router have limits", the_times_of_a_router_have_limits},
    {"advertisements come at random times", advertisements_come_at_random_times},
    {"each solicitation is answered", each_solicitation_is_answered},
    {"a router joins the group of routers", a_router_joins_the_group_of_routers},
    {"a router says when it ceases, and who contradicts",
     a_router_says_when_it_ceases_and_who_contradicts},
    {"the best neighbour is the default router", the_best_neighbour_is_the_default_router},
    {"routers go when their time is over", routers_go_when_their_time_is_over},
    {"what is no advertisement changes nothing", what_is_no_advertisement_changes_nothing},
    {"a sender off the link is not believed", a_sender_off_the_link_is_not_believed},
    {"a route set by hand outlives its router", a_route_set_by_hand_outlives_its_router},
    {"a host solicits until it hears", a_host_solicits_until_it_hears},
};

T_MAIN(cases)
