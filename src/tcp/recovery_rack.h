/* SPDX-License-Identifier: MIT */
/**
 * DOC: recovery by RACK and TLP (RFC 8985) - what was sent before something that arrived is lost
 *
 * Timers it asks for: REO (wait for reordering to resolve), PTO (tail loss probe); the connection's
 * timer keeps them. Only with a peer that tells by SACK what arrived.
 */
#ifndef WF_TCP_RECOVERY_RACK_H
#define WF_TCP_RECOVERY_RACK_H

#include "tcp/recovery.h"

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

/**
 * wf_rec_mark_rto() - After an RTO: the first is lost, and what is older than a round trip and the
 * reordering window (RFC 8985 6.3); without any delivery to measure by, everything
 */
void wf_rec_mark_rto(const struct tcp_rec *rec, struct tcp_sb *sb, const struct rack_time *t);

/** wf_rec_pto_us() - Time until a tail loss probe (RFC 8985 7.2) */
uint32_t wf_rec_pto_us(uint32_t srtt_us, uint32_t flight, uint32_t mss);

/**
 * wf_rec_tlp_ack() - An acknowledgement while a probe is out (RFC 8985 7.4)
 *
 * Return: true if the probe repaired a loss that has to count as a congestion event.
 */
bool wf_rec_tlp_ack(struct tcp_rec *rec, struct tcp_seq ack, bool is_dup_ack, bool has_dsack);

#endif /* WF_TCP_RECOVERY_RACK_H */
