/* SPDX-License-Identifier: MIT */
/**
 * DOC: live_peer - the other side of the wire
 *
 * It builds frames of any kind, right except where the program says otherwise, and it judges what
 * the stack emits: lengths agree, checksums are right, nothing is longer than the MTU.
 */
#include "live.h"

#define STACK4      0x0a000001u /* 10.0.0.1 on Ethernet, */
#define STACK4_L3   0x0a010001u /* 10.1.0.1 on layer 3. */
#define PEER4       0x0a000002u
#define PEER4_L3    0x0a010002u
#define FAR4        0xc0000201u /* 192.0.2.1, behind the peer. */
#define PEER_PORT   1000u
#define PAYLOAD_MAX 1600u

static const uint8_t stack_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 2};

/* A place in the sequence space near @base: one byte off, or many windows. */
static uint32_t near(struct live *l, uint32_t base)
{
    static const uint32_t scale[] = {1, 1, 100, 536, 1448, 8192, 65536, 0x08000000};
    uint8_t how = live_byte(l);
    int32_t by = (int8_t)live_byte(l);
    return base + (uint32_t)by * scale[how & 7];
}

/* ---- building ---- */

static void put_bytes(uint8_t *to, uint32_t n, uint8_t from)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] = (uint8_t)(from + i);
}

/** struct dgram - An IP datagram being built */
struct dgram {
    uint8_t b[LIVE_FRAME];
    uint32_t l4, len; /* Where the transport header is, and the end, from the frame's start. */
    struct ip4_hdr h;
    uint8_t opts[IP4_OPTS_MAX_BYTES];
};

static uint32_t link_bytes(uint16_t ifindex)
{
    return ifindex == LIVE_ETH ? ETH_HDR_BYTES : 0;
}

static void start(struct live *l, struct dgram *d, uint16_t ifindex, uint32_t src, uint32_t dst,
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

/* Headers in front of what was written from d->l4 on. */
static void finish(struct dgram *d, uint16_t ifindex)
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

/* What may be wrong or odd about the IP header. */
static void distort_ip(struct live *l, struct dgram *d)
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

static void send_dgram(struct live *l, struct dgram *d, uint16_t ifindex, uint32_t cuts)
{
    struct live_frames fs = {.n = 0};
    finish(d, ifindex);
    live_add_frame(l, &fs, d->b, d->len, cuts);
    live_inject(l, ifindex, &fs);
}

static void mend_sum(struct dgram *d, uint32_t at, bool is_pseudo)
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
                            .is_used = true};
    f->rcv_nxt = f->isn;
    return f;
}

static void learn_tcp(struct live *l, uint16_t ifindex, const struct ip4_hdr *ip, const uint8_t *b,
                      uint32_t len)
{
    struct tcp_hdr h;
    FUZZ_CHECK(wf_tcp_parse(&h, b, len) == TCP_HDR_OK);
    uint32_t peer = wf_ld32be(ip->dst.b), end = h.seq.v + len - h.hdr_bytes;
    struct live_flow *f = find_flow(l, h.sport, h.dport, peer);
    if (f == NULL && (h.flags & (TCP_SYN | TCP_RST)) == TCP_SYN)
        f = new_flow(l, ifindex, h.sport, h.dport, peer);
    if (f == NULL)
        return;
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
    if (h.opt.has_ts) {
        f->has_ts = true;
        f->ts_val = h.opt.ts_val;
    }
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
        learn_tcp(l, ifindex, &h, l4, l4_len);
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
    char line[FUZZ_LINE_BYTES];
    uint8_t *b = malloc(f->len);
    uint32_t at = 0, l3 = link_bytes(ifindex);
    FUZZ_CHECK(b != NULL && f->iov_n >= 1 && f->iov_n <= WEFT_FRAME_IOV_MAX);
    for (uint32_t i = 0; i < f->iov_n; i++) {
        FUZZ_CHECK(f->iov[i].len <= f->len - at);
        memcpy(b + at, f->iov[i].base, f->iov[i].len);
        at += (uint32_t)f->iov[i].len;
    }
    FUZZ_CHECK(at == f->len && f->len >= l3);
    fuzz_check_line(line, weft_frame_text(line, sizeof(line), b, f->len, ifindex == LIVE_ETH));
    if (ifindex == LIVE_L3 || wf_ld16be(b + 12) == ETHERTYPE_IP4)
        learn_ip(l, ifindex, f, b + l3, f->len - l3);
    else
        answer_arp(l, b + l3, f->len - l3);
    free(b);
}

/* ---- TCP ---- */

static void segment_options(struct live *l, const struct live_flow *f, struct tcp_opts *o)
{
    uint8_t how = live_byte(l);
    if ((how & 1) != 0)
        o->mss = live_word(l);
    if ((how & 2) != 0) {
        o->has_wscale = true;
        o->wscale = live_byte(l) & 15;
    }
    o->has_sack_ok = (how & 4) != 0;
    if ((how & 8) != 0) {
        o->has_ts = !o->has_ts;
        o->ts_val = (uint32_t)(l->now_ns / 1000000);
        o->ts_ecr = f->ts_val;
    }
    if ((how & 16) != 0)
        o->ts_val = near(l, o->ts_val);
    if ((how & 32) != 0)
        o->ts_ecr = near(l, o->ts_ecr);
    if ((how & 64) != 0) {
        uint8_t n = live_byte(l);
        o->sack_n = (uint8_t)((n & 3) + (o->has_ts ? 0 : 1));
        for (uint32_t i = 0; i < o->sack_n; i++) {
            o->sack[i].from = wf_seq(near(l, f->una));
            o->sack[i].to = wf_seq(near(l, (n & 4) != 0 ? f->snd_nxt : o->sack[i].from.v));
        }
    }
}

static struct live_flow *pick_flow(struct live *l, uint8_t b)
{
    uint16_t ifindex = (b & 8) != 0 ? LIVE_L3 : LIVE_ETH;
    uint32_t peer = ifindex == LIVE_ETH ? PEER4 : PEER4_L3;
    uint16_t port = (uint16_t)(LIVE_PORT + (b >> 4 & 3));
    if ((b & 0x80) != 0) /* A new one, however many there are. */
        return new_flow(l, ifindex, port, (uint16_t)(PEER_PORT + l->flow_next), peer);
    if (l->flow[b & 7].is_used)
        return &l->flow[b & 7];
    return l->flow[0].is_used ? &l->flow[0] : new_flow(l, ifindex, port, PEER_PORT, peer);
}

static struct tcp_hdr flow_hdr(const struct live *l, const struct live_flow *f, uint16_t flags)
{
    struct tcp_hdr h = {.sport = f->peer_port,
                        .dport = f->port,
                        .seq = wf_seq(f->rcv_nxt),
                        .ack = wf_seq((flags & TCP_ACK) != 0 ? f->snd_nxt : 0),
                        .flags = flags,
                        .wnd = 8192};
    if ((flags & TCP_SYN) != 0)
        h.seq = wf_seq(f->isn);
    else if (!f->has_ack)
        h.seq = wf_seq(f->isn + 1);
    if (f->has_ts) {
        h.opt.has_ts = true;
        h.opt.ts_val = (uint32_t)(l->now_ns / 1000000);
        h.opt.ts_ecr = f->ts_val;
    }
    return h;
}

static void build_segment(struct live *l, struct dgram *d, const struct live_flow *f,
                          const struct tcp_hdr *h, uint32_t payload)
{
    start(l, d, f->ifindex, f->peer_addr, f->addr, IP_PROTO_TCP);
    d->h.df = true;
    uint32_t n = wf_tcp_emit(d->b + d->l4, h);
    put_bytes(d->b + d->l4 + n, payload, (uint8_t)h->seq.v);
    d->len += n + payload;
    mend_sum(d, TCP_CSUM_OFFSET, true);
}

/* Options that no emitter writes: bytes of the program in front of the payload. */
static void raw_options(struct live *l, struct dgram *d)
{
    uint32_t n = (live_byte(l) % 10 + 1) * 4u;
    uint8_t *tcp = d->b + d->l4;
    uint32_t hdr = (uint32_t)(tcp[12] >> 4) * 4;
    if (hdr + n > TCP_HDR_MAX_BYTES)
        return;
    memmove(tcp + hdr + n, tcp + hdr, d->len - d->l4 - hdr);
    for (uint32_t i = 0; i < n; i++)
        tcp[hdr + i] = live_byte(l);
    tcp[12] = (uint8_t)((hdr + n) / 4 << 4);
    d->len += n;
    mend_sum(d, TCP_CSUM_OFFSET, true);
}

void live_op_segment(struct live *l)
{
    static const uint16_t sizes[] = {0, 1, 7, 100, 536, 1000, 1448, 1460};
    struct dgram d;
    struct live_flow *f = pick_flow(l, live_byte(l));
    struct tcp_hdr h = flow_hdr(l, f, live_byte(l));
    uint8_t how = live_byte(l), size = (how & 7);
    if ((how & 8) != 0)
        h.seq = wf_seq(near(l, h.seq.v));
    if ((how & 16) != 0)
        h.ack = wf_seq(near(l, h.ack.v));
    if ((how & 32) != 0)
        h.wnd = live_word(l);
    if ((how & 64) != 0)
        segment_options(l, f, &h.opt);
    build_segment(l, &d, f, &h, sizes[size]);
    uint32_t cuts = 0;
    if ((how & 128) != 0) {
        uint8_t more = live_byte(l);
        if ((more & 1) != 0)
            raw_options(l, &d);
        if ((more & 2) != 0)
            d.b[d.l4 + live_byte(l) % (d.len - d.l4)] ^= live_byte(l);
        if ((more & 4) != 0)
            mend_sum(&d, TCP_CSUM_OFFSET, true);
        if ((more & 8) != 0)
            distort_ip(l, &d);
        cuts = more >> 5;
    }
    send_dgram(l, &d, f->ifindex, cuts);
}

void live_op_stream(struct live *l)
{
    struct live_frames fs = {.n = 0};
    struct dgram d;
    struct live_flow *f = pick_flow(l, live_byte(l) & 0x3f);
    uint8_t how = live_byte(l);
    uint32_t n = 1u + (how & 7), size = (how & 8) != 0 ? 1448 : 64, lost = how >> 5;
    struct tcp_hdr h = flow_hdr(l, f, TCP_ACK);
    for (uint32_t i = 1; i <= n; i++) {
        if (i == n && (how & 16) != 0)
            h.flags |= TCP_PSH;
        if (i != lost) { /* A hole, unless it is 0. */
            build_segment(l, &d, f, &h, size);
            finish(&d, f->ifindex);
            live_add_frame(l, &fs, d.b, d.len, i & 1);
        }
        h.seq = wf_seq_add(h.seq, size);
    }
    if ((l->ip_id & 1) != 0 && fs.n > 0 && f->ifindex == LIVE_ETH)
        fs.f[fs.n - 1].flags = WEFT_FRAME_CSUM_OK;
    live_inject(l, f->ifindex, &fs);
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

static void add_payload(struct live *l, struct dgram *d)
{
    uint8_t b = live_byte(l);
    uint32_t n = (b & 0x80) != 0 ? (b & 0x7fu) * 12 : b;
    put_bytes(d->b + d->len, n, b);
    d->len += n;
}

static void put_udp(struct live *l, struct dgram *d, uint8_t how)
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
        mend_sum(d, 6, true);
}

static void put_icmp(struct live *l, struct dgram *d, uint8_t how)
{
    struct icmp4_hdr h = {.type = (how & 0x80) != 0 ? live_byte(l) : (how & 1) * 8u,
                          .id = (uint16_t)(LIVE_UDP_PORT + (how >> 2 & 3)),
                          .seq = how};
    wf_icmp4_emit(d->b + d->l4, &h);
    d->len += ICMP4_HDR_BYTES;
    add_payload(l, d);
    if ((how & 0x40) == 0)
        mend_sum(d, 2, false);
}

static void put_body(struct live *l, struct dgram *d)
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
    struct dgram d;
    uint8_t b = live_byte(l);
    uint16_t ifindex = (b & 4) != 0 ? LIVE_L3 : LIVE_ETH;
    uint32_t src = ifindex == LIVE_ETH ? PEER4 : PEER4_L3;
    uint32_t dst = ifindex == LIVE_ETH ? STACK4 : STACK4_L3;
    if ((b & 8) != 0) /* Somebody else: forwarded, or not. */
        dst = ifindex == LIVE_ETH ? PEER4_L3 : FAR4;
    if ((b & 16) != 0)
        dst = 0x0a0000ff; /* 10.0.0.255 */
    start(l, &d, ifindex, src, dst, pick_proto(l, b));
    put_body(l, &d);
    if ((b & 32) != 0)
        distort_ip(l, &d);
    send_dgram(l, &d, ifindex, b >> 6);
}

void live_op_fragment(struct live *l)
{
    struct dgram d;
    uint8_t b = live_byte(l), off = live_byte(l);
    uint16_t ifindex = (b & 4) != 0 ? LIVE_L3 : LIVE_ETH;
    uint32_t src = ifindex == LIVE_ETH ? PEER4 : PEER4_L3;
    uint32_t dst = ifindex == LIVE_ETH ? STACK4 : STACK4_L3;
    start(l, &d, ifindex, src, dst, pick_proto(l, b));
    d.h.id = b >> 6;
    d.h.mf = (b & 8) != 0;
    d.h.frag_off_bytes = (uint16_t)((b & 16) != 0 ? off * 8u : off * 256u);
    if (off == 0)
        put_body(l, &d);
    else
        add_payload(l, &d);
    if (d.h.mf && (b & 32) == 0) /* Middle pieces are whole words, unless told otherwise. */
        d.len -= (d.len - d.l4) % 8;
    send_dgram(l, &d, ifindex, 0);
}

void live_op_icmp_error(struct live *l)
{
    struct dgram d, in;
    uint8_t b = live_byte(l), type = live_byte(l);
    const struct live_flow *f = pick_flow(l, b & 0x3f);
    struct icmp4_hdr h = {.type = type >> 4, .code = type & 15, .mtu = live_word(l)};
    h.pointer = (uint8_t)h.mtu;
    h.gateway = (struct wf_ip4){{10, 0, 0, (uint8_t)h.mtu}};
    start(l, &in, LIVE_L3, f->addr, f->peer_addr, IP_PROTO_TCP);
    if ((b & 0x40) != 0) {
        in.h.proto = (type & 1) != 0 ? IP_PROTO_ICMP : IP_PROTO_UDP;
        put_body(l, &in);
        uint16_t port = wf_ld16be(in.b + in.l4); /* The peer's point of view, turned round. */
        wf_st16be(in.b + in.l4, wf_ld16be(in.b + in.l4 + 2));
        wf_st16be(in.b + in.l4 + 2, port);
    } else {
        struct tcp_hdr t = {.sport = f->port, .dport = f->peer_port, .seq = wf_seq(f->una)};
        if ((b & 0x80) != 0)
            t.seq = wf_seq(near(l, t.seq.v));
        in.len += wf_tcp_emit(in.b + in.l4, &t);
    }
    finish(&in, LIVE_L3);
    start(l, &d, f->ifindex, f->peer_addr, f->addr, IP_PROTO_ICMP);
    wf_icmp4_emit(d.b + d.l4, &h);
    uint32_t quoted = wf_min_u32(in.len, (b & 0x20) != 0 ? live_byte(l) : 28u);
    memcpy(d.b + d.l4 + ICMP4_HDR_BYTES, in.b, quoted);
    d.len += ICMP4_HDR_BYTES + quoted;
    mend_sum(&d, 2, false);
    send_dgram(l, &d, f->ifindex, 0);
}

void live_op_arp(struct live *l)
{
    static const uint32_t addrs[] = {PEER4, STACK4,     0x0a000003, 0x0a000004,
                                     0,     0x0a0000ff, STACK4_L3,  0xe0000001};
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
