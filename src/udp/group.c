/* SPDX-License-Identifier: MIT */
/** DOC: udp group - sending to groups: the interface, and the copy for members in this host */
#include "udp/demux.h"

#include <string.h>

bool wf_udp_way(const struct net *net, const struct udp_ep *ep, uint32_t dst4, uint32_t *src4,
                uint16_t *ifindex)
{
    if (ep->mc_ifindex == 0 || !wf_ip4_is_multicast(dst4))
        return wf_ip4_source(net, dst4, src4, ifindex);
    *ifindex = ep->mc_ifindex;
    *src4 = wf_addrs_source(net, ep->mc_ifindex, dst4);
    return true;
}

void wf_udp_loop(struct net *net, const struct pkt *p, const struct ip4_out *o)
{
    struct rx_meta m = {.src4 = o->src4, .dst4 = o->dst4, .proto = o->proto, .ifindex = o->ifindex};
    if (!wf_igmp_hears(net, &m))
        return;
    struct pkt *copy = wf_pkt_alloc(&net->pool);
    if (copy == NULL)
        return;
    copy->data = copy->head + IP4_OPTS_MAX_BYTES + UDP_HDR_BYTES;
    if (o->opts_bytes > 0)
        memcpy(copy->data - UDP_HDR_BYTES - o->opts_bytes, o->opts, o->opts_bytes);
    if (!wf_pkt_share(copy, p, UDP_HDR_BYTES, p->total - UDP_HDR_BYTES)) {
        wf_net_drop(net, copy, WEFT_DROP_NO_PKT);
        return;
    }
    copy->ifindex = o->ifindex;
    copy->pinned = copy->total;
    struct udp_in in = {.d = {.from = {.addr = wf_addr_from4(o->src4), .port = wf_ld16be(p->data)},
                              .to = wf_addr_from4(o->dst4),
                              .ifindex = o->ifindex,
                              .ttl = o->ttl,
                              .tos = o->tos,
                              .opts_bytes = o->opts_bytes,
                              .is_group = true},
                        .local = {.addr = wf_addr_from4(o->dst4), .port = wf_ld16be(p->data + 2)},
                        .cov_bytes = wf_ld16be(p->data + 4),
                        .full_bytes = p->total,
                        .proto = o->proto,
                        .has_csum = p->csum == PKT_CSUM_PARTIAL || wf_ld16be(p->data + 6) != 0};
    wf_udp_fan_out(net, copy, &in);
}
