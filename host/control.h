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

/** wf_ctl_number() - A number */
json_t *wf_ctl_number(uint64_t v);

/** wf_ctl_dev() - Name of an interface, null if there is none such */
json_t *wf_ctl_dev(const struct weft_stack *st, uint16_t ifindex);

/** wf_ctl_set() - Put @value, which is taken, into a row */
void wf_ctl_set(json_t *row, const char *key, json_t *value);

/** wf_ctl_groups() - Groups that are joined, and wanted on links */
json_t *wf_ctl_groups(struct weft_host *h);

/** wf_ctl_igmp() - IGMP on each interface */
json_t *wf_ctl_igmp(struct weft_host *h);

/** wf_ctl_mroutes() - Static multicast trees */
json_t *wf_ctl_mroutes(struct weft_host *h);

/** wf_ctl_route() - A route as an object */
json_t *wf_ctl_route(const struct weft_stack *st, const struct weft_route *r);

/** wf_ctl_route_type() - Name of a type of routes */
const char *wf_ctl_route_type(enum weft_route_type type);

/** wf_ctl_cmd_route() - The command "route" */
void wf_ctl_cmd_route(void *arg, struct weft_ctl_conn *conn, struct json_t *request);

/** wf_ctl_mac() - Text of a hardware address */
json_t *wf_ctl_mac(const uint8_t mac[6]);

/** wf_ctl_neigh() - The command "neigh" */
void wf_ctl_neigh(void *arg, struct weft_ctl_conn *conn, struct json_t *request);

#endif /* WEFT_HOST_CONTROL_H */
