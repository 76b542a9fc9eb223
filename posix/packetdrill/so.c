/* SPDX-License-Identifier: MIT */
/**
 * DOC: packetdrill so - weft as the stack that packetdrill loads: --so_filename=, --so_flags=
 *
 * Each entry takes the lock and goes to the part that does it; descriptors of the kernel pass
 * through. packetdrill ends by closing what is open with the C library's close(), and its
 * assertions call getsockopt(): so the same object is also preloaded, and exports these.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interface.h"
#include "pd.h"

#define EXPORT __attribute__((visibility("default")))

/* Of what is preloaded, which is called without it. NOLINTNEXTLINE: the program has one stack. */
static struct pd *current;

static bool is_ours(int fd)
{
    return current != NULL && fd >= PD_FD_FIRST && fd < PD_FD_FIRST + PD_FDS_MAX;
}

static struct pd *enter(void *user)
{
    struct pd *p = user;
    (void)pthread_mutex_lock(&p->lock);
    return p;
}

/* Keeps errno. */
static void leave(struct pd *p)
{
    int err = errno;
    (void)pthread_mutex_unlock(&p->lock);
    errno = err;
}

static void so_free(void *user)
{
    if (user == current)
        current = NULL;
    wf_pd_free(user);
}

/* ---- opening and closing ---- */

static int so_socket(void *user, int domain, int type, int protocol)
{
    struct pd *p = enter(user);
    int r = wf_pd_socket(p, domain, type, protocol);
    leave(p);
    return r;
}

static int so_bind(void *user, int fd, const struct sockaddr *a, socklen_t n)
{
    struct pd *p = enter(user);
    const struct pd_fd *f = wf_pd_sock(p, fd);
    struct weft_endpoint ep;
    int r = f != NULL && wf_pd_endpoint(a, n, &ep)
                ? (int)wf_pd_result(weft_sock_bind(p->st, f->sock, &ep))
                : -1;
    leave(p);
    return r;
}

static int so_listen(void *user, int fd, int backlog)
{
    struct pd *p = enter(user);
    const struct pd_fd *f = wf_pd_sock(p, fd);
    uint32_t n = backlog < 1 ? 1 : backlog > 4096 ? 4096 : (uint32_t)backlog;
    int r = f != NULL ? (int)wf_pd_result(weft_sock_listen(p->st, f->sock, n)) : -1;
    leave(p);
    return r;
}

static int so_accept(void *user, int fd, struct sockaddr *a, socklen_t *n)
{
    struct pd *p = enter(user);
    int r = wf_pd_accept(p, fd, a, n);
    leave(p);
    return r;
}

static int so_connect(void *user, int fd, const struct sockaddr *a, socklen_t n)
{
    struct pd *p = enter(user);
    int r = wf_pd_connect(p, fd, a, n);
    leave(p);
    return r;
}

static int so_close(void *user, int fd)
{
    if (fd < PD_FD_FIRST)
        return (int)syscall(SYS_close, fd);
    struct pd *p = enter(user);
    int r = wf_pd_close(p, fd);
    leave(p);
    return r;
}

static int so_shutdown(void *user, int fd, int how)
{
    struct pd *p = enter(user);
    int r = wf_pd_shutdown(p, fd, how);
    leave(p);
    return r;
}

/* ---- reading ---- */

static ssize_t read_all(void *user, const struct pd_io *io)
{
    if (io->fd < PD_FD_FIRST)
        return readv(io->fd, io->iov, (int)io->iov_n);
    struct pd *p = enter(user);
    ssize_t r = (ssize_t)wf_pd_recv(p, io);
    leave(p);
    return r;
}

static ssize_t so_recvfrom(void *user, int fd, void *buf, size_t n, int flags, struct sockaddr *a,
                           socklen_t *a_n)
{
    struct iovec iov = {buf, n};
    (void)a;
    if (a_n != NULL)
        *a_n = 0; /* As of a stream. */
    return read_all(user, &(struct pd_io){.fd = fd, .iov = &iov, .iov_n = 1, .flags = flags});
}

static ssize_t so_recv(void *user, int fd, void *buf, size_t n, int flags)
{
    return so_recvfrom(user, fd, buf, n, flags, NULL, NULL);
}

static ssize_t so_read(void *user, int fd, void *buf, size_t n)
{
    return so_recvfrom(user, fd, buf, n, 0, NULL, NULL);
}

static ssize_t so_readv(void *user, int fd, const struct iovec *iov, int n)
{
    return read_all(user, &(struct pd_io){.fd = fd, .iov = iov, .iov_n = n < 0 ? 0 : (size_t)n});
}

static ssize_t so_recvmsg(void *user, int fd, struct msghdr *m, int flags)
{
    if ((flags & MSG_ERRQUEUE) != 0) {
        errno = EAGAIN;
        return -1;
    }
    m->msg_flags = 0;
    m->msg_controllen = 0;
    return read_all(
        user, &(struct pd_io){
                  .fd = fd, .iov = m->msg_iov, .iov_n = (size_t)m->msg_iovlen, .flags = flags});
}

/* ---- writing ---- */

static ssize_t write_all(void *user, const struct pd_io *io)
{
    if (io->fd < PD_FD_FIRST)
        return writev(io->fd, io->iov, (int)io->iov_n);
    struct pd *p = enter(user);
    ssize_t r = (ssize_t)wf_pd_send(p, io);
    leave(p);
    return r;
}

static ssize_t so_sendto(void *user, int fd, const void *buf, size_t n, int flags,
                         const struct sockaddr *a, socklen_t a_n)
{
    struct iovec iov = {NULL, n};
    memcpy(&iov.iov_base, &buf, sizeof(buf)); /* It is only read. */
    return write_all(
        user,
        &(struct pd_io){.fd = fd, .iov = &iov, .iov_n = 1, .flags = flags, .to = a, .to_n = a_n});
}

static ssize_t so_send(void *user, int fd, const void *buf, size_t n, int flags)
{
    return so_sendto(user, fd, buf, n, flags, NULL, 0);
}

static ssize_t so_write(void *user, int fd, const void *buf, size_t n)
{
    return so_sendto(user, fd, buf, n, 0, NULL, 0);
}

static ssize_t so_writev(void *user, int fd, const struct iovec *iov, int n)
{
    return write_all(user, &(struct pd_io){.fd = fd, .iov = iov, .iov_n = n < 0 ? 0 : (size_t)n});
}

static ssize_t so_sendmsg(void *user, int fd, const struct msghdr *m, int flags)
{
    return write_all(user, &(struct pd_io){.fd = fd,
                                           .iov = m->msg_iov,
                                           .iov_n = (size_t)m->msg_iovlen,
                                           .flags = flags,
                                           .to = m->msg_name,
                                           .to_n = m->msg_namelen});
}

/* ---- control ---- */

static int so_fcntl(void *user, int fd, int cmd, ...)
{
    va_list ap;
    va_start(ap, cmd);
    int arg = cmd == F_SETFL ? va_arg(ap, int) : 0;
    va_end(ap);
    if (fd < PD_FD_FIRST)
        return fcntl(fd, cmd, arg);
    struct pd *p = enter(user);
    struct pd_fd *f = wf_pd_fd(p, fd);
    int r = f == NULL ? -1 : 0;
    if (f != NULL && cmd == F_GETFL)
        r = f->is_nonblocking ? O_RDWR | O_NONBLOCK : O_RDWR;
    else if (f != NULL && cmd == F_SETFL)
        f->is_nonblocking = (arg & O_NONBLOCK) != 0;
    leave(p);
    return r;
}

static int so_ioctl(void *user, int fd, unsigned long request, ...)
{
    va_list ap;
    va_start(ap, request);
    void *arg = va_arg(ap, void *);
    va_end(ap);
    if (fd < PD_FD_FIRST)
        return ioctl(fd, request, arg);
    struct pd *p = enter(user);
    int r = wf_pd_ioctl(p, fd, request, arg);
    leave(p);
    return r;
}

static int so_getsockopt(void *user, int fd, int level, int name, void *value, socklen_t *n)
{
    struct pd *p = enter(user);
    int r = wf_pd_getsockopt(p, fd, level, name, value, n);
    leave(p);
    return r;
}

static int so_setsockopt(void *user, int fd, int level, int name, const void *value, socklen_t n)
{
    struct pd *p = enter(user);
    int r = wf_pd_setsockopt(p, fd, level, name, value, n);
    leave(p);
    return r;
}

static int so_poll(void *user, struct pollfd *fds, nfds_t n, int timeout_ms)
{
    struct pd *p = enter(user);
    int r = wf_pd_poll(p, fds, n, timeout_ms);
    leave(p);
    return r;
}

static int so_epoll_create(void *user, int size)
{
    struct pd *p = enter(user);
    int r = -1;
    if (size > 0)
        r = wf_pd_new(p, PD_EPOLL);
    else
        errno = EINVAL;
    leave(p);
    return r;
}

static int so_epoll_ctl(void *user, int epfd, int op, int fd, struct epoll_event *ev)
{
    struct pd *p = enter(user);
    int r = wf_pd_epoll_ctl(p, epfd, op, fd, ev);
    leave(p);
    return r;
}

static int so_epoll_wait(void *user, int epfd, struct epoll_event *ev, int max, int timeout_ms)
{
    struct pd *p = enter(user);
    int r = wf_pd_epoll_wait(p, epfd, ev, max, timeout_ms);
    leave(p);
    return r;
}

static int so_pipe(void *user, int fd[2])
{
    (void)user;
    return pipe(fd);
}

static int so_splice(void *user, int in, loff_t *in_off, int out, loff_t *out_off, size_t n,
                     unsigned flags)
{
    if (in < PD_FD_FIRST && out < PD_FD_FIRST)
        return (int)splice(in, in_off, out, out_off, n, flags);
    struct pd *p = enter(user);
    int r = (int)wf_pd_splice(p, in, out, n);
    leave(p);
    return r;
}

/* ---- packets and time ---- */

static int so_netdev_send(void *user, const void *buf, size_t n)
{
    struct pd *p = enter(user);
    int r = wf_pd_push(p, buf, n);
    leave(p);
    return r;
}

/* Without a packet and without a timer that could send one: no bytes. The script fails then; after
 * an error it would ask again for ever. */
static int so_netdev_receive(void *user, void *buf, size_t *n, long long *time_us)
{
    struct pd *p = enter(user);
    uint64_t at_ns = p->now_ns;
    *n = wf_pd_pull(p, buf, *n, &at_ns);
    *time_us = (long long)(at_ns / PD_NS_PER_US);
    leave(p);
    return 0;
}

static int so_usleep(void *user, useconds_t us)
{
    struct pd *p = enter(user);
    wf_pd_advance(p, p->now_ns + us * PD_NS_PER_US);
    leave(p);
    return 0;
}

static int so_gettimeofday(void *user, struct timeval *tv, struct timezone *tz)
{
    struct pd *p = enter(user);
    uint64_t us = wf_pd_clock(p) / PD_NS_PER_US;
    (void)tz;
    tv->tv_sec = (time_t)(us / 1000000);
    tv->tv_usec = (suseconds_t)(us % 1000000);
    leave(p);
    return 0;
}

EXPORT void packetdrill_interface_init(const char *flags, struct packetdrill_interface *out)
{
    struct pd *p = wf_pd_open(flags);
    if (p == NULL)
        exit(EXIT_FAILURE); /* NOLINT(concurrency-mt-unsafe): no thread is there yet. It has been
                               said why, and there is no other answer. */
    current = p;
    *out = (struct packetdrill_interface){
        .user = p,
        .free = so_free,
        .socket = so_socket,
        .bind = so_bind,
        .listen = so_listen,
        .accept = so_accept,
        .connect = so_connect,
        .read = so_read,
        .readv = so_readv,
        .recv = so_recv,
        .recvfrom = so_recvfrom,
        .recvmsg = so_recvmsg,
        .write = so_write,
        .writev = so_writev,
        .send = so_send,
        .sendto = so_sendto,
        .sendmsg = so_sendmsg,
        .fcntl = so_fcntl,
        .ioctl = so_ioctl,
        .close = so_close,
        .shutdown = so_shutdown,
        .getsockopt = so_getsockopt,
        .setsockopt = so_setsockopt,
        .poll = so_poll,
        .netdev_send = so_netdev_send,
        .netdev_receive = so_netdev_receive,
        .usleep = so_usleep,
        .gettimeofday = so_gettimeofday,
        .epoll_create = so_epoll_create,
        .epoll_ctl = so_epoll_ctl,
        .epoll_wait = so_epoll_wait,
        .pipe = so_pipe,
        .splice = so_splice,
    };
}

/* ---- preloaded ---- */

EXPORT int close(int fd)
{
    return is_ours(fd) ? so_close(current, fd) : (int)syscall(SYS_close, fd);
}

/* NOLINTNEXTLINE: the library's names of parameters are reserved ones. */
EXPORT int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict n)
{
    return is_ours(fd) ? so_getsockopt(current, fd, level, name, value, n)
                       : (int)syscall(SYS_getsockopt, fd, level, name, value, n);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): likewise. */
EXPORT ssize_t sendfile(int out, int in, off_t *at, size_t n)
{
    if (!is_ours(out))
        return syscall(SYS_sendfile, out, in, at, n);
    struct pd *p = enter(current);
    ssize_t r = (ssize_t)wf_pd_sendfile(p, out, in, at, n);
    leave(p);
    return r;
}
