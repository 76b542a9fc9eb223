/* SPDX-License-Identifier: MIT */
/** DOC: rarp - interfaces of a lab that get their address by RARP, or give addresses */
#ifndef WEFT_LAB_RARP_H
#define WEFT_LAB_RARP_H

#include "model.h"
#include "weft/rarp.h"

/** struct lab_rarp_server - A server as the file has it, and its table while it runs */
struct lab_rarp_server {
    int role; /* enum weft_rarp_role */
    uint64_t delay, repeat;
    struct lab_vec rows; /* struct weft_rarp_entry */
    struct weft_rarp_server s;
};

/** wf_read_rarp() - Read how an interface asks; a lab_read_fn */
void wf_read_rarp(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to);

/** wf_read_rarp_server() - Read how an interface answers; a lab_read_fn */
void wf_read_rarp_server(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to);

/** wf_rarp_begin() - Let an interface of a node that has booted ask and answer; 0 or -WEFT_E... */
int wf_rarp_begin(struct weft_stack *st, const struct lab_iface *f);

/** wf_read_mac() - Read a hardware address; a lab_read_fn */
void wf_read_mac(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to);

/** wf_lab_parse_mac() - A hardware address that is no group of them */
bool wf_lab_parse_mac(uint8_t mac[6], const char *text);

#endif /* WEFT_LAB_RARP_H */
