/* SPDX-License-Identifier: MIT */
/**
 * DOC: bad - a stack that serves an honest client while somebody sends it what nobody should
 *
 * The attacked stack is 192.0.2.2 on an interface of its own, where the test is the other end. Each
 * frame lies in a heap block of exactly its size, at an odd address. The honest client is another
 * stack on another interface; its bytes are checked, its flow begins before the bad input and ends
 * after it, and one more begins afterwards.
 *
 * What every test gets for its money: weft_stack_check() after every turn, a deadline that is
 * never now without work, at most one drop for each frame, both pools empty in the end.
 */
#ifndef WEFT_TESTS_BAD_BAD_H
#define WEFT_TESTS_BAD_BAD_H

#include "../conformance/outcome.h"
#include "../fault/two.h"
#include "frame.h"
#include "weft/trace.h"

#define BAD_SEEN_MAX 64
#define BAD_NO_DROP  ((unsigned)WEFT_DROP_COUNT)

/** struct bad_frame - A frame that the stack sent, or one that will reach it */
struct bad_frame {
    struct bad_frame *next;
    uint64_t due_ns;
    size_t n;
    uint8_t b[PEER_FRAME_MAX];
};

/** struct bad - The rig */
struct bad {
    struct two *two;
    struct weft_stack *st;
    struct peer_wire wire;
    struct peer p;
    uint64_t sent, pushed;
    uint32_t pinned_bytes; /* What each frame is said to pin; 0 = its length. */
    struct bad_frame seen[BAD_SEEN_MAX];
    unsigned seen_n;
    struct bad_frame *later, *later_last; /* By time. */
    /* Told of every frame that the stack sends to this side, instead of keeping it. */
    void (*on_frame)(struct bad *b, const uint8_t *f, size_t n);
    void *user;
};

/** bad_new() - The rig with these limits; an area of @area_bytes for each stack */
struct bad *bad_new(const struct weft_config *cfg, size_t area_bytes);

/** bad_usual() - The rig with the usual limits */
struct bad *bad_usual(void);

/** bad_honest() - The honest client begins a flow, which bad_end() will ask for */
void bad_honest(struct bad *b);

/** bad_end() - The honest flows complete, one more too, and nothing is left; frees the rig */
void bad_end(struct bad *b);

/** bad_run() - Let time pass */
void bad_run(struct bad *b, uint64_t ns);

/** bad_push() - A frame arrives now */
void bad_push(struct bad *b, const uint8_t *f, size_t n);

/** bad_push_later() - A frame arrives in a while */
void bad_push_later(struct bad *b, const uint8_t *f, size_t n, uint64_t in_ns);

/** bad_pull() - The oldest frame that was kept; NULL = none. Valid until the next call */
const struct bad_frame *bad_pull(struct bad *b);

/** bad_drops() - All drops of the attacked stack, or those for one reason */
uint64_t bad_drops(const struct bad *b, unsigned reason);

/** bad_count() - A counter of the attacked stack */
uint64_t bad_count(const struct bad *b, unsigned counter);

/** bad_usage() - What the attacked stack holds */
struct weft_usage bad_usage(const struct bad *b);

/** bad_info() - The connection that p stands for */
struct weft_tcp_info bad_info(const struct bad *b);

/** struct bad_case - One bad segment of a class, made for a connection */
struct bad_case {
    struct o_seg s;      /* What the oracle judges, if it does. */
    struct peer_extra x; /* What more is in it. */
    uint8_t f[PEER_FRAME_MAX];
    size_t n;
    bool is_judged;    /* It is as good as @s: the oracle says what happens. */
    bool may_be_acked; /* Not judged: an acknowledgement of RCV.NXT may answer it ... */
    unsigned drop;     /* Not judged: the only reason it is dropped for. */
};

/** bad_each_state() - Send case 0, 1, ... of a class in all eleven states, each on a new rig
 * @make: makes case @i for @p with frame and verdict; false = there are no more
 */
void bad_each_state(bool (*make)(const struct peer *p, unsigned i, struct bad_case *c));

/** bad_established() - A rig whose p is in ESTABLISHED, nothing under way in either direction */
struct bad *bad_established(void);

/** bad_opened_with() - The same after a SYN with these option octets */
struct bad *bad_opened_with(const char *o, uint32_t n);

/** bad_send() - Send a segment with extras from p's place and wait @ns; p.seen has the answers */
void bad_send(struct bad *b, const struct o_seg *s, const struct peer_extra *x, uint64_t ns);

#endif /* WEFT_TESTS_BAD_BAD_H */
