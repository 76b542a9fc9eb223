/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim swarm - what the files of the swarm share
 *
 * A scenario is a chain of subnets with routers between them, hosts on the subnets, faults on the
 * links until a certain time, and pairs of actors. Everything is drawn from the seed.
 */
#ifndef SIM_SWARM_H
#define SIM_SWARM_H

#include "world.h"

#define SWARM_HOSTS_MAX   8U
#define SWARM_ROUTERS_MAX 3U
#define SWARM_NETS_MAX    (SWARM_ROUTERS_MAX + 1)
#define SWARM_LINKS_MAX   (SWARM_HOSTS_MAX + 2 * SWARM_ROUTERS_MAX)
#define SWARM_PAIRS_MAX   8U
#define SWARM_MS          UINT64_C(1000000)
#define SWARM_S           UINT64_C(1000000000)

/** struct swarm_host - A host and where it is */
struct swarm_host {
    struct weft_node *node;
    struct weft_addr addr;
    uint32_t net;
};

/** struct swarm_fault - A link that is cut for a while */
struct swarm_fault {
    struct weft_link *link;
    uint64_t from_ns, to_ns;
};

/** struct swarm - A scenario */
struct swarm {
    uint64_t seed;
    struct sim_rng rng, poke_rng, ecn_rng;
    struct weft_world *w;
    struct weft_swarm_watch watch;

    uint32_t hosts_n, routers_n, pairs_n, links_n, faults_n;
    struct swarm_host host[SWARM_HOSTS_MAX];
    struct weft_node *router[SWARM_ROUTERS_MAX];
    struct weft_bridge *bridge[SWARM_NETS_MAX];
    uint32_t mtu[SWARM_NETS_MAX];
    struct weft_link *link[SWARM_LINKS_MAX];
    struct swarm_fault fault[4];
    struct weft_actor *client[SWARM_PAIRS_MAX], *server[SWARM_PAIRS_MAX];
    uint32_t hops[SWARM_PAIRS_MAX]; /* Routers between the two, and one. */

    uint32_t pokes_left;
    bool has_forgotten;    /* A neighbour was forgotten; a datagram may have waited for it. */
    uint64_t heal_ns;      /* From then on every link is whole. */
    bool has_cuts;         /* Connections may fail for want of a path. */
    bool has_tight_memory; /* Stacks with the smallest tables there may be. */
    bool has_lossless_links;
    bool has_corrupt_link; /* One link flips bits; two could cancel each other in a checksum. */
};

/** wf_swarm_say() - A line of the description */
void wf_swarm_say(struct swarm *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** wf_swarm_pick() - One of a list of numbers */
uint64_t wf_swarm_pick(struct swarm *s, const uint64_t *list, size_t n);

/** wf_swarm_ccs() - How many algorithms of congestion control there are */
uint32_t wf_swarm_ccs(void);

/** wf_swarm_topology() - Nets, routers, hosts, links, routes; false: the world failed */
bool wf_swarm_topology(struct swarm *s);

/** wf_swarm_faults() - Cuts, and the time of healing */
bool wf_swarm_faults(struct swarm *s);

/** wf_swarm_actors() - Pairs of servers and clients */
bool wf_swarm_actors(struct swarm *s);

/** wf_swarm_pokes() - Disturbances while the faults last */
void wf_swarm_pokes(struct swarm *s);

/** wf_swarm_judge() - Whether the actors did what they had to; the failure in @out if not */
bool wf_swarm_judge(struct swarm *s, struct weft_swarm_result *out);

#endif /* SIM_SWARM_H */
