/* SPDX-License-Identifier: MIT */
/**
 * DOC: series - a TCP flow against time, folded while it runs
 *
 * A stack's trace ring tells every segment sent and every acknowledgement. They are folded into
 * bins of equal width as they come: a flow never has more than LAB_BINS_MAX of them, because when
 * they run out neighbours are merged and the width doubles. So a flow of 30 minutes and one of 30
 * milliseconds both come out as some thousand points, and memory does not grow with traffic.
 */
#ifndef WEFT_LAB_SERIES_H
#define WEFT_LAB_SERIES_H

#include "mem.h"
#include "weft/trace.h"

#define LAB_BINS_MAX 4096U

/** struct lab_bin - What happened in one slice of time; levels are those at its end */
struct lab_bin {
    bool has_send, has_ack, has_recv;
    uint64_t sent_end, una, wnd_edge; /* Bytes since the flow's first, which is 0. */
    uint64_t retrans_seq;             /* Of the last retransmission in this bin. */
    uint32_t retrans, rtos, probes;   /* Segments sent again, by RTO, and tail or window probes. */
    uint32_t cwnd, ssthresh, flight_max, snd_wnd; /* Bytes; ssthresh 0 = none yet. */
    uint32_t srtt_us, rto_us;
    uint32_t rcv_wnd, ooo_max;
    uint64_t acked, sent, received; /* Bytes in this bin; sent counts those sent again. */
};

/** struct lab_flow - A TCP connection seen from one of its ends */
struct lab_flow {
    size_t node;
    uint64_t id;
    uint16_t lport, rport;
    const char *label; /* Given by the recorder. */
    uint64_t first_ns, last_ns;
    uint64_t bin_ns;
    struct lab_bin *bins; /* LAB_BINS_MAX, or NULL before the first record. */
    size_t bins_n;
    uint64_t una, nxt; /* As far as seen, 64 bits wide. */
    uint32_t wnd;
    uint64_t bytes_sent, bytes_received; /* Payload; sent without what was sent again. */
    uint32_t retrans, rtos, probes, losses;
    uint32_t srtt_min_us, srtt_max_us;
};

/** wf_flow_add() - Fold one record of the trace ring into a flow */
void wf_flow_add(struct lab_flow *f, const struct weft_trace_rec *r);

/** wf_flow_coarsen() - Merge bins until there are at most @bins_max */
void wf_flow_coarsen(struct lab_flow *f, size_t bins_max);

/** wf_flow_free() - Free the bins */
void wf_flow_free(struct lab_flow *f);

#endif /* WEFT_LAB_SERIES_H */
