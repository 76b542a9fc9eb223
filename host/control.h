/* SPDX-License-Identifier: MIT */
/** DOC: control - inner words of the control socket: lines of JSON between two unix sockets */
#ifndef WEFT_HOST_CONTROL_H
#define WEFT_HOST_CONTROL_H

#include <jansson.h>

#include "host.h"

#define WF_CTL_LINE_MAX (64U << 10) /* Longest request. */
#define WF_CTL_OUT_MAX  (8U << 20)  /* What may wait for a slow client. */

/** wf_ctl_address() - Text of an address; unspecified ones become "*" */
json_t *wf_ctl_address(const struct weft_addr *a);

/** wf_ctl_groups() - Groups that are joined, and wanted on links */
json_t *wf_ctl_groups(struct weft_host *h);

/** wf_ctl_igmp() - IGMP on each interface */
json_t *wf_ctl_igmp(struct weft_host *h);

/** wf_ctl_mroutes() - Static multicast trees */
json_t *wf_ctl_mroutes(struct weft_host *h);

#endif /* WEFT_HOST_CONTROL_H */
