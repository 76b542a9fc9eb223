/* SPDX-License-Identifier: MIT */
/**
 * DOC: arrive - the eight steps of RFC 9293 3.10.7.4, one function each, called in order
 *
 * Each answers what becomes of the segment. RFC 5961 is in steps two (RST), four (SYN) and five
 * (ACK), RFC 7323's PAWS in step one. Security (step three) has no options to look at.
 */
#include "tcp/conn.h"

#define PAWS_AGE_MS (24u * 24 * 3600 * 1000) /* RFC 7323 5.5 */

/** enum step - What a step answers */
enum step {
    STEP_CONTINUE,
    STEP_DROP,      /* Silently. */
    STEP_ACK_DROP,  /* Answer with an acknowledgement, then drop. */
    STEP_CHALLENGE, /* The same within the limits of RFC 5961. */
    STEP_RESET,     /* Answer with RST, then drop. */
    STEP_GONE,      /* The connection is no more; the segment is consumed. */
};

static enum step drop(enum step how, enum weft_drop *why, enum weft_drop reason)
{
    *why = reason;
    return how;
}

static uint32_t ms_now(const struct net *net)
{
    return (uint32_t)(net->now_ns / NS_PER_MS);
}

/* RFC 7323 5.3: R1 rejects what is older than the newest timestamp in order. */
static enum step check_timestamp(struct net *net, struct tcp_conn *c, struct tcp_seg *s,
                                 enum weft_drop *why)
{
    bool is_rst = (s->h.flags & TCP_RST) != 0;
    if (is_rst)
        return STEP_CONTINUE; /* RFC 7323 5.2: RST is judged by its sequence number alone. */
    if (!s->h.opt.has_ts)
        return drop(STEP_DROP, why, WEFT_DROP_TCP_TS_MISSING);
    bool is_old = (int32_t)(s->h.opt.ts_val - c->opt.ts_recent) < 0;
    if (is_old && ms_now(net) - c->opt.ts_recent_ms < PAWS_AGE_MS)
        return drop(STEP_ACK_DROP, why, WEFT_DROP_TCP_PAWS);
    return STEP_CONTINUE;
}

/* RFC 7323 4.3 (2): remember the timestamp of what the next acknowledgement answers. */
static void note_timestamp(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    if (!s->h.opt.has_ts || (s->h.flags & TCP_RST) != 0 || wf_seq_gt(s->h.seq, c->rcv.acked))
        return;
    c->opt.ts_recent = s->h.opt.ts_val;
    c->opt.ts_recent_ms = ms_now(net);
}

static uint32_t seg_len(const struct tcp_seg *s)
{
    return s->len + ((s->h.flags & TCP_SYN) != 0) + ((s->h.flags & TCP_FIN) != 0);
}

/* Cut what lies before RCV.NXT; a SYN counts as the first octet. */
static void trim_left(struct tcp_conn *c, struct tcp_seg *s)
{
    uint32_t cut = c->rcv.nxt.v - s->seq.v;
    if ((s->h.flags & TCP_SYN) != 0) {
        s->h.flags &= (uint16_t)~TCP_SYN;
        s->seq = wf_seq_add(s->seq, 1);
        cut--;
    }
    uint32_t n = wf_min_u32(cut, s->len);
    if (n > 0) { /* RFC 2883: the duplicate part is reported. */
        c->rcv.has_dsack = true;
        c->rcv.dsack_from = s->seq;
        c->rcv.dsack_to = wf_seq_add(s->seq, n);
        c->rcv.is_ack_now = true;
    }
    s->off += n;
    s->len -= n;
    s->seq = c->rcv.nxt;
}

static void take_ecn(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    uint32_t before = c->ecn.received_ce;
    if (wf_ecn_take_segment(&c->ecn, s->h.flags, s->m->tos, s->len, wf_max_u32(1, s->p->gso_segs),
                            !wf_seq_eq(c->rcv.nxt, c->rcv.acked)))
        c->rcv.is_ack_now = true; /* The way in ends by waking the sender for it. */
    wf_count_n(net, WEFT_COUNT_TCP_ECN_CE_IN, c->ecn.received_ce - before);
}

/* First: the four-case window test, then trimming to the window. */
static enum step check_sequence(struct net *net, struct tcp_conn *c, struct tcp_seg *s,
                                enum weft_drop *why)
{
    if (c->opt.has_ts) {
        enum step step = check_timestamp(net, c, s, why);
        if (step != STEP_CONTINUE)
            return step;
    }
    uint32_t wnd = c->rcv.edge.v - c->rcv.nxt.v, len = seg_len(s);
    struct tcp_seq end = wf_seq_add(s->seq, len);
    bool is_rst = (s->h.flags & TCP_RST) != 0;
    /* A closed window lets valid acknowledgements and resets in. */
    bool is_let_in =
        wf_seq_eq(s->seq, c->rcv.nxt) && (len == 0 || (s->h.flags & (TCP_ACK | TCP_RST)) != 0);
    bool is_ok =
        wnd == 0 ? is_let_in
                 : wf_seq_in(s->seq, c->rcv.nxt, c->rcv.edge) ||
                       (len > 0 && wf_seq_gt(end, c->rcv.nxt) && wf_seq_lt(s->seq, c->rcv.edge));
    if (!is_ok) {
        bool is_old = len > 0 && wf_seq_leq(end, c->rcv.nxt);
        if (c->ecn.mode == WEFT_TCP_ECN_ACC && is_old && (s->h.flags & TCP_SYN) != 0 &&
            (s->h.flags & TCP_ACK) != 0)
            wf_ecn_take_synack_again(&c->ecn, s->m->tos);
        if (c->state == WEFT_TCP_SYN_RECEIVED && (c->fo & TCP_FO_PASSIVE) != 0 && !is_rst &&
            (s->h.flags & TCP_SYN) != 0 && wf_seq_eq(s->h.seq, c->rcv.irs))
            c->snd.wants_syn = true; /* Our SYN,ACK was lost. */
        if (is_rst)
            return drop(STEP_DROP, why, WEFT_DROP_TCP_RST_IGNORED);
        if (is_old && s->len > 0 && s->len <= c->rcv.nxt.v - c->rcv.irs.v) {
            c->rcv.has_dsack = true;
            c->rcv.dsack_from = s->seq;
            c->rcv.dsack_to = wf_seq_add(s->seq, s->len);
        }
        return drop(STEP_ACK_DROP, why, is_old ? WEFT_DROP_TCP_OLD_DUP : WEFT_DROP_TCP_WINDOW);
    }
    note_timestamp(net, c, s);
    if (WF_UNLIKELY(c->ecn.mode != WEFT_TCP_ECN_OFF)) /* Outside the window a mark means nothing. */
        take_ecn(net, c, s);
    if (wf_seq_lt(s->seq, c->rcv.nxt))
        trim_left(c, s);
    uint32_t room = wf_seq_lt(s->seq, c->rcv.edge) ? c->rcv.edge.v - s->seq.v : 0;
    if (s->len > room || (s->len == room && (s->h.flags & TCP_FIN) != 0)) {
        s->len = room; /* What lies beyond the edge, a FIN there too, is sent again. */
        s->h.flags &= (uint16_t)~TCP_FIN;
        c->rcv.is_ack_now = true;
    }
    return STEP_CONTINUE;
}

/* Second: RST (RFC 5961 3.2). */
static enum step check_rst(struct net *net, struct tcp_conn *c, struct tcp_seg *s,
                           enum weft_drop *why)
{
    if ((s->h.flags & TCP_RST) == 0)
        return STEP_CONTINUE;
    if (!wf_seq_eq(s->h.seq, c->rcv.nxt))
        return drop(STEP_CHALLENGE, why, WEFT_DROP_TCP_RST_IGNORED);
    bool is_closing = c->state == WEFT_TCP_CLOSING || c->state == WEFT_TCP_LAST_ACK;
    if (is_closing)
        wf_tcp_done(net, c);
    else
        wf_tcp_fail(net, c,
                    c->state == WEFT_TCP_SYN_RECEIVED ? WEFT_ECONNREFUSED : WEFT_ECONNRESET);
    return STEP_GONE;
}

/* Fourth: SYN in the window (RFC 5961 4.2). */
static enum step check_syn(const struct tcp_seg *s, enum weft_drop *why)
{
    return (s->h.flags & TCP_SYN) != 0 ? drop(STEP_CHALLENGE, why, WEFT_DROP_TCP_SYN_CHALLENGED)
                                       : STEP_CONTINUE;
}

/* Our FIN is acknowledged: where that leads. */
static enum step fin_acked(struct net *net, struct tcp_conn *c)
{
    switch ((enum weft_tcp_state)c->state) {
    case WEFT_TCP_FIN_WAIT_1:
        wf_tcp_set_state(net, c, WEFT_TCP_FIN_WAIT_2);
        if (c->is_orphan) /* Nobody can read any more: the peer's FIN is not waited for for ever. */
            wf_tcp_timer_set(net, c, TCP_T_LINGER, 2ull * c->user.msl_ms * NS_PER_MS);
        if (c->ready != NULL)
            wf_ready_mark(net, c->ready); /* WEFT_FINISHED */
        return STEP_CONTINUE;
    case WEFT_TCP_CLOSING:
        wf_tcp_timewait_enter(net, c);
        return STEP_GONE;
    case WEFT_TCP_LAST_ACK:
        wf_tcp_done(net, c);
        return STEP_GONE;
    case WEFT_TCP_CLOSED:
    case WEFT_TCP_LISTEN:
    case WEFT_TCP_SYN_SENT:
    case WEFT_TCP_SYN_RECEIVED:
    case WEFT_TCP_ESTABLISHED:
    case WEFT_TCP_FIN_WAIT_2:
    case WEFT_TCP_CLOSE_WAIT:
    case WEFT_TCP_TIME_WAIT:
    case WEFT_TCP_STATE_COUNT:
        break;
    }
    return STEP_CONTINUE;
}

/* RFC 5482 3.1: the keep-alive may have to wait longer than what is adopted. */
static void take_uto(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    bool is_new = c->opt.peer_uto != s->h.opt.uto;
    c->opt.peer_uto = s->h.opt.uto;
    if (is_new && (c->user.uto & TCP_UTO_ADOPT) != 0)
        wf_tcp_timer_keep(net, c);
}

/* Fifth: ACK. */
static enum step check_ack(struct net *net, struct tcp_conn *c, struct tcp_seg *s,
                           enum weft_drop *why)
{
    if ((s->h.flags & TCP_ACK) == 0)
        return drop(STEP_DROP, why, WEFT_DROP_TCP_NO_ACK);
    if (c->state == WEFT_TCP_SYN_RECEIVED) {
        if (!wf_seq_gt(s->h.ack, c->snd.una) || wf_seq_gt(s->h.ack, c->snd.nxt))
            return drop(STEP_RESET, why, WEFT_DROP_TCP_ACK_INVALID);
        c->snd.una = wf_seq_add(c->snd.iss, 1);
        if ((c->fo & TCP_FO_DATA) != 0) /* Simultaneous open; our first SYN had data. */
            wf_fo_answered(net, c, s);
        if (c->timers.rtos == 0)
            wf_rtt_sample(&c->rtt, (uint32_t)((net->now_ns - c->snd.last_ns) / 1000));
        c->snd.wnd = c->snd.wnd_max = (uint32_t)s->h.wnd << c->opt.snd_wscale;
        c->snd.wl1 = s->h.seq;
        c->snd.wl2 = s->h.ack;
        if (s->len == 0 && s->h.opt.sack_n == 0)
            wf_ecn_take_last_ack(&c->ecn, s->h.flags);
        wf_tcp_established(net, c);
        if (c->snd.is_fin_queued) /* close() came before the handshake was over. */
            wf_tcp_set_state(net, c, WEFT_TCP_FIN_WAIT_1);
    }
    if (wf_seq_gt(s->h.ack, c->snd.nxt))
        return drop(STEP_ACK_DROP, why, WEFT_DROP_TCP_ACK_INVALID);
    /* RFC 5961 5.2: nothing older than the largest window ever seen. */
    if ((int32_t)(c->snd.una.v - s->h.ack.v) > (int32_t)c->snd.wnd_max)
        return drop(STEP_CHALLENGE, why, WEFT_DROP_TCP_ACK_INVALID);
    if (s->h.opt.uto != 0)
        take_uto(net, c, s);
    wf_tcp_take_ack(net, c, s);
    return wf_tcp_is_fin_acked(c) ? fin_acked(net, c) : STEP_CONTINUE;
}

/* Seventh: text. */
static enum step take_text(struct net *net, struct tcp_conn *c, struct tcp_seg *s,
                           enum weft_drop *why)
{
    if (s->len == 0)
        return STEP_CONTINUE;
    bool may_take = c->state == WEFT_TCP_ESTABLISHED || c->state == WEFT_TCP_FIN_WAIT_1 ||
                    c->state == WEFT_TCP_FIN_WAIT_2;
    if (!may_take) /* After the peer's FIN there is no text. */
        return drop(STEP_DROP, why, WEFT_DROP_TCP_DATA_CLOSED);
    if (c->is_orphan) { /* RFC 9293 SHLD-3: nobody will read it; the peer must learn that. */
        *why = WEFT_DROP_TCP_DATA_CLOSED;
        wf_net_note_drop(net, WEFT_DROP_TCP_DATA_CLOSED);
        wf_tcp_reset_output(net, s);
        wf_tcp_fail(net, c, WEFT_ECONNRESET);
        return STEP_GONE;
    }
    wf_tcp_take_text(net, c, s);
    return STEP_CONTINUE;
}

/* Eighth: FIN, once everything before it is here. */
static enum step take_fin(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    if ((s->h.flags & TCP_FIN) == 0 || c->rcv.is_fin_seen)
        return STEP_CONTINUE;
    if (!wf_seq_eq(wf_seq_add(s->seq, s->len), c->rcv.nxt)) {
        wf_tcp_ack_now(net, c); /* Something is missing in front of it. */
        return STEP_CONTINUE;
    }
    if (wf_seq_gt(c->rcv.up, c->rcv.nxt))
        c->rcv.is_urg = false; /* What it points at will never come. */
    c->rcv.is_fin_seen = true;
    c->rcv.nxt = wf_seq_add(c->rcv.nxt, 1);
    c->rcv.edge = wf_seq_max(c->rcv.edge, c->rcv.nxt);
    wf_tcp_ack_now(net, c);
    if (c->ready != NULL)
        wf_ready_mark(net, c->ready);
    switch ((enum weft_tcp_state)c->state) {
    case WEFT_TCP_ESTABLISHED:
        wf_tcp_set_state(net, c, WEFT_TCP_CLOSE_WAIT);
        break;
    case WEFT_TCP_FIN_WAIT_1: /* Our FIN is still out, or step five would have moved on. */
        wf_tcp_set_state(net, c, WEFT_TCP_CLOSING);
        break;
    case WEFT_TCP_FIN_WAIT_2:
        wf_tcp_timewait_enter(net, c);
        return STEP_GONE;
    case WEFT_TCP_CLOSED:
    case WEFT_TCP_LISTEN:
    case WEFT_TCP_SYN_SENT:
    case WEFT_TCP_SYN_RECEIVED:
    case WEFT_TCP_CLOSE_WAIT:
    case WEFT_TCP_CLOSING:
    case WEFT_TCP_LAST_ACK:
    case WEFT_TCP_TIME_WAIT:
    case WEFT_TCP_STATE_COUNT:
        break;
    }
    return STEP_CONTINUE;
}

static enum step walk(struct net *net, struct tcp_conn *c, struct tcp_seg *s, enum weft_drop *why)
{
    enum step step = check_sequence(net, c, s, why);
    if (step == STEP_CONTINUE)
        step = check_rst(net, c, s, why);
    if (step == STEP_CONTINUE)
        step = check_syn(s, why);
    if (step == STEP_CONTINUE)
        step = check_ack(net, c, s, why);
    if (step == STEP_CONTINUE && (s->h.flags & TCP_URG) != 0)
        wf_tcp_urgent_in(net, c, s); /* Sixth, with a closed window too (RFC 9293 MUST-66). */
    if (step == STEP_CONTINUE)
        step = take_text(net, c, s, why);
    if (step == STEP_CONTINUE)
        step = take_fin(net, c, s);
    return step;
}

void wf_tcp_segment_arrives(struct net *net, struct tcp_conn *c, struct tcp_seg *s)
{
    enum weft_drop why = WEFT_DROP_TCP_STATE;
    switch (walk(net, c, s, &why)) {
    case STEP_CONTINUE:
        if (c->rcv.is_ack_now)
            wf_tcp_wake(net, c);
        wf_net_done(net, s->p);
        return;
    case STEP_GONE:
        wf_net_done(net, s->p);
        return;
    case STEP_ACK_DROP:
        /* Mere acknowledgements are answered within limits: two ends that disagree would never
         * stop. */
        if (seg_len(s) == 0)
            wf_tcp_challenge(net, c);
        else
            wf_tcp_ack_now(net, c);
        break;
    case STEP_CHALLENGE:
        wf_tcp_challenge(net, c);
        break;
    case STEP_RESET:
        wf_tcp_reset_output(net, s);
        break;
    case STEP_DROP:
        break;
    }
    wf_net_drop(net, s->p, why);
}
