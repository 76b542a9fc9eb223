/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "rarp.h"

const char *const wf_lab_kind_names[] = {
    [LAB_HOST] = "host", [LAB_ROUTER] = "router", [LAB_SWITCH] = "switch", [LAB_HUB] = "hub", NULL};

const char *const wf_lab_step_names[] = {[LAB_STEP_PING] = "ping",
                                         [LAB_STEP_TRACEROUTE] = "traceroute",
                                         [LAB_STEP_ARP] = "arp",
                                         [LAB_STEP_UDP] = "udp",
                                         [LAB_STEP_TCP] = "tcp-transfer",
                                         [LAB_STEP_REFUSED] = "connect-refused",
                                         [LAB_STEP_LINK] = "link",
                                         [LAB_STEP_WAIT] = "wait",
                                         [LAB_STEP_SHOW] = "show",
                                         [LAB_STEP_PARALLEL] = "parallel",
                                         [LAB_STEP_REQUESTS] = "tcp-requests",
                                         [LAB_STEP_MEET] = "tcp-simultaneous",
                                         [LAB_STEP_FLOOD] = "syn-flood",
                                         [LAB_STEP_NODE] = "node",
                                         [LAB_STEP_MEASURE] = "measure",
                                         [LAB_STEP_GROUP] = "group",
                                         [LAB_STEP_NEIGH] = "neigh",
                                         [LAB_STEP_FORGE] = "arp-forge",
                                         [LAB_STEP_BROADCAST] = "broadcast",
                                         NULL};

const char *const wf_lab_cc_names[] = {"cubic", "reno", "newreno", "tahoe", "vegas",
                                       "aimd",  "mimd", "bbr",     NULL};
const char *const wf_lab_recovery_names[] = {"rack", "sack", "newreno", NULL};
const char *const wf_lab_probing_names[] = {"never", "black-hole", "always", NULL};
const char *const wf_lab_ecn_names[] = {"answer", "ask", "accurate", "never", NULL};
const char *const wf_lab_show_names[] = {"interfaces", "addresses", "routes", "neighbours",
                                         "sockets",    "counters",  "drops",  NULL};
const char *const wf_lab_protocol_names[] = {"any", "arp", "icmp", "udp", "tcp", NULL};
const char *const wf_lab_neigh_names[] = {"none",  "incomplete", "reachable", "stale",
                                          "probe", "failed",     "permanent", NULL};

const char *const wf_lab_error_names[] = {
    [WEFT_OK] = "none",
    [WEFT_EINVAL] = "invalid",
    [WEFT_ENOMEM] = "no-memory",
    [WEFT_EAGAIN] = "again",
    [WEFT_EBADF] = "bad-handle",
    [WEFT_ENOTCONN] = "not-connected",
    [WEFT_EISCONN] = "connected",
    [WEFT_EADDRINUSE] = "address-in-use",
    [WEFT_EADDRNOTAVAIL] = "no-such-address",
    [WEFT_ENETUNREACH] = "network-unreachable",
    [WEFT_EHOSTUNREACH] = "host-unreachable",
    [WEFT_ECONNREFUSED] = "refused",
    [WEFT_ECONNRESET] = "reset",
    [WEFT_ETIMEDOUT] = "timed-out",
    [WEFT_EPIPE] = "broken-pipe",
    [WEFT_EMSGSIZE] = "message-size",
    [WEFT_EOPNOTSUPP] = "not-supported",
    [WEFT_EACCES] = "not-allowed",
    [WEFT_ENOENT] = "no-entry",
    [WEFT_EEXIST] = "exists",
    [WEFT_ENETDOWN] = "network-down",
    [WEFT_ECONNABORTED] = "aborted",
    [WEFT_EALREADY] = "in-progress",
    [WEFT_EPROTO] = "protocol",
    [WEFT_ERR_COUNT] = NULL,
};

static const char *const yes_no[] = {"no", "yes", NULL};

const char *const wf_lab_record_names[] = {"no", "route", "times", "times-and-addresses", NULL};

static const struct lab_metric ping_metrics[] = {
    {"sent", LAB_V_COUNT, NULL},
    {"received", LAB_V_COUNT, NULL},
    {"loss", LAB_V_SHARE, NULL},
    {"duplicates", LAB_V_COUNT, NULL},
    {"rtt-min", LAB_V_TIME, NULL},
    {"rtt-avg", LAB_V_TIME, NULL},
    {"rtt-max", LAB_V_TIME, NULL},
    {"recorded", LAB_V_TEXT, NULL},
    {"stamps", LAB_V_COUNT, NULL},
    {"time", LAB_V_TIME, NULL},
    {"error", LAB_V_TEXT, wf_lab_error_names},
};
static const struct lab_metric traceroute_metrics[] = {
    {"hops", LAB_V_TEXT, NULL},
    {"hop-count", LAB_V_COUNT, NULL},
    {"reached", LAB_V_TEXT, yes_no},
    {"time", LAB_V_TIME, NULL},
};
static const struct lab_metric udp_metrics[] = {
    {"sent", LAB_V_COUNT, NULL},   {"received", LAB_V_COUNT, NULL},
    {"loss", LAB_V_SHARE, NULL},   {"duplicates", LAB_V_COUNT, NULL},
    {"bytes", LAB_V_BYTES, NULL},  {"rtt-min", LAB_V_TIME, NULL},
    {"rtt-avg", LAB_V_TIME, NULL}, {"rtt-max", LAB_V_TIME, NULL},
    {"time", LAB_V_TIME, NULL},    {"error", LAB_V_TEXT, wf_lab_error_names},
};
static const struct lab_metric tcp_metrics[] = {
    {"bytes", LAB_V_BYTES, NULL},       {"reply-bytes", LAB_V_BYTES, NULL},
    {"verified", LAB_V_TEXT, yes_no},   {"time", LAB_V_TIME, NULL},
    {"rate", LAB_V_RATE, NULL},         {"segments", LAB_V_COUNT, NULL},
    {"retransmits", LAB_V_COUNT, NULL}, {"timeouts", LAB_V_COUNT, NULL},
    {"recoveries", LAB_V_COUNT, NULL},  {"tail-probes", LAB_V_COUNT, NULL},
    {"rtt", LAB_V_TIME, NULL},          {"rtt-highest", LAB_V_TIME, NULL},
    {"cwnd-min", LAB_V_BYTES, NULL},    {"cwnd-max", LAB_V_BYTES, NULL},
    {"flight-max", LAB_V_BYTES, NULL},  {"error", LAB_V_TEXT, wf_lab_error_names},
};
static const struct lab_metric requests_metrics[] = {
    {"sent", LAB_V_COUNT, NULL},
    {"received", LAB_V_COUNT, NULL},
    {"rtt-min", LAB_V_TIME, NULL},
    {"rtt-avg", LAB_V_TIME, NULL},
    {"rtt-max", LAB_V_TIME, NULL},
    {"segments", LAB_V_COUNT, NULL},
    {"retransmits", LAB_V_COUNT, NULL},
    {"time", LAB_V_TIME, NULL},
    {"error", LAB_V_TEXT, wf_lab_error_names},
};
static const struct lab_metric flood_metrics[] = {
    {"sent", LAB_V_COUNT, NULL},
    {"time", LAB_V_TIME, NULL},
};
static const struct lab_metric broadcast_metrics[] = {
    {"heard", LAB_V_TEXT, NULL},
    {"received", LAB_V_COUNT, NULL},
    {"time", LAB_V_TIME, NULL},
};
static const struct lab_metric measure_metrics[] = {
    {"flows", LAB_V_COUNT, NULL},   {"rate", LAB_V_RATE, NULL},  {"rate-min", LAB_V_RATE, NULL},
    {"rate-max", LAB_V_RATE, NULL}, {"jain", LAB_V_SHARE, NULL}, {"time", LAB_V_TIME, NULL},
};
static const struct lab_metric refused_metrics[] = {
    {"error", LAB_V_TEXT, wf_lab_error_names},
    {"time", LAB_V_TIME, NULL},
};
static const struct lab_metric time_metrics[] = {{"time", LAB_V_TIME, NULL}};

#define METRICS(m)                                                                                 \
    {                                                                                              \
        (m), sizeof(m) / sizeof((m)[0])                                                            \
    }

const char *const wf_lab_compare_names[] = {"cwnd", "flight", "rate", "rtt", "acknowledged", NULL};
const char *const wf_lab_state_names[] = {
    "none",       "CLOSED",     "LISTEN",  "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
    "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",    NULL};

const struct lab_metric *wf_lab_conn_fields(size_t *n)
{
    static const struct lab_metric fields[LAB_CONN_FIELDS] = {
        [LAB_CONN_STATE] = {"state", LAB_V_TEXT, wf_lab_state_names},
        [LAB_CONN_CWND] = {"cwnd", LAB_V_BYTES, NULL},
        [LAB_CONN_SSTHRESH] = {"ssthresh", LAB_V_BYTES, NULL},
        [LAB_CONN_FLIGHT] = {"flight", LAB_V_BYTES, NULL},
        [LAB_CONN_SND_WND] = {"snd-wnd", LAB_V_BYTES, NULL},
        [LAB_CONN_RCV_WND] = {"rcv-wnd", LAB_V_BYTES, NULL},
        [LAB_CONN_SND_WSCALE] = {"snd-wscale", LAB_V_COUNT, NULL},
        [LAB_CONN_MSS] = {"mss", LAB_V_BYTES, NULL},
        [LAB_CONN_SRTT] = {"srtt", LAB_V_TIME, NULL},
        [LAB_CONN_RTO] = {"rto", LAB_V_TIME, NULL},
        [LAB_CONN_BACKOFF] = {"backoff", LAB_V_COUNT, NULL},
        [LAB_CONN_UNSENT] = {"unsent", LAB_V_BYTES, NULL},
        [LAB_CONN_KEEP_PROBES] = {"keep-probes", LAB_V_COUNT, NULL},
    };
    *n = LAB_CONN_FIELDS;
    return fields;
}

const struct lab_metric *wf_lab_metrics(enum lab_step_kind kind, size_t *n)
{
    static const struct {
        const struct lab_metric *items;
        size_t n;
    } metrics[LAB_STEP_KINDS] = {
        [LAB_STEP_PING] = METRICS(ping_metrics),
        [LAB_STEP_TRACEROUTE] = METRICS(traceroute_metrics),
        [LAB_STEP_ARP] = METRICS(time_metrics),
        [LAB_STEP_UDP] = METRICS(udp_metrics),
        [LAB_STEP_TCP] = METRICS(tcp_metrics),
        [LAB_STEP_REFUSED] = METRICS(refused_metrics),
        [LAB_STEP_LINK] = METRICS(time_metrics),
        [LAB_STEP_WAIT] = METRICS(time_metrics),
        [LAB_STEP_SHOW] = METRICS(time_metrics),
        [LAB_STEP_PARALLEL] = METRICS(time_metrics),
        [LAB_STEP_REQUESTS] = METRICS(requests_metrics),
        [LAB_STEP_MEET] = METRICS(tcp_metrics),
        [LAB_STEP_FLOOD] = METRICS(flood_metrics),
        [LAB_STEP_NODE] = METRICS(time_metrics),
        [LAB_STEP_NEIGH] = METRICS(time_metrics),
        [LAB_STEP_FORGE] = METRICS(time_metrics),
        [LAB_STEP_MEASURE] = METRICS(measure_metrics),
        [LAB_STEP_GROUP] = METRICS(time_metrics),
        [LAB_STEP_BROADCAST] = METRICS(broadcast_metrics),
    };
    _Static_assert(sizeof(tcp_metrics) / sizeof(tcp_metrics[0]) <= LAB_METRICS_MAX, "room");
    *n = metrics[kind].n;
    return metrics[kind].items;
}

size_t wf_lab_find_node(const struct lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->nodes.n; i++) {
        if (strcmp(wf_lab_node(lab, i)->name, name) == 0)
            return i;
    }
    return SIZE_MAX;
}

size_t wf_lab_find_addr(const struct lab *lab, const struct weft_addr *addr)
{
    for (size_t i = 0; i < lab->nodes.n; i++) {
        const struct lab_node *node = wf_lab_node(lab, i);
        for (size_t j = 0; j < node->ifaces.n; j++) {
            const struct lab_iface *f = (const struct lab_iface *)node->ifaces.items + j;
            for (size_t k = 0; k < f->addrs_n; k++) {
                if (memcmp(f->addrs[k].addr.b, addr->b, sizeof(addr->b)) == 0)
                    return i;
            }
        }
    }
    return SIZE_MAX;
}

static bool is_end(const struct lab *lab, const struct lab_end *end, const char *name)
{
    const char *node = wf_lab_node(lab, end->node)->name;
    size_t n = strlen(node);
    return strncmp(name, node, n) == 0 && name[n] == ':' && strcmp(name + n + 1, end->iface) == 0;
}

size_t wf_lab_find_link(const struct lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->links.n; i++) {
        const struct lab_link *link = wf_lab_link(lab, i);
        if (strcmp(link->name, name) == 0 || is_end(lab, &link->end[0], name) ||
            is_end(lab, &link->end[1], name))
            return i;
    }
    return SIZE_MAX;
}

struct lab_iface *wf_lab_iface(const struct lab_node *node, const char *name)
{
    for (size_t i = 0; i < node->ifaces.n; i++) {
        struct lab_iface *f = (struct lab_iface *)node->ifaces.items + i;
        if (name == NULL || strcmp(f->name, name) == 0)
            return f;
    }
    return NULL;
}

bool wf_lab_first_addr(const struct lab_node *node, struct weft_addr *out)
{
    for (size_t j = 0; j < node->ifaces.n; j++) {
        const struct lab_iface *f = (const struct lab_iface *)node->ifaces.items + j;
        if (f->addrs_n > 0) {
            *out = f->addrs[0].addr;
            return true;
        }
    }
    return false;
}

static void free_steps(struct lab_vec *steps)
{
    for (size_t i = 0; i < steps->n; i++) {
        struct lab_step *s = wf_lab_step(steps, i);
        for (size_t j = 0; j < s->steps.n; j++) { /* Steps stand at most two deep. */
            struct lab_step *inner = wf_lab_step(&s->steps, j);
            wf_vec_free(&inner->expects);
            wf_vec_free(&inner->clients);
            wf_vec_free(&inner->shares);
        }
        wf_vec_free(&s->steps);
        wf_vec_free(&s->expects);
        wf_vec_free(&s->clients);
        wf_vec_free(&s->shares);
    }
    wf_vec_free(steps);
}

static void free_ifaces(struct lab_vec *ifaces)
{
    for (size_t i = 0; i < ifaces->n; i++) {
        const struct lab_iface *f = (const struct lab_iface *)ifaces->items + i;
        if (f->rarp_server != NULL)
            wf_vec_free(&f->rarp_server->rows);
    }
    wf_vec_free(ifaces);
}

void wf_lab_free(struct lab *lab)
{
    for (size_t i = 0; i < lab->nodes.n; i++) {
        free_ifaces(&wf_lab_node(lab, i)->ifaces);
        wf_vec_free(&wf_lab_node(lab, i)->routes);
    }
    wf_vec_free(&lab->nodes);
    wf_vec_free(&lab->links);
    free_steps(&lab->steps);
    wf_vec_free(&lab->expects);
    wf_vec_free(&lab->ladders);
    wf_vec_free(&lab->compares);
    wf_lab_arena_free(&lab->arena);
}
