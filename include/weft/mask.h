/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft mask - a host asks its link for the address mask (RFC 950, RFC 1122 3.2.2.9)
 *
 * Historic (RFC 6918): a mask that is configured needs nobody's word. As weft/svc.h has it: memory
 * of the caller, one socket, time as an argument. The interface has its address already; the engine
 * gives it the mask of its class, asks by broadcast a few times, and takes the first answer that
 * makes sense. Whoever is on the link can answer.
 */
#ifndef WEFT_MASK_H
#define WEFT_MASK_H

#include "weft/types.h"

struct weft_stack;

/** struct weft_mask_config - What to ask; begin with weft_mask_config_default() */
struct weft_mask_config {
    struct weft_addr addr; /* Address of the interface whose mask is asked for. */
    uint64_t interval_ns;  /* Between requests. */
    uint32_t tries;        /* 1..10 */
    uint16_t ifindex;
};

/** enum weft_mask_kind - What a step tells */
enum weft_mask_kind {
    WEFT_MASK_NONE = 0,
    WEFT_MASK_ASKED,   /* A request left, or err says why not. */
    WEFT_MASK_REFUSED, /* An answer that makes no sense: mask. */
    WEFT_MASK_LEARNT,  /* prefix_len is the interface's now; the end. */
    WEFT_MASK_ALONE,   /* Nobody answered: prefix_len, of the class, stays; the end. */
};

/** struct weft_mask_event - One thing that happened */
struct weft_mask_event {
    enum weft_mask_kind kind;
    struct weft_addr from; /* Who answered. */
    uint32_t mask;         /* As a number. */
    int err;               /* enum weft_err, positive */
    uint8_t prefix_len;
};

/** struct weft_mask - The engine; all fields belong to it */
struct weft_mask {
    struct weft_mask_config cfg;
    struct weft_stack *st;
    uint64_t sock, next_ns;
    uint32_t sent;
    uint8_t prefix_len;
    bool is_open, is_done;
};

/**
 * weft_mask_config_default() - Three requests, a second apart
 * @cfg: filled; set interface and address
 */
void weft_mask_config_default(struct weft_mask_config *cfg);

/**
 * weft_mask_start() - Assume the mask of the class, and begin to ask
 * @m: filled
 * @st: stack
 * @cfg: copied
 * @now_ns: time
 *
 * Connections from this address fail, as its network changes: do this before there are any.
 *
 * Return: 0, -WEFT_EINVAL (a field out of range, no address of the interface) or an error of the
 * socket and address calls; then there is nothing to end.
 */
int weft_mask_start(struct weft_mask *m, struct weft_stack *st, const struct weft_mask_config *cfg,
                    uint64_t now_ns) __attribute__((warn_unused_result));

/**
 * weft_mask_sock() - The socket whose readiness is to be watched
 * @m: engine
 *
 * Return: handle.
 */
uint64_t weft_mask_sock(const struct weft_mask *m);

/**
 * weft_mask_step() - Do the next thing that is due, and tell it
 * @m: engine
 * @now_ns: time
 * @ev: filled; kind WEFT_MASK_NONE if nothing was due
 *
 * Return: when to step again if the socket does not become ready before: @now_ns after an event,
 * WEFT_NEVER at the end.
 */
uint64_t weft_mask_step(struct weft_mask *m, uint64_t now_ns, struct weft_mask_event *ev);

/**
 * weft_mask_end() - Close the socket, at any time; a second call does nothing
 * @m: engine
 */
void weft_mask_end(struct weft_mask *m);

#endif /* WEFT_MASK_H */
