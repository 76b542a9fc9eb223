/* SPDX-License-Identifier: MIT */
/** DOC: The tables of a host as JSON: one object a row, names as ip and ss have them. */
#include "control.h"

#include <stdlib.h>
#include <string.h>

json_t *wf_ctl_address(const struct weft_addr *a)
{
    static const uint8_t none[16];
    char text[48];
    if (memcmp(a->b, none, 16) == 0)
        return json_string("*");
    weft_addr_text(text, sizeof(text), a);
    return json_string(text);
}

json_t *wf_ctl_number(uint64_t v)
{
    return json_integer((json_int_t)v);
}

json_t *wf_ctl_mac(const uint8_t mac[6])
{
    return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                        mac[5]);
}

/* Adds a member; what json_object_set_new() does with a NULL value is leave the object alone. */
void wf_ctl_set(json_t *row, const char *key, json_t *value)
{
    (void)json_object_set_new(row, key, value);
}

json_t *wf_ctl_dev(const struct weft_stack *st, uint16_t ifindex)
{
    struct weft_if_info info;
    if (weft_if_get(st, ifindex, &info) < 0)
        return json_null();
    return json_string(info.cfg.name);
}

static json_t *driver_stats(const struct weft_host_link *l)
{
    const struct weft_driver_stats *s = &l->driver->stats;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"rx_frames", s->rx_frames},
        {"rx_bytes", s->rx_bytes},
        {"tx_frames", s->tx_frames},
        {"tx_bytes", s->tx_bytes},
        {"rx_malformed", s->rx_malformed},
        {"rx_truncated", s->rx_truncated},
        {"rx_no_slot", s->rx_no_slot},
        {"rx_filtered", s->rx_filtered},
        {"rx_kernel_drops", s->rx_kernel_drops},
        {"rx_errors", s->rx_errors},
        {"rx_refused", l->rx_refused},
        {"tx_full", s->tx_full},
        {"tx_dropped", s->tx_dropped},
        {"tx_errors", s->tx_errors},
        {"tx_short", s->tx_short},
        {"interrupted", s->interrupted},
        {"lost", s->lost},
        {"reopened", s->reopened},
    };
    json_t *o = json_object();
    for (size_t i = 0; i < WF_ARRAY_LEN(rows); i++)
        wf_ctl_set(o, rows[i].name, wf_ctl_number(rows[i].value));
    return o;
}

static json_t *link_row(const struct weft_stack *st, const struct weft_host_link *l)
{
    struct weft_if_info info;
    json_t *row = json_object();
    if (weft_if_get(st, l->ifindex, &info) < 0)
        return row;
    wf_ctl_set(row, "index", wf_ctl_number(info.index));
    wf_ctl_set(row, "name", json_string(info.cfg.name));
    wf_ctl_set(row, "link", json_string(l->spec));
    wf_ctl_set(row, "device", json_string(l->driver->info.name));
    wf_ctl_set(row, "kind", json_string(info.cfg.kind == WEFT_IF_ETHER ? "ether" : "l3"));
    wf_ctl_set(row, "up", json_boolean(info.is_up));
    wf_ctl_set(row, "mtu", wf_ctl_number(info.cfg.mtu));
    if (info.cfg.kind == WEFT_IF_ETHER)
        wf_ctl_set(row, "mac", wf_ctl_mac(info.cfg.mac));
    wf_ctl_set(row, "checksum_offload", json_boolean((info.cfg.caps & WEFT_CAP_TX_CSUM) != 0));
    wf_ctl_set(row, "segment_offload", json_boolean((info.cfg.caps & WEFT_CAP_TX_TSO4) != 0));
    wf_ctl_set(row, "queued", wf_ctl_number(info.txq_pkts));
    wf_ctl_set(row, "rx_frames", wf_ctl_number(info.rx_frames));
    wf_ctl_set(row, "rx_bytes", wf_ctl_number(info.rx_bytes));
    wf_ctl_set(row, "rx_drops", wf_ctl_number(info.rx_drops));
    wf_ctl_set(row, "tx_frames", wf_ctl_number(info.tx_frames));
    wf_ctl_set(row, "tx_bytes", wf_ctl_number(info.tx_bytes));
    wf_ctl_set(row, "tx_drops", wf_ctl_number(info.tx_drops));
    wf_ctl_set(row, "driver", driver_stats(l));
    return row;
}

static json_t *show_links(struct weft_host *h)
{
    json_t *rows = json_array();
    struct weft_host_link l;
    for (unsigned i = 0; weft_host_link(h, i, &l); i++)
        (void)json_array_append_new(rows, link_row(h->st, &l));
    return rows;
}

static json_t *show_addresses(struct weft_host *h)
{
    json_t *rows = json_array();
    struct weft_addr_info a;
    uint32_t cursor = 0;
    while (weft_addr_next(h->st, &cursor, &a)) {
        json_t *row = json_object();
        wf_ctl_set(row, "address", wf_ctl_address(&a.addr));
        wf_ctl_set(row, "prefix_len", wf_ctl_number(a.prefix_len));
        wf_ctl_set(row, "dev", wf_ctl_dev(h->st, a.ifindex));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

static bool is_set(const struct weft_addr *a)
{
    static const uint8_t none[16];
    const struct weft_addr any4 = weft_ip4(0, 0, 0, 0);
    return memcmp(a->b, none, 16) != 0 && memcmp(a->b, any4.b, 16) != 0;
}

json_t *wf_ctl_route(const struct weft_stack *st, const struct weft_route *r)
{
    json_t *row = json_object();
    wf_ctl_set(row, "dst", wf_ctl_address(&r->dst));
    wf_ctl_set(row, "prefix_len", wf_ctl_number(r->prefix_len));
    wf_ctl_set(row, "type", json_string(wf_ctl_route_type(r->type)));
    wf_ctl_set(row, "gateway", is_set(&r->gateway) ? wf_ctl_address(&r->gateway) : json_null());
    wf_ctl_set(row, "src", is_set(&r->src) ? wf_ctl_address(&r->src) : json_null());
    wf_ctl_set(row, "dev", wf_ctl_dev(st, r->ifindex));
    wf_ctl_set(row, "metric", wf_ctl_number(r->metric));
    wf_ctl_set(row, "tos", wf_ctl_number(r->tos));
    wf_ctl_set(row, "weight", wf_ctl_number(r->weight));
    wf_ctl_set(row, "protocol", wf_ctl_number(r->protocol));
    wf_ctl_set(row, "connected", json_boolean(r->is_connected));
    return row;
}

/* As ip(8) lists them: by address, the shorter prefix first, then as they are preferred. */
static int route_order(const void *pa, const void *pb)
{
    const struct weft_route *a = pa, *b = pb;
    int by_dst = memcmp(a->dst.b, b->dst.b, 16);
    if (by_dst != 0)
        return by_dst;
    if (a->prefix_len != b->prefix_len)
        return a->prefix_len < b->prefix_len ? -1 : 1;
    if (a->tos != b->tos)
        return a->tos > b->tos ? -1 : 1;
    return a->metric < b->metric ? -1 : a->metric > b->metric;
}

static json_t *show_routes(struct weft_host *h)
{
    struct weft_route r, *all = NULL;
    uint32_t cursor = 0;
    size_t n = 0, cap = 0;
    while (weft_route_next(h->st, &cursor, &r)) {
        if (n == cap) {
            cap = cap != 0 ? cap * 2 : 64;
            struct weft_route *more = realloc(all, cap * sizeof(r));
            if (more == NULL)
                break;
            all = more;
        }
        all[n++] = r;
    }
    if (n > 0)
        qsort(all, n, sizeof(*all), route_order);
    json_t *rows = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(rows, wf_ctl_route(h->st, &all[i]));
    free(all);
    return rows;
}

static const char *neigh_state(enum weft_neigh_state s)
{
    switch (s) {
    case WEFT_NEIGH_FREE:
        return "NONE";
    case WEFT_NEIGH_INCOMPLETE:
        return "INCOMPLETE";
    case WEFT_NEIGH_REACHABLE:
        return "REACHABLE";
    case WEFT_NEIGH_STALE:
        return "STALE";
    case WEFT_NEIGH_PROBE:
        return "PROBE";
    case WEFT_NEIGH_FAILED:
        return "FAILED";
    case WEFT_NEIGH_PERMANENT:
        return "PERMANENT";
    }
    return "?";
}

static json_t *show_neighbours(struct weft_host *h)
{
    json_t *rows = json_array();
    struct weft_neigh_info n;
    uint32_t cursor = 0;
    uint64_t now_ns = weft_host_now();
    while (weft_neigh_next(h->st, &cursor, &n)) {
        json_t *row = json_object();
        bool has_mac = n.state != WEFT_NEIGH_INCOMPLETE && n.state != WEFT_NEIGH_FAILED;
        uint64_t age_ns = now_ns > n.updated_ns ? now_ns - n.updated_ns : 0;
        wf_ctl_set(row, "address", wf_ctl_address(&n.addr));
        wf_ctl_set(row, "dev", wf_ctl_dev(h->st, n.ifindex));
        wf_ctl_set(row, "mac", has_mac ? wf_ctl_mac(n.mac) : json_null());
        wf_ctl_set(row, "state", json_string(neigh_state(n.state)));
        wf_ctl_set(row, "waiting", wf_ctl_number(n.waiting_pkts));
        wf_ctl_set(row, "age_ms", wf_ctl_number(age_ns / 1000000));
        wf_ctl_set(
            row, "expires_s",
            n.expires_ns == WEFT_NEVER
                ? json_null()
                : wf_ctl_number((n.expires_ns - (n.expires_ns > now_ns ? now_ns : n.expires_ns)) /
                                1000000000));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

static const char *sock_type(enum weft_sock_type t)
{
    switch (t) {
    case WEFT_SOCK_TCP:
        return "tcp";
    case WEFT_SOCK_UDP:
        return "udp";
    case WEFT_SOCK_PING:
        return "ping";
    case WEFT_SOCK_ICMP:
        return "icmp";
    case WEFT_SOCK_UDPLITE:
        return "udplite";
    }
    return "?";
}

static json_t *tcp_members(const struct weft_tcp_info *t)
{
    json_t *o = json_object();
    wf_ctl_set(o, "cc", json_string(t->cc));
    wf_ctl_set(o, "mss", wf_ctl_number(t->mss));
    wf_ctl_set(o, "cwnd", wf_ctl_number(t->cwnd));
    wf_ctl_set(o, "ssthresh", wf_ctl_number(t->ssthresh));
    wf_ctl_set(o, "flight", wf_ctl_number(t->flight));
    wf_ctl_set(o, "snd_wnd", wf_ctl_number(t->snd_wnd));
    wf_ctl_set(o, "rcv_wnd", wf_ctl_number(t->rcv_wnd));
    wf_ctl_set(o, "srtt_us", wf_ctl_number(t->srtt_us));
    wf_ctl_set(o, "rttvar_us", wf_ctl_number(t->rttvar_us));
    wf_ctl_set(o, "rto_us", wf_ctl_number(t->rto_us));
    wf_ctl_set(o, "min_rtt_us", wf_ctl_number(t->min_rtt_us));
    wf_ctl_set(o, "bytes_sent", wf_ctl_number(t->bytes_sent));
    wf_ctl_set(o, "bytes_retransmitted", wf_ctl_number(t->bytes_retrans));
    wf_ctl_set(o, "bytes_acked", wf_ctl_number(t->bytes_acked));
    wf_ctl_set(o, "bytes_received", wf_ctl_number(t->bytes_received));
    wf_ctl_set(o, "retransmitted_segments", wf_ctl_number(t->retrans_segs));
    wf_ctl_set(o, "recoveries", wf_ctl_number(t->recoveries));
    wf_ctl_set(o, "rtos", wf_ctl_number(t->rtos));
    wf_ctl_set(o, "why", json_string(weft_why_name(t->why)));
    return o;
}

static json_t *show_sockets(struct weft_host *h)
{
    json_t *rows = json_array();
    struct weft_sock_info s;
    uint64_t cursor = 0;
    while (weft_sock_next(h->st, &cursor, &s)) {
        json_t *row = json_object();
        wf_ctl_set(row, "type", json_string(sock_type(s.type)));
        bool is_tcp = s.type == WEFT_SOCK_TCP;
        wf_ctl_set(row, "state", json_string(is_tcp ? weft_tcp_state_name(s.state) : "UNCONN"));
        wf_ctl_set(row, "recvq", wf_ctl_number(s.recvq));
        wf_ctl_set(row, "sendq", wf_ctl_number(s.sendq));
        wf_ctl_set(row, "local", wf_ctl_address(&s.local.addr));
        wf_ctl_set(row, "local_port", wf_ctl_number(s.local.port));
        wf_ctl_set(row, "remote", wf_ctl_address(&s.remote.addr));
        wf_ctl_set(row, "remote_port", wf_ctl_number(s.remote.port));
        wf_ctl_set(row, "age_ms", wf_ctl_number(s.age_ns / 1000000));
        wf_ctl_set(row, "owner", wf_ctl_number(s.user));
        struct weft_tcp_info t;
        bool has_conn = is_tcp && s.sock != 0 && s.state != WEFT_TCP_LISTEN;
        if (has_conn && weft_sock_tcp_info(h->st, s.sock, &t) == 0)
            wf_ctl_set(row, "tcp", tcp_members(&t));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *show_counters(struct weft_host *h)
{
    json_t *o = json_object();
    for (unsigned i = 0; i < WEFT_COUNT_COUNT; i++)
        wf_ctl_set(o, weft_counter_name(i), wf_ctl_number(weft_counter(h->st, i)));
    return o;
}

static json_t *show_drops(struct weft_host *h)
{
    json_t *o = json_object();
    for (unsigned i = 0; i < WEFT_DROP_COUNT; i++)
        wf_ctl_set(o, weft_drop_name(i), wf_ctl_number(weft_drops(h->st, i)));
    return o;
}

struct json_t *weft_ctl_show(struct weft_host *h, const char *what)
{
    static const struct {
        const char *name;
        json_t *(*fn)(struct weft_host *h);
    } tables[] = {
        {"links", show_links},           {"addresses", show_addresses}, {"routes", show_routes},
        {"neighbours", show_neighbours}, {"sockets", show_sockets},     {"counters", show_counters},
        {"drops", show_drops},           {"groups", wf_ctl_groups},     {"igmp", wf_ctl_igmp},
        {"mroutes", wf_ctl_mroutes},
    };
    for (size_t i = 0; i < WF_ARRAY_LEN(tables); i++)
        if (strcmp(tables[i].name, what) == 0)
            return tables[i].fn(h);
    return NULL;
}
