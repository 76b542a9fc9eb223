/* SPDX-License-Identifier: MIT */
/** DOC: weft bridge - options of the switches and hubs of weft/world.h, and their counters by name
 */
#ifndef WEFT_BRIDGE_H
#define WEFT_BRIDGE_H

#include "weft/world.h"

/** struct weft_bridge_options - What a switch or a hub does beyond the plain thing; all zero = none
 */
struct weft_bridge_options {
    /* Of a switch. */
    uint64_t age_ns;     /* An address not heard for so long is forgotten; 0 = 300 s. */
    uint32_t storm_pkts; /* Group frames that a port takes in a second; more are dropped. 0 = all.
                          */

    /* Of a hub. With a rate its ports share one half-duplex medium (IEEE 802.3, CSMA/CD): one
     * frame at a time, and who begins before the other one is heard collides with it. */
    uint64_t medium_bps;        /* 1000 and more; 0 = it repeats at once, and nothing collides. */
    uint64_t medium_delay_ns;   /* From any station to any other; at most 256 bit times. */
    uint32_t medium_queue_pkts; /* Frames that wait at a port, 0 = 16384. */
};

/**
 * weft_bridge_set() - Set the options of a switch or hub
 * @b: bridge, before its first frame
 * @o: copied
 *
 * Return: 0 or -WEFT_EINVAL (an option of the other kind, a delay too long for the rate).
 */
int weft_bridge_set(struct weft_bridge *b, const struct weft_bridge_options *o)
    __attribute__((warn_unused_result));

#define WEFT_BRIDGE_COUNTERS 13 /* Of struct weft_bridge_stats, by name. */

/**
 * weft_bridge_counter_name() - Name of a counter
 * @i: 0..WEFT_BRIDGE_COUNTERS - 1
 *
 * Return: a static string such as "flooded", "?" if out of range.
 */
const char *weft_bridge_counter_name(unsigned i);

/**
 * weft_bridge_counter() - A counter of a bridge
 * @b: bridge
 * @i: 0..WEFT_BRIDGE_COUNTERS - 1
 *
 * Return: its value, 0 if out of range.
 */
uint64_t weft_bridge_counter(const struct weft_bridge *b, unsigned i);

#endif /* WEFT_BRIDGE_H */
