/* SPDX-License-Identifier: MIT */
/**
 * DOC: ecn - explicit congestion notification: what was agreed on, and what each end has to tell
 *
 * RFC 3168. The handshake: an ECN-setup SYN has ECE and CWR, the SYN,ACK that agrees ECE alone. As
 * a receiver of data this end sets ECE from the first CE mark until the peer says CWR; as a sender
 * it marks new data ECT(0), takes ECE for one congestion event a window, and says CWR with the
 * first new data after it. Pure acknowledgements, probes and what is sent again are not ECT.
 *
 * An ECN-setup SYN that is lost or reset is followed by one without (6.1.1.1): then this end never
 * sets ECT, but still echoes what a peer that answered the first one marks.
 *
 * Knows neither connection nor clock. Attack note: a forged ECE costs no more than a forged loss; a
 * peer that hides marks gains what it would gain by hiding losses.
 */
#ifndef WF_TCP_ECN_H
#define WF_TCP_ECN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

#define ECN_MASK      3u /* Of the TOS octet. */
#define ECN_ECT0      2u
#define ECN_CE        3u
#define ECN_HOLDS_MAX 6u /* Doublings of the time a window of one segment is held. */

/** enum tcp_ecn_ask - What the user wants: values of WEFT_TCP_ECN */
enum tcp_ecn_ask {
    TCP_ECN_NEVER,
    TCP_ECN_ASK,
    TCP_ECN_ANSWER,

    TCP_ECN_ASK_COUNT
};

/** struct tcp_ecn - State of a connection or a half-open record; zero = nothing agreed */
struct tcp_ecn {
    struct tcp_seq high; /* With is_reduced: the next reduction waits until this is acknowledged. */
    uint32_t delivered_ce;   /* Segments of ours that were delivered with a mark, as far as told. */
    uint32_t received_ce;    /* Marked segments that came. */
    uint8_t mode;            /* enum weft_tcp_ecn_mode */
    uint8_t holds;           /* Reductions in a row that found the window at one segment. */
    bool has_asked : 1;      /* A SYN of ours was an ECN-setup SYN ... */
    bool has_sent_plain : 1; /* ... or another one was not. */
    bool is_ect_off : 1;
    bool is_ece : 1;     /* CE came, and no CWR since: every segment says ECE. */
    bool wants_cwr : 1;  /* The next new data says CWR. */
    bool is_reduced : 1; /* The window came down, and not all of that time is acknowledged. */
    bool is_held : 1;    /* Nothing new goes before the timer (RFC 3168 6.1.2). */
};
_Static_assert(sizeof(struct tcp_ecn) <= 32, "an idle connection has little room");

/** wf_ecn_syn_flags() - ECE and CWR of a SYN about to go: the first one's, if the user asks */
uint16_t wf_ecn_syn_flags(struct tcp_ecn *e, uint8_t ask);

/** wf_ecn_take_syn() - A SYN came, to a listener or across a SYN of ours */
void wf_ecn_take_syn(struct tcp_ecn *e, uint8_t ask, uint16_t flags, bool is_simultaneous);

/** wf_ecn_take_syn_again() - The SYN came again; without the flags nothing is agreed any more */
void wf_ecn_take_syn_again(struct tcp_ecn *e, uint16_t flags);

/** wf_ecn_synack_flags() - ECE of a SYN,ACK about to go */
uint16_t wf_ecn_synack_flags(const struct tcp_ecn *e);

/** wf_ecn_take_synack() - The answer to our SYN came */
void wf_ecn_take_synack(struct tcp_ecn *e, uint16_t flags);

/** wf_ecn_take_segment() - A segment in the window came, as @segs on the wire; @len bytes of text
 */
void wf_ecn_take_segment(struct tcp_ecn *e, uint16_t flags, uint8_t tos, uint32_t len,
                         uint32_t segs);

/** wf_ecn_ack_flags() - ECE of a segment that acknowledges */
uint16_t wf_ecn_ack_flags(const struct tcp_ecn *e);

/** wf_ecn_data_tos() - ECN field of new data about to go */
static inline uint8_t wf_ecn_data_tos(const struct tcp_ecn *e)
{
    return e->mode != 0 && !e->is_ect_off ? ECN_ECT0 : 0;
}

/**
 * wf_ecn_feedback() - An acknowledgement that is not old came
 * @una: after it
 * @delivered: bytes it newly delivered
 *
 * Return: bytes of them that met congestion; 0 = it tells of none.
 */
uint32_t wf_ecn_feedback(struct tcp_ecn *e, uint16_t flags, struct tcp_seq una, uint32_t delivered,
                         uint32_t mss);

/** wf_ecn_reduced() - The window came down, for whatever reason, with this SND.NXT */
void wf_ecn_reduced(struct tcp_ecn *e, struct tcp_seq nxt);

/** wf_ecn_restored() - That was a mistake */
void wf_ecn_restored(struct tcp_ecn *e);

/** wf_ecn_hold() - The window cannot come down further; returns by how much the RTO is shifted */
uint32_t wf_ecn_hold(struct tcp_ecn *e);

#endif /* WF_TCP_ECN_H */
