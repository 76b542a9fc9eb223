/* SPDX-License-Identifier: MIT */
/**
 * DOC: net - the options that say where a command works from: a running host, or links of its own
 */
#ifndef WEFT_TOOLS_NET_H
#define WEFT_TOOLS_NET_H

#include "tool.h"
#include "weft/forward.h"
#include "weft/host.h"
#include "weft/queue.h"

#define WF_NET_ROUTES_MAX 64
#define WF_NET_ADDRS_MAX  (WEFT_HOST_LINKS_MAX * WEFT_HOST_LINK_ADDRS_MAX)
#define WF_CTL_PATH_BYTES 108

/** struct wf_net - Options of the tables below; first member of a subcommand's struct */
struct wf_net {
    const char *host;    /* Name of a running host, ... */
    const char *control; /* ... or its control socket. */
    struct weft_host_config cfg;
    char names[WEFT_HOST_LINKS_MAX][WEFT_IF_NAME_MAX]; /* Of the links. */
    const char *routes[WF_NET_ROUTES_MAX];             /* "CIDR,VIA" */
    unsigned routes_n;
    struct weft_queue_options queues[WEFT_HOST_LINKS_MAX];
    struct weft_forward_options forward[WEFT_HOST_LINKS_MAX];
    const char *user;
};

extern const struct wf_opt wf_net_host_opts[], wf_net_opts[];

/** wf_net_init() - No options given yet */
void wf_net_init(struct wf_net *n);

/** wf_net_has_links() - Whether the command is to open links of its own */
bool wf_net_has_links(const struct wf_net *n);

/** wf_net_check() - Options that contradict each other; 0 or an exit code after printing why */
int wf_net_check(const struct wf_net *n);

/** wf_net_open() - Open a host with the links, addresses and routes; 0 or an exit code */
int wf_net_open(const struct wf_net *n, struct weft_host **out);

/** wf_net_set_queue() - Option --queue: of the last link; 0 or an exit code */
int wf_net_set_queue(void *opts, const char *arg);

/** wf_net_set_rpf() - Option --rpf: of the last link; 0 or an exit code */
int wf_net_set_rpf(void *opts, const char *arg);

/** wf_net_apply_router() - Give the links of an open host their queues and switches; 0 or an exit
 * code */
int wf_net_apply_router(const struct wf_net *n, struct weft_host *h);

/** wf_net_routes() - Gateway and routes, for who opened the host without; 0 or an exit code */
int wf_net_routes(const struct wf_net *n, struct weft_host *h);

/** wf_net_control() - Path of the control socket that is meant, in @buf; 0 or an exit code */
int wf_net_control(const char *host, const char *control, char buf[WF_CTL_PATH_BYTES]);

/** wf_net_set_arp() - --arp NAME=VALUE,...: options of weft/arp.h of the last --link; @opts begins
 * with struct wf_net */
int wf_net_set_arp(void *opts, const char *arg);

#endif /* WEFT_TOOLS_NET_H */
