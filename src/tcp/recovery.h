/* SPDX-License-Identifier: MIT */
/**
 * DOC: recovery - loss detection by RACK and TLP (RFC 8985), sending in recovery by PRR (RFC 9937)
 *
 * Knows neither connection nor clock: deliveries and times go in; lost records, a time to look
 * again and a window come out. Timers it asks for: REO (wait for reordering to resolve), PTO (tail
 * loss probe); the connection's timer keeps them.
 */
#ifndef WF_TCP_RECOVERY_H
#define WF_TCP_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/scoreboard.h"

#define RACK_DUPTHRESH 3u

/** enum rec_state - Which window the sender obeys */
enum rec_state {
    REC_OPEN,     /* cwnd of the congestion control. */
    REC_RECOVERY, /* PRR's window, until what was in flight at the start is acknowledged. */
    REC_LOSS,     /* After an RTO: slow start from one segment, until the same point. */
};

/** struct tcp_rec - Recovery state of a connection; zero is a valid start */
struct tcp_rec {
    uint64_t rack_sent_ns; /* RACK.segment, the most recently sent that was delivered: time. */
    uint8_t state;         /* enum rec_state */
    uint8_t dup_acks;      /* In a row, for peers without SACK. */
    bool has_rack, has_fack;
    bool is_reordering_seen : 1, has_tlp : 1, is_tlp_rtx : 1, has_dsack_round : 1;
    uint8_t reo_mult;           /* reo_wnd is this many quarters of the minimum RTT. */
    uint8_t reo_persist;        /* Recoveries until reo_mult goes back to 1. */
    struct tcp_seq dsack_round; /* SND.NXT when the window was widened last. */
    struct tcp_seq recover;     /* RECOVERY, LOSS: ends when this is acknowledged. */
    struct tcp_seq rack_end;    /* Its end. */
    uint32_t rack_rtt_us;
    struct tcp_seq fack;    /* Highest sequence delivered. */
    struct tcp_seq tlp_end; /* End of the tail loss probe that is out. */
    uint32_t prr_fs;        /* RecoverFS: bytes in flight when recovery began. */
    uint32_t prr_delivered, prr_out;
    uint32_t prr_cwnd; /* Window while in RECOVERY. */
};

/** struct rack_time - What RACK measures against */
struct rack_time {
    uint64_t now_ns;
    uint32_t srtt_us, min_rtt_us;
    uint32_t mss;
};

/** wf_rec_delivered() - Steps 1 to 3 of RFC 8985 6.2: take in what an acknowledgement delivered */
void wf_rec_delivered(struct tcp_rec *rec, const struct tcp_delivery *d, const struct rack_time *t,
                      uint64_t ts_sent_floor_ns);

/** wf_rec_dsack() - The peer reported a duplicate: widen the reordering window, once a round
 * trip (RFC 8985 6.2 step 4) */
void wf_rec_dsack(struct tcp_rec *rec, struct tcp_seq una, struct tcp_seq nxt);

/**
 * wf_rec_detect() - Steps 4 and 5: mark what is lost
 * @wait_ns: set to the time after which to look again, 0 = no need
 *
 * Return: bytes newly marked lost.
 */
uint32_t wf_rec_detect(struct tcp_rec *rec, struct tcp_sb *sb, const struct rack_time *t,
                       uint64_t *wait_ns);

/** wf_rec_enter() - Recovery begins: losses were found while OPEN */
void wf_rec_enter(struct tcp_rec *rec, struct tcp_seq nxt, uint32_t flight, uint32_t mss);

/** wf_rec_prr() - One acknowledgement in RECOVERY: set the window (RFC 9937 6) */
void wf_rec_prr(struct tcp_rec *rec, uint32_t delivered, uint32_t pipe, uint32_t ssthresh,
                uint32_t mss, bool is_safe);

/** wf_rec_rto() - The retransmission timer expired */
void wf_rec_rto(struct tcp_rec *rec, struct tcp_seq nxt);

/**
 * wf_rec_mark_rto() - After an RTO: the first is lost, and what is older than a round trip and the
 * reordering window (RFC 8985 6.3); without any delivery to measure by, everything
 */
void wf_rec_mark_rto(const struct tcp_rec *rec, struct tcp_sb *sb, const struct rack_time *t);

/** wf_rec_undo() - It was a mistake: back to OPEN, and reordering is known of */
void wf_rec_undo(struct tcp_rec *rec);

/** wf_rec_is_over() - Whether @una ends RECOVERY or LOSS; then the state is OPEN again */
bool wf_rec_is_over(struct tcp_rec *rec, struct tcp_seq una);

/** wf_rec_pto_us() - Time until a tail loss probe (RFC 8985 7.2) */
uint32_t wf_rec_pto_us(uint32_t srtt_us, uint32_t flight, uint32_t mss);

/**
 * wf_rec_tlp_ack() - An acknowledgement while a probe is out (RFC 8985 7.4)
 *
 * Return: true if the probe repaired a loss that has to count as a congestion event.
 */
bool wf_rec_tlp_ack(struct tcp_rec *rec, struct tcp_seq ack, bool is_dup_ack, bool has_dsack);

#endif /* WF_TCP_RECOVERY_H */
