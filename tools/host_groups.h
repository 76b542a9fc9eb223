/* SPDX-License-Identifier: MIT */
/** DOC: host groups - options of `weft host` about groups: joining, routers, forwarding */
#ifndef WEFT_TOOLS_HOST_GROUPS_H
#define WEFT_TOOLS_HOST_GROUPS_H

#include "weft/host.h"

#define WF_GROUP_OPTS_MAX 32

/** struct wf_group_opts - What was asked for, in order */
struct wf_group_opts {
    struct {
        const char *option, *value;
    } list[WF_GROUP_OPTS_MAX];
    unsigned n;
};

/** wf_groups_add() - Note an option; 0 or an exit code */
int wf_groups_add(struct wf_group_opts *o, const char *option, const char *value);

/** wf_groups_start() - Do what was asked for on a host that is open; 0 or an exit code */
int wf_groups_start(const struct wf_group_opts *o, struct weft_host *h);

#endif /* WEFT_TOOLS_HOST_GROUPS_H */
