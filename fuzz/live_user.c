/* SPDX-License-Identifier: MIT */
/** DOC: live_user - calls that few programs make, and whether a connection's account holds together
 */
#include "live.h"

#define BUF_BYTES 9000u

static void connect_send(struct live *l, uint64_t sock, uint8_t b)
{
    static const uint8_t zeros[BUF_BYTES];
    struct weft_endpoint peer = live_peer_endpoint(b);
    size_t len = live_size_of(live_byte(l));
    int64_t n = weft_sock_connect_send(l->st, sock, &peer, zeros, len);
    FUZZ_CHECK(n <= (int64_t)len);
}

static void send_urgent(struct live *l, uint64_t sock, uint8_t b)
{
    static const uint8_t zeros[BUF_BYTES];
    size_t len = live_size_of(b);
    int64_t n = weft_sock_send_urgent(l->st, sock, zeros, len);
    FUZZ_CHECK(n <= (int64_t)len);
    l->has_urgent |= n > 0;
}

static void recv_urgent(struct live *l, uint64_t sock)
{
    uint8_t octet = 0;
    int at = weft_sock_at_mark(l->st, sock), n = weft_sock_recv_urgent(l->st, sock, &octet);
    FUZZ_CHECK(at <= 1 && n <= 1 && n != 0);
}

static void new_key(struct live *l, uint8_t b)
{
    uint8_t key[16] = {b};
    int err = weft_tcp_fastopen_key(l->st, b == 0 ? NULL : key);
    FUZZ_CHECK(b == 0 ? err != 0 : err == 0);
}

static void choose_cc(struct live *l, uint64_t sock, uint8_t b)
{
    const struct weft_cc_ops *ops = weft_cc_at(b & 7);
    FUZZ_CHECK(ops == NULL || weft_cc_find(ops->name) == ops);
    if ((b & 8) != 0)
        ops = weft_cc_find("none");
    (void)!weft_sock_set_cc(l->st, sock, ops);
}

static void bind_to(struct live *l, uint64_t sock, uint8_t b)
{
    static const uint8_t last[4] = {1, 1, 2, 255};
    struct weft_endpoint e = {.port = (uint16_t)(LIVE_PORT + (b & 3))};
    if ((b & 4) != 0)
        e.addr = weft_ip4(10, (b & 8) != 0, 0, last[b >> 4 & 3]);
    if ((b & 64) != 0)
        e.port = 0;
    (void)!weft_sock_bind(l->st, sock, &e);
}

void live_op_user(struct live *l)
{
    uint8_t what = live_byte(l), b = live_byte(l);
    uint64_t sock = l->sock[what & (LIVE_SOCKS - 1)];
    switch (what >> 4) {
    case 0:
        connect_send(l, sock, b);
        break;
    case 1:
        send_urgent(l, sock, b);
        break;
    case 2:
        recv_urgent(l, sock);
        break;
    case 3:
        new_key(l, b);
        break;
    case 4:
        choose_cc(l, sock, b);
        break;
    case 5:
        (void)!weft_sock_set_cc_param(l->st, sock, (int8_t)b, live_word(l));
        break;
    case 6: {
        int64_t value = (int16_t)live_word(l);
        (void)!weft_sock_set(l->st, sock, (enum weft_sock_opt)(b % (WEFT_SOCK_OPT_COUNT + 1)),
                             value);
        break;
    }
    case 7:
        bind_to(l, sock, b);
        break;
    default: /* Room for more; a program that comes here waits. */
        break;
    }
}

void live_check_sock(const struct live *l, uint64_t sock)
{
    struct weft_tcp_info i;
    if (weft_sock_tcp_info(l->st, sock, &i) != 0)
        return;
    if (i.state < WEFT_TCP_ESTABLISHED || i.state == WEFT_TCP_TIME_WAIT)
        return; /* What is left of the numbers belongs to nothing any more. */
    uint32_t out = i.snd_nxt - i.snd_una;
    FUZZ_CHECK((int32_t)out >= 0 && i.flight <= out);
    FUZZ_CHECK(i.cwnd > 0 && i.cwnd < UINT32_MAX && i.ssthresh > 0 && i.mss > 0);
    FUZZ_CHECK(i.unsent <= i.sendq);
    FUZZ_CHECK(i.bytes_acked <= i.bytes_sent);
    FUZZ_CHECK(i.ecn != WEFT_TCP_ECN_OFF || (i.received_ce | i.delivered_ce) == 0);
    FUZZ_CHECK(i.why <= UINT8_MAX && i.cc[0] != 0 && i.cc[sizeof(i.cc) - 1] == 0);
}
