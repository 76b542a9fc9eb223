/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script call - system calls of a script, on the stack's sockets
 *
 * Descriptors carry the numbers the script says. A call without a duration answers at once, as on a
 * non-blocking descriptor (connect() answers EINPROGRESS); one with "begin...end" blocks, and must
 * end at its time.
 */
#include <string.h>

#include "script_call.h"

struct sx_fd *wf_sx_fd(struct sx *s, int64_t fd)
{
    for (uint32_t i = 0; i < SX_FDS_MAX; i++)
        if (s->fd[i].is_used && s->fd[i].fd == fd)
            return &s->fd[i];
    return NULL;
}

static bool compare(struct sx *s, const struct sx_call *c, struct sx_result r)
{
    if (c->is_any_result)
        return true;
    if (r.value == c->want && wf_sx_is_same_err(c->want_errno, r.err))
        return true;
    char text[96];
    text[0] = '\0';
    if (r.err != NULL)
        memcpy(text, r.err, strlen(r.err) + 1);
    wf_sx_fail(s, NULL, "%s() answered %lld %s", c->name, (long long)r.value, text);
    return false;
}

static struct sx_fd *new_fd(struct sx *s, const struct sx_call *c, uint64_t sock,
                            enum weft_sock_type type)
{
    for (uint32_t i = 0; i < SX_FDS_MAX; i++) {
        struct sx_fd *f = &s->fd[i];
        if (f->is_used)
            continue;
        memset(f, 0, sizeof(*f));
        f->is_used = true;
        f->fd = c->is_any_result ? (int32_t)(i + 3) : (int32_t)c->want;
        f->sock = sock;
        f->type = type;
        return f;
    }
    wf_sx_fail(s, NULL, "too many descriptors");
    return NULL;
}

/* ---- the calls; each answers its result, and may be tried again ---- */

static struct sx_result call_socket(struct sx *s, const struct sx_call *c, struct sx_fd *none)
{
    enum weft_sock_type type = WEFT_SOCK_TCP;
    uint64_t sock;
    (void)none;
    if (wf_sx_arg_has(c, 2, "IPPROTO_ICMP"))
        type = WEFT_SOCK_PING;
    else if (wf_sx_arg_has(c, 1, "SOCK_DGRAM"))
        type = wf_sx_arg_has(c, 2, "IPPROTO_UDPLITE") ? WEFT_SOCK_UDPLITE : WEFT_SOCK_UDP;
    int r = wf_sx_sock_open(s, type, &sock);
    if (r != 0)
        return wf_sx_result_of(r);
    struct sx_fd *f = new_fd(s, c, sock, type);
    for (uint32_t i = 0; i < s->set_n; i++) {
        r = wf_sx_sock_set(s, sock, s->set[i].opt, s->set[i].value);
        (void)r;
    }
    if (s->cc[0] != '\0' && type == WEFT_SOCK_TCP)
        (void)wf_sx_sock_set_cc(s, sock, s->cc);
    return wf_sx_result_of(f == NULL ? -WEFT_ENOMEM : f->fd);
}

static struct sx_result call_bind(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    struct weft_endpoint ep;
    memset(&ep, 0, sizeof(ep));
    ep.port = s->bind_port;
    wf_sx_arg_endpoint(c, 1, &ep);
    return wf_sx_result_of(wf_sx_sock_bind(s, f->sock, &ep));
}

static struct sx_result call_listen(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    int64_t n = 1;
    (void)wf_sx_arg_number(c, 1, &n);
    return wf_sx_result_of(wf_sx_sock_listen(s, f->sock, (uint32_t)n));
}

static struct sx_result call_accept(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    uint64_t sock;
    int r = wf_sx_sock_accept(s, f->sock, &sock);
    if (r != 0)
        return wf_sx_result_of(r);
    struct sx_fd *n = new_fd(s, c, sock, WEFT_SOCK_TCP);
    s->last_fd = n == NULL ? 0 : n->fd;
    return wf_sx_result_of(n == NULL ? -WEFT_ENOMEM : n->fd);
}

static struct sx_result call_connect(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    struct weft_endpoint ep = wf_sx_arg_remote(s, c, 1);
    int r = wf_sx_sock_connect(s, f->sock, &ep);
    s->last_fd = f->fd;
    if (r == 0 && f->type == WEFT_SOCK_TCP)
        return (struct sx_result){-1, EINPROGRESS_NAME};
    return wf_sx_result_of(r);
}

static struct sx_result call_close(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    f->is_used = false;
    return wf_sx_result_of(wf_sx_sock_close(s, f->sock, strcmp(c->name, "abort") == 0));
}

static struct sx_result call_shutdown(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    bool both = wf_sx_arg_has(c, 1, "SHUT_RDWR");
    return wf_sx_result_of(wf_sx_sock_shutdown(s, f->sock, both || wf_sx_arg_has(c, 1, "SHUT_RD"),
                                               both || wf_sx_arg_has(c, 1, "SHUT_WR")));
}

/* recverr(fd, ERROR) = icmp type */
static struct sx_result call_recverr(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    struct weft_sock_err e;
    if (s->st == NULL) {
        wf_sx_na(s, "%s has no recverr()", s->cfg->target->name);
        return wf_sx_result_of(0);
    }
    int r = weft_sock_recv_error(s->st, f->sock, &e);
    if (r != 0)
        return wf_sx_result_of(r);
    if (c->args_n > 1 && !wf_sx_slice_is(c->arg[1], wf_sx_err_text(e.err)))
        wf_sx_fail(s, NULL, "the queued error is %s", wf_sx_err_text(e.err));
    wf_sx_dgram_error(s, c, &e);
    return wf_sx_result_of(e.icmp_type);
}

/* ready(fd) = bits of readiness, by name: the sum of READABLE 1, WRITABLE 2 and so on. */
static struct sx_result call_ready(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    (void)c;
    if (s->st == NULL)
        wf_sx_na(s, "%s has no ready()", s->cfg->target->name);
    return wf_sx_result_of(wf_sx_sock_ready(s, f->sock));
}

/* Calls about IP headers and options. */
static struct sx_result call_ip(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    if (strcmp(c->name, "ipoptions") == 0)
        return wf_sx_result_of(wf_sx_ip_set_options(s, c, f));
    if (strcmp(c->name, "ipreturn") == 0)
        return wf_sx_result_of(wf_sx_ip_return(s, c, f));
    return wf_sx_result_of(wf_sx_ip_recv(s, c, f));
}

static struct sx_result call_fcntl(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    return wf_sx_result_of(wf_sx_io_fcntl(s, c, f));
}

static struct sx_result call_ioctl(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    (void)wf_sx_io_ioctl(s, c, f);
    return wf_sx_result_of(0);
}

static struct sx_result call_dgram(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    return wf_sx_result_of(wf_sx_dgram_call(s, c, f));
}

/* Without events and with a timeout it waits, as a read does. */
static struct sx_result call_poll(struct sx *s, const struct sx_call *c, struct sx_fd *none)
{
    (void)none;
    int64_t n = wf_sx_io_poll(s, c, false);
    if (n == 0 && wf_sx_io_poll_waits(c))
        return wf_sx_result_of(-WEFT_EAGAIN);
    return wf_sx_result_of(wf_sx_io_poll(s, c, true));
}

/** struct call - A call by name */
static const struct call {
    const char *name;
    struct sx_result (*run)(struct sx *s, const struct sx_call *c, struct sx_fd *f);
    enum sx_call_id blocking;
} calls[] = {
    {"socket", call_socket, SX_CALL_NONE},
    {"bind", call_bind, SX_CALL_NONE},
    {"listen", call_listen, SX_CALL_NONE},
    {"accept", call_accept, SX_CALL_ACCEPT},
    {"connect", call_connect, SX_CALL_CONNECT},
    {"read", wf_sx_call_read, SX_CALL_READ},
    {"recv", wf_sx_call_read, SX_CALL_READ},
    {"recvfrom", wf_sx_call_read, SX_CALL_READ},
    {"write", wf_sx_call_write, SX_CALL_WRITE},
    {"send", wf_sx_call_write, SX_CALL_WRITE},
    {"sendto", wf_sx_call_write, SX_CALL_WRITE},
    {"close", call_close, SX_CALL_NONE},
    {"abort", call_close, SX_CALL_NONE},
    {"shutdown", call_shutdown, SX_CALL_NONE},
    {"setsockopt", wf_sx_call_setsockopt, SX_CALL_NONE},
    {"getsockopt", wf_sx_call_getsockopt, SX_CALL_NONE},
    {"recverr", call_recverr, SX_CALL_NONE},
    {"ready", call_ready, SX_CALL_NONE},
    {"ipoptions", call_ip, SX_CALL_NONE},
    {"ipreturn", call_ip, SX_CALL_NONE},
    {"recvwith", call_ip, SX_CALL_NONE},
    {"sockatmark", wf_sx_call_at_mark, SX_CALL_NONE},
    {"fcntl", call_fcntl, SX_CALL_NONE},
    {"ioctl", call_ioctl, SX_CALL_NONE},
    {"readv", wf_sx_call_vector, SX_CALL_READ},
    {"recvmsg", wf_sx_call_vector, SX_CALL_READ},
    {"writev", wf_sx_call_vector, SX_CALL_WRITE},
    {"sendmsg", wf_sx_call_vector, SX_CALL_WRITE},
    {"poll", call_poll, SX_CALL_POLL},
    {"recvinfo", call_dgram, SX_CALL_NONE},
    {"sendwith", call_dgram, SX_CALL_NONE},
    {"getsockname", call_dgram, SX_CALL_NONE},
    {"getpeername", call_dgram, SX_CALL_NONE},
};

static const struct call *find_call(const char *name)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (strcmp(calls[i].name, name) == 0)
            return &calls[i];
    return NULL;
}

static struct sx_fd *fd_of(struct sx *s, const struct sx_call *c)
{
    int64_t n = -1;
    return wf_sx_arg_number(c, 0, &n) ? wf_sx_fd(s, n) : NULL;
}

/* ---- blocking ---- */

/* One more try of the blocked call; true if it has ended. */
static bool try_again(struct sx *s, struct sx_pending *p, struct sx_result *r)
{
    struct sx_fd *f = fd_of(s, &p->call);
    const struct call *call = find_call(p->call.name);
    if ((f == NULL && p->id != SX_CALL_POLL) || call == NULL)
        return true;
    if (p->id == SX_CALL_CONNECT) {
        uint32_t ready = wf_sx_sock_ready(s, f->sock);
        int64_t err = 0;
        if ((ready & (WEFT_CONNECTED | WEFT_ERROR)) == 0)
            return false;
        if ((ready & WEFT_ERROR) != 0 && wf_sx_sock_get(s, f->sock, WEFT_SO_ERROR, &err) == 0 &&
            err != 0)
            *r = wf_sx_result_of(-err);
        else
            *r = wf_sx_result_of(0);
        return true;
    }
    if (p->id == SX_CALL_WRITE) {
        /* Goes on until all is taken. */
        struct sx_call rest = p->call;
        char digits[24], sum[24];
        int64_t len = 0;
        if (wf_sx_io_plain(&p->call, &rest, sum))
            call = find_call("write");
        if (p->moved > 0) /* MSG_FASTOPEN opens but once. */
            rest.args_n = 3;
        (void)wf_sx_arg_number(&rest, 2, &len);
        uint32_t n = sizeof(digits);
        for (int64_t v = len - p->moved; n > 0 && (v > 0 || n == sizeof(digits)); v /= 10)
            digits[--n] = (char)('0' + v % 10);
        rest.arg[2] = (struct sx_slice){digits + n, sizeof(digits) - n};
        *r = call->run(s, &rest, f);
        p->moved += r->value > 0 ? r->value : 0;
        if (p->moved >= len)
            *r = (struct sx_result){p->moved, NULL};
        return p->moved >= len || (r->value < 0 && !wf_sx_is_same_err("EAGAIN", r->err));
    }
    *r = call->run(s, &p->call, f);
    return r->err == NULL || !wf_sx_is_same_err("EAGAIN", r->err);
}

void wf_sx_pending_poll(struct sx *s)
{
    struct sx_pending *p = &s->pending;
    struct sx_result r = {0, NULL};
    if (p->id == SX_CALL_NONE || p->is_done || !try_again(s, p, &r))
        return;
    p->is_done = true;
    p->done_ns = wf_sx_now(s);
    p->got = r.value;
    p->err = r.err != NULL ? wf_sx_err_of(r.err) : 0;
    wf_sx_touch(s);
}

bool wf_sx_pending_check(struct sx *s, uint64_t now_ns)
{
    struct sx_pending *p = &s->pending;
    if (p->id == SX_CALL_NONE || now_ns < p->end_ns + s->tolerance_ns)
        return true;
    enum sx_call_id id = p->id;
    p->id = SX_CALL_NONE;
    uint32_t line = s->event_line;
    s->event_line = p->line;
    bool is_right = false;
    if (!p->is_done && id == SX_CALL_POLL)
        is_right = compare(s, &p->call, (struct sx_result){0, NULL});
    else if (!p->is_done)
        wf_sx_fail(s, NULL, "%s() still blocks", p->call.name);
    else if (p->done_ns > p->end_ns + s->tolerance_ns || p->done_ns + s->tolerance_ns < p->end_ns)
        wf_sx_fail(s, NULL, "%s() ended at %llu us", p->call.name,
                   (unsigned long long)((p->done_ns - s->base_ns) / 1000));
    else
        is_right = compare(s, &p->call,
                           (struct sx_result){p->got, p->err == 0 ? NULL : wf_sx_err_text(p->err)});
    s->event_line = line;
    return is_right;
}

/* Calls packetdrill knows that have no counterpart on the stack's sockets. */
static const char *const foreign[] = {
    "cap_set",  "epoll_create", "epoll_ctl", "epoll_wait",   "open",       "pipe",
    "sendfile", "splice",       "vmsplice",  "sctp_sendmsg", "sctp_bindx",
};

bool wf_sx_call_check(struct sx *s, const struct sx_call *c)
{
    if (strncmp(c->name, "igmp_", 5) == 0)
        return true;
    if (wf_sx_is_link_call(s, c->name))
        return true;
    if (find_call(c->name) != NULL)
        return find_call(c->name)->run == wf_sx_call_setsockopt || wf_sx_io_flags(s, c);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (strcmp(foreign[i], c->name) == 0) {
            wf_sx_na(s, "weft has no %s()", c->name);
            return false;
        }
    }
    s->text.p = c->at;
    wf_sx_bad(s, "a call is expected here; unknown call '%s'", c->name);
    return false;
}

bool wf_sx_call(struct sx *s, const struct sx_call *c, uint64_t end_ns)
{
    const struct call *call = find_call(c->name);
    int64_t value = 0;
    if (call == NULL && wf_sx_igmp_call(s, c, &value)) {
        wf_sx_touch(s);
        return !s->has_failed && compare(s, c, wf_sx_result_of(value));
    }
    if (s->is_ether) /* Times of the link are looked at: a call is made when the script says. */
        weft_advance(s->st, s->w->now_ns);
    if (wf_sx_is_link_call(s, c->name))
        return compare(s, c, wf_sx_result_of(wf_sx_link_call(s, c)));
    if (call == NULL)
        return wf_sx_call_check(s, c);
    struct sx_fd *f = fd_of(s, c);
    if (f == NULL && call->run != call_socket && call->run != call_poll)
        return compare(s, c, wf_sx_result_of(-WEFT_EBADF));
    struct sx_result r = call->run(s, c, f);
    wf_sx_touch(s);
    bool is_blocked = r.err != NULL &&
                      (wf_sx_is_same_err("EAGAIN", r.err) || strcmp(r.err, EINPROGRESS_NAME) == 0);
    bool is_short = call->blocking == SX_CALL_WRITE && end_ns != 0 && r.value >= 0;
    if (end_ns == 0 || call->blocking == SX_CALL_NONE || !(is_blocked || is_short))
        return !s->has_failed && compare(s, c, r);
    if (s->pending.id != SX_CALL_NONE) {
        wf_sx_fail(s, NULL, "only one call may block at a time");
        return false;
    }
    memset(&s->pending, 0, sizeof(s->pending));
    s->pending.id = call->blocking;
    s->pending.call = *c;
    s->pending.end_ns = end_ns;
    s->pending.line = s->event_line;
    s->pending.moved = r.value > 0 ? r.value : 0;
    wf_sx_pending_poll(s);
    return true;
}
