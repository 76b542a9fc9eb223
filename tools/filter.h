/* SPDX-License-Identifier: MIT */
/** DOC: filter - which frames a capture is to have: by address, port, protocol */
#ifndef WEFT_TOOLS_FILTER_H
#define WEFT_TOOLS_FILTER_H

#include <jansson.h>

#include "weft/netif.h"

/** enum wf_filter_proto - Protocols a filter can name; values of IPv4 where it has one */
enum wf_filter_proto {
    WF_FILTER_ANY = -1,
    WF_FILTER_ARP = -2,
    WF_FILTER_ICMP = 1,
    WF_FILTER_TCP = 6,
    WF_FILTER_UDP = 17,
};

/** struct wf_filter - All conditions must hold */
struct wf_filter {
    enum wf_filter_proto proto;
    bool has_addr;
    uint8_t addr[4]; /* Source or destination; of ARP: sender or target. */
    uint16_t port;   /* Source or destination, 0 = any. */
};

/** wf_filter_read() - From a request's proto, host and port; false if one is wrong */
bool wf_filter_read(struct wf_filter *f, const json_t *request);

/** wf_filter_match() - Whether a frame is wanted; port conditions never hold for later fragments */
bool wf_filter_match(const struct wf_filter *f, const struct weft_frame *frame, bool is_ether);

#endif /* WEFT_TOOLS_FILTER_H */
