/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "ladder.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* What is known of one direction of a connection; NULL if there is no room to remember it. Sequence
 * numbers are told from its start, which its SYN (or first packet) sets. */
static struct lab_isn *direction_of(struct lab_rungs *l, const struct lab_frame *f,
                                    bool is_other_way)
{
    const uint8_t *src = is_other_way ? f->dst : f->src, *dst = is_other_way ? f->src : f->dst;
    uint16_t sport = is_other_way ? f->dport : f->sport, dport = is_other_way ? f->sport : f->dport;
    bool is_syn = !is_other_way && (f->tcp_flags & SYN) != 0;
    struct lab_isn *s = NULL;
    for (size_t i = 0; i < l->isns_n && s == NULL; i++) {
        struct lab_isn *d = &l->isns[i];
        if (memcmp(d->src, src, 4) == 0 && memcmp(d->dst, dst, 4) == 0 && d->sport == sport &&
            d->dport == dport)
            s = d;
    }
    bool is_new = s == NULL;
    if (is_new && l->isns_n == LAB_ISNS_MAX)
        return NULL;
    if (is_new) {
        s = &l->isns[l->isns_n++];
        memcpy(s->src, src, 4);
        memcpy(s->dst, dst, 4);
        s->sport = sport;
        s->dport = dport;
        s->wscale = -1;
    }
    if (is_syn)
        s->wscale = f->wscale;
    if (is_syn || is_new)
        s->isn = is_other_way ? f->ack - 1 : f->seq - (is_syn ? 0 : 1);
    return s;
}

static uint32_t start_of(struct lab_rungs *l, const struct lab_frame *f, bool is_other_way)
{
    const struct lab_isn *s = direction_of(l, f, is_other_way);
    return s != NULL ? s->isn : is_other_way ? f->ack - 1 : f->seq - 1;
}

/* The window in bytes: shifted, once both SYNs have offered that. */
static uint32_t window_of(struct lab_rungs *l, const struct lab_frame *f)
{
    const struct lab_isn *there = direction_of(l, f, false);
    int shift = there != NULL ? there->wscale : -1;
    if ((f->tcp_flags & ACK) == 0 || shift < 0)
        return f->wnd;
    const struct lab_isn *back = direction_of(l, f, true);
    return back != NULL && back->wscale >= 0 ? (uint32_t)f->wnd << shift : f->wnd;
}

static int tcp_label(struct lab_rungs *l, const struct lab_frame *f, char *buf, size_t cap)
{
    static const char *const names[] = {"",    "FIN",     "SYN",     "SYN FIN",
                                        "RST", "RST FIN", "RST SYN", "RST SYN FIN"};
    const char *flags = names[f->tcp_flags & 7];
    uint32_t seq = f->seq - start_of(l, f, false);
    char ack[32] = "", sack[24] = "";
    bool has_ack = (f->tcp_flags & ACK) != 0;
    if (has_ack)
        (void)snprintf(ack, sizeof(ack), "%sack %" PRIu32, *flags != '\0' ? ", " : "",
                       f->ack - start_of(l, f, true));
    if (f->sacks != 0)
        (void)snprintf(sack, sizeof(sack), ", %u sack", f->sacks);
    if (f->payload != 0)
        return snprintf(buf, cap, "%s%sdata %" PRIu32 "..%" PRIu32 " (%" PRIu32 ")%s", flags,
                        *flags != '\0' ? " " : "", seq, seq + f->payload, f->payload, sack);
    if ((f->tcp_flags & SYN) != 0)
        return snprintf(buf, cap, "%s seq %" PRIu32 "%s, win %u", flags, seq, ack, f->wnd);
    if (*flags != '\0')
        return snprintf(buf, cap, "%s seq %" PRIu32 "%s%s", flags, seq, ack, sack);
    return snprintf(buf, cap, "%s%s, win %" PRIu32, ack, sack, window_of(l, f));
}

static int icmp_label(const struct lab_frame *f, char *buf, size_t cap)
{
    switch (f->icmp_type) {
    case 0:
        return snprintf(buf, cap, "echo reply %u", f->icmp_seq);
    case 8:
        return snprintf(buf, cap, "echo request %u, ttl %u", f->icmp_seq, f->ttl);
    case 3:
        return snprintf(buf, cap, "%s",
                        f->icmp_code == 3   ? "port unreachable"
                        : f->icmp_code == 4 ? "fragmentation needed"
                        : f->icmp_code == 1 ? "host unreachable"
                                            : "destination unreachable");
    case 11:
        return snprintf(buf, cap, "%s",
                        f->icmp_code == 0 ? "time exceeded" : "reassembly time out");
    default:
        return snprintf(buf, cap, "icmp type %u code %u", f->icmp_type, f->icmp_code);
    }
}

static int fragment_label(const struct lab_frame *f, char *buf, size_t cap)
{
    static const char *const names[] = {"ip", "arp", "icmp", "udp", "tcp"};
    return snprintf(buf, cap, "%s fragment %u..%u%s", names[f->protocol], f->frag_offset,
                    f->frag_offset + f->ip_bytes, f->has_more ? ", more" : ", last");
}

static int label(struct lab_rungs *l, const struct lab_frame *f, char *buf, size_t cap)
{
    if (f->has_more || f->frag_offset != 0)
        return fragment_label(f, buf, cap);
    switch (f->protocol) {
    case LAB_PROTO_ARP:
        if (memcmp(f->src, f->dst, 4) == 0)
            return snprintf(buf, cap, "announces %u.%u.%u.%u", f->src[0], f->src[1], f->src[2],
                            f->src[3]);
        if (f->arp_op == 1)
            return snprintf(buf, cap, "who has %u.%u.%u.%u?", f->dst[0], f->dst[1], f->dst[2],
                            f->dst[3]);
        return snprintf(buf, cap, "%u.%u.%u.%u is here", f->src[0], f->src[1], f->src[2],
                        f->src[3]);
    case LAB_PROTO_ICMP:
        return icmp_label(f, buf, cap);
    case LAB_PROTO_UDP:
        return snprintf(buf, cap, "udp %u to %u, %u bytes, ttl %u", f->sport, f->dport,
                        f->udp_len >= 8 ? f->udp_len - 8U : 0U, f->ttl);
    case LAB_PROTO_TCP:
        return tcp_label(l, f, buf, cap);
    case LAB_PROTO_OTHER:
        break;
    }
    return snprintf(buf, cap, "ip, %u bytes", f->ip_bytes);
}

bool wf_ladder_label(struct lab_rungs *l, const uint8_t *frame, size_t len, char *buf, size_t cap)
{
    struct lab_frame f;
    wf_frame_read(&f, frame, len);
    if (l->spec->protocol != 0 && l->spec->protocol != (int)f.protocol)
        return false;
    bool is_later_fragment = f.frag_offset != 0;
    if (l->spec->port != 0 && !is_later_fragment && f.sport != l->spec->port &&
        f.dport != l->spec->port)
        return false;
    (void)label(l, &f, buf, cap);
    return true;
}
