/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script codec - the judge's own bytes of IPv4, TCP, UDP, UDP-Lite and ICMP
 *
 * Written from RFC 791, 792, 768, 3828 and 9293 alone; it shares nothing with src/wire, so that a
 * mistake there is not repeated here. Everything the stack sends is also held to what no packet may
 * violate: correct lengths and checksums, reserved bits zero, options well formed.
 */
#include <string.h>

#include "script.h"

#define IP_HDR    20U
#define TCP_HDR   20U
#define UDP_HDR   8U
#define ICMP_HDR  8U
#define TTL_IN    64U
#define FRAG_MF   0x2000U
#define FRAG_DF   0x4000U
#define FRAG_MASK 0x1fffU

uint32_t wf_sx_be(const uint8_t *p, unsigned bytes)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

/* ---- checksums ---- */

static uint32_t sum(uint32_t start, const uint8_t *p, uint32_t n)
{
    uint64_t v = start;
    for (uint32_t i = 0; i < n; i++)
        v += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
    while (v >> 16 != 0)
        v = (v & 0xffff) + (v >> 16);
    return (uint32_t)v;
}

/* Sums are made with the address where the way ends (RFC 1122 4.1.3.3): the last of a source route
 * that is still being followed. */
static const uint8_t *last_hop(const uint8_t *opts, uint32_t n, const uint8_t *dst)
{
    for (uint32_t i = 0; i + 3 < n && opts[i] != 0; i += opts[i] == 1 ? 1 : opts[i + 1]) {
        if (opts[i] == 1)
            continue;
        uint32_t len = opts[i + 1];
        if (len < 2 || i + len > n)
            break;
        if ((opts[i] == 131 || opts[i] == 137) && len >= 7 && opts[i + 2] <= len)
            return opts + i + len - 4;
    }
    return dst;
}

static uint32_t pseudo_sum(const uint8_t src[4], const uint8_t dst[4], uint32_t proto, uint32_t len)
{
    uint8_t h[12];
    memcpy(h, src, 4);
    memcpy(h + 4, dst, 4);
    put16(h + 8, proto);
    put16(h + 10, len);
    return sum(0, h, sizeof(h));
}

static void set_csum(const struct sx_ip *ip, uint8_t *at, uint32_t total)
{
    uint32_t v = ~total & 0xffff;
    if (ip->has_bad_csum)
        v ^= 0x5555;
    put16(at, ip->has_zero_csum ? 0 : v);
}

/* ---- building ---- */

static uint32_t live_ts(const struct sx_flow *f, uint32_t script)
{
    for (uint32_t i = f->ts_n; i-- > 0;)
        if (f->ts[i % SX_TS_MAX].script == script)
            return f->ts[i % SX_TS_MAX].live;
    if (f->ts_n == 0 || script == 0)
        return script;
    /* A time the stack did not name: as far from the last one as the script says. */
    uint32_t last = (f->ts_n - 1) % SX_TS_MAX;
    return f->ts[last].live + (script - f->ts[last].script);
}

uint32_t wf_sx_script_ts(const struct sx_flow *f, uint32_t live)
{
    if (f->ts_n == 0)
        return live;
    uint32_t last = (f->ts_n - 1) % SX_TS_MAX;
    return f->ts[last].script + (live - f->ts[last].live);
}

/* "FO *": the cookie the stack sent last. */
static uint32_t build_last_cookie(const struct sx *s, uint8_t *out)
{
    out[1] = (uint8_t)(2 + s->fo_n);
    memcpy(out + 2, s->fo, s->fo_n);
    return out[1];
}

static uint32_t build_option(const struct sx *s, const struct sx_opt *o, const struct sx_flow *f,
                             uint8_t *out)
{
    if (o->is_raw) {
        memcpy(out, o->raw, o->raw_n);
        return o->raw_n;
    }
    out[0] = o->kind;
    switch (o->kind) {
    case 0:
    case 1:
        return 1;
    case 2:
        out[1] = 4;
        put16(out + 2, o->v[0]);
        return 4;
    case 3:
        out[1] = 3;
        out[2] = (uint8_t)o->v[0];
        return 3;
    case 4:
        out[1] = 2;
        return 2;
    case 5:
        out[1] = (uint8_t)(2 + 4 * o->n);
        for (uint32_t i = 0; i < o->n; i++)
            put32(out + 2 + (size_t)4 * i, o->v[i] + f->local_isn);
        return out[1];
    case 172:
    case 174:
        out[1] = (uint8_t)(2 + 3 * o->n);
        for (uint32_t i = 0; i < o->n; i++) {
            out[2 + 3 * i] = (uint8_t)(o->v[i] >> 16);
            put16(out + 3 + (size_t)3 * i, o->v[i]);
        }
        return out[1];
    case 34:
        return build_last_cookie(s, out);
    case 28:
        out[1] = 4;
        put16(out + 2, o->v[0]);
        return 4;
    default:
        out[1] = 10;
        put32(out + 2, o->v[0]);
        put32(out + 6, live_ts(f, o->v[1]));
        return 10;
    }
}

/* A packet that names its ports needs no connection. */
static const struct sx_flow *flow_or_none(const struct sx_flow *f)
{
    static const struct sx_flow none;
    return f != NULL ? f : &none;
}

static uint32_t build_tcp(const struct sx *s, const struct sx_packet *p, const struct sx_flow *f,
                          uint8_t *out)
{
    uint32_t hdr = TCP_HDR;
    f = flow_or_none(f);
    memset(out, 0, TCP_HDR);
    put16(out, p->ip.has_ports ? p->ip.sport : f->rport);
    put16(out + 2, p->ip.has_ports ? p->ip.dport : f->lport);
    put32(out + 4, p->seq + f->remote_isn);
    put32(out + 8, p->has_ack ? p->ack + f->local_isn : 0);
    for (uint32_t i = 0; i < p->opt_n && hdr < 60; i++)
        hdr += build_option(s, &p->opt[i], f, out + hdr);
    while (hdr % 4 != 0)
        out[hdr++] = 0;
    out[12] = (uint8_t)((p->ip.doff >= 0 ? (uint32_t)p->ip.doff : hdr / 4) << 4);
    out[12] |= (uint8_t)(p->flags >> 8);
    out[13] = (uint8_t)p->flags;
    put16(out + 14, p->has_win ? p->win : 65535);
    put16(out + 18, p->urg);
    uint32_t first = p->seq - f->remote_syn - ((p->flags & SX_SYN) != 0 ? 0 : 1);
    weft_pattern(SX_PATTERN_IN, first, out + hdr, p->len);
    return hdr + p->len;
}

static uint32_t build_udp(const struct sx_packet *p, const struct sx_flow *f, uint8_t *out)
{
    bool in = p->is_inbound;
    f = flow_or_none(f);
    put16(out, p->ip.has_ports ? p->ip.sport : in ? f->rport : f->lport);
    put16(out + 2, p->ip.has_ports ? p->ip.dport : in ? f->lport : f->rport);
    put16(out + 4, p->ip.doff >= 0 ? (uint32_t)p->ip.doff : p->has_cov ? p->cov : UDP_HDR + p->len);
    put16(out + 6, 0);
    weft_pattern(in ? SX_PATTERN_IN : SX_PATTERN_OUT, 0, out + UDP_HDR, p->len);
    return UDP_HDR + p->len;
}

/* What an error from the network quotes: the head of the packet the stack sent last. */
static uint32_t build_quote(const struct sx *s, const struct sx_packet *p, const struct sx_flow *f,
                            uint8_t *out)
{
    uint32_t n = s->last_out_n, want;
    if (n < IP_HDR)
        return 0;
    want = (uint32_t)(s->last_out[0] & 15) * 4 + (p->quote_len != 0 ? p->quote_len : 8);
    n = n < want ? n : want;
    memcpy(out, s->last_out, n);
    if (p->has_quote_seq && f != NULL)
        put32(out + (size_t)(s->last_out[0] & 15) * 4 + 4, p->quote_seq + f->local_isn);
    return n;
}

static uint32_t build_icmp(const struct sx *s, const struct sx_packet *p, const struct sx_flow *f,
                           uint8_t *out)
{
    bool is_error = p->type == 3 || p->type == 4 || p->type == 5 || p->type == 11 || p->type == 12;
    memset(out, 0, ICMP_HDR);
    out[0] = p->type;
    out[1] = p->code;
    if (is_error) {
        put16(out + 6, p->mtu);
        out[4] = (uint8_t)p->ptr;
    } else {
        put16(out + 4, p->icmp_id);
        put16(out + 6, p->icmp_seq);
    }
    uint32_t n = ICMP_HDR;
    if (is_error && p->is_inbound && p->len == 0)
        n += build_quote(s, p, f, out + n);
    weft_pattern(SX_PATTERN_ECHO, 0, out + n, p->len);
    n += p->len;
    set_csum(&p->ip, out + 2, sum(0, out, n));
    return n;
}

static void build_ip(const struct sx_ip *ip, uint32_t hdr, uint32_t proto, uint32_t total,
                     uint8_t *out)
{
    uint32_t frag = (ip->df == 1 ? FRAG_DF : 0) | (ip->mf == 1 ? FRAG_MF : 0);
    if (ip->frag_from > 0)
        frag |= (uint32_t)ip->frag_from / 8;
    if (ip->offset >= 0)
        frag |= (uint32_t)ip->offset / 8 & FRAG_MASK;
    out[0] = (uint8_t)((ip->version >= 0 ? ip->version : 4) << 4 |
                       (ip->ihl >= 0 ? ip->ihl & 15 : (int32_t)(hdr / 4)));
    out[1] = (uint8_t)(ip->tos >= 0 ? ip->tos : 0);
    put16(out + 2, ip->total >= 0 ? (uint32_t)ip->total : total);
    put16(out + 4, ip->id >= 0 ? (uint32_t)ip->id : 0);
    put16(out + 6, frag);
    out[8] = (uint8_t)(ip->ttl >= 0 ? ip->ttl : (int32_t)TTL_IN);
    out[9] = (uint8_t)(ip->proto >= 0 ? ip->proto : (int32_t)proto);
    put16(out + 10, 0);
    memset(out + IP_HDR, 0, hdr - IP_HDR);
    memcpy(out + IP_HDR, ip->opts, ip->opts_n);
    uint32_t v = ~sum(0, out, hdr) & 0xffff;
    put16(out + 10, ip->has_bad_ip_csum ? v ^ 0x5555 : v);
}

/* Cuts a fragment out of the datagram that was built. */
static uint32_t slice(struct sx_ip *ip, uint8_t *l4, uint32_t n)
{
    if (ip->frag_from < 0)
        return n;
    uint32_t from = (uint32_t)ip->frag_from, to = (uint32_t)ip->frag_to;
    if (from > n)
        from = n;
    if (to > n)
        to = n;
    if (ip->mf < 0)
        ip->mf = to < n ? 1 : 0;
    memmove(l4, l4 + from, to - from);
    return to - from;
}

static uint32_t build_l4(struct sx *s, const struct sx_packet *p, const struct sx_flow *f,
                         const uint8_t *addrs, uint8_t *l4, uint32_t *proto)
{
    uint32_t n;
    if (p->kind == SX_IGMP) {
        *proto = SX_PROTO_IGMP;
        n = wf_sx_igmp_build(p, l4);
        set_csum(&p->ip, l4 + 2, sum(0, l4, n));
        return n;
    }
    if (p->kind == SX_ICMP) {
        *proto = SX_PROTO_ICMP;
        return build_icmp(s, p, f, l4);
    }
    *proto = p->kind == SX_TCP ? SX_PROTO_TCP : p->is_lite ? SX_PROTO_LITE : SX_PROTO_UDP;
    n = p->kind == SX_TCP ? build_tcp(s, p, f, l4) : build_udp(p, f, l4);
    uint32_t covered = p->has_cov && p->cov != 0 && p->cov < n ? p->cov : n;
    const uint8_t *last = last_hop(p->ip.opts, p->ip.opts_n, addrs + 4);
    uint32_t v = sum(pseudo_sum(addrs, last, *proto, n), l4, covered);
    uint8_t *at = l4 + (p->kind == SX_TCP ? 16 : 6);
    set_csum(&p->ip, at, v);
    if (p->kind == SX_UDP && at[0] == 0 && at[1] == 0 && !p->ip.has_zero_csum)
        put16(at, 0xffff);
    return n;
}

uint32_t wf_sx_build(struct sx *s, const struct sx_packet *p, const struct sx_flow *flow,
                     uint8_t *out)
{
    static const uint8_t alert[4] = {0x94, 4, 0, 0};
    struct sx_ip ip = p->ip;
    if (p->kind == SX_IGMP) {
        if (!ip.has_no_alert && ip.opts_n == 0) {
            memcpy(ip.opts, alert, 4);
            ip.opts_n = 4;
        }
        ip.ttl = ip.ttl < 0 ? 1 : ip.ttl;
        ip.tos = ip.tos < 0 ? 0xc0 : ip.tos;
    }
    uint32_t hdr = IP_HDR + (ip.opts_n + 3) / 4 * 4, proto = 0;
    if (p->kind == SX_HEX)
        return wf_sx_parse_hex(p->hex, out, SX_PKT_MAX);
    if (p->len > 65535)
        return 0;
    const uint8_t *local = flow != NULL ? flow->lip : s->local_ip;
    const uint8_t *remote = flow != NULL ? flow->rip : s->remote_ip;
    memcpy(out + 12, ip.has_addrs ? ip.src : p->is_inbound ? remote : local, 4);
    memcpy(out + 16, ip.has_addrs ? ip.dst : p->is_inbound ? local : remote, 4);
    if (p->kind == SX_IGMP && !ip.has_addrs)
        memcpy(out + 16, p->igmp_dst, 4);
    uint32_t n = build_l4(s, p, flow, out + 12, out + hdr, &proto);
    if (ip.flip >= 0 && (uint32_t)ip.flip < n)
        out[hdr + (uint32_t)ip.flip] ^= 0x55;
    n = slice(&ip, out + hdr, n);
    if (hdr + n > 65535)
        return 0;
    build_ip(&ip, hdr, proto, hdr + n, out);
    return ip.cut >= 0 && (uint32_t)ip.cut < hdr + n ? (uint32_t)ip.cut : hdr + n;
}

/* ---- reading ---- */

bool wf_sx_opt_next(const struct sx_seen *p, uint32_t *at, uint8_t *kind, const uint8_t **data,
                    uint32_t *data_len)
{
    uint32_t end = p->hdr_len;
    uint32_t i = *at < TCP_HDR ? TCP_HDR : *at;
    if (i >= end)
        return false;
    *kind = p->l4[i];
    *data = p->l4 + i + 2;
    *data_len = 0;
    if (*kind <= 1) {
        *at = *kind == 0 ? end : i + 1;
        return true;
    }
    if (i + 1 >= end || p->l4[i + 1] < 2 || i + p->l4[i + 1] > end)
        return false;
    *data_len = p->l4[i + 1] - 2U;
    *at = i + p->l4[i + 1];
    return true;
}

static const char *options_fault(const struct sx_seen *p)
{
    uint32_t at = 0, n;
    uint8_t kind;
    const uint8_t *data;
    while (at < p->hdr_len) {
        uint32_t before = at < TCP_HDR ? TCP_HDR : at;
        if (!wf_sx_opt_next(p, &at, &kind, &data, &n))
            return before >= p->hdr_len ? NULL : "a malformed TCP option";
        for (uint32_t i = before; kind == 0 && i < p->hdr_len; i++)
            if (p->l4[i] != 0)
                return "octets after the end of the TCP options that are not zero";
    }
    return NULL;
}

static void read_tcp(struct sx_seen *p)
{
    if (p->l4_len < TCP_HDR) {
        p->fault = "a cut TCP header";
        return;
    }
    p->sport = (uint16_t)wf_sx_be(p->l4, 2);
    p->dport = (uint16_t)wf_sx_be(p->l4 + 2, 2);
    p->seq = wf_sx_be(p->l4 + 4, 4);
    p->ack = wf_sx_be(p->l4 + 8, 4);
    p->hdr_len = (uint32_t)(p->l4[12] >> 4) * 4;
    p->reserved = p->l4[12] & 14;
    p->flags = (uint16_t)(wf_sx_be(p->l4 + 12, 2) & 0x1ff);
    p->win = wf_sx_be(p->l4 + 14, 2);
    p->urg = wf_sx_be(p->l4 + 18, 2);
    if (p->hdr_len < TCP_HDR || p->hdr_len > p->l4_len) {
        p->hdr_len = TCP_HDR;
        p->fault = "a TCP data offset out of range";
        return;
    }
    p->payload = p->l4 + p->hdr_len;
    p->payload_len = p->l4_len - p->hdr_len;
    if (p->reserved != 0)
        p->fault = "reserved TCP header bits that are set";
    else if (sum(pseudo_sum(p->src, p->dst, SX_PROTO_TCP, p->l4_len), p->l4, p->l4_len) != 0xffff)
        p->fault = "a wrong TCP checksum";
    else if (p->fault == NULL)
        p->fault = options_fault(p);
}

/* Whether the sum over @cov octets of a datagram is right. */
static bool udp_sum_ok(const struct sx_seen *p, uint32_t proto, uint32_t cov)
{
    const uint8_t *last = last_hop(p->l4 - (p->ihl - IP_HDR), p->ihl - IP_HDR, p->dst);
    return sum(pseudo_sum(p->src, last, proto, p->l4_len), p->l4, cov) == 0xffff;
}

static void read_udp_ports(struct sx_seen *p)
{
    if (p->l4_len < UDP_HDR) {
        p->fault = "a cut UDP header";
        return;
    }
    p->sport = (uint16_t)wf_sx_be(p->l4, 2);
    p->dport = (uint16_t)wf_sx_be(p->l4 + 2, 2);
    p->hdr_len = UDP_HDR;
    p->payload = p->l4 + UDP_HDR;
    p->payload_len = p->l4_len - UDP_HDR;
}

static void read_udp(struct sx_seen *p)
{
    read_udp_ports(p);
    if (p->hdr_len == 0)
        return;
    if (wf_sx_be(p->l4 + 4, 2) != p->l4_len)
        p->fault = "a UDP length that is not that of the packet";
    else if (wf_sx_be(p->l4 + 6, 2) == 0)
        p->is_unsummed = true;
    else if (!udp_sum_ok(p, SX_PROTO_UDP, p->l4_len))
        p->fault = "a wrong UDP checksum";
}

static void read_lite(struct sx_seen *p)
{
    read_udp_ports(p);
    if (p->fault != NULL)
        return;
    uint32_t cov = wf_sx_be(p->l4 + 4, 2);
    if (cov == 0)
        cov = p->l4_len;
    if (cov < UDP_HDR || cov > p->l4_len)
        p->fault = "a UDP-Lite coverage that cannot be";
    else if (wf_sx_be(p->l4 + 6, 2) == 0)
        p->fault = "no UDP-Lite checksum";
    else if (!udp_sum_ok(p, SX_PROTO_LITE, cov))
        p->fault = "a wrong UDP-Lite checksum";
}

static void read_icmp(struct sx_seen *p)
{
    if (p->l4_len < ICMP_HDR) {
        p->fault = "a cut ICMP header";
        return;
    }
    p->hdr_len = ICMP_HDR;
    p->payload = p->l4 + ICMP_HDR;
    p->payload_len = p->l4_len - ICMP_HDR;
    if (sum(0, p->l4, p->l4_len) != 0xffff)
        p->fault = "a wrong ICMP checksum";
}

bool wf_sx_read(const uint8_t *bytes, uint32_t len, struct sx_seen *p)
{
    memset(p, 0, sizeof(*p));
    if (len < IP_HDR || bytes[0] >> 4 != 4)
        return false;
    p->ihl = (uint32_t)(bytes[0] & 15) * 4;
    p->tos = bytes[1];
    p->total = wf_sx_be(bytes + 2, 2);
    p->id = (uint16_t)wf_sx_be(bytes + 4, 2);
    p->frag = (uint16_t)wf_sx_be(bytes + 6, 2);
    p->ttl = bytes[8];
    p->proto = bytes[9];
    memcpy(p->src, bytes + 12, 4);
    memcpy(p->dst, bytes + 16, 4);
    if (p->ihl < IP_HDR || p->ihl > len)
        return false;
    p->l4 = bytes + p->ihl;
    p->l4_len = len - p->ihl;
    p->payload = p->l4;
    if (p->total != len)
        p->fault = "an IP total length that is not that of the packet";
    else if (sum(0, bytes, p->ihl) != 0xffff)
        p->fault = "a wrong IP header checksum";
    else if ((p->frag & 0x8000) != 0)
        p->fault = "the reserved IP flag set";
    else if (p->ttl == 0)
        p->fault = "TTL 0";
    if ((p->frag & (FRAG_MF | FRAG_MASK)) != 0) {
        p->payload_len = p->l4_len;
        return true;
    }
    if (p->proto == SX_PROTO_TCP)
        read_tcp(p);
    else if (p->proto == SX_PROTO_UDP)
        read_udp(p);
    else if (p->proto == SX_PROTO_LITE)
        read_lite(p);
    else if (p->proto == SX_PROTO_ICMP)
        read_icmp(p);
    else if (p->proto == SX_PROTO_IGMP && p->fault == NULL) {
        p->fault = wf_sx_igmp_fault(bytes, p->ihl, len);
        if (p->fault == NULL && sum(0, p->l4, p->l4_len) != 0xffff)
            p->fault = "a wrong IGMP checksum";
    }
    return true;
}
