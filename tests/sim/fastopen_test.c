/* SPDX-License-Identifier: MIT */
/** DOC: Fast Open between two stacks: what it saves, and what a change of the key does */
#include <string.h>

#include "net.h"
#include "t.h"
#include "weft/trace.h"

#define PORT 80

/** struct pair - A client and a server 10 ms apart */
struct pair {
    struct weft_world *w;
    struct weft_node *client, *server;
    uint64_t listener;
};

static void pair_new(struct pair *p, int64_t limit)
{
    struct weft_link_quality q;
    memset(&q, 0, sizeof(q));
    q.delay_ns = 10 * MS;
    p->w = net_new(1);
    p->client = net_host(p->w, "client", false);
    p->server = net_host(p->w, "server", false);
    (void)net_join(p->w, p->client, p->server, 1, &q);
    struct weft_stack *st = weft_node_stack(p->server);
    struct weft_endpoint local;
    memset(&local, 0, sizeof(local));
    local.port = PORT;
    T_EQ(weft_sock_open(st, WEFT_SOCK_TCP, &p->listener), 0);
    T_EQ(weft_sock_set(st, p->listener, WEFT_TCP_FASTOPEN, limit), 0);
    T_EQ(weft_sock_bind(st, p->listener, &local), 0);
    T_EQ(weft_sock_listen(st, p->listener, 8), 0);
    weft_node_touch(p->server);
}

static void pair_end(struct pair *p)
{
    T_EQ(weft_sock_close(weft_node_stack(p->server), p->listener), 0);
    weft_node_touch(p->server);
    net_end(p->w);
}

static void run_for(struct pair *p, uint64_t ns)
{
    T_EQ(weft_world_run(p->w, weft_world_now(p->w) + ns), 0);
}

/* One connection that sends 100 bytes; after how many ms the server can read them. */
static uint64_t request(struct pair *p)
{
    struct weft_stack *c = weft_node_stack(p->client), *s = weft_node_stack(p->server);
    struct weft_endpoint to = {.addr = weft_ip4(10, 1, 0, 2), .port = PORT};
    uint64_t sock, conn = 0, ms = 0;
    uint8_t buf[200];
    weft_pattern(7, 0, buf, 100);
    T_EQ(weft_sock_open(c, WEFT_SOCK_TCP, &sock), 0);
    T_EQ(weft_sock_connect_send(c, sock, &to, buf, 100), 100);
    weft_node_touch(p->client);
    while (weft_sock_accept(s, p->listener, &conn, NULL) != 0 && ms++ < 1000)
        run_for(p, MS);
    while (weft_sock_recv(s, conn, buf, sizeof(buf)) != 100 && ms++ < 1000)
        run_for(p, MS);
    T_EQ(weft_pattern_check(7, 0, buf, 100), 100);
    run_for(p, 100 * MS);
    T_EQ(weft_sock_recv(s, conn, buf, sizeof(buf)), -WEFT_EAGAIN); /* Once. */
    T_EQ(weft_sock_abort(c, sock), 0);
    T_EQ(weft_sock_abort(s, conn), 0);
    weft_node_touch(p->client);
    weft_node_touch(p->server);
    run_for(p, 100 * MS);
    return ms;
}

static uint64_t count(const struct pair *p, enum weft_counter id)
{
    return weft_counter(weft_node_stack(p->server), id);
}

/* proves: TCP-TFO-06 */
static void it_saves_a_round_trip(void)
{
    struct pair p;
    pair_new(&p, 4);
    uint64_t first = request(&p), second = request(&p); /* The first waits for ARP, too. */
    T_CHECK(first >= 30);
    T_CHECK(second >= 10 && second < 20);
    T_EQ(count(&p, WEFT_COUNT_TCP_FO_PASSIVE), 1);
    T_EQ(weft_counter(weft_node_stack(p.client), WEFT_COUNT_TCP_FO_ACTIVE), 1);
    pair_end(&p);
}

/* proves: TCP-TFO-03 */
static void a_cookie_outlives_one_change_of_the_key(void)
{
    static const uint8_t keys[3][16] = {{1}, {2}, {3}};
    struct pair p;
    pair_new(&p, 4);
    struct weft_stack *st = weft_node_stack(p.server);
    T_EQ(weft_tcp_fastopen_key(st, NULL), -WEFT_EINVAL);
    (void)request(&p);
    T_EQ(weft_tcp_fastopen_key(st, keys[0]), 0);
    T_CHECK(request(&p) < 20); /* Taken, and a new one given. */
    T_EQ(weft_tcp_fastopen_key(st, keys[1]), 0);
    T_CHECK(request(&p) < 20);
    T_EQ(count(&p, WEFT_COUNT_TCP_FO_PASSIVE), 2);
    T_EQ(weft_tcp_fastopen_key(st, keys[0]), 0);
    T_EQ(weft_tcp_fastopen_key(st, keys[2]), 0);
    T_CHECK(request(&p) >= 30); /* Two changes later it is worth nothing; a new one is given. */
    T_EQ(count(&p, WEFT_COUNT_TCP_FO_COOKIES_BAD), 1);
    T_CHECK(request(&p) < 20);
    T_EQ(count(&p, WEFT_COUNT_TCP_FO_PASSIVE), 3);
    pair_end(&p);
}

/* proves: TCP-TFO-01 */
static void nobody_need_want_it(void)
{
    struct pair p;
    pair_new(&p, 0);
    for (int i = 0; i < 3; i++)
        T_CHECK(request(&p) >= 30);
    T_EQ(count(&p, WEFT_COUNT_TCP_FO_PASSIVE) + count(&p, WEFT_COUNT_TCP_FO_COOKIES_OUT), 0);
    pair_end(&p);
}

static const struct t_case cases[] = {
    {"it saves a round trip", it_saves_a_round_trip},
    {"a cookie outlives one change of the key", a_cookie_outlives_one_change_of_the_key},
    {"nobody need want it", nobody_need_want_it},
};

T_MAIN(cases)
