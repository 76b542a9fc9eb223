/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft forward - what an interface of a router lets through
 *
 * weft_set_forwarding() makes a stack a router; these options are each interface's own. Broadcasts
 * directed to its network are let in by WEFT_IP_IF_DIRECTED_BROADCAST (weft/ip.h). Never forwarded,
 * whatever they say: link-local addresses, limited broadcasts, multicast by unicast routes, 0/8,
 * 127/8 and class E.
 */
#ifndef WEFT_FORWARD_H
#define WEFT_FORWARD_H

#include "weft/types.h"

struct weft_stack;

/** enum weft_rpf - Whether the source of a packet must be where it came from (BCP 38, RFC 3704) */
enum weft_rpf {
    WEFT_RPF_STRICT = 0, /* A best route back to the source leaves by the arrival interface. */
    WEFT_RPF_LOOSE,      /* There is a route to the source, by whatever interface. */
    WEFT_RPF_OFF,

    WEFT_RPF_COUNT
};

/** struct weft_forward_options - Options of one interface; all zero = the defaults */
struct weft_forward_options {
    enum weft_rpf rpf; /* For packets that arrive here. */
    bool is_off;       /* Nothing is forwarded in or out here (RFC 1812 5.3.11). */
};

/**
 * weft_if_set_forward() - Set the options of an interface
 * @st: stack
 * @ifindex: interface
 * @o: options; copied
 *
 * Return: 0, -WEFT_EINVAL (a value out of range) or -WEFT_ENOENT.
 */
int weft_if_set_forward(struct weft_stack *st, uint16_t ifindex,
                        const struct weft_forward_options *o) __attribute__((warn_unused_result));

/**
 * weft_if_get_forward() - Read the options of an interface
 * @st: stack
 * @ifindex: interface
 * @out: filled
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_if_get_forward(const struct weft_stack *st, uint16_t ifindex,
                        struct weft_forward_options *out) __attribute__((warn_unused_result));

#endif /* WEFT_FORWARD_H */
