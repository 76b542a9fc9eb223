/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim swarm attack - a station on one net that lies by ARP
 *
 * Forged replies and claims, both ends of a path told that the other is the attacker, requests in
 * others' names, scans from addresses that nobody has, talk about third parties, packets to hosts
 * that are not there. It sends by its own hardware address and answers nothing. Whatever it does no
 * byte may be wrong and no table may grow beyond its limit; what a policy promises is checked:
 * permanent entries stay, and under the strict one an entry that was right stays right as long as
 * its owner's answers arrive. Under the others paths may be gone until the attack is over.
 */
#include <string.h>

#include "swarm.h"

#define ARP_BYTES    28U
#define ETH_BYTES    14U
#define TAG_BYTES    4U
#define IP_UDP_BYTES 28U
#define FRAME_MAX    (ETH_BYTES + TAG_BYTES + ARP_BYTES)
#define ARP_REQUEST  1U
#define ARP_REPLY    2U
#define STRANGERS    100U /* First host number that nobody has; there are 100. */
#define SCAN_MAX     16U

/** enum known - What one station has in its table for another */
enum known {
    KNOWN_NOT,
    KNOWN_RIGHT,
    KNOWN_WRONG,
};

/** struct lie - A message of ARP */
struct lie {
    uint8_t op;
    const uint8_t *dst; /* NULL = everybody. */
    struct weft_addr spa, tpa;
    uint8_t sha[6];
};

struct swarm_attack {
    struct sim_rng rng;
    const struct swarm_port *own;
    const struct swarm_port *on[SWARM_LINKS_MAX]; /* The honest ones on its net. */
    uint32_t on_n, left, forgets;
    uint64_t interval_ns;
    uint8_t known[SWARM_LINKS_MAX][SWARM_LINKS_MAX]; /* enum known: [whose table][of whom] */
};

bool wf_swarm_is_harmed(const struct swarm *s)
{
    if (!s->has_attacker)
        return false;
    return s->has_pins ? s->forgets > 0 : s->policy != WEFT_ARP_STRICT;
}

/* ---- frames ---- */

/* Destination, source, tag where the net is a VLAN, type; returns the octets written. */
static size_t begin_frame(const struct swarm *s, uint8_t *f, const uint8_t *dst, uint16_t type)
{
    static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint16_t vlan = s->vlan[s->attacked_net];
    size_t n = 12;
    memcpy(f, dst != NULL ? dst : all, 6);
    memcpy(f + 6, s->attack->own->mac, 6);
    if (vlan != 0) {
        f[n++] = 0x81;
        f[n++] = 0;
        f[n++] = (uint8_t)(vlan >> 8);
        f[n++] = (uint8_t)vlan;
    }
    f[n++] = (uint8_t)(type >> 8);
    f[n++] = (uint8_t)type;
    return n;
}

static void send_frame(struct swarm *s, const uint8_t *f, size_t n)
{
    if (weft_link_inject(s->attack->own->link, 0, f, n) != 0)
        wf_sim_fail(s->w, "the attacker cannot send");
}

static void tell(struct swarm *s, const struct lie *lie)
{
    static const uint8_t fixed[7] = {0, 1, 8, 0, 6, 4, 0};
    uint8_t f[FRAME_MAX] = {0};
    size_t n = begin_frame(s, f, lie->dst, 0x0806);
    uint8_t *at = f + n;
    memcpy(at, fixed, sizeof(fixed));
    at[7] = lie->op;
    memcpy(at + 8, lie->sha, 6);
    memcpy(at + 14, lie->spa.b + 12, 4);
    if (lie->dst != NULL && lie->op == ARP_REPLY)
        memcpy(at + 18, lie->dst, 6);
    memcpy(at + 24, lie->tpa.b + 12, 4);
    send_frame(s, f, n + ARP_BYTES);
}

static uint16_t ip_sum(const uint8_t *ip)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < 20; i += 2)
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

/* An empty datagram to a host that is not there: who forwards it has to ask for it. */
static void send_astray(struct swarm *s, const uint8_t *via)
{
    struct swarm_attack *a = s->attack;
    uint8_t f[FRAME_MAX] = {0};
    size_t n = begin_frame(s, f, via, 0x0800);
    uint8_t *ip = f + n;
    uint32_t net = (uint32_t)sim_rng_below(&a->rng, s->routers_n + 1);
    struct weft_addr src = wf_swarm_addr(s->attacked_net, STRANGERS);
    struct weft_addr dst =
        wf_swarm_addr(net, STRANGERS + (uint32_t)sim_rng_range(&a->rng, 1, STRANGERS - 1));
    ip[0] = 0x45;
    ip[3] = IP_UDP_BYTES;
    ip[8] = 64;
    ip[9] = 17;
    memcpy(ip + 12, src.b + 12, 4);
    memcpy(ip + 16, dst.b + 12, 4);
    uint16_t sum = ip_sum(ip);
    ip[10] = (uint8_t)(sum >> 8);
    ip[11] = (uint8_t)sum;
    ip[23] = 9; /* Discard. */
    ip[25] = 8;
    send_frame(s, f, n + IP_UDP_BYTES);
}

/* ---- lies ---- */

static const struct swarm_port *any_of(struct swarm_attack *a)
{
    return a->on[sim_rng_below(&a->rng, a->on_n)];
}

/* The victim is told that another is the attacker, unasked or as a question. */
static void poison(struct swarm *s, const struct swarm_port *victim, const struct swarm_port *other,
                   uint8_t op)
{
    struct lie lie = {.op = op, .dst = victim->mac, .spa = other->addr, .tpa = victim->addr};
    memcpy(lie.sha, s->attack->own->mac, 6);
    tell(s, &lie);
}

static void claim(struct swarm *s, const struct swarm_port *other, const struct swarm_port *about)
{
    struct lie lie = {.op = ARP_REQUEST, .spa = other->addr, .tpa = about->addr};
    memcpy(lie.sha, s->attack->own->mac, 6);
    if (sim_rng_below(&s->attack->rng, 4) == 0) /* Not even the sender of the frame. */
        lie.sha[5] ^= 0x55;
    tell(s, &lie);
}

static void scan(struct swarm *s, const struct swarm_port *victim)
{
    struct swarm_attack *a = s->attack;
    uint64_t n = sim_rng_range(&a->rng, 1, SCAN_MAX);
    for (uint64_t i = 0; i < n; i++) {
        uint32_t host = STRANGERS + (uint32_t)sim_rng_below(&a->rng, STRANGERS);
        struct lie lie = {.op = ARP_REQUEST,
                          .dst = victim->mac,
                          .spa = wf_swarm_addr(s->attacked_net, host),
                          .tpa = victim->addr};
        memcpy(lie.sha, a->own->mac, 6);
        tell(s, &lie);
    }
}

static void sweep(struct swarm *s, const struct swarm_port *victim)
{
    if (s->neighs_max != 0 && !wf_swarm_is_harmed(s)) /* A small table could be full of these. */
        return;
    for (uint64_t i = sim_rng_below(&s->attack->rng, 8); i > 0; i--)
        send_astray(s, victim->mac);
}

static void attack(struct swarm *s)
{
    struct swarm_attack *a = s->attack;
    const struct swarm_port *x = any_of(a), *y = any_of(a);
    switch (sim_rng_below(&a->rng, 7)) {
    case 0:
        poison(s, x, y, ARP_REPLY);
        break;
    case 1:
        poison(s, x, y, ARP_REPLY);
        poison(s, y, x, ARP_REPLY);
        break;
    case 2:
        poison(s, x, y, ARP_REQUEST);
        poison(s, y, x, ARP_REQUEST);
        break;
    case 3:
        claim(s, x, x);
        break;
    case 4:
        claim(s, x, y);
        break;
    case 5:
        scan(s, x);
        break;
    default:
        sweep(s, x);
        break;
    }
}

/* ---- what must hold ---- */

static enum known judge_entry(const struct weft_neigh_info *n, const struct swarm_port *of)
{
    bool is_usable = n->state == WEFT_NEIGH_REACHABLE || n->state == WEFT_NEIGH_STALE ||
                     n->state == WEFT_NEIGH_PROBE || n->state == WEFT_NEIGH_PERMANENT;
    if (!is_usable)
        return KNOWN_NOT;
    return memcmp(n->mac, of->mac, 6) == 0 ? KNOWN_RIGHT : KNOWN_WRONG;
}

static void check_entry(struct swarm *s, uint32_t whose, uint32_t of, enum known known)
{
    struct swarm_attack *a = s->attack;
    /* An owner whose answer is lost is taken for gone. */
    bool is_promised = !wf_swarm_is_harmed(s) && (s->has_pins || s->has_lossless_links);
    if (is_promised && known == KNOWN_WRONG && a->known[whose][of] == KNOWN_RIGHT &&
        a->forgets == s->forgets)
        wf_sim_fail(s->w, "%s believes the attacker about %s", weft_node_name(a->on[whose]->node),
                    weft_node_name(a->on[of]->node));
    a->known[whose][of] = (uint8_t)known;
}

static void check(struct swarm *s)
{
    struct swarm_attack *a = s->attack;
    for (uint32_t i = 0; i < a->on_n; i++) {
        struct weft_stack *st = weft_node_stack(a->on[i]->node);
        uint8_t known[SWARM_LINKS_MAX] = {KNOWN_NOT};
        struct weft_neigh_info n;
        struct weft_usage u;
        uint32_t cursor = 0;
        while (weft_neigh_next(st, &cursor, &n))
            for (uint32_t k = 0; k < a->on_n && n.ifindex == a->on[i]->ifindex; k++)
                if (memcmp(n.addr.b, a->on[k]->addr.b, sizeof(n.addr.b)) == 0)
                    known[k] = (uint8_t)judge_entry(&n, a->on[k]);
        for (uint32_t k = 0; k < a->on_n; k++)
            check_entry(s, i, k, (enum known)known[k]);
        weft_stack_usage(st, &u);
        if (s->neighs_max != 0 && u.neighs > s->neighs_max)
            wf_sim_fail(s->w, "%s has %u neighbours", weft_node_name(a->on[i]->node), u.neighs);
    }
    a->forgets = s->forgets;
}

static void act(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    struct swarm_attack *a = s->attack;
    check(s);
    if (a->left == 0 || w->now_ns >= s->heal_ns)
        return;
    a->left--;
    attack(s);
    uint64_t next_ns = a->left == 0 ? w->now_ns + SWARM_S : w->now_ns + a->interval_ns;
    if (weft_world_at(w, next_ns, act, s) != 0)
        wf_sim_fail(w, "an attack cannot be planned");
}

/* The attack is over, and everybody says who he is: TCP alone may ask too late, when its own
 * patience is at an end. */
static void say_who(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    for (uint32_t i = 0; i < s->attack->on_n; i++) {
        const struct swarm_port *p = s->attack->on[i];
        if (weft_if_set_mac(weft_node_stack(p->node), p->ifindex, p->mac) != 0)
            wf_sim_fail(w, "%s cannot say who it is", weft_node_name(p->node));
        weft_node_touch(p->node);
    }
}

static bool pin_all(struct swarm *s)
{
    bool ok = true;
    for (uint32_t i = 0; i < s->ports_n && ok; i++)
        for (uint32_t k = 0; k < s->ports_n && ok; k++)
            if (i != k && s->port[i].net == s->port[k].net && s->port[i].node != s->attacker &&
                s->port[k].node != s->attacker)
                ok = weft_neigh_set(weft_node_stack(s->port[i].node), s->port[i].ifindex,
                                    &s->port[k].addr, s->port[k].mac) == 0;
    return ok;
}

bool wf_swarm_attack(struct swarm *s)
{
    static const char *const names[] = {"careful", "trusting", "strict"};
    if (!s->has_attacker)
        return true;
    struct swarm_attack *a = wf_sim_alloc(s->w, sizeof(*a));
    if (a == NULL)
        return false;
    s->attack = a;
    sim_rng_seed(&a->rng, s->seed, "attack", 0);
    a->own = wf_swarm_port(s, s->attacker, s->attacked_net);
    for (uint32_t i = 0; i < s->ports_n; i++)
        if (s->port[i].net == s->attacked_net && s->port[i].node != s->attacker)
            a->on[a->on_n++] = &s->port[i];
    a->left = (uint32_t)sim_rng_range(&a->rng, 10, 100);
    a->interval_ns = sim_rng_range(&a->rng, 30, 400) * SWARM_MS;
    wf_swarm_say(s, "attack on net %u: %u lies, one in %llu ms, policy %s%s", s->attacked_net,
                 a->left, (unsigned long long)(a->interval_ns / SWARM_MS), names[s->policy],
                 s->has_pins ? ", permanent entries" : "");
    if (s->has_pins && !pin_all(s))
        return false;
    return weft_world_at(s->w, sim_rng_range(&a->rng, 1, 3000) * SWARM_MS, act, s) == 0 &&
           weft_world_at(s->w, s->heal_ns + 2 * SWARM_S, say_who, s) == 0;
}
