/* SPDX-License-Identifier: MIT */
/** DOC: sim bridge - what the files about switches and hubs share */
#ifndef SIM_BRIDGE_H
#define SIM_BRIDGE_H

#include "world.h"

#define MAC_BYTES 6U
#define BUCKETS   256U

/** struct bridge_entry - An address; chained by bucket, or free */
struct bridge_entry {
    uint8_t mac[MAC_BYTES];
    bool is_used;
    uint32_t port;
    uint32_t next;
    uint64_t seen_ns;
};

/** struct bridge_port - The link end a port is */
struct bridge_port {
    struct weft_link *link;
    unsigned end;
    uint32_t group_n; /* Group frames taken since group_since_ns, where they are limited. */
    uint64_t group_since_ns;
};

/** struct station - What a port of a shared medium has to send */
struct station {
    struct sim_ring queue; /* The first one is being tried. */
    uint32_t tries;        /* Collisions of the first one so far. */
    bool is_sending;
    bool is_waiting; /* For the medium to fall silent. */
};

/** struct medium - What the ports of a hub share, if it is not a repeater without time */
struct medium {
    struct station *station; /* By port. */
    uint32_t stations_cap;
    bool is_busy, has_collided;
    uint64_t first_ns;   /* When the first of those that send now began. */
    uint64_t idle_ns;    /* Nobody begins before. */
    uint64_t generation; /* Of the event that ends it; older ones are stale. */
    struct sim_rng rng;
};

struct weft_bridge {
    struct weft_world *w;
    struct weft_bridge *next;
    char name[WEFT_SIM_NAME_MAX];
    enum weft_bridge_kind kind;
    struct weft_bridge_options opt;
    struct bridge_port *port;
    uint32_t ports_n, ports_cap;
    struct bridge_entry *table;
    uint32_t table_max;
    uint32_t free; /* First free entry. */
    uint32_t bucket[BUCKETS];
    struct medium medium;
    struct weft_bridge_stats stats;
};

/** wf_sim_bridge_repeat() - Send a frame out by every other port; takes the reference */
void wf_sim_bridge_repeat(struct weft_bridge *b, uint32_t port, struct sim_frame *fr);

/** wf_sim_medium_set() - Make the ports of a hub share a medium; 0 or -WEFT_EINVAL */
int wf_sim_medium_set(struct weft_bridge *b, const struct weft_bridge_options *o);

/** wf_sim_medium_input() - A port has a frame to send; takes the reference */
void wf_sim_medium_input(struct weft_bridge *b, uint32_t port, struct sim_frame *fr);

#endif /* SIM_BRIDGE_H */
