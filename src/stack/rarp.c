/* SPDX-License-Identifier: MIT */
/**
 * DOC: rarp - what carries RARP messages between the wire and the client and server of svc/rarp.h
 *
 * State hangs on the interface and is there only where RARP was asked for. One timer an interface:
 * the client's next request or the server's next answer, whichever comes first.
 */
#include <string.h>

#include "stack/stack.h"
#include "wire/wire.h"

static struct rarp *state_of(struct net *net, struct netif *nif)
{
    if (nif->rarp == NULL) { /* As many as interfaces: it cannot fail. */
        nif->rarp = wf_slab_alloc(&net->link->rarps);
        WF_ASSERT(nif->rarp != NULL);
        nif->rarp->ifindex = nif->index;
        nif->rarp->timer.kind = TIMER_RARP;
    }
    return nif->rarp;
}

static void output(struct net *net, struct netif *nif, struct arp_ip4 *a, const uint8_t *dst)
{
    memcpy(a->sha, nif->mac, 6);
    wf_arp_output(net, nif, a, ETHERTYPE_RARP, dst);
}

static void reply(struct net *net, struct netif *nif, struct arp_ip4 *a, const uint8_t dst[6])
{
    wf_st32be(a->spa.b, wf_addrs_source(net, nif->index, wf_ld32be(a->tpa.b)));
    wf_count(net, WEFT_COUNT_RARP_REPLIES_OUT);
    output(net, nif, a, dst);
}

static void rearm(struct net *net, struct rarp *r)
{
    uint64_t at = wf_rarp_client_deadline(&r->client);
    if (r->server != NULL)
        at = wf_min_u64(at, wf_rarp_server_deadline(r->server));
    if (at == WEFT_NEVER)
        wf_wheel_disarm(&net->wheel, &r->timer);
    else
        wf_wheel_arm(&net->wheel, &r->timer, at);
}

void wf_rarp_expire(struct net *net, struct wf_timer *t)
{
    struct rarp *r = WF_CONTAINER_OF(t, struct rarp, timer);
    struct netif *nif = wf_netif_get(net, r->ifindex);
    struct arp_ip4 a;
    uint8_t asker[6];
    if (wf_rarp_client_due(&r->client, net->now_ns, &net->rng, &a)) {
        wf_count(net, WEFT_COUNT_RARP_REQUESTS_OUT);
        output(net, nif, &a, NULL);
    }
    while (r->server != NULL && wf_rarp_server_due(r->server, net->now_ns, &a, asker))
        reply(net, nif, &a, asker);
    rearm(net, r);
}

static enum verdict request(struct net *net, struct netif *nif, struct pkt *p,
                            const struct arp_ip4 *in)
{
    struct arp_ip4 out;
    struct rarp *r = nif->rarp;
    wf_count(net, WEFT_COUNT_RARP_REQUESTS_IN);
    if (r == NULL || r->server == NULL)
        return wf_net_drop(net, p, WEFT_DROP_RARP_NO_SERVER);
    switch (wf_rarp_server_ask(r->server, in, net->now_ns, &net->rng, &out)) {
    case RARP_REPLY_NOW:
        reply(net, nif, &out, in->sha);
        return wf_net_done(net, p);
    case RARP_REPLY_LATER:
        rearm(net, r);
        return wf_net_done(net, p);
    case RARP_REPLY_HELD:
        return wf_net_drop(net, p, WEFT_DROP_RARP_HELD);
    case RARP_REPLY_UNKNOWN:
        break;
    }
    return wf_net_drop(net, p, WEFT_DROP_RARP_UNKNOWN);
}

/* From here on the address is as any that was configured. */
static void bound(struct net *net, struct netif *nif, struct rarp *r)
{
    const struct weft_rarp_info *info = &r->client.info;
    int err = weft_addr_add(WF_CONTAINER_OF(net, struct weft_stack, net), nif->index, &info->addr,
                            info->prefix_len);
    if (err != 0 && err != -WEFT_EEXIST)
        wf_rarp_client_refuse(&r->client, -err);
}

static enum verdict answer(struct net *net, struct netif *nif, struct pkt *p,
                           const struct arp_ip4 *in)
{
    struct rarp *r = nif->rarp;
    wf_count(net, WEFT_COUNT_RARP_REPLIES_IN);
    if (r == NULL)
        return wf_net_drop(net, p, WEFT_DROP_RARP_UNSOLICITED);
    if (r->server != NULL)
        wf_rarp_server_seen(r->server, in);
    enum rarp_take take = wf_rarp_client_take(&r->client, in);
    if (take == RARP_TAKE_BOUND)
        bound(net, nif, r);
    rearm(net, r);
    switch (take) {
    case RARP_TAKE_BOUND:
        return wf_net_done(net, p);
    case RARP_TAKE_NOT_ASKED:
        break;
    case RARP_TAKE_FOREIGN:
        return wf_net_drop(net, p, WEFT_DROP_RARP_NOT_FOR_US);
    case RARP_TAKE_BAD_ADDR:
        return wf_net_drop(net, p, WEFT_DROP_RARP_BAD_ADDR);
    }
    return wf_net_drop(net, p, WEFT_DROP_RARP_UNSOLICITED);
}

enum verdict wf_rarp_input(struct net *net, struct pkt *p)
{
    struct arp_ip4 in;
    struct netif *nif = wf_netif_get(net, p->ifindex);
    if (!wf_pkt_linear(&net->pool, p, 0, wf_min_u32(p->total, ARP_IP4_BYTES)))
        return wf_net_drop(net, p, WEFT_DROP_NO_PKT);
    if (wf_arp_parse(&in, p->data, p->len) != ARP_OK ||
        (in.op != RARP_REQUEST && in.op != RARP_REPLY) || !wf_mac_is_station(in.sha))
        return wf_net_drop(net, p, WEFT_DROP_RARP_MALFORMED);
    return in.op == RARP_REQUEST ? request(net, nif, p, &in) : answer(net, nif, p, &in);
}

/* ---- the public calls ---- */

int weft_rarp_start(struct weft_stack *st, uint16_t ifindex, const struct weft_rarp_config *cfg)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    struct rarp_client c;
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (nif->kind != WEFT_IF_ETHER || !wf_rarp_client_begin(&c, cfg, nif->mac, net->now_ns))
        return -WEFT_EINVAL;
    struct rarp *r = state_of(net, nif);
    r->client = c;
    rearm(net, r);
    return 0;
}

void weft_rarp_stop(struct weft_stack *st, uint16_t ifindex)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL || nif->rarp == NULL)
        return;
    wf_rarp_client_stop(&nif->rarp->client);
    rearm(net, nif->rarp);
}

int weft_rarp_info(const struct weft_stack *st, uint16_t ifindex, struct weft_rarp_info *out)
{
    static const struct weft_rarp_info none;
    const struct netif *nif = wf_netif_get(wf_net_of_const(st), ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    *out = nif->rarp != NULL ? nif->rarp->client.info : none;
    return 0;
}

int weft_rarp_serve(struct weft_stack *st, uint16_t ifindex, struct weft_rarp_server *s)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (nif->kind != WEFT_IF_ETHER ||
        (s != NULL && (s->delay_ms > WEFT_RARP_WAIT_MAX || s->repeat_ms > WEFT_RARP_WAIT_MAX)))
        return -WEFT_EINVAL;
    struct rarp *r = state_of(net, nif);
    r->server = s;
    rearm(net, r);
    return 0;
}
