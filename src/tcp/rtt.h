/* SPDX-License-Identifier: MIT */
/**
 * DOC: rtt - round-trip time and retransmission timeout (RFC 6298, RFC 7323 appendix G)
 *
 * Knows neither connection nor clock: a sample goes in, an RTO comes out. Gains are 1/8 and 1/4.
 * The variance term has a floor (rto_min, 200 ms by default, as the common kernels have it), so
 * the timeout stays clear of delayed acknowledgements on a steady path; it is never below rto_min.
 */
#ifndef WF_TCP_RTT_H
#define WF_TCP_RTT_H

#include <stdbool.h>
#include <stdint.h>

#define RTO_INITIAL_US  1000000u   /* RFC 6298 2.1 */
#define RTO_SYN_LOST_US 3000000u   /* RFC 6298 5.7 */
#define RTO_MAX_US      120000000u /* RFC 6298 2.5 asks for at least 60 s. */
#define RTO_MIN_MS      200u
#define RTT_WINDOW      15u /* The smallest sample is forgotten after one to two of these ... */
#define RTT_AGE_SHIFT   12  /* ... of 2^12 ms each, which makes 61 s. */

/** struct tcp_rtt - Estimator of one path; zero is a valid start */
struct tcp_rtt {
    uint32_t srtt8_us;    /* Smoothed RTT, times 8; 0 = no sample yet. */
    uint32_t rttvar4_us;  /* Its mean deviation, times 4. */
    uint32_t min_us;      /* Smallest sample of this window and the one before it, 0 = none. */
    uint32_t next_us;     /* Smallest sample of this window ... */
    uint16_t rto_min_ms;  /* Floor; 0 = RTO_MIN_MS. */
    uint8_t window;       /* When that began, in units of 2^12 ms; 0 = none has. */
    uint8_t backoff : 7;  /* Doublings since the last sample (Karn). */
    bool is_syn_lost : 1; /* The handshake gave no sample: RTO starts at 3 s. */
};

/** wf_rtt_sample() - Take one measurement, 0 counts as 1 us; it ends the back-off */
void wf_rtt_sample(struct tcp_rtt *r, uint32_t rtt_us);

/**
 * wf_rtt_age() - Look whether a window is over, so that a path which became longer is believed (RFC
 * 8985 6.2); now and then is enough
 * @now: any clock in about milliseconds that wraps
 */
void wf_rtt_age(struct tcp_rtt *r, uint32_t now);

/** wf_rtt_set_floor() - Least variance term and least timeout; 0 = RTO_MIN_MS */
void wf_rtt_set_floor(struct tcp_rtt *r, uint16_t rto_min_ms);

/** wf_rtt_rto_us() - Timeout with the present back-off, at most RTO_MAX_US */
uint32_t wf_rtt_rto_us(const struct tcp_rtt *r);

/** wf_rtt_base_us() - Timeout without back-off */
uint32_t wf_rtt_base_us(const struct tcp_rtt *r);

/** wf_rtt_back_off() - The timer expired: double (RFC 6298 5.5) */
void wf_rtt_back_off(struct tcp_rtt *r);

/** wf_rtt_syn_lost() - The handshake ended after a retransmission: nothing was measured */
void wf_rtt_syn_lost(struct tcp_rtt *r);

/** wf_rtt_srtt_us() - Smoothed RTT, 0 = none */
static inline uint32_t wf_rtt_srtt_us(const struct tcp_rtt *r)
{
    return r->srtt8_us >> 3;
}

#endif /* WF_TCP_RTT_H */
