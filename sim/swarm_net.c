/* SPDX-License-Identifier: MIT */
/** DOC: sim swarm net - a chain of subnets, with limits and faults drawn from the seed */
#include <stdio.h>
#include <string.h>

#include "swarm.h"
#include "weft/arp.h"
#include "weft/vlan.h"

/* Router r joins net r, where it is .1, and net r + 1, where it is .2. */
#define RIGHT_ROUTER 1U
#define LEFT_ROUTER  2U
#define RIGHT_TWIN   3U /* A second router beside it, where there is one. */
#define LEFT_TWIN    4U
#define FIRST_HOST   10U
#define FIRST_VLAN   10U
#define PREFIX_LEN   24U

struct weft_addr wf_swarm_addr(uint32_t net, uint32_t host)
{
    return weft_ip4(10, (uint8_t)net, 0, (uint8_t)host);
}

/* ---- stacks ---- */

static void draw_limits(struct swarm *s, struct weft_node_config *cfg)
{
    static const uint64_t pkts[] = {96, 128, 256, 1024}, lent[] = {16, 32, 128, 512};
    static const uint64_t blocks[] = {128, 256, 1024}, records[] = {64, 256, 1024};
    static const uint64_t chunk[] = {4096, 8192, 16384, 65536};
    struct weft_config *c = &cfg->stack;
    if (sim_rng_below(&s->rng, 2) == 0)
        c->chunk_bytes = (uint32_t)wf_swarm_pick(s, chunk, 4);
    c->neigh_wait_max = 256; /* The first datagram may be cut into many. */
    if (s->has_attacker && s->neighs_max != 0)
        c->neighs_max = s->neighs_max;
    if (!s->has_tight_memory)
        return;
    c->pkts_max = (uint32_t)wf_swarm_pick(s, pkts, 4);
    c->lent_max = (uint32_t)wf_swarm_pick(s, lent, 4);
    c->blocks_max = (uint32_t)wf_swarm_pick(s, blocks, 3);
    c->tcp_records_max = (uint32_t)wf_swarm_pick(s, records, 3);
    c->tcp_timewait_max = (uint32_t)sim_rng_range(&s->rng, 1, 16);
    c->neigh_wait_max = (uint32_t)sim_rng_range(&s->rng, 1, 4);
    cfg->area_bytes = (size_t)sim_rng_range(&s->rng, 1, 4) << 20;
}

static struct weft_node *add_node(struct swarm *s, const char *kind, uint32_t number,
                                  bool is_router)
{
    char name[WEFT_SIM_NAME_MAX];
    struct weft_node_config cfg;
    struct weft_node *node = NULL;
    (void)snprintf(name, sizeof(name), "%s%u", kind, number);
    weft_node_config_default(&cfg, name);
    cfg.stack.is_forwarding = is_router;
    cfg.stack.tcp_ecn = (uint8_t)sim_rng_below(&s->ecn_rng, 4);
    /* The default would get over defects that are to be found. */
    cfg.stack.tcp_mtu_probing = s->seed % 4 == 0 ? 2 : 0;
    draw_limits(s, &cfg);
    int r = weft_node_add(s->w, &cfg, &node);
    if (r != 0)
        wf_sim_fail(s->w, "node %s: %s", name, weft_strerror(r));
    wf_swarm_say(s, "%s: packets %u, lent %u, blocks %u, records %u, chunks of %u in %zu KiB", name,
                 cfg.stack.pkts_max, cfg.stack.lent_max, cfg.stack.blocks_max,
                 cfg.stack.tcp_records_max, cfg.stack.chunk_bytes, cfg.area_bytes >> 10);
    return node;
}

/* ---- links ---- */

static void draw_quality(struct swarm *s, struct weft_link_quality *q)
{
    static const uint64_t rates[] = {256000, 1000000, 10000000, 100000000, 1000000000};
    struct sim_rng *r = &s->rng;
    memset(q, 0, sizeof(*q));
    if (sim_rng_below(r, 4) != 0)
        q->delay_ns = sim_rng_below(r, 40 * SWARM_MS);
    if (s->has_attacker) /* The strict policy waits 100 ms for an owner. */
        q->delay_ns /= 8;
    if (s->has_lossless_links) { /* Fast enough that nothing waits for long. */
        q->rate_bps = sim_rng_below(r, 2) == 0 ? 0 : 1000000000;
        return;
    }
    if (sim_rng_below(r, 4) != 0)
        q->rate_bps = wf_swarm_pick(s, rates, 5);
    if (sim_rng_below(r, 3) == 0)
        q->queue_pkts = (uint32_t)sim_rng_range(r, 2, 200);
    /* No queue holds more than some 300 ms: ARP gives up after three seconds. */
    q->queue_bytes = q->rate_bps == 0 ? 0 : (uint32_t)(q->rate_bps / 27 + 20000);
    if (q->rate_bps != 0 && sim_rng_below(&s->ecn_rng, 2) == 0)
        q->ecn_pkts = (uint32_t)sim_rng_range(&s->ecn_rng, 1, 20);
    if (sim_rng_below(r, 4) == 0)
        q->jitter_ns = sim_rng_below(r, 10 * SWARM_MS);
    q->may_jitter_reorder = sim_rng_below(r, 2) == 0;
    if (sim_rng_below(r, 3) == 0)
        q->loss_ppm = (uint32_t)sim_rng_below(r, 50000);
    if (sim_rng_below(r, 6) == 0) {
        q->burst_enter_ppm = (uint32_t)sim_rng_below(r, 10000);
        q->burst_leave_ppm = (uint32_t)sim_rng_range(r, 100000, 500000);
        q->burst_loss_ppm = (uint32_t)sim_rng_range(r, 300000, 1000000);
    }
    if (sim_rng_below(r, 4) == 0) {
        q->reorder_ppm = (uint32_t)sim_rng_below(r, 100000);
        q->reorder_ns = sim_rng_below(r, 30 * SWARM_MS);
    }
    if (sim_rng_below(r, 4) == 0)
        q->dup_ppm = (uint32_t)sim_rng_below(r, 50000);
    s->has_dup_links |= q->dup_ppm != 0;
    if (!s->has_corrupt_link && sim_rng_below(r, 8) == 0) {
        q->corrupt_ppm = (uint32_t)sim_rng_range(r, 1000, 20000);
        q->is_corrupt_one_way = true; /* Two fragments of a datagram may both be hit. */
        s->has_corrupt_link = true;
    }
}

static void say_link(struct swarm *s, const struct weft_link_config *lc, unsigned dir)
{
    const struct weft_link_quality *q = &lc->quality[dir];
    wf_swarm_say(s,
                 "  %s %s: rate %llu, delay %llu us, jitter %llu us, queue %u, loss %u, burst %u, "
                 "ecn %u, reorder %u, dup %u, corrupt %u",
                 lc->name, dir == 0 ? "out" : "in", (unsigned long long)q->rate_bps,
                 (unsigned long long)(q->delay_ns / 1000),
                 (unsigned long long)(q->jitter_ns / 1000), q->queue_pkts, q->loss_ppm,
                 q->burst_enter_ppm, q->ecn_pkts, q->reorder_ppm, q->dup_ppm, q->corrupt_ppm);
}

/* The link of a node to the bridge of a net, if a VLAN of it may be one more; or NULL. */
static struct weft_link *trunk_of(const struct swarm *s, const struct weft_node *node, uint32_t net)
{
    for (uint32_t i = 0; i < s->ports_n && s->has_one_arm; i++)
        if (s->port[i].node == node && s->bridge[s->port[i].net] == s->bridge[net])
            return s->port[i].link;
    return NULL;
}

/* Tables of a few dozen packets are for cards that give frames back at once. */
static struct weft_link *add_link(struct swarm *s, struct weft_node *node, uint32_t net)
{
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    (void)snprintf(lc.name, sizeof(lc.name), "%s-net%u", weft_node_name(node), net);
    lc.mtu = s->wire_mtu[net];
    lc.is_copying = s->has_tight_memory || sim_rng_below(&s->rng, 2) == 0;
    lc.has_backpressure = sim_rng_below(&s->rng, 2) == 0;
    lc.end[0].kind = WEFT_END_NODE;
    lc.end[0].node = node;
    (void)snprintf(lc.end[0].netif.name, WEFT_IF_NAME_MAX, "eth%u", net);
    weft_world_mac(s->w, lc.end[0].netif.mac);
    lc.end[0].netif.mtu = s->wire_mtu[net];
    if (!s->has_lossless_links && sim_rng_below(&s->rng, 3) == 0)
        lc.end[0].netif.txq_max = (uint16_t)sim_rng_range(&s->rng, 4, 64);
    lc.end[1].kind = WEFT_END_BRIDGE;
    lc.end[1].bridge = s->bridge[net];
    draw_quality(s, &lc.quality[0]);
    draw_quality(s, &lc.quality[1]);
    struct weft_link *link = NULL;
    int r = weft_link_add(s->w, &lc, &link);
    if (r == 0)
        s->link[s->links_n++] = link;
    else
        wf_sim_fail(s->w, "link %s: %s", lc.name, weft_strerror(r));
    say_link(s, &lc, 0);
    say_link(s, &lc, 1);
    return link;
}

/* The interface of a net on a link: the link's own, or one for its VLAN. */
static int interface_on(struct swarm *s, struct weft_node *node, uint32_t net,
                        const struct weft_link *link)
{
    uint16_t parent = weft_link_config_get(link)->end[0].ifindex;
    char name[WEFT_IF_NAME_MAX];
    (void)snprintf(name, sizeof(name), "vlan%u", s->vlan[net]);
    struct weft_vlan_config vc = {
        .name = name, .parent = parent, .id = s->vlan[net], .mtu = s->mtu[net]};
    return vc.id == 0 ? (int)parent : weft_vlan_add(weft_node_stack(node), &vc);
}

static bool set_policy(const struct swarm *s, struct weft_node *node, uint16_t ifindex)
{
    struct weft_neigh_options o;
    struct weft_stack *st = weft_node_stack(node);
    if (!s->has_attacker)
        return true;
    int r = weft_neigh_options_get(st, ifindex, &o);
    o.policy = (uint8_t)s->policy;
    return r == 0 && weft_neigh_options_set(st, ifindex, &o) == 0;
}

static bool is_any(const struct weft_addr *addr)
{
    const struct weft_addr any = {.b = {0}};
    return memcmp(addr->b, any.b, sizeof(any.b)) == 0;
}

bool wf_swarm_attach(struct swarm *s, struct weft_node *node, uint32_t net, struct weft_addr addr)
{
    struct weft_link *link = trunk_of(s, node, net);
    if (link == NULL)
        link = add_link(s, node, net);
    if (link == NULL)
        return false;
    int ifindex = interface_on(s, node, net, link);
    int r = ifindex < 0 ? ifindex : 0;
    struct swarm_port *p = &s->port[s->ports_n];
    if (r == 0) {
        *p = (struct swarm_port){
            .node = node, .link = link, .net = net, .ifindex = (uint16_t)ifindex, .addr = addr};
        memcpy(p->mac, weft_link_config_get(link)->end[0].netif.mac, sizeof(p->mac));
        s->ports_n++;
    }
    if (r == 0 && !set_policy(s, node, p->ifindex))
        r = -WEFT_EINVAL;
    if (r == 0 && !is_any(&addr))
        r = weft_addr_add(weft_node_stack(node), p->ifindex, &addr, PREFIX_LEN);
    if (r != 0)
        wf_sim_fail(s->w, "%s on net %u: %s", weft_node_name(node), net, weft_strerror(r));
    return r == 0;
}

struct swarm_port *wf_swarm_port(struct swarm *s, const struct weft_node *node, uint32_t net)
{
    for (uint32_t i = 0; i < s->ports_n; i++)
        if (s->port[i].node == node && s->port[i].net == net)
            return &s->port[i];
    return NULL;
}

/* ---- routes ---- */

static bool add_route(struct swarm *s, struct weft_node *node, const struct weft_route *route)
{
    int r = weft_route_add(weft_node_stack(node), route);
    if (r != 0)
        wf_sim_fail(s->w, "route of %s: %s", weft_node_name(node), weft_strerror(r));
    return r == 0;
}

/* The way from net @from to @net, by the router between @from and the next one; where there are two
 * routers, by the one, by the other, or by both in equal shares. */
static bool add_way(struct swarm *s, struct weft_node *node, uint32_t from, uint32_t net)
{
    bool is_right = net > from;
    uint32_t between = is_right ? from : from - 1;
    struct weft_route route;
    memset(&route, 0, sizeof(route));
    route.dst = wf_swarm_addr(net, 0);
    route.prefix_len = PREFIX_LEN;
    route.gateway = wf_swarm_addr(from, is_right ? RIGHT_ROUTER : LEFT_ROUTER);
    if (s->twin == NULL || s->twin_at != between)
        return add_route(s, node, &route);
    struct weft_route other = route;
    other.gateway = wf_swarm_addr(from, is_right ? RIGHT_TWIN : LEFT_TWIN);
    uint64_t way = sim_rng_below(&s->kind_rng, 3);
    if (way == 2) {
        route.weight = (uint8_t)sim_rng_range(&s->kind_rng, 1, 3);
        other.weight = (uint8_t)sim_rng_range(&s->kind_rng, 1, 3);
    } else {
        route.metric = way == 0 ? 10 : 20;
        other.metric = way == 0 ? 20 : 10;
    }
    return add_route(s, node, &route) && add_route(s, node, &other);
}

static bool add_router_way(struct swarm *s, struct weft_node *node, uint32_t at, uint32_t net)
{
    if (net < at)
        return add_way(s, node, at, net);
    return net > at + 1 ? add_way(s, node, at + 1, net) : true;
}

static bool add_routes(struct swarm *s)
{
    bool ok = true;
    for (uint32_t net = 0; net <= s->routers_n && ok; net++) {
        for (uint32_t h = 0; h < s->hosts_n && ok; h++)
            if (s->host[h].net != net)
                ok = add_way(s, s->host[h].node, s->host[h].net, net);
        for (uint32_t r = 0; r < s->routers_n && ok; r++)
            ok = add_router_way(s, s->router[r], r, net);
        if (s->twin != NULL && ok)
            ok = add_router_way(s, s->twin, s->twin_at, net);
    }
    return ok;
}

/* ---- nodes and nets ---- */

/* Which worlds have what; drawn apart, so that the rest of a seed stays as it was without it. */
static void draw_kinds(struct swarm *s)
{
    static const enum weft_arp_policy policies[] = {WEFT_ARP_STRICT,  WEFT_ARP_STRICT,
                                                    WEFT_ARP_STRICT,  WEFT_ARP_CAREFUL,
                                                    WEFT_ARP_CAREFUL, WEFT_ARP_TRUSTING};
    struct sim_rng *r = &s->kind_rng;
    s->has_twin = s->routers_n > 0 && sim_rng_below(r, 3) == 0;
    s->twin_at = (uint32_t)sim_rng_below(r, s->routers_n);
    s->has_trunk = sim_rng_below(r, 3) == 0;
    s->trunk_at = (uint32_t)sim_rng_below(r, s->routers_n);
    s->has_native = sim_rng_below(r, 2) == 0;
    s->has_one_arm = sim_rng_below(r, 2) == 0;
    s->has_groups = sim_rng_below(r, 3) == 0;
    s->has_attacker = sim_rng_below(r, 4) == 0;
    s->policy = policies[sim_rng_below(r, sizeof(policies) / sizeof(policies[0]))];
    s->has_pins = s->policy == WEFT_ARP_CAREFUL && sim_rng_below(r, 2) == 0;
    s->neighs_max = sim_rng_below(r, 2) == 0 ? 0 : (uint32_t)sim_rng_range(r, 24, 64);
    bool is_moving = !s->has_attacker && sim_rng_below(r, 3) == 0;
    s->has_mac_changes = is_moving && sim_rng_below(r, 2) == 0;
    s->has_addr_moves = is_moving && !s->has_mac_changes;
    wf_swarm_say(s, "kinds:%s%s%s%s%s%s", s->has_twin ? " twin" : "", s->has_trunk ? " trunk" : "",
                 s->has_groups ? " groups" : "", s->has_attacker ? " attacker" : "",
                 s->has_mac_changes ? " hardware addresses change" : "",
                 s->has_addr_moves ? " addresses move" : "");
}

/* The two nets at a trunk share a switch: one has no tags, or both have. */
static bool add_net(struct swarm *s, uint32_t net)
{
    static const uint64_t mtus[] = {1500, 1500, 1500, 1500, 1400, 1280, 9000, 576, 296};
    char name[WEFT_SIM_NAME_MAX];
    bool is_hub = sim_rng_below(&s->rng, 5) == 0;
    (void)snprintf(name, sizeof(name), "net%u", net);
    s->mtu[net] = (uint32_t)wf_swarm_pick(s, mtus, sizeof(mtus) / sizeof(mtus[0]));
    s->wire_mtu[net] = s->mtu[net];
    bool is_second = s->has_trunk && net > 0 && net == s->trunk_at + 1;
    if (is_second || (s->has_trunk && net == s->trunk_at && !s->has_native))
        s->vlan[net] = (uint16_t)(FIRST_VLAN + net);
    if (is_second) {
        s->wire_mtu[net] = s->wire_mtu[net - 1];
        s->mtu[net] = s->mtu[net] < s->wire_mtu[net] ? s->mtu[net] : s->wire_mtu[net];
        s->bridge[net] = s->bridge[net - 1];
    }
    wf_swarm_say(s, "%s: %s, MTU %u, VLAN %u", name, is_hub ? "hub" : "switch", s->mtu[net],
                 s->vlan[net]);
    return is_second || weft_bridge_add(s->w, name, is_hub ? WEFT_BRIDGE_HUB : WEFT_BRIDGE_SWITCH,
                                        0, &s->bridge[net]) == 0;
}

static bool add_routers(struct swarm *s)
{
    bool ok = true;
    for (uint32_t i = 0; i < s->routers_n && ok; i++) {
        s->router[i] = add_node(s, "router", i, true);
        ok = s->router[i] != NULL &&
             wf_swarm_attach(s, s->router[i], i, wf_swarm_addr(i, RIGHT_ROUTER)) &&
             wf_swarm_attach(s, s->router[i], i + 1, wf_swarm_addr(i + 1, LEFT_ROUTER));
    }
    if (!ok || !s->has_twin)
        return ok;
    s->twin = add_node(s, "twin", s->twin_at, true);
    return s->twin != NULL &&
           wf_swarm_attach(s, s->twin, s->twin_at, wf_swarm_addr(s->twin_at, RIGHT_TWIN)) &&
           wf_swarm_attach(s, s->twin, s->twin_at + 1, wf_swarm_addr(s->twin_at + 1, LEFT_TWIN));
}

bool wf_swarm_topology(struct swarm *s)
{
    struct sim_rng *r = &s->rng;
    bool ok = true;
    s->hosts_n = (uint32_t)sim_rng_range(r, 2, SWARM_HOSTS_MAX);
    s->routers_n = (uint32_t)sim_rng_below(r, SWARM_ROUTERS_MAX + 1);
    s->has_tight_memory = sim_rng_below(r, 3) == 0;
    s->has_lossless_links = sim_rng_below(r, 4) == 0;
    wf_swarm_say(s, "seed %llu: %u hosts, %u routers%s%s", (unsigned long long)s->seed, s->hosts_n,
                 s->routers_n, s->has_tight_memory ? ", tight memory" : "",
                 s->has_lossless_links ? ", lossless links" : "");
    draw_kinds(s);
    for (uint32_t net = 0; net <= s->routers_n && ok; net++)
        ok = add_net(s, net);
    ok = ok && add_routers(s);
    for (uint32_t i = 0; i < s->hosts_n && ok; i++) {
        struct swarm_host *h = &s->host[i];
        h->net = (uint32_t)sim_rng_below(r, s->routers_n + 1);
        h->addr = wf_swarm_addr(h->net, FIRST_HOST + i);
        h->node = add_node(s, "host", i, false);
        ok = h->node != NULL && wf_swarm_attach(s, h->node, h->net, h->addr);
    }
    if (ok && s->has_attacker) {
        s->attacker = add_node(s, "attacker", 0, false);
        s->attacked_net = s->host[sim_rng_below(&s->kind_rng, s->hosts_n)].net;
        ok = s->attacker != NULL &&
             wf_swarm_attach(s, s->attacker, s->attacked_net, (struct weft_addr){.b = {0}});
    }
    return ok && add_routes(s);
}

/* ---- faults in time ---- */

static void cut(struct weft_world *w, void *user)
{
    struct swarm_fault *f = user;
    (void)w;
    weft_link_cut(f->link, true);
}

static void mend(struct weft_world *w, void *user)
{
    struct swarm_fault *f = user;
    (void)w;
    weft_link_cut(f->link, false);
}

/* Delay and rate stay, and so does a queue; nothing is lost by chance any more. */
static void heal(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    (void)w;
    for (uint32_t i = 0; i < s->links_n; i++) {
        weft_link_cut(s->link[i], false);
        for (unsigned dir = 0; dir < 2; dir++) {
            struct weft_link_quality q = weft_link_config_get(s->link[i])->quality[dir];
            q.loss_ppm = q.burst_enter_ppm = q.burst_loss_ppm = q.corrupt_ppm = q.dup_ppm = 0;
            q.reorder_ppm = 0;
            q.jitter_ns = 0;
            weft_link_set_quality(s->link[i], dir, &q);
        }
    }
}

bool wf_swarm_faults(struct swarm *s)
{
    struct sim_rng *r = &s->rng;
    s->heal_ns = sim_rng_range(r, 5, 30) * SWARM_S;
    s->has_cuts = !s->has_lossless_links && sim_rng_below(r, 4) == 0;
    uint32_t n = s->has_cuts ? (uint32_t)sim_rng_range(r, 1, 4) : 0;
    bool ok = weft_world_at(s->w, s->heal_ns, heal, s) == 0;
    for (uint32_t i = 0; i < n && ok; i++) {
        struct swarm_fault *f = &s->fault[s->faults_n++];
        f->link = s->link[sim_rng_below(r, s->links_n)];
        f->from_ns = sim_rng_below(r, s->heal_ns);
        f->to_ns = f->from_ns + sim_rng_range(r, 10 * SWARM_MS, 10 * SWARM_S);
        wf_swarm_say(s, "cut %s from %llu to %llu ms", weft_link_config_get(f->link)->name,
                     (unsigned long long)(f->from_ns / SWARM_MS),
                     (unsigned long long)(f->to_ns / SWARM_MS));
        ok = weft_world_at(s->w, f->from_ns, cut, f) == 0 &&
             weft_world_at(s->w, f->to_ns, mend, f) == 0;
    }
    wf_swarm_say(s, "healed at %llu s", (unsigned long long)(s->heal_ns / SWARM_S));
    return ok;
}
