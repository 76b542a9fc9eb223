/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "t.h"
#include "weft/weft.h"

#define AREA_BYTES (64u * 65536u)
#define ETH        2
#define MS         1000000ull

/** struct pair - A stack that talks to itself: a client and the server's end of its connection */
struct pair {
    struct weft_stack *st;
    void *mem, *area;
    uint64_t now_ns, client, server;
};

static void spin(struct pair *p, unsigned ms)
{
    for (unsigned i = 0; i < ms; i++)
        weft_advance(p->st, p->now_ns += MS);
}

/* Bits of a socket if it is named by an event now, else 0; all events are taken. */
static uint32_t event_of(struct pair *p, uint64_t sock)
{
    struct weft_event ev[8];
    uint32_t n = weft_events(p->st, ev, 8), bits = 0;
    for (uint32_t i = 0; i < n; i++)
        if (ev[i].sock == sock)
            bits = ev[i].bits;
    return bits;
}

static void begin(struct pair *p)
{
    struct weft_config cfg;
    struct weft_endpoint at = {.addr = weft_ip4(127, 0, 0, 1), .port = 80};
    uint64_t l = 0;
    *p = (struct pair){.now_ns = 1000 * MS};
    weft_config_default(&cfg);
    size_t bytes = weft_stack_footprint(&cfg);
    p->mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    p->area = aligned_alloc(64, AREA_BYTES);
    T_EQ(weft_stack_init(&p->st, &cfg, p->mem, bytes), 0);
    T_CHECK(weft_area_add(p->st, p->area, AREA_BYTES) > 0);
    T_EQ(weft_sock_open(p->st, WEFT_SOCK_TCP, &l), 0);
    T_EQ(weft_sock_set(p->st, l, WEFT_SO_RCVBUF, 2048), 0);
    T_EQ(weft_sock_bind(p->st, l, &at), 0);
    T_EQ(weft_sock_listen(p->st, l, 1), 0);
    T_EQ(weft_sock_open(p->st, WEFT_SOCK_TCP, &p->client), 0);
    T_EQ(weft_sock_connect(p->st, p->client, &at), 0);
    spin(p, 100);
    T_EQ(weft_sock_accept(p->st, l, &p->server, NULL), 0);
    (void)event_of(p, 0);
}

static void end(struct pair *p)
{
    free(p->mem);
    free(p->area);
}

/* With a closed window the pointer comes alone, so no text can announce it. */
/* proves: MUST-32 TCP-EV-43 */
static void urgent_pointers_are_events(void)
{
    struct pair p;
    uint8_t bytes[4096] = {0};
    begin(&p);
    T_EQ(weft_sock_send(p.st, p.client, bytes, sizeof(bytes)), sizeof(bytes));
    spin(&p, 1000);
    T_CHECK((event_of(&p, p.server) & (WEFT_READABLE | WEFT_URGENT)) == WEFT_READABLE);
    T_EQ(weft_sock_send_urgent(p.st, p.client, bytes, 1), 1);
    spin(&p, 10);
    T_CHECK((event_of(&p, p.server) & WEFT_URGENT) != 0);
    spin(&p, 5000); /* Probes repeat the pointer: it is announced once. */
    T_EQ(event_of(&p, p.server), 0);
    T_EQ(weft_sock_send_urgent(p.st, p.client, bytes, 1), 1);
    spin(&p, 10);
    T_CHECK((event_of(&p, p.server) & WEFT_URGENT) != 0);
    end(&p);
}

/* A neighbour that takes every SYN and never answers. */
static void add_silent_neighbour(struct pair *p)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 2};
    struct weft_if_config eth = {.name = "eth", .kind = WEFT_IF_ETHER, .mac = {2, 0, 0, 0, 0, 1}};
    struct weft_addr ours = weft_ip4(10, 0, 0, 1), its = weft_ip4(10, 0, 0, 2);
    T_EQ(weft_if_add(p->st, &eth), ETH);
    T_EQ(weft_addr_add(p->st, ETH, &ours, 24), 0);
    T_EQ(weft_neigh_set(p->st, ETH, &its, mac), 0);
}

static void spin_and_send(struct pair *p, unsigned ms)
{
    struct weft_frame f[4];
    uint64_t cookies[4];
    for (unsigned i = 0; i < ms; i++) {
        spin(p, 1);
        uint32_t n = weft_tx(p->st, ETH, f, 4, p->now_ns);
        for (uint32_t k = 0; k < n; k++)
            cookies[k] = f[k].cookie;
        weft_tx_done(p->st, cookies, n);
    }
}

/* proves: MUST-22 SHLD-9 SHLD-20 */
static void trouble_is_an_event_unless_switched_off(void)
{
    struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 2), .port = 80};
    for (int is_on = 0; is_on < 2; is_on++) {
        struct pair p;
        uint64_t sock = 0;
        struct weft_tcp_info info;
        begin(&p);
        add_silent_neighbour(&p);
        T_EQ(weft_sock_open(p.st, WEFT_SOCK_TCP, &sock), 0);
        T_EQ(weft_sock_set(p.st, sock, WEFT_TCP_SOFT_ERRORS, is_on), 0);
        T_EQ(weft_sock_connect(p.st, sock, &to), 0);
        spin_and_send(&p, 6900);
        T_EQ(event_of(&p, sock), 0);
        spin_and_send(&p, 200); /* The third retransmission is 7 s after the SYN. */
        T_EQ(event_of(&p, sock), is_on ? WEFT_TROUBLE : 0);
        T_EQ(weft_sock_tcp_info(p.st, sock, &info), 0);
        T_EQ(info.state, WEFT_TCP_SYN_SENT);
        T_EQ(info.soft_err, WEFT_ETIMEDOUT);
        end(&p);
    }
}

/* What the interface cannot take at once is refused, and the socket told when there is room. */
/* proves: UDP-USE-10 */
static void a_burst_of_datagrams_waits_for_room(void)
{
    struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 2), .port = 9};
    struct pair p;
    uint64_t sock = 0;
    uint8_t data[100] = {0};
    begin(&p);
    add_silent_neighbour(&p);
    T_EQ(weft_sock_open(p.st, WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_connect(p.st, sock, &to), 0);
    unsigned n = 0;
    while (n < 1000 && weft_sock_send(p.st, sock, data, sizeof(data)) == sizeof(data))
        n++;
    T_CHECK(n >= 200 && n <= 256);
    T_EQ(weft_sock_send(p.st, sock, data, sizeof(data)), -WEFT_EAGAIN);
    T_EQ(weft_sock_ready(p.st, sock) & WEFT_WRITABLE, 0);
    (void)event_of(&p, sock);
    spin_and_send(&p, 100);
    T_CHECK((event_of(&p, sock) & WEFT_WRITABLE) != 0);
    T_EQ(weft_sock_send(p.st, sock, data, sizeof(data)), sizeof(data));
    end(&p);
}

static void what_is_refused(void)
{
    struct pair p;
    uint64_t udp = 0;
    uint8_t byte = 0;
    begin(&p);
    T_EQ(weft_sock_open(p.st, WEFT_SOCK_UDP, &udp), 0);
    T_EQ(weft_sock_send_urgent(p.st, udp, &byte, 1), -WEFT_EOPNOTSUPP);
    T_EQ(weft_sock_recv_urgent(p.st, udp, &byte), -WEFT_EOPNOTSUPP);
    T_EQ(weft_sock_at_mark(p.st, udp), -WEFT_EOPNOTSUPP);
    T_EQ(weft_sock_send_urgent(p.st, p.client, NULL, 1), -WEFT_EINVAL);
    T_EQ(weft_sock_recv_urgent(p.st, p.client, NULL), -WEFT_EINVAL);
    T_EQ(weft_sock_at_mark(p.st, 0), -WEFT_EBADF);
    T_EQ(weft_sock_set(p.st, p.client, WEFT_SO_LINGER_MS, -2), -WEFT_EINVAL);
    T_EQ(weft_sock_set(p.st, p.client, WEFT_TCP_KEEPIDLE_S, 0), -WEFT_EINVAL);
    T_EQ(weft_sock_set(p.st, p.client, WEFT_TCP_USER_TIMEOUT_MS, -2), -WEFT_EINVAL);
    end(&p);
}

/* Every option is read back as it was set. */
static void options_are_kept(void)
{
    static const struct {
        enum weft_sock_opt opt;
        int64_t value;
    } set[] = {
        {WEFT_SO_LINGER_MS, 5},       {WEFT_SO_KEEPALIVE, 1},    {WEFT_TCP_KEEPIDLE_S, 9},
        {WEFT_TCP_KEEPINTVL_S, 8},    {WEFT_TCP_KEEPCNT, 7},     {WEFT_TCP_PROBE_OCTET, 1},
        {WEFT_TCP_PERSIST_FIXED, 1},  {WEFT_TCP_SOFT_ERRORS, 0}, {WEFT_TCP_UTO, 3},
        {WEFT_SO_OOBINLINE, 0},       {WEFT_TCP_STDURG, 1},      {WEFT_TCP_USER_TIMEOUT_MS, -1},
        {WEFT_TCP_USER_TIMEOUT_MS, 0}};
    struct pair p;
    begin(&p);
    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
        int64_t got = -9;
        T_EQ(weft_sock_set(p.st, p.client, set[i].opt, set[i].value), 0);
        T_EQ(weft_sock_get(p.st, p.client, set[i].opt, &got), 0);
        T_EQ(got, set[i].value);
    }
    end(&p);
}

static const struct t_case cases[] = {
    {"urgent pointers are events", urgent_pointers_are_events},
    {"trouble is an event unless switched off", trouble_is_an_event_unless_switched_off},
    {"a burst of datagrams waits for room", a_burst_of_datagrams_waits_for_room},
    {"what is refused", what_is_refused},
    {"options are kept", options_are_kept},
};
T_MAIN(cases)
