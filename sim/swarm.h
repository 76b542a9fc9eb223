/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim swarm - what the files of the swarm share
 *
 * A scenario is a chain of subnets with routers between them, hosts on the subnets, faults on the
 * links until a certain time, and pairs of actors. Some worlds have more: two routers side by side,
 * two subnets as VLANs of one switch, groups and broadcasts, addresses that move, an attacker who
 * lies by ARP. Everything is drawn from the seed.
 */
#ifndef SIM_SWARM_H
#define SIM_SWARM_H

#include "weft/arp.h"
#include "world.h"

#define SWARM_HOSTS_MAX   8U
#define SWARM_ROUTERS_MAX 3U
#define SWARM_NETS_MAX    (SWARM_ROUTERS_MAX + 1)
#define SWARM_LINKS_MAX   (SWARM_HOSTS_MAX + 2 * SWARM_ROUTERS_MAX + 3) /* Twin and attacker. */
#define SWARM_PAIRS_MAX   8U
#define SWARM_MS          UINT64_C(1000000)
#define SWARM_S           UINT64_C(1000000000)

/** struct swarm_host - A host and where it is */
struct swarm_host {
    struct weft_node *node;
    struct weft_addr addr;
    uint32_t net;
};

/** struct swarm_port - An interface of a node, and the net it is on */
struct swarm_port {
    struct weft_node *node;
    struct weft_link *link;
    uint32_t net;
    uint16_t ifindex; /* Of the VLAN, where the net is one. */
    uint8_t mac[6];
    struct weft_addr addr; /* Unspecified: an attacker's. */
};

struct swarm_groups;
struct swarm_attack;
struct swarm_moves;

/** struct swarm_fault - A link that is cut for a while */
struct swarm_fault {
    struct weft_link *link;
    uint64_t from_ns, to_ns;
};

/** struct swarm - A scenario */
struct swarm {
    uint64_t seed;
    struct sim_rng rng, poke_rng, ecn_rng, kind_rng;
    struct weft_world *w;
    struct weft_swarm_watch watch;

    uint32_t hosts_n, routers_n, pairs_n, links_n, faults_n;
    struct swarm_host host[SWARM_HOSTS_MAX];
    struct weft_node *router[SWARM_ROUTERS_MAX];
    struct weft_bridge *bridge[SWARM_NETS_MAX];
    uint32_t mtu[SWARM_NETS_MAX], wire_mtu[SWARM_NETS_MAX]; /* The wire's may be another VLAN's. */
    uint16_t vlan[SWARM_NETS_MAX];                          /* 0 = no tags. */
    struct weft_link *link[SWARM_LINKS_MAX];
    struct swarm_port port[SWARM_LINKS_MAX];
    uint32_t ports_n;
    struct swarm_fault fault[4];
    struct weft_actor *client[SWARM_PAIRS_MAX], *server[SWARM_PAIRS_MAX];
    uint32_t hops[SWARM_PAIRS_MAX]; /* Routers between the two, and one. */

    bool has_twin, has_trunk, has_native, has_one_arm;
    uint32_t twin_at, trunk_at; /* The net on the left of it. */
    struct weft_node *twin;     /* Beside router[twin_at]. */

    bool has_groups;
    struct swarm_groups *groups;

    bool has_attacker, has_pins; /* Pins: permanent entries of all neighbours. */
    enum weft_arp_policy policy;
    uint32_t neighs_max, attacked_net;
    struct weft_node *attacker;
    struct swarm_attack *attack;

    bool has_mac_changes, has_addr_moves;
    struct swarm_moves *moves;

    uint32_t pokes_left, forgets; /* forgets: times neighbours were forgotten on purpose. */
    bool has_forgotten;    /* A neighbour was forgotten; a datagram may have waited for it. */
    uint64_t heal_ns;      /* From then on every link is whole. */
    bool has_cuts;         /* Connections may fail for want of a path. */
    bool has_tight_memory; /* Stacks with the smallest tables there may be. */
    bool has_lossless_links;
    bool has_dup_links;    /* Frames may come twice. */
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

/** wf_swarm_addr() - The address of a host of a net */
struct weft_addr wf_swarm_addr(uint32_t net, uint32_t host);

/** wf_swarm_attach() - Plug a node into a net; false: the world failed */
bool wf_swarm_attach(struct swarm *s, struct weft_node *node, uint32_t net, struct weft_addr addr);

/** wf_swarm_port() - The interface of a node on a net; NULL if it has none */
struct swarm_port *wf_swarm_port(struct swarm *s, const struct weft_node *node, uint32_t net);

/** wf_swarm_groups() - Senders and members of groups, and calls to everybody, if there are any */
bool wf_swarm_groups(struct swarm *s);

/** wf_swarm_groups_tap() - A router sends a frame: is it for a group that nobody wants? */
void wf_swarm_groups_tap(struct swarm *s, const struct weft_tap *tap);

/** wf_swarm_groups_judge() - Whether all that had to come came; the failure in @out if not */
bool wf_swarm_groups_judge(struct swarm *s, struct weft_swarm_result *out);

/** wf_swarm_attack() - The attacker's plan, if there is one */
bool wf_swarm_attack(struct swarm *s);

/** wf_swarm_moves() - Addresses that change their hardware address or their host, if any do */
bool wf_swarm_moves(struct swarm *s);

/** wf_swarm_moves_judge() - Whether transfers to an address that moved ended as they may */
bool wf_swarm_moves_judge(const struct swarm *s, struct weft_swarm_result *out);

/** wf_swarm_keep_alive() - Let a client ask after a server that has been silent for 5 s */
void wf_swarm_keep_alive(struct weft_actor_config *c);

/** wf_swarm_is_harmed() - Whether lies may have cost a connection its path */
bool wf_swarm_is_harmed(const struct swarm *s);

/** wf_swarm_faults() - Cuts, and the time of healing */
bool wf_swarm_faults(struct swarm *s);

/** wf_swarm_actors() - Pairs of servers and clients */
bool wf_swarm_actors(struct swarm *s);

/** wf_swarm_pokes() - Disturbances while the faults last */
void wf_swarm_pokes(struct swarm *s);

/** wf_swarm_judge() - Whether the actors did what they had to; the failure in @out if not */
bool wf_swarm_judge(struct swarm *s, struct weft_swarm_result *out);

#endif /* SIM_SWARM_H */
