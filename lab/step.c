/* SPDX-License-Identifier: MIT */
/** DOC: What each kind of step does: begin, wake, end */
#include <inttypes.h>
#include <string.h>

#include "run.h"
#include "weft/cc.h"

#define SECOND UINT64_C(1000000000)

/* Counters of the sender that a TCP step compares with those before it. */
enum { SEGS, RETRANS, RTOS, RECOVERIES, TLPS };
static const enum weft_counter counted[LAB_COUNTED_MAX] = {
    [SEGS] = WEFT_COUNT_TCP_SEGS_OUT, [RETRANS] = WEFT_COUNT_TCP_RETRANS_SEGS,
    [RTOS] = WEFT_COUNT_TCP_RTOS,     [RECOVERIES] = WEFT_COUNT_TCP_RECOVERIES,
    [TLPS] = WEFT_COUNT_TCP_TLPS,
};

static const struct weft_actor_result *result_of(const struct lab_step *s, size_t i)
{
    return weft_actor_result(((struct weft_actor *const *)s->clients.items)[i]);
}

/* ---- actors ---- */

static struct weft_actor *add_actor(struct lab_run *run, struct lab_step *s,
                                    struct weft_actor_config *cfg)
{
    struct weft_actor *a = NULL;
    cfg->start_ns = weft_world_now(run->w);
    cfg->may_fail = true;
    cfg->pattern = s->talk.pattern;
    (void)snprintf(cfg->name, sizeof(cfg->name), "line %u %s", s->mark.line,
                   weft_actor_kind_name(cfg->kind));
    int r = weft_actor_add(run->w, cfg, &a);
    if (r != 0)
        s->problem = weft_strerror(r);
    return a;
}

static void set_cc(const struct lab_step *s, struct weft_actor_config *cfg)
{
    if (s->kind != LAB_STEP_TCP)
        return;
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
    set_cc(s, &cfg);
    s->server = add_actor(run, s, &cfg);
}

static void add_client(struct lab_run *run, struct lab_step *s, enum weft_actor_kind kind,
                       uint64_t bytes)
{
    const struct lab_node *node = wf_lab_node(run->lab, s->from);
    struct weft_actor_config cfg = {
        .kind = kind,
        .node = node->node,
        .remote = {.addr = s->to_addr, .port = (uint16_t)s->talk.port},
        .bytes = bytes,
        .reply_bytes = s->talk.reply,
        .count = (uint32_t)s->talk.count,
        .hops_max = (uint32_t)s->talk.hops,
        .interval_ns = s->talk.interval,
        .timeout_ns = s->talk.timeout,
        .rcvbuf = (uint32_t)s->talk.receive_buffer,
        .sndbuf = (uint32_t)s->talk.send_buffer,
        .ttl = (uint8_t)s->talk.ttl,
        .is_nodelay = s->talk.is_nodelay || node->set.tcp.is_nodelay,
        .has_df = s->talk.has_df,
    };
    set_cc(s, &cfg);
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

static void change_link(struct lab_run *run, struct lab_step *s)
{
    struct lab_link *link = wf_lab_link(run->lab, s->link_index);
    if (s->link.what == LAB_LINK_CHANGE)
        wf_run_set_link(link, s->change);
    else
        weft_link_cut(link->link, s->link.what == LAB_LINK_CUT);
}

static void begin_tcp(struct lab_run *run, struct lab_step *s)
{
    struct weft_stack *st = weft_node_stack(wf_lab_node(run->lab, s->from)->node);
    for (size_t i = 0; i < LAB_COUNTED_MAX; i++)
        s->before[i] = weft_counter(st, counted[i]);
    add_server(run, s, WEFT_ACTOR_TCP_SINK);
    add_client(run, s, WEFT_ACTOR_TCP_SEND, s->talk.bytes);
}

void wf_step_begin(struct lab_run *run, struct lab_step *s)
{
    s->outcome = LAB_RUNNING;
    s->started_ns = weft_world_now(run->w);
    s->due_ns = s->limit != 0 ? s->started_ns + s->limit : WEFT_NEVER;
    s->wake_ns = WEFT_NEVER;
    s->real_s = wf_run_seconds(run);
    wf_record_step(&run->rec, s);
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
        begin_tcp(run, s);
        break;
    case LAB_STEP_REFUSED:
        add_client(run, s, WEFT_ACTOR_TCP_SEND, 0);
        break;
    case LAB_STEP_ARP:
        if (s->arp.clear != NULL)
            clear_neighbours(run, s);
        break;
    case LAB_STEP_LINK:
        change_link(run, s);
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
    return s->client == NULL || weft_actor_result(s->client)->is_done;
}

void wf_step_look(struct lab_step *s)
{
    if (s->kind != LAB_STEP_TCP || s->client == NULL)
        return;
    uint64_t sock = weft_actor_socket(s->client);
    struct weft_stack *st = weft_node_stack(weft_actor_config_get(s->client)->node);
    if (sock != 0 && weft_sock_tcp_info(st, sock, &s->tcp) == 0)
        s->has_tcp = true;
}

bool wf_step_wake(struct lab_run *run, struct lab_step *s)
{
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

/* ---- end: what was measured ---- */

static void set_number(struct lab_step *s, const char *name, uint64_t value)
{
    size_t n;
    const struct lab_metric *m = wf_lab_metrics(s->kind, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(m[i].name, name) == 0)
            s->values[i] = (struct lab_value){.number = value, .is_there = true};
    }
}

static void set_text(struct lab_step *s, const char *name, const char *text)
{
    size_t n;
    const struct lab_metric *m = wf_lab_metrics(s->kind, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(m[i].name, name) == 0)
            s->values[i] = (struct lab_value){.text = text, .is_there = true};
    }
}

static const char *error_name(int err)
{
    return err >= 0 && err < WEFT_ERR_COUNT ? wf_lab_error_names[err] : "unknown";
}

static const char *time_text(struct lab_run *run, uint64_t ns)
{
    char buf[32];
    return wf_lab_strdup(&run->lab->arena, wf_units_text(buf, sizeof(buf), LAB_UNIT_TIME, ns));
}

static void measure_echoes(struct lab_run *run, struct lab_step *s)
{
    uint64_t sent = 0, done = 0, dups = 0, bytes = 0, sum = 0, max = 0, min = UINT64_MAX;
    int err = 0;
    for (size_t i = 0; i < s->clients.n; i++) {
        const struct weft_actor_result *r = result_of(s, i);
        sent += r->sent;
        done += r->done;
        dups += r->duplicates;
        bytes += r->bytes_in;
        sum += r->rtt_sum_ns;
        max = r->rtt_max_ns > max ? r->rtt_max_ns : max;
        min = r->done != 0 && r->rtt_min_ns < min ? r->rtt_min_ns : min;
        err = err != 0 ? err : r->err;
    }
    bool is_one_way = s->kind == LAB_STEP_UDP && !s->talk.is_echoed;
    if (is_one_way && s->server != NULL) {
        done = weft_actor_result(s->server)->done;
        bytes = weft_actor_result(s->server)->bytes_in;
        dups = done > sent ? done - sent : 0;
        done -= dups;
    }
    set_number(s, "sent", sent);
    set_number(s, "received", done);
    set_number(s, "loss", sent != 0 ? (sent - done) * LAB_SHARE_ONE / sent : 0);
    set_number(s, "duplicates", dups);
    set_number(s, "bytes", bytes);
    set_text(s, "error", error_name(err));
    if (done == 0 || is_one_way) {
        s->summary =
            wf_lab_printf(&run->lab->arena, "%" PRIu64 " sent, %" PRIu64 " received%s%s", sent,
                          done, err != 0 ? ", " : "", err != 0 ? error_name(err) : "");
        return;
    }
    set_number(s, "rtt-min", min);
    set_number(s, "rtt-avg", sum / done);
    set_number(s, "rtt-max", max);
    s->summary = wf_lab_printf(
        &run->lab->arena, "%" PRIu64 " sent, %" PRIu64 " received, rtt %s / %s / %s", sent, done,
        time_text(run, min), time_text(run, sum / done), time_text(run, max));
}

static void measure_hops(struct lab_run *run, struct lab_step *s)
{
    const struct weft_actor_result *r = result_of(s, 0);
    struct lab_buf b = {0};
    wf_buf_str(&b, "");
    for (uint32_t i = 0; i < r->hops; i++) {
        static const struct weft_addr none;
        char addr[48] = "*";
        if (memcmp(r->hop[i].from.b, none.b, sizeof(none.b)) != 0)
            weft_addr_text(addr, sizeof(addr), &r->hop[i].from);
        wf_buf_printf(&b, "%s%s", i != 0 ? " " : "", addr);
    }
    set_text(s, "hops", wf_lab_strdup(&run->lab->arena, b.s));
    set_number(s, "hop-count", r->hops);
    set_text(s, "reached", r->has_reached ? "yes" : "no");
    s->summary = wf_lab_printf(&run->lab->arena, "%u hop%s: %s%s", r->hops, r->hops == 1 ? "" : "s",
                               b.s, r->has_reached ? "" : ", not reached");
    wf_buf_free(&b);
}

static void measure_tcp(struct lab_run *run, struct lab_step *s)
{
    const struct weft_actor_result *c = result_of(s, 0), *v = weft_actor_result(s->server);
    struct weft_stack *st = weft_node_stack(wf_lab_node(run->lab, s->from)->node);
    uint64_t ns = s->ended_ns - s->started_ns, n[LAB_COUNTED_MAX];
    for (size_t i = 0; i < LAB_COUNTED_MAX; i++)
        n[i] = weft_counter(st, counted[i]) - s->before[i];
    bool is_right = v->bad_offset == UINT64_MAX && c->bad_offset == UINT64_MAX;
    bool is_whole = v->bytes_in == s->talk.bytes && c->bytes_in == s->talk.reply;
    int err = c->err != 0 ? c->err : v->err;
    uint64_t bytes = v->bytes_in + c->bytes_in;
    double bits = ns != 0 ? (double)bytes * 8e9 / (double)ns : 0;
    set_number(s, "bytes", v->bytes_in);
    set_number(s, "reply-bytes", c->bytes_in);
    set_text(s, "verified", is_right && is_whole ? "yes" : "no");
    set_number(s, "rate", (uint64_t)bits);
    set_number(s, "segments", n[SEGS]);
    set_number(s, "retransmits", n[RETRANS]);
    set_number(s, "timeouts", n[RTOS]);
    set_number(s, "recoveries", n[RECOVERIES]);
    set_number(s, "tail-probes", n[TLPS]);
    if (s->has_tcp)
        set_number(s, "rtt", (uint64_t)s->tcp.srtt_us * 1000);
    set_text(s, "error", error_name(err));
    char rate[32], size[32];
    s->summary = wf_lab_printf(&run->lab->arena, "%s %s, %s, %" PRIu64 " retransmitted%s%s",
                               wf_units_text(size, sizeof(size), LAB_UNIT_BYTES, bytes),
                               is_right && is_whole ? "checked" : "not all arrived",
                               wf_units_text(rate, sizeof(rate), LAB_UNIT_RATE, (uint64_t)bits),
                               n[RETRANS], err != 0 ? ", " : "", err != 0 ? error_name(err) : "");
}

static void measure(struct lab_run *run, struct lab_step *s)
{
    const struct lab_link *link;
    switch (s->kind) {
    case LAB_STEP_PING:
    case LAB_STEP_UDP:
        measure_echoes(run, s);
        break;
    case LAB_STEP_TRACEROUTE:
        measure_hops(run, s);
        break;
    case LAB_STEP_TCP:
        measure_tcp(run, s);
        break;
    case LAB_STEP_REFUSED:
        set_text(s, "error", error_name(result_of(s, 0)->err));
        s->summary = error_name(result_of(s, 0)->err);
        break;
    case LAB_STEP_LINK:
        link = wf_lab_link(run->lab, s->link_index);
        s->summary = weft_link_is_cut(link->link) ? "the link is cut" : "the link is whole";
        break;
    case LAB_STEP_ARP:
        s->summary = s->arp.clear != NULL ? "cleared" : "looked at";
        break;
    case LAB_STEP_WAIT:
    case LAB_STEP_SHOW:
    case LAB_STEP_PARALLEL:
    case LAB_STEP_KINDS:
        s->summary = "";
        break;
    }
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
        result_of(s, 0)->err != WEFT_ECONNREFUSED)
        return wf_lab_printf(&run->lab->arena, "the connection was not refused: %s",
                             error_name(result_of(s, 0)->err));
    if (s->kind != LAB_STEP_TCP)
        return NULL;
    const struct weft_actor_result *c = result_of(s, 0), *v = weft_actor_result(s->server);
    uint64_t bad = v->bad_offset != UINT64_MAX ? v->bad_offset : c->bad_offset;
    if (bad != UINT64_MAX)
        return wf_lab_printf(&run->lab->arena, "byte %" PRIu64 " of the stream is wrong", bad);
    bool is_whole = v->bytes_in == s->talk.bytes && c->bytes_in == s->talk.reply;
    if (!is_whole && !expects_metric(s, "bytes") && !expects_metric(s, "error") &&
        !expects_metric(s, "verified"))
        return wf_lab_printf(
            &run->lab->arena,
            "%" PRIu64 " of %" PRIu64 " bytes arrived, %" PRIu64 " of %" PRIu64 " came back (%s)",
            v->bytes_in, s->talk.bytes, c->bytes_in, s->talk.reply, error_name(c->err));
    return NULL;
}

void wf_step_end(struct lab_run *run, struct lab_step *s, bool is_late)
{
    s->ended_ns = weft_world_now(run->w);
    s->real_s = wf_run_seconds(run) - s->real_s;
    bool has_begun = s->problem == NULL;
    if (has_begun) {
        set_number(s, "time", s->ended_ns - s->started_ns);
        measure(run, s);
        s->problem = is_late ? "not finished in time" : broken_promise(run, s);
    }
    for (size_t i = 0; i < s->clients.n; i++) {
        if (!result_of(s, i)->is_done)
            weft_actor_stop(((struct weft_actor **)s->clients.items)[i]);
    }
    if (s->server != NULL)
        weft_actor_stop(s->server);
    bool holds = wf_eval(run, &s->expects, s);
    s->outcome = holds && s->problem == NULL ? LAB_PASSED : LAB_FAILED;
    run->has_failed = run->has_failed || s->outcome == LAB_FAILED;
    run->steps_run++;
}
