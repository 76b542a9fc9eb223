/* SPDX-License-Identifier: MIT */
/** DOC: sim actor - the list of actors, their timers and results, and the table of kinds */
#include "actor.h"
#include "weft/ip.h"

#include <string.h>

static const struct actor_ops ops[WEFT_ACTOR_KIND_COUNT] = {
    [WEFT_ACTOR_TCP_SEND] = {"tcp-send", false, wf_sim_tcp_start, wf_sim_tcp_event,
                             wf_sim_tcp_timer},
    [WEFT_ACTOR_TCP_SINK] = {"tcp-sink", true, wf_sim_tcp_serve, wf_sim_tcp_event,
                             wf_sim_tcp_timer},
    [WEFT_ACTOR_TCP_ECHO] = {"tcp-echo", true, wf_sim_tcp_serve, wf_sim_tcp_event,
                             wf_sim_tcp_timer},
    [WEFT_ACTOR_TCP_ECHO_CLIENT] = {"tcp-echo-client", false, wf_sim_tcp_start, wf_sim_tcp_event,
                                    wf_sim_tcp_timer},
    [WEFT_ACTOR_TCP_RR] = {"tcp-rr", false, wf_sim_tcp_start, wf_sim_tcp_event, wf_sim_tcp_timer},
    [WEFT_ACTOR_TCP_RR_SERVER] = {"tcp-rr-server", true, wf_sim_tcp_serve, wf_sim_tcp_event,
                                  wf_sim_tcp_timer},
    [WEFT_ACTOR_TCP_CONNECTS] = {"tcp-connects", false, wf_sim_tcp_start, wf_sim_tcp_event,
                                 wf_sim_tcp_timer},
    [WEFT_ACTOR_TCP_DISCARD] = {"tcp-discard", true, wf_sim_tcp_serve, wf_sim_tcp_event,
                                wf_sim_tcp_timer},
    [WEFT_ACTOR_TCP_CHARGEN] = {"tcp-chargen", true, wf_sim_tcp_serve, wf_sim_tcp_event,
                                wf_sim_tcp_timer},
    [WEFT_ACTOR_TCP_FETCH] = {"tcp-fetch", false, wf_sim_tcp_start, wf_sim_tcp_event,
                              wf_sim_tcp_timer},
    [WEFT_ACTOR_UDP_SEND] = {"udp-send", false, wf_sim_dgram_start, wf_sim_dgram_event,
                             wf_sim_dgram_timer},
    [WEFT_ACTOR_UDP_SINK] = {"udp-sink", true, wf_sim_dgram_start, wf_sim_dgram_event,
                             wf_sim_dgram_timer},
    [WEFT_ACTOR_UDP_ECHO] = {"udp-echo", true, wf_sim_dgram_start, wf_sim_dgram_event,
                             wf_sim_dgram_timer},
    [WEFT_ACTOR_UDP_ECHO_CLIENT] = {"udp-echo-client", false, wf_sim_dgram_start,
                                    wf_sim_dgram_event, wf_sim_dgram_timer},
    [WEFT_ACTOR_PING] = {"ping", false, wf_sim_dgram_start, wf_sim_dgram_event, wf_sim_dgram_timer},
    [WEFT_ACTOR_TRACEROUTE] = {"traceroute", false, wf_sim_trace_start, wf_sim_trace_event,
                               wf_sim_trace_timer},
};

const char *weft_actor_kind_name(unsigned kind)
{
    return kind < WEFT_ACTOR_KIND_COUNT ? ops[kind].name : "?";
}

bool wf_sim_actor_is_server(const struct weft_actor *a)
{
    return ops[a->cfg.kind].is_server;
}

static void set_defaults(struct weft_actor_config *cfg)
{
    cfg->count = cfg->count == 0 ? 1 : cfg->count;
    cfg->parallel = cfg->parallel == 0 ? 1 : cfg->parallel;
    cfg->backlog = cfg->backlog == 0 ? 128 : cfg->backlog;
    cfg->timeout_ns = cfg->timeout_ns == 0 ? ACTOR_SECOND_NS : cfg->timeout_ns;
    if (cfg->hops_max == 0)
        cfg->hops_max = 30;
    if (cfg->hops_max > WEFT_SIM_HOPS_MAX)
        cfg->hops_max = WEFT_SIM_HOPS_MAX;
    if (cfg->kind >= WEFT_ACTOR_UDP_SEND && cfg->interval_ns == 0)
        cfg->interval_ns = ACTOR_SECOND_NS;
}

static bool is_valid(const struct weft_actor_config *cfg)
{
    if (cfg->node == NULL || (unsigned)cfg->kind >= WEFT_ACTOR_KIND_COUNT ||
        cfg->opt_set_n > WEFT_SIM_OPTS_MAX)
        return false;
    if (cfg->kind == WEFT_ACTOR_TCP_RR || cfg->kind == WEFT_ACTOR_TCP_RR_SERVER)
        return cfg->bytes > 0 && cfg->reply_bytes > 0;
    return true;
}

int weft_actor_add(struct weft_world *w, const struct weft_actor_config *cfg,
                   struct weft_actor **out)
{
    if (!is_valid(cfg))
        return -WEFT_EINVAL;
    void *array = w->actor;
    bool has_room = wf_sim_grow(w, &array, &w->actors_cap, w->actors_n + 1, sizeof(*w->actor));
    w->actor = array;
    struct weft_actor *a = has_room ? wf_sim_alloc(w, sizeof(*a)) : NULL;
    if (a == NULL)
        return -WEFT_ENOMEM;
    a->w = w;
    a->id = w->actors_n;
    a->cfg = *cfg;
    set_defaults(&a->cfg);
    wf_sim_name_copy(a->cfg.name, cfg->name);
    a->timer_ns = WEFT_NEVER;
    a->res.bad_offset = UINT64_MAX;
    a->res.rtt_min_ns = UINT64_MAX;
    a->res.hash_in = UINT64_C(0xcbf29ce484222325);
    a->res.is_done = ops[cfg->kind].is_server;
    w->actor[w->actors_n++] = a;
    if (!ops[cfg->kind].is_server)
        w->clients_pending++;
    wf_sim_actor_set_timer(a, cfg->start_ns > w->now_ns ? cfg->start_ns : w->now_ns);
    if (out != NULL)
        *out = a;
    return 0;
}

void wf_sim_actor_set_timer(struct weft_actor *a, uint64_t at_ns)
{
    if (at_ns >= a->timer_ns)
        return;
    struct sim_event ev = {.time_ns = at_ns, .kind = SIM_EV_ACTOR, .obj = a};
    a->timer_ns = at_ns;
    (void)wf_sim_schedule(a->w, &ev);
}

void wf_sim_actor_timer(struct weft_actor *a, uint64_t time_ns)
{
    if (time_ns != a->timer_ns)
        return;
    a->timer_ns = WEFT_NEVER;
    if (a->is_stopped || (a->res.is_done && !ops[a->cfg.kind].is_server))
        return;
    if (a->is_started) {
        ops[a->cfg.kind].timer(a);
    } else {
        a->is_started = true;
        a->res.started_ns = a->w->now_ns;
        a->w->progress_ns = a->w->now_ns;
        ops[a->cfg.kind].start(a);
    }
    weft_node_touch(a->cfg.node);
}

void wf_sim_actor_event(struct weft_world *w, const struct weft_event *ev)
{
    uint32_t id = (uint32_t)(ev->user >> 24);
    if (id >= w->actors_n || w->actor[id]->is_stopped)
        return;
    struct weft_actor *a = w->actor[id];
    ops[a->cfg.kind].event(a, (uint32_t)ev->user & 0xffffffU);
}

void wf_sim_actor_progress(struct weft_actor *a)
{
    a->w->progress_ns = a->w->now_ns;
}

void wf_sim_actor_error(struct weft_actor *a, int64_t err)
{
    a->res.has_failed = true;
    if (a->res.err == 0)
        a->res.err = (int)-err;
}

void wf_sim_actor_end(struct weft_actor *a)
{
    if (a->res.is_done)
        return;
    a->res.is_done = true;
    a->res.ended_ns = a->w->now_ns;
    a->w->clients_pending--;
    wf_sim_actor_progress(a);
}

void wf_sim_actor_rtt(struct weft_actor *a, uint64_t rtt_ns)
{
    if (rtt_ns < a->res.rtt_min_ns)
        a->res.rtt_min_ns = rtt_ns;
    if (rtt_ns > a->res.rtt_max_ns)
        a->res.rtt_max_ns = rtt_ns;
    a->res.rtt_sum_ns += rtt_ns;
}

void wf_sim_actor_set(struct weft_actor *a, uint64_t sock, enum weft_sock_opt opt, int64_t value)
{
    int r = weft_sock_set(a->cfg.node->st, sock, opt, value);
    (void)r;
}

void wf_sim_actor_tag(struct weft_actor *a, uint64_t sock, uint32_t slot)
{
    const struct {
        enum weft_sock_opt opt;
        int64_t value;
    } set[] = {
        {WEFT_SO_SNDBUF, a->cfg.sndbuf},
        {WEFT_SO_RCVBUF, a->cfg.rcvbuf},
        {WEFT_IP_TTL, a->cfg.ttl},
        {WEFT_TCP_NODELAY, a->cfg.is_nodelay ? 1 : 0},
        {WEFT_TCP_PACING, a->cfg.is_paced ? 1 : 0},
        {WEFT_TCP_MAX_PACING_RATE, (int64_t)a->cfg.max_pacing_Bps},
        {WEFT_TCP_RECOVERY, a->cfg.recovery},
    };
    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
        if (set[i].value != 0)
            wf_sim_actor_set(a, sock, set[i].opt, set[i].value);
    /* Of datagrams: in a lab routers are seen to cut them. */
    wf_sim_actor_set(a, sock, WEFT_IP_DF, a->cfg.has_df ? WEFT_IP_DF_ALWAYS : WEFT_IP_DF_NEVER);
    if (a->cfg.cc != NULL)
        (void)!weft_sock_set_cc(a->cfg.node->st, sock, a->cfg.cc);
    for (uint8_t i = 0; i < a->cfg.cc_set_n; i++)
        (void)!weft_sock_set_cc_param(a->cfg.node->st, sock, a->cfg.cc_set[i].param,
                                      a->cfg.cc_set[i].value);
    for (uint8_t i = 0; i < a->cfg.opt_set_n; i++)
        wf_sim_actor_set(a, sock, (enum weft_sock_opt)a->cfg.opt_set[i].opt,
                         a->cfg.opt_set[i].value);
    uint64_t user = SIM_USER_ACTOR | (uint64_t)a->id << 24 | slot;
    wf_sim_actor_set(a, sock, WEFT_SO_USER, (int64_t)user);
}

int wf_sim_actor_open(struct weft_actor *a, enum weft_sock_type type, uint32_t slot, uint64_t *out)
{
    struct weft_stack *st = a->cfg.node->st;
    int r = weft_sock_open(st, type, out);
    if (r != 0)
        return r;
    wf_sim_actor_tag(a, *out, slot);
    const struct weft_endpoint any = {.port = 0};
    if (memcmp(&a->cfg.local.addr.b, &any.addr.b, sizeof(any.addr.b)) != 0 ||
        a->cfg.local.port != 0)
        r = weft_sock_bind(st, *out, &a->cfg.local);
    if (r != 0)
        (void)weft_sock_close(st, *out);
    return r;
}

const struct weft_actor *wf_sim_actor_pending(const struct weft_world *w)
{
    for (uint32_t i = 0; i < w->actors_n; i++)
        if (!w->actor[i]->res.is_done && !ops[w->actor[i]->cfg.kind].is_server)
            return w->actor[i];
    return NULL;
}

bool wf_sim_actor_is_complete(const struct weft_actor *a)
{
    return ops[a->cfg.kind].is_server || a->res.done >= a->cfg.count;
}

void weft_actor_stop(struct weft_actor *a)
{
    struct weft_stack *st = a->cfg.node->st;
    if (a->is_stopped)
        return;
    a->is_stopped = true;
    if (a->own != 0)
        (void)weft_sock_close(st, a->own);
    a->own = 0;
    for (uint32_t i = 0; i < a->flows_cap; i++) {
        if (a->flow[i].sock != 0)
            (void)weft_sock_close(st, a->flow[i].sock);
        a->flow[i].sock = 0;
    }
    a->flows_open = 0;
    if (!ops[a->cfg.kind].is_server)
        wf_sim_actor_end(a);
    weft_node_touch(a->cfg.node);
}

/* Nobody says good-bye: what the sockets send now never leaves. */
static void crash(struct weft_actor *a)
{
    struct weft_stack *st = a->cfg.node->st;
    a->is_stopped = true;
    for (uint32_t i = 0; i < a->flows_cap; i++) {
        if (a->flow[i].sock != 0)
            (void)weft_sock_abort(st, a->flow[i].sock);
        a->flow[i].sock = 0;
    }
    a->own = 0;
    a->flows_open = 0;
    if (!ops[a->cfg.kind].is_server && !a->res.is_done) {
        wf_sim_actor_error(a, -WEFT_ENETDOWN);
        wf_sim_actor_end(a);
    }
}

void wf_sim_actors_crash(struct weft_node *node)
{
    const struct weft_world *w = node->w;
    for (uint32_t i = 0; i < w->actors_n; i++)
        if (w->actor[i]->cfg.node == node && !w->actor[i]->is_stopped)
            crash(w->actor[i]);
}

const struct weft_actor_result *weft_actor_result(const struct weft_actor *a)
{
    return &a->res;
}

const struct weft_actor_config *weft_actor_config_get(const struct weft_actor *a)
{
    return &a->cfg;
}

struct weft_actor *weft_actor_next(const struct weft_world *w, const struct weft_actor *prev)
{
    uint32_t at = prev == NULL ? 0 : prev->id + 1;
    return at < w->actors_n ? w->actor[at] : NULL;
}

uint64_t weft_actor_socket(const struct weft_actor *a)
{
    for (uint32_t i = 0; i < a->flows_cap; i++)
        if (a->flow[i].sock != 0)
            return a->flow[i].sock;
    return a->own;
}
