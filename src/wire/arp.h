/* SPDX-License-Identifier: MIT */
/** DOC: arp - ARP (RFC 826) and RARP (RFC 903) for IPv4 over Ethernet, the only form parsed */
#ifndef WF_WIRE_ARP_H
#define WF_WIRE_ARP_H

#include <stddef.h>
#include <stdint.h>

#include "wire/ip4.h"

#define ARP_IP4_BYTES  28
#define ARP_HW_ETHER   1
#define ARP_HW_IEEE802 6 /* Token ring and other IEEE 802 networks; same addresses (RFC 1042). */

/** enum arp_op - operations; 1 and 2 under EtherType ARP, 3 and 4 under RARP */
enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2, RARP_REQUEST = 3, RARP_REPLY = 4 };

/** enum wf_arp_err - what wf_arp_parse() found, in the order it looks */
enum wf_arp_err {
    ARP_OK,
    ARP_TRUNCATED, /* Fewer than ARP_IP4_BYTES. */
    ARP_BAD_TYPE, /* Hardware type is neither Ethernet nor IEEE 802 or protocol type is not IPv4. */
    ARP_BAD_LEN,  /* Hardware length is not 6 or protocol length is not 4. */
    ARP_BAD_OP,   /* Operation outside 1..4. */
};

struct text;

/** struct arp_ip4 - an ARP or RARP message */
struct arp_ip4 {
    uint16_t op; /* An enum arp_op. */
    uint8_t sha[6];
    struct wf_ip4 spa; /* Sender hardware and protocol address. */
    uint8_t tha[6];
    struct wf_ip4 tpa; /* Target hardware and protocol address. */
    uint16_t ieee802;  /* Not 0: hardware type 6 instead of 1. */
};

/**
 * wf_arp_parse() - Read a message of @len readable bytes at @p; padding may follow it
 *
 * Return: ARP_OK and @a filled, or what is wrong and @a untouched.
 */
enum wf_arp_err wf_arp_parse(struct arp_ip4 *a, const uint8_t *p, size_t len);

/** wf_arp_emit() - Write ARP_IP4_BYTES at @p */
void wf_arp_emit(uint8_t *p, const struct arp_ip4 *a);

/** wf_arp_put() - Write a message as text */
void wf_arp_put(struct text *t, const struct arp_ip4 *a);

/** wf_arp_text() - One line of at most @cap bytes, NUL included; returns its length */
uint32_t wf_arp_text(char *buf, uint32_t cap, const struct arp_ip4 *a);

/** wf_arp_err_text() - What is wrong, in words, for enum wf_arp_err */
const char *wf_arp_err_text(enum wf_arp_err err);

#endif /* WF_WIRE_ARP_H */
