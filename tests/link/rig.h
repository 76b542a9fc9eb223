/* SPDX-License-Identifier: MIT */
/**
 * DOC: rig - a stack, and the wires of its interfaces in the hands of the test: frames as bytes
 *
 * The stack has eth0, 02:00:00:00:00:66 and 10.9.0.2/24 unless told otherwise. Each frame pushed
 * lies in a heap block of exactly its size.
 */
#ifndef WEFT_TESTS_LINK_RIG_H
#define WEFT_TESTS_LINK_RIG_H

#include <stddef.h>

#include "weft/weft.h"

#define RIG_FRAME_MAX 70000
#define MS            UINT64_C(1000000)
#define S             UINT64_C(1000000000)

extern const uint8_t rig_mac[6], rig_peer[6], rig_group[6];

/** struct rig - The stack and the time */
struct rig {
    struct weft_stack *st;
    void *mem, *area;
    uint64_t now_ns;
    uint16_t eth0;
    uint8_t f[RIG_FRAME_MAX]; /* What rig_pull() took last. */
};

/** rig_bare() - A stack without interfaces; another @seed, other random numbers */
struct rig *rig_bare(uint8_t seed);

/** rig_new() - A stack with eth0 and, if @has_addr, 10.9.0.2/24 */
struct rig *rig_new(bool has_addr);

/** rig_add() - An Ethernet interface by this name with a hardware address that ends with @last */
uint16_t rig_add(struct rig *r, const char *name, uint8_t last);

/** rig_end() - Check the stack, that it holds nothing, and free it */
void rig_end(struct rig *r);

/** rig_push_on() - A frame arrives on an interface, now */
void rig_push_on(struct rig *r, uint16_t ifindex, const void *frame, size_t n);

/** rig_push() - A frame arrives on eth0 */
void rig_push(struct rig *r, const void *frame, size_t n);

/** rig_pull_on() - The next frame an interface sends, into r->f; its length, 0 = none */
size_t rig_pull_on(struct rig *r, uint16_t ifindex);

/** rig_pull() - The next frame of eth0 */
size_t rig_pull(struct rig *r);

/** rig_step() - Go to the next deadline, at most to @until_ns; false when that was it */
bool rig_step(struct rig *r, uint64_t until_ns);

/** rig_run() - Let time pass, and forget what is sent */
void rig_run(struct rig *r, uint64_t ns);

/** rig_drops() - Drops for one reason */
uint64_t rig_drops(const struct rig *r, unsigned why);

/** rig_all_drops() - Drops for any reason */
uint64_t rig_all_drops(const struct rig *r);

/** rig_eth() - An Ethernet header at @f; returns its end */
uint8_t *rig_eth(uint8_t *f, const uint8_t dst[6], const uint8_t src[6], uint16_t type);

/** rig_arp() - An ARP or RARP message at @f; returns its end */
uint8_t *rig_arp(uint8_t *f, uint16_t op, const uint8_t sha[6], uint32_t spa, const uint8_t tha[6],
                 uint32_t tpa);

/** rig_ip() - An IPv4 header for @bytes of payload at @f, from and to; returns its end */
uint8_t *rig_ip(uint8_t *f, uint8_t proto, uint32_t from, uint32_t to, uint16_t bytes);

/** rig_echo() - An echo request of @bytes data at @f with sums; returns its end */
uint8_t *rig_echo(uint8_t *f, uint16_t bytes);

/** rig_meet() - The stack learns 10.9.0.1 at rig_peer by an ARP request; the reply is eaten */
void rig_meet(struct rig *r);

/** rig_ping() - An echo request of @bytes from 10.9.0.1 in one frame; whole length */
size_t rig_ping(uint8_t *f, const uint8_t dst[6], uint16_t bytes);

/** rig_alive() - An echo request is answered: the stack lives. Fails the case if not */
void rig_alive(struct rig *r);

#endif /* WEFT_TESTS_LINK_RIG_H */
