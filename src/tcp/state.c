/* SPDX-License-Identifier: MIT */
/** DOC: state - the only place that changes a connection's state, against the legal transitions */
#include "tcp/conn.h"

#define TO(s) (1u << WEFT_TCP_##s)

/* RFC 9293 3.3.2, figure 5. Every state may end in CLOSED: abort, reset, timeout. */
static const uint16_t legal[WEFT_TCP_STATE_COUNT] = {
    [WEFT_TCP_CLOSED] = TO(SYN_SENT) | TO(SYN_RECEIVED),
    [WEFT_TCP_LISTEN] = 0, /* Listeners are no connections. */
    [WEFT_TCP_SYN_SENT] = TO(SYN_RECEIVED) | TO(ESTABLISHED) | TO(CLOSED),
    [WEFT_TCP_SYN_RECEIVED] = TO(ESTABLISHED) | TO(FIN_WAIT_1) | TO(CLOSE_WAIT) | TO(CLOSED),
    [WEFT_TCP_ESTABLISHED] = TO(FIN_WAIT_1) | TO(CLOSE_WAIT) | TO(CLOSED),
    [WEFT_TCP_FIN_WAIT_1] = TO(FIN_WAIT_2) | TO(CLOSING) | TO(TIME_WAIT) | TO(CLOSED),
    [WEFT_TCP_FIN_WAIT_2] = TO(TIME_WAIT) | TO(CLOSED),
    [WEFT_TCP_CLOSE_WAIT] = TO(LAST_ACK) | TO(CLOSED),
    [WEFT_TCP_CLOSING] = TO(TIME_WAIT) | TO(CLOSED),
    [WEFT_TCP_LAST_ACK] = TO(CLOSED),
    [WEFT_TCP_TIME_WAIT] = TO(CLOSED),
};

void wf_tcp_set_state(struct net *net, struct tcp_conn *c, enum weft_tcp_state to)
{
    if (c->state == to)
        return;
    WF_ASSERT((legal[c->state] >> to & 1u) != 0);
    uint32_t v[6] = {c->state, to};
    wf_tcp_trace(net, c, WEFT_TRACE_TCP_STATE, v);
    c->state = (uint8_t)to;
    c->acct.state_ns = net->now_ns;
    if ((c->fo & TCP_FO_PENDING) != 0 && to != WEFT_TCP_SYN_RECEIVED)
        wf_fo_settled(net, c, to == WEFT_TCP_CLOSED);
    if (c->ready != NULL)
        wf_ready_mark(net, c->ready);
}

void wf_tcp_trace(struct net *net, const struct tcp_conn *c, uint16_t kind, const uint32_t v[6])
{
    if (WF_LIKELY(!wf_trace_is_on(net)))
        return;
    struct weft_trace_rec rec = {.flow = wf_slab_handle(&net->tcp->conns, c),
                                 .kind = kind,
                                 .ifindex = c->dst.ifindex,
                                 .lport = c->key.local.port,
                                 .rport = c->key.remote.port,
                                 .v = {v[0], v[1], v[2], v[3], v[4], v[5]}};
    wf_trace(net, &rec);
}

const char *weft_tcp_state_name(unsigned state)
{
    static const char *const names[WEFT_TCP_STATE_COUNT] = {
        "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
        "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT"};
    return state < WEFT_TCP_STATE_COUNT ? names[state] : "?";
}
