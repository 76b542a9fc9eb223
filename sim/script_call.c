/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script call - system calls of a script, on the stack's sockets
 *
 * Descriptors carry the numbers the script says. A call without a duration answers at once, as on a
 * non-blocking descriptor (connect() answers EINPROGRESS); one with "begin...end" blocks, and must
 * end at its time.
 */
#include <string.h>

#include "script.h"
#include "weft/cc.h"

#define IO_BYTES 65536U

/** struct err_name - An error by its POSIX name and Linux number */
static const struct err_name {
    const char *name;
    int err;
    int number;
} errs[] = {
    {"EINVAL", WEFT_EINVAL, 22},
    {"ENOMEM", WEFT_ENOMEM, 12},
    {"EAGAIN", WEFT_EAGAIN, 11},
    {"EWOULDBLOCK", WEFT_EAGAIN, 11},
    {"EBADF", WEFT_EBADF, 9},
    {"ENOTCONN", WEFT_ENOTCONN, 107},
    {"EISCONN", WEFT_EISCONN, 106},
    {"EADDRINUSE", WEFT_EADDRINUSE, 98},
    {"EADDRNOTAVAIL", WEFT_EADDRNOTAVAIL, 99},
    {"ENETUNREACH", WEFT_ENETUNREACH, 101},
    {"EHOSTUNREACH", WEFT_EHOSTUNREACH, 113},
    {"ECONNREFUSED", WEFT_ECONNREFUSED, 111},
    {"ECONNRESET", WEFT_ECONNRESET, 104},
    {"ETIMEDOUT", WEFT_ETIMEDOUT, 110},
    {"EPIPE", WEFT_EPIPE, 32},
    {"EMSGSIZE", WEFT_EMSGSIZE, 90},
    {"EOPNOTSUPP", WEFT_EOPNOTSUPP, 95},
    {"EACCES", WEFT_EACCES, 13},
    {"ENETDOWN", WEFT_ENETDOWN, 100},
    {"ECONNABORTED", WEFT_ECONNABORTED, 103},
    {"EALREADY", WEFT_EALREADY, 114},
    {"EPROTO", WEFT_EPROTO, 71},
    {"ENOENT", WEFT_ENOENT, 2},
};

#define EINPROGRESS_NAME "EINPROGRESS"

/** struct opt_name - A socket option as scripts name it */
static const struct opt_name {
    const char *name;
    enum weft_sock_opt opt;
    uint32_t scale; /* A script's unit in the option's. */
} opts[] = {
    {"SO_SNDBUF", WEFT_SO_SNDBUF, 1},
    {"SO_RCVBUF", WEFT_SO_RCVBUF, 1},
    {"SO_REUSEADDR", WEFT_SO_REUSEADDR, 1},
    {"SO_BROADCAST", WEFT_SO_BROADCAST, 1},
    {"SO_USER", WEFT_SO_USER, 1},
    {"SO_LINGER_MS", WEFT_SO_LINGER_MS, 1},
    {"SO_KEEPALIVE", WEFT_SO_KEEPALIVE, 1},
    {"TCP_KEEPIDLE", WEFT_TCP_KEEPIDLE_S, 1},
    {"TCP_KEEPINTVL", WEFT_TCP_KEEPINTVL_S, 1},
    {"TCP_KEEPCNT", WEFT_TCP_KEEPCNT, 1},
    {"TCP_PROBE_OCTET", WEFT_TCP_PROBE_OCTET, 1},
    {"TCP_SOFT_ERRORS", WEFT_TCP_SOFT_ERRORS, 1},
    {"TCP_UTO", WEFT_TCP_UTO, 1},
    {"SO_OOBINLINE", WEFT_SO_OOBINLINE, 1},
    {"TCP_STDURG", WEFT_TCP_STDURG, 1},
    {"TCP_PERSIST_FIXED", WEFT_TCP_PERSIST_FIXED, 1},
    {"SO_ERROR", WEFT_SO_ERROR, 1},
    {"IP_TTL", WEFT_IP_TTL, 1},
    {"IP_TOS", WEFT_IP_TOS, 1},
    {"IP_DF", WEFT_IP_DF, 1},
    {"IP_RECVERR", WEFT_IP_RECVERR, 1},
    {"IP_MULTICAST_TTL", WEFT_IP_MULTICAST_TTL, 1},
    {"IP_MULTICAST_LOOP", WEFT_IP_MULTICAST_LOOP, 1},
    {"IP_MTU", WEFT_IP_MTU, 1},
    {"UDP_CSUM", WEFT_UDP_CSUM, 1},
    {"UDP_NEED_CSUM", WEFT_UDP_NEED_CSUM, 1},
    {"UDPLITE_SEND_CSCOV", WEFT_UDPLITE_SEND_COV, 1},
    {"UDPLITE_RECV_CSCOV", WEFT_UDPLITE_RECV_COV, 1},
    {"TCP_NODELAY", WEFT_TCP_NODELAY, 1},
    {"TCP_ECN", WEFT_TCP_ECN, 1},
    {"TCP_MTU_PROBING", WEFT_TCP_MTU_PROBING, 1},
    {"TCP_CORK", WEFT_TCP_CORK, 1},
    {"TCP_MAXSEG", WEFT_TCP_MAXSEG, 1},
    {"TCP_QUICKACK", WEFT_TCP_QUICKACK, 1},
    {"TCP_USER_TIMEOUT", WEFT_TCP_USER_TIMEOUT_MS, 1},
    {"TCP_SYNCNT", WEFT_TCP_SYN_RETRIES, 1},
    {"TCP_DELACK_MS", WEFT_TCP_DELACK_MS, 1},
    {"TCP_RTO_MIN_MS", WEFT_TCP_RTO_MIN_MS, 1},
    {"TCP_MSL_MS", WEFT_TCP_MSL_MS, 1},
    {"TCP_SYN_COOKIES", WEFT_TCP_SYN_COOKIES, 1},
    {"TCP_RECOVERY", WEFT_TCP_RECOVERY, 1},
    {"TCP_FASTOPEN", WEFT_TCP_FASTOPEN, 1},
    {"TCP_FASTOPEN_CONNECT", WEFT_TCP_FASTOPEN_CONNECT, 1},
};

struct sx_fd *wf_sx_fd(struct sx *s, int64_t fd)
{
    for (uint32_t i = 0; i < SX_FDS_MAX; i++)
        if (s->fd[i].is_used && s->fd[i].fd == fd)
            return &s->fd[i];
    return NULL;
}

/* ---- arguments ---- */

static bool arg_number(const struct sx_call *c, uint32_t i, int64_t *out)
{
    if (i >= c->args_n)
        return false;
    const char *p = c->arg[i].p, *end = p + c->arg[i].n;
    while (p < end && (*p == '[' || *p == ' ' || *p == '&'))
        p++;
    bool is_negative = p < end && *p == '-';
    p += is_negative;
    if (p >= end || *p < '0' || *p > '9')
        return false;
    int64_t v = 0;
    for (; p < end && *p >= '0' && *p <= '9' && v < INT64_MAX / 32; p++)
        v = v * 10 + (*p - '0');
    *out = is_negative ? -v : v;
    return true;
}

static bool arg_has(const struct sx_call *c, uint32_t i, const char *word)
{
    size_t n = strlen(word);
    if (i >= c->args_n)
        return false;
    for (size_t at = 0; at + n <= c->arg[i].n; at++)
        if (memcmp(c->arg[i].p + at, word, n) == 0)
            return true;
    return false;
}

/* The number, or the address, that follows a word such as "htons(" in an argument. */
static const char *arg_after(const struct sx_call *c, uint32_t i, const char *word)
{
    size_t n = strlen(word);
    if (i >= c->args_n)
        return NULL;
    for (size_t at = 0; at + n < c->arg[i].n; at++)
        if (memcmp(c->arg[i].p + at, word, n) == 0)
            return c->arg[i].p + at + n;
    return NULL;
}

static void arg_endpoint(const struct sx_call *c, uint32_t i, struct weft_endpoint *ep)
{
    const char *p = arg_after(c, i, "htons(");
    if (p != NULL) {
        uint32_t v = 0;
        for (; *p >= '0' && *p <= '9' && v < 65536; p++)
            v = v * 10 + (uint32_t)(*p - '0');
        ep->port = (uint16_t)v;
    }
    p = arg_after(c, i, "inet_addr(\"");
    if (p != NULL) {
        char text[24];
        size_t n = 0;
        while (p[n] != '"' && n + 1 < sizeof(text)) {
            text[n] = p[n];
            n++;
        }
        text[n] = '\0';
        int r = weft_addr_parse(&ep->addr, text);
        (void)r;
    }
}

/* ---- results ---- */

static const char *err_text(int err)
{
    for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
        if (errs[i].err == err)
            return errs[i].name;
    return "?";
}

/** struct result - What a call answered: a value, or -1 and an error's name */
struct result {
    int64_t value;
    const char *err; /* NULL = none. */
};

static struct result result_of(int64_t r)
{
    struct result out = {r, NULL};
    if (r < 0) {
        out.value = -1;
        out.err = err_text((int)-r);
    }
    return out;
}

static bool is_same_err(const char *want, const char *got)
{
    if (strcmp(want, "EWOULDBLOCK") == 0)
        want = "EAGAIN";
    return strcmp(want, got == NULL ? "" : got) == 0;
}

static bool compare(struct sx *s, const struct sx_call *c, struct result r)
{
    if (c->is_any_result)
        return true;
    if (r.value == c->want && is_same_err(c->want_errno, r.err))
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

static struct result call_socket(struct sx *s, const struct sx_call *c, struct sx_fd *none)
{
    enum weft_sock_type type = WEFT_SOCK_TCP;
    uint64_t sock;
    (void)none;
    if (arg_has(c, 2, "IPPROTO_ICMP"))
        type = WEFT_SOCK_PING;
    else if (arg_has(c, 1, "SOCK_DGRAM"))
        type = arg_has(c, 2, "IPPROTO_UDPLITE") ? WEFT_SOCK_UDPLITE : WEFT_SOCK_UDP;
    int r = wf_sx_sock_open(s, type, &sock);
    if (r != 0)
        return result_of(r);
    struct sx_fd *f = new_fd(s, c, sock, type);
    for (uint32_t i = 0; i < s->set_n; i++) {
        r = wf_sx_sock_set(s, sock, s->set[i].opt, s->set[i].value);
        (void)r;
    }
    if (s->cc[0] != '\0' && type == WEFT_SOCK_TCP)
        (void)wf_sx_sock_set_cc(s, sock, s->cc);
    return result_of(f == NULL ? -WEFT_ENOMEM : f->fd);
}

static struct result call_bind(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    struct weft_endpoint ep;
    memset(&ep, 0, sizeof(ep));
    ep.port = s->bind_port;
    arg_endpoint(c, 1, &ep);
    return result_of(wf_sx_sock_bind(s, f->sock, &ep));
}

static struct result call_listen(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    int64_t n = 1;
    (void)arg_number(c, 1, &n);
    return result_of(wf_sx_sock_listen(s, f->sock, (uint32_t)n));
}

static struct result call_accept(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    uint64_t sock;
    int r = wf_sx_sock_accept(s, f->sock, &sock);
    if (r != 0)
        return result_of(r);
    struct sx_fd *n = new_fd(s, c, sock, WEFT_SOCK_TCP);
    s->last_fd = n == NULL ? 0 : n->fd;
    return result_of(n == NULL ? -WEFT_ENOMEM : n->fd);
}

static struct result call_connect(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    struct weft_endpoint ep;
    memset(&ep, 0, sizeof(ep));
    ep.addr = weft_ip4(s->remote_ip[0], s->remote_ip[1], s->remote_ip[2], s->remote_ip[3]);
    ep.port = s->connect_port;
    arg_endpoint(c, 1, &ep);
    int r = wf_sx_sock_connect(s, f->sock, &ep);
    s->last_fd = f->fd;
    if (r == 0 && f->type == WEFT_SOCK_TCP)
        return (struct result){-1, EINPROGRESS_NAME};
    return result_of(r);
}

/* Urgent data is tried against weft only: the kernel's calls for it are not in the table. */
static bool may_be_urgent(struct sx *s)
{
    if (s->st == NULL)
        wf_sx_na(s, "urgent data is tried against weft only");
    return s->st != NULL;
}

/* recv(fd, [place in the stream], 1, MSG_OOB) = 1 */
static struct result read_urgent(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    uint8_t octet = 0;
    int64_t at = 0;
    if (!may_be_urgent(s))
        return result_of(0);
    int r = weft_sock_recv_urgent(s->st, f->sock, &octet);
    if (r == 1 && arg_number(c, 1, &at)) {
        if (weft_pattern_check(SX_PATTERN_IN, (uint64_t)at, &octet, 1) != 1)
            wf_sx_fail(s, NULL, "the urgent octet is not the one at %lld", (long long)at);
        f->has_oob = true;
        f->oob_at = (uint64_t)at;
    }
    return result_of(r);
}

static struct result call_at_mark(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    (void)c;
    return result_of(may_be_urgent(s) ? weft_sock_at_mark(s->st, f->sock) : 0);
}

/* Bytes read must be those the script's peer sent there. */
static struct result call_read(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    static const char what[] = "read() got a wrong byte at";
    int64_t cap = IO_BYTES;
    (void)arg_number(c, 2, &cap);
    uint8_t *buf = s->buf2;
    if (arg_has(c, 3, "MSG_OOB"))
        return read_urgent(s, c, f);
    if (f->has_oob && f->rx == f->oob_at) {
        f->has_oob = false;
        f->rx++; /* Read apart. */
    }
    size_t n = cap < 0 ? 0 : cap > (int64_t)IO_BYTES ? IO_BYTES : (size_t)cap;
    int64_t r = wf_sx_sock_recv(s, f->sock, buf, n);
    if (r > 0 && f->type != WEFT_SOCK_PING) {
        uint64_t at = f->type == WEFT_SOCK_TCP ? f->rx : 0;
        size_t good = weft_pattern_check(SX_PATTERN_IN, at, buf, (size_t)r);
        if (good != (size_t)r)
            wf_sx_fail(s, NULL, "%s %zu", what, (size_t)(at + good));
        f->rx += (uint64_t)r;
    }
    return result_of(r);
}

/* What sendto() with MSG_FASTOPEN does: connect, with data on the SYN if there is a cookie. */
static struct result connect_send(struct sx *s, const struct sx_call *c, struct sx_fd *f, size_t n)
{
    struct weft_endpoint ep;
    memset(&ep, 0, sizeof(ep));
    ep.addr = weft_ip4(s->remote_ip[0], s->remote_ip[1], s->remote_ip[2], s->remote_ip[3]);
    ep.port = s->connect_port;
    arg_endpoint(c, 4, &ep);
    if (s->is_fo_client_off)
        return result_of(-WEFT_EOPNOTSUPP);
    weft_pattern(SX_PATTERN_OUT, f->tx, s->buf2, n);
    int64_t r = wf_sx_sock_connect_send(s, f->sock, &ep, s->buf2, n);
    f->tx += r > 0 ? (uint64_t)r : 0;
    s->last_fd = f->fd;
    if (r == 0 && n > 0) /* Another stack may take nothing before the handshake. */
        return (struct result){-1, EINPROGRESS_NAME};
    return result_of(r);
}

static struct result call_write(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    int64_t len = 0;
    (void)arg_number(c, 2, &len);
    size_t n = len < 0 ? 0 : len > (int64_t)SX_PKT_MAX ? SX_PKT_MAX : (size_t)len;
    int64_t r;
    if (f->type != WEFT_SOCK_TCP) {
        struct weft_endpoint ep;
        memset(&ep, 0, sizeof(ep));
        ep.addr = weft_ip4(s->remote_ip[0], s->remote_ip[1], s->remote_ip[2], s->remote_ip[3]);
        ep.port = s->connect_port;
        arg_endpoint(c, 4, &ep);
        weft_pattern(SX_PATTERN_OUT, 0, s->buf2, n);
        if (f->type == WEFT_SOCK_PING && n >= 8) {
            memset(s->buf2, 0, 8);
            s->buf2[0] = 8;
            weft_pattern(SX_PATTERN_ECHO, 0, s->buf2 + 8, n - 8);
        }
        bool is_connected = strcmp(c->name, "sendto") != 0;
        r = wf_sx_sock_sendto(s, f->sock, s->buf2, n, is_connected ? NULL : &ep);
    } else if (arg_has(c, 3, "MSG_FASTOPEN")) {
        return connect_send(s, c, f, n);
    } else {
        /* A long write is offered piece by piece, until one is not taken whole. */
        int64_t sum = 0;
        do {
            n = len - sum > (int64_t)IO_BYTES ? IO_BYTES : (size_t)(len - sum);
            weft_pattern(SX_PATTERN_OUT, f->tx, s->buf2, n);
            bool is_urgent = arg_has(c, 3, "MSG_OOB");
            if (is_urgent && !may_be_urgent(s))
                return result_of(0);
            r = is_urgent ? weft_sock_send_urgent(s->st, f->sock, s->buf2, n)
                          : wf_sx_sock_send(s, f->sock, s->buf2, n);
            sum += r > 0 ? r : 0;
            f->tx += r > 0 ? (uint64_t)r : 0;
        } while (r == (int64_t)n && sum < len);
        r = sum > 0 ? sum : r;
    }
    return result_of(r);
}

static struct result call_close(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    f->is_used = false;
    return result_of(wf_sx_sock_close(s, f->sock, strcmp(c->name, "abort") == 0));
}

static struct result call_shutdown(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    bool both = arg_has(c, 1, "SHUT_RDWR");
    return result_of(wf_sx_sock_shutdown(s, f->sock, both || arg_has(c, 1, "SHUT_RD"),
                                         both || arg_has(c, 1, "SHUT_WR")));
}

static const struct opt_name *find_opt(const struct sx_call *c)
{
    for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
        if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], opts[i].name))
            return &opts[i];
    return NULL;
}

/* Parameters of congestion control by name; the enum's name without its prefix. */
static const struct {
    const char *name;
    enum weft_cc_param param;
} cc_params[] = {
    {"TCP_CC_A", WEFT_CC_PARAM_A},
    {"TCP_CC_B", WEFT_CC_PARAM_B},
    {"TCP_CC_SSTHRESH", WEFT_CC_PARAM_SSTHRESH},
    {"TCP_CC_LIMIT", WEFT_CC_PARAM_LIMIT},
    {"TCP_CC_INFLATE", WEFT_CC_PARAM_INFLATE},
    {"TCP_CC_ALPHA", WEFT_CC_PARAM_ALPHA},
    {"TCP_CC_BETA", WEFT_CC_PARAM_BETA},
    {"TCP_CC_GAMMA", WEFT_CC_PARAM_GAMMA},
};

/* TCP_CC_...; false if it is something else. */
static bool set_cc_param(struct sx *s, const struct sx_call *c, const struct sx_fd *f,
                         struct result *r)
{
    int64_t v = 0;
    for (size_t i = 0; i < sizeof(cc_params) / sizeof(cc_params[0]); i++) {
        if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], cc_params[i].name)) {
            (void)arg_number(c, 3, &v);
            *r = result_of(
                wf_sx_sock_set_cc_param(s, f->sock, (int)cc_params[i].param, (uint32_t)v));
            return true;
        }
    }
    return false;
}

/* {onoff=1, linger=5}: seconds. */
static int64_t linger_ms(const struct sx_call *c)
{
    int64_t v = 0;
    const char *p = arg_after(c, 3, "linger=");
    if (p == NULL || !arg_has(c, 3, "onoff=1"))
        return -1;
    for (; *p >= '0' && *p <= '9' && v < INT32_MAX; p++)
        v = v * 10 + (*p - '0');
    return v * 1000;
}

/* An option that is not in the table: one of Linux's, or none at all. */
static struct result no_option(struct sx *s, const struct sx_call *c)
{
    struct sx_slice name = c->args_n > 2 ? c->arg[2] : (struct sx_slice){"", 0};
    bool is_name = name.n > 3 && (memcmp(name.p, "SO_", 3) == 0 || memcmp(name.p, "IP", 2) == 0 ||
                                  memcmp(name.p, "TCP", 3) == 0 || memcmp(name.p, "UDP", 3) == 0);
    if (is_name)
        wf_sx_na(s, "weft has no socket option %.*s", (int)name.n, name.p);
    else
        wf_sx_fail(s, NULL, "unknown socket option");
    return result_of(0);
}

static struct result set_linger(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    return result_of(wf_sx_sock_set(s, f->sock, WEFT_SO_LINGER_MS, linger_ms(c)));
}

/* [IP_PMTUDISC_DO] and the like. */
static struct result set_pmtudisc(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    bool is_do = arg_has(c, 3, "IP_PMTUDISC_DO") && !arg_has(c, 3, "IP_PMTUDISC_DONT");
    int64_t df = is_do                                ? WEFT_IP_DF_ALWAYS
                 : arg_has(c, 3, "IP_PMTUDISC_WANT")  ? WEFT_IP_DF_FITS
                 : arg_has(c, 3, "IP_PMTUDISC_PROBE") ? WEFT_IP_DF_PROBE
                                                      : WEFT_IP_DF_NEVER;
    if (f->type != WEFT_SOCK_TCP)
        return result_of(wf_sx_sock_set(s, f->sock, WEFT_IP_DF, df));
    if (!is_do && !arg_has(c, 3, "IP_PMTUDISC_WANT"))
        wf_sx_na(s, "weft has no TCP without path MTU discovery");
    return result_of(0);
}

static struct result set_congestion(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    char name[24] = "";
    size_t n = 0;
    if (c->args_n > 3)
        for (size_t i = 0; i < c->arg[3].n && n + 1 < sizeof(name); i++)
            if (c->arg[3].p[i] != '"' && c->arg[3].p[i] != '[' && c->arg[3].p[i] != ']')
                name[n++] = c->arg[3].p[i];
    name[n] = '\0';
    /* Unless it is to be refused. */
    if (s->st != NULL && weft_cc_find(name) == NULL && c->want >= 0) {
        wf_sx_na(s, "weft has no congestion control '%s'", name);
        return result_of(0);
    }
    return result_of(wf_sx_sock_set_cc(s, f->sock, name));
}

/* What net.ipv4.tcp_fastopen switches off: a client is told, a listener goes on without. */
static bool is_fastopen_off(const struct sx *s, enum weft_sock_opt opt, struct result *r)
{
    *r = result_of(opt == WEFT_TCP_FASTOPEN_CONNECT ? -WEFT_EOPNOTSUPP : 0);
    return (opt == WEFT_TCP_FASTOPEN_CONNECT && s->is_fo_client_off) ||
           (opt == WEFT_TCP_FASTOPEN && s->is_fo_server_off);
}

static struct result call_setsockopt(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    const struct opt_name *o = find_opt(c);
    int64_t v = 1;
    if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], "SO_LINGER"))
        return set_linger(s, c, f);
    if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], "IP_MTU_DISCOVER"))
        return set_pmtudisc(s, c, f);
    if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], "TCP_CONGESTION"))
        return set_congestion(s, c, f);
    struct result r;
    if (o == NULL && set_cc_param(s, c, f, &r))
        return r;
    int err = 0;
    if (o == NULL && wf_sx_igmp_option(s, c, f, &err))
        return result_of(err);
    if (o == NULL)
        return no_option(s, c);
    if (is_fastopen_off(s, o->opt, &r))
        return r;
    (void)arg_number(c, 3, &v);
    return result_of(wf_sx_sock_set(s, f->sock, o->opt, v * o->scale));
}

/* The value an error option is to have, by name or by its number on Linux. */
static bool is_err_value(const struct sx_call *c, int64_t err)
{
    int64_t want = 0;
    bool is_number = arg_number(c, 3, &want);
    if (is_number && want == 0)
        return err == 0;
    for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
        if (errs[i].err == err &&
            (is_number ? errs[i].number == want : arg_has(c, 3, errs[i].name)))
            return true;
    return false;
}

static struct result call_getsockopt(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    const struct opt_name *o = find_opt(c);
    struct weft_tcp_info info;
    int64_t v = 0, want;
    /* What it says is compared by assertions. */
    if (c->args_n > 2 && wf_sx_slice_is(c->arg[2], "TCP_INFO"))
        return result_of(s->st == NULL ? 0 : weft_sock_tcp_info(s->st, f->sock, &info));
    if (o == NULL)
        return no_option(s, c);
    int r = wf_sx_sock_get(s, f->sock, o->opt, &v);
    if (r != 0)
        return result_of(r);
    bool is_right =
        o->opt == WEFT_SO_ERROR ? is_err_value(c, v) : !arg_number(c, 3, &want) || want == v;
    if (!is_right)
        wf_sx_fail(s, NULL, "the option is %lld %s", (long long)v,
                   o->opt == WEFT_SO_ERROR ? err_text((int)v) : "");
    return result_of(0);
}

/* recverr(fd, ERROR) = icmp type */
static struct result call_recverr(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    struct weft_sock_err e;
    if (s->st == NULL) {
        wf_sx_na(s, "%s has no recverr()", s->cfg->target->name);
        return result_of(0);
    }
    int r = weft_sock_recv_error(s->st, f->sock, &e);
    if (r != 0)
        return result_of(r);
    if (c->args_n > 1 && !wf_sx_slice_is(c->arg[1], err_text(e.err)))
        wf_sx_fail(s, NULL, "the queued error is %s", err_text(e.err));
    wf_sx_dgram_error(s, c, &e);
    return result_of(e.icmp_type);
}

/* ready(fd) = bits of readiness, by name: the sum of READABLE 1, WRITABLE 2 and so on. */
static struct result call_ready(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    (void)c;
    if (s->st == NULL)
        wf_sx_na(s, "%s has no ready()", s->cfg->target->name);
    return result_of(wf_sx_sock_ready(s, f->sock));
}

/* Calls about IP headers and options. */
static struct result call_ip(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    if (strcmp(c->name, "ipoptions") == 0)
        return result_of(wf_sx_ip_set_options(s, c, f));
    if (strcmp(c->name, "ipreturn") == 0)
        return result_of(wf_sx_ip_return(s, c, f));
    return result_of(wf_sx_ip_recv(s, c, f));
}

static struct result call_fcntl(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    return result_of(wf_sx_io_fcntl(s, c, f));
}

static struct result call_ioctl(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    (void)wf_sx_io_ioctl(s, c, f);
    return result_of(0);
}

static struct result call_vector(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    struct sx_call plain;
    char digits[24];
    bool is_read = strncmp(c->name, "re", 2) == 0;
    if (!wf_sx_io_plain(c, &plain, digits)) {
        wf_sx_fail(s, NULL, "%s() has no lengths like {..., 1000}", c->name);
        return result_of(0);
    }
    return is_read ? call_read(s, &plain, f) : call_write(s, &plain, f);
}

static struct result call_dgram(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    return result_of(wf_sx_dgram_call(s, c, f));
}

/* Without events and with a timeout it waits, as a read does. */
static struct result call_poll(struct sx *s, const struct sx_call *c, struct sx_fd *none)
{
    (void)none;
    int64_t n = wf_sx_io_poll(s, c, false);
    if (n == 0 && wf_sx_io_poll_waits(c))
        return result_of(-WEFT_EAGAIN);
    return result_of(wf_sx_io_poll(s, c, true));
}

/** struct call - A call by name */
static const struct call {
    const char *name;
    struct result (*run)(struct sx *s, const struct sx_call *c, struct sx_fd *f);
    enum sx_call_id blocking;
} calls[] = {
    {"socket", call_socket, SX_CALL_NONE},
    {"bind", call_bind, SX_CALL_NONE},
    {"listen", call_listen, SX_CALL_NONE},
    {"accept", call_accept, SX_CALL_ACCEPT},
    {"connect", call_connect, SX_CALL_CONNECT},
    {"read", call_read, SX_CALL_READ},
    {"recv", call_read, SX_CALL_READ},
    {"recvfrom", call_read, SX_CALL_READ},
    {"write", call_write, SX_CALL_WRITE},
    {"send", call_write, SX_CALL_WRITE},
    {"sendto", call_write, SX_CALL_WRITE},
    {"close", call_close, SX_CALL_NONE},
    {"abort", call_close, SX_CALL_NONE},
    {"shutdown", call_shutdown, SX_CALL_NONE},
    {"setsockopt", call_setsockopt, SX_CALL_NONE},
    {"getsockopt", call_getsockopt, SX_CALL_NONE},
    {"recverr", call_recverr, SX_CALL_NONE},
    {"ready", call_ready, SX_CALL_NONE},
    {"ipoptions", call_ip, SX_CALL_NONE},
    {"ipreturn", call_ip, SX_CALL_NONE},
    {"recvwith", call_ip, SX_CALL_NONE},
    {"sockatmark", call_at_mark, SX_CALL_NONE},
    {"fcntl", call_fcntl, SX_CALL_NONE},
    {"ioctl", call_ioctl, SX_CALL_NONE},
    {"readv", call_vector, SX_CALL_READ},
    {"recvmsg", call_vector, SX_CALL_READ},
    {"writev", call_vector, SX_CALL_WRITE},
    {"sendmsg", call_vector, SX_CALL_WRITE},
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
    return arg_number(c, 0, &n) ? wf_sx_fd(s, n) : NULL;
}

/* ---- blocking ---- */

/* One more try of the blocked call; true if it has ended. */
static bool try_again(struct sx *s, struct sx_pending *p, struct result *r)
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
            *r = result_of(-err);
        else
            *r = result_of(0);
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
        (void)arg_number(&rest, 2, &len);
        uint32_t n = sizeof(digits);
        for (int64_t v = len - p->moved; n > 0 && (v > 0 || n == sizeof(digits)); v /= 10)
            digits[--n] = (char)('0' + v % 10);
        rest.arg[2] = (struct sx_slice){digits + n, sizeof(digits) - n};
        *r = call->run(s, &rest, f);
        p->moved += r->value > 0 ? r->value : 0;
        if (p->moved >= len)
            *r = (struct result){p->moved, NULL};
        return p->moved >= len || (r->value < 0 && !is_same_err("EAGAIN", r->err));
    }
    *r = call->run(s, &p->call, f);
    return r->err == NULL || !is_same_err("EAGAIN", r->err);
}

void wf_sx_pending_poll(struct sx *s)
{
    struct sx_pending *p = &s->pending;
    struct result r = {0, NULL};
    if (p->id == SX_CALL_NONE || p->is_done || !try_again(s, p, &r))
        return;
    p->is_done = true;
    p->done_ns = wf_sx_now(s);
    p->got = r.value;
    p->err = 0;
    for (size_t i = 0; r.err != NULL && i < sizeof(errs) / sizeof(errs[0]); i++)
        if (strcmp(errs[i].name, r.err) == 0)
            p->err = errs[i].err;
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
        is_right = compare(s, &p->call, (struct result){0, NULL});
    else if (!p->is_done)
        wf_sx_fail(s, NULL, "%s() still blocks", p->call.name);
    else if (p->done_ns > p->end_ns + s->tolerance_ns || p->done_ns + s->tolerance_ns < p->end_ns)
        wf_sx_fail(s, NULL, "%s() ended at %llu us", p->call.name,
                   (unsigned long long)((p->done_ns - s->base_ns) / 1000));
    else
        is_right =
            compare(s, &p->call, (struct result){p->got, p->err == 0 ? NULL : err_text(p->err)});
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
        return find_call(c->name)->run == call_setsockopt || wf_sx_io_flags(s, c);
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
        return !s->has_failed && compare(s, c, result_of(value));
    }
    if (s->is_ether) /* Times of the link are looked at: a call is made when the script says. */
        weft_advance(s->st, s->w->now_ns);
    if (wf_sx_is_link_call(s, c->name))
        return compare(s, c, result_of(wf_sx_link_call(s, c)));
    if (call == NULL)
        return wf_sx_call_check(s, c);
    struct sx_fd *f = fd_of(s, c);
    if (f == NULL && call->run != call_socket && call->run != call_poll)
        return compare(s, c, result_of(-WEFT_EBADF));
    struct result r = call->run(s, c, f);
    wf_sx_touch(s);
    bool is_blocked =
        r.err != NULL && (is_same_err("EAGAIN", r.err) || strcmp(r.err, EINPROGRESS_NAME) == 0);
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
