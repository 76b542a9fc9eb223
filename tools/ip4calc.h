/* SPDX-License-Identifier: MIT */
/**
 * DOC: ip4calc - arithmetic on IPv4 addresses and networks; pure functions
 *
 * Addresses are numbers in host order. A network is an address and the length of its prefix; bits
 * behind the prefix may be set, as in 10.0.0.5/24. Classes: RFC 791. Subnets: RFC 950, 4632, 3021.
 * Special addresses: RFC 6890 and the registry that it began.
 */
#ifndef WEFT_TOOLS_IP4CALC_H
#define WEFT_TOOLS_IP4CALC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP4CALC_RANGE_MAX 62 /* Networks that any range of addresses can need. */

/** struct ip4net - A network, or an address in one */
struct ip4net {
    uint32_t addr;
    uint8_t len; /* 0..32 */
};

/** struct ip4class - One of the five classes of RFC 791 */
struct ip4class {
    char name;          /* 'A' to 'E' */
    const char *bits;   /* Leading bits. */
    uint8_t first, end; /* First octets, both included; 0 and 127 are nobody's. */
    uint8_t len;        /* Of the classic network; 0 = it has none. */
    uint32_t nets, hosts;
};

/** struct ip4kind - What an address is set aside for */
struct ip4kind {
    struct ip4net net;
    const char *name, *rfc;
    bool is_source, is_destination; /* May be one, of a packet on a wire. */
    bool is_global;                 /* May be seen in the whole Internet. */
};

/** ip4calc_mask() - Mask of a prefix length 0..32 */
uint32_t ip4calc_mask(uint8_t len);

/** ip4calc_len() - Prefix length of a mask; false if its ones are not all in front */
bool ip4calc_len(uint32_t mask, uint8_t *len);

/** ip4calc_network() - The first address: the network part, by AND with the mask */
uint32_t ip4calc_network(struct ip4net n);

/** ip4calc_last() - The last address: of a network with a broadcast address, that one */
uint32_t ip4calc_last(struct ip4net n);

/** ip4calc_has_broadcast() - Whether first and last address are set aside (not of /31 and /32) */
bool ip4calc_has_broadcast(struct ip4net n);

/** ip4calc_hosts() - Addresses that hosts can have, and the first and last of them */
uint64_t ip4calc_hosts(struct ip4net n, uint32_t *first, uint32_t *last);

/** ip4calc_is_local() - Whether @other is in the network of @n, reached without a router */
bool ip4calc_is_local(struct ip4net n, uint32_t other);

/** ip4calc_class() - The class of an address */
const struct ip4class *ip4calc_class(uint32_t addr);

/** ip4calc_classes() - Class 0 to 4; NULL behind them */
const struct ip4class *ip4calc_classes(size_t i);

/** ip4calc_kind() - The narrowest block with a purpose that holds an address; never NULL */
const struct ip4kind *ip4calc_kind(uint32_t addr);

/** ip4calc_subnets_len() - Prefix length that cuts @n into @count subnets; false: too many */
bool ip4calc_subnets_len(struct ip4net n, uint64_t count, uint8_t *len);

/** ip4calc_hosts_len() - Longest prefix with room for @count hosts; false: too many, or none */
bool ip4calc_hosts_len(uint64_t count, uint8_t *len);

/** ip4calc_subnet() - Subnet number @i of @n cut to @len; the caller keeps both in range */
struct ip4net ip4calc_subnet(struct ip4net n, uint8_t len, uint32_t i);

/** ip4calc_range() - The fewest networks that are just @first to @last; their number */
size_t ip4calc_range(uint32_t first, uint32_t last, struct ip4net out[IP4CALC_RANGE_MAX]);

/** ip4calc_aggregate() - Turn @n networks into the fewest that are the same addresses; how many */
size_t ip4calc_aggregate(struct ip4net *nets, size_t n);

#endif /* WEFT_TOOLS_IP4CALC_H */
