/* SPDX-License-Identifier: MIT */
/** DOC: pair - two stacks in one process, joined by a link in memory: the ground for benchmarks */
#ifndef WEFT_BENCH_PAIR_H
#define WEFT_BENCH_PAIR_H

#include <stdint.h>

#include "weft/weft.h"

#define PAIR_BURST 64

/** struct pair_side - One stack and what the link counted of its output */
struct pair_side {
    struct weft_stack *st;
    uint16_t ifindex;
    void *region, *area;
    size_t region_bytes, area_bytes;
    uint64_t frames, bytes, acks; /* Sent: wire frames, their bytes, frames without payload. */
    uint32_t largest;             /* Longest frame in bytes. */
};

/** struct pair - The two, a and b, at 10.0.0.1 and 10.0.0.2 */
struct pair {
    struct pair_side side[2];
    uint64_t now_ns;
    uint64_t step_ns; /* Virtual time that passes with every turn of the link. */
};

/** pair_open() - Build both with these limits; @caps of the interfaces, @mtu of the link */
void pair_open(struct pair *p, const struct weft_config *cfg, uint32_t caps, uint32_t mtu,
               size_t area_bytes);

/** pair_close() - Give all memory back */
void pair_close(struct pair *p);

/** pair_turn() - Move one burst each way and let time pass; false if nothing moved */
bool pair_turn(struct pair *p);

/** pair_there() - Its first half, from a to b; what b has for an application can be read then */
bool pair_there(struct pair *p);

/** pair_back() - Its second half, from b to a, and time passes */
bool pair_back(struct pair *p);

/** pair_connect() - One TCP connection from a to port 7 of b; both handles, or exit with a word */
void pair_connect(struct pair *p, uint64_t listener, uint64_t *a, uint64_t *b);

/** pair_listen() - A listening socket on b */
uint64_t pair_listen(struct pair *p, uint32_t backlog);

/** bench_die() - End with one line about what went wrong */
void bench_die(const char *what, int64_t err) __attribute__((noreturn));

/** bench_now() - CPU seconds of this process: nothing here waits, and neighbours do not count */
double bench_now(void);

/** bench_map() - Pages, or exit with a word */
void *bench_map(size_t bytes);

/** bench_put() - A number in so many octets, in network order */
void bench_put(uint8_t *p, uint64_t v, unsigned bytes);

/** bench_csum() - The checksum of an even number of octets, with the sum of others */
uint16_t bench_csum(uint32_t sum, const uint8_t *p, uint32_t n);

#endif /* WEFT_BENCH_PAIR_H */
