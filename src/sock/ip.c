/* SPDX-License-Identifier: MIT */
/** DOC: sock ip - IP options of a socket (weft/ip.h) */
#include <string.h>

#include "sock/sock.h"
#include "weft/ip.h"

int weft_ip_set_options(struct weft_stack *st, uint64_t sock, const void *options, size_t bytes)
{
    const struct sock *s = wf_sock_get(st, sock);
    uint8_t settled[WEFT_IP_OPTIONS_MAX];
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->ep == NULL)
        return -WEFT_EOPNOTSUPP;
    if (options == NULL && bytes > 0)
        return -WEFT_EINVAL;
    int n = wf_ip4_opts_settle(options, bytes, settled);
    if (n < 0)
        return n;
    memcpy(s->ep->opts, settled, sizeof(settled));
    s->ep->opts_bytes = (uint8_t)n;
    return 0;
}
