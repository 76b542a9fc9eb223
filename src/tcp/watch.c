/* SPDX-License-Identifier: MIT */
/** DOC: watch - what some connections do about each packet of data: pacing, rates, on_sent() */
#include "tcp/conn.h"

void wf_tcp_watch(struct tcp_conn *c)
{
    const struct weft_cc_ops *ops = wf_cc_ops(&c->cc);
    bool is_paced =
        c->user.is_paced || c->user.max_pacing_Bps != 0 || (ops->flags & WEFT_CC_PACED) != 0;
    c->snd.watch = (uint8_t)((c->snd.watch & TCP_WATCH_FULL) | (is_paced ? TCP_WATCH_PACE : 0) |
                             (c->mtup.low != 0 ? TCP_WATCH_MTU : 0) |
                             ((ops->flags & WEFT_CC_RATES) != 0 ? TCP_WATCH_RATE : 0) |
                             (ops->on_sent != NULL ? TCP_WATCH_SENT : 0));
    if (!is_paced)
        c->snd.pace_ns = 0;
}

static struct rate_now rate_now(const struct net *net, const struct tcp_conn *c)
{
    return (struct rate_now){.delivered = c->acct.bytes_acked + c->sb.sacked,
                             .us = (uint32_t)(net->now_ns / 1000),
                             .lost = c->sb.lost_ever};
}

uint64_t wf_tcp_pace_rate(const struct tcp_conn *c)
{
    struct pace_in in = {.cc_Bps = c->cc.pacing_Bps,
                         .max_Bps = c->user.max_pacing_Bps,
                         .cwnd = c->cc.cwnd,
                         .ssthresh = c->cc.ssthresh,
                         .window = wf_max_u32(wf_tcp_cwnd(c), wf_tcp_flight(c)),
                         .srtt_us = wf_rtt_srtt_us(&c->rtt)};
    return wf_pace_rate(&in);
}

void wf_tcp_watch_sent(struct net *net, struct tcp_conn *c, uint32_t len)
{
    uint32_t flight = wf_tcp_flight(c) - len;
    if ((c->snd.watch & TCP_WATCH_FULL) != 0)
        wf_mtu_probe_full(c, len);
    if ((c->snd.watch & (TCP_WATCH_PACE | TCP_WATCH_RATE | TCP_WATCH_SENT)) == 0)
        return;
    if ((c->snd.watch & TCP_WATCH_SENT) != 0)
        wf_cc_ops(&c->cc)->on_sent(&c->cc, net->now_ns, flight, c->rate.is_limited);
    struct tcp_txrec *r = wf_sb_latest(&c->sb);
    if ((c->snd.watch & TCP_WATCH_RATE) != 0 && r != NULL) {
        struct rate_now now = rate_now(net, c);
        wf_rate_sent(&c->rate, &r->mark, &now, flight, len);
    }
    uint64_t rate = wf_tcp_pace_rate(c);
    bool is_free = c->acct.bytes_sent < (uint64_t)PACE_FREE_SEGS * c->snd.mss;
    if ((c->snd.watch & TCP_WATCH_PACE) != 0 && rate != 0 && !is_free)
        c->snd.pace_ns = wf_pace_next(c->snd.pace_ns, net->now_ns, rate, len);
}

void wf_tcp_watch_idle(struct net *net, struct tcp_conn *c)
{
    if (c->snd.why == WEFT_WHY_PACING)
        wf_tcp_timer_set(net, c, TCP_T_PACE, c->snd.pace_ns - net->now_ns);
    bool is_short =
        c->snd.why == WEFT_WHY_EMPTY || c->snd.why == WEFT_WHY_NAGLE || c->snd.why == WEFT_WHY_CORK;
    if (is_short && (c->snd.watch & TCP_WATCH_RATE) != 0 && wf_tcp_flight(c) < wf_tcp_cwnd(c)) {
        struct rate_now now = rate_now(net, c);
        wf_rate_limited(&c->rate, &now, wf_tcp_flight(c));
    }
}

void wf_tcp_watch_delivered(const struct net *net, struct tcp_conn *c, const struct tcp_delivery *d,
                            struct weft_cc_rate *out)
{
    struct rate_now now = rate_now(net, c);
    if (d->has_latest)
        wf_rate_take(&c->rate, &d->latest_mark, (uint32_t)(d->latest_ns / 1000), &now,
                     c->rtt.min_us, out);
}
