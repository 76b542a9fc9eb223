/* SPDX-License-Identifier: MIT */
/** DOC: sim world - the clock, the heap of events, and what happens next */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
#define STEPS_MAX 10000000U

void weft_world_config_default(struct weft_world_config *cfg, uint64_t seed)
{
    memset(cfg, 0, sizeof(*cfg));
    cfg->seed = seed;
    cfg->stall_ns = 600 * SECOND_NS;
    cfg->steps_max = STEPS_MAX;
}

int weft_world_create(struct weft_world **out, const struct weft_world_config *cfg)
{
    struct weft_world *w =
        cfg->alloc != NULL ? cfg->alloc(cfg->alloc_user, sizeof(*w)) : malloc(sizeof(*w));
    if (w == NULL)
        return -WEFT_ENOMEM;
    memset(w, 0, sizeof(*w));
    w->cfg = *cfg;
    w->now_ns = cfg->start_ns;
    w->progress_ns = cfg->start_ns;
    w->hash = sim_mix(cfg->seed);
    w->frame_free = SIM_NONE;
    *out = w;
    return 0;
}

void weft_world_destroy(struct weft_world *w)
{
    if (w == NULL)
        return;
    wf_sim_free_all(w);
    struct weft_world_config cfg = w->cfg;
    if (cfg.alloc != NULL)
        cfg.release(cfg.alloc_user, w);
    else
        free(w);
}

void wf_sim_fail(struct weft_world *w, const char *format, ...)
{
    if (w->error[0] != '\0')
        return;
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(w->error, sizeof(w->error), format, ap);
    va_end(ap);
}

void wf_sim_name_copy(char dst[WEFT_SIM_NAME_MAX], const char *src)
{
    size_t n = 0;
    while (n < WEFT_SIM_NAME_MAX - 1 && src[n] != '\0')
        n++;
    memcpy(dst, src, n);
    memset(dst + n, 0, WEFT_SIM_NAME_MAX - n);
}

/* ---- the heap ---- */

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->seq < b->seq);
}

bool wf_sim_schedule(struct weft_world *w, const struct sim_event *ev)
{
    void *array = w->heap;
    bool has_room = wf_sim_grow(w, &array, &w->heap_cap, w->heap_n + 1, sizeof(*w->heap));
    w->heap = array;
    if (!has_room)
        return false;
    struct sim_event e = *ev;
    if (e.time_ns < w->now_ns)
        e.time_ns = w->now_ns;
    e.seq = w->seq++;
    uint32_t at = w->heap_n++;
    while (at > 0 && is_before(&e, &w->heap[(at - 1) / 2])) {
        w->heap[at] = w->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    w->heap[at] = e;
    return true;
}

struct sim_event wf_sim_heap_pop(struct weft_world *w)
{
    struct sim_event top = w->heap[0], last = w->heap[--w->heap_n];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= w->heap_n)
            break;
        if (child + 1 < w->heap_n && is_before(&w->heap[child + 1], &w->heap[child]))
            child++;
        if (!is_before(&w->heap[child], &last))
            break;
        w->heap[at] = w->heap[child];
        at = child;
    }
    w->heap[at] = last;
    return top;
}

int weft_world_at(struct weft_world *w, uint64_t at_ns,
                  void (*fn)(struct weft_world *w, void *user), void *user)
{
    struct sim_event ev = {.time_ns = at_ns, .kind = SIM_EV_CALL, .obj = user, .fn = fn};
    return wf_sim_schedule(w, &ev) ? 0 : -WEFT_ENOMEM;
}

/* ---- what happens next ---- */

static void happen(struct weft_world *w, const struct sim_event *ev)
{
    switch (ev->kind) {
    case SIM_EV_NODE:
        wf_sim_node_wake(ev->obj, ev->time_ns);
        break;
    case SIM_EV_ARRIVE:
        wf_sim_link_arrive(ev->obj, ev->arg);
        break;
    case SIM_EV_ROOM:
        wf_sim_link_has_room(ev->obj, (unsigned)ev->arg);
        break;
    case SIM_EV_ACTOR:
        wf_sim_actor_timer(ev->obj, ev->time_ns);
        break;
    case SIM_EV_MEDIUM:
        wf_sim_medium_event(ev->obj, ev->arg);
        break;
    case SIM_EV_CALL:
        ev->fn(w, ev->obj);
        break;
    }
}

uint64_t weft_world_next(const struct weft_world *w)
{
    if (w->ready != NULL)
        return w->now_ns;
    return w->heap_n > 0 ? w->heap[0].time_ns : WEFT_NEVER;
}

int weft_world_step(struct weft_world *w)
{
    if (w->error[0] != '\0')
        return -WEFT_EPROTO;
    if (w->ready != NULL) {
        struct weft_node *node = w->ready;
        w->ready = node->next_ready;
        if (w->ready == NULL)
            w->ready_tail = NULL;
        node->is_ready = false;
        wf_sim_node_turn(node);
    } else if (w->heap_n > 0) {
        struct sim_event ev = wf_sim_heap_pop(w);
        w->now_ns = ev.time_ns;
        wf_sim_check_stall(w);
        happen(w, &ev);
    } else {
        return 0;
    }
    w->events++;
    return w->error[0] != '\0' ? -WEFT_EPROTO : 1;
}

int weft_world_run_while(struct weft_world *w, uint64_t until_ns, bool (*is_going)(void *user),
                         void *user)
{
    uint64_t at_ns = w->now_ns, steps = 0;
    for (;;) {
        if (w->error[0] != '\0')
            return -WEFT_EPROTO;
        if (is_going != NULL && !is_going(user))
            return 1;
        uint64_t next = weft_world_next(w);
        if (next == WEFT_NEVER || next > until_ns)
            break;
        if (weft_world_step(w) < 0)
            return -WEFT_EPROTO;
        steps = w->now_ns == at_ns ? steps + 1 : 1;
        at_ns = w->now_ns;
        if (steps == w->cfg.steps_max)
            wf_sim_fail(w,
                        "time stands still: %llu steps at %llu.%09llu s; give the links of a loop, "
                        "or of a long transfer, a rate or a delay",
                        (unsigned long long)steps, (unsigned long long)(at_ns / SECOND_NS),
                        (unsigned long long)(at_ns % SECOND_NS));
    }
    if (until_ns != WEFT_NEVER && until_ns > w->now_ns)
        w->now_ns = until_ns;
    return 0;
}

int weft_world_run(struct weft_world *w, uint64_t until_ns)
{
    return weft_world_run_while(w, until_ns, NULL, NULL);
}

static bool has_pending_clients(void *user)
{
    const struct weft_world *w = user;
    return w->clients_pending > 0;
}

int weft_world_finish(struct weft_world *w, uint64_t until_ns)
{
    int r = weft_world_run_while(w, until_ns, has_pending_clients, w);
    if (r < 0)
        return r;
    if (r == 1)
        return 0;
    const struct weft_actor *a = wf_sim_actor_pending(w);
    if (weft_world_next(w) != WEFT_NEVER)
        return -WEFT_ETIMEDOUT;
    wf_sim_fail(w, "nothing is pending but %s is not done",
                a != NULL ? weft_actor_config_get(a)->name : "an actor");
    return -WEFT_EPROTO;
}

int weft_world_settle(struct weft_world *w, uint64_t until_ns)
{
    for (uint32_t i = 0; i < w->actors_n; i++)
        weft_actor_stop(w->actor[i]);
    while (!wf_sim_check_leaks(w, false) && w->now_ns < until_ns) {
        uint64_t to = until_ns - w->now_ns > SECOND_NS ? w->now_ns + SECOND_NS : until_ns;
        int r = weft_world_run(w, to);
        if (r < 0)
            return r;
    }
    return wf_sim_check_leaks(w, true) ? 0 : -WEFT_EPROTO;
}

/* ---- facts ---- */

uint64_t weft_world_now(const struct weft_world *w)
{
    return w->now_ns;
}

uint64_t weft_world_hash(const struct weft_world *w)
{
    return w->hash;
}

const char *weft_world_error(const struct weft_world *w)
{
    return w->error;
}

uint64_t weft_world_events(const struct weft_world *w)
{
    return w->events;
}

uint32_t weft_world_frames_in_use(const struct weft_world *w)
{
    return w->frames_in_use;
}

void weft_world_mac(struct weft_world *w, uint8_t mac[6])
{
    uint64_t n = ++w->macs;
    mac[0] = 2;
    mac[1] = 0;
    mac[2] = 0;
    mac[3] = (uint8_t)(n >> 16);
    mac[4] = (uint8_t)(n >> 8);
    mac[5] = (uint8_t)n;
}
