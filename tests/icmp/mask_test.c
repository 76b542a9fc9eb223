/* SPDX-License-Identifier: MIT */
/** DOC: a host that asks its link for the address mask */
#include "rig.h"
#include "weft/mask.h"

#define A    IP(10, 0, 0, 1)
#define P    IP(10, 0, 0, 9)
#define CAST IP(255, 255, 255, 255)

static struct weft_mask_event last;

static uint64_t steps(struct rig *r, struct weft_mask *m)
{
    struct weft_mask_event ev;
    uint64_t at_ns;
    do {
        at_ns = weft_mask_step(m, r->now_ns, &ev);
        if (ev.kind != WEFT_MASK_NONE)
            last = ev;
    } while (ev.kind != WEFT_MASK_NONE);
    rig_run(r, 0);
    return at_ns;
}

static unsigned prefix(const struct rig *r)
{
    struct weft_addr_info a;
    unsigned n = 0;
    for (uint32_t cursor = 0; weft_addr_next(r->st, &cursor, &a);)
        if (a.ifindex == 2)
            n = a.prefix_len;
    return n;
}

static void start(struct rig *r, struct weft_mask *m)
{
    struct weft_mask_config c;
    weft_mask_config_default(&c);
    c.ifindex = 2;
    c.addr = t_addr(A);
    T_EQ(weft_mask_start(m, r->st, &c, r->now_ns), 0);
    (void)steps(r, m);
}

/* The request that came out, which names identifier and number. */
static uint32_t request(struct rig *r)
{
    const struct rig_ip *e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[0] == 17 && e->b[1] == 0 && e->n == 12 && e->dst == CAST);
    T_CHECK(e != NULL && e->is_link_group && e->src == A);
    T_CHECK(rig_is_silent(r));
    return e != NULL ? t_get32(e->b + 4) : 0;
}

static void reply(struct rig *r, struct weft_mask *m, uint32_t word, uint32_t mask)
{
    struct rig_ip p = rig_icmp(P, A, 18, 0, word);
    uint8_t b[4];
    t_put32(b, mask);
    rig_icmp_body(&p, b, 4);
    rig_push(r, 0, &p);
    (void)steps(r, m);
}

static void leave(struct rig *r, struct weft_mask *m)
{
    weft_mask_end(m);
    weft_mask_end(m);
    rig_run(r, 10 * S);
    rig_clear(r);
    rig_end(r);
}

/* proves: ICMP-H-42 ICMP-H-43 CAP-ICMP-08 */
static void the_first_answer_counts(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_mask m;
    start(r, &m);
    uint32_t word = request(r);
    rig_run(r, 1 * S);
    (void)steps(r, &m);
    T_EQ(request(r), word + 1);     /* Nobody answered: once more. */
    reply(r, &m, word, 0xffffff80); /* To the first one, which was slow. */
    T_EQ(last.kind, WEFT_MASK_LEARNT);
    T_EQ(last.prefix_len, 25);
    T_EQ(prefix(r), 25);
    reply(r, &m, word + 1, 0xffff0000); /* And the second comes, too. */
    T_EQ(prefix(r), 25);
    T_EQ(steps(r, &m), WEFT_NEVER);
    rig_run(r, 10 * S);
    T_EQ(prefix(r), 25);
    leave(r, &m);
}

/* proves: ICMP-H-43 ICMP-H-44 */
static void until_then_the_class_decides(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_mask m;
    start(r, &m);
    T_EQ(prefix(r), 8);
    unsigned asked = 1;
    uint32_t word = request(r);
    uint64_t from_ns = r->now_ns;
    for (uint64_t at = steps(r, &m); at != WEFT_NEVER; at = steps(r, &m)) {
        rig_run(r, at - r->now_ns);
        if (steps(r, &m) != WEFT_NEVER) {
            T_EQ(request(r), word + asked);
            asked++;
        }
    }
    T_EQ(asked, 3);
    T_EQ(r->now_ns - from_ns, 3 * S);
    T_EQ(last.kind, WEFT_MASK_ALONE);
    T_EQ(last.prefix_len, 8);
    reply(r, &m, word, 0xffffff00); /* Too late: it is not asking any more. */
    T_EQ(prefix(r), 8);
    leave(r, &m);
}

/* proves: ICMP-H-44 */
static void answers_that_make_no_sense(void)
{
    static const uint32_t masks[] = {0,          0xffffffff, 0xff00ff00, 0x00ffffff,
                                     0xfe000000, 0x0000ffff, 0xffff0001, 0x7fffffff};
    struct rig *r = rig_new(1, false);
    struct weft_mask m;
    start(r, &m);
    uint32_t word = request(r);
    for (unsigned i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        reply(r, &m, word, masks[i]);
        T_EQ(last.kind, WEFT_MASK_REFUSED);
        T_EQ(last.mask, masks[i]);
        T_EQ(prefix(r), 8);
    }
    last.kind = WEFT_MASK_NONE;
    reply(r, &m, word + 1, 0xffff0000);       /* A number not asked yet, ... */
    reply(r, &m, word ^ 0x10000, 0xffff0000); /* ... and somebody else's identifier. */
    T_EQ(last.kind, WEFT_MASK_NONE);
    T_EQ(prefix(r), 8);
    reply(r, &m, word, 0xffff0000);
    T_EQ(prefix(r), 16);
    leave(r, &m);
}

static const struct t_case cases[] = {
    {"the first answer counts", the_first_answer_counts},
    {"until then the class decides", until_then_the_class_decides},
    {"answers that make no sense", answers_that_make_no_sense},
};

T_MAIN(cases)
