/* SPDX-License-Identifier: MIT */
/** DOC: vlan - IEEE 802.1Q tags: interfaces that share another one's wire */
#ifndef WF_LINK_VLAN_H
#define WF_LINK_VLAN_H

#include "net/net.h"

/** wf_vlan_next() - The next VLAN interface of @parent behind @v, NULL = from the first; or NULL */
struct netif *wf_vlan_next(const struct net *net, const struct netif *parent,
                           const struct netif *v);

/** wf_vlan_find() - The interface of @parent for VLAN @id, or NULL */
struct netif *wf_vlan_find(const struct net *net, const struct netif *parent, uint16_t id);

/**
 * wf_vlan_input() - Read the tag of a frame, which stays in front of data
 * @nif: the interface it came by; set to the one it is for
 * @type: set to the EtherType behind the tag
 *
 * Return: WEFT_DROP_COUNT, or why it has to be dropped.
 */
enum weft_drop wf_vlan_input(struct net *net, struct netif **nif, struct pkt *p, uint16_t *type);

#endif /* WF_LINK_VLAN_H */
