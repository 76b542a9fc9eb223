/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim actor trace - traceroute: UDP probes whose TTL grows by one
 *
 * A router on the way answers with Time Exceeded, the target with Port Unreachable (or with a
 * datagram, if something listens there). Each hop is asked up to count times; the port tells the
 * answers apart.
 */
#include <string.h>

#include "actor.h"

#define PORT_DEFAULT     33434U
#define ICMP_UNREACHABLE 3U
#define ICMP_PORT        3U
#define TRIES_DEFAULT    3U

static void probe(struct weft_actor *a)
{
    struct weft_stack *st = a->cfg.node->st;
    struct weft_endpoint to = a->cfg.remote;
    uint8_t buf[32];
    to.port = (uint16_t)((to.port == 0 ? PORT_DEFAULT : to.port) + a->res.hops);
    wf_sim_actor_set(a, a->own, WEFT_IP_TTL, (int64_t)a->res.hops + 1);
    weft_pattern(a->cfg.pattern, 0, buf, sizeof(buf));
    int64_t r = weft_sock_sendto(st, a->own, buf, sizeof(buf), &to);
    if (r < 0 && r != -WEFT_EAGAIN && a->res.err == 0)
        a->res.err = (int)-r;
    a->tries++;
    a->res.sent++;
    a->next_send_ns = a->w->now_ns;
    wf_sim_actor_progress(a);
    wf_sim_actor_set_timer(a, a->w->now_ns + a->cfg.timeout_ns);
}

static void finish(struct weft_actor *a)
{
    (void)weft_sock_close(a->cfg.node->st, a->own);
    a->own = 0;
    wf_sim_actor_end(a);
}

static void next_hop(struct weft_actor *a)
{
    a->res.hops++;
    a->tries = 0;
    if (a->res.has_reached || a->res.hops >= a->cfg.hops_max)
        finish(a);
    else
        probe(a);
}

void wf_sim_trace_start(struct weft_actor *a)
{
    int r = wf_sim_actor_open(a, WEFT_SOCK_UDP, ACTOR_SLOT_OWN, &a->own);
    if (r != 0) {
        a->own = 0;
        wf_sim_actor_error(a, r);
        wf_sim_actor_end(a);
        return;
    }
    wf_sim_actor_set(a, a->own, WEFT_IP_RECVERR, 1);
    probe(a);
}

static void note(struct weft_actor *a, const struct weft_sock_err *e)
{
    uint16_t base = a->cfg.remote.port == 0 ? PORT_DEFAULT : a->cfg.remote.port;
    if (e->dst.port != (uint16_t)(base + a->res.hops))
        return;
    struct weft_hop *hop = &a->res.hop[a->res.hops];
    hop->from = e->offender;
    hop->err = e->err;
    hop->icmp_type = e->icmp_type;
    hop->icmp_code = e->icmp_code;
    hop->rtt_ns = a->w->now_ns - a->next_send_ns;
    a->res.done++;
    wf_sim_actor_rtt(a, hop->rtt_ns);
    if (e->icmp_type == ICMP_UNREACHABLE) {
        a->res.has_reached = e->icmp_code == ICMP_PORT;
        if (!a->res.has_reached)
            a->cfg.hops_max = a->res.hops + 1; /* No way on from there. */
    }
    next_hop(a);
}

void wf_sim_trace_event(struct weft_actor *a, uint32_t slot)
{
    struct weft_stack *st = a->cfg.node->st;
    struct weft_sock_err e;
    (void)slot;
    while (a->own != 0 && weft_sock_recv_error(st, a->own, &e) == 0)
        note(a, &e);
    uint8_t buf[64];
    struct weft_msg_info info;
    while (a->own != 0 && weft_sock_recvfrom(st, a->own, buf, sizeof(buf), &info) >= 0) {
        memset(&e, 0, sizeof(e));
        e.offender = info.from.addr;
        e.dst = info.from;
        e.icmp_type = ICMP_UNREACHABLE;
        e.icmp_code = ICMP_PORT;
        note(a, &e);
    }
}

void wf_sim_trace_timer(struct weft_actor *a)
{
    uint32_t tries = a->cfg.count <= 1 ? TRIES_DEFAULT : a->cfg.count;
    if (a->own == 0)
        return;
    if (a->w->now_ns < a->next_send_ns + a->cfg.timeout_ns)
        wf_sim_actor_set_timer(a, a->next_send_ns + a->cfg.timeout_ns);
    else if (a->tries < tries)
        probe(a);
    else
        next_hop(a);
}
