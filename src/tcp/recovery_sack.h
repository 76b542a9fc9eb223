/* SPDX-License-Identifier: MIT */
/**
 * DOC: recovery by SACK (RFC 6675) - what lies below enough that was SACKed is lost
 *
 * IsLost() marks records, NextSeg() is the plan's order: what is lost, new data, and if there is
 * none something that may be lost (rules 3 and 4, wf_rec_sack_again()). A retransmission that is
 * lost again is found by the timer only.
 *
 * Pipe is not counted anew each time: it is the flight of the scoreboard, and what went out again
 * without being deemed lost counts once more (tcp_sb.twice).
 */
#ifndef WF_TCP_RECOVERY_SACK_H
#define WF_TCP_RECOVERY_SACK_H

#include "tcp/recovery.h"

/** wf_rec_sack_ack() - Take an acknowledgement in: what is lost by now is marked */
void wf_rec_sack_ack(struct tcp_rec *rec, struct wf_slab *recs, struct tcp_sb *sb,
                     const struct rec_ack *a);

/** struct sack_again - What may go out again though it is not deemed lost */
struct sack_again {
    struct tcp_txrec *r; /* NULL = nothing */
    bool is_rescue;      /* Its last segment, once a recovery; else its first one. */
};

/** wf_rec_sack_again() - NextSeg() of RFC 6675 4, rules 3 and 4 */
struct sack_again wf_rec_sack_again(const struct tcp_rec *rec, const struct tcp_sb *sb);

/** wf_rec_sack_resent() - Everything up to @end went out again in this recovery: HighRxt */
void wf_rec_sack_resent(struct tcp_rec *rec, struct tcp_seq end);

#endif /* WF_TCP_RECOVERY_SACK_H */
