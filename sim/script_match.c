/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script match - whether what the stack sent is what the line says
 *
 * Flags must be equal, PSH apart: a line that says P demands it, one that does not leaves it open,
 * because the standard never forbids it. Options must be the same ones with the same values; their
 * order and padding are free. What a line leaves out (win, options, TTL) is not compared.
 */
#include <stdio.h>
#include <string.h>

#include "script.h"

#define FRAG_MF   0x2000U
#define FRAG_DF   0x4000U
#define FRAG_MASK 0x1fffU

/* ---- flows ---- */

static uint8_t proto_of(const struct sx_packet *p)
{
    if (p->kind != SX_UDP)
        return SX_PROTO_TCP;
    return p->is_lite ? SX_PROTO_LITE : SX_PROTO_UDP;
}

static struct sx_flow *add_flow(struct sx *s, uint8_t proto)
{
    if (s->flows_n == SX_FLOWS_MAX)
        return NULL;
    struct sx_flow *f = &s->flow[s->flows_n++];
    memset(f, 0, sizeof(*f));
    f->proto = proto;
    memcpy(f->lip, s->local_ip, 4);
    memcpy(f->rip, s->remote_ip, 4);
    f->lport = s->bind_port;
    f->rport = s->remote_port;
    f->remote_isn = s->remote_isn;
    return f;
}

static struct sx_flow *first_flow(struct sx *s, uint8_t proto)
{
    for (uint32_t i = 0; i < s->flows_n; i++)
        if (s->flow[i].proto == proto)
            return &s->flow[i];
    return NULL;
}

/* The flow with these ends, as the line or the packet names them. */
static struct sx_flow *named_flow(struct sx *s, const struct sx_packet *p)
{
    const struct sx_ip *ip = &p->ip;
    bool in = p->is_inbound;
    uint16_t lport = in ? ip->dport : ip->sport, rport = in ? ip->sport : ip->dport;
    const uint8_t *lip = s->local_ip, *rip = s->remote_ip;
    if (ip->has_addrs) {
        lip = in ? ip->dst : ip->src;
        rip = in ? ip->src : ip->dst;
    }
    for (uint32_t i = 0; i < s->flows_n; i++) {
        struct sx_flow *f = &s->flow[i];
        if (f->proto == proto_of(p) && f->lport == lport && f->rport == rport &&
            memcmp(f->lip, lip, 4) == 0 && memcmp(f->rip, rip, 4) == 0)
            return f;
    }
    struct sx_flow *f = add_flow(s, proto_of(p));
    if (f == NULL)
        return NULL;
    f->lport = lport;
    f->rport = rport;
    memcpy(f->lip, lip, 4);
    memcpy(f->rip, rip, 4);
    return f;
}

struct sx_flow *wf_sx_flow_for(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen)
{
    if (p->ip.has_ports)
        return named_flow(s, p);
    struct sx_flow *f = first_flow(s, proto_of(p));
    if (f != NULL)
        return f;
    f = add_flow(s, proto_of(p));
    /* The stack chose its ends: this is the beginning of what it opened (fragments tell no ports).
     */
    if (f != NULL && seen != NULL && seen->hdr_len != 0) {
        memcpy(f->lip, seen->src, 4);
        memcpy(f->rip, seen->dst, 4);
        f->lport = seen->sport;
        f->rport = seen->dport;
    }
    return f;
}

/* ---- options ---- */

/** struct mismatch - Why a packet is not the one; empty = it is */
struct mismatch {
    char why[160];
};

static const struct sx_opt *find_opt(const struct sx_packet *p, uint8_t kind)
{
    for (uint32_t i = 0; i < p->opt_n; i++)
        if (p->opt[i].kind == kind)
            return &p->opt[i];
    return NULL;
}

/* A timestamp named for the first time stands for what the stack sent; later it must be equal, and
 * between two names as much time must lie as the script says. */
static bool is_ts_right(struct sx *s, struct sx_flow *f, uint32_t script, uint32_t live)
{
    uint32_t slack = (uint32_t)(s->tolerance_ns / 1000 / s->ts_tick_us) + 1;
    if (f->ts_n > 0) {
        uint32_t last = (f->ts_n - 1) % SX_TS_MAX;
        uint32_t want = f->ts[last].live + (script - f->ts[last].script);
        if (live - want + slack > 2 * slack)
            return false;
    }
    f->ts[f->ts_n % SX_TS_MAX].script = script;
    f->ts[f->ts_n++ % SX_TS_MAX].live = live;
    return true;
}

bool wf_sx_opt_right(struct sx *s, const struct sx_opt *want, const uint8_t *d, uint32_t n,
                     struct sx_flow *f)
{
    if (want->kind == 34) {
        s->fo_n = (uint8_t)(n < sizeof(s->fo) ? n : sizeof(s->fo));
        memcpy(s->fo, d, s->fo_n);
    }
    if (want->is_raw)
        return want->raw_n >= 2 && n == want->raw_n - 2U && memcmp(d, want->raw + 2, n) == 0;
    switch (want->kind) {
    case 2:
    case 28:
        return n == 2 && wf_sx_be(d, 2) == want->v[0];
    case 3:
        return n == 1 && d[0] == want->v[0];
    case 4:
        return n == 0;
    case 5:
        if (n != 4U * want->n)
            return false;
        for (uint32_t i = 0; i < want->n; i++)
            if (wf_sx_be(d + (size_t)4 * i, 4) - f->remote_isn != want->v[i])
                return false;
        return true;
    case 172:
    case 174:
        if (n != 3U * want->n)
            return false;
        for (uint32_t i = 0; i < want->n; i++)
            if (wf_sx_be(d + (size_t)3 * i, 3) != want->v[i])
                return false;
        return true;
    case 8:
        return n == 8 && (want->is_any[1] || wf_sx_be(d + 4, 4) == want->v[1]) &&
               (want->is_any[0] || is_ts_right(s, f, want->v[0], wf_sx_be(d, 4)));
    case 34:
        return n > 0;
    default:
        return true;
    }
}

static void match_options(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen,
                          struct sx_flow *f, struct mismatch *m)
{
    uint32_t at = 0, n, met = 0, wanted = 0;
    uint8_t kind;
    const uint8_t *d;
    if (!p->has_opts)
        return;
    for (uint32_t i = 0; i < p->opt_n; i++)
        wanted += p->opt[i].kind > 1;
    while (wf_sx_opt_next(seen, &at, &kind, &d, &n)) {
        if (kind <= 1)
            continue;
        const struct sx_opt *want = find_opt(p, kind);
        if (want != NULL && wf_sx_opt_right(s, want, d, n, f))
            met++;
        else if (want != NULL)
            (void)snprintf(m->why, sizeof(m->why), "the value of TCP option %u", kind);
        else if (!p->has_more_opts)
            (void)snprintf(m->why, sizeof(m->why), "TCP option %u is not expected", kind);
    }
    if (m->why[0] == '\0' && met != wanted)
        (void)snprintf(m->why, sizeof(m->why), "a TCP option is missing");
}

/* ---- headers ---- */

static void note(struct mismatch *m, const char *what, uint32_t want, uint32_t got)
{
    if (m->why[0] == '\0' && want != got)
        (void)snprintf(m->why, sizeof(m->why), "%s: expected %u, got %u", what, want, got);
}

static void match_ip(const struct sx_packet *p, const struct sx_seen *seen, struct mismatch *m)
{
    const struct sx_ip *ip = &p->ip;
    if (ip->ttl >= 0)
        note(m, "TTL", (uint32_t)ip->ttl, seen->ttl);
    if (ip->tos >= 0)
        note(m, "TOS", (uint32_t)ip->tos, seen->tos & (uint32_t)ip->tos_mask);
    if (ip->df >= 0)
        note(m, "Don't Fragment", (uint32_t)ip->df, (seen->frag & FRAG_DF) != 0);
    if (ip->mf >= 0)
        note(m, "More Fragments", (uint32_t)ip->mf, (seen->frag & FRAG_MF) != 0);
    if (ip->id >= 0)
        note(m, "Identification", (uint32_t)ip->id, seen->id);
    if (m->why[0] == '\0')
        (void)wf_sx_ip_opts_match(ip, seen->l4 - (seen->ihl - 20), seen->ihl - 20, m->why,
                                  sizeof(m->why));
    if (ip->has_addrs && (memcmp(ip->src, seen->src, 4) != 0 || memcmp(ip->dst, seen->dst, 4) != 0))
        (void)snprintf(m->why, sizeof(m->why), "the addresses");
}

static void match_ends(const struct sx_flow *f, const struct sx_seen *seen, struct mismatch *m)
{
    note(m, "source port", f->lport, seen->sport);
    note(m, "destination port", f->rport, seen->dport);
    note(m, "source address", wf_sx_be(f->lip, 4), wf_sx_be(seen->src, 4));
    note(m, "destination address", wf_sx_be(f->rip, 4), wf_sx_be(seen->dst, 4));
}

/* ---- TCP ---- */

/* A SYN tells the stack's initial number, the first time and after the peer's new SYN. */
static void learn_isn(struct sx_flow *f, const struct sx_packet *p, const struct sx_seen *seen)
{
    if ((seen->flags & p->flags & SX_SYN) == 0 || (f->has_local_isn && !f->may_relearn))
        return;
    f->local_isn = seen->seq - p->seq;
    f->local_syn = p->seq;
    f->has_local_isn = true;
    if (f->may_relearn)
        f->remote_syn = f->next_remote_syn;
    f->may_relearn = false;
    f->ts_n = 0;
}

static void match_payload(const struct sx_flow *f, const struct sx_packet *p,
                          const struct sx_seen *seen, struct mismatch *m)
{
    uint32_t first = p->seq - f->local_syn - ((p->flags & SX_SYN) != 0 ? 0 : 1);
    if (seen->payload_len == 1 && seen->payload[0] == 0 && (p->flags & SX_PSH) == 0)
        return; /* The octet of a probe is no part of the stream. */
    size_t good = weft_pattern_check(SX_PATTERN_OUT, first, seen->payload, seen->payload_len);
    if (m->why[0] == '\0' && good != seen->payload_len)
        (void)snprintf(m->why, sizeof(m->why), "the payload is wrong at its byte %zu", good);
}

static void match_tcp(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen,
                      struct mismatch *m)
{
    struct sx_flow *f = wf_sx_flow_for(s, p, seen);
    if (f == NULL)
        return;
    match_ends(f, seen, m);
    if (m->why[0] != '\0')
        return;
    learn_isn(f, p, seen);
    uint32_t ignored = (p->flags & SX_PSH) != 0 ? 0 : SX_PSH;
    note(m, "flags", p->flags & ~ignored, seen->flags & ~ignored);
    note(m, "sequence number", p->seq, seen->seq - f->local_isn);
    note(m, "payload bytes", p->len, seen->payload_len);
    if (p->has_ack)
        note(m, "acknowledgment", p->ack, seen->ack - f->remote_isn);
    if (p->has_win)
        note(m, "window", p->win, seen->win);
    if (p->has_urg)
        note(m, "urgent pointer", p->urg, seen->urg);
    match_payload(f, p, seen, m);
    if (m->why[0] == '\0')
        match_options(s, p, seen, f, m);
}

/* ---- UDP, ICMP, fragments: byte for byte what the judge would have sent ---- */

static void match_bytes(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen,
                        const struct sx_flow *f, struct mismatch *m)
{
    struct sx_packet want = *p;
    uint32_t n = wf_sx_build(s, &want, f, s->buf), hdr = 20 + (p->ip.opts_n + 3) / 4 * 4;
    if (n < hdr || n - hdr != seen->l4_len) {
        note(m, "bytes after the IP header", n < hdr ? 0 : n - hdr, seen->l4_len);
        return;
    }
    for (uint32_t i = 0; i < seen->l4_len; i++) {
        if (s->buf[hdr + i] != seen->l4[i]) {
            (void)snprintf(m->why, sizeof(m->why),
                           "byte %u after the IP header: expected %02x, got %02x", i,
                           s->buf[hdr + i], seen->l4[i]);
            return;
        }
    }
    if (p->ip.frag_from >= 0)
        note(m, "fragment offset", (uint32_t)p->ip.frag_from, (seen->frag & FRAG_MASK) * 8U);
}

/* The quote must be the beginning of a packet that was really sent to the stack; the fields that
 * a forwarding router changes (TTL, checksum) are left out. */
static bool is_quote_of_ours(const struct sx *s, const struct sx_seen *seen)
{
    for (uint32_t i = 0; i < SX_INJECTED && i < s->injected_n; i++) {
        const uint8_t *q = s->injected[i].bytes;
        uint32_t n = s->injected[i].n < seen->payload_len ? s->injected[i].n : seen->payload_len;
        uint32_t least = (uint32_t)(q[0] & 15) * 4 + 8;
        if (least > s->injected[i].total)
            least = s->injected[i].total;
        if (n >= least && n >= 20 && memcmp(q, seen->payload, 8) == 0 &&
            memcmp(q + 9, seen->payload + 9, 1) == 0 &&
            memcmp(q + 12, seen->payload + 12, n - 12) == 0)
            return true;
    }
    return false;
}

static void match_icmp(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen,
                       struct mismatch *m)
{
    if (seen->l4_len < 8)
        return;
    bool is_error = p->type == 3 || p->type == 5 || p->type == 11 || p->type == 12;
    if (p->ip.frag_from < 0) {
        note(m, "ICMP type", p->type, seen->l4[0]);
        note(m, "ICMP code", p->code, seen->l4[1]);
    }
    if (m->why[0] != '\0')
        return;
    if (!is_error) {
        match_bytes(s, p, seen, NULL, m);
        return;
    }
    if (p->has_mtu)
        note(m, "next-hop MTU", p->mtu, wf_sx_be(seen->l4 + 6, 2));
    if (p->has_ptr)
        note(m, "pointer", p->ptr, seen->l4[4]);
    if (m->why[0] == '\0' && !is_quote_of_ours(s, seen))
        (void)snprintf(m->why, sizeof(m->why), "it quotes no packet that was sent");
    if (m->why[0] == '\0' && seen->total > 576)
        (void)snprintf(m->why, sizeof(m->why), "an ICMP error of more than 576 bytes");
}

static uint8_t wanted_proto(const struct sx_packet *p)
{
    if (p->kind == SX_IGMP)
        return SX_PROTO_IGMP;
    return p->kind == SX_ICMP ? SX_PROTO_ICMP : proto_of(p);
}

bool wf_sx_match(struct sx *s, const struct sx_packet *p, const uint8_t *bytes, uint32_t len)
{
    struct mismatch m = {{0}};
    struct sx_seen seen;
    char text[256];
    if (p->kind == SX_ARP)
        return wf_sx_match_arp(s, p, bytes, len);
    if (!wf_sx_read(bytes, len, &seen)) {
        wf_sx_describe(s, bytes, len, false, text, sizeof(text));
        wf_sx_fail(s, text, "the stack sent no IPv4 packet");
        return false;
    }
    note(&m, "protocol", wanted_proto(p), seen.proto);
    match_ip(p, &seen, &m);
    if (m.why[0] == '\0' && s->is_ether)
        (void)wf_sx_match_frame(s, p, m.why);
    bool is_fragment = (seen.frag & (FRAG_MF | FRAG_MASK)) != 0;
    if (m.why[0] == '\0' && is_fragment != (p->ip.frag_from >= 0))
        (void)snprintf(m.why, sizeof(m.why), is_fragment ? "it is a fragment" : "it is whole");
    if (m.why[0] == '\0') {
        if (p->kind == SX_TCP)
            match_tcp(s, p, &seen, &m);
        else if (p->kind == SX_ICMP)
            match_icmp(s, p, &seen, &m);
        else if (p->kind == SX_IGMP)
            wf_sx_igmp_match(p, &seen, m.why, sizeof(m.why));
        else
            match_bytes(s, p, &seen, wf_sx_flow_for(s, p, &seen), &m);
    }
    if (m.why[0] != '\0') {
        wf_sx_describe(s, bytes, len, false, text, sizeof(text)); /* Now that numbers are known. */
        wf_sx_diff(s, p, &seen);
        wf_sx_fail(s, text, "%s", m.why);
    }
    return m.why[0] == '\0';
}
