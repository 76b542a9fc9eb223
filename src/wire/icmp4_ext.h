/* SPDX-License-Identifier: MIT */
/**
 * DOC: icmp4 ext - what may follow the quoted datagram of an ICMP error (RFC 4884), and the object
 * that names an interface (RFC 5837)
 *
 * The length field counts the quote in words of 32 bits; at its end the structure begins: a header
 * with version and sum, then objects, each with its length, class and type.
 */
#ifndef WF_WIRE_ICMP4_EXT_H
#define WF_WIRE_ICMP4_EXT_H

#include <stdbool.h>
#include <stdint.h>

#define ICMP4_EXT_QUOTE_MIN 128 /* Octets; shorter quotes are padded with zeros. */
#define ICMP4_EXT_LENGTH_AT 5   /* Octet of a message: words of its quote. */
#define ICMP4_EXT_HDR_BYTES 4   /* Of the structure, and of an object. */
#define ICMP4_EXT_VERSION   2
#define ICMP4_EXT_INTERFACE 2 /* Class of interface information. */

/* Parts that an interface object has, in its type; the two bits on top are its role. */
#define ICMP4_EXT_HAS_INDEX   8
#define ICMP4_EXT_HAS_ADDRESS 4
#define ICMP4_EXT_HAS_NAME    2
#define ICMP4_EXT_HAS_MTU     1

/* The longest that wf_icmp4_ext_interface() writes. */
#define ICMP4_EXT_IF_MAX 40

/** struct icmp4_ext_if - An interface as RFC 5837 tells it */
struct icmp4_ext_if {
    uint32_t index, mtu;
    uint32_t addr4;   /* 0 = not told. */
    const char *name; /* At most 15 octets are told. */
};

/** wf_icmp4_ext_may() - Whether messages of a type can have a structure (RFC 4884 4.6) */
bool wf_icmp4_ext_may(uint8_t type);

/**
 * wf_icmp4_ext_at() - Where the structure of a message begins
 * @p: its first 8 octets
 * @len: octets of the message
 *
 * Return: 0 if it has none: another type, length 0, a quote that is too short or beyond the end.
 */
uint32_t wf_icmp4_ext_at(const uint8_t *p, uint32_t len);

/**
 * wf_icmp4_ext_objects() - The objects of a structure of @n octets at @x
 * @out: as many as fit are copied there, whole ones
 *
 * Return: octets at @out; 0 for another version, a wrong sum, an object that is malformed.
 */
uint32_t wf_icmp4_ext_objects(uint8_t *out, uint32_t cap, const uint8_t *x, uint32_t n);

/** wf_icmp4_ext_seal() - Write the header of a structure of @n octets whose objects are there */
void wf_icmp4_ext_seal(uint8_t *x, uint32_t n);

/** wf_icmp4_ext_interface() - Write the object of the interface a datagram came in by; octets */
uint32_t wf_icmp4_ext_interface(uint8_t *p, const struct icmp4_ext_if *i);

#endif /* WF_WIRE_ICMP4_EXT_H */
