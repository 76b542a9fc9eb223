/* SPDX-License-Identifier: MIT */
/**
 * DOC: recovery - the course of a loss: found, repaired, over, or a mistake; PRR (RFC 9937)
 *
 * How losses are found is one of three: recovery_rack (RFC 8985, the default), recovery_sack
 * (RFC 6675) or recovery_newreno (RFC 6582; whatever the socket asks for where the peer has no
 * SACK). Early retransmit (RFC 5827) belongs to the latter two: RACK's tail loss probes do what it
 * is for.
 *
 * Knows neither connection nor clock: deliveries and times go in; lost records and a window come
 * out.
 */
#ifndef WF_TCP_RECOVERY_H
#define WF_TCP_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/scoreboard.h"
#include "weft/sock.h"

#define REC_DUPTHRESH 3u

/** enum rec_state - Which window the sender obeys */
enum rec_state {
    REC_OPEN,     /* cwnd of the congestion control. */
    REC_RECOVERY, /* PRR's window, until what was in flight at the start is acknowledged. */
    REC_LOSS,     /* After an RTO: slow start from one segment, until the same point. */
};

/** struct tcp_rec - Recovery state of a connection; zero is a valid start */
struct tcp_rec {
    uint64_t rack_sent_ns; /* RACK.segment, the most recently sent that was delivered: time ... */
    uint8_t state;         /* enum rec_state */
    uint8_t kind;          /* enum weft_tcp_recovery, settled by the handshake. */
    uint8_t dup_acks;      /* In a row; with RFC 6675 those that tell of something new. */
    bool has_rack, has_fack;
    bool is_reordering_seen : 1, has_tlp : 1, is_tlp_rtx : 1, has_dsack_round : 1;
    bool is_held : 1;           /* NewReno: duplicates may be of what was sent again for nothing. */
    bool is_rescued : 1;        /* RFC 6675: the rescue retransmission of this recovery is out. */
    uint8_t reo_mult;           /* reo_wnd is this many quarters of the minimum RTT. */
    uint8_t reo_persist;        /* Recoveries until reo_mult goes back to 1. */
    struct tcp_seq dsack_round; /* SND.NXT when the window was widened last. */
    struct tcp_seq recover;     /* RECOVERY, LOSS: ends when this is acknowledged. */
    union {
        struct tcp_seq rack_end; /* ... and end. */
        struct tcp_seq high_rxt; /* RFC 6675: end of what this recovery has sent again. */
    };
    union {
        uint32_t rack_rtt_us;
        uint32_t dup_bytes; /* NewReno: delivered by duplicates, not acknowledged yet. */
    };
    struct tcp_seq fack;    /* Highest sequence delivered. */
    struct tcp_seq tlp_end; /* End of the tail loss probe that is out. */
    uint32_t prr_fs;        /* RecoverFS: bytes in flight when recovery began. */
    uint32_t prr_delivered, prr_out;
    uint32_t prr_cwnd; /* Window while in RECOVERY. */
};
_Static_assert(sizeof(struct tcp_rec) <= 56, "every connection has one");

/** struct rec_ack - An acknowledgement, for those who count duplicates */
struct rec_ack {
    struct tcp_seq una, nxt; /* SND.UNA after it, SND.NXT. */
    uint32_t mss;
    uint32_t bytes;     /* Newly acknowledged. */
    bool is_advance;    /* SND.UNA moved. */
    bool is_dup;        /* RFC 5681 2; with RFC 6675: it tells of something new by SACK. */
    bool has_new;       /* There is something new to send that the peer's window takes. */
    bool is_first_last; /* Recovery ends with the first new acknowledgement (Reno). */
};

/** wf_rec_choose() - The handshake is over: what finds losses is settled */
void wf_rec_choose(struct tcp_rec *rec, uint8_t wanted, bool has_sack);

/** wf_rec_is_early() - So little is out that three duplicates cannot come (RFC 5827 3.1) */
bool wf_rec_is_early(const struct rec_ack *a);

/** wf_rec_enter() - Recovery begins: losses were found while OPEN */
void wf_rec_enter(struct tcp_rec *rec, struct tcp_seq una, struct tcp_seq nxt, uint32_t flight,
                  uint32_t mss);

/** wf_rec_prr() - One acknowledgement in RECOVERY: set the window (RFC 9937 6) */
void wf_rec_prr(struct tcp_rec *rec, uint32_t delivered, uint32_t pipe, uint32_t ssthresh,
                uint32_t mss, bool is_safe);

/** wf_rec_rto() - The retransmission timer expired */
void wf_rec_rto(struct tcp_rec *rec, struct tcp_seq nxt);

/** wf_rec_undo() - It was a mistake: back to OPEN, and reordering is known of */
void wf_rec_undo(struct tcp_rec *rec);

/** wf_rec_is_over() - Whether @una ends RECOVERY or LOSS; then the state is OPEN again */
bool wf_rec_is_over(struct tcp_rec *rec, struct tcp_seq una);

#endif /* WF_TCP_RECOVERY_H */
