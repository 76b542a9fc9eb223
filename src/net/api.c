/* SPDX-License-Identifier: MIT */
/** DOC: net api - the public calls about routes, names, counters and the trace ring */
#include <string.h>

#include "net/net.h"

const char *weft_strerror(int err)
{
    static const char *const text[WEFT_ERR_COUNT] = {
        [WEFT_OK] = "success",
        [WEFT_EINVAL] = "invalid argument",
        [WEFT_ENOMEM] = "out of memory of the stack",
        [WEFT_EAGAIN] = "try again later",
        [WEFT_EBADF] = "stale or wrong handle",
        [WEFT_ENOTCONN] = "not connected",
        [WEFT_EISCONN] = "already connected",
        [WEFT_EADDRINUSE] = "address already in use",
        [WEFT_EADDRNOTAVAIL] = "address not available",
        [WEFT_ENETUNREACH] = "network unreachable",
        [WEFT_EHOSTUNREACH] = "host unreachable",
        [WEFT_ECONNREFUSED] = "connection refused",
        [WEFT_ECONNRESET] = "connection reset by peer",
        [WEFT_ETIMEDOUT] = "connection timed out",
        [WEFT_EPIPE] = "sending is shut down",
        [WEFT_EMSGSIZE] = "message too long",
        [WEFT_EOPNOTSUPP] = "operation not supported",
        [WEFT_EACCES] = "broadcast not permitted",
        [WEFT_ENOENT] = "no such entry",
        [WEFT_EEXIST] = "entry exists",
        [WEFT_ENETDOWN] = "interface is down",
        [WEFT_ECONNABORTED] = "connection aborted",
        [WEFT_EALREADY] = "connection attempt under way",
        [WEFT_EPROTO] = "protocol error",
    };
    unsigned i = err < 0 ? 0u - (unsigned)err : (unsigned)err;
    return i < WEFT_ERR_COUNT ? text[i] : "unknown error";
}

/* One decimal octet, without leading zeros; returns the octet or -1, and moves @s behind it. */
static int octet(const char **s)
{
    int v = 0, n = 0;
    const char *p = *s;
    for (; p[n] >= '0' && p[n] <= '9' && n < 4; n++)
        v = v * 10 + (p[n] - '0');
    if (n == 0 || v > 255 || (n > 1 && p[0] == '0'))
        return -1;
    *s = p + n;
    return v;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool weft_mac_parse(uint8_t mac[6], const char *text)
{
    for (unsigned i = 0; i < 6; i++) {
        int v = hex_digit(*text);
        if (v < 0)
            return false;
        text++;
        if (hex_digit(*text) >= 0)
            v = v << 4 | hex_digit(*text++);
        if (*text != (i < 5 ? ':' : '\0'))
            return false;
        text += i < 5;
        mac[i] = (uint8_t)v;
    }
    return true;
}

int weft_addr_parse(struct weft_addr *out, const char *text)
{
    uint32_t ip4 = 0;
    if (out == NULL || text == NULL)
        return -WEFT_EINVAL;
    for (int i = 0; i < 4; i++) {
        int v = octet(&text);
        if (v < 0 || *text != (i < 3 ? '.' : '\0'))
            return -WEFT_EINVAL;
        ip4 = ip4 << 8 | (uint32_t)v;
        text += i < 3;
    }
    *out = wf_addr_from4(ip4);
    return 0;
}

static size_t put_dec(char *at, uint32_t v)
{
    char tmp[10];
    size_t n = 0;
    do
        tmp[n++] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    for (size_t i = 0; i < n; i++)
        at[i] = tmp[n - 1 - i];
    return n;
}

static size_t put_hex(char *at, uint32_t v)
{
    size_t n = 0;
    for (int shift = 12; shift >= 0; shift -= 4)
        if (v >> shift != 0 || shift == 0)
            at[n++] = "0123456789abcdef"[v >> shift & 15];
    return n;
}

size_t weft_addr_text(char *buf, size_t cap, const struct weft_addr *a)
{
    char tmp[48];
    size_t n = 0;
    if (wf_addr_is4(a)) {
        for (int i = 0; i < 4; i++) {
            n += put_dec(tmp + n, a->b[12 + i]);
            if (i < 3)
                tmp[n++] = '.';
        }
    } else if (wf_addr_is_any(a)) {
        tmp[n++] = '*';
    } else {
        for (int i = 0; i < 16; i += 2) {
            n += put_hex(tmp + n, wf_ld16be(a->b + i));
            if (i < 14)
                tmp[n++] = ':';
        }
    }
    if (cap == 0)
        return 0;
    n = n < cap ? n : cap - 1;
    memcpy(buf, tmp, n);
    buf[n] = '\0';
    return n;
}

/* ---- names and counters ---- */

const char *weft_drop_name(unsigned reason)
{
#define WEFT_X(id, name) name,
    static const char *const names[] = {WEFT_DROPS(WEFT_X)};
#undef WEFT_X
    return reason < WEFT_DROP_COUNT ? names[reason] : "?";
}

const char *weft_counter_name(unsigned counter)
{
#define WEFT_X(id, name) name,
    static const char *const names[] = {WEFT_COUNTERS(WEFT_X)};
#undef WEFT_X
    return counter < WEFT_COUNT_COUNT ? names[counter] : "?";
}

const char *weft_why_name(unsigned why)
{
    static const char *const names[WEFT_WHY_COUNT] = {
        [WEFT_WHY_NONE] = "none",
        [WEFT_WHY_NEW_DATA] = "new_data",
        [WEFT_WHY_RETRANSMIT] = "retransmit",
        [WEFT_WHY_RTO] = "rto",
        [WEFT_WHY_TLP] = "tlp",
        [WEFT_WHY_PROBE] = "window_probe",
        [WEFT_WHY_KEEPALIVE] = "keepalive",
        [WEFT_WHY_ACK] = "ack",
        [WEFT_WHY_CHALLENGE] = "challenge_ack",
        [WEFT_WHY_SYN] = "syn",
        [WEFT_WHY_FIN] = "fin",
        [WEFT_WHY_RESET] = "reset",
        [WEFT_WHY_EMPTY] = "empty",
        [WEFT_WHY_CWND] = "cwnd",
        [WEFT_WHY_RWND] = "rwnd",
        [WEFT_WHY_NAGLE] = "nagle",
        [WEFT_WHY_SWS] = "silly_window",
        [WEFT_WHY_CORK] = "cork",
        [WEFT_WHY_NEIGH] = "neighbour",
        [WEFT_WHY_IF] = "interface",
        [WEFT_WHY_MEM] = "memory",
        [WEFT_WHY_PACING] = "pacing",
    };
    return why < WEFT_WHY_COUNT ? names[why] : "?";
}

uint64_t weft_drops(const struct weft_stack *st, unsigned reason)
{
    return reason < WEFT_DROP_COUNT ? wf_net_of_const(st)->drops[reason] : 0;
}

uint64_t weft_counter(const struct weft_stack *st, unsigned counter)
{
    return counter < WEFT_COUNT_COUNT ? wf_net_of_const(st)->counters[counter] : 0;
}

uint32_t weft_trace_read(struct weft_stack *st, struct weft_trace_rec *out, uint32_t n,
                         uint64_t *lost)
{
    struct wf_trace_ring *t = &wf_net_of(st)->trace;
    uint32_t i = 0;
    for (; i < n && t->tail < t->head; i++)
        out[i] = t->recs[t->tail++ & t->mask];
    if (lost != NULL)
        *lost = t->lost;
    t->lost = 0;
    return i;
}

/* ---- routes ---- */

int weft_route_add(struct weft_stack *st, const struct weft_route *r)
{
    if (r == NULL)
        return -WEFT_EINVAL;
    struct weft_route own = *r;
    own.is_connected = false;
    return wf_routes_add(wf_net_of(st), &own);
}

int weft_route_del(struct weft_stack *st, const struct weft_route *r)
{
    return r != NULL ? wf_routes_del(wf_net_of(st), r) : -WEFT_EINVAL;
}

bool weft_route_next(const struct weft_stack *st, uint32_t *cursor, struct weft_route *out)
{
    const struct wf_route4 *r = wf_routes_next(&wf_net_of_const(st)->routes, cursor);
    if (r == NULL)
        return false;
    *out = wf_routes_show(r);
    return true;
}

int weft_route_lookup(const struct weft_stack *st, const struct weft_addr *dst,
                      struct weft_route *out)
{
    bool is_ok = dst != NULL && out != NULL && wf_addr_is4(dst);
    const struct wf_route4 *r =
        is_ok ? wf_routes_lookup4(wf_net_of_const(st), wf_addr_to4(dst)) : NULL;
    if (r == NULL)
        return -WEFT_ENETUNREACH;
    *out = wf_routes_show(r);
    return 0;
}

bool weft_addr_next(const struct weft_stack *st, uint32_t *cursor, struct weft_addr_info *out)
{
    const struct wf_addrs *t = &wf_net_of_const(st)->addrs;
    if (*cursor >= t->n)
        return false;
    const struct wf_ifaddr *a = &t->tab[(*cursor)++];
    *out = (struct weft_addr_info){
        .addr = wf_addr_from4(a->ip4), .ifindex = a->ifindex, .prefix_len = a->prefix_len};
    return true;
}
