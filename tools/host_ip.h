/* SPDX-License-Identifier: MIT */
/** DOC: host_ip - the option --ip of `weft host`: switches of the internet layer */
#ifndef WEFT_TOOLS_HOST_IP_H
#define WEFT_TOOLS_HOST_IP_H

#include "weft/ip.h"

/** struct wf_host_ip - What --ip said */
struct wf_host_ip {
    int64_t value[WEFT_IP_SWITCH_COUNT];
    unsigned is_set; /* Bits of enum weft_ip_switch. */
    bool may_direct;
};

/** wf_host_ip_add() - One "NAME" or "NAME=VALUE", of a struct wf_host_ip; 0 or an exit code */
int wf_host_ip_add(void *ip, char *word);

/** wf_host_ip_apply() - Set them on a stack with all its links; 0 or an exit code */
int wf_host_ip_apply(const struct wf_host_ip *o, struct weft_stack *st);

#endif /* WEFT_TOOLS_HOST_IP_H */
