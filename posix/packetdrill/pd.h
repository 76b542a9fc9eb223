/* SPDX-License-Identifier: MIT */
/**
 * DOC: pd - what the parts of the packetdrill adapter share
 *
 * One stack with one layer-3 interface, in virtual time. Two threads call: the main one, which
 * moves time, and one whose calls block. Every entry holds the lock; a blocked call sleeps on a
 * condition, for packetdrill looks whether that thread sleeps.
 */
#ifndef POSIX_PACKETDRILL_PD_H
#define POSIX_PACKETDRILL_PD_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "weft/sim.h"
#include "weft/stack.h"

#define PD_FD_FIRST   500 /* Descriptors from here on are ours, lower ones the kernel's. */
#define PD_FDS_MAX    64
#define PD_WATCH_MAX  16 /* Descriptors in an epoll set. */
#define PD_SET_MAX    32
#define PD_NS_PER_US  UINT64_C(1000)
#define PD_NS_PER_MS  UINT64_C(1000000)
#define PD_NO_TIMEOUT WEFT_NEVER

/** struct pd_packet - A packet on its way out, or lent to the stack */
struct pd_packet {
    struct pd_packet *next;
    uint64_t at_ns;
    size_t n;
    uint8_t bytes[];
};

/** struct pd_watch - What struct tcp_info has and the stack does not count: times, seen from
 * outside */
struct pd_watch {
    uint64_t seen_ns;
    uint64_t busy_ns, rwnd_ns; /* With bytes unacknowledged; held back by the peer's window. */
    uint64_t recv_ns;          /* When bytes came last. */
    uint64_t received, acked;
    bool is_busy, is_rwnd, is_open;
};

/** struct pd_epoll_watch - A descriptor in an epoll set */
struct pd_epoll_watch {
    int fd;
    struct epoll_event ev;
    uint32_t told;      /* Events of an edge-triggered watch that were told ... */
    uint64_t edge_told; /* ... and the edges of the descriptor by then. */
};

/** enum pd_kind - What a descriptor is */
enum pd_kind { PD_FREE, PD_SOCKET, PD_EPOLL };

/** struct pd_fd - A descriptor */
struct pd_fd {
    enum pd_kind kind;
    enum weft_sock_type type;
    uint64_t sock;
    bool is_nonblocking, is_connecting, is_corked, has_more, is_read_shut;
    int sndbuf, rcvbuf; /* As set, 0 = not. */
    uint64_t edges;     /* Counts arrivals and freed room, for edge-triggered watches. */
    struct pd_watch watch;
    struct pd_epoll_watch set[PD_WATCH_MAX];
};

/** enum pd_sleeper - The thread whose call blocks */
enum pd_sleeper {
    PD_AWAY,   /* Not in a call that has slept. */
    PD_ASLEEP, /* Sleeps. */
    PD_WOKEN,  /* Is told to try again; time stands still until it sleeps again or asks for it. */
};

/** struct pd - The adapter */
struct pd {
    pthread_mutex_t lock;
    pthread_cond_t wake, settled;
    pthread_t main;
    enum pd_sleeper sleeper;
    uint64_t sleeper_until_ns;

    struct weft_stack *st;
    void *mem, *area;
    uint16_t ifindex;
    uint64_t now_ns;
    struct pd_packet *out, **out_tail; /* Sent, not fetched yet. */
    struct pd_packet *lent;

    struct pd_fd fd[PD_FDS_MAX];

    /* From the flags */
    uint8_t local_ip[4];
    uint8_t prefix_len;
    uint32_t mtu;
    uint32_t run_segs; /* Segments in one packet to the device. */
    char settings_path[256];

    /* From settings of the kernel that the script made. */
    long settings_at; /* Read up to here. */
    struct {
        enum weft_sock_opt opt;
        int64_t value;
    } set[PD_SET_MAX];
    uint32_t set_n;
    char cc[24];
};

/* ---- stack.c ---- */

/** wf_pd_open() - Without a stack yet; NULL: no memory, or flags that cannot be read */
struct pd *wf_pd_open(const char *flags);

/** wf_pd_begin() - Build the stack, unless it is there: once the script's settings are known */
bool wf_pd_begin(struct pd *p);

/** wf_pd_free() - Take everything down */
void wf_pd_free(struct pd *p);

/** wf_pd_settle() - Something happened: fetch what the stack sends, have the blocked call try
 * again */
void wf_pd_settle(struct pd *p);

/** wf_pd_advance() - Move time, through everything that is due on the way */
void wf_pd_advance(struct pd *p, uint64_t to_ns);

/** wf_pd_next() - When something is due by itself; WEFT_NEVER: nothing will be */
uint64_t wf_pd_next(const struct pd *p);

/** wf_pd_wait() - Let time pass until something happened; false if @until_ns has come, or nothing
 * can happen any more */
bool wf_pd_wait(struct pd *p, uint64_t until_ns);

/** wf_pd_clock() - The time, which moves by this; ends what a woken thread keeps waiting */
uint64_t wf_pd_clock(struct pd *p);

/** wf_pd_push() - A packet to the stack; 0 or -1 */
int wf_pd_push(struct pd *p, const void *buf, size_t n);

/** wf_pd_pull() - The next packet the stack sends, letting time pass up to it; 0 = none will come
 */
size_t wf_pd_pull(struct pd *p, void *buf, size_t cap, uint64_t *at_ns);

/* ---- setting.c ---- */

/** wf_pd_flags() - Read the string of options; false, and a line on standard error, if one is
 * wrong */
bool wf_pd_flags(struct pd *p, const char *flags);

/** wf_pd_settings() - Read what the script's commands have asked for since the last time */
void wf_pd_settings(struct pd *p);

/** wf_pd_apply() - Give a new socket these settings */
void wf_pd_apply(struct pd *p, const struct pd_fd *f);

/* ---- fd.c ---- */

/** wf_pd_fd() - Descriptor by number; NULL with errno set if it is not one of ours */
struct pd_fd *wf_pd_fd(struct pd *p, int fd);

/** wf_pd_sock() - The same, and it is a socket */
struct pd_fd *wf_pd_sock(struct pd *p, int fd);

/** wf_pd_new() - A free descriptor; its number, -1 with errno set */
int wf_pd_new(struct pd *p, enum pd_kind kind);

/** wf_pd_result() - weft's answer as a system call gives it */
int64_t wf_pd_result(int64_t r);

/** wf_pd_endpoint() - An address in weft's form; false with errno set if it is of another family */
bool wf_pd_endpoint(const struct sockaddr *a, socklen_t n, struct weft_endpoint *out);

/** wf_pd_socket() - socket() */
int wf_pd_socket(struct pd *p, int domain, int type, int protocol);

/** wf_pd_accept() - accept() */
int wf_pd_accept(struct pd *p, int fd, struct sockaddr *a, socklen_t *n);

/** wf_pd_connect() - connect() */
int wf_pd_connect(struct pd *p, int fd, const struct sockaddr *a, socklen_t n);

/** wf_pd_connected() - Wait for the end of the handshake; 0, or -1 with errno set */
int wf_pd_connected(struct pd *p, struct pd_fd *f);

/** wf_pd_shutdown() - shutdown() */
int wf_pd_shutdown(struct pd *p, int fd, int how);

/** wf_pd_close() - close() */
int wf_pd_close(struct pd *p, int fd);

/* ---- io.c ---- */

/** struct pd_io - A read or write in all its forms */
struct pd_io {
    int fd;
    const struct iovec *iov;
    size_t iov_n;
    int flags;
    const struct sockaddr *to; /* Write: where to, or NULL. */
    socklen_t to_n;
};

/** wf_pd_recv() - Read; what read() answers */
int64_t wf_pd_recv(struct pd *p, const struct pd_io *io);

/** wf_pd_send() - Write; what write() answers */
int64_t wf_pd_send(struct pd *p, const struct pd_io *io);

/** wf_pd_ioctl() - ioctl() */
int wf_pd_ioctl(struct pd *p, int fd, unsigned long request, void *arg);

/** wf_pd_sendfile() - sendfile() to one of our sockets */
int64_t wf_pd_sendfile(struct pd *p, int fd, int file, off_t *at, size_t n);

/** wf_pd_splice() - splice() between one of our sockets and a pipe of the kernel */
int64_t wf_pd_splice(struct pd *p, int in, int out, size_t n);

/* ---- opt.c ---- */

/** wf_pd_getsockopt() - getsockopt() */
int wf_pd_getsockopt(struct pd *p, int fd, int level, int name, void *value, socklen_t *n);

/** wf_pd_setsockopt() - setsockopt() */
int wf_pd_setsockopt(struct pd *p, int fd, int level, int name, const void *value, socklen_t n);

/** wf_pd_watch() - Look at a connection: what it did since the last look, and what it does now */
void wf_pd_watch(struct pd *p, struct pd_fd *f);

/* ---- poll.c ---- */

/** wf_pd_poll() - poll() of our own descriptors */
int wf_pd_poll(struct pd *p, struct pollfd *fds, size_t n, int timeout_ms);

/** wf_pd_epoll_ctl() - epoll_ctl() */
int wf_pd_epoll_ctl(struct pd *p, int epfd, int op, int fd, const struct epoll_event *ev);

/** wf_pd_epoll_wait() - epoll_wait() */
int wf_pd_epoll_wait(struct pd *p, int epfd, struct epoll_event *ev, int max, int timeout_ms);

#endif /* POSIX_PACKETDRILL_PD_H */
