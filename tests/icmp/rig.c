/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <stdlib.h>

#define BURST      16
#define AREA_BYTES ((size_t)4 << 20)

/* ---- building ---- */

size_t rig_write(const struct rig_ip *p, uint8_t *out)
{
    size_t hdr = 20 + p->opts_n;
    memset(out, 0, 20);
    out[0] = (uint8_t)(0x40 | hdr / 4);
    out[1] = p->tos;
    t_put16(out + 2, (uint32_t)(hdr + p->n));
    t_put16(out + 4, p->id);
    t_put16(out + 6, p->frag);
    out[8] = p->ttl;
    out[9] = p->proto;
    t_put32(out + 12, p->src);
    t_put32(out + 16, p->dst);
    memcpy(out + 20, p->opts, p->opts_n);
    t_put_sum(out + 10, out, hdr, 0);
    memcpy(out + hdr, p->b, p->n);
    return hdr + p->n;
}

struct rig_ip rig_udp(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport, uint32_t n)
{
    struct rig_ip p = {.src = src, .dst = dst, .proto = 17, .ttl = 64, .n = 8 + n, .id = 77};
    uint8_t pseudo[12] = {0};
    t_put16(p.b, sport);
    t_put16(p.b + 2, dport);
    t_put16(p.b + 4, 8 + n);
    for (uint32_t i = 0; i < n; i++)
        p.b[8 + i] = (uint8_t)(i * 7 + 1);
    t_put32(pseudo, src);
    t_put32(pseudo + 4, dst);
    pseudo[9] = 17;
    t_put16(pseudo + 10, 8 + n);
    uint32_t s = ~t_sum(p.b, p.n, t_sum(pseudo, 12, 0)) & 0xffff;
    t_put16(p.b + 6, s == 0 ? 0xffff : s);
    return p;
}

void rig_sum(struct rig_ip *p)
{
    t_put_sum(p->b + 2, p->b, p->n, 0);
}

struct rig_ip rig_icmp(uint32_t src, uint32_t dst, unsigned type, unsigned code, uint32_t word)
{
    struct rig_ip p = {.src = src, .dst = dst, .proto = 1, .ttl = 64, .n = 8, .id = 78};
    p.b[0] = (uint8_t)type;
    p.b[1] = (uint8_t)code;
    t_put32(p.b + 4, word);
    rig_sum(&p);
    return p;
}

void rig_icmp_body(struct rig_ip *p, const void *body, uint32_t n)
{
    memcpy(p->b + p->n, body, n);
    p->n += n;
    rig_sum(p);
}

struct rig_ip rig_quote(uint32_t src, uint32_t dst, unsigned type, unsigned code, uint32_t word,
                        const struct rig_ip *about, uint32_t n)
{
    struct rig_ip e = rig_icmp(src, dst, type, code, word);
    uint8_t bytes[RIG_FRAME_MAX];
    size_t all = rig_write(about, bytes), hdr = 20 + about->opts_n;
    rig_icmp_body(&e, bytes, (uint32_t)(all < hdr + n ? all : hdr + n));
    return e;
}

/* ---- frames ---- */

static void push_frame(struct rig *r, unsigned k, const uint8_t *f, size_t n)
{
    static struct weft_frame w;
    t_frame(&w, f, n);
    (void)t_rx(r->st, (uint16_t)(k + 2), &w, r->now_ns);
    t_rx_done(r->st);
}

static void head(unsigned k, uint8_t *f, bool is_group, unsigned type)
{
    static const uint8_t from[6] = {2, 9, 9, 9, 9, 9};
    memset(f, is_group ? 0xff : 0, 6);
    if (!is_group) {
        f[0] = 2;
        f[5] = (uint8_t)k;
    }
    memcpy(f + 6, from, 6);
    t_put16(f + 12, type);
}

static void answer_arp(struct rig *r, unsigned k, const uint8_t *a)
{
    uint8_t f[42];
    if (t_get16(a + 6) != 1 || t_get32(a + 24) == r->absent)
        return;
    head(k, f, false, 0x0806);
    memcpy(f + 14, a, 6);
    t_put16(f + 20, 2);
    f[22] = 2;
    f[23] = 1;
    memcpy(f + 24, a + 24, 4);
    memcpy(f + 28, a + 24, 4);
    memcpy(f + 32, a + 8, 6);
    memcpy(f + 38, a + 14, 4);
    push_frame(r, k, f, sizeof(f));
}

static void keep(struct rig *r, unsigned k, const uint8_t *f, size_t n)
{
    if (f[14 + 9] == 2 && !r->keeps_igmp)
        return;
    struct rig_ip *p = &r->seen[k][r->tail[k]++ % RIG_SEEN_MAX];
    const uint8_t *ip = f + 14;
    uint32_t hdr = (ip[0] & 15u) * 4;
    T_CHECK(r->tail[k] - r->head[k] <= RIG_SEEN_MAX);
    T_EQ(t_sum(ip, hdr, 0), 0xffff);
    T_EQ(t_get16(ip + 2), n - 14);
    *p = (struct rig_ip){.src = t_get32(ip + 12),
                         .dst = t_get32(ip + 16),
                         .proto = ip[9],
                         .ttl = ip[8],
                         .tos = ip[1],
                         .id = (uint16_t)t_get16(ip + 4),
                         .frag = (uint16_t)t_get16(ip + 6),
                         .opts_n = hdr - 20,
                         .n = (uint32_t)(n - 14 - hdr),
                         .is_link_group = (f[0] & 1) != 0};
    memcpy(p->mac, f, 6);
    memcpy(p->opts, ip + 20, hdr - 20);
    memcpy(p->b, ip + hdr, p->n);
    if (p->proto == 1 && (p->frag & 0x3fff) == 0)
        T_EQ(t_sum(p->b, p->n, 0), 0xffff);
}

static bool pump_link(struct rig *r, unsigned k)
{
    static struct weft_frame w[BURST];
    uint8_t f[RIG_FRAME_MAX];
    uint32_t n = weft_tx(r->st, (uint16_t)(k + 2), w, BURST, r->now_ns);
    for (uint32_t i = 0; i < n; i++) {
        size_t len = t_flat(f, sizeof(f), &w[i]);
        weft_tx_done(r->st, &w[i].cookie, 1);
        if (t_get16(f + 12) == 0x0806)
            answer_arp(r, k, f + 14);
        else
            keep(r, k, f, len);
    }
    return n > 0;
}

static void pump(struct rig *r)
{
    bool is_busy = true;
    while (is_busy) {
        is_busy = false;
        weft_advance(r->st, r->now_ns);
        for (unsigned k = 0; k < r->ifs; k++)
            is_busy = pump_link(r, k) || is_busy;
        t_rx_done(r->st);
    }
    weft_stack_check(r->st);
}

void rig_run(struct rig *r, uint64_t ns)
{
    uint64_t until_ns = r->now_ns + ns;
    pump(r);
    for (uint64_t at = weft_deadline(r->st); at <= until_ns; at = weft_deadline(r->st)) {
        T_CHECK(at > r->now_ns);
        if (at <= r->now_ns) /* Now, without work: it would never end. */
            break;
        r->now_ns = at;
        pump(r);
    }
    r->now_ns = until_ns;
    pump(r);
}

void rig_push_raw(struct rig *r, unsigned k, const uint8_t *ip, size_t n, bool is_link_group)
{
    uint8_t f[RIG_FRAME_MAX + 14];
    head(k, f, is_link_group, 0x0800);
    memcpy(f + 14, ip, n);
    if (is_link_group && n >= 20 && ip[16] >> 4 == 14) { /* The address of the group. */
        memcpy(f, "\x01\x00\x5e", 3);
        memcpy(f + 3, ip + 17, 3);
        f[3] &= 0x7f;
    }
    uint64_t before = rig_drops(r, WEFT_DROP_COUNT);
    r->pushed++;
    push_frame(r, k, f, 14 + n);
    T_CHECK(rig_drops(r, WEFT_DROP_COUNT) - before <= 1);
    pump(r);
}

void rig_push(struct rig *r, unsigned k, const struct rig_ip *p)
{
    uint8_t bytes[RIG_FRAME_MAX + 60];
    rig_push_raw(r, k, bytes, rig_write(p, bytes), p->is_link_group);
}

const struct rig_ip *rig_pull(struct rig *r, unsigned k)
{
    return r->head[k] != r->tail[k] ? &r->seen[k][r->head[k]++ % RIG_SEEN_MAX] : NULL;
}

void rig_clear(struct rig *r)
{
    for (unsigned k = 0; k < 3; k++)
        r->head[k] = r->tail[k];
}

bool rig_is_silent(const struct rig *r)
{
    return r->head[0] == r->tail[0] && r->head[1] == r->tail[1] && r->head[2] == r->tail[2];
}

uint64_t rig_drops(const struct rig *r, unsigned why)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < WEFT_DROP_COUNT; i++)
        n += why == WEFT_DROP_COUNT || why == i ? weft_drops(r->st, i) : 0;
    return n;
}

/* ---- the rig ---- */

struct rig *rig_new(unsigned ifs, bool is_forwarding)
{
    struct weft_config cfg;
    struct rig *r = calloc(1, sizeof(*r));
    weft_config_default(&cfg);
    cfg.seed[0] = 5;
    cfg.is_forwarding = is_forwarding;
    cfg.pkts_max = 1024;
    cfg.lent_max = 512;
    cfg.chunks_max = 256;
    size_t bytes = (weft_stack_footprint(&cfg) + 63) & ~(size_t)63;
    if (r == NULL || (r->mem = aligned_alloc(64, bytes)) == NULL ||
        (r->area = aligned_alloc(64, AREA_BYTES)) == NULL)
        abort();
    r->now_ns = 1 * S;
    r->ifs = ifs;
    T_EQ(weft_stack_init(&r->st, &cfg, r->mem, bytes), 0);
    T_CHECK(weft_area_add(r->st, r->area, AREA_BYTES) > 0);
    for (unsigned k = 0; k < ifs; k++) {
        struct weft_if_config c = {.name = "eth0", .kind = WEFT_IF_ETHER};
        struct weft_addr a = weft_ip4(10, 0, (uint8_t)k, 1);
        c.name[3] = (char)('0' + k);
        c.mac[0] = 2;
        c.mac[5] = (uint8_t)k;
        T_EQ(weft_if_add(r->st, &c), k + 2);
        T_EQ(weft_addr_add(r->st, (uint16_t)(k + 2), &a, 24), 0);
    }
    rig_run(r, 1 * S);
    rig_clear(r);
    return r;
}

void rig_end(struct rig *r)
{
    struct weft_usage u;
    rig_run(r, 60 * S); /* Rests of datagrams are given up. */
    weft_stack_usage(r->st, &u);
    T_EQ(u.pkts, 0);
    T_EQ(u.lent, 0);
    T_EQ(u.chunks, 0);
    T_EQ(u.socks, 0);
    T_EQ(u.reasm, 0);
    free(r->mem);
    free(r->area);
    free(r);
}
