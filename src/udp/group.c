/* SPDX-License-Identifier: MIT */
/** DOC: udp group - sending to groups: the interface, and the copy for members in this host */
#include "udp/demux.h"

bool wf_udp_group_way(const struct net *net, const struct udp_ep *ep, uint32_t group,
                      uint32_t *src4, uint16_t *ifindex)
{
    if (ep->mc_ifindex == 0)
        return wf_ip4_source(net, group, src4, ifindex);
    *ifindex = ep->mc_ifindex;
    *src4 = wf_addrs_source(net, ep->mc_ifindex, group);
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
    if (!wf_pkt_share(copy, p, UDP_HDR_BYTES, p->total - UDP_HDR_BYTES)) {
        wf_net_drop(net, copy, WEFT_DROP_NO_PKT);
        return;
    }
    copy->ifindex = o->ifindex;
    copy->pinned = copy->total;
    struct udp_dgram d = {.from = {.addr = wf_addr_from4(o->src4), .port = wf_ld16be(p->data)},
                          .to = wf_addr_from4(o->dst4),
                          .ifindex = o->ifindex,
                          .ttl = o->ttl,
                          .tos = o->tos};
    struct weft_endpoint local = {.addr = d.to, .port = wf_ld16be(p->data + 2)};
    wf_udp_fan_out(net, copy, &d, &local);
}
