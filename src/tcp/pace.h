/* SPDX-License-Identifier: MIT */
/**
 * DOC: pace - how segments are spread over the round trip
 *
 * After each packet the next one has to wait until the rate has made up for it; who comes late may
 * catch up by half a packet. A packet is about a millisecond of the rate, so that the spacing is
 * fine at low rates and costs little at high ones. Knows neither connection nor clock.
 */
#ifndef WF_TCP_PACE_H
#define WF_TCP_PACE_H

#include <stdint.h>

#define PACE_FREE_SEGS 10u /* At the start of a connection: an initial window leaves at once. */

/** struct pace_in - What the rate depends on */
struct pace_in {
    uint64_t cc_Bps;  /* As the congestion control says, 0 = by window and round trip. */
    uint64_t max_Bps; /* As the user limits it, 0 = no limit. */
    uint32_t cwnd, ssthresh;
    uint32_t window; /* In use: cwnd, PRR's, or what is in flight if that is more. */
    uint32_t srtt_us;
};

/** wf_pace_rate() - Bytes per second; 0 = not known yet: no pacing */
uint64_t wf_pace_rate(const struct pace_in *in);

/** wf_pace_burst() - Most bytes that leave at once: whole segments, at least two, at most @max;
 * rate 0: @max */
uint32_t wf_pace_burst(uint64_t rate_Bps, uint32_t mss, uint32_t max);

/** wf_pace_next() - When the next packet may go after @len bytes, the last due time being
 * @due_ns */
uint64_t wf_pace_next(uint64_t due_ns, uint64_t now_ns, uint64_t rate_Bps, uint32_t len);

#endif /* WF_TCP_PACE_H */
