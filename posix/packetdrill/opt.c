/* SPDX-License-Identifier: MIT */
/**
 * DOC: packetdrill opt - socket options, struct tcp_info
 *
 * Times that the kernel keeps for a connection and weft does not are taken from outside, at every
 * step of the virtual clock.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "pd.h"
#include "weft/cc.h"
#include "weft/kernel.h"
#include "weft/trace.h"

/* Younger than some installed headers. */
#define CC_INFO           26
#define SO_MEMINFO_NUMBER 55
#define MEMINFO_WORDS     9

/* ---- set ---- */

static int set_linger(struct pd *p, const struct pd_fd *f, const void *value, socklen_t n)
{
    struct linger g = {0, 0};
    if (n < sizeof(g)) {
        errno = EINVAL;
        return -1;
    }
    memcpy(&g, value, sizeof(g));
    int64_t ms = g.l_onoff == 0 ? -1 : (int64_t)g.l_linger * 1000;
    return (int)wf_pd_result(weft_sock_set(p->st, f->sock, WEFT_SO_LINGER_MS, ms));
}

static int set_cc(struct pd *p, const struct pd_fd *f, const void *value, socklen_t n)
{
    char name[24] = "";
    memcpy(name, value, n < sizeof(name) - 1 ? n : sizeof(name) - 1);
    const struct weft_cc_ops *cc = weft_cc_find(name);
    if (cc != NULL)
        return (int)wf_pd_result(weft_sock_set_cc(p->st, f->sock, cc));
    errno = ENOENT;
    return -1;
}

/* The kernel doubles a buffer's size, and charges it with more than the bytes. */
static int set_buffer(struct pd *p, struct pd_fd *f, bool is_snd, int v)
{
    int least = is_snd ? 2304 : 1152;
    v = v < least ? least : v > (1 << 28) ? 1 << 28 : v;
    if (is_snd)
        f->sndbuf = v;
    else
        f->rcvbuf = v;
    return (int)wf_pd_result(weft_sock_set(p->st, f->sock, is_snd ? WEFT_SO_SNDBUF : WEFT_SO_RCVBUF,
                                           is_snd ? (int64_t)v * 4 / 3 : v));
}

/* 1 = it was one of these. */
static int set_special(struct pd *p, struct pd_fd *f, int level, int name, const int *v)
{
    if (level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF))
        return set_buffer(p, f, name == SO_SNDBUF, *v) == 0 ? 1 : -1;
    if (level == IPPROTO_TCP && name == TCP_CORK)
        f->is_corked = *v != 0;
    if (level == IPPROTO_IP && name == IP_MTU_DISCOVER)
        return *v == IP_PMTUDISC_DO || *v == IP_PMTUDISC_WANT || *v == IP_PMTUDISC_DONT ? 1 : -1;
    if (level == IPPROTO_TCP && name == TCP_MAXSEG && (*v < 88 || *v > 32767)) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

/* TCP_NODELAY lets go what TCP_CORK and MSG_MORE hold, once. */
static void flush(struct pd *p, struct pd_fd *f)
{
    if (!f->is_corked && !f->has_more)
        return;
    int r = weft_sock_set(p->st, f->sock, WEFT_TCP_CORK, 0);
    wf_pd_settle(p);
    if (r == 0 && f->is_corked)
        r = weft_sock_set(p->st, f->sock, WEFT_TCP_CORK, 1);
    f->has_more = false;
    (void)r;
}

int wf_pd_setsockopt(struct pd *p, int fd, int level, int name, const void *value, socklen_t n)
{
    struct pd_fd *f = wf_pd_sock(p, fd);
    int v = 0;
    if (f == NULL)
        return -1;
    if (value == NULL) {
        errno = EFAULT;
        return -1;
    }
    if (level == SOL_SOCKET && name == SO_LINGER)
        return set_linger(p, f, value, n);
    if (level == IPPROTO_TCP && name == TCP_CONGESTION)
        return set_cc(p, f, value, n);
    if (n < sizeof(v) && n != 1) {
        errno = EINVAL;
        return -1;
    }
    memcpy(&v, value, n < sizeof(v) ? n : sizeof(v));
    int special = set_special(p, f, level, name, &v);
    if (special != 0)
        return special > 0 ? 0 : -1;
    const struct weft_kernel_option *o = weft_kernel_option_at(level, name);
    if (o == NULL) {
        errno = ENOPROTOOPT;
        return -1;
    }
    bool is_switch = o->opt == WEFT_SO_REUSEADDR || o->opt == WEFT_TCP_NODELAY ||
                     o->opt == WEFT_TCP_CORK || o->opt == WEFT_TCP_QUICKACK ||
                     o->opt == WEFT_SO_KEEPALIVE || o->opt == WEFT_SO_OOBINLINE;
    int64_t to = is_switch ? v != 0 : v / o->scale;
    int r = weft_sock_set(p->st, f->sock, o->opt, to);
    if (r == 0 && o->opt == WEFT_TCP_NODELAY && v != 0)
        flush(p, f);
    wf_pd_settle(p);
    return (int)wf_pd_result(r);
}

/* ---- struct tcp_info ---- */

void wf_pd_watch(struct pd *p, struct pd_fd *f)
{
    struct pd_watch *w = &f->watch;
    struct weft_tcp_info t;
    uint64_t passed = p->now_ns - w->seen_ns;
    if (weft_sock_tcp_info(p->st, f->sock, &t) != 0)
        return;
    w->busy_ns += w->is_busy ? passed : 0;
    w->rwnd_ns += w->is_rwnd ? passed : 0;
    w->seen_ns = p->now_ns;
    bool is_open = t.state >= WEFT_TCP_ESTABLISHED;
    if ((is_open && !w->is_open) || t.bytes_received != w->received)
        w->recv_ns = p->now_ns;
    if (t.bytes_received != w->received || t.bytes_acked != w->acked || is_open != w->is_open)
        f->edges++;
    w->is_open = is_open;
    w->received = t.bytes_received;
    w->acked = t.bytes_acked;
    w->is_busy = is_open && t.sendq > 0;
    w->is_rwnd = w->is_busy && t.unsent > 0 && t.cwnd > t.flight &&
                 t.snd_wnd < t.flight + (t.unsent < t.mss ? t.unsent : t.mss);
}

/** struct info_source - Where the fields of struct tcp_info come from */
struct info_source {
    const struct pd *p;
    const struct pd_fd *f;
    struct weft_tcp_info t;
};

static bool info_field(void *user, const char *name, int64_t *value)
{
    const struct info_source *s = user;
    const struct pd_watch *w = &s->f->watch;
    const struct {
        const char *name;
        uint64_t value;
    } seen[] = {
        {"tcpi_busy_time", w->busy_ns / PD_NS_PER_US},
        {"tcpi_rwnd_limited", w->rwnd_ns / PD_NS_PER_US},
        {"tcpi_last_data_recv", (s->p->now_ns - w->recv_ns) / PD_NS_PER_MS},
    };
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        if (strcmp(seen[i].name, name) == 0) {
            *value = (int64_t)seen[i].value;
            return true;
        }
    }
    return weft_script_info(&s->t, name, value);
}

static int get_info(struct pd *p, struct pd_fd *f, void *value, const socklen_t *n)
{
    struct info_source s = {.p = p, .f = f};
    struct tcp_info info;
    wf_pd_watch(p, f);
    int r = weft_sock_tcp_info(p->st, f->sock, &s.t);
    if (r != 0)
        return (int)wf_pd_result(r);
    memset(&info, 0, sizeof(info));
    weft_kernel_info_fill(&info, info_field, &s);
    info.tcpi_snd_wscale = s.t.snd_wscale & 15u;
    info.tcpi_rcv_wscale = s.t.rcv_wscale & 15u;
    memset(value, 0, *n); /* The caller's may be a longer, younger one. */
    memcpy(value, &info, *n < sizeof(info) ? *n : sizeof(info));
    return 0;
}

/* ---- get ---- */

static int put_int(void *value, socklen_t *n, int64_t v)
{
    int word = (int)v;
    *n = *n < sizeof(word) ? *n : (socklen_t)sizeof(word);
    memcpy(value, &word, *n);
    return 0;
}

/* Once there is a connection: what a segment of its carries. */
static int get_maxseg(struct pd *p, const struct pd_fd *f, void *value, socklen_t *n)
{
    struct weft_tcp_info t;
    int64_t v = 0;
    if (weft_sock_tcp_info(p->st, f->sock, &t) == 0 && t.state >= WEFT_TCP_ESTABLISHED)
        return put_int(value, n, t.mss);
    int r = weft_sock_get(p->st, f->sock, WEFT_TCP_MAXSEG, &v);
    return r != 0 ? (int)wf_pd_result(r) : put_int(value, n, v != 0 ? v : 536);
}

static int get_error(struct pd *p, struct pd_fd *f, void *value, socklen_t *n)
{
    int64_t v = 0;
    int r = weft_sock_get(p->st, f->sock, WEFT_SO_ERROR, &v);
    return r != 0 ? (int)wf_pd_result(r)
                  : put_int(value, n, v == 0 ? 0 : weft_kernel_errno((int)v));
}

static int get_cc(struct pd *p, const struct pd_fd *f, void *value, socklen_t *n)
{
    struct weft_tcp_info t;
    int r = weft_sock_tcp_info(p->st, f->sock, &t);
    if (r != 0)
        return (int)wf_pd_result(r);
    *n = *n < sizeof(t.cc) ? *n : (socklen_t)sizeof(t.cc);
    memcpy(value, t.cc, *n);
    return 0;
}

int wf_pd_getsockopt(struct pd *p, int fd, int level, int name, void *value, socklen_t *n)
{
    struct pd_fd *f = wf_pd_sock(p, fd);
    int64_t v = 0;
    if (f == NULL)
        return -1;
    if (level == IPPROTO_TCP && name == TCP_INFO)
        return get_info(p, f, value, n);
    if (level == IPPROTO_TCP && name == TCP_CONGESTION)
        return get_cc(p, f, value, n);
    if (level == IPPROTO_TCP && name == TCP_MAXSEG)
        return get_maxseg(p, f, value, n);
    if (level == SOL_SOCKET && name == SO_ERROR)
        return get_error(p, f, value, n);
    if (level == IPPROTO_TCP && name == CC_INFO) { /* CUBIC tells nothing there. */
        *n = 0;
        return 0;
    }
    if (level == SOL_SOCKET && name == SO_MEMINFO_NUMBER) {
        socklen_t all = MEMINFO_WORDS * sizeof(uint32_t);
        *n = *n < all ? *n : all;
        memset(value, 0, *n);
        return 0;
    }
    if (level == SOL_SOCKET && name == SO_SNDBUF && f->sndbuf != 0)
        return put_int(value, n, 2 * (int64_t)f->sndbuf);
    if (level == SOL_SOCKET && name == SO_RCVBUF && f->rcvbuf != 0)
        return put_int(value, n, 2 * (int64_t)f->rcvbuf);
    if (level == SOL_SOCKET && name == SO_TYPE)
        return put_int(value, n, f->type == WEFT_SOCK_TCP ? SOCK_STREAM : SOCK_DGRAM);
    const struct weft_kernel_option *o = weft_kernel_option_at(level, name);
    if (o == NULL) {
        errno = ENOPROTOOPT;
        return -1;
    }
    int r = weft_sock_get(p->st, f->sock, o->opt, &v);
    return r != 0 ? (int)wf_pd_result(r) : put_int(value, n, v * o->scale);
}
