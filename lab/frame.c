/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <string.h>

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}

size_t wf_frame_copy(const struct weft_frame *f, uint8_t *buf, size_t cap)
{
    size_t n = 0;
    for (uint16_t i = 0; i < f->iov_n && n < cap; i++) {
        size_t some = f->iov[i].len < cap - n ? f->iov[i].len : cap - n;
        memcpy(buf + n, f->iov[i].base, some);
        n += some;
    }
    return n;
}

/* What labels say of options: SACK blocks, and the shift that a SYN offers. */
static void read_options(struct lab_frame *f, const uint8_t *opt, size_t len)
{
    bool is_syn = (f->tcp_flags & 2) != 0;
    for (size_t i = 0; i + 1 < len && opt[i] != 0;) {
        size_t n = opt[i] == 1 ? 1 : opt[i + 1];
        if (n == 0 || (n == 1 && opt[i] != 1))
            break;
        if (opt[i] == 5)
            f->sacks = (unsigned)(n - 2) / 8;
        if (opt[i] == 3 && n == 3 && i + 2 < len && is_syn) /* More than 14 is 14 (RFC 7323 2.3). */
            f->wscale = opt[i + 2] > 14 ? 14 : opt[i + 2];
        i += n;
    }
}

static void read_tcp(struct lab_frame *f, const uint8_t *p, size_t len)
{
    if (len < 20)
        return;
    size_t hdr = (size_t)(p[12] >> 4) * 4;
    f->sport = be16(p);
    f->dport = be16(p + 2);
    f->seq = be32(p + 4);
    f->ack = be32(p + 8);
    f->tcp_flags = p[13];
    f->wnd = be16(p + 14);
    f->payload = f->ip_bytes > hdr ? (uint32_t)(f->ip_bytes - hdr) : 0;
    if (hdr > 20 && hdr <= len)
        read_options(f, p + 20, hdr - 20);
}

static void read_icmp(struct lab_frame *f, const uint8_t *p, size_t len)
{
    if (len < 8)
        return;
    f->icmp_type = p[0];
    f->icmp_code = p[1];
    f->icmp_id = be16(p + 4);
    f->icmp_seq = be16(p + 6);
}

static void read_ip4(struct lab_frame *f, const uint8_t *p, size_t len)
{
    size_t hdr = len >= 20 ? (size_t)(p[0] & 15) * 4 : 0;
    if (hdr < 20 || hdr > len || be16(p + 2) < hdr)
        return;
    memcpy(f->src, p + 12, 4);
    memcpy(f->dst, p + 16, 4);
    f->ip_bytes = (uint16_t)(be16(p + 2) - hdr);
    f->ident = be16(p + 4);
    f->frag_offset = (uint16_t)((be16(p + 6) & 0x1fff) * 8);
    f->has_more = (be16(p + 6) & 0x2000) != 0;
    f->ttl = p[8];
    size_t left = len - hdr;
    const uint8_t *body = p + hdr;
    f->protocol = p[9] == 1    ? LAB_PROTO_ICMP
                  : p[9] == 6  ? LAB_PROTO_TCP
                  : p[9] == 17 ? LAB_PROTO_UDP
                               : LAB_PROTO_OTHER;
    if (f->frag_offset != 0)
        return;
    if (f->protocol == LAB_PROTO_ICMP) {
        read_icmp(f, body, left);
    } else if (f->protocol == LAB_PROTO_TCP) {
        read_tcp(f, body, left);
    } else if (f->protocol == LAB_PROTO_UDP && left >= 8) {
        f->sport = be16(body);
        f->dport = be16(body + 2);
        f->udp_len = be16(body + 4);
    }
}

void wf_frame_read(struct lab_frame *f, const uint8_t *bytes, size_t len)
{
    memset(f, 0, sizeof(*f));
    f->wscale = -1;
    if (len < 14)
        return;
    uint16_t type = be16(bytes + 12);
    if (type == 0x0806 && len >= 42) {
        f->protocol = LAB_PROTO_ARP;
        f->arp_op = be16(bytes + 20);
        memcpy(f->src, bytes + 28, 4);
        memcpy(f->dst, bytes + 38, 4);
    } else if (type == 0x0800) {
        read_ip4(f, bytes + 14, len - 14);
    }
}
