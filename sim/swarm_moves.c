/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim swarm moves - addresses that move
 *
 * Either the hardware addresses of hosts change, as when a card is replaced: transfers go on. Or an
 * address leaves one host and appears on another of the same net, as when a standby takes over: a
 * connection to it goes on or ends with an error that says so, and one begun afterwards finds the
 * new host. Neighbours hear of both by a gratuitous ARP.
 */
#include <stdio.h>
#include <string.h>

#include "swarm.h"

#define CHANGES_MAX 6U
#define SERVICE     200U /* Host number of the address that moves. */
#define PORT        2000U
#define CALM_NS     (3 * SWARM_S) /* A change within a second of another may not be believed. */

struct swarm_moves {
    struct sim_rng rng;
    uint32_t left;

    struct weft_addr service;
    uint32_t at; /* Which of the two has it. */
    struct swarm_port *home[2];
    struct weft_actor *server[2];
    struct weft_actor *early, *late; /* Clients: before and across moves, and after the last. */
};

/* ---- hardware addresses ---- */

static void change_mac(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    struct swarm_moves *m = s->moves;
    const struct swarm_host *h = &s->host[sim_rng_below(&m->rng, s->hosts_n)];
    struct swarm_port *p = wf_swarm_port(s, h->node, h->net);
    weft_world_mac(w, p->mac);
    int r = weft_if_set_mac(weft_node_stack(p->node), weft_link_config_get(p->link)->end[0].ifindex,
                            p->mac);
    if (r != 0)
        wf_sim_fail(w, "%s keeps its hardware address: %s", weft_node_name(p->node),
                    weft_strerror(r));
    weft_node_touch(p->node);
    uint64_t next_ns = w->now_ns + CALM_NS + sim_rng_below(&m->rng, CALM_NS);
    if (--m->left > 0 && next_ns < s->heal_ns && weft_world_at(w, next_ns, change_mac, s) != 0)
        wf_sim_fail(w, "a change cannot be planned");
}

/* ---- an address that two hosts have in turn ---- */

static void appear(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    struct swarm_port *p = s->moves->home[s->moves->at];
    int r = weft_addr_add(weft_node_stack(p->node), p->ifindex, &s->moves->service, 24);
    if (r != 0)
        wf_sim_fail(w, "%s cannot take the address: %s", weft_node_name(p->node), weft_strerror(r));
    weft_node_touch(p->node);
}

static void move(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    struct swarm_moves *m = s->moves;
    struct swarm_port *p = m->home[m->at];
    int r = weft_addr_del(weft_node_stack(p->node), p->ifindex, &m->service);
    if (r != 0)
        wf_sim_fail(w, "%s keeps the address: %s", weft_node_name(p->node), weft_strerror(r));
    weft_node_touch(p->node);
    m->at ^= 1;
    uint64_t gap_ns = sim_rng_below(&m->rng, 2) == 0 ? 0 : sim_rng_below(&m->rng, SWARM_S);
    r = weft_world_at(w, w->now_ns + gap_ns, appear, s);
    if (r == 0 && --m->left > 0)
        r = weft_world_at(w, w->now_ns + CALM_NS + sim_rng_below(&m->rng, CALM_NS), move, s);
    if (r != 0)
        wf_sim_fail(w, "a move cannot be planned");
}

static bool add_actor(struct swarm *s, const struct weft_actor_config *from, const char *name,
                      struct weft_node *node, struct weft_actor **out)
{
    struct weft_actor_config c = *from;
    (void)snprintf(c.name, sizeof(c.name), "%s %s", name, weft_node_name(node));
    c.node = node;
    return weft_actor_add(s->w, &c, out) == 0;
}

static bool add_actors(struct swarm *s, struct weft_node *client)
{
    struct swarm_moves *m = s->moves;
    struct weft_actor_config c, v;
    memset(&c, 0, sizeof(c));
    memset(&v, 0, sizeof(v));
    v.kind = WEFT_ACTOR_TCP_ECHO;
    v.local.port = PORT;
    v.pattern = c.pattern = sim_rng_next(&m->rng);
    c.kind = WEFT_ACTOR_TCP_ECHO_CLIENT;
    c.remote.addr = m->service;
    c.remote.port = PORT;
    c.bytes = sim_rng_range(&m->rng, 1, 200000);
    c.count = (uint32_t)sim_rng_range(&m->rng, 1, 5);
    c.write_bytes = 2000;
    c.write_every_ns = sim_rng_range(&m->rng, 1, 200) * SWARM_MS;
    /* A server whose address is gone cannot say so: who waits for it has to ask. */
    wf_swarm_keep_alive(&c);
    bool ok = add_actor(s, &v, "service", m->home[0]->node, &m->server[0]) &&
              add_actor(s, &v, "service", m->home[1]->node, &m->server[1]) &&
              add_actor(s, &c, "early", client, &m->early);
    c.start_ns = s->heal_ns + (2 * CHANGES_MAX + 1) * CALM_NS;
    c.write_every_ns = 0;
    return ok && add_actor(s, &c, "late", client, &m->late);
}

/* Two hosts of a net, and a third one anywhere; without them nothing moves. */
static bool choose_homes(struct swarm *s, struct weft_node **client)
{
    struct swarm_moves *m = s->moves;
    uint32_t first = (uint32_t)sim_rng_below(&m->rng, s->hosts_n);
    const struct swarm_host *a = &s->host[first], *b = NULL;
    *client = NULL;
    for (uint32_t i = 1; i < s->hosts_n; i++) {
        const struct swarm_host *h = &s->host[(first + i) % s->hosts_n];
        if (b == NULL && h->net == a->net)
            b = h;
        else
            *client = h->node;
    }
    if (b == NULL || *client == NULL)
        return false;
    m->home[0] = wf_swarm_port(s, a->node, a->net);
    m->home[1] = wf_swarm_port(s, b->node, b->net);
    m->service = wf_swarm_addr(a->net, SERVICE);
    wf_swarm_say(s, "an address moves between %s and %s, %u times", weft_node_name(a->node),
                 weft_node_name(b->node), m->left);
    return true;
}

bool wf_swarm_moves(struct swarm *s)
{
    struct weft_node *client;
    if (!s->has_mac_changes && !s->has_addr_moves)
        return true;
    struct swarm_moves *m = wf_sim_alloc(s->w, sizeof(*m));
    if (m == NULL)
        return false;
    s->moves = m;
    sim_rng_seed(&m->rng, s->seed, "moves", 0);
    m->left = (uint32_t)sim_rng_range(&m->rng, 1, CHANGES_MAX);
    uint64_t at_ns = SWARM_S + sim_rng_below(&m->rng, 4 * SWARM_S);
    if (s->has_mac_changes)
        return weft_world_at(s->w, at_ns, change_mac, s) == 0;
    if (!choose_homes(s, &client)) {
        s->moves = NULL;
        return true;
    }
    appear(s->w, s);
    return add_actors(s, client) && weft_world_at(s->w, at_ns, move, s) == 0;
}

/* ---- what must hold ---- */

/* The error by which it may fail, 0 = none; besides it, ARP requests may be lost. */
static bool judge(const struct swarm *s, const struct weft_actor *a, int err,
                  struct weft_swarm_result *out)
{
    const struct weft_actor_result *r = weft_actor_result(a);
    const char *name = weft_actor_config_get(a)->name;
    bool is_lost = r->err == WEFT_EHOSTUNREACH && !s->has_lossless_links;
    out->bytes += r->bytes_in;
    if (r->has_failed && (err == 0 || (r->err != err && !is_lost)))
        (void)snprintf(out->failure, sizeof(out->failure), "%s failed: %s", name,
                       weft_strerror(r->err));
    else if (!r->has_failed && !wf_sim_actor_is_complete(a))
        (void)snprintf(out->failure, sizeof(out->failure), "%s is not complete", name);
    else
        return true;
    return false;
}

bool wf_swarm_moves_judge(const struct swarm *s, struct weft_swarm_result *out)
{
    const struct swarm_moves *m = s->moves;
    if (m == NULL || m->early == NULL)
        return true;
    return judge(s, m->server[0], WEFT_EADDRNOTAVAIL, out) &&
           judge(s, m->server[1], WEFT_EADDRNOTAVAIL, out) &&
           judge(s, m->early, WEFT_ECONNRESET, out) && judge(s, m->late, 0, out);
}
