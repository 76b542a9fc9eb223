/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft vlan - IEEE 802.1Q: an interface for a VLAN of another interface
 *
 * Frames of the VLAN go and come with its tag over the driver of the parent; everything else about
 * the interface is as with any Ethernet interface. Frames without a tag and with priority tags
 * (VLAN 0) are the parent's. A tag with the number of no interface is dropped
 * ("link.vlan_unknown"), and so is a tag behind a tag ("link.vlan_stacked"). What is sent carries
 * the precedence of its TOS as priority.
 */
#ifndef WEFT_VLAN_H
#define WEFT_VLAN_H

#include "weft/types.h"

struct weft_stack;

#define WEFT_VLAN_ID_MAX 4094

/** struct weft_vlan_config - A VLAN interface to add */
struct weft_vlan_config {
    const char *name; /* Unique in the stack, as in struct weft_if_config. */
    uint16_t parent;  /* An Ethernet interface that is no VLAN itself. */
    uint16_t id;      /* 1..WEFT_VLAN_ID_MAX, once a parent. */
    uint32_t mtu;     /* 68 to the parent's; 0 = the parent's. */
};

/**
 * weft_vlan_add() - Add an interface for a VLAN, with the parent's hardware address
 * @st: stack
 * @cfg: its properties; copied
 *
 * The tag takes four octets more than the parent's MTU counts; Ethernet allows them. The parent's
 * state, MTU and hardware address carry over when they change: down takes the interface down, a
 * smaller MTU makes its MTU smaller, the address follows where it was the same.
 *
 * Return: its index (1..), -WEFT_EINVAL (a field out of range), -WEFT_ENOENT (parent), -WEFT_EEXIST
 * (name, or id of this parent, is taken) or -WEFT_ENOMEM (ifs_max reached).
 */
int weft_vlan_add(struct weft_stack *st, const struct weft_vlan_config *cfg)
    __attribute__((warn_unused_result));

/**
 * weft_vlan_get() - Which VLAN an interface is for
 * @st: stack
 * @ifindex: interface
 * @parent: set to the parent's index; 0 = the interface is none for a VLAN
 * @id: set to the number of the VLAN, or 0
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_vlan_get(const struct weft_stack *st, uint16_t ifindex, uint16_t *parent, uint16_t *id)
    __attribute__((warn_unused_result));

#endif /* WEFT_VLAN_H */
