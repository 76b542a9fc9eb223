/* SPDX-License-Identifier: MIT */
/** DOC: Datagrams that nobody should send, and too many of them (BAD-UDP), of UDP and UDP-Lite */
#include <string.h>

#include "bad.h"
#include "pkt/pkt.h"
#include "weft/udp.h"

#define UDP      17
#define LITE     136
#define HDRS     28u         /* IPv4 and UDP. */
#define PEER_IP  0xc0000201u /* 192.0.2.1; the stack is .2 */
#define STACK_IP 0xc0000202u
#define PORT     4000
#define REMOTE   5000

/* ---- frames ---- */

/* IP length and both checksums, of @n bytes; of UDP-Lite as the coverage field says. */
static void finish(uint8_t *f, size_t n)
{
    uint32_t len = (uint32_t)n - 20, covered = len;
    t_put16(f + 2, (uint32_t)n);
    t_put_sum(f + 10, f, 20, 0);
    if (f[9] == LITE && t_get16(f + 24) != 0 && t_get16(f + 24) < len)
        covered = t_get16(f + 24);
    t_put_sum(f + 26, f + 20, covered, t_sum(f + 12, 8, f[9] + len));
    if (t_get16(f + 26) == 0)
        t_put16(f + 26, 0xffff);
}

/** struct dgram - A datagram to be made */
struct dgram {
    uint8_t proto;
    uint32_t src, dst;
    uint16_t sport, dport, len;
    uint32_t number; /* In its first bytes, if there is room. */
};

static const struct dgram usual = {UDP, PEER_IP, STACK_IP, REMOTE, PORT, 100, 0};

static size_t make(uint8_t *f, const struct dgram *d)
{
    memset(f, 0, HDRS);
    f[0] = 0x45;
    f[8] = 64;
    f[9] = d->proto;
    t_put32(f + 12, d->src);
    t_put32(f + 16, d->dst);
    t_put16(f + 20, d->sport);
    t_put16(f + 22, d->dport);
    t_put16(f + 24, 8u + d->len);
    for (uint32_t i = 0; i < d->len; i++)
        f[HDRS + i] = (uint8_t)(i * 7 + 1);
    if (d->len >= 4)
        t_put32(f + HDRS, d->number);
    finish(f, HDRS + d->len);
    return HDRS + d->len;
}

static void push(struct bad *b, const struct dgram *d)
{
    static uint8_t f[PEER_FRAME_MAX];
    bad_push(b, f, make(f, d));
}

static uint64_t open_at(struct bad *b, uint8_t proto, uint16_t port, bool is_shared)
{
    uint64_t sock = 0;
    struct weft_endpoint at = {.port = port};
    T_EQ(weft_sock_open(b->st, proto == UDP ? WEFT_SOCK_UDP : WEFT_SOCK_UDPLITE, &sock), 0);
    T_EQ(weft_sock_set(b->st, sock, WEFT_SO_REUSEADDR, is_shared), 0);
    T_EQ(weft_sock_bind(b->st, sock, &at), 0);
    return sock;
}

static int64_t take(struct bad *b, uint64_t sock)
{
    static uint8_t buf[65536];
    return weft_sock_recv(b->st, sock, buf, sizeof(buf));
}

/* A frame does nothing but die once, for this reason. */
static void dies(struct bad *b, const uint8_t *f, size_t n, unsigned why)
{
    uint64_t all = bad_drops(b, BAD_NO_DROP), named = bad_drops(b, why), sent = b->sent;
    bad_push(b, f, n);
    bad_run(b, 2 * MS);
    T_EQ(bad_drops(b, BAD_NO_DROP), all + 1);
    T_EQ(bad_drops(b, why), named + 1);
    T_EQ(b->sent, sent);
}

/* ---- lengths ---- */

/* proves: BAD-UDP-01 BAD-UDP-02 */
static void lengths_that_do_not_fit(void)
{
    struct bad *b = bad_usual();
    uint64_t sock = open_at(b, UDP, PORT, false), lite = open_at(b, LITE, PORT, false);
    uint8_t f[PEER_FRAME_MAX];
    bad_honest(b);
    for (unsigned len = 0; len < 8; len++) {
        size_t n = make(f, &usual);
        t_put16(f + 24, len);
        dies(b, f, n, WEFT_DROP_UDP_BAD_LEN);
        f[9] = LITE;
        finish(f, n);
        if (len != 0)
            dies(b, f, n, WEFT_DROP_UDPLITE_BAD_COV);
    }
    static const uint16_t beyond[] = {109, 110, 128, 4096, 0x8000, 0xffff};
    for (unsigned i = 0; i < 6; i++) {
        size_t n = make(f, &usual);
        t_put16(f + 24, beyond[i]);
        dies(b, f, n, WEFT_DROP_UDP_BAD_LEN);
        f[9] = LITE;
        finish(f, n);
        dies(b, f, n, WEFT_DROP_UDPLITE_BAD_COV);
    }
    for (unsigned n = 20; n < HDRS; n++) {
        (void)make(f, &usual);
        finish(f, HDRS);
        t_put16(f + 2, n);
        t_put_sum(f + 10, f, 20, 0);
        dies(b, f, n, WEFT_DROP_UDP_TRUNCATED);
    }
    T_EQ(take(b, sock), -WEFT_EAGAIN);
    T_EQ(take(b, lite), -WEFT_EAGAIN);
    (void)weft_sock_close(b->st, sock);
    (void)weft_sock_close(b->st, lite);
    bad_end(b);
}

/* proves: BAD-UDP-03 BAD-UDP-12 */
/* What the length leaves out is no data: each length down to nothing, which is a datagram still. */
static void lengths_that_leave_bytes_out(void)
{
    struct bad *b = bad_usual();
    uint64_t sock = open_at(b, UDP, PORT, false);
    uint8_t f[PEER_FRAME_MAX];
    bad_honest(b);
    uint64_t drops = bad_drops(b, BAD_NO_DROP);
    for (unsigned len = 0; len <= 100; len++) {
        struct dgram d = usual;
        d.len = (uint16_t)len;
        size_t n = make(f, &d);
        memset(f + n, 0xee, 128 - n); /* The sum is over the shorter length. */
        t_put16(f + 2, 128);
        t_put_sum(f + 10, f, 20, 0);
        bad_push(b, f, 128);
        T_CHECK((weft_sock_ready(b->st, sock) & WEFT_READABLE) != 0);
        T_EQ(take(b, sock), len);
        T_EQ(take(b, sock), -WEFT_EAGAIN);
    }
    T_EQ(bad_drops(b, BAD_NO_DROP), drops);
    (void)weft_sock_close(b->st, sock);
    bad_end(b);
}

/* proves: BAD-UDP-04 */
/* Each bit turned over, each cut: what the checksum covers is never delivered when it is wrong. */
static void damaged(uint8_t proto, uint16_t cov)
{
    struct bad *b = bad_usual();
    uint64_t sock = open_at(b, proto, PORT, false);
    uint8_t f[PEER_FRAME_MAX], buf[200];
    struct dgram d = usual;
    d.proto = proto;
    d.len = 40;
    bad_honest(b);
    for (unsigned bit = 0; bit < (HDRS + 40) * 8; bit++) {
        size_t n = make(f, &d);
        if (proto == LITE) {
            t_put16(f + 24, cov);
            finish(f, n);
        }
        uint64_t before = bad_drops(b, BAD_NO_DROP);
        f[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        bad_push(b, f, n);
        int64_t r = weft_sock_recv(b->st, sock, buf, sizeof(buf));
        bool may_pass = bit / 8 >= 20u + (proto == LITE ? cov : 48u);
        T_EQ(r, may_pass ? 40 : -WEFT_EAGAIN);
        T_CHECK(bad_drops(b, BAD_NO_DROP) <= before + 1);
        if (bit % 64 == 0)
            bad_run(b, 1 * MS);
    }
    for (size_t cut = 0; cut < HDRS + 40; cut++) {
        (void)make(f, &d);
        uint64_t before = bad_drops(b, BAD_NO_DROP);
        bad_push(b, f, cut);
        T_EQ(bad_drops(b, BAD_NO_DROP), before + 1);
        T_EQ(take(b, sock), -WEFT_EAGAIN);
    }
    (void)weft_sock_close(b->st, sock);
    bad_end(b);
}

static void damaged_udp(void)
{
    damaged(UDP, 0);
}

/* proves: UDP-LITE-04 */
static void damaged_lite(void)
{
    damaged(LITE, 20);
}

/* ---- silence ---- */

/* proves: BAD-UDP-07 */
/* A closed port answers to a single host alone, and only what was sent to it alone. */
static void no_answer_to_what_is_no_host(void)
{
    static const uint32_t src[] = {0,          0x00000001, 0x7f000001, 0xe0000001,
                                   0xefffffff, 0xf0000001, UINT32_MAX, STACK_IP,
                                   0xc00002ff, 0xc0000200, 0x0a000002};
    static const uint32_t dst[] = {UINT32_MAX, 0xc00002ff, 0xc0000200, 0xe0000001, 0xe00000fb};
    static const uint8_t protos[] = {UDP, LITE};
    struct bad *b = bad_usual();
    bad_honest(b);
    uint64_t drops = bad_drops(b, BAD_NO_DROP);
    for (unsigned p = 0; p < 2; p++) {
        struct dgram d = usual;
        d.proto = protos[p];
        for (unsigned i = 0; i < sizeof(src) / sizeof(src[0]); i++) {
            d.src = src[i];
            push(b, &d);
        }
        d.src = PEER_IP;
        for (unsigned i = 0; i < sizeof(dst) / sizeof(dst[0]); i++) {
            for (unsigned port = 0; port < 3; port++) {
                d.dst = dst[i];
                d.dport = port == 0 ? PORT : port == 1 ? 7 : 19;
                push(b, &d);
            }
        }
    }
    bad_run(b, 10 * MS);
    T_EQ(b->sent, 0);
    T_EQ(bad_drops(b, BAD_NO_DROP), drops + 2 * (11 + 15));
    push(b, &usual); /* But this one does. */
    bad_run(b, 10 * MS);
    T_EQ(b->sent, 1);
    const struct bad_frame *q = bad_pull(b);
    T_CHECK(q != NULL && q->b[9] == 1 && q->b[20] == 3 && q->b[21] == 3);
    bad_end(b);
}

/* A hundred thousand datagrams to closed ports in a tenth of a second: as many answers as the limit
 * allows. */
static void closed_ports_under_a_flood(void)
{
    struct bad *b = bad_usual();
    struct dgram d = usual;
    bad_honest(b);
    for (unsigned i = 0; i < 100000; i++) {
        d.src = PEER_IP & ~0xfu;
        d.src |= 1 + i % 14;
        d.src += d.src == STACK_IP;
        d.dport = (uint16_t)(1 + i % 65535);
        push(b, &d);
        if (i % 1000 == 999)
            bad_run(b, 1 * MS);
    }
    T_CHECK(b->sent > 0 && b->sent < 200);
    T_CHECK(bad_count(b, WEFT_COUNT_ICMP_RATE_LIMITED) > 99000);
    bad_end(b);
}

/* ---- memory ---- */

/* What the datagrams of a queue really hold. */
static uint64_t held(const struct bad *b)
{
    struct weft_usage u = bad_usage(b);
    return u.pkts * sizeof(struct pkt) + (uint64_t)u.chunks * 16384 +
           (uint64_t)u.lent * b->pinned_bytes;
}

static void check_oldest(struct bad *b, uint64_t sock, uint32_t len)
{
    static uint8_t buf[2000];
    uint32_t n = 0;
    for (int64_t r; (r = weft_sock_recv(b->st, sock, buf, sizeof(buf))) >= 0; n++) {
        T_EQ(r, len);
        if (len >= 4)
            T_EQ(t_get32(buf), n);
    }
    T_CHECK(n > 10);
}

/* proves: BAD-UDP-09 BAD-UDP-10 */
/* A reader that never reads: what is queued is bounded by the memory that it holds, not by its
 * bytes; the oldest stay, and a neighbour on another port notices nothing. */
static void nobody_reads(uint32_t len, uint32_t count)
{
    struct bad *b = bad_usual();
    uint64_t idle = open_at(b, UDP, PORT, false), other = open_at(b, UDP, PORT + 1, false);
    struct dgram d = usual;
    d.len = (uint16_t)len;
    b->pinned_bytes = 2048;
    T_EQ(weft_sock_set(b->st, idle, WEFT_SO_RCVBUF, 60000), 0);
    bad_run(b, 1 * MS);
    uint64_t base = held(b);
    for (uint32_t i = 0; i < count; i++) {
        d.number = i;
        d.dport = PORT;
        push(b, &d);
        if (i % 1000 != 0)
            continue;
        bad_run(b, 1 * MS); /* Frames go back to the driver. */
        T_CHECK(held(b) <= base + 60000 + 2 * 16384);
        d.dport = PORT + 1;
        push(b, &d);
        T_EQ(take(b, other), len);
    }
    bad_honest(b);
    T_CHECK(bad_drops(b, WEFT_DROP_UDP_QUEUE_FULL) > count - 200);
    T_EQ(bad_count(b, WEFT_COUNT_UDP_IN), b->pushed);
    check_oldest(b, idle, len);
    (void)weft_sock_close(b->st, idle);
    (void)weft_sock_close(b->st, other);
    bad_end(b);
}

static void datagrams_that_nobody_reads(void)
{
    nobody_reads(1000, 1000000);
    nobody_reads(1472, 20000);
}

static void tiny_datagrams_that_nobody_reads(void)
{
    nobody_reads(1, 20000);
    nobody_reads(0, 20000);
    nobody_reads(300, 20000);
}

/* A hundred sockets on a port, none reads, and the network is flooded with broadcasts: one drop a
 * frame at most, and packets are left for who needs them. */
static void broadcasts_to_a_hundred_sockets(void)
{
    struct bad *b = bad_usual();
    uint64_t sock[100];
    struct dgram d = usual;
    for (unsigned i = 0; i < 100; i++)
        sock[i] = open_at(b, i % 2 == 0 ? UDP : LITE, PORT, true);
    bad_honest(b);
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t before = bad_drops(b, BAD_NO_DROP);
        d.proto = i % 2 == 0 ? UDP : LITE;
        d.dst = i % 3 == 0 ? UINT32_MAX : 0xc00002ff;
        push(b, &d);
        T_CHECK(bad_drops(b, BAD_NO_DROP) <= before + 1);
        if (i % 100 == 0)
            bad_run(b, 1 * MS);
    }
    T_EQ(b->sent, 0);
    T_EQ(take(b, sock[0]), 100);
    for (unsigned i = 0; i < 100; i++)
        (void)weft_sock_close(b->st, sock[i]);
    bad_end(b);
}

/* ---- strangers ---- */

/* proves: BAD-UDP-11 UDP-USE-05 */
static void strangers_to_a_connected_socket(void)
{
    struct bad *b = bad_usual();
    uint64_t sock = open_at(b, UDP, PORT, false);
    struct weft_endpoint peer = {.addr = weft_ip4(192, 0, 2, 1), .port = REMOTE};
    T_EQ(weft_sock_connect(b->st, sock, &peer), 0);
    bad_honest(b);
    for (unsigned i = 0; i < 5000; i++) {
        struct dgram d = usual;
        d.src = 0xc0000200 | (uint32_t)(3 + t_random() % 200);
        d.sport = i % 2 == 0 ? REMOTE : (uint16_t)t_random();
        if (i % 4 == 3) {
            d.src = PEER_IP;
            d.sport = d.sport == REMOTE ? 1 : d.sport;
        }
        push(b, &d);
        T_EQ(take(b, sock), -WEFT_EAGAIN);
    }
    push(b, &usual);
    T_EQ(take(b, sock), 100);
    (void)weft_sock_close(b->st, sock);
    bad_end(b);
}

/* An error that quotes what a socket may have sent. */
static void quote(struct bad *b, uint8_t type, uint8_t code, const struct dgram *sent)
{
    uint8_t f[28 + HDRS + 100];
    memset(f, 0, 28);
    f[0] = 0x45;
    f[8] = 64;
    f[9] = 1;
    t_put32(f + 12, 0xc00002fe);
    t_put32(f + 16, STACK_IP);
    f[20] = type;
    f[21] = code;
    (void)make(f + 28, sent);
    t_put16(f + 2, 56);
    t_put_sum(f + 10, f, 20, 0);
    t_put_sum(f + 22, f + 20, 36, 0);
    bad_push(b, f, 56);
}

/* proves: BAD-UDP-14 UDP-USE-07 UDP-SQ-01 */
/* Errors that quote what was not sent reach nobody; of those that fit only so many wait. */
static void errors_by_the_thousand(void)
{
    struct bad *b = bad_usual();
    uint64_t sock = open_at(b, UDP, PORT, false);
    struct weft_endpoint peer = {.addr = weft_ip4(192, 0, 2, 1), .port = REMOTE};
    struct weft_sock_err e;
    struct dgram sent = {UDP, STACK_IP, PEER_IP, PORT, REMOTE, 0, 0};
    T_EQ(weft_sock_set(b->st, sock, WEFT_IP_RECVERR, 1), 0);
    T_EQ(weft_sock_connect(b->st, sock, &peer), 0);
    bad_honest(b);
    for (unsigned i = 0; i < 20000; i++) {
        struct dgram d = sent;
        if (i % 4 == 0)
            d.sport = (uint16_t)(PORT + 1 + t_random() % 1000);
        else if (i % 4 == 1)
            d.dport = (uint16_t)(REMOTE + 1 + t_random() % 1000);
        else if (i % 4 == 2)
            d.dst += 1 + (uint32_t)(t_random() % 200) + 1;
        else
            d.proto = LITE;
        quote(b, i % 3 == 0 ? 11 : 3, (uint8_t)(i % 2 == 0 ? 3 : 0), &d);
        quote(b, 4, 0, &sent); /* Source quench, of the right one. */
        T_EQ(weft_sock_recv_error(b->st, sock, &e), -WEFT_EAGAIN);
        T_EQ(take(b, sock), -WEFT_EAGAIN);
        if (i % 1000 == 0)
            bad_run(b, 1 * MS);
    }
    T_EQ(bad_drops(b, WEFT_DROP_ICMP_QUENCH), 20000);
    unsigned waiting = 0;
    for (unsigned i = 0; i < 10000; i++) {
        quote(b, 3, 3, &sent);
        if (i % 1000 == 0)
            bad_run(b, 1 * MS);
    }
    T_EQ(take(b, sock), -WEFT_ECONNREFUSED);
    T_EQ(take(b, sock), -WEFT_EAGAIN);
    while (weft_sock_recv_error(b->st, sock, &e) == 0)
        waiting++;
    T_EQ(waiting, 64);
    T_EQ(b->sent, 0);
    (void)weft_sock_close(b->st, sock);
    bad_end(b);
}

static const struct t_case cases[] = {
    {"lengths and coverages that do not fit", lengths_that_do_not_fit},
    {"lengths that leave bytes out", lengths_that_leave_bytes_out},
    {"each bit and each cut of a UDP datagram", damaged_udp},
    {"each bit and each cut of a UDP-Lite datagram", damaged_lite},
    {"no answer to what is no host", no_answer_to_what_is_no_host},
    {"closed ports under a flood", closed_ports_under_a_flood},
    {"datagrams that nobody reads", datagrams_that_nobody_reads},
    {"tiny datagrams that nobody reads", tiny_datagrams_that_nobody_reads},
    {"broadcasts to a hundred sockets", broadcasts_to_a_hundred_sockets},
    {"strangers to a connected socket", strangers_to_a_connected_socket},
    {"errors by the thousand", errors_by_the_thousand},
};
T_MAIN(cases)
