/* SPDX-License-Identifier: MIT */
/**
 * DOC: echo, discard, chargen (RFC 862, 863, 864), by TCP and UDP
 *
 * Connections need no buffers: what arrived is looked at where it lies (weft_sock_recv_lend), sent
 * back or given up, and acknowledged as consumed. Limits: CONNS_MAX connections, more wait in the
 * backlog; one without progress for IDLE_NS ends.
 *
 * By UDP nothing is answered that comes from a port below 1024, or from the service's own: two such
 * services must not be set to talking with each other for ever (CERT CA-1996-01). Where they stand
 * on other ports a limit holds: after ANSWERS_BURST a source gets one in ANSWER_NS (sources share
 * ANSWER_SLOTS limits by their address). Nothing sent to a broadcast or multicast address is
 * answered (CERT CA-1998-01); else the answer comes from the address that was asked. A chargen
 * answer has at most 512 bytes.
 */
#include "serve.h"

#include <stdlib.h>
#include <string.h>

#include "weft/udp.h"

#define CONNS_MAX     1024U
#define BACKLOG       128
#define IDLE_NS       600000000000ULL
#define IOVS          16
#define DATAGRAM_MAX  65536U
#define PORT_RESERVED 1024

#define CHARS         95U /* ' ' to '~' */
#define LINE_CHARS    72U
#define LINE_BYTES    (LINE_CHARS + 2)
#define PAGE_BYTES    (CHARS * LINE_BYTES)
#define ANSWER_MAX    512U
#define ANSWER_NS     1000000ULL
#define ANSWERS_BURST 1000U
#define ANSWER_SLOTS  256U

/** struct conn - One TCP connection of a service */
struct conn {
    struct simple *owner;
    struct conn *prev, *next;
    uint64_t sock;
    uint32_t page_at; /* chargen: place in the page. */
    struct weft_timer idle;
};

struct simple {
    struct weft_service s; /* First. */
    enum weft_simple kind;
    uint64_t listener, udp;
    uint16_t port;
    bool has_udp;
    uint64_t full_ns[ANSWER_SLOTS]; /* When a source may be answered in a burst again. */
    struct conn *conns;
    uint32_t answers;
    char page[PAGE_BYTES]; /* All lines of chargen. */
    uint8_t datagram[DATAGRAM_MAX];
};

static void fill_page(char *page)
{
    for (size_t line = 0; line < CHARS; line++) {
        char *at = page + line * LINE_BYTES;
        for (unsigned i = 0; i < LINE_CHARS; i++)
            at[i] = (char)(' ' + (line + i) % CHARS);
        at[LINE_CHARS] = '\r';
        at[LINE_CHARS + 1] = '\n';
    }
}

static struct weft_stack *stack_of(const struct simple *s)
{
    return weft_dispatch_stack(s->s.d);
}

static void end_conn(struct conn *c, bool is_reset)
{
    struct simple *s = c->owner;
    weft_dispatch_disarm(s->s.d, &c->idle);
    wf_serve_end(s->s.d, c->sock, is_reset);
    *(c->prev != NULL ? &c->prev->next : &s->conns) = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    s->s.open_conns--;
    weft_dispatch_again(s->s.d, s->listener); /* Somebody may be waiting for the place. */
    free(c);
}

static void on_idle(void *arg)
{
    end_conn(arg, true);
}

static void progress(struct conn *c)
{
    weft_dispatch_arm(c->owner->s.d, &c->idle, weft_dispatch_now(c->owner->s.d) + IDLE_NS);
}

/* Sends @n bytes; what was taken, or a negative error. */
static int64_t send_some(struct conn *c, const void *bytes, size_t n)
{
    int64_t r = weft_sock_send(stack_of(c->owner), c->sock, bytes, n);
    if (r > 0)
        c->owner->s.bytes_out += (uint64_t)r;
    return r;
}

/* Sends back or gives up one look's worth; bytes consumed, 0 = end, or a negative error. */
static int64_t consume(struct conn *c)
{
    struct weft_iov iov[IOVS];
    struct weft_stack *st = stack_of(c->owner);
    int n = weft_sock_recv_lend(st, c->sock, iov, IOVS);
    if (n <= 0)
        return n;
    size_t done = 0;
    int64_t r = 0;
    for (int i = 0; i < n; i++) {
        r = (int64_t)iov[i].len;
        if (c->owner->kind == WEFT_SERVE_ECHO)
            r = send_some(c, iov[i].base, iov[i].len);
        if (r > 0)
            done += (size_t)r;
        if (r < (int64_t)iov[i].len)
            break;
    }
    if (done == 0)
        return r;
    c->owner->s.bytes_in += done;
    int e = weft_sock_recv_return(st, c->sock, done);
    return e < 0 ? e : (int64_t)done;
}

/* Sends of the page until there is no room; a negative error. */
static int64_t generate(struct conn *c)
{
    for (;;) {
        int64_t r = send_some(c, c->owner->page + c->page_at, PAGE_BYTES - c->page_at);
        if (r < 0)
            return r;
        c->page_at = (c->page_at + (uint32_t)r) % PAGE_BYTES;
        progress(c);
    }
}

static void on_conn(void *arg, uint64_t sock, uint32_t bits)
{
    struct conn *c = arg;
    (void)sock;
    (void)bits;
    int64_t r;
    if (c->owner->kind == WEFT_SERVE_CHARGEN) {
        r = generate(c);
        if (r != -WEFT_EAGAIN) {
            end_conn(c, true);
            return;
        }
    }
    while ((r = consume(c)) > 0)
        progress(c);
    if (r == 0)
        end_conn(c, c->owner->kind == WEFT_SERVE_CHARGEN); /* The peer has said everything. */
    else if (r != -WEFT_EAGAIN)
        end_conn(c, true);
}

static void add_conn(struct simple *s, uint64_t sock)
{
    struct conn *c = calloc(1, sizeof(*c));
    if (c == NULL || weft_dispatch_watch(s->s.d, sock, on_conn, c) < 0) {
        free(c);
        (void)weft_sock_abort(stack_of(s), sock);
        return;
    }
    c->owner = s;
    c->sock = sock;
    c->idle.fn = on_idle;
    c->idle.arg = c;
    c->next = s->conns;
    if (c->next != NULL)
        c->next->prev = c;
    s->conns = c;
    s->s.conns++;
    s->s.open_conns++;
    progress(c);
}

static void on_listener(void *arg, uint64_t sock, uint32_t bits)
{
    struct simple *s = arg;
    uint64_t conn;
    (void)bits;
    while (s->s.open_conns < CONNS_MAX && weft_sock_accept(stack_of(s), sock, &conn, NULL) == 0)
        add_conn(s, conn);
}

/* Whether a source has had its answers. */
static bool is_limited(struct simple *s, const struct weft_addr *from)
{
    uint64_t now = weft_dispatch_now(s->s.d);
    uint64_t *full = &s->full_ns[(from->b[15] ^ from->b[14] * 31U) % ANSWER_SLOTS];
    uint64_t at = *full > now ? *full : now;
    if (at - now >= ANSWERS_BURST * ANSWER_NS)
        return true;
    *full = at + ANSWER_NS;
    return false;
}

static bool may_answer(struct simple *s, const struct weft_udp_rx *rx)
{
    uint16_t port = rx->info.from.port;
    return s->kind != WEFT_SERVE_DISCARD && !rx->is_group && port >= PORT_RESERVED &&
           port != s->port && !is_limited(s, &rx->info.from.addr);
}

static void answer(struct simple *s, const struct weft_msg_info *info, size_t n)
{
    struct weft_udp_tx tx = WEFT_UDP_TX_INIT;
    tx.to = &info->from;
    tx.src = info->to;
    const void *bytes = s->datagram;
    if (s->kind == WEFT_SERVE_CHARGEN) {
        bytes = s->page;
        n = (s->answers++ * 131U) % (ANSWER_MAX + 1); /* RFC 864 asks for any number up to 512. */
    }
    /* A datagram that cannot be sent now is lost, as the network might have lost it. */
    int64_t r = weft_udp_send(stack_of(s), s->udp, bytes, n, &tx);
    if (r > 0)
        s->s.bytes_out += (uint64_t)r;
}

static void on_udp(void *arg, uint64_t sock, uint32_t bits)
{
    struct simple *s = arg;
    struct weft_udp_rx rx;
    (void)bits;
    for (;;) {
        int64_t r = weft_udp_recv(stack_of(s), sock, s->datagram, DATAGRAM_MAX, &rx);
        if (r == -WEFT_EAGAIN || r == -WEFT_EBADF)
            return;
        if (r < 0)
            continue; /* An ICMP error, taken by being read. */
        s->s.bytes_in += (uint64_t)r;
        if (may_answer(s, &rx))
            answer(s, &rx.info, (size_t)r);
    }
}

static void simple_close(struct weft_service *service)
{
    struct simple *s = (struct simple *)(void *)service;
    for (struct conn *c = s->conns, *next; c != NULL; c = next) {
        next = c->next;
        end_conn(c, true);
    }
    wf_serve_end(s->s.d, s->listener, false);
    if (s->has_udp)
        wf_serve_end(s->s.d, s->udp, false);
    free(s);
}

static int open_udp(struct simple *s, const struct weft_endpoint *local)
{
    struct weft_stack *st = stack_of(s);
    int r = weft_sock_open(st, WEFT_SOCK_UDP, &s->udp);
    if (r < 0)
        return r;
    s->has_udp = true;
    s->port = local->port;
    r = weft_sock_bind(st, s->udp, local);
    return r == 0 ? weft_dispatch_watch(s->s.d, s->udp, on_udp, s) : r;
}

int weft_serve_simple(struct weft_dispatch *d, enum weft_simple kind,
                      const struct weft_endpoint *local, struct weft_service **out)
{
    static const uint16_t ports[] = {
        [WEFT_SERVE_ECHO] = 7, [WEFT_SERVE_DISCARD] = 9, [WEFT_SERVE_CHARGEN] = 19};
    struct weft_endpoint at = *local;
    if (at.port == 0)
        at.port = ports[kind];
    struct simple *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return -WEFT_ENOMEM;
    s->s.close = simple_close;
    s->s.d = d;
    s->kind = kind;
    fill_page(s->page);
    int r = wf_serve_listen(d, &at, BACKLOG, on_listener, s, &s->listener);
    if (r < 0) {
        free(s);
        return r;
    }
    r = open_udp(s, &at);
    if (r < 0) {
        simple_close(&s->s);
        return r;
    }
    *out = &s->s;
    return 0;
}
