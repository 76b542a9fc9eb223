/* SPDX-License-Identifier: MIT */
/** DOC: udp options - those that only datagram sockets have */
#include "udp/udp.h"

/* A part of the header cannot be left uncovered. */
static int32_t coverage(int64_t v)
{
    return v > 0 && v < UDP_HDR_BYTES ? UDP_HDR_BYTES : (int32_t)v;
}

void wf_udp_set(struct udp_ep *ep, enum weft_sock_opt opt, int64_t v)
{
    if (opt == WEFT_SO_BROADCAST)
        ep->is_broadcast = v != 0;
    else if (opt == WEFT_IP_DF)
        ep->df = (uint8_t)v;
    else if (opt == WEFT_IP_RECVERR)
        ep->has_errq = v != 0;
    else if (opt == WEFT_UDP_CSUM)
        ep->is_csum_off = v == 0;
    else if (opt == WEFT_UDP_NEED_CSUM)
        ep->needs_csum = v != 0;
    else if (opt == WEFT_UDPLITE_SEND_COV)
        ep->send_cov = (uint16_t)coverage(v);
    else if (opt == WEFT_UDPLITE_RECV_COV)
        ep->recv_cov = coverage(v);
    else if (opt == WEFT_IP_MULTICAST_TTL)
        ep->mc_ttl = (uint8_t)v;
    else if (opt == WEFT_IP_MULTICAST_LOOP)
        ep->is_mc_loop = v != 0;
    else if (opt == WEFT_IP_MULTICAST_IF)
        ep->mc_ifindex = (uint16_t)v;
}

/* RFC 8085 3.2: what fits without fragments. 0 = not connected, or no way there. */
static uint32_t path_mtu(const struct net *net, const struct udp_ep *ep)
{
    uint32_t src4 = 0, dst4 = wf_addr_to4(&ep->remote.addr);
    uint16_t ifindex = 0;
    if (!ep->is_connected || !wf_udp_way(net, ep, dst4, &src4, &ifindex))
        return 0;
    return wf_pmtu_get(net, dst4, wf_netif_get(net, ifindex)->mtu);
}

int64_t wf_udp_get(const struct net *net, const struct udp_ep *ep, enum weft_sock_opt opt)
{
    if (opt == WEFT_SO_BROADCAST)
        return ep->is_broadcast;
    if (opt == WEFT_IP_DF)
        return ep->df;
    if (opt == WEFT_UDP_CSUM)
        return !ep->is_csum_off;
    if (opt == WEFT_UDP_NEED_CSUM)
        return ep->needs_csum;
    if (opt == WEFT_UDPLITE_SEND_COV)
        return ep->send_cov;
    if (opt == WEFT_UDPLITE_RECV_COV)
        return ep->recv_cov;
    if (opt == WEFT_IP_MTU)
        return path_mtu(net, ep);
    if (opt == WEFT_IP_MULTICAST_TTL)
        return ep->mc_ttl;
    if (opt == WEFT_IP_MULTICAST_LOOP)
        return ep->is_mc_loop;
    if (opt == WEFT_IP_MULTICAST_IF)
        return ep->mc_ifindex;
    return ep->has_errq;
}
