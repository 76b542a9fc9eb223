/* SPDX-License-Identifier: MIT */
/**
 * DOC: cookie - SYN cookies (RFC 4987 3.6): a half-open connection that the peer keeps for us
 *
 * Pure: key, time and both ends are arguments. The sequence number of a SYN,ACK says, from the top:
 * 1 bit the parity of the 64 s step it was made in, 3 bits the MSS as a row of a table, 28 bits a
 * keyed hash of all that and of ends, step, the peer's sequence number and the options agreed on.
 * It is taken for this step and the one before, so a guess is right once in 2^28.
 *
 * Options beyond the MSS survive only with timestamps: the low six bits of ours say window scale (4
 * bits, 15 = none), SACK and ECN, and come back in the echo. The hash covers them.
 *
 * What a cookie costs: the SYN,ACK is not sent again by itself, data on the SYN is not kept, and
 * the round trip of the handshake is not known.
 */
#ifndef WF_TCP_COOKIE_H
#define WF_TCP_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "weft/types.h"

#define COOKIE_STEP_NS 64000000000ull
#define COOKIE_LIFE_NS (2 * COOKIE_STEP_NS) /* None is taken that is as old as this. */

/** struct cookie - What is to be remembered of a SYN */
struct cookie {
    const struct weft_endpoint *local, *remote;
    struct tcp_seq irs;
    uint16_t mss; /* Of the peer; what comes back is the largest row that is not more. */
    uint8_t snd_wscale, rcv_wscale;
    bool has_ts, has_wscale, has_sack, has_ecn;
};

/** wf_cookie_words() - Both ends as words to hash */
void wf_cookie_words(const struct weft_endpoint *local, const struct weft_endpoint *remote,
                     uint64_t w[5]);

/** wf_cookie_make() - The initial sequence number for a SYN,ACK */
struct tcp_seq wf_cookie_make(const struct wf_hash_key *key, const struct cookie *c,
                              uint64_t now_ns);

/**
 * wf_cookie_open() - Whether @iss was made for these ends and options not too long ago
 *
 * All of @c but the MSS is given, the options as the echoed timestamp has them.
 *
 * Return: true, and the MSS set.
 */
bool wf_cookie_open(const struct wf_hash_key *key, struct cookie *c, struct tcp_seq iss,
                    uint64_t now_ns);

/** wf_cookie_ts_put() - The latest timestamp, @ts or before, that says the options */
uint32_t wf_cookie_ts_put(uint32_t ts, const struct cookie *c);

/** wf_cookie_ts_get() - Options from the echo of such a timestamp; @ts_now as the clock is now */
bool wf_cookie_ts_get(uint32_t ts_now, uint32_t echo, struct cookie *c);

#endif /* WF_TCP_COOKIE_H */
