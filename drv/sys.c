/* SPDX-License-Identifier: MIT */
/** DOC: The system's own calls, answering negated errno values. */
#include "weft/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(struct weft_iov) == sizeof(struct iovec) &&
                   offsetof(struct weft_iov, base) == offsetof(struct iovec, iov_base) &&
                   offsetof(struct weft_iov, len) == offsetof(struct iovec, iov_len),
               "a weft_iov can be given to the system as it is");

static int sys_open(const char *path, int flags)
{
    int r = open(path, flags | O_CLOEXEC);
    return r < 0 ? -errno : r;
}

static int sys_socket(int domain, int type, int protocol)
{
    int r = socket(domain, type | SOCK_CLOEXEC, protocol);
    return r < 0 ? -errno : r;
}

static int sys_close(int fd)
{
    return close(fd) < 0 ? -errno : 0;
}

static int sys_ioctl(int fd, unsigned long request, void *arg)
{
    int r = ioctl(fd, request, arg);
    return r < 0 ? -errno : r;
}

static int64_t sys_readv(int fd, const struct weft_iov *iov, int n)
{
    ssize_t r = readv(fd, (const struct iovec *)(const void *)iov, n);
    return r < 0 ? -errno : r;
}

static int64_t sys_writev(int fd, const struct weft_iov *iov, int n)
{
    ssize_t r = writev(fd, (const struct iovec *)(const void *)iov, n);
    return r < 0 ? -errno : r;
}

static int sys_recvmmsg(int fd, struct mmsghdr *msgs, unsigned n)
{
    int r = recvmmsg(fd, msgs, n, MSG_DONTWAIT | MSG_TRUNC, NULL);
    return r < 0 ? -errno : r;
}

static int sys_sendmmsg(int fd, struct mmsghdr *msgs, unsigned n)
{
    int r = sendmmsg(fd, msgs, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    return r < 0 ? -errno : r;
}

const struct weft_driver_sys weft_driver_sys_os = {
    .open = sys_open,
    .socket = sys_socket,
    .close = sys_close,
    .ioctl = sys_ioctl,
    .readv = sys_readv,
    .writev = sys_writev,
    .recvmmsg = sys_recvmmsg,
    .sendmmsg = sys_sendmmsg,
};
