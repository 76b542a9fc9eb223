/* SPDX-License-Identifier: MIT */
/**
 * DOC: The loop. One round: wait, look after the drivers, receive a burst from each link, move time
 * forward, call handlers, send what there is.
 *
 * Every part of a round has an end (bursts of 64 frames, at most TX_BURSTS a link), so no link and
 * no handler starves another. Between rounds the loop waits in ppoll() for descriptors, at most
 * until the earliest deadline of the stack, the dispatcher and the drivers. A driver that is full
 * keeps the frames it did not take; its interface is blocked in the stack and its descriptor is
 * waited for. While a descriptor is wanted for nothing it is not given to ppoll(), which would
 * report errors of it for ever.
 */
#include "host.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TX_BURSTS 8

/* Cookies say which link a received frame came by. */
#define LINK_SHIFT  WEFT_DRIVER_COOKIE_BITS
#define COOKIE_MASK ((1ULL << LINK_SHIFT) - 1)

static void show(struct weft_host *h, unsigned link, enum weft_dir dir,
                 const struct weft_frame *frames, uint32_t n)
{
    if (h->captures_n == 0)
        return;
    uint64_t epoch_ns = wf_host_epoch();
    for (uint32_t i = 0; i < n; i++)
        for (unsigned k = 0; k < WEFT_HOST_CAPTURES_MAX; k++)
            if (h->captures[k].fn != NULL)
                h->captures[k].fn(h->captures[k].arg, link, dir, epoch_ns, &frames[i]);
}

static void release(struct weft_host *h)
{
    uint64_t cookies[WF_BURST];
    uint32_t n;
    do {
        n = weft_rx_done(h->st, cookies, WF_BURST);
        for (uint32_t i = 0; i < n; i++) {
            struct wf_link *l = h->links[cookies[i] >> LINK_SHIFT];
            uint64_t own = cookies[i] & COOKIE_MASK;
            l->drv->ops->rx_release(l->drv, &own, 1);
        }
    } while (n == WF_BURST);
}

static void receive(struct weft_host *h, unsigned number, uint64_t now_ns)
{
    struct wf_link *l = h->links[number];
    struct weft_frame frames[WF_BURST];
    uint32_t n = l->drv->ops->rx(l->drv, frames, WF_BURST, now_ns);
    if (n == 0)
        return;
    show(h, number, WEFT_DIR_IN, frames, n);
    for (uint32_t i = 0; i < n; i++)
        frames[i].cookie |= (uint64_t)number << LINK_SHIFT;
    uint32_t taken = weft_rx(h->st, l->ifindex, frames, n, now_ns);
    /* As a full ring of a network card does: what has no room is lost, and counted. */
    for (uint32_t i = taken; i < n; i++) {
        uint64_t own = frames[i].cookie & COOKIE_MASK;
        l->drv->ops->rx_release(l->drv, &own, 1);
        l->rx_refused++;
    }
    release(h);
}

/* Gives the driver what is pending; true if it took everything. */
static bool flush(struct weft_host *h, unsigned number, uint64_t now_ns)
{
    struct wf_link *l = h->links[number];
    uint32_t n = l->pending_n - l->pending_at;
    if (n == 0)
        return true;
    struct weft_frame *frames = l->pending + l->pending_at;
    uint32_t taken = l->drv->ops->tx(l->drv, frames, n, now_ns);
    uint64_t cookies[WF_BURST];
    for (uint32_t i = 0; i < taken; i++)
        cookies[i] = frames[i].cookie;
    show(h, number, WEFT_DIR_OUT, frames, taken);
    weft_tx_done(h->st, cookies, taken);
    l->pending_at += taken;
    if (l->is_full != (taken < n)) {
        l->is_full = taken < n;
        weft_tx_block(h->st, l->ifindex, l->is_full);
    }
    return taken == n;
}

static void transmit(struct weft_host *h, unsigned number, uint64_t now_ns)
{
    struct wf_link *l = h->links[number];
    for (int i = 0; i < TX_BURSTS && flush(h, number, now_ns); i++) {
        l->pending_at = 0;
        l->pending_n = weft_tx(h->st, l->ifindex, l->pending, WF_BURST, now_ns);
        if (l->pending_n == 0)
            break;
    }
    (void)flush(h, number, now_ns);
}

void wf_host_transmit(struct weft_host *h, uint64_t now_ns)
{
    for (unsigned i = 0; i < h->links_n; i++)
        transmit(h, i, now_ns);
}

static void service(struct weft_host *h, struct wf_link *l, uint64_t now_ns)
{
    uint32_t changes = 0;
    l->service_ns = l->drv->ops->service(l->drv, now_ns, &changes);
    /* These cannot fail: the index is ours, the value was checked by the driver. */
    if ((changes & WEFT_DRIVER_MTU) != 0 &&
        weft_if_set_mtu(h->st, l->ifindex, l->drv->info.mtu) < 0)
        l->drv->stats.rx_errors++;
    if ((changes & (WEFT_DRIVER_UP | WEFT_DRIVER_DOWN)) != 0 &&
        weft_if_set_up(h->st, l->ifindex, l->drv->info.is_up) < 0)
        l->drv->stats.rx_errors++;
}

static uint64_t deadline(const struct weft_host *h, uint64_t until_ns)
{
    uint64_t at = weft_deadline(h->st), d = weft_dispatch_deadline(h->d);
    at = d < at ? d : at;
    at = until_ns < at ? until_ns : at;
    for (unsigned i = 0; i < h->links_n; i++)
        at = h->links[i]->service_ns < at ? h->links[i]->service_ns : at;
    return at;
}

static short poll_events(uint32_t want)
{
    return (short)(((want & WEFT_DRIVER_POLL_IN) != 0 ? POLLIN : 0) |
                   ((want & WEFT_DRIVER_POLL_OUT) != 0 ? POLLOUT : 0));
}

/* Fills the table for ppoll(): links, descriptors, the stop descriptor; 0 = no memory. */
static uint32_t prepare(struct weft_host *h)
{
    uint32_t need = h->links_n + h->fds_n + 1;
    if (need > h->polls_cap) {
        struct pollfd *polls = realloc(h->polls, (size_t)need * 2 * sizeof(*polls));
        if (polls == NULL)
            return 0;
        h->polls = polls;
        h->polls_cap = need * 2;
    }
    struct pollfd *p = h->polls;
    for (unsigned i = 0; i < h->links_n; i++) {
        struct wf_link *l = h->links[i];
        uint32_t want = 0;
        int fd = l->drv->ops->poll(l->drv, &want);
        want |= l->is_full ? WEFT_DRIVER_POLL_OUT : 0;
        *p++ = (struct pollfd){want != 0 ? fd : -1, poll_events(want), 0};
    }
    for (uint32_t i = 0; i < h->fds_n; i++) {
        const struct wf_fd *f = &h->fds[i];
        *p++ = (struct pollfd){f->want != 0 ? f->fd : -1, poll_events(f->want), 0};
    }
    *p = (struct pollfd){h->stop_fd, POLLIN, 0};
    return need;
}

/* Waits; false if nothing is known about the descriptors (a signal, no memory). */
static bool wait_until(struct weft_host *h, uint64_t at_ns)
{
    uint32_t n = prepare(h);
    uint64_t now_ns = weft_host_now();
    uint64_t left = at_ns > now_ns ? at_ns - now_ns : 0;
    struct timespec t = {.tv_sec = (time_t)(left / 1000000000U),
                         .tv_nsec = (long)(left % 1000000000U)};
    return n > 0 && ppoll(h->polls, n, at_ns == WEFT_NEVER ? NULL : &t, NULL) >= 0;
}

static uint32_t ready_bits(short revents)
{
    uint32_t bits = 0;
    if ((revents & POLLIN) != 0)
        bits |= WEFT_DRIVER_POLL_IN;
    if ((revents & POLLOUT) != 0)
        bits |= WEFT_DRIVER_POLL_OUT;
    if ((revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
        bits |= WEFT_DRIVER_POLL_IN | WEFT_DRIVER_POLL_OUT;
    return bits;
}

/* Handlers may add and delete descriptors: a slot counts only if it still has the descriptor. */
static void call_fds(struct weft_host *h, uint32_t n)
{
    for (uint32_t i = 0; i < n && i < h->fds_n; i++) {
        struct pollfd p = h->polls[h->links_n + i];
        struct wf_fd f = h->fds[i];
        if (p.fd >= 0 && p.revents != 0 && f.fd == p.fd)
            f.fn(f.arg, f.fd, ready_bits(p.revents));
    }
}

static void receive_all(struct weft_host *h, bool has_polled, uint64_t now_ns)
{
    for (unsigned i = 0; i < h->links_n; i++) {
        /* A driver whose time has come may have frames without a word from its descriptor. */
        bool is_ready = has_polled && ready_bits(h->polls[i].revents) != 0;
        if (is_ready || h->links[i]->service_ns <= now_ns)
            receive(h, i, now_ns);
    }
}

int weft_host_poll(struct weft_host *h, uint64_t until_ns)
{
    if (atomic_load(&h->is_stopped))
        return -1;
    uint32_t fds_n = h->fds_n;
    bool has_polled = wait_until(h, deadline(h, until_ns));
    uint64_t now_ns = weft_host_now();
    receive_all(h, has_polled, now_ns);
    for (unsigned i = 0; i < h->links_n; i++)
        service(h, h->links[i], now_ns);
    weft_advance(h->st, now_ns);
    wf_host_events(h);
    if (has_polled)
        call_fds(h, fds_n);
    weft_dispatch_run(h->d, now_ns);
    wf_host_transmit(h, now_ns);
    weft_dispatch_run(h->d, now_ns); /* What sending changed: the deadline does not tell. */
    return atomic_load(&h->is_stopped) ? -1 : 0;
}

int weft_host_run(struct weft_host *h, bool (*until)(void *arg), void *arg)
{
    for (;;) {
        if (weft_host_poll(h, WEFT_NEVER) < 0)
            return -1;
        if (until != NULL && until(arg))
            return 0;
    }
}

void weft_host_stop(struct weft_host *h)
{
    int saved = errno;
    uint64_t one = 1;
    atomic_store(&h->is_stopped, true);
    ssize_t r = write(h->stop_fd, &one, sizeof(one));
    (void)r; /* It can only be full, and then the loop is awake already. */
    errno = saved;
}
