/* SPDX-License-Identifier: MIT */
/** DOC: weft ethers - the table of a RARP server from files such as /etc/ethers and /etc/hosts */
#ifndef WEFT_ETHERS_H
#define WEFT_ETHERS_H

#include <stddef.h>
#include <stdint.h>

#include "weft/rarp.h"

/**
 * weft_ethers_read() - Put the pairs of a file into a server's table
 * @s: server; what its table has already stays
 * @ethers: a pair a line: hardware address, then an IPv4 address or a name; '#' begins a comment
 * @hosts: where names are looked up: an address a line, then its names; read if a name is met
 * @err: what is wrong on failure, one line with file and line number
 * @err_cap: bytes at @err
 *
 * Return: pairs read, or -1; then some of them may be in the table.
 */
int weft_ethers_read(struct weft_rarp_server *s, const char *ethers, const char *hosts, char *err,
                     size_t err_cap) __attribute__((warn_unused_result));

#endif /* WEFT_ETHERS_H */
