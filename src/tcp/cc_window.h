/* SPDX-License-Identifier: MIT */
/** DOC: cc_window - what the algorithms share: growing a window, in integers */
#ifndef WF_TCP_CC_WINDOW_H
#define WF_TCP_CC_WINDOW_H

#include "base/base.h"
#include "weft/cc.h"
#include "weft/types.h"

#define CC_CWND_MAX   (1u << 30)
#define CC_SLOW_L     2u /* Segments for one acknowledgement in slow start (RFC 3465 2.3) ... */
#define CC_SLOW_L_RTO 1u /* ... and in the slow start that follows an RTO. */

/** wf_cc_grow() - Add to the window, up to what sequence numbers allow */
static inline void wf_cc_grow(struct weft_cc *cc, uint32_t bytes)
{
    cc->cwnd = wf_min_u32(CC_CWND_MAX, cc->cwnd + wf_min_u32(bytes, CC_CWND_MAX));
}

/** wf_cc_slow_start() - Grow by what was acknowledged, at most @limit, not beyond ssthresh */
static inline void wf_cc_slow_start(struct weft_cc *cc, uint32_t acked, uint32_t limit)
{
    wf_cc_grow(cc, wf_min_u32(wf_min_u32(acked, limit), cc->ssthresh - cc->cwnd));
}

/** wf_cc_ratio() - @num / @den in whole bytes; what does not make one is kept in 1/65536 */
static inline uint32_t wf_cc_ratio(uint64_t num, uint64_t den, uint16_t *rest)
{
    uint64_t part = ((num % den) << 16) / den + *rest;
    *rest = (uint16_t)part;
    return (uint32_t)wf_min_u64(CC_CWND_MAX, num / den + (part >> 16));
}

/** wf_cc_recovered() - The on_recovered() of those who go on from what they reduced to */
static inline void wf_cc_recovered(struct weft_cc *cc, uint64_t now_ns)
{
    (void)now_ns;
    cc->cwnd = cc->ssthresh;
}

/** wf_cc_restart() - The on_idle() of those who begin again after an RTO's time (RFC 5681 4.1) */
static inline void wf_cc_restart(struct weft_cc *cc, uint64_t idle_ns, uint64_t rto_ns,
                                 uint32_t restart_window)
{
    if (idle_ns > rto_ns)
        cc->cwnd = wf_min_u32(cc->cwnd, restart_window);
}

/** wf_cc_set_ssthresh() - WEFT_CC_PARAM_SSTHRESH; 0 or -WEFT_EINVAL */
static inline int wf_cc_set_ssthresh(struct weft_cc *cc, uint32_t value)
{
    if (value == 0)
        return -WEFT_EINVAL;
    cc->ssthresh = value;
    return 0;
}

#endif /* WF_TCP_CC_WINDOW_H */
