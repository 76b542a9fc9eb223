/* SPDX-License-Identifier: MIT */
#include "ip4.h"

#include <stdlib.h>
#include <string.h>

#define ETH   14
#define BURST 16

static const uint8_t mac_v[6] = {2, 0, 0, 0, 0, 1}, mac_p[6] = {2, 0, 0, 0, 0, 2},
                     mac_x[6] = {2, 0, 0, 0, 0, 0x66};

/* Whatever provoked it, this may not leave the stack. */
static void look(struct ip4 *r, const uint8_t *f, size_t n)
{
    T_CHECK(n >= ETH);
    if (f[12] != 8 || f[13] != 0)
        return; /* ARP */
    r->sent++;
    memcpy(r->last, f, n);
    r->last_n = n;
    if (r->ids_n < sizeof(r->ids) / sizeof(r->ids[0]) && (f[ETH + 6] & 0x40) == 0)
        r->ids[r->ids_n++] = (uint16_t)(f[ETH + 4] << 8 | f[ETH + 5]);
    uint32_t src = t_get32(f + ETH + 12), dst = t_get32(f + ETH + 16);
    bool is_to_all = dst == UINT32_MAX && (f[0] & 1) != 0; /* Sockets of the test may. */
    T_CHECK(t_sum(f + ETH, (size_t)(f[ETH] & 15) * 4, 0) == 0xffff);
    T_CHECK(is_to_all || (f[0] & 1) == 0);
    T_CHECK(is_to_all || (dst != 0 && dst >> 28 < 0xe && dst != IP_B && dst >> 24 != 127));
    T_CHECK(dst != IP_V && src >> 24 != 127 && src >> 28 < 0xe && (src != 0 || is_to_all));
}

static bool take_out(struct two *t, void *user)
{
    static struct weft_frame w[BURST];
    static uint8_t f[IP_MAX];
    struct ip4 *r = user;
    uint64_t cookies[BURST];
    bool has_moved = r->more(t, r->more_user);
    uint32_t n = weft_tx(r->b->st, IP4_IF, w, BURST, t->now_ns);
    for (uint32_t k = 0; k < n; k++) {
        look(r, f, t_flat(f, sizeof(f), &w[k]));
        cookies[k] = w[k].cookie;
    }
    weft_tx_done(r->b->st, cookies, n);
    return has_moved || n > 0;
}

struct ip4 *ip4_on(struct bad *b)
{
    struct weft_if_config eth = {.name = "bad4", .kind = WEFT_IF_ETHER, .mtu = 65535};
    struct ip4 *r = calloc(1, sizeof(*r));
    struct weft_addr v = t_addr(IP_V), p = t_addr(IP_P), x = t_addr(IP_X);
    if (r == NULL)
        abort();
    r->b = b;
    memcpy(eth.mac, mac_v, 6);
    T_EQ(weft_if_add(b->st, &eth), IP4_IF);
    T_EQ(weft_addr_add(b->st, IP4_IF, &v, 24), 0);
    T_EQ(weft_neigh_set(b->st, IP4_IF, &p, mac_p), 0);
    T_EQ(weft_neigh_set(b->st, IP4_IF, &x, mac_x), 0);
    r->more = b->two->more;
    r->more_user = b->two->more_user;
    b->two->more = take_out;
    b->two->more_user = r;
    bad_honest(b);
    bad_run(b, 10 * MS);
    r->sent = 0;
    return r;
}

struct ip4 *ip4_new(void)
{
    return ip4_on(bad_usual());
}

void ip4_end(struct ip4 *r)
{
    bad_run(r->b, 31 * S);
    T_EQ(bad_usage(r->b).reasm, 0);
    bad_end(r->b);
    free(r);
}

size_t ip4_make(const struct ip4_pkt *p, uint8_t *f)
{
    uint32_t hdr = 20 + p->opts_n, total = hdr + p->data_n;
    uint8_t *ip = f + ETH;
    memcpy(f, mac_v, 6);
    if (p->is_broadcast)
        memset(f, 0xff, 6);
    memcpy(f + 6, p->src == IP_P ? mac_p : mac_x, 6);
    f[12] = 8;
    f[13] = 0;
    memset(ip, 0, 20);
    ip[0] = (uint8_t)(p->vihl != 0 ? (uint32_t)p->vihl : 0x40 | hdr / 4);
    ip[1] = p->tos;
    t_put16(ip + 2, p->total == 0 ? total : p->total < 0 ? 0 : (uint32_t)p->total);
    t_put16(ip + 4, p->id);
    t_put16(ip + 6, p->frag);
    ip[8] = p->ttl != 0 ? p->ttl : 64;
    ip[9] = p->proto;
    t_put32(ip + 12, p->src != 0 || p->is_any_src ? p->src : IP_X);
    t_put32(ip + 16, p->dst != 0 || p->is_any_dst ? p->dst : IP_V);
    if (p->opts_n > 0)
        memcpy(ip + 20, p->opts, p->opts_n);
    t_put_sum(ip + 10, ip, hdr, 0);
    if (p->data_n > 0)
        memcpy(ip + hdr, p->data, p->data_n);
    return ETH + total;
}

void ip4_push(struct ip4 *r, const uint8_t *f, size_t n)
{
    static struct weft_frame w;
    t_frame(&w, f, n);
    (void)t_rx(r->b->st, IP4_IF, &w, r->b->two->now_ns);
}

void ip4_send(struct ip4 *r, const struct ip4_pkt *p)
{
    static uint8_t f[IP_MAX];
    ip4_push(r, f, ip4_make(p, f));
}

void ip4_one(struct ip4 *r, const struct ip4_pkt *p, unsigned drop, unsigned replies)
{
    struct bad *b = r->b;
    uint64_t all = bad_drops(b, BAD_NO_DROP);
    uint64_t named = bad_drops(b, drop);
    unsigned sent = r->sent;
    ip4_send(r, p);
    T_EQ(bad_drops(b, BAD_NO_DROP) - all, drop != IP_HELD);
    T_EQ(bad_drops(b, drop) - named, drop != IP_HELD);
    bad_run(b, 1 * MS);
    T_EQ(r->sent - sent, replies);
}

void ip4_fragment(struct ip4 *r, uint16_t id, uint8_t proto, uint32_t off_mf, uint32_t n, int fill)
{
    static uint8_t data[IP_MAX];
    memset(data, fill, n);
    struct ip4_pkt p = {.id = id, .proto = proto, .data = data, .data_n = n};
    p.frag = (uint16_t)((off_mf & IP_MF) << 13 | (off_mf & ~7u) / 8);
    uint64_t all = bad_drops(r->b, BAD_NO_DROP);
    ip4_send(r, &p);
    T_CHECK(bad_drops(r->b, BAD_NO_DROP) - all <= 2); /* Itself, and the oldest that gave way. */
}

uint32_t ip4_udp(uint8_t *out, uint16_t dport, uint32_t n)
{
    memset(out, 0, 8 + n);
    out[1] = 7;
    t_put16(out + 2, dport);
    t_put16(out + 4, 8 + n);
    return 8 + n;
}

uint32_t ip4_syn(uint8_t out[20], uint32_t dst)
{
    uint8_t ends[8];
    memset(out, 0, 20);
    t_put16(out, 5000);
    t_put16(out + 2, TWO_PORT);
    t_put32(out + 4, 1);
    t_put16(out + 12, 0x5002);
    t_put16(out + 14, 5000);
    t_put32(ends, IP_X);
    t_put32(ends + 4, dst);
    t_put_sum(out + 16, out, 20, t_sum(ends, 8, 6 + 20));
    return 20;
}
