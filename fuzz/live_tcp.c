/* SPDX-License-Identifier: MIT */
/** DOC: live_tcp - segments of the peer, placed relative to what it learnt of a flow */
#include "live.h"

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
        o->ts_val = live_near(l, o->ts_val);
    if ((how & 32) != 0)
        o->ts_ecr = live_near(l, o->ts_ecr);
    if ((how & 64) != 0) {
        uint8_t n = live_byte(l);
        o->sack_n = (uint8_t)((n & 3) + (o->has_ts ? 0 : 1));
        for (uint32_t i = 0; i < o->sack_n; i++) {
            o->sack[i].from = wf_seq(live_near(l, f->una));
            o->sack[i].to = wf_seq(live_near(l, (n & 4) != 0 ? f->snd_nxt : o->sack[i].from.v));
        }
    }
}

struct tcp_hdr live_flow_hdr(const struct live *l, const struct live_flow *f, uint16_t flags)
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

void live_build_segment(struct live *l, struct live_dgram *d, struct live_flow *f,
                        const struct tcp_hdr *h, uint32_t payload)
{
    live_start(l, d, f->ifindex, f->peer_addr, f->addr, IP_PROTO_TCP);
    d->h.df = true;
    uint32_t n = wf_tcp_emit(d->b + d->l4, h);
    live_put_bytes(d->b + d->l4 + n, payload, (uint8_t)h->seq.v);
    d->len += n + payload;
    live_mend_sum(d, TCP_CSUM_OFFSET, true);
}

/* Options that no emitter writes: bytes of the program in front of the payload. */
static void raw_options(struct live *l, struct live_dgram *d)
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
    live_mend_sum(d, TCP_CSUM_OFFSET, true);
}

/** enum more - What live_op_segment_more() adds: bits of one byte, 1 and 2 are ECN's codepoint */
enum more {
    MORE_ECN = 3,
    MORE_AE = 4,
    MORE_FO = 8,
    MORE_UTO = 16,
    MORE_ACC = 32,
    MORE_URG = 64,
    MORE_ACE = 128,
};

static void put_ace(struct tcp_hdr *h, uint32_t ace)
{
    h->flags &= (uint16_t) ~(TCP_AE | TCP_CWR | TCP_ECE);
    h->flags |= (uint16_t)(((ace & 4) != 0 ? TCP_AE : 0u) | ((ace & 2) != 0 ? TCP_CWR : 0u) |
                           ((ace & 1) != 0 ? TCP_ECE : 0u));
}

/* A cookie: the stack's, or one that the peer gives as a server. */
static void put_fo(struct live *l, struct live_flow *f, struct tcp_opts *o)
{
    static const uint8_t own[TCP_FO_MAX] = {7, 1};
    uint8_t b = live_byte(l);
    o->fo_n = TCP_FO_REQUEST;
    if (b == 1 && f->fo_n == 0) /* What the stack told somebody at this address. */
        for (uint32_t i = 0; i < LIVE_FLOWS; i++)
            if (l->flow[i].fo_n != 0 && l->flow[i].peer_addr == f->peer_addr) {
                f->fo_n = l->flow[i].fo_n;
                memcpy(f->fo, l->flow[i].fo, f->fo_n);
            }
    if (b == 1 && f->fo_n != 0) {
        o->fo = f->fo;
        o->fo_n = f->fo_n;
    } else if (b > 1) {
        o->fo = own;
        o->fo_n = (uint8_t)(wf_min_u32(b, TCP_FO_MAX) & ~1u);
    }
}

static void more_header(struct live *l, struct live_flow *f, uint8_t more, struct tcp_hdr *h)
{
    struct tcp_opts *o = &h->opt;
    if ((more & MORE_AE) != 0)
        h->flags |= TCP_AE;
    if ((more & MORE_FO) != 0)
        put_fo(l, f, o);
    if ((more & MORE_UTO) != 0)
        o->uto = live_word(l);
    if ((more & MORE_ACC) != 0) { /* Order and number of fields, then how much each has grown. */
        uint8_t how = live_byte(l);
        o->acc = (uint8_t)(TCP_ACC_OPTION | (how & (TCP_ACC_ORDER1 | TCP_ACC_FIELDS)));
        for (uint32_t i = 0; i < 3; i++) {
            if ((how & 0x80) != 0)
                f->acc[i] += (uint32_t)(int8_t)live_byte(l) * 100u;
            o->acc_bytes[i] = f->acc[i];
        }
    }
    if ((more & MORE_URG) != 0) {
        h->flags |= TCP_URG;
        h->urg = live_word(l);
    }
    if ((more & MORE_ACE) != 0)
        put_ace(h, (f->ce_pkts += live_byte(l)) + 5);
}

static void segment(struct live *l, uint8_t more)
{
    static const uint16_t sizes[] = {0, 1, 7, 100, 536, 1000, 1448, 1460};
    struct live_dgram d;
    struct live_flow *f = live_pick_flow(l, live_byte(l));
    struct tcp_hdr h = live_flow_hdr(l, f, live_byte(l));
    uint8_t how = live_byte(l), size = (how & 7);
    if (more != 0)
        more_header(l, f, more, &h);
    if ((how & 8) != 0)
        h.seq = wf_seq(live_near(l, h.seq.v));
    if ((how & 16) != 0)
        h.ack = wf_seq(live_near(l, h.ack.v));
    if ((how & 32) != 0)
        h.wnd = live_word(l);
    if ((how & 64) != 0)
        segment_options(l, f, &h.opt);
    if (wf_tcp_opts_bytes(&h.opt) > TCP_OPTS_MAX_BYTES)
        h.opt.acc = h.opt.fo_n = 0; /* The emitter leaves nothing off but SACK. */
    if ((h.flags & TCP_SYN) != 0)
        f->mss_max = (how & 128) != 0 ? UINT16_MAX : wf_max_u32(f->mss_max, h.opt.mss);
    live_build_segment(l, &d, f, &h, sizes[size]);
    d.h.tos = more & MORE_ECN;
    uint32_t cuts = 0;
    if ((how & 128) != 0) {
        uint8_t wrong = live_byte(l);
        if ((wrong & 1) != 0)
            raw_options(l, &d);
        if ((wrong & 2) != 0)
            d.b[d.l4 + live_byte(l) % (d.len - d.l4)] ^= live_byte(l);
        if ((wrong & 4) != 0)
            live_mend_sum(&d, TCP_CSUM_OFFSET, true);
        if ((wrong & 8) != 0)
            live_distort_ip(l, &d);
        cuts = wrong >> 5;
    }
    live_send_dgram(l, &d, f->ifindex, cuts);
}

void live_op_segment(struct live *l)
{
    segment(l, 0);
}

void live_op_segment_more(struct live *l)
{
    segment(l, live_byte(l));
}

void live_op_stream(struct live *l)
{
    struct live_frames fs = {.n = 0};
    struct live_dgram d;
    struct live_flow *f = live_pick_flow(l, live_byte(l) & 0x3f);
    uint8_t how = live_byte(l);
    uint32_t n = 1u + (how & 7), size = (how & 8) != 0 ? 1448 : 64, lost = how >> 5;
    struct tcp_hdr h = live_flow_hdr(l, f, TCP_ACK);
    for (uint32_t i = 1; i <= n; i++) {
        if (i == n && (how & 16) != 0)
            h.flags |= TCP_PSH;
        if (i != lost) { /* A hole, unless it is 0. */
            live_build_segment(l, &d, f, &h, size);
            live_finish(&d, f->ifindex);
            live_add_frame(l, &fs, d.b, d.len, i & 1);
        }
        h.seq = wf_seq_add(h.seq, size);
    }
    if ((l->ip_id & 1) != 0 && fs.n > 0 && f->ifindex == LIVE_ETH)
        fs.f[fs.n - 1].flags = WEFT_FRAME_CSUM_OK;
    live_inject(l, f->ifindex, &fs);
}

/*
 * Payload for several frames in one, as a driver that coalesces or another stack hands it over: to
 * the flow's connection, or past the stack from one neighbour to the other.
 */
void live_op_super(struct live *l)
{
    struct live_frames fs = {.n = 0};
    struct live_dgram d;
    uint8_t b = live_byte(l), how = live_byte(l);
    struct live_flow *f = live_pick_flow(l, b & 0x3f), through;
    if ((b & 0x80) != 0) {
        through = *f;
        through.ifindex = (b & 0x40) != 0 ? LIVE_L3 : LIVE_ETH;
        through.peer_addr = through.ifindex == LIVE_ETH ? LIVE_PEER4 : LIVE_PEER4_L3;
        through.addr = through.ifindex == LIVE_ETH ? LIVE_PEER4_L3 : LIVE_PEER4;
        f = &through;
    }
    struct tcp_hdr h = live_flow_hdr(l, f, TCP_ACK | ((how & 1) != 0 ? TCP_PSH : 0));
    uint32_t n = 1u + (how >> 1 & 3), size = (how & 8) != 0 ? 900 : 500;
    live_build_segment(l, &d, f, &h, n * size);
    d.h.df = (how & 16) != 0;
    bool is_partial = (how & 32) != 0;
    if (is_partial) /* Only the sum of the pseudo header. */
        wf_st16be(d.b + d.l4 + TCP_CSUM_OFFSET,
                  wf_ip4_pseudo_sum(d.h.src, d.h.dst, IP_PROTO_TCP, d.len - d.l4));
    if ((how & 64) != 0)
        live_distort_ip(l, &d);
    uint32_t l4 = d.l4;
    live_finish(&d, f->ifindex);
    live_add_frame(l, &fs, d.b, d.len, how >> 7);
    if (fs.n > 0) {
        fs.f[0].gso_type = n > 1 ? WEFT_GSO_TCP4 : WEFT_GSO_NONE;
        fs.f[0].gso_size = (uint16_t)(n > 1 ? size : 0);
        fs.f[0].gso_segs = (uint16_t)n;
        fs.f[0].flags = is_partial ? WEFT_FRAME_NEEDS_CSUM : WEFT_FRAME_CSUM_OK;
        fs.f[0].csum_start = (uint16_t)(l4 + d.h.opts_bytes);
        fs.f[0].csum_offset = TCP_CSUM_OFFSET;
    }
    live_inject(l, f->ifindex, &fs);
}
