/* SPDX-License-Identifier: MIT */
/** DOC: sim tests - hosts on one link, on a switch, or with a router between them */
#ifndef WEFT_TESTS_SIM_NET_H
#define WEFT_TESTS_SIM_NET_H

#include "weft/sim.h"
#include "wire.h"

/** net_new() - An empty world with checks after every event */
struct weft_world *net_new(uint64_t seed);

/** net_host() - A node with default limits */
struct weft_node *net_host(struct weft_world *w, const char *name, bool is_router);

/** net_join() - Two nodes on a link of this quality; their addresses are 10.@net.0.1 and .2 */
struct weft_link *net_join(struct weft_world *w, struct weft_node *a, struct weft_node *b,
                           uint8_t net, const struct weft_link_quality *q);

/** net_join_as() - The same with a configuration to start from (MTU, copying, capabilities ...) */
struct weft_link *net_join_as(struct weft_world *w, struct weft_node *a, struct weft_node *b,
                              uint8_t net, const struct weft_link_config *lc);

/** net_plug() - A node on a bridge, as 10.@net.0.@host */
struct weft_link *net_plug(struct weft_world *w, struct weft_node *node, struct weft_bridge *b,
                           uint8_t net, uint8_t host, const struct weft_link_quality *q);

/** net_route() - A route to 10.@net.0.0/24 */
void net_route(struct weft_node *node, uint8_t net, struct weft_addr via);

/** net_server() - A server on @node and @port, from the beginning */
struct weft_actor *net_server(struct weft_world *w, struct weft_node *node,
                              enum weft_actor_kind kind, uint16_t port, uint64_t bytes);

/** net_client() - A client's configuration, to be changed and added */
struct weft_actor_config net_client(struct weft_node *node, enum weft_actor_kind kind,
                                    struct weft_addr to, uint16_t port, uint64_t bytes);

/** net_end() - Everything ended well and nothing is left; destroys the world */
void net_end(struct weft_world *w);

#endif /* WEFT_TESTS_SIM_NET_H */
