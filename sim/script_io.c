/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script io - calls whose arguments have a shape: poll, ioctl, fcntl, vectors, messages
 *
 * Vectors and messages become the plain read or write of all their bytes: what passes over the wire
 * is the same.
 */
#include <stdio.h>
#include <string.h>

#include "script.h"

/** struct scan - Where in an argument */
struct scan {
    const char *p, *end;
};

static struct scan scan_of(const struct sx_call *c, uint32_t i)
{
    struct scan k = {NULL, NULL};
    if (i < c->args_n) {
        k.p = c->arg[i].p;
        k.end = k.p + c->arg[i].n;
    }
    return k;
}

/* Passes the next @word; false if there is none. */
static bool pass(struct scan *k, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = k->p; p != NULL && (size_t)(k->end - p) >= n; p++) {
        if (memcmp(p, word, n) == 0) {
            k->p = p + n;
            return true;
        }
    }
    return false;
}

static bool number(struct scan *k, int64_t *out)
{
    int64_t v = 0;
    while (k->p < k->end && (*k->p == ' ' || *k->p == '='))
        k->p++;
    if (k->p >= k->end || *k->p < '0' || *k->p > '9')
        return false;
    for (; k->p < k->end && *k->p >= '0' && *k->p <= '9' && v < INT64_MAX / 32; k->p++)
        v = v * 10 + (*k->p - '0');
    *out = v;
    return true;
}

/* ---- vectors ---- */

/* "[{..., 1000}, {..., 500}]": the sum of the lengths. */
static int64_t vector_bytes(struct scan k)
{
    int64_t sum = 0, n;
    while (pass(&k, "{...,"))
        if (number(&k, &n))
            sum += n;
    return sum;
}

bool wf_sx_io_plain(const struct sx_call *c, struct sx_call *out, char digits[24])
{
    struct scan k = scan_of(c, 1);
    *out = *c;
    if (strcmp(c->name, "sendmsg") == 0 || strcmp(c->name, "recvmsg") == 0) {
        if (!pass(&k, "msg_iov"))
            return false;
        struct scan flags = k;
        k.end = pass(&flags, "]") ? flags.p : k.end;
    } else if (strcmp(c->name, "readv") != 0 && strcmp(c->name, "writev") != 0) {
        return false;
    }
    int n = snprintf(digits, 24, "%lld", (long long)vector_bytes(k));
    bool is_message = strcmp(c->name + 4, "msg") == 0;
    out->args_n = is_message && c->args_n > 2 ? 4 : 3;
    out->arg[3] = c->arg[2]; /* Flags, where sendto() has them. */
    out->arg[1] = (struct sx_slice){"...", 3};
    out->arg[2] = (struct sx_slice){digits, (size_t)n};
    return true;
}

/* ---- flags of send and recv ---- */

bool wf_sx_io_flags(struct sx *s, const struct sx_call *c)
{
    static const char *const foreign[] = {
        "MSG_PEEK",  "MSG_ZEROCOPY", "MSG_EOR",      "MSG_MORE",
        "MSG_TRUNC", "MSG_WAITALL",  "MSG_ERRQUEUE",
    };
    for (uint32_t a = 1; a < c->args_n; a++) {
        for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
            if (wf_sx_slice_has(c->arg[a], foreign[i])) {
                wf_sx_na(s, "weft has no %s", foreign[i]);
                return false;
            }
        }
    }
    return true;
}

/* ---- poll ---- */

static const struct {
    const char *name;
    uint32_t in, out; /* Any of these bits of weft: the event. */
} poll_events[] = {
    {"POLLIN", WEFT_READABLE, 1}, {"POLLOUT", WEFT_WRITABLE, 2}, {"POLLRDHUP", WEFT_PEER_SHUT, 4},
    {"POLLHUP", WEFT_HANGUP, 8},  {"POLLERR", WEFT_ERROR, 16},
};

/* Events named in the text up to the end of the field, as bits of the table. */
static uint32_t events_in(const char *p, const char *end)
{
    uint32_t bits = 0;
    while (p < end) {
        size_t n = 0;
        while (p + n < end && ((p[n] >= 'A' && p[n] <= 'Z') || p[n] == '_'))
            n++;
        for (size_t i = 0; i < sizeof(poll_events) / sizeof(poll_events[0]); i++)
            if (strlen(poll_events[i].name) == n && memcmp(p, poll_events[i].name, n) == 0)
                bits |= poll_events[i].out;
        if (n == 0 && (*p == ',' || *p == '}'))
            break;
        p += n == 0 ? 1 : n;
    }
    return bits;
}

static uint32_t events_of(struct sx *s, int64_t fd)
{
    const struct sx_fd *f = wf_sx_fd(s, fd);
    uint32_t ready = f == NULL ? 0 : wf_sx_sock_ready(s, f->sock), bits = 0;
    for (size_t i = 0; i < sizeof(poll_events) / sizeof(poll_events[0]); i++)
        if ((ready & poll_events[i].in) != 0)
            bits |= poll_events[i].out;
    return bits;
}

int64_t wf_sx_io_poll(struct sx *s, const struct sx_call *c, bool is_checking)
{
    struct scan k = scan_of(c, 0);
    int64_t fd, count = 0;
    while (pass(&k, "fd=") && number(&k, &fd)) {
        if (!pass(&k, "events="))
            break;
        uint32_t asked = events_in(k.p, k.end);
        uint32_t got = events_of(s, fd) & (asked | 8 | 16);
        count += got != 0;
        if (is_checking && pass(&k, "revents=") && events_in(k.p, k.end) != got)
            wf_sx_fail(s, NULL, "poll() reports events 0x%x of descriptor %lld", got,
                       (long long)fd);
    }
    return count;
}

bool wf_sx_io_poll_waits(const struct sx_call *c)
{
    return c->args_n < 3 || !(c->arg[2].n == 1 && c->arg[2].p[0] == '0');
}

/* ---- ioctl, fcntl ---- */

bool wf_sx_io_ioctl(struct sx *s, const struct sx_call *c, const struct sx_fd *f)
{
    struct weft_tcp_info t;
    struct scan k = scan_of(c, 2);
    int64_t want, got;
    const struct sx_slice name = c->args_n > 1 ? c->arg[1] : (struct sx_slice){"", 0};
    bool is_in = wf_sx_slice_is(name, "SIOCINQ") || wf_sx_slice_is(name, "FIONREAD");
    if (!is_in && !wf_sx_slice_is(name, "SIOCOUTQ") && !wf_sx_slice_is(name, "TIOCOUTQ") &&
        !wf_sx_slice_is(name, "SIOCOUTQNSD")) {
        wf_sx_na(s, "weft has no ioctl %.*s", (int)name.n, name.p);
        return false;
    }
    if (s->st == NULL || weft_sock_tcp_info(s->st, f->sock, &t) != 0) {
        wf_sx_na(s, "there is no ioctl %.*s on this socket", (int)name.n, name.p);
        return false;
    }
    got = is_in ? t.recvq : wf_sx_slice_is(name, "SIOCOUTQNSD") ? t.unsent : t.sendq;
    if (pass(&k, "[") && number(&k, &want) && want != got)
        wf_sx_fail(s, NULL, "%.*s gives %lld", (int)name.n, name.p, (long long)got);
    return !s->has_failed;
}

int64_t wf_sx_io_fcntl(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    const struct sx_slice name = c->args_n > 1 ? c->arg[1] : (struct sx_slice){"", 0};
    if (wf_sx_slice_is(name, "F_GETFL"))
        return f->is_nonblocking ? 2 | 2048 : 2; /* O_RDWR, O_NONBLOCK as on Linux. */
    if (!wf_sx_slice_is(name, "F_SETFL")) {
        wf_sx_na(s, "weft has no fcntl %.*s", (int)name.n, name.p);
        return 0;
    }
    f->is_nonblocking = c->args_n > 2 && wf_sx_slice_has(c->arg[2], "O_NONBLOCK");
    return 0;
}
