/* SPDX-License-Identifier: MIT */
/**
 * DOC: model - a lab as the file describes it, and what was found out while it ran
 *
 * Everything lives in the lab's arena. What stands under "run:" in a struct is empty after reading
 * and written by the run; all the rest is not changed any more once the file has been read.
 */
#ifndef WEFT_LAB_MODEL_H
#define WEFT_LAB_MODEL_H

#include "doc.h"
#include "mem.h"
#include "units.h"
#include "weft/arp.h"
#include "weft/sim.h"

#define LAB_ADDRS_MAX     4    /* Of an interface. */
#define LAB_LOSE_MAX      32   /* Frames of a direction lost by number. */
#define LAB_SIZES_MAX     64   /* Datagram sizes of a step. */
#define LAB_METRICS_MAX   24   /* What a step measures. */
#define LAB_LANES_MAX     8    /* Nodes of a ladder. */
#define LAB_COUNTED_MAX   5    /* Counters that a step compares with those before it. */
#define LAB_COMPARED_MAX  8    /* Flows of a comparison. */
#define LAB_SHARERS_MAX   64   /* Transfers that a step measures side by side. */
#define LAB_BROADCAST_MAX 1472 /* Octets of a datagram to everybody: one frame. */

/** enum lab_kind - What a node of the topology is */
enum lab_kind {
    LAB_HOST = 0,
    LAB_ROUTER, /* A host that forwards. */
    LAB_SWITCH,
    LAB_HUB,

    LAB_KINDS
};

/** struct lab_cidr - An address with its prefix */
struct lab_cidr {
    struct weft_addr addr;
    uint8_t prefix_len;
};

struct lab_rarp_server;
struct weft_rarp_config;

/** struct lab_iface - An interface of a host or router; there is one for each of its links */
struct lab_iface {
    const char *name;
    struct lab_mark mark;
    struct lab_cidr addrs[LAB_ADDRS_MAX];
    size_t addrs_n;
    uint8_t mac[6];      /* All zero: the world gives one. */
    uint64_t mtu;        /* 0: the link's. */
    const char *vlan_of; /* NULL: an interface with a link of its own. */
    uint64_t vlan_id;
    struct weft_rarp_config *rarp;       /* NULL: it does not ask for an address. */
    struct lab_rarp_server *rarp_server; /* NULL: it answers nobody. */
    bool may_direct_broadcast;           /* A broadcast to its network may come from elsewhere. */
    bool is_linked;
    uint16_t ifindex; /* run: */
};

/** struct lab_route - A route of a host or router */
struct lab_route {
    struct lab_cidr to;
    struct weft_addr via;
    uint64_t metric;
    struct lab_mark mark;
};

#define LAB_CC_PARAMS_MAX 3

/** struct lab_cc_params - Parameters of congestion control, in the units of enum weft_cc_param */
struct lab_cc_params {
    unsigned n;
    struct {
        int param;
        uint32_t value;
    } set[LAB_CC_PARAMS_MAX];
};

/** struct lab_tcp - TCP of a node */
struct lab_tcp {
    int cc; /* Index into wf_lab_cc_names. */
    struct lab_cc_params cc_params;
    yaml_node_t *cc_node;                 /* While it is read. */
    int ecn;                              /* Index into wf_lab_ecn_names. */
    int recovery;                         /* enum weft_tcp_recovery */
    int mtu_probing;                      /* WEFT_TCP_MTU_PROBING, -1 = default. */
    uint64_t send_buffer, receive_buffer; /* Bytes, 0 = default. */
    bool is_nodelay;
};

/** struct lab_opts - Socket options of a transfer, as enum weft_sock_opt has them */
struct lab_opts {
    unsigned n;
    struct {
        int opt;
        int64_t value;
    } set[WEFT_SIM_OPTS_MAX];
};

/** struct lab_limits - Tables of a node; 0 = default */
struct lab_limits {
    uint64_t connections, sockets, neighbours, routes, packets, memory, trace, addresses, fragments;
    uint64_t half_open;
};

/** struct lab_bridge - A switch or hub */
struct lab_bridge {
    uint64_t table;                     /* Addresses a switch remembers, 0 = default. */
    uint64_t age, storm_limit;          /* Of a switch, 0 = default. */
    uint64_t rate, delay, medium_queue; /* Of a shared medium; rate 0 = there is none. */
};

/** struct lab_settings - What defaults, kinds and nodes can say */
struct lab_settings {
    int kind; /* enum lab_kind, -1 = not said. */
    bool is_forwarding, has_forwarding;
    bool is_echo_silent;
    bool has_all_subnets; /* Broadcasts to all subnets of a network are broadcasts. */
    bool has_gateway;
    struct weft_addr gateway;
    struct lab_mark gateway_mark;
    struct lab_tcp tcp;
    struct lab_limits limits;
    struct lab_bridge bridge;
};

/** struct lab_node - A node */
struct lab_node {
    const char *name;
    struct lab_mark mark;
    struct lab_settings set;
    struct lab_vec ifaces;      /* struct lab_iface; in the order the file gives them */
    struct lab_vec routes;      /* struct lab_route */
    struct weft_node *node;     /* run: hosts and routers */
    struct weft_bridge *bridge; /* run: switches and hubs */
    uint64_t trace_lost;        /* run: trace records overwritten before they were read. */
    uint64_t events[WEFT_LINK_EVENT_COUNT]; /* run: read so far. */
};

/** struct lab_quality - One direction of a link */
struct lab_quality {
    uint64_t rate, delay, jitter;
    uint64_t loss, duplicate, duplicate_copies, corrupt, corrupt_bits; /* Shares are ppm. */
    uint64_t reorder_share, reorder_extra;
    uint64_t burst_enter, burst_leave, burst_loss;
    uint64_t queue, queue_bytes, ecn, ecn_bytes;
    uint64_t black_hole;         /* Longer IP packets vanish; 0 = none does. */
    uint64_t lose[LAB_LOSE_MAX]; /* Frames by number, from 0. */
    size_t lose_n;
    uint64_t late[LAB_LOSE_MAX]; /* The same, of those a copy of which arrives late_extra later. */
    size_t late_n;
    uint64_t late_extra;
    bool may_jitter_reorder;
};

/** struct lab_end - One end of a link */
struct lab_end {
    size_t node;       /* Index into the lab's nodes. */
    const char *iface; /* Interface, or port of a switch. */
};

/** struct lab_link - A link */
struct lab_link {
    const char *name; /* "h1:eth0--sw1:p1" unless the file gives one. */
    struct lab_mark mark;
    struct lab_end end[2];
    struct lab_quality q[2]; /* [0]: from end 0 to end 1. */
    uint64_t mtu;
    bool has_superframes;
    bool has_fcs;
    struct weft_link *link; /* run: */
};

/** enum lab_step_kind - What a step of the scenario does */
enum lab_step_kind {
    LAB_STEP_PING = 0,
    LAB_STEP_TRACEROUTE,
    LAB_STEP_ARP,
    LAB_STEP_UDP,
    LAB_STEP_TCP,
    LAB_STEP_REFUSED,
    LAB_STEP_LINK,
    LAB_STEP_WAIT,
    LAB_STEP_SHOW,
    LAB_STEP_PARALLEL,
    LAB_STEP_REQUESTS,
    LAB_STEP_MEET,
    LAB_STEP_FLOOD,
    LAB_STEP_NODE,
    LAB_STEP_MEASURE,
    LAB_STEP_GROUP,
    LAB_STEP_NEIGH,
    LAB_STEP_FORGE,
    LAB_STEP_BROADCAST,

    LAB_STEP_KINDS
};

/** enum lab_op - How an expectation compares */
enum lab_op { LAB_EQ, LAB_NE, LAB_LT, LAB_LE, LAB_GT, LAB_GE, LAB_RANGE };

/** enum lab_value_type - What is compared; the first ones are those of enum lab_unit */
enum lab_value_type {
    LAB_V_COUNT,
    LAB_V_BYTES,
    LAB_V_TIME,
    LAB_V_RATE,
    LAB_V_SHARE,
    LAB_V_TEXT, /* A word; lists of addresses are words with blanks between. */
};

/** struct lab_metric - Something that is measured */
struct lab_metric {
    const char *name;
    enum lab_value_type type;
    const char *const *words; /* LAB_V_TEXT: what it can be, ends with NULL; NULL = anything. */
};

/** struct lab_value - A measured or an expected value */
struct lab_value {
    uint64_t number;
    const char *text; /* LAB_V_TEXT, otherwise NULL. */
    bool is_there;
};

/** enum lab_conn_field - What can be asked of a connection, by wf_lab_conn_fields() */
enum lab_conn_field {
    LAB_CONN_STATE = 0,
    LAB_CONN_CWND,
    LAB_CONN_SSTHRESH,
    LAB_CONN_FLIGHT,
    LAB_CONN_SND_WND,
    LAB_CONN_RCV_WND,
    LAB_CONN_SND_WSCALE,
    LAB_CONN_MSS,
    LAB_CONN_SRTT,
    LAB_CONN_RTO,
    LAB_CONN_BACKOFF,
    LAB_CONN_UNSENT,
    LAB_CONN_KEEP_PROBES,

    LAB_CONN_FIELDS
};

/** enum lab_subject - What an expectation is about */
enum lab_subject {
    LAB_ABOUT_STEP = 0,  /* A metric of the step. */
    LAB_ABOUT_COUNTER,   /* counter NODE NAME */
    LAB_ABOUT_DROPS,     /* drops NODE NAME */
    LAB_ABOUT_NEIGHBOUR, /* neighbour NODE ADDRESS */
    LAB_ABOUT_ROUTE,     /* route NODE ADDRESS */
    LAB_ABOUT_SOCKETS,   /* sockets NODE */
    LAB_ABOUT_LINK,      /* link NAME FATE */
    LAB_ABOUT_CONN,      /* tcp NODE PORT FIELD */
    LAB_ABOUT_MAC,       /* neighbour-mac NODE ADDRESS */
    LAB_ABOUT_EVENT,     /* event NODE NAME */
    LAB_ABOUT_BRIDGE,    /* bridge NODE COUNTER */
    LAB_ABOUT_PATH,      /* path-mtu NODE ADDRESS */
    LAB_ABOUT_TIME,      /* time, of the whole lab */
};

/** struct lab_expect - An expectation */
struct lab_expect {
    struct lab_mark mark;
    const char *text; /* As it was written. */
    enum lab_subject about;
    enum lab_value_type type;
    enum lab_op op;
    uint64_t want, want_to; /* want_to: LAB_RANGE */
    const char *want_text;
    size_t index;  /* Of the metric, counter, drop reason or fate. */
    size_t object; /* Of the node or link. */
    uint16_t port; /* LAB_ABOUT_CONN */
    struct weft_addr addr;
    bool holds;      /* run: */
    const char *got; /* run: what was found, as text. */
};

/** struct lab_step_arp - What becomes of a neighbour table */
struct lab_step_arp {
    const char *node, *clear; /* clear: "all" or an address. */
    yaml_node_t *entries;     /* Read into expectations. */
    struct weft_addr clear_addr;
    bool is_clear_all;
};

/** struct lab_hw - A hardware address that may be given */
struct lab_hw {
    bool is_there;
    uint8_t mac[6];
};

/** struct lab_step_neigh - What is changed about the neighbours and addresses of an interface */
struct lab_step_neigh {
    const char *node, *iface; /* iface NULL = the first. */
    const char *options;      /* "NAME=VALUE ..." */
    struct weft_addr entry;   /* A permanent entry, with entry_mac. */
    struct lab_hw entry_mac, mac;
    struct lab_cidr proxy, add;
};

/** struct lab_step_forge - ARP messages that no stack sends */
struct lab_step_forge {
    const char *node;
    int op; /* 0 request, 1 reply */
    struct weft_addr sender, target;
    struct lab_hw sender_mac, target_mac, to; /* Not given: the node's own, zero, everybody. */
    uint64_t count, interval;
    bool is_made_up; /* Each message comes from a hardware address that nobody has. */
};

/** struct lab_step_broadcast - Datagrams to everybody, and who hears them */
struct lab_step_broadcast {
    const char *node;
    struct weft_addr to;
    uint64_t port, size, ttl, count;
    uint64_t wait;   /* ns until the step is over. */
    uint64_t *heard; /* run: datagrams by node. */
    uint64_t *socks; /* run: the listeners, 0 = none. */
};

/** struct lab_step_talk - Who talks to whom, for all steps that do */
struct lab_step_talk {
    const char *from, *to; /* Names or addresses as written. */
    uint64_t port, count, interval, timeout, size, hops, ttl;
    uint64_t sizes[LAB_SIZES_MAX];
    size_t sizes_n;
    uint64_t bytes, reply, pattern, read_bytes, read_every, write_bytes, write_every;
    uint64_t send_buffer, receive_buffer, local_port, backlog;
    uint64_t span;          /* How long a transfer goes on; 0 = until all bytes have come. */
    uint64_t connect_after; /* The server listens so long before the client connects. */
    struct lab_opts opts;   /* Socket options of both ends. */
    struct lab_cidr source; /* Who a flood claims to be. */
    int cc;                 /* Index into wf_lab_cc_names, -1 = the node's. */
    int recovery;           /* enum weft_tcp_recovery, -1 = the node's. */
    struct lab_cc_params cc_params;
    yaml_node_t *cc_node; /* While it is read. */
    int record;           /* Index into wf_lab_record_names. */
    bool has_df, is_nodelay, is_echoed;
};

/** enum lab_link_act - What is done to a link */
enum lab_link_act { LAB_LINK_CHANGE, LAB_LINK_CUT, LAB_LINK_HEAL };

/** struct lab_step_link - What becomes of a link */
struct lab_step_link {
    const char *which; /* Name, or one of its ends. */
    int what;          /* enum lab_link_act */
    yaml_node_t *set;  /* Read into the step's change. */
};

/** enum lab_node_act - What happens to a node */
enum lab_node_act { LAB_NODE_CRASH, LAB_NODE_BOOT, LAB_NODE_REBOOT };

/** struct lab_step_node - What happens to which node */
struct lab_step_node {
    const char *which;
    int what; /* enum lab_node_act */
};

/** enum lab_group_act - What a node does about a group */
enum lab_group_act {
    LAB_GROUP_JOIN,
    LAB_GROUP_LEAVE,
    LAB_GROUP_SEND,
    LAB_GROUP_ROUTE, /* Be a router for the link's groups, and forward. */
    LAB_GROUP_STOP,
    LAB_GROUP_UPSTREAM, /* Be a proxy: forward there, and join what is wanted elsewhere. */
};

/** struct lab_step_group - Who does what about which group */
struct lab_step_group {
    const char *node, *interface; /* NULL = its first one. */
    int what;                     /* enum lab_group_act */
    struct weft_addr group, source;
    uint64_t ttl, count, port, version;
    uint64_t wait; /* ns until the step is over. */
};

/** struct lab_step_show - What to show of a node */
struct lab_step_show {
    const char *node;
    unsigned what; /* Bits by index into wf_lab_show_names. */
};

struct lab_step;

/** struct lab_share - A transfer that a step measures beside others */
struct lab_share {
    const struct lab_step *step;
    uint64_t before; /* Bytes that had come as it began. */
};

/** enum lab_outcome - How a step went */
enum lab_outcome {
    LAB_NOT_RUN = 0,
    LAB_RUNNING,
    LAB_PASSED,
    LAB_FAILED, /* An expectation does not hold, or it did not do what its kind promises. */
};

/** struct lab_step - A step of the scenario */
struct lab_step {
    enum lab_step_kind kind;
    const char *name; /* What it does, for people. */
    struct lab_mark mark;
    uint64_t at, after,
        limit;              /* ns; at: since the start of the scenario, WEFT_NEVER = not given. */
    struct lab_vec expects; /* struct lab_expect */
    struct lab_vec steps;   /* struct lab_step; LAB_STEP_PARALLEL */
    struct lab_step_talk talk;
    struct lab_step_arp arp;
    struct lab_step_link link;
    struct lab_step_show show;
    struct lab_step_node node;
    struct lab_step_group group;
    struct lab_step_neigh neigh;
    struct lab_step_forge forge;
    struct lab_step_broadcast broadcast;
    uint64_t wait;
    size_t from, to; /* Nodes; to is SIZE_MAX if the address belongs to none. */
    struct weft_addr to_addr;
    size_t link_index;
    struct lab_quality change[2];

    struct weft_actor *client, *server;       /* run: */
    struct lab_vec clients;                   /* run: every client so far (struct weft_actor *). */
    uint64_t wake_ns, due_ns;                 /* run: when to look again; when it must be over. */
    uint64_t before[LAB_COUNTED_MAX];         /* run: counters of the sender as it began. */
    enum lab_outcome outcome;                 /* run: */
    uint64_t started_ns, ended_ns;            /* run: virtual */
    double real_s;                            /* run: */
    const char *problem;                      /* run: why it failed, beyond its expectations. */
    const char *summary;                      /* run: one line. */
    const char *shown;                        /* run: LAB_STEP_SHOW: text. */
    struct weft_tcp_info tcp;                 /* run: of the client, as last seen. */
    bool has_tcp;                             /* run: */
    uint32_t cwnd_min, cwnd_max;              /* run: as far as seen; bytes. */
    uint32_t flight_max, srtt_max_us;         /* run: */
    struct lab_vec shares;                    /* run: LAB_STEP_MEASURE: struct lab_share */
    uint64_t flooded;                         /* run: LAB_STEP_FLOOD: SYNs sent, */
    struct weft_link *flood_link;             /* run: where they enter, */
    unsigned flood_dir;                       /* run: in which direction, */
    uint8_t flood_macs[12];                   /* run: and the addresses of their frames. */
    struct lab_value values[LAB_METRICS_MAX]; /* run: by the kind's metrics. */
};

/** struct lab_ladder - A ladder diagram that is wanted */
struct lab_ladder {
    const char *title;
    struct lab_mark mark;
    size_t lanes[LAB_LANES_MAX]; /* Nodes. */
    size_t lanes_n;
    const char *step; /* Only while the step of this name runs; NULL = always. */
    int protocol;     /* Index into wf_lab_protocol_names; 0 = any. */
    uint64_t port;    /* 0 = any. */
    uint64_t first;   /* Packets. */
    uint64_t skip;    /* Packets left out before the first. */
};

/** struct lab_compared - A flow in a comparison */
struct lab_compared {
    uint64_t port;     /* That it goes to. */
    const char *label; /* Name of the step that makes it. */
};

/** struct lab_compare - Flows whose windows, rates or round trips are drawn over each other */
struct lab_compare {
    const char *title;
    struct lab_mark mark;
    int what; /* Index into wf_lab_compare_names. */
    struct lab_compared flows[LAB_COMPARED_MAX];
    size_t flows_n;
    bool is_aligned; /* Each from its own beginning on. */
};

/** struct lab - A lab */
struct lab {
    struct lab_arena arena;
    const char *file, *name, *title, *description;
    uint64_t seed;
    uint64_t time_max;                         /* Virtual ns that the scenario may take. */
    uint64_t capture_snaplen, capture_packets; /* packets: of each link. */
    struct lab_settings defaults, kinds[LAB_KINDS];
    struct lab_vec nodes;    /* struct lab_node */
    struct lab_vec links;    /* struct lab_link */
    struct lab_vec steps;    /* struct lab_step */
    struct lab_vec expects;  /* struct lab_expect: at the end */
    struct lab_vec ladders;  /* struct lab_ladder */
    struct lab_vec compares; /* struct lab_compare */
};

extern const char *const wf_lab_kind_names[]; /* By enum lab_kind; ends with NULL. */
extern const char *const wf_lab_step_names[]; /* By enum lab_step_kind; ends with NULL. */
extern const char *const wf_lab_cc_names[];   /* Ends with NULL. */
extern const char *const wf_lab_ecn_names[];
extern const char *const wf_lab_record_names[];
extern const char *const wf_lab_recovery_names[]; /* By enum weft_tcp_recovery; ends with NULL. */
extern const char *const wf_lab_probing_names[];  /* By WEFT_TCP_MTU_PROBING; ends with NULL. */
extern const char *const wf_lab_show_names[];     /* Ends with NULL. */
extern const char *const wf_lab_protocol_names[]; /* Ends with NULL; the first is "any". */
extern const char *const wf_lab_neigh_names[];    /* By enum weft_neigh_state; ends with NULL. */
extern const char *const wf_lab_error_names[];    /* By enum weft_err; ends with NULL. */
extern const char *const wf_lab_compare_names[];  /* Ends with NULL. */
extern const char *const wf_lab_state_names[];    /* RFC names; ends with NULL. */

/** wf_lab_node() - Node @i */
static inline struct lab_node *wf_lab_node(const struct lab *lab, size_t i)
{
    return (struct lab_node *)lab->nodes.items + i;
}

/** wf_lab_link() - Link @i */
static inline struct lab_link *wf_lab_link(const struct lab *lab, size_t i)
{
    return (struct lab_link *)lab->links.items + i;
}

/** wf_lab_step() - Step @i of a list of steps */
static inline struct lab_step *wf_lab_step(const struct lab_vec *steps, size_t i)
{
    return (struct lab_step *)steps->items + i;
}

/** wf_lab_expect() - Expectation @i of a list */
static inline struct lab_expect *wf_lab_expect(const struct lab_vec *expects, size_t i)
{
    return (struct lab_expect *)expects->items + i;
}

/** wf_lab_is_bridge() - Whether a node is a switch or a hub */
static inline bool wf_lab_is_bridge(const struct lab_node *n)
{
    return n->set.kind == LAB_SWITCH || n->set.kind == LAB_HUB;
}

/** wf_lab_is_tcp() - Whether steps of a kind move data by TCP */
static inline bool wf_lab_is_tcp(enum lab_step_kind kind)
{
    return kind == LAB_STEP_TCP || kind == LAB_STEP_REQUESTS || kind == LAB_STEP_MEET;
}

/** wf_lab_conn_fields() - What can be asked of a connection while it is there; sets *n */
const struct lab_metric *wf_lab_conn_fields(size_t *n);

/** wf_lab_metrics() - What steps of a kind measure; sets *n */
const struct lab_metric *wf_lab_metrics(enum lab_step_kind kind, size_t *n);

/** wf_lab_find_node() - Index of a node by name; SIZE_MAX if there is none */
size_t wf_lab_find_node(const struct lab *lab, const char *name);

/** wf_lab_find_addr() - Index of the node that has an address; SIZE_MAX if none has */
size_t wf_lab_find_addr(const struct lab *lab, const struct weft_addr *addr);

/** wf_lab_find_link() - Index of a link by name or by one of its ends ("h1:eth0"), or SIZE_MAX */
size_t wf_lab_find_link(const struct lab *lab, const char *name);

/** wf_lab_iface() - Interface of a node by its name, NULL = the first; NULL if there is none */
struct lab_iface *wf_lab_iface(const struct lab_node *node, const char *name);

/** wf_lab_first_addr() - First address of a node; false if it has none */
bool wf_lab_first_addr(const struct lab_node *node, struct weft_addr *out);

/** wf_lab_free() - Free a lab with everything in it */
void wf_lab_free(struct lab *lab);

/** wf_lab_set_arp() - Set options of weft/arp.h as a text names them; false if there is none such
 */
bool wf_lab_set_arp(const char *text, struct weft_neigh_options *n, struct weft_arp_options *a);

#endif /* WEFT_LAB_MODEL_H */
