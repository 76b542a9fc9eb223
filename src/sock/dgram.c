/* SPDX-License-Identifier: MIT */
/** DOC: sock dgram - the calls of weft/udp.h */
#include "sock/sock.h"

int64_t weft_udp_send(struct weft_stack *st, uint64_t sock, const void *buf, size_t len,
                      const struct weft_udp_tx *tx)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->ep == NULL)
        return -WEFT_EOPNOTSUPP;
    if (tx == NULL || (buf == NULL && len > 0))
        return -WEFT_EINVAL;
    return wf_udp_send(wf_net_of(st), s->ep, buf, len, tx);
}

int64_t weft_udp_recv(struct weft_stack *st, uint64_t sock, void *buf, size_t cap,
                      struct weft_udp_rx *rx)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->ep == NULL)
        return -WEFT_EOPNOTSUPP;
    if (rx == NULL || (buf == NULL && cap > 0))
        return -WEFT_EINVAL;
    return wf_udp_recv(wf_net_of(st), s->ep, buf, cap, rx);
}
