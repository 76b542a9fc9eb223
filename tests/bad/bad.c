/* SPDX-License-Identifier: MIT */
#include "bad.h"

#include <stdlib.h>
#include <string.h>

#define BAD_IF     3 /* Index of the interface under attack. */
#define STEP_NS    (1 * MS)
#define BURST      16
#define HONEST     20000
#define AREA_BYTES ((size_t)4 << 20)

/* ---- the wire ---- */

void bad_push(struct bad *b, const uint8_t *f, size_t n)
{
    static struct weft_frame w;
    t_frame(&w, f, n);
    w.pinned_bytes = b->pinned_bytes;
    b->pushed++;
    (void)t_rx(b->st, BAD_IF, &w, b->two->now_ns);
}

void bad_push_later(struct bad *b, const uint8_t *f, size_t n, uint64_t in_ns)
{
    struct bad_frame *q = malloc(sizeof(*q)), **at = &b->later;
    if (q == NULL || n > sizeof(q->b))
        abort();
    memcpy(q->b, f, n);
    q->n = n;
    q->due_ns = b->two->now_ns + in_ns;
    if (b->later != NULL && b->later_last->due_ns <= q->due_ns)
        at = &b->later_last->next;
    while (*at != NULL && (*at)->due_ns <= q->due_ns)
        at = &(*at)->next;
    q->next = *at;
    *at = q;
    if (q->next == NULL)
        b->later_last = q;
}

static void keep(struct bad *b, const uint8_t *f, size_t n)
{
    if (b->on_frame != NULL) {
        b->on_frame(b, f, n);
        return;
    }
    if (b->seen_n == BAD_SEEN_MAX) { /* The oldest goes. */
        memmove(&b->seen[0], &b->seen[1], sizeof(b->seen) - sizeof(b->seen[0]));
        b->seen_n--;
    }
    memcpy(b->seen[b->seen_n].b, f, n);
    b->seen[b->seen_n++].n = n;
}

static bool take_out(struct two *t, void *user)
{
    static struct weft_frame w[BURST];
    static uint8_t f[PEER_FRAME_MAX];
    struct bad *b = user;
    uint64_t cookies[BURST];
    uint32_t n = weft_tx(b->st, BAD_IF, w, BURST, t->now_ns);
    for (uint32_t k = 0; k < n; k++) {
        size_t len = t_flat(f, sizeof(f), &w[k]);
        b->sent++;
        keep(b, f, len);
        cookies[k] = w[k].cookie;
    }
    weft_tx_done(b->st, cookies, n);
    return n > 0;
}

const struct bad_frame *bad_pull(struct bad *b)
{
    static struct bad_frame out;
    if (b->seen_n == 0)
        return NULL;
    out = b->seen[0];
    memmove(&b->seen[0], &b->seen[1], --b->seen_n * sizeof(b->seen[0]));
    return &out;
}

static void run_until(struct bad *b, uint64_t until_ns)
{
    while (b->later != NULL && b->later->due_ns <= until_ns) {
        struct bad_frame *q = b->later;
        if (q->due_ns > b->two->now_ns)
            two_run(b->two, q->due_ns);
        if (b->later != q) /* Something came in front of it meanwhile. */
            continue;
        b->later = q->next;
        bad_push(b, q->b, q->n);
        free(q);
    }
    two_run(b->two, until_ns);
}

/* Answers to what the stack sends are not known before it has sent it: small steps. */
void bad_run(struct bad *b, uint64_t ns)
{
    uint64_t until_ns = b->two->now_ns + ns;
    while (b->on_frame != NULL && b->two->now_ns + STEP_NS < until_ns)
        run_until(b, b->two->now_ns + STEP_NS);
    run_until(b, until_ns);
}

static bool wire_push(void *user, const uint8_t *f, size_t n)
{
    bad_push(user, f, n);
    return true;
}

static size_t wire_pull(void *user, uint8_t *f, size_t cap)
{
    const struct bad_frame *q = bad_pull(user);
    if (q == NULL)
        return 0;
    memcpy(f, q->b, q->n < cap ? q->n : cap);
    return q->n;
}

static bool wire_run(void *user, uint64_t ns)
{
    bad_run(user, ns);
    return true;
}

static uint64_t wire_now(void *user)
{
    return ((struct bad *)user)->two->now_ns;
}

/* ---- the rig ---- */

struct bad *bad_new(const struct weft_config *cfg, size_t area_bytes)
{
    struct weft_if_config l3 = {.name = "bad", .kind = WEFT_IF_L3};
    struct weft_addr addr = weft_ip4(192, 0, 2, 2);
    struct weft_route all = {.ifindex = BAD_IF};
    struct bad *b = calloc(1, sizeof(*b));
    if (b == NULL)
        abort();
    b->two = two_new(cfg, area_bytes, 1 * S);
    b->st = b->two->st[1];
    b->two->more = take_out;
    b->two->more_user = b;
    b->wire = (struct peer_wire){b, wire_push, wire_pull, wire_run, wire_now};
    all.dst = weft_ip4(0, 0, 0, 0);
    T_EQ(weft_if_add(b->st, &l3), BAD_IF);
    T_EQ(weft_addr_add(b->st, BAD_IF, &addr, 24), 0);
    T_EQ(weft_route_add(b->st, &all), 0);
    return b;
}

struct bad *bad_usual(void)
{
    struct weft_config cfg;
    two_config(&cfg);
    cfg.tcp_synrcvd_max = 64;
    cfg.tcp_timewait_max = 64;
    return bad_new(&cfg, AREA_BYTES);
}

void bad_honest(struct bad *b)
{
    T_CHECK(two_open(b->two, HONEST, HONEST, NULL) != NULL);
    bad_run(b, 6 * MS); /* Its handshake is over, and bytes are under way. */
}

void bad_end(struct bad *b)
{
    struct two *t = b->two;
    b->on_frame = NULL;
    peer_drop(&b->p);
    T_EQ(two_finish(t, 60 * S), t->flows);
    bad_honest(b);
    T_EQ(two_finish(t, 60 * S), t->flows);
    bad_run(b, 1 * S);
    while (b->later != NULL) {
        struct bad_frame *q = b->later;
        b->later = q->next;
        free(q);
    }
    two_end(t);
    free(b);
}

uint64_t bad_drops(const struct bad *b, unsigned reason)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < WEFT_DROP_COUNT; i++)
        n += reason == BAD_NO_DROP || i == reason ? weft_drops(b->st, i) : 0;
    return n;
}

uint64_t bad_count(const struct bad *b, unsigned counter)
{
    return weft_counter(b->st, counter);
}

struct weft_usage bad_usage(const struct bad *b)
{
    struct weft_usage u;
    weft_stack_usage(b->st, &u);
    return u;
}

struct weft_tcp_info bad_info(const struct bad *b)
{
    struct weft_tcp_info i;
    memset(&i, 0, sizeof(i));
    T_EQ(weft_sock_tcp_info(b->st, b->p.sock, &i), 0);
    return i;
}

/* ---- a connection ---- */

struct bad *bad_established(void)
{
    struct bad *b = bad_usual();
    T_CHECK(peer_open_on(&b->p, &b->wire, b->st, O_ESTABLISHED, PEER_PLAIN));
    struct o_seg s = {.flags = O_ACK, .seq = b->p.t.rcv_nxt, .ack = b->p.t.nxt};
    peer_send(&b->p, &s);
    peer_wait(&b->p, 1 * MS);
    b->p.t.una = b->p.t.nxt;
    T_EQ(b->p.seen_n, 0);
    bad_honest(b);
    return b;
}

void bad_send(struct bad *b, const struct o_seg *s, const struct peer_extra *x, uint64_t ns)
{
    static const struct peer_extra none;
    static uint8_t f[PEER_FRAME_MAX];
    peer_push(&b->p, f, peer_frame(&b->p, s, x != NULL ? x : &none, f));
    peer_wait(&b->p, ns);
}

struct bad *bad_opened_with(const char *o, uint32_t n)
{
    struct bad *b = bad_usual();
    struct peer *p = &b->p;
    T_CHECK(peer_open_on(p, &b->wire, b->st, O_LISTEN, PEER_PLAIN));
    bad_honest(b);
    struct peer_extra x = {.opts = (const uint8_t *)o, .opt_bytes = n};
    struct o_seg s = {.flags = O_SYN, .seq = PEER_ISN};
    bad_send(b, &s, &x, 1 * MS);
    T_EQ(p->seen_n, 1);
    T_EQ(p->seen[0].flags & (O_SYN | O_ACK | O_RST), O_SYN | O_ACK);
    p->t.iss = p->seen[0].seq;
    p->t.una = p->t.nxt = p->t.iss + 1;
    p->t.rcv_nxt = p->stream = PEER_ISN + 1;
    s = (struct o_seg){.flags = O_ACK, .seq = p->t.rcv_nxt, .ack = p->t.nxt};
    x.opts = (const uint8_t *)"\x01\x01\x08\x0a\0\0\0\x01\0\0\0"; /* Nothing is echoed. */
    x.opt_bytes = 12;
    bad_send(b, &s, &x, 1 * MS);
    T_EQ(weft_sock_accept(b->st, p->listener, &p->sock, NULL), 0);
    return b;
}

/* ---- a class in every state ---- */

/* What a frame does that must do nothing. */
static const char *undisturbed(const struct outcome *o, const struct bad_case *c)
{
    struct o_says e;
    struct o_seg nothing = {.flags = O_RST, .seq = o->t.rcv_nxt - 1};
    o_judge(&o->t, &nothing, &e); /* In no state does this reset do anything. */
    bool is_ack = o->seen_n == 1 && (o->seen.flags & ~O_PSH) == O_ACK && o->seen.len == 0 &&
                  o->seen.seq == o->t.nxt && o->seen.ack == o->t.rcv_nxt;
    struct outcome silent = *o;
    silent.seen_n = c->may_be_acked && is_ack ? 0 : o->seen_n;
    silent.is_restarted = false;
    return outcome_fault(&silent, &e);
}

static const char *one(struct bad *b, const struct bad_case *c, struct outcome *o)
{
    uint64_t before = bad_drops(b, BAD_NO_DROP);
    uint64_t named = c->drop < BAD_NO_DROP ? bad_drops(b, c->drop) : 0;
    peer_push(&b->p, c->f, c->n);
    outcome_take(&b->p, o);
    o->seen.flags &= O_FIN | O_SYN | O_RST | O_PSH | O_ACK; /* ECN is not the question. */
    uint64_t n = bad_drops(b, BAD_NO_DROP) - before;
    if (n > 1)
        return "dropped more than once";
    if (b->p.strays > 0)
        return "an answer to somebody else";
    if (c->is_judged) {
        struct o_says e;
        o_judge(&o->t, &o->s, &e);
        return outcome_fault(o, &e);
    }
    if (c->drop < BAD_NO_DROP && bad_drops(b, c->drop) != named + 1)
        return "not dropped for its reason";
    return undisturbed(o, c);
}

static bool try_one(enum o_state state, unsigned i,
                    bool (*make)(const struct peer *p, unsigned i, struct bad_case *c))
{
    static struct bad_case c;
    struct bad *b = bad_usual();
    struct outcome o = {.is_set_up = peer_open_on(&b->p, &b->wire, b->st, state, PEER_PLAIN)};
    c = (struct bad_case){.drop = BAD_NO_DROP};
    o.t = b->p.t;
    bool is_one = make(&b->p, i, &c);
    bad_honest(b);
    if (is_one) {
        o.s = c.s;
        const char *why = o.is_set_up ? one(b, &c, &o) : "the state was not reached";
        if (why != NULL) {
            t_fail(__FILE__, __LINE__, why);
            printf("# %s, case %u: %s: then %s, %d sent (flags %02x seq %+d ack %+d)\n",
                   weft_tcp_state_name(state), i, why, weft_tcp_state_name(o.state), o.seen_n,
                   o.seen.flags, (int32_t)(o.seen.seq - o.t.iss),
                   (int32_t)(o.seen.ack - o.t.rcv_nxt));
        }
    }
    bad_end(b);
    return is_one;
}

void bad_each_state(bool (*make)(const struct peer *p, unsigned i, struct bad_case *c))
{
    for (unsigned s = O_CLOSED; s < O_STATE_COUNT; s++)
        for (unsigned i = 0; try_one((enum o_state)s, i, make); i++) {
        }
}
