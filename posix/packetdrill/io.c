/* SPDX-License-Identifier: MIT */
/** DOC: packetdrill io - reading and writing in all forms, and how much there is to read */
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pd.h"

#define COPY_BYTES 65536U

static bool may_block(const struct pd_fd *f, int flags)
{
    return !f->is_nonblocking && (flags & MSG_DONTWAIT) == 0;
}

/* A pointer that is no memory is found as the kernel finds it: asked, not touched. */
static bool is_memory(const void *p, size_t n)
{
    struct iovec here = {NULL, 0}, there = {NULL, n};
    memcpy(&there.iov_base, &p, sizeof(p));
    char octet;
    here = (struct iovec){&octet, 1};
    there.iov_len = n > 0 ? 1 : 0;
    return n == 0 || process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1;
}

static bool are_there(const struct pd_io *io)
{
    for (size_t i = 0; i < io->iov_n; i++)
        if (!is_memory(io->iov[i].iov_base, io->iov[i].iov_len))
            return false;
    return true;
}

/* ---- reading ---- */

static int64_t peek(struct pd *p, const struct pd_fd *f, void *buf, size_t n)
{
    struct weft_iov iov[64];
    size_t got = 0;
    int k = weft_sock_recv_lend(p->st, f->sock, iov, 64);
    for (int i = 0; i < k && got < n; i++) {
        size_t part = iov[i].len < n - got ? iov[i].len : n - got;
        memcpy((uint8_t *)buf + got, iov[i].base, part);
        got += part;
    }
    if (k < 0)
        return k;
    int r = weft_sock_recv_return(p->st, f->sock, 0);
    return r < 0 ? r : (int64_t)got;
}

static int64_t recv_once(struct pd *p, const struct pd_fd *f, const struct pd_io *io, size_t i)
{
    void *buf = io->iov[i].iov_base;
    uint8_t octet = 0;
    if ((io->flags & MSG_OOB) != 0) {
        int r = weft_sock_recv_urgent(p->st, f->sock, &octet);
        if (r == 1)
            memcpy(buf, &octet, 1);
        return r;
    }
    if ((io->flags & MSG_PEEK) != 0)
        return peek(p, f, buf, io->iov[i].iov_len);
    return weft_sock_recv(p->st, f->sock, buf, io->iov[i].iov_len);
}

int64_t wf_pd_recv(struct pd *p, const struct pd_io *io)
{
    struct pd_fd *f = wf_pd_sock(p, io->fd);
    int64_t sum = 0, r = 0;
    if (f == NULL)
        return -1;
    if (!are_there(io)) {
        errno = EFAULT;
        return -1;
    }
    for (size_t i = 0; i < io->iov_n; i++) {
        if (io->iov[i].iov_len == 0)
            continue;
        do {
            r = recv_once(p, f, io, i);
        } while (r == -WEFT_EAGAIN && sum == 0 && !f->is_read_shut && may_block(f, io->flags) &&
                 wf_pd_wait(p, PD_NO_TIMEOUT));
        if (r == -WEFT_EAGAIN && f->is_read_shut)
            r = 0;
        sum += r > 0 ? r : 0;
        if (r < (int64_t)io->iov[i].iov_len)
            break;
    }
    wf_pd_settle(p);
    return sum > 0 ? sum : wf_pd_result(r);
}

/* ---- writing ---- */

/* With MSG_MORE a part of a segment waits for what comes. */
static void cork(struct pd *p, struct pd_fd *f, bool is_on)
{
    if (f->is_corked || f->has_more == is_on)
        return;
    int r = weft_sock_set(p->st, f->sock, WEFT_TCP_CORK, is_on);
    (void)r;
    f->has_more = is_on;
}

static int64_t send_some(struct pd *p, struct pd_fd *f, const struct pd_io *io, const uint8_t *buf,
                         size_t n)
{
    if (f->type != WEFT_SOCK_TCP) {
        struct weft_endpoint ep;
        bool has_to = io->to != NULL && wf_pd_endpoint(io->to, io->to_n, &ep);
        return weft_sock_sendto(p->st, f->sock, buf, n, has_to ? &ep : NULL);
    }
    if ((io->flags & MSG_OOB) != 0)
        return weft_sock_send_urgent(p->st, f->sock, buf, n);
    return weft_sock_send(p->st, f->sock, buf, n);
}

static int64_t send_all(struct pd *p, struct pd_fd *f, const struct pd_io *io)
{
    int64_t sum = 0, r = 0;
    for (size_t i = 0; i < io->iov_n; i++) {
        const uint8_t *buf = io->iov[i].iov_base;
        size_t at = 0, n = io->iov[i].iov_len;
        while (at < n || (n == 0 && i == 0 && io->iov_n == 1)) {
            r = send_some(p, f, io, buf + at, n - at);
            at += r > 0 ? (size_t)r : 0;
            sum += r > 0 ? r : 0;
            if (n == 0 || (r < 0 && r != -WEFT_EAGAIN))
                return sum > 0 ? sum : r;
            if (at == n)
                break;
            wf_pd_settle(p);
            if (!may_block(f, io->flags) || !wf_pd_wait(p, PD_NO_TIMEOUT))
                return sum > 0 ? sum : -WEFT_EAGAIN;
        }
    }
    return sum;
}

static int64_t connect_send(struct pd *p, struct pd_fd *f, const struct pd_io *io)
{
    struct weft_endpoint ep;
    if (!wf_pd_endpoint(io->to, io->to_n, &ep))
        return -1;
    const struct iovec *v = &io->iov[0];
    int64_t r = io->iov_n == 0
                    ? -WEFT_EINVAL
                    : weft_sock_connect_send(p->st, f->sock, &ep, v->iov_base, v->iov_len);
    wf_pd_settle(p);
    if (r < 0)
        return wf_pd_result(r);
    f->is_connecting = true;
    if (may_block(f, io->flags) && wf_pd_connected(p, f) != 0)
        return -1;
    if (r == 0 && v->iov_len > 0) {
        errno = EINPROGRESS;
        return -1;
    }
    return r;
}

int64_t wf_pd_send(struct pd *p, const struct pd_io *io)
{
    struct pd_fd *f = wf_pd_sock(p, io->fd);
    if (f == NULL)
        return -1;
    if (!are_there(io)) {
        errno = EFAULT;
        return -1;
    }
    if ((io->flags & MSG_FASTOPEN) != 0)
        return connect_send(p, f, io);
    bool has_more = (io->flags & MSG_MORE) != 0;
    if (has_more)
        cork(p, f, true);
    int64_t r = send_all(p, f, io);
    if (!has_more)
        cork(p, f, false);
    wf_pd_settle(p);
    return wf_pd_result(r);
}

int64_t wf_pd_sendfile(struct pd *p, int fd, int file, off_t *at, size_t n)
{
    uint8_t *buf = malloc(COPY_BYTES);
    int64_t sum = 0;
    while (buf != NULL && (size_t)sum < n) {
        size_t part = n - (size_t)sum < COPY_BYTES ? n - (size_t)sum : COPY_BYTES;
        ssize_t got = at != NULL ? pread(file, buf, part, *at) : read(file, buf, part);
        if (got <= 0)
            break;
        struct iovec iov = {buf, (size_t)got};
        int64_t r = wf_pd_send(p, &(struct pd_io){.fd = fd, .iov = &iov, .iov_n = 1});
        if (r < 0 && sum == 0)
            sum = -1;
        if (r <= 0)
            break;
        sum += r;
        if (at != NULL)
            *at += r;
    }
    free(buf);
    return sum;
}

int64_t wf_pd_splice(struct pd *p, int in, int out, size_t n)
{
    if (wf_pd_fd(p, out) != NULL)
        return wf_pd_sendfile(p, out, in, NULL, n);
    uint8_t *buf = malloc(COPY_BYTES);
    struct iovec iov = {buf, n < COPY_BYTES ? n : COPY_BYTES};
    int64_t r =
        buf == NULL ? -1 : wf_pd_recv(p, &(struct pd_io){.fd = in, .iov = &iov, .iov_n = 1});
    if (r > 0)
        r = write(out, buf, (size_t)r);
    free(buf);
    return r;
}

/* ---- what is queued ---- */

int wf_pd_ioctl(struct pd *p, int fd, unsigned long request, void *arg)
{
    struct pd_fd *f = wf_pd_sock(p, fd);
    struct weft_tcp_info t;
    if (f == NULL)
        return -1;
    int v = 0;
    if (request == FIONBIO) {
        memcpy(&v, arg, sizeof(v));
        f->is_nonblocking = v != 0;
        return 0;
    }
    int r = weft_sock_tcp_info(p->st, f->sock, &t);
    if (r != 0)
        return (int)wf_pd_result(r);
    if (request == SIOCINQ)
        v = (int)t.recvq;
    else if (request == SIOCOUTQ)
        v = (int)t.sendq;
    else if (request == SIOCOUTQNSD)
        v = (int)t.unsent;
    else if (request == SIOCATMARK)
        v = weft_sock_at_mark(p->st, f->sock) == 1;
    else {
        errno = EINVAL;
        return -1;
    }
    memcpy(arg, &v, sizeof(v));
    return 0;
}
