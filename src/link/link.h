/* SPDX-License-Identifier: MIT */
/** DOC: link - the facade: Ethernet framing, address resolution, the neighbour cache */
#ifndef WF_LINK_LINK_H
#define WF_LINK_LINK_H

#include "link/acd.h"
#include "link/neigh.h"
#include "link/resolver.h"
#include "link/vlan.h"
#include "net/net.h"

/** wf_link_init() - An empty cache, interfaces with their default options */
void wf_link_init(struct net *net);

/**
 * wf_link_input() - Take a frame from a driver
 *
 * Return: the next layer; otherwise @p was taken.
 */
enum verdict wf_link_input(struct net *net, struct netif *nif, struct pkt *p);

/** wf_arp_input() - An ARP message (RFC 826); takes @p */
enum verdict wf_arp_input(struct net *net, struct pkt *p);

/** wf_arp_output() - Send a message of ARP or RARP, by @type; @dst NULL = to all stations */
void wf_arp_output(struct net *net, struct netif *nif, const struct arp_ip4 *a, uint16_t type,
                   const uint8_t *dst);

/** wf_arp_request() - Ask who has @dst4, by broadcast or, with @mac, by unicast */
void wf_arp_request(struct net *net, struct netif *nif, uint32_t dst4, const uint8_t *mac);

/** wf_arp_probe() - Ask who has @ip4 without saying who asks (RFC 5227 2.1.1) */
void wf_arp_probe(struct net *net, struct netif *nif, uint32_t ip4);

/** wf_arp_announce() - Tell a link that @ip4 is at this interface's address (RFC 5227 2.3) */
void wf_arp_announce(struct net *net, struct netif *nif, uint32_t ip4);

/** wf_arp_learn_ip() - Option is_learning_from_ip: the sender of an IP packet in a frame */
void wf_arp_learn_ip(struct net *net, struct netif *nif, const struct pkt *p, const uint8_t src[6]);

/** struct arp_proxy - A prefix that an interface answers for */
struct arp_proxy {
    uint32_t dst;
    uint16_t ifindex;
    uint8_t prefix_len;
    bool is_any_network;
};

/** wf_proxy_answers() - Whether a request of @spa for @tpa on @nif is answered for others */
bool wf_proxy_answers(const struct net *net, const struct netif *nif, uint32_t spa, uint32_t tpa);

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

/** struct link_news - For operators; @mac is the other's, @old_mac may be NULL */
struct link_news {
    enum weft_link_event_kind kind;
    uint16_t ifindex;
    uint32_t ip4;
    const uint8_t *mac, *old_mac;
};

/** wf_link_event() - Tell operators */
void wf_link_event(struct net *net, const struct link_news *news);

#endif /* WF_LINK_LINK_H */
