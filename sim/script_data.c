/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script data - reads and writes of a script, urgent and with Fast Open as well
 *
 * What is written and read is a pattern, so that every byte is known by its place.
 */
#include <string.h>

#include "script_call.h"

#define IO_BYTES 65536U

/* Urgent data is tried against weft only: the kernel's calls for it are not in the table. */
static bool may_be_urgent(struct sx *s)
{
    if (s->st == NULL)
        wf_sx_na(s, "urgent data is tried against weft only");
    return s->st != NULL;
}

/* recv(fd, [place in the stream], 1, MSG_OOB) = 1 */
static struct sx_result read_urgent(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    uint8_t octet = 0;
    int64_t at = 0;
    if (!may_be_urgent(s))
        return wf_sx_result_of(0);
    int r = weft_sock_recv_urgent(s->st, f->sock, &octet);
    if (r == 1 && wf_sx_arg_number(c, 1, &at)) {
        if (weft_pattern_check(SX_PATTERN_IN, (uint64_t)at, &octet, 1) != 1)
            wf_sx_fail(s, NULL, "the urgent octet is not the one at %lld", (long long)at);
        f->has_oob = true;
        f->oob_at = (uint64_t)at;
    }
    return wf_sx_result_of(r);
}

struct sx_result wf_sx_call_at_mark(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    (void)c;
    return wf_sx_result_of(may_be_urgent(s) ? weft_sock_at_mark(s->st, f->sock) : 0);
}

/* Bytes read must be those the script's peer sent there. */
struct sx_result wf_sx_call_read(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    static const char what[] = "read() got a wrong byte at";
    int64_t cap = IO_BYTES;
    (void)wf_sx_arg_number(c, 2, &cap);
    uint8_t *buf = s->buf2;
    if (wf_sx_arg_has(c, 3, "MSG_OOB"))
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
    return wf_sx_result_of(r);
}

/* What sendto() with MSG_FASTOPEN does: connect, with data on the SYN if there is a cookie. */
static struct sx_result connect_send(struct sx *s, const struct sx_call *c, struct sx_fd *f,
                                     size_t n)
{
    struct weft_endpoint ep = wf_sx_arg_remote(s, c, 4);
    if (s->is_fo_client_off)
        return wf_sx_result_of(-WEFT_EOPNOTSUPP);
    weft_pattern(SX_PATTERN_OUT, f->tx, s->buf2, n);
    int64_t r = wf_sx_sock_connect_send(s, f->sock, &ep, s->buf2, n);
    f->tx += r > 0 ? (uint64_t)r : 0;
    s->last_fd = f->fd;
    if (r == 0 && n > 0) /* Another stack may take nothing before the handshake. */
        return (struct sx_result){-1, EINPROGRESS_NAME};
    return wf_sx_result_of(r);
}

struct sx_result wf_sx_call_write(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    int64_t len = 0;
    (void)wf_sx_arg_number(c, 2, &len);
    size_t n = len < 0 ? 0 : len > (int64_t)SX_PKT_MAX ? SX_PKT_MAX : (size_t)len;
    int64_t r;
    if (f->type != WEFT_SOCK_TCP) {
        struct weft_endpoint ep = wf_sx_arg_remote(s, c, 4);
        weft_pattern(SX_PATTERN_OUT, 0, s->buf2, n);
        if (f->type == WEFT_SOCK_PING && n >= 8) {
            memset(s->buf2, 0, 8);
            s->buf2[0] = 8;
            weft_pattern(SX_PATTERN_ECHO, 0, s->buf2 + 8, n - 8);
        }
        bool is_connected = strcmp(c->name, "sendto") != 0;
        r = wf_sx_sock_sendto(s, f->sock, s->buf2, n, is_connected ? NULL : &ep);
    } else if (wf_sx_arg_has(c, 3, "MSG_FASTOPEN")) {
        return connect_send(s, c, f, n);
    } else {
        /* A long write is offered piece by piece, until one is not taken whole. */
        int64_t sum = 0;
        do {
            n = len - sum > (int64_t)IO_BYTES ? IO_BYTES : (size_t)(len - sum);
            weft_pattern(SX_PATTERN_OUT, f->tx, s->buf2, n);
            bool is_urgent = wf_sx_arg_has(c, 3, "MSG_OOB");
            if (is_urgent && !may_be_urgent(s))
                return wf_sx_result_of(0);
            r = is_urgent ? weft_sock_send_urgent(s->st, f->sock, s->buf2, n)
                          : wf_sx_sock_send(s, f->sock, s->buf2, n);
            sum += r > 0 ? r : 0;
            f->tx += r > 0 ? (uint64_t)r : 0;
        } while (r == (int64_t)n && sum < len);
        r = sum > 0 ? sum : r;
    }
    return wf_sx_result_of(r);
}

struct sx_result wf_sx_call_vector(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    struct sx_call plain;
    char digits[24];
    bool is_read = strncmp(c->name, "re", 2) == 0;
    if (!wf_sx_io_plain(c, &plain, digits)) {
        wf_sx_fail(s, NULL, "%s() has no lengths like {..., 1000}", c->name);
        return wf_sx_result_of(0);
    }
    return is_read ? wf_sx_call_read(s, &plain, f) : wf_sx_call_write(s, &plain, f);
}
