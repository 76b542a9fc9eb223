/* SPDX-License-Identifier: MIT */
#include "tcp/rate.h"

#include "base/base.h"

void wf_rate_sent(struct tcp_rate *rate, struct rate_mark *m, const struct rate_now *now,
                  uint32_t flight, uint32_t len)
{
    if (flight == 0) /* The network was empty: only what comes back from now on counts. */
        rate->first_us = rate->delivered_us = now->us;
    *m = (struct rate_mark){.delivered_us = rate->delivered_us,
                            .first_us = rate->first_us,
                            .delivered = (uint32_t)now->delivered,
                            .lost = now->lost,
                            .tx_in_flight = flight + len,
                            .is_limited = rate->is_limited};
}

void wf_rate_limited(struct tcp_rate *rate, const struct rate_now *now, uint32_t flight)
{
    rate->is_limited = true;
    rate->limit = (uint32_t)now->delivered + flight;
}

void wf_rate_take(struct tcp_rate *rate, const struct rate_mark *m, uint32_t sent_us,
                  const struct rate_now *now, uint32_t min_rtt_us, struct weft_cc_rate *out)
{
    uint32_t delivered = (uint32_t)now->delivered;
    uint32_t send_us = sent_us - m->first_us, ack_us = now->us - m->delivered_us;
    uint32_t since = delivered - m->delivered;
    /* No mark, or the peer took back what it had reported (RFC 2018 8). */
    if (m->tx_in_flight == 0 || (int32_t)since < 0)
        since = 0;
    *out = (struct weft_cc_rate){.interval_us = wf_max_u32(send_us, ack_us),
                                 .delivered = since,
                                 .lost = now->lost - m->lost,
                                 .tx_in_flight = m->tx_in_flight,
                                 .prior_delivered = now->delivered - since,
                                 .is_app_limited = m->is_limited};
    /* Shorter than a round trip: the answer to an earlier copy. */
    if (out->interval_us < min_rtt_us || (int32_t)out->interval_us < 0 || since == 0)
        out->interval_us = 0;
    rate->delivered_us = now->us;
    rate->first_us = sent_us;
    if (rate->is_limited && (int32_t)(delivered - rate->limit) > 0)
        rate->is_limited = false;
}
