/* SPDX-License-Identifier: MIT */
/**
 * DOC: tx - a connection's turn: what the plan is asked with, and what comes of its answer
 *
 * Whoever has work for a connection wakes it; its interface asks the awake ones in turn. Then the
 * way is looked up, the state of the connection becomes what plan.c sees of it, and emit.c builds
 * what was decided.
 */
#include "tcp/emit.h"
#include "tcp/plan.h"
#include "tcp/recovery_sack.h"

#define CHALLENGES_MIN 500u /* Ceiling of the stack per second: between this ... */
#define CHALLENGES_VAR 500u /* ... and this many more, anew each second (RFC 5961 7). */

void wf_tcp_wake(struct net *net, struct tcp_conn *c)
{
    if (wf_list_is_linked(&c->sender.link))
        return; /* On an interface's list, or parked with a neighbour. */
    uint16_t before = c->dst.ifindex;
    if (!wf_dst_route(net, &c->dst, wf_addr_to4(&c->key.remote.addr))) {
        c->snd.why = WEFT_WHY_IF;
        wf_tcp_timer_blocked(net, c); /* What waits is tried again, and given up one day. */
        return;
    }
    if (c->dst.ifindex != before)
        wf_tcp_update_mss(net, c);
    wf_sender_wake(wf_netif_get(net, c->dst.ifindex), &c->sender);
}

void wf_tcp_if_down(struct net *net, struct netif *nif)
{
    struct wf_list parted;
    struct wf_list *l = NULL;
    wf_list_init(&parted);
    while ((l = wf_list_pop_front(&nif->senders)) != NULL)
        wf_list_push_back(&parted, l);
    while ((l = wf_list_pop_front(&parted)) != NULL)
        wf_tcp_wake(net, WF_CONTAINER_OF(l, struct tcp_conn, sender.link));
}

void wf_tcp_ack_now(struct net *net, struct tcp_conn *c)
{
    c->rcv.is_ack_now = true;
    wf_tcp_wake(net, c);
}

/* First per connection: one at a time is pending; then the ceiling of the stack. */
void wf_tcp_challenge(struct net *net, struct tcp_conn *c)
{
    struct wf_tcp *t = net->tcp;
    if (t->challenge_ns == 0 || net->now_ns - t->challenge_ns >= NS_PER_S) {
        t->challenge_ns = net->now_ns;
        t->challenge_left = CHALLENGES_MIN + wf_rng_below(&net->rng, CHALLENGES_VAR);
    }
    uint32_t now = wf_tcp_coarse(net);
    uint32_t interval = (uint32_t)(net->cfg->tcp_challenges_in_ms * NS_PER_MS >> 20);
    if (now - c->rcv.challenge_at > interval || c->rcv.challenges == 0) {
        c->rcv.challenge_at = now;
        c->rcv.challenges = 0;
    }
    if (c->rcv.challenges >= net->cfg->tcp_challenges_max || t->challenge_left == 0) {
        wf_count(net, WEFT_COUNT_TCP_CHALLENGES_LIMITED);
        return;
    }
    c->rcv.challenges++;
    t->challenge_left--;
    wf_count(net, WEFT_COUNT_TCP_CHALLENGES_OUT);
    wf_tcp_ack_now(net, c);
}

static uint32_t super_bytes(const struct tcp_conn *c, const struct netif *nif, bool is_whole)
{
    uint32_t mss = wf_tcp_seg_mss(c), most = is_whole ? nif->gso_max_bytes : 65535;
    uint32_t max = most - 120; /* All headers with full options. */
    if (!is_whole)
        max = wf_min_u32(max, PKT_SEGS_MAX * mss);
    if (WF_UNLIKELY((c->snd.watch & TCP_WATCH_PACE) != 0))
        return wf_pace_burst(wf_tcp_pace_rate(c), mss, wf_max_u32(max, mss));
    if (is_whole) /* Not more than half a window, so that acknowledgements keep coming. */
        max = wf_min_u32(max, wf_tcp_cwnd(c) / 2);
    return wf_max_u32(max - max % mss, mss);
}

/* Bytes that may be in flight, with @lost, the first that is to go again. */
static uint32_t window(const struct tcp_conn *c, const struct tcp_txrec *lost)
{
    uint32_t cwnd = wf_tcp_cwnd(c);
    /* RFC 3042: a segment for each of the first two duplicates; with SACK the flight shrinks. */
    if (c->rec.state == REC_OPEN)
        return c->rec.dup_acks == 0 || c->rec.kind != WEFT_TCP_RECOVERY_NEWRENO
                   ? cwnd
                   : cwnd + wf_min_u32(c->rec.dup_acks, 2) * c->snd.mss;
    bool is_own =
        c->rec.state == REC_RECOVERY && wf_cc_ops(&c->cc)->recovery == WEFT_CC_RECOVERY_OWN;
    /* RFC 5681 3.2 step 3; with SACK only what begins the recovery (RFC 6675 5 step 4.3). */
    bool is_asked = lost != NULL && wf_seq_eq(lost->seq, c->snd.una) &&
                    (c->rec.prr_out == 0 || !wf_tcp_is_sack_recovery(c));
    if (is_own && is_asked)
        return wf_max_u32(cwnd, wf_tcp_flight(c) + c->snd.mss);
    return cwnd;
}

static struct tcp_plan_in plan_in(const struct net *net, const struct tcp_conn *c)
{
    const struct tcp_txrec *lost = wf_sb_first_lost(&c->sb);
    const struct netif *nif = wf_netif_get(net, c->dst.ifindex);
    bool is_whole = (nif->caps & WEFT_CAP_TX_TSO4) != 0;
    return (struct tcp_plan_in){
        .una = c->snd.una,
        .nxt = c->snd.nxt,
        .end = wf_seq(c->sendq.end),
        .wnd = c->snd.wnd,
        .wnd_max = c->snd.wnd_max,
        .mss = wf_tcp_seg_mss(c),
        .super_bytes = c->snd.is_urg ? wf_tcp_seg_mss(c) : super_bytes(c, nif, is_whole),
        .flight = wf_tcp_flight(c),
        .cwnd = window(c, lost),
        .lost_bytes = lost != NULL ? lost->end.v - lost->seq.v : 0,
        .is_fin_queued = c->snd.is_fin_queued,
        .is_fin_sent = c->snd.is_fin_sent,
        .is_nodelay = c->user.is_nodelay || c->snd.is_urg,
        .is_cork = c->user.is_cork,
        .wants_override = c->snd.wants_override,
        .wants_probe = c->snd.wants_probe,
        .wants_tlp = c->snd.wants_tlp && !c->ecn.is_held,
        .wants_first = c->snd.wants_first,
        .wants_ack = c->rcv.is_ack_now,
        .is_held = c->ecn.is_held,
        .is_pacing = c->snd.pace_ns > net->now_ns,
        .is_whole = is_whole,
    };
}

/* RFC 5682 2.1: two new segments first, to find out whether the timeout was a mistake. */
static void ask_with_new(struct tcp_conn *c, struct tcp_plan_in *in)
{
    struct tcp_seq right = wf_seq_add(in->una, in->wnd);
    struct tcp_seq quota = wf_seq_add(c->rec.recover, FRTO_SEGS * in->mss);
    bool has_asked = wf_seq_gt(in->nxt, c->rec.recover);
    bool can_ask = !in->is_fin_sent && in->end.v != in->nxt.v && wf_seq_gt(right, in->nxt);
    if (!has_asked && !can_ask) {
        wf_undo_no_new(&c->undo);
        return;
    }
    in->lost_bytes = 0;
    in->wnd = wf_seq_min(right, quota).v - in->una.v;
}

/* RFC 6675 4, 5: pipe, and what may go again although it is not deemed lost. */
static void sack_again(const struct tcp_conn *c, struct tcp_plan_in *in)
{
    in->flight += c->sb.twice;
    struct sack_again again = wf_rec_sack_again(&c->rec, &c->sb);
    if (again.r != NULL)
        in->again_bytes = again.r->end.v - again.r->seq.v;
}

/* What is different while losses are repaired. */
static void in_trouble(struct tcp_conn *c, struct tcp_plan_in *in)
{
    if (wf_undo_is_asking(&c->undo))
        ask_with_new(c, in);
    else if (wf_tcp_is_sack_recovery(c))
        sack_again(c, in);
}

/* RFC 5681 4.1: what was in use before a pause is no longer known to be free. */
static void after_idle(struct net *net, struct tcp_conn *c)
{
    uint64_t rto_ns = (uint64_t)wf_rtt_base_us(&c->rtt) * 1000, idle = net->now_ns - c->snd.last_ns;
    if (wf_seq_eq(c->snd.una, c->snd.nxt) && c->sendq.end != c->snd.nxt.v && idle > rto_ns &&
        c->snd.last_ns != 0)
        wf_cc_ops(&c->cc)->on_idle(&c->cc, idle, rto_ns,
                                   wf_min_u32(wf_tcp_initial_window(c), c->cc.cwnd));
}

/* What goes out in the states before ESTABLISHED. */
static enum tcp_tx tx_opening(struct net *net, struct tcp_conn *c, struct pkt **out)
{
    if (wf_tcp_is_quiet(net)) {
        c->snd.why = WEFT_WHY_NONE;
        wf_tcp_timer_set(net, c, TCP_T_PERSIST, net->cfg->tcp_quiet_until_ns - net->now_ns);
        return TCP_TX_IDLE;
    }
    if (c->snd.wants_syn) {
        *out = wf_tcp_emit_syn(net, c);
        return *out != NULL ? TCP_TX_PACKET : TCP_TX_NO_PACKET;
    }
    if (c->state == WEFT_TCP_SYN_RECEIVED && c->rcv.is_ack_now) {
        *out = wf_tcp_emit_ack(net, c, c->snd.nxt, WEFT_WHY_ACK);
        return *out != NULL ? TCP_TX_PACKET : TCP_TX_NO_PACKET;
    }
    return TCP_TX_IDLE;
}

/*
 * A probe of the path MTU is planned and built as an ordinary segment of a connection whose
 * segments are that long. NULL: none goes now; *@is_waiting: nor does anything else that is new.
 */
static struct pkt *tx_mtu_probe(struct net *net, struct tcp_conn *c, bool *is_waiting)
{
    uint32_t usual = c->snd.mss, mss = 0;
    enum mtu_probe_now now = wf_mtu_probe_now(net, c, &mss);
    struct pkt *p = NULL;
    *is_waiting = now == MTU_PROBE_WAIT;
    if (now != MTU_PROBE_GO)
        return NULL;
    c->snd.mss = mss;
    struct tcp_plan_in in = plan_in(net, c);
    in.super_bytes = in.mss;
    struct tcp_plan plan = wf_tcp_plan(&in);
    if (plan.act == TCP_ACT_DATA && plan.why == WEFT_WHY_NEW_DATA && plan.len == mss)
        p = wf_tcp_emit_data(net, c, &plan);
    c->snd.mss = usual;
    if (p != NULL)
        wf_mtu_probe_sent(net, c, mss);
    return p;
}

/* RFC 7661 2: in slow start a window that was half used may still grow. */
static void note_most(struct tcp_conn *c, const struct tcp_plan_in *in, uint32_t len)
{
    if (c->snd.was_limited && wf_seq_lt(c->snd.una, c->snd.limited))
        return; /* It is the limit still. */
    if (c->snd.was_limited || in->flight == 0)
        c->snd.most = 0;
    c->snd.was_limited = false;
    c->snd.most = wf_max_u32(c->snd.most, in->flight + len);
}

/* Whether a plan that was carried out leaves nothing to plan: all of it went, and none of what is
 * asked before a plan or while losses are repaired can change the answer. */
static bool is_over(const struct tcp_conn *c, const struct tcp_plan_in *in,
                    const struct tcp_plan *plan)
{
    return plan->rest != WEFT_WHY_NONE && c->rec.state == REC_OPEN &&
           (c->snd.watch & TCP_WATCH_MTU) == 0 &&
           c->snd.nxt.v - in->nxt.v == plan->len + plan->is_fin;
}

static enum tcp_tx tx_planned(struct net *net, struct tcp_conn *c, struct pkt **out)
{
    if (WF_UNLIKELY(c->ecn.wants_handshake)) { /* Only a pure ACK can tell (RFC 9768 3.2.2.1). */
        *out = wf_tcp_emit_ack(net, c, c->snd.nxt, WEFT_WHY_ACK);
        c->ecn.wants_handshake = c->ecn.wants_handshake && *out == NULL;
        return *out != NULL ? TCP_TX_PACKET : TCP_TX_NO_PACKET;
    }
    after_idle(net, c);
    bool is_waiting = false;
    if (WF_UNLIKELY((c->snd.watch & TCP_WATCH_MTU) != 0)) {
        *out = tx_mtu_probe(net, c, &is_waiting);
        if (*out != NULL)
            return TCP_TX_PACKET;
    }
    struct tcp_plan_in in = plan_in(net, c);
    in.is_held |= is_waiting;
    if (WF_UNLIKELY(c->rec.state != REC_OPEN))
        in_trouble(c, &in);
    struct tcp_plan plan = wf_tcp_plan(&in);
    if (plan.is_cwnd_limited) {
        c->snd.was_limited = true;
        c->snd.limited = wf_seq_add(c->snd.nxt, plan.act == TCP_ACT_DATA ? plan.len : 0);
    } else if (plan.act == TCP_ACT_DATA && (c->snd.was_limited || c->cc.cwnd < c->cc.ssthresh)) {
        note_most(c, &in, plan.len);
    }
    if (plan.act != TCP_ACT_NONE && net->pool.pkts.in_use == net->pool.pkts.max) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        c->snd.why = WEFT_WHY_MEM;
        return TCP_TX_NO_PACKET;
    }
    *out = wf_tcp_emit_planned(net, c, &plan);
    if (*out == NULL && c->rcv.is_ack_now) /* No record for data: what is owed goes all the same. */
        *out = wf_tcp_emit_ack(net, c, c->snd.nxt, WEFT_WHY_ACK);
    c->snd.wants_probe = false;
    c->snd.wants_tlp = false;
    if (*out != NULL && !is_over(c, &in, &plan)) {
        c->snd.why = WEFT_WHY_NONE;
        return TCP_TX_PACKET;
    }
    if (*out != NULL)
        c->snd.why = plan.rest;
    else
        c->snd.why = plan.act == TCP_ACT_NONE ? plan.why : WEFT_WHY_MEM;
    if (WF_UNLIKELY(c->snd.watch != 0))
        wf_tcp_watch_idle(net, c);
    wf_tcp_timer_blocked(net, c);
    return *out != NULL ? TCP_TX_LAST : TCP_TX_IDLE;
}

enum tcp_tx wf_tcp_tx(struct net *net, struct wf_sender *s, struct pkt **out)
{
    struct tcp_conn *c = WF_CONTAINER_OF(s, struct tcp_conn, sender);
    uint16_t before = c->dst.ifindex;
    switch (wf_dst_prepare(net, &c->dst, wf_addr_to4(&c->key.remote.addr), s)) {
    case DST_READY:
        break;
    case DST_WAIT:
        c->snd.why = WEFT_WHY_NEIGH;
        return TCP_TX_PARKED;
    case DST_FAILED:
        wf_tcp_soft_error(net, c, WEFT_EHOSTUNREACH);
        if (c->state == WEFT_TCP_SYN_SENT) {
            wf_tcp_fail(net, c, WEFT_EHOSTUNREACH);
            return TCP_TX_PARKED; /* Off every list, maybe freed. */
        }
        c->snd.why = WEFT_WHY_NEIGH;
        wf_tcp_timer_blocked(net, c);
        return TCP_TX_IDLE;
    case DST_NO_ROUTE:
        wf_tcp_soft_error(net, c, WEFT_ENETUNREACH);
        c->snd.why = WEFT_WHY_IF;
        wf_tcp_timer_blocked(net, c);
        return TCP_TX_IDLE;
    case DST_NO_ROOM:
        c->snd.why = WEFT_WHY_NEIGH;
        wf_tcp_timer_blocked(net, c);
        return TCP_TX_IDLE;
    }
    if (c->dst.ifindex != before) { /* The route moved: that interface asks for it. */
        wf_list_remove(&s->link);
        wf_tcp_update_mss(net, c);
        wf_tcp_wake(net, c);
        return TCP_TX_PARKED;
    }
    if (c->state == WEFT_TCP_SYN_SENT || c->state == WEFT_TCP_SYN_RECEIVED)
        return tx_opening(net, c, out);
    return tx_planned(net, c, out);
}
