/* SPDX-License-Identifier: MIT */
/**
 * DOC: uto - how long what was sent may stay unacknowledged, and who is told of trouble before
 *
 * RFC 9293 3.8.3: R1 makes IP doubt the path and tells the user, R2 ends the connection. The user
 * sets R2 as a time; RFC 5482 lets the ends tell each other, and lets one that has not set it adopt
 * the longer of both, within tcp_uto_min_s and tcp_uto_max_s and above the retransmission timeout.
 */
#include "tcp/conn.h"

#define UTO_VALUE_MAX 0x7fffu

void wf_tcp_soft_error(struct net *net, struct tcp_conn *c, int err)
{
    c->soft_err = (int16_t)err;
    if (c->ready != NULL && !c->user.is_soft_quiet)
        wf_ready_mark(net, c->ready);
}

/* A value too long for the option is told as the longest (RFC 5482 3.1: as long as possible). */
uint16_t wf_tcp_uto_wire(const struct tcp_user *u)
{
    if ((u->uto & TCP_UTO_ADVERTISE) == 0 || u->user_timeout_ms == 0)
        return 0;
    if (u->user_timeout_ms == TCP_TIMEOUT_NEVER)
        return TCP_UTO_MINUTES | UTO_VALUE_MAX;
    uint32_t s = u->user_timeout_ms / 1000 + (u->user_timeout_ms % 1000 != 0);
    if (s <= UTO_VALUE_MAX)
        return (uint16_t)s;
    return (uint16_t)(TCP_UTO_MINUTES | wf_min_u32((s + 59) / 60, UTO_VALUE_MAX));
}

uint32_t wf_tcp_adopted_ms(const struct net *net, const struct tcp_conn *c)
{
    if ((c->user.uto & TCP_UTO_ADOPT) == 0 || c->opt.peer_uto == 0 || c->user.user_timeout_ms != 0)
        return 0;
    uint32_t s = c->opt.peer_uto & UTO_VALUE_MAX;
    if ((c->opt.peer_uto & TCP_UTO_MINUTES) != 0)
        s *= 60;
    uint32_t rto_s = wf_rtt_base_us(&c->rtt) / 1000000 + 1;
    s = wf_max_u32(s, wf_max_u32(net->cfg->tcp_uto_min_s, rto_s));
    return wf_min_u32(s, net->cfg->tcp_uto_max_s) * 1000;
}

uint32_t wf_tcp_timeout_ms(const struct net *net, const struct tcp_conn *c)
{
    return c->user.user_timeout_ms != 0 ? c->user.user_timeout_ms : wf_tcp_adopted_ms(net, c);
}
