/* SPDX-License-Identifier: MIT */
/** DOC: sock group - memberships of sockets: the calls of weft/igmp.h that name a socket */
#include "sock/sock.h"

#include "ip/ip.h"

/* The endpoint of a datagram socket, and the number of a group that may be joined; 0 or what is
 * wrong. */
static int look_up(const struct weft_stack *st, uint64_t sock, const struct weft_addr *group,
                   struct udp_ep **ep, uint32_t *out)
{
    const struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    *ep = s->ep;
    if (s->ep == NULL)
        return -WEFT_EOPNOTSUPP;
    if (group == NULL || !wf_addr_is4(group) || !wf_ip4_is_multicast(wf_addr_to4(group)))
        return -WEFT_EINVAL;
    *out = wf_addr_to4(group);
    /* RFC 4607 4.3. */
    return *out != wf_net_of_const(st)->ip->igmp.ssm_net ? 0 : -WEFT_EINVAL;
}

/* An interface that was left open is the one that packets to the group leave by. */
static int settle_if(const struct net *net, const struct udp_ep *ep, uint32_t group,
                     uint16_t *ifindex)
{
    uint32_t src4;
    if (*ifindex == 0 && !wf_udp_way(net, ep, group, &src4, ifindex))
        return -WEFT_ENOENT;
    return wf_netif_get(net, *ifindex) != NULL ? 0 : -WEFT_ENOENT;
}

int weft_mc_join(struct weft_stack *st, uint64_t sock, const struct weft_addr *group,
                 uint16_t ifindex)
{
    struct net *net = wf_net_of(st);
    struct udp_ep *ep = NULL;
    struct mc_filter f = {.is_exclude = true};
    int err = look_up(st, sock, group, &ep, &f.group);
    if (err == 0)
        err = settle_if(net, ep, f.group, &ifindex);
    if (err != 0)
        return err;
    if (wf_igmp_is_ssm(net, f.group)) /* RFC 4604 2.1: there a source is needed. */
        return -WEFT_EINVAL;
    if (wf_igmp_member(ep->members, ifindex, f.group) != NULL)
        return -WEFT_EADDRINUSE;
    f.ifindex = ifindex;
    return wf_igmp_set(net, &ep->members, &f);
}

int weft_mc_leave(struct weft_stack *st, uint64_t sock, const struct weft_addr *group,
                  uint16_t ifindex)
{
    struct net *net = wf_net_of(st);
    struct udp_ep *ep = NULL;
    struct mc_filter f = {0};
    int err = look_up(st, sock, group, &ep, &f.group);
    if (err != 0)
        return err;
    const struct mc_member *m = wf_igmp_member(ep->members, ifindex, f.group);
    if (m == NULL)
        return -WEFT_EADDRNOTAVAIL;
    f.ifindex = m->group->ifindex;
    return wf_igmp_set(net, &ep->members, &f);
}

/* Put a source into a filter, or take it out. */
static int change_list(struct mc_filter *f, uint32_t src4, bool is_in)
{
    uint32_t at = 0;
    while (at < f->n && f->sources[at] != src4)
        at++;
    if ((at < f->n) == is_in)
        return -WEFT_EADDRNOTAVAIL;
    if (!is_in)
        f->sources[at] = f->sources[--f->n];
    else if (f->n == MC_SOURCES_MAX)
        return -WEFT_ENOMEM;
    else
        f->sources[f->n++] = src4;
    return 0;
}

int weft_mc_source(struct weft_stack *st, uint64_t sock, enum weft_mc_change change,
                   const struct weft_addr *group, const struct weft_addr *source, uint16_t ifindex)
{
    struct net *net = wf_net_of(st);
    struct udp_ep *ep = NULL;
    struct mc_filter f = {0};
    int err = look_up(st, sock, group, &ep, &f.group);
    if (err == 0 &&
        (source == NULL || !wf_addr_is4(source) || !wf_ip4_can_be_host(wf_addr_to4(source)) ||
         (unsigned)change > WEFT_MC_UNBLOCK))
        err = -WEFT_EINVAL;
    if (err == 0)
        err = settle_if(net, ep, f.group, &ifindex);
    if (err != 0)
        return err;
    f.ifindex = ifindex;
    const struct mc_member *m = wf_igmp_member(ep->members, ifindex, f.group);
    bool is_block = change == WEFT_MC_BLOCK || change == WEFT_MC_UNBLOCK;
    if (m != NULL)
        wf_igmp_filter(m, &f);
    if (f.is_exclude != is_block)
        return m == NULL && change == WEFT_MC_LEAVE_SOURCE ? -WEFT_EADDRNOTAVAIL : -WEFT_EINVAL;
    err = change_list(&f, wf_addr_to4(source),
                      change == WEFT_MC_JOIN_SOURCE || change == WEFT_MC_BLOCK);
    return err != 0 ? err : wf_igmp_set(net, &ep->members, &f);
}

int weft_mc_set_filter(struct weft_stack *st, uint64_t sock, const struct weft_mc_filter *filter)
{
    struct net *net = wf_net_of(st);
    struct udp_ep *ep = NULL;
    struct mc_filter f = {0};
    int err = look_up(st, sock, filter != NULL ? &filter->group : NULL, &ep, &f.group);
    if (err != 0)
        return err;
    if (filter->sources_n > MC_SOURCES_MAX)
        return -WEFT_ENOMEM;
    if (filter->is_exclude && wf_igmp_is_ssm(net, f.group))
        return -WEFT_EINVAL;
    for (uint32_t i = 0; i < filter->sources_n; i++) {
        const struct weft_addr *a = &filter->sources[i];
        if (!wf_addr_is4(a) || !wf_ip4_can_be_host(wf_addr_to4(a)))
            return -WEFT_EINVAL;
        f.sources[f.n++] = wf_addr_to4(a);
    }
    f.is_exclude = filter->is_exclude;
    f.ifindex = filter->ifindex;
    err = settle_if(net, ep, f.group, &f.ifindex);
    return err != 0 ? err : wf_igmp_set(net, &ep->members, &f);
}

int weft_mc_get_filter(const struct weft_stack *st, uint64_t sock, struct weft_mc_filter *out)
{
    struct udp_ep *ep = NULL;
    uint32_t group = 0;
    int err = look_up(st, sock, &out->group, &ep, &group);
    if (err != 0)
        return err;
    const struct mc_member *m = wf_igmp_member(ep->members, out->ifindex, group);
    if (m == NULL)
        return -WEFT_EADDRNOTAVAIL;
    struct mc_filter f;
    wf_igmp_filter(m, &f);
    out->ifindex = f.ifindex;
    out->is_exclude = f.is_exclude;
    out->sources_n = f.n;
    for (uint32_t i = 0; i < f.n; i++)
        out->sources[i] = wf_addr_from4(f.sources[i]);
    return 0;
}
