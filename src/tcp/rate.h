/* SPDX-License-Identifier: MIT */
/**
 * DOC: rate - how fast a path delivers (draft-ietf-ccwg-bbr, 4.1)
 *
 * Each transmission record carries a mark of what had been delivered when it left. When the record
 * is acknowledged, what was delivered since, over the longer of the time in which that was sent and
 * the time in which it was acknowledged, is a sample. Samples taken while the application had too
 * little to send say less than the path can do, and are labelled.
 *
 * Knows neither connection nor clock. Times are microseconds and counts are bytes, both modulo
 * 2^32: an interval of more than half of that is no sample.
 */
#ifndef WF_TCP_RATE_H
#define WF_TCP_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/cc.h"

/** struct tcp_rate - Delivery of a connection; zero is a valid start */
struct tcp_rate {
    uint32_t delivered_us; /* When something was delivered last, or a flight began ... */
    uint32_t first_us;     /* ... and when the newest of it had been sent. */
    uint32_t limit;        /* Samples are limited until more than this has been delivered. */
    bool is_limited;
};

/** struct rate_mark - What was known when a record left */
struct rate_mark {
    uint32_t delivered_us, first_us; /* As in tcp_rate. */
    uint32_t delivered, lost;        /* Bytes until then. */
    uint32_t tx_in_flight;           /* With the record itself; 0 = there is no mark. */
    bool is_limited;
};

/** struct rate_now - Where the connection is */
struct rate_now {
    uint64_t delivered; /* Bytes ever. */
    uint32_t us;
    uint32_t lost; /* Bytes ever found lost. */
};

/** wf_rate_sent() - A record of @len bytes leaves, @flight bytes were in flight before it */
void wf_rate_sent(struct tcp_rate *rate, struct rate_mark *m, const struct rate_now *now,
                  uint32_t flight, uint32_t len);

/** wf_rate_limited() - There is too little to send: what is in flight and what follows shows less
 * than the path can do */
void wf_rate_limited(struct tcp_rate *rate, const struct rate_now *now, uint32_t flight);

/**
 * wf_rate_take() - Something was delivered: a sample
 * @m: mark of the newest record among it
 * @sent_us: when that record left
 * @now: with what was delivered
 * @min_rtt_us: nothing comes back faster; 0 = not known
 * @out: filled; interval_us is 0 if it cannot be relied on
 */
void wf_rate_take(struct tcp_rate *rate, const struct rate_mark *m, uint32_t sent_us,
                  const struct rate_now *now, uint32_t min_rtt_us, struct weft_cc_rate *out);

#endif /* WF_TCP_RATE_H */
