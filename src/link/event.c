/* SPDX-License-Identifier: MIT */
/** DOC: link event - what operators hear of; a repetition counts, it takes no new place */
#include <string.h>

#include "link/link.h"

#define MASK (WF_ARRAY_LEN(((struct wf_events *)0)->ring) - 1)

static const uint8_t nobody[6];

static bool is_same(const struct weft_link_event *e, const struct link_news *news)
{
    return e->kind == news->kind && e->ifindex == news->ifindex &&
           wf_addr_to4(&e->addr) == news->ip4 && memcmp(e->mac, news->mac, 6) == 0;
}

void wf_link_event(struct net *net, const struct link_news *news)
{
    struct wf_events *t = &net->link->events;
    struct weft_link_event *last = &t->ring[(t->head - 1) & MASK];
    if (t->head != t->tail && is_same(last, news)) {
        last->times++;
        return;
    }
    if (t->head - t->tail > MASK) {
        t->tail++;
        t->lost++;
    }
    struct weft_link_event *e = &t->ring[t->head++ & MASK];
    *e = (struct weft_link_event){.time_ns = net->now_ns,
                                  .times = 1,
                                  .kind = (uint16_t)news->kind,
                                  .ifindex = news->ifindex,
                                  .addr = wf_addr_from4(news->ip4)};
    memcpy(e->mac, news->mac, 6);
    memcpy(e->old_mac, news->old_mac != NULL ? news->old_mac : nobody, 6);
    struct weft_trace_rec rec = {.kind = WEFT_TRACE_LINK, .ifindex = news->ifindex};
    rec.v[0] = (uint32_t)news->kind;
    rec.v[1] = news->ip4;
    rec.v[2] = (uint32_t)wf_ld16be(news->mac);
    rec.v[3] = wf_ld32be(news->mac + 2);
    wf_trace(net, &rec);
}

uint32_t weft_link_event_read(struct weft_stack *st, struct weft_link_event *out, uint32_t n,
                              uint64_t *lost)
{
    struct wf_events *t = &wf_net_of(st)->link->events;
    uint32_t i = 0;
    for (; i < n && t->tail != t->head; i++)
        out[i] = t->ring[t->tail++ & MASK];
    if (lost != NULL)
        *lost = t->lost;
    t->lost = 0;
    return i;
}

const char *weft_link_event_name(unsigned kind)
{
#define WEFT_X(id, name) name,
    static const char *const names[] = {WEFT_LINK_EVENTS(WEFT_X)};
#undef WEFT_X
    return kind < WEFT_LINK_EVENT_COUNT ? names[kind] : "?";
}
