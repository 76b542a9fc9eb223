/* SPDX-License-Identifier: MIT */
#include "tcp/cookie.h"

#define HASH_MASK   0x0fffffffu
#define MSS_SHIFT   28
#define STEP_SHIFT  31
#define TS_BITS     6u
#define TS_WSCALE   15u /* Mask of the shift; the value itself says that there is none. */
#define TS_SACK     16u
#define TS_ECN      32u
#define NS_PER_MS   1000000ull
#define TS_SLACK_MS (1u << TS_BITS) /* The timestamp was set back by less than this. */

/* What peers say: the least we believe, the default, IPv6's least, tunnels, PPPoE, Ethernet, jumbo.
 */
static const uint16_t rows[8] = {88, 536, 1220, 1360, 1400, 1440, 1460, 8960};

void wf_cookie_words(const struct weft_endpoint *local, const struct weft_endpoint *remote,
                     uint64_t w[5])
{
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *b = i == 0 ? local->addr.b : remote->addr.b;
        w[2 * i] = (uint64_t)wf_ld32be(b) << 32 | wf_ld32be(b + 4);
        w[2 * i + 1] = (uint64_t)wf_ld32be(b + 8) << 32 | wf_ld32be(b + 12);
    }
    w[4] = (uint64_t)local->addr.zone << 32 | (uint32_t)local->port << 16 | remote->port;
}

static uint32_t option_bits(const struct cookie *c)
{
    return (c->has_wscale ? c->snd_wscale : TS_WSCALE) | (c->has_sack ? TS_SACK : 0) |
           (c->has_ecn ? TS_ECN : 0);
}

static uint32_t hash(const struct wf_hash_key *key, const struct cookie *c, uint64_t step,
                     uint32_t row)
{
    uint64_t w[7];
    wf_cookie_words(c->local, c->remote, w);
    w[5] = (uint64_t)c->irs.v << 32 | row << 16 | (uint32_t)c->rcv_wscale << 8 |
           (c->has_ts ? 128u : 0) | option_bits(c);
    w[6] = step;
    return (uint32_t)wf_hash_words24(key, w, WF_ARRAY_LEN(w)) & HASH_MASK;
}

struct tcp_seq wf_cookie_make(const struct wf_hash_key *key, const struct cookie *c,
                              uint64_t now_ns)
{
    uint64_t step = now_ns / COOKIE_STEP_NS;
    uint32_t row = WF_ARRAY_LEN(rows) - 1;
    while (row > 0 && rows[row] > c->mss)
        row--;
    return wf_seq((uint32_t)(step & 1) << STEP_SHIFT | row << MSS_SHIFT | hash(key, c, step, row));
}

bool wf_cookie_open(const struct wf_hash_key *key, struct cookie *c, struct tcp_seq iss,
                    uint64_t now_ns)
{
    uint64_t step = now_ns / COOKIE_STEP_NS;
    uint32_t row = iss.v >> MSS_SHIFT & (WF_ARRAY_LEN(rows) - 1);
    if ((step & 1) != iss.v >> STEP_SHIFT && step-- == 0)
        return false;
    if (hash(key, c, step, row) != (iss.v & HASH_MASK))
        return false;
    c->mss = rows[row];
    return true;
}

uint32_t wf_cookie_ts_put(uint32_t ts, const struct cookie *c)
{
    uint32_t v = ts >> TS_BITS << TS_BITS | option_bits(c);
    return (int32_t)(v - ts) > 0 ? v - TS_SLACK_MS : v;
}

bool wf_cookie_ts_get(uint32_t ts_now, uint32_t echo, struct cookie *c)
{
    uint32_t shift = echo & TS_WSCALE;
    c->has_wscale = shift != TS_WSCALE;
    c->snd_wscale = c->has_wscale ? (uint8_t)shift : 0;
    c->has_sack = (echo & TS_SACK) != 0;
    c->has_ecn = (echo & TS_ECN) != 0;
    return ts_now - echo <= COOKIE_LIFE_NS / NS_PER_MS + TS_SLACK_MS;
}
