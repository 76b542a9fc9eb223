/* SPDX-License-Identifier: MIT */
/** DOC: synsent - SYN-SENT (RFC 9293 3.10.7.3): SYN,ACK, simultaneous open, refusal */
#include "tcp/conn.h"

static void take_syn(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    c->rcv.irs = s->h.seq;
    c->rcv.nxt = wf_seq_add(s->h.seq, 1);
    c->rcv.acked = c->rcv.nxt;
    c->rcv.edge = wf_seq_add(c->rcv.nxt, wf_min_u32(c->user.rcvbuf, 65535));
    wf_tcp_agree(net, &c->opt, &s->h.opt);
    c->snd.wnd = c->snd.wnd_max = s->h.wnd; /* Unscaled on a SYN (RFC 7323 2.2). */
    c->snd.wl1 = s->h.seq;
    c->snd.wl2 = s->h.ack;
    wf_tcp_update_mss(net, c);
}

void wf_tcp_synsent_arrives(struct net *net, struct tcp_conn *c, struct tcp_seg *s)
{
    bool has_ack = (s->h.flags & TCP_ACK) != 0;
    /* First: only our SYN can be acknowledged. */
    bool is_ack_ok = has_ack && wf_seq_gt(s->h.ack, c->snd.iss) && wf_seq_leq(s->h.ack, c->snd.nxt);
    if (has_ack && !is_ack_ok) {
        wf_tcp_reset_output(net, s);
        wf_net_drop(net, s->p, WEFT_DROP_TCP_ACK_INVALID);
        return;
    }
    if ((s->h.flags & TCP_RST) != 0) { /* Second. */
        if (!is_ack_ok) {
            wf_net_drop(net, s->p, WEFT_DROP_TCP_RST_IGNORED);
            return;
        }
        wf_net_done(net, s->p);
        if (wf_ecn_may_retry(&c->ecn)) { /* Maybe only the flags were refused. */
            c->snd.wants_syn = true;
            wf_tcp_wake(net, c);
            return;
        }
        wf_tcp_fail(net, c, WEFT_ECONNREFUSED);
        return;
    }
    if ((s->h.flags & TCP_SYN) == 0) { /* Fifth. */
        wf_net_drop(net, s->p, WEFT_DROP_TCP_STATE);
        return;
    }
    take_syn(net, c, s); /* Fourth. */
    if (!is_ack_ok) {    /* Simultaneous open: SYN,ACK with the same ISS. */
        wf_ecn_take_syn(&c->ecn, c->user.ecn_ask, s->h.flags, s->m->tos, true);
        wf_tcp_set_state(net, c, WEFT_TCP_SYN_RECEIVED);
        c->snd.wants_syn = true;
        wf_tcp_wake(net, c);
        wf_net_done(net, s->p);
        return;
    }
    wf_ecn_take_synack(&c->ecn, c->user.ecn_ask, s->h.flags, s->m->tos);
    c->snd.una = s->h.ack;
    if (c->fo != 0)
        wf_fo_answered(net, c, s);
    if (c->timers.rtos == 0)
        wf_rtt_sample(&c->rtt, (uint32_t)((net->now_ns - c->snd.last_ns) / 1000));
    wf_tcp_established(net, c);
    wf_tcp_ack_now(net, c);
    /* Text and FIN of the SYN,ACK are looked at as in ESTABLISHED, from the sixth step on. */
    s->h.flags &= (uint16_t)~TCP_SYN;
    s->seq = c->rcv.nxt;
    s->h.seq = c->rcv.nxt;
    s->h.wnd = (uint16_t)(s->h.wnd >> c->opt.snd_wscale);
    if (s->len > 0 || (s->h.flags & TCP_FIN) != 0)
        wf_tcp_segment_arrives(net, c, s);
    else
        wf_net_done(net, s->p);
}
