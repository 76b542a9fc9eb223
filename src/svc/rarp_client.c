/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "net/net.h"
#include "svc/rarp.h"

#define NS_PER_MS 1000000ull
#define TRIES     6
#define FIRST_MS  1000
#define MOST_MS   16000

bool wf_rarp_client_begin(struct rarp_client *c, const struct weft_rarp_config *cfg,
                          const uint8_t mac[6], uint64_t now_ns)
{
    static const struct weft_rarp_config none;
    struct weft_rarp_config k = cfg != NULL ? *cfg : none;
    k.tries = k.tries != 0 ? k.tries : TRIES;
    k.first_ms = k.first_ms != 0 ? k.first_ms : FIRST_MS;
    k.most_ms = k.most_ms != 0 ? k.most_ms : wf_max_u32(MOST_MS, k.first_ms);
    if (k.tries > WEFT_RARP_TRIES_MAX || k.most_ms > WEFT_RARP_WAIT_MAX || k.first_ms > k.most_ms ||
        k.prefix_len > 32)
        return false;
    *c = (struct rarp_client){.cfg = k, .next_ns = now_ns};
    c->info.state = WEFT_RARP_ASKING;
    memcpy(c->mac, mac, 6);
    return true;
}

/* Doubled each time up to a bound, then a quarter more or less: hosts that were switched on
 * together do not ask together for ever. */
static uint64_t wait_ns(const struct rarp_client *c, struct wf_rng *rng)
{
    uint32_t ms = c->cfg.first_ms;
    for (uint32_t i = 1; i < c->info.tries && ms < c->cfg.most_ms; i++)
        ms = wf_min_u32(ms * 2, c->cfg.most_ms);
    uint64_t whole = ms * NS_PER_MS, us = whole / 2000;
    return whole * 3 / 4 + wf_rng_below(rng, (uint32_t)us + 1) * 1000ull;
}

bool wf_rarp_client_due(struct rarp_client *c, uint64_t now_ns, struct wf_rng *rng,
                        struct arp_ip4 *out)
{
    if (c->info.state != WEFT_RARP_ASKING || now_ns < c->next_ns)
        return false;
    if (c->info.tries == c->cfg.tries) {
        wf_rarp_client_refuse(c, WEFT_ETIMEDOUT);
        return false;
    }
    c->info.tries++;
    c->next_ns = now_ns + wait_ns(c, rng);
    *out = (struct arp_ip4){.op = RARP_REQUEST};
    memcpy(out->sha, c->mac, 6);
    memcpy(out->tha, c->mac, 6);
    return true;
}

enum rarp_take wf_rarp_client_take(struct rarp_client *c, const struct arp_ip4 *in)
{
    uint32_t ip4 = wf_ld32be(in->tpa.b);
    if (c->info.state != WEFT_RARP_ASKING || c->info.tries == 0)
        return RARP_TAKE_NOT_ASKED;
    if (memcmp(in->tha, c->mac, 6) != 0)
        return RARP_TAKE_FOREIGN;
    if (!wf_ip4_can_be_host(ip4))
        return RARP_TAKE_BAD_ADDR;
    c->info.state = WEFT_RARP_BOUND;
    c->info.addr = wf_addr_from4(ip4);
    /* Before masks there were classes; a RARP answer has no place for a mask. */
    c->info.prefix_len = c->cfg.prefix_len != 0 ? c->cfg.prefix_len : wf_ip4_class_len(ip4);
    c->info.server = wf_addr_from4(wf_ld32be(in->spa.b));
    memcpy(c->info.server_mac, in->sha, 6);
    return RARP_TAKE_BOUND;
}

void wf_rarp_client_refuse(struct rarp_client *c, int err)
{
    c->info.state = WEFT_RARP_FAILED;
    c->info.err = err;
}

void wf_rarp_client_stop(struct rarp_client *c)
{
    c->info = (struct weft_rarp_info){.tries = 0};
}

uint64_t wf_rarp_client_deadline(const struct rarp_client *c)
{
    return c->info.state == WEFT_RARP_ASKING ? c->next_ns : WEFT_NEVER;
}
