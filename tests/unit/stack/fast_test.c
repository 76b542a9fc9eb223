/* SPDX-License-Identifier: MIT */
/*
 * The short way of what a router only passes on, against the way of all packets. A frame of two
 * runs of bytes never takes the short one, so two routers that are alike get the same frames, one
 * of them in two runs: what they send, count and drop has to be the same.
 */
#include "../ip/router.h"

#include "weft/arp.h"
#include "weft/forward.h"
#include "weft/icmp.h"
#include "weft/queue.h"

#define BURST   12
#define SPLIT   66u /* Behind the headers of TCP, so that runs are made of both alike. */
#define ROUNDS  40000
#define EACH(r) for (struct router *r = pair; r < pair + 2; r++)

static struct router pair[2]; /* One run of bytes; two. */
static uint8_t bufs[BURST][FRAME_MAX];
static uint32_t lens[BURST];
static uint64_t given_back; /* Frames that the first does not hold while the second does. */

static uint32_t below(uint32_t n)
{
    return (uint32_t)(t_random() % n);
}

static bool one_in(uint32_t n)
{
    return below(n) == 0;
}

/* ---- both have the same done to them ---- */

static void add_routes(struct router *r)
{
    static const struct weft_route more[] = {
        {.prefix_len = 8, .type = WEFT_ROUTE_BLACKHOLE},
        {.prefix_len = 8, .type = WEFT_ROUTE_PROHIBIT},
        {.prefix_len = 8},
        {.prefix_len = 16},
        {.prefix_len = 24, .tos = 0x10},
        {.prefix_len = 12, .weight = 1},
        {.prefix_len = 12, .weight = 3},
        {.prefix_len = 24, .metric = 5},
        {.prefix_len = 24, .metric = 1},
        {.prefix_len = 32},
    };
    for (uint8_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        struct weft_route x = more[i];
        uint8_t net = (uint8_t)(20 + (x.weight != 0 ? 5 : x.metric != 0 ? 7 : i));
        x.dst = weft_ip4(net, (uint8_t)(x.prefix_len > 8 ? 16 : 0), 0, 0);
        if (x.type == WEFT_ROUTE_UNICAST) /* One of the gateways is never there. */
            x.gateway = weft_ip4(10, i % LINKS, 0, i == 3 ? 77 : 1 + i % 9);
        T_EQ(weft_route_add(r->st, &x), 0);
    }
}

static void set_link(uint32_t what, uint8_t link, uint32_t to)
{
    EACH(r)
    {
        uint16_t ifi = r->ifs[link];
        struct weft_forward_options fo = {.rpf = (enum weft_rpf)(to % 3), .is_off = to % 7 == 6};
        struct weft_queue_options qo = {.kind = (enum weft_queue_kind)(to % 3),
                                        .is_ecn = to % 2 == 0,
                                        .is_by_precedence = to % 5 == 0,
                                        .limit_pkts = (uint16_t)(4 + to % 60)};
        struct weft_neigh_options no;
        struct weft_addr a = weft_ip4(20, 2, 0, (uint8_t)(to % 4));
        if (what == 0) {
            T_EQ(weft_if_set_forward(r->st, ifi, &fo), 0);
        } else if (what == 1) {
            T_EQ(weft_if_set_queue(r->st, ifi, &qo), 0);
        } else if (what == 2) {
            T_EQ(weft_if_set_mtu(r->st, ifi, to % 3 != 0 ? 1500 : 200 + to % 400), 0);
        } else if (what == 3) {
            T_EQ(weft_if_set_up(r->st, ifi, to % 8 != 0), 0);
        } else if (what == 4) {
            T_EQ(weft_neigh_options_get(r->st, ifi, &no), 0);
            no.victim = to % 6 == 0 ? WEFT_NEIGH_VICTIM_LRU : WEFT_NEIGH_VICTIM_OLDEST;
            T_EQ(weft_neigh_options_set(r->st, ifi, &no), 0);
        } else if (weft_addr_add(r->st, ifi, &a, 30) != 0) {
            (void)!weft_addr_del(r->st, ifi, &a);
        }
    }
}

static void change_something(void)
{
    if (one_in(12))
        set_link(below(6), (uint8_t)below(LINKS), below(1000));
    uint64_t step = one_in(40) ? 20000 * MS : below(2000) * 1000ull;
    EACH(r)
    {
        r->now_ns += step;
        weft_advance(r->st, r->now_ns);
    }
}

/* ---- frames ---- */

static uint32_t some_addr(void)
{
    static const uint32_t odd[] = {0, 0xffffffff, 0x7f000001, 0xe0000001, 0xf0000001, 0xa9fe0101};
    if (one_in(40))
        return odd[below(6)];
    if (one_in(20)) /* Ours, broadcasts of ours. */
        return ip4(10, (uint8_t)below(LINKS), 0, one_in(2) ? 254 : 255);
    if (one_in(3)) /* Neighbours, some of whom are not there. */
        return ip4(10, (uint8_t)below(LINKS), 0, (uint8_t)(1 + below(one_in(5) ? 40 : 9)));
    return ip4((uint8_t)(20 + below(11)), (uint8_t)(one_in(2) ? 16 : below(256)), 0,
               (uint8_t)below(6));
}

/* A segment that may continue the one before it: one of few streams. */
static uint32_t tcp_frame(uint8_t *b, uint8_t link)
{
    static uint32_t seq[4], id[4];
    uint32_t s = below(4), payload = one_in(6) ? 0 : 100, opts = s % 2 == 0 ? 12 : 0;
    uint32_t len =
        ip_frame(b, link, ip4(10, link, 0, 1), ip4(22, 0, 0, (uint8_t)s), 40 + opts + payload);
    uint8_t *ip = b + IP_AT, *tcp = ip + 20;
    ip[6] = 0x40;
    ip[9] = 6;
    put16(ip + 4, ++id[s]);
    ip_resum(b);
    put16(tcp, 1000 + s);
    put16(tcp + 2, 80);
    put32(tcp + 4, seq[s]);
    tcp[12] = (uint8_t)((20 + opts) << 2);
    tcp[13] = one_in(8) ? 0x18 : 0x10;
    memset(tcp + 20, 1, opts);
    put16(tcp + 16, ~sum16(tcp, 20 + opts + payload, sum16(ip + 12, 8, 6 + 20 + opts + payload)));
    seq[s] += payload;
    return len;
}

/* What few packets have; the checksum is right afterwards, mostly. */
static uint32_t spoil(uint8_t *b, uint32_t len)
{
    uint8_t *ip = b + IP_AT;
    switch (below(16)) {
    case 0:
        b[5] ^= 1; /* To another station. */
        return len;
    case 1:
        b[0] |= 1; /* To a group. */
        return len;
    case 2:
        b[6] |= 1; /* From one. */
        return len;
    case 3:
        b[12] = (uint8_t)below(256);
        return len;
    case 4:
        ip[0] = (uint8_t)below(256);
        break;
    case 5:
        ip[6] |= 0x80;
        break;
    case 6:
        ip[6] = (uint8_t)(0x20 | below(32));
        break;
    case 7:
        put16(ip + 2, below(80));
        break;
    case 8:
        ip[8] = (uint8_t)below(3);
        break;
    case 9:
        ip[10] ^= 1;
        return len;
    case 10:
        ip[0] = 0x46;
        put32(ip + 20, one_in(2) ? 0x01010101 : t_random() & UINT32_MAX);
        break;
    case 11:
        memset(b + len, 0xee, 6); /* Padding. */
        return len + 6;
    case 12:
        return 1 + below(len);
    default:
        ip[1] = (uint8_t)below(256);
        ip[6] |= 0x40;
        break;
    }
    if (len >= IP_AT + 4 * (ip[0] & 15u))
        ip_resum(b);
    return len;
}

static uint32_t some_frame(uint8_t *b, uint8_t link)
{
    if (one_in(3))
        return tcp_frame(b, link);
    uint32_t len = one_in(4) ? 24 + below(1460) : 46;
    uint32_t src = one_in(4) ? some_addr() : ip4(10, link, 0, (uint8_t)(1 + below(3)));
    len = ip_frame(b, link, src, some_addr(), len);
    if (one_in(8))
        b[IP_AT + 9] = (uint8_t)(one_in(2) ? 1 : 6);
    ip_resum(b);
    return one_in(4) ? spoil(b, len) : len;
}

/* ---- what both make of it ---- */

static void give(struct router *r, uint8_t link, uint32_t n)
{
    struct weft_frame f[BURST];
    for (uint32_t i = 0; i < n; i++) {
        f[i] = frame_of(bufs[i], lens[i]);
        uint32_t at = lens[i] > SPLIT ? SPLIT : lens[i] - 1;
        if (r == pair || at == 0)
            continue;
        f[i].iov[1] = (struct weft_iov){(uint8_t *)f[i].iov[0].base + at, lens[i] - at};
        f[i].iov[0].len = at;
        f[i].iov_n = 2;
    }
    T_EQ(weft_rx(r->st, r->ifs[link], f, n, r->now_ns), n);
}

static bool same_out(void)
{
    for (uint32_t i = 0; i < pair[0].out_n && i < pair[1].out_n; i++) {
        const struct out *a = &pair[0].out[i], *b = &pair[1].out[i];
        if (a->len != b->len || a->flags != b->flags || memcmp(a->b, b->b, a->len) != 0)
            return false;
    }
    return pair[0].out_n == pair[1].out_n;
}

static void compare_counts(void)
{
    for (unsigned i = 0; i < WEFT_COUNT_COUNT; i++)
        T_EQ(weft_counter(pair[0].st, i), weft_counter(pair[1].st, i));
    for (unsigned i = 0; i < WEFT_DROP_COUNT; i++)
        T_EQ(weft_drops(pair[0].st, i), weft_drops(pair[1].st, i));
    for (uint32_t i = 0; i < LINKS; i++) {
        struct weft_if_info a, b;
        memset(&a, 0, sizeof(a));
        memset(&b, 0, sizeof(b));
        T_EQ(weft_if_get(pair[0].st, pair[0].ifs[i], &a), 0);
        T_EQ(weft_if_get(pair[1].st, pair[1].ifs[i], &b), 0);
        T_CHECK(memcmp(&a, &b, sizeof(a)) == 0);
    }
    T_EQ(weft_deadline(pair[0].st), weft_deadline(pair[1].st));
}

static void burst(void)
{
    struct weft_usage u[2];
    uint8_t link = (uint8_t)below(LINKS);
    uint32_t n = one_in(3) ? 1 : 1 + below(BURST);
    for (uint32_t i = 0; i < n; i++)
        lens[i] = some_frame(bufs[i], link);
    EACH(r)
    give(r, link, n);
    EACH(r)
    {
        router_release(r);
        weft_stack_usage(r->st, &u[r - pair]);
    }
    given_back += u[1].lent - u[0].lent;
    if (one_in(3)) /* What is queued stays sometimes. */
        return;
    for (uint8_t i = 0; i < LINKS; i++) {
        EACH(r)
        (void)router_take(r, i);
        T_CHECK(same_out());
    }
}

static void it_leads_to_the_same(void)
{
    EACH(r)
    {
        router_begin(r, 0, 0);
        add_routes(r);
        struct weft_icmp_config c;
        weft_icmp_get(r->st, &c);
        c.has_quench = true; /* A full queue is told. */
        T_EQ(weft_icmp_set(r->st, &c), 0);
    }
    given_back = 0;
    for (int i = 0; i < ROUNDS; i++) {
        change_something();
        burst();
        if (i % 16 == 0)
            compare_counts();
    }
    compare_counts();
    T_CHECK(given_back > ROUNDS / 5); /* It was taken. */
    EACH(r)
    {
        for (uint8_t i = 0; i < LINKS; i++) {
            T_EQ(weft_if_set_up(r->st, r->ifs[i], false), 0); /* What waits goes. */
            (void)router_take(r, i);
        }
        r->now_ns += 100000 * MS; /* Fragments that wait for others, too. */
        weft_advance(r->st, r->now_ns);
        router_release(r);
        router_end(r);
    }
}

static void a_short_frame_is_given_back_at_once(void)
{
    struct router *r = pair;
    struct weft_usage u;
    router_begin(r, 0, 0);
    for (uint32_t bytes = 46; bytes <= 1500; bytes += 1454) {
        lens[0] = ip_frame(bufs[0], 0, ip4(10, 0, 0, 1), ip4(10, 1, 0, 1), bytes);
        give(r, 0, 1);
        T_EQ(router_take(r, 1),
             1); /* The neighbour was not looked for before: it is from now on. */
        router_release(r);
        give(r, 0, 1);
        router_release(r);
        weft_stack_usage(r->st, &u);
        T_EQ(u.lent, bytes > 46);
        T_EQ(u.pkts, 1);
        T_EQ(router_take(r, 1), 1);
    }
    router_end(r);
}

static const struct t_case cases[] = {
    {"the short way leads to the same frames, counters and drops", it_leads_to_the_same},
    {"a short frame that is passed on is given back at once, a long one is held",
     a_short_frame_is_given_back_at_once},
};
T_MAIN(cases)
