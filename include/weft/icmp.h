/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft icmp - what a stack says and believes by ICMP
 *
 * Errors are sent and taken without being asked for; here is how many, how long, and what else is
 * switched on. What RFC 6918 calls historic (address mask, information) and what tells strangers
 * the time is off until somebody wants it; so is the belief in redirects, which a neighbour can
 * forge. All of it may change while the stack runs.
 */
#ifndef WEFT_ICMP_H
#define WEFT_ICMP_H

#include "weft/types.h"

struct weft_stack;

/* Of an interface. */
#define WEFT_ICMP_MASK_AGENT                                                                       \
    1U /* Answers address mask requests, and (a host) broadcasts the mask when this is set. */
#define WEFT_ICMP_MASK_ANNOUNCE    2U /* A router broadcasts it, too. */
#define WEFT_ICMP_NO_TIME_EXCEEDED 4U /* Says nothing of datagrams whose time ran out here. */
#define WEFT_ICMP_NO_REDIRECT      8U /* A router tells no better first hop there. */
#define WEFT_ICMP_FLAGS_ALL        15U

/** struct weft_icmp_config - Switches and limits of a stack */
struct weft_icmp_config {
    uint32_t error_burst;       /* Errors to one destination at once, 1..1000; then one ... */
    uint32_t error_interval_ms; /* ... in this time, 1..60000. */
    uint32_t errors_per_s;      /* Of the whole stack, 10..1000000; random around it each second. */
    uint32_t echo_per_s;        /* Answers to echo requests, 1..10000000. */
    uint16_t quote_bytes;       /* Payload octets quoted by an error, 8..548; as many as fit in 576
                                   go out at most. 8 is what the classic texts show. */
    bool answers_timestamp;     /* With the time of day that WEFT_IP_UT_MS told. */
    bool answers_information;
    bool takes_redirects;  /* As a host: from the first hop, for a gateway on the same link. */
    bool sends_redirects;  /* As a router. */
    bool has_quench;       /* Source quench as it was before RFC 6633: a router that drops for want
                              of room sends it, and TCP slows down. */
    bool is_filter_silent; /* Codes 9, 10 and 13 to 15 are not sent. */
    bool has_extensions;   /* Errors name the interface the datagram came in by (RFC 4884, 5837). */
};

/** struct weft_redirect - A better first hop that a router told us of */
struct weft_redirect {
    struct weft_addr dst, gateway;
    uint16_t ifindex;
    uint64_t expires_ns;
};

/**
 * weft_icmp_get() - Switches and limits as they are
 * @st: stack
 * @out: filled
 */
void weft_icmp_get(const struct weft_stack *st, struct weft_icmp_config *out);

/**
 * weft_icmp_set() - Change switches and limits
 * @st: stack
 * @cfg: begin with what weft_icmp_get() fills
 *
 * Return: 0, or -WEFT_EINVAL (a field out of range; nothing changed).
 */
int weft_icmp_set(struct weft_stack *st, const struct weft_icmp_config *cfg)
    __attribute__((warn_unused_result));

/**
 * weft_icmp_if_set() - Switches of an interface
 * @st: stack
 * @ifindex: interface
 * @flags: WEFT_ICMP_MASK_AGENT ..., 0 at first
 *
 * Return: 0, -WEFT_ENOENT (interface) or -WEFT_EINVAL (unknown flag).
 */
int weft_icmp_if_set(struct weft_stack *st, uint16_t ifindex, uint32_t flags)
    __attribute__((warn_unused_result));

/**
 * weft_icmp_if_get() - Switches of an interface as they are
 * @st: stack
 * @ifindex: interface
 *
 * Return: flags; 0 for an interface that is not there.
 */
uint32_t weft_icmp_if_get(const struct weft_stack *st, uint16_t ifindex);

/**
 * weft_redirect_next() - Walk the first hops that redirects changed
 * @st: stack
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_redirect_next(const struct weft_stack *st, uint32_t *cursor, struct weft_redirect *out);

#endif /* WEFT_ICMP_H */
