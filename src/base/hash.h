/* SPDX-License-Identifier: MIT */
/**
 * DOC: hash - SipHash, keyed, over words
 *
 * Tables that a peer can fill by choosing addresses and ports are hashed with a secret key, so that
 * it cannot aim at one bucket (Aumasson, Bernstein: SipHash, a fast short-input PRF). Input is a
 * row of 64-bit words in host order, so the same fields hash alike on every machine.
 */
#ifndef WF_BASE_HASH_H
#define WF_BASE_HASH_H

#include <stdint.h>

/** struct wf_hash_key - Secret of one table or purpose; drawn from the stack's random stream */
struct wf_hash_key {
    uint64_t k0, k1;
};

/** wf_hash_words() - SipHash-1-3 of @n words: for tables, where nobody outside sees the result */
uint64_t wf_hash_words(const struct wf_hash_key *key, const uint64_t *w, uint32_t n);

/** wf_hash_words24() - SipHash-2-4 of @n words: for values a peer sees (sequence numbers, cookies)
 */
uint64_t wf_hash_words24(const struct wf_hash_key *key, const uint64_t *w, uint32_t n);

#endif /* WF_BASE_HASH_H */
