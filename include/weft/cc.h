/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft cc - congestion control as a table of functions
 *
 * An algorithm sees samples, never the connection. It owns cwnd, ssthresh, the pacing rate and a
 * blob of state; the connection owns loss detection, and what is sent in recovery unless the
 * algorithm says that it does that itself. All window values are bytes, rates bytes per second,
 * times nanoseconds where the name says _ns and microseconds where it says _us.
 *
 * A program may bring a table of its own (weft_sock_set_cc()); it has to stay valid as long as a
 * stack uses it. Functions are called from within the stack: they call nothing of it.
 */
#ifndef WEFT_CC_H
#define WEFT_CC_H

#include "weft/types.h"

#define WEFT_CC_ABI         0x57434301U /* Changes with struct weft_cc_ops. */
#define WEFT_CC_STATE_BYTES 40          /* State inside the connection. */
#define WEFT_CC_BIG_BYTES   384 /* State of algorithms that need more, from the stack's pool. */

struct weft_cc_ops;

/** struct weft_cc - Congestion state of one connection; written by the algorithm only */
struct weft_cc {
    const struct weft_cc_ops *ops;
    uint32_t cwnd;
    uint32_t ssthresh;
    uint64_t pacing_Bps; /* Rate to send at; 0 = derived from cwnd and SRTT, if pacing is on. */
    union {
        uint64_t align;
        uint8_t bytes[WEFT_CC_STATE_BYTES];
        void *big; /* If ops->state_bytes is more than WEFT_CC_STATE_BYTES. */
    } state;
};

/** struct weft_cc_rate - A delivery rate sample (draft-ietf-ccwg-bbr, 4.1) */
struct weft_cc_rate {
    uint32_t interval_us;     /* Over which it was measured, 0 = no sample. */
    uint32_t delivered;       /* Bytes delivered in it. */
    uint32_t lost;            /* Bytes found lost since the newest of them was sent. */
    uint32_t tx_in_flight;    /* In flight when that one was sent, itself included. */
    uint64_t prior_delivered; /* weft_cc_ack.delivered when it was sent: marks round trips. */
    bool is_app_limited;      /* The application had too little to send then. */
};

/** struct weft_cc_ack - What one acknowledgement told */
struct weft_cc_ack {
    uint64_t now_ns;
    uint64_t delivered;  /* Bytes ever delivered, this acknowledgement included. */
    uint32_t acked;      /* Bytes newly delivered, cumulatively or by SACK; without SACK, from the
                            third on, each duplicate counts as a segment that stays in flight. */
    uint32_t newly_lost; /* Bytes found lost by it. */
    uint32_t flight;     /* Bytes in flight before it ... */
    uint32_t flight_now; /* ... and after. */
    uint32_t una, nxt;   /* SND.UNA and SND.NXT after it, to count round trips with. */
    uint32_t mss;
    uint32_t rtt_us; /* Sample of this acknowledgement, 0 = none. */
    uint32_t srtt_us, min_rtt_us;
    uint32_t ce_bytes; /* Of acked, said to have been marked Congestion Experienced. */
    struct weft_cc_rate rate;
    bool is_cwnd_limited; /* The window, not the application, held the sender back. */
    bool is_recovering;   /* It came in recovery, begins or ends it. Seen only by algorithms with
                             WEFT_CC_EVERY_ACK ... */
    bool is_advance;      /* ... as is false here: SND.UNA did not move, so cwnd is not to grow. */
    bool is_paced;        /* Segments leave spread over the round trip. */
};

/** enum weft_cc_cause - Why the window is to come down */
enum weft_cc_cause {
    WEFT_CC_LOSS,
    WEFT_CC_ECN, /* RFC 3168: once per window; nothing was lost. */
};

/** struct weft_cc_loss - A congestion event */
struct weft_cc_loss {
    uint64_t now_ns;
    uint64_t delivered;
    uint32_t flight; /* Bytes in flight when it was found. */
    uint32_t lost;   /* Bytes found lost. */
    uint32_t mss;
    enum weft_cc_cause cause;
    bool has_sack; /* What arrived behind the loss is known, and not in flight. */
};

/** enum weft_cc_recovery - What is sent while losses are repaired */
enum weft_cc_recovery {
    WEFT_CC_RECOVERY_PRR,  /* Proportional rate reduction towards ssthresh (RFC 9937). */
    WEFT_CC_RECOVERY_NONE, /* No fast recovery: slow start, as after an RTO (Tahoe). */
    WEFT_CC_RECOVERY_OWN,  /* cwnd as the algorithm sets it, in recovery too; the segment that is
                              asked for goes out whatever is in flight. */
};

#define WEFT_CC_EVERY_ACK 1U /* on_ack() is called in recovery as well. */
#define WEFT_CC_PACED     2U /* Pacing is on whatever the socket says. */
#define WEFT_CC_RATES     4U /* Delivery rate samples are wanted; means EVERY_ACK, too. */
#define WEFT_CC_FIRST_ACK 8U /* Without SACK the first new data acknowledged ends recovery. */

/** struct weft_cc_info - What an algorithm tells of itself, for tools */
struct weft_cc_info {
    const char *phase; /* Such as "slow start", "avoidance", "probe bw: up". */
    uint64_t bw_Bps;   /* Estimated bandwidth, 0 = it has none. */
    uint32_t min_rtt_us;
};

/** struct weft_cc_ops - A congestion control algorithm; a constant table */
struct weft_cc_ops {
    uint32_t abi;         /* WEFT_CC_ABI: tables for another version of this header are refused. */
    const char *name;     /* At most 15 characters. */
    uint16_t state_bytes; /* At most WEFT_CC_BIG_BYTES. */
    uint8_t flags;
    uint8_t recovery; /* enum weft_cc_recovery */

    /** init() - Begin with this window, in slow start; the state is zero */
    void (*init)(struct weft_cc *cc, uint32_t mss, uint32_t initial_window);

    /** on_ack() - Something new is acknowledged, outside recovery; with WEFT_CC_EVERY_ACK also
     * in recovery, and what is only delivered */
    void (*on_ack)(struct weft_cc *cc, const struct weft_cc_ack *ack);

    /** on_loss() - A congestion event: sets ssthresh, remembers what undo needs; with
     * WEFT_CC_ECN also cwnd, as no recovery follows, and unless recovery is PRR's */
    void (*on_loss)(struct weft_cc *cc, const struct weft_cc_loss *loss);

    /** on_recovered() - Recovery is over (not WEFT_CC_RECOVERY_NONE): cwnd is set */
    void (*on_recovered)(struct weft_cc *cc, uint64_t now_ns);

    /** on_rto() - The retransmission timer expired; @is_first: not yet in this recovery */
    void (*on_rto)(struct weft_cc *cc, const struct weft_cc_loss *loss, bool is_first);

    /** on_idle() - The first transmission after longer than an RTO without any */
    void (*on_idle)(struct weft_cc *cc, uint64_t idle_ns, uint64_t rto_ns, uint32_t restart_window);

    /** on_undo() - The last reduction was spurious: back to what was before it */
    void (*on_undo)(struct weft_cc *cc);

    /** on_sent() - Bytes leave, @flight without them; may be NULL */
    void (*on_sent)(struct weft_cc *cc, uint64_t now_ns, uint32_t flight, bool is_app_limited);

    /** set() - A parameter (enum weft_cc_param, or a number of its own from 0 to 254), any time
     * after init(); 0 or -WEFT_EINVAL: nothing changed; NULL = it has none */
    int (*set)(struct weft_cc *cc, int param, uint32_t value);

    /** info() - Fill @out; may be NULL */
    void (*info)(const struct weft_cc *cc, struct weft_cc_info *out);
};

/** enum weft_cc_param - Parameters, each with its unit and range; may change at any time */
enum weft_cc_param {
    WEFT_CC_PARAM_A, /* aimd: segments added each round trip, thousandths, 1 to 100,000.
                        mimd: growth each round trip, thousandths, 1,001 to 2,000. */
    WEFT_CC_PARAM_B, /* aimd, mimd: what a loss leaves of the window, thousandths, 1 to 999. */
    WEFT_CC_PARAM_SSTHRESH, /* All but bbr: slow start threshold, bytes, from 1; set before the
                               connection, the first one. */
    WEFT_CC_PARAM_LIMIT,    /* tahoe, reno, newreno: most segments that one acknowledgement adds in
                               slow start, 1 or 2 (L of RFC 3465). cubic: in the first slow start,
                               without pacing, 1 to 255 (L of RFC 9406), 8 by default. */
    WEFT_CC_PARAM_INFLATE,  /* reno, newreno: segments on top of ssthresh when fast recovery begins,
                               0 to 3 (without SACK). */
    WEFT_CC_PARAM_ALPHA, /* vegas: segments that wait in queues, thousandths, 1 to 65,000: grow ...
                          */
    WEFT_CC_PARAM_BETA,  /* ... below alpha, shrink above beta ... */
    WEFT_CC_PARAM_GAMMA, /* ... and end slow start above gamma. */
};

/** weft_cc_state() - Where an algorithm's state lies */
static inline void *weft_cc_state(struct weft_cc *cc, uint32_t state_bytes)
{
    return state_bytes > WEFT_CC_STATE_BYTES ? cc->state.big : (void *)cc->state.bytes;
}

extern const struct weft_cc_ops weft_cc_cubic; /* RFC 9438 with HyStart++; the default. */
extern const struct weft_cc_ops weft_cc_reno;  /* RFC 5681: recovery ends with the first new ACK. */
extern const struct weft_cc_ops weft_cc_newreno; /* RFC 6582: it lasts until all is repaired. */
extern const struct weft_cc_ops weft_cc_tahoe;   /* Slow start after every loss. */
extern const struct weft_cc_ops weft_cc_vegas;   /* Follows the delay. */
extern const struct weft_cc_ops weft_cc_aimd;    /* Teaching: a and b are parameters. */
extern const struct weft_cc_ops weft_cc_mimd;    /* Teaching: shows what is not fair. */
extern const struct weft_cc_ops weft_cc_bbr;     /* Version 3 (draft-ietf-ccwg-bbr). */

/**
 * weft_cc_find() - An algorithm of weft's own by its name
 * @name: such as "cubic"; NULL = none
 *
 * Return: the table or NULL.
 */
const struct weft_cc_ops *weft_cc_find(const char *name);

/**
 * weft_cc_at() - The algorithms of weft's own, one after the other
 * @i: from 0
 *
 * Return: the table, NULL after the last.
 */
const struct weft_cc_ops *weft_cc_at(uint32_t i);

#endif /* WEFT_CC_H */
