/* SPDX-License-Identifier: MIT */
/** DOC: Ports of datagram sockets: by chance, in use but once, and all of them; what may be sent */
#include <string.h>

#include "../conformance/host.h"
#include "t.h"

#define SOCKS 40000u
#define TRIES 16384u /* That one call makes at most. */

static void open_with(struct host *h, uint64_t seed)
{
    struct weft_config cfg;
    weft_config_default(&cfg);
    cfg.socks_max = cfg.udp_max = SOCKS;
    cfg.seed[0] = seed;
    host_open(h, &cfg);
}

/* Nothing is left of what the test did. */
static void done_with(struct host *h)
{
    struct weft_usage u;
    weft_stack_check(h->st);
    weft_stack_usage(h->st, &u);
    T_EQ(u.socks, 0);
    T_EQ(u.pkts, 0);
    T_EQ(u.chunks, 0);
    host_close(h);
}

static uint64_t new_socket(struct host *h)
{
    uint64_t s = 0;
    T_EQ(weft_sock_open(h->st, WEFT_SOCK_UDP, &s), 0);
    return s;
}

static uint16_t port_of(struct host *h, uint64_t sock)
{
    struct weft_endpoint local;
    T_EQ(weft_sock_names(h->st, sock, &local, NULL), 0);
    return local.port;
}

/* Connected sockets until no port is left; how many. */
static unsigned fill(struct host *h, uint64_t *sock, uint8_t *used)
{
    struct weft_endpoint to = {.addr = weft_ip4(192, 0, 2, 1), .port = 9};
    for (unsigned n = 0; n < SOCKS; n++) {
        sock[n] = new_socket(h);
        int r = weft_sock_connect(h->st, sock[n], &to);
        if (r != 0) {
            T_EQ(r, -WEFT_EADDRNOTAVAIL);
            (void)weft_sock_close(h->st, sock[n]);
            return n;
        }
        uint16_t port = port_of(h, sock[n]);
        T_CHECK(port >= 1024 && used[port] == 0);
        used[port] = 1;
    }
    return SOCKS;
}

/* proves: BAD-UDP-16 UDP-PORT-02 */
static void all_ports(void)
{
    static uint64_t sock[SOCKS];
    static uint8_t used[65536];
    struct host h;
    open_with(&h, 1);
    memset(used, 0, sizeof(used));
    unsigned n = fill(&h, sock, used);
    T_CHECK(n >= TRIES && n < SOCKS);
    for (unsigned i = 0; i < 1000; i++) { /* Refused at once, again and again. */
        struct weft_endpoint any = {.port = 0};
        uint64_t s = new_socket(&h);
        if (weft_sock_bind(h.st, s, &any) == 0)
            T_CHECK(used[port_of(&h, s)] == 0);
        (void)weft_sock_close(h.st, s);
    }
    for (unsigned i = 0; i < n; i++)
        T_EQ(weft_sock_close(h.st, sock[i]), 0);
    memset(used, 0, sizeof(used));
    unsigned again = fill(&h, sock, used);
    T_CHECK(again >= TRIES && again < SOCKS);
    for (unsigned i = 0; i < again; i++)
        T_EQ(weft_sock_close(h.st, sock[i]), 0);
    done_with(&h);
}

/* proves: UDP-PORT-01 UDP-USE-08 */
/* No port tells the next, nor does one stack tell of another. */
static void ports_by_chance(void)
{
    enum { N = 2000 };
    unsigned near = 0, same = 0, low = 0;
    uint16_t last = 0, first_of[2][N];
    for (unsigned k = 0; k < 2; k++) {
        struct host h;
        open_with(&h, 10 + k);
        for (unsigned i = 0; i < N; i++) {
            struct weft_endpoint any = {.port = 0};
            uint64_t s = new_socket(&h);
            T_EQ(weft_sock_bind(h.st, s, &any), 0);
            uint16_t port = first_of[k][i] = port_of(&h, s);
            T_CHECK(port >= 32768 && port < 61000);
            int step = port - last;
            near += step > -16 && step < 16;
            low += port < 32768 + 14116;
            last = port;
            (void)weft_sock_close(h.st, s);
        }
        done_with(&h);
    }
    for (unsigned i = 0; i < N; i++)
        same += first_of[0][i] == first_of[1][i];
    T_CHECK(near < 20 && same < 10); /* By chance: 4 and 0. */
    T_CHECK(low > N - 200 && low < N + 200);
}

/* proves: BAD-UDP-13 */
static void sizes_that_are_too_large(void)
{
    static uint8_t buf[65508];
    static const size_t large[] = {65508,        65535,        65536,   1u << 20,
                                   SIZE_MAX / 2, SIZE_MAX - 7, SIZE_MAX};
    static const enum weft_sock_type types[] = {WEFT_SOCK_UDP, WEFT_SOCK_UDPLITE};
    struct host h;
    open_with(&h, 2);
    for (unsigned t = 0; t < 2; t++) {
        struct weft_endpoint to = {.addr = weft_ip4(192, 0, 2, 1), .port = 9};
        uint64_t s = 0;
        T_EQ(weft_sock_open(h.st, types[t], &s), 0);
        for (unsigned i = 0; i < sizeof(large) / sizeof(large[0]); i++)
            T_EQ(weft_sock_sendto(h.st, s, buf, large[i], &to), -WEFT_EMSGSIZE);
        T_EQ(weft_counter(h.st, WEFT_COUNT_IP4_OUT), t);
        T_EQ(weft_sock_sendto(h.st, s, buf, 65507, &to), 65507);
        T_EQ(weft_counter(h.st, WEFT_COUNT_IP4_OUT), t + 1);
        (void)weft_sock_close(h.st, s);
    }
    T_EQ(weft_if_set_up(h.st, HOST_IF, false), 0); /* Nothing is left in its queue. */
    done_with(&h);
}

/* proves: UDP-HR-14 */
/* An address that the host has given up is no source any more, also of a socket bound to it. */
static void addresses_that_are_gone(void)
{
    struct host h;
    open_with(&h, 3);
    struct weft_endpoint at = {.addr = weft_ip4(192, 0, 2, 2), .port = 500},
                         to = {.addr = weft_ip4(192, 0, 2, 1), .port = 9};
    struct weft_addr more = weft_ip4(192, 0, 2, 3);
    uint64_t bound = new_socket(&h), connected = new_socket(&h), open = new_socket(&h);
    T_EQ(weft_addr_add(h.st, HOST_IF, &more, 24), 0);
    T_EQ(weft_sock_bind(h.st, bound, &at), 0);
    T_EQ(weft_sock_connect(h.st, connected, &to), 0);
    T_EQ(weft_sock_sendto(h.st, bound, "x", 1, &to), 1);
    T_EQ(weft_addr_del(h.st, HOST_IF, &at.addr), 0);
    T_EQ(weft_sock_sendto(h.st, bound, "x", 1, &to), -WEFT_EADDRNOTAVAIL);
    T_EQ(weft_sock_send(h.st, connected, "x", 1), -WEFT_EADDRNOTAVAIL);
    T_EQ(weft_sock_sendto(h.st, open, "x", 1, &to), 1);
    T_EQ(weft_if_set_up(h.st, HOST_IF, false), 0);
    (void)weft_sock_close(h.st, bound);
    (void)weft_sock_close(h.st, connected);
    (void)weft_sock_close(h.st, open);
    done_with(&h);
}

static const struct t_case cases[] = {
    {"all ports, and after that all again", all_ports},
    {"ports by chance", ports_by_chance},
    {"sizes that are too large", sizes_that_are_too_large},
    {"addresses that are gone", addresses_that_are_gone},
};
T_MAIN(cases)
