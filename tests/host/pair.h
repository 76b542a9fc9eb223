/* SPDX-License-Identifier: MIT */
/** DOC: pair - two stacks with dispatchers on one wire, in virtual time and without an OS */
#ifndef WEFT_TESTS_HOST_PAIR_H
#define WEFT_TESTS_HOST_PAIR_H

#include "weft/host.h"

/** struct pair - 10.0.0.1 is side 0, 10.0.0.2 is side 1 */
struct pair {
    struct weft_stack *st[2];
    struct weft_dispatch *d[2];
    void *mem[2], *area[2];
    int ifindex[2];
    uint64_t now_ns;
};

/** pair_open() - Build both */
void pair_open(struct pair *p);

/** pair_close() - Check that nothing is in use, and free both */
void pair_close(struct pair *p);

/** pair_run() - Pass frames and time until nothing is left to do, or @until is true, or @ns passed
 */
void pair_run(struct pair *p, uint64_t ns, bool (*until)(void *arg), void *arg);

/** pair_endpoint() - An endpoint of a side */
struct weft_endpoint pair_endpoint(int side, uint16_t port);

/** pair_connect() - A connection from side 1 to a port of side 0, established */
uint64_t pair_connect(struct pair *p, uint16_t port);

#endif /* WEFT_TESTS_HOST_PAIR_H */
