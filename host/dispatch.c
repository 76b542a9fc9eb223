/* SPDX-License-Identifier: MIT */
/**
 * DOC: dispatch - from events of a stack to calls of handlers
 *
 * A watched socket has a slot in a table; WEFT_SO_USER carries its number and generation, so that
 * an event of a socket that is not watched any more finds nothing. Slots that are to be called
 * without an event stand in a list. Timers are a list in order of time: a program has few of them,
 * and the usual new one (an idle timeout) belongs near its end.
 */
#include <stdlib.h>
#include <string.h>

#include "weft/host.h"

#define EVENTS     64
#define NOT_QUEUED UINT32_MAX

/** struct watch - A watched socket, or a free slot */
struct watch {
    void (*fn)(void *arg, uint64_t sock, uint32_t bits); /* NULL = free. */
    void *arg;
    uint64_t sock;
    uint32_t gen;       /* Counts uses of the slot. */
    uint32_t next_free; /* Free: the next free slot plus 1. */
    uint32_t queue_at;  /* Place in the queue, NOT_QUEUED. */
};

struct weft_dispatch {
    struct weft_stack *st;
    uint64_t now_ns;
    struct watch *watches;
    uint32_t watches_n, watches_cap, free_head; /* free_head: slot plus 1. */
    uint32_t *queue; /* Slots to be called without an event; room for all of them. */
    uint32_t queue_n;
    struct weft_timer timers; /* Head of the ring. */
};

struct weft_dispatch *weft_dispatch_new(struct weft_stack *st)
{
    struct weft_dispatch *d = calloc(1, sizeof(*d));
    if (d == NULL)
        return NULL;
    d->st = st;
    d->timers.prev = d->timers.next = &d->timers;
    return d;
}

void weft_dispatch_free(struct weft_dispatch *d)
{
    if (d == NULL)
        return;
    while (d->timers.next != &d->timers)
        weft_dispatch_disarm(d, d->timers.next);
    free(d->watches);
    free(d->queue);
    free(d);
}

struct weft_stack *weft_dispatch_stack(const struct weft_dispatch *d)
{
    return d->st;
}

uint64_t weft_dispatch_now(const struct weft_dispatch *d)
{
    return d->now_ns;
}

static uint64_t user_of(uint32_t slot, uint32_t gen)
{
    return (uint64_t)(gen & 0x7fffffff) << 32 | (slot + 1);
}

/* The slot a user value names, NULL if it is not in use any more. */
static struct watch *find_user(struct weft_dispatch *d, uint64_t user)
{
    uint32_t slot = (uint32_t)user - 1;
    if (user == 0 || slot >= d->watches_n)
        return NULL;
    struct watch *w = &d->watches[slot];
    return w->fn != NULL && user == user_of(slot, w->gen) ? w : NULL;
}

static struct watch *find(struct weft_dispatch *d, uint64_t sock)
{
    int64_t user;
    if (weft_sock_get(d->st, sock, WEFT_SO_USER, &user) < 0)
        return NULL;
    struct watch *w = find_user(d, (uint64_t)user);
    return w != NULL && w->sock == sock ? w : NULL;
}

static int grow(struct weft_dispatch *d)
{
    uint32_t cap = d->watches_cap == 0 ? 64 : d->watches_cap * 2;
    struct watch *watches = realloc(d->watches, cap * sizeof(*watches));
    if (watches == NULL)
        return -WEFT_ENOMEM;
    d->watches = watches;
    uint32_t *queue = realloc(d->queue, cap * sizeof(*queue));
    if (queue == NULL)
        return -WEFT_ENOMEM;
    d->queue = queue;
    d->watches_cap = cap;
    return 0;
}

static struct watch *take_slot(struct weft_dispatch *d)
{
    if (d->free_head != 0) {
        struct watch *w = &d->watches[d->free_head - 1];
        d->free_head = w->next_free;
        return w;
    }
    if (d->watches_n == d->watches_cap && grow(d) < 0)
        return NULL;
    struct watch *w = &d->watches[d->watches_n++];
    memset(w, 0, sizeof(*w));
    w->queue_at = NOT_QUEUED;
    return w;
}

static void give_slot(struct weft_dispatch *d, struct watch *w)
{
    uint32_t slot = (uint32_t)(w - d->watches);
    w->fn = NULL;
    w->gen++;
    w->next_free = d->free_head;
    d->free_head = slot + 1;
}

static void enqueue(struct weft_dispatch *d, struct watch *w)
{
    if (w->queue_at != NOT_QUEUED)
        return;
    w->queue_at = d->queue_n;
    d->queue[d->queue_n++] = (uint32_t)(w - d->watches);
}

static void dequeue(struct weft_dispatch *d, struct watch *w)
{
    if (w->queue_at == NOT_QUEUED)
        return;
    uint32_t last = d->queue[--d->queue_n];
    d->queue[w->queue_at] = last;
    d->watches[last].queue_at = w->queue_at;
    w->queue_at = NOT_QUEUED;
}

int weft_dispatch_watch(struct weft_dispatch *d, uint64_t sock,
                        void (*fn)(void *arg, uint64_t sock, uint32_t bits), void *arg)
{
    struct watch *w = find(d, sock);
    if (w == NULL) {
        w = take_slot(d);
        if (w == NULL)
            return -WEFT_ENOMEM;
        uint64_t user = user_of((uint32_t)(w - d->watches), w->gen);
        int r = weft_sock_set(d->st, sock, WEFT_SO_USER, (int64_t)user);
        if (r < 0) {
            give_slot(d, w);
            return r;
        }
    }
    w->fn = fn;
    w->arg = arg;
    w->sock = sock;
    enqueue(d, w);
    return 0;
}

void weft_dispatch_again(struct weft_dispatch *d, uint64_t sock)
{
    struct watch *w = find(d, sock);
    if (w != NULL)
        enqueue(d, w);
}

void weft_dispatch_forget(struct weft_dispatch *d, uint64_t sock)
{
    struct watch *w = find(d, sock);
    if (w == NULL)
        return;
    dequeue(d, w);
    give_slot(d, w);
}

void weft_dispatch_arm(struct weft_dispatch *d, struct weft_timer *t, uint64_t at_ns)
{
    weft_dispatch_disarm(d, t);
    struct weft_timer *before = d->timers.prev;
    while (before != &d->timers && before->at_ns > at_ns)
        before = before->prev;
    t->at_ns = at_ns;
    t->prev = before;
    t->next = before->next;
    t->prev->next = t;
    t->next->prev = t;
    t->is_armed = true;
}

void weft_dispatch_disarm(struct weft_dispatch *d, struct weft_timer *t)
{
    (void)d;
    if (!t->is_armed)
        return;
    t->prev->next = t->next;
    t->next->prev = t->prev;
    t->prev = t->next = NULL;
    t->is_armed = false;
}

/* Handlers may arm timers that are due at once: only what was due at the start is called. */
static uint32_t run_timers(struct weft_dispatch *d)
{
    uint32_t called = 0, due = 0;
    for (struct weft_timer *t = d->timers.next; t != &d->timers && t->at_ns <= d->now_ns;
         t = t->next)
        due++;
    for (struct weft_timer *t = d->timers.next;
         called < due && t != &d->timers && t->at_ns <= d->now_ns; t = d->timers.next) {
        weft_dispatch_disarm(d, t);
        t->fn(t->arg);
        called++;
    }
    return called;
}

/* The slots that stand in the queue now; those added meanwhile wait for the next run. */
static uint32_t run_queue(struct weft_dispatch *d)
{
    uint32_t called = 0;
    for (uint32_t n = d->queue_n; n > 0 && d->queue_n > 0; n--) {
        struct watch *w = &d->watches[d->queue[0]];
        dequeue(d, w);
        w->fn(w->arg, w->sock, weft_sock_ready(d->st, w->sock));
        called++;
    }
    return called;
}

static uint32_t run_events(struct weft_dispatch *d)
{
    struct weft_event ev[EVENTS];
    uint32_t called = 0, n;
    do {
        n = weft_events(d->st, ev, EVENTS);
        for (uint32_t i = 0; i < n; i++) {
            struct watch *w = find_user(d, ev[i].user);
            if (w == NULL || w->sock != ev[i].sock)
                continue;
            w->fn(w->arg, w->sock, ev[i].bits);
            called++;
        }
    } while (n == EVENTS);
    return called;
}

uint32_t weft_dispatch_run(struct weft_dispatch *d, uint64_t now_ns)
{
    if (now_ns > d->now_ns)
        d->now_ns = now_ns;
    uint32_t called = run_timers(d);
    called += run_queue(d);
    return called + run_events(d);
}

uint64_t weft_dispatch_deadline(const struct weft_dispatch *d)
{
    if (d->queue_n > 0)
        return 0;
    return d->timers.next != &d->timers ? d->timers.next->at_ns : WEFT_NEVER;
}
