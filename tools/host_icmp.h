/* SPDX-License-Identifier: MIT */
/**
 * DOC: host icmp - what `weft host --icmp` switches on, router discovery on its links, the stack's
 * time of day
 */
#ifndef WEFT_TOOLS_HOST_ICMP_H
#define WEFT_TOOLS_HOST_ICMP_H

#include "weft/host.h"
#include "weft/icmp.h"
#include "weft/mask.h"
#include "weft/rdisc.h"

/** struct wf_host_icmp - What the words of --icmp ask for; begins all zero */
struct wf_host_icmp {
    bool is_timestamp, is_information, is_mask, is_redirects, is_quench, is_textbook;
    bool is_mask_learner;
    bool is_extended;        /* Errors name the interface. */
    bool is_discovery;       /* Routers advertise, hosts listen. */
    bool is_by_broadcast;    /* ... by broadcast, not to groups. */
    int32_t preference;      /* Of a router. */
    uint32_t max_interval_s; /* 0 = the default. */

    struct weft_host *h;
    struct weft_timer clock;
    struct wf_host_rdisc {
        struct weft_rdisc engine;
        struct weft_timer timer;
        struct wf_host_icmp *of;
    } links[WEFT_HOST_LINKS_MAX];
    unsigned links_n;
    struct wf_host_mask {
        struct weft_mask engine;
        struct weft_timer timer;
        struct wf_host_icmp *of;
    } masks[WEFT_HOST_LINKS_MAX];
    unsigned masks_n;
};

/** wf_host_icmp_add() - One word of the list, of a struct wf_host_icmp; 0 or an exit code */
int wf_host_icmp_add(void *icmp, char *word);

/** wf_host_icmp_start() - Do it on a host that is up; 0 or -WEFT_E... */
int wf_host_icmp_start(struct wf_host_icmp *i, struct weft_host *h, bool is_router)
    __attribute__((warn_unused_result));

/** wf_host_icmp_end() - Before the host closes */
void wf_host_icmp_end(struct wf_host_icmp *i);

#endif /* WEFT_TOOLS_HOST_ICMP_H */
