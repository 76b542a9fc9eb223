/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft ip - what programs and operators choose about IPv4
 *
 * Switches of the internet layer of a stack and of its interfaces, IP options of datagram sockets,
 * and what a stack knows about a path. weft/udp.h has the header of a single datagram, options
 * included, in both directions.
 */
#ifndef WEFT_IP_H
#define WEFT_IP_H

#include "weft/types.h"

struct weft_stack;

#define WEFT_IP_OPTIONS_MAX 40 /* Octets of options that a header has room for. */

/** enum weft_ip_df - Values of WEFT_IP_DF: when datagrams of a socket carry Don't Fragment */
enum weft_ip_df {
    WEFT_IP_DF_NEVER = 0, /* Routers may cut them. */
    WEFT_IP_DF_ALWAYS,    /* What is longer than the path MTU is refused with WEFT_EMSGSIZE. */
    WEFT_IP_DF_FITS,      /* On what fits the path MTU; what is longer is cut here. */
    WEFT_IP_DF_PROBE,     /* As ALWAYS, but only the interface's MTU counts: for who searches. */

    WEFT_IP_DF_COUNT
};

/** enum weft_ip_source_routes - What becomes of datagrams with a source route (LSRR, SSRR) */
enum weft_ip_source_routes {
    WEFT_IP_SOURCE_ROUTES_DROP = 0, /* Dropped without a word, wherever they go (RFC 7126). */
    WEFT_IP_SOURCE_ROUTES_END,      /* Taken where the route ends here; else ICMP code 5. */
    WEFT_IP_SOURCE_ROUTES_FORWARD,  /* Sent on as they ask, by a host as well as by a router. */

    WEFT_IP_SOURCE_ROUTES_COUNT
};

/** enum weft_ip_switch - Switches of a stack */
enum weft_ip_switch {
    WEFT_IP_SOURCE_ROUTES, /* enum weft_ip_source_routes; DROP by default. */
    WEFT_IP_RECORD,        /* 0, 1: a router writes into record route and timestamp; 1. */
    WEFT_IP_TTL_DEFAULT,   /* 1..255: of sockets made from now on, and of ICMP; 64. */
    WEFT_IP_UT_MS,         /* 0..86399999: milliseconds since midnight UT at the time the stack has
                              seen last, or -1: not known. Timestamps of options and of ICMP say
                              which (RFC 791); -1 by default. */
    WEFT_IP_ALL_SUBNETS,   /* 0, 1: all-subnets-directed broadcasts (RFC 922) are broadcasts; 0. */
    WEFT_IP_ID_COUNTS,     /* 0, 1: identifications count up by one, as textbooks show; 0. */

    WEFT_IP_SWITCH_COUNT
};

/** enum weft_ip_if_switch - Switches of an interface */
enum weft_ip_if_switch {
    WEFT_IP_IF_DIRECTED_BROADCAST, /* 0, 1: a broadcast to its network that came in elsewhere is
                                      taken, and sent out here by a router; 0 (RFC 2644). */

    WEFT_IP_IF_SWITCH_COUNT
};

/** enum weft_ip_broadcast - The kinds of IPv4 broadcast (RFC 919, RFC 922) */
enum weft_ip_broadcast {
    WEFT_IP_NO_BROADCAST = 0,
    WEFT_IP_BROADCAST_LIMITED,     /* 255.255.255.255 */
    WEFT_IP_BROADCAST_NET,         /* To all hosts of a network by class that is not subnetted. */
    WEFT_IP_BROADCAST_SUBNET,      /* To all hosts of a subnet. */
    WEFT_IP_BROADCAST_ALL_SUBNETS, /* To all hosts of all subnets of a network by class. */
};

/** struct weft_ip_path - What is known about the way to a destination */
struct weft_ip_path {
    struct weft_addr src, next_hop;
    uint16_t ifindex;
    uint32_t mtu;   /* Longest IP packet of the path, as far as it is known. */
    uint32_t mms_s; /* Longest message that needs no fragments (RFC 1122 3.3.3). */
    uint32_t mms_r; /* Longest message that can be reassembled here (RFC 1122 3.3.2). */
};

/**
 * weft_ip_set() - Set a switch of the stack
 * @st: stack
 * @what: switch
 * @value: see enum weft_ip_switch
 *
 * Return: 0 or -WEFT_EINVAL.
 */
int weft_ip_set(struct weft_stack *st, enum weft_ip_switch what, int64_t value)
    __attribute__((warn_unused_result));

/**
 * weft_ip_get() - Read a switch of the stack
 * @st: stack
 * @what: switch
 * @value: set
 *
 * Return: 0 or -WEFT_EINVAL.
 */
int weft_ip_get(const struct weft_stack *st, enum weft_ip_switch what, int64_t *value)
    __attribute__((warn_unused_result));

/**
 * weft_ip_if_set() - Set a switch of an interface
 * @st: stack
 * @ifindex: interface
 * @what: switch
 * @value: see enum weft_ip_if_switch
 *
 * Return: 0, -WEFT_EINVAL or -WEFT_ENOENT.
 */
int weft_ip_if_set(struct weft_stack *st, uint16_t ifindex, enum weft_ip_if_switch what,
                   int64_t value) __attribute__((warn_unused_result));

/**
 * weft_ip_if_get() - Read a switch of an interface
 * @st: stack
 * @ifindex: interface
 * @what: switch
 * @value: set
 *
 * Return: 0, -WEFT_EINVAL or -WEFT_ENOENT.
 */
int weft_ip_if_get(const struct weft_stack *st, uint16_t ifindex, enum weft_ip_if_switch what,
                   int64_t *value) __attribute__((warn_unused_result));

/**
 * weft_ip_path() - What is known about the way to a destination
 * @st: stack
 * @dst: destination
 * @out: filled
 *
 * Return: 0, -WEFT_EINVAL or -WEFT_ENETUNREACH.
 */
int weft_ip_path(const struct weft_stack *st, const struct weft_addr *dst, struct weft_ip_path *out)
    __attribute__((warn_unused_result));

/**
 * weft_ip_broadcast_kind() - What broadcast an address is to a network
 * @addr: IPv4 address
 * @net: any address of the network
 * @prefix_len: 0..32, its mask
 *
 * Return: enum weft_ip_broadcast.
 */
enum weft_ip_broadcast weft_ip_broadcast_kind(const struct weft_addr *addr,
                                              const struct weft_addr *net, uint8_t prefix_len);

/**
 * weft_ip_set_options() - IP options of every datagram that a socket sends from now on
 * @st: stack
 * @sock: UDP or PING handle
 * @options: as in the header (RFC 791 3.1), copied; a source route names the hops in front of the
 * destination, its pointer at the first
 * @bytes: 0..40, 0 = none; padded to a multiple of four
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EOPNOTSUPP (TCP), -WEFT_EINVAL (malformed, more than one source
 * route, no room for the destination in it, a stream identifier).
 */
int weft_ip_set_options(struct weft_stack *st, uint64_t sock, const void *options, size_t bytes)
    __attribute__((warn_unused_result));

/**
 * weft_ip_options_return() - Make options for the way back of options that came
 * @src: who sent the datagram they came with
 * @options: as weft_udp_recv() gave them
 * @bytes: octets at @options
 * @out: 40 octets: the source route reversed, without @src if it recorded itself
 *
 * Return: octets for weft_ip_set_options(); 0 if no completed source route is among them.
 */
uint32_t weft_ip_options_return(const struct weft_addr *src, const void *options, size_t bytes,
                                uint8_t out[WEFT_IP_OPTIONS_MAX]);

#endif /* WEFT_IP_H */
