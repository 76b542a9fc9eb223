/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim actor tcp - every kind of TCP application as one machine
 *
 * A connection sends up to a goal, reads until the peer's end, shuts its side when the goal is
 * final, and is complete when both have happened. The kinds differ in two functions only: how far
 * may be sent now, and whether that is all.
 */
#include <string.h>

#include "actor.h"

/* How far the connection may send now, in bytes from its beginning. */
static uint64_t send_goal(const struct weft_actor *a, const struct flow *f)
{
    const struct weft_actor_config *c = &a->cfg;
    switch (c->kind) {
    case WEFT_ACTOR_TCP_SEND:
    case WEFT_ACTOR_TCP_ECHO_CLIENT:
    case WEFT_ACTOR_TCP_CONNECTS:
        return c->bytes;
    case WEFT_ACTOR_TCP_SINK:
        return f->has_eof ? c->reply_bytes : 0;
    case WEFT_ACTOR_TCP_FETCH:
        return f->has_eof ? c->bytes : 0;
    case WEFT_ACTOR_TCP_ECHO:
        return f->tx + f->echo_n;
    case WEFT_ACTOR_TCP_RR: {
        uint64_t round = f->rx / c->reply_bytes + 1;
        return (round < c->count ? round : c->count) * c->bytes;
    }
    case WEFT_ACTOR_TCP_RR_SERVER:
        return f->rx / c->bytes * c->reply_bytes;
    case WEFT_ACTOR_TCP_CHARGEN:
        if (c->bytes != 0)
            return c->bytes;
        return f->has_eof ? f->tx : UINT64_MAX;
    case WEFT_ACTOR_TCP_DISCARD:
    case WEFT_ACTOR_UDP_SEND:
    case WEFT_ACTOR_UDP_SINK:
    case WEFT_ACTOR_UDP_ECHO:
    case WEFT_ACTOR_UDP_ECHO_CLIENT:
    case WEFT_ACTOR_PING:
    case WEFT_ACTOR_TRACEROUTE:
    case WEFT_ACTOR_KIND_COUNT:
        break;
    }
    return 0;
}

/* Whether nothing will be sent after the goal. */
static bool is_goal_final(const struct weft_actor *a, const struct flow *f)
{
    const struct weft_actor_config *c = &a->cfg;
    switch (c->kind) {
    case WEFT_ACTOR_TCP_SINK:
    case WEFT_ACTOR_TCP_FETCH:
    case WEFT_ACTOR_TCP_ECHO:
    case WEFT_ACTOR_TCP_RR_SERVER:
    case WEFT_ACTOR_TCP_DISCARD:
        return f->has_eof;
    case WEFT_ACTOR_TCP_CHARGEN:
        return c->bytes != 0 || f->has_eof;
    case WEFT_ACTOR_TCP_RR:
        return f->rx >= c->count * c->reply_bytes;
    case WEFT_ACTOR_TCP_SEND:
    case WEFT_ACTOR_TCP_ECHO_CLIENT:
    case WEFT_ACTOR_TCP_CONNECTS:
    case WEFT_ACTOR_UDP_SEND:
    case WEFT_ACTOR_UDP_SINK:
    case WEFT_ACTOR_UDP_ECHO:
    case WEFT_ACTOR_UDP_ECHO_CLIENT:
    case WEFT_ACTOR_PING:
    case WEFT_ACTOR_TRACEROUTE:
    case WEFT_ACTOR_KIND_COUNT:
        break;
    }
    return true;
}

/* Bytes that must have come when the peer ends; UINT64_MAX = any number will do. */
static uint64_t bytes_due(const struct weft_actor *a)
{
    const struct weft_actor_config *c = &a->cfg;
    if (c->kind == WEFT_ACTOR_TCP_ECHO_CLIENT)
        return c->bytes;
    if (c->kind == WEFT_ACTOR_TCP_SEND)
        return c->reply_bytes;
    if (c->kind == WEFT_ACTOR_TCP_RR)
        return c->count * c->reply_bytes;
    if (c->kind == WEFT_ACTOR_TCP_FETCH && c->reply_bytes != 0)
        return c->reply_bytes;
    if (c->kind == WEFT_ACTOR_TCP_SINK && c->bytes != 0)
        return c->bytes;
    return UINT64_MAX;
}

/* ---- opening ---- */

static struct flow *new_flow(struct weft_actor *a, uint32_t *slot)
{
    uint32_t i = 0;
    while (i < a->flows_cap && a->flow[i].sock != 0)
        i++;
    void *array = a->flow;
    bool has_room = wf_sim_grow(a->w, &array, &a->flows_cap, i + 1, sizeof(*a->flow));
    a->flow = array;
    if (!has_room)
        return NULL;
    struct flow *f = &a->flow[i];
    uint8_t *echo = f->echo;
    memset(f, 0, sizeof(*f));
    f->echo = echo;
    if (a->cfg.kind == WEFT_ACTOR_TCP_ECHO && echo == NULL)
        f->echo = wf_sim_alloc(a->w, ACTOR_IO_BYTES);
    *slot = i;
    return f;
}

static void plan_read(struct weft_actor *a)
{
    if (a->cfg.read_every_ns == 0)
        return;
    if (a->next_read_ns <= a->w->now_ns)
        a->next_read_ns = a->w->now_ns + a->cfg.read_every_ns;
    wf_sim_actor_set_timer(a, a->next_read_ns);
}

void wf_sim_tcp_serve(struct weft_actor *a)
{
    struct weft_stack *st = a->cfg.node->st;
    int r = wf_sim_actor_open(a, WEFT_SOCK_TCP, ACTOR_SLOT_OWN, &a->own);
    if (r == 0) {
        r = weft_sock_listen(st, a->own, a->cfg.backlog);
        if (r != 0)
            (void)weft_sock_close(st, a->own);
    }
    if (r != 0) {
        a->own = 0;
        wf_sim_actor_error(a, r);
    }
}

static void pump(struct weft_actor *a, struct flow *f);

static void accept_all(struct weft_actor *a)
{
    struct weft_stack *st = a->cfg.node->st;
    for (;;) {
        uint64_t sock;
        int r = weft_sock_accept(st, a->own, &sock, NULL);
        if (r == -WEFT_ENOMEM)
            wf_sim_actor_set_timer(a, a->w->now_ns + ACTOR_RETRY_NS);
        if (r != 0)
            return;
        uint32_t slot;
        struct flow *f = new_flow(a, &slot);
        if (f == NULL) {
            (void)weft_sock_abort(st, sock);
            return;
        }
        f->sock = sock;
        f->is_connected = true;
        a->flows_open++;
        a->res.sent++;
        a->res.is_done = false;
        wf_sim_actor_tag(a, sock, slot);
        plan_read(a);
        pump(a, &a->flow[slot]);
    }
}

/* Answers false if no more can be opened now. */
static bool open_one(struct weft_actor *a)
{
    struct weft_stack *st = a->cfg.node->st;
    uint32_t slot;
    struct flow *f = new_flow(a, &slot);
    if (f == NULL)
        return false;
    int r = wf_sim_actor_open(a, WEFT_SOCK_TCP, slot, &f->sock);
    if (r == 0) {
        r = weft_sock_connect(st, f->sock, &a->cfg.remote);
        if (r != 0)
            (void)weft_sock_close(st, f->sock);
    }
    if (r != 0)
        f->sock = 0;
    if (r == -WEFT_ENOMEM) {
        wf_sim_actor_set_timer(a, a->w->now_ns + ACTOR_RETRY_NS);
        return false;
    }
    a->res.sent++;
    a->next_open_ns = a->w->now_ns + a->cfg.interval_ns;
    if (r != 0) {
        wf_sim_actor_error(a, r);
        return true;
    }
    a->flows_open++;
    f->asked_ns = a->w->now_ns;
    plan_read(a);
    return true;
}

static uint32_t connections_due(const struct weft_actor *a)
{
    return a->cfg.kind == WEFT_ACTOR_TCP_RR ? 1 : a->cfg.count;
}

void wf_sim_tcp_start(struct weft_actor *a)
{
    while (a->res.sent < connections_due(a) && a->flows_open < a->cfg.parallel) {
        if (a->w->now_ns < a->next_open_ns) {
            wf_sim_actor_set_timer(a, a->next_open_ns);
            return;
        }
        if (!open_one(a))
            return;
    }
    if (a->res.sent >= connections_due(a) && a->flows_open == 0)
        wf_sim_actor_end(a);
}

/* ---- ending ---- */

static void end_flow(struct weft_actor *a, struct flow *f, bool is_abort)
{
    struct weft_stack *st = a->cfg.node->st;
    if (is_abort)
        (void)weft_sock_abort(st, f->sock);
    else
        (void)weft_sock_close(st, f->sock);
    f->sock = 0;
    a->flows_open--;
    wf_sim_actor_progress(a);
    if (wf_sim_actor_is_server(a)) {
        a->res.is_done = a->flows_open == 0;
        a->res.ended_ns = a->w->now_ns;
    } else {
        /* Not from here: the caller still looks at this slot. */
        wf_sim_actor_set_timer(a, a->w->now_ns);
    }
}

static void fail_flow(struct weft_actor *a, struct flow *f, int64_t err)
{
    wf_sim_actor_error(a, err);
    end_flow(a, f, false);
}

/* Wrong bytes are never an outcome: they fail the world. */
static void fail_bytes(struct weft_actor *a, struct flow *f, uint64_t offset, const char *what)
{
    if (a->res.bad_offset == UINT64_MAX)
        a->res.bad_offset = offset;
    wf_sim_fail(a->w, "%s: %s at offset %llu", a->cfg.name, what, (unsigned long long)offset);
    fail_flow(a, f, -WEFT_EPROTO);
}

/* ---- moving bytes: each answers true if something moved; a flow that ended has no socket ---- */

static void take_bytes(struct weft_actor *a, struct flow *f, const uint8_t *p, size_t n)
{
    uint64_t h = a->res.hash_in;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    a->res.hash_in = h;
    uint64_t at = f->rx;
    f->rx += n;
    a->res.bytes_in += n;
    wf_sim_actor_progress(a);
    if (a->cfg.kind == WEFT_ACTOR_TCP_DISCARD)
        return;
    size_t good = weft_pattern_check(a->cfg.pattern, at, p, n);
    if (good < n)
        fail_bytes(a, f, at + good, "a wrong byte was received");
}

static void meet_eof(struct weft_actor *a, struct flow *f)
{
    uint64_t due = bytes_due(a);
    f->has_eof = true;
    wf_sim_actor_progress(a);
    if (due != UINT64_MAX && f->rx != due)
        fail_bytes(a, f, f->rx, "the stream ended early");
}

static size_t read_room(const struct weft_actor *a, const struct flow *f)
{
    size_t room = ACTOR_IO_BYTES;
    if (a->cfg.kind == WEFT_ACTOR_TCP_ECHO)
        room -= f->echo_n;
    if (a->cfg.read_every_ns != 0 && room > f->read_credit)
        room = (size_t)f->read_credit;
    return room;
}

static bool read_lent(struct weft_actor *a, struct flow *f, size_t room)
{
    struct weft_stack *st = a->cfg.node->st;
    struct weft_iov iov[4];
    int n = weft_sock_recv_lend(st, f->sock, iov, 4);
    if (n == -WEFT_EAGAIN)
        return false;
    if (n <= 0) {
        if (n == 0)
            meet_eof(a, f);
        else
            fail_flow(a, f, n);
        return true;
    }
    size_t taken = 0;
    for (int i = 0; i < n && taken < room && f->sock != 0; i++) {
        size_t part = iov[i].len < room - taken ? iov[i].len : room - taken;
        take_bytes(a, f, iov[i].base, part);
        taken += part;
    }
    if (f->sock == 0)
        return true;
    f->read_credit -= a->cfg.read_every_ns != 0 ? taken : 0;
    int r = weft_sock_recv_return(st, f->sock, taken);
    if (r != 0)
        fail_flow(a, f, r);
    return true;
}

static bool read_some(struct weft_actor *a, struct flow *f)
{
    size_t room = read_room(a, f);
    if (f->has_eof || room == 0)
        return false;
    bool is_echo = a->cfg.kind == WEFT_ACTOR_TCP_ECHO;
    if (a->cfg.is_lending && !is_echo)
        return read_lent(a, f, room);
    uint8_t buf[ACTOR_IO_BYTES];
    int64_t n = weft_sock_recv(a->cfg.node->st, f->sock, buf, room);
    if (n == -WEFT_EAGAIN)
        return false;
    if (n < 0) {
        fail_flow(a, f, n);
    } else if (n == 0) {
        meet_eof(a, f);
    } else {
        f->read_credit -= a->cfg.read_every_ns != 0 ? (uint64_t)n : 0;
        if (is_echo) {
            memmove(f->echo, f->echo + f->echo_at, f->echo_n);
            f->echo_at = 0;
            memcpy(f->echo + f->echo_n, buf, (size_t)n);
            f->echo_n += (uint32_t)n;
        }
        take_bytes(a, f, buf, (size_t)n);
    }
    return true;
}

/* How much of @n bytes a slow writer may write now; it is woken for the rest. */
static size_t write_room(struct weft_actor *a, size_t n)
{
    if (a->cfg.write_every_ns != 0 && a->w->now_ns < a->next_write_ns) {
        wf_sim_actor_set_timer(a, a->next_write_ns);
        return 0;
    }
    return a->cfg.write_bytes != 0 && a->cfg.write_bytes < n ? (size_t)a->cfg.write_bytes : n;
}

static bool send_some(struct weft_actor *a, struct flow *f)
{
    uint64_t goal = send_goal(a, f);
    if (f->has_shut || f->tx >= goal)
        return false;
    uint8_t buf[ACTOR_IO_BYTES];
    size_t n = write_room(a, goal - f->tx < sizeof(buf) ? (size_t)(goal - f->tx) : sizeof(buf));
    if (n == 0)
        return false;
    const uint8_t *p = buf;
    if (a->cfg.kind == WEFT_ACTOR_TCP_ECHO)
        p = f->echo + f->echo_at;
    else
        weft_pattern(a->cfg.pattern, f->tx, buf, n);
    int64_t r = weft_sock_send(a->cfg.node->st, f->sock, p, n);
    if (r == -WEFT_EAGAIN)
        return false;
    if (r < 0) {
        fail_flow(a, f, r);
        return true;
    }
    if (a->cfg.kind == WEFT_ACTOR_TCP_ECHO) {
        f->echo_at += (uint32_t)r;
        f->echo_n -= (uint32_t)r;
    }
    if (a->cfg.kind == WEFT_ACTOR_TCP_RR && f->tx % a->cfg.bytes == 0)
        f->asked_ns = a->w->now_ns;
    f->tx += (uint64_t)r;
    a->res.bytes_out += (uint64_t)r;
    a->next_write_ns = a->w->now_ns + a->cfg.write_every_ns;
    wf_sim_actor_progress(a);
    return true;
}

/* Rounds are counted as their answers become complete. */
static void count_rounds(struct weft_actor *a, const struct flow *f)
{
    if (a->cfg.kind != WEFT_ACTOR_TCP_RR)
        return;
    while (a->res.done < f->rx / a->cfg.reply_bytes) {
        a->res.done++;
        wf_sim_actor_rtt(a, a->w->now_ns - f->asked_ns);
    }
}

static bool finish_some(struct weft_actor *a, struct flow *f)
{
    uint64_t abort_at = a->cfg.abort_at;
    if (abort_at != 0 && (f->tx >= abort_at || f->rx >= abort_at)) {
        a->res.done++;
        end_flow(a, f, true);
        return true;
    }
    if (!is_goal_final(a, f) || f->tx < send_goal(a, f))
        return false;
    bool is_complete = a->cfg.kind == WEFT_ACTOR_TCP_CONNECTS;
    if (!is_complete && !f->has_shut) {
        int r = weft_sock_shutdown(a->cfg.node->st, f->sock, false, true);
        if (r != 0 && r != -WEFT_ENOTCONN) {
            fail_flow(a, f, r);
            return true;
        }
        f->has_shut = true;
    }
    if (!is_complete && !f->has_eof)
        return false;
    if (a->cfg.kind != WEFT_ACTOR_TCP_RR)
        a->res.done++;
    end_flow(a, f, false);
    return true;
}

/* A connection error is asked for before it is used, so that it is reported by its own name. */
static bool has_error(struct weft_actor *a, struct flow *f)
{
    struct weft_stack *st = a->cfg.node->st;
    uint32_t ready = weft_sock_ready(st, f->sock);
    int64_t err = 0;
    if ((ready & WEFT_ERROR) != 0 && weft_sock_get(st, f->sock, WEFT_SO_ERROR, &err) == 0 &&
        err != 0) {
        fail_flow(a, f, -err);
        return true;
    }
    if (!f->is_connected && (ready & WEFT_CONNECTED) != 0) {
        f->is_connected = true;
        if (a->cfg.kind == WEFT_ACTOR_TCP_CONNECTS)
            wf_sim_actor_rtt(a, a->w->now_ns - f->asked_ns);
    }
    return false;
}

static void pump(struct weft_actor *a, struct flow *f)
{
    if (has_error(a, f) || !f->is_connected)
        return;
    bool has_moved = true;
    while (has_moved && f->sock != 0) {
        has_moved = read_some(a, f);
        if (f->sock != 0)
            count_rounds(a, f);
        if (f->sock != 0)
            has_moved = send_some(a, f) || has_moved;
        if (f->sock != 0)
            has_moved = finish_some(a, f) || has_moved;
    }
}

void wf_sim_tcp_event(struct weft_actor *a, uint32_t slot)
{
    if (slot == ACTOR_SLOT_OWN) {
        if (a->own != 0)
            accept_all(a);
    } else if (slot < a->flows_cap && a->flow[slot].sock != 0) {
        pump(a, &a->flow[slot]);
    }
}

void wf_sim_tcp_timer(struct weft_actor *a)
{
    if (a->own != 0)
        accept_all(a);
    else
        wf_sim_tcp_start(a);
    for (uint32_t i = 0; a->cfg.write_every_ns != 0 && i < a->flows_cap; i++) {
        if (a->flow[i].sock != 0)
            pump(a, &a->flow[i]);
    }
    if (a->cfg.read_every_ns == 0 || a->flows_open == 0)
        return;
    bool is_due = a->w->now_ns >= a->next_read_ns;
    for (uint32_t i = 0; is_due && i < a->flows_cap; i++) {
        if (a->flow[i].sock == 0)
            continue;
        a->flow[i].read_credit = a->cfg.read_bytes == 0 ? 1 : a->cfg.read_bytes;
        pump(a, &a->flow[i]);
    }
    if (a->flows_open > 0)
        plan_read(a);
}
