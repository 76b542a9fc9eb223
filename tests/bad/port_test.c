/* SPDX-License-Identifier: MIT */
/** DOC: Ports of datagram sockets: by chance, in use but once, and all of them; what may be sent */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "t.h"
#include "weft/weft.h"

#define AREA_BYTES ((size_t)1 << 20)
#define SOCKS      40000u
#define TRIES      16384u /* That one call makes at most. */
#define IF_WIRE    2

/** struct host - A stack on a wire that leads nowhere */
struct host {
    struct weft_stack *st;
    void *mem, *area;
};

static void host_open(struct host *h, uint64_t seed)
{
    struct weft_config cfg;
    struct weft_if_config wire = {.name = "wire", .kind = WEFT_IF_L3, .mtu = 1500};
    struct weft_addr addr = weft_ip4(192, 0, 2, 2);
    struct weft_route all = {.ifindex = IF_WIRE, .dst = weft_ip4(0, 0, 0, 0)};
    weft_config_default(&cfg);
    cfg.socks_max = cfg.udp_max = SOCKS;
    cfg.seed[0] = seed;
    size_t bytes = weft_stack_footprint(&cfg);
    h->mem = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    h->area = aligned_alloc(64, AREA_BYTES);
    if (h->mem == NULL || h->area == NULL)
        abort();
    T_EQ(weft_stack_init(&h->st, &cfg, h->mem, bytes), 0);
    T_CHECK(weft_area_add(h->st, h->area, AREA_BYTES) > 0);
    T_EQ(weft_if_add(h->st, &wire), IF_WIRE);
    T_EQ(weft_addr_add(h->st, IF_WIRE, &addr, 24), 0);
    T_EQ(weft_route_add(h->st, &all), 0);
}

static void host_close(struct host *h)
{
    struct weft_usage u;
    weft_stack_check(h->st);
    weft_stack_usage(h->st, &u);
    T_EQ(u.socks, 0);
    T_EQ(u.pkts, 0);
    T_EQ(u.chunks, 0);
    free(h->mem);
    free(h->area);
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
    host_open(&h, 1);
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
    host_close(&h);
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
        host_open(&h, 10 + k);
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
        host_close(&h);
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
    host_open(&h, 2);
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
    T_EQ(weft_if_set_up(h.st, IF_WIRE, false), 0); /* Nothing is left in its queue. */
    host_close(&h);
}

/* proves: UDP-HR-14 */
/* An address that the host has given up is no source any more, also of a socket bound to it. */
static void addresses_that_are_gone(void)
{
    struct host h;
    host_open(&h, 3);
    struct weft_endpoint at = {.addr = weft_ip4(192, 0, 2, 2), .port = 500},
                         to = {.addr = weft_ip4(192, 0, 2, 1), .port = 9};
    struct weft_addr more = weft_ip4(192, 0, 2, 3);
    uint64_t bound = new_socket(&h), connected = new_socket(&h), open = new_socket(&h);
    T_EQ(weft_addr_add(h.st, IF_WIRE, &more, 24), 0);
    T_EQ(weft_sock_bind(h.st, bound, &at), 0);
    T_EQ(weft_sock_connect(h.st, connected, &to), 0);
    T_EQ(weft_sock_sendto(h.st, bound, "x", 1, &to), 1);
    T_EQ(weft_addr_del(h.st, IF_WIRE, &at.addr), 0);
    T_EQ(weft_sock_sendto(h.st, bound, "x", 1, &to), -WEFT_EADDRNOTAVAIL);
    T_EQ(weft_sock_send(h.st, connected, "x", 1), -WEFT_EADDRNOTAVAIL);
    T_EQ(weft_sock_sendto(h.st, open, "x", 1, &to), 1);
    T_EQ(weft_if_set_up(h.st, IF_WIRE, false), 0);
    (void)weft_sock_close(h.st, bound);
    (void)weft_sock_close(h.st, connected);
    (void)weft_sock_close(h.st, open);
    host_close(&h);
}

static const struct t_case cases[] = {
    {"all ports, and after that all again", all_ports},
    {"ports by chance", ports_by_chance},
    {"sizes that are too large", sizes_that_are_too_large},
    {"addresses that are gone", addresses_that_are_gone},
};
T_MAIN(cases)
