/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft rdisc - router discovery (RFC 1256), as a host and as a router, one engine a link
 *
 * As weft/svc.h has it: memory of the caller, one socket, time as an argument, one event a step. A
 * host keeps the routers that advertise themselves and has a default route by the best of them; a
 * router advertises the addresses of its interface.
 */
#ifndef WEFT_RDISC_H
#define WEFT_RDISC_H

#include "weft/types.h"

struct weft_stack;

#define WEFT_RDISC_ROUTERS_MAX   8
#define WEFT_RDISC_MESSAGE_BYTES 2048 /* 255 addresses. */

/** struct weft_rdisc_config - One link; begin with weft_rdisc_config_default() */
struct weft_rdisc_config {
    uint64_t seed[4]; /* Delays are random: two routers with one seed would speak at once. */
    uint16_t ifindex;
    bool is_router;
    bool is_by_broadcast; /* Sent to 255.255.255.255, not to 224.0.0.1 or .2. */

    /* Router. */
    uint32_t max_interval_s; /* Between advertisements, 4..1800. */
    uint32_t min_interval_s; /* 3..max; 0 = three quarters of max. */
    uint32_t lifetime_s;     /* max..9000; 0 = three times max. */
    int32_t preference;      /* Of all addresses; INT32_MIN = not to be a default router. */
    bool is_silent;          /* Advertises nothing (hosts use it, but not by discovery). */

    /* Host. */
    bool is_patient; /* Does not solicit. */
    uint32_t metric; /* Of the default route. */
};

/** struct weft_rdisc_router - A router that advertised itself */
struct weft_rdisc_router {
    struct weft_addr addr;
    int32_t preference;
    uint64_t expires_ns; /* 0 = free slot. */
};

/** enum weft_rdisc_kind - What a step tells */
enum weft_rdisc_kind {
    WEFT_RDISC_NONE = 0,
    WEFT_RDISC_SENT,    /* A solicitation or an advertisement left. */
    WEFT_RDISC_UNSENT,  /* The stack refused it: err. */
    WEFT_RDISC_ROUTER,  /* Host: the default route goes by addr now; unspecified = by nobody. */
    WEFT_RDISC_DIFFERS, /* Router: somebody advertises addr, ours, with another preference. */
};

/** struct weft_rdisc_event - One thing that happened */
struct weft_rdisc_event {
    enum weft_rdisc_kind kind;
    struct weft_addr addr;
    struct weft_addr from; /* DIFFERS: who. */
    int32_t preference;
    int err; /* enum weft_err, positive */
};

/** struct weft_rdisc - The engine; all fields belong to it */
struct weft_rdisc {
    struct weft_rdisc_config cfg;
    struct weft_stack *st;
    uint64_t sock;
    uint64_t next_ns; /* To send something; WEFT_NEVER = nothing. */
    uint64_t random[2];
    uint32_t sent;
    struct weft_rdisc_router routers[WEFT_RDISC_ROUTERS_MAX];
    struct weft_addr gateway;              /* Of the default route; unspecified = there is none. */
    bool is_open, has_heard, is_installed; /* The default route is of our making. */
    uint8_t message[WEFT_RDISC_MESSAGE_BYTES];
};

/**
 * weft_rdisc_config_default() - A host that solicits; a router's times as RFC 1256 4.1 has them
 * @cfg: filled; set seed and interface
 */
void weft_rdisc_config_default(struct weft_rdisc_config *cfg);

/**
 * weft_rdisc_start() - Begin on a link
 * @r: filled
 * @st: stack
 * @cfg: copied
 * @now_ns: time
 *
 * Return: 0, -WEFT_EINVAL (a field out of range) or an error of the socket calls; then there is
 * nothing to end.
 */
int weft_rdisc_start(struct weft_rdisc *r, struct weft_stack *st,
                     const struct weft_rdisc_config *cfg, uint64_t now_ns)
    __attribute__((warn_unused_result));

/**
 * weft_rdisc_sock() - The socket whose readiness is to be watched
 * @r: engine
 *
 * Return: handle.
 */
uint64_t weft_rdisc_sock(const struct weft_rdisc *r);

/**
 * weft_rdisc_step() - Do the next thing that is due, and tell it
 * @r: engine
 * @now_ns: time
 * @ev: filled; kind WEFT_RDISC_NONE if nothing was due
 *
 * Return: when to step again if the socket does not become ready before: @now_ns after an event.
 */
uint64_t weft_rdisc_step(struct weft_rdisc *r, uint64_t now_ns, struct weft_rdisc_event *ev);

/**
 * weft_rdisc_end() - Stop: a router says that it is none any more, a host gives its route up
 * @r: engine; a second call does nothing
 */
void weft_rdisc_end(struct weft_rdisc *r);

#endif /* WEFT_RDISC_H */
