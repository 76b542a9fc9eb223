/* SPDX-License-Identifier: MIT */
/** DOC: sim mem - the world's memory: one list of blocks, one limit */
#include <stdlib.h>
#include <string.h>

#include "world.h"

/** struct sim_block - Head of every block; what follows is aligned for any object */
struct sim_block {
    _Alignas(max_align_t) struct sim_block *prev;
    struct sim_block *next;
    size_t bytes;
};

void *wf_sim_alloc_raw(struct weft_world *w, size_t bytes)
{
    size_t total = bytes + sizeof(struct sim_block);
    struct sim_block *b = NULL;
    if (w->cfg.bytes_max == 0 || w->bytes + total <= w->cfg.bytes_max)
        b = w->cfg.alloc != NULL ? w->cfg.alloc(w->cfg.alloc_user, total) : malloc(total);
    if (b == NULL) {
        wf_sim_fail(w, "the world's memory is used up (%llu bytes taken)",
                    (unsigned long long)w->bytes);
        return NULL;
    }
    b->prev = NULL;
    b->next = w->blocks;
    b->bytes = total;
    if (w->blocks != NULL)
        w->blocks->prev = b;
    w->blocks = b;
    w->bytes += total;
    return b + 1;
}

void *wf_sim_alloc(struct weft_world *w, size_t bytes)
{
    void *p = wf_sim_alloc_raw(w, bytes);
    if (p != NULL)
        memset(p, 0, bytes);
    return p;
}

void wf_sim_free(struct weft_world *w, void *p)
{
    if (p == NULL)
        return;
    struct sim_block *b = (struct sim_block *)p - 1;
    /* A block that is freed has left the list, which the analyzer does not follow. */
    if (b->prev != NULL) /* NOLINT(clang-analyzer-unix.Malloc) */
        b->prev->next = b->next;
    else
        w->blocks = b->next;
    if (b->next != NULL)
        b->next->prev = b->prev;
    w->bytes -= b->bytes;
    if (w->cfg.alloc != NULL)
        w->cfg.release(w->cfg.alloc_user, b);
    else
        free(b);
}

void wf_sim_free_all(struct weft_world *w)
{
    while (w->blocks != NULL)
        wf_sim_free(w, w->blocks + 1);
}

bool wf_sim_grow(struct weft_world *w, void **array, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap)
        return true;
    uint32_t more = *cap < 8 ? 8 : *cap;
    while (more < need)
        more *= 2;
    void *p = wf_sim_alloc(w, more * size);
    if (p == NULL)
        return false;
    if (*cap != 0)
        memcpy(p, *array, *cap * size);
    wf_sim_free(w, *array);
    *array = p;
    *cap = more;
    return true;
}

/* A ring cannot be moved by copying alone: its oldest entry comes first in the new one. */
static bool ring_grow(struct weft_world *w, struct sim_ring *r)
{
    uint32_t cap = r->cap == 0 ? 16 : r->cap * 2;
    uint32_t *frame = wf_sim_alloc(w, cap * sizeof(*frame));
    uint64_t *time_ns = wf_sim_alloc(w, cap * sizeof(*time_ns));
    if (frame == NULL || time_ns == NULL) {
        wf_sim_free(w, frame);
        wf_sim_free(w, time_ns);
        return false;
    }
    for (uint32_t i = 0; i < r->n; i++) {
        frame[i] = r->frame[(r->head + i) % r->cap];
        time_ns[i] = r->time_ns[(r->head + i) % r->cap];
    }
    wf_sim_free(w, r->frame);
    wf_sim_free(w, r->time_ns);
    r->frame = frame;
    r->time_ns = time_ns;
    r->cap = cap;
    r->head = 0;
    return true;
}

bool wf_sim_ring_push(struct weft_world *w, struct sim_ring *r, uint32_t frame)
{
    if (r->n >= SIM_INBOX_MAX || (r->n == r->cap && !ring_grow(w, r)))
        return false;
    uint32_t at = (r->head + r->n++) % r->cap;
    r->frame[at] = frame;
    r->time_ns[at] = w->now_ns;
    return true;
}

uint32_t wf_sim_ring_pop(struct sim_ring *r, uint64_t *at_ns)
{
    if (r->n == 0)
        return SIM_NONE;
    uint32_t frame = r->frame[r->head];
    if (at_ns != NULL)
        *at_ns = r->time_ns[r->head];
    r->head = (r->head + 1) % r->cap;
    r->n--;
    return frame;
}

uint32_t wf_sim_ring_pop_newest(struct sim_ring *r)
{
    return r->frame[(r->head + --r->n) % r->cap];
}
