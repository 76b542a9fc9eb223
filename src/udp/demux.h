/* SPDX-License-Identifier: MIT */
/** DOC: udp demux - which endpoint a datagram is for */
#ifndef WF_UDP_DEMUX_H
#define WF_UDP_DEMUX_H

#include "udp/udp.h"

/** struct udp_in - A datagram on its way to an endpoint */
struct udp_in {
    struct udp_dgram d;
    struct weft_endpoint local;
    uint32_t cov_bytes, full_bytes; /* Covered by the checksum; all, header included. */
    uint8_t proto;
    bool has_csum;
};

/** wf_udp_bucket() - The chain of endpoints for a protocol and local port */
struct udp_ep **wf_udp_bucket(const struct net *net, uint8_t proto, uint16_t port);

/** wf_udp_link() - Enter a bound endpoint into the table */
void wf_udp_link(struct net *net, struct udp_ep *ep);

/** wf_udp_unlink() - Take an endpoint out of the table */
void wf_udp_unlink(struct net *net, struct udp_ep *ep);

/** wf_udp_find() - The endpoint that fits best, or NULL */
struct udp_ep *wf_udp_find(const struct net *net, uint8_t proto, const struct weft_endpoint *local,
                           const struct weft_endpoint *remote);

/** wf_udp_fits() - How well an endpoint fits: 0 = not at all, more is better */
int wf_udp_fits(const struct udp_ep *ep, uint8_t proto, const struct weft_endpoint *local,
                const struct weft_endpoint *remote);

/** wf_udp_fan_out() - A datagram to a broadcast or group address: all that fit get it; takes @p */
void wf_udp_fan_out(struct net *net, struct pkt *p, const struct udp_in *in);

#endif /* WF_UDP_DEMUX_H */
