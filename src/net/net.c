/* SPDX-License-Identifier: MIT */
#include "net/net.h"

#include "wire/wire.h"

/* Whether what is dropped for this reason still begins with its IPv4 header. */
static bool is_by_header(enum weft_drop why)
{
    return (why >= WEFT_DROP_IP4_BAD_VERSION && why <= WEFT_DROP_IP4_BAD_OPTION) ||
           why == WEFT_DROP_IP4_LINK_BCAST || why == WEFT_DROP_IP4_LINK_LOCAL ||
           why == WEFT_DROP_IP4_RPF;
}

enum verdict wf_net_drop(struct net *net, struct pkt *p, enum weft_drop why)
{
    WF_ASSERT(why < WEFT_DROP_COUNT);
    net->drops[why]++;
    struct netif *nif = wf_netif_get(net, p->ifindex);
    if (nif != NULL)
        nif->drops++;
    if (wf_trace_is_on(net)) {
        struct weft_trace_rec rec = {.kind = WEFT_TRACE_DROP, .ifindex = p->ifindex};
        rec.v[0] = why;
        rec.v[1] = p->total;
        if (is_by_header(why) && p->len >= IP4_HDR_BYTES) { /* RFC 1812 5.3.7: who, whereto. */
            rec.v[2] = wf_ld32be(p->data + 12);
            rec.v[3] = wf_ld32be(p->data + 16);
        }
        wf_trace(net, &rec);
    }
    wf_pkt_free(&net->pool, p);
    return RX_DONE;
}

void wf_net_note_drop(struct net *net, enum weft_drop why)
{
    net->drops[why]++;
}

void wf_net_refuse(struct net *net, struct netif *nif, enum weft_drop why)
{
    nif->drops++;
    net->drops[why]++;
}

enum verdict wf_net_done(struct net *net, struct pkt *p)
{
    wf_pkt_free(&net->pool, p);
    return RX_DONE;
}

void wf_trace(struct net *net, const struct weft_trace_rec *rec)
{
    struct wf_trace_ring *t = &net->trace;
    if (t->recs == NULL)
        return;
    if (t->head - t->tail > t->mask) {
        t->tail++;
        t->lost++;
    }
    struct weft_trace_rec *r = &t->recs[t->head++ & t->mask];
    *r = *rec;
    r->time_ns = net->now_ns;
}
