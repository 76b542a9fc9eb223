/* SPDX-License-Identifier: MIT */
/** DOC: sim script text - a packet in one line, in the numbers of the script */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "script.h"

#define ICMP_HDR  8U
#define FRAG_MF   0x2000U
#define FRAG_MASK 0x1fffU

/** struct text - A line being written */
struct text {
    char *p;
    size_t n, cap;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *format, ...)
{
    va_list ap;
    if (t->n + 1 >= t->cap)
        return;
    va_start(ap, format);
    int n = vsnprintf(t->p + t->n, t->cap - t->n, format, ap);
    va_end(ap);
    t->n += n < 0 ? 0 : (size_t)n;
    if (t->n >= t->cap)
        t->n = t->cap - 1;
}

static const struct sx_flow *find_flow(const struct sx *s, const struct sx_seen *p, bool is_inbound)
{
    for (uint32_t i = 0; i < s->flows_n; i++) {
        const struct sx_flow *f = &s->flow[i];
        if (f->proto == p->proto && f->lport == (is_inbound ? p->dport : p->sport) &&
            f->rport == (is_inbound ? p->sport : p->dport))
            return f;
    }
    return NULL;
}

static void add_options(struct text *t, const struct sx_seen *p, const struct sx_flow *f,
                        bool is_inbound)
{
    uint32_t at = 0, n;
    uint8_t kind;
    const uint8_t *d;
    const char *sep = " <";
    uint32_t isn = f == NULL ? 0 : is_inbound ? f->local_isn : f->remote_isn;
    while (wf_sx_opt_next(p, &at, &kind, &d, &n)) {
        add(t, "%s", sep);
        sep = ",";
        if (kind == 0)
            add(t, "eol");
        else if (kind == 1)
            add(t, "nop");
        else if (kind == 2 && n == 2)
            add(t, "mss %u", wf_sx_be(d, 2));
        else if (kind == 3 && n == 1)
            add(t, "wscale %u", d[0]);
        else if (kind == 4)
            add(t, "sackOK");
        else if (kind == 8 && n == 8)
            add(t, "TS val %u ecr %u", wf_sx_be(d, 4), wf_sx_be(d + 4, 4));
        else if (kind == 5)
            for (uint32_t i = 0; i + 8 <= n; i += 8)
                add(t, "%s%u:%u", i == 0 ? "sack " : " ", wf_sx_be(d + i, 4) - isn,
                    wf_sx_be(d + i + 4, 4) - isn);
        else if (kind == 172 || kind == 174) {
            add(t, "ECN");
            for (uint32_t i = 0; i + 3 <= n; i += 3)
                add(t, " %s %u",
                    i == 3                      ? "ceb"
                    : (kind == 172) == (i == 0) ? "e0b"
                                                : "e1b",
                    wf_sx_be(d + i, 3));
        } else if (kind == 34) {
            for (uint32_t i = 0; i == 0 || i < n; i++)
                add(t, n == 0 ? "FO" : i == 0 ? "FO %02x" : "%02x", n == 0 ? 0 : d[i]);
        } else
            add(t, "option %u", kind);
    }
    if (at != 0)
        add(t, ">");
}

static void add_tcp(struct text *t, const struct sx *s, const struct sx_seen *p, bool is_inbound)
{
    static const char letters[] = "FSRP.UEWA";
    const struct sx_flow *f = find_flow(s, p, is_inbound);
    uint32_t seq_isn = f == NULL ? 0 : is_inbound ? f->remote_isn : f->local_isn;
    uint32_t ack_isn = f == NULL ? 0 : is_inbound ? f->local_isn : f->remote_isn;
    if (f == NULL || f != &s->flow[0])
        add(t, " %u > %u", p->sport, p->dport);
    add(t, " ");
    for (unsigned i = 0; i < 9; i++)
        if ((p->flags & 1U << i) != 0)
            add(t, "%c", letters[i]);
    uint32_t seq = p->seq - seq_isn;
    add(t, " %u:%u(%u)", seq, seq + p->payload_len, p->payload_len);
    if ((p->flags & SX_ACK) != 0)
        add(t, " ack %u", p->ack - ack_isn);
    add(t, " win %u", p->win);
    if ((p->flags & SX_URG) != 0)
        add(t, " urg %u", p->urg);
    add_options(t, p, f, is_inbound);
}

void wf_sx_describe(const struct sx *s, const uint8_t *bytes, uint32_t len, bool is_inbound,
                    char *out, /* NOLINT(readability-non-const-parameter) */ size_t cap)
{
    struct text t = {out, 0, cap};
    struct sx_seen p;
    uint64_t us = (s->shown_ns - s->base_ns) / 1000;
    add(&t, "%llu.%06llu %s", (unsigned long long)(us / 1000000),
        (unsigned long long)(us % 1000000), is_inbound ? "<" : ">");
    if (wf_sx_is_arp(s, bytes, len)) {
        wf_sx_describe_arp(bytes, len, out + t.n, cap - t.n);
        return;
    }
    if (!wf_sx_read(bytes, len, &p)) {
        add(&t, " %u bytes that are no IPv4 packet", len);
        return;
    }
    if (memcmp(p.src, is_inbound ? s->remote_ip : s->local_ip, 4) != 0 ||
        memcmp(p.dst, is_inbound ? s->local_ip : s->remote_ip, 4) != 0)
        add(&t, " %u.%u.%u.%u > %u.%u.%u.%u", p.src[0], p.src[1], p.src[2], p.src[3], p.dst[0],
            p.dst[1], p.dst[2], p.dst[3]);
    if ((p.frag & (FRAG_MF | FRAG_MASK)) != 0)
        add(&t, " protocol %u fragment %u-%u%s", p.proto, (p.frag & FRAG_MASK) * 8U,
            (p.frag & FRAG_MASK) * 8U + p.l4_len, (p.frag & FRAG_MF) != 0 ? " mf" : "");
    else if (p.proto == SX_PROTO_TCP)
        add_tcp(&t, s, &p, is_inbound);
    else if (p.proto == SX_PROTO_UDP)
        add(&t, " %u > %u udp (%u)", p.sport, p.dport, p.payload_len);
    else if (p.proto == SX_PROTO_LITE && p.l4_len >= 8)
        add(&t, " %u > %u udplite (%u) cov %u", p.sport, p.dport, p.payload_len,
            wf_sx_be(p.l4 + 4, 2));
    else if (p.proto == SX_PROTO_ICMP && p.l4_len >= ICMP_HDR)
        add(&t, " icmp type %u code %u (%u)", p.l4[0], p.l4[1], p.payload_len);
    else
        add(&t, " protocol %u (%u)", p.proto, p.l4_len);
    if (p.fault != NULL)
        add(&t, " [%s]", p.fault);
}
