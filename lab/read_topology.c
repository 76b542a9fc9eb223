/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <inttypes.h>
#include <string.h>

#include "rarp.h"
#include "weft/vlan.h"

#define NODES_MAX 1000
#define SECOND    UINT64_C(1000000000)

void wf_read_addr(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    const char *text = wf_doc_scalar(d, n, at, "an address such as 10.0.1.1");
    struct weft_addr a;
    if (text == NULL)
        return;
    if (weft_addr_parse(&a, text) != 0)
        wf_doc_error(d, n, at, "expected an address such as 10.0.1.1, got \"%s\"", text);
    else
        *(struct weft_addr *)to = a;
}

static bool parse_cidr(struct lab_cidr *c, const char *text)
{
    const char *slash = strchr(text, '/');
    char addr[48];
    if (slash == NULL || slash == text || (size_t)(slash - text) >= sizeof(addr))
        return false;
    memcpy(addr, text, (size_t)(slash - text));
    addr[slash - text] = '\0';
    uint64_t len;
    if (weft_addr_parse(&c->addr, addr) != 0 || slash[1] == '\0' || strlen(slash + 1) > 2 ||
        strspn(slash + 1, "0123456789") != strlen(slash + 1) ||
        !wf_units_parse(LAB_UNIT_COUNT, slash + 1, &len) || len > 32)
        return false;
    c->prefix_len = (uint8_t)len;
    return true;
}

/* Neither a network nor its broadcast, nor something that is never anybody's. */
static bool is_of_host(const struct lab_cidr *c)
{
    const uint8_t *b = c->addr.b + 12;
    uint32_t v = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    uint32_t rest = c->prefix_len == 0 ? UINT32_MAX : ~(UINT32_MAX << (32 - c->prefix_len));
    bool is_edge = c->prefix_len < 31 && ((v & rest) == 0 || (v & rest) == rest);
    return !is_edge && b[0] != 0 && b[0] != 127 && b[0] < 224;
}

bool wf_read_cidr(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, struct lab_cidr *c)
{
    static const char expected[] = "an address with its prefix such as 10.0.1.10/24";
    const char *text = wf_doc_scalar(d, n, at, expected);
    if (text == NULL)
        return false;
    if (!parse_cidr(c, text)) {
        wf_doc_error(d, n, at, "expected %s, got \"%s\"", expected, text);
        return false;
    }
    return true;
}

/* ---- settings: what defaults, kinds and nodes have in common ---- */

static void read_gateway(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    struct lab_settings *s = to;
    unsigned errors = d->errors;
    wf_read_addr(d, n, at, &s->gateway);
    s->has_gateway = errors == d->errors;
    s->gateway_mark = wf_doc_mark(n);
}

static void read_forwarding(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_field f = {.type = LAB_T_BOOL,
                                       .offset = offsetof(struct lab_settings, is_forwarding)};
    struct lab_settings *s = to;
    wf_doc_read_field(d, n, at, &f, s);
    s->has_forwarding = true;
}

#define TCP(f) offsetof(struct lab_tcp, f)
static const struct lab_field tcp_fields[] = {
    {LAB_WORDS("cc", TCP(cc), wf_lab_cc_names)},
    {LAB_VALUE("cc-parameters", LAB_T_NODE, TCP(cc_node))},
    {LAB_WORDS("ecn", TCP(ecn), wf_lab_ecn_names)},
    {LAB_WORDS("recovery", TCP(recovery), wf_lab_recovery_names)},
    {LAB_WORDS("mtu-probing", TCP(mtu_probing), wf_lab_probing_names)},
    {LAB_NUMBER("send-buffer", LAB_T_BYTES, TCP(send_buffer), 2048, 1U << 30)},
    {LAB_NUMBER("receive-buffer", LAB_T_BYTES, TCP(receive_buffer), 2048, 1U << 30)},
    {LAB_VALUE("nodelay", LAB_T_BOOL, TCP(is_nodelay))},
};
#undef TCP

static void read_tcp(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(tcp_fields);
    struct lab_tcp *tcp = to;
    int before = tcp->cc;
    tcp->cc_node = NULL;
    wf_doc_read_map(d, n, at, &t, to);
    if (tcp->cc != before) /* Parameters belong to an algorithm. */
        tcp->cc_params.n = 0;
    if (tcp->cc_node != NULL)
        wf_read_cc_params(d, tcp->cc_node, at, tcp->cc, &tcp->cc_params);
}

#define LIMIT(f) offsetof(struct lab_limits, f)
static const struct lab_field limit_fields[] = {
    {LAB_NUMBER("connections", LAB_T_COUNT, LIMIT(connections), 1, 1000000)},
    {LAB_NUMBER("sockets", LAB_T_COUNT, LIMIT(sockets), 1, 1000000)},
    {LAB_NUMBER("neighbours", LAB_T_COUNT, LIMIT(neighbours), 1, 65536)},
    {LAB_NUMBER("routes", LAB_T_COUNT, LIMIT(routes), 1, 65536)},
    {LAB_NUMBER("addresses", LAB_T_COUNT, LIMIT(addresses), 1, 1024)},
    {LAB_NUMBER("packets", LAB_T_COUNT, LIMIT(packets), 64, 1 << 20)},
    {LAB_NUMBER("fragments", LAB_T_COUNT, LIMIT(fragments), 2, 8192)},
    {LAB_NUMBER("memory", LAB_T_BYTES, LIMIT(memory), 1 << 20, UINT64_C(1) << 36)},
    {LAB_NUMBER("half-open", LAB_T_COUNT, LIMIT(half_open), 1, 1000000)},
    {LAB_NUMBER("trace", LAB_T_COUNT, LIMIT(trace), 256, 1 << 22)},
};
#undef LIMIT

static void read_limits(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(limit_fields);
    wf_doc_read_map(d, n, at, &t, to);
}

static void ignore(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    (void)d, (void)n, (void)at, (void)to;
}

/* The keys every level knows; nodes know more, and "kind" is known to nodes and defaults only. */
#define SETTING(f) offsetof(struct lab_settings, f)
#define SETTING_FIELDS                                                                             \
    {LAB_CALL("forwarding", 0, read_forwarding)}, {LAB_CALL("gateway", 0, read_gateway)},          \
        {LAB_VALUE("echo-silent", LAB_T_BOOL, SETTING(is_echo_silent))},                           \
        {LAB_VALUE("all-subnets", LAB_T_BOOL, SETTING(has_all_subnets))},                          \
        {LAB_CALL("tcp", SETTING(tcp), read_tcp)},                                                 \
        {LAB_CALL("limits", SETTING(limits), read_limits)},                                        \
        {LAB_NUMBER("age", LAB_T_TIME, SETTING(bridge.age), 1000, 86400 * SECOND)},                \
        {LAB_NUMBER("storm-limit", LAB_T_COUNT, SETTING(bridge.storm_limit), 1, UINT32_MAX)},      \
        {LAB_CALL("medium", SETTING(bridge), wf_read_medium)},                                     \
    {                                                                                              \
        LAB_NUMBER("table", LAB_T_COUNT, SETTING(bridge.table), 1, 65536)                          \
    }

static const struct lab_field kind_fields[] = {SETTING_FIELDS};
static const struct lab_field default_fields[] = {
    SETTING_FIELDS,
    {LAB_WORDS("kind", SETTING(kind), wf_lab_kind_names)},
};
static const struct lab_field node_fields[] = {
    SETTING_FIELDS,
    {LAB_WORDS("kind", SETTING(kind), wf_lab_kind_names)},
    {LAB_CALL("interfaces", 0, ignore)}, /* By read_interfaces(). */
    {LAB_CALL("routes", 0, ignore)},     /* By read_routes(). */
};

static void read_kinds(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(kind_fields);
    struct lab_settings *kinds = to;
    const char *key;
    yaml_node_t *key_node, *value;
    if (!wf_doc_is_map(d, n, at))
        return;
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++) {
        struct lab_at here = {.up = at, .key = key};
        size_t k = 0;
        while (k < LAB_KINDS && strcmp(wf_lab_kind_names[k], key) != 0)
            k++;
        if (k == LAB_KINDS)
            wf_doc_unknown(d, key_node, at, "kind", key, wf_lab_kind_names, LAB_KINDS);
        else
            wf_doc_read_map(d, value, &here, &t, &kinds[k]);
    }
}

/* ---- nodes ---- */

bool wf_lab_parse_mac(uint8_t mac[6], const char *text)
{
    return weft_mac_parse(mac, text) && (mac[0] & 1) == 0;
}

void wf_read_mac(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    const char *text = wf_doc_scalar(d, n, at, "a hardware address");
    uint8_t mac[6];
    if (text == NULL)
        return;
    if (wf_lab_parse_mac(mac, text))
        memcpy(to, mac, 6);
    else
        wf_doc_error(d, n, at,
                     "expected a unicast hardware address such as 02:00:00:00:00:0a, got \"%s\"",
                     text);
}

static void add_addr(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                     struct lab_iface *f)
{
    struct lab_cidr c;
    if (!wf_read_cidr(d, n, at, &c))
        return;
    if (!is_of_host(&c))
        wf_doc_error(d, n, at,
                     "no address of a host: it is the network, its broadcast, loopback, multicast "
                     "or reserved");
    else if (f->addrs_n == LAB_ADDRS_MAX)
        wf_doc_error(d, n, at, "an interface has at most %d addresses here", LAB_ADDRS_MAX);
    else if (wf_lab_find_addr(wf_lab_reader(d)->lab, &c.addr) != SIZE_MAX)
        wf_doc_error(d, n, at, "another interface has this address already");
    else
        f->addrs[f->addrs_n++] = c;
}

static void read_addrs(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    if (n->type != YAML_SEQUENCE_NODE) {
        add_addr(d, n, at, to);
        return;
    }
    yaml_node_t *item;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        add_addr(d, item, &here, to);
    }
}

#define IFACE(f) offsetof(struct lab_iface, f)
static const struct lab_field iface_fields[] = {
    {LAB_CALL("address", 0, read_addrs)},
    {LAB_CALL("mac", IFACE(mac), wf_read_mac)},
    {LAB_NUMBER("mtu", LAB_T_BYTES, IFACE(mtu), 68, 65535)},
    {LAB_VALUE("vlan-of", LAB_T_NAME, IFACE(vlan_of))},
    {LAB_NUMBER("vlan", LAB_T_COUNT, IFACE(vlan_id), 1, WEFT_VLAN_ID_MAX)},
    {LAB_VALUE("directed-broadcasts", LAB_T_BOOL, IFACE(may_direct_broadcast))},
    {LAB_CALL("rarp", 0, wf_read_rarp)},
    {LAB_CALL("rarp-server", 0, wf_read_rarp_server)},
};
#undef IFACE

static void read_interfaces(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                            struct lab_node *node)
{
    static const struct lab_table t = LAB_TABLE(iface_fields);
    const char *key;
    yaml_node_t *key_node, *value;
    if (!wf_doc_is_map(d, n, at))
        return;
    if (wf_lab_is_bridge(node)) {
        wf_doc_error(d, n, at, "a %s has ports without addresses: they come with its links",
                     wf_lab_kind_names[node->set.kind]);
        return;
    }
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++) {
        struct lab_at here = {.up = at, .key = key};
        if (!wf_doc_is_name(key) || strlen(key) >= WEFT_IF_NAME_MAX) {
            wf_doc_error(d, key_node, at, "\"%s\" is no name for an interface (at most %d letters)",
                         key, WEFT_IF_NAME_MAX - 1);
            continue;
        }
        struct lab_iface *f = wf_vec_push(&node->ifaces, sizeof(*f));
        f->name = wf_lab_strdup(d->arena, key);
        f->mark = wf_doc_mark(key_node);
        if (value->type == YAML_SCALAR_NODE) /* eth0: 10.0.1.1/24 says it all in one line. */
            add_addr(d, value, &here, f);
        else
            wf_doc_read_map(d, value, &here, &t, f);
    }
}

static void read_route_to(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    struct lab_cidr c;
    if (n->type == YAML_SCALAR_NODE && strcmp((const char *)n->data.scalar.value, "default") == 0)
        *(struct lab_cidr *)to = (struct lab_cidr){.addr = weft_ip4(0, 0, 0, 0)};
    else if (wf_read_cidr(d, n, at, &c))
        *(struct lab_cidr *)to = c;
}

#define ROUTE(f) offsetof(struct lab_route, f)
static const struct lab_field route_fields[] = {
    {LAB_CALL("to", ROUTE(to), read_route_to), .is_required = true},
    {LAB_CALL("via", ROUTE(via), wf_read_addr), .is_required = true},
    {LAB_NUMBER("metric", LAB_T_COUNT, ROUTE(metric), 0, UINT32_MAX)},
};
#undef ROUTE

static void read_routes(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                        struct lab_node *node)
{
    static const struct lab_table t = LAB_TABLE(route_fields);
    yaml_node_t *item;
    if (!wf_doc_is_list(d, n, at))
        return;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        struct lab_route *r = wf_vec_push(&node->routes, sizeof(*r));
        r->mark = wf_doc_mark(item);
        wf_doc_read_map(d, item, &here, &t, r);
    }
}

/* The kind decides which settings are the base, so it is looked for before the rest is read. What
 * is no kind is told when the rest is. */
static int kind_of(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at)
{
    int otherwise = wf_lab_reader(d)->lab->defaults.kind;
    const char *key;
    yaml_node_t *key_node, *value;
    bool is_there = otherwise >= 0;
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++) {
        if (strcmp(key, "kind") != 0)
            continue;
        is_there = true;
        if (value->type != YAML_SCALAR_NODE)
            continue;
        for (int k = 0; k < LAB_KINDS; k++) {
            if (strcmp(wf_lab_kind_names[k], (const char *)value->data.scalar.value) == 0)
                return k;
        }
    }
    if (!is_there)
        wf_doc_error(d, n, at, "key \"kind\" is missing (host, router, switch or hub)");
    return otherwise >= 0 ? otherwise : LAB_HOST;
}

static void read_node(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                      struct lab_node *node)
{
    static const struct lab_table t = LAB_TABLE(node_fields);
    const char *key;
    yaml_node_t *key_node, *value;
    if (!wf_doc_is_map(d, n, at))
        return;
    struct lab *lab = wf_lab_reader(d)->lab;
    int kind = kind_of(d, n, at);
    node->set = lab->kinds[kind];
    node->set.kind = kind;
    if (!node->set.has_forwarding)
        node->set.is_forwarding = kind == LAB_ROUTER;
    wf_doc_read_map(d, n, at, &t, &node->set);
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++) {
        struct lab_at here = {.up = at, .key = key};
        if (strcmp(key, "interfaces") == 0)
            read_interfaces(d, value, &here, node);
        else if (strcmp(key, "routes") == 0)
            read_routes(d, value, &here, node);
    }
}

static void read_nodes(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at)
{
    struct lab *lab = wf_lab_reader(d)->lab;
    const char *key;
    yaml_node_t *key_node, *value;
    if (!wf_doc_is_map(d, n, at))
        return;
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++) {
        struct lab_at here = {.up = at, .key = key};
        if (!wf_doc_is_name(key) || strlen(key) > 12)
            wf_doc_error(d, key_node, at, "\"%s\" is no name for a node (at most 12 letters)", key);
        else if (wf_lab_find_node(lab, key) != SIZE_MAX)
            wf_doc_error(d, key_node, at, "node \"%s\" is there twice", key);
        else if (lab->nodes.n == NODES_MAX)
            wf_doc_error(d, key_node, at, "a lab has at most %d nodes", NODES_MAX);
        else {
            struct lab_node *node = wf_vec_push(&lab->nodes, sizeof(*node));
            node->name = wf_lab_strdup(d->arena, key);
            node->mark = wf_doc_mark(key_node);
            read_node(d, value, &here, node);
        }
    }
}

/* ---- the whole ---- */

/** struct topology_nodes - The parts of the topology, taken up in the order they need each other */
struct topology_nodes {
    yaml_node_t *defaults, *kinds, *nodes, *links;
};

#define PART(f) offsetof(struct topology_nodes, f)
static const struct lab_field topology_fields[] = {
    {LAB_VALUE("defaults", LAB_T_NODE, PART(defaults))},
    {LAB_VALUE("kinds", LAB_T_NODE, PART(kinds))},
    {LAB_VALUE("nodes", LAB_T_NODE, PART(nodes)), .is_required = true},
    {LAB_VALUE("links", LAB_T_NODE, PART(links))},
};
#undef PART

static bool is_linked(const struct lab_node *node, const char *name)
{
    const struct lab_iface *f = wf_lab_iface(node, name);
    return f != NULL && f->is_linked;
}

static void check_ifaces(struct lab_doc *d)
{
    struct lab *lab = wf_lab_reader(d)->lab;
    for (size_t i = 0; i < lab->nodes.n; i++) {
        struct lab_node *node = wf_lab_node(lab, i);
        for (size_t j = 0; j < node->ifaces.n; j++) {
            struct lab_iface *f = (struct lab_iface *)node->ifaces.items + j;
            yaml_node_t where = {
                .start_mark = {.line = f->mark.line - 1, .column = f->mark.column - 1}};
            if ((f->vlan_of != NULL) != (f->vlan_id != 0))
                wf_doc_error(d, &where, NULL, "interface %s of %s: vlan and vlan-of go together",
                             f->name, node->name);
            else if (f->vlan_of != NULL && (f->is_linked || !is_linked(node, f->vlan_of)))
                wf_doc_error(d, &where, NULL,
                             "interface %s of %s: a VLAN is on no link, but the interface it is of "
                             "is on one",
                             f->name, node->name);
            else if (f->vlan_of == NULL && !f->is_linked)
                wf_doc_error(d, &where, NULL, "interface %s of %s is on no link", f->name,
                             node->name);
        }
    }
}

void wf_read_topology(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at)
{
    static const struct lab_table t = LAB_TABLE(topology_fields);
    static const struct lab_table defaults = LAB_TABLE(default_fields);
    struct lab *lab = wf_lab_reader(d)->lab;
    struct topology_nodes part = {0};
    wf_doc_read_map(d, n, at, &t, &part);
    struct lab_at defaults_at = {.up = at, .key = "defaults"};
    struct lab_at kinds_at = {.up = at, .key = "kinds"};
    struct lab_at nodes_at = {.up = at, .key = "nodes"};
    struct lab_at links_at = {.up = at, .key = "links"};

    lab->defaults.kind = -1;
    lab->defaults.tcp.mtu_probing = -1;
    if (part.defaults != NULL)
        wf_doc_read_map(d, part.defaults, &defaults_at, &defaults, &lab->defaults);
    for (size_t k = 0; k < LAB_KINDS; k++)
        lab->kinds[k] = lab->defaults;
    if (part.kinds != NULL)
        read_kinds(d, part.kinds, &kinds_at, lab->kinds);
    if (part.nodes != NULL)
        read_nodes(d, part.nodes, &nodes_at);
    if (part.links != NULL)
        wf_read_links(d, part.links, &links_at);
    if (part.nodes != NULL)
        check_ifaces(d);
}
