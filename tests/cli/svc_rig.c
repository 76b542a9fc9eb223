/* SPDX-License-Identifier: MIT */
#include "svc_rig.h"

#include "t.h"

struct svc svc;

static void on_event(void *user, struct weft_node *node, const struct weft_event *ev)
{
    (void)user;
    (void)node;
    (void)ev;
    svc.has_event = true;
}

static bool is_quiet(void *user)
{
    (void)user;
    return !svc.has_event;
}

/* Let the world go on until the node's socket has something, or until a time. */
static void wait_until(uint64_t at_ns)
{
    svc.has_event = false;
    weft_node_touch(svc.a);
    if (weft_world_run_while(svc.w, at_ns, is_quiet, NULL) == 0 && at_ns != WEFT_NEVER)
        T_EQ(weft_world_run(svc.w, at_ns), 0);
}

void svc_on(struct weft_world *w, struct weft_node *a)
{
    svc.w = w;
    svc.a = a;
    weft_node_on_event(a, on_event, NULL);
}

void svc_line(void)
{
    struct weft_link_quality q = {.delay_ns = 5 * MS};
    struct weft_world *w = net_new(7);
    svc_on(w, net_host(w, "a", false));
    svc.r1 = net_host(w, "r1", true);
    svc.r2 = net_host(w, "r2", true);
    svc.b = net_host(w, "b", false);
    (void)net_join(w, svc.a, svc.r1, 1, &q);
    svc.mid = net_join(w, svc.r1, svc.r2, 2, &q);
    svc.far = net_join(w, svc.r2, svc.b, 3, &q);
    net_route(svc.a, 2, weft_ip4(10, 1, 0, 2));
    net_route(svc.a, 3, weft_ip4(10, 1, 0, 2));
    net_route(svc.r1, 3, weft_ip4(10, 2, 0, 2));
    net_route(svc.r2, 1, weft_ip4(10, 2, 0, 1));
    net_route(svc.b, 1, weft_ip4(10, 3, 0, 1));
    net_route(svc.b, 2, weft_ip4(10, 3, 0, 1));
}

void svc_end(void)
{
    struct weft_usage u;
    weft_stack_usage(weft_node_stack(svc.a), &u);
    T_EQ(u.socks, 0);
    net_end(svc.w);
}

struct weft_ping_config svc_ping_of(struct weft_addr to, uint64_t count)
{
    struct weft_ping_config cfg;
    weft_ping_config_default(&cfg);
    cfg.to = to;
    cfg.count = count;
    cfg.slots = svc.ping_slots;
    cfg.slots_n = SVC_SLOTS;
    cfg.buf = svc.buf;
    cfg.buf_bytes = sizeof(svc.buf);
    return cfg;
}

void svc_ping(const struct weft_ping_config *cfg, void (*between)(void))
{
    struct weft_ping p;
    struct weft_ping_event ev = {.kind = WEFT_PING_NONE};
    svc.events_n = 0;
    int err = weft_ping_start(&p, weft_node_stack(svc.a), cfg, weft_world_now(svc.w));
    T_EQ(err, 0);
    while (err == 0 && ev.kind != WEFT_PING_DONE && svc.events_n < SVC_EVENTS_MAX) {
        uint64_t at_ns = weft_ping_step(&p, weft_world_now(svc.w), &ev);
        if (ev.kind != WEFT_PING_NONE) {
            T_EQ(at_ns, weft_world_now(svc.w));
            svc.pe[svc.events_n++] = ev;
            continue;
        }
        if (between != NULL)
            between();
        wait_until(at_ns);
    }
    weft_ping_stats(&p, &svc.stats);
    T_EQ(weft_ping_step(&p, weft_world_now(svc.w), &ev), WEFT_NEVER);
    T_EQ(ev.kind, WEFT_PING_NONE);
    weft_ping_end(&p);
    weft_ping_end(&p);
}

const struct weft_ping_event *svc_first(enum weft_ping_kind kind)
{
    static const struct weft_ping_event none;
    for (unsigned i = 0; i < svc.events_n; i++)
        if (svc.pe[i].kind == kind)
            return &svc.pe[i];
    T_CHECK(kind == WEFT_PING_NONE);
    return &none;
}

struct weft_traceroute_config svc_trace_of(struct weft_addr to, enum weft_trace_how how)
{
    struct weft_traceroute_config cfg;
    weft_traceroute_config_default(&cfg);
    cfg.to = to;
    cfg.how = how;
    cfg.slots = svc.trace_slots;
    cfg.slots_n = sizeof(svc.trace_slots) / sizeof(svc.trace_slots[0]);
    cfg.buf = svc.buf;
    cfg.buf_bytes = sizeof(svc.buf);
    cfg.port = how == WEFT_TRACE_TCP ? 80 : cfg.port;
    return cfg;
}

void svc_trace(const struct weft_traceroute_config *cfg)
{
    struct weft_traceroute t;
    struct weft_traceroute_event ev = {.kind = WEFT_TRACEROUTE_NONE};
    svc.events_n = svc.opened = svc.closed = 0;
    int err = weft_traceroute_start(&t, weft_node_stack(svc.a), cfg);
    T_EQ(err, 0);
    while (err == 0 && ev.kind != WEFT_TRACEROUTE_DONE && svc.events_n < SVC_EVENTS_MAX) {
        uint64_t at_ns = weft_traceroute_step(&t, weft_world_now(svc.w), &ev);
        if (ev.kind == WEFT_TRACEROUTE_NONE)
            wait_until(at_ns);
        else if (ev.kind == WEFT_TRACEROUTE_OPENED)
            svc.opened++;
        else if (ev.kind == WEFT_TRACEROUTE_CLOSED)
            svc.closed++;
        else
            svc.te[svc.events_n++] = ev;
    }
    T_EQ(weft_traceroute_step(&t, weft_world_now(svc.w), &ev), WEFT_NEVER);
    weft_traceroute_end(&t);
    weft_traceroute_end(&t);
    weft_node_touch(svc.a);
    T_EQ(weft_world_run(svc.w, weft_world_now(svc.w) + 1 * S), 0);
}
