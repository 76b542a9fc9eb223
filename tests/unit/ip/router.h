/* SPDX-License-Identifier: MIT */
/**
 * DOC: router - a router of three Ethernet links for tests: frames in, frames out
 *
 * Link i has 10.i.0.254/24 and the hosts 10.i.0.1 to .9 as permanent neighbours; what is sent is
 * looked at byte by byte. Frames lie in exact blocks of their own.
 */
#ifndef WEFT_TESTS_UNIT_IP_ROUTER_H
#define WEFT_TESTS_UNIT_IP_ROUTER_H

#include <stdlib.h>
#include <string.h>

#include "t.h"
#include "weft/weft.h"

#define LINKS      3
#define MS         1000000ull
#define OUT_MAX    64
#define FRAME_MAX  2048
#define AREA_BYTES (64u * 65536u)
#define IP_AT      14

struct out {
    uint8_t b[FRAME_MAX];
    uint32_t len;
    uint8_t flags;
};

struct router {
    struct weft_stack *st;
    void *mem, *area;
    uint64_t now_ns;
    uint16_t ifs[LINKS];
    struct out out[OUT_MAX]; /* What the last router_take() got. */
    uint32_t out_n;
    uint32_t trace_max; /* Set before router_begin(). */
};

static inline uint32_t ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (uint32_t)a << 24 | (uint32_t)b << 16 | (uint32_t)c << 8 | d;
}

static inline struct weft_addr to_addr(uint32_t v)
{
    return weft_ip4((uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v);
}

static inline uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* Sum of 16-bit words, folded. */
static inline uint32_t sum16(const uint8_t *p, uint32_t n, uint32_t sum)
{
    for (uint32_t i = 0; i < n; i++)
        sum += (uint32_t)p[i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static inline void router_begin(struct router *r, uint32_t caps, uint16_t txq_max)
{
    struct weft_config cfg;
    const uint32_t trace_max = r->trace_max;
    memset(r, 0, sizeof(*r));
    r->trace_max = trace_max;
    weft_config_default(&cfg);
    cfg.is_forwarding = true;
    cfg.trace_max = r->trace_max;
    size_t bytes = weft_stack_footprint(&cfg);
    r->mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    r->area = aligned_alloc(64, AREA_BYTES);
    if (r->mem == NULL || r->area == NULL)
        abort();
    r->now_ns = 1000 * MS;
    T_EQ(weft_stack_init(&r->st, &cfg, r->mem, bytes), 0);
    T_CHECK(weft_area_add(r->st, r->area, AREA_BYTES) > 0);
    weft_advance(r->st, r->now_ns);
    for (uint8_t i = 0; i < LINKS; i++) {
        struct weft_if_config c = {
            .name = "e0", .mac = {2, 0, 0, 0, 0, i}, .caps = caps, .txq_max = txq_max};
        struct weft_addr a = weft_ip4(10, i, 0, 254);
        c.name[1] = (char)('0' + i);
        r->ifs[i] = (uint16_t)weft_if_add(r->st, &c);
        T_EQ(weft_addr_add(r->st, r->ifs[i], &a, 24), 0);
        for (uint8_t h = 1; h < 10; h++) {
            struct weft_addr host = weft_ip4(10, i, 0, h);
            uint8_t mac[6] = {2, 1, 0, 0, i, h};
            T_EQ(weft_neigh_set(r->st, r->ifs[i], &host, mac), 0);
        }
    }
    struct weft_frame f[8]; /* The announcements of the addresses. */
    for (int i = 0; i < LINKS; i++)
        for (uint32_t n; (n = weft_tx(r->st, r->ifs[i], f, 8, r->now_ns)) > 0;)
            for (uint32_t k = 0; k < n; k++)
                weft_tx_done(r->st, &f[k].cookie, 1);
}

static inline void router_end(struct router *r)
{
    struct weft_usage u;
    weft_stack_check(r->st);
    weft_stack_usage(r->st, &u);
    T_EQ(u.pkts, 0);
    T_EQ(u.lent, 0);
    free(r->mem);
    free(r->area);
}

/* An IPv4 packet behind an Ethernet header to the router; its payload is up to the caller. */
static inline uint32_t ip_frame(uint8_t *b, uint8_t link, uint32_t src, uint32_t dst, uint32_t len)
{
    memset(b, 0, IP_AT + len);
    memcpy(b, (const uint8_t[]){2, 0, 0, 0, 0, link, 2, 1, 0, 0, link, 1, 8, 0}, 14);
    uint8_t *ip = b + IP_AT;
    ip[0] = 0x45;
    put16(ip + 2, len);
    put16(ip + 4, 0x1234);
    ip[8] = 64;
    ip[9] = 17;
    put32(ip + 12, src);
    put32(ip + 16, dst);
    put16(ip + 10, ~sum16(ip, 20, 0));
    return IP_AT + len;
}

/* After a change to the header. */
static inline void ip_resum(uint8_t *b)
{
    uint8_t *ip = b + IP_AT;
    put16(ip + 10, 0);
    put16(ip + 10, ~sum16(ip, (ip[0] & 15u) * 4, 0));
}

static inline struct weft_frame frame_of(const uint8_t *b, uint32_t len)
{
    struct weft_frame f = {.iov_n = 1, .len = len};
    uint8_t *own = malloc(len);
    if (own == NULL)
        abort();
    memcpy(own, b, len);
    f.iov[0] = (struct weft_iov){own, len};
    f.cookie = (uint64_t)(uintptr_t)own;
    return f;
}

static inline void router_release(struct router *r)
{
    uint64_t cookie;
    while (weft_rx_done(r->st, &cookie, 1) == 1)
        free((void *)(uintptr_t)cookie);
}

static inline void router_give(struct router *r, uint8_t link, const struct weft_frame *f,
                               uint32_t n)
{
    T_EQ(weft_rx(r->st, r->ifs[link], f, n, r->now_ns), n);
    router_release(r);
}

/* One frame in by a link. */
static inline void router_in(struct router *r, uint8_t link, const uint8_t *b, uint32_t len)
{
    struct weft_frame f = frame_of(b, len);
    router_give(r, link, &f, 1);
}

/* Everything that leaves by a link now, into r->out; how many frames. */
static inline uint32_t router_take(struct router *r, uint8_t link)
{
    struct weft_frame f;
    r->out_n = 0;
    while (r->out_n < OUT_MAX && weft_tx(r->st, r->ifs[link], &f, 1, r->now_ns) == 1) {
        struct out *o = &r->out[r->out_n++];
        o->len = 0;
        o->flags = f.flags;
        for (uint32_t i = 0; i < f.iov_n && o->len + f.iov[i].len <= FRAME_MAX; i++) {
            memcpy(o->b + o->len, f.iov[i].base, f.iov[i].len);
            o->len += (uint32_t)f.iov[i].len;
        }
        T_EQ(o->len, f.len);
        T_CHECK(be16(o->b + 12) != 0x0800 ||
                sum16(o->b + IP_AT, (o->b[IP_AT] & 15u) * 4, 0) == 0xffff);
        weft_tx_done(r->st, &f.cookie, 1);
        router_release(r);
    }
    return r->out_n;
}

/* Whether an ICMP error of this type and code is the only frame on a link, to the sender. */
static inline bool router_says(struct router *r, uint8_t link, uint8_t type, uint8_t code)
{
    if (router_take(r, link) != 1)
        return false;
    const uint8_t *ip = r->out[0].b + IP_AT;
    return ip[9] == 1 && ip[20] == type && ip[21] == code && be32(ip + 12) == ip4(10, link, 0, 254);
}

#endif /* WEFT_TESTS_UNIT_IP_ROUTER_H */
