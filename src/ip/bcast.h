/* SPDX-License-Identifier: MIT */
/**
 * DOC: bcast - broadcasts that arrive (RFC 919, RFC 922, RFC 1812 4.2.3.1 and 5.3.5, RFC 2644)
 *
 * A limited broadcast, and one to the network it came in by, is for us and goes no further. One to
 * another network of ours is refused unless that interface's switch lets it in; a router then sends
 * it out there as well. A router takes no broadcast in the old form with zeros.
 */
#ifndef WF_IP_BCAST_H
#define WF_IP_BCAST_H

#include "net/net.h"

/** wf_ip4_bcast_ok() - Whether a broadcast is for us; a copy goes on where it has to. Borrows @p */
bool wf_ip4_bcast_ok(struct net *net, struct pkt *p, struct rx_meta *m);

#endif /* WF_IP_BCAST_H */
