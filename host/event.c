/* SPDX-License-Identifier: MIT */
/** DOC: host event - what the stack reports about addresses and neighbours: kept, and told on */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host.h"

#define LINES_MOST  10u /* At once; then one a second. */
#define NS_PER_LINE 1000000000u

static const char *what_of(const struct weft_link_event *e)
{
    switch ((enum weft_link_event_kind)e->kind) {
    case WEFT_LINK_EVENT_ADDR_CONFLICT:
        return "duplicate address";
    case WEFT_LINK_EVENT_ADDR_REFUSED:
        return "duplicate address, not taken:";
    case WEFT_LINK_EVENT_ADDR_LOST:
        return "address given up:";
    case WEFT_LINK_EVENT_ADDR_READY:
        return "address in use:";
    case WEFT_LINK_EVENT_NEIGH_CHANGED:
        return "neighbour has another hardware address:";
    case WEFT_LINK_EVENT_NEIGH_FLAPPING:
        return "neighbour changes its hardware address again and again:";
    case WEFT_LINK_EVENT_NEIGH_REFUSED:
        return "claim not believed:";
    case WEFT_LINK_EVENT_ARP_MISMATCH:
        return "sender of ARP is not that of its frame:";
    case WEFT_LINK_EVENT_COUNT:
        break;
    }
    return "?";
}

void wf_event_text(char *buf, size_t cap, const struct weft_stack *st,
                   const struct weft_link_event *e)
{
    static const uint8_t none[6];
    struct weft_if_info info = {.index = 0};
    char addr[48], old[40] = "";
    const uint8_t *m = e->mac, *o = e->old_mac;
    bool is_ours = e->kind == WEFT_LINK_EVENT_ADDR_READY;
    weft_addr_text(addr, sizeof(addr), &e->addr);
    if (weft_if_get(st, e->ifindex, &info) < 0)
        info.cfg.name[0] = '\0';
    if (memcmp(o, none, 6) != 0)
        (void)snprintf(old, sizeof(old), ", was %02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2],
                       o[3], o[4], o[5]);
    (void)snprintf(buf, cap, "%s %s %s %02x:%02x:%02x:%02x:%02x:%02x on %s%s", what_of(e), addr,
                   is_ours ? "at" : "from", m[0], m[1], m[2], m[3], m[4], m[5], info.cfg.name, old);
}

/* Who sends frames makes events, as many as frames: the log grows at a rate of its own. */
static bool may_tell(struct weft_host *h)
{
    uint64_t now_ns = weft_host_now();
    if (h->told_until_ns < now_ns)
        h->told_until_ns = now_ns;
    if (h->told_until_ns - now_ns > (LINES_MOST - 1) * (uint64_t)NS_PER_LINE) {
        h->untold_n++;
        return false;
    }
    h->told_until_ns += NS_PER_LINE;
    return true;
}

static void tell(struct weft_host *h, const struct weft_link_event *e)
{
    char line[WF_EVENT_BYTES + 40];
    wf_event_text(line, WF_EVENT_BYTES, h->st, e);
    if (h->untold_n > 0) {
        size_t n = strlen(line);
        (void)snprintf(line + n, sizeof(line) - n, " (%" PRIu64 " more untold)", h->untold_n);
    }
    h->untold_n = 0;
    h->on_event(h->on_event_arg, line);
}

void wf_host_events(struct weft_host *h)
{
    struct weft_link_event e;
    while (weft_link_event_read(h->st, &e, 1, NULL) == 1) {
        h->events[h->events_n++ % WF_EVENTS_KEPT] = e;
        if (h->on_event != NULL && may_tell(h))
            tell(h, &e);
    }
}

void weft_host_on_event(struct weft_host *h, void (*fn)(void *arg, const char *line), void *arg)
{
    h->on_event = fn;
    h->on_event_arg = arg;
}
