/* SPDX-License-Identifier: MIT */
/**
 * DOC: packetdrill interface - the table of functions that packetdrill asks a stack for
 *
 * The program loads a shared object and calls its packetdrill_interface_init(). The members' order
 * and types are what counts; each takes @user first and answers like the system call.
 */
#ifndef POSIX_PACKETDRILL_INTERFACE_H
#define POSIX_PACKETDRILL_INTERFACE_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

/** struct packetdrill_interface - A stack, as packetdrill calls it */
struct packetdrill_interface {
    void *user;
    void (*free)(void *user);
    int (*socket)(void *user, int domain, int type, int protocol);
    int (*bind)(void *user, int fd, const struct sockaddr *a, socklen_t n);
    int (*listen)(void *user, int fd, int backlog);
    int (*accept)(void *user, int fd, struct sockaddr *a, socklen_t *n);
    int (*connect)(void *user, int fd, const struct sockaddr *a, socklen_t n);
    ssize_t (*read)(void *user, int fd, void *buf, size_t n);
    ssize_t (*readv)(void *user, int fd, const struct iovec *iov, int iov_n);
    ssize_t (*recv)(void *user, int fd, void *buf, size_t n, int flags);
    ssize_t (*recvfrom)(void *user, int fd, void *buf, size_t n, int flags, struct sockaddr *a,
                        socklen_t *a_n);
    ssize_t (*recvmsg)(void *user, int fd, struct msghdr *m, int flags);
    ssize_t (*write)(void *user, int fd, const void *buf, size_t n);
    ssize_t (*writev)(void *user, int fd, const struct iovec *iov, int iov_n);
    ssize_t (*send)(void *user, int fd, const void *buf, size_t n, int flags);
    ssize_t (*sendto)(void *user, int fd, const void *buf, size_t n, int flags,
                      const struct sockaddr *a, socklen_t a_n);
    ssize_t (*sendmsg)(void *user, int fd, const struct msghdr *m, int flags);
    int (*fcntl)(void *user, int fd, int cmd, ...);
    int (*ioctl)(void *user, int fd, unsigned long request, ...);
    int (*close)(void *user, int fd);
    int (*shutdown)(void *user, int fd, int how);
    int (*getsockopt)(void *user, int fd, int level, int name, void *value, socklen_t *n);
    int (*setsockopt)(void *user, int fd, int level, int name, const void *value, socklen_t n);
    int (*poll)(void *user, struct pollfd *fds, nfds_t n, int timeout_ms);
    int (*netdev_send)(void *user, const void *buf, size_t n);
    int (*netdev_receive)(void *user, void *buf, size_t *n, long long *time_us);
    int (*usleep)(void *user, useconds_t us);
    int (*gettimeofday)(void *user, struct timeval *tv, struct timezone *tz);
    int (*epoll_create)(void *user, int size);
    int (*epoll_ctl)(void *user, int epfd, int op, int fd, struct epoll_event *ev);
    int (*epoll_wait)(void *user, int epfd, struct epoll_event *ev, int max, int timeout_ms);
    int (*pipe)(void *user, int fd[2]);
    int (*splice)(void *user, int in, loff_t *in_off, int out, loff_t *out_off, size_t n,
                  unsigned flags);
};

/** packetdrill_interface_init() - Build a stack and fill the table; the one symbol that is asked
 * for */
void packetdrill_interface_init(const char *flags, struct packetdrill_interface *out);

#endif /* POSIX_PACKETDRILL_INTERFACE_H */
