/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script target - the stack a script is run against: weft in a world, or another one
 *
 * weft's stack lives in virtual time, which moves to wherever the script wants it; another one has
 * a time of its own that is waited for. Everything else of the engine is the same for both.
 */
#include <stdio.h>
#include <string.h>

#include "script.h"
#include "weft/cc.h"

#define POLL_NS UINT64_C(500000) /* How often a blocked call is tried again in real time. */
#define OUR_END 1U

uint64_t wf_sx_now(const struct sx *s)
{
    const struct weft_script_target *t = s->cfg->target;
    return t != NULL ? t->now_ns(t->user) : s->w->now_ns;
}

void wf_sx_touch(struct sx *s)
{
    if (s->node != NULL)
        weft_node_touch(s->node);
}

static bool step(struct sx *s)
{
    if (weft_world_step(s->w) < 0) {
        wf_sx_fail(s, NULL, "the world has failed: %s", weft_world_error(s->w));
        return false;
    }
    wf_sx_pending_poll(s);
    return true;
}

/* In real time: until @until, or a packet if that is wanted. False if the script has ended. */
static bool wait_target(struct sx *s, uint64_t until, bool is_packet_wanted)
{
    const struct weft_script_target *t = s->cfg->target;
    if (is_packet_wanted && t->wait(t->user, 0) > 0)
        return true;
    for (;;) {
        uint64_t now = t->now_ns(t->user), to = until;
        bool is_blocked = s->pending.id != SX_CALL_NONE && !s->pending.is_done;
        if (is_blocked && now + POLL_NS < to)
            to = now + POLL_NS;
        int r = t->wait(t->user, to);
        if (r < 0) {
            wf_sx_na(s, "%s", t->why(t->user));
            return false;
        }
        wf_sx_pending_poll(s);
        if ((r > 0 && is_packet_wanted) || t->now_ns(t->user) >= until)
            return true;
    }
}

bool wf_sx_run_to(struct sx *s, uint64_t t)
{
    if (s->cfg->target != NULL)
        return wait_target(s, t, false);
    for (;;) {
        uint64_t next = weft_world_next(s->w);
        if (next == WEFT_NEVER || next > t)
            break;
        if (!step(s))
            return false;
    }
    if (t > s->w->now_ns)
        s->w->now_ns = t;
    return true;
}

uint32_t wf_sx_pull(struct sx *s, uint64_t *at_ns)
{
    const struct weft_script_target *t = s->cfg->target;
    if (t != NULL)
        return (uint32_t)t->pull(t->user, s->buf2, SX_PKT_MAX, at_ns);
    return wf_sx_strip(s, (uint32_t)weft_link_pull(s->link, OUR_END, s->buf2, SX_PKT_MAX, at_ns));
}

bool wf_sx_wait_packet(struct sx *s, uint64_t limit)
{
    if (s->cfg->target != NULL)
        return wait_target(s, limit, true);
    while (s->link->inbox[OUR_END].n == 0) {
        uint64_t next = weft_world_next(s->w);
        if (next == WEFT_NEVER || next > limit)
            return true;
        if (!step(s))
            return false;
    }
    return true;
}

int wf_sx_push(struct sx *s, uint32_t n)
{
    const struct weft_script_target *t = s->cfg->target;
    if (s->is_ether)
        return wf_sx_push_ether(s, n);
    return t != NULL ? t->push(t->user, s->buf, n) : weft_link_push(s->link, OUR_END, s->buf, n);
}

bool wf_sx_target_begin(struct sx *s)
{
    const struct weft_script_target *t = s->cfg->target;
    struct weft_script_place place = {.prefix_len = s->prefix_len, .mtu = s->mtu};
    memcpy(place.local_ip, s->local_ip, 4);
    memcpy(place.remote_ip, s->remote_ip, 4);
    if (s->has_limits || s->is_ether || s->ncfg.stack.is_forwarding ||
        s->ncfg.stack.is_echo_silent) {
        wf_sx_na(s, "%s has no limits of weft's stack", t->name);
        return false;
    }
    int r = t->begin(t->user, &place);
    if (r == -WEFT_EOPNOTSUPP)
        wf_sx_na(s, "%s", t->why(t->user));
    else if (r < 0)
        wf_sx_fail(s, NULL, "%s", t->why(t->user));
    s->base_ns = s->last_ns = s->shown_ns = t->now_ns(t->user);
    return r >= 0;
}

void wf_sx_target_setting(struct sx *s, const char *name, const char *value)
{
    const struct weft_script_target *t = s->cfg->target;
    if (!s->is_dry && t->setting(t->user, name, value) < 0)
        wf_sx_na(s, "%s", t->why(t->user));
}

bool wf_sx_target_field(struct sx *s, uint64_t sock, const char *name, int64_t *value)
{
    const struct weft_script_target *t = s->cfg->target;
    int r = t->field(t->user, sock, name, value);
    s->has_foreign_name |= r == -WEFT_EOPNOTSUPP;
    return r >= 0 || r == -WEFT_EOPNOTSUPP;
}

/* ---- calls ---- */

static int64_t call(struct sx *s, struct weft_script_io *io)
{
    const struct weft_script_target *t = s->cfg->target;
    int64_t r = t->call(t->user, io);
    if (io->is_foreign)
        wf_sx_na(s, "%s", t->why(t->user));
    return r;
}

int wf_sx_sock_open(struct sx *s, enum weft_sock_type type, uint64_t *out)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_OPEN, .type = type};
    if (s->cfg->target == NULL)
        return weft_sock_open(s->st, type, out);
    int r = (int)call(s, &io);
    *out = io.sock;
    return r;
}

int wf_sx_sock_accept(struct sx *s, uint64_t sock, uint64_t *out)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_ACCEPT, .sock = sock};
    if (s->cfg->target == NULL)
        return weft_sock_accept(s->st, sock, out, NULL);
    int r = (int)call(s, &io);
    *out = io.sock;
    return r;
}

int wf_sx_sock_bind(struct sx *s, uint64_t sock, const struct weft_endpoint *ep)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_BIND, .sock = sock, .ep = *ep};
    return s->cfg->target != NULL ? (int)call(s, &io) : weft_sock_bind(s->st, sock, ep);
}

int wf_sx_sock_connect(struct sx *s, uint64_t sock, const struct weft_endpoint *ep)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_CONNECT, .sock = sock, .ep = *ep};
    return s->cfg->target != NULL ? (int)call(s, &io) : weft_sock_connect(s->st, sock, ep);
}

int64_t wf_sx_sock_connect_send(struct sx *s, uint64_t sock, const struct weft_endpoint *ep,
                                void *buf, size_t n)
{
    struct weft_script_io io = {
        .op = WEFT_SCRIPT_CONNECT_SEND, .sock = sock, .ep = *ep, .buf = buf, .n = n};
    return s->cfg->target != NULL ? call(s, &io) : weft_sock_connect_send(s->st, sock, ep, buf, n);
}

int wf_sx_sock_listen(struct sx *s, uint64_t sock, uint32_t backlog)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_LISTEN, .sock = sock, .n = backlog};
    return s->cfg->target != NULL ? (int)call(s, &io) : weft_sock_listen(s->st, sock, backlog);
}

int64_t wf_sx_sock_recv(struct sx *s, uint64_t sock, void *buf, size_t n)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_RECV, .sock = sock, .buf = buf, .n = n};
    return s->cfg->target != NULL ? call(s, &io) : weft_sock_recv(s->st, sock, buf, n);
}

int64_t wf_sx_sock_send(struct sx *s, uint64_t sock, void *buf, size_t n)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_SEND, .sock = sock, .buf = buf, .n = n};
    return s->cfg->target != NULL ? call(s, &io) : weft_sock_send(s->st, sock, buf, n);
}

int64_t wf_sx_sock_sendto(struct sx *s, uint64_t sock, void *buf, size_t n,
                          const struct weft_endpoint *to)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_SEND, .sock = sock, .buf = buf, .n = n};
    if (s->cfg->target == NULL)
        return weft_sock_sendto(s->st, sock, buf, n, to);
    io.has_ep = to != NULL;
    if (to != NULL)
        io.ep = *to;
    return call(s, &io);
}

int wf_sx_sock_shutdown(struct sx *s, uint64_t sock, bool is_read, bool is_write)
{
    struct weft_script_io io = {
        .op = WEFT_SCRIPT_SHUTDOWN, .sock = sock, .is_read = is_read, .is_write = is_write};
    return s->cfg->target != NULL ? (int)call(s, &io)
                                  : weft_sock_shutdown(s->st, sock, is_read, is_write);
}

int wf_sx_sock_close(struct sx *s, uint64_t sock, bool is_abort)
{
    struct weft_script_io io = {.op = is_abort ? WEFT_SCRIPT_ABORT : WEFT_SCRIPT_CLOSE,
                                .sock = sock};
    if (s->cfg->target != NULL)
        return (int)call(s, &io);
    return is_abort ? weft_sock_abort(s->st, sock) : weft_sock_close(s->st, sock);
}

int wf_sx_sock_set(struct sx *s, uint64_t sock, enum weft_sock_opt opt, int64_t value)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_SET, .sock = sock, .opt = opt, .value = value};
    return s->cfg->target != NULL ? (int)call(s, &io) : weft_sock_set(s->st, sock, opt, value);
}

int wf_sx_sock_get(struct sx *s, uint64_t sock, enum weft_sock_opt opt, int64_t *value)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_GET, .sock = sock, .opt = opt};
    if (s->cfg->target == NULL)
        return weft_sock_get(s->st, sock, opt, value);
    int r = (int)call(s, &io);
    *value = io.value;
    return r;
}

int wf_sx_sock_set_cc(struct sx *s, uint64_t sock, const char *name)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_CC, .sock = sock, .name = name};
    if (s->cfg->target != NULL)
        return (int)call(s, &io);
    return weft_sock_set_cc(s->st, sock, weft_cc_find(name));
}

int wf_sx_sock_set_cc_param(struct sx *s, uint64_t sock, int param, uint32_t value)
{
    if (s->cfg->target == NULL)
        return weft_sock_set_cc_param(s->st, sock, param, value);
    wf_sx_na(s, "%s has no parameters of a congestion control", s->cfg->target->name);
    return 0;
}

uint32_t wf_sx_sock_ready(struct sx *s, uint64_t sock)
{
    struct weft_script_io io = {.op = WEFT_SCRIPT_READY, .sock = sock};
    return s->cfg->target != NULL ? (uint32_t)call(s, &io) : weft_sock_ready(s->st, sock);
}
