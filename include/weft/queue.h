/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft queue - how an interface's transmit queue says that it is too long (RFC 7567)
 *
 * The queue holds what is forwarded, datagrams and control; TCP of this stack waits for its turn
 * elsewhere. Drop-tail is the default. With is_ecn a packet of an ECN-capable transport is marked
 * (CE) where it would have been dropped early; where the queue is full it is dropped all the same.
 */
#ifndef WEFT_QUEUE_H
#define WEFT_QUEUE_H

#include "weft/types.h"

struct weft_stack;

/** enum weft_queue_kind - When packets are dropped */
enum weft_queue_kind {
    WEFT_QUEUE_DROP_TAIL = 0, /* When there is no room. */
    WEFT_QUEUE_RED,   /* The likelier, the longer the queue was of late (Floyd, Jacobson). */
    WEFT_QUEUE_CODEL, /* When packets stayed too long for too long (RFC 8289). */

    WEFT_QUEUE_KIND_COUNT
};

/** struct weft_queue_options - A queue; all zero = drop-tail, one class, as long as before */
struct weft_queue_options {
    enum weft_queue_kind kind;
    bool is_ecn;           /* Mark instead of an early drop (RFC 3168). */
    bool is_by_precedence; /* Eight classes by the precedence of the TOS octet: higher ones go first
                              and push lower ones out of a full queue (RFC 1812 5.3.3, 5.3.6). */
    uint16_t limit_pkts;   /* Room; 0 = as it is. */
    uint16_t red_min_pkts; /* Average length from which RED drops; 0 = limit / 8. */
    uint16_t red_max_pkts; /* Average length from which it drops everything; 0 = limit / 2. */
    uint8_t red_percent;   /* Dropped just below red_max_pkts; 0 = 10. */
    uint32_t codel_target_us;   /* Stay that is all right, at most 10^6; 0 = 5 ms. */
    uint32_t codel_interval_us; /* How long it may be longer, at most 10^7; 0 = 100 ms. */
};

/**
 * weft_if_set_queue() - Set how an interface's queue works; what waits in it stays
 * @st: stack
 * @ifindex: interface
 * @o: options; copied
 *
 * Return: 0, -WEFT_EINVAL (a value out of range) or -WEFT_ENOENT.
 */
int weft_if_set_queue(struct weft_stack *st, uint16_t ifindex, const struct weft_queue_options *o)
    __attribute__((warn_unused_result));

/**
 * weft_if_get_queue() - Read how an interface's queue works, defaults filled in
 * @st: stack
 * @ifindex: interface
 * @out: filled
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_if_get_queue(const struct weft_stack *st, uint16_t ifindex, struct weft_queue_options *out)
    __attribute__((warn_unused_result));

#endif /* WEFT_QUEUE_H */
