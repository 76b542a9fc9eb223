/* SPDX-License-Identifier: MIT */
/**
 * DOC: svc_rig - the engines of ping and traceroute in virtual time: a - r1 - r2 - b, links of 5 ms
 *
 * Each link is 10.N.0.0/24, N from 1; its left end is .1, its right end .2. The engines run on a.
 */
#ifndef WEFT_TESTS_CLI_SVC_RIG_H
#define WEFT_TESTS_CLI_SVC_RIG_H

#include "net.h"
#include "weft/svc.h"
#include "weft/weft.h"

#define SVC_EVENTS_MAX 512
#define SVC_SLOTS      64

/** struct svc - The world, the memory of the engines, and what the last run told */
struct svc {
    struct weft_world *w;
    struct weft_node *a, *r1, *r2, *b;
    struct weft_link *mid, *far; /* Between r1 and r2, between r2 and b. */
    struct weft_ping_slot ping_slots[SVC_SLOTS];
    struct weft_trace_slot trace_slots[16];
    uint8_t buf[WEFT_ICMP_HDR_BYTES + WEFT_PING_DATA_MAX];
    struct weft_ping_event pe[SVC_EVENTS_MAX];
    struct weft_traceroute_event te[SVC_EVENTS_MAX]; /* What became of probes; the end. */
    unsigned events_n;                               /* Of pe or te. */
    unsigned opened, closed;
    struct weft_ping_stats stats;
    bool has_event;
};

extern struct svc svc;

/** svc_line() - Make the world */
void svc_line(void);

/** svc_on() - Run the engines on this node instead */
void svc_on(struct weft_world *w, struct weft_node *a);

/** svc_end() - No socket is left; destroys the world */
void svc_end(void);

/** svc_ping_of() - The usual configuration */
struct weft_ping_config svc_ping_of(struct weft_addr to, uint64_t count);

/** svc_ping() - Run to the end; @between, if not NULL, is called before each wait */
void svc_ping(const struct weft_ping_config *cfg, void (*between)(void));

/** svc_first() - The first event of a kind; a failure if there is none */
const struct weft_ping_event *svc_first(enum weft_ping_kind kind);

/** svc_trace_of() - The usual configuration */
struct weft_traceroute_config svc_trace_of(struct weft_addr to, enum weft_trace_how how);

/** svc_trace() - Run to the end, and a second on */
void svc_trace(const struct weft_traceroute_config *cfg);

#endif /* WEFT_TESTS_CLI_SVC_RIG_H */
