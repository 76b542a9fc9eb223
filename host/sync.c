/* SPDX-License-Identifier: MIT */
/** DOC: Blocking calls: try, poll the host once, try again. */
#include "host.h"

static uint64_t end_of(uint64_t timeout_ns)
{
    uint64_t now_ns = weft_host_now();
    return timeout_ns > WEFT_NEVER - now_ns ? WEFT_NEVER : now_ns + timeout_ns;
}

/* One round of waiting; 0, or why waiting is over. */
static int wait_round(struct weft_host *h, uint64_t end_ns)
{
    if (weft_host_now() >= end_ns)
        return -WEFT_ETIMEDOUT;
    return weft_host_poll(h, end_ns) < 0 ? -WEFT_ECONNABORTED : 0;
}

int weft_host_listen(struct weft_host *h, const struct weft_endpoint *local, uint32_t backlog,
                     uint64_t *out)
{
    uint64_t sock;
    int r = weft_sock_open(h->st, WEFT_SOCK_TCP, &sock);
    if (r < 0)
        return r;
    r = weft_sock_bind(h->st, sock, local);
    if (r == 0)
        r = weft_sock_listen(h->st, sock, backlog);
    if (r == 0)
        *out = sock;
    else
        (void)weft_sock_close(h->st, sock);
    return r;
}

int weft_host_accept(struct weft_host *h, uint64_t sock, uint64_t *out, struct weft_endpoint *peer,
                     uint64_t timeout_ns)
{
    uint64_t end_ns = end_of(timeout_ns);
    for (;;) {
        int r = weft_sock_accept(h->st, sock, out, peer);
        if (r == -WEFT_EAGAIN)
            r = wait_round(h, end_ns);
        else
            return r;
        if (r < 0)
            return r;
    }
}

static int wait_connected(struct weft_host *h, uint64_t sock, uint64_t timeout_ns)
{
    uint64_t end_ns = end_of(timeout_ns);
    for (;;) {
        uint32_t bits = weft_sock_ready(h->st, sock);
        if ((bits & (WEFT_ERROR | WEFT_HANGUP)) != 0) {
            int64_t err = 0;
            int r = weft_sock_get(h->st, sock, WEFT_SO_ERROR, &err);
            return r < 0 ? r : err != 0 ? -(int)err : -WEFT_ECONNRESET;
        }
        if ((bits & WEFT_CONNECTED) != 0)
            return 0;
        int r = wait_round(h, end_ns);
        if (r < 0)
            return r;
    }
}

int weft_host_connect(struct weft_host *h, const struct weft_endpoint *remote, uint64_t *out,
                      uint64_t timeout_ns)
{
    uint64_t sock;
    int r = weft_sock_open(h->st, WEFT_SOCK_TCP, &sock);
    if (r < 0)
        return r;
    r = weft_sock_connect(h->st, sock, remote);
    if (r == 0)
        r = wait_connected(h, sock, timeout_ns);
    if (r == 0)
        *out = sock;
    else
        (void)weft_sock_abort(h->st, sock);
    return r;
}

int64_t weft_host_send(struct weft_host *h, uint64_t sock, const void *buf, size_t len,
                       uint64_t timeout_ns)
{
    uint64_t end_ns = end_of(timeout_ns);
    const uint8_t *at = buf;
    size_t left = len;
    while (left > 0) {
        int64_t r = weft_sock_send(h->st, sock, at, left);
        if (r == -WEFT_EAGAIN)
            r = wait_round(h, end_ns);
        if (r < 0)
            return r;
        at += r;
        left -= (size_t)r;
    }
    return (int64_t)len;
}

int64_t weft_host_recv(struct weft_host *h, uint64_t sock, void *buf, size_t cap,
                       uint64_t timeout_ns)
{
    uint64_t end_ns = end_of(timeout_ns);
    for (;;) {
        int64_t r = weft_sock_recv(h->st, sock, buf, cap);
        if (r != -WEFT_EAGAIN)
            return r;
        r = wait_round(h, end_ns);
        if (r < 0)
            return r;
    }
}
