/* SPDX-License-Identifier: MIT */
/**
 * DOC: scoreboard - what was sent and what became of it
 *
 * A record for each transmission, one for a super-frame; selective acknowledgements split records,
 * and neighbours that are both acknowledged grow together again, so the list stays as short as the
 * holes are many. Two orders: by sequence, and by time of the last transmission (only what is
 * neither acknowledged nor known to be lost), which is the order RACK looks in.
 *
 * Knows neither connection nor clock. Sequence space here includes SYN and FIN.
 */
#ifndef WF_TCP_SCOREBOARD_H
#define WF_TCP_SCOREBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "tcp/rate.h"

/* What is known of a record. Neither: in flight. */
#define TXREC_SACKED 1u
#define TXREC_LOST   2u /* Believed lost and not sent again yet. */
#define TXREC_RTX    4u /* Was sent more than once: no RTT from it without timestamps. */
#define TXREC_TWICE  8u /* Went out again while the first copy may still arrive (RFC 6675). */

/** struct tcp_txrec - A run of sequence space sent at one time */
struct tcp_txrec {
    struct wf_slab_node node;
    struct wf_list by_seq;
    struct wf_list by_time; /* Linked only while in flight. */
    struct tcp_seq seq, end;
    uint64_t sent_ns;
    uint32_t flags;
    struct rate_mark mark; /* Only where rates are wanted. */
};

/** struct tcp_sb - Scoreboard of a connection */
struct tcp_sb {
    struct wf_list by_seq;
    struct wf_list by_time;
    uint32_t sacked, lost; /* Bytes of records with that flag. */
    uint32_t lost_ever;    /* Bytes ever found lost, modulo 2^32. */
    uint32_t twice;        /* As sacked: both copies are in flight. */
};

/** struct tcp_delivery - What one acknowledgement told, gathered over its parts */
struct tcp_delivery {
    uint32_t bytes;         /* Newly delivered, cumulatively or selectively. */
    uint32_t sacked_bytes;  /* Of these, selectively. */
    uint64_t first_sent_ns; /* Of the earliest record delivered that was sent once (has_low). */
    bool has_latest;
    uint64_t latest_ns;        /* Last transmission of what was sent latest ... */
    struct tcp_seq latest_end; /* ... and its end. */
    bool is_latest_rtx;
    struct rate_mark latest_mark;
    uint64_t once_ns;        /* The latest of what was sent once (has_low) ... */
    struct tcp_seq once_end; /* ... and its end. */
    bool has_low, has_high;
    struct tcp_seq low_once; /* Lowest end of records delivered that were sent once. */
    struct tcp_seq high_end; /* Highest end delivered. */
    bool has_rtx;            /* Some of it had been sent more than once. */
    uint32_t rtt_us;         /* What it measured, 0 = nothing. */
};

/** wf_sb_init() - Empty */
void wf_sb_init(struct tcp_sb *sb);

/** wf_sb_sent() - New sequence space went out; false if no record is free (then send nothing) */
bool wf_sb_sent(struct wf_slab *recs, struct tcp_sb *sb, struct tcp_seq seq, struct tcp_seq end,
                uint64_t now_ns);

/** wf_sb_resent() - The first @len bytes of a record went out again */
void wf_sb_resent(struct wf_slab *recs, struct tcp_sb *sb, struct tcp_txrec *r, uint32_t len,
                  uint64_t now_ns);

/** wf_sb_ack() - Everything before @una is acknowledged */
void wf_sb_ack(struct wf_slab *recs, struct tcp_sb *sb, struct tcp_seq una, struct tcp_delivery *d);

/** wf_sb_sack() - [@from, @to) is selectively acknowledged */
void wf_sb_sack(struct wf_slab *recs, struct tcp_sb *sb, struct tcp_seq from, struct tcp_seq to,
                struct tcp_delivery *d);

/** wf_sb_split_tail() - Cut a record so that the new one holds its last @len; NULL: no memory */
struct tcp_txrec *wf_sb_split_tail(struct wf_slab *recs, struct tcp_txrec *r, uint32_t len);

/** wf_sb_mark_lost() - A record in flight is believed lost */
void wf_sb_mark_lost(struct tcp_sb *sb, struct tcp_txrec *r);

/** wf_sb_mark_twice() - A record that was not believed lost has gone out again */
void wf_sb_mark_twice(struct tcp_sb *sb, struct tcp_txrec *r);

/** wf_sb_unmark_twice() - The first copy is lost after all */
void wf_sb_unmark_twice(struct tcp_sb *sb, struct tcp_txrec *r);

/** wf_sb_mark_front_lost() - The first @len bytes outstanding are believed lost */
void wf_sb_mark_front_lost(struct wf_slab *recs, struct tcp_sb *sb, uint32_t len);

/** wf_sb_mark_all_lost() - Everything that is not selectively acknowledged is (RFC 6675 5.1) */
void wf_sb_mark_all_lost(struct tcp_sb *sb);

/** wf_sb_unmark_lost() - Nothing is lost after all: all that is not SACKed is in flight again */
void wf_sb_unmark_lost(struct tcp_sb *sb);

/** wf_sb_renege() - The peer threw away what it had reported: nothing is SACKed (RFC 2018 8) */
void wf_sb_renege(struct tcp_sb *sb);

/** wf_sb_first_lost() - The lowest lost record, or NULL */
struct tcp_txrec *wf_sb_first_lost(const struct tcp_sb *sb);

/** wf_sb_first() - The lowest record, or NULL */
struct tcp_txrec *wf_sb_first(const struct tcp_sb *sb);

/** wf_sb_last() - The highest record, or NULL */
struct tcp_txrec *wf_sb_last(const struct tcp_sb *sb);

/** wf_sb_latest() - The record in flight that was sent last, or NULL */
struct tcp_txrec *wf_sb_latest(const struct tcp_sb *sb);

/** wf_sb_clear() - Forget everything */
void wf_sb_clear(struct wf_slab *recs, struct tcp_sb *sb);

/** wf_sb_check() - Whether lists and counters agree with each other and with [@una, @nxt) */
bool wf_sb_check(const struct tcp_sb *sb, struct tcp_seq una, struct tcp_seq nxt);

static inline struct tcp_txrec *wf_sb_of_seq(struct wf_list *l)
{
    return WF_CONTAINER_OF(l, struct tcp_txrec, by_seq);
}

static inline struct tcp_txrec *wf_sb_of_time(struct wf_list *l)
{
    return WF_CONTAINER_OF(l, struct tcp_txrec, by_time);
}

#endif /* WF_TCP_SCOREBOARD_H */
