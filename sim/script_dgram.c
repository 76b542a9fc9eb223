/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script dgram - calls on datagrams with what came along, or goes with them
 *
 * recvinfo(fd, N, from=A:P, to=A, ttl=N, tos=N, full=N, opts=HEX, group=0|1, wrong=N) = bytes
 * sendwith(fd, N, to=A:P, src=A, ttl=N, tos=N, opts=HEX) = bytes
 * sendwith(fd, N, [ttl N, tos N, df, from A, opts ...]) = bytes, as packet lines say it
 * getsockname(fd, A:P) = 0, getpeername(fd, A:P) = 0, with "*" for an address or port
 *
 * "wrong" is the place of the first byte that is not as it was sent; without it all must be right.
 * Arguments after the second may be left out, and have any order.
 */
#include <string.h>

#include "script.h"
#include "weft/udp.h"

#define BYTES_MAX 65536U

/* The text of argument "name=..."; NULL if there is none. */
static const char *named(const struct sx_call *c, const char *name, size_t *n)
{
    size_t len = strlen(name);
    for (uint32_t i = 1; i < c->args_n; i++) {
        const struct sx_slice a = c->arg[i];
        if (a.n > len && memcmp(a.p, name, len) == 0 && a.p[len] == '=') {
            *n = a.n - len - 1;
            return a.p + len + 1;
        }
    }
    return NULL;
}

static bool number(const char *p, size_t n, int64_t *out)
{
    bool is_negative = n > 0 && *p == '-';
    size_t i = is_negative ? 1 : 0;
    *out = 0;
    for (; i < n && p[i] >= '0' && p[i] <= '9' && *out < INT32_MAX; i++)
        *out = *out * 10 + (p[i] - '0');
    if (is_negative)
        *out = -*out;
    return n > 0 && i == n;
}

/** struct ends - An address and a port as a script writes them; "*" = any */
struct ends {
    struct weft_endpoint ep;
    bool has_addr, has_port;
};

/* "1.2.3.4:5", "1.2.3.4", "*:5" */
static bool endpoint(const char *p, size_t n, struct ends *out)
{
    char text[24];
    const char *colon = memchr(p, ':', n);
    size_t addr_n = colon != NULL ? (size_t)(colon - p) : n;
    int64_t port = 0;
    memset(out, 0, sizeof(*out));
    if (addr_n >= sizeof(text))
        return false;
    memcpy(text, p, addr_n);
    text[addr_n] = '\0';
    out->has_addr = strcmp(text, "*") != 0;
    if (out->has_addr && weft_addr_parse(&out->ep.addr, text) != 0)
        return false;
    if (colon == NULL || (n - addr_n == 2 && colon[1] == '*'))
        return true;
    out->has_port = number(colon + 1, n - addr_n - 1, &port);
    out->ep.port = (uint16_t)port;
    return out->has_port;
}

static bool is_same(const struct ends *want, const struct weft_endpoint *got)
{
    static const struct weft_addr unspecified;
    static const struct weft_addr any = {.b = {[10] = 0xff, [11] = 0xff}};
    if (want->has_addr && memcmp(want->ep.addr.b, any.b, 16) == 0)
        return memcmp(got->addr.b, unspecified.b, 16) == 0 &&
               (!want->has_port || want->ep.port == got->port);
    return (!want->has_addr || memcmp(want->ep.addr.b, got->addr.b, 16) == 0) &&
           (!want->has_port || want->ep.port == got->port);
}

/* ---- what came ---- */

static void need_number(struct sx *s, const struct sx_call *c, const char *name, int64_t got)
{
    size_t n;
    int64_t want;
    const char *p = named(c, name, &n);
    if (p != NULL && (!number(p, n, &want) || want != got))
        wf_sx_fail(s, NULL, "%s is %lld", name, (long long)got);
}

static void need_ends(struct sx *s, const struct sx_call *c, const char *name,
                      const struct weft_endpoint *got)
{
    char text[48];
    size_t n;
    struct ends want;
    const char *p = named(c, name, &n);
    if (p == NULL || (endpoint(p, n, &want) && is_same(&want, got)))
        return;
    (void)weft_addr_text(text, sizeof(text), &got->addr);
    wf_sx_fail(s, NULL, "%s is %s:%u", name, text, got->port);
}

static void need_options(struct sx *s, const struct sx_call *c, const struct weft_udp_rx *rx)
{
    uint8_t want[WEFT_IP_OPTIONS_MAX];
    size_t n;
    const char *p = named(c, "opts", &n);
    if (p == NULL)
        return;
    uint32_t bytes =
        *p == '-' ? 0 : wf_sx_parse_hex((struct sx_slice){p, n}, want, WEFT_IP_OPTIONS_MAX);
    if (bytes != rx->opts_bytes || memcmp(want, rx->opts, bytes) != 0)
        wf_sx_fail(s, NULL, "%u bytes of IP options came, or others", rx->opts_bytes);
}

static int64_t recv_info(struct sx *s, const struct sx_call *c, const struct sx_fd *f)
{
    struct weft_udp_rx rx;
    int64_t cap = BYTES_MAX;
    memset(&rx, 0, sizeof(rx));
    if (c->args_n > 1)
        (void)number(c->arg[1].p, c->arg[1].n, &cap);
    size_t room = cap < 0 || cap > (int64_t)BYTES_MAX ? BYTES_MAX : (size_t)cap;
    int64_t r = weft_udp_recv(s->st, f->sock, s->buf2, room, &rx);
    if (r < 0)
        return r;
    struct weft_endpoint to = {.addr = rx.info.to};
    size_t good = weft_pattern_check(SX_PATTERN_IN, 0, s->buf2, (size_t)r), n;
    if (named(c, "wrong", &n) != NULL)
        need_number(s, c, "wrong", (int64_t)good);
    else if (good != (size_t)r)
        wf_sx_fail(s, NULL, "a wrong byte was read at %zu", good);
    need_ends(s, c, "from", &rx.info.from);
    need_ends(s, c, "to", &to);
    need_number(s, c, "ttl", rx.info.ttl);
    need_number(s, c, "tos", rx.info.tos);
    need_number(s, c, "full", rx.info.full_bytes);
    need_number(s, c, "group", rx.is_group);
    need_options(s, c, &rx);
    return r;
}

void wf_sx_dgram_error(struct sx *s, const struct sx_call *c, const struct weft_sock_err *e)
{
    struct weft_endpoint offender = {.addr = e->offender};
    need_ends(s, c, "dst", &e->dst);
    need_ends(s, c, "offender", &offender);
    need_number(s, c, "mtu", e->info);
}

/* ---- what goes ---- */

static int64_t send_with(struct sx *s, const struct sx_call *c, const struct sx_fd *f)
{
    struct weft_udp_tx tx = WEFT_UDP_TX_INIT;
    struct ends to, src;
    struct sx_ip ip;
    uint8_t opts[WEFT_IP_OPTIONS_MAX];
    int64_t len = 0, v;
    size_t n;
    if (c->args_n > 2 && c->arg[2].n > 0 && c->arg[2].p[0] == '[' &&
        !wf_sx_ip_tx(s, c, 2, &ip, &tx))
        return 0;
    const char *p = named(c, "to", &n);
    if (p != NULL && endpoint(p, n, &to))
        tx.to = &to.ep;
    p = named(c, "src", &n);
    if (p != NULL && endpoint(p, n, &src))
        tx.src = src.ep.addr;
    p = named(c, "ttl", &n);
    if (p != NULL && number(p, n, &v))
        tx.ttl = (int16_t)v;
    p = named(c, "tos", &n);
    if (p != NULL && number(p, n, &v))
        tx.tos = (int16_t)v;
    p = named(c, "opts", &n);
    if (p != NULL) {
        tx.opts_bytes =
            (int16_t)wf_sx_parse_hex((struct sx_slice){p, n}, opts, WEFT_IP_OPTIONS_MAX);
        tx.opts = opts;
    }
    if (c->args_n > 1)
        (void)number(c->arg[1].p, c->arg[1].n, &len);
    size_t bytes = len < 0 || len > (int64_t)BYTES_MAX ? 0 : (size_t)len;
    weft_pattern(SX_PATTERN_OUT, 0, s->buf2, bytes);
    return weft_udp_send(s->st, f->sock, s->buf2, bytes, &tx);
}

static int64_t names(struct sx *s, const struct sx_call *c, const struct sx_fd *f)
{
    char text[48];
    struct weft_endpoint local, remote;
    struct ends want;
    int r = weft_sock_names(s->st, f->sock, &local, &remote);
    bool is_local = strcmp(c->name, "getsockname") == 0;
    const struct weft_endpoint *got = is_local ? &local : &remote;
    if (r == 0 && !is_local && remote.port == 0)
        return -WEFT_ENOTCONN;
    if (r != 0 || c->args_n < 2 || (c->arg[1].n == 3 && memcmp(c->arg[1].p, "...", 3) == 0))
        return r;
    if (!endpoint(c->arg[1].p, c->arg[1].n, &want) || !is_same(&want, got)) {
        (void)weft_addr_text(text, sizeof(text), &got->addr);
        wf_sx_fail(s, NULL, "%s() says %s:%u", c->name, text, got->port);
    }
    return r;
}

int64_t wf_sx_dgram_call(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    if (s->st == NULL) {
        wf_sx_na(s, "%s() is tried against weft only", c->name);
        return 0;
    }
    if (strcmp(c->name, "recvinfo") == 0)
        return recv_info(s, c, f);
    return strcmp(c->name, "sendwith") == 0 ? send_with(s, c, f) : names(s, c, f);
}
