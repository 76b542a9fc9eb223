/* SPDX-License-Identifier: MIT */
/** DOC: Memory runs out, or goes bad (BAD-FAULT-01, -02, -17). */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stack/stack.h"
#include "two.h"

#define FLIPS       400
#define WRONG_BYTES 2

/* ---- BAD-FAULT-01: each pool has only so many objects left ---- */

#define POOL_TIMEWAITS 9 /* Two pools take the oldest back: one object is the least they have. */
#define POOL_REASMS    13

static struct wf_slab *pool_of(struct weft_stack *st, int which)
{
    struct wf_slab *all[] = {&st->net.pool.pkts, &st->net.pool.bufs.lent, &st->net.pool.bufs.chunks,
                             &st->net.pool.blks, &st->socks.socks,        &st->udp.eps,
                             &st->tcp.conns,     &st->tcp.listeners,      &st->tcp.synrcvds,
                             &st->tcp.timewaits, &st->tcp.recs,           &st->tcp.reasms,
                             &st->link.neighs,   &st->ip.reasms};
    return which < (int)(sizeof(all) / sizeof(all[0])) ? all[which] : NULL;
}

/* Objects are made to be in use by lowering the limit: what is in use stays in use. */
static void set_left(struct wf_slab *s, uint32_t left)
{
    s->max = s->in_use + left;
}

static void udp_exchange(struct two *t)
{
    static uint8_t buf[4000];
    struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 2), .port = 7};
    uint64_t a = 0, b = 0;
    int64_t got = 0;
    if (weft_sock_open(t->st[0], WEFT_SOCK_UDP, &a) != 0)
        return;
    if (weft_sock_open(t->st[1], WEFT_SOCK_UDP, &b) == 0) {
        to.port = 7;
        (void)!weft_sock_bind(t->st[1], b, &(struct weft_endpoint){.port = 7});
        (void)!weft_sock_sendto(t->st[0], a, buf, sizeof(buf), &to); /* Three fragments. */
        two_run(t, t->now_ns + 10 * MS);
        got = weft_sock_recv(t->st[1], b, buf, sizeof(buf));
        T_CHECK(got == (int64_t)sizeof(buf) || got == -WEFT_EAGAIN);
        (void)weft_sock_close(t->st[1], b);
    }
    (void)weft_sock_close(t->st[0], a);
}

/* All that two stacks do, with loss, while @left objects of a pool of stack @who are to be had. */
static bool starve(int which, int who, uint32_t left)
{
    struct weft_config cfg;
    two_config(&cfg);
    struct two *t = two_new(&cfg, (size_t)4 << 20, 1 * S);
    struct wf_slab *s = pool_of(t->st[who], which);
    uint32_t limit = s->max;
    t->lose_every = 11;
    set_left(s, left);
    int err = 0, refused = 0;
    for (int i = 0; i < 3; i++) {
        refused += two_open(t, 40000, 3000, &err) == NULL;
        T_CHECK(err == 0 || err == WEFT_ENOMEM || err == WEFT_EADDRNOTAVAIL);
    }
    udp_exchange(t);
    two_run(t, t->now_ns + 3 * S);
    bool has_done = refused == 0 && two_count(t) == 3;
    s->max = limit;
    for (uint32_t i = 0; i < t->flows; i++) /* What began ends, in one way or the other. */
        if (!two_is_complete(&t->flow[i]))
            has_done = false;
    (void)two_finish(t, 600 * S);
    for (uint32_t i = 0; i < t->flows; i++) {
        const struct two_flow *f = &t->flow[i];
        bool is_over = two_is_complete(f) || f->err[0] != 0 || f->err[1] != 0;
        T_CHECK(is_over);
        if (!is_over)
            printf(
                "# pool %d of stack %d, %u left: flow %u hangs: sent %u %u got %u %u end %d %d\n",
                which, who, left, i, (unsigned)f->sent[0], (unsigned)f->sent[1],
                (unsigned)f->got[1], (unsigned)f->got[0], f->has_end[0], f->has_end[1]);
    }
    t->lose_every = 0;
    two_run(t, t->now_ns + 5 * S); /* A neighbour that did not answer is held down for a moment. */
    struct two_flow *f = two_open(t, 40000, 40000, NULL); /* Success later. */
    T_CHECK(f != NULL);
    (void)two_finish(t, 60 * S);
    bool is_well = f != NULL && two_is_complete(f);
    T_CHECK(is_well);
    if (!is_well)
        printf("# pool %d of stack %d, %u left: no success later: %s, %s\n", which, who, left,
               f != NULL ? weft_strerror(f->err[0]) : "-",
               f != NULL ? weft_strerror(f->err[1]) : "-");
    two_end(t);
    return has_done;
}

static void every_pool_runs_out_at_every_point(void)
{
    struct weft_config cfg;
    two_config(&cfg);
    struct two *t = two_new(&cfg, (size_t)4 << 20, 1 * S);
    for (int which = 0; pool_of(t->st[0], which) != NULL; which++)
        for (int who = 0; who < 2; who++)
            for (uint32_t left = which == POOL_TIMEWAITS || which == POOL_REASMS;
                 left < 200 && !starve(which, who, left); left += 1 + left / 4) {
            }
    two_end(t);
}

/* ---- BAD-FAULT-02: an hour with 64 sockets that nobody reads ---- */

static bool is_reachable(struct two *t)
{
    static const uint8_t echo[] = {8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
    struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 2)};
    struct weft_addr peer = to.addr;
    uint8_t buf[64];
    uint64_t sock = 0;
    T_EQ(weft_sock_open(t->st[0], WEFT_SOCK_PING, &sock), 0);
    (void)!weft_neigh_del(t->st[0], TWO_IF, &peer); /* ARP has to work too. */
    T_EQ(weft_sock_sendto(t->st[0], sock, echo, sizeof(echo), &to), sizeof(echo));
    two_run(t, t->now_ns + 1 * S);
    int64_t n = weft_sock_recv(t->st[0], sock, buf, sizeof(buf));
    (void)weft_sock_close(t->st[0], sock);
    return n == (int64_t)sizeof(echo);
}

static bool is_refused(struct two *t)
{
    struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 2), .port = 4444};
    int64_t err = 0;
    uint64_t sock = 0;
    T_EQ(weft_sock_open(t->st[0], WEFT_SOCK_TCP, &sock), 0);
    T_EQ(weft_sock_connect(t->st[0], sock, &to), 0);
    two_run(t, t->now_ns + 1 * S);
    T_EQ(weft_sock_get(t->st[0], sock, WEFT_SO_ERROR, &err), 0);
    (void)weft_sock_close(t->st[0], sock);
    return err == WEFT_ECONNREFUSED;
}

static void an_hour_with_slow_sockets(void)
{
    struct weft_config cfg;
    two_config(&cfg);
    cfg.lent_max = 256;
    cfg.pkts_max = 512;
    cfg.blocks_max = 1024;
    struct two *t = two_new(&cfg, (size_t)2 << 20, 1 * S);
    for (int i = 0; i < 64; i++) {
        struct two_flow *f = two_open(t, 100000, 0, NULL);
        T_CHECK(f != NULL);
        f->is_lazy = true;
    }
    for (int i = 0; i < 60; i++) {
        two_run(t, t->now_ns + 58 * S);
        T_CHECK(is_reachable(t));
        T_CHECK(is_refused(t));
    }
    T_EQ(two_count(t), 0);
    t->flow[7].is_lazy = false; /* One reads: it gets everything, the others still wait. */
    (void)two_finish(t, 300 * S);
    T_CHECK(two_is_complete(&t->flow[7]));
    for (int i = 0; i < 64; i++)
        t->flow[i].is_lazy = false;
    /* The pools are smaller than the windows: whose data found no room was told to wait. */
    T_EQ(two_finish(t, 600 * S), 64);
    struct two_flow *f = two_open(t, 100000, 100000, NULL);
    (void)two_finish(t, 60 * S);
    T_CHECK(two_is_complete(f));
    two_end(t);
}

/* ---- bits flip in the memory of a connection ---- */

static void quiet_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)signal(signals[i], SIG_DFL);
    (void)alarm(20);
    (void)!freopen("/dev/null", "w", stderr);
    (void)!freopen("/dev/null", "w", stdout);
}

/* The child: 0 = it did no harm (everything arrived as it was sent, or the connection failed). */
static int with_flip(struct two *t, uint32_t bit)
{
    struct tcp_conn *c = wf_slab_next_live(&t->st[0]->tcp.conns, 0);
    ((uint8_t *)c)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    (void)two_finish(t, 120 * S);
    for (int i = 0; i < 2; i++) {
        const struct two_flow *f = &t->flow[0];
        if (f->err[i] == WEFT_EPROTO) /* A wrong byte was read. */
            return WRONG_BYTES;
    }
    return 0;
}

static void flipped_bits_nearly_always_stop_the_stack(void)
{
    unsigned harmless = 0, asserted = 0, trapped = 0, wrong = 0, hung = 0;
    for (int i = 0; i < FLIPS; i++) {
        uint32_t bit = (uint32_t)(t_random() % (sizeof(struct tcp_conn) * 8));
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            struct weft_config cfg;
            quiet_signals();
            two_config(&cfg);
            struct two *t = two_new(&cfg, (size_t)4 << 20, 1 * S);
            (void)two_open(t, 300000, 300000, NULL);
            two_run(t, t->now_ns + (8 + (uint64_t)i % 8) * MS);
            _exit(with_flip(t, bit));
        }
        int status = 0;
        T_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
        bool is_wrong = WIFEXITED(status) && WEXITSTATUS(status) == WRONG_BYTES;
        bool is_hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        bool is_assert = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
        bool is_harmless = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        harmless += is_harmless;
        wrong += is_wrong;
        hung += is_hung;
        asserted += is_assert;
        trapped += !is_harmless && !is_wrong && !is_hung && !is_assert; /* Or by a sanitizer. */
        if (is_wrong || is_hung)
            printf("# flip %d: byte %u of the connection, bit %u: %s\n", i, bit / 8, bit % 8,
                   is_wrong ? "wrong bytes" : "hung");
    }
    printf("# %d flips: %u harmless, %u caught by an assertion, %u trapped, %u wrong bytes, "
           "%u hung\n",
           FLIPS, harmless, asserted, trapped, wrong, hung);
    T_EQ(hung, 0);
    T_EQ(wrong, 0);
}

static const struct t_case cases[] = {
    {"BAD-FAULT-01: every pool runs out at every point", every_pool_runs_out_at_every_point},
    {"BAD-FAULT-02: an hour with 64 sockets that nobody reads", an_hour_with_slow_sockets},
    {"BAD-FAULT-17: flipped bits stop the stack, or do no harm",
     flipped_bits_nearly_always_stop_the_stack},
};
T_MAIN(cases)
