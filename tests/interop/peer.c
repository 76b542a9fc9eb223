/* SPDX-License-Identifier: MIT */
/**
 * DOC: peer - a weft host as the active side of one interop case
 *
 *   peer SPEC CIDR MTU plain|offload half ADDRESS PORT BYTES      send, shut down, read the echo on
 *   peer SPEC CIDR MTU plain|offload conns ADDRESS PORT COUNT AT-ONCE   connect, 64 bytes and back
 *   peer SPEC CIDR MTU plain|offload udp ADDRESS PORT BYTES...    a datagram of each size and back
 *   peer SPEC CIDR MTU plain|offload lite ADDRESS PORT SEND RECEIVE BYTES...   as udp, coverage
 *   peer SPEC CIDR MTU plain|offload try ADDRESS PORT...          connect, print how it ends
 *
 * Prints "ready" once its link is there and waits for a line on standard input; then a line of
 * results. The exit code is 0 if every byte came back.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/host.h"

#define CHUNK     65536U
#define CONNS_MAX 512U
#define LIMIT_NS  120000000000U

static struct weft_host *host;
static struct weft_stack *stack;

static void fail(const char *what, int64_t err)
{
    fprintf(stderr, "peer: %s: %s\n", what, err < 0 ? weft_strerror((int)err) : "failed");
    exit(1);
}

/* Bytes of any place of a stream. */
static void pattern(uint64_t at, uint8_t *buf, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf[i] = (uint8_t)((at + i) * 2654435761U >> 16);
}

static void verify(uint64_t at, const uint8_t *buf, size_t n)
{
    static uint8_t want[CHUNK];
    pattern(at, want, n);
    if (memcmp(buf, want, n) != 0)
        fail("what came back is not what was sent", 0);
}

static void round_of(uint64_t end_ns)
{
    uint64_t now_ns = weft_host_now();
    if (now_ns > end_ns)
        fail("time is up", 0);
    if (weft_host_poll(host, now_ns + 50000000U) < 0)
        fail("the host was stopped", 0);
}

/* ---- half-close ---- */

static uint64_t half_read(uint64_t sock, uint64_t at, bool *is_ended)
{
    static uint8_t buf[CHUNK];
    int64_t n;
    while ((n = weft_sock_recv(stack, sock, buf, sizeof(buf))) > 0) {
        verify(at, buf, (size_t)n);
        at += (uint64_t)n;
    }
    *is_ended = n == 0;
    if (n < 0 && n != -WEFT_EAGAIN)
        fail("recv", n);
    return at;
}

static void half(const struct weft_endpoint *to, uint64_t bytes)
{
    static uint8_t buf[CHUNK];
    uint64_t sock, sent = 0, got = 0, after_fin = 0, end_ns = weft_host_now() + LIMIT_NS;
    bool is_ended = false, is_shut = false;
    int err = weft_host_connect(host, to, &sock, 5000000000U);
    if (err < 0)
        fail("connect", err);
    while (!is_ended) {
        int64_t n = 1;
        while (sent < bytes && n > 0) {
            size_t want = bytes - sent < CHUNK ? (size_t)(bytes - sent) : CHUNK;
            pattern(sent, buf, want);
            n = weft_sock_send(stack, sock, buf, want);
            sent += n > 0 ? (uint64_t)n : 0;
        }
        if (n < 0 && n != -WEFT_EAGAIN)
            fail("send", n);
        if (sent == bytes && !is_shut) {
            is_shut = true;
            if (weft_sock_shutdown(stack, sock, false, true) < 0)
                fail("shutdown", 0);
        }
        uint64_t before = got;
        got = half_read(sock, got, &is_ended);
        after_fin += is_shut ? got - before : 0;
        if (!is_ended)
            round_of(end_ns);
    }
    weft_sock_close(stack, sock);
    printf("sent %" PRIu64 " got %" PRIu64 " after %" PRIu64 "\n", sent, got, after_fin);
    if (got != bytes)
        fail("the stream ended early", 0);
}

/* ---- many connections ---- */

struct one {
    uint64_t sock;
    uint32_t got;
    bool has_sent;
};

static bool one_turn(struct one *c)
{
    uint8_t buf[64];
    uint32_t bits = weft_sock_ready(stack, c->sock);
    if ((bits & WEFT_ERROR) != 0)
        fail("connection", weft_sock_send(stack, c->sock, buf, 1));
    if (!c->has_sent && (bits & WEFT_CONNECTED) != 0) {
        pattern(0, buf, sizeof(buf));
        c->has_sent = weft_sock_send(stack, c->sock, buf, sizeof(buf)) == (int64_t)sizeof(buf);
    }
    int64_t n = (bits & WEFT_READABLE) != 0 ? weft_sock_recv(stack, c->sock, buf, sizeof(buf)) : 0;
    if (n > 0) {
        verify(c->got, buf, (size_t)n);
        c->got += (uint32_t)n;
    }
    if (c->got < sizeof(buf))
        return false;
    weft_sock_close(stack, c->sock);
    *c = (struct one){0};
    return true;
}

static void conns(const struct weft_endpoint *to, uint64_t count, uint64_t at_once)
{
    static struct one c[CONNS_MAX];
    uint64_t begun = 0, done = 0, most = 0, end_ns = weft_host_now() + LIMIT_NS;
    while (done < count) {
        uint64_t open = 0;
        for (uint64_t i = 0; i < at_once && i < CONNS_MAX; i++) {
            if (c[i].sock == 0 && begun < count) {
                int err = weft_sock_open(stack, WEFT_SOCK_TCP, &c[i].sock);
                if (err == 0)
                    err = weft_sock_connect(stack, c[i].sock, to);
                if (err < 0)
                    fail("connect", err);
                begun++;
            }
            open += c[i].sock != 0;
        }
        most = open > most ? open : most;
        round_of(end_ns);
        for (uint64_t i = 0; i < at_once && i < CONNS_MAX; i++)
            done += c[i].sock != 0 && one_turn(&c[i]);
    }
    printf("done %" PRIu64 " at-once %" PRIu64 "\n", done, most);
}

/* ---- datagrams ---- */

static void echoed(uint64_t sock, const struct weft_endpoint *to, char **sizes, int n)
{
    static uint8_t out[CHUNK], in[CHUNK];
    int err = weft_sock_connect(stack, sock, to);
    if (err < 0)
        fail("connect", err);
    for (int i = 0; i < n; i++) {
        size_t len = (size_t)strtoull(sizes[i], NULL, 10);
        pattern(len, out, len);
        int64_t r = weft_sock_send(stack, sock, out, len);
        if (r != (int64_t)len)
            fail("udp send", r);
        r = weft_host_recv(host, sock, in, sizeof(in), 3000000000U);
        if (r != (int64_t)len || memcmp(in, out, len) != 0) {
            fprintf(stderr, "peer: %zu bytes: %s\n", len,
                    r < 0 ? weft_strerror((int)r) : "not the same");
            exit(1);
        }
    }
    weft_sock_close(stack, sock);
    printf("echoed %d\n", n);
}

static void udp(const struct weft_endpoint *to, char **sizes, int n)
{
    uint64_t sock;
    int err = weft_sock_open(stack, WEFT_SOCK_UDP, &sock);
    if (err < 0)
        fail("udp", err);
    echoed(sock, to, sizes, n);
}

static void lite(const struct weft_endpoint *to, char **args, int n)
{
    uint64_t sock;
    int err = weft_sock_open(stack, WEFT_SOCK_UDPLITE, &sock);
    if (err == 0)
        err = weft_sock_set(stack, sock, WEFT_UDPLITE_SEND_COV, strtoll(args[0], NULL, 10));
    if (err == 0)
        err = weft_sock_set(stack, sock, WEFT_UDPLITE_RECV_COV, strtoll(args[1], NULL, 10));
    if (err < 0)
        fail("lite", err);
    echoed(sock, to, args + 2, n - 2);
}

/* ---- errors ---- */

static void try(struct weft_endpoint to, char **ports, int n)
{
    for (int i = 0; i < n; i++) {
        uint64_t sock;
        to.port = (uint16_t)strtoul(ports[i], NULL, 10);
        int err = weft_host_connect(host, &to, &sock, 20000000000U);
        printf("%s%s", i > 0 ? ", " : "", weft_strerror(err));
        if (err == 0)
            weft_sock_close(stack, sock);
    }
    printf("\n");
}

static void open_host(char **argv)
{
    struct weft_host_config cfg;
    char err[WEFT_ERRTEXT_BYTES];
    weft_host_config_default(&cfg);
    cfg.limits.socks_max = 4096;
    cfg.limits.tcp_conns_max = 4096;
    cfg.links[0].spec = argv[1];
    cfg.links[0].driver.mtu = (uint32_t)strtoul(argv[3], NULL, 10);
    cfg.links[0].driver.is_plain = strcmp(argv[4], "plain") == 0;
    cfg.links[0].addrs_n = 1;
    cfg.links_n = 1;
    if (weft_prefix_parse(&cfg.links[0].addrs[0], argv[2]) < 0)
        fail(argv[2], -WEFT_EINVAL);
    cfg.gateway = cfg.links[0].addrs[0].addr;
    cfg.gateway.b[15] = 1;
    if (weft_host_open(&host, &cfg, err, sizeof(err)) < 0) {
        fprintf(stderr, "peer: %s\n", err);
        exit(2);
    }
    stack = weft_host_stack(host);
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        exit(2);
}

int main(int argc, char **argv)
{
    struct weft_prefix to_prefix;
    if (argc < 8 || (argc < 9 && strcmp(argv[5], "try") != 0) ||
        weft_prefix_parse(&to_prefix, argv[6]) < 0)
        fail("usage: peer SPEC CIDR MTU plain|offload half|conns|udp|lite|try ADDRESS PORT...", 0);
    struct weft_endpoint to = {.addr = to_prefix.addr,
                               .port = (uint16_t)strtoul(argv[7], NULL, 10)};
    open_host(argv);
    if (strcmp(argv[5], "half") == 0)
        half(&to, strtoull(argv[8], NULL, 10));
    else if (strcmp(argv[5], "conns") == 0 && argc == 10)
        conns(&to, strtoull(argv[8], NULL, 10), strtoull(argv[9], NULL, 10));
    else if (strcmp(argv[5], "udp") == 0)
        udp(&to, argv + 8, argc - 8);
    else if (strcmp(argv[5], "lite") == 0 && argc > 10)
        lite(&to, argv + 8, argc - 8);
    else if (strcmp(argv[5], "try") == 0)
        try(to, argv + 7, argc - 7);
    else
        fail(argv[5], -WEFT_EINVAL);
    weft_host_close(host);
    return 0;
}
