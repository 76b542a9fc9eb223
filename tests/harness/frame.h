/* SPDX-License-Identifier: MIT */
/** DOC: Frames by hand: octets in network order, sums, and the way into a stack and out of it */
#ifndef WEFT_TESTS_HARNESS_FRAME_H
#define WEFT_TESTS_HARNESS_FRAME_H

#include "weft/weft.h"

/** t_get16() - Two octets in network order */
uint32_t t_get16(const uint8_t *p);

/** t_get32() - Four octets in network order */
uint32_t t_get32(const uint8_t *p);

/** t_put16() - Two octets in network order */
void t_put16(uint8_t *p, uint32_t v);

/** t_put32() - Four octets in network order */
void t_put32(uint8_t *p, uint32_t v);

/** t_sum() - Ones' complement sum of octets, on top of @from; not the engine's: that is tested */
uint32_t t_sum(const uint8_t *p, size_t n, uint32_t from);

/** t_put_sum() - A checksum of octets that it may be one of, with the sum @from of others */
void t_put_sum(uint8_t *at, const uint8_t *p, size_t n, uint32_t from);

/** t_addr() - A number as an address */
struct weft_addr t_addr(uint32_t ip4);

/** t_frame() - A frame with a copy of octets, in a heap block of their size, at an odd address */
void t_frame(struct weft_frame *f, const void *octets, size_t n);

/** t_rx() - Give a frame of t_frame() to a stack; false, and freed, if that does not take it */
bool t_rx(struct weft_stack *st, uint16_t ifindex, struct weft_frame *f, uint64_t now_ns);

/** t_rx_done() - Free the blocks that a stack is done with */
void t_rx_done(struct weft_stack *st);

/** t_flat() - The octets of a frame in one piece; their number. They must fit */
size_t t_flat(uint8_t *out, size_t cap, const struct weft_frame *f);

/** t_tx() - The next frame that an interface sends; its length, 0 = none */
size_t t_tx(struct weft_stack *st, uint16_t ifindex, uint8_t *out, size_t cap, uint64_t now_ns);

#endif /* WEFT_TESTS_HARNESS_FRAME_H */
