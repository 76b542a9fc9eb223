/* SPDX-License-Identifier: MIT */
/*
 * An echo server (RFC 862) with its own TCP/IP stack, reached over a TAP. As root:
 *
 *   ./echo tap:echo0 10.9.0.2/24 &
 *   ip addr add 10.9.0.1/24 dev echo0
 *   ping -c 1 10.9.0.2
 *   echo hello | nc -N 10.9.0.2 7
 *
 * It serves one connection after the other with blocking calls. A server of many would give
 * weft_dispatch_watch() a handler for each socket instead: see weft_serve_simple().
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "weft/host.h"

#define ECHO_PORT 7
#define IDLE_NS   60000000000ULL

static int usage(FILE *to, int code)
{
    (void)fputs("usage: echo LINK ADDRESS/PREFIX [PORT]\n"
                "\n"
                "Answers TCP connections with what they send, with a TCP/IP stack of its own.\n"
                "\n"
                "  LINK    tap:NAME, tun:NAME, packet:IFACE, unix:PATH, ...\n"
                "  PORT    7 if it is not given\n"
                "\n"
                "example: echo tap:echo0 10.9.0.2/24\n",
                to);
    return code;
}

static int fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "echo: %s: %s\n", what, why);
    return 1;
}

static void on_signal(void *host, int fd, uint32_t ready)
{
    (void)fd;
    (void)ready;
    weft_host_stop(host);
}

/* SIGINT and SIGTERM end the loop. They arrive by a descriptor, which the loop watches. */
static int watch_signals(struct weft_host *host)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return weft_host_fd_add(host, signalfd(-1, &set, SFD_CLOEXEC), WEFT_DRIVER_POLL_IN, on_signal,
                            host);
}

/* Sends everything back until the peer has finished. */
static int64_t serve(struct weft_host *host, uint64_t conn)
{
    char bytes[65536];
    int64_t n;

    while ((n = weft_host_recv(host, conn, bytes, sizeof(bytes), IDLE_NS)) > 0) {
        int64_t sent = weft_host_send(host, conn, bytes, (size_t)n, IDLE_NS);
        if (sent < 0)
            return sent;
    }
    return n;
}

static int serve_all(struct weft_host *host, uint16_t port)
{
    struct weft_endpoint any = {.port = port}, peer;
    uint64_t listener, conn;

    int r = weft_host_listen(host, &any, 16, &listener);
    if (r < 0)
        return r;
    while ((r = weft_host_accept(host, listener, &conn, &peer, WEFT_NEVER)) == 0) {
        char text[48];
        weft_addr_text(text, sizeof(text), &peer.addr);
        (void)printf("connection from %s port %u\n", text, peer.port);
        int64_t n = serve(host, conn);
        if (n < 0)
            (void)printf("%s port %u: %s\n", text, peer.port, weft_strerror((int)n));
        /* TCP finishes on its own while the host polls. */
        weft_sock_close(weft_host_stack(host), conn);
    }
    return r == -WEFT_ECONNABORTED ? 0 : r; /* That is weft_host_stop(). */
}

int main(int argc, char **argv)
{
    struct weft_host *host;
    struct weft_host_config cfg;
    char err[WEFT_ERRTEXT_BYTES];

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return usage(stdout, 0);
    unsigned long port = argc == 4 ? strtoul(argv[3], NULL, 10) : ECHO_PORT;
    if (argc < 3 || argc > 4 || port == 0 || port > 65535)
        return usage(stderr, 2);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);

    /* A stack with one link and one address. */
    weft_host_config_default(&cfg);
    cfg.name = "echo";
    cfg.links_n = 1;
    cfg.links[0].spec = argv[1];
    cfg.links[0].addrs_n = 1;
    if (weft_prefix_parse(&cfg.links[0].addrs[0], argv[2]) < 0)
        return fail(argv[2], "not an address such as 10.9.0.2/24");
    if (weft_host_open(&host, &cfg, err, sizeof(err)) < 0)
        return fail("cannot start", err);

    int r = watch_signals(host);
    if (r == 0)
        r = serve_all(host, (uint16_t)port);
    weft_host_close(host);
    return r < 0 ? fail("cannot serve", weft_strerror(r)) : 0;
}
