/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim swarm groups - datagrams for many, across routers and within one net
 *
 * A sender for each group, and on every host a socket that may join it for a while, with or without
 * a list of sources. A socket gets datagrams while it is a member and at no other time, each once
 * unless a link doubles frames; routers send none to where nobody wants them, but for the time that
 * IGMP takes to notice. Hosts also call everybody on their net: no other net may hear it, nor a
 * VLAN of the same switch. Where nothing is lost all of it has to arrive.
 */
#include <stdio.h>
#include <string.h>

#include "swarm.h"
#include "weft/igmp.h"
#include "weft/udp.h"

#define GROUPS_MAX    2U
#define SENT_MAX      150U
#define STAYS_MAX     2U
#define GROUP_PORT    3000U
#define CALL_PORT     3100U
#define CALLS_MAX     40U
#define DGRAM_MAX     4000U
#define HEAD_BYTES    4U
#define TTL           (SWARM_ROUTERS_MAX + 5U)
#define QUERY_S       20U
#define RESPONSE_MS   2000U
#define MEMBERSHIP_S  (2 * QUERY_S + 2) /* Group Membership Interval */
#define LAST_MEMBER_S 2U                /* Last Member Query Time */
#define TRAVEL_NS     SWARM_S           /* More than any packet takes where nothing is lost. */

/** enum wish - Which sources a member asks for */
enum wish {
    WISH_ALL,
    WISH_SENDER,
    WISH_OTHER, /* One that sends nothing: the member hears nothing. */
    WISH_ALL_BUT_OTHER,
    WISH_COUNT
};

/** struct stay - A time as a member */
struct stay {
    uint64_t from_ns, to_ns;
};

/** struct member - A host's socket for a group */
struct member {
    struct swarm *s;
    const struct swarm_port *port;
    uint32_t group, stays_n, at; /* at: the stay that is or comes next */
    struct stay stay[STAYS_MAX];
    enum wish wish;
    uint64_t sock;
    bool is_joined, is_void; /* is_void: the stack had no room for it. */
    uint8_t seen[SENT_MAX];
};

/** struct group - A group and who sends to it */
struct group {
    struct swarm *s;
    uint32_t number;
    struct weft_addr addr, other;
    const struct swarm_port *port;
    uint64_t sock, interval_ns, pattern;
    uint32_t bytes, count, sent;
    uint64_t sent_ns[SENT_MAX]; /* WEFT_NEVER: the stack had no room. */
    struct member member[SWARM_HOSTS_MAX];
};

/** struct caller - A host's socket for what is said to everybody */
struct caller {
    const struct swarm_port *port;
    uint64_t sock;
    bool is_void, is_member; /* is_member: of the group of link-local range */
    uint32_t due, heard;
};

struct swarm_groups {
    struct sim_rng rng;
    uint64_t end_ns;
    uint8_t version;
    bool is_proxied, is_root_right;
    uint32_t groups_n, calls_n;
    struct group group[GROUPS_MAX];
    struct caller caller[SWARM_HOSTS_MAX];
};

/* ---- what comes ---- */

static void take_group(struct member *m, const uint8_t *buf, size_t n)
{
    struct weft_world *w = m->s->w;
    const struct group *g = &m->s->groups->group[m->group];
    uint32_t number = (uint32_t)buf[2] << 8 | buf[3];
    const char *name = weft_node_name(m->port->node);
    if (buf[0] != 'G' || buf[1] != m->group || number >= g->sent || n != g->bytes)
        wf_sim_fail(w, "%s: a datagram that nobody sent to group %u", name, m->group);
    else if (weft_pattern_check(g->pattern + number, 0, buf + HEAD_BYTES, n - HEAD_BYTES) !=
             n - HEAD_BYTES)
        wf_sim_fail(w, "%s: datagram %u of group %u has a wrong byte", name, number, m->group);
    else if (!m->is_joined || m->wish == WISH_OTHER)
        wf_sim_fail(w, "%s: datagram %u of group %u came to one who is no member", name, number,
                    m->group);
    else if (++m->seen[number] > 1 && !m->s->has_dup_links)
        wf_sim_fail(w, "%s: datagram %u of group %u came twice", name, number, m->group);
}

static void take_call(struct swarm *s, struct caller *c, const uint8_t *buf, size_t n)
{
    const char *name = weft_node_name(c->port->node);
    if (n != HEAD_BYTES || buf[0] != 'C' || buf[2] >= s->hosts_n) {
        wf_sim_fail(s->w, "%s: a call that nobody made", name);
        return;
    }
    if (s->groups->caller[buf[2]].port == c->port) /* One's own. */
        return;
    if (buf[1] != c->port->net && !s->has_corrupt_link) /* Tags have no checksum. */
        wf_sim_fail(s->w, "%s: hears a call on net %u", name, buf[1]);
    c->heard++;
}

/* Until there is no more: nothing waits in a socket when its membership ends. */
static void on_event(void *user, struct weft_node *node, const struct weft_event *ev)
{
    struct swarm *s = user;
    uint64_t group = ev->user / SWARM_HOSTS_MAX, host = ev->user % SWARM_HOSTS_MAX;
    uint8_t buf[DGRAM_MAX];
    struct weft_udp_rx rx;
    for (;;) {
        int64_t n = weft_udp_recv(weft_node_stack(node), ev->sock, buf, sizeof(buf), &rx);
        if (n < 0)
            return;
        s->w->progress_ns = s->w->now_ns;
        if (n < (int64_t)HEAD_BYTES)
            wf_sim_fail(s->w, "%s: a short datagram", weft_node_name(node));
        else if (group < GROUPS_MAX)
            take_group(&s->groups->group[group].member[host], buf, (size_t)n);
        else if (rx.info.ifindex == s->groups->caller[host].port->ifindex) /* Not below a VLAN. */
            take_call(s, &s->groups->caller[host], buf, (size_t)n);
    }
}

static bool open_sock(const struct swarm_port *port, uint16_t number, uint64_t user, uint64_t *sock)
{
    struct weft_stack *st = weft_node_stack(port->node);
    struct weft_endpoint ep = {.port = number};
    if (weft_sock_open(st, WEFT_SOCK_UDP, sock) != 0)
        return false;
    if (weft_sock_set(st, *sock, WEFT_SO_USER, (int64_t)user) == 0 &&
        weft_sock_set(st, *sock, WEFT_SO_BROADCAST, 1) == 0 &&
        weft_sock_set(st, *sock, WEFT_IP_DF, WEFT_IP_DF_NEVER) == 0 &&
        weft_sock_set(st, *sock, WEFT_IP_MULTICAST_TTL, TTL) == 0 &&
        weft_sock_set(st, *sock, WEFT_IP_MULTICAST_IF, port->ifindex) == 0 &&
        weft_sock_bind(st, *sock, &ep) == 0)
        return true;
    (void)weft_sock_close(st, *sock);
    return false;
}

/* ---- members ---- */

static int join(const struct member *m)
{
    struct weft_stack *st = weft_node_stack(m->port->node);
    const struct group *g = &m->s->groups->group[m->group];
    const struct weft_addr *list = m->wish == WISH_SENDER ? &g->port->addr : &g->other;
    struct weft_mc_filter f = {.group = g->addr,
                               .ifindex = m->port->ifindex,
                               .is_exclude = m->wish == WISH_ALL_BUT_OTHER,
                               .sources_n = 1,
                               .sources = {*list}};
    if (m->wish == WISH_ALL)
        return weft_mc_join(st, m->sock, &g->addr, m->port->ifindex);
    return weft_mc_set_filter(st, m->sock, &f);
}

static void change(struct weft_world *w, void *user)
{
    struct member *m = user;
    const struct group *g = &m->s->groups->group[m->group];
    uint64_t next_ns;
    if (m->is_joined) {
        int r = weft_mc_leave(weft_node_stack(m->port->node), m->sock, &g->addr, 0);
        if (r != 0)
            wf_sim_fail(w, "%s cannot leave: %s", weft_node_name(m->port->node), weft_strerror(r));
        m->is_joined = false;
        m->at++;
        next_ns = m->at < m->stays_n ? m->stay[m->at].from_ns : WEFT_NEVER;
    } else {
        m->is_joined = join(m) == 0;
        m->is_void |= !m->is_joined;
        next_ns = m->is_joined ? m->stay[m->at].to_ns : WEFT_NEVER;
    }
    weft_node_touch(m->port->node);
    if (next_ns != WEFT_NEVER && weft_world_at(w, next_ns, change, m) != 0)
        wf_sim_fail(w, "a membership cannot be planned");
}

static bool add_member(struct swarm *s, struct group *g, uint32_t host)
{
    struct swarm_groups *all = s->groups;
    struct member *m = &g->member[host];
    m->s = s;
    m->group = g->number;
    m->port = wf_swarm_port(s, s->host[host].node, s->host[host].net);
    m->is_void = !open_sock(m->port, (uint16_t)(GROUP_PORT + g->number),
                            (uint64_t)g->number * SWARM_HOSTS_MAX + host, &m->sock);
    m->wish = sim_rng_below(&all->rng, 2) == 0 ? WISH_ALL
                                               : (enum wish)sim_rng_below(&all->rng, WISH_COUNT);
    m->stays_n = (uint32_t)sim_rng_below(&all->rng, STAYS_MAX + 1);
    uint64_t at = SWARM_S / 2, most = all->end_ns / (m->stays_n + 1);
    for (uint32_t i = 0; i < m->stays_n; i++) {
        m->stay[i].from_ns = at + sim_rng_below(&all->rng, most / 2);
        m->stay[i].to_ns = m->stay[i].from_ns + 1 + sim_rng_below(&all->rng, most / 2);
        at = m->stay[i].to_ns + 1;
        wf_swarm_say(s, "  %s is in group %u from %llu to %llu ms, wish %u",
                     weft_node_name(m->port->node), g->number,
                     (unsigned long long)(m->stay[i].from_ns / SWARM_MS),
                     (unsigned long long)(m->stay[i].to_ns / SWARM_MS), m->wish);
    }
    return m->is_void || m->stays_n == 0 || weft_world_at(s->w, m->stay[0].from_ns, change, m) == 0;
}

/* ---- senders ---- */

static void send_next(struct weft_world *w, void *user)
{
    struct group *g = user;
    uint8_t buf[DGRAM_MAX] = {'G', (uint8_t)g->number, (uint8_t)(g->sent >> 8), (uint8_t)g->sent};
    struct weft_endpoint to = {.addr = g->addr, .port = (uint16_t)(GROUP_PORT + g->number)};
    weft_pattern(g->pattern + g->sent, 0, buf + HEAD_BYTES, g->bytes - HEAD_BYTES);
    g->sent_ns[g->sent] = w->now_ns;
    g->sent++;
    int64_t r = weft_sock_sendto(weft_node_stack(g->port->node), g->sock, buf, g->bytes, &to);
    if (r != (int64_t)g->bytes)
        g->sent_ns[g->sent - 1] = WEFT_NEVER;
    weft_node_touch(g->port->node);
    uint64_t next_ns = w->now_ns + g->interval_ns;
    if (g->sent < g->count && next_ns < g->s->groups->end_ns &&
        weft_world_at(w, next_ns, send_next, g) != 0)
        wf_sim_fail(w, "a datagram cannot be planned");
}

static bool add_group(struct swarm *s, uint32_t number)
{
    static const uint64_t sizes[] = {HEAD_BYTES, 100, 1000, 2000, DGRAM_MAX};
    struct swarm_groups *all = s->groups;
    struct group *g = &all->group[number];
    uint32_t host = (uint32_t)sim_rng_below(&all->rng, s->hosts_n);
    g->s = s;
    g->number = number;
    g->addr = weft_ip4(239, 1, 0, (uint8_t)(number + 1));
    g->other = wf_swarm_addr(s->host[host].net, 99);
    g->port = wf_swarm_port(s, s->host[host].node, s->host[host].net);
    g->pattern = sim_rng_next(&all->rng);
    g->bytes = (uint32_t)sizes[sim_rng_below(&all->rng, sizeof(sizes) / sizeof(sizes[0]))];
    g->count = (uint32_t)sim_rng_range(&all->rng, 10, SENT_MAX);
    g->interval_ns = sim_rng_range(&all->rng, 50, 400) * SWARM_MS;
    wf_swarm_say(s, "group %u: %s sends %u of %u bytes, one in %llu ms", number,
                 weft_node_name(g->port->node), g->count, g->bytes,
                 (unsigned long long)(g->interval_ns / SWARM_MS));
    bool ok = true;
    for (uint32_t i = 0; i < s->hosts_n && ok; i++)
        ok = add_member(s, g, i);
    g->sock = g->member[host].sock;
    if (!ok || g->member[host].is_void)
        return ok;
    return weft_world_at(s->w, sim_rng_range(&all->rng, 1, 3000) * SWARM_MS, send_next, g) == 0;
}

/* ---- calls to everybody ---- */

/* Who is on the same net should hear it, and nobody else. */
static void note_due(struct swarm *s, const struct caller *from, bool is_group)
{
    for (uint32_t i = 0; i < s->hosts_n; i++) {
        struct caller *c = &s->groups->caller[i];
        if (c != from && c->port->net == from->port->net && (!is_group || c->is_member))
            c->due++;
    }
}

static void call(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    struct swarm_groups *all = s->groups;
    uint32_t from = (uint32_t)sim_rng_below(&all->rng, s->hosts_n);
    uint64_t how = sim_rng_below(&all->rng, s->routers_n > 0 ? 4 : 3);
    const struct caller *c = &all->caller[from];
    uint8_t buf[HEAD_BYTES] = {'C', (uint8_t)c->port->net, (uint8_t)from, 0};
    struct weft_endpoint to = {.addr = weft_ip4(255, 255, 255, 255), .port = CALL_PORT};
    struct weft_udp_tx tx = WEFT_UDP_TX_INIT;
    if (how == 1)
        to.addr = wf_swarm_addr(c->port->net, 255);
    else if (how == 2)
        to.addr = weft_ip4(224, 0, 0, 100);
    else if (how == 3) /* Of another net: its router lets it not in. */
        to.addr = wf_swarm_addr((c->port->net + 1) % (s->routers_n + 1), 255);
    tx.to = &to;
    tx.ifindex = how == 3 ? 0 : c->port->ifindex;
    bool is_sent = !c->is_void && weft_udp_send(weft_node_stack(c->port->node), c->sock, buf,
                                                sizeof(buf), &tx) == (int64_t)sizeof(buf);
    if (is_sent && how != 3)
        note_due(s, c, how == 2);
    weft_node_touch(c->port->node);
    if (--all->calls_n > 0 && w->now_ns + SWARM_S / 2 < all->end_ns &&
        weft_world_at(w, w->now_ns + sim_rng_below(&all->rng, SWARM_S / 2), call, s) != 0)
        wf_sim_fail(w, "a call cannot be planned");
}

static bool add_callers(struct swarm *s)
{
    struct swarm_groups *all = s->groups;
    const struct weft_addr group = weft_ip4(224, 0, 0, 100);
    for (uint32_t i = 0; i < s->hosts_n; i++) {
        struct caller *c = &all->caller[i];
        c->port = wf_swarm_port(s, s->host[i].node, s->host[i].net);
        c->is_void =
            !open_sock(c->port, CALL_PORT, (uint64_t)GROUPS_MAX * SWARM_HOSTS_MAX + i, &c->sock);
        c->is_member = !c->is_void && weft_mc_join(weft_node_stack(c->port->node), c->sock, &group,
                                                   c->port->ifindex) == 0;
        weft_node_on_event(s->host[i].node, on_event, s);
    }
    all->calls_n = (uint32_t)sim_rng_range(&all->rng, 1, CALLS_MAX);
    return weft_world_at(s->w, SWARM_S, call, s) == 0;
}

/* ---- routers ---- */

static bool is_upstream(const struct swarm *s, uint32_t router, uint32_t net)
{
    return s->groups->is_proxied && net == (s->groups->is_root_right ? router + 1 : router);
}

static bool set_up_router(struct swarm *s, uint32_t router, const struct weft_igmp_router *cfg)
{
    struct weft_stack *st = weft_node_stack(s->router[router]);
    bool ok = true;
    for (uint32_t net = router; net <= router + 1 && ok; net++) {
        uint16_t ifindex = wf_swarm_port(s, s->router[router], net)->ifindex;
        ok = weft_mroute_if(st, ifindex, 0, true) == 0;
        if (is_upstream(s, router, net))
            ok = ok && weft_mroute_upstream(st, ifindex) == 0;
        else
            ok = ok && weft_igmp_router_start(st, ifindex, cfg) == 0;
    }
    return ok;
}

/* The second of two routers asks as well until it hears the first one; it forwards nothing. */
static bool set_up_twin(struct swarm *s, const struct weft_igmp_router *cfg)
{
    bool ok = true;
    for (uint32_t net = s->twin_at; net <= s->twin_at + 1 && ok; net++)
        ok = is_upstream(s, s->twin_at, net) ||
             weft_igmp_router_start(weft_node_stack(s->twin),
                                    wf_swarm_port(s, s->twin, net)->ifindex, cfg) == 0;
    return ok;
}

static void stop(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    (void)w;
    for (uint32_t i = 0; i < s->hosts_n; i++) {
        struct weft_stack *st = weft_node_stack(s->host[i].node);
        for (uint32_t g = 0; g < s->groups->groups_n; g++)
            if (!s->groups->group[g].member[i].is_void)
                (void)weft_sock_close(st, s->groups->group[g].member[i].sock);
        if (!s->groups->caller[i].is_void)
            (void)weft_sock_close(st, s->groups->caller[i].sock);
        weft_node_touch(s->host[i].node);
    }
}

bool wf_swarm_groups(struct swarm *s)
{
    static const uint8_t versions[] = {3, 3, 3, 2, 2, 1};
    if (!s->has_groups)
        return true;
    struct swarm_groups *all = wf_sim_alloc(s->w, sizeof(*all));
    if (all == NULL)
        return false;
    s->groups = all;
    sim_rng_seed(&all->rng, s->seed, "groups", 0);
    all->version = versions[sim_rng_below(&all->rng, sizeof(versions))];
    all->is_proxied = s->routers_n > 1 || sim_rng_below(&all->rng, 2) == 0;
    all->is_root_right = sim_rng_below(&all->rng, 2) == 0;
    all->groups_n = (uint32_t)sim_rng_range(&all->rng, 1, GROUPS_MAX);
    all->end_ns = s->heal_ns - TRAVEL_NS;
    wf_swarm_say(s, "groups: IGMP version %u, %s", all->version,
                 !all->is_proxied     ? "tables"
                 : all->is_root_right ? "proxies, the root on the right"
                                      : "proxies, the root on the left");
    struct weft_igmp_router cfg = {
        .query_ms = QUERY_S * 1000, .response_ms = RESPONSE_MS, .version = all->version};
    bool ok = true;
    for (uint32_t i = 0; i < s->routers_n && ok; i++)
        ok = set_up_router(s, i, &cfg);
    if (s->twin != NULL && sim_rng_below(&all->rng, 2) == 0)
        ok = ok && set_up_twin(s, &cfg);
    for (uint32_t i = 0; i < all->groups_n && ok; i++)
        ok = add_group(s, i);
    ok = ok && add_callers(s) && weft_world_at(s->w, s->heal_ns, stop, s) == 0;
    return ok;
}

/* ---- what must hold ---- */

/* Members that a router knows of on one side: those of its net, and behind proxies all beyond. */
static bool is_beyond(const struct swarm_groups *all, uint32_t net, uint32_t member_net)
{
    if (!all->is_proxied)
        return member_net == net;
    return all->is_root_right ? member_net <= net : member_net >= net;
}

/* For how long a router may go on when the last member is gone: each level has to notice. */
static uint64_t patience_ns(const struct swarm *s, uint32_t net, uint32_t member_net)
{
    bool is_prompt = s->has_lossless_links && s->groups->version == 3;
    uint64_t levels = 1 + (net > member_net ? net - member_net : member_net - net);
    return levels * ((is_prompt ? LAST_MEMBER_S : MEMBERSHIP_S) * SWARM_S + TRAVEL_NS);
}

static bool is_wanted(const struct swarm *s, const struct group *g, uint32_t net)
{
    for (uint32_t i = 0; i < s->hosts_n; i++) {
        const struct member *m = &g->member[i];
        bool is_hopeless = m->wish == WISH_OTHER && s->groups->version == 3;
        if (m->is_void || is_hopeless || !is_beyond(s->groups, net, m->port->net))
            continue;
        for (uint32_t k = 0; k < m->stays_n; k++)
            if (m->stay[k].from_ns <= s->w->now_ns &&
                m->stay[k].to_ns + patience_ns(s, net, m->port->net) > s->w->now_ns)
                return true;
    }
    return false;
}

void wf_swarm_groups_tap(struct swarm *s, const struct weft_tap *tap)
{
    uint8_t f[28];
    if (tap->fate != WEFT_FATE_SENT || tap->dir != 0 || s->has_corrupt_link ||
        wf_sim_frame_peek(tap->frame, f, sizeof(f)) < sizeof(f))
        return;
    bool is_tagged = f[12] == 0x81 && f[13] == 0;
    uint32_t vlan = is_tagged ? (uint32_t)(f[14] & 15) << 8 | f[15] : 0;
    uint8_t proto = f[(is_tagged ? 18 : 14) + 9];
    if (f[0] != 1 || f[2] != 0x5e || f[3] != 1 || f[4] != 0 || proto != 17 || f[5] == 0 ||
        f[5] > s->groups->groups_n)
        return;
    const struct weft_node *node = weft_link_config_get(tap->link)->end[0].node;
    for (uint32_t r = 0; r < s->routers_n; r++)
        for (uint32_t net = r; net <= r + 1 && node == s->router[r]; net++)
            if (wf_swarm_port(s, node, net)->link == tap->link && s->vlan[net] == vlan &&
                !is_upstream(s, r, net) && !is_wanted(s, &s->groups->group[f[5] - 1], net))
                wf_sim_fail(s->w, "%s sends group %u to net %u, where nobody wants it",
                            weft_node_name(node), f[5] - 1U, net);
}

/* What was sent well within a stay; where wish and version do not keep it away. */
static bool has_all(const struct member *m, const struct group *g, uint32_t *missed)
{
    for (uint32_t k = 0; k < m->stays_n && m->wish != WISH_OTHER; k++)
        for (uint32_t i = 0; i < g->sent; i++)
            if (g->sent_ns[i] != WEFT_NEVER && g->sent_ns[i] > m->stay[k].from_ns + TRAVEL_NS &&
                g->sent_ns[i] + TRAVEL_NS < m->stay[k].to_ns && m->seen[i] == 0) {
                *missed = i;
                return false;
            }
    return true;
}

bool wf_swarm_groups_judge(struct swarm *s, struct weft_swarm_result *out)
{
    const struct swarm_groups *all = s->groups;
    uint32_t missed = 0;
    if (all == NULL || !s->has_lossless_links)
        return true;
    for (uint32_t h = 0; h < s->hosts_n; h++) {
        const char *name = weft_node_name(s->host[h].node);
        for (uint32_t g = 0; g < all->groups_n; g++) {
            if (has_all(&all->group[g].member[h], &all->group[g], &missed))
                continue;
            (void)snprintf(out->failure, sizeof(out->failure),
                           "%s never got datagram %u of group %u", name, missed, g);
            return false;
        }
        if (all->caller[h].heard != all->caller[h].due) {
            (void)snprintf(out->failure, sizeof(out->failure), "%s heard %u of %u calls", name,
                           all->caller[h].heard, all->caller[h].due);
            return false;
        }
    }
    return true;
}
