/* SPDX-License-Identifier: MIT */
/**
 * DOC: BBR version 3 (draft-ietf-ccwg-bbr): the model of the path, and what is made of it
 *
 * Two numbers describe a path: the bandwidth of its bottleneck (the maximum of delivery rates over
 * two probing cycles) and its round trip without queues (the minimum over ten seconds). The flow
 * paces at the bandwidth times a gain, and keeps at most a small multiple of their product in
 * flight. States take turns to measure one or the other:
 *
 *   STARTUP -> DRAIN -> DOWN -> CRUISE -> REFILL -> UP -> DOWN ...; PROBE_RTT from any of them
 *
 * Loss and marks bound the model: inflight_hi remembers how much in flight caused more than 2 % of
 * loss while probing; bw_lo and inflight_lo follow deliveries down while not probing, and are
 * forgotten before the next probe.
 *
 * cc_bbr_model.c keeps the numbers, cc_bbr_state.c the states, cc_bbr.c sets rate and window from
 * both. Integers only: gains in percent, rates in bytes per second, times in ns or us.
 *
 * Differences from the draft: the sample of the acknowledgement that tells of losses stands for the
 * lost packets themselves; acknowledgements with losses are counted instead of ranges lost. A mark
 * (RFC 3168), to which the draft leaves the response open, counts as too much in flight. A probe
 * that PROBE_RTT cuts short ends a cycle of the maximum as well. The waits
 * between probes are drawn from what was measured: repeatable, yet different for every flow.
 */
#ifndef WF_TCP_CC_BBR_H
#define WF_TCP_CC_BBR_H

#include "base/base.h"
#include "weft/cc.h"

#define BBR_INF       UINT32_MAX
#define BBR_BW_INF    UINT64_MAX
#define BBR_BETA      70u /* Percent that is left of a bound after a round with loss. */
#define BBR_LOSS      2u  /* Percent of loss that a probe may cause. */
#define BBR_HEADROOM  15u /* Percent of inflight_hi left to others. */
#define BBR_PIPE_SEGS 4u  /* Fewest segments in flight: delayed acknowledgements keep coming. */
#define BBR_CWND_MAX  (1u << 30)
#define BBR_NS_PER_MS 1000000u
#define BBR_US_PER_S  1000000u

/** enum bbr_phase - What the flow is about */
enum bbr_phase {
    BBR_STARTUP,   /* Doubles its rate each round, until that brings nothing, or too much loss. */
    BBR_DRAIN,     /* Empties the queue that this made. */
    BBR_DOWN,      /* A little slower than the path: makes room after a probe. */
    BBR_CRUISE,    /* As fast as the path, until it is time to probe. */
    BBR_REFILL,    /* One round at full bandwidth, short-term bounds forgotten. */
    BBR_UP,        /* Faster than the path, until its limit is found. */
    BBR_PROBE_RTT, /* Half the window for 200 ms: the round trip without a queue of one's own. */
};

/** enum bbr_acks - What the acknowledgements that come in now tell about */
enum bbr_acks {
    BBR_ACKS_INIT,
    BBR_ACKS_REFILLING,
    BBR_ACKS_STARTING, /* Probing, but what comes back was sent before. */
    BBR_ACKS_FEEDBACK, /* What was sent in UP comes back. */
    BBR_ACKS_STOPPING, /* Not probing any more, but what comes back was sent while probing. */
};

/** struct bbr - State of a flow */
struct bbr {
    /* Bandwidth, bytes per second. */
    uint64_t max_bw[2]; /* Of the last probing cycle and of this one. */
    uint64_t bw;        /* The model's: maximum, within bw_lo. */
    uint64_t bw_lo;     /* Short-term bound; BBR_BW_INF = none. */
    uint64_t bw_latest; /* Maximum of this round. */
    uint64_t full_bw;   /* What the plateau is measured against. */
    uint64_t undo_bw_lo;
    /* Times. */
    uint64_t at_ns, cycle_ns, extra_ns, min_rtt_ns, probe_rtt_ns;
    uint64_t probe_rtt_done_ns; /* 0 = not small enough yet */
    /* Marks in the count of bytes delivered. */
    uint64_t delivered, begin, next_round, loss_round;
    uint64_t limited_until; /* Samples sent before this was delivered belong to PROBE_RTT. */
    /* Volumes, bytes. */
    uint32_t inflight_hi, inflight_lo; /* BBR_INF = none */
    uint32_t inflight_latest;          /* Most delivered in a sample of this round. */
    uint32_t undo_hi, undo_lo;
    uint32_t prior_cwnd, initial_cwnd;
    uint32_t extra[2], extra_delivered; /* Delivered beyond what the bandwidth explains. */
    uint32_t up_acked, up_per_inc;      /* inflight_hi grows by a segment for so many bytes. */
    uint32_t mss;
    /* Counts and shorter times. */
    uint32_t min_rtt_us, probe_rtt_us;
    uint32_t round, drain_round, rounds_since_up, wait_ms;
    uint32_t rto_point; /* RTO recovery ends when this is acknowledged. */
    uint8_t phase;      /* enum bbr_phase */
    uint8_t undo_phase; /* STARTUP or UP, left because of a loss; DRAIN = none. */
    uint8_t acks;       /* enum bbr_acks */
    uint8_t full_count, up_rounds, extra_rounds, loss_acks;
    bool has_begun, is_round_start, is_loss_round_start;
    bool is_full_now, is_full; /* The pipe: in this attempt, ever. */
    bool is_loss_in_round, is_probe_sample;
    bool is_too_high, is_precautionary; /* What the last probe met with, and how it ended. */
    bool is_rtt_expired, is_rtt_round_done;
    bool is_idle_restart;
    bool is_recovering, is_rto, has_rto_point;
};
_Static_assert(sizeof(struct bbr) <= WEFT_CC_BIG_BYTES, "fits the stack's pool");

/** struct bbr_sample - One acknowledgement, with what all files need of it */
struct bbr_sample {
    const struct weft_cc_ack *a;
    uint64_t bw; /* 0 = no sample */
    uint32_t cwnd;
    bool is_limited; /* It says less than the path can do. */
};

/* ---- cc_bbr_model.c ---- */

/** wf_bbr_volume() - Bytes that a bandwidth delivers in a time, no more than a window can be */
uint32_t wf_bbr_volume(uint64_t bw, uint64_t us);
/** wf_bbr_max_bw() - The maximum over the window of the filter */
uint64_t wf_bbr_max_bw(const struct bbr *b);
/** wf_bbr_start_round() - A round begins with what is sent now */
void wf_bbr_start_round(struct bbr *b);
/** wf_bbr_note_loss() - Something was lost; the first time in a round what undo needs is kept */
void wf_bbr_note_loss(struct bbr *b, uint32_t cwnd);
/** wf_bbr_save_cwnd() - Remember the last window that is known to be good */
void wf_bbr_save_cwnd(struct bbr *b, uint32_t cwnd);
/** wf_bbr_reset_signals() - Forget what this round has shown */
void wf_bbr_reset_signals(struct bbr *b);
/** wf_bbr_reset_lo() - Forget the short-term bounds */
void wf_bbr_reset_lo(struct bbr *b);
/** wf_bbr_reset_full() - Look for a plateau from @bw on */
void wf_bbr_reset_full(struct bbr *b, uint64_t bw);
/** wf_bbr_advance_max_bw() - A probing cycle is over */
void wf_bbr_advance_max_bw(struct bbr *b);
/** wf_bbr_signals() - Rounds, bandwidth, and congestion's bounds, from a sample */
void wf_bbr_signals(struct bbr *b, const struct bbr_sample *s);
/** wf_bbr_aggregation() - How much more arrives at once than the bandwidth explains */
void wf_bbr_aggregation(struct bbr *b, const struct bbr_sample *s);
/** wf_bbr_full_pipe() - Whether more rate brought no more delivery, three rounds long */
void wf_bbr_full_pipe(struct bbr *b, const struct bbr_sample *s);
/** wf_bbr_min_rtt() - The round trip, and whether it is time to measure it anew */
void wf_bbr_min_rtt(struct bbr *b, const struct bbr_sample *s);
/** wf_bbr_end_signals() - The last step: a new round's maxima, the bandwidth within its bounds */
void wf_bbr_end_signals(struct bbr *b, const struct bbr_sample *s);

/* ---- cc_bbr_state.c ---- */

/** wf_bbr_gains() - Of rate and window in a state, percent */
void wf_bbr_gains(enum bbr_phase phase, uint32_t *pacing, uint32_t *cwnd);
/** wf_bbr_is_probe_bw() - DOWN, CRUISE, REFILL or UP */
bool wf_bbr_is_probe_bw(const struct bbr *b);
/** wf_bbr_bdp() - Bandwidth times round trip times a gain in percent */
uint32_t wf_bbr_bdp(const struct bbr *b, uint64_t bw, uint32_t gain);
/** wf_bbr_budget() - A volume with room for what senders and receivers gather */
uint32_t wf_bbr_budget(const struct bbr *b, uint32_t bytes, uint64_t pacing_Bps);
/** wf_bbr_headroom() - inflight_hi, less what is left to others */
uint32_t wf_bbr_headroom(const struct bbr *b);
/** wf_bbr_probe_rtt_cwnd() - The window of PROBE_RTT */
uint32_t wf_bbr_probe_rtt_cwnd(const struct bbr *b);
/** wf_bbr_enter_startup() - The state that a flow begins in */
void wf_bbr_enter_startup(struct bbr *b);
/** wf_bbr_start_refill() - A probe for bandwidth begins */
void wf_bbr_start_refill(struct bbr *b);
/** wf_bbr_too_high() - So much in flight was too much: with @inflight it would have gone well */
void wf_bbr_too_high(struct bbr *b, uint32_t inflight, uint32_t cwnd, bool is_limited);
/** wf_bbr_step() - All transitions that a sample causes; @cwnd may be restored */
void wf_bbr_step(struct bbr *b, const struct bbr_sample *s, struct weft_cc *cc);
/** wf_bbr_probe_rtt_done() - Leave PROBE_RTT if its time is over */
void wf_bbr_probe_rtt_done(struct bbr *b, struct weft_cc *cc);

#endif /* WF_TCP_CC_BBR_H */
