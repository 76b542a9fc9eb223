/* SPDX-License-Identifier: MIT */
/** DOC: stack - one instance: its memory, the way in, the way out, time */
#ifndef WF_STACK_STACK_H
#define WF_STACK_STACK_H

#include "link/link.h"
#include "net/net.h"
#include "sock/sock.h"
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

/** wf_stack_set_now() - Time enters: never backwards */
void wf_stack_set_now(struct net *net, uint64_t now_ns);

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

/** wf_tx_next() - The next packet an interface has to send, queue first, then senders; or NULL */
struct pkt *wf_tx_next(struct net *net, struct netif *nif);

#endif /* WF_STACK_STACK_H */
