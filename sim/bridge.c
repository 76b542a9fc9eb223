/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim bridge - a learning switch (IEEE 802.1D 7.7 to 7.9, without VLANs) and a hub
 *
 * A switch notes the port of each unicast source address and forgets it 300 s after it was heard
 * last. A frame to a known address leaves by one port, or by none if that is where it came from; a
 * frame to an unknown or group address leaves by every other port. When the table is full new
 * addresses are not learnt, so that their frames are flooded: what an attacker who fills the table
 * is after.
 *
 * In a loop a group frame goes round for ever, and each round is heard everywhere: a storm. A
 * switch may take only so many group frames a second from each port; a hub and a switch without
 * that limit let a storm through.
 */
#include "bridge.h"

#include <string.h>

#define TABLE_DEFAULT 1024U
#define AGE_NS        (UINT64_C(300) * 1000000000)
#define SECOND_NS     UINT64_C(1000000000)

int weft_bridge_add(struct weft_world *w, const char *name, enum weft_bridge_kind kind,
                    uint32_t table_max, struct weft_bridge **out)
{
    for (struct weft_bridge *b = w->bridges; b != NULL; b = b->next)
        if (strncmp(b->name, name, WEFT_SIM_NAME_MAX - 1) == 0)
            return -WEFT_EEXIST;
    struct weft_bridge *b = wf_sim_alloc(w, sizeof(*b));
    if (b == NULL)
        return -WEFT_ENOMEM;
    b->w = w;
    b->kind = kind;
    b->opt.age_ns = AGE_NS;
    b->table_max = table_max == 0 ? TABLE_DEFAULT : table_max;
    wf_sim_name_copy(b->name, name);
    b->table = wf_sim_alloc(w, b->table_max * sizeof(*b->table));
    if (b->table == NULL)
        return -WEFT_ENOMEM;
    for (uint32_t i = 0; i < b->table_max; i++)
        b->table[i].next = i + 1 < b->table_max ? i + 1 : SIM_NONE;
    for (uint32_t i = 0; i < BUCKETS; i++)
        b->bucket[i] = SIM_NONE;
    if (w->bridges_tail != NULL)
        w->bridges_tail->next = b;
    else
        w->bridges = b;
    w->bridges_tail = b;
    *out = b;
    return 0;
}

bool wf_sim_bridge_plug(struct weft_bridge *b, struct weft_link *link, unsigned end, uint32_t *port)
{
    void *array = b->port;
    bool has_room = wf_sim_grow(b->w, &array, &b->ports_cap, b->ports_n + 1, sizeof(*b->port));
    b->port = array;
    if (!has_room)
        return false;
    *port = b->ports_n;
    b->port[b->ports_n].link = link;
    b->port[b->ports_n++].end = end;
    return true;
}

static uint32_t bucket_of(const uint8_t *mac)
{
    uint64_t x = 0;
    for (unsigned i = 0; i < MAC_BYTES; i++)
        x = x << 8 | mac[i];
    return (uint32_t)(sim_mix(x) % BUCKETS);
}

/* Looks an address up and drops the entries of its bucket that have become too old. */
static struct bridge_entry *find(struct weft_bridge *b, const uint8_t *mac)
{
    uint32_t *link = &b->bucket[bucket_of(mac)];
    struct bridge_entry *found = NULL;
    while (*link != SIM_NONE) {
        struct bridge_entry *e = &b->table[*link];
        if (b->w->now_ns - e->seen_ns > b->opt.age_ns) {
            uint32_t at = *link;
            *link = e->next;
            e->is_used = false;
            e->next = b->free;
            b->free = at;
            b->stats.entries--;
            b->stats.aged++;
            continue;
        }
        if (memcmp(e->mac, mac, MAC_BYTES) == 0)
            found = e;
        link = &e->next;
    }
    return found;
}

static void age_all(struct weft_bridge *b)
{
    for (uint32_t i = 0; i < b->table_max; i++)
        if (b->table[i].is_used && b->w->now_ns - b->table[i].seen_ns > b->opt.age_ns)
            (void)find(b, b->table[i].mac);
}

static void learn(struct weft_bridge *b, const uint8_t *mac, uint32_t port)
{
    if ((mac[0] & 1) != 0)
        return;
    struct bridge_entry *e = find(b, mac);
    if (e == NULL) {
        if (b->free == SIM_NONE)
            age_all(b);
        if (b->free == SIM_NONE) {
            b->stats.table_full++;
            return;
        }
        uint32_t at = b->free, *head = &b->bucket[bucket_of(mac)];
        e = &b->table[at];
        b->free = e->next;
        memcpy(e->mac, mac, MAC_BYTES);
        e->is_used = true;
        e->port = port;
        e->next = *head;
        *head = at;
        b->stats.entries++;
        b->stats.learned++;
    } else if (e->port != port) {
        e->port = port;
        b->stats.moved++;
    }
    e->seen_ns = b->w->now_ns;
}

static void send_out(struct weft_bridge *b, uint32_t port, struct sim_frame *fr)
{
    fr->refs++;
    wf_sim_link_send(b->port[port].link, b->port[port].end, fr);
}

/* Whether a frame is one too many of its port in this second. */
static bool is_storm(struct weft_bridge *b, uint32_t port)
{
    struct bridge_port *p = &b->port[port];
    if (b->opt.storm_pkts == 0)
        return false;
    if (p->group_n == 0 || b->w->now_ns - p->group_since_ns >= SECOND_NS) {
        p->group_since_ns = b->w->now_ns;
        p->group_n = 0;
    }
    if (p->group_n == b->opt.storm_pkts) {
        b->stats.storm_dropped++;
        return true;
    }
    p->group_n++;
    return false;
}

static void flood(struct weft_bridge *b, uint32_t from, struct sim_frame *fr)
{
    b->stats.flooded++;
    for (uint32_t i = 0; i < b->ports_n; i++)
        if (i != from)
            send_out(b, i, fr);
}

void wf_sim_bridge_repeat(struct weft_bridge *b, uint32_t port, struct sim_frame *fr)
{
    flood(b, port, fr);
    wf_sim_frame_put(b->w, fr);
}

static void switch_frame(struct weft_bridge *b, uint32_t port, struct sim_frame *fr)
{
    uint8_t mac[2 * MAC_BYTES];
    if (wf_sim_frame_peek(&fr->f, mac, sizeof(mac)) != sizeof(mac))
        return;
    bool is_group = (mac[0] & 1) != 0;
    if (is_group && is_storm(b, port))
        return;
    learn(b, mac + MAC_BYTES, port);
    const struct bridge_entry *e = is_group ? NULL : find(b, mac);
    if (e == NULL) {
        flood(b, port, fr);
    } else if (e->port == port) {
        b->stats.filtered++;
    } else {
        b->stats.forwarded++;
        send_out(b, e->port, fr);
    }
}

void wf_sim_bridge_input(struct weft_bridge *b, uint32_t port, struct sim_frame *fr)
{
    if (b->opt.medium_bps != 0) {
        wf_sim_medium_input(b, port, fr);
    } else if (b->kind == WEFT_BRIDGE_HUB) {
        wf_sim_bridge_repeat(b, port, fr);
    } else {
        switch_frame(b, port, fr);
        wf_sim_frame_put(b->w, fr);
    }
}

/* ---- options ---- */

int weft_bridge_set(struct weft_bridge *b, const struct weft_bridge_options *o)
{
    bool is_hub = b->kind == WEFT_BRIDGE_HUB;
    if (is_hub && (o->age_ns | o->storm_pkts) != 0)
        return -WEFT_EINVAL;
    if (!is_hub && (o->medium_bps | o->medium_delay_ns | o->medium_queue_pkts) != 0)
        return -WEFT_EINVAL;
    if (is_hub) {
        int r = wf_sim_medium_set(b, o);
        if (r != 0)
            return r;
    }
    b->opt = *o;
    if (b->opt.age_ns == 0)
        b->opt.age_ns = AGE_NS;
    return 0;
}

/** struct counter - A counter by its name */
struct counter {
    const char *name;
    size_t offset;
    bool is_small; /* 32 bits. */
};

#define COUNTER(name, field)                                                                       \
    {                                                                                              \
        (name), offsetof(struct weft_bridge_stats, field), false                                   \
    }
#define GAUGE(name, field)                                                                         \
    {                                                                                              \
        (name), offsetof(struct weft_bridge_stats, field), true                                    \
    }
static const struct counter counters[WEFT_BRIDGE_COUNTERS] = {
    COUNTER("forwarded", forwarded),
    COUNTER("flooded", flooded),
    COUNTER("filtered", filtered),
    COUNTER("learned", learned),
    COUNTER("moved", moved),
    COUNTER("table-full", table_full),
    COUNTER("aged", aged),
    GAUGE("entries", entries),
    COUNTER("storm-dropped", storm_dropped),
    COUNTER("collisions", collisions),
    COUNTER("deferred", deferred),
    COUNTER("excessive-collisions", excessive),
    COUNTER("queue-dropped", queue_dropped),
};

const char *weft_bridge_counter_name(unsigned i)
{
    return i < WEFT_BRIDGE_COUNTERS ? counters[i].name : "?";
}

uint64_t weft_bridge_counter(const struct weft_bridge *b, unsigned i)
{
    struct weft_bridge_stats s;
    uint64_t large;
    uint32_t small;
    if (i >= WEFT_BRIDGE_COUNTERS)
        return 0;
    weft_bridge_stats(b, &s);
    const char *at = (const char *)&s + counters[i].offset;
    if (counters[i].is_small) {
        memcpy(&small, at, sizeof(small));
        return small;
    }
    memcpy(&large, at, sizeof(large));
    return large;
}

void weft_bridge_stats(const struct weft_bridge *b, struct weft_bridge_stats *out)
{
    *out = b->stats;
}

bool weft_bridge_table_next(const struct weft_bridge *b, uint32_t *cursor,
                            struct weft_bridge_entry *out)
{
    for (; *cursor < b->table_max; (*cursor)++) {
        const struct bridge_entry *e = &b->table[*cursor];
        if (!e->is_used || b->w->now_ns - e->seen_ns > b->opt.age_ns)
            continue;
        memcpy(out->mac, e->mac, MAC_BYTES);
        out->port = e->port;
        out->seen_ns = e->seen_ns;
        (*cursor)++;
        return true;
    }
    return false;
}
