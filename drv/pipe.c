/* SPDX-License-Identifier: MIT */
/**
 * DOC: pipe - frames over unix sockets, as QEMU sends them
 *
 * -netdev stream: a 32-bit big-endian length in front of each frame, as client (unix:PATH) or as
 * server of one peer at a time (unix-listen:PATH). -netdev dgram: a frame a datagram, between two
 * paths (dgram:LOCAL,REMOTE). fd:N takes an open socket of either kind.
 *
 * A peer that goes away is a cable that is out: what is sent is discarded, and service() connects
 * again every 200 ms (a server accepts again). A length that cannot be a frame's ends the
 * connection, for nothing behind it can be trusted.
 *
 * No part of a frame is ever lost inside the stream: what the socket did not take of one is kept
 * and goes first.
 */
#include "drv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RETRY_NS     (200 * WF_MSEC)
#define LENGTH_BYTES 4U
#define FRAME_MAX    65536U
#define IN_BYTES     (256U << 10)
#define BURST        32
#define EINTR_MAX    16

enum pipe_kind { PIPE_CONNECT, PIPE_LISTEN, PIPE_DGRAM, PIPE_FD_STREAM, PIPE_FD_DGRAM };

struct pipe {
    struct weft_driver d;
    struct weft_driver_config cfg;
    struct wf_slots slots;
    enum pipe_kind kind;
    struct sockaddr_un local, remote;
    int fd;       /* The connection or datagram socket, -1 = none. */
    int listener; /* PIPE_LISTEN */
    bool has_bound;
    uint64_t now_ns, retry_ns;
    uint32_t changes;
    uint8_t *in; /* Stream: bytes read and not yet made into frames. */
    uint32_t in_at, in_n;
    uint8_t *rest; /* Stream: what the socket did not take of a frame. */
    uint32_t rest_at, rest_n;
};

static struct pipe *pipe_of(struct weft_driver *d)
{
    return (struct pipe *)(void *)d;
}

static bool is_stream(const struct pipe *p)
{
    return p->kind == PIPE_CONNECT || p->kind == PIPE_LISTEN || p->kind == PIPE_FD_STREAM;
}

static void set_up(struct pipe *p, bool is_up)
{
    if (p->d.info.is_up == is_up)
        return;
    p->d.info.is_up = is_up;
    p->changes = is_up ? WEFT_DRIVER_UP : WEFT_DRIVER_DOWN;
}

static void set_lost(struct pipe *p)
{
    if (p->fd >= 0)
        (void)p->cfg.sys->close(p->fd);
    p->fd = -1;
    p->in_at = p->in_n = p->rest_at = p->rest_n = 0;
    p->d.stats.lost++;
    p->retry_ns = p->now_ns + RETRY_NS;
    set_up(p, false);
}

static void set_connected(struct pipe *p, int fd)
{
    int bytes = 1 << 20;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    p->fd = fd;
    p->d.stats.reopened += p->d.stats.lost > 0;
    set_up(p, true);
}

static int try_connect(struct pipe *p)
{
    int fd = p->cfg.sys->socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fd;
    if (connect(fd, (struct sockaddr *)(void *)&p->remote, sizeof(p->remote)) != 0) {
        int r = -errno;
        (void)p->cfg.sys->close(fd);
        return r;
    }
    set_connected(p, fd);
    return 0;
}

static int try_accept(struct pipe *p)
{
    int fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return -errno;
    set_connected(p, fd);
    return 0;
}

static int set_path(struct sockaddr_un *a, const char *path, size_t n)
{
    memset(a, 0, sizeof(*a));
    a->sun_family = AF_UNIX;
    if (n == 0 || n >= sizeof(a->sun_path))
        return n == 0 ? -EINVAL : -ENAMETOOLONG;
    memcpy(a->sun_path, path, n);
    return 0;
}

/* Binds a path; a socket that nobody serves any more (of a killed process) is cleared first. */
static int bind_path(struct pipe *p, int fd, int type)
{
    struct sockaddr *at = (struct sockaddr *)(void *)&p->local;
    int r = bind(fd, at, sizeof(p->local)) != 0 ? -errno : 0;
    if (r == -EADDRINUSE) {
        struct stat st;
        int probe = p->cfg.sys->socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
        bool is_dead = probe >= 0 && connect(probe, at, sizeof(p->local)) != 0 &&
                       errno == ECONNREFUSED && lstat(p->local.sun_path, &st) == 0 &&
                       S_ISSOCK(st.st_mode);
        if (probe >= 0)
            (void)p->cfg.sys->close(probe);
        if (is_dead && unlink(p->local.sun_path) == 0)
            r = bind(fd, at, sizeof(p->local)) != 0 ? -errno : 0;
    }
    p->has_bound = r == 0;
    return r;
}

static int open_listener(struct pipe *p, const char *path)
{
    int r = set_path(&p->local, path, strlen(path));
    if (r < 0)
        return r;
    p->listener = p->cfg.sys->socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (p->listener < 0)
        return p->listener;
    r = bind_path(p, p->listener, SOCK_STREAM);
    return r == 0 && listen(p->listener, 4) != 0 ? -errno : r;
}

static int open_connect(struct pipe *p, const char *path)
{
    int r = set_path(&p->remote, path, strlen(path));
    if (r < 0)
        return r;
    r = try_connect(p);
    /* The server may come later. */
    return r == -ENOENT || r == -ECONNREFUSED || r == -EAGAIN ? 0 : r;
}

static int open_dgram(struct pipe *p, const char *paths)
{
    const char *comma = strchr(paths, ',');
    if (comma == NULL)
        return -EINVAL;
    int r = set_path(&p->local, paths, (size_t)(comma - paths));
    if (r == 0)
        r = set_path(&p->remote, comma + 1, strlen(comma + 1));
    if (r < 0)
        return r;
    int fd = p->cfg.sys->socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fd;
    r = bind_path(p, fd, SOCK_DGRAM);
    if (r < 0) {
        (void)p->cfg.sys->close(fd);
        return r;
    }
    set_connected(p, fd);
    return 0;
}

static int open_fd(struct pipe *p, const char *text)
{
    char *end;
    errno = 0;
    long fd = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || fd < 0 || fd > 1 << 20)
        return -EINVAL;
    int type;
    socklen_t n = sizeof(type);
    if (getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &n) != 0)
        return -errno;
    if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
        return -EPROTOTYPE;
    p->kind = type == SOCK_STREAM ? PIPE_FD_STREAM : PIPE_FD_DGRAM;
    set_connected(p, (int)fd);
    return 0;
}

static void pipe_close(struct weft_driver *d)
{
    struct pipe *p = pipe_of(d);
    if (p->fd >= 0)
        (void)p->cfg.sys->close(p->fd);
    if (p->listener >= 0)
        (void)p->cfg.sys->close(p->listener);
    if (p->has_bound)
        (void)unlink(p->local.sun_path);
    wf_slots_free(&p->slots);
    free(p->in);
    free(p->rest);
    free(p);
}

static int pipe_open(struct weft_driver **out, const struct weft_driver_ops *ops,
                     int (*begin)(struct pipe *p, const char *rest), enum pipe_kind kind,
                     const char *rest, const struct weft_driver_config *cfg, char *err, size_t cap)
{
    struct pipe *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return wf_fail(err, cap, "%s:%s: out of memory", ops->scheme, rest);
    p->d.ops = ops;
    p->cfg = *cfg;
    p->kind = kind;
    p->fd = p->listener = -1;
    p->in = malloc(IN_BYTES);
    p->rest = malloc(LENGTH_BYTES + FRAME_MAX);
    int r = p->in != NULL && p->rest != NULL ? wf_slots_init(&p->slots, cfg) : -ENOMEM;
    if (r == 0)
        r = begin(p, rest);
    if (r < 0) {
        pipe_close(&p->d);
        if (r == -EADDRINUSE)
            return wf_fail(err, cap, "%s:%s: another program serves this socket; try another path",
                           ops->scheme, rest);
        const char *form = kind == PIPE_DGRAM       ? "LOCAL,REMOTE"
                           : kind == PIPE_FD_STREAM ? "N"
                                                    : "PATH";
        if (r == -EINVAL)
            return wf_fail(err, cap, "%s:%s: not of the form %s:%s", ops->scheme, rest, ops->scheme,
                           form);
        return wf_fail(err, cap, "%s:%s: %s", ops->scheme, rest, wf_errno_text(-r));
    }
    struct weft_driver_info *info = &p->d.info;
    memcpy(info->name, rest, strnlen(rest, sizeof(info->name) - 1));
    info->kind = WEFT_IF_ETHER;
    info->mtu = cfg->mtu != 0 ? cfg->mtu : 1500;
    wf_driver_mac(info->mac, cfg, NULL);
    p->changes = 0;
    *out = &p->d;
    return 0;
}

static int connect_open(struct weft_driver **out, const char *rest,
                        const struct weft_driver_config *cfg, char *err, size_t cap)
{
    return pipe_open(out, &weft_driver_unix, open_connect, PIPE_CONNECT, rest, cfg, err, cap);
}

static int listen_open(struct weft_driver **out, const char *rest,
                       const struct weft_driver_config *cfg, char *err, size_t cap)
{
    return pipe_open(out, &weft_driver_unix_listen, open_listener, PIPE_LISTEN, rest, cfg, err,
                     cap);
}

static int dgram_open(struct weft_driver **out, const char *rest,
                      const struct weft_driver_config *cfg, char *err, size_t cap)
{
    return pipe_open(out, &weft_driver_dgram, open_dgram, PIPE_DGRAM, rest, cfg, err, cap);
}

static int fd_open(struct weft_driver **out, const char *rest, const struct weft_driver_config *cfg,
                   char *err, size_t cap)
{
    return pipe_open(out, &weft_driver_fd, open_fd, PIPE_FD_STREAM, rest, cfg, err, cap);
}

/* Reads what fits behind the bytes that wait; false if nothing came. */
static bool fill(struct pipe *p)
{
    memmove(p->in, p->in + p->in_at, p->in_n);
    p->in_at = 0;
    struct weft_iov iov = {p->in + p->in_n, IN_BYTES - p->in_n};
    int64_t r = -EINTR;
    for (int i = 0; i < EINTR_MAX && r == -EINTR; i++) {
        r = p->cfg.sys->readv(p->fd, &iov, 1);
        p->d.stats.interrupted += r == -EINTR;
    }
    if (r > 0) {
        p->in_n += (uint32_t)r;
        return true;
    }
    if (r != -EAGAIN && r != -EINTR) {
        p->d.stats.rx_errors += r < 0; /* 0: the peer closed in good order. */
        set_lost(p);
    }
    return false;
}

static uint32_t length_at(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Whether a whole frame waits, or a length that ends the connection. */
static bool has_frame(const struct pipe *p)
{
    if (p->in_n < LENGTH_BYTES)
        return false;
    uint32_t len = length_at(p->in + p->in_at);
    return len == 0 || len > FRAME_MAX || p->in_n - LENGTH_BYTES >= len;
}

static void copy_in(const struct wf_slot *slot, const uint8_t *bytes, uint32_t len)
{
    uint32_t first = len < WF_SMALL_BYTES ? len : WF_SMALL_BYTES;
    memcpy(slot->iov[0].base, bytes, first);
    if (len > first)
        memcpy(slot->iov[1].base, bytes + first, len - first);
}

/* Makes the next frame of the buffered bytes; false if there is none, or no slot for it. */
static bool next_frame(struct pipe *p, struct weft_frame *f)
{
    struct wf_slot slot;
    while (has_frame(p)) {
        const uint8_t *at = p->in + p->in_at;
        uint32_t len = length_at(at);
        if (len == 0 || len > FRAME_MAX) {
            p->d.stats.rx_malformed++;
            set_lost(p);
            return false;
        }
        if (!wf_slots_take(&p->slots, &slot))
            return false;
        copy_in(&slot, at + LENGTH_BYTES, len);
        p->in_at += LENGTH_BYTES + len;
        p->in_n -= LENGTH_BYTES + len;
        if (wf_slots_lend(&p->slots, &slot, len, f))
            return true;
        p->d.stats.rx_no_slot++;
    }
    return false;
}

static uint32_t rx_stream(struct pipe *p, struct weft_frame *frames, uint32_t n)
{
    uint32_t got = 0;
    while (got < n && p->fd >= 0) {
        if (next_frame(p, &frames[got]))
            got++;
        else if (p->fd < 0 || has_frame(p) || !fill(p))
            break;
    }
    return got;
}

static uint32_t rx_dgram(struct pipe *p, struct weft_frame *frames, uint32_t n)
{
    uint32_t got = 0;
    struct wf_slot slot;
    for (uint32_t i = 0; i < n && wf_slots_take(&p->slots, &slot); i++) {
        int64_t r = p->cfg.sys->readv(p->fd, slot.iov, 2);
        if (r <= 0) {
            wf_slots_drop(&p->slots, &slot);
            p->d.stats.interrupted += r == -EINTR;
            if (r == 0 && p->kind == PIPE_FD_DGRAM)
                set_lost(p);
            else if (r < 0 && r != -EAGAIN && r != -EINTR)
                p->d.stats.rx_errors++;
            break;
        }
        if (wf_slots_lend(&p->slots, &slot, (uint32_t)r, &frames[got]))
            got++;
        else
            p->d.stats.rx_no_slot++;
    }
    return got;
}

static uint32_t pipe_rx(struct weft_driver *d, struct weft_frame *frames, uint32_t n,
                        uint64_t now_ns)
{
    struct pipe *p = pipe_of(d);
    p->now_ns = now_ns;
    if (p->fd < 0 && p->listener >= 0)
        (void)try_accept(p);
    if (p->fd < 0)
        return 0;
    uint32_t got = is_stream(p) ? rx_stream(p, frames, n) : rx_dgram(p, frames, n);
    for (uint32_t i = 0; i < got; i++)
        d->stats.rx_bytes += frames[i].len;
    d->stats.rx_frames += got;
    return got;
}

static void pipe_rx_release(struct weft_driver *d, const uint64_t *cookies, uint32_t n)
{
    wf_slots_release(&pipe_of(d)->slots, cookies, n);
}

static int64_t write_all(struct pipe *p, const struct weft_iov *iov, int n)
{
    int64_t r = -EINTR;
    for (int i = 0; i < EINTR_MAX && r == -EINTR; i++) {
        r = p->cfg.sys->writev(p->fd, iov, n);
        p->d.stats.interrupted += r == -EINTR;
    }
    return r;
}

/* Sends what is left of a frame; true if nothing is left. */
static bool flush_rest(struct pipe *p)
{
    while (p->rest_n > 0) {
        struct weft_iov iov = {p->rest + p->rest_at, p->rest_n};
        int64_t r = write_all(p, &iov, 1);
        if (r == -EAGAIN || r == -EINTR)
            return false;
        if (r < 0) {
            set_lost(p);
            return true;
        }
        p->rest_at += (uint32_t)r;
        p->rest_n -= (uint32_t)r;
    }
    return true;
}

/* Keeps the bytes of a frame, length in front, from @sent on. */
static void keep_rest(struct pipe *p, const struct weft_iov *iov, int n, uint32_t sent)
{
    uint32_t at = 0;
    for (int i = 0; i < n; i++) {
        memcpy(p->rest + at, iov[i].base, iov[i].len);
        at += (uint32_t)iov[i].len;
    }
    p->rest_at = sent;
    p->rest_n = at - sent;
}

/* Sends one frame; false = offer it again. */
static bool send_stream(struct pipe *p, const struct weft_frame *f)
{
    struct weft_iov iov[WEFT_FRAME_IOV_MAX + 1];
    uint8_t length[LENGTH_BYTES] = {(uint8_t)(f->len >> 24), (uint8_t)(f->len >> 16),
                                    (uint8_t)(f->len >> 8), (uint8_t)f->len};
    int n = 0;
    if (!flush_rest(p))
        return false;
    if (p->fd < 0 || f->len > FRAME_MAX) {
        *(p->fd < 0 ? &p->d.stats.tx_dropped : &p->d.stats.tx_errors) += 1;
        return true;
    }
    iov[n++] = (struct weft_iov){length, LENGTH_BYTES};
    for (uint16_t i = 0; i < f->iov_n; i++)
        iov[n++] = f->iov[i];
    int64_t r = write_all(p, iov, n);
    if (r == -EAGAIN || r == -EINTR)
        return false;
    if (r < 0) {
        p->d.stats.tx_dropped++;
        set_lost(p);
        return true;
    }
    if (r < (int64_t)f->len + LENGTH_BYTES)
        keep_rest(p, iov, n, (uint32_t)r);
    p->d.stats.tx_frames++;
    p->d.stats.tx_bytes += f->len;
    return true;
}

static bool send_dgram(struct pipe *p, const struct weft_frame *f)
{
    struct iovec iov[WEFT_FRAME_IOV_MAX];
    struct mmsghdr m = {.msg_hdr = {.msg_iov = iov, .msg_iovlen = f->iov_n}};
    for (uint16_t i = 0; i < f->iov_n; i++)
        iov[i] = (struct iovec){f->iov[i].base, f->iov[i].len};
    if (p->kind == PIPE_DGRAM) {
        m.msg_hdr.msg_name = &p->remote;
        m.msg_hdr.msg_namelen = sizeof(p->remote);
    }
    int r = p->cfg.sys->sendmmsg(p->fd, &m, 1);
    if (r == 1) {
        p->d.stats.tx_frames++;
        p->d.stats.tx_bytes += f->len;
    } else if (r == -EAGAIN || r == -EINTR) {
        /* Only a connected socket can be waited for until its peer has room. */
        if (r == -EAGAIN && p->kind == PIPE_DGRAM)
            (void)connect(p->fd, (struct sockaddr *)(void *)&p->remote, sizeof(p->remote));
        p->d.stats.interrupted += r == -EINTR;
        return false;
    } else if (r == -ENOENT || r == -ECONNREFUSED || r == -ENOTCONN || r == -ENOBUFS) {
        p->d.stats.tx_dropped++; /* The other side is not there (yet). */
    } else {
        p->d.stats.tx_errors++;
    }
    return true;
}

static uint32_t pipe_tx(struct weft_driver *d, const struct weft_frame *frames, uint32_t n,
                        uint64_t now_ns)
{
    struct pipe *p = pipe_of(d);
    p->now_ns = now_ns;
    for (uint32_t i = 0; i < n; i++) {
        bool is_taken = true;
        if (p->fd < 0)
            d->stats.tx_dropped++;
        else
            is_taken = is_stream(p) ? send_stream(p, &frames[i]) : send_dgram(p, &frames[i]);
        if (!is_taken) {
            d->stats.tx_full++;
            return i;
        }
    }
    return n;
}

static int pipe_poll(struct weft_driver *d, uint32_t *want)
{
    struct pipe *p = pipe_of(d);
    *want = wf_slots_has(&p->slots) ? WEFT_DRIVER_POLL_IN : 0;
    if (p->fd < 0)
        return p->listener;
    if (p->rest_n > 0)
        *want |= WEFT_DRIVER_POLL_OUT;
    return p->fd;
}

static uint64_t pipe_service(struct weft_driver *d, uint64_t now_ns, uint32_t *changes)
{
    struct pipe *p = pipe_of(d);
    p->now_ns = now_ns;
    bool may_connect = p->kind == PIPE_CONNECT;
    if (p->fd < 0 && may_connect && now_ns >= p->retry_ns) {
        (void)try_connect(p);
        p->retry_ns = now_ns + RETRY_NS;
    }
    if (p->fd >= 0 && p->rest_n > 0)
        (void)flush_rest(p);
    *changes = p->changes;
    p->changes = 0;
    if (p->fd >= 0 && has_frame(p) && wf_slots_has(&p->slots))
        return now_ns; /* Read already, not handed over: the socket says nothing about these. */
    return p->fd < 0 && may_connect ? p->retry_ns : WEFT_NEVER;
}

const struct weft_driver_ops weft_driver_unix = {
    "unix", connect_open, pipe_close, pipe_rx, pipe_rx_release, pipe_tx, pipe_poll, pipe_service};
const struct weft_driver_ops weft_driver_unix_listen = {"unix-listen", listen_open,     pipe_close,
                                                        pipe_rx,       pipe_rx_release, pipe_tx,
                                                        pipe_poll,     pipe_service};
const struct weft_driver_ops weft_driver_dgram = {
    "dgram", dgram_open, pipe_close, pipe_rx, pipe_rx_release, pipe_tx, pipe_poll, pipe_service};
const struct weft_driver_ops weft_driver_fd = {
    "fd", fd_open, pipe_close, pipe_rx, pipe_rx_release, pipe_tx, pipe_poll, pipe_service};
