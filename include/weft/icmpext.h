/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft icmpext - objects behind the quoted datagram of an ICMP error (RFC 4884)
 *
 * Routers tell there what an error has no field for: the labels a datagram came with (RFC 4950),
 * the interface it came in by (RFC 5837). weft_sock_recv_error() and traceroute hand them on as
 * they are; only structures whose version and sum are right are seen here.
 */
#ifndef WEFT_ICMPEXT_H
#define WEFT_ICMPEXT_H

#include "weft/types.h"

#define WEFT_ICMP_EXT_MAX         64U /* Octets of objects that are kept of an error. */

#define WEFT_ICMP_CLASS_MPLS      1 /* RFC 4950: type 1 is the label stack that came in. */
#define WEFT_ICMP_CLASS_INTERFACE 2 /* RFC 5837: the type says whose and which parts. */

/** struct weft_icmp_object - One object */
struct weft_icmp_object {
    uint8_t class_num, type;
    uint16_t bytes; /* Octets at data. */
    const uint8_t *data;
};

/** struct weft_icmp_label - An entry of a label stack (RFC 3032) */
struct weft_icmp_label {
    uint32_t label;
    uint8_t tc, ttl;
    bool is_bottom;
};

/** enum weft_icmp_if_role - What an interface is to the datagram */
enum weft_icmp_if_role {
    WEFT_ICMP_IF_INCOMING = 0,
    WEFT_ICMP_IF_SUB_INCOMING, /* The part of it that the datagram came in by. */
    WEFT_ICMP_IF_OUTGOING,     /* It would have left by this one. */
    WEFT_ICMP_IF_NEXT_HOP,     /* The next hop's. */
};

/** struct weft_icmp_if - What an object says of an interface; what it leaves out is zero */
struct weft_icmp_if {
    enum weft_icmp_if_role role;
    uint32_t index, mtu;
    struct weft_addr addr; /* IPv4 or IPv6. */
    char name[64];         /* Terminated, printable ASCII: the rest became '?'. */
};

/**
 * weft_icmp_object_next() - Walk objects
 * @ext: octets of objects
 * @bytes: how many
 * @cursor: 0 at first, then as left by the last call
 * @out: filled; data points into @ext
 *
 * Return: true if @out was filled, false at the end or where the rest is malformed.
 */
bool weft_icmp_object_next(const uint8_t *ext, size_t bytes, uint32_t *cursor,
                           struct weft_icmp_object *out);

/**
 * weft_icmp_object_label() - An entry of an object of class WEFT_ICMP_CLASS_MPLS
 * @o: object
 * @i: from 0 on, the top of the stack first
 * @out: filled
 *
 * Return: false past the last one.
 */
bool weft_icmp_object_label(const struct weft_icmp_object *o, uint32_t i,
                            struct weft_icmp_label *out);

/**
 * weft_icmp_object_interface() - Read an object of class WEFT_ICMP_CLASS_INTERFACE
 * @o: object
 * @out: filled
 *
 * Return: false if it is of another class, or shorter than its type says.
 */
bool weft_icmp_object_interface(const struct weft_icmp_object *o, struct weft_icmp_if *out);

#endif /* WEFT_ICMPEXT_H */
