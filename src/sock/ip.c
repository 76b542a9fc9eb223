/* SPDX-License-Identifier: MIT */
/** DOC: sock ip - IP options of a socket, and datagrams with a header of their own (weft/ip.h) */
#include <string.h>

#include "sock/sock.h"
#include "weft/ip.h"

/* The datagram endpoint of a handle, or why there is none. */
static int endpoint(const struct weft_stack *st, uint64_t sock, struct udp_ep **ep)
{
    const struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    *ep = s->ep;
    return s->ep != NULL ? 0 : -WEFT_EOPNOTSUPP;
}

int weft_ip_set_options(struct weft_stack *st, uint64_t sock, const void *options, size_t bytes)
{
    struct udp_ep *ep = NULL;
    uint8_t settled[WEFT_IP_OPTIONS_MAX];
    int r = endpoint(st, sock, &ep);
    if (r == 0 && options == NULL && bytes > 0)
        r = -WEFT_EINVAL;
    if (r == 0)
        r = wf_ip4_opts_settle(options, bytes, settled);
    if (r < 0)
        return r;
    memcpy(ep->opts, settled, sizeof(settled));
    ep->opts_bytes = (uint8_t)r;
    return 0;
}

int weft_ip_options(const struct weft_stack *st, uint64_t sock, void *buf, size_t cap)
{
    struct udp_ep *ep = NULL;
    int r = endpoint(st, sock, &ep);
    if (r != 0)
        return r;
    if (ep->in_bytes > cap || (buf == NULL && ep->in_bytes > 0))
        return -WEFT_EMSGSIZE;
    if (ep->in_bytes > 0)
        memcpy(buf, ep->in_opts, ep->in_bytes);
    return ep->in_bytes;
}

int64_t weft_ip_sendto(struct weft_stack *st, uint64_t sock, const void *buf, size_t len,
                       const struct weft_endpoint *to, const struct weft_ip_control *c)
{
    struct udp_ep *ep = NULL;
    int r = endpoint(st, sock, &ep);
    if (r != 0)
        return r;
    if ((buf == NULL && len > 0) || (c != NULL && c->options == NULL && c->options_bytes > 0))
        return -WEFT_EINVAL;
    if (len > UINT32_MAX)
        return -WEFT_EMSGSIZE;
    struct weft_iov data = {.base = (void *)(uintptr_t)buf, .len = (uint32_t)len};
    return wf_udp_sendto(wf_net_of(st), ep, &data, to, c);
}
