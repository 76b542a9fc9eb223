/* SPDX-License-Identifier: MIT */
/** DOC: sim link api - making, changing, watching and feeding links */
#include <string.h>

#include "world.h"

#define FRAME_MAX 65549U /* The longest IP packet in an Ethernet frame. */

struct weft_link *weft_link_next(const struct weft_world *w, const struct weft_link *prev)
{
    return prev == NULL ? w->links : prev->next;
}

struct weft_link *weft_link_find(const struct weft_world *w, const char *name)
{
    struct weft_link *l = w->links;
    while (l != NULL && strncmp(l->cfg.name, name, WEFT_SIM_NAME_MAX - 1) != 0)
        l = l->next;
    return l;
}

const struct weft_link_config *weft_link_config_get(const struct weft_link *link)
{
    return &link->cfg;
}

static bool does_end_fit(const struct weft_link_config *cfg, const struct weft_link_end *e)
{
    switch (e->kind) {
    case WEFT_END_NODE:
        return e->node != NULL && e->netif.kind != WEFT_IF_LOOPBACK &&
               (e->netif.kind == WEFT_IF_L3) == cfg->is_l3;
    case WEFT_END_BRIDGE:
        return e->bridge != NULL && !cfg->is_l3;
    case WEFT_END_EXTERNAL:
        return true;
    }
    return false;
}

static int plug(struct weft_link *link, unsigned end)
{
    struct weft_link_end *e = &link->cfg.end[end];
    if (e->kind == WEFT_END_EXTERNAL)
        return 0;
    if (e->kind == WEFT_END_BRIDGE)
        return wf_sim_bridge_plug(e->bridge, link, end, &link->port[end]) ? 0 : -WEFT_ENOMEM;
    int index = weft_if_add(e->node->st, &e->netif);
    if (index < 0)
        return index;
    e->ifindex = (uint16_t)index;
    if (e->ifindex >= e->node->ports_max)
        return -WEFT_ENOMEM;
    e->node->port[e->ifindex].link = link;
    e->node->port[e->ifindex].end = end;
    weft_node_touch(e->node);
    return 0;
}

int weft_link_add(struct weft_world *w, const struct weft_link_config *cfg, struct weft_link **out)
{
    if (!does_end_fit(cfg, &cfg->end[0]) || !does_end_fit(cfg, &cfg->end[1]))
        return -WEFT_EINVAL;
    if (cfg->has_fcs && (cfg->is_l3 || cfg->has_superframes))
        return -WEFT_EINVAL;
    if (weft_link_find(w, cfg->name) != NULL)
        return -WEFT_EEXIST;
    struct weft_link *link = wf_sim_alloc(w, sizeof(*link));
    if (link == NULL)
        return -WEFT_ENOMEM;
    link->w = w;
    link->id = w->links_n++;
    link->cfg = *cfg;
    wf_sim_name_copy(link->cfg.name, cfg->name);
    for (unsigned i = 0; i < 2; i++) {
        link->dir[i].q = cfg->quality[i];
        sim_rng_seed(&link->dir[i].rng, w->cfg.seed, link->cfg.name, i);
        int r = plug(link, i);
        if (r != 0)
            return r;
    }
    if (w->links_tail != NULL)
        w->links_tail->next = link;
    else
        w->links = link;
    w->links_tail = link;
    *out = link;
    return 0;
}

void weft_link_set_quality(struct weft_link *link, unsigned dir, const struct weft_link_quality *q)
{
    link->dir[dir & 1].q = *q;
    link->cfg.quality[dir & 1] = *q;
    if (q->burst_enter_ppm == 0)
        link->dir[dir & 1].is_bad = false;
}

static int set_list(struct weft_world *w, uint64_t **list, const uint64_t *index, uint32_t n)
{
    uint64_t *copy = wf_sim_alloc(w, n * sizeof(*copy));
    if (copy == NULL)
        return -WEFT_ENOMEM;
    if (n > 0)
        memcpy(copy, index, n * sizeof(*copy));
    wf_sim_free(w, *list);
    *list = copy;
    return 0;
}

int weft_link_lose(struct weft_link *link, unsigned dir, const uint64_t *index, uint32_t n)
{
    struct sim_dir *d = &link->dir[dir & 1];
    int r = set_list(link->w, &d->lose, index, n);
    if (r != 0)
        return r;
    d->lose_n = n;
    d->lose_at = 0;
    return 0;
}

int weft_link_late(struct weft_link *link, unsigned dir, const uint64_t *index, uint32_t n,
                   uint64_t extra_ns)
{
    struct sim_dir *d = &link->dir[dir & 1];
    int r = set_list(link->w, &d->late, index, n);
    if (r != 0)
        return r;
    d->late_n = n;
    d->late_at = 0;
    d->late_ns = extra_ns;
    return 0;
}

void weft_link_cut(struct weft_link *link, bool is_cut)
{
    if (is_cut && !link->is_cut)
        link->cuts++;
    if (!is_cut && link->is_cut)
        link->w->progress_ns = link->w->now_ns;
    link->is_cut = is_cut;
}

bool weft_link_is_cut(const struct weft_link *link)
{
    return link->is_cut;
}

void weft_link_stats(const struct weft_link *link, unsigned dir, struct weft_link_stats *out)
{
    *out = link->dir[dir & 1].stats;
}

void weft_link_tap(struct weft_world *w, struct weft_link *link,
                   void (*fn)(void *user, const struct weft_tap *tap), void *user)
{
    for (struct weft_link *l = w->links; l != NULL; l = l->next) {
        if (link == NULL || link == l) {
            l->tap = fn;
            l->tap_user = user;
        }
    }
}

/* ---- external ends ---- */

int weft_link_inject(struct weft_link *link, unsigned dir, const void *frame, size_t len)
{
    if (dir > 1 || len == 0 || len > FRAME_MAX)
        return -WEFT_EINVAL;
    struct weft_frame f;
    memset(&f, 0, sizeof(f));
    /* The frame is only read, but struct weft_iov is for both ways. */
    memcpy(&f.iov[0].base, &frame, sizeof(frame));
    f.iov[0].len = len;
    f.iov_n = 1;
    f.len = (uint32_t)len;
    struct sim_frame *fr = wf_sim_frame_copy(link->w, &f);
    if (fr == NULL)
        return -WEFT_ENOMEM;
    wf_sim_link_send(link, dir, fr);
    return 0;
}

int weft_link_push(struct weft_link *link, unsigned end, const void *frame, size_t len)
{
    if (end > 1 || link->cfg.end[end].kind != WEFT_END_EXTERNAL)
        return -WEFT_EINVAL;
    return weft_link_inject(link, end, frame, len);
}

size_t weft_link_pull(struct weft_link *link, unsigned end, void *buf, size_t cap, uint64_t *at_ns)
{
    if (end > 1)
        return 0;
    uint32_t index = wf_sim_ring_pop(&link->inbox[end], at_ns);
    if (index == SIM_NONE)
        return 0;
    struct sim_frame *fr = wf_sim_frame(link->w, index);
    size_t len = fr->f.len;
    (void)wf_sim_frame_peek(&fr->f, buf, cap);
    wf_sim_frame_put(link->w, fr);
    return len;
}
