/* SPDX-License-Identifier: MIT */
/** DOC: ip api - the switches of the internet layer, and what it knows about a path */
#include "ip/ip.h"

int weft_ip_set(struct weft_stack *st, enum weft_ip_switch what, int64_t value)
{
    static const struct {
        int64_t min, max;
    } range[WEFT_IP_SWITCH_COUNT] = {
        [WEFT_IP_SOURCE_ROUTES] = {0, WEFT_IP_SOURCE_ROUTES_COUNT - 1},
        [WEFT_IP_RECORD] = {0, 1},
        [WEFT_IP_TTL_DEFAULT] = {1, 255},
        [WEFT_IP_UT_MS] = {-1, ICMP4_DAY_MS - 1},
        [WEFT_IP_ALL_SUBNETS] = {0, 1},
        [WEFT_IP_ID_COUNTS] = {0, 1},
    };
    struct net *net = wf_net_of(st);
    struct wf_ip_switches *sw = &net->ip->sw;
    if ((unsigned)what >= WEFT_IP_SWITCH_COUNT || value < range[what].min ||
        value > range[what].max)
        return -WEFT_EINVAL;
    if (what == WEFT_IP_SOURCE_ROUTES)
        sw->source_routes = (uint8_t)value;
    else if (what == WEFT_IP_RECORD)
        sw->is_unrecorded = value == 0;
    else if (what == WEFT_IP_TTL_DEFAULT)
        sw->ttl = (uint8_t)value;
    else if (what == WEFT_IP_ALL_SUBNETS)
        net->addrs.is_all_subnets = value != 0;
    else if (what == WEFT_IP_ID_COUNTS)
        sw->is_id_counting = value != 0;
    else {
        uint32_t now = (uint32_t)(net->now_ns / 1000000 % ICMP4_DAY_MS);
        sw->is_ut_known = value >= 0;
        sw->ut_offset_ms = value < 0 ? 0 : (uint32_t)(value + ICMP4_DAY_MS - now) % ICMP4_DAY_MS;
    }
    return 0;
}

int weft_ip_get(const struct weft_stack *st, enum weft_ip_switch what, int64_t *value)
{
    const struct net *net = wf_net_of_const(st);
    const struct wf_ip_switches *sw = &net->ip->sw;
    if ((unsigned)what >= WEFT_IP_SWITCH_COUNT || value == NULL)
        return -WEFT_EINVAL;
    if (what == WEFT_IP_SOURCE_ROUTES)
        *value = sw->source_routes;
    else if (what == WEFT_IP_RECORD)
        *value = !sw->is_unrecorded;
    else if (what == WEFT_IP_TTL_DEFAULT)
        *value = sw->ttl;
    else if (what == WEFT_IP_ALL_SUBNETS)
        *value = net->addrs.is_all_subnets;
    else if (what == WEFT_IP_ID_COUNTS)
        *value = sw->is_id_counting;
    else
        *value = sw->is_ut_known ? (int64_t)wf_ip4_time_ms(net) : -1;
    return 0;
}

int weft_ip_if_set(struct weft_stack *st, uint16_t ifindex, enum weft_ip_if_switch what,
                   int64_t value)
{
    struct netif *nif = wf_netif_get(wf_net_of(st), ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if ((unsigned)what >= WEFT_IP_IF_SWITCH_COUNT || (value != 0 && value != 1))
        return -WEFT_EINVAL;
    nif->may_direct_bcast = value != 0;
    return 0;
}

int weft_ip_if_get(const struct weft_stack *st, uint16_t ifindex, enum weft_ip_if_switch what,
                   int64_t *value)
{
    const struct netif *nif = wf_netif_get(wf_net_of_const(st), ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if ((unsigned)what >= WEFT_IP_IF_SWITCH_COUNT || value == NULL)
        return -WEFT_EINVAL;
    *value = nif->may_direct_bcast;
    return 0;
}

int weft_ip_path(const struct weft_stack *st, const struct weft_addr *dst, struct weft_ip_path *out)
{
    const struct net *net = wf_net_of_const(st);
    uint32_t src4 = 0;
    uint16_t ifindex = 0;
    if (dst == NULL || out == NULL || !wf_addr_is4(dst) || wf_addr_is_any(dst))
        return -WEFT_EINVAL;
    uint32_t dst4 = wf_addr_to4(dst);
    if (!wf_ip4_source(net, dst4, &src4, &ifindex))
        return -WEFT_ENETUNREACH;
    const struct netif *nif = wf_netif_get(net, ifindex);
    const struct wf_route4 *r = wf_routes_lookup4(net, dst4);
    uint32_t hop4 = wf_ip4_next_hop(net, r, ifindex, src4, dst4);
    uint32_t mtu = wf_pmtu_get(net, dst4, nif->mtu);
    *out = (struct weft_ip_path){.src = wf_addr_from4(src4),
                                 .next_hop = wf_addr_from4(hop4),
                                 .ifindex = ifindex,
                                 .mtu = mtu,
                                 .mms_s = mtu - IP4_HDR_BYTES,
                                 .mms_r = 65535 - IP4_HDR_BYTES};
    return 0;
}

enum weft_ip_broadcast weft_ip_broadcast_kind(const struct weft_addr *addr,
                                              const struct weft_addr *net, uint8_t prefix_len)
{
    if (!wf_addr_is4(addr) || !wf_addr_is4(net) || prefix_len > 32)
        return WEFT_IP_NO_BROADCAST;
    uint32_t a = wf_addr_to4(addr), n = wf_addr_to4(net), mask = wf_ip4_mask(prefix_len);
    uint8_t class_len = wf_ip4_class_len(n);
    uint32_t class_mask = wf_ip4_mask(class_len);
    if (a == UINT32_MAX)
        return WEFT_IP_BROADCAST_LIMITED;
    if (prefix_len < 31 && ((a ^ n) & mask) == 0 && (a | mask) == UINT32_MAX)
        return class_len != 0 && prefix_len <= class_len ? WEFT_IP_BROADCAST_NET
                                                         : WEFT_IP_BROADCAST_SUBNET;
    if (class_len != 0 && prefix_len > class_len && ((a ^ n) & class_mask) == 0 &&
        (a | class_mask) == UINT32_MAX)
        return WEFT_IP_BROADCAST_ALL_SUBNETS;
    return WEFT_IP_NO_BROADCAST;
}

uint32_t weft_ip_options_return(const struct weft_addr *src, const void *options, size_t bytes,
                                uint8_t out[WEFT_IP_OPTIONS_MAX])
{
    if (src == NULL || !wf_addr_is4(src) || options == NULL || bytes > WEFT_IP_OPTIONS_MAX)
        return 0;
    return wf_ip4_opts_return(wf_addr_to4(src), options, (uint32_t)bytes, out);
}
