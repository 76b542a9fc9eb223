/* SPDX-License-Identifier: MIT */
/** DOC: eth - the Ethernet II header (IEEE 802.3 clause 3) */
#ifndef WF_WIRE_ETH_H
#define WF_WIRE_ETH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETH_HDR_BYTES      14
#define ETH_MIN_BYTES      60 /* Without FCS. */
#define ETH_VLAN_HDR_BYTES 18 /* With one IEEE 802.1Q tag. */
#define ETHERTYPE_IP4      0x0800
#define ETHERTYPE_ARP      0x0806
#define ETHERTYPE_RARP     0x8035
#define ETHERTYPE_VLAN     0x8100
#define ETHERTYPE_IP6      0x86dd
#define ETHERTYPE_MIN      0x0600 /* Below: an IEEE 802.3 length, not a type. */

/** struct eth_hdr - Ethernet II header */
struct eth_hdr {
    uint8_t dst[6];
    uint8_t src[6];
    uint16_t type; /* EtherType; below ETHERTYPE_MIN an 802.3 length, which the caller judges. */
};

/**
 * wf_eth_parse() - Read an Ethernet header of @len readable bytes at @p
 *
 * Return: true and @h filled; false and @h untouched when @len is less than ETH_HDR_BYTES.
 */
bool wf_eth_parse(struct eth_hdr *h, const uint8_t *p, size_t len);

/** wf_eth_emit() - Write ETH_HDR_BYTES at @p */
void wf_eth_emit(uint8_t *p, const struct eth_hdr *h);

/** wf_eth_text() - One line of at most @cap bytes, NUL included; returns its length */
uint32_t wf_eth_text(char *buf, uint32_t cap, const struct eth_hdr *h);

#endif /* WF_WIRE_ETH_H */
