/* SPDX-License-Identifier: MIT */
/** DOC: packetdrill poll - poll() and epoll over the readiness of sockets */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "pd.h"

/* Bits of poll(), which epoll has with the same values. */
static uint32_t events_of(struct pd *p, const struct pd_fd *f)
{
    if (f->kind != PD_SOCKET)
        return 0;
    uint32_t ready = weft_sock_ready(p->st, f->sock), ev = 0;
    struct weft_tcp_info t;
    bool is_tcp = f->type == WEFT_SOCK_TCP && weft_sock_tcp_info(p->st, f->sock, &t) == 0;
    bool is_closed = is_tcp && t.state == WEFT_TCP_CLOSED;
    ev |= (ready & (WEFT_READABLE | WEFT_PEER_SHUT)) != 0 ? POLLIN | POLLRDNORM : 0;
    ev |= (ready & WEFT_WRITABLE) != 0 ? POLLOUT | POLLWRNORM : 0;
    ev |= (ready & WEFT_PEER_SHUT) != 0 ? 0x2000u : 0; /* POLLRDHUP */
    ev |= (ready & WEFT_ERROR) != 0 ? POLLERR : 0;
    ev |= (ready & WEFT_HANGUP) != 0 || is_closed ? POLLHUP : 0;
    ev |= (ready & WEFT_URGENT) != 0 ? POLLPRI : 0;
    return ev;
}

static uint64_t until_of(const struct pd *p, int timeout_ms)
{
    return timeout_ms < 0 ? PD_NO_TIMEOUT : p->now_ns + (uint64_t)timeout_ms * PD_NS_PER_MS;
}

int wf_pd_poll(struct pd *p, struct pollfd *fds, size_t n, int timeout_ms)
{
    uint64_t until = until_of(p, timeout_ms);
    for (;;) {
        int found = 0;
        for (size_t i = 0; i < n; i++) {
            const struct pd_fd *f = fds[i].fd < 0 ? NULL : wf_pd_fd(p, fds[i].fd);
            uint32_t wanted = (uint16_t)fds[i].events | POLLERR | POLLHUP;
            uint32_t ev = f != NULL ? events_of(p, f) & wanted : fds[i].fd < 0 ? 0 : POLLNVAL;
            fds[i].revents = (short)ev;
            found += ev != 0;
        }
        if (found > 0 || !wf_pd_wait(p, until))
            return found;
    }
}

static struct pd_epoll_watch *find(struct pd_fd *set, int fd)
{
    for (int i = 0; i < PD_WATCH_MAX; i++)
        if (set->set[i].fd == fd)
            return &set->set[i];
    return NULL;
}

int wf_pd_epoll_ctl(struct pd *p, int epfd, int op, int fd, const struct epoll_event *ev)
{
    struct pd_fd *set = wf_pd_fd(p, epfd);
    const struct pd_fd *f = wf_pd_fd(p, fd);
    if (set == NULL || f == NULL)
        return -1;
    if (set->kind != PD_EPOLL || set == f) {
        errno = EINVAL;
        return -1;
    }
    struct pd_epoll_watch *w = find(set, fd);
    if ((op == EPOLL_CTL_ADD) == (w != NULL)) {
        errno = w != NULL ? EEXIST : ENOENT;
        return -1;
    }
    if (op == EPOLL_CTL_ADD)
        w = find(set, 0);
    if (w == NULL) {
        errno = ENOSPC;
        return -1;
    }
    memset(w, 0, sizeof(*w));
    if (op != EPOLL_CTL_DEL) {
        w->fd = fd;
        w->ev = *ev;
    }
    return 0;
}

/* What a watch tells now: edge-triggered ones only what is new, or again after an arrival. */
static uint32_t look(struct pd *p, struct pd_epoll_watch *w)
{
    const struct pd_fd *f = wf_pd_fd(p, w->fd);
    if (f == NULL || w->ev.events == 0)
        return 0;
    uint32_t ev = events_of(p, f) & (w->ev.events | EPOLLERR | EPOLLHUP);
    if ((w->ev.events & EPOLLET) != 0) {
        bool is_new = (ev & ~w->told) != 0 || f->edges != w->edge_told;
        w->told = ev;
        w->edge_told = f->edges;
        ev = is_new ? ev : 0;
    }
    if (ev != 0 && (w->ev.events & EPOLLONESHOT) != 0)
        w->ev.events = 0;
    return ev;
}

int wf_pd_epoll_wait(struct pd *p, int epfd, struct epoll_event *ev, int max, int timeout_ms)
{
    struct pd_fd *set = wf_pd_fd(p, epfd);
    uint64_t until = until_of(p, timeout_ms);
    if (set == NULL)
        return -1;
    if (set->kind != PD_EPOLL || max <= 0) {
        errno = EINVAL;
        return -1;
    }
    for (;;) {
        int found = 0;
        for (int i = 0; i < PD_WATCH_MAX && found < max; i++) {
            uint32_t bits = set->set[i].fd == 0 ? 0 : look(p, &set->set[i]);
            if (bits == 0)
                continue;
            ev[found].data = set->set[i].ev.data;
            ev[found++].events = bits;
        }
        if (found > 0 || !wf_pd_wait(p, until))
            return found;
    }
}
