/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "rarp.h"
#include "run.h"
#include "weft/cc.h"
#include "weft/host.h"
#include "weft/ip.h"
#include "weft/vlan.h"

#define TRACE_RECORDS 16384U

static const uint8_t ecn_values[] = {2, 1, 3, 0}; /* WEFT_TCP_ECN, as wf_lab_ecn_names has it. */

static bool tell(const struct lab_run *run, struct lab_mark at, const char *what, const char *why)
{
    (void)fprintf(run->err, "%s:%u:%u: %s: %s\n", run->lab->file, at.line, at.column, what, why);
    return false;
}

static uint32_t power_of_two(uint64_t n)
{
    uint32_t p = 256;
    while (p < n)
        p *= 2;
    return p;
}

/* A limit of the file, where it has one; at least what the lab itself needs. */
static void set_limit(uint32_t *limit, uint64_t wanted, size_t needed)
{
    if (wanted != 0)
        *limit = (uint32_t)wanted;
    if (*limit < needed)
        *limit = (uint32_t)needed;
}

static void configure(const struct lab_run *run, const struct lab_node *node,
                      struct weft_node_config *cfg)
{
    const struct lab_limits *l = &node->set.limits;
    struct weft_config *st = &cfg->stack;
    weft_node_config_default(cfg, node->name);
    set_limit(&st->ifs_max, 0, node->ifaces.n + 1);
    set_limit(&st->addrs_max, l->addresses, node->ifaces.n * LAB_ADDRS_MAX + 1);
    set_limit(&st->routes_max, l->routes, node->ifaces.n * LAB_ADDRS_MAX + node->routes.n + 2);
    set_limit(&st->neighs_max, l->neighbours, 8);
    set_limit(&st->socks_max, l->sockets, 8);
    set_limit(&st->tcp_conns_max, l->connections, 1);
    set_limit(&st->pkts_max, l->packets, 64);
    set_limit(&st->reasm_frags_max, l->fragments, 2);
    set_limit(&st->tcp_synrcvd_max, l->half_open, 1);
    if (l->memory != 0)
        cfg->area_bytes = (size_t)l->memory;
    if (node->set.tcp.send_buffer != 0)
        st->sndbuf_bytes = (uint32_t)node->set.tcp.send_buffer;
    if (node->set.tcp.receive_buffer != 0)
        st->rcvbuf_bytes = (uint32_t)node->set.tcp.receive_buffer;
    st->cc = weft_cc_find(wf_lab_cc_names[node->set.tcp.cc]);
    st->tcp_ecn = ecn_values[node->set.tcp.ecn];
    if (node->set.tcp.mtu_probing >= 0)
        st->tcp_mtu_probing = (uint8_t)node->set.tcp.mtu_probing;
    st->vec = weft_host_vec(); /* Faster, and the same bytes. */
    st->is_forwarding = node->set.is_forwarding;
    st->is_echo_silent = node->set.is_echo_silent;
    bool is_recorded = run->opt->out_dir != NULL; /* Nobody else reads the trace. */
    st->trace_max = !is_recorded ? 0 : power_of_two(l->trace != 0 ? l->trace : TRACE_RECORDS);
}

static bool add_bridge(struct lab_run *run, struct lab_node *node)
{
    const struct lab_bridge *b = &node->set.bridge;
    const struct weft_bridge_options o = {
        .age_ns = b->age,
        .storm_pkts = (uint32_t)b->storm_limit,
        .medium_bps = b->rate,
        .medium_delay_ns = b->delay,
        .medium_queue_pkts = (uint32_t)b->medium_queue,
    };
    enum weft_bridge_kind kind = node->set.kind == LAB_HUB ? WEFT_BRIDGE_HUB : WEFT_BRIDGE_SWITCH;
    int r = weft_bridge_add(run->w, node->name, kind, (uint32_t)b->table, &node->bridge);
    if (r == 0)
        r = weft_bridge_set(node->bridge, &o);
    if (r == -WEFT_EINVAL)
        return tell(run, node->mark, node->name,
                    "age and storm-limit are a switch's, medium is a hub's, whose delay is at most "
                    "256 bit times");
    return r == 0 || tell(run, node->mark, node->name, weft_strerror(r));
}

static bool add_node(struct lab_run *run, struct lab_node *node)
{
    if (wf_lab_is_bridge(node))
        return add_bridge(run, node);
    struct weft_node_config cfg;
    configure(run, node, &cfg);
    int r = weft_node_add(run->w, &cfg, &node->node);
    if (r == -WEFT_EINVAL)
        return tell(run, node->mark, node->name, "its limits do not fit together");
    return r == 0 || tell(run, node->mark, node->name, weft_strerror(r));
}

static void set_quality(struct weft_link_quality *to, const struct lab_quality *q)
{
    *to = (struct weft_link_quality){
        .rate_bps = q->rate,
        .delay_ns = q->delay,
        .jitter_ns = q->jitter,
        .reorder_ns = q->reorder_extra,
        .reorder_ppm = (uint32_t)q->reorder_share,
        .queue_pkts = (uint32_t)q->queue,
        .queue_bytes = (uint32_t)q->queue_bytes,
        .ecn_pkts = (uint32_t)q->ecn,
        .ecn_bytes = (uint32_t)q->ecn_bytes,
        .mtu = (uint32_t)q->black_hole,
        .loss_ppm = (uint32_t)q->loss,
        .burst_enter_ppm = (uint32_t)q->burst_enter,
        .burst_leave_ppm = (uint32_t)q->burst_leave,
        .burst_loss_ppm = (uint32_t)q->burst_loss,
        .dup_ppm = (uint32_t)q->duplicate,
        .dup_copies = (uint32_t)q->duplicate_copies,
        .corrupt_ppm = (uint32_t)q->corrupt,
        .corrupt_bits = (uint32_t)q->corrupt_bits,
        .may_jitter_reorder = q->may_jitter_reorder,
    };
}

/* The frames that one direction names, counted from its frame number @from on. */
static bool name_frames(struct lab_link *link, unsigned d, const struct lab_quality *q,
                        uint64_t from)
{
    uint64_t lose[LAB_LOSE_MAX], late[LAB_LOSE_MAX];
    for (size_t i = 0; i < q->lose_n; i++)
        lose[i] = from + q->lose[i];
    for (size_t i = 0; i < q->late_n; i++)
        late[i] = from + q->late[i];
    return (q->lose_n == 0 || weft_link_lose(link->link, d, lose, (uint32_t)q->lose_n) == 0) &&
           (q->late_n == 0 ||
            weft_link_late(link->link, d, late, (uint32_t)q->late_n, q->late_extra) == 0);
}

bool wf_run_set_link(struct lab_link *link, const struct lab_quality q[2])
{
    for (unsigned d = 0; d < 2; d++) {
        struct weft_link_quality to;
        struct weft_link_stats stats;
        set_quality(&to, &q[d]);
        weft_link_set_quality(link->link, d, &to);
        weft_link_stats(link->link, d, &stats);
        if (!name_frames(link, d, &q[d], stats.pkts[WEFT_FATE_SENT]))
            return false;
    }
    return true;
}

static struct lab_iface *iface_of(const struct lab *lab, const struct lab_end *end)
{
    struct lab_node *node = wf_lab_node(lab, end->node);
    for (size_t i = 0; i < node->ifaces.n; i++) {
        struct lab_iface *f = (struct lab_iface *)node->ifaces.items + i;
        if (strcmp(f->name, end->iface) == 0)
            return f;
    }
    return NULL;
}

static void plug(struct lab_run *run, const struct lab_link *link, unsigned e,
                 struct weft_link_end *to)
{
    const struct lab_node *node = wf_lab_node(run->lab, link->end[e].node);
    if (wf_lab_is_bridge(node)) {
        to->kind = WEFT_END_BRIDGE;
        to->bridge = node->bridge;
        return;
    }
    const struct lab_iface *f = iface_of(run->lab, &link->end[e]);
    static const uint8_t none[6];
    to->kind = WEFT_END_NODE;
    to->node = node->node;
    (void)snprintf(to->netif.name, sizeof(to->netif.name), "%s", link->end[e].iface);
    to->netif.kind = WEFT_IF_ETHER;
    to->netif.mtu = (uint32_t)(f->mtu != 0 ? f->mtu : link->mtu);
    if (link->has_superframes)
        to->netif.caps = WEFT_CAP_TX_CSUM | WEFT_CAP_TX_TSO4;
    if (memcmp(f->mac, none, 6) == 0)
        weft_world_mac(run->w, to->netif.mac);
    else
        memcpy(to->netif.mac, f->mac, 6);
}

static bool add_link(struct lab_run *run, struct lab_link *link)
{
    struct weft_link_config cfg = {.mtu = (uint32_t)link->mtu,
                                   .has_fcs = link->has_fcs,
                                   .has_superframes = link->has_superframes};
    (void)snprintf(cfg.name, sizeof(cfg.name), "%s", link->name);
    for (unsigned e = 0; e < 2; e++) {
        plug(run, link, e, &cfg.end[e]);
        set_quality(&cfg.quality[e], &link->q[e]);
    }
    int r = weft_link_add(run->w, &cfg, &link->link);
    if (r != 0)
        return tell(run, link->mark, link->name, weft_strerror(r));
    const struct weft_link_config *made = weft_link_config_get(link->link);
    for (unsigned e = 0; e < 2; e++) {
        struct lab_iface *f = iface_of(run->lab, &link->end[e]);
        if (f != NULL)
            f->ifindex = made->end[e].ifindex;
        if (!name_frames(link, e, &link->q[e], 0))
            return tell(run, link->mark, link->name, "out of memory");
    }
    return true;
}

/* After the interfaces that have links, at each boot. */
static int add_vlan(struct weft_stack *st, struct lab_iface *f)
{
    struct weft_vlan_config c = {
        .name = f->name, .id = (uint16_t)f->vlan_id, .mtu = (uint32_t)f->mtu};
    int r = weft_if_find(st, f->vlan_of);
    c.parent = r > 0 ? (uint16_t)r : 0;
    r = weft_vlan_add(st, &c);
    f->ifindex = r > 0 ? (uint16_t)r : 0;
    return r > 0 ? 0 : r;
}

static bool add_addrs(struct lab_run *run, struct lab_node *node)
{
    struct weft_stack *st = weft_node_stack(node->node);
    if (node->set.has_all_subnets && weft_ip_set(st, WEFT_IP_ALL_SUBNETS, 1) != 0)
        return tell(run, node->mark, node->name, "all-subnets cannot be set");
    for (size_t i = 0; i < node->ifaces.n; i++) {
        struct lab_iface *f = (struct lab_iface *)node->ifaces.items + i;
        int r = f->vlan_of != NULL ? add_vlan(st, f) : 0;
        if (r != 0)
            return tell(run, f->mark, f->name, weft_strerror(r));
        for (size_t j = 0; j < f->addrs_n; j++) {
            r = weft_addr_add(st, f->ifindex, &f->addrs[j].addr, f->addrs[j].prefix_len);
            if (r != 0)
                return tell(run, f->mark, f->name, weft_strerror(r));
        }
        if (f->may_direct_broadcast)
            r = weft_ip_if_set(st, f->ifindex, WEFT_IP_IF_DIRECTED_BROADCAST, 1);
        if (r == 0)
            r = wf_rarp_begin(st, f);
        if (r != 0)
            return tell(run, f->mark, f->name, weft_strerror(r));
    }
    return true;
}

static bool add_route(struct lab_run *run, struct lab_node *node, const struct lab_cidr *to,
                      const struct weft_addr *via, uint64_t metric, struct lab_mark mark)
{
    struct weft_route r = {
        .dst = to->addr, .prefix_len = to->prefix_len, .gateway = *via, .metric = (uint32_t)metric};
    int err = weft_route_add(weft_node_stack(node->node), &r);
    if (err == 0)
        return true;
    char addr[48];
    weft_addr_text(addr, sizeof(addr), via);
    const char *what = wf_lab_printf(&run->lab->arena, "route of %s by %s", node->name, addr);
    return tell(run, mark, what,
                err == -WEFT_ENETUNREACH || err == -WEFT_EINVAL
                    ? "no interface of the node has a network with this gateway"
                    : weft_strerror(err));
}

static bool add_routes(struct lab_run *run, struct lab_node *node)
{
    const struct lab_settings *set = &node->set;
    const struct lab_cidr all = {.addr = weft_ip4(0, 0, 0, 0)};
    if (set->has_gateway && !add_route(run, node, &all, &set->gateway, 0, set->gateway_mark))
        return false;
    for (size_t i = 0; i < node->routes.n; i++) {
        const struct lab_route *r = (const struct lab_route *)node->routes.items + i;
        if (!add_route(run, node, &r->to, &r->via, r->metric, r->mark))
            return false;
    }
    weft_node_touch(node->node);
    return true;
}

const char *wf_run_boot(struct lab_run *run, struct lab_node *node)
{
    int r = weft_node_boot(node->node);
    if (r == -WEFT_EALREADY)
        return "it is not down";
    if (r != 0)
        return weft_strerror(r);
    return add_addrs(run, node) && add_routes(run, node) ? NULL : "it lost its addresses or routes";
}

bool wf_run_build(struct lab_run *run)
{
    struct weft_world_config cfg;
    weft_world_config_default(&cfg, run->seed);
    cfg.stall_ns = 0; /* Steps have limits of their own, and waiting is not a fault. */
    if (weft_world_create(&run->w, &cfg) != 0)
        return tell(run, (struct lab_mark){1, 1}, "the world", "out of memory");
    for (size_t i = 0; i < run->lab->nodes.n; i++) {
        if (!add_node(run, wf_lab_node(run->lab, i)))
            return false;
    }
    for (size_t i = 0; i < run->lab->links.n; i++) {
        if (!add_link(run, wf_lab_link(run->lab, i)))
            return false;
    }
    for (size_t i = 0; i < run->lab->nodes.n; i++) {
        struct lab_node *node = wf_lab_node(run->lab, i);
        if (!wf_lab_is_bridge(node) && !(add_addrs(run, node) && add_routes(run, node)))
            return false;
    }
    return true;
}
