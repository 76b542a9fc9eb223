/* SPDX-License-Identifier: MIT */
/**
 * DOC: recovery by NewReno (RFC 6582) - duplicates and partial acknowledgements, without SACK
 *
 * Three duplicates mean that the front is lost (RFC 5681 3.2), each duplicate that a segment has
 * left the network, a partial acknowledgement that the next one is lost too. With less than four
 * segments out and nothing new to send fewer duplicates do (RFC 5827).
 */
#ifndef WF_TCP_RECOVERY_NEWRENO_H
#define WF_TCP_RECOVERY_NEWRENO_H

#include "tcp/recovery.h"

/** enum newreno_told - What an acknowledgement told */
enum newreno_told {
    NEWRENO_NOTHING,
    NEWRENO_LEFT,    /* A segment has left the network. */
    NEWRENO_LOST,    /* ... and the front is lost. */
    NEWRENO_PARTIAL, /* The front is lost, too: it goes out at once. */
};

/** wf_rec_newreno_ack() - Take an acknowledgement in; the front is marked if it is lost */
enum newreno_told wf_rec_newreno_ack(struct tcp_rec *rec, struct wf_slab *recs, struct tcp_sb *sb,
                                     const struct rec_ack *a);

/**
 * wf_rec_newreno_delivered() - Bytes that an acknowledgement delivers beyond those that duplicates
 * have stood for (RFC 9937 6.2)
 * @bytes: of a segment for a duplicate, else all that is newly acknowledged
 */
uint32_t wf_rec_newreno_delivered(struct tcp_rec *rec, uint32_t bytes, uint32_t mss,
                                  bool is_advance);

#endif /* WF_TCP_RECOVERY_NEWRENO_H */
