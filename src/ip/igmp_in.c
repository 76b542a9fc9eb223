/* SPDX-License-Identifier: MIT */
/** DOC: igmp input - what is believed of a message, and which side it is for */
#include "ip/ip.h"

#define COPY_BYTES 2048u

static enum weft_drop parse_drop(enum wf_igmp_err err)
{
    switch (err) {
    case IGMP_TRUNCATED:
        return WEFT_DROP_IGMP_TRUNCATED;
    case IGMP_BAD_CSUM:
        return WEFT_DROP_IGMP_BAD_CSUM;
    case IGMP_BAD_TYPE:
        return WEFT_DROP_IGMP_TYPE_UNKNOWN;
    case IGMP_BAD_GROUP:
        return WEFT_DROP_IGMP_BAD_GROUP;
    case IGMP_BAD_LEN:
    case IGMP_OK:
        break;
    }
    return WEFT_DROP_IGMP_BAD_LEN;
}

/* Whether the IP header, which lies in front of @at, has the router alert option. */
static bool has_alert(const uint8_t *at, uint16_t hdr_bytes)
{
    struct ip4_hdr h = {.opts = at - hdr_bytes + IP4_HDR_BYTES,
                        .opts_bytes = (uint8_t)(hdr_bytes - IP4_HDR_BYTES)};
    return wf_ip4_opts_has(&h, IP4_OPT_ROUTER_ALERT);
}

/* RFC 3376 9.1: what a query must look like to be believed. */
static bool query_ok(const struct rx_meta *m, const struct igmp_msg *q, bool is_alert,
                     enum weft_drop *why)
{
    *why = WEFT_DROP_IGMP_NO_ALERT;
    if (q->version > 1 && !is_alert)
        return false;
    *why = WEFT_DROP_IGMP_BAD_DST;
    return (q->group != 0 && q->version > 1) || m->dst4 == MC_ALL_HOSTS;
}

static void dispatch(struct net *net, const struct rx_meta *m, struct igmp_msg *g)
{
    bool is_router = wf_igmp_if(net, m->ifindex)->is_router;
    switch ((enum igmp_type)g->type) {
    case IGMP_QUERY:
        if (g->version < 3 && wf_igmp_is_ssm(net, g->group))
            wf_count(net, WEFT_COUNT_IGMP_OLD_SSM); /* RFC 4604 2.2.3. */
        if (is_router)
            wf_igmp_router_query(net, m, g);
        wf_igmp_host_query(net, m->ifindex, g);
        return;
    case IGMP_REPORT1:
    case IGMP_REPORT2:
        wf_igmp_host_report(net, m->ifindex, g->group);
        break;
    case IGMP_LEAVE:
    case IGMP_REPORT3:
        break;
    }
    if (is_router)
        wf_igmp_router_report(net, m, g);
}

enum verdict wf_igmp_input(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    uint8_t copy[COPY_BYTES];
    const uint8_t *at = p->data;
    struct igmp_msg g;
    enum weft_drop why;
    bool is_alert = has_alert(p->data, m->ip_hdr_bytes);
    wf_count(net, WEFT_COUNT_IGMP_IN);
    if (m->ttl != 1)
        return wf_net_drop(net, p, WEFT_DROP_IGMP_BAD_TTL);
    if (p->len < p->total) {
        if (p->total > sizeof(copy))
            return wf_net_drop(net, p, WEFT_DROP_IGMP_BAD_LEN);
        wf_pkt_copy_out(&net->pool, p, 0, copy, p->total);
        at = copy;
    }
    enum wf_igmp_err err = wf_igmp_parse(&g, at, p->total);
    if (err != IGMP_OK)
        return wf_net_drop(net, p, parse_drop(err));
    if (g.type == IGMP_QUERY && !query_ok(m, &g, is_alert, &why))
        return wf_net_drop(net, p, why);
    dispatch(net, m, &g);
    return wf_net_done(net, p);
}
