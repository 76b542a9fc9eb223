/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim swarm poke - what else a user, an administrator or a stranger may do meanwhile
 *
 * At times drawn from the seed: options and congestion control of sockets in use are changed,
 * neighbours forgotten, interfaces taken down for a moment, everything is listed, calls are made
 * with stale handles, and frames of noise arrive. None of it may break an invariant.
 */
#include <string.h>

#include "swarm.h"
#include "weft/cc.h"

#define NOISE_MAX 400U

static void poke(struct weft_world *w, void *user);

static void plan_next(struct swarm *s)
{
    if (s->pokes_left == 0)
        return;
    s->pokes_left--;
    uint64_t at = s->w->now_ns + sim_rng_below(&s->poke_rng, s->heal_ns / 8);
    if (at < s->heal_ns && weft_world_at(s->w, at, poke, s) != 0)
        wf_sim_fail(s->w, "a poke cannot be planned");
}

static struct weft_node *any_node(struct swarm *s)
{
    uint64_t i = sim_rng_below(&s->poke_rng, s->hosts_n + s->routers_n);
    return i < s->hosts_n ? s->host[i].node : s->router[i - s->hosts_n];
}

static void forget_neighbour(struct swarm *s)
{
    struct weft_stack *st = weft_node_stack(any_node(s));
    struct weft_neigh_info n;
    uint32_t cursor = 0;
    uint64_t skip = sim_rng_below(&s->poke_rng, 4);
    while (weft_neigh_next(st, &cursor, &n) && skip > 0)
        skip--;
    if (cursor != 0) {
        s->has_forgotten |= n.waiting_pkts > 0;
        s->forgets++;
        int r = weft_neigh_del(st, n.ifindex, &n.addr);
        (void)r; /* It may have gone by itself. */
    }
}

/* Options that may change while a connection lives. */
static void change_option(struct swarm *s)
{
    static const struct {
        enum weft_sock_opt opt;
        uint64_t lo, hi;
    } set[] = {
        {WEFT_TCP_NODELAY, 0, 1},
        {WEFT_TCP_CORK, 0, 1},
        {WEFT_TCP_QUICKACK, 0, 1},
        {WEFT_SO_SNDBUF, 2048, 65536},
        {WEFT_SO_RCVBUF, 2048, 65536},
        {WEFT_IP_TOS, 0, 255},
        {WEFT_TCP_DELACK_MS, 1, 500},
        {WEFT_TCP_RTO_MIN_MS, 1, 1000},
        {WEFT_TCP_SYN_COOKIES, 0, 1},
        {WEFT_TCP_FASTOPEN, 0, 8},
        {WEFT_SO_KEEPALIVE, 0, 1},
        {WEFT_TCP_KEEPIDLE_S, 1, 10},
        {WEFT_TCP_KEEPINTVL_S, 1, 10},
        {WEFT_TCP_PROBE_OCTET, 0, 1},
        {WEFT_TCP_STDURG, 0, 1},
        {WEFT_TCP_SOFT_ERRORS, 0, 1},
        {WEFT_TCP_UTO, 0, 3},
        {WEFT_TCP_PACING, 0, 1},
        {WEFT_TCP_MAX_PACING_RATE, 0, 100000},
    };
    struct sim_rng *r = &s->poke_rng;
    uint64_t i = sim_rng_below(r, s->pairs_n);
    struct weft_actor *a = sim_rng_below(r, 2) == 0 ? s->client[i] : s->server[i];
    uint64_t k = sim_rng_below(r, sizeof(set) / sizeof(set[0]));
    uint64_t value = sim_rng_range(r, set[k].lo, set[k].hi);
    uint64_t sock = a != NULL ? weft_actor_socket(a) : 0;
    if (sock == 0)
        return;
    struct weft_node *node = weft_actor_config_get(a)->node;
    int err = weft_sock_set(weft_node_stack(node), sock, set[k].opt, (int64_t)value);
    (void)err; /* Listeners and datagram sockets do not have all of them. */
    weft_node_touch(node);
}

/* Another algorithm takes over what is in flight. */
static void change_algorithm(struct swarm *s)
{
    struct sim_rng *r = &s->poke_rng;
    uint64_t i = sim_rng_below(r, s->pairs_n);
    struct weft_actor *a = sim_rng_below(r, 2) == 0 ? s->client[i] : s->server[i];
    const struct weft_cc_ops *ops = weft_cc_at((uint32_t)sim_rng_below(r, wf_swarm_ccs()));
    uint64_t sock = a != NULL ? weft_actor_socket(a) : 0;
    if (sock == 0)
        return;
    struct weft_node *node = weft_actor_config_get(a)->node;
    int err = weft_sock_set_cc(weft_node_stack(node), sock, ops);
    (void)err; /* Datagram sockets have none, and its memory may be used up. */
    weft_node_touch(node);
}

static void interface_up(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    (void)w;
    for (uint32_t i = 0; i < s->links_n; i++) {
        const struct weft_link_end *e = &weft_link_config_get(s->link[i])->end[0];
        int r = weft_if_set_up(weft_node_stack(e->node), e->ifindex, true);
        (void)r;
        weft_node_touch(e->node);
    }
}

/* Only where connections are allowed to fail. */
static void interface_down(struct swarm *s)
{
    struct sim_rng *r = &s->poke_rng;
    const struct weft_link_end *e =
        &weft_link_config_get(s->link[sim_rng_below(r, s->links_n)])->end[0];
    uint64_t for_ns = sim_rng_range(r, 1, 2000) * SWARM_MS;
    if (!s->has_cuts)
        return;
    int err = weft_if_set_up(weft_node_stack(e->node), e->ifindex, false);
    if (err != 0 || weft_world_at(s->w, s->w->now_ns + for_ns, interface_up, s) != 0)
        wf_sim_fail(s->w, "an interface cannot be taken down");
    weft_node_touch(e->node);
    s->forgets++;
}

static void list_everything(struct swarm *s)
{
    struct weft_stack *st = weft_node_stack(any_node(s));
    uint64_t cursor = 0;
    uint32_t small = 0;
    struct weft_sock_info info;
    struct weft_tcp_info tcp;
    struct weft_route route;
    while (weft_sock_next(st, &cursor, &info)) {
        if (info.sock != 0 && info.type == WEFT_SOCK_TCP &&
            weft_sock_tcp_info(st, info.sock, &tcp) != 0)
            wf_sim_fail(s->w, "a listed socket is not there");
    }
    while (weft_route_next(st, &small, &route))
        ;
}

static void use_stale_handles(struct swarm *s)
{
    struct weft_stack *st = weft_node_stack(any_node(s));
    uint64_t sock, stale = sim_rng_next(&s->poke_rng);
    uint8_t byte = 0;
    if (weft_sock_open(st, WEFT_SOCK_TCP, &sock) == 0) {
        (void)weft_sock_close(st, sock);
        stale = sock;
    }
    struct weft_endpoint ep;
    memset(&ep, 0, sizeof(ep));
    if (weft_sock_send(st, stale, &byte, 1) != -WEFT_EBADF ||
        weft_sock_recv(st, stale, &byte, 1) != -WEFT_EBADF ||
        weft_sock_listen(st, stale, 1) != -WEFT_EBADF ||
        weft_sock_connect(st, stale, &ep) != -WEFT_EBADF || weft_sock_ready(st, stale) != 0)
        wf_sim_fail(s->w, "a stale handle is taken for a socket");
}

/* Random bytes behind a header that a station will look at. */
static void make_noise(struct swarm *s)
{
    static const uint16_t types[] = {0x0800, 0x0806, 0x86dd, 0x8100, 0x0010};
    struct sim_rng *r = &s->poke_rng;
    struct weft_link *link = s->link[sim_rng_below(r, s->links_n)];
    const struct weft_link_end *e = &weft_link_config_get(link)->end[0];
    uint8_t bytes[NOISE_MAX];
    size_t n = (size_t)sim_rng_range(r, 1, NOISE_MAX);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)sim_rng_next(r);
    uint16_t type = types[sim_rng_below(r, sizeof(types) / sizeof(types[0]))];
    memcpy(bytes, e->netif.mac, 6);
    bytes[6] = 2;
    bytes[12] = (uint8_t)(type >> 8);
    bytes[13] = (uint8_t)type;
    bytes[14] = sim_rng_below(r, 2) == 0 ? 0x45 : bytes[14];
    if (weft_link_inject(link, 1, bytes, n) != 0)
        wf_sim_fail(s->w, "noise cannot be made");
}

static void poke(struct weft_world *w, void *user)
{
    struct swarm *s = user;
    (void)w;
    switch (sim_rng_below(&s->poke_rng, 9)) {
    case 0:
        forget_neighbour(s);
        break;
    case 1:
    case 2:
    case 3:
        change_option(s);
        break;
    case 4:
        interface_down(s);
        break;
    case 5:
        list_everything(s);
        break;
    case 6:
        use_stale_handles(s);
        break;
    case 7:
        change_algorithm(s);
        break;
    default:
        make_noise(s);
        break;
    }
    plan_next(s);
}

void wf_swarm_pokes(struct swarm *s)
{
    sim_rng_seed(&s->poke_rng, s->seed, "poke", 0);
    s->pokes_left =
        sim_rng_below(&s->poke_rng, 2) == 0 ? 0 : (uint32_t)sim_rng_range(&s->poke_rng, 5, 100);
    plan_next(s);
}
