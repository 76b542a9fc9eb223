/* SPDX-License-Identifier: MIT */
/** DOC: host - a stack, 192.0.2.2, on a wire that leads nowhere, and what it sends there */
#ifndef WEFT_TESTS_CONFORMANCE_HOST_H
#define WEFT_TESTS_CONFORMANCE_HOST_H

#include "weft/weft.h"

#define HOST_IF 2 /* After loopback. */

/** struct host - The stack, and the frame that it sent last */
struct host {
    struct weft_stack *st;
    void *mem, *area;
    uint8_t f[2048];
};

/** host_open() - A stack with these limits, which sends all to the wire */
void host_open(struct host *h, const struct weft_config *cfg);

/** host_close() - Free it */
void host_close(struct host *h);

/** host_pull() - The next frame, into h->f; its length, 0 = none */
size_t host_pull(struct host *h, uint64_t now_ns);

/** struct host_syn - What a SYN tells */
struct host_syn {
    uint32_t isn, ts;
    uint16_t port;
};

/** host_syn() - The SYN to @to from a port, 0 = any; then the socket is gone again */
struct host_syn host_syn(struct host *h, uint64_t now_ns, uint16_t from,
                         const struct weft_endpoint *to);

#endif /* WEFT_TESTS_CONFORMANCE_HOST_H */
