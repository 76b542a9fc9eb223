/* SPDX-License-Identifier: MIT */
/**
 * DOC: ack - what an acknowledgement tells: progress, SACK, RTT, window, losses
 *
 * RFC 9293 3.10.7.4 step five; RFC 2018 and 2883; RFC 6298 3; RFC 8985 or those before it (see
 * recovery.h); RFC 9937. Timestamps give
 * an RTT where the acknowledged data was sent more than once (RFC 7323 4).
 */
#include "tcp/conn.h"
#include "tcp/recovery_newreno.h"
#include "tcp/recovery_rack.h"
#include "tcp/recovery_sack.h"

uint32_t wf_tcp_flight(const struct tcp_conn *c)
{
    return c->snd.nxt.v - c->snd.una.v - c->sb.sacked - c->sb.lost;
}

struct rack_time wf_tcp_rack_time(const struct net *net, const struct tcp_conn *c)
{
    return (struct rack_time){.now_ns = net->now_ns,
                              .srtt_us = wf_rtt_srtt_us(&c->rtt),
                              .min_rtt_us = c->rtt.min_us,
                              .mss = c->snd.mss};
}

/* RFC 2883: a first block below the acknowledgement, or inside the second, is a duplicate. */
static bool is_dsack(const struct tcp_opts *o, struct tcp_seq ack)
{
    if (o->sack_n == 0)
        return false;
    if (wf_seq_lt(o->sack[0].from, ack))
        return true;
    return o->sack_n > 1 && wf_seq_geq(o->sack[0].from, o->sack[1].from) &&
           wf_seq_leq(o->sack[0].to, o->sack[1].to);
}

static bool take_sacks(struct net *net, struct tcp_conn *c, const struct tcp_seg *s,
                       struct tcp_delivery *d)
{
    const struct tcp_opts *o = &s->h.opt;
    if (o->sack_n == 0 || c->rec.kind == WEFT_TCP_RECOVERY_NEWRENO)
        return false;
    bool has_dsack = is_dsack(o, s->h.ack);
    for (uint8_t i = has_dsack ? 1 : 0; i < o->sack_n; i++) {
        struct tcp_seq from = o->sack[i].from, to = o->sack[i].to;
        /* Nothing empty, inverted, acknowledged already or never sent. */
        if (wf_seq_lt(from, to) && wf_seq_geq(from, c->snd.una) && wf_seq_leq(to, c->snd.nxt))
            wf_sb_sack(&net->tcp->recs, &c->sb, from, to, d);
        else
            wf_count(net, WEFT_COUNT_TCP_SACKS_IGNORED);
    }
    return has_dsack;
}

static void take_rtt(struct net *net, struct tcp_conn *c, const struct tcp_seg *s,
                     struct tcp_delivery *d, bool is_advance)
{
    /* Covering something sent twice it may answer late what was sent once, too. */
    if (d->has_low && !d->has_rtx) {
        d->rtt_us = wf_max_u32(1, (uint32_t)((net->now_ns - d->first_sent_ns) / 1000));
        wf_rtt_sample(&c->rtt, d->rtt_us);
        return;
    }
    if (!is_advance || !c->opt.has_ts || !s->h.opt.has_ts || s->h.opt.ts_ecr == 0)
        return;
    uint32_t ms = wf_tcp_ts_now(net, &c->opt) - s->h.opt.ts_ecr;
    if (ms >= 60000) /* An echo from the future or of days ago is no measurement. */
        return;
    d->rtt_us = wf_max_u32(1, ms * 1000);
    wf_rtt_sample(&c->rtt, d->rtt_us);
}

/* RFC 9293 3.10.7.4: newer segments only. Returns whether the right edge moved. */
static bool take_window(struct tcp_conn *c, const struct tcp_seg *s)
{
    bool is_newer = wf_seq_lt(c->snd.wl1, s->h.seq) ||
                    (wf_seq_eq(c->snd.wl1, s->h.seq) && wf_seq_leq(c->snd.wl2, s->h.ack));
    if (!is_newer)
        return false;
    uint32_t wnd = (uint32_t)s->h.wnd << c->opt.snd_wscale;
    bool is_changed = wnd != c->snd.wnd;
    c->snd.wnd = wnd;
    c->snd.wnd_max = wf_max_u32(c->snd.wnd_max, wnd);
    c->snd.wl1 = s->h.seq;
    c->snd.wl2 = s->h.ack;
    return is_changed;
}

/* The cumulative part: bytes leave the send queue. */
static void advance(struct net *net, struct tcp_conn *c, struct tcp_seq ack, struct tcp_delivery *d)
{
    wf_sb_ack(&net->tcp->recs, &c->sb, ack, d);
    c->snd.una = ack;
    c->snd.wants_first = false;
    uint32_t off = ack.v;
    if ((int32_t)(off - c->sendq.end) > 0) /* Our FIN is acknowledged too. */
        off = c->sendq.end;
    c->acct.bytes_acked += off - c->sendq.start;
    wf_sendq_drop_to(&net->pool.bufs, &c->sendq, off);
    wf_dst_confirm(net, &c->dst);
    wf_tcp_timer_progress(c);
    if (c->ready != NULL && wf_sendq_bytes(&c->sendq) * 3 <= c->user.sndbuf * 2)
        wf_ready_mark(net, c->ready);
}

static struct weft_cc_loss loss_sample(const struct net *net, const struct tcp_conn *c)
{
    return (struct weft_cc_loss){.now_ns = net->now_ns,
                                 .delivered = c->acct.bytes_acked + c->sb.sacked,
                                 .lost = c->sb.lost,
                                 .flight = c->snd.nxt.v - c->snd.una.v - c->sb.sacked,
                                 .mss = c->snd.mss,
                                 .has_sack = c->rec.kind != WEFT_TCP_RECOVERY_NEWRENO};
}

/* @delivered: by the acknowledgement that told of it; it was in flight until then (RFC 9937 6.1). */
static void enter_recovery(struct net *net, struct tcp_conn *c, uint32_t delivered)
{
    struct weft_cc_loss l = loss_sample(net, c);
    uint32_t window = wf_max_u32(c->cc.cwnd, c->snd.mss), flight = l.flight + delivered;
    if (c->rec.kind == WEFT_TCP_RECOVERY_RACK)
        l.flight = flight;
    else /* FlightSize; limited transmit went beyond cwnd, and does not count (RFC 3042). */
        l.flight = wf_min_u32(c->snd.nxt.v - c->snd.una.v, window);
    if (c->rec.kind == WEFT_TCP_RECOVERY_NEWRENO)
        flight = l.flight;
    if (wf_cc_ops(&c->cc)->recovery == WEFT_CC_RECOVERY_NONE) {
        wf_sb_mark_all_lost(&c->sb);
        wf_rec_rto(&c->rec, c->snd.nxt);
    } else {
        wf_rec_enter(&c->rec, c->snd.una, c->snd.nxt, flight, c->snd.mss);
    }
    /* RFC 3168 6.1.2: losses of a window that was reduced for a mark do not reduce it again. */
    const struct tcp_txrec *lost = wf_sb_first_lost(&c->sb);
    bool is_paid = c->ecn.is_reduced && lost != NULL && wf_seq_lt(lost->seq, c->ecn.high);
    if (is_paid) {
        wf_undo_forget(&c->undo); /* The mark was no mistake. */
    } else {
        wf_undo_begin(&c->undo, c->snd.una, net->now_ns);
        wf_cc_ops(&c->cc)->on_loss(&c->cc, &l);
        wf_ecn_reduced(&c->ecn, c->snd.nxt);
    }
    c->acct.recoveries++;
    wf_count(net, WEFT_COUNT_TCP_RECOVERIES);
    wf_tcp_timer_call_off(net, c, TCP_T_PTO);
    wf_mtu_probe_episode(net, c);
}

/* What is marked lost begins a recovery, unless it is no more than a probe of the path MTU. */
static bool is_loss(struct net *net, struct tcp_conn *c)
{
    return c->sb.lost > 0 && c->rec.state == REC_OPEN &&
           (c->mtup.probe == 0 || !wf_mtu_probe_is_alone(net, c));
}

void wf_tcp_after_losses(struct net *net, struct tcp_conn *c)
{
    if (c->sb.lost == 0)
        return;
    if (is_loss(net, c)) {
        enter_recovery(net, c, 0);
        wf_rec_prr(&c->rec, 0, wf_tcp_flight(c), c->cc.ssthresh, c->snd.mss, false);
    }
    wf_tcp_wake(net, c);
}

/*
 * RACK: a timestamp echo tells the answer to an original from that to its retransmission. Not if
 * only SACK tells of it: out of order, its timestamp is not echoed (RFC 7323 4.3), and a tail loss
 * probe would find nothing.
 */
static void find_by_time(struct net *net, struct tcp_conn *c, const struct tcp_seg *s,
                         const struct tcp_delivery *d, bool is_advance)
{
    uint64_t floor_ns = UINT64_MAX, wait_ns = 0;
    if (is_advance && c->opt.has_ts && s->h.opt.has_ts) {
        uint32_t age_ms = wf_tcp_ts_now(net, &c->opt) - s->h.opt.ts_ecr;
        floor_ns = age_ms < 60000
                       ? net->now_ns - wf_min_u64(net->now_ns, age_ms * NS_PER_MS) + NS_PER_MS
                       : UINT64_MAX;
    }
    struct rack_time t = wf_tcp_rack_time(net, c);
    wf_rec_delivered(&c->rec, d, &t, floor_ns);
    wf_rec_detect(&c->rec, &c->sb, &t, &wait_ns);
    wf_tcp_timer_reo(net, c, wait_ns);
}

static void find_by_duplicates(struct net *net, struct tcp_conn *c, struct tcp_delivery *d,
                               bool is_advance, bool is_dup)
{
    bool is_sack = c->rec.kind == WEFT_TCP_RECOVERY_SACK;
    struct tcp_seq right = wf_seq_add(c->snd.una, c->snd.wnd);
    bool is_ready = c->snd.why != WEFT_WHY_NAGLE && c->snd.why != WEFT_WHY_CORK;
    struct rec_ack a = {.una = c->snd.una,
                        .nxt = c->snd.nxt,
                        .mss = c->snd.mss,
                        .bytes = d->bytes,
                        .is_advance = is_advance,
                        .is_dup = is_sack ? d->sacked_bytes > 0 : is_dup,
                        .has_new = is_ready && wf_tcp_has_unsent(c) && wf_seq_gt(right, c->snd.nxt),
                        .is_first_last = (wf_cc_ops(&c->cc)->flags & WEFT_CC_FIRST_ACK) != 0};
    if (is_sack) {
        wf_rec_sack_ack(&c->rec, &net->tcp->recs, &c->sb, &a);
        return;
    }
    switch (wf_rec_newreno_ack(&c->rec, &net->tcp->recs, &c->sb, &a)) {
    case NEWRENO_NOTHING:
        break;
    case NEWRENO_LEFT:
    case NEWRENO_LOST:
        d->bytes = c->snd.mss;
        break;
    case NEWRENO_PARTIAL:
        c->snd.wants_first = true;
        break;
    }
}

/* Returns the bytes that are known to be lost now, and were not. */
static uint32_t find_losses(struct net *net, struct tcp_conn *c, const struct tcp_seg *s,
                            struct tcp_delivery *d, bool is_advance, bool is_dup)
{
    uint32_t ever = c->sb.lost_ever;
    if (WF_LIKELY(c->rec.kind == WEFT_TCP_RECOVERY_RACK))
        find_by_time(net, c, s, d, is_advance);
    else
        find_by_duplicates(net, c, d, is_advance, is_dup);
    uint32_t newly_lost = c->sb.lost_ever - ever;
    if (newly_lost > 0) {
        uint32_t v[6] = {c->snd.una.v - c->snd.iss.v, newly_lost, WEFT_WHY_RETRANSMIT};
        wf_tcp_trace(net, c, WEFT_TRACE_TCP_LOSS, v);
    }
    return newly_lost;
}

/* Congestion was reported without a loss: once a round trip the window comes down; where it cannot,
 * the timer holds what is new (RFC 3168 6.1.2, RFC 9438 4.6). */
static void take_mark(struct net *net, struct tcp_conn *c, uint32_t delivered)
{
    if (c->ecn.is_reduced)
        return;
    if (c->cc.cwnd <= c->snd.mss) {
        wf_tcp_timer_hold(net, c, wf_ecn_hold(&c->ecn));
        wf_ecn_reduced(&c->ecn, c->snd.nxt);
        wf_count(net, WEFT_COUNT_TCP_ECN_HOLDS);
        return;
    }
    struct weft_cc_loss l = loss_sample(net, c);
    l.flight += delivered;
    l.cause = WEFT_CC_ECN;
    wf_cc_ops(&c->cc)->on_loss(&c->cc, &l);
    wf_undo_forget(&c->undo); /* What it would restore is from before the mark. */
    wf_ecn_reduced(&c->ecn, c->snd.nxt);
    wf_count(net, WEFT_COUNT_TCP_ECN_REDUCTIONS);
}

void wf_tcp_quenched(struct net *net, struct tcp_conn *c, struct tcp_seq seq)
{
    bool is_same = wf_seq_lt(c->snd.una, c->ecn.high) && wf_seq_lt(seq, c->ecn.high);
    if (!is_same) /* About what was sent before the window came down: nothing new. */
        take_mark(net, c, 0);
}

/* Windows after the scoreboard is up to date: congestion control, or PRR. */
static void control(struct net *net, struct tcp_conn *c, const struct tcp_delivery *d,
                    uint32_t flight_before, uint32_t newly_lost, bool is_advance, uint32_t ce_bytes)
{
    const struct weft_cc_ops *ops = wf_cc_ops(&c->cc);
    bool is_fast = c->rec.state == REC_RECOVERY, was_fast = is_fast;
    if (wf_rec_is_over(&c->rec, c->snd.una) && is_fast)
        ops->on_recovered(&c->cc, net->now_ns);
    if (is_loss(net, c))
        enter_recovery(net, c, d->bytes);
    is_fast = c->rec.state == REC_RECOVERY;
    if (is_fast && ops->recovery == WEFT_CC_RECOVERY_PRR && (d->bytes > 0 || newly_lost > 0)) {
        uint32_t bytes = d->bytes;
        if (c->rec.kind == WEFT_TCP_RECOVERY_NEWRENO)
            bytes = wf_rec_newreno_delivered(&c->rec, bytes, c->snd.mss, is_advance);
        wf_rec_prr(&c->rec, bytes, wf_tcp_flight(c), c->cc.ssthresh, c->snd.mss,
                   is_advance && newly_lost == 0);
    }
    bool is_every = (ops->flags & (WEFT_CC_EVERY_ACK | WEFT_CC_RATES)) != 0;
    if (WF_UNLIKELY(ce_bytes > 0) && !is_fast) {
        take_mark(net, c, d->bytes);
        if (!is_every)
            return; /* Nor does the window grow. */
    }
    /* RFC 5681 3.2, RFC 3042: a window does not grow by what arrives behind a gap. */
    if (d->bytes == 0 || (!is_every && (was_fast || is_fast || !is_advance)))
        return;
    bool is_limited = c->snd.was_limited && wf_seq_leq(c->snd.una, c->snd.limited);
    bool is_slow_start = c->cc.cwnd < c->cc.ssthresh;
    struct weft_cc_ack a = {.now_ns = net->now_ns,
                            .delivered = c->acct.bytes_acked + c->sb.sacked,
                            .acked = d->bytes,
                            .newly_lost = newly_lost,
                            .flight = flight_before,
                            .flight_now = wf_tcp_flight(c),
                            .una = c->snd.una.v,
                            .nxt = c->snd.nxt.v,
                            .mss = c->snd.mss,
                            .rtt_us = d->rtt_us,
                            .srtt_us = wf_rtt_srtt_us(&c->rtt),
                            .min_rtt_us = c->rtt.min_us,
                            .ce_bytes = ce_bytes,
                            .is_cwnd_limited =
                                is_limited || (is_slow_start && !c->snd.was_limited &&
                                               c->cc.cwnd < 2 * (uint64_t)c->snd.most),
                            .is_recovering = was_fast || is_fast,
                            .is_advance = is_advance,
                            .is_paced = (c->snd.watch & TCP_WATCH_PACE) != 0};
    if (WF_UNLIKELY((c->snd.watch & TCP_WATCH_RATE) != 0))
        wf_tcp_watch_delivered(net, c, d, &a.rate);
    ops->on_ack(&c->cc, &a);
}

static void tlp(struct net *net, struct tcp_conn *c, const struct tcp_seg *s, bool is_dup,
                bool has_dsack)
{
    if (!c->rec.has_tlp)
        return;
    if (!wf_rec_tlp_ack(&c->rec, s->h.ack, is_dup && s->h.opt.sack_n == 0, has_dsack))
        return;
    struct weft_cc_loss l = loss_sample(net, c); /* The probe repaired a loss (RFC 8985 7.4.2). */
    wf_cc_ops(&c->cc)->on_loss(&c->cc, &l);
    wf_cc_ops(&c->cc)->on_recovered(&c->cc, net->now_ns);
    wf_ecn_reduced(&c->ecn, c->snd.nxt);
    wf_undo_forget(&c->undo);
}

/* A reduction that was a mistake is taken back, and what was thought lost is only late. */
static void undo(struct net *net, struct tcp_conn *c, const struct tcp_seg *s,
                 const struct tcp_delivery *d, bool is_advance, bool is_dup, bool has_dsack)
{
    const struct tcp_opts *o = &s->h.opt;
    if (!c->undo.is_armed)
        return;
    struct undo_ack a = {.una = c->snd.una,
                         .nxt = c->snd.nxt,
                         .dsack_from = o->sack[0].from,
                         .dsack_to = o->sack[0].to,
                         .has_dsack = has_dsack,
                         .has_echo = c->opt.has_ts && o->has_ts && o->ts_ecr != 0,
                         .echo_ms = o->ts_ecr - c->opt.ts_offset,
                         .is_advance = is_advance,
                         .is_dup = is_dup,
                         .is_over =
                             c->rec.state != REC_OPEN && wf_seq_geq(c->snd.una, c->rec.recover),
                         .delivery = d};
    enum undo_cause cause = wf_undo_ack(&c->undo, &a);
    if (cause == UNDO_NO)
        return;
    wf_sb_unmark_lost(&c->sb);
    wf_rec_undo(&c->rec);
    wf_cc_ops(&c->cc)->on_undo(&c->cc);
    wf_ecn_restored(&c->ecn);
    c->acct.undos++;
    wf_count(net, WEFT_COUNT_TCP_UNDOS);
    uint32_t v[6] = {c->snd.una.v - c->snd.iss.v, c->cc.cwnd, c->cc.ssthresh, cause};
    wf_tcp_trace(net, c, WEFT_TRACE_TCP_UNDO, v);
}

static void rearm(struct net *net, struct tcp_conn *c)
{
    if (wf_seq_eq(c->snd.una, c->snd.nxt)) { /* RFC 6298 5.2 */
        wf_tcp_timer_all_acked(net, c);
        return;
    }
    if (!c->ecn.is_held)
        wf_tcp_timer_restart(net, c); /* 5.3 */
    wf_tcp_timer_sent(net, c, false);
}

/*
 * RFC 6298 5.3 knows only acknowledgements of new data. RACK's timer starts over with everything
 * that is delivered, NewReno's with a fast retransmission; RFC 6675's when it sends again.
 */
static bool restarts_timer(const struct tcp_conn *c, const struct tcp_delivery *d,
                           uint32_t newly_lost)
{
    if (c->rec.kind == WEFT_TCP_RECOVERY_RACK)
        return d->bytes > 0 || newly_lost > 0;
    return c->rec.kind == WEFT_TCP_RECOVERY_NEWRENO && newly_lost > 0;
}

void wf_tcp_take_ack(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    struct tcp_delivery d = {0};
    uint32_t flight = wf_tcp_flight(c), newly_lost = 0;
    bool is_advance = wf_seq_gt(s->h.ack, c->snd.una);
    bool is_outstanding = !wf_seq_eq(c->snd.una, c->snd.nxt);
    bool has_dsack = take_sacks(net, c, s, &d);
    if (is_advance)
        advance(net, c, s->h.ack, &d);
    bool is_moved = wf_seq_geq(s->h.ack, c->snd.una) && take_window(c, s);
    bool is_dup = !is_advance && is_outstanding && s->len == 0 && !is_moved &&
                  wf_seq_eq(s->h.ack, c->snd.una) && (s->h.flags & (TCP_SYN | TCP_FIN)) == 0;
    if (is_dup)
        wf_count(net, WEFT_COUNT_TCP_DUP_ACKS_IN);
    wf_tcp_timer_answered(c);
    if (is_outstanding) {
        take_rtt(net, c, s, &d, is_advance);
        if (has_dsack)
            wf_rec_dsack(&c->rec, c->snd.una, c->snd.nxt);
        newly_lost = find_losses(net, c, s, &d, is_advance, is_dup);
        undo(net, c, s, &d, is_advance, is_dup, has_dsack);
        tlp(net, c, s, is_dup, has_dsack);
        if (WF_UNLIKELY(c->mtup.probe != 0))
            wf_mtu_probe_acked(net, c);
        uint32_t ce_bytes = 0;
        if (WF_UNLIKELY(c->ecn.mode != WEFT_TCP_ECN_OFF) && wf_seq_geq(s->h.ack, c->snd.una))
            ce_bytes = wf_ecn_feedback(&c->ecn, &s->h, c->snd.una, d.bytes, c->snd.mss);
        control(net, c, &d, flight, newly_lost, is_advance, ce_bytes);
        if (is_advance || restarts_timer(c, &d, newly_lost))
            rearm(net, c);
        uint32_t v[6] = {c->snd.una.v - c->snd.iss.v, wf_tcp_cwnd(c),         c->cc.ssthresh,
                         wf_rtt_srtt_us(&c->rtt),     wf_rtt_rto_us(&c->rtt), wf_tcp_flight(c)};
        wf_tcp_trace(net, c, WEFT_TRACE_TCP_ACK, v);
    } else if (has_dsack) { /* Of what was sent again in a recovery that is over. */
        undo(net, c, s, &d, false, false, true);
    }
    if (c->sb.lost > 0 || wf_tcp_has_unsent(c) || c->rec.state == REC_RECOVERY)
        wf_tcp_wake(net, c);
}
