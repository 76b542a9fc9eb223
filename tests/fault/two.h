/* SPDX-License-Identifier: MIT */
/**
 * DOC: two - a pair of stacks under faults that a well-behaved world does not make
 *
 * 10.0.0.1 and 10.0.0.2 on an Ethernet that delays, and loses what the test wants lost. The clock
 * is the test's: it may jump, stand still or run back, a stack may not be polled for a while, its
 * interface and its pools may be tampered with. Frames are copies in blocks of their own.
 *
 * Flows are TCP connections from stack 0 to stack 1, with bytes both ways that are checked.
 */
#ifndef WEFT_TESTS_FAULT_TWO_H
#define WEFT_TESTS_FAULT_TWO_H

#include "t.h"
#include "weft/weft.h"

#define US        1000ull
#define MS        1000000ull
#define S         1000000000ull
#define HOUR      (3600 * S)
#define TWO_FLOWS 128
#define TWO_PORT  9
#define TWO_IF    2 /* Index of the only interface but the loopback. */

/** struct two_flow - A connection and its bytes: [0] from stack 0 to 1, [1] back */
struct two_flow {
    uint64_t sock[2];
    uint64_t want[2], sent[2], got[2];
    int err[2];      /* First error of the socket on each side, positive. */
    bool is_shut[2]; /* All was sent, and the FIN queued. */
    bool has_end[2]; /* The peer's end of stream was read. */
    bool is_lazy;    /* Stack 1 does not read. */
    bool is_open;
};

/** struct two_frame - A frame under way */
struct two_frame {
    struct two_frame *next;
    uint64_t due_ns;
    uint32_t len;
    uint8_t bytes[];
};

/** struct two - The rig */
struct two {
    struct weft_stack *st[2];
    void *mem[2], *area[2];
    uint64_t now_ns, delay_ns;
    uint64_t skew_ns[2]; /* Taken off the time that a stack is told: a clock that runs behind. */
    bool is_paused[2];   /* Not polled; what arrives waits, as in a device's ring. */
    bool is_cut;
    bool is_loud;                        /* Errors of sockets are printed. */
    uint32_t lose_every;                 /* Each n-th frame is lost, 0 = none. */
    uint64_t frames;                     /* Frames emitted by both. */
    uint64_t turns;                      /* Times that something was due. */
    struct two_frame *head[2], *tail[2]; /* On their way to stack 0 and 1. */
    uint32_t waiting[2];
    uint64_t listener;
    struct two_flow flow[TWO_FLOWS];
    uint32_t flows;
    /* Asked in every turn; true if it moved something. What more interfaces carry is its business,
     * in frames whose cookies are blocks of malloc(). */
    bool (*more)(struct two *t, void *user);
    void *more_user;
};

/** two_config() - Limits for a hundred connections, buffers of 64 KiB */
void two_config(struct weft_config *cfg);
/** two_new() - Both stacks with these limits, a server on stack 1; the clock starts at @start_ns */
struct two *two_new(const struct weft_config *cfg, size_t area_bytes, uint64_t start_ns);
/** two_free() - Release the rig; nothing is checked */
void two_free(struct two *t);
/** two_open() - Begin a flow with so many bytes each way; NULL if connect() refused (err is told)
 */
struct two_flow *two_open(struct two *t, uint64_t there, uint64_t back, int *err);
/** two_run() - Everything up to a time; weft_stack_check() after every turn */
void two_run(struct two *t, uint64_t until_ns);
/** two_is_complete() - Every byte of a flow arrived, both ends were read, no error */
bool two_is_complete(const struct two_flow *f);
/** two_count() - Flows that are complete */
uint32_t two_count(const struct two *t);
/** two_finish() - Run until every flow is complete or failed, or @most_ns passed; complete flows */
uint32_t two_finish(struct two *t, uint64_t most_ns);
/** two_end() - Close everything, wait until TCP is done with it, and see that nothing is left */
void two_end(struct two *t);
/** two_is_empty() - Whether a stack holds nothing (neighbours apart) */
bool two_is_empty(const struct weft_stack *st);

#endif /* WEFT_TESTS_FAULT_TWO_H */
