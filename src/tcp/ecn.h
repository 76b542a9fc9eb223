/* SPDX-License-Identifier: MIT */
/**
 * DOC: ecn - explicit congestion notification: what was agreed on, and what each end has to tell
 *
 * RFC 3168. The handshake: an ECN-setup SYN has ECE and CWR, the SYN,ACK that agrees ECE alone. As
 * a receiver of data this end sets ECE from the first CE mark until the peer says CWR; as a sender
 * it marks new data ECT(0), takes ECE for one congestion event a window, and says CWR with the
 * first new data after it. Pure acknowledgements, probes and what is sent again are not ECT.
 *
 * RFC 9768 (AccECN). A SYN with AE, CWR and ECE asks; the SYN,ACK agrees by telling how the SYN was
 * marked, and so does the acknowledgement of that. From then on the three flags are ACE, the lower
 * bits of the number of CE packets that came (from 5 on), and an option tells bytes by codepoint
 * (from 0 for CE, 1 for the others). The option is left off what is sent again, and altogether once
 * a SYN,ACK had to be sent again; SACK blocks go before it if not two of them have room beside it.
 *
 * A SYN that asks and is lost or reset is followed by one without the flags (6.1.1.1; AccECN asks
 * twice). The mode that the first answer or SYN gave holds, whatever follows; but an end that sent
 * or got both kinds sets no ECT where the RFCs forbid it, and still echoes marks.
 *
 * Knows neither connection nor clock. Attack note: a forged echo costs no more than a forged loss;
 * a peer that hides marks gains what it would gain by hiding losses.
 */
#ifndef WF_TCP_ECN_H
#define WF_TCP_ECN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "wire/wire.h"

#define ECN_MASK      3u /* Of the TOS octet. */
#define ECN_ECT1      1u
#define ECN_ECT0      2u
#define ECN_CE        3u
#define ECN_HOLDS_MAX 6u /* Doublings of the time a window of one segment is held. */
#define ECN_FLAGS     (TCP_AE | TCP_CWR | TCP_ECE)

/** enum tcp_ecn_ask - What the user wants: values of WEFT_TCP_ECN */
enum tcp_ecn_ask {
    TCP_ECN_NEVER,
    TCP_ECN_ASK,
    TCP_ECN_ANSWER,
    TCP_ECN_ACC, /* Ask for and answer with RFC 9768; RFC 3168 with a peer that knows no more. */

    TCP_ECN_ASK_COUNT
};

/** struct tcp_ecn - State of a connection or a half-open record; zero = nothing agreed */
struct tcp_ecn {
    struct tcp_seq high;   /* With is_reduced: this has to be acknowledged before the next one. */
    uint32_t delivered_ce; /* Segments of ours that met a mark, as far as told: s.cep - 5. */
    uint32_t received_ce;  /* Marked segments that came: r.cep - 5. */
    uint32_t e0_bytes, e1_bytes, ce_bytes; /* Received with each codepoint; from 0 on. */
    uint32_t delivered_ce_bytes;           /* s.ceb */
    uint8_t mode;                          /* enum weft_tcp_ecn_mode */
    uint8_t holds : 3;       /* Reductions in a row that found the window at one segment. */
    uint8_t unsaid : 3;      /* Marks since the last acknowledgement; stays at 7. */
    uint8_t handshake : 2;   /* ECN field of the SYN or SYN,ACK that came last. */
    bool has_asked : 1;      /* A SYN of ours had the flags ... */
    bool has_asked_all : 1;  /* ... and no further one will. */
    bool has_sent_plain : 1; /* A SYN or SYN,ACK of ours did not have them. */
    bool is_ect_off : 1;
    bool is_deaf : 1;         /* AccECN: what the peer's ACE says is not believed. */
    bool is_ece : 1;          /* CE came, and no CWR since: every segment says ECE. */
    bool wants_cwr : 1;       /* The next new data says CWR. */
    bool is_reduced : 1;      /* The window came down, and not all of that time is acknowledged. */
    bool is_held : 1;         /* Nothing new goes before the timer (RFC 3168 6.1.2). */
    bool is_last_ce : 1;      /* The last segment that came was marked. */
    bool wants_handshake : 1; /* The next pure acknowledgement tells how the SYN,ACK was marked. */
    bool wants_option : 1;    /* A byte counter has grown since it was told. */
    bool wants_first : 1;     /* The first data carries the option, too. */
    bool is_option_off : 1;
    bool is_ceb_behind : 1;    /* ACE told of marks that no option counted yet. */
    bool is_acked_in_bulk : 1; /* The last acknowledgement was of more than ACE can count. */
};
_Static_assert(sizeof(struct tcp_ecn) <= 32, "an idle connection has little room");

/* ---- handshake ---- */

/** wf_ecn_syn_flags() - Flags of a SYN about to go, if the user asks and did not often enough */
uint16_t wf_ecn_syn_flags(struct tcp_ecn *e, uint8_t ask);

/** wf_ecn_may_retry() - Our SYN was reset: whether one without the flags is worth trying */
bool wf_ecn_may_retry(struct tcp_ecn *e);

/** wf_ecn_take_syn() - A SYN came, to a listener or across a SYN of ours */
void wf_ecn_take_syn(struct tcp_ecn *e, uint8_t ask, uint16_t flags, uint8_t tos,
                     bool is_simultaneous);

/** wf_ecn_take_syn_again() - A listener's SYN came again; false: it asks for another mode (RST) */
bool wf_ecn_take_syn_again(struct tcp_ecn *e, uint8_t ask, uint16_t flags, uint8_t tos);

/**
 * wf_ecn_synack() - Flags of a SYN,ACK about to go
 * @tries: how often it was lost before
 * @is_again: it was sent before, whatever for
 * @o: gets the AccECN option, if it is to carry one
 */
uint16_t wf_ecn_synack(struct tcp_ecn *e, uint32_t tries, bool is_again, struct tcp_opts *o);

/** wf_ecn_take_synack() - The answer to our SYN came */
void wf_ecn_take_synack(struct tcp_ecn *e, uint8_t ask, uint16_t flags, uint8_t tos);

/** wf_ecn_take_synack_again() - It came again: its own acknowledgement tells how it was marked */
void wf_ecn_take_synack_again(struct tcp_ecn *e, uint8_t tos);

/** wf_ecn_take_last_ack() - A listener's half-open record is acknowledged by a pure ACK */
void wf_ecn_take_last_ack(struct tcp_ecn *e, uint16_t flags);

/* ---- as a receiver ---- */

/** wf_ecn_take_segment() - A segment in the window came, as @segs on the wire, @len bytes of text;
 * true: acknowledge at once */
bool wf_ecn_take_segment(struct tcp_ecn *e, uint16_t flags, uint8_t tos, uint32_t len,
                         uint32_t segs, bool has_unacked);

/** wf_ecn_ack_flags() - Flags of a segment that acknowledges; it is said now */
uint16_t wf_ecn_ack_flags(struct tcp_ecn *e, bool is_pure);

/** wf_ecn_option() - The AccECN option of the next segment, as in tcp_opts.acc; 0 = none */
uint8_t wf_ecn_option(const struct tcp_ecn *e, bool is_data);

/** wf_ecn_put_option() - Fill that option in; it is told now */
void wf_ecn_put_option(struct tcp_ecn *e, uint8_t acc, struct tcp_opts *o);

/* ---- as a sender ---- */

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
uint32_t wf_ecn_feedback(struct tcp_ecn *e, const struct tcp_hdr *h, struct tcp_seq una,
                         uint32_t delivered, uint32_t mss);

/** wf_ecn_reduced() - The window came down, for whatever reason, with this SND.NXT */
void wf_ecn_reduced(struct tcp_ecn *e, struct tcp_seq nxt);

/** wf_ecn_restored() - That was a mistake */
void wf_ecn_restored(struct tcp_ecn *e);

/** wf_ecn_hold() - The window cannot come down further; returns by how much the RTO is shifted */
uint32_t wf_ecn_hold(struct tcp_ecn *e);

#endif /* WF_TCP_ECN_H */
