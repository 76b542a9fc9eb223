/* SPDX-License-Identifier: MIT */
/** DOC: emit - packets of a connection, as tx.c asks for them; all are NULL without memory */
#ifndef WF_TCP_EMIT_H
#define WF_TCP_EMIT_H

#include "tcp/conn.h"
#include "tcp/plan.h"

/** wf_tcp_seg_mss() - Payload of a full segment, its options taken off (RFC 9293 MUST-16) */
uint32_t wf_tcp_seg_mss(const struct tcp_conn *c);

/** wf_tcp_emit_syn() - SYN, or the SYN,ACK of a simultaneous open or of one with data on its SYN */
struct pkt *wf_tcp_emit_syn(struct net *net, struct tcp_conn *c);

/** wf_tcp_emit_ack() - A segment without data; @why is told to the trace */
struct pkt *wf_tcp_emit_ack(struct net *net, struct tcp_conn *c, struct tcp_seq seq, uint8_t why);

/** wf_tcp_emit_data() - New data, FIN with it where the plan says so */
struct pkt *wf_tcp_emit_data(struct net *net, struct tcp_conn *c, const struct tcp_plan *plan);

/** wf_tcp_emit_planned() - Whatever the plan decided on; NULL for nothing, too */
struct pkt *wf_tcp_emit_planned(struct net *net, struct tcp_conn *c, const struct tcp_plan *plan);

static inline bool wf_tcp_is_sack_recovery(const struct tcp_conn *c)
{
    return c->rec.state == REC_RECOVERY && c->rec.kind == WEFT_TCP_RECOVERY_SACK;
}

#endif /* WF_TCP_EMIT_H */
