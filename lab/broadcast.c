/* SPDX-License-Identifier: MIT */
/** DOC: lab broadcast - a node sends to everybody; every host and router listens meanwhile */
#include "run.h"

/* Sockets of nodes that are up; a node that has no room for one hears nothing. */
static void listen_everywhere(struct lab_run *run, struct lab_step *s)
{
    const struct weft_endpoint local = {.port = (uint16_t)s->broadcast.port};
    for (size_t i = 0; i < run->lab->nodes.n; i++) {
        struct lab_node *node = wf_lab_node(run->lab, i);
        uint64_t *sock = &s->broadcast.socks[i];
        if (wf_lab_is_bridge(node) || weft_node_is_down(node->node))
            continue;
        struct weft_stack *st = weft_node_stack(node->node);
        if (weft_sock_open(st, WEFT_SOCK_UDP, sock) != 0)
            continue;
        if (weft_sock_bind(st, *sock, &local) != 0) {
            (void)weft_sock_close(st, *sock);
            *sock = 0;
        }
    }
}

static int send_all(struct weft_stack *st, const struct lab_step_broadcast *b)
{
    static const uint8_t data[LAB_BROADCAST_MAX];
    const struct weft_endpoint to = {.addr = b->to, .port = (uint16_t)b->port};
    uint64_t sock;
    int err = weft_sock_open(st, WEFT_SOCK_UDP, &sock);
    if (err != 0)
        return err;
    err = weft_sock_set(st, sock, WEFT_SO_BROADCAST, 1);
    if (err == 0)
        err = weft_sock_set(st, sock, WEFT_IP_TTL, (int64_t)b->ttl);
    for (uint64_t i = 0; i < b->count && err == 0; i++) {
        int64_t n = weft_sock_sendto(st, sock, data, (size_t)b->size, &to);
        err = n < 0 ? (int)n : 0;
    }
    (void)weft_sock_close(st, sock);
    return err;
}

const char *wf_broadcast_begin(struct lab_run *run, struct lab_step *s)
{
    struct weft_node *node = wf_lab_node(run->lab, s->from)->node;
    size_t n = run->lab->nodes.n;
    if (weft_node_is_down(node))
        return "the node is down";
    s->broadcast.socks = wf_lab_alloc(&run->lab->arena, n * sizeof(*s->broadcast.socks));
    s->broadcast.heard = wf_lab_alloc(&run->lab->arena, n * sizeof(*s->broadcast.heard));
    listen_everywhere(run, s);
    int err = send_all(weft_node_stack(node), &s->broadcast);
    weft_node_touch(node);
    s->wake_ns = s->started_ns + s->broadcast.wait;
    if (err != 0)
        wf_broadcast_end(run, s);
    return err != 0 ? weft_strerror(err) : NULL;
}

void wf_broadcast_end(struct lab_run *run, struct lab_step *s)
{
    uint8_t data[LAB_BROADCAST_MAX];
    for (size_t i = 0; i < run->lab->nodes.n; i++) {
        struct weft_node *node = wf_lab_node(run->lab, i)->node;
        uint64_t sock = s->broadcast.socks[i];
        if (sock == 0 || weft_node_is_down(node))
            continue;
        struct weft_stack *st = weft_node_stack(node);
        while (weft_sock_recv(st, sock, data, sizeof(data)) >= 0)
            s->broadcast.heard[i]++;
        (void)weft_sock_close(st, sock);
        weft_node_touch(node);
    }
}
