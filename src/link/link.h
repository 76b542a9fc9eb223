/* SPDX-License-Identifier: MIT */
/** DOC: link - the facade: Ethernet framing, address resolution, the neighbour cache */
#ifndef WF_LINK_LINK_H
#define WF_LINK_LINK_H

#include "link/neigh.h"
#include "link/vlan.h"
#include "net/net.h"

/**
 * wf_link_input() - Take a frame from a driver
 *
 * Return: the next layer; otherwise @p was taken.
 */
enum verdict wf_link_input(struct net *net, struct netif *nif, struct pkt *p);

/** wf_arp_input() - An ARP message (RFC 826); takes @p */
enum verdict wf_arp_input(struct net *net, struct pkt *p);

/** wf_arp_request() - Ask who has @dst4, by broadcast or, with @mac, by unicast */
void wf_arp_request(struct net *net, struct netif *nif, uint32_t dst4, const uint8_t *mac);

/** wf_arp_announce() - Tell a link that @ip4 is at this interface's address (RFC 5227 2.3) */
void wf_arp_announce(struct net *net, struct netif *nif, uint32_t ip4);

/** wf_eth_push() - Put an Ethernet header in front of a packet */
void wf_eth_push(struct pkt *p, const struct netif *nif, const uint8_t dst[6], uint16_t type);

/**
 * wf_link_output() - Send an IPv4 packet to a next hop on an interface
 *
 * Takes @p: it is queued for the driver, waits for the neighbour, or dies with a reason. Broadcast
 * and multicast next hops are mapped (RFC 894, RFC 1112 6.4).
 */
void wf_link_output(struct net *net, struct netif *nif, struct pkt *p, uint32_t next_hop4);

/** wf_link_flush() - An interface went down or changed its address: forget what was learned there
 */
void wf_link_flush(struct net *net, struct netif *nif);

#endif /* WF_LINK_LINK_H */
