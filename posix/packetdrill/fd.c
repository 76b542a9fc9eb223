/* SPDX-License-Identifier: MIT */
/** DOC: packetdrill fd - descriptors and the calls that open and close */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>

#include "pd.h"
#include "weft/kernel.h"

struct pd_fd *wf_pd_fd(struct pd *p, int fd)
{
    int i = fd - PD_FD_FIRST;
    if (i >= 0 && i < PD_FDS_MAX && p->fd[i].kind != PD_FREE)
        return &p->fd[i];
    errno = EBADF;
    return NULL;
}

struct pd_fd *wf_pd_sock(struct pd *p, int fd)
{
    struct pd_fd *f = wf_pd_fd(p, fd);
    if (f == NULL || f->kind == PD_SOCKET)
        return f;
    errno = ENOTSOCK;
    return NULL;
}

int wf_pd_new(struct pd *p, enum pd_kind kind)
{
    for (int i = 0; i < PD_FDS_MAX; i++) {
        if (p->fd[i].kind != PD_FREE)
            continue;
        memset(&p->fd[i], 0, sizeof(p->fd[i]));
        p->fd[i].kind = kind;
        return PD_FD_FIRST + i;
    }
    errno = EMFILE;
    return -1;
}

int64_t wf_pd_result(int64_t r)
{
    if (r >= 0)
        return r;
    errno = weft_kernel_errno((int)-r);
    return -1;
}

bool wf_pd_endpoint(const struct sockaddr *a, socklen_t n, struct weft_endpoint *out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memset(out, 0, sizeof(*out));
    if (a != NULL && n >= sizeof(v4) && a->sa_family == AF_INET) {
        memcpy(&v4, a, sizeof(v4));
        const uint8_t *b = (const uint8_t *)&v4.sin_addr;
        out->port = ntohs(v4.sin_port);
        if (v4.sin_addr.s_addr != 0)
            out->addr = weft_ip4(b[0], b[1], b[2], b[3]);
        return true;
    }
    if (a != NULL && n >= sizeof(v6) && a->sa_family == AF_INET6) {
        memcpy(&v6, a, sizeof(v6));
        out->port = ntohs(v6.sin6_port);
        memcpy(out->addr.b, &v6.sin6_addr, 16);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr))
            return true;
    }
    errno = a == NULL ? EFAULT : EAFNOSUPPORT;
    return false;
}

static void put_address(const struct weft_endpoint *ep, struct sockaddr *a, socklen_t *n)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(ep->port)};
    if (a == NULL || n == NULL)
        return;
    memcpy(&v4.sin_addr, ep->addr.b + 12, 4);
    memcpy(a, &v4, *n < sizeof(v4) ? *n : sizeof(v4));
    *n = sizeof(v4);
}

int wf_pd_socket(struct pd *p, int domain, int type, int protocol)
{
    enum weft_sock_type kind = WEFT_SOCK_TCP;
    int base = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (domain != AF_INET && domain != AF_INET6) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    if (base == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP)) {
        kind = WEFT_SOCK_UDP;
    } else if (base != SOCK_STREAM || (protocol != 0 && protocol != IPPROTO_TCP)) {
        errno = EPROTONOSUPPORT;
        return -1;
    }
    wf_pd_settings(p);
    if (!wf_pd_begin(p)) {
        errno = ENOMEM;
        return -1;
    }
    int fd = wf_pd_new(p, PD_SOCKET);
    if (fd < 0)
        return -1;
    struct pd_fd *f = wf_pd_fd(p, fd);
    f->type = kind;
    f->is_nonblocking = (type & SOCK_NONBLOCK) != 0;
    int r = weft_sock_open(p->st, kind, &f->sock);
    if (r != 0) {
        f->kind = PD_FREE;
        return (int)wf_pd_result(r);
    }
    wf_pd_apply(p, f);
    return fd;
}

int wf_pd_accept(struct pd *p, int fd, struct sockaddr *a, socklen_t *n)
{
    struct pd_fd *f = wf_pd_sock(p, fd);
    if (f == NULL)
        return -1;
    int new_fd = wf_pd_new(p, PD_SOCKET);
    if (new_fd < 0)
        return -1;
    struct pd_fd *c = wf_pd_fd(p, new_fd);
    struct weft_endpoint peer;
    int r;
    c->type = WEFT_SOCK_TCP;
    c->kind = PD_EPOLL; /* Not looked at while it has no handle. */
    do {
        r = weft_sock_accept(p->st, f->sock, &c->sock, &peer);
    } while (r == -WEFT_EAGAIN && !f->is_nonblocking && wf_pd_wait(p, PD_NO_TIMEOUT));
    if (r != 0) {
        c->kind = PD_FREE;
        return (int)wf_pd_result(r);
    }
    c->kind = PD_SOCKET;
    put_address(&peer, a, n);
    return new_fd;
}

static int connect_error(struct pd *p, const struct pd_fd *f)
{
    int64_t err = 0;
    int r = weft_sock_get(p->st, f->sock, WEFT_SO_ERROR, &err);
    return r != 0 ? r : err != 0 ? -(int)err : -WEFT_ECONNABORTED;
}

int wf_pd_connected(struct pd *p, struct pd_fd *f)
{
    for (;;) {
        uint32_t ready = weft_sock_ready(p->st, f->sock);
        if ((ready & WEFT_ERROR) != 0) {
            f->is_connecting = false;
            return (int)wf_pd_result(connect_error(p, f));
        }
        if ((ready & WEFT_CONNECTED) != 0) {
            f->is_connecting = false;
            return 0;
        }
        if (f->is_nonblocking || !wf_pd_wait(p, PD_NO_TIMEOUT)) {
            errno = EINPROGRESS;
            return -1;
        }
    }
}

int wf_pd_connect(struct pd *p, int fd, const struct sockaddr *a, socklen_t n)
{
    struct pd_fd *f = wf_pd_sock(p, fd);
    struct weft_endpoint ep;
    if (f == NULL || !wf_pd_endpoint(a, n, &ep))
        return -1;
    if (f->is_connecting) {
        int r = wf_pd_connected(p, f);
        if (r != 0 && errno == EINPROGRESS)
            errno = EALREADY;
        return r;
    }
    int r = weft_sock_connect(p->st, f->sock, &ep);
    wf_pd_settle(p);
    if (r != 0 || f->type != WEFT_SOCK_TCP)
        return (int)wf_pd_result(r);
    f->is_connecting = true;
    return wf_pd_connected(p, f);
}

/* The kernel goes on to acknowledge and to queue what comes after SHUT_RD; a reader that finds
 * nothing does not wait. weft would throw it away. */
int wf_pd_shutdown(struct pd *p, int fd, int how)
{
    struct pd_fd *f = wf_pd_sock(p, fd);
    struct weft_tcp_info t;
    if (f == NULL)
        return -1;
    if (how < SHUT_RD || how > SHUT_RDWR) {
        errno = EINVAL;
        return -1;
    }
    int r = weft_sock_tcp_info(p->st, f->sock, &t);
    if (r == 0 && how == SHUT_RD && t.state < WEFT_TCP_ESTABLISHED)
        r = -WEFT_ENOTCONN;
    if (r == 0 && how != SHUT_RD)
        r = weft_sock_shutdown(p->st, f->sock, false, true);
    if (r == 0 && how != SHUT_WR)
        f->is_read_shut = true;
    wf_pd_settle(p);
    return (int)wf_pd_result(r);
}

int wf_pd_close(struct pd *p, int fd)
{
    struct pd_fd *f = wf_pd_fd(p, fd);
    int r = 0;
    if (f == NULL)
        return -1;
    if (f->kind == PD_SOCKET)
        r = weft_sock_close(p->st, f->sock);
    f->kind = PD_FREE;
    for (int i = 0; i < PD_FDS_MAX; i++)
        for (int k = 0; k < PD_WATCH_MAX; k++)
            if (p->fd[i].kind == PD_EPOLL && p->fd[i].set[k].fd == fd)
                p->fd[i].set[k].fd = 0;
    wf_pd_settle(p);
    return (int)wf_pd_result(r);
}
