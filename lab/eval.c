/* SPDX-License-Identifier: MIT */
/** DOC: Expectations against what was found */
#include <inttypes.h>
#include <string.h>

#include "run.h"
#include "weft/ip.h"
#include "weft/trace.h"

const char *wf_value_text(struct lab_arena *a, enum lab_value_type type, const struct lab_value *v)
{
    char buf[32];
    if (!v->is_there || (type == LAB_V_TEXT && (v->text == NULL || v->text[0] == '\0')))
        return "nothing";
    if (type == LAB_V_TEXT)
        return v->text;
    return wf_lab_strdup(a, wf_units_text(buf, sizeof(buf), (enum lab_unit)type, v->number));
}

static struct lab_value number(uint64_t n)
{
    return (struct lab_value){.number = n, .is_there = true};
}

static struct lab_value text(const char *s)
{
    return (struct lab_value){.text = s, .is_there = true};
}

static struct lab_value find_neighbour(const struct weft_stack *st, const struct weft_addr *addr)
{
    struct weft_neigh_info n;
    uint32_t cursor = 0;
    while (weft_neigh_next(st, &cursor, &n)) {
        if (memcmp(n.addr.b, addr->b, sizeof(addr->b)) == 0)
            return text(wf_lab_neigh_names[n.state]);
    }
    return text(wf_lab_neigh_names[WEFT_NEIGH_FREE]);
}

static struct lab_value find_route(struct lab_arena *a, const struct weft_stack *st,
                                   const struct weft_addr *addr)
{
    struct weft_route r;
    static const struct weft_addr none;
    char buf[48];
    if (weft_route_lookup(st, addr, &r) != 0)
        return text("none");
    if (memcmp(r.gateway.b, none.b, sizeof(none.b)) == 0)
        return text("on-link");
    weft_addr_text(buf, sizeof(buf), &r.gateway);
    return text(wf_lab_strdup(a, buf));
}

static struct lab_value find_path(const struct weft_stack *st, const struct weft_addr *addr)
{
    struct weft_ip_path p;
    if (weft_ip_path(st, addr, &p) != 0)
        return (struct lab_value){.is_there = false};
    return number(p.mtu);
}

static struct lab_value count_sockets(const struct weft_stack *st)
{
    struct weft_sock_info info;
    uint64_t cursor = 0, n = 0;
    while (weft_sock_next(st, &cursor, &info))
        n++;
    return number(n);
}

static struct lab_value conn_number(const struct weft_tcp_info *t, enum lab_conn_field field)
{
    const uint64_t values[LAB_CONN_FIELDS] = {
        [LAB_CONN_CWND] = t->cwnd,
        [LAB_CONN_SSTHRESH] = t->ssthresh,
        [LAB_CONN_FLIGHT] = t->flight,
        [LAB_CONN_SND_WND] = t->snd_wnd,
        [LAB_CONN_RCV_WND] = t->rcv_wnd,
        [LAB_CONN_SND_WSCALE] = t->snd_wscale,
        [LAB_CONN_MSS] = t->mss,
        [LAB_CONN_SRTT] = (uint64_t)t->srtt_us * 1000,
        [LAB_CONN_RTO] = (uint64_t)t->rto_us * 1000,
        [LAB_CONN_BACKOFF] = t->backoff,
        [LAB_CONN_UNSENT] = t->unsent,
        [LAB_CONN_KEEP_PROBES] = t->keep_probes,
    };
    return number(values[field]);
}

/* The connection with this port at either end that changed its state last. */
static struct lab_value find_conn(const struct weft_stack *st, uint16_t port,
                                  enum lab_conn_field field)
{
    struct weft_sock_info info, found = {.age_ns = WEFT_NEVER};
    struct weft_tcp_info tcp;
    uint64_t cursor = 0;
    bool is_found = false;
    while (weft_sock_next(st, &cursor, &info)) {
        bool is_it = info.type == WEFT_SOCK_TCP && info.state != WEFT_TCP_LISTEN &&
                     info.state != WEFT_TCP_CLOSED &&
                     (info.local.port == port || info.remote.port == port);
        if (is_it && (!is_found || info.age_ns < found.age_ns)) {
            found = info;
            is_found = true;
        }
    }
    if (field == LAB_CONN_STATE)
        return text(wf_lab_state_names[is_found ? 1 + (unsigned)found.state : 0]);
    if (!is_found || weft_sock_tcp_info(st, found.sock, &tcp) != 0)
        return (struct lab_value){.is_there = false};
    return conn_number(&tcp, field);
}

static struct lab_value count_fate(const struct weft_link *link, size_t fate)
{
    struct weft_link_stats s[2];
    weft_link_stats(link, 0, &s[0]);
    weft_link_stats(link, 1, &s[1]);
    return number(s[0].pkts[fate] + s[1].pkts[fate]);
}

static struct lab_value find(struct lab_run *run, const struct lab_expect *e,
                             const struct lab_step *s)
{
    struct lab *lab = run->lab;
    if (e->about == LAB_ABOUT_STEP)
        return s->values[e->index];
    if (e->about == LAB_ABOUT_TIME)
        return number(run->end_ns - run->start_ns);
    if (e->about == LAB_ABOUT_LINK)
        return count_fate(wf_lab_link(lab, e->object)->link, e->index);
    if (e->about == LAB_ABOUT_BRIDGE)
        return number(weft_bridge_counter(wf_lab_node(lab, e->object)->bridge, (unsigned)e->index));
    const struct weft_stack *st = weft_node_stack(wf_lab_node(lab, e->object)->node);
    switch (e->about) {
    case LAB_ABOUT_COUNTER:
        return number(weft_counter(st, (unsigned)e->index));
    case LAB_ABOUT_DROPS:
        return number(weft_drops(st, (unsigned)e->index));
    case LAB_ABOUT_NEIGHBOUR:
        return find_neighbour(st, &e->addr);
    case LAB_ABOUT_ROUTE:
        return find_route(&lab->arena, st, &e->addr);
    case LAB_ABOUT_CONN:
        return find_conn(st, e->port, (enum lab_conn_field)e->index);
    case LAB_ABOUT_MAC:
        return text(wf_lab_neigh_mac(&lab->arena, st, &e->addr));
    case LAB_ABOUT_EVENT:
        return number(wf_lab_events(wf_lab_node(lab, e->object), e->index));
    case LAB_ABOUT_PATH:
        return find_path(st, &e->addr);
    case LAB_ABOUT_BRIDGE:
    case LAB_ABOUT_SOCKETS:
    case LAB_ABOUT_STEP:
    case LAB_ABOUT_LINK:
    case LAB_ABOUT_TIME:
        break;
    }
    return count_sockets(st);
}

static bool holds(const struct lab_expect *e, const struct lab_value *v)
{
    if (!v->is_there || (e->type == LAB_V_TEXT && v->text == NULL))
        return false;
    if (e->type == LAB_V_TEXT)
        return (strcmp(v->text, e->want_text) == 0) == (e->op == LAB_EQ);
    switch (e->op) {
    case LAB_EQ:
        return v->number == e->want;
    case LAB_NE:
        return v->number != e->want;
    case LAB_LT:
        return v->number < e->want;
    case LAB_LE:
        return v->number <= e->want;
    case LAB_GT:
        return v->number > e->want;
    case LAB_GE:
        return v->number >= e->want;
    case LAB_RANGE:
        return v->number >= e->want && v->number <= e->want_to;
    }
    return false;
}

bool wf_eval(struct lab_run *run, struct lab_vec *expects, const struct lab_step *s)
{
    bool all_hold = true;
    for (size_t i = 0; i < expects->n; i++) {
        struct lab_expect *e = wf_lab_expect(expects, i);
        struct lab_value v = find(run, e, s);
        e->holds = holds(e, &v);
        e->got = wf_value_text(&run->lab->arena, e->type, &v);
        run->expects_true += e->holds;
        run->expects_false += !e->holds;
        all_hold = all_hold && e->holds;
    }
    return all_hold;
}
