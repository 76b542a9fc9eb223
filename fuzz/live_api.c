/* SPDX-License-Identifier: MIT */
/** DOC: live_api - the application's side: sockets, interfaces, and looking */
#include "live.h"

#define BUF_BYTES 9000u

struct weft_endpoint live_peer_endpoint(uint8_t b)
{
    struct weft_endpoint e = {.addr = weft_ip4(10, 0, 0, 2), .port = (uint16_t)(2000 + (b & 3))};
    if ((b & 4) != 0)
        e.addr = weft_ip4(10, 1, 0, 2);
    if ((b & 8) != 0)
        e.addr = weft_ip4(192, 0, 2, 1);
    if ((b & 16) != 0) { /* Ourselves, over the loopback. */
        e.addr = weft_ip4(127, 0, 0, 1);
        e.port = (uint16_t)(LIVE_PORT + (b & 3));
    }
    return e;
}

static void open_sock(struct live *l, uint32_t i, enum weft_sock_type type)
{
    uint64_t sock = 0;
    if (weft_sock_open(l->st, type, &sock) != 0)
        return;
    (void)weft_sock_close(l->st, l->sock[i]); /* What stood here is given up, if it was live. */
    l->sock[i] = sock;
    int err = weft_sock_set(l->st, sock, WEFT_SO_USER, (int64_t)i);
    FUZZ_CHECK(err == 0);
}

/* A server in one operation, as few programs would find the three calls. */
static void serve(struct live *l, uint32_t i, uint8_t b)
{
    struct weft_endpoint any = {.port = (uint16_t)(LIVE_PORT + (b & 3))};
    open_sock(l, i, WEFT_SOCK_TCP);
    if ((b & 4) != 0)
        (void)!weft_sock_set(l->st, l->sock[i], WEFT_TCP_MSL_MS, 100);
    if ((b & 8) != 0)
        (void)!weft_sock_set(l->st, l->sock[i], WEFT_SO_REUSEADDR, 1);
    (void)!weft_sock_bind(l->st, l->sock[i], &any);
    (void)!weft_sock_listen(l->st, l->sock[i], 1u + (b >> 4 & 7));
}

static void dgram_sock(struct live *l, uint32_t i, uint8_t b)
{
    struct weft_endpoint any = {.port = (uint16_t)(LIVE_UDP_PORT + (b & 3))};
    open_sock(l, i, (b & 4) != 0 ? WEFT_SOCK_PING : WEFT_SOCK_UDP);
    (void)!weft_sock_bind(l->st, l->sock[i], &any);
    (void)!weft_sock_set(l->st, l->sock[i], WEFT_IP_RECVERR, (b & 8) != 0);
    (void)!weft_sock_set(l->st, l->sock[i], WEFT_SO_BROADCAST, (b & 16) != 0);
    (void)!weft_sock_set(l->st, l->sock[i], WEFT_IP_DF, (b & 32) != 0);
}

size_t live_size_of(uint8_t b)
{
    return (b & 0x80) != 0 ? (b & 0x7fu) * 70 : b;
}

void live_send_bytes(struct live *l, uint64_t sock, uint8_t b)
{
    static const uint8_t zeros[BUF_BYTES];
    int64_t n = weft_sock_send(l->st, sock, zeros, live_size_of(b));
    FUZZ_CHECK(n <= (int64_t)live_size_of(b));
}

static void send_dgram(struct live *l, uint64_t sock, uint8_t b)
{
    static const uint8_t echo[BUF_BYTES] = {8};
    struct weft_endpoint to = live_peer_endpoint(live_byte(l));
    if ((b & 1) != 0)
        to.addr = weft_ip4(255, 255, 255, 255);
    int64_t n = weft_sock_sendto(l->st, sock, echo, live_size_of(b), (b & 2) != 0 ? NULL : &to);
    FUZZ_CHECK(n <= (int64_t)live_size_of(b));
}

static void recv_bytes(struct live *l, uint64_t sock, uint8_t b)
{
    uint8_t *buf = malloc(live_size_of(b) + 1);
    struct weft_msg_info info;
    struct weft_sock_err err;
    FUZZ_CHECK(buf != NULL);
    int64_t n = (b & 1) != 0 ? weft_sock_recv(l->st, sock, buf, live_size_of(b))
                             : weft_sock_recvfrom(l->st, sock, buf, live_size_of(b), &info);
    FUZZ_CHECK(n <= (int64_t)live_size_of(b));
    (void)!weft_sock_recv_error(l->st, sock, &err);
    free(buf);
}

static void recv_lent(struct live *l, uint64_t sock, uint8_t b)
{
    struct weft_iov iov[4];
    uint64_t all = 0;
    volatile uint8_t sum = 0;
    int n = weft_sock_recv_lend(l->st, sock, iov, 1 + (b & 3));
    for (int i = 0; i < n; i++) {
        for (size_t k = 0; k < iov[i].len; k++)
            sum = (uint8_t)(sum + ((const uint8_t *)iov[i].base)[k]);
        all += iov[i].len;
    }
    if (n >= 0)
        (void)!weft_sock_recv_return(l->st, sock, (b & 4) != 0 || all < b ? (size_t)all : b);
}

static void accept_one(struct live *l, uint64_t sock, uint32_t into)
{
    struct weft_endpoint peer;
    uint64_t conn = 0;
    if (weft_sock_accept(l->st, sock, &conn, &peer) != 0)
        return;
    (void)weft_sock_close(l->st, l->sock[into]);
    l->sock[into] = conn;
}

static void set_option(struct live *l, uint64_t sock, uint8_t b)
{
    static const int64_t values[] = {0,    1,    2,    10,    88,      200,         536, 1000,
                                     2048, 4096, 8192, 65535, 1 << 20, (1ll << 30), -1,  INT64_MAX};
    uint8_t v = live_byte(l);
    int64_t value = (v & 0x80) != 0 ? (v & 0x7f) : values[v & 15];
    enum weft_sock_opt opt = (enum weft_sock_opt)(b % (WEFT_SOCK_OPT_COUNT + 1));
    if (opt == WEFT_TCP_USER_TIMEOUT_MS && value > (1 << 20))
        value = 1 << 20; /* Whoever wants to wait for days may; the end of a run does not. */
    (void)!weft_sock_set(l->st, sock, opt, value);
}

void live_op_api(struct live *l)
{
    uint8_t what = live_byte(l), b = live_byte(l);
    uint32_t i = what & (LIVE_SOCKS - 1);
    uint64_t sock = l->sock[i];
    struct weft_endpoint peer = live_peer_endpoint(b);
    switch (what >> 4) {
    case 0:
        serve(l, i, b);
        break;
    case 1:
        open_sock(l, i, WEFT_SOCK_TCP);
        (void)!weft_sock_connect(l->st, l->sock[i], &peer);
        break;
    case 2:
        accept_one(l, sock, b & (LIVE_SOCKS - 1));
        break;
    case 3:
        live_send_bytes(l, sock, b);
        break;
    case 4:
        recv_bytes(l, sock, b);
        break;
    case 5:
        (void)!weft_sock_shutdown(l->st, sock, (b & 1) != 0, (b & 2) != 0);
        break;
    case 6:
        (void)weft_sock_close(l->st, sock);
        break;
    case 7:
        (void)weft_sock_abort(l->st, sock);
        break;
    case 8:
        set_option(l, sock, b);
        break;
    case 9:
        dgram_sock(l, i, b);
        break;
    case 10:
        send_dgram(l, sock, b);
        break;
    case 11:
        recv_lent(l, sock, b);
        break;
    case 12:
        (void)!weft_sock_connect(l->st, sock, &peer);
        break;
    case 13:
        (void)!weft_sock_set_cc(l->st, sock, weft_cc_at(b & 15));
        (void)!weft_sock_set_cc_param(l->st, sock, b >> 4, 1u << (b & 31));
        break;
    case 14:
        open_sock(l, i, (enum weft_sock_type)(b & 3));
        break;
    default:
        (void)!weft_sock_listen(l->st, sock, b);
        break;
    }
}

void live_op_net(struct live *l)
{
    static const uint32_t mtus[] = {1500, 68, 576, 296, 1006, 9000, 100, 65535};
    static const uint8_t macs[4][6] = {
        {2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 9}, {2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 3}};
    uint8_t what = live_byte(l), b = live_byte(l);
    uint16_t ifindex = (b & 1) != 0 ? LIVE_L3 : LIVE_ETH;
    struct weft_addr own = ifindex == LIVE_ETH ? weft_ip4(10, 0, 0, 1) : weft_ip4(10, 1, 0, 1);
    struct weft_addr host = weft_ip4(10, 0, 0, (uint8_t)(1 + (b >> 2 & 7)));
    struct weft_route r = {
        .dst = weft_ip4(192, 0, 2, 0), .prefix_len = 24, .gateway = host, .metric = b >> 6};
    switch (what % 10) {
    case 0:
        (void)!weft_if_set_up(l->st, ifindex, (b & 2) != 0);
        break;
    case 1:
        (void)!weft_if_set_mtu(l->st, ifindex, mtus[b >> 1 & 7]);
        break;
    case 2:
        (void)!weft_if_set_mac(l->st, ifindex, macs[b >> 1 & 1]);
        break;
    case 3:
        (void)!weft_addr_del(l->st, ifindex, (b & 2) != 0 ? &host : &own);
        break;
    case 4:
        (void)!weft_addr_add(l->st, ifindex, (b & 2) != 0 ? &host : &own, b & 32 ? 24 : b >> 2);
        break;
    case 5:
        (void)!weft_route_add(l->st, &r);
        break;
    case 6:
        (void)!weft_route_del(l->st, &r);
        break;
    case 7:
        (void)!weft_neigh_set(l->st, ifindex, &host, macs[b >> 6]);
        break;
    case 8:
        (void)!weft_neigh_del(l->st, ifindex, &host);
        break;
    default:
        if ((b & 2) != 0)
            weft_tx_block(l->st, ifindex, (b & 4) != 0);
        else
            weft_set_forwarding(l->st, (b & 4) != 0);
        break;
    }
}

static void look_at_sock(struct live *l, uint64_t sock)
{
    struct weft_tcp_info info;
    struct weft_endpoint local, remote;
    int64_t value = 0;
    (void)!weft_sock_tcp_info(l->st, sock, &info);
    (void)!weft_sock_names(l->st, sock, &local, &remote);
    for (int opt = 0; opt <= WEFT_SOCK_OPT_COUNT; opt++)
        (void)!weft_sock_get(l->st, sock, (enum weft_sock_opt)opt, &value);
    (void)weft_sock_ready(l->st, sock);
}

void live_op_look(struct live *l)
{
    uint8_t b = live_byte(l);
    struct weft_event ev[2];
    struct weft_trace_rec rec[4];
    struct weft_addr_info addr;
    struct weft_neigh_info neigh;
    struct weft_route route;
    uint64_t lost = 0;
    uint32_t cursor = 0;
    look_at_sock(l, l->sock[b & (LIVE_SOCKS - 1)]);
    (void)weft_events(l->st, ev, 1u + (b >> 7));
    (void)weft_trace_read(l->st, rec, 4, &lost);
    while (weft_addr_next(l->st, &cursor, &addr)) {
    }
    for (cursor = 0; weft_route_next(l->st, &cursor, &route);)
        (void)!weft_route_lookup(l->st, &route.gateway, &route);
    for (cursor = 0; weft_neigh_next(l->st, &cursor, &neigh);) {
    }
    for (uint16_t i = 1; i <= LIVE_L3 + 1; i++)
        (void)weft_tx_ready(l->st, i);
}
