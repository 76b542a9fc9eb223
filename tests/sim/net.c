/* SPDX-License-Identifier: MIT */
#include "net.h"

#include <stdio.h>
#include <string.h>

#include "t.h"

struct weft_world *net_new(uint64_t seed)
{
    struct weft_world_config cfg;
    struct weft_world *w = NULL;
    weft_world_config_default(&cfg, seed);
    cfg.is_checking = true;
    T_EQ(weft_world_create(&w, &cfg), 0);
    return w;
}

struct weft_node *net_host(struct weft_world *w, const char *name, bool is_router)
{
    struct weft_node_config cfg;
    struct weft_node *node = NULL;
    weft_node_config_default(&cfg, name);
    cfg.stack.is_forwarding = is_router;
    T_EQ(weft_node_add(w, &cfg, &node), 0);
    return node;
}

static void set_end(struct weft_world *w, struct weft_link_end *e, struct weft_node *node,
                    uint32_t mtu, uint32_t caps, const char *name)
{
    e->kind = WEFT_END_NODE;
    e->node = node;
    memcpy(e->netif.name, name, strlen(name) + 1);
    weft_world_mac(w, e->netif.mac);
    e->netif.mtu = mtu;
    e->netif.caps = caps;
}

static void set_addr(struct weft_node *node, uint16_t ifindex, struct weft_addr addr)
{
    T_EQ(weft_addr_add(weft_node_stack(node), ifindex, &addr, 24), 0);
}

struct weft_link *net_join_as(struct weft_world *w, struct weft_node *a, struct weft_node *b,
                              uint8_t net, const struct weft_link_config *from)
{
    struct weft_link_config lc = *from;
    struct weft_link *link = NULL;
    char name[WEFT_IF_NAME_MAX];
    (void)snprintf(lc.name, sizeof(lc.name), "link%u", net);
    (void)snprintf(name, sizeof(name), "eth%u", net);
    set_end(w, &lc.end[0], a, lc.mtu, from->end[0].netif.caps, name);
    set_end(w, &lc.end[1], b, lc.mtu, from->end[1].netif.caps, name);
    T_EQ(weft_link_add(w, &lc, &link), 0);
    const struct weft_link_config *is = weft_link_config_get(link);
    set_addr(a, is->end[0].ifindex, weft_ip4(10, net, 0, 1));
    set_addr(b, is->end[1].ifindex, weft_ip4(10, net, 0, 2));
    return link;
}

struct weft_link *net_join(struct weft_world *w, struct weft_node *a, struct weft_node *b,
                           uint8_t net, const struct weft_link_quality *q)
{
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    lc.quality[0] = lc.quality[1] = *q;
    lc.mtu = 1500;
    return net_join_as(w, a, b, net, &lc);
}

struct weft_link *net_plug(struct weft_world *w, struct weft_node *node, struct weft_bridge *b,
                           uint8_t net, uint8_t host, const struct weft_link_quality *q)
{
    struct weft_link_config lc;
    struct weft_link *link = NULL;
    char name[WEFT_IF_NAME_MAX];
    memset(&lc, 0, sizeof(lc));
    (void)snprintf(lc.name, sizeof(lc.name), "net%u-%u", net, host);
    (void)snprintf(name, sizeof(name), "eth%u", net);
    lc.quality[0] = lc.quality[1] = *q;
    lc.mtu = 1500;
    set_end(w, &lc.end[0], node, 1500, 0, name);
    lc.end[1].kind = WEFT_END_BRIDGE;
    lc.end[1].bridge = b;
    T_EQ(weft_link_add(w, &lc, &link), 0);
    set_addr(node, weft_link_config_get(link)->end[0].ifindex, weft_ip4(10, net, 0, host));
    return link;
}

void net_route(struct weft_node *node, uint8_t net, struct weft_addr via)
{
    struct weft_route r;
    memset(&r, 0, sizeof(r));
    r.dst = weft_ip4(10, net, 0, 0);
    r.prefix_len = 24;
    r.gateway = via;
    T_EQ(weft_route_add(weft_node_stack(node), &r), 0);
}

struct weft_actor *net_server(struct weft_world *w, struct weft_node *node,
                              enum weft_actor_kind kind, uint16_t port, uint64_t bytes)
{
    struct weft_actor_config c;
    struct weft_actor *a = NULL;
    memset(&c, 0, sizeof(c));
    (void)snprintf(c.name, sizeof(c.name), "%s:%u", weft_actor_kind_name(kind), port);
    c.kind = kind;
    c.node = node;
    c.local.port = port;
    c.bytes = bytes;
    c.pattern = 42;
    T_EQ(weft_actor_add(w, &c, &a), 0);
    return a;
}

struct weft_actor_config net_client(struct weft_node *node, enum weft_actor_kind kind,
                                    struct weft_addr to, uint16_t port, uint64_t bytes)
{
    struct weft_actor_config c;
    memset(&c, 0, sizeof(c));
    (void)snprintf(c.name, sizeof(c.name), "%s", weft_actor_kind_name(kind));
    c.kind = kind;
    c.node = node;
    c.remote.addr = to;
    c.remote.port = port;
    c.bytes = bytes;
    c.pattern = 42;
    c.start_ns = 1 * MS;
    return c;
}

void net_end(struct weft_world *w)
{
    int r = weft_world_settle(w, weft_world_now(w) + 3600 * S);
    if (r != 0)
        printf("# %s\n", weft_world_error(w));
    T_EQ(r, 0);
    weft_world_destroy(w);
}
