/* SPDX-License-Identifier: MIT */
/** DOC: Nodes that lose their power and come back, and actors with options and slow writers */
#include <string.h>

#include "net.h"
#include "t.h"
#include "weft/trace.h"

#define PORT 80U

static const struct weft_link_quality ten_ms = {.delay_ns = 10 * MS, .rate_bps = 100000000};

/** struct pair - Two hosts, and a transfer from one to the other */
struct pair {
    struct weft_world *w;
    struct weft_node *client, *server;
    struct weft_link *link;
    struct weft_actor *sink, *sender;
};

static void pair_new(struct pair *p, uint64_t bytes)
{
    memset(p, 0, sizeof(*p));
    p->w = net_new(1);
    p->client = net_host(p->w, "client", false);
    p->server = net_host(p->w, "server", false);
    p->link = net_join(p->w, p->client, p->server, 1, &ten_ms);
    p->sink = net_server(p->w, p->server, WEFT_ACTOR_TCP_SINK, PORT, 0);
    struct weft_actor_config c =
        net_client(p->client, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), PORT, bytes);
    c.may_fail = true;
    T_EQ(weft_actor_add(p->w, &c, &p->sender), 0);
}

static void give_addr(struct pair *p)
{
    const struct weft_addr addr = weft_ip4(10, 1, 0, 2);
    T_EQ(weft_addr_add(weft_node_stack(p->server), weft_link_config_get(p->link)->end[1].ifindex,
                       &addr, 24),
         0);
    weft_node_touch(p->server);
}

static void a_node_that_came_back_resets_what_it_does_not_know(void)
{
    struct pair p;
    pair_new(&p, 100000000);
    T_EQ(weft_world_run(p.w, 1 * S), 0);
    T_CHECK(weft_actor_result(p.sink)->bytes_in > 0);
    weft_node_crash(p.server);
    T_CHECK(weft_node_is_down(p.server));
    uint64_t before = weft_actor_result(p.sink)->bytes_in;
    T_EQ(weft_world_run(p.w, 1050 * MS), 0);
    T_EQ(weft_actor_result(p.sink)->bytes_in, before);
    struct weft_link_stats stats;
    weft_link_stats(p.link, 0, &stats);
    T_CHECK(stats.pkts[WEFT_FATE_REFUSED] > 0); /* What came meanwhile found nobody. */
    T_CHECK(!weft_actor_result(p.sender)->is_done);
    T_EQ(weft_node_boot(p.server), 0);
    T_EQ(weft_node_boot(p.server), -WEFT_EALREADY);
    give_addr(&p);
    T_EQ(weft_world_run(p.w, 10 * S), 0);
    T_CHECK(weft_actor_result(p.sender)->is_done);
    T_EQ(weft_actor_result(p.sender)->err, WEFT_ECONNRESET);
    T_CHECK(weft_counter(weft_node_stack(p.server), WEFT_COUNT_TCP_RSTS_OUT) > 0);
    /* And it is of use again. */
    p.sink = net_server(p.w, p.server, WEFT_ACTOR_TCP_SINK, PORT, 5000);
    struct weft_actor_config c =
        net_client(p.client, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), PORT, 5000);
    T_EQ(weft_actor_add(p.w, &c, NULL), 0);
    T_EQ(weft_world_finish(p.w, 20 * S), 0);
    T_EQ(weft_actor_result(p.sink)->bytes_in, 5000);
    net_end(p.w);
}

static void the_actors_of_a_node_go_with_it(void)
{
    struct pair p;
    pair_new(&p, 100000000);
    T_EQ(weft_world_run(p.w, 1 * S), 0);
    struct weft_link_stats before, after;
    weft_link_stats(p.link, 0, &before);
    weft_node_crash(p.client);
    T_CHECK(weft_actor_result(p.sender)->is_done);
    T_EQ(weft_actor_result(p.sender)->err, WEFT_ENETDOWN);
    T_EQ(weft_world_run(p.w, 5 * S), 0);
    weft_link_stats(p.link, 0, &after);
    T_EQ(after.pkts[WEFT_FATE_SENT] - before.pkts[WEFT_FATE_SENT], 0); /* No good-bye. */
    T_CHECK(!weft_actor_result(p.sink)->is_done);
    weft_world_destroy(p.w);
}

/* The first sequence number that the client meets, if its server has been up @lives times. */
static uint32_t first_number(unsigned lives)
{
    struct pair p;
    struct weft_tcp_info info;
    memset(&info, 0, sizeof(info));
    pair_new(&p, 100000000);
    for (unsigned i = 1; i < lives; i++) {
        weft_node_crash(p.server);
        T_EQ(weft_node_boot(p.server), 0);
        give_addr(&p);
        (void)net_server(p.w, p.server, WEFT_ACTOR_TCP_SINK, PORT, 0);
    }
    T_EQ(weft_world_run(p.w, 200 * MS), 0);
    T_EQ(weft_sock_tcp_info(weft_node_stack(p.client), weft_actor_socket(p.sender), &info), 0);
    weft_world_destroy(p.w);
    return info.irs;
}

static void each_life_has_secrets_of_its_own(void)
{
    uint32_t first = first_number(1), second = first_number(2), third = first_number(3);
    T_CHECK(first != second && second != third && first != third);
    T_EQ(first_number(2), second);
}

static void options_of_an_actor_reach_its_socket(void)
{
    struct pair p;
    struct weft_tcp_info info;
    pair_new(&p, 0);
    struct weft_actor_config c =
        net_client(p.client, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), PORT, 100000000);
    c.opt_set_n = 2;
    c.opt_set[0].opt = WEFT_TCP_MAXSEG;
    c.opt_set[0].value = 700;
    c.opt_set[1].opt = WEFT_TCP_WSCALE;
    T_EQ(weft_actor_add(p.w, &c, &p.sender), 0);
    T_EQ(weft_world_run(p.w, 200 * MS), 0);
    T_EQ(weft_sock_tcp_info(weft_node_stack(p.client), weft_actor_socket(p.sender), &info), 0);
    T_CHECK(info.mss <= 700 && !info.has_wscale);
    c.opt_set_n = WEFT_SIM_OPTS_MAX + 1;
    T_EQ(weft_actor_add(p.w, &c, NULL), -WEFT_EINVAL);
    weft_world_destroy(p.w);
}

static void a_slow_writer_keeps_its_pace(void)
{
    struct pair p;
    pair_new(&p, 0);
    struct weft_actor_config c =
        net_client(p.client, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), PORT, 1000);
    c.write_bytes = 100;
    c.write_every_ns = 1 * S;
    T_EQ(weft_actor_add(p.w, &c, &p.sender), 0);
    T_EQ(weft_world_run(p.w, 3500 * MS), 0);
    T_EQ(weft_actor_result(p.sender)->bytes_out, 400);
    T_EQ(weft_world_finish(p.w, 20 * S), 0);
    T_EQ(weft_actor_result(p.sender)->bytes_out, 1000);
    T_CHECK(weft_actor_result(p.sender)->ended_ns >= 9 * S);
    net_end(p.w);
}

static const struct t_case cases[] = {
    {"a node that came back resets what it does not know",
     a_node_that_came_back_resets_what_it_does_not_know},
    {"the actors of a node go with it", the_actors_of_a_node_go_with_it},
    {"each life has secrets of its own", each_life_has_secrets_of_its_own},
    {"options of an actor reach its socket", options_of_an_actor_reach_its_socket},
    {"a slow writer keeps its pace", a_slow_writer_keeps_its_pace},
};
T_MAIN(cases)
