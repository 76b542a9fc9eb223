/* SPDX-License-Identifier: MIT */
/** DOC: What each kind of step does: begin, wake, end; what it measures stands in measure.c */
#include <inttypes.h>
#include <string.h>

#include "run.h"
#include "weft/cc.h"

#define SECOND UINT64_C(1000000000)

/* ---- actors ---- */

static struct weft_actor *add_actor(struct lab_run *run, struct lab_step *s,
                                    struct weft_actor_config *cfg)
{
    struct weft_actor *a = NULL;
    cfg->start_ns += weft_world_now(run->w);
    cfg->may_fail = true;
    cfg->pattern = s->talk.pattern;
    (void)snprintf(cfg->name, sizeof(cfg->name), "line %u %s", s->mark.line,
                   weft_actor_kind_name(cfg->kind));
    int r = weft_actor_add(run->w, cfg, &a);
    if (r != 0)
        s->problem = weft_strerror(r);
    return a;
}

static void set_option(struct weft_actor_config *cfg, int opt, int64_t value)
{
    if (cfg->opt_set_n == WEFT_SIM_OPTS_MAX)
        return;
    cfg->opt_set[cfg->opt_set_n].opt = opt;
    cfg->opt_set[cfg->opt_set_n++].value = value;
}

/* What a step says of TCP, for both of its ends. */
static void set_tcp(const struct lab_step *s, struct weft_actor_config *cfg)
{
    if (!wf_lab_is_tcp(s->kind))
        return;
    cfg->backlog = (uint32_t)s->talk.backlog;
    bool is_server = cfg->kind == WEFT_ACTOR_TCP_SINK || cfg->kind == WEFT_ACTOR_TCP_RR_SERVER;
    for (unsigned i = 0; i < s->talk.opts.n; i++) /* One end keeps the other alive. */
        if (!is_server || s->talk.opts.set[i].opt != WEFT_SO_KEEPALIVE)
            set_option(cfg, s->talk.opts.set[i].opt, s->talk.opts.set[i].value);
    cfg->recovery = (uint8_t)s->talk.recovery;
    cfg->cc = weft_cc_find(wf_lab_cc_names[s->talk.cc]);
    cfg->cc_set_n = (uint8_t)s->talk.cc_params.n;
    for (unsigned i = 0; i < s->talk.cc_params.n; i++) {
        cfg->cc_set[i].param = s->talk.cc_params.set[i].param;
        cfg->cc_set[i].value = s->talk.cc_params.set[i].value;
    }
}

static void add_server(struct lab_run *run, struct lab_step *s, enum weft_actor_kind kind)
{
    const struct lab_node *node = wf_lab_node(run->lab, s->to);
    struct weft_actor_config cfg = {.kind = kind,
                                    .node = node->node,
                                    .local = {.port = (uint16_t)s->talk.port},
                                    .reply_bytes = s->talk.reply,
                                    .read_bytes = s->talk.read_bytes,
                                    .read_every_ns = s->talk.read_every,
                                    .rcvbuf = (uint32_t)s->talk.receive_buffer,
                                    .sndbuf = (uint32_t)s->talk.send_buffer,
                                    .is_nodelay = s->talk.is_nodelay || node->set.tcp.is_nodelay};
    if (s->kind == LAB_STEP_REQUESTS)
        cfg.bytes = s->talk.bytes;
    set_tcp(s, &cfg);
    if (s->kind != LAB_STEP_UDP) /* Connections of the step before may still be closing. */
        set_option(&cfg, WEFT_SO_REUSEADDR, 1);
    s->server = add_actor(run, s, &cfg);
}

static void add_client(struct lab_run *run, struct lab_step *s, enum weft_actor_kind kind,
                       uint64_t bytes)
{
    const struct lab_node *node = wf_lab_node(run->lab, s->from);
    struct weft_actor_config cfg = {
        .kind = kind,
        .node = node->node,
        .local = {.port = (uint16_t)s->talk.local_port},
        .remote = {.addr = s->to_addr, .port = (uint16_t)s->talk.port},
        .bytes = bytes,
        .reply_bytes = s->talk.reply,
        .count = (uint32_t)s->talk.count,
        .hops_max = (uint32_t)s->talk.hops,
        .interval_ns = s->talk.interval,
        .timeout_ns = s->talk.timeout,
        .rcvbuf = (uint32_t)s->talk.receive_buffer,
        .sndbuf = (uint32_t)s->talk.send_buffer,
        .start_ns = s->talk.connect_after,
        .ttl = (uint8_t)s->talk.ttl,
        .write_bytes = s->talk.write_bytes,
        .write_every_ns = s->talk.write_every,
        .is_nodelay = s->talk.is_nodelay || node->set.tcp.is_nodelay,
        .has_df = s->talk.has_df,
        .record = (uint8_t)s->talk.record,
    };
    set_tcp(s, &cfg);
    if (s->talk.local_port != 0)
        set_option(&cfg, WEFT_SO_REUSEADDR, 1);
    s->client = add_actor(run, s, &cfg);
    if (s->client != NULL)
        *(struct weft_actor **)wf_vec_push(&s->clients, sizeof(s->client)) = s->client;
}

static void add_udp_client(struct lab_run *run, struct lab_step *s)
{
    bool is_echoed = s->talk.is_echoed;
    add_client(run, s, is_echoed ? WEFT_ACTOR_UDP_ECHO_CLIENT : WEFT_ACTOR_UDP_SEND,
               s->talk.sizes[s->clients.n]);
}

/* ---- begin ---- */

static void clear_neighbours(struct lab_run *run, const struct lab_step *s)
{
    struct lab_node *node = wf_lab_node(run->lab, s->from);
    struct weft_stack *st = weft_node_stack(node->node);
    for (;;) { /* The walk is begun anew after each removal: it changes the table. */
        struct weft_neigh_info n;
        uint32_t cursor = 0;
        bool is_found = false;
        while (!is_found && weft_neigh_next(st, &cursor, &n))
            is_found =
                s->arp.is_clear_all || memcmp(n.addr.b, s->arp.clear_addr.b, sizeof(n.addr.b)) == 0;
        if (!is_found || weft_neigh_del(st, n.ifindex, &n.addr) != 0)
            break;
    }
    weft_node_touch(node->node);
}

static const char *change_link(struct lab_run *run, struct lab_step *s)
{
    struct lab_link *link = wf_lab_link(run->lab, s->link_index);
    if (s->link.what == LAB_LINK_CHANGE)
        return wf_run_set_link(link, s->change) ? NULL : "out of memory";
    weft_link_cut(link->link, s->link.what == LAB_LINK_CUT);
    return NULL;
}

/* Both ends connect, from the port they connect to. */
static void begin_meeting(struct lab_run *run, struct lab_step *s)
{
    struct weft_actor_config cfg = {.kind = WEFT_ACTOR_TCP_SEND,
                                    .node = wf_lab_node(run->lab, s->to)->node,
                                    .local = {.port = (uint16_t)s->talk.port},
                                    .remote = {.port = (uint16_t)s->talk.port},
                                    .bytes = s->talk.bytes,
                                    .reply_bytes = s->talk.reply,
                                    .rcvbuf = (uint32_t)s->talk.receive_buffer,
                                    .sndbuf = (uint32_t)s->talk.send_buffer,
                                    .is_nodelay = s->talk.is_nodelay};
    (void)wf_lab_first_addr(wf_lab_node(run->lab, s->from), &cfg.remote.addr);
    set_tcp(s, &cfg);
    set_option(&cfg, WEFT_SO_REUSEADDR, 1);
    s->talk.local_port = s->talk.port;
    s->server = add_actor(run, s, &cfg);
    add_client(run, s, WEFT_ACTOR_TCP_SEND, s->talk.bytes);
}

static void begin_tcp(struct lab_run *run, struct lab_step *s)
{
    wf_step_count(run, s, s->before);
    s->cwnd_min = UINT32_MAX;
    if (s->kind == LAB_STEP_MEET) {
        begin_meeting(run, s);
        return;
    }
    bool is_requests = s->kind == LAB_STEP_REQUESTS;
    add_server(run, s, is_requests ? WEFT_ACTOR_TCP_RR_SERVER : WEFT_ACTOR_TCP_SINK);
    add_client(run, s, is_requests ? WEFT_ACTOR_TCP_RR : WEFT_ACTOR_TCP_SEND, s->talk.bytes);
    if (s->talk.span != 0)
        s->wake_ns = s->started_ns + s->talk.span;
}

static const char *change_node(struct lab_run *run, struct lab_step *s)
{
    struct lab_node *node = wf_lab_node(run->lab, s->from);
    if (s->node.what != LAB_NODE_BOOT)
        weft_node_crash(node->node);
    if (s->node.what == LAB_NODE_CRASH)
        return NULL;
    return wf_run_boot(run, node);
}

/* A step that needs a node which has crashed cannot begin. */
static const char *find_dead(struct lab_run *run, const struct lab_step *s)
{
    bool is_talk = wf_lab_is_tcp(s->kind) || s->kind <= LAB_STEP_REFUSED;
    if (!is_talk || s->kind == LAB_STEP_ARP)
        return NULL;
    const size_t ends[] = {s->from, s->to};
    for (size_t i = 0; i < 2; i++) {
        bool is_needed = i == 0 || wf_lab_is_tcp(s->kind) || s->kind == LAB_STEP_UDP;
        const struct lab_node *n = ends[i] != SIZE_MAX ? wf_lab_node(run->lab, ends[i]) : NULL;
        if (is_needed && n != NULL && weft_node_is_down(n->node))
            return wf_lab_printf(&run->lab->arena, "node %s is down", n->name);
    }
    return NULL;
}

void wf_step_begin(struct lab_run *run, struct lab_step *s)
{
    s->outcome = LAB_RUNNING;
    s->started_ns = weft_world_now(run->w);
    s->due_ns = s->limit != 0 ? s->started_ns + s->limit : WEFT_NEVER;
    s->wake_ns = WEFT_NEVER;
    s->real_s = wf_run_seconds(run);
    wf_record_step(&run->rec, s);
    if (s->problem == NULL)
        s->problem = find_dead(run, s);
    if (s->problem != NULL)
        return;
    switch (s->kind) {
    case LAB_STEP_PING:
        add_client(run, s, WEFT_ACTOR_PING, s->talk.size);
        break;
    case LAB_STEP_TRACEROUTE:
        add_client(run, s, WEFT_ACTOR_TRACEROUTE, 0);
        break;
    case LAB_STEP_UDP:
        add_server(run, s, s->talk.is_echoed ? WEFT_ACTOR_UDP_ECHO : WEFT_ACTOR_UDP_SINK);
        add_udp_client(run, s);
        break;
    case LAB_STEP_TCP:
    case LAB_STEP_REQUESTS:
    case LAB_STEP_MEET:
        begin_tcp(run, s);
        break;
    case LAB_STEP_FLOOD:
        s->problem = wf_flood_begin(run, s);
        s->wake_ns = s->started_ns;
        break;
    case LAB_STEP_NODE:
        s->problem = change_node(run, s);
        break;
    case LAB_STEP_GROUP:
        s->problem = wf_group_begin(run, s);
        break;
    case LAB_STEP_BROADCAST:
        s->problem = wf_broadcast_begin(run, s);
        break;
    case LAB_STEP_NEIGH:
        s->problem = wf_neigh_change(run, s);
        break;
    case LAB_STEP_FORGE:
        s->problem = wf_forge_begin(run, s);
        s->wake_ns = s->started_ns;
        break;
    case LAB_STEP_REFUSED:
        add_client(run, s, WEFT_ACTOR_TCP_SEND, 0);
        break;
    case LAB_STEP_ARP:
        if (s->arp.clear != NULL)
            clear_neighbours(run, s);
        break;
    case LAB_STEP_LINK:
        s->problem = change_link(run, s);
        break;
    case LAB_STEP_MEASURE:
        wf_measure_begin(run, s);
        s->wake_ns = s->started_ns + s->wait;
        break;
    case LAB_STEP_WAIT:
        s->wake_ns = s->started_ns + s->wait;
        break;
    case LAB_STEP_SHOW:
        s->shown = wf_show(run->lab, s->from, s->show.what);
        break;
    case LAB_STEP_PARALLEL:
    case LAB_STEP_KINDS:
        break;
    }
}

/* ---- meanwhile ---- */

bool wf_step_is_done(struct lab_run *run, struct lab_step *s)
{
    if (s->problem != NULL)
        return true;
    if (s->wake_ns != WEFT_NEVER)
        return weft_world_now(run->w) >= s->wake_ns;
    bool is_meeting = s->kind == LAB_STEP_MEET && s->server != NULL;
    if (is_meeting && !weft_actor_result(s->server)->is_done)
        return false;
    return s->client == NULL || weft_actor_result(s->client)->is_done;
}

void wf_step_look(struct lab_step *s)
{
    if (!wf_lab_is_tcp(s->kind) || s->client == NULL)
        return;
    uint64_t sock = weft_actor_socket(s->client);
    struct weft_stack *st = weft_node_stack(weft_actor_config_get(s->client)->node);
    if (sock == 0 || weft_sock_tcp_info(st, sock, &s->tcp) != 0)
        return;
    s->has_tcp = true;
    if (s->tcp.state < WEFT_TCP_ESTABLISHED)
        return;
    const struct weft_tcp_info *t = &s->tcp;
    s->cwnd_min = t->cwnd < s->cwnd_min ? t->cwnd : s->cwnd_min;
    s->cwnd_max = t->cwnd > s->cwnd_max ? t->cwnd : s->cwnd_max;
    s->flight_max = t->flight > s->flight_max ? t->flight : s->flight_max;
    s->srtt_max_us = t->srtt_us > s->srtt_max_us ? t->srtt_us : s->srtt_max_us;
}

bool wf_step_wake(struct lab_run *run, struct lab_step *s)
{
    if (s->kind == LAB_STEP_FLOOD && s->problem == NULL)
        return wf_flood_wake(run, s);
    if (s->kind == LAB_STEP_FORGE && s->problem == NULL)
        return wf_forge_wake(run, s);
    if (s->kind != LAB_STEP_UDP || s->problem != NULL)
        return true;
    if (s->clients.n < s->talk.sizes_n) {
        add_udp_client(run, s);
        return false;
    }
    if (!s->talk.is_echoed && s->wake_ns == WEFT_NEVER) { /* The last ones are on their way. */
        s->wake_ns = weft_world_now(run->w) + (s->talk.timeout != 0 ? s->talk.timeout : SECOND);
        return false;
    }
    return true;
}

/* ---- end: what its kind promises, unless the file expects something else ---- */

static bool expects_metric(const struct lab_step *s, const char *name)
{
    size_t n;
    const struct lab_metric *m = wf_lab_metrics(s->kind, &n);
    for (size_t i = 0; i < s->expects.n; i++) {
        const struct lab_expect *e = wf_lab_expect(&s->expects, i);
        if (e->about == LAB_ABOUT_STEP && strcmp(m[e->index].name, name) == 0)
            return true;
    }
    return false;
}

static const char *broken_promise(struct lab_run *run, const struct lab_step *s)
{
    if (s->kind == LAB_STEP_REFUSED && !expects_metric(s, "error") &&
        wf_step_result(s, 0)->err != WEFT_ECONNREFUSED)
        return wf_lab_printf(&run->lab->arena, "the connection was not refused: %s",
                             wf_step_error_name(wf_step_result(s, 0)->err));
    if (s->kind == LAB_STEP_REQUESTS && !expects_metric(s, "error") &&
        !expects_metric(s, "received") && wf_step_result(s, 0)->done != s->talk.count)
        return wf_lab_printf(&run->lab->arena, "%" PRIu64 " of %" PRIu64 " answers came (%s)",
                             wf_step_result(s, 0)->done, s->talk.count,
                             wf_step_error_name(wf_step_result(s, 0)->err));
    if (s->kind != LAB_STEP_TCP && s->kind != LAB_STEP_MEET)
        return NULL;
    const struct weft_actor_result *c = wf_step_result(s, 0), *v = weft_actor_result(s->server);
    uint64_t bad = v->bad_offset != UINT64_MAX ? v->bad_offset : c->bad_offset;
    if (bad != UINT64_MAX)
        return wf_lab_printf(&run->lab->arena, "byte %" PRIu64 " of the stream is wrong", bad);
    bool is_whole = v->bytes_in == s->talk.bytes && c->bytes_in == s->talk.reply;
    if (!is_whole && s->talk.span == 0 && !expects_metric(s, "bytes") &&
        !expects_metric(s, "error") && !expects_metric(s, "verified"))
        return wf_lab_printf(
            &run->lab->arena,
            "%" PRIu64 " of %" PRIu64 " bytes arrived, %" PRIu64 " of %" PRIu64 " came back (%s)",
            v->bytes_in, s->talk.bytes, c->bytes_in, s->talk.reply, wf_step_error_name(c->err));
    return NULL;
}

void wf_step_end(struct lab_run *run, struct lab_step *s, bool is_late)
{
    s->ended_ns = weft_world_now(run->w);
    s->real_s = wf_run_seconds(run) - s->real_s;
    bool has_begun = s->problem == NULL;
    if (has_begun) {
        wf_measure(run, s);
        s->problem = is_late ? "not finished in time" : broken_promise(run, s);
    }
    for (size_t i = 0; i < s->clients.n; i++) {
        if (!wf_step_result(s, i)->is_done)
            weft_actor_stop(((struct weft_actor **)s->clients.items)[i]);
    }
    if (s->server != NULL)
        weft_actor_stop(s->server);
    bool holds = wf_eval(run, &s->expects, s);
    s->outcome = holds && s->problem == NULL ? LAB_PASSED : LAB_FAILED;
    run->has_failed = run->has_failed || s->outcome == LAB_FAILED;
    run->steps_run++;
}
