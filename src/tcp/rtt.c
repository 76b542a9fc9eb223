/* SPDX-License-Identifier: MIT */
#include "tcp/rtt.h"

#include "base/base.h"

#define SAMPLE_MAX_US 60000000u
#define BACKOFF_MAX   16

void wf_rtt_sample(struct tcp_rtt *r, uint32_t rtt_us)
{
    rtt_us = wf_min_u32(wf_max_u32(rtt_us, 1), SAMPLE_MAX_US);
    r->backoff = 0;
    if (rtt_us < r->next_us || r->next_us == 0) {
        r->next_us = rtt_us;
        if (rtt_us < r->min_us || r->min_us == 0)
            r->min_us = rtt_us;
    }
    if (r->srtt8_us == 0) { /* RFC 6298 2.2 */
        r->srtt8_us = rtt_us * 8;
        r->rttvar4_us = rtt_us * 2;
        return;
    }
    uint32_t srtt = r->srtt8_us >> 3; /* 2.3: the variance first, with the old mean. */
    uint32_t err = rtt_us > srtt ? rtt_us - srtt : srtt - rtt_us;
    r->rttvar4_us = r->rttvar4_us - (r->rttvar4_us >> 2) + err;
    r->srtt8_us = r->srtt8_us - (r->srtt8_us >> 3) + rtt_us;
}

void wf_rtt_age(struct tcp_rtt *r, uint32_t now)
{
    uint8_t at = (uint8_t)wf_max_u32(now >> RTT_AGE_SHIFT & UINT8_MAX, 1);
    if (r->window != 0 && (uint8_t)(at - r->window) < RTT_WINDOW)
        return;
    if (r->window != 0 && r->next_us != 0) { /* Without a sample the old one holds. */
        r->min_us = r->next_us;
        r->next_us = 0;
    }
    r->window = at;
}

void wf_rtt_set_floor(struct tcp_rtt *r, uint16_t rto_min_ms)
{
    r->rto_min_ms = rto_min_ms;
}

static uint32_t floor_us(const struct tcp_rtt *r)
{
    return (r->rto_min_ms != 0 ? r->rto_min_ms : RTO_MIN_MS) * 1000u;
}

uint32_t wf_rtt_base_us(const struct tcp_rtt *r)
{
    uint32_t floor = floor_us(r);
    if (r->srtt8_us == 0)
        return wf_max_u32(r->is_syn_lost ? RTO_SYN_LOST_US : RTO_INITIAL_US, floor);
    /* 2.3 with 2.4 on the whole; and the variance stays above a peer's delayed ACK. */
    uint32_t var = wf_max_u32(r->rttvar4_us, wf_min_u32(floor, RTO_MIN_MS * 1000u));
    return wf_min_u32(wf_max_u32((r->srtt8_us >> 3) + var, floor), RTO_MAX_US);
}

uint32_t wf_rtt_rto_us(const struct tcp_rtt *r)
{
    uint64_t us = (uint64_t)wf_rtt_base_us(r) << r->backoff;
    return us < RTO_MAX_US ? (uint32_t)us : RTO_MAX_US;
}

void wf_rtt_back_off(struct tcp_rtt *r)
{
    if (r->backoff < BACKOFF_MAX)
        r->backoff++;
}

void wf_rtt_syn_lost(struct tcp_rtt *r)
{
    r->backoff = 0;
    r->is_syn_lost = true;
}
