/* SPDX-License-Identifier: MIT */
#include "udp/demux.h"

struct udp_ep **wf_udp_bucket(const struct net *net, uint8_t proto, uint16_t port)
{
    uint64_t w = (uint64_t)proto << 16 | port;
    return &net->udp->buckets[wf_hash_words(&net->hash_key, &w, 1) & net->udp->bucket_mask];
}

void wf_udp_link(struct net *net, struct udp_ep *ep)
{
    struct udp_ep **at = wf_udp_bucket(net, ep->proto, ep->local.port);
    ep->hash_next = *at;
    *at = ep;
}

void wf_udp_unlink(struct net *net, struct udp_ep *ep)
{
    struct udp_ep **at = wf_udp_bucket(net, ep->proto, ep->local.port);
    while (*at != ep)
        at = &(*at)->hash_next;
    *at = ep->hash_next;
}

int wf_udp_fits(const struct udp_ep *ep, uint8_t proto, const struct weft_endpoint *local,
                const struct weft_endpoint *remote)
{
    if (ep->proto != proto || ep->local.port != local->port || ep->is_raw)
        return 0;
    int score = 1;
    if (!wf_addr_is_any(&ep->local.addr)) {
        if (!wf_addr_eq(&ep->local.addr, &local->addr))
            return 0;
        score += 1;
    }
    if (ep->is_connected) {
        bool is_port_ok = proto == IP_PROTO_ICMP || ep->remote.port == remote->port;
        if (!is_port_ok || !wf_addr_eq(&ep->remote.addr, &remote->addr))
            return 0;
        score += 2;
    }
    return score;
}

struct udp_ep *wf_udp_find(const struct net *net, uint8_t proto, const struct weft_endpoint *local,
                           const struct weft_endpoint *remote)
{
    struct udp_ep *best = NULL;
    int best_score = 0;
    for (struct udp_ep *ep = *wf_udp_bucket(net, proto, local->port); ep != NULL;
         ep = ep->hash_next) {
        int score = wf_udp_fits(ep, proto, local, remote);
        if (score > best_score) {
            best = ep;
            best_score = score;
        }
    }
    return best;
}
