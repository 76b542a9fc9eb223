/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "t.h"

#define AREA 4194304u

const uint8_t rig_mac[6] = {2, 0, 0, 0, 0, 0x66};
const uint8_t rig_peer[6] = {2, 0, 0, 0, 0, 1};
const uint8_t rig_group[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct rig *rig_bare(uint8_t seed)
{
    struct rig *r = calloc(1, sizeof(*r));
    struct weft_config cfg;
    weft_config_default(&cfg);
    cfg.chunks_max = 256;
    cfg.pkts_max = 512;
    cfg.lent_max = 512;
    cfg.tcp_conns_max = cfg.tcp_synrcvd_max = cfg.tcp_timewait_max = 16;
    cfg.tcp_records_max = 256;
    cfg.blocks_max = 512;
    cfg.seed[0] = seed;
    size_t bytes = weft_stack_footprint(&cfg);
    r->mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    r->area = malloc(AREA);
    r->now_ns = S;
    T_EQ(weft_stack_init(&r->st, &cfg, r->mem, bytes), 0);
    T_CHECK(weft_area_add(r->st, r->area, AREA) > 0);
    weft_advance(r->st, r->now_ns);
    return r;
}

uint16_t rig_add(struct rig *r, const char *name, uint8_t last)
{
    struct weft_if_config c = {.kind = WEFT_IF_ETHER};
    memcpy(c.name, name, strlen(name) + 1);
    memcpy(c.mac, rig_mac, 6);
    c.mac[5] = last;
    int i = weft_if_add(r->st, &c);
    T_CHECK(i > 0);
    return (uint16_t)i;
}

struct rig *rig_new(bool has_addr)
{
    struct rig *r = rig_bare(1);
    struct weft_addr a = weft_ip4(10, 9, 0, 2);
    r->eth0 = rig_add(r, "eth0", rig_mac[5]);
    if (has_addr)
        T_EQ(weft_addr_add(r->st, r->eth0, &a, 24), 0);
    rig_run(r, 0);
    return r;
}

void rig_push_on(struct rig *r, uint16_t ifindex, const void *frame, size_t n)
{
    struct weft_frame f;
    t_frame(&f, frame, n);
    T_CHECK(t_rx(r->st, ifindex, &f, r->now_ns));
    weft_advance(r->st, r->now_ns);
    t_rx_done(r->st);
    weft_stack_check(r->st);
}

void rig_push(struct rig *r, const void *frame, size_t n)
{
    rig_push_on(r, r->eth0, frame, n);
}

size_t rig_pull_on(struct rig *r, uint16_t ifindex)
{
    size_t n = t_tx(r->st, ifindex, r->f, sizeof(r->f), r->now_ns);
    t_rx_done(r->st);
    return n;
}

size_t rig_pull(struct rig *r)
{
    return rig_pull_on(r, r->eth0);
}

bool rig_step(struct rig *r, uint64_t until_ns)
{
    uint64_t at = weft_deadline(r->st);
    bool is_last = at > until_ns;
    if (at < r->now_ns)
        at = r->now_ns;
    r->now_ns = is_last ? until_ns : at;
    weft_advance(r->st, r->now_ns);
    t_rx_done(r->st);
    weft_stack_check(r->st);
    return !is_last;
}

void rig_run(struct rig *r, uint64_t ns)
{
    uint64_t until = r->now_ns + ns;
    do
        for (uint16_t i = 1; i <= 8; i++)
            while (rig_pull_on(r, i) > 0)
                ;
    while (rig_step(r, until));
}

void rig_end(struct rig *r)
{
    struct weft_usage u;
    rig_run(r, 60 * S);
    weft_stack_usage(r->st, &u);
    T_EQ(u.pkts, 0);
    T_EQ(u.lent, 0);
    free(r->mem);
    free(r->area);
    free(r);
}

uint64_t rig_drops(const struct rig *r, unsigned why)
{
    return weft_drops(r->st, why);
}

uint64_t rig_all_drops(const struct rig *r)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < WEFT_DROP_COUNT; i++)
        n += weft_drops(r->st, i);
    return n;
}

/* ---- frames ---- */

static uint8_t *put16(uint8_t *p, uint32_t v)
{
    t_put16(p, v);
    return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    t_put32(p, v);
    return p + 4;
}

uint8_t *rig_eth(uint8_t *f, const uint8_t dst[6], const uint8_t src[6], uint16_t type)
{
    memcpy(f, dst, 6);
    memcpy(f + 6, src, 6);
    return put16(f + 12, type);
}

uint8_t *rig_arp(uint8_t *f, uint16_t op, const uint8_t sha[6], uint32_t spa, const uint8_t tha[6],
                 uint32_t tpa)
{
    f = put16(put32(put16(f, 1), 0x08000604), op);
    memcpy(f, sha, 6);
    f = put32(f + 6, spa);
    memcpy(f, tha, 6);
    return put32(f + 6, tpa);
}

uint8_t *rig_ip(uint8_t *f, uint8_t proto, uint32_t from, uint32_t to, uint16_t bytes)
{
    memset(f, 0, 20);
    f[0] = 0x45;
    put16(f + 2, 20u + bytes);
    f[8] = 64;
    f[9] = proto;
    put32(put32(f + 12, from), to);
    t_put_sum(f + 10, f, 20, 0);
    return f + 20;
}

uint8_t *rig_echo(uint8_t *f, uint16_t bytes)
{
    memset(f, 0, 8);
    f[0] = 8;
    f[7] = 1;
    for (unsigned i = 0; i < bytes; i++)
        f[8 + i] = (uint8_t)(i + 1);
    t_put_sum(f + 2, f, 8u + bytes, 0);
    return f + 8 + bytes;
}

size_t rig_ping(uint8_t *f, const uint8_t dst[6], uint16_t bytes)
{
    uint8_t *p = rig_eth(f, dst, rig_peer, 0x0800);
    p = rig_ip(p, 1, 0x0a090001, 0x0a090002, (uint16_t)(8 + bytes));
    return (size_t)(rig_echo(p, bytes) - f);
}

void rig_meet(struct rig *r)
{
    static const uint8_t none[6];
    uint8_t f[60] = {0};
    r->now_ns += 200000000; /* A sender gets one answer in 100 ms. */
    rig_arp(rig_eth(f, rig_group, rig_peer, 0x0806), 1, rig_peer, 0x0a090001, none, 0x0a090002);
    rig_push(r, f, sizeof(f));
    T_CHECK(rig_pull(r) >= 42);
}

void rig_alive(struct rig *r)
{
    uint8_t f[1600];
    while (rig_pull(r) > 0)
        ;
    rig_meet(r);
    rig_push(r, f, rig_ping(f, rig_mac, 100));
    T_EQ(rig_pull(r), 14 + 20 + 8 + 100);
    T_EQ(r->f[34], 0);
    T_EQ(memcmp(r->f + 42, f + 42, 100), 0);
    T_EQ(rig_pull(r), 0);
}
