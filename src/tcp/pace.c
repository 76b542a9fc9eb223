/* SPDX-License-Identifier: MIT */
#include "tcp/pace.h"

#include "base/base.h"

#define NS_PER_S   1000000000ull
#define US_PER_S   1000000ull
#define GAP_MAX_NS (3600 * NS_PER_S) /* Timers reach no further than some hours. */

/* Twice the window a round trip in slow start, as it doubles; then a little more than the window,
 * so that pacing is not what limits. */
#define SLOW_START_PERCENT 200u
#define AVOIDANCE_PERCENT  120u

uint64_t wf_pace_rate(const struct pace_in *in)
{
    uint64_t rate = in->cc_Bps;
    if (rate == 0 && in->srtt_us != 0) {
        uint64_t percent = in->cwnd < in->ssthresh ? SLOW_START_PERCENT : AVOIDANCE_PERCENT;
        rate = in->window * percent * (US_PER_S / 100) / in->srtt_us;
        rate = wf_max_u64(rate, 1);
    }
    if (in->max_Bps != 0 && (rate == 0 || rate > in->max_Bps))
        rate = in->max_Bps;
    return rate;
}

uint32_t wf_pace_burst(uint64_t rate_Bps, uint32_t mss, uint32_t max)
{
    uint64_t n = rate_Bps == 0 ? max : wf_max_u64(rate_Bps / 1000, 2ULL * mss);
    uint32_t burst = (uint32_t)wf_min_u64(n, max);
    return wf_max_u32(burst - burst % mss, mss);
}

uint64_t wf_pace_next(uint64_t due_ns, uint64_t now_ns, uint64_t rate_Bps, uint32_t len)
{
    uint64_t gap_ns = wf_min_u64((uint64_t)len * NS_PER_S / rate_Bps, GAP_MAX_NS);
    uint64_t late_ns = now_ns > due_ns ? now_ns - due_ns : 0;
    if (late_ns == 0)
        return due_ns + gap_ns;
    return now_ns + gap_ns - wf_min_u64(gap_ns / 2, late_ns);
}
