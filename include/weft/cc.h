/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft cc - congestion control as a table of functions
 *
 * An algorithm sees samples, never the connection. It owns cwnd, ssthresh and a blob of state
 * inside struct weft_cc. Loss detection and PRR are not its business: while in recovery the
 * sender is paced by PRR towards ssthresh. All window values are bytes; times are ns.
 */
#ifndef WEFT_CC_H
#define WEFT_CC_H

#include "weft/types.h"

#define WEFT_CC_STATE_BYTES 32

struct weft_cc_ops;

/** struct weft_cc - Congestion state of one connection; written by the algorithm only */
struct weft_cc {
    const struct weft_cc_ops *ops;
    uint32_t cwnd;
    uint32_t ssthresh;
    union {
        uint64_t align;
        uint8_t bytes[WEFT_CC_STATE_BYTES];
    } state;
};

/** struct weft_cc_ack - What one acknowledgement told */
struct weft_cc_ack {
    uint64_t now_ns;
    uint32_t acked;  /* Bytes newly acknowledged, cumulatively or by SACK. */
    uint32_t flight; /* Bytes in flight before this acknowledgement. */
    uint32_t mss;
    uint32_t rtt_us; /* Sample of this acknowledgement, 0 = none. */
    uint32_t srtt_us, min_rtt_us;
    bool is_cwnd_limited; /* The window, not the application, held the sender back. */
};

/** struct weft_cc_loss - A congestion event */
struct weft_cc_loss {
    uint64_t now_ns;
    uint32_t flight; /* Bytes in flight when it was found. */
    uint32_t mss;
};

/** struct weft_cc_ops - A congestion control algorithm; a constant table */
struct weft_cc_ops {
    const char *name;     /* At most 15 characters. */
    uint32_t state_bytes; /* At most WEFT_CC_STATE_BYTES. */
    void (*init)(struct weft_cc *cc, uint32_t mss, uint32_t initial_window);
    void (*on_ack)(struct weft_cc *cc, const struct weft_cc_ack *ack);    /* Outside recovery. */
    void (*on_loss)(struct weft_cc *cc, const struct weft_cc_loss *loss); /* Recovery begins:
                                                                             sets ssthresh. */
    void (*on_recovered)(struct weft_cc *cc, uint64_t now_ns);            /* Recovery ended. */
    void (*on_rto)(struct weft_cc *cc, const struct weft_cc_loss *loss, bool is_first);
    void (*on_idle)(struct weft_cc *cc, uint64_t idle_ns, uint64_t rto_ns, uint32_t restart_window);
    void (*on_undo)(struct weft_cc *cc); /* The last reduction was spurious. */
};

extern const struct weft_cc_ops weft_cc_cubic; /* RFC 9438; the default. */
extern const struct weft_cc_ops weft_cc_reno;  /* RFC 5681. */

#endif /* WEFT_CC_H */
