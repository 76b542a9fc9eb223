/* SPDX-License-Identifier: MIT */
/**
 * DOC: plan - what to send next, and why, or why not: a pure function of the send variables
 *
 * Order: what is lost, a tail loss probe, new data with the FIN behind it, what may be lost, a
 * window probe, an acknowledgement. New data passes the peer's window, the congestion window (or
 * PRR's), silly window avoidance (RFC 9293 3.8.6.2.1), Nagle (3.7.4) and cork, each a reason with a
 * name; what could go then may still have to wait for its turn on a paced connection.
 */
#ifndef WF_TCP_PLAN_H
#define WF_TCP_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

/** enum tcp_act - What to build */
enum tcp_act {
    TCP_ACT_NONE,
    TCP_ACT_DATA,       /* New data [seq, seq + len), maybe with FIN. */
    TCP_ACT_RETRANSMIT, /* The front of the first lost record. */
    TCP_ACT_AGAIN,      /* Something that may be lost: RFC 6675 4, NextSeg() rules 3 and 4. */
    TCP_ACT_TLP_RTX,    /* The last segment again, as a tail loss probe. */
    TCP_ACT_PROBE,      /* A window probe. */
    TCP_ACT_ACK,
};

/** struct tcp_plan_in - Everything the decision depends on */
struct tcp_plan_in {
    struct tcp_seq una, nxt;
    struct tcp_seq end; /* One past the last byte queued. */
    uint32_t wnd, wnd_max;
    uint32_t mss;
    uint32_t super_bytes; /* Most payload of one super-frame, a multiple of mss. */
    uint32_t flight, cwnd;
    uint32_t lost_bytes;  /* Length of the first lost record, 0 = nothing lost. */
    uint32_t again_bytes; /* Length of what may go again if there is nothing new, 0 = nothing. */
    bool is_fin_queued, is_fin_sent;
    bool is_nodelay, is_cork;
    bool wants_override, wants_probe, wants_tlp, wants_first, wants_ack;
    bool is_held;   /* Congestion was reported with a window of one segment: nothing new yet. */
    bool is_pacing; /* The last packet left so recently that data has to wait. */
    bool is_whole;  /* The device gets runs of segments whole, and cuts them. */
};

/** struct tcp_plan - The decision */
struct tcp_plan {
    uint8_t act;  /* enum tcp_act */
    uint8_t why;  /* enum weft_tcp_why: of the act, or of doing nothing about data. */
    uint8_t rest; /* enum weft_tcp_why: why nothing more can follow; NONE = ask once more. */
    bool is_fin;
    bool is_psh;
    bool is_cwnd_limited; /* cwnd held data back. */
    uint32_t len;
};

/** wf_tcp_plan() - Decide */
struct tcp_plan wf_tcp_plan(const struct tcp_plan_in *in);

#endif /* WF_TCP_PLAN_H */
