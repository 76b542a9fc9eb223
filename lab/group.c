/* SPDX-License-Identifier: MIT */
/** DOC: lab group - steps about multicast: joining, leaving, sending, routers of groups */
#include "weft/igmp.h"

#include <string.h>

#include "run.h"

/* The interface that is meant: the first one of the node unless the step names one. */
static uint16_t interface(struct weft_stack *st, const struct lab_step_group *g)
{
    int i = g->interface != NULL ? weft_if_find(st, g->interface) : 2;
    return i > 0 ? (uint16_t)i : 0;
}

static bool is_given(const struct weft_addr *a)
{
    static const uint8_t none[16];
    return memcmp(a->b, none, sizeof(none)) != 0;
}

/* A socket of its own for each membership; it takes what comes to the port. */
static int join(struct weft_stack *st, const struct lab_step_group *g)
{
    struct weft_endpoint local = {.port = (uint16_t)g->port};
    uint64_t sock;
    int err = weft_sock_open(st, WEFT_SOCK_UDP, &sock);
    if (err != 0)
        return err;
    err = weft_sock_set(st, sock, WEFT_SO_REUSEADDR, 1);
    if (err == 0)
        err = weft_sock_bind(st, sock, &local);
    if (err == 0 && is_given(&g->source))
        err =
            weft_mc_source(st, sock, WEFT_MC_JOIN_SOURCE, &g->group, &g->source, interface(st, g));
    else if (err == 0)
        err = weft_mc_join(st, sock, &g->group, interface(st, g));
    if (err != 0)
        (void)weft_sock_close(st, sock);
    return err;
}

/* The socket that joined the group is closed. */
static int leave(struct weft_stack *st, const struct lab_step_group *g)
{
    struct weft_sock_info info;
    uint64_t cursor = 0;
    while (weft_sock_next(st, &cursor, &info)) {
        if (info.type != WEFT_SOCK_UDP || info.local.port != g->port ||
            weft_mc_leave(st, info.sock, &g->group, interface(st, g)) != 0)
            continue;
        return weft_sock_close(st, info.sock);
    }
    return -WEFT_EADDRNOTAVAIL;
}

static int send(struct weft_stack *st, const struct lab_step_group *g)
{
    static const char data[] = "a datagram to a group";
    struct weft_endpoint to = {.addr = g->group, .port = (uint16_t)g->port};
    uint64_t sock;
    int err = weft_sock_open(st, WEFT_SOCK_UDP, &sock);
    if (err != 0)
        return err;
    err = weft_sock_set(st, sock, WEFT_IP_MULTICAST_TTL, (int64_t)g->ttl);
    if (err == 0)
        err = weft_sock_set(st, sock, WEFT_IP_MULTICAST_IF, interface(st, g));
    for (uint64_t i = 0; i < g->count && err == 0; i++) {
        int64_t n = weft_sock_sendto(st, sock, data, sizeof(data), &to);
        err = n < 0 ? (int)n : 0;
    }
    (void)weft_sock_close(st, sock);
    return err;
}

/* Both roles of a router on a link: it asks, and it forwards. */
static int route(struct weft_stack *st, const struct lab_step_group *g)
{
    struct weft_igmp_router cfg = {.version = (uint8_t)g->version};
    int err = weft_igmp_router_start(st, interface(st, g), &cfg);
    return err != 0 ? err : weft_mroute_if(st, interface(st, g), (uint8_t)g->ttl, true);
}

static int stop(struct weft_stack *st, const struct lab_step_group *g)
{
    int err = weft_igmp_router_stop(st, interface(st, g));
    return err != 0 ? err : weft_mroute_if(st, interface(st, g), 1, false);
}

static int upstream(struct weft_stack *st, const struct lab_step_group *g)
{
    int err = weft_mroute_if(st, interface(st, g), (uint8_t)g->ttl, true);
    return err != 0 ? err : weft_mroute_upstream(st, interface(st, g));
}

const char *wf_group_begin(struct lab_run *run, struct lab_step *s)
{
    static int (*const acts[])(struct weft_stack * st, const struct lab_step_group *g) = {
        [LAB_GROUP_JOIN] = join,   [LAB_GROUP_LEAVE] = leave, [LAB_GROUP_SEND] = send,
        [LAB_GROUP_ROUTE] = route, [LAB_GROUP_STOP] = stop,   [LAB_GROUP_UPSTREAM] = upstream,
    };
    struct weft_node *node = wf_lab_node(run->lab, s->from)->node;
    if (weft_node_is_down(node))
        return "the node is down";
    int err = acts[s->group.what](weft_node_stack(node), &s->group);
    weft_node_touch(node);
    s->wake_ns = s->started_ns + s->group.wait;
    return err != 0 ? weft_strerror(err) : NULL;
}
