/* SPDX-License-Identifier: MIT */
/**
 * DOC: tcp_bulk - one end of a bulk transfer over a real link, by weft or by the kernel
 *
 *   tcp_bulk kernel recv PORT
 *   tcp_bulk kernel send ADDRESS PORT SECONDS
 *   tcp_bulk weft recv SPEC CIDR PORT
 *   tcp_bulk weft send SPEC CIDR ADDRESS PORT SECONDS
 *
 * Both have buffers of 4 MiB, the kernel's socket has CUBIC. An end that waits prints "ready"; weft
 * as sender prints it, too, and begins at a line on standard input. The receiver prints bytes, and
 * seconds from the first byte to the end of the stream; both print the CPU seconds they took.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "weft/host.h"

#define BUFFER_BYTES (4 << 20)
#define CHUNK        (256U << 10)

static uint8_t buf[CHUNK];

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "tcp_bulk: %s: %s\n", what, why);
    exit(1);
}

static double seconds(uint64_t since_ns)
{
    return (double)(weft_host_now() - since_ns) / 1e9;
}

static void ready(bool is_waiting)
{
    printf("ready\n");
    fflush(stdout);
    if (is_waiting && getchar() == EOF)
        exit(2);
}

static void result(uint64_t bytes, double wall)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("{\"bytes\": %" PRIu64 ", \"seconds\": %.6f, \"user\": %.3f, \"system\": %.3f}\n", bytes,
           wall, (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6,
           (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6);
}

/* ---- the kernel's socket ---- */

static int kernel_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), n = BUFFER_BYTES, one = 1;
    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &n, sizeof(n)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &n, sizeof(n)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0)
        fail("socket with cubic and 4 MiB (needs root)", "refused");
    return fd;
}

static struct sockaddr_in kernel_address(const char *text, const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    if (text != NULL && inet_pton(AF_INET, text, &a.sin_addr) != 1)
        fail(text, "not an address");
    return a;
}

static void kernel_recv(char **argv)
{
    struct sockaddr_in a = kernel_address(NULL, argv[0]);
    int l = kernel_socket();
    if (bind(l, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(l, 1) != 0)
        fail("listen", "refused");
    ready(false);
    int fd = accept(l, NULL, NULL);
    uint64_t start_ns = 0, bytes = 0;
    ssize_t n;
    while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
        start_ns = start_ns == 0 ? weft_host_now() : start_ns;
        bytes += (uint64_t)n;
    }
    if (n < 0)
        fail("recv", "failed");
    result(bytes, seconds(start_ns));
}

static void kernel_send(char **argv)
{
    struct sockaddr_in a = kernel_address(argv[0], argv[1]);
    int fd = kernel_socket();
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
        fail("connect", "failed");
    uint64_t start_ns = weft_host_now(), bytes = 0;
    double limit = strtod(argv[2], NULL);
    while (seconds(start_ns) < limit) {
        ssize_t n = send(fd, buf, sizeof(buf), 0);
        if (n < 0)
            fail("send", "failed");
        bytes += (uint64_t)n;
    }
    shutdown(fd, SHUT_WR);
    while (recv(fd, buf, sizeof(buf), 0) > 0)
        ;
    result(bytes, seconds(start_ns));
}

/* ---- weft's ---- */

static struct weft_host *host;
static struct weft_stack *st;

static void check(const char *what, int64_t err)
{
    if (err < 0)
        fail(what, weft_strerror((int)err));
}

static void weft_open(const char *spec, const char *cidr)
{
    struct weft_host_config cfg;
    char err[WEFT_ERRTEXT_BYTES];
    weft_host_config_default(&cfg);
    cfg.links[0].spec = spec;
    cfg.links[0].addrs_n = 1;
    cfg.links_n = 1;
    check(cidr, weft_prefix_parse(&cfg.links[0].addrs[0], cidr));
    cfg.limits.sndbuf_bytes = cfg.limits.rcvbuf_bytes = BUFFER_BYTES;
    if (weft_host_open(&host, &cfg, err, sizeof(err)) < 0)
        fail("host", err);
    st = weft_host_stack(host);
}

static void weft_recv(char **argv)
{
    struct weft_endpoint local = {.port = (uint16_t)strtoul(argv[2], NULL, 10)};
    uint64_t l, s, start_ns = 0, bytes = 0;
    int64_t n;
    weft_open(argv[0], argv[1]);
    check("listen", weft_host_listen(host, &local, 1, &l));
    ready(false);
    check("accept", weft_host_accept(host, l, &s, NULL, WEFT_NEVER));
    while ((n = weft_host_recv(host, s, buf, sizeof(buf), WEFT_NEVER)) > 0) {
        start_ns = start_ns == 0 ? weft_host_now() : start_ns;
        bytes += (uint64_t)n;
    }
    check("recv", n);
    result(bytes, seconds(start_ns));
    weft_sock_close(st, s);
}

static void weft_send(char **argv)
{
    struct weft_endpoint to = {.port = (uint16_t)strtoul(argv[3], NULL, 10)};
    struct weft_prefix addr;
    uint64_t s, bytes = 0;
    weft_open(argv[0], argv[1]);
    check(argv[2], weft_prefix_parse(&addr, argv[2]));
    to.addr = addr.addr;
    ready(true);
    check("connect", weft_host_connect(host, &to, &s, 5000000000U));
    uint64_t start_ns = weft_host_now();
    double limit = strtod(argv[4], NULL);
    while (seconds(start_ns) < limit) {
        int64_t n = weft_host_send(host, s, buf, sizeof(buf), WEFT_NEVER);
        check("send", n);
        bytes += (uint64_t)n;
    }
    check("shutdown", weft_sock_shutdown(st, s, false, true));
    while (weft_host_recv(host, s, buf, sizeof(buf), 5000000000U) > 0)
        ;
    result(bytes, seconds(start_ns));
    weft_sock_close(st, s);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *who, *what;
        int args;
        void (*run)(char **argv);
    } modes[] = {{"kernel", "recv", 1, kernel_recv},
                 {"kernel", "send", 3, kernel_send},
                 {"weft", "recv", 3, weft_recv},
                 {"weft", "send", 5, weft_send}};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (argc == modes[i].args + 3 && strcmp(argv[1], modes[i].who) == 0 &&
            strcmp(argv[2], modes[i].what) == 0) {
            modes[i].run(argv + 3);
            weft_host_close(host);
            return 0;
        }
    }
    fail("usage", "tcp_bulk kernel|weft recv|send ...");
}
