/* SPDX-License-Identifier: MIT */
/**
 * DOC: acd - our own addresses: probed, announced, defended (RFC 5227), link-local (RFC 3927)
 *
 * A record stands for an address on its way; an address in quiet use has none:
 *
 *   PROBING     not in use. Three probes, the first after 0 to 1 s, then 1 to 2 s apart; 2 s of
 *               silence after the last: in use, ANNOUNCING. Any claim of another host, or its probe
 *               for the same address: WAITING.
 *   WAITING     not in use. Tried again after 0 to 1 s, from the tenth conflict on after 60 s. A
 *               link-local address is replaced by the next of its row instead.
 *   ANNOUNCING  in use; the second announcement comes 2 s after the first. Then the record goes.
 *   LOST        in use until time moves on; then stack/run.c resets its connections and takes it
 *               away. Link-local: the next of the row is tried.
 *
 * Conflicts of an address in use are seen in arp.c and judged here by the option defend; the times
 * stand with the address (struct wf_ifaddr). Link-local addresses always go by RFC 3927 2.5: one
 * defence in 10 s, then another address. The row of link-local addresses comes from the hardware
 * address alone, so a host tries the same ones after a restart; the option link_local goes first.
 * They give way to any other address of the interface.
 *
 * Limit: addrs_max records. Attack: forged claims keep an address from being used, or with defend
 * other than ALWAYS take it away; both are reported with the other's hardware address.
 */
#ifndef WF_LINK_ACD_H
#define WF_LINK_ACD_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"
#include "weft/arp.h"

struct arp_ip4;

/** struct acd - An address on its way */
struct acd {
    struct wf_slab_node node;
    struct wf_timer timer;
    uint32_t ip4;
    uint32_t conflicts;
    uint16_t ifindex;
    uint8_t prefix_len;
    uint8_t step; /* enum weft_acd_state */
    uint8_t left; /* Probes or announcements to be sent. */
};

/** wf_acd_add() - Bring an address into use as the options say; 0 or an error of wf_addrs_add() */
int wf_acd_add(struct net *net, struct netif *nif, uint32_t ip4, uint8_t prefix_len);

/** wf_acd_del() - Forget an address that is on its way; true if it was not in use yet */
bool wf_acd_del(struct net *net, uint16_t ifindex, uint32_t ip4);

/** wf_acd_up() - An interface came up or got another hardware address: begin anew */
void wf_acd_up(struct net *net, struct netif *nif);

/** wf_acd_down() - An interface went down: nothing is sent any more */
void wf_acd_down(struct net *net, const struct netif *nif);

/** wf_acd_hear() - An ARP message: true if it claims an address that we are probing */
bool wf_acd_hear(struct net *net, const struct netif *nif, const struct arp_ip4 *in);

/** wf_acd_conflict() - Somebody else uses an address of ours */
void wf_acd_conflict(struct net *net, struct netif *nif, uint32_t ip4, const uint8_t mac[6]);

/** wf_acd_expire() - A timer expired; the address to be taken away, 0 = none */
uint32_t wf_acd_expire(struct net *net, struct wf_timer *t, uint16_t *ifindex);

/** wf_acd_gone() - An address was taken away: maybe a link-local one is wanted now */
void wf_acd_gone(struct net *net, struct netif *nif, uint32_t ip4);

/** wf_lladdr_judge() - Begin or end the link-local address of an interface, as it should be */
void wf_lladdr_judge(struct net *net, struct netif *nif);

/** wf_lladdr_again() - The link-local address is another's: try the next; @a is its record */
void wf_lladdr_again(struct net *net, struct netif *nif, struct acd *a);

/** wf_lladdr_ready() - The link-local address is in use: everything is reached by it (RFC
 * 3927 2.6.2)
 */
void wf_lladdr_ready(struct net *net, struct netif *nif);

/** wf_lladdr_gone() - An address is not in use any more; @is_lost: if it is this one, take another
 */
void wf_lladdr_gone(struct net *net, struct netif *nif, uint32_t ip4, bool is_lost);

/** wf_acd_begin() - Probe an address that is not in use; false if there is no room */
bool wf_acd_begin(struct net *net, struct netif *nif, uint32_t ip4, uint8_t prefix_len);

#endif /* WF_LINK_ACD_H */
