/* SPDX-License-Identifier: MIT */
/** DOC: stack - one instance: its memory, the way in, the way out, time */
#ifndef WF_STACK_STACK_H
#define WF_STACK_STACK_H

#include "link/link.h"
#include "net/net.h"
#include "sock/sock.h"
#include "svc/svc.h"
#include "tcp/tcp.h"
#include "udp/udp.h"
#include "weft/weft.h"

/** struct weft_stack - Everything; the services come first, see wf_net_of() */
struct weft_stack {
    struct net net;
    struct weft_config cfg;
    struct wf_link link;
    struct wf_ip ip;
    struct wf_udp udp;
    struct wf_tcp tcp;
    struct wf_socks socks;
};
_Static_assert(offsetof(struct weft_stack, net) == 0, "wf_net_of() relies on it");

/** struct rarp - RARP on one interface */
struct rarp {
    struct wf_slab_node node;
    struct wf_timer timer;
    uint16_t ifindex;
    struct rarp_client client;
    struct weft_rarp_server *server; /* Lent; NULL = none. */
};

/** wf_rarp_input() - A RARP message (RFC 903); takes @p */
enum verdict wf_rarp_input(struct net *net, struct pkt *p);

/** wf_rarp_expire() - A client's request or a server's answer is due */
void wf_rarp_expire(struct net *net, struct wf_timer *t);

/** wf_stack_set_now() - Time enters: never backwards */
void wf_stack_set_now(struct net *net, uint64_t now_ns);

/** wf_stack_slab() - Slab number @i of the stack, NULL behind the last */
const struct wf_slab *wf_stack_slab(const struct weft_stack *st, uint32_t i);

/** wf_stack_addr_del() - Take an address away, with what uses it; 0 or -WEFT_ENOENT */
int wf_stack_addr_del(struct net *net, uint16_t ifindex, uint32_t ip4);

/** wf_rx_packet() - Walk one packet up the layers, from its link header on; takes @p */
void wf_rx_packet(struct net *net, struct pkt *p);

/** wf_rx_ip4() - The same from the IPv4 header on; takes @p */
void wf_rx_ip4(struct net *net, struct pkt *p);

/** wf_rx_burst() - Turn a burst of frames into packets, gather neighbours, walk them up; frames
 * taken */
uint32_t wf_rx_burst(struct net *net, struct netif *nif, const struct weft_frame *frames,
                     uint32_t n);

/** wf_fast_burst() - The same for a router: what only passes through is told apart first (fast.c)
 */
uint32_t wf_fast_burst(struct net *net, struct netif *nif, const struct weft_frame *frames,
                       uint32_t n);

/** wf_tx_next() - The next packet an interface has to send, queue first, then senders; or NULL */
struct pkt *wf_tx_next(struct net *net, struct netif *nif);

/** wf_tx_take() - Frames of one interface, and of no VLAN on it; how many */
uint32_t wf_tx_take(struct net *net, struct netif *nif, struct weft_frame *frames, uint32_t n);

/** wf_tx_has_output() - Whether a driver has something to ask an interface for, VLANs' included */
bool wf_tx_has_output(const struct net *net, const struct netif *nif);

/** wf_vlan_tx() - Frames of an interface and its VLANs in turn; how many */
uint32_t wf_vlan_tx(struct net *net, struct netif *parent, struct weft_frame *frames, uint32_t n);

/** wf_vlan_has_output() - Whether a VLAN of an interface has something to send */
bool wf_vlan_has_output(const struct net *net, const struct netif *parent);

/** wf_vlan_set_up() - A parent went up or down: its VLANs, too, but for those that were down before
 */
void wf_vlan_set_up(struct weft_stack *st, const struct netif *parent);

/** wf_vlan_set_mtu() - A parent has another MTU: no VLAN of it has a larger one */
void wf_vlan_set_mtu(struct net *net, const struct netif *parent);

/** wf_vlan_set_mac() - A parent has another hardware address: VLANs that had the same follow */
void wf_vlan_set_mac(struct weft_stack *st, const struct netif *parent, const uint8_t before[6]);

#endif /* WF_STACK_STACK_H */
