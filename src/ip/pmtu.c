/* SPDX-License-Identifier: MIT */
/** DOC: pmtu - path MTUs learned from routers (RFC 1191): 256 slots, 10 minutes each */
#include "ip/ip.h"

#define PMTU_LIFE_NS (600 * 1000000000ull)

static struct wf_pmtu *slot(const struct net *net, uint32_t dst4)
{
    uint64_t w = dst4;
    return &net->ip->pmtu[wf_hash_words(&net->hash_key, &w, 1) % PMTU_SLOTS];
}

uint32_t wf_pmtu_get(const struct net *net, uint32_t dst4, uint32_t if_mtu)
{
    const struct wf_pmtu *s = slot(net, dst4);
    if (s->dst4 != dst4 || s->mtu == 0 || net->now_ns >= s->expires_ns)
        return if_mtu;
    return wf_min_u32(s->mtu, if_mtu);
}

/* RFC 1191 7: a router that names no MTU; the next plateau below the packet that failed. */
static uint32_t plateau(uint32_t packet_bytes)
{
    static const uint16_t steps[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508};
    for (uint32_t i = 0; i < WF_ARRAY_LEN(steps); i++)
        if (steps[i] < packet_bytes)
            return steps[i];
    return 68;
}

uint32_t wf_pmtu_claimed(uint32_t told_mtu, uint32_t packet_bytes)
{
    return told_mtu != 0 ? told_mtu : plateau(packet_bytes);
}

bool wf_pmtu_learn(struct net *net, uint32_t dst4, uint32_t told_mtu, uint32_t packet_bytes,
                   uint32_t if_mtu)
{
    uint32_t now = wf_pmtu_get(net, dst4, if_mtu);
    uint32_t mtu = wf_pmtu_claimed(told_mtu, packet_bytes);
    mtu = wf_max_u32(mtu, wf_min_u32(net->cfg->pmtu_min, now));
    if (mtu >= now)
        return false;
    *slot(net, dst4) =
        (struct wf_pmtu){.dst4 = dst4, .mtu = mtu, .expires_ns = net->now_ns + PMTU_LIFE_NS};
    return true;
}
