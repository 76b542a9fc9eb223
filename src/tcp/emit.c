/* SPDX-License-Identifier: MIT */
/**
 * DOC: emit - build what the plan decided: one packet, or one super-frame
 *
 * The payload is referenced in the send queue, never copied. For a link that cuts super-frames or
 * fills checksums in, the pseudo-header's sum is left in the field; for others the sums that the
 * copy at send left per block are put together, and the last step of stack/tx.c stamps the frames.
 */
#include "tcp/emit.h"

#include "tcp/recovery_sack.h"

/* ---- headers ---- */

static struct ip4_out ip_out(const struct tcp_key *k, uint8_t ttl, uint8_t tos)
{
    return (struct ip4_out){.src4 = wf_addr_to4(&k->local.addr),
                            .dst4 = wf_addr_to4(&k->remote.addr),
                            .proto = IP_PROTO_TCP,
                            .ttl = ttl,
                            .tos = tos & (uint8_t)~ECN_MASK, /* Those bits are not the user's. */
                            .is_df = true};
}

/* Fill the checksum in, or leave it to the driver or the cutting. Header at p->data. */
static void set_csum(struct net *net, struct pkt *p, const struct netif *nif,
                     const struct ip4_out *o, uint32_t hdr_bytes)
{
    struct wf_ip4 src, dst;
    wf_st32be(src.b, o->src4);
    wf_st32be(dst.b, o->dst4);
    uint16_t sum = wf_ip4_pseudo_sum(src, dst, IP_PROTO_TCP, p->total);
    uint8_t *at = p->data + TCP_CSUM_OFFSET;
    if ((nif->caps & WEFT_CAP_TX_CSUM) != 0) {
        p->csum = PKT_CSUM_PARTIAL;
        p->csum_at = p->data;
        p->csum_offset = TCP_CSUM_OFFSET;
        wf_st16be(at, sum);
        return;
    }
    if (p->gso_segs > 1)
        return; /* Each cut frame gets its own, from p->sums. */
    sum = wf_csum_add(sum, wf_csum_scalar(p->data, hdr_bytes));
    if (p->total > hdr_bytes)
        sum = wf_csum_add(sum, p->sums[0]);
    (void)net;
    wf_st16be(at, wf_csum_finish(sum));
}

/* SACK blocks that there are to tell of. */
static uint8_t sack_wanted(const struct tcp_conn *c)
{
    if (!c->opt.has_sack)
        return 0;
    uint32_t n = (c->rcv.has_dsack ? 1u : 0u) + (c->ooo != NULL ? c->ooo->n : 0u);
    return (uint8_t)wf_min_u32(n, c->opt.has_ts ? 3 : 4);
}

/* What a user timeout option in the next segment takes. */
static uint32_t uto_room(const struct tcp_conn *c)
{
    return c->snd.wants_uto ? 4 : 0;
}

/* The AccECN option of the next segment: left off if two SACK blocks find no room beside it. */
static uint8_t acc_option(const struct tcp_conn *c, bool is_data)
{
    uint8_t acc = wf_ecn_option(&c->ecn, is_data);
    uint32_t used = (c->opt.has_ts ? 12u : 0u) + wf_tcp_acc_room(acc) + uto_room(c);
    uint32_t sacks = wf_min_u32(sack_wanted(c), 2);
    return sacks > 0 && used + 4 + 8 * sacks > TCP_OPTS_MAX_BYTES ? 0 : acc;
}

/* SACK blocks that the next segment carries beside an AccECN option. */
static uint8_t sack_blocks(const struct tcp_conn *c, uint8_t acc)
{
    uint32_t used = (c->opt.has_ts ? 12u : 0u) + wf_tcp_acc_room(acc) + uto_room(c);
    uint32_t room = TCP_OPTS_MAX_BYTES - 4u - used;
    return (uint8_t)wf_min_u32(sack_wanted(c), room / 8);
}

/* Payload of a full segment, the options it will carry taken off (RFC 9293 MUST-16). */
uint32_t wf_tcp_seg_mss(const struct tcp_conn *c)
{
    uint8_t acc = WF_UNLIKELY(c->ecn.mode == WEFT_TCP_ECN_ACC) ? acc_option(c, true) : 0;
    uint8_t n = sack_blocks(c, acc);
    uint32_t opts = (n > 0 ? 4u + 8u * n : 0u) + wf_tcp_acc_room(acc) + uto_room(c);
    return c->snd.mss > opts + 8 ? c->snd.mss - opts : 8;
}

static void sack_options(struct tcp_conn *c, struct tcp_opts *o)
{
    uint8_t max = sack_blocks(c, o->acc);
    if (max == 0)
        return;
    if (c->rcv.has_dsack) { /* RFC 2883: the duplicate goes first. */
        o->sack[0].from = c->rcv.dsack_from;
        o->sack[0].to = c->rcv.dsack_to;
        o->sack_n = 1;
        c->rcv.has_dsack = false;
    }
    if (c->ooo == NULL)
        return;
    struct reasm_range r[4];
    uint8_t n = wf_reasm_sacks(c->ooo, r, (uint8_t)(max - o->sack_n));
    for (uint8_t i = 0; i < n; i++) {
        o->sack[o->sack_n].from = r[i].from;
        o->sack[o->sack_n].to = r[i].to;
        o->sack_n++;
    }
}

/** enum seg_kind - What an acknowledgement rides on */
enum seg_kind { SEG_PURE, SEG_DATA, SEG_AGAIN };

static void fill_ecn(struct tcp_conn *c, struct tcp_hdr *h, enum seg_kind kind)
{
    bool is_pure = kind == SEG_PURE && sack_wanted(c) == 0;
    uint8_t acc = kind == SEG_AGAIN ? 0 : acc_option(c, kind == SEG_DATA);
    if (acc != 0)
        wf_ecn_put_option(&c->ecn, acc, &h->opt);
    h->flags |= wf_ecn_ack_flags(&c->ecn, is_pure);
}

/* The acknowledgement half of a header; what it says is said. */
static void fill_ack(struct net *net, struct tcp_conn *c, struct tcp_hdr *h, enum seg_kind kind)
{
    h->flags |= TCP_ACK;
    h->ack = c->rcv.nxt;
    h->wnd = (uint16_t)(wf_tcp_window(c) >> c->opt.rcv_wscale);
    if (c->opt.has_ts) {
        h->opt.has_ts = true;
        h->opt.ts_val = wf_tcp_ts_now(net, &c->opt);
        h->opt.ts_ecr = c->opt.ts_recent;
    }
    if (WF_UNLIKELY(c->ecn.mode != WEFT_TCP_ECN_OFF))
        fill_ecn(c, h, kind);
    if (c->ooo != NULL || c->rcv.has_dsack)
        sack_options(c, &h->opt);
    if (c->snd.is_urg)
        wf_tcp_urgent_out(c, h);
    if (c->snd.wants_uto) {
        h->opt.uto = wf_tcp_uto_wire(&c->user);
        c->snd.wants_uto = false;
    }
    c->rcv.acked = c->rcv.nxt;
    c->rcv.is_ack_now = false;
    wf_tcp_timer_clear(c, TCP_T_DELACK);
}

/* Put all headers in front of a packet that holds the payload; it is ready for the driver. */
static void push_headers(struct net *net, struct tcp_conn *c, struct pkt *p,
                         const struct tcp_hdr *h, uint8_t ecn)
{
    const struct netif *nif = wf_netif_get(net, c->dst.ifindex);
    struct ip4_out o = ip_out(&c->key, c->user.ttl, c->user.tos);
    o.tos |= ecn;
    p->is_cwr_all = c->ecn.mode == WEFT_TCP_ECN_ACC;
    uint32_t hdr_bytes = TCP_HDR_BYTES + wf_tcp_opts_bytes(&h->opt);
    wf_tcp_emit(wf_pkt_push(p, hdr_bytes), h);
    p->l4_hdr_bytes = (uint16_t)hdr_bytes;
    set_csum(net, p, nif, &o, hdr_bytes);
    wf_ip4_push(p, &o, 0); /* DF: atomic, the identification means nothing (RFC 6864). */
    wf_dst_push_link(net, &c->dst, p);
    uint32_t segs = wf_max_u32(1, p->gso_segs);
    c->acct.segs_out += segs;
    wf_count_n(net, WEFT_COUNT_TCP_SEGS_OUT, segs);
    wf_count(net, WEFT_COUNT_IP4_OUT);
}

static struct pkt *start_packet(struct net *net)
{
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        return NULL;
    }
    p->data = p->head + PKT_HEAD_BYTES;
    return p;
}

static void trace_send(struct net *net, const struct tcp_conn *c, struct tcp_seq seq, uint32_t len,
                       uint8_t why)
{
    if (!wf_trace_is_on(net))
        return;
    uint32_t v[6] = {seq.v - c->snd.iss.v, len, why, wf_tcp_flight(c), wf_tcp_cwnd(c), c->snd.wnd};
    wf_tcp_trace(net, c, WEFT_TRACE_TCP_SEND, v);
}

/* ---- segments ---- */

struct pkt *wf_tcp_emit_ack(struct net *net, struct tcp_conn *c, struct tcp_seq seq, uint8_t why)
{
    struct pkt *p = start_packet(net);
    if (p == NULL)
        return NULL;
    struct tcp_hdr h = {.sport = c->key.local.port, .dport = c->key.remote.port, .seq = seq};
    fill_ack(net, c, &h, SEG_PURE);
    push_headers(net, c, p, &h, 0);
    trace_send(net, c, seq, 0, why);
    return p;
}

/* Payload [seq, seq + len) by reference, with its sums; returns the bytes that found room. */
static uint32_t attach(struct net *net, struct tcp_conn *c, struct pkt *p, struct tcp_seq seq,
                       uint32_t len)
{
    const struct netif *nif = wf_netif_get(net, c->dst.ifindex);
    uint32_t mss = wf_tcp_seg_mss(c);
    if (len == 0)
        return 0;
    uint32_t got = wf_sendq_slice(&c->sendq, seq.v, len, p);
    if (got < len && got > mss) { /* Out of fragments: whole segments only. */
        got -= got % mss;
        wf_pkt_trim(&net->pool, p, got);
    }
    if (got > mss) {
        p->gso_size = (uint16_t)mss;
        p->gso_segs = (uint16_t)((got + mss - 1) / mss);
    }
    if ((nif->caps & WEFT_CAP_TX_CSUM) == 0) {
        wf_sendq_sums(&net->pool.bufs, &c->sendq, seq.v, got, mss, p->sums);
        p->is_tcp_cut = p->gso_segs > 1;
    }
    return got;
}

/* What a SYN,ACK says that acknowledges data of the SYN already: the window after it. */
static void fill_fo_synack(struct net *net, struct tcp_conn *c, struct tcp_hdr *h, uint8_t *cookie)
{
    uint32_t room = c->user.rcvbuf - wf_min_u32(c->recvq.charge, c->user.rcvbuf);
    uint32_t now = c->rcv.edge.v - c->rcv.nxt.v;
    h->wnd = (uint16_t)wf_min_u32(wf_max_u32(room, now), 65535);
    c->rcv.edge = wf_seq_add(c->rcv.nxt, wf_max_u32(h->wnd, now));
    c->rcv.acked = c->rcv.nxt;
    if ((c->fo & TCP_FO_GIVE) == 0)
        return;
    wf_fo_cookie(net, &c->key.remote.addr, cookie);
    h->opt.fo_n = FO_COOKIE_BYTES;
    h->opt.fo = cookie;
    h->opt.acc = 0; /* Both find no room; byte counters can wait. */
}

static void ask_ecn(struct net *net, struct tcp_conn *c, struct tcp_hdr *h)
{
    bool is_again = c->ecn.has_asked && !c->ecn.has_sent_plain;
    h->flags |= wf_ecn_syn_flags(&c->ecn, c->user.ecn_ask);
    if (is_again && c->ecn.has_sent_plain)
        wf_count(net, WEFT_COUNT_TCP_ECN_FALLBACKS);
}

/* SYN, or SYN,ACK of a simultaneous open or of one with data on its SYN. */
struct pkt *wf_tcp_emit_syn(struct net *net, struct tcp_conn *c)
{
    struct pkt *p = start_packet(net);
    if (p == NULL)
        return NULL;
    struct tcp_hdr h = {.sport = c->key.local.port,
                        .dport = c->key.remote.port,
                        .seq = c->snd.iss,
                        .flags = TCP_SYN,
                        .wnd = (uint16_t)wf_min_u32(c->user.rcvbuf, 65535)};
    wf_tcp_offer(net, &c->opt, wf_tcp_local_mss(net, &c->user, c->dst.ifindex), &h.opt);
    h.opt.uto = wf_tcp_uto_wire(&c->user);
    if (c->state == WEFT_TCP_SYN_SENT) {
        ask_ecn(net, c, &h);
    } else {
        h.flags |= TCP_ACK | wf_ecn_synack(&c->ecn, c->timers.rtos, c->timers.rtos > 0, &h.opt);
        h.ack = c->rcv.nxt;
    }
    uint8_t cookie[FO_COOKIE_BYTES];
    uint32_t len = 0;
    if ((c->fo & TCP_FO_PASSIVE) != 0)
        fill_fo_synack(net, c, &h, cookie);
    else if (c->fo != 0)
        len = attach(net, c, p, wf_seq_add(c->snd.iss, 1), wf_fo_offer(net, c, &h.opt));
    if (wf_tcp_opts_bytes(&h.opt) > TCP_OPTS_MAX_BYTES)
        h.opt.uto = 0; /* It comes again with the first segment that is no SYN. */
    if (len > 0)
        c->fo |= TCP_FO_DATA;
    c->snd.nxt = wf_seq_max(c->snd.nxt, wf_seq_add(c->snd.iss, 1 + len));
    c->acct.bytes_sent += len;
    wf_count_n(net, WEFT_COUNT_TCP_BYTES_OUT, len);
    c->snd.wants_syn = false;
    c->snd.last_ns = net->now_ns;
    c->rcv.is_ack_now = false;
    push_headers(net, c, p, &h, 0);
    trace_send(net, c, c->snd.iss, len, WEFT_WHY_SYN);
    wf_tcp_timer_clear(c, TCP_T_PERSIST);
    wf_tcp_timer_set(net, c, TCP_T_RTO, (uint64_t)wf_rtt_rto_us(&c->rtt) * 1000);
    return p;
}

static uint16_t data_flags(const struct tcp_plan *plan, bool is_fin)
{
    return (uint16_t)((plan->is_psh ? TCP_PSH : 0u) | (is_fin ? TCP_FIN : 0u));
}

struct pkt *wf_tcp_emit_data(struct net *net, struct tcp_conn *c, const struct tcp_plan *plan)
{
    struct pkt *p = start_packet(net);
    if (p == NULL)
        return NULL;
    struct tcp_seq seq = c->snd.nxt;
    bool is_cwr = WF_UNLIKELY(c->ecn.wants_cwr) && plan->len > 0;
    /* CWR is for one segment: no super-frame, which drivers may cut with CWR on each. */
    uint32_t len =
        attach(net, c, p, seq, is_cwr ? wf_min_u32(plan->len, wf_tcp_seg_mss(c)) : plan->len);
    bool is_fin = plan->is_fin && len == plan->len;
    struct tcp_seq end = wf_seq_add(seq, len + is_fin);
    if (!wf_sb_sent(&net->tcp->recs, &c->sb, seq, end, net->now_ns)) {
        wf_net_note_drop(net, WEFT_DROP_NO_BLOCK);
        wf_pkt_free(&net->pool, p);
        return NULL;
    }
    struct tcp_hdr h = {.sport = c->key.local.port,
                        .dport = c->key.remote.port,
                        .seq = seq,
                        .flags = len == plan->len ? data_flags(plan, is_fin) : (uint16_t)0};
    if (c->rcv.nxt.v != c->rcv.acked.v && len > 0)
        c->rcv.is_pingpong = true; /* The answer carries the acknowledgement: they can wait. */
    fill_ack(net, c, &h, len > 0 ? SEG_DATA : SEG_AGAIN);
    if (is_cwr) {
        h.flags |= TCP_CWR;
        c->ecn.wants_cwr = false;
    }
    if (len > 0)
        c->ecn.wants_first = false;
    push_headers(net, c, p, &h, len > 0 ? wf_ecn_data_tos(&c->ecn) : 0);
    c->snd.nxt = end;
    c->snd.last_ns = net->now_ns;
    if (is_fin)
        c->snd.is_fin_sent = true;
    if (c->rec.state == REC_RECOVERY)
        c->rec.prr_out += len;
    if (plan->why == WEFT_WHY_TLP) {
        c->rec.has_tlp = true;
        c->rec.is_tlp_rtx = false;
        c->rec.tlp_end = end;
    }
    c->snd.wants_override = false;
    c->acct.bytes_sent += len;
    wf_count_n(net, WEFT_COUNT_TCP_BYTES_OUT, len);
    trace_send(net, c, seq, len, plan->why);
    wf_tcp_timer_sent(net, c, plan->why == WEFT_WHY_TLP);
    if (WF_UNLIKELY(c->snd.watch != 0))
        wf_tcp_watch_sent(net, c, len + is_fin);
    return p;
}

/* A record, or its first @max bytes, again. */
static struct pkt *emit_again(struct net *net, struct tcp_conn *c, struct tcp_txrec *r,
                              struct tcp_seq seq, uint32_t max, uint8_t why)
{
    struct pkt *p = start_packet(net);
    if (p == NULL)
        return NULL;
    uint32_t space = r->end.v - seq.v;
    bool has_fin = c->snd.is_fin_sent && wf_seq_gt(r->end, c->snd.fin);
    uint32_t bytes = wf_min_u32(space - has_fin, max);
    uint32_t len = attach(net, c, p, seq, bytes);
    bool is_fin = has_fin && len == space - 1;
    struct tcp_hdr h = {.sport = c->key.local.port, .dport = c->key.remote.port, .seq = seq};
    if (is_fin)
        h.flags |= TCP_FIN;
    if (wf_seq_add(seq, len).v == c->sendq.end && len > 0)
        h.flags |= TCP_PSH;
    fill_ack(net, c, &h, SEG_AGAIN);
    push_headers(net, c, p, &h, 0);
    wf_sb_resent(&net->tcp->recs, &c->sb, r, len + is_fin, net->now_ns);
    wf_undo_resent(&c->undo, len + is_fin);
    c->snd.wants_first = false;
    c->snd.last_ns = net->now_ns;
    if (c->rec.state == REC_RECOVERY)
        c->rec.prr_out += len;
    uint32_t segs = wf_max_u32(1, p->gso_segs);
    c->acct.bytes_retrans += len;
    c->acct.retrans_segs += segs;
    wf_count_n(net, WEFT_COUNT_TCP_RETRANS_SEGS, segs);
    wf_count_n(net, WEFT_COUNT_TCP_RETRANS_BYTES, len);
    trace_send(net, c, seq, len, why);
    wf_tcp_timer_sent(net, c, why == WEFT_WHY_TLP);
    if (WF_UNLIKELY(c->snd.watch != 0))
        wf_tcp_watch_sent(net, c, len + is_fin);
    return p;
}

/* The last segment again; a longer record is cut so that only its tail counts as sent twice. */
static struct pkt *emit_tlp(struct net *net, struct tcp_conn *c, const struct tcp_plan *plan)
{
    struct tcp_txrec *r = wf_sb_last(&c->sb);
    if (r == NULL || (r->flags & TXREC_SACKED) != 0)
        return NULL;
    uint32_t space = r->end.v - r->seq.v;
    if (space > plan->len + 1)
        r = wf_sb_split_tail(&net->tcp->recs, r, plan->len);
    if (r == NULL)
        return NULL;
    if (c->mtup.probe != 0)
        wf_mtu_probe_resent(c);
    c->rec.has_tlp = true;
    c->rec.is_tlp_rtx = true;
    c->rec.tlp_end = c->snd.nxt;
    return emit_again(net, c, r, r->seq, plan->len, WEFT_WHY_TLP);
}

/* RFC 6675 6 lets the timer start over with each retransmission in recovery. */
static void sack_resent(struct net *net, struct tcp_conn *c, struct tcp_seq end)
{
    if (!wf_tcp_is_sack_recovery(c))
        return;
    wf_rec_sack_resent(&c->rec, end);
    wf_tcp_timer_set(net, c, TCP_T_RTO, (uint64_t)wf_rtt_rto_us(&c->rtt) * 1000);
}

/* The first lost record, or its front, again. */
static struct pkt *emit_lost(struct net *net, struct tcp_conn *c, const struct tcp_plan *plan)
{
    struct tcp_txrec *r = wf_sb_first_lost(&c->sb);
    uint8_t why = c->rec.state == REC_LOSS ? WEFT_WHY_RTO : WEFT_WHY_RETRANSMIT;
    struct pkt *p = emit_again(net, c, r, r->seq, plan->len, why);
    if (p != NULL)
        sack_resent(net, c, r->end);
    return p;
}

/* RFC 6675 4, NextSeg() rules 3 and 4: a rescue leaves HighRxt alone. */
static struct pkt *emit_maybe_lost(struct net *net, struct tcp_conn *c, const struct tcp_plan *plan)
{
    struct sack_again again = wf_rec_sack_again(&c->rec, &c->sb);
    struct tcp_txrec *r = again.r;
    if (r != NULL && again.is_rescue && r->end.v - r->seq.v > plan->len + 1)
        r = wf_sb_split_tail(&net->tcp->recs, r, plan->len);
    if (r == NULL)
        return NULL;
    struct pkt *p = emit_again(net, c, r, r->seq, plan->len, WEFT_WHY_RETRANSMIT);
    if (p == NULL)
        return NULL;
    if (again.is_rescue)
        c->rec.is_rescued = true;
    else
        wf_sb_mark_twice(&c->sb, r);
    sack_resent(net, c, again.is_rescue ? c->rec.high_rxt : r->end);
    return p;
}

/*
 * A number that is old draws an answer and disturbs nothing: with data waiting it asks for the
 * window, without it whether the peer is there. Some peers answer only if there is an octet in it.
 */
static struct pkt *emit_probe(struct net *net, struct tcp_conn *c)
{
    bool is_keep = wf_seq_eq(c->snd.una, c->snd.nxt) && !wf_tcp_has_unsent(c);
    struct pkt *p = start_packet(net);
    if (p == NULL)
        return NULL;
    struct tcp_seq seq = wf_seq_sub(c->snd.una, 1);
    struct tcp_hdr h = {.sport = c->key.local.port, .dport = c->key.remote.port, .seq = seq};
    if (c->user.is_probe_octet) {
        *p->data = 0;
        p->len = p->total = 1;
        p->sums[0] = 0;
    }
    fill_ack(net, c, &h, SEG_PURE);
    push_headers(net, c, p, &h, 0);
    wf_count(net, is_keep ? WEFT_COUNT_TCP_KEEP_PROBES : WEFT_COUNT_TCP_WINDOW_PROBES);
    trace_send(net, c, seq, c->user.is_probe_octet, is_keep ? WEFT_WHY_KEEPALIVE : WEFT_WHY_PROBE);
    return p;
}

struct pkt *wf_tcp_emit_planned(struct net *net, struct tcp_conn *c, const struct tcp_plan *plan)
{
    switch ((enum tcp_act)plan->act) {
    case TCP_ACT_DATA:
        return wf_tcp_emit_data(net, c, plan);
    case TCP_ACT_RETRANSMIT:
        return emit_lost(net, c, plan);
    case TCP_ACT_AGAIN:
        return emit_maybe_lost(net, c, plan);
    case TCP_ACT_TLP_RTX:
        return emit_tlp(net, c, plan);
    case TCP_ACT_PROBE:
        return emit_probe(net, c);
    case TCP_ACT_ACK:
        return wf_tcp_emit_ack(net, c, c->snd.nxt, WEFT_WHY_ACK);
    case TCP_ACT_NONE:
        break;
    }
    return NULL;
}

/* ---- segments without a connection ---- */

void wf_tcp_bare_output(struct net *net, const struct tcp_bare *b)
{
    static const struct tcp_opts none;
    struct pkt *p = start_packet(net);
    if (p == NULL)
        return;
    struct tcp_hdr h = {.sport = b->key->local.port,
                        .dport = b->key->remote.port,
                        .seq = b->seq,
                        .ack = b->ack,
                        .flags = b->flags,
                        .wnd = b->wnd,
                        .opt = b->opt != NULL ? *b->opt : none};
    uint32_t hdr_bytes = TCP_HDR_BYTES + wf_tcp_opts_bytes(&h.opt);
    struct ip4_out o = ip_out(b->key, b->ttl, b->tos);
    wf_tcp_emit(wf_pkt_push(p, hdr_bytes), &h);
    struct wf_ip4 src, dst;
    wf_st32be(src.b, o.src4);
    wf_st32be(dst.b, o.dst4);
    uint16_t sum = wf_csum_add(wf_ip4_pseudo_sum(src, dst, IP_PROTO_TCP, hdr_bytes),
                               wf_csum_scalar(p->data, hdr_bytes));
    wf_st16be(p->data + TCP_CSUM_OFFSET, wf_csum_finish(sum));
    wf_count(net, WEFT_COUNT_TCP_SEGS_OUT);
    (void)wf_ip4_output(net, p, &o);
}

void wf_tcp_reset_output(struct net *net, const struct tcp_seg *s)
{
    if ((s->h.flags & TCP_RST) != 0 || wf_tcp_is_quiet(net))
        return;
    struct tcp_key k = {.local = {.addr = s->m->dst, .port = s->h.dport},
                        .remote = {.addr = s->m->src, .port = s->h.sport}};
    struct tcp_bare b = {.key = &k, .flags = TCP_RST, .ttl = net->ip->sw.ttl};
    if ((s->h.flags & TCP_ACK) != 0) {
        b.seq = s->h.ack;
    } else {
        uint32_t len = s->len + ((s->h.flags & TCP_SYN) != 0) + ((s->h.flags & TCP_FIN) != 0);
        b.ack = wf_seq_add(s->h.seq, len);
        b.flags |= TCP_ACK;
    }
    wf_count(net, WEFT_COUNT_TCP_RSTS_OUT);
    wf_tcp_bare_output(net, &b);
}

void wf_tcp_reset_conn(struct net *net, struct tcp_conn *c)
{
    struct tcp_opts o = {
        .has_ts = c->opt.has_ts, .ts_val = wf_tcp_ts_now(net, &c->opt), .ts_ecr = c->opt.ts_recent};
    struct tcp_bare b = {.key = &c->key,
                         .seq = c->snd.nxt,
                         .ack = c->rcv.nxt,
                         .flags = TCP_RST | TCP_ACK,
                         .ttl = c->user.ttl,
                         .tos = c->user.tos,
                         .opt = &o};
    wf_count(net, WEFT_COUNT_TCP_RSTS_OUT);
    trace_send(net, c, c->snd.nxt, 0, WEFT_WHY_RESET);
    wf_tcp_bare_output(net, &b);
}
