/* SPDX-License-Identifier: MIT */
/**
 * DOC: redirect - better first hops (RFC 792, RFC 1122 3.2.2.2, RFC 1812 5.2.7.2)
 *
 * As a host, when switched on: a redirect is believed if it comes from the first hop in use for the
 * destination, names a gateway in a network of the interface it came by, and quotes a packet of a
 * socket that is there. It then holds for that one destination, whatever its code (a network's
 * mask is not known), for 10 minutes or until the gateway stops answering. Packets that are
 * forwarded never follow it. Table: 64 slots, direct-mapped with a secret hash, so that a flood of
 * redirects replaces redirects.
 *
 * As a router: a packet that leaves by the interface it came in by, to a next hop in the network of
 * its source, draws a redirect of code 1, under the limits of errors, and is forwarded all the
 * same. No redirect about a source-routed packet.
 */
#ifndef WF_IP_REDIRECT_H
#define WF_IP_REDIRECT_H

#include "ip/icmp.h"

/** wf_redirect_hop() - The first hop for @dst4 where the route says @gateway4 */
uint32_t wf_redirect_hop(const struct net *net, uint32_t dst4, uint16_t ifindex, uint32_t gateway4);

/** wf_redirect_may_learn() - Whether a redirect's sender and gateway can be right at all */
bool wf_redirect_may_learn(const struct net *net, const struct rx_meta *m,
                           const struct icmp4_hdr *h);

/** wf_redirect_learn() - A redirect that quotes a packet of ours; false if it is not believed */
bool wf_redirect_learn(struct net *net, const struct rx_meta *m, const struct icmp_quote *q);

/** wf_redirect_if_down() - An interface goes down: forget what its routers told */
void wf_redirect_if_down(struct net *net, uint16_t ifindex);

/** wf_redirect_hop_failed() - A next hop does not answer: forget what leads there */
void wf_redirect_hop_failed(struct net *net, uint16_t ifindex, uint32_t gateway4);

/** wf_redirect_expire() - The timer of the table */
void wf_redirect_expire(struct net *net);

/** wf_redirect_send() - A packet goes out where it came in: tell its sender if it is near
 * @next_hop4
 *
 * @p: data at its IP header, as it arrived; borrowed
 */
void wf_redirect_send(struct net *net, struct pkt *p, const struct rx_meta *m, uint32_t next_hop4);

#endif /* WF_IP_REDIRECT_H */
