/* SPDX-License-Identifier: MIT */
/**
 * DOC: live_peer - the other side of the wire
 *
 * It builds frames of any kind, right except where the program says otherwise, and it judges what
 * the stack emits: lengths agree, checksums are right, a segment is one that its RFCs allow.
 */
#include "live.h"

#define STACK4      0x0a000001u /* 10.0.0.1 on Ethernet, */
#define STACK4_L3   0x0a010001u /* 10.1.0.1 on layer 3. */
#define FAR4        0xc0000201u /* 192.0.2.1, behind the peer. */
#define PEER_PORT   1000u
#define PAYLOAD_MAX 1600u

static const uint8_t stack_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 2};

uint32_t live_near(struct live *l, uint32_t base)
{
    static const uint32_t scale[] = {1, 1, 100, 536, 1448, 8192, 65536, 0x08000000};
    uint8_t how = live_byte(l);
    int32_t by = (int8_t)live_byte(l);
    return base + (uint32_t)by * scale[how & 7];
}

/* ---- building ---- */

void live_put_bytes(uint8_t *to, uint32_t n, uint8_t from)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] = (uint8_t)(from + i);
}

static uint32_t link_bytes(uint16_t ifindex)
{
    return ifindex == LIVE_ETH ? ETH_HDR_BYTES : 0;
}

void live_start(struct live *l, struct live_dgram *d, uint16_t ifindex, uint32_t src, uint32_t dst,
                uint8_t proto)
{
    memset(&d->h, 0, sizeof(d->h));
    d->h.hdr_bytes = IP4_HDR_BYTES;
    d->h.ttl = 64;
    d->h.proto = proto;
    d->h.id = l->ip_id++;
    d->h.opts = d->opts;
    wf_st32be(d->h.src.b, src);
    wf_st32be(d->h.dst.b, dst);
    d->l4 = d->len = link_bytes(ifindex) + IP4_HDR_BYTES;
}

void live_finish(struct live_dgram *d, uint16_t ifindex)
{
    uint32_t l3 = link_bytes(ifindex), body = d->len - d->l4;
    if (d->h.opts_bytes > 0) {
        memmove(d->b + d->l4 + d->h.opts_bytes, d->b + d->l4, body);
        d->l4 += d->h.opts_bytes;
        d->len += d->h.opts_bytes;
    }
    d->h.hdr_bytes = (uint8_t)(IP4_HDR_BYTES + d->h.opts_bytes);
    d->h.total_bytes = (uint16_t)(d->len - l3);
    if (ifindex == LIVE_ETH) {
        struct eth_hdr e = {.type = ETHERTYPE_IP4};
        memcpy(e.dst, stack_mac, 6);
        memcpy(e.src, peer_mac, 6);
        wf_eth_emit(d->b, &e);
    }
    wf_ip4_emit(d->b + l3, &d->h);
}

void live_distort_ip(struct live *l, struct live_dgram *d)
{
    uint8_t how = live_byte(l);
    if ((how & 1) != 0)
        d->h.ttl = live_byte(l);
    if ((how & 2) != 0)
        d->h.df = true;
    if ((how & 4) != 0)
        wf_st32be(d->h.dst.b, (uint32_t)live_word(l) << 16 | live_word(l));
    if ((how & 8) != 0)
        wf_st32be(d->h.src.b, (uint32_t)live_word(l) << 16 | live_word(l));
    if ((how & 16) != 0) {
        d->h.opts_bytes = (uint8_t)((live_byte(l) % 10 + 1) * 4);
        for (uint32_t i = 0; i < d->h.opts_bytes; i++)
            d->opts[i] = live_byte(l);
    }
    if ((how & 32) != 0)
        d->h.tos = live_byte(l);
}

void live_send_dgram(struct live *l, struct live_dgram *d, uint16_t ifindex, uint32_t cuts)
{
    struct live_frames fs = {.n = 0};
    live_finish(d, ifindex);
    live_add_frame(l, &fs, d->b, d->len, cuts);
    live_inject(l, ifindex, &fs);
}

void live_mend_sum(struct live_dgram *d, uint32_t at, bool is_pseudo)
{
    uint32_t n = d->len - d->l4;
    uint16_t sum = 0;
    wf_st16be(d->b + d->l4 + at, 0);
    if (is_pseudo)
        sum = wf_ip4_pseudo_sum(d->h.src, d->h.dst, d->h.proto, n);
    sum = wf_csum_add(sum, wf_csum_scalar(d->b + d->l4, n));
    wf_st16be(d->b + d->l4 + at, wf_csum_finish(sum));
}

/* ---- reading what the stack emits ---- */

static struct live_flow *find_flow(struct live *l, uint16_t port, uint16_t peer_port,
                                   uint32_t peer_addr)
{
    for (uint32_t i = 0; i < LIVE_FLOWS; i++) {
        struct live_flow *f = &l->flow[i];
        if (f->is_used && f->port == port && f->peer_port == peer_port && f->peer_addr == peer_addr)
            return f;
    }
    return NULL;
}

static struct live_flow *new_flow(struct live *l, uint16_t ifindex, uint16_t port,
                                  uint16_t peer_port, uint32_t peer_addr)
{
    struct live_flow *f = &l->flow[l->flow_next++ % LIVE_FLOWS];
    *f = (struct live_flow){.ifindex = ifindex,
                            .port = port,
                            .peer_port = peer_port,
                            .addr = ifindex == LIVE_ETH ? STACK4 : STACK4_L3,
                            .peer_addr = peer_addr,
                            .isn = 0xfffffff0u + l->flow_next,
                            .mss_max = 536,
                            .is_used = true};
    f->rcv_nxt = f->isn;
    return f;
}

struct live_flow *live_pick_flow(struct live *l, uint8_t b)
{
    uint16_t ifindex = (b & 8) != 0 ? LIVE_L3 : LIVE_ETH;
    uint32_t peer = ifindex == LIVE_ETH ? LIVE_PEER4 : LIVE_PEER4_L3;
    uint16_t port = (uint16_t)(LIVE_PORT + (b >> 4 & 3));
    if ((b & 0x80) != 0) /* A new one, however many there are. */
        return new_flow(l, ifindex, port, (uint16_t)(PEER_PORT + l->flow_next), peer);
    if (l->flow[b & 7].is_used)
        return &l->flow[b & 7];
    return l->flow[0].is_used ? &l->flow[0] : new_flow(l, ifindex, port, PEER_PORT, peer);
}

/*
 * What no segment of the stack may be: ECT where RFC 3168 6.1 forbids it, data on a SYN that brings
 * no cookie (RFC 7413), urgent though nothing was, longer than the peer can take.
 */
static void judge_tcp(const struct live *l, const struct live_flow *f, const struct ip4_hdr *ip,
                      const struct tcp_hdr *h, uint32_t data)
{
    bool is_syn = (h->flags & TCP_SYN) != 0;
    bool is_again = f->has_sent && (int32_t)(h->seq.v + data - f->sent) <= 0;
    /* A probe of one octet is not the last time that this octet is sent. */
    if (is_syn || data == 0 || (is_again && data > 1))
        FUZZ_CHECK((ip->tos & 3) == 0);
    FUZZ_CHECK((ip->tos & 3) != 1 && (ip->tos & 3) != 3);
    FUZZ_CHECK(!is_syn || data == 0 || h->opt.fo_n > TCP_FO_REQUEST);
    FUZZ_CHECK((h->flags & TCP_URG) == 0 || l->has_urgent);
}

static void learn_options(struct live_flow *f, const struct tcp_opts *o)
{
    if (o->has_ts) {
        f->has_ts = true;
        f->ts_val = o->ts_val;
    }
    if (o->fo_n > TCP_FO_REQUEST) {
        f->fo_n = o->fo_n;
        memcpy(f->fo, o->fo, o->fo_n);
    }
}

static void learn_tcp(struct live *l, const struct weft_frame *frame, uint16_t ifindex,
                      const struct ip4_hdr *ip, const uint8_t *b, uint32_t len)
{
    struct tcp_hdr h;
    FUZZ_CHECK(wf_tcp_parse(&h, b, len) == TCP_HDR_OK);
    uint32_t data = len - h.hdr_bytes;
    uint32_t peer = wf_ld32be(ip->dst.b), end = h.seq.v + data;
    struct live_flow *f = find_flow(l, h.sport, h.dport, peer);
    if (f == NULL && (h.flags & (TCP_SYN | TCP_RST)) == TCP_SYN) {
        f = new_flow(l, ifindex, h.sport, h.dport, peer);
        if ((h.flags & TCP_ACK) != 0) /* The answer to what was forgotten here. */
            f->mss_max = UINT16_MAX;
    }
    if (f == NULL)
        return;
    judge_tcp(l, f, ip, &h, data);
    uint32_t piece = frame->gso_type != WEFT_GSO_NONE ? frame->gso_size : data;
    FUZZ_CHECK((h.flags & TCP_SYN) != 0 || piece <= f->mss_max);
    if ((h.flags & TCP_SYN) != 0)
        f->has_sent = false;
    else if (data > 0 && (!f->has_sent || (int32_t)(end - f->sent) > 0)) {
        f->sent = end;
        f->has_sent = true;
    }
    end += ((h.flags & TCP_SYN) != 0 ? 1u : 0u) + ((h.flags & TCP_FIN) != 0 ? 1u : 0u);
    f->addr = wf_ld32be(ip->src.b);
    f->una = h.seq.v;
    if (!f->has_seen || (int32_t)(end - f->snd_nxt) > 0 || (h.flags & TCP_SYN) != 0)
        f->snd_nxt = end;
    f->has_seen = true;
    if ((h.flags & TCP_ACK) != 0) {
        f->rcv_nxt = h.ack.v;
        f->has_ack = true;
    }
    learn_options(f, &h.opt);
    if (l->talk != NULL && l->talk->flow == f && end != h.seq.v)
        live_talk_take(l, l->talk,
                       &(struct live_packet){.seq = h.seq.v,
                                             .end = end,
                                             .ts_val = h.opt.ts_val,
                                             .flags = h.flags,
                                             .ecn = ip->tos & 3});
}

static bool transport_sum_ok(const struct ip4_hdr *h, const uint8_t *b, uint32_t len)
{
    if (h->proto == IP_PROTO_ICMP)
        return wf_csum_scalar(b, len) == 0xffff;
    if (h->proto == IP_PROTO_UDP && len >= UDP_HDR_BYTES && wf_ld16be(b + 6) == 0)
        return true;
    return wf_csum_add(wf_ip4_pseudo_sum(h->src, h->dst, h->proto, len), wf_csum_scalar(b, len)) ==
           0xffff;
}

/* Somebody else's packet is forwarded as it came: only the stack's own must be right above IP. */
static bool is_own(const struct ip4_hdr *h)
{
    uint32_t src = wf_ld32be(h->src.b);
    return src == STACK4 || src == STACK4_L3;
}

static void learn_ip(struct live *l, uint16_t ifindex, const struct weft_frame *f, const uint8_t *b,
                     uint32_t len)
{
    struct ip4_hdr h;
    struct weft_if_info info;
    FUZZ_CHECK(wf_ip4_parse(&h, b, len, true) == IP4_OK);
    FUZZ_CHECK(h.total_bytes == len);
    int err = weft_if_get(l->st, ifindex, &info);
    FUZZ_CHECK(err == 0);
    bool is_fragment = h.mf || h.frag_off_bytes != 0;
    if (is_fragment || !is_own(&h))
        return;
    const uint8_t *l4 = b + h.hdr_bytes;
    uint32_t l4_len = len - h.hdr_bytes;
    if ((f->flags & WEFT_FRAME_NEEDS_CSUM) == 0)
        FUZZ_CHECK(transport_sum_ok(&h, l4, l4_len));
    if (h.proto == IP_PROTO_TCP)
        learn_tcp(l, f, ifindex, &h, l4, l4_len);
}

static void answer_arp(struct live *l, const uint8_t *b, uint32_t len)
{
    struct live_frames fs = {.n = 0};
    struct arp_ip4 a, r;
    uint8_t frame[ETH_HDR_BYTES + ARP_IP4_BYTES];
    FUZZ_CHECK(wf_arp_parse(&a, b, len) == ARP_OK);
    if (!l->has_arp || a.op != ARP_REQUEST || memcmp(&a.spa, &a.tpa, sizeof(a.spa)) == 0)
        return;
    r = (struct arp_ip4){.op = ARP_REPLY, .spa = a.tpa, .tpa = a.spa};
    memcpy(r.sha, peer_mac, 6);
    memcpy(r.tha, a.sha, 6);
    struct eth_hdr e = {.type = ETHERTYPE_ARP};
    memcpy(e.dst, a.sha, 6);
    memcpy(e.src, peer_mac, 6);
    wf_eth_emit(frame, &e);
    wf_arp_emit(frame + ETH_HDR_BYTES, &r);
    live_add_frame(l, &fs, frame, sizeof(frame), 0);
    live_inject(l, LIVE_ETH, &fs);
}

void live_learn(struct live *l, uint16_t ifindex, const struct weft_frame *f)
{
    uint8_t *b = malloc(f->len);
    uint32_t at = 0, l3 = link_bytes(ifindex);
    FUZZ_CHECK(b != NULL && f->iov_n >= 1 && f->iov_n <= WEFT_FRAME_IOV_MAX);
    for (uint32_t i = 0; i < f->iov_n; i++) {
        FUZZ_CHECK(f->iov[i].len <= f->len - at);
        memcpy(b + at, f->iov[i].base, f->iov[i].len);
        at += (uint32_t)f->iov[i].len;
    }
    FUZZ_CHECK(at == f->len && f->len >= l3);
    live_check_line(l, b, f->len, ifindex == LIVE_ETH);
    if (ifindex == LIVE_L3 || wf_ld16be(b + 12) == ETHERTYPE_IP4)
        learn_ip(l, ifindex, f, b + l3, f->len - l3);
    else
        answer_arp(l, b + l3, f->len - l3);
    free(b);
}

/* ---- everything else ---- */

void live_op_raw(struct live *l)
{
    struct live_frames fs = {.n = 0};
    uint8_t b[256], how = live_byte(l);
    uint32_t n = live_byte(l), i = 0;
    if ((how & 2) != 0 && n >= ETH_HDR_BYTES) { /* Otherwise most would not get past the link. */
        memcpy(b, (how & 4) != 0 ? (const uint8_t *)"\xff\xff\xff\xff\xff\xff" : stack_mac, 6);
        memcpy(b + 6, peer_mac, 6);
        i = 12;
    }
    for (; i < n; i++)
        b[i] = live_byte(l);
    live_add_frame(l, &fs, b, n, how >> 6);
    if ((how & 32) != 0 && fs.n > 0) { /* Facts that do not hold together. */
        fs.f[0].gso_type = live_byte(l) & 7;
        fs.f[0].gso_size = live_word(l);
        fs.f[0].gso_segs = live_byte(l);
        fs.f[0].flags = live_byte(l) & 3;
        fs.f[0].csum_start = live_word(l);
        fs.f[0].csum_offset = live_byte(l);
        fs.f[0].pinned_bytes = live_word(l);
    }
    live_inject(l, (how & 1) != 0 ? LIVE_L3 : LIVE_ETH, &fs);
}

static void add_payload(struct live *l, struct live_dgram *d)
{
    uint8_t b = live_byte(l);
    uint32_t n = (b & 0x80) != 0 ? (b & 0x7fu) * 12 : b;
    live_put_bytes(d->b + d->len, n, b);
    d->len += n;
}

static void put_udp(struct live *l, struct live_dgram *d, uint8_t how)
{
    struct udp_hdr u = {.sport = (uint16_t)(PEER_PORT + (how & 3)),
                        .dport = (uint16_t)(LIVE_UDP_PORT + (how >> 2 & 3))};
    d->len += UDP_HDR_BYTES;
    add_payload(l, d);
    u.len_bytes = (uint16_t)(d->len - d->l4);
    if ((how & 0x80) != 0)
        u.len_bytes = (uint16_t)(u.len_bytes + (int8_t)live_byte(l));
    wf_udp_emit(d->b + d->l4, &u);
    if ((how & 0x40) == 0)
        live_mend_sum(d, 6, true);
}

static void put_icmp(struct live *l, struct live_dgram *d, uint8_t how)
{
    struct icmp4_hdr h = {.type = (how & 0x80) != 0 ? live_byte(l) : (how & 1) * 8u,
                          .id = (uint16_t)(LIVE_UDP_PORT + (how >> 2 & 3)),
                          .seq = how};
    wf_icmp4_emit(d->b + d->l4, &h);
    d->len += ICMP4_HDR_BYTES;
    add_payload(l, d);
    if ((how & 0x40) == 0)
        live_mend_sum(d, 2, false);
}

static void put_body(struct live *l, struct live_dgram *d)
{
    uint8_t how = live_byte(l);
    if (d->h.proto == IP_PROTO_UDP)
        put_udp(l, d, how);
    else if (d->h.proto == IP_PROTO_ICMP)
        put_icmp(l, d, how);
    else
        add_payload(l, d);
}

static uint8_t pick_proto(struct live *l, uint8_t b)
{
    return (b & 1) != 0 ? IP_PROTO_ICMP : (b & 2) != 0 ? live_byte(l) : IP_PROTO_UDP;
}

void live_op_datagram(struct live *l)
{
    struct live_dgram d;
    uint8_t b = live_byte(l);
    uint16_t ifindex = (b & 4) != 0 ? LIVE_L3 : LIVE_ETH;
    uint32_t src = ifindex == LIVE_ETH ? LIVE_PEER4 : LIVE_PEER4_L3;
    uint32_t dst = ifindex == LIVE_ETH ? STACK4 : STACK4_L3;
    if ((b & 8) != 0) /* Somebody else: forwarded, or not. */
        dst = ifindex == LIVE_ETH ? LIVE_PEER4_L3 : FAR4;
    if ((b & 16) != 0)
        dst = 0x0a0000ff; /* 10.0.0.255 */
    live_start(l, &d, ifindex, src, dst, pick_proto(l, b));
    put_body(l, &d);
    if ((b & 32) != 0)
        live_distort_ip(l, &d);
    live_send_dgram(l, &d, ifindex, b >> 6);
}

void live_op_fragment(struct live *l)
{
    struct live_dgram d;
    uint8_t b = live_byte(l), off = live_byte(l);
    uint16_t ifindex = (b & 4) != 0 ? LIVE_L3 : LIVE_ETH;
    uint32_t src = ifindex == LIVE_ETH ? LIVE_PEER4 : LIVE_PEER4_L3;
    uint32_t dst = ifindex == LIVE_ETH ? STACK4 : STACK4_L3;
    live_start(l, &d, ifindex, src, dst, pick_proto(l, b));
    d.h.id = b >> 6;
    d.h.mf = (b & 8) != 0;
    d.h.frag_off_bytes = (uint16_t)((b & 16) != 0 ? off * 8u : off * 256u);
    if (off == 0)
        put_body(l, &d);
    else
        add_payload(l, &d);
    if (d.h.mf && (b & 32) == 0) /* Middle pieces are whole words, unless told otherwise. */
        d.len -= (d.len - d.l4) % 8;
    live_send_dgram(l, &d, ifindex, 0);
}

void live_op_icmp_error(struct live *l)
{
    struct live_dgram d, in;
    uint8_t b = live_byte(l), type = live_byte(l);
    const struct live_flow *f = live_pick_flow(l, b & 0x3f);
    struct icmp4_hdr h = {.type = type >> 4, .code = type & 15, .mtu = live_word(l)};
    h.pointer = (uint8_t)h.mtu;
    h.gateway = (struct wf_ip4){{10, 0, 0, (uint8_t)h.mtu}};
    live_start(l, &in, LIVE_L3, f->addr, f->peer_addr, IP_PROTO_TCP);
    if ((b & 0x40) != 0) {
        in.h.proto = (type & 1) != 0 ? IP_PROTO_ICMP : IP_PROTO_UDP;
        put_body(l, &in);
        uint16_t port = wf_ld16be(in.b + in.l4); /* The peer's point of view, turned round. */
        wf_st16be(in.b + in.l4, wf_ld16be(in.b + in.l4 + 2));
        wf_st16be(in.b + in.l4 + 2, port);
    } else {
        struct tcp_hdr t = {.sport = f->port, .dport = f->peer_port, .seq = wf_seq(f->una)};
        if ((b & 0x80) != 0)
            t.seq = wf_seq(live_near(l, t.seq.v));
        in.len += wf_tcp_emit(in.b + in.l4, &t);
    }
    live_finish(&in, LIVE_L3);
    live_start(l, &d, f->ifindex, f->peer_addr, f->addr, IP_PROTO_ICMP);
    wf_icmp4_emit(d.b + d.l4, &h);
    uint32_t quoted = wf_min_u32(in.len, (b & 0x20) != 0 ? live_byte(l) : 28u);
    memcpy(d.b + d.l4 + ICMP4_HDR_BYTES, in.b, quoted);
    d.len += ICMP4_HDR_BYTES + quoted;
    live_mend_sum(&d, 2, false);
    live_send_dgram(l, &d, f->ifindex, 0);
}

void live_op_arp(struct live *l)
{
    static const uint32_t addrs[] = {LIVE_PEER4, STACK4,     0x0a000003, 0x0a000004,
                                     0,          0x0a0000ff, STACK4_L3,  0xe0000001};
    struct live_frames fs = {.n = 0};
    uint8_t frame[60] = {0}, b = live_byte(l), who = live_byte(l);
    struct eth_hdr e = {.type = (b & 0x40) != 0 ? ETHERTYPE_RARP : ETHERTYPE_ARP};
    memcpy(e.dst, (b & 4) != 0 ? (const uint8_t *)"\xff\xff\xff\xff\xff\xff" : stack_mac, 6);
    memcpy(e.src, peer_mac, 6);
    struct arp_ip4 a = {.op = (uint16_t)(1 + (b & 3))};
    memcpy(a.sha, peer_mac, 6);
    a.sha[5] = (uint8_t)(2 + (b >> 4 & 3));
    wf_st32be(a.spa.b, addrs[who & 7]);
    wf_st32be(a.tpa.b, addrs[who >> 3 & 7]);
    wf_eth_emit(frame, &e);
    wf_arp_emit(frame + ETH_HDR_BYTES, &a);
    if ((b & 8) != 0)
        frame[ETH_HDR_BYTES + live_byte(l) % ARP_IP4_BYTES] ^= live_byte(l);
    live_add_frame(l, &fs, frame, (b & 0x80) != 0 ? 60 : ETH_HDR_BYTES + ARP_IP4_BYTES, 0);
    live_inject(l, LIVE_ETH, &fs);
}
