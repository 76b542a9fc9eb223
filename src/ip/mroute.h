/* SPDX-License-Identifier: MIT */
/**
 * DOC: mroute - forwarding of groups between links
 *
 * A packet goes to every other forwarding interface whose table wants it, and to the branches of a
 * static tree. It must come from the side its source is on: the tree's trunk, or the way back to
 * the source. A proxy sends what comes from below upstream, always, and to a link below only where
 * it is the querier, so that of several one forwards (RFC 4605 4.3). Groups of 224.0.0.0/24 stay on
 * their link. Errors are not answered: a packet to a group never draws an ICMP message.
 */
#ifndef WF_IP_MROUTE_H
#define WF_IP_MROUTE_H

#include "net/net.h"
#include "weft/igmp.h"

/** struct wf_mroute - A static tree; limit: mroutes_max */
struct wf_mroute {
    struct wf_slab_node node;
    uint32_t src4, group; /* src4 0 = all. */
    uint16_t in;
    uint16_t outs[WEFT_MROUTE_OUTS_MAX];
    uint8_t outs_n;
    uint64_t pkts, bytes, wrong_if;
};

/** wf_mroute_input() - A packet (IP header at data) to a group: send copies on; borrows @p */
bool wf_mroute_input(struct net *net, struct pkt *p, const struct rx_meta *m);

#endif /* WF_IP_MROUTE_H */
