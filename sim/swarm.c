/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim swarm - scenarios from a seed, and what must hold in all of them
 *
 * While links fail, after every event: every stack's own checks, and no byte wrong, doubled, lost
 * or out of order. Once all links are whole: every transfer ends, no connection fails that had a
 * path all the time, and when everything is closed nothing is left in any stack.
 */
#include "swarm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "weft/cc.h"

#define FINISH_NS (3600 * SWARM_S)
#define SETTLE_NS (3600 * SWARM_S)

void wf_swarm_say(struct swarm *s, const char *format, ...)
{
    char line[256];
    va_list ap;
    if (s->watch.print == NULL)
        return;
    va_start(ap, format);
    (void)vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    s->watch.print(s->watch.user, line);
}

uint64_t wf_swarm_pick(struct swarm *s, const uint64_t *list, size_t n)
{
    return list[sim_rng_below(&s->rng, n)];
}

/* ---- actors ---- */

/** struct role - A pair of actors that fit together */
static const struct role {
    enum weft_actor_kind client, server;
    uint64_t bytes_max, reply_max;
    uint32_t count_max;
} roles[] = {
    {WEFT_ACTOR_TCP_SEND, WEFT_ACTOR_TCP_SINK, 1500000, 300000, 1},
    {WEFT_ACTOR_TCP_SEND, WEFT_ACTOR_TCP_SINK, 500000, 100000, 5},
    {WEFT_ACTOR_TCP_ECHO_CLIENT, WEFT_ACTOR_TCP_ECHO, 300000, 0, 3},
    {WEFT_ACTOR_TCP_RR, WEFT_ACTOR_TCP_RR_SERVER, 3000, 3000, 20},
    {WEFT_ACTOR_TCP_CONNECTS, WEFT_ACTOR_TCP_SINK, 2000, 0, 20},
    {WEFT_ACTOR_TCP_FETCH, WEFT_ACTOR_TCP_CHARGEN, 50000, 1000000, 3},
    {WEFT_ACTOR_TCP_SEND, WEFT_ACTOR_TCP_DISCARD, 300000, 0, 5}, /* May abort. */
    {WEFT_ACTOR_UDP_SEND, WEFT_ACTOR_UDP_SINK, 8000, 0, 400},
    {WEFT_ACTOR_UDP_ECHO_CLIENT, WEFT_ACTOR_UDP_ECHO, 4000, 0, 20},
    {WEFT_ACTOR_PING, WEFT_ACTOR_KIND_COUNT, 3000, 0, 10},
    {WEFT_ACTOR_TRACEROUTE, WEFT_ACTOR_KIND_COUNT, 0, 0, 1},
};

static bool is_tcp(enum weft_actor_kind kind)
{
    return kind < WEFT_ACTOR_UDP_SEND;
}

/* Small numbers are as likely as large ones. */
static uint64_t draw_size(struct swarm *s, uint64_t max)
{
    uint64_t cap = max >> sim_rng_below(&s->rng, 12);
    return sim_rng_below(&s->rng, cap + 1);
}

uint32_t wf_swarm_ccs(void)
{
    uint32_t n = 0;
    while (weft_cc_at(n) != NULL)
        n++;
    return n;
}

/* Every algorithm there is, with and without pacing; a limit may be far below what links carry.
 * Every way to find losses. */
static void draw_sending(struct swarm *s, struct weft_actor_config *c)
{
    if (sim_rng_below(&s->rng, 2) == 0)
        c->cc = weft_cc_at((uint32_t)sim_rng_below(&s->rng, wf_swarm_ccs()));
    c->is_paced = sim_rng_below(&s->rng, 4) == 0;
    if (sim_rng_below(&s->rng, 8) == 0)
        c->max_pacing_Bps = sim_rng_range(&s->rng, 5000, 5000000);
    if (sim_rng_below(&s->rng, 2) == 0)
        c->recovery = (uint8_t)sim_rng_below(&s->rng, WEFT_TCP_RECOVERY_COUNT);
}

static void draw_buffers(struct swarm *s, struct weft_actor_config *c)
{
    static const uint64_t sizes[] = {0, 0, 0, 4096, 8192, 16384, 65536, 262144};
    if (!is_tcp(c->kind))
        return;
    c->sndbuf = (uint32_t)wf_swarm_pick(s, sizes, 8);
    c->rcvbuf = (uint32_t)wf_swarm_pick(s, sizes, 8);
    c->is_nodelay = sim_rng_below(&s->rng, 3) == 0;
    draw_sending(s, c);
    c->is_lending = sim_rng_below(&s->rng, 2) == 0;
    if (sim_rng_below(&s->rng, 4) == 0) { /* Often slower than a probe is late. */
        c->read_every_ns = sim_rng_range(&s->rng, 1, 1000) * SWARM_MS;
        c->read_bytes = sim_rng_range(&s->rng, 2000, 60000);
    }
    if (sim_rng_below(&s->rng, 8) == 0) { /* Stop and go: the window closes for good each time. */
        c->rcvbuf = (uint32_t)sim_rng_range(&s->rng, 2048, 16384);
        c->read_every_ns = sim_rng_range(&s->rng, 300, 1500) * SWARM_MS;
        c->read_bytes = 65536;
    }
}

static void draw_client(struct swarm *s, const struct role *role, struct weft_actor_config *c)
{
    struct sim_rng *r = &s->rng;
    bool is_rr = role->client == WEFT_ACTOR_TCP_RR;
    c->bytes = draw_size(s, role->bytes_max) + (is_rr ? 1 : 0);
    c->reply_bytes = role->reply_max == 0 ? 0 : draw_size(s, role->reply_max) + (is_rr ? 1 : 0);
    c->count = (uint32_t)sim_rng_range(r, 1, role->count_max);
    c->parallel = (uint32_t)sim_rng_range(r, 1, 4);
    c->start_ns = sim_rng_below(r, 5 * SWARM_S);
    c->pattern = sim_rng_next(r);
    if (!is_tcp(c->kind))
        c->interval_ns = sim_rng_below(r, 3) == 0 ? sim_rng_range(r, 10, 2000) * 1000
                                                  : sim_rng_range(r, 1, 300) * SWARM_MS;
    if (c->kind == WEFT_ACTOR_TCP_CONNECTS && sim_rng_below(r, 2) == 0)
        c->interval_ns = sim_rng_below(r, 200) * SWARM_MS;
    if (role->server == WEFT_ACTOR_TCP_DISCARD && sim_rng_below(r, 2) == 0)
        c->abort_at = draw_size(s, role->bytes_max) + 1;
    if (c->kind == WEFT_ACTOR_TCP_FETCH && c->reply_bytes == 0)
        c->reply_bytes = 1; /* To the server 0 would mean without end. */
}

/* The server's side of what was drawn for the client. */
static void fit_server(const struct weft_actor_config *c, struct weft_actor_config *v)
{
    v->pattern = c->pattern;
    v->bytes = c->bytes;
    v->reply_bytes = c->reply_bytes;
    if (v->kind == WEFT_ACTOR_TCP_CHARGEN)
        v->bytes = c->reply_bytes;
    if (v->kind == WEFT_ACTOR_TCP_SINK && c->kind == WEFT_ACTOR_TCP_CONNECTS)
        v->reply_bytes = 0;
}

void wf_swarm_keep_alive(struct weft_actor_config *c)
{
    c->opt_set[0].opt = WEFT_SO_KEEPALIVE;
    c->opt_set[0].value = 1;
    c->opt_set[1].opt = WEFT_TCP_KEEPIDLE_S;
    c->opt_set[1].value = 5;
    c->opt_set_n = 2;
}

static bool add_pair(struct swarm *s, uint32_t i)
{
    struct sim_rng *r = &s->rng;
    const struct role *role = &roles[sim_rng_below(r, sizeof(roles) / sizeof(roles[0]))];
    const struct swarm_host *from = &s->host[sim_rng_below(r, s->hosts_n)];
    const struct swarm_host *to = &s->host[sim_rng_below(r, s->hosts_n)];
    struct weft_actor_config c, v;
    /* In one small pool two ends that echo may each wait for memory that the other holds. */
    if (s->has_tight_memory && to == from)
        to = &s->host[(size_t)(to - s->host + 1) % s->hosts_n];
    s->hops[i] = 1 + (from->net > to->net ? from->net - to->net : to->net - from->net);
    memset(&c, 0, sizeof(c));
    memset(&v, 0, sizeof(v));
    c.kind = role->client;
    v.kind = role->server;
    draw_client(s, role, &c);
    draw_buffers(s, &c);
    if (s->has_attacker && is_tcp(c.kind)) /* A server may give up that is told a wrong way here. */
        wf_swarm_keep_alive(&c);
    c.node = from->node;
    c.remote.addr = to->addr;
    c.remote.port = c.kind == WEFT_ACTOR_TRACEROUTE ? 0 : (uint16_t)(1000 + i);
    (void)snprintf(c.name, sizeof(c.name), "%s %u", weft_actor_kind_name(c.kind), i);
    wf_swarm_say(s,
                 "%s: %s to %s, bytes %llu, reply %llu, count %u, start %llu ms, buffers %u %u, "
                 "abort %llu, cc %s, paced %d, at most %llu B/s, recovery %u",
                 c.name, weft_node_name(from->node), weft_node_name(to->node),
                 (unsigned long long)c.bytes, (unsigned long long)c.reply_bytes, c.count,
                 (unsigned long long)(c.start_ns / SWARM_MS), c.sndbuf, c.rcvbuf,
                 (unsigned long long)c.abort_at, c.cc != NULL ? c.cc->name : "-", c.is_paced,
                 (unsigned long long)c.max_pacing_Bps, c.recovery);
    if (role->server != WEFT_ACTOR_KIND_COUNT) {
        fit_server(&c, &v);
        draw_buffers(s, &v);
        v.node = to->node;
        v.local.port = c.remote.port;
        (void)snprintf(v.name, sizeof(v.name), "%s %u", weft_actor_kind_name(v.kind), i);
        if (weft_actor_add(s->w, &v, &s->server[i]) != 0)
            return false;
    }
    return weft_actor_add(s->w, &c, &s->client[i]) == 0;
}

bool wf_swarm_actors(struct swarm *s)
{
    s->pairs_n = (uint32_t)sim_rng_range(&s->rng, 1, SWARM_PAIRS_MAX);
    for (uint32_t i = 0; i < s->pairs_n; i++)
        if (!add_pair(s, i))
            return false;
    return true;
}

/* ---- the judge ---- */

/* A lie that came before the first answer is believed for a while, whatever the policy. */
static bool is_lied_to(const struct swarm *s)
{
    return wf_swarm_is_harmed(s) || (s->has_attacker && !s->has_pins);
}

/* Errors that a path which is gone for a while may cause. */
static bool is_excused(const struct swarm *s, int err, bool is_peer_aborting)
{
    if (err == WEFT_ECONNRESET || err == WEFT_EPIPE)
        return is_peer_aborting;
    if (err == WEFT_EHOSTUNREACH) /* Three ARP requests in a row may be lost. */
        return !s->has_lossless_links;
    return s->has_cuts && (err == WEFT_ETIMEDOUT || err == WEFT_ENETUNREACH);
}

static bool judge_actor(const struct swarm *s, const struct weft_actor *a, bool is_peer_aborting,
                        struct weft_swarm_result *out)
{
    if (a == NULL)
        return true;
    const struct weft_actor_result *r = weft_actor_result(a);
    const struct weft_actor_config *c = weft_actor_config_get(a);
    out->bytes += r->bytes_in;
    if (r->has_failed && !is_excused(s, r->err, is_peer_aborting)) {
        (void)snprintf(out->failure, sizeof(out->failure), "%s failed: %s", c->name,
                       weft_strerror(r->err));
        return false;
    }
    if (is_tcp(c->kind) && !r->has_failed && !wf_sim_actor_is_complete(a)) {
        (void)snprintf(out->failure, sizeof(out->failure), "%s did %llu of %u", c->name,
                       (unsigned long long)r->done, c->count);
        return false;
    }
    return true;
}

/* A path has as many hops as it has routers, and the target; a loss may only make it longer. */
static bool judge_route(const struct swarm *s, const struct weft_actor *a, uint32_t hops,
                        struct weft_swarm_result *out)
{
    const struct weft_actor_result *r = weft_actor_result(a);
    if (weft_actor_config_get(a)->kind != WEFT_ACTOR_TRACEROUTE || !r->has_reached ||
        r->hops == hops || (r->hops > hops && (!s->has_lossless_links || is_lied_to(s))))
        return true;
    (void)snprintf(out->failure, sizeof(out->failure), "%s took %u hops instead of %u",
                   weft_actor_config_get(a)->name, r->hops, hops);
    return false;
}

/* Where nothing is lost and there is room, every datagram arrives. */
static bool judge_datagrams(const struct swarm *s, const struct weft_actor *client,
                            const struct weft_actor *server, struct weft_swarm_result *out)
{
    const struct weft_actor_config *c = weft_actor_config_get(client);
    if (!s->has_lossless_links || s->has_tight_memory || s->has_forgotten || is_tcp(c->kind) ||
        c->kind == WEFT_ACTOR_TRACEROUTE || c->bytes < 8) /* Too short for a number. */
        return true;
    if (is_lied_to(s) || s->has_mac_changes) /* Some went to where nobody is. */
        return true;
    if (c->interval_ns < 20 * SWARM_MS) /* More than may wait for ARP. */
        return true;
    bool is_one_way = c->kind == WEFT_ACTOR_UDP_SEND;
    uint64_t done = weft_actor_result(is_one_way ? server : client)->done;
    if (done == c->count)
        return true;
    (void)snprintf(out->failure, sizeof(out->failure), "%s: %llu of %u datagrams arrived", c->name,
                   (unsigned long long)done, c->count);
    return false;
}

bool wf_swarm_judge(struct swarm *s, struct weft_swarm_result *out)
{
    for (uint32_t i = 0; i < s->pairs_n; i++) {
        const struct weft_actor_config *c = weft_actor_config_get(s->client[i]);
        /* A client that gave up leaves its server with a broken connection, and so the other way.
         */
        bool is_broken = c->abort_at != 0 ||
                         (s->has_cuts &&
                          (weft_actor_result(s->client[i])->has_failed ||
                           (s->server[i] != NULL && weft_actor_result(s->server[i])->has_failed)));
        if (!judge_actor(s, s->client[i], is_broken && c->abort_at == 0, out) ||
            !judge_actor(s, s->server[i], is_broken, out) ||
            !judge_route(s, s->client[i], s->hops[i], out) ||
            !judge_datagrams(s, s->client[i], s->server[i], out))
            return false;
    }
    return wf_swarm_groups_judge(s, out) && wf_swarm_moves_judge(s, out);
}

/* ---- a run ---- */

static void tap_frame(void *user, const struct weft_tap *tap)
{
    struct swarm *s = user;
    if (s->groups != NULL)
        wf_swarm_groups_tap(s, tap);
    if (s->watch.frame != NULL)
        s->watch.frame(s->watch.user, tap);
}

static bool run(struct swarm *s, struct weft_swarm_result *out)
{
    if (!wf_swarm_topology(s) || !wf_swarm_faults(s) || !wf_swarm_actors(s) ||
        !wf_swarm_groups(s) || !wf_swarm_attack(s) || !wf_swarm_moves(s)) {
        (void)snprintf(out->failure, sizeof(out->failure), "cannot be set up: %s",
                       weft_world_error(s->w));
        return false;
    }
    wf_swarm_pokes(s);
    if (s->groups != NULL || s->watch.frame != NULL)
        weft_link_tap(s->w, NULL, tap_frame, s);
    int r = weft_world_finish(s->w, s->heal_ns + FINISH_NS);
    uint64_t calm_ns = s->w->now_ns + 5 * SWARM_S; /* What was sent last arrives. */
    if (r == 0)
        r = weft_world_run(s->w, s->heal_ns > calm_ns ? s->heal_ns : calm_ns);
    if (r == 0 && !wf_swarm_judge(s, out))
        return false;
    if (r == 0)
        r = weft_world_settle(s->w, s->w->now_ns + SETTLE_NS);
    if (r == -WEFT_ETIMEDOUT)
        (void)snprintf(out->failure, sizeof(out->failure), "not finished an hour after healing");
    else if (r != 0)
        (void)snprintf(out->failure, sizeof(out->failure), "%s", weft_world_error(s->w));
    return r == 0;
}

int weft_swarm_run(uint64_t seed, const struct weft_swarm_watch *watch,
                   struct weft_swarm_result *out)
{
    struct swarm s;
    struct weft_world_config wc;
    memset(&s, 0, sizeof(s));
    memset(out, 0, sizeof(*out));
    s.seed = seed;
    if (watch != NULL)
        s.watch = *watch;
    sim_rng_seed(&s.rng, seed, "swarm", 0);
    sim_rng_seed(&s.ecn_rng, seed, "ecn", 0);
    sim_rng_seed(&s.kind_rng, seed, "kinds", 0);
    weft_world_config_default(&wc, seed);
    wc.is_checking = true;
    if (weft_world_create(&s.w, &wc) != 0)
        return -WEFT_ENOMEM;
    out->has_passed = run(&s, out);
    out->hash = weft_world_hash(s.w);
    out->events = weft_world_events(s.w);
    out->virtual_ns = weft_world_now(s.w);
    for (uint32_t i = 0; i < s.links_n; i++) {
        struct weft_link_stats st;
        for (unsigned dir = 0; dir < 2; dir++) {
            weft_link_stats(s.link[i], dir, &st);
            out->frames += st.pkts[WEFT_FATE_SENT];
        }
    }
    weft_world_destroy(s.w);
    return out->has_passed ? 0 : -WEFT_EPROTO;
}
